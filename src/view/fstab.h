/* What a root mounts where: fstab(5). Volumes are known by what is written in them, and by the names of their
 * disks as far as those are known. */
#ifndef ASSAY_VIEW_FSTAB_H
#define ASSAY_VIEW_FSTAB_H

#include "view/disk_tree.h"

/* Of a tree whose root is known. What is not found becomes a problem of it. */
void fstab_mount(struct disk_tree *t);
/* One line of it, or the like. */
void fstab_entry(struct disk_tree *t, struct str spec, struct str path, struct str kind, struct str options);

#endif

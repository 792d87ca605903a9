/* What units of systemd mount on a root: systemd.mount(5). */
#ifndef ASSAY_VIEW_MOUNT_UNIT_H
#define ASSAY_VIEW_MOUNT_UNIT_H

#include "view/disk_tree.h"

/* As fstab_mount(), and after it: what is mounted already stays. Which units are started is not asked, as
 * little as fstab's "noauto". */
void mount_units(struct disk_tree *t);

#endif

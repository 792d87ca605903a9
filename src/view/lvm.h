/* LVM 2: logical volumes whose segments are linear or striped; of others it is said what they are. */
#ifndef ASSAY_VIEW_LVM_H
#define ASSAY_VIEW_LVM_H

#include <stdbool.h>

#include "base/arena.h"
#include "view/disk.h"

enum { LVM_VOLUMES_MAX = 1024, LVM_DISKS_MAX = 64 };
struct lvm_volume {
    struct str group, name;
    struct disk *disk; /* the caller's to close; or NULL: it cannot be read, and why */
    struct str problem;
    size_t first; /* of the disks, on which it begins */
};

bool lvm_is(struct disk *disk);
/* All logical volumes of the groups that these disks, or parts of them, belong to; the disks outlive them.
 * *ret_problem tells of what is no volume, or is empty. Both in the arena. ERR_IO. */
int lvm_read(struct arena *a, struct disk *const *disks, size_t n, struct lvm_volume **ret_volumes,
             size_t *ret_n, struct str *ret_problem);

#endif

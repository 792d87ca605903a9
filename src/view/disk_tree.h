/* The file systems of a machine's disks put together as the machine has them: which is the root, and what its
 * /etc/fstab and its units of systemd mount where. Files are found by path, links are resolved inside. */
#ifndef ASSAY_VIEW_DISK_TREE_H
#define ASSAY_VIEW_DISK_TREE_H

#include "base/vec.h"
#include "view/fs.h"
#include "view/partition.h"

/* A file system, and where it is mounted. */
struct disk_volume {
    struct disk *disk;  /* the partition */
    struct disk *whole; /* that it is a part of */
    struct fs *fs;      /* NULL: not read */
    struct str name;    /* for people: "partition 1 of disk 1" */
    struct partition partition;
    struct str mounted;        /* path without the leading '/'; empty for the root */
    bool used;                 /* it is the root, or mounted */
    struct str group, logical; /* of a logical volume of LVM: its names; else empty */
};
/* A physical volume of LVM. */
struct disk_physical {
    struct disk *disk, *whole;
};
struct disk_tree {
    struct arena *arena;
    VEC(struct disk_volume) volumes;
    VEC(struct disk_physical) physical;
    size_t root, n_disks, partitions;
    VEC(struct str) problems; /* what is not read, and why */
};

/* The disks outlive it. ERR_MISSING when no file system can be read; a single one without an operating system
 * is a root, too. */
int disk_tree_open(struct disk_tree *t, struct disk *const *disks, size_t n);
void disk_tree_free(struct disk_tree *t);

/* The volume that is mounted at the path; NULL. */
struct disk_volume *disk_tree_mount(struct disk_tree *t, struct str path);
/* The inode that a path from the root leads to, all links followed; *ret_path is its real path, in the arena.
 * ERR_MISSING. */
int disk_tree_find(struct disk_tree *t, struct arena *a, struct str path, struct disk_volume **ret_volume,
                   struct fs_inode *ret_inode, struct str *ret_path);
/* A file of at most `cap` bytes, in the arena. ERR_MISSING, ERR_LIMIT for another kind or a larger one. */
int disk_tree_read(struct disk_tree *t, struct arena *a, struct str path, size_t cap,
                   struct str *ret_content);

#endif

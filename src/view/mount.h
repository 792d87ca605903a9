/* Which mounted file systems a walk enters: real ones on this machine, each part of them once.
 *
 * Decided where a walk crosses into another mount. What the user names as the root is always read.
 */
#ifndef ASSAY_VIEW_MOUNT_H
#define ASSAY_VIEW_MOUNT_H

#include "base/str.h"

enum mount_verdict {
    MOUNT_READ,
    MOUNT_SKIP,  /* kernel interfaces, run-time state, or a part that is read elsewhere */
    MOUNT_NAMED, /* not read, and the user is told: network file systems */
};

/* Where a directory is: from mount_place(). */
struct mount_place {
    uint64_t mount; /* id of the mount, 0 where the kernel does not tell */
    uint64_t dev, ino;
    bool top; /* it is the directory at which the file system is mounted */
};
/* ERR_IO. */
int mount_place(int dir_fd, struct mount_place *ret_place);
static inline bool mount_same(const struct mount_place *a, const struct mount_place *b)
{
    return a->mount == b->mount && a->dev == b->dev;
}

/* The mounts that one walk has entered. */
struct mounts;
/* `root` stays the caller's and open. */
struct mounts *mounts_new(int root, const struct mount_place *place);
void mounts_free(struct mounts *m);
static inline void mounts_cleanup(struct mounts **m)
{
    mounts_free(*m);
}

/* Judges the mount whose root directory is `dir_fd`, found at `path` of the walk, and notes it when it is to
 * be read. *ret_name is the kind of file system for MOUNT_NAMED. */
enum mount_verdict mount_judge(struct mounts *m, int dir_fd, struct str path, const struct mount_place *place,
                               const char **ret_name);

/* Directories where container engines keep the layers of their images and containers: those are targets of
 * their own. */
bool mount_is_storage(struct str path);

#endif

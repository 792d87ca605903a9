/* What the files of XFS share. Nobody else includes this. */
#ifndef ASSAY_VIEW_XFS_H
#define ASSAY_VIEW_XFS_H

#include <stdbool.h>

#include "view/fs.h"

struct xfs {
    struct fs fs;
    unsigned block, block_log, sector, inode_size, inodes_per_block_log;
    unsigned directory_block; /* bytes: one or more blocks */
    uint32_t group_blocks, groups;
    unsigned group_log;
    bool crc;                    /* version 5: metadata names itself and has a checksum */
    bool kinds;                  /* directories tell the kind of their entries */
    unsigned char meta_uuid[16]; /* that metadata is marked with */
};

/* Part of an inode in which the data fork is, by its own word: format, and bytes within raw. */
enum xfs_format { XFS_LOCAL = 1, XFS_EXTENTS = 2, XFS_BTREE = 3 };
struct xfs_fork {
    enum xfs_format format;
    const unsigned char *at;
    size_t n;
};
int xfs_fork(const struct xfs *x, const struct fs_inode *i, struct xfs_fork *ret_fork);
/* Bytes of an inode before its forks. */
size_t xfs_core(const struct xfs *x);
/* Where checksums are. */
enum {
    XFS_SUPER_SUM = 224,
    XFS_INODE_SUM = 100,
    XFS_TREE_SUM = 64,
    XFS_LINK_SUM = 12,
    XFS_DIRECTORY_SUM = 4
};
enum { XFS_TREE_V5 = 0x424d4133 /* "BMA3" */ };
/* The checksum of `n` bytes, itself at `at` counted as zeros. */
uint32_t xfs_sum(const unsigned char *block, size_t n, size_t at);
int xfs_replay(struct fs *f, const unsigned char *super);
/* Checks a block of version 5 that has its checksum at `crc` and the number of its inode at `owner` (0: it
 * has none) and the file system's id at `uuid`. */
int xfs_check(const struct xfs *x, const unsigned char *block, size_t n, size_t crc, size_t uuid,
              size_t owner, uint64_t inode);

int xfs_list(struct fs *f, const struct fs_inode *directory, fs_entry *entry, void *ctx);

#endif

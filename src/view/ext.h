/* What the files of ext share. Nobody else includes this. */
#ifndef ASSAY_VIEW_EXT_H
#define ASSAY_VIEW_EXT_H

#include "view/fs.h"

struct ext {
    struct fs fs;
    uint32_t features; /* incompatible ones */
    unsigned block, inode_size, descriptor;
    uint32_t inodes, inodes_per_group, blocks_per_group, first_block;
    uint32_t first_meta; /* descriptor block from which on META_BG places them */
    bool sparse;         /* backups of the superblock are in few groups */
    unsigned backups;    /* 2: in these alone */
    uint32_t backup[2];
};

/* Lays what its journal holds over its disk; says so in its note where that cannot be. `super` is the
 * superblock. ERR_IO. */
int ext_replay(struct ext *e, const unsigned char *super);

/* Flags of an inode and their place. */
enum { EXT_FLAGS = 0x20, EXT_ENCRYPTED = 0x800, EXT_EXTENTS = 0x80000, EXT_INLINE = 0x10000000 };

/* Content in the inode itself: where its blocks would be named, and in its attribute "system.data". */
int ext_map_inline(const struct fs_inode *i, uint64_t offset, struct fs_run *ret_run);
int ext_list(struct fs *f, const struct fs_inode *directory, fs_entry *entry, void *ctx);

#endif

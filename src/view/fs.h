/* File systems on a disk or a part of one: inodes, directories and content, never written.
 *
 * The bytes are hostile: each number is checked before it is used, nothing is kept in memory that grows with
 * what the file system claims, and what a file system of a newer kind holds is refused by name instead of
 * being read wrongly. What the machine had only in its log when the image was taken is read from there, as
 * if it had been mounted.
 */
#ifndef ASSAY_VIEW_FS_H
#define ASSAY_VIEW_FS_H

#include <sys/stat.h>

#include "base/arena.h"
#include "view/disk.h"

/* FS_INODE_MAX is also the largest inode that XFS and, in practice, ext4 have. */
enum {
    FS_INODE_MAX = 4096,
    FS_BLOCK_MAX = 65536,
    FS_SUPER_MAX = 1024,
    FS_LINK_MAX = 4096,
    FS_DIRECTORY_MAX = 256 << 20,
    FS_NOTE_MAX = 256
};

struct fs_inode {
    uint64_t number;
    uint64_t size; /* bytes of content */
    unsigned mode; /* as st_mode */
    size_t n_raw;
    unsigned char raw[FS_INODE_MAX]; /* as it is on the disk */
};
/* Where a stretch of a file's content is: in the inode, on the disk, or nowhere (all zeros). */
struct fs_run {
    const unsigned char *here; /* or NULL */
    uint64_t at;               /* offset on the disk; 0: nowhere */
    uint64_t n;                /* bytes */
};
/* An entry of a directory but for "." and "..": its kind as S_IFDIR and so on, 0 where only the inode tells.
 * A result other than 0 ends the list and is returned. */
typedef int fs_entry(void *ctx, struct str name, uint64_t number, unsigned kind);

struct fs;
struct fs_ops {
    const char *name;
    size_t size; /* of the structure that begins with struct fs */
    /* Reads the superblock; ERR_MISSING when the disk holds another kind. */
    int (*super)(struct disk *disk, unsigned char ret_super[FS_SUPER_MAX]);
    int (*set_up)(struct fs *f, const unsigned char *super);
    /* Lays what its log holds over its disk; says so in its note where that cannot be. ERR_IO. */
    int (*replay)(struct fs *f, const unsigned char *super);
    /* Where the inode lies; ERR_INVALID when there is none of this number. */
    int (*place)(struct fs *f, uint64_t number, uint64_t *ret_at, size_t *ret_n);
    /* From the bytes in ret->raw. */
    int (*inode)(struct fs *f, struct fs_inode *ret);
    /* The run that `offset`, which lies within the file, is in, beginning there. At least a byte. */
    int (*map)(struct fs *f, const struct fs_inode *i, uint64_t offset, struct fs_run *ret_run);
    int (*list)(struct fs *f, const struct fs_inode *directory, fs_entry *entry, void *ctx);
    /* The target of a symbolic link, whose size is at most FS_LINK_MAX. */
    int (*link)(struct fs *f, const struct fs_inode *i, char *to);
};
/* The first member of every kind; freed with free(). */
struct fs {
    const struct fs_ops *ops;
    struct disk *disk;
    struct disk *replayed; /* the same one, when its log lies over another; or NULL */
    uint64_t size;         /* bytes, as it says */
    uint64_t root;         /* number of the root directory */
    unsigned char uuid[16];
    char label[17];
    char note[FS_NOTE_MAX]; /* what is not read of it as a mount would show it, and why; or empty */
};

/* Tells by its magic what the disk holds and opens it; the disk outlives it. ERR_MISSING when it is nothing
 * that can be read, ERR_UNSUPPORTED when it is known but not handled, with its name; ERR_INVALID, ERR_IO. */
int fs_open(struct disk *disk, struct fs **ret_fs);
void fs_close(struct fs *f);
/* Whether a disk on which fs_open() finds nothing holds nothing that a machine could have installed: it is
 * swap, or a boot partition, or was never written. */
bool fs_is_idle(struct disk *disk);
/* For the kinds: sets its note. */
void fs_note(struct fs *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void fs_cleanup(struct fs **f)
{
    if (*f)
        fs_close(*f);
}

int fs_inode(struct fs *f, uint64_t number, struct fs_inode *ret_inode);
/* That the inode is to be read soon. */
void fs_hint(struct fs *f, uint64_t number);
/* Up to `n` bytes; fewer only at the end of the file. */
int fs_read(struct fs *f, const struct fs_inode *i, uint64_t offset, void *to, size_t n, size_t *ret_read);
/* ERR_INVALID when it is not a directory. */
int fs_list(struct fs *f, const struct fs_inode *directory, fs_entry *entry, void *ctx);
/* The number of the entry with this name; ERR_MISSING. */
int fs_lookup(struct fs *f, const struct fs_inode *directory, struct str name, uint64_t *ret_number);
int fs_link(struct fs *f, const struct fs_inode *i, struct arena *a, struct str *ret_target);

extern const struct fs_ops fs_ext, fs_xfs;

#endif

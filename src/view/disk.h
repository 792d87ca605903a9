/* Block devices that are only read: an image in a file, a part of another one, or blocks that somebody
 * brings when they are asked for (source/disk_feed.h). */
#ifndef ASSAY_VIEW_DISK_H
#define ASSAY_VIEW_DISK_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct disk;
struct disk_ops {
    /* All of it, which lies within the disk. */
    int (*read)(struct disk *d, uint64_t offset, void *to, size_t n);
    /* That this will be read soon; NULL: it is of no use. */
    void (*hint)(struct disk *d, uint64_t offset, uint64_t n);
    void (*close)(struct disk *d);
};
/* What a machine knows a disk by; each may be empty. */
struct disk_names {
    struct str device; /* as who attached it says: "/dev/sdf" */
    struct str serial; /* "vol-0123456789abcdef0" */
};
/* The first member of every kind of disk. */
struct disk {
    const struct disk_ops *ops;
    uint64_t size; /* bytes */
    struct disk_names names;
};

/* All `n` bytes at `offset`. ERR_INVALID when they are not within the disk, else as its kind fails. */
int disk_read(struct disk *d, uint64_t offset, void *to, size_t n);
void disk_hint(struct disk *d, uint64_t offset, uint64_t n);
void disk_close(struct disk *d);
static inline void disk_cleanup(struct disk **d)
{
    if (*d)
        disk_close(*d);
}

/* A raw image. ERR_MISSING, ERR_IO, ERR_UNSUPPORTED for anything but a file. */
int disk_open_file(const char *path, struct disk **ret_disk);
/* Bytes in memory, which outlive it. */
struct disk *disk_of_memory(const void *data, size_t n);
/* Bytes of another disk, which outlives it. ERR_INVALID when they are not within it. */
int disk_part(struct disk *whole, uint64_t start, uint64_t size, struct disk **ret_part);

#endif

/* Disks as seeds of fuzz targets: of an image only the sectors that reading it takes, each stretch with its
 * number and length in sectors before it (4 and 2 bytes, little-endian). Everything else is zeros. */
#ifndef ASSAY_TEST_SPARSE_DISK_H
#define ASSAY_TEST_SPARSE_DISK_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "view/disk.h"

enum { SPARSE_SECTOR = 512, SPARSE_HEAD = 6, SPARSE_STRETCHES = 4096 };
#define SPARSE_SIZE ((uint64_t)1 << 34)

struct sparse_stretch {
    uint64_t at, n;
    const unsigned char *p;
};
struct sparse_disk {
    struct disk disk;
    struct sparse_stretch stretches[SPARSE_STRETCHES];
    size_t n;
};

static inline int sparse_read(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    struct sparse_disk *d = (struct sparse_disk *)disk;
    memset(to, 0, n);
    for (size_t i = 0; i < d->n; i++) {
        const struct sparse_stretch *s = &d->stretches[i];
        uint64_t first = s->at > offset ? s->at : offset;
        uint64_t end = s->at + s->n < offset + n ? s->at + s->n : offset + n;
        if (first < end)
            memcpy((char *)to + (first - offset), s->p + (first - s->at), (size_t)(end - first));
    }
    return 0;
}

static inline void sparse_close(struct disk *disk)
{
    free(disk);
}

/* The bytes outlive it. */
static inline struct disk *sparse_disk(const unsigned char *data, size_t n)
{
    static const struct disk_ops ops = {sparse_read, NULL, sparse_close};
    struct sparse_disk *d = mem_alloc(sizeof *d);
    d->disk = (struct disk){&ops, SPARSE_SIZE};
    while (n > SPARSE_HEAD && d->n < SPARSE_STRETCHES) {
        uint64_t at = (uint64_t)get_le32(data) * SPARSE_SECTOR,
                 size = (uint64_t)get_le16(data + 4) * SPARSE_SECTOR;
        data += SPARSE_HEAD;
        n -= SPARSE_HEAD;
        size = size < n ? size : n;
        d->stretches[d->n++] = (struct sparse_stretch){at, size, data};
        data += size;
        n -= (size_t)size;
    }
    return &d->disk;
}

#endif

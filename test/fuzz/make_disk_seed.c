/* make_disk_seed IMAGE: writes the sectors of an image that a walk of all its files reads and that are
 * not empty, as a seed. */
#include <stdio.h>

#include "disk_walk.h"

struct seen_disk {
    struct disk disk, *image;
    unsigned char *seen; /* of each sector */
};

static int seen_read(struct disk *disk, uint64_t offset, void *to, size_t n)
{
    struct seen_disk *d = (struct seen_disk *)disk;
    for (uint64_t s = offset / SPARSE_SECTOR; s <= (offset + n - 1) / SPARSE_SECTOR; s++)
        d->seen[s] = 1;
    return disk_read(d->image, offset, to, n);
}

/* Whether it belongs into the seed. */
static bool counts(struct seen_disk *d, uint64_t sector)
{
    static const unsigned char zeros[SPARSE_SECTOR];
    unsigned char content[SPARSE_SECTOR];
    return d->seen[sector] && disk_read(d->image, sector * SPARSE_SECTOR, content, sizeof content) == 0 &&
           memcmp(content, zeros, sizeof zeros) != 0;
}

static void seen_close(struct disk *disk)
{
    (void)disk;
}

static void write_stretch(struct seen_disk *d, uint64_t first, uint64_t n)
{
    static unsigned char content[65535 * SPARSE_SECTOR];
    unsigned char head[SPARSE_HEAD] = {(unsigned char)first,
                                       (unsigned char)(first >> 8),
                                       (unsigned char)(first >> 16),
                                       (unsigned char)(first >> 24),
                                       (unsigned char)n,
                                       (unsigned char)(n >> 8)};
    if (disk_read(d->image, first * SPARSE_SECTOR, content, (size_t)n * SPARSE_SECTOR) < 0)
        exit(1);
    fwrite(head, sizeof head, 1, stdout);
    fwrite(content, SPARSE_SECTOR, (size_t)n, stdout);
}

int main(int argc, char **argv)
{
    static const struct disk_ops ops = {seen_read, NULL, seen_close};
    struct seen_disk d = {0};
    if (argc != 2 || disk_open_file(argv[1], &d.image) < 0)
        return 2;
    uint64_t sectors = d.image->size / SPARSE_SECTOR;
    d.disk = (struct disk){&ops, d.image->size};
    d.seen = mem_alloc((size_t)sectors + 1);
    walk_disk(&d.disk);
    for (uint64_t s = 0; s < sectors; s++) {
        uint64_t first = s;
        while (s < sectors && s - first < 65535 && counts(&d, s))
            s++;
        if (s > first)
            write_stretch(&d, first, s - first);
    }
    free(d.seen);
    disk_close(d.image);
    return 0;
}

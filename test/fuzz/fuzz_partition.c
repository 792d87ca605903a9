/* Partition tables, and what a disk may hold beside them. Seeds are test/unit/sparse_disk.h's. */
#include "disk_walk.h"
#include "view/partition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct disk *disk = sparse_disk(data, size);
    struct arena *a = arena_new(0);
    struct partition *p;
    size_t n;
    if (partitions_read(disk, a, &p, &n) == 0) {
        for (size_t i = 0; i < n; i++)
            if (!p[i].size || p[i].start > disk->size || p[i].size > disk->size - p[i].start)
                abort();
    }
    arena_free(a);
    walk_disk(disk);
    return 0;
}

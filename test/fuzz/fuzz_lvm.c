/* LVM's metadata: the input is the text, in two physical volumes whose checksums are right. */
#include "../unit/lvm_util.h"
#include "disk_walk.h"
#include "view/lvm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_volume(struct disk *disk)
{
    static char bytes[1 << 16];
    for (uint64_t at = 0; at < disk->size && at < LVM_IMAGE; at += sizeof bytes) {
        size_t n = disk->size - at < sizeof bytes ? (size_t)(disk->size - at) : sizeof bytes;
        disk_hint(disk, at, n);
        if (disk_read(disk, at, bytes, n) < 0) /* what was mapped lies on its disks */
            abort();
    }
    if (disk->size && disk_read(disk, disk->size - 1, bytes, 1) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char images[2][LVM_IMAGE];
    if (size > LVM_AREA_SIZE - 512)
        return 0;
    struct disk *disks[2];
    struct lvm_volume *volumes;
    struct arena *a = arena_new(0);
    struct str problem;
    size_t n;
    for (int i = 0; i < 2; i++) {
        lvm_image(images[i], (char)('a' + i), data, size, i ? LVM_AREA_SIZE - 512 : 512);
        disks[i] = disk_of_memory(images[i], LVM_IMAGE);
    }
    if (lvm_read(a, disks, 2, &volumes, &n, &problem) == 0)
        for (size_t i = 0; i < n; i++) {
            if (!volumes[i].disk == !volumes[i].problem.n)
                abort();
            if (volumes[i].disk)
                read_volume(volumes[i].disk);
            if (volumes[i].disk)
                disk_close(volumes[i].disk);
        }
    disk_close(disks[0]);
    disk_close(disks[1]);
    arena_free(a);
    return 0;
}

/* ext2 to ext4: a whole walk. Seeds are test/unit/sparse_disk.h's. */
#include "disk_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk_disk(sparse_disk(data, size));
    return 0;
}

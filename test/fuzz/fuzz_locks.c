/* Lock files of Rust and PHP; the first byte says which. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"Cargo.lock", "composer.lock", "vendor/composer/installed.json"};
    if (!size)
        return 0;
    const char *path = paths[data[0] % (sizeof paths / sizeof *paths)];
    return fuzz_offer(str_from(path), (struct str){(const char *)data + 1, size - 1});
}

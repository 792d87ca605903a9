/* The first byte picks the name under which the rest is offered. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {
        "node_modules/x/package.json",
        "package-lock.json",
        "node_modules/.package-lock.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
    };
    if (!size)
        return 0;
    const char *path = paths[data[0] % (sizeof paths / sizeof *paths)];
    return fuzz_offer(str_from(path), (struct str){(const char *)data + 1, size - 1});
}

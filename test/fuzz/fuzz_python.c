/* The first byte picks the name under which the rest is offered. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {
        "x.dist-info/METADATA", "x.egg-info",   "requirements.txt", "poetry.lock",    "uv.lock", "pdm.lock",
        "pylock.toml",          "Pipfile.lock", "setup.py",         "pyproject.toml",
    };
    if (!size)
        return 0;
    const char *path = paths[data[0] % (sizeof paths / sizeof *paths)];
    return fuzz_offer(str_from(path), (struct str){(const char *)data + 1, size - 1});
}

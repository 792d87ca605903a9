/* The first byte picks the name under which the rest is offered. */
#include "base/cleanup.h"
#include "ecosystem/ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {
        "x.dist-info/METADATA", "x.egg-info",   "requirements.txt", "poetry.lock",    "uv.lock", "pdm.lock",
        "pylock.toml",          "Pipfile.lock", "setup.py",         "pyproject.toml",
    };
    if (!size)
        return 0;
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    const char *path = paths[data[0] % (sizeof paths / sizeof *paths)];
    struct view_file file = view_file_memory(str_from(path), (struct str){(const char *)data + 1, size - 1});
    ecosystem_offer(inv, &file);
    inventory_finish(inv);
    return 0;
}

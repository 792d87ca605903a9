#include "base/cleanup.h"
#include "base/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct toml *root;
    if (toml_parse(a, (struct str){(const char *)data, size}, &root) == 0)
        toml_each(v, root) toml_get_str(v, "name");
    return 0;
}

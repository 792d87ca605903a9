#include "base/cleanup.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct yaml *root;
    if (yaml_read(a, (struct str){(const char *)data, size}, &root) == 0)
        yaml_each(v, root) yaml_get_str(v, "name");
    return 0;
}

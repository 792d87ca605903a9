/* What registries send: manifests and indexes, configurations, challenges. */
#include <stdint.h>

#include "base/cleanup.h"
#include "source/challenge.h"
#include "source/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text = {(const char *)data, size};
    struct manifest m;
    struct image_config c;
    (void)challenge_parse(a, text);
    (void)image_config_parse(a, text, 1, &c);
    if (manifest_parse(a, text, STR(""), &m) == 0)
        for (size_t i = 0; i < m.n_items; i++)
            if (!digest_valid(m.items[i].digest))
                __builtin_trap();
    return 0;
}

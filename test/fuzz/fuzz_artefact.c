/* What is kept of an artefact, which a child process made of hostile bytes; given without its compression. */
#include <stdint.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "source/artefact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    size_t bound = 4 + ZSTD_compressBound(size);
    char *kept = arena_alloc(a, bound);
    struct artefact artefact;
    struct inventory *inv = NULL;
    memcpy(kept, "AAI1", 4);
    size_t n = ZSTD_compress(kept + 4, bound - 4, data, size, 1);
    if (artefact_open(a, (struct str){kept, 4 + n}, &artefact) < 0)
        return 0;
    const struct artefact_layer twice[] = {{&artefact, STR("sha256:0")}, {&artefact, STR("sha256:1")}};
    if (artefact_compose(twice, 2, &inv) == 0)
        inventory_free(inv);
    inv = inventory_new();
    vec_add(&inv->layers, STR("sha256:0"));
    (void)artefact_add(inv, &artefact, ARTEFACT_LAYERS);
    inventory_finish(inv);
    inventory_free(inv);
    return 0;
}

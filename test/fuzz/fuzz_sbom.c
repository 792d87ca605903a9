/* What is read can be written, in both formats, and the CycloneDX that comes out holds the same packages. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "sbom/sbom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *written(int (*write)(const struct inventory *, const struct sbom_extra *, FILE *),
                     const struct inventory *inv, size_t *ret_n)
{
    char *text = NULL;
    FILE *to = open_memstream(&text, ret_n);
    if (!to || write(inv, NULL, to) < 0)
        abort();
    fclose(to);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inventory *inv = inventory_new(), *back = inventory_new();
    if (sbom_read(inv, (struct str){(const char *)data, size}) == 0) {
        size_t n;
        inventory_finish(inv);
        free(written(spdx_write, inv, &n));
        char *text = written(cyclonedx_write, inv, &n);
        if (sbom_read(back, (struct str){text, n}) < 0)
            abort();
        inventory_finish(back);
        if (back->packages.n > inv->packages.n)
            abort();
        free(text);
    }
    inventory_free(back);
    inventory_free(inv);
    return 0;
}

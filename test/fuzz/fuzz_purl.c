/* A purl that parses has a canonical form that parses to the same. */
#include <stdint.h>
#include <stdlib.h>

#include "ecosystem/purl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct purl p, again;
    if (purl_parse(a, (struct str){(const char *)data, size}, &p) == 0) {
        struct str text = purl_format(a, &p);
        /* Percent-encoding may make it longer than the cap of the parser. */
        if (text.n <= PURL_MAX && (purl_parse(a, text, &again) < 0 || !str_eq(purl_format(a, &again), text)))
            abort();
    }
    arena_free(a);
    return 0;
}

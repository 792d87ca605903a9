/* A stored inventory, perhaps damaged: it is read or refused, and what is read is written and read again as
 * the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "store/holdings.h"
#include "store/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf text = buf_new(PACKED_MAX);
    struct holdings h, again;
    if (holdings_decode(a, (struct str){(const char *)data, size}, &h) < 0)
        return 0;
    if (holdings_encode(&h, &text) < 0 || holdings_decode(a, buf_str(&text), &again) < 0 || h.n != again.n ||
        !str_eq(h.os.family, again.os.family))
        abort();
    for (size_t i = 0; i < h.n; i++)
        if (h.lines[i].holding.package != again.lines[i].holding.package ||
            !str_eq(h.lines[i].holding.path, again.lines[i].holding.path) ||
            !str_eq(h.lines[i].digest, again.lines[i].digest))
            abort();
    return 0;
}

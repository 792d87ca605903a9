/* The lines of an inventory as bytes: what store/inventory.c keeps in inventory.content; nobody else includes
 * this but its tests.
 *
 * Packed (store/packed.h), numbers as LEB128:
 *
 *     count of strings, then each as its length and bytes; the string 0 is the empty one and not written
 *     family, version, codename, name, like, target kind: numbers of strings
 *     count of lines, then each: the package as difference to the line before, << 1, | 1 when all else is as
 * it was there; or manager << 2 | owned << 1 | dev, and path, layer, owner, license, digest: numbers of
 * strings
 *
 * What a host's package manager has installed is a byte or two each, and read in no time.
 */
#ifndef ASSAY_STORE_HOLDINGS_H
#define ASSAY_STORE_HOLDINGS_H

#include "base/buf.h"
#include "store/package.h"

/* A holding with what only inventory_load() wants. */
struct holdings_line {
    struct holding holding;
    struct str owner, license, digest;
};

struct holdings {
    struct os os;
    struct str target_kind;
    struct holdings_line *lines; /* sorted by package */
    size_t n;
};

/* ERR_LIMIT. */
int holdings_encode(const struct holdings *h, struct buf *to);
/* ERR_INVALID when damaged. All in the arena. */
int holdings_decode(struct arena *a, struct str content, struct holdings *ret_holdings);

#endif

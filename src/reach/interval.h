/* Exact sets of whole numbers as sorted, disjoint, not adjoining ranges: ports, and addresses of one family.
 *
 * A set owns its array (spans_free()). Operations give new sets and leave their operands alone.
 */
#ifndef ASSAY_REACH_INTERVAL_H
#define ASSAY_REACH_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

/* An address of either family, IPv4 in the low 32 bits, or a port. */
typedef unsigned __int128 word;

struct span {
    word lo, hi; /* both within */
};

struct spans {
    struct span *at;
    size_t n, size;
};

void spans_free(struct spans *s);
/* Adds lo..hi, in any order; cheapest in ascending order. */
void spans_add(struct spans *s, word lo, word hi);
void spans_add_all(struct spans *s, const struct spans *more);
struct spans spans_copy(const struct spans *s);
struct spans spans_intersection(const struct spans *a, const struct spans *b);
struct spans spans_difference(const struct spans *a, const struct spans *b);
bool spans_has(const struct spans *s, word x);
/* Whether some member lies in lo..hi. */
bool spans_meet(const struct spans *s, word lo, word hi);
bool spans_overlap(const struct spans *a, const struct spans *b);

#endif

#include "reach/route.h"

void cells_free(struct cells *c)
{
    vec_free(c);
}

static int by_prefix(const void *x, const void *y)
{
    const struct route *a = *(const struct route *const *)x, *b = *(const struct route *const *)y;
    if (a->to.lo != b->to.lo)
        return a->to.lo < b->to.lo ? -1 : 1;
    if (a->to.length != b->to.length)
        return a->to.length < b->to.length ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void cell_add(struct cells *c, word lo, word hi, const struct route *route)
{
    struct cell *last = c->n ? &c->at[c->n - 1] : NULL;
    if (last && last->route == route && last->hi + 1 == lo)
        last->hi = hi;
    else
        vec_add(c, (struct cell){lo, hi, route});
}

/* `next` comes after one of the same prefix that is better or as good. */
static void put_together(struct route *first, struct route *next)
{
    if (first->rank != next->rank)
        return;
    next->also = first->also;
    first->also = next;
}

/* Prefixes nest or are apart, so a stack of the open ones gives the longest at every address. */
struct cells cells_build(struct route *routes, size_t n, enum family f)
{
    struct cells cells = {0};
    VEC(struct route *) sorted = {0};
    struct route *open[130];
    size_t depth = 0;
    word at = 0; /* everything before has its cell */
    for (size_t i = 0; i < n; i++)
        if (routes[i].to.family == f && !routes[i].list) {
            routes[i].also = NULL;
            vec_add(&sorted, &routes[i]);
        }
    if (sorted.n)
        qsort(sorted.at, sorted.n, sizeof *sorted.at, by_prefix);
    for (size_t i = 0; i <= sorted.n; i++) {
        struct route *next = i < sorted.n ? sorted.at[i] : NULL;
        while (depth && (!next || open[depth - 1]->to.hi < next->to.lo)) {
            const struct route *done = open[--depth];
            if (at <= done->to.hi) {
                cell_add(&cells, at, done->to.hi, done);
                at = done->to.hi + 1;
            }
            if (done->to.hi == family_last(f)) { /* nothing comes after, and at may have wrapped */
                vec_free(&sorted);
                return cells;
            }
        }
        if (!next)
            break;
        if (depth && open[depth - 1]->to.lo == next->to.lo && open[depth - 1]->to.length == next->to.length) {
            put_together(open[depth - 1], next);
            continue;
        }
        if (depth && at < next->to.lo)
            cell_add(&cells, at, next->to.lo - 1, open[depth - 1]);
        at = next->to.lo;
        open[depth++] = next;
    }
    vec_free(&sorted);
    return cells;
}

/* Index of the first cell that ends at `x` or after it. */
static size_t cells_at(const struct cells *c, word x)
{
    size_t from = 0, to = c->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (c->at[middle].hi < x)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct route *cells_find(const struct cells *c, word x)
{
    size_t i = cells_at(c, x);
    return i < c->n && c->at[i].lo <= x ? c->at[i].route : NULL;
}

word cells_end(const struct cells *c, enum family f, word x)
{
    size_t i = cells_at(c, x);
    if (i == c->n)
        return family_last(f);
    return c->at[i].lo <= x ? c->at[i].hi : c->at[i].lo - 1;
}

bool route_leads(const struct route *r, const struct node *target)
{
    for (; r; r = r->also)
        if (!r->black_hole && r->target == target)
            return true;
    return false;
}

struct spans cells_to(const struct cells *c, const struct node *target)
{
    struct spans found = {0};
    vec_each(cell, c)
    {
        if (route_leads(cell->route, target))
            spans_add(&found, cell->lo, cell->hi);
    }
    return found;
}

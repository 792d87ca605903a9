#include "reach/interval.h"

#include "base/cleanup.h"
#include "base/vec.h"

void spans_free(struct spans *s)
{
    vec_free(s);
}

/* Index of the first span that ends at `x` or after it. */
static size_t spans_find(const struct spans *s, word x)
{
    size_t from = 0, to = s->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (s->at[middle].hi < x)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

void spans_add(struct spans *s, word lo, word hi)
{
    size_t first = spans_find(s, lo ? lo - 1 : 0), end = first;
    while (end < s->n && (hi + 1 == 0 || s->at[end].lo <= hi + 1)) {
        lo = s->at[end].lo < lo ? s->at[end].lo : lo;
        hi = s->at[end].hi > hi ? s->at[end].hi : hi;
        end++;
    }
    if (end == first) {
        vec_push(s);
        memmove(s->at + first + 1, s->at + first, (s->n - 1 - first) * sizeof *s->at);
    } else {
        memmove(s->at + first + 1, s->at + end, (s->n - end) * sizeof *s->at);
        s->n -= end - first - 1;
    }
    s->at[first] = (struct span){lo, hi};
}

void spans_add_all(struct spans *s, const struct spans *more)
{
    vec_each(span, more) spans_add(s, span->lo, span->hi);
}

struct spans spans_copy(const struct spans *s)
{
    struct spans copy = {0};
    vec_each(span, s) vec_add(&copy, *span);
    return copy;
}

struct spans spans_intersection(const struct spans *a, const struct spans *b)
{
    struct spans both = {0};
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        word lo = a->at[i].lo > b->at[j].lo ? a->at[i].lo : b->at[j].lo;
        word hi = a->at[i].hi < b->at[j].hi ? a->at[i].hi : b->at[j].hi;
        if (lo <= hi)
            vec_add(&both, (struct span){lo, hi});
        if (a->at[i].hi < b->at[j].hi)
            i++;
        else
            j++;
    }
    return both;
}

struct spans spans_difference(const struct spans *a, const struct spans *b)
{
    struct spans rest = {0};
    size_t j = 0;
    vec_each(span, a)
    {
        word lo = span->lo;
        bool used_up = false;
        while (j < b->n && b->at[j].hi < lo)
            j++;
        for (size_t k = j; k < b->n && b->at[k].lo <= span->hi && !used_up; k++) {
            if (b->at[k].lo > lo)
                vec_add(&rest, (struct span){lo, b->at[k].lo - 1});
            used_up = b->at[k].hi >= span->hi;
            lo = b->at[k].hi + 1;
        }
        if (!used_up)
            vec_add(&rest, (struct span){lo, span->hi});
    }
    return rest;
}

bool spans_meet(const struct spans *s, word lo, word hi)
{
    size_t i = spans_find(s, lo);
    return i < s->n && s->at[i].lo <= hi;
}

bool spans_has(const struct spans *s, word x)
{
    return spans_meet(s, x, x);
}

bool spans_overlap(const struct spans *a, const struct spans *b)
{
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        if (a->at[i].hi < b->at[j].lo)
            i++;
        else if (b->at[j].hi < a->at[i].lo)
            j++;
        else
            return true;
    }
    return false;
}

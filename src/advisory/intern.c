#include "advisory/intern.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

void intern_free(struct intern *in)
{
    free(in->bytes);
    free(in->ends);
    free(in->slots);
    free(in->tags);
    *in = (struct intern){0};
}

/* The slot of `s`, or the free one where it belongs. */
static uint32_t *intern_slot(const struct intern *in, struct str s, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32), mask = in->n_slots - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t at = in->slots[i];
        if (!at || (in->tags[at - 1] == tag && str_eq(intern_get(in, at - 1), s)))
            return &in->slots[i];
    }
}

static void intern_grow(struct intern *in)
{
    in->n_slots = in->n_slots ? in->n_slots * 2 : 1024;
    free(in->slots);
    in->slots = mem_alloc((size_t)in->n_slots * sizeof *in->slots);
    for (uint32_t n = 0; n < in->n; n++) {
        /* All are different: the first free slot is the right one. */
        uint32_t mask = in->n_slots - 1, i = (uint32_t)hash64(intern_get(in, n)) & mask;
        while (in->slots[i])
            i = (i + 1) & mask;
        in->slots[i] = n + 1;
    }
}

static void intern_append(struct intern *in, struct str s, uint32_t tag)
{
    if (in->n_bytes + s.n >= in->size_bytes) { /* also for the first, if it is empty */
        in->size_bytes = (in->n_bytes + s.n) * 3 / 2 + 4096;
        in->bytes = mem_grow(in->bytes, in->size_bytes, 1);
    }
    if (in->n == in->size) {
        in->size = in->size ? in->size + in->size / 2 : 512;
        in->ends = mem_grow(in->ends, in->size, sizeof *in->ends);
        in->tags = mem_grow(in->tags, in->size, sizeof *in->tags);
    }
    if (s.n)
        memcpy(in->bytes + in->n_bytes, s.p, s.n);
    in->n_bytes += s.n;
    in->ends[in->n] = in->n_bytes;
    in->tags[in->n++] = tag;
}

uint32_t intern_add(struct intern *in, struct str s)
{
    if (in->n >= in->n_slots / 2)
        intern_grow(in);
    uint64_t hash = hash64(s);
    uint32_t *slot = intern_slot(in, s, hash);
    if (!*slot) {
        intern_append(in, s, (uint32_t)(hash >> 32));
        *slot = in->n;
    }
    return *slot - 1;
}

uint32_t intern_add_words(struct intern *in, const uint32_t *words, size_t n)
{
    return intern_add(in, (struct str){(const char *)words, n * sizeof *words});
}

struct order {
    const struct intern *in;
    const uint8_t *first;
};

static int order_cmp(const void *a, const void *b, void *ctx)
{
    const struct order *o = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (o->first && !o->first[x] != !o->first[y])
        return o->first[x] ? -1 : 1;
    return str_cmp(intern_get(o->in, x), intern_get(o->in, y));
}

uint32_t *intern_sorted(const struct intern *in, const uint8_t *first)
{
    uint32_t *sorted = mem_alloc(in->n * sizeof *sorted);
    for (uint32_t i = 0; i < in->n; i++)
        sorted[i] = i;
    struct order o = {in, first};
    qsort_r(sorted, in->n, sizeof *sorted, order_cmp, &o);
    return sorted;
}

uint32_t *intern_ranks(const uint32_t *sorted, uint32_t n)
{
    uint32_t *ranks = mem_alloc(n * sizeof *ranks);
    for (uint32_t i = 0; i < n; i++)
        ranks[sorted[i]] = i;
    return ranks;
}

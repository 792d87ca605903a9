#include "view/path_set.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

static const uint64_t SEED = 0x9e3779b97f4a7c15u;
enum { LEVEL_BITS = 11, LEVEL_MASK = (1 << LEVEL_BITS) - 1 };

void path_set_free(struct path_set *s)
{
    free(s->slots);
    *s = (struct path_set){0};
}

static uint64_t mark_hash(uint64_t hash, enum path_mark mark)
{
    return (hash ^ ((uint64_t)mark << 32 | (uint64_t)mark << 60)) & ~(uint64_t)LEVEL_MASK;
}

/* The slot that holds the hash or the free one where it belongs. */
static size_t slot_of(const struct path_set *s, uint64_t hash)
{
    size_t i = (hash >> LEVEL_BITS) & (s->size - 1);
    while (s->slots[i] && (s->slots[i] & ~(uint64_t)LEVEL_MASK) != hash)
        i = (i + 1) & (s->size - 1);
    return i;
}

static void grow(struct path_set *s)
{
    struct path_set bigger = {.size = s->size ? s->size * 2 : 1024, .n = s->n};
    bigger.slots = mem_alloc(bigger.size * sizeof *bigger.slots);
    for (size_t i = 0; i < s->size; i++)
        if (s->slots[i])
            bigger.slots[slot_of(&bigger, s->slots[i] & ~(uint64_t)LEVEL_MASK)] = s->slots[i];
    free(s->slots);
    *s = bigger;
}

void path_set_add(struct path_set *s, struct str path, enum path_mark mark, unsigned level)
{
    uint64_t hash = SEED;
    struct str segment;
    while (str_next(&path, '/', &segment))
        hash = hash64_with(hash, segment);
    path_set_add_mark(s, mark_hash(hash, mark) >> LEVEL_BITS, level);
}

void path_set_add_mark(struct path_set *s, uint64_t mark, unsigned level)
{
    uint64_t hash = mark << LEVEL_BITS;
    if (s->n + 1 > s->size / 8 * 7)
        grow(s);
    size_t i = slot_of(s, hash);
    if (!s->slots[i])
        s->n++;
    if ((s->slots[i] & LEVEL_MASK) < level + 1)
        s->slots[i] = hash | (level + 1);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

size_t path_set_marks(const struct path_set *s, uint64_t *ret_marks)
{
    size_t n = 0;
    for (size_t i = 0; i < s->size; i++)
        if (s->slots[i])
            ret_marks[n++] = s->slots[i] >> LEVEL_BITS;
    if (n)
        qsort(ret_marks, n, sizeof *ret_marks, by_value);
    return n;
}

static bool marked(const struct path_set *s, uint64_t hash, enum path_mark mark, unsigned level)
{
    return (s->slots[slot_of(s, mark_hash(hash, mark))] & LEVEL_MASK) > level + 1;
}

bool path_set_hides(const struct path_set *s, struct str path, unsigned level)
{
    uint64_t hash = SEED;
    struct str segment;
    if (!s->n)
        return false;
    if (marked(s, hash, PATH_BELOW, level)) /* the root made opaque */
        return true;
    while (str_next(&path, '/', &segment)) {
        hash = hash64_with(hash, segment);
        if (marked(s, hash, PATH_WHOLE, level) || marked(s, hash, path.n ? PATH_BELOW : PATH_SELF, level))
            return true;
    }
    return false;
}

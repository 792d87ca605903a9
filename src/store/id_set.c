#include "store/id_set.h"

/* A map may have 64 times as many bits as there are ids, and so many words in any case. */
enum { WORDS_FREE = 4096 };

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

bool ids_have(const ids *v, int64_t id)
{
    return v->n && bsearch(&id, v->at, v->n, sizeof *v->at, compare_ids);
}

static void find_bounds(const ids *v, int64_t *ret_low, int64_t *ret_high)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (size_t i = 0; i < v->n; i++) {
        low = v->at[i] < low ? v->at[i] : low;
        high = v->at[i] > high ? v->at[i] : high;
    }
    *ret_low = low;
    *ret_high = high;
}

/* The map of all ids from `low` on; NULL when it would be mostly empty. */
static uint64_t *map_new(const ids *v, int64_t low, int64_t high)
{
    uint64_t words = v->n ? ((uint64_t)high - (uint64_t)low) / 64 + 1 : 0;
    if (!words || words > v->n + WORDS_FREE)
        return NULL;
    uint64_t *map = mem_alloc(words * sizeof *map);
    for (size_t i = 0; i < v->n; i++)
        map[(v->at[i] - low) / 64] |= UINT64_C(1) << ((v->at[i] - low) % 64);
    return map;
}

static void sort_by_map(ids *v, const uint64_t *map, int64_t low, int64_t high)
{
    v->n = 0;
    for (int64_t i = 0; i <= (high - low) / 64; i++)
        for (uint64_t word = map[i]; word; word &= word - 1)
            v->at[v->n++] = low + i * 64 + __builtin_ctzll(word);
}

static void sort_plainly(ids *v)
{
    size_t n = 0;
    if (v->n)
        qsort(v->at, v->n, sizeof *v->at, compare_ids);
    for (size_t i = 0; i < v->n; i++)
        if (!n || v->at[n - 1] != v->at[i])
            v->at[n++] = v->at[i];
    v->n = n;
}

struct id_set id_set_new(ids *from)
{
    struct id_set s = {.at = *from};
    *from = (ids){0};
    find_bounds(&s.at, &s.low, &s.high);
    if ((s.map = map_new(&s.at, s.low, s.high)))
        sort_by_map(&s.at, s.map, s.low, s.high);
    else
        sort_plainly(&s.at);
    return s;
}

void ids_sort(ids *v)
{
    struct id_set s = id_set_new(v);
    *v = s.at;
    free(s.map);
}

bool id_set_has(const struct id_set *s, int64_t id)
{
    if (!s->map)
        return ids_have(&s->at, id);
    return id >= s->low && id <= s->high && s->map[(id - s->low) / 64] >> ((id - s->low) % 64) & 1;
}

void id_set_free(struct id_set *s)
{
    vec_free(&s->at);
    free(s->map);
    *s = (struct id_set){0};
}

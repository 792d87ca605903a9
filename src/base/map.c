#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

void map_free(struct map *m)
{
    free(m->entries);
    free(m->slots);
    *m = (struct map){0};
}

/* The slot that holds `key` or the free one where it belongs. */
static uint32_t *map_slot(const struct map *m, struct str key, uint64_t hash)
{
    for (size_t i = hash & (m->n_slots - 1);; i = (i + 1) & (m->n_slots - 1)) {
        uint32_t at = m->slots[i];
        if (!at || (m->entries[at - 1].hash == hash && str_eq(m->entries[at - 1].key, key)))
            return &m->slots[i];
    }
}

static void map_grow(struct map *m)
{
    m->n_slots = m->n_slots ? m->n_slots * 2 : 16;
    free(m->slots);
    m->slots = mem_alloc(m->n_slots * sizeof *m->slots);
    for (size_t i = 0; i < m->n; i++)
        *map_slot(m, m->entries[i].key, m->entries[i].hash) = (uint32_t)i + 1;
}

void *map_get(const struct map *m, struct str key)
{
    if (!m->n)
        return NULL;
    uint32_t at = *map_slot(m, key, hash64(key));
    return at ? m->entries[at - 1].value : NULL;
}

void **map_at(struct map *m, struct str key)
{
    if (m->n + 1 > m->n_slots / 2)
        map_grow(m);
    uint64_t hash = hash64(key);
    uint32_t *slot = map_slot(m, key, hash);
    if (!*slot) {
        if (m->n == m->size) {
            m->size = m->size ? m->size * 2 : 8;
            m->entries = mem_grow(m->entries, m->size, sizeof *m->entries);
        }
        m->entries[m->n++] = (struct map_entry){.key = key, .hash = hash};
        *slot = (uint32_t)m->n;
    }
    return &m->entries[*slot - 1].value;
}

void map_set(struct map *m, struct str key, void *value)
{
    *map_at(m, key) = value;
}

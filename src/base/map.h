/* A hash map from string slices to pointers. Keys are not copied: they live as long as the map.
 * Iteration order is insertion order. */
#ifndef ASSAY_BASE_MAP_H
#define ASSAY_BASE_MAP_H

#include "base/str.h"

struct map_entry {
    struct str key;
    void *value;
    uint64_t hash;
};

struct map {
    struct map_entry *entries; /* in insertion order */
    uint32_t *slots;           /* 1 + index into entries; 0 is free */
    size_t n, size, n_slots;
};

void map_free(struct map *m);
/* The value of `key`, or NULL. */
void *map_get(const struct map *m, struct str key);
/* Sets the value of `key`, replacing an earlier one. */
void map_set(struct map *m, struct str key, void *value);
/* The place of the value of `key`, made (NULL) when it was not there. Valid until the next insertion. */
void **map_at(struct map *m, struct str key);

#endif

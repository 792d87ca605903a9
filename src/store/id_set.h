/* Ids in order, and quickly asked for: private to the lists of findings. */
#ifndef ASSAY_STORE_ID_SET_H
#define ASSAY_STORE_ID_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

typedef VEC(int64_t) ids;

/* In order, each once. */
void ids_sort(ids *v);
/* Whether it is among the ids, which are in order. */
bool ids_have(const ids *v, int64_t id);

/* Ids that lie close together are marked in a map of all between; others are kept as they are. */
struct id_set {
    ids at; /* in order, each once */
    uint64_t *map;
    int64_t low, high;
};
/* Takes the ids over, in any order. */
struct id_set id_set_new(ids *from);
bool id_set_has(const struct id_set *s, int64_t id);
void id_set_free(struct id_set *s);

#endif

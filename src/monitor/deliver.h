/* Taking changed matches to the findings of all who hold the packages, slice by slice. Between deliver.c and
 * advisories.c; nobody else includes this. */
#ifndef ASSAY_MONITOR_DELIVER_H
#define ASSAY_MONITOR_DELIVER_H

#include "base/map.h"
#include "base/time.h"
#include "monitor/engine.h"

/* A slice ends after this long, so that other writers get their turn. */
enum { SLICE_MS = 100 };
static inline bool is_time_up(uint64_t begin)
{
    return time_monotonic_ns() - begin > (uint64_t)SLICE_MS * 1000000;
}

/* Whether a number was not in the set yet; it then is. */
bool number_new(struct map *set, struct arena *a, int64_t number);

enum { UNAPPLIED_AT_ONCE = 4000 }; /* changes that are delivered together */
struct delivery;
/* The first of what is noted as not applied. */
struct delivery *delivery_new(struct sql *db);
void delivery_free(struct delivery *d);
/* One account's findings for as long as a slice lasts. *ret_done: all accounts are through, and the changes
 * noted as applied. */
int delivery_slice(struct delivery *d, struct sql *db, int64_t now, struct engine_work *work, bool *ret_done);

#endif

/* Taking changed matches to the findings of all who hold the packages, slice by slice. Between deliver.c and
 * advisories.c; nobody else includes this. */
#ifndef ASSAY_MONITOR_DELIVER_H
#define ASSAY_MONITOR_DELIVER_H

#include "base/map.h"
#include "monitor/engine.h"
#include "monitor/slice.h"

/* Whether a number was not in the set yet; it then is. */
bool number_new(struct map *set, struct arena *a, int64_t number);

enum { UNAPPLIED_AT_ONCE = 4000 }; /* changes that are delivered together */
struct delivery;
/* The first of what is noted as not applied. */
struct delivery *delivery_new(struct sql *db);
void delivery_free(struct delivery *d);
/* One account's findings for as long as the slice lasts. *ret_done: all accounts are through, and the changes
 * noted as applied. */
int delivery_slice(struct delivery *d, const struct slice *slice, int64_t now, struct engine_work *work,
                   bool *ret_done);

#endif

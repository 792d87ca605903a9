/* Route tables as partitions of the address space: which route the longest prefix gives to each address. */
#ifndef ASSAY_REACH_ROUTE_H
#define ASSAY_REACH_ROUTE_H

#include "reach/model.h"

void cells_free(struct cells *c);
/* Of routes with prefixes (no lists). The routes must stay where they are; those that are alike are put
 * together (`also`). */
struct cells cells_build(struct route *routes, size_t n, enum family f);
/* NULL: no route. */
const struct route *cells_find(const struct cells *c, word x);
/* The last address up to which all after `x` have the same route. */
word cells_end(const struct cells *c, enum family f, word x);
/* Whether the route, or one that may be taken in its stead, leads to `target`; NULL: to the own network. */
bool route_leads(const struct route *r, const struct node *target);
/* All addresses whose route leads to `target`; to the own network when NULL. Black holes lead nowhere. */
struct spans cells_to(const struct cells *c, const struct node *target);

#endif

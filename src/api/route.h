/* From method and path to an operation. */
#ifndef ASSAY_API_ROUTE_H
#define ASSAY_API_ROUTE_H

#include "api/api.h"

struct routes;

/* Of all operations of the groups. */
struct routes *routes_new(const struct operation_group *const *groups);
void routes_free(struct routes *r);

struct route {
    const struct operation *operation; /* NULL: the path is known, but not with this method */
    struct str label;                  /* still percent-encoded */
    const char *methods;               /* that the path has, "GET, POST": for Allow */
};
/* `path` still percent-encoded: %2F is no slash. False when no operation has such a path. */
bool routes_find(const struct routes *r, struct str method, struct str path, struct route *ret_route);

#endif

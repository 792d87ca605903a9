/* What package.c, inventory.c, vulnerability.c and finding.c share; nobody else includes this. */
#ifndef ASSAY_STORE_PACKAGE_ROW_H
#define ASSAY_STORE_PACKAGE_ROW_H

#include "base/buf.h"
#include "store/package.h"
#include "store/rows.h"

/* A text with its length before it, so that joined fields cannot be read in two ways. */
void field_add(struct buf *to, struct str text);

/* A version as Inspector shows it. */
struct version_parts {
    int64_t epoch; /* -1: the ecosystem has none */
    struct str upstream, release;
};

/* The row of a package, made when it is new. */
int64_t package_put(struct sql *db, struct buf *scratch, const struct os *os, const struct package *p,
                    bool *ret_new);
/* In the arena; false when there is none. */
bool package_row(struct sql *db, struct arena *a, int64_t id, struct package *ret_package, struct os *ret_os);

#endif

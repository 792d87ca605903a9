/* From inventories and matches to findings: wholly, or only for what changed. One way for both: what is
 * wanted is gathered by vulnerability from the lines of the inventory, and handed to finding_touch(). Between
 * reconcile.c, engine.c and advisories.c; nobody else includes this. */
#ifndef ASSAY_MONITOR_RECONCILE_H
#define ASSAY_MONITOR_RECONCILE_H

#include "base/map.h"
#include "base/vec.h"
#include "store/finding.h"

struct reconcile;

/* For whole resources: matches are read as packages are met. */
struct reconcile *reconcile_new(void);
/* For changes: only these vulnerabilities of these packages are looked at. */
struct reconcile *reconcile_changes(struct sql *db, const struct unapplied *changes, size_t n);
void reconcile_free(struct reconcile *rc);
static inline void reconcile_cleanup(struct reconcile **rc)
{
    if (*rc)
        reconcile_free(*rc);
}

/* All resources with this inventory, of those that are covered; *ret_n: how many. With reconcile_changes().
 */
int reconcile_inventory(struct reconcile *rc, struct sql *db, struct finding_batch *batch, account_id account,
                        int64_t inventory, size_t *ret_n);
/* One resource and its inventory; findings of what it no longer holds are closed, and its release may be
 * at its end. With reconcile_new(). */
int reconcile_resource(struct reconcile *rc, struct sql *db, struct finding_batch *batch,
                       const struct resource *r, int64_t now);
/* Only the scores of what is open on an instance that is reached otherwise than before. */
int reconcile_scores(struct reconcile *rc, struct sql *db, struct finding_batch *batch,
                     const struct resource *r);

#endif

/* As of when findings hold. Whoever looks at a resource's coverage sees by `lastScannedAt` when it was last
 * checked: that moves with every update of the advisories, and stands still for all when they are stale.
 */
#ifndef ASSAY_MONITOR_FRESHNESS_H
#define ASSAY_MONITOR_FRESHNESS_H

#include "advisory/db.h"
#include "store/store.h"

/* The advisories in use say what was known at `at`: when they were made, or last found to be up to date. */
void freshness_known(struct sql *db, const struct db *advisories, int64_t at);
/* All findings were judged by them. */
void freshness_applied(struct sql *db);
/* After how many days advisories are stale. */
void freshness_days(struct sql *db, unsigned days);
/* As of when what a scan finds that ends now holds: now, but for stale advisories. */
int64_t freshness_now(struct sql *db, int64_t now);

#endif

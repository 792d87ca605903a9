/* Usage by the hour and by the scan; written in the transaction of what is counted. */
#ifndef ASSAY_STORE_USAGE_H
#define ASSAY_STORE_USAGE_H

#include "store/store.h"

/* `change` more (or fewer) resources are being counted from `now` on. */
void usage_active(struct sql *db, account_id account, enum usage_type type, int change, int64_t now);
/* Counted at once: a scan. */
void usage_add(struct sql *db, account_id account, enum usage_type type, double amount, int64_t now);
/* Hours or scans from `from` to `now`, what is running included. Kept by the day (of UTC): of the day that
 * `from` is in, hours that have been added count by its share of the day, and all scans. */
double usage_total(struct sql *db, account_id account, enum usage_type type, int64_t from, int64_t now);

#endif

/* Releases of distributions that nobody mends any more. Inspector reports a discontinued system as one
 * CRITICAL finding; so do we, with an id of our own, "EOL-DEBIAN_10", and without a package. It comes when
 * the day has passed, though nothing else changes, and goes with an upgrade. A release of which no end is
 * known has none.
 */
#ifndef ASSAY_MONITOR_END_OF_LIFE_H
#define ASSAY_MONITOR_END_OF_LIFE_H

#include "monitor/monitor.h"
#include "store/package.h"

struct end_of_life {
    struct vulnerability_row row; /* not stored yet */
    struct str title;
};
/* False when the release is supported at `now`, or not known. In the arena. */
bool end_of_life(struct arena *a, const struct os *os, int64_t now, struct end_of_life *ret_end);
/* Makes the findings of the account's resources whose day has passed, in slices; 0, JOB_INTERRUPTED, or an
 * error. */
int end_of_life_tidy(struct monitor *m, account_id account);

#endif

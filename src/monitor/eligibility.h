/* Whether a resource is to be covered: what its account, tags, age and silence say of it, whatever a scan
 * found. One pure function, so that every rule can be held by a table. */
#ifndef ASSAY_MONITOR_ELIGIBILITY_H
#define ASSAY_MONITOR_ELIGIBILITY_H

#include "monitor/monitor.h"
#include "monitor/settings.h"
#include "store/resource.h"

enum covered {
    COVERED,             /* scans decide on its coverage */
    COVERED_AGAIN,       /* it was not: its findings are to be made from the inventory it has */
    COVERED_REVIVED,     /* an image after its window: it is to be scanned */
    NOT_COVERED,         /* paused: its findings stay as they are */
    NOT_COVERED_CLOSED,  /* its findings are closed */
    NOT_COVERED_REMOVED, /* and its coverage goes, too: the scan type is disabled */
};
struct eligibility {
    enum covered covered;
    enum scan_status status; /* both: of the coverage, but for COVERED with a row that stands */
    enum scan_reason reason;
};
/* `present`: its coverage so far; NULL: none. `days` has no zeros. The arena is for the tags. */
struct eligibility eligibility(struct arena *a, const struct resource *r, const struct coverage *present,
                               enum account_status scan, const struct settings *settings,
                               const struct monitor_days *days, int64_t now);

/* The same of an instance by scan type NETWORK: `known`, whether its network is. Its findings follow the
 * network whenever they are not closed. */
struct eligibility eligibility_network(struct arena *a, const struct resource *r,
                                       const struct coverage *present, enum account_status scan, bool known);

/* Which scan type of the account covers a resource. */
enum resource_scan_type eligibility_scan_type(enum resource_type type);

#endif

/* Looking at an origin for what is new, changed or gone there: each kind its own way. */
#ifndef ASSAY_MONITOR_POLL_H
#define ASSAY_MONITOR_POLL_H

#include "monitor/scan.h"

struct poll {
    struct monitor *m;
    struct arena *arena;
    account_id account;
    const struct scan_origin *origin;
    json_val *state;     /* what the last poll left; or NULL */
    struct json_out out; /* what this one leaves: the members of an object */
    struct str error;    /* out: what went wrong with a part of it, while the rest was looked at; or empty */
    bool more;           /* out: a slice was done, and the next is to follow at once */
};
int poll_registry(struct poll *p);
int poll_functions(struct poll *p);
int poll_aws(struct poll *p);

#endif

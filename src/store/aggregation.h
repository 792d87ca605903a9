/* ListFindingAggregations: counts of ACTIVE findings by group, from the counters, a page at a time. */
#ifndef ASSAY_STORE_AGGREGATION_H
#define ASSAY_STORE_AGGREGATION_H

#include "store/criteria.h"
#include "store/finding.h"

/* What findings are counted by in the table `counter`; instances, images and functions count in `resource`.
 */
enum dimension {
    BY_ACCOUNT,    /* key: empty */
    BY_PACKAGE,    /* key: package name */
    BY_TITLE,      /* key: title; key2: vulnerability id */
    BY_REPOSITORY, /* key: repository name */
    BY_AMI,        /* key: image id */
    BY_LAYER,      /* key: layer digest or ARN; key2: resource id */
};

/* A request as it is on the wire: aggregationType, the union member of aggregationRequest, accountIds. */
struct aggregation_query {
    account_id account;
    struct str type;    /* "PACKAGE" */
    json_val *request;  /* the whole aggregationRequest, or NULL */
    json_val *accounts; /* accountIds, or NULL */
    struct str token;
    size_t max;
};
/* Writes the AggregationResponse objects (the union with its member) into `to`, an open array. ERR_INVALID
 * with the errors. */
int aggregation_query(struct sql *db, struct arena *a, const struct aggregation_query *q,
                      struct field_errors *errors, struct json_out *to, struct str *ret_token);

/* Sums of changes to counters, written at once (finding_batch). */
struct counts {
    int64_t critical, high, medium, total, exploitable, fixable, network;
};
void counter_change(struct sql *db, account_id account, enum dimension dimension, struct str key,
                    struct str key2, enum resource_type resource_type, enum finding_type finding_type,
                    const struct counts *change);
/* Counts everything anew and returns how many counters were wrong: for tests and benches. */
int64_t counters_verify(struct sql *db, account_id account, bool repair);

#endif

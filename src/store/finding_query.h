/* Lists of findings: any criteria, any sort, page by page; and what findings look like in Inspector's JSON.
 *
 * A page costs by its length: the query walks the index of the sort, or, when few findings can match, gathers
 * those from the index of the filter (finding_query.c says how it chooses). A token holds the sort value and
 * id of the last row, so that rows which come or go elsewhere do not disturb the pages to come; it is bound
 * to criteria and sort by a digest.
 */
#ifndef ASSAY_STORE_FINDING_QUERY_H
#define ASSAY_STORE_FINDING_QUERY_H

#include "store/criteria.h"
#include "store/finding.h"

/* SortField of the API, in its order. */
/* clang-format off */
#define SORT_FIELDS(X)                                                                                       \
    X(AWS_ACCOUNT_ID) X(FINDING_TYPE) X(SEVERITY) X(FIRST_OBSERVED_AT) X(LAST_OBSERVED_AT) X(FINDING_STATUS) \
    X(RESOURCE_TYPE) X(ECR_IMAGE_PUSHED_AT) X(ECR_IMAGE_REPOSITORY_NAME) X(ECR_IMAGE_REGISTRY)               \
    X(NETWORK_PROTOCOL) X(COMPONENT_TYPE) X(VULNERABILITY_ID) X(VULNERABILITY_SOURCE) X(INSPECTOR_SCORE)     \
    X(VENDOR_SEVERITY) X(EPSS_SCORE)
/* clang-format on */
#define SORT_ENTRY(name) SORT_##name,
enum sort_field { SORT_FIELDS(SORT_ENTRY) };
extern const struct names sort_field_names;

struct finding_query {
    account_id account;
    const struct criteria *criteria; /* NULL: all */
    bool sorted;                     /* else newest first */
    enum sort_field sort;
    bool descending;
    struct str token; /* of the page before; or empty */
    size_t max;       /* 1..100; more for exports */
};
/* Ids in order, in the arena, and the token of the next page (empty at the end: never a token with nothing
 * behind it). ERR_INVALID for a token that is none or belongs to another query. */
int finding_query(struct sql *db, struct arena *a, const struct finding_query *q, int64_t **ret_ids,
                  size_t *ret_n, struct str *ret_token);
/* When a search tries something else (finding_query.c). Tests lower them, so that few findings take every
 * way; what is found is the same. */
extern struct finding_search_limits {
    size_t few;             /* candidates whose rows are read at once, */
    size_t many;            /* and when walking did not help */
    size_t patience;        /* findings walked before that is known */
    size_t resources_quick; /* resources that a condition may have to be looked for before anything else; */
    size_t resources_few;   /* whose findings may be few, */
    size_t resources_many;  /* or many */
} finding_search_limits;
/* How many match, counted up to `most`. */
int finding_count(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria,
                  int64_t most, int64_t *ret_n);
/* Those of the given findings that match: for suppression rules. */
int finding_matching(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria,
                     const int64_t *ids, size_t n, int64_t **ret_ids, size_t *ret_n);
/* ERR_MISSING. */
int finding_by_arn(struct sql *db, account_id account, struct str arn, int64_t *ret_id);

/* The Finding object of the API. `text_times`: dates as the event bus has them, "Wed Sep 04 16:59:44.356 UTC
 * 2024", instead of numbers. */
struct finding_style {
    bool text_times;
};
int finding_json(struct sql *db, struct arena *a, int64_t finding, const struct finding_style *style,
                 struct json_out *to);

/* A finding for the CSV report and whoever wants its members: everything finding_json() shows, as it is
 * stored. */
struct finding_package_row {
    struct str name, version, release, arch, path, layer, fixed, remediation;
    int64_t epoch; /* < 0: none */
    enum package_manager manager;
};
struct finding_row {
    int64_t id;
    account_id account;
    unsigned char key[FINDING_KEY];
    enum finding_type type;
    enum finding_status status;
    enum grade severity;
    int64_t first_observed, last_observed, updated, closed;
    struct str title, description, score_details, network, suppressed_by;
    double score, epss; /* < 0: none */
    int fix, exploit;   /* < 0: not stated */
    int64_t last_exploited;
    struct str vulnerability_id, source, vendor_severity, details, vector;
    int port_begin, port_end, protocol; /* < 0: none */
    struct str region;                  /* of the resource */
    struct resource resource;
    const struct finding_package_row *packages;
    size_t n_packages;
};
int finding_get(struct sql *db, struct arena *a, int64_t finding, struct finding_row *ret_row);

/* ListCoverage and ListCoverageStatistics. */
struct coverage_query {
    account_id account;
    const struct criteria *criteria;
    struct str token;
    size_t max;
};
/* Writes the CoveredResource objects into `to`, an array that is open. */
int coverage_query(struct sql *db, struct arena *a, const struct coverage_query *q, struct json_out *to,
                   struct str *ret_token);
struct coverage_group {
    struct str key; /* the value, as the wire has it */
    int64_t count;
};
/* GroupKey of the API; `group` empty: only the total. ERR_INVALID for an unknown one. */
int coverage_count(struct sql *db, struct arena *a, account_id account, const struct criteria *criteria,
                   struct str group, struct coverage_group **ret_groups, size_t *ret_n, int64_t *ret_total);

#endif

/* Group 4 of the reference: what is scanned, how, and why not. */
#include "api/page.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "store/finding_query.h"

struct list_request {
    json_val *criteria;
    struct paging page;
};
static const struct member list_members[] = {
    {"filterCriteria", MEMBER_OBJECT, MEMBER(struct list_request, criteria)},
    PAGING_MEMBERS(struct list_request, page, 200),
    {0}};

static int run_list(struct call *c, struct json_out *out)
{
    struct list_request q;
    struct criteria *criteria;
    struct str token;
    int r = call_read(c, list_members, &q);
    if (r < 0 || (r = call_criteria(c, CRITERIA_COVERAGE, &criteria)) < 0)
        return r;
    struct coverage_query query = {
        .account = c->account, .criteria = criteria, .token = q.page.token, .max = (size_t)q.page.max};
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    json_key(out, "coveredResources");
    json_begin_array(out);
    if ((r = coverage_query(db, c->arena, &query, out, &token)) < 0) {
        if (r != ERR_INVALID)
            return r;
        field_error_add(&c->errors, c->arena, STR("nextToken"), "is not a token of this list");
        return call_invalid_fields(c);
    }
    json_end_array(out);
    json_member_str(out, "nextToken", token);
    return sql_status(db);
}

/* GroupKey of the API. */
static const char *const group_keys_at[] = {"SCAN_STATUS_CODE",    "SCAN_STATUS_REASON",  "ACCOUNT_ID",
                                            "RESOURCE_TYPE",       "ECR_REPOSITORY_NAME", "PROVIDER",
                                            "PROVIDER_ACCOUNT_ID", "PROVIDER_REGION",     "PROVIDER_ORG_ID"};
static const struct names group_keys = {group_keys_at, sizeof group_keys_at / sizeof *group_keys_at};

enum { GROUPS_PAGE = 500 }; /* the call has no maxResults */
struct statistics_request {
    json_val *criteria;
    int group;
    struct str token;
};
static const struct member statistics_members[] = {
    {"filterCriteria", MEMBER_OBJECT, MEMBER(struct statistics_request, criteria)},
    {"groupBy", MEMBER_ENUM, MEMBER(struct statistics_request, group, .names = &group_keys)},
    {"nextToken", MEMBER_STRING, MEMBER(struct statistics_request, token, .max = 1000000)},
    {0}};

static int run_statistics(struct call *c, struct json_out *out)
{
    struct statistics_request q;
    struct criteria *criteria;
    struct coverage_group *groups = NULL;
    size_t n = 0;
    int64_t total;
    struct page page;
    int r = call_read(c, statistics_members, &q);
    if (r < 0 || (r = call_criteria(c, CRITERIA_COVERAGE, &criteria)) < 0)
        return r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    struct str group = q.group < 0 ? (struct str){0} : str_from(group_keys_at[q.group]);
    if ((r = coverage_count(db, c->arena, c->account, criteria, group, &groups, &n, &total)) < 0 ||
        (r = page_of(c, "coverage statistics", q.token, GROUPS_PAGE, n, &page)) < 0)
        return r;
    json_member_int(out, "totalCounts", total);
    if (group.n) {
        json_key(out, "countsByGroup");
        json_begin_array(out);
        for (size_t i = page.from; i < page.to; i++) {
            json_begin_object(out);
            json_member_int(out, "count", groups[i].count);
            json_member_str(out, "groupKey", groups[i].key);
            json_end_object(out);
        }
        json_end_array(out);
    }
    json_member_str(out, "nextToken", page.next);
    return sql_status(db);
}

static const struct operation operations[] = {
    {"ListCoverage", "POST", "/coverage/list", MAY_READ, "VA", run_list},
    {"ListCoverageStatistics", "POST", "/coverage/statistics/list", MAY_READ, "VA", run_statistics},
    {0}};
const struct operation_group operations_coverage = {"coverage", operations};

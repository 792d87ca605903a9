/* Group 2 of the reference: findings, their numbers, and what else is known of them. */
#include "api/intelligence.h"
#include "api/page.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "store/aggregation.h"
#include "store/finding_query.h"

struct list_request {
    json_val *criteria, *sort;
    struct paging page;
};
static const struct member list_members[] = {
    {"filterCriteria", MEMBER_OBJECT, MEMBER(struct list_request, criteria)},
    {"sortCriteria", MEMBER_OBJECT, MEMBER(struct list_request, sort)},
    PAGING_MEMBERS(struct list_request, page, 100),
    {0}};

struct sort_request {
    int field, order;
};
static const char *const orders_at[] = {"ASC", "DESC"};
static const struct names orders = {orders_at, 2};
static const struct member sort_members[] = {
    {"field", MEMBER_ENUM, MEMBER(struct sort_request, field, .required = true, .names = &sort_field_names)},
    {"sortOrder", MEMBER_ENUM, MEMBER(struct sort_request, order, .required = true, .names = &orders)},
    {0}};

static int read_list(struct call *c, struct list_request *q, struct sort_request *sort,
                     struct criteria **ret_criteria)
{
    int r = call_read(c, list_members, q);
    if (r < 0)
        return r;
    if (q->sort && request_read_at(c->arena, q->sort, "sortCriteria", sort_members, sort, &c->errors) < 0)
        return call_invalid_fields(c);
    return call_criteria(c, CRITERIA_FINDINGS, ret_criteria);
}

/* A list refuses only tokens: the rest was checked before. */
static int bad_token(struct call *c, int code)
{
    if (code != ERR_INVALID)
        return code;
    field_error_add(&c->errors, c->arena, STR("nextToken"), "is not a token of this list: %s", err_text());
    return call_invalid_fields(c);
}

static int run_list(struct call *c, struct json_out *out)
{
    struct list_request q;
    struct sort_request sort = {-1, -1};
    struct criteria *criteria;
    int r = read_list(c, &q, &sort, &criteria);
    if (r < 0)
        return r;
    struct finding_query query = {.account = c->account,
                                  .criteria = criteria,
                                  .sorted = q.sort != NULL,
                                  .sort = sort.field,
                                  .descending = sort.order == 1,
                                  .token = q.page.token,
                                  .max = (size_t)q.page.max};
    int64_t *ids;
    size_t n;
    struct str token;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    if ((r = finding_query(db, c->arena, &query, &ids, &n, &token)) < 0)
        return bad_token(c, r);
    json_key(out, "findings");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++)
        if ((r = finding_json(db, c->arena, ids[i], &(struct finding_style){0}, out)) < 0)
            return err_context(ERR_IO, "finding %lld", (long long)ids[i]);
    json_end_array(out);
    json_member_str(out, "nextToken", token);
    return sql_status(db);
}

struct aggregation_request {
    struct str type;
    json_val *request;
    struct paging page;
};
static const struct member aggregation_members[] = {
    {"aggregationType", MEMBER_STRING, MEMBER(struct aggregation_request, type, .required = true, .min = 1)},
    {"aggregationRequest", MEMBER_OBJECT, MEMBER(struct aggregation_request, request)},
    PAGING_MEMBERS(struct aggregation_request, page, 100),
    {0}};

static int run_aggregations(struct call *c, struct json_out *out)
{
    struct aggregation_request q;
    int r = call_read(c, aggregation_members, &q);
    if (r < 0)
        return r;
    struct aggregation_query query = {.account = c->account,
                                      .type = q.type,
                                      .request = q.request,
                                      .accounts = json_get(c->body, "accountIds"),
                                      .token = q.page.token,
                                      .max = (size_t)q.page.max};
    struct str token;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    json_member_str(out, "aggregationType", q.type);
    json_key(out, "responses");
    json_begin_array(out);
    if ((r = aggregation_query(db, c->arena, &query, &c->errors, out, &token)) < 0)
        return c->errors.n ? call_invalid_fields(c) : bad_token(c, r);
    json_end_array(out);
    json_member_str(out, "nextToken", token);
    return sql_status(db);
}

/* The two calls that take up to ten ARNs answer for each of them, or say by a code why not. */
struct arns_request {
    struct str_list arns;
};
static const struct member arns_members[] = {{"findingArns", MEMBER_STRINGS,
                                              MEMBER(struct arns_request, arns, .required = true, .min = 1,
                                                     .max = 10, .item_min = 1, .item_max = 100)},
                                             {0}};
struct arn_error {
    struct str arn;
    const char *code, *message;
};
struct arn_errors {
    struct arn_error at[10];
    size_t n;
};

static void write_errors(struct json_out *out, const struct arn_errors *errors)
{
    json_key(out, "errors");
    json_begin_array(out);
    for (size_t i = 0; i < errors->n; i++) {
        json_begin_object(out);
        json_member_str(out, "findingArn", errors->at[i].arn);
        json_member_str(out, "errorCode", str_from(errors->at[i].code));
        json_member_str(out, "errorMessage", str_from(errors->at[i].message));
        json_end_object(out);
    }
    json_end_array(out);
}

/* The finding's id; 0 with an error added: what is no ARN, another account's, or gone. */
static int64_t resolve(struct call *c, struct sql *db, struct str arn, const char *not_found,
                       struct arn_errors *errors)
{
    unsigned char key[FINDING_KEY];
    int64_t id;
    struct arn_error e = {.arn = arn};
    if (finding_arn_parse(store_place(c->store), c->account, arn, key)) {
        if (finding_by_arn(db, c->account, arn, &id) == 0)
            return id;
        e.code = not_found;
        e.message = "There is no such finding.";
    } else if (request_matches("^arn:[a-z-]+:inspector2:[a-z0-9-]+:[0-9]{12}:finding/[0-9a-f]{32}$", arn)) {
        e.code = "ACCESS_DENIED";
        e.message = "The finding is not one of this account and Region.";
    } else {
        e.code = "INVALID_INPUT";
        e.message = "This is not the ARN of a finding.";
    }
    errors->at[errors->n++] = e;
    return 0;
}

static int write_detail(struct call *c, struct sql *db, const struct db *advisories, int64_t finding,
                        struct str arn, struct json_out *out, struct arn_errors *errors)
{
    struct finding_row row;
    struct intelligence *i = arena_alloc(c->arena, sizeof *i);
    int r = finding_get(db, c->arena, finding, &row);
    if (r < 0)
        return err_context(ERR_IO, "finding %lld", (long long)finding);
    r = row.vulnerability_id.n ? intelligence_read(c->arena, advisories, row.vulnerability_id, i)
                               : ERR_MISSING;
    if (r == ERR_MISSING) {
        errors->at[errors->n++] =
            (struct arn_error){arn, "FINDING_DETAILS_NOT_FOUND", "No more is known of this finding."};
        return 0;
    }
    if (r < 0)
        return err_context(ERR_IO, "advisory database");
    json_begin_object(out);
    json_member_str(out, "findingArn", arn);
    intelligence_details(out, c->arena, i);
    json_end_object(out);
    return 0;
}

static int write_details(struct call *c, const struct str_list *arns, struct sql *db,
                         const struct db *advisories, struct json_out *out, struct arn_errors *errors)
{
    int r = 0;
    for (size_t i = 0; i < arns->n && r == 0; i++) {
        int64_t id = resolve(c, db, arns->at[i], "FINDING_DETAILS_NOT_FOUND", errors);
        if (id)
            r = write_detail(c, db, advisories, id, arns->at[i], out, errors);
    }
    return r;
}

static int run_details(struct call *c, struct json_out *out)
{
    struct arns_request q;
    struct arn_errors errors = {0};
    int r = call_read(c, arns_members, &q);
    if (r < 0)
        return r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    const struct db *advisories = monitor_db(c->monitor);
    json_key(out, "findingDetails");
    json_begin_array(out);
    r = write_details(c, &q.arns, db, advisories, out, &errors);
    monitor_db_release(c->monitor, advisories);
    if (r < 0)
        return r;
    json_end_array(out);
    write_errors(out, &errors);
    return sql_status(db);
}

/* Only findings in code have snippets, and none are made here. */
static int run_snippets(struct call *c, struct json_out *out)
{
    struct arns_request q;
    struct arn_errors errors = {0};
    int r = call_read(c, arns_members, &q);
    if (r < 0)
        return r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    json_key(out, "codeSnippetResults");
    json_begin_array(out);
    for (size_t i = 0; i < q.arns.n; i++)
        if (resolve(c, db, q.arns.at[i], "CODE_SNIPPET_NOT_FOUND", &errors))
            errors.at[errors.n++] = (struct arn_error){q.arns.at[i], "CODE_SNIPPET_NOT_FOUND",
                                                       "The finding is not one of source code."};
    json_end_array(out);
    write_errors(out, &errors);
    return sql_status(db);
}

static const struct operation operations[] = {
    {"ListFindings", "POST", "/findings/list", MAY_READ, "VA", run_list},
    {"ListFindingAggregations", "POST", "/findings/aggregation/list", MAY_READ, "VA", run_aggregations},
    {"BatchGetFindingDetails", "POST", "/findings/details/batch/get", MAY_READ, "AD VA", run_details},
    {"BatchGetCodeSnippet", "POST", "/codesnippet/batchget", MAY_READ, "AD VA", run_snippets},
    {0}};
const struct operation_group operations_findings = {"findings", operations};

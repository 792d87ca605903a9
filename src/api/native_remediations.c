/* Which packages to upgrade first, and to what. */
#include "api/native_state.h"
#include "base/cleanup.h"
#include "store/aggregation.h"

enum { PACKAGES = 5, PACKAGES_MOST = 20, PACKAGE_BYTES_MAX = 1 << 16 };
#define MOST_CRITICAL_FIRST "{\"packageAggregation\": {\"sortBy\": \"CRITICAL\", \"sortOrder\": \"DESC\"}}"

/* Those with most critical findings, as ListFindingAggregations tells of them. */
static int list_packages(struct call *c, struct sql *db, size_t max, json_val **ret_packages)
{
    _cleanup_(buf_free) struct buf text = buf_new(PACKAGES_MOST * PACKAGE_BYTES_MAX);
    struct json_out list = {.to = &text};
    struct aggregation_query query = {.account = c->account, .type = STR("PACKAGE"), .max = max};
    struct str token;
    json_begin_array(&list);
    int status = json_parse(c->arena, STR(MOST_CRITICAL_FIRST), &query.request);
    if (status == 0)
        status = aggregation_query(db, c->arena, &query, &c->errors, &list, &token);
    json_end_array(&list);
    return status < 0 ? status : json_parse(c->arena, buf_str(&text), ret_packages);
}

static void out_counts(struct json_out *out, json_val *counts)
{
    json_key(out, "severityCounts");
    json_begin_object(out);
    for (json_each_member(name, count, counts))
        json_member_int(out, yyjson_get_str(name), yyjson_get_sint(count));
    json_end_object(out);
}

static void out_fixes(struct call *c, struct json_out *out, struct sql *db, struct str package)
{
    struct package_version *versions;
    size_t n = summary_fixes(db, c->arena, c->account, package, AFFECTED_MOST, &versions);
    json_key(out, "fixes");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(out);
        json_member_str(out, "version", versions[i].version);
        json_member_int(out, "findings", versions[i].findings);
        json_end_object(out);
    }
    json_end_array(out);
}

static void out_remediation(struct call *c, struct json_out *out, struct sql *db, json_val *package)
{
    struct str name = json_get_str(package, "packageName");
    bool more;
    int64_t resources = summary_affected(db, c->account, AFFECTED_BY_PACKAGE, name, AFFECTED_MOST, &more);
    json_begin_object(out);
    json_member_str(out, "packageName", name);
    out_counts(out, json_get(package, "severityCounts"));
    json_member_int(out, "resources", resources);
    json_member_bool(out, "more", more);
    out_fixes(c, out, db, name);
    json_end_object(out);
}

static int list_remediations(struct call *c, struct json_out *out)
{
    uint64_t max = PACKAGES;
    json_val *packages;
    if (!native_query_number(c->http, "max", &max) || max < 1 || max > PACKAGES_MOST)
        return call_invalid(c, "'max' is a number from 1 to %d.", PACKAGES_MOST);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int status = list_packages(c, db, (size_t)max, &packages);
    if (status < 0)
        return status;
    json_key(out, "remediations");
    json_begin_array(out);
    for (json_each(package, packages))
        out_remediation(c, out, db, json_get(package, "packageAggregation"));
    json_end_array(out);
    return sql_status(db);
}

static const struct operation operations[] = {
    {"ListRemediations", "GET", "/assay/v1/findings/remediations", MAY_READ, NULL, list_remediations}, {0}};
const struct operation_group operations_native_remediations = {"native_remediations", operations};

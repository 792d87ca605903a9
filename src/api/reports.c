/* Group 7 of the reference: exports of findings, one at a time. */
#include "api/page.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "store/report.h"

struct create_request {
    json_val *criteria, *destination;
    int format;
};
static const struct member create_members[] = {
    {"filterCriteria", MEMBER_OBJECT, MEMBER(struct create_request, criteria)},
    {"reportFormat", MEMBER_ENUM,
     MEMBER(struct create_request, format, .required = true, .names = &report_format_names)},
    {"s3Destination", MEMBER_OBJECT, MEMBER(struct create_request, destination, .required = true)},
    {0}};

struct destination {
    struct str bucket, prefix, key;
};
/* The bucket may be a folder of this machine: a name, never a path. */
static const struct member destination_members[] = {
    {"bucketName", MEMBER_STRING,
     MEMBER(struct destination, bucket, .required = true, .min = 3, .max = 255,
            .pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$")},
    {"keyPrefix", MEMBER_STRING, MEMBER(struct destination, prefix, .max = 1024)},
    {"kmsKeyArn", MEMBER_STRING, MEMBER(struct destination, key, .required = true, .max = 2048)},
    {0}};

/* Without a status named, active findings alone: what is closed belongs in no worklist. The criteria that
 * are kept, and told by GetFindingsReportStatus, say so. */
static struct str criteria_text(struct call *c, json_val *value, const struct criteria *criteria)
{
    struct str text = value ? request_text(c->arena, value) : STR("{}");
    if (criteria_has(criteria, "findingStatus"))
        return text;
    struct str rest = str_slice(text, 1, text.n);
    return arena_printf(c->arena,
                        "{\"findingStatus\":[{\"comparison\":\"EQUALS\",\"value\":\"ACTIVE\"}]%s%.*s",
                        rest.n > 1 ? "," : "", STR_ARG(rest));
}

static int run_create(struct call *c, struct json_out *out)
{
    struct create_request q;
    struct destination destination;
    struct criteria *criteria;
    int r = call_read(c, create_members, &q);
    if (r < 0)
        return r;
    if (request_read_at(c->arena, q.destination, "s3Destination", destination_members, &destination,
                        &c->errors) < 0)
        return call_invalid_fields(c);
    if ((r = call_criteria(c, CRITERIA_FINDINGS, &criteria)) < 0)
        return r;
    struct findings_report report = {.criteria = criteria_text(c, q.criteria, criteria),
                                     .destination = request_text(c->arena, q.destination),
                                     .format = q.format};
    struct sql *db = store_writer(c->store);
    r = report_add(db, c->arena, c->account, &report);
    if (r < 0) {
        store_release(db);
        return r == ERR_LIMIT ? call_invalid(c, "Another report of this account is in progress.") : r;
    }
    if ((r = store_commit(db)) < 0 || (r = monitor_report(c->monitor, c->account, report.id)) < 0)
        return r;
    json_member_str(out, "reportId", report.id);
    return 0;
}

struct report_request {
    struct str id;
};
/* Report ids are UUIDs; what is none names no report. */
static const struct member status_members[] = {
    {"reportId", MEMBER_STRING, MEMBER(struct report_request, id, .max = 128)}, {0}};
static const struct member cancel_members[] = {
    {"reportId", MEMBER_STRING, MEMBER(struct report_request, id, .required = true, .min = 1, .max = 128)},
    {0}};

static int no_report(struct call *c, struct str id)
{
    return id.n ? call_missing(c, "There is no report %.*s.", STR_ARG(id))
                : call_missing(c, "No report was ever made.");
}

static int run_status(struct call *c, struct json_out *out)
{
    struct report_request q;
    struct findings_report report;
    int r = call_read(c, status_members, &q);
    if (r < 0)
        return r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    r = report_get(db, c->arena, c->account, q.id, &report);
    if (r < 0)
        return r == ERR_MISSING ? no_report(c, q.id) : r;
    json_member_str(out, "reportId", report.id);
    json_member_str(out, "status", str_from(name_of(&report_status_names, report.status)));
    if (report.error >= 0) {
        json_member_str(out, "errorCode", str_from(name_of(&report_error_names, report.error)));
        json_member_str(out, "errorMessage", report.message);
    }
    json_member_raw(out, "destination", report.destination);
    json_member_raw(out, "filterCriteria", report.criteria);
    return sql_status(db);
}

static int cancel(struct call *c, struct sql *db, struct str id)
{
    struct findings_report report;
    if (report_finish(db, c->account, id, REPORT_CANCELLED, -1, (struct str){0}))
        return 0;
    int r = report_get(db, c->arena, c->account, id, &report);
    if (r < 0)
        return r == ERR_MISSING ? no_report(c, id) : r;
    return call_invalid(c, "The report is not in progress: it is %s.",
                        name_of(&report_status_names, report.status));
}

static int run_cancel(struct call *c, struct json_out *out)
{
    struct report_request q;
    int r = call_read(c, cancel_members, &q);
    if (r < 0)
        return r;
    struct sql *db = store_writer(c->store);
    if ((r = cancel(c, db, q.id)) < 0) {
        store_release(db);
        return r;
    }
    json_member_str(out, "reportId", q.id);
    return store_commit(db);
}

static const struct operation operations[] = {
    {"CreateFindingsReport", "POST", "/reporting/create", MAY_WRITE, "AD NF VA", run_create},
    {"GetFindingsReportStatus", "POST", "/reporting/status/get", MAY_READ, "AD NF VA", run_status},
    {"CancelFindingsReport", "POST", "/reporting/cancel", MAY_WRITE, "AD NF VA", run_cancel},
    {0}};
const struct operation_group operations_reports = {"reports", operations};

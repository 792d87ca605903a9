/* The engine: what it does now, what it has seen, what it should do. */
#include <stdio.h>

#include "api/native_state.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/job_kind.h"
#include "report/report.h"
#include "store/job.h"
#include "store/package.h"

enum { JOBS_MAX = 1000, ID_MAX = 2048, COUNT_MOST = 10000, HISTORY_DAYS = 30, HISTORY_DAYS_MOST = 366 };

/* ---- resources ---- */

static int rescan(struct call *c, struct json_out *out)
{
    static const struct member members[] = {
        {"resourceId", MEMBER_STRING, .required = true, .min = 1, .max = ID_MAX}, {0}};
    struct str id;
    struct resource r;
    (void)out;
    int status = call_read(c, members, &id);
    if (status < 0)
        return status;
    struct sql *db = store_reader(c->store);
    status = resource_find(db, c->arena, c->account, id, &r);
    store_release(db);
    if (status == ERR_MISSING)
        return call_missing(c, "There is no resource '%.*s'.", STR_ARG(id));
    return status < 0 ? status : monitor_rescan(c->monitor, c->account, id);
}

static void out_coverage(struct json_out *out, enum scan_type type, const struct coverage *c, int64_t next)
{
    json_begin_object(out);
    json_member_str(out, "scanType", str_from(name_of(&scan_type_names, type)));
    json_key(out, "scanStatus");
    json_begin_object(out);
    json_member_str(out, "statusCode", str_from(name_of(&scan_status_names, c->status)));
    json_member_str(out, "reason", str_from(name_of(&scan_reason_names, c->reason)));
    json_end_object(out);
    if (c->mode != MODE_NONE)
        json_member_str(out, "scanMode", str_from(name_of(&scan_mode_names, c->mode)));
    if (c->last_scanned != TIME_NONE)
        json_member_int(out, "lastScannedAt", c->last_scanned);
    json_member_str(out, "message", c->error);
    if (next != TIME_NONE)
        json_member_int(out, "nextScanAt", next);
    json_end_object(out);
}

/* What ListCoverage says of it, and what the API has no member for: the reason in words. */
static int get_coverage(struct call *c, struct json_out *out)
{
    struct resource r;
    struct instance_wait wait;
    struct coverage one;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int status = resource_find(db, c->arena, c->account, c->label, &r);
    if (status == ERR_MISSING)
        return call_missing(c, "There is no resource '%.*s'.", STR_ARG(c->label));
    if (status < 0)
        return status;
    bool waits = instance_wait_get(db, c->arena, c->account, r.id, &wait);
    json_key(out, "coverage");
    json_begin_array(out);
    for (size_t type = 0; type < scan_type_names.n; type++)
        if (coverage_get(db, c->arena, c->account, r.id, (enum scan_type)type, &one))
            out_coverage(out, (enum scan_type)type, &one,
                         waits && type == SCAN_PACKAGE && one.reason == wait.reason ? wait.due : TIME_NONE);
    json_end_array(out);
    return sql_status(db);
}

static int load_inventory(struct call *c, struct inventory **ret_inventory)
{
    struct resource r;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int status = resource_find(db, c->arena, c->account, c->label, &r);
    if (status == ERR_MISSING)
        return call_missing(c, "There is no resource '%.*s'.", STR_ARG(c->label));
    if (status == 0 && !r.inventory)
        return call_missing(c, "Nothing is known yet of what is in '%.*s'.", STR_ARG(c->label));
    return status < 0 ? status : inventory_load(db, c->account, r.inventory, ret_inventory);
}

/* In any of the formats that show inventories: JSON, CycloneDX, SPDX. */
static int get_inventory(struct call *c)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    _cleanup_free_ char *text = NULL;
    size_t n = 0;
    struct str name = STR("json");
    http_query(c->http, "format", 0, &name);
    const struct report_format *format = report_format_find(name);
    if (!format || !format->inventory || str_is(name, "table"))
        return call_invalid(c, "'format' is json, cyclonedx or spdx.");
    int status = load_inventory(c, &inv);
    if (status < 0)
        return status;
    inv->target = c->label;
    FILE *f = open_memstream(&text, &n);
    if (!f)
        return err_errno("memory for an inventory");
    status = format->write(&(struct report){.inventory = inv, .all = true, .line = true}, f);
    if (fclose(f) && status == 0)
        status = err_errno("memory for an inventory");
    if (status < 0)
        return status;
    c->reply->status = 200;
    c->reply->body = arena_str(c->arena, (struct str){text, n});
    http_reply_header(c->reply, "Content-Type", STR("application/json"));
    return 0;
}

/* ---- jobs ---- */

static const char *job_name(int kind)
{
    for (const struct job_kind *const *k = job_kinds; *k; k++)
        if ((int)(*k)->number == kind)
            return (*k)->name;
    return "unknown";
}

static const char *const job_states_at[] = {
    [JOB_READY] = "READY", [JOB_LEASED] = "RUNNING", [JOB_POISON] = "FAILED"};
static const struct names job_states = {job_states_at, sizeof job_states_at / sizeof *job_states_at};

static void out_job(struct json_out *out, const struct job *j)
{
    json_begin_object(out);
    json_member_int(out, "id", j->id);
    json_member_str(out, "kind", str_from(job_name(j->kind)));
    json_member_str(out, "subject", j->subject);
    json_member_str(out, "state", str_from(name_of(&job_states, j->state)));
    json_member_int(out, "attempts", j->attempts);
    json_member_int(out, "createdAt", j->created);
    json_member_int(out, "dueAt", j->due);
    json_member_str(out, "error", j->error);
    json_end_object(out);
}

static void out_jobs(struct call *c, struct sql *db, enum job_state state, struct json_out *out)
{
    struct job *jobs;
    size_t n = job_list(db, c->arena, c->account, state, JOBS_MAX, &jobs);
    for (size_t i = 0; i < n; i++)
        out_job(out, &jobs[i]);
}

/* Of several states at one moment: who asked for one after the other could miss a job that changes. */
static int list_jobs(struct call *c, struct json_out *out)
{
    bool wanted[JOB_POISON + 1] = {0};
    struct str name;
    size_t n = 0;
    for (; http_query(c->http, "state", n, &name); n++) {
        int state = number_of(&job_states, name);
        if (state < 0)
            return call_invalid(c, "'state' is READY, RUNNING or FAILED.");
        wanted[state] = true;
    }
    wanted[JOB_POISON] |= !n;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    json_key(out, "jobs");
    json_begin_array(out);
    for (size_t state = 0; state < sizeof wanted / sizeof *wanted; state++)
        if (wanted[state])
            out_jobs(c, db, (enum job_state)state, out);
    json_end_array(out);
    return sql_status(db);
}

static int retry_job(struct call *c, struct json_out *out)
{
    uint64_t id;
    (void)out;
    if (!str_u64(c->label, &id) || id > INT64_MAX)
        return call_invalid(c, "The id of a job is a number.");
    _cleanup_(store_release_cleanup) struct sql *db = store_writer(c->store);
    bool was = job_retry(db, c->account, (int64_t)id, c->now);
    int status = store_commit(db);
    db = NULL;
    if (status == 0 && !was)
        return call_missing(c, "There is no failed job %llu.", (unsigned long long)id);
    if (status == 0)
        monitor_wake(c->monitor);
    return status;
}

/* ---- advisories ---- */

static void out_feeds(struct call *c, struct json_out *out)
{
    const struct db *db = monitor_db(c->monitor);
    struct db_feed feed;
    json_key(out, "feeds");
    json_begin_array(out);
    for (uint32_t i = 0; db && db_feed_at(db, i, &feed); i++) {
        json_begin_object(out);
        json_member_str(out, "name", feed.name);
        json_member_str(out, "url", feed.url);
        json_member_str(out, "licence", feed.licence);
        json_member_str(out, "state", feed.state);
        if (feed.date != TIME_NONE)
            json_member_int(out, "date", feed.date);
        json_end_object(out);
    }
    json_end_array(out);
    if (db)
        monitor_db_release(c->monitor, db);
}

static int get_advisories(struct call *c, struct json_out *out)
{
    struct monitor_state s;
    monitor_state(c->monitor, &s);
    json_member_str(out, "generation", str_from(s.generation));
    json_member_int(out, "builtAt", s.built);
    if (s.updated != TIME_NONE)
        json_member_int(out, "updatedAt", s.updated);
    json_member_bool(out, "stale", s.stale);
    json_member_str(out, "updateError", str_from(s.update_error));
    out_feeds(c, out);
    return 0;
}

static int update_advisories(struct call *c, struct json_out *out)
{
    (void)out;
    return monitor_update_advisories(c->monitor);
}

/* ---- numbers for the console ---- */

static int read_criteria(struct call *c, bool required, struct criteria **ret_criteria)
{
    const struct member members[] = {{"filterCriteria", MEMBER_OBJECT, .required = required}, {0}};
    json_val *value;
    int status = call_read(c, members, &value);
    return status < 0 ? status : call_criteria(c, CRITERIA_FINDINGS, ret_criteria);
}

/* Counting costs by what is counted: whoever shows a number of many rows does not need it to the last one. */
static void out_capped(struct json_out *out, const char *name, int64_t n)
{
    json_member_int(out, name, n > COUNT_MOST ? COUNT_MOST : n);
    json_member_bool(out, "more", n > COUNT_MOST);
}

static int preview_filter(struct call *c, struct json_out *out)
{
    struct criteria *criteria;
    int64_t n;
    int status = read_criteria(c, true, &criteria);
    if (status < 0)
        return status;
    status = monitor_rule_preview(c->monitor, c->account, criteria, COUNT_MOST + 1, &n);
    if (status == 0)
        out_capped(out, "count", n);
    return status;
}

static int count_findings(struct call *c, struct json_out *out)
{
    struct criteria *criteria;
    int64_t n;
    int status = read_criteria(c, false, &criteria);
    if (status < 0)
        return status;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    status = finding_count(db, c->arena, c->account, criteria, COUNT_MOST + 1, &n);
    if (status < 0)
        return status;
    out_capped(out, "count", n);
    return 0;
}

static int count_affected(struct call *c, struct json_out *out)
{
    static const char *const names[] = {[AFFECTED_BY_VULNERABILITY] = "vulnerabilityId",
                                        [AFFECTED_BY_TITLE] = "title",
                                        [AFFECTED_BY_PACKAGE] = "packageName"};
    struct str value = {0}, other;
    int by = -1, n = 0;
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (http_query(c->http, names[i], 0, &other)) {
            by = i;
            value = other;
            n++;
        }
    if (n != 1)
        return call_invalid(c, "One of 'vulnerabilityId', 'title' and 'packageName' is needed.");
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    bool more;
    int64_t resources = summary_affected(db, c->account, (enum affected_by)by, value, AFFECTED_MOST, &more);
    json_member_int(out, "resources", resources);
    json_member_bool(out, "more", more);
    return sql_status(db);
}

static int findings_history(struct call *c, struct json_out *out)
{
    struct str text;
    uint64_t n = HISTORY_DAYS;
    struct finding_day *days;
    if (http_query(c->http, "days", 0, &text) && (!str_u64(text, &n) || n < 1 || n > HISTORY_DAYS_MOST))
        return call_invalid(c, "'days' is a number from 1 to %d.", HISTORY_DAYS_MOST);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    size_t got = summary_days(db, c->arena, c->account, c->now, (int)n, &days);
    json_key(out, "days");
    json_begin_array(out);
    for (size_t i = 0; i < got; i++) {
        json_begin_object(out);
        json_member_int(out, "day", days[i].day);
        json_member_int(out, "opened", days[i].opened);
        json_member_int(out, "closed", days[i].closed);
        json_end_object(out);
    }
    json_end_array(out);
    return sql_status(db);
}

static const struct operation operations[] = {
    {"RescanResource", "POST", "/assay/v1/rescan", MAY_WRITE, NULL, rescan},
    {"GetResourceInventory", "GET", "/assay/v1/resources/{resourceId}/inventory", MAY_READ, NULL,
     .raw = get_inventory},
    {"GetResourceCoverage", "GET", "/assay/v1/resources/{resourceId}/coverage", MAY_READ, NULL, get_coverage},
    {"ListJobs", "GET", "/assay/v1/jobs", MAY_READ, NULL, list_jobs},
    {"RetryJob", "POST", "/assay/v1/jobs/{jobId}/retry", MAY_WRITE, NULL, retry_job},
    {"GetAdvisories", "GET", "/assay/v1/advisories", MAY_READ, NULL, get_advisories},
    {"UpdateAdvisories", "POST", "/assay/v1/advisories/update", MAY_WRITE, NULL, update_advisories},
    {"PreviewFilter", "POST", "/assay/v1/filters/preview", MAY_READ, NULL, preview_filter},
    {"CountFindings", "POST", "/assay/v1/findings/count", MAY_READ, NULL, count_findings},
    {"GetFindingsHistory", "GET", "/assay/v1/findings/history", MAY_READ, NULL, findings_history},
    {"CountAffected", "GET", "/assay/v1/findings/affected", MAY_READ, NULL, count_affected},
    {0}};
const struct operation_group operations_native_engine = {"native_engine", operations};

/* How resources are covered, with the events and usage that follow from it. */
#include "base/cleanup.h"
#include "base/json.h"
#include "store/event.h"
#include "store/resource.h"
#include "store/usage.h"

enum { DETAIL_MAX = 4096 };

bool coverage_get(struct sql *db, struct arena *a, account_id account, int64_t resource, enum scan_type type,
                  struct coverage *ret_coverage)
{
    struct statement *s = sql_prepare(db, "SELECT status, reason, mode, last_scanned, error FROM coverage"
                                          " WHERE account = ?1 AND resource = ?2 AND scan_type = ?3");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    sql_bind_int(s, 3, type);
    if (!sql_next(s))
        return false;
    *ret_coverage = (struct coverage){
        .status = (enum scan_status)sql_int(s, 0),
        .reason = (enum scan_reason)sql_int(s, 1),
        .mode = (enum scan_mode)sql_int(s, 2),
        .last_scanned = sql_time(s, 3),
        .error = arena_str(a, sql_str(s, 4)),
    };
    sql_reset(s);
    return true;
}

/* The hours that a resource which is covered so runs up; -1: none. Images and repositories are counted by
 * scans. `c` may be NULL. */
static int hours_of(const struct resource *r, enum scan_type type, const struct coverage *c)
{
    if (!c || c->status != SCAN_STATUS_ACTIVE)
        return -1;
    if (r->type == RESOURCE_AWS_EC2_INSTANCE && type == SCAN_PACKAGE)
        return c->mode == MODE_EC2_AGENTLESS ? USAGE_EC2_AGENTLESS_INSTANCE_HOURS : USAGE_EC2_INSTANCE_HOURS;
    if (r->type == RESOURCE_AWS_LAMBDA_FUNCTION && type == SCAN_PACKAGE)
        return USAGE_LAMBDA_FUNCTION_HOURS;
    if (r->type == RESOURCE_AWS_LAMBDA_FUNCTION && type == SCAN_CODE)
        return USAGE_LAMBDA_FUNCTION_CODE_HOURS;
    return -1;
}

static void count_hours(struct sql *db, const struct resource *r, enum scan_type type,
                        const struct coverage *old, const struct coverage *new, int64_t now)
{
    int before = hours_of(r, type, old), after = hours_of(r, type, new);
    if (before == after)
        return;
    if (before >= 0)
        usage_active(db, r->account, (enum usage_type)before, -1, now);
    if (after >= 0)
        usage_active(db, r->account, (enum usage_type)after, 1, now);
}

static void tell(struct sql *db, const struct resource *r, enum scan_type type, const struct coverage *old,
                 const struct coverage *new)
{
    _cleanup_(buf_free) struct buf b = buf_new(DETAIL_MAX);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_member_str(&o, "scanType", str_from(name_of(&scan_type_names, type)));
    if (old) {
        json_member_str(&o, "oldStatus", str_from(name_of(&scan_status_names, old->status)));
        json_member_str(&o, "oldReason", str_from(name_of(&scan_reason_names, old->reason)));
    }
    if (new) {
        json_member_str(&o, "status", str_from(name_of(&scan_status_names, new->status)));
        json_member_str(&o, "reason", str_from(name_of(&scan_reason_names, new->reason)));
    }
    json_end_object(&o);
    event_add(db, r->account, EVENT_COVERAGE_CHANGED, r->id, buf_str(&b));
}

static void write_row(struct sql *db, const struct resource *r, enum scan_type type, const struct coverage *c)
{
    struct statement *s =
        sql_prepare(db, "INSERT INTO coverage (account, resource, scan_type, status, reason, mode, "
                        "last_scanned, error, resource_type)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (account, resource, "
                        "scan_type) DO UPDATE SET"
                        " status = excluded.status, reason = excluded.reason, mode = excluded.mode,"
                        " last_scanned = excluded.last_scanned, error = excluded.error");
    sql_bind_int(s, 1, r->account);
    sql_bind_int(s, 2, r->id);
    sql_bind_int(s, 3, type);
    sql_bind_int(s, 4, c->status);
    sql_bind_int(s, 5, c->reason);
    sql_bind_int(s, 6, c->mode);
    sql_bind_time(s, 7, c->last_scanned);
    sql_bind_optional(s, 8, c->error);
    sql_bind_int(s, 9, r->type);
    sql_run(s);
}

bool coverage_put(struct sql *db, const struct resource *r, enum scan_type type, const struct coverage *c,
                  int64_t now)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct coverage old;
    bool known = coverage_get(db, a, r->account, r->id, type, &old);
    bool changed = !known || old.status != c->status || old.reason != c->reason;
    if (!changed && old.mode == c->mode && old.last_scanned == c->last_scanned && str_eq(old.error, c->error))
        return false;
    write_row(db, r, type, c);
    count_hours(db, r, type, known ? &old : NULL, c, now);
    if (changed)
        tell(db, r, type, known ? &old : NULL, c);
    return changed;
}

bool coverage_remove(struct sql *db, const struct resource *r, enum scan_type type, int64_t now)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct coverage old;
    if (!coverage_get(db, a, r->account, r->id, type, &old))
        return false;
    struct statement *s =
        sql_prepare(db, "DELETE FROM coverage WHERE account = ?1 AND resource = ?2 AND scan_type = ?3");
    sql_bind_int(s, 1, r->account);
    sql_bind_int(s, 2, r->id);
    sql_bind_int(s, 3, type);
    sql_run(s);
    count_hours(db, r, type, &old, NULL, now);
    tell(db, r, type, &old, NULL);
    return true;
}

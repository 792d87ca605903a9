/* What changes by the mere passing of time, and what need not be kept any longer. Everything in slices, so
 * that whoever else writes gets a turn. */
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/end_of_life.h"
#include "monitor/runtime.h"
#include "store/event.h"
#include "store/report.h"
#include "store/resource.h"

enum { SLICE = 200, LOOK = 500, DAY = 86400 }; /* rows to remove, or to look at, in one transaction */

static int64_t days_ago(unsigned days)
{
    return time_now() - (int64_t)days * DAY;
}

/* ---- one slice each, which say whether there may be more; `after` begins with 0 and is theirs ---- */

static bool trim_findings(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)after;
    return finding_trim(db, false, days_ago(m->options.days.closed), SLICE) == SLICE;
}

static bool trim_findings_gone(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)after;
    return finding_trim(db, true, days_ago(m->options.days.gone), SLICE) == SLICE;
}

static bool trim_inventories(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)m;
    return inventory_trim(db, after, LOOK);
}

static bool trim_packages(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)m;
    return package_trim(db, after, LOOK);
}

static bool trim_vulnerabilities(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)m;
    return vulnerability_trim(db, after, LOOK);
}

static bool trim_artefacts(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)after;
    return artefact_trim(db, days_ago(m->options.days.artefact), SLICE);
}

static bool trim_events(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)after;
    return event_trim(db, days_ago(m->options.days.events));
}

static bool trim_reports(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)after;
    return report_trim(db, days_ago(m->options.days.reports), SLICE);
}

static bool trim_access(struct monitor *m, struct sql *db, int64_t *after)
{
    (void)m, (void)after;
    access_key_expire(db, time_now());
    enrol_token_expire(db, time_now());
    return false;
}

/* Packages after the inventories and findings that have them, vulnerabilities after packages. */
static bool (*const trims[])(struct monitor *, struct sql *, int64_t *) = {
    trim_findings,  trim_findings_gone, trim_inventories, trim_packages, trim_vulnerabilities,
    trim_artefacts, trim_events,        trim_reports,     trim_access,
};

static int trim(struct monitor *m, bool (*slice)(struct monitor *, struct sql *, int64_t *))
{
    int64_t after = 0;
    for (bool more = true; more;) {
        if (monitor_stopping(m))
            return JOB_INTERRUPTED;
        struct sql *db = store_writer(m->options.store);
        more = slice(m, db, &after);
        int r = store_commit(db);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Resources that went, once their findings are no longer kept. */
static int remove_gone(struct monitor *m, account_id account)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t before = days_ago(m->options.days.gone), *ids, after = 0;
    for (size_t n = SLICE; n == SLICE;) {
        if (monitor_stopping(m))
            return JOB_INTERRUPTED;
        arena_reset(a);
        struct sql *db = store_writer(m->options.store);
        n = resource_silent(db, a, account, -1, before, after, SLICE, &ids);
        for (size_t i = 0; i < n; i++) {
            struct resource r;
            if (resource_get(db, a, ids[i], &r) == 0 && r.state == STATE_GONE && r.gone < before)
                resource_remove(db, ids[i]);
            after = ids[i];
        }
        int status = store_commit(db);
        if (status < 0)
            return status;
    }
    return 0;
}

static int tidy_account(struct monitor *m, account_id account)
{
    int r = review_all(m, account, -1);
    if (!r)
        r = end_of_life_tidy(m, account);
    return r ? r : remove_gone(m, account);
}

static int each_account(struct monitor *m)
{
    for (account_id account = -1;;) {
        struct sql *db = store_reader(m->options.store);
        bool more = account_next(db, account, &account);
        store_release(db);
        if (!more)
            return 0;
        int r = tidy_account(m, account);
        if (r)
            return r;
    }
}

static int run(struct monitor *m, struct job *job)
{
    (void)job;
    int r = each_account(m);
    for (size_t i = 0; i < sizeof trims / sizeof *trims && !r; i++)
        r = trim(m, trims[i]);
    if (r)
        return r;
    generation_trim(m);
    if (m->on_housekeeping)
        m->on_housekeeping(m->on_housekeeping_ctx);
    return 0;
}

const struct job_kind job_housekeeping = {
    .number = JOB_HOUSEKEEPING,
    .name = "housekeeping",
    .seconds = 300,
    .at_once = 1,
    .run = run,
};

/* What changes by the mere passing of time, and what need not be kept any longer. Everything in slices, so
 * that whoever else writes gets a turn. */
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/runtime.h"
#include "store/event.h"
#include "store/resource.h"

enum { SLICE = 200, DAY = 86400 };

static int64_t days_ago(unsigned days)
{
    return time_now() - (int64_t)days * DAY;
}

/* ---- one slice each: how many rows went; fewer than SLICE: that was all ---- */

static size_t trim_findings(struct monitor *m, struct sql *db)
{
    return finding_trim(db, false, days_ago(m->options.days.closed), SLICE);
}

static size_t trim_findings_gone(struct monitor *m, struct sql *db)
{
    return finding_trim(db, true, days_ago(m->options.days.gone), SLICE);
}

static size_t trim_inventories(struct monitor *m, struct sql *db)
{
    (void)m;
    return inventory_trim(db, SLICE);
}

static size_t trim_vulnerabilities(struct monitor *m, struct sql *db)
{
    (void)m;
    return vulnerability_trim(db, SLICE);
}

static size_t trim_rest(struct monitor *m, struct sql *db)
{
    event_trim(db, days_ago(m->options.days.events));
    artefact_trim(db, days_ago(m->options.days.artefact));
    access_key_expire(db, time_now());
    return 0;
}

static size_t (*const trims[])(struct monitor *, struct sql *) = {
    trim_findings, trim_findings_gone, trim_inventories, trim_vulnerabilities, trim_rest,
};

static int trim(struct monitor *m, size_t (*slice)(struct monitor *, struct sql *))
{
    for (size_t n = SLICE; n >= SLICE;) {
        if (monitor_stopping(m))
            return JOB_INTERRUPTED;
        struct sql *db = store_writer(m->options.store);
        n = slice(m, db);
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
    return 0;
}

const struct job_kind job_housekeeping = {
    .number = JOB_HOUSEKEEPING,
    .name = "housekeeping",
    .seconds = 300,
    .at_once = 1,
    .run = run,
};

/* The monitor from its making to its end, and what is done at once rather than by a job. */
#include "monitor/monitor.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/random.h"
#include "monitor/engine.h"
#include "monitor/freshness.h"
#include "monitor/network_model.h"
#include "monitor/runtime.h"
#include "monitor/scan.h"
#include "store/report.h"
#include "store/resource.h"

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

static struct monitor_options with_defaults(const struct monitor_options *options)
{
    struct monitor_options o = *options;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    o.workers = or_default(o.workers, cores > 2 ? (unsigned)cores : 2);
    o.days.closed = or_default(o.days.closed, 30);
    o.days.gone = or_default(o.days.gone, 3);
    o.days.silent = or_default(o.days.silent, 7);
    o.days.feeds = or_default(o.days.feeds, 3);
    o.days.events = or_default(o.days.events, 7);
    o.days.reopen = or_default(o.days.reopen, FINDING_REOPEN_DAYS);
    o.days.reports = or_default(o.days.reports, 90);
    o.days.artefact = or_default(o.days.artefact, 90);
    return o;
}

int monitor_new(const struct monitor_options *options, struct monitor **ret_monitor)
{
    struct monitor *m = mem_alloc(sizeof *m);
    m->options = with_defaults(options);
    m->aws = aws_sessions_new();
    m->next_due = TIME_NONE;
    m->state.updated = TIME_NONE;
    snprintf(m->owner, sizeof m->owner, "%ld-%llx", (long)getpid(), (unsigned long long)time_monotonic_ns());
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->taking, NULL);
    pthread_mutex_init(&m->network, NULL);
    pthread_mutex_init(&m->files, NULL);
    pthread_cond_init(&m->work, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&m->tick, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int r = generation_begin(m);
    if (r < 0) {
        monitor_free(m);
        return r;
    }
    *ret_monitor = m;
    return 0;
}

void monitor_on_housekeeping(struct monitor *m, void (*call)(void *ctx), void *ctx)
{
    m->on_housekeeping = call;
    m->on_housekeeping_ctx = ctx;
}

/* Tells the store what it has to know, and takes up what another server left that died: it held the lock on
 * the folder, which is ours now. Its jobs need not wait for their leases; and there may be a report whose job
 * was never added. */
static int begin(struct monitor *m)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct sql *db = store_writer(m->options.store);
    freshness_days(db, m->options.days.feeds);
    property_set(db, "reopen_days", arena_printf(a, "%u", m->options.days.reopen));
    job_end_leases(db);
    for (account_id account = -1; account_next(db, account, &account);) {
        struct findings_report r;
        if (report_get(db, a, account, (struct str){0}, &r) == 0 && r.status == REPORT_IN_PROGRESS)
            job_add(db, account, JOB_REPORT, r.id, (struct str){0}, time_now());
    }
    return store_commit(db);
}

int monitor_start(struct monitor *m)
{
    int r = begin(m);
    if (r == 0)
        r = workers_start(m);
    if (r == 0)
        r = clock_start(m);
    if (r < 0)
        monitor_stop(m);
    return r;
}

void monitor_stop(struct monitor *m)
{
    workers_stop(m);
    clock_stop(m);
    heard_flush(m);
}

void monitor_free(struct monitor *m)
{
    generation_end(m);
    aws_sessions_free(m->aws);
    network_models_free(m->networks);
    vec_free(&m->running);
    vec_free(&m->heard);
    pthread_mutex_destroy(&m->lock);
    pthread_mutex_destroy(&m->taking);
    pthread_mutex_destroy(&m->network);
    pthread_mutex_destroy(&m->files);
    pthread_cond_destroy(&m->work);
    pthread_cond_destroy(&m->tick);
    free(m);
}

/* ---- what jobs need ---- */

const struct monitor_options *monitor_options(const struct monitor *m)
{
    return &m->options;
}

bool monitor_stopping(const struct monitor *m)
{
    return m->stop;
}

void monitor_log(const struct monitor *m, int priority, const char *format, ...)
{
    char text[1024];
    if (!m->options.log)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    m->options.log(priority, text);
}

void monitor_count_artefacts(struct monitor *m, uint64_t n)
{
    m->artefacts += n;
}

void monitor_count_judged(struct monitor *m, uint64_t n)
{
    m->judged += n;
}

void monitor_wake(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    m->look = true;
    pthread_cond_signal(&m->work);
    pthread_mutex_unlock(&m->lock);
}

void monitor_state(struct monitor *m, struct monitor_state *ret_state)
{
    pthread_mutex_lock(&m->lock);
    *ret_state = m->state;
    pthread_mutex_unlock(&m->lock);
    int64_t known = ret_state->updated > ret_state->built ? ret_state->updated : ret_state->built;
    ret_state->stale = time_now() - known > (int64_t)m->options.days.feeds * 86400;
    ret_state->artefacts_read = m->artefacts;
    ret_state->packages_judged = m->judged;
    ret_state->jobs_done = m->done;
    ret_state->jobs_failed = m->failed;
}

/* ---- resources ---- */

/* Of a resource that is not covered: when it is again, its findings are made of what it then holds. */
static int keep_inventory(struct sql *db, const struct db *advisories, const struct resource *r,
                          const struct inventory *inv, struct engine_work *work)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *fresh;
    size_t n;
    int64_t id = inventory_put(db, a, r->account, r->id, r->inventory, inv, &fresh, &n);
    resource_set_inventory(db, r->id, id, engine_platform(a, &inv->os));
    return engine_judge(db, advisories, fresh, n, false, work);
}

/* A host is scanned by its report. One without a package database that is known has an operating system that
 * is not. */
static void cover_host(struct sql *db, const struct resource *r, const struct inventory *inv)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    bool known = false;
    vec_each(p, &inv->packages) known |= p->manager == PM_OS;
    scan_covered(db, r, known ? SCAN_STATUS_ACTIVE : SCAN_STATUS_INACTIVE,
                 known ? REASON_SUCCESSFUL : REASON_UNSUPPORTED_OS, scan_problems(a, inv));
}

int monitor_inventory(struct monitor *m, const struct resource *r, const struct inventory *inv,
                      bool *ret_changed)
{
    struct resource resource = *r;
    struct engine_work work = {0};
    bool changed = false;
    struct sql *db = store_writer(m->options.store);
    /* Within the transaction: monitor/engine.h says why. */
    const struct db *advisories = monitor_db(m);
    bool covered;
    int status = review_covered(m, db, r, &covered);
    if (status == 0)
        status = covered ? engine_inventory(db, advisories, &resource, inv, time_now(), &work, &changed)
                         : keep_inventory(db, advisories, &resource, inv, &work);
    if (status == 0)
        status = review(m, db, resource.id, &changed);
    if (status == 0 && covered && r->type == RESOURCE_AWS_EC2_INSTANCE)
        cover_host(db, &resource, inv);
    if (status < 0)
        store_release(db);
    else
        status = store_commit(db);
    monitor_db_release(m, advisories);
    if (status < 0)
        return status;
    m->judged += work.packages_judged;
    *ret_changed = changed;
    return 0;
}

/* A change is a job of its own, which is done here and now; the queue does what takes longer, or what a crash
 * or an error left undone. */
struct str monitor_rule_note(struct sql *db, struct arena *a, account_id account, struct str rule)
{
    enum { SECONDS = 60, CHANGE = 16 };
    char change[CHANGE + 1];
    random_text(change, CHANGE, random_hex);
    struct str note = arena_printf(a, "%.*s %s", STR_ARG(rule), change);
    job_add(db, account, JOB_APPLY_RULE, note, (struct str){0}, time_now() + SECONDS);
    return note;
}

int monitor_rule_changed(struct monitor *m, account_id account, struct str note)
{
    enum { PATIENCE = 2 };
    uint64_t end = time_monotonic_ns() + PATIENCE * UINT64_C(1000000000);
    struct str rule, rest = note;
    int status;
    str_next(&rest, ' ', &rule);
    struct engine_rule *r = engine_rule_new(m->options.store, account, rule);
    while ((status = engine_rule_slice(r, time_now())) > 0 && time_monotonic_ns() < end)
        ;
    engine_rule_free(r);
    if (status > 0)
        return queue_add(m, account, JOB_APPLY_RULE, note, JOB_URGENT);
    if (status < 0)
        return status;
    struct sql *db = store_writer(m->options.store);
    job_drop(db, account, JOB_APPLY_RULE, note);
    return store_commit(db);
}

int monitor_rule_preview(struct monitor *m, account_id account, const struct criteria *criteria, int64_t most,
                         int64_t *ret_n)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(m->options.store);
    return engine_rule_preview(db, account, criteria, most, ret_n);
}

/* ---- jobs for the queue ---- */

int monitor_account_changed(struct monitor *m, account_id account)
{
    return queue_add(m, account, JOB_ACCOUNT, (struct str){0}, JOB_URGENT);
}

static int rescan(struct monitor *m, const struct resource *r, enum job_number kind, struct str subject)
{
    struct sql *db = store_writer(m->options.store);
    instance_wait_end(db, r->account, r->id);
    job_add(db, r->account, (int)kind, subject, (struct str){0}, JOB_URGENT);
    int status = store_commit(db);
    if (status == 0)
        monitor_wake(m);
    return status;
}

int monitor_rescan(struct monitor *m, account_id account, struct str resource_id)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct resource r;
    enum job_number kind;
    struct str subject;
    struct sql *db = store_reader(m->options.store);
    int status = resource_find(db, a, account, resource_id, &r);
    bool readable = status == 0 && scan_job(db, a, &r, &kind, &subject);
    store_release(db);
    if (status < 0)
        return status;
    if (readable)
        return rescan(m, &r, kind, subject);
    if (r.origin.n) /* a repository: what is in it, its registry says */
        return monitor_poll(m, account, r.origin);
    return monitor_review(m, r.id); /* what is in a host, only its collector can say */
}

int monitor_push(struct monitor *m, account_id account, struct str origin, struct str repository,
                 struct str reference)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str subject =
        arena_printf(a, "%.*s %.*s %.*s", STR_ARG(origin), STR_ARG(repository), STR_ARG(reference));
    return queue_add(m, account, JOB_SCAN_IMAGE, subject, JOB_URGENT);
}

int monitor_poll(struct monitor *m, account_id account, struct str origin)
{
    return queue_add(m, account, JOB_POLL_ORIGIN, origin, JOB_URGENT);
}

int monitor_update_advisories(struct monitor *m)
{
    return queue_add(m, 0, JOB_UPDATE_ADVISORIES, (struct str){0}, JOB_URGENT);
}

int monitor_report(struct monitor *m, account_id account, struct str report)
{
    return queue_add(m, account, JOB_REPORT, report, JOB_URGENT);
}

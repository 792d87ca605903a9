/* How resources are covered now (eligibility.c), and what follows from it for their findings. */
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/eligibility.h"
#include "monitor/engine.h"
#include "monitor/runtime.h"
#include "monitor/scan.h"

enum { REVIEW_READ = 500, REVIEW_WRITE = 20 };

/* What is known of a resource when it is judged whether it is covered. */
struct reviewed {
    struct resource resource;
    struct coverage coverage;
    bool has_coverage;
    struct eligibility now;
};

static int look(struct monitor *m, struct sql *db, struct arena *a, int64_t id, int64_t now,
                struct reviewed *ret)
{
    int r = resource_get(db, a, id, &ret->resource);
    if (r < 0)
        return r;
    account_id account = ret->resource.account;
    struct settings settings = settings_get(db, a, account);
    enum account_status scan =
        account_scan_get(db, account, eligibility_scan_type(ret->resource.type)).status;
    ret->has_coverage = coverage_get(db, a, account, id, SCAN_PACKAGE, &ret->coverage);
    ret->now = eligibility(a, &ret->resource, ret->has_coverage ? &ret->coverage : NULL, scan, &settings,
                           &m->options.days, now);
    return 0;
}

/* Whether anything is to be done: the common case is that nothing is. */
static bool differs(const struct reviewed *v)
{
    if (v->now.covered == COVERED)
        return false;
    if (v->now.covered == NOT_COVERED_REMOVED && !v->has_coverage)
        return false;
    return !v->has_coverage || v->coverage.reason != v->now.reason || v->now.covered == NOT_COVERED_REMOVED;
}

static void queue_scan(struct sql *db, struct arena *a, const struct resource *r)
{
    enum job_number kind;
    struct str subject;
    if (scan_job(db, a, r, &kind, &subject))
        job_add(db, r->account, kind, subject, (struct str){0}, time_now());
}

static int apply(struct sql *db, struct arena *a, struct reviewed *v, int64_t now, bool *ret_changed)
{
    struct resource *r = &v->resource;
    struct coverage c = v->coverage;
    if (!v->has_coverage)
        c = (struct coverage){.mode =
                                  r->type == RESOURCE_AWS_EC2_INSTANCE ? MODE_EC2_SSM_AGENT_BASED : MODE_NONE,
                              .last_scanned = TIME_NONE};
    c.status = v->now.status;
    c.reason = v->now.reason;
    c.error = (struct str){0};
    if (v->now.covered == NOT_COVERED_REMOVED)
        coverage_remove(db, r, SCAN_PACKAGE, now);
    else
        coverage_put(db, r, SCAN_PACKAGE, &c, now);
    switch (v->now.covered) {
    case NOT_COVERED_REMOVED:
    case NOT_COVERED_CLOSED:
        return engine_close(db, r, true, now);
    case COVERED_AGAIN:
        if (r->inventory)
            return engine_reconcile(db, r, now, ret_changed);
        queue_scan(db, a, r);
        return 0;
    case COVERED_REVIVED:
        queue_scan(db, a, r);
        return 0;
    default:
        return 0;
    }
}

int review(struct monitor *m, struct sql *db, int64_t resource, bool *ret_changed)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct reviewed v;
    int64_t now = time_now();
    int r = look(m, db, a, resource, now, &v);
    if (r == 0 && differs(&v))
        r = apply(db, a, &v, now, ret_changed);
    return r < 0 ? r : review_network(db, a, &v.resource);
}

int review_covered(struct monitor *m, struct sql *db, const struct resource *resource, bool *ret_covered)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct reviewed v;
    int r = look(m, db, a, resource->id, time_now(), &v);
    if (r == 0)
        *ret_covered = v.now.covered != NOT_COVERED_CLOSED && v.now.covered != NOT_COVERED_REMOVED &&
                       v.now.reason != REASON_PENDING_DISABLE;
    return r;
}

int review_scan_decides(struct monitor *m, struct sql *db, int64_t resource, bool *ret_decides)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct reviewed v;
    int r = look(m, db, a, resource, time_now(), &v);
    if (r == 0)
        *ret_decides = v.now.covered < NOT_COVERED;
    return r;
}

int monitor_review(struct monitor *m, int64_t resource)
{
    bool changed;
    struct sql *db = store_writer(m->options.store);
    int r = review(m, db, resource, &changed);
    if (r < 0) {
        store_release(db);
        return r;
    }
    r = store_commit(db);
    if (r == 0)
        monitor_wake(m);
    return r;
}

/* Ids of those among the next resources whose review changes something; the last id seen, 0 at the end. */
static int64_t find_differing(struct monitor *m, struct arena *a, account_id account, int type, int64_t after,
                              int64_t *ret_ids, size_t *ret_n)
{
    _cleanup_(arena_cleanup) struct arena *each = arena_new(0);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(m->options.store);
    int64_t *ids, now = time_now();
    size_t n = resource_silent(db, a, account, type, INT64_MAX, after, REVIEW_READ, &ids), k = 0;
    for (size_t i = 0; i < n; i++) {
        struct reviewed v;
        arena_reset(each);
        if (look(m, db, each, ids[i], now, &v) == 0 &&
            (differs(&v) || review_network_differs(db, each, &v.resource)))
            ret_ids[k++] = ids[i];
    }
    *ret_n = k;
    return n ? ids[n - 1] : 0;
}

static int review_these(struct monitor *m, const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n;) {
        struct sql *db = store_writer(m->options.store);
        for (size_t end = i + REVIEW_WRITE < n ? i + REVIEW_WRITE : n; i < end; i++) {
            bool changed;
            int r = review(m, db, ids[i], &changed);
            if (r < 0 && r != ERR_MISSING) {
                store_release(db);
                return r;
            }
        }
        int r = store_commit(db);
        if (r < 0)
            return r;
        monitor_wake(m);
    }
    return 0;
}

int review_all(struct monitor *m, account_id account, int type)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (int64_t after = 0;;) {
        int64_t ids[REVIEW_READ];
        size_t n;
        if (monitor_stopping(m))
            return JOB_INTERRUPTED;
        arena_reset(a);
        after = find_differing(m, a, account, type, after, ids, &n);
        if (!after)
            return 0;
        int r = review_these(m, ids, n);
        if (r < 0)
            return r;
    }
}

/* Hosts that say "nothing changed": gathered, and written together a moment later. */
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/runtime.h"
#include "store/resource.h"

/* More than a quarter of a second's worth at any sane rate: over it the caller writes. */
enum { HEARD_MAX = 20000 };

void monitor_heard(struct monitor *m, int64_t resource)
{
    pthread_mutex_lock(&m->lock);
    vec_add(&m->heard, resource);
    bool first = m->heard.n == 1, full = m->heard.n >= HEARD_MAX;
    if (first)
        pthread_cond_signal(&m->tick);
    pthread_mutex_unlock(&m->lock);
    if (full)
        heard_flush(m);
}

/* A host that was given up is covered again. */
static int revive(struct monitor *m, struct sql *db, struct arena *a, const struct resource *r)
{
    struct coverage c;
    bool changed;
    if (!coverage_get(db, a, r->account, r->id, SCAN_PACKAGE, &c) || c.reason == REASON_SUCCESSFUL)
        return 0;
    return review(m, db, r->id, &changed);
}

void heard_flush(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    __typeof__(m->heard) heard = m->heard;
    m->heard = (__typeof__(m->heard)){0};
    pthread_mutex_unlock(&m->lock);
    if (!heard.n)
        return;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t now = time_now();
    struct sql *db = store_writer(m->options.store);
    resources_heard(db, heard.at, heard.n, now);
    vec_each(id, &heard)
    {
        struct resource r;
        arena_reset(a);
        if (resource_get(db, a, *id, &r) == 0)
            revive(m, db, a, &r);
    }
    /* Nothing is lost for good: the next report says it again. */
    if (store_commit(db) < 0)
        monitor_log(m, LOG_ERR, "reports of hosts were lost: %s", err_text());
    vec_free(&heard);
}

/* The clock: one thread that knows what is due when. It only ever adds jobs, renews leases and writes what
 * hosts reported; the work is the workers'. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/random.h"
#include "monitor/origin_options.h"
#include "monitor/runtime.h"
#include "store/rows.h"

enum {
    HEARD_MS = 250,      /* how long reports are gathered */
    LEASES_SECONDS = 15, /* a part of the shortest lease */
    ORIGINS_SECONDS = 5, /* how often origins are looked at; each has its own interval */
    HOUSEKEEPING_FIRST = 60,
    UPDATE_FIRST = 30, /* what came with the program may be old */
    HOUSEKEEPING_SECONDS = 3600,
};

/* What the clock does next, in seconds since the epoch. */
struct times {
    int64_t leases, origins, housekeeping, update; /* update: TIME_NONE: never by itself */
};

/* Servers that started together do not ask the publishers together: up to a tenth more. */
static int64_t with_jitter(int64_t seconds)
{
    uint32_t random;
    random_bytes(&random, sizeof random);
    return seconds + (int64_t)(random % (uint32_t)(seconds / 10 + 1));
}

static void add(struct monitor *m, enum job_number kind)
{
    if (queue_add(m, 0, kind, (struct str){0}, time_now()) < 0)
        monitor_log(m, LOG_ERR, "schedule: %s", err_text());
}

/* ---- origins ---- */

static bool is_due(struct arena *a, const struct origin *o, int64_t now)
{
    struct origin_options options;
    if (o->checked == TIME_NONE)
        return true;
    /* Options that do not parse: the poll itself says so. */
    if (origin_options_read(a, o->kind, o->options, &options) < 0)
        options.poll_seconds = 300;
    return now - o->checked >= (int64_t)options.poll_seconds;
}

/* Of all accounts; those that are due first. */
static size_t all_origins(struct monitor *m, struct arena *a, int64_t now, struct origin **ret_origins,
                          size_t *ret_due)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(m->options.store);
    VEC(struct origin) all = {0};
    size_t due = 0;
    for (account_id account = -1; account_next(db, account, &account);) {
        struct origin *origins;
        size_t n = origin_list(db, a, account, &origins);
        for (size_t i = 0; i < n; i++) {
            vec_add(&all, origins[i]);
            /* One that is being looked at, perhaps for the first time, need not be so again. */
            if (is_due(a, &origins[i], now) &&
                !job_pending(db, account, JOB_POLL_ORIGIN, origins[i].id, INT64_MAX)) {
                all.at[all.n - 1] = all.at[due];
                all.at[due++] = origins[i];
            }
        }
    }
    *ret_due = due;
    return rows_finish(a, &all, ret_origins);
}

static void poll_origins(struct monitor *m, int64_t now)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct origin *all;
    size_t due, n = all_origins(m, a, now, &all, &due);
    queues_follow(m, all, n);
    if (!due) {
        monitor_wake(m); /* a command beside the server may have added a job */
        return;
    }
    struct sql *db = store_writer(m->options.store);
    for (size_t i = 0; i < due; i++)
        job_add(db, all[i].account, JOB_POLL_ORIGIN, all[i].id, (struct str){0}, now);
    if (store_commit(db) < 0)
        monitor_log(m, LOG_ERR, "schedule: %s", err_text());
    monitor_wake(m);
}

/* ---- the clock ---- */

static void do_what_is_due(struct monitor *m, struct times *t, int64_t now)
{
    if (now >= t->leases) {
        queue_renew(m, now);
        t->leases = now + LEASES_SECONDS;
    }
    if (now >= t->origins) {
        poll_origins(m, now);
        t->origins = now + ORIGINS_SECONDS;
    }
    if (now >= t->housekeeping) {
        add(m, JOB_HOUSEKEEPING);
        t->housekeeping = now + with_jitter(HOUSEKEEPING_SECONDS);
    }
    if (t->update != TIME_NONE && now >= t->update) {
        add(m, JOB_UPDATE_ADVISORIES);
        t->update = now + with_jitter((int64_t)m->options.update_hours * 3600);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return b != TIME_NONE && b < a ? b : a;
}

/* Holding the lock: until something is due, somebody reports, or the end. */
static void wait_for(struct monitor *m, int64_t seconds, bool gathering)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (gathering) {
        until.tv_nsec += HEARD_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
    } else {
        until.tv_sec += seconds > 0 ? seconds : 0;
    }
    pthread_cond_timedwait(&m->tick, &m->lock, &until);
}

static void *run_clock(void *ctx)
{
    struct monitor *m = ctx;
    int64_t now = time_now();
    struct times t = {
        .leases = now + LEASES_SECONDS,
        .origins = now,
        .housekeeping = now + HOUSEKEEPING_FIRST,
        .update = m->options.update_hours ? now + with_jitter(UPDATE_FIRST) : TIME_NONE,
    };
    uint64_t flush = 0; /* when what hosts said is written; 0: nothing was said */
    pthread_mutex_lock(&m->lock);
    while (!m->stopping) {
        if (m->heard.n && !flush)
            flush = time_monotonic_ns() + HEARD_MS * 1000000ULL;
        bool write = flush && time_monotonic_ns() >= flush;
        now = time_now();
        if (m->next_due != TIME_NONE && m->next_due <= now) {
            m->next_due = TIME_NONE; /* the worker that looks says when the next one is */
            m->look = true;
            pthread_cond_signal(&m->work);
        }
        pthread_mutex_unlock(&m->lock);
        if (write) {
            heard_flush(m);
            flush = 0;
        }
        do_what_is_due(m, &t, now);
        pthread_mutex_lock(&m->lock);
        int64_t next = earlier(earlier(t.leases, t.origins), earlier(t.housekeeping, t.update));
        if (!m->stopping)
            wait_for(m, earlier(next, m->next_due) - now, m->heard.n);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

int clock_start(struct monitor *m)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&m->clock, NULL, run_clock, m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return err_set(ERR_IO, "the clock could not be started: %s", strerror(error));
    m->clock_runs = true;
    monitor_wake(m);
    return 0;
}

void clock_stop(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    m->stopping = true;
    m->stop = true;
    pthread_cond_signal(&m->tick);
    pthread_mutex_unlock(&m->lock);
    if (m->clock_runs)
        pthread_join(m->clock, NULL);
    m->clock_runs = false;
    queues_end(m);
}

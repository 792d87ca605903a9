/* The queue as this process uses it: which kind is taken next, leases, what becomes of a job. */
#include "monitor/runtime.h"

#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

enum { WRITE_AGAIN_MS = 500 };

const struct job_kind *job_kind_find(int number)
{
    for (const struct job_kind *const *k = job_kinds; *k; k++)
        if ((int)(*k)->number == number)
            return *k;
    return NULL;
}

unsigned job_kind_at_once(const struct monitor *m, const struct job_kind *k)
{
    return k->at_once ? k->at_once : m->options.workers;
}

/* Holding the lock. */
static unsigned running_of(const struct monitor *m, const struct job_kind *k)
{
    unsigned n = 0;
    vec_each(r, &m->running) n += r->kind == k;
    return n;
}

/* The kinds that may run now; those of which fewest run go first, so that they share what machine there is.
 */
static size_t kinds_in_order(struct monitor *m, const struct job_kind *ret_kinds[JOB_KINDS])
{
    unsigned load[JOB_KINDS];
    size_t n = 0;
    pthread_mutex_lock(&m->lock);
    for (const struct job_kind *const *k = job_kinds; *k && n < JOB_KINDS; k++) {
        unsigned runs = running_of(m, *k);
        if (runs >= job_kind_at_once(m, *k))
            continue;
        size_t at = n++;
        for (; at > 0 && load[at - 1] > runs; at--) {
            load[at] = load[at - 1];
            ret_kinds[at] = ret_kinds[at - 1];
        }
        load[at] = runs;
        ret_kinds[at] = *k;
    }
    pthread_mutex_unlock(&m->lock);
    return n;
}

/* So that the state does not take turns at writing only to see that there is nothing. */
static bool anything_due(struct monitor *m, int64_t now)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(m->options.store);
    int64_t next = job_next_due(db);
    pthread_mutex_lock(&m->lock);
    m->next_due = next;
    pthread_cond_signal(&m->tick);
    pthread_mutex_unlock(&m->lock);
    return next != TIME_NONE && next <= now;
}

static bool take_one(struct monitor *m, struct arena *a, const struct job_kind *const *kinds, size_t n,
                     int64_t now, struct job *ret_job, const struct job_kind **ret_kind)
{
    struct sql *db = store_writer(m->options.store);
    for (size_t i = 0; i < n; i++) {
        account_id *turn = &m->turn[kinds[i]->number];
        if (!job_take(db, a, kinds[i]->number, str_from(m->owner), now, kinds[i]->seconds, turn, ret_job))
            continue;
        if (store_commit(db) < 0) {
            monitor_log(m, LOG_ERR, "queue: %s", err_text());
            return false;
        }
        *ret_kind = kinds[i];
        return true;
    }
    if (sql_status(db) < 0)
        monitor_log(m, LOG_ERR, "queue: %s", err_text());
    store_release(db);
    return false;
}

bool queue_take(struct monitor *m, struct arena *a, struct job *ret_job, const struct job_kind **ret_kind)
{
    const struct job_kind *kinds[JOB_KINDS];
    int64_t now = time_now();
    pthread_mutex_lock(&m->taking);
    size_t n = kinds_in_order(m, kinds);
    bool taken = n && anything_due(m, now) && take_one(m, a, kinds, n, now, ret_job, ret_kind);
    if (taken) {
        pthread_mutex_lock(&m->lock);
        vec_add(&m->running,
                (struct running){.job = ret_job->id, .until = now + (*ret_kind)->seconds, .kind = *ret_kind});
        pthread_mutex_unlock(&m->lock);
    }
    pthread_mutex_unlock(&m->taking);
    return taken;
}

static void forget(struct monitor *m, int64_t job)
{
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->running.n; i++)
        if (m->running.at[i].job == job) {
            m->running.at[i] = m->running.at[--m->running.n];
            break;
        }
    pthread_mutex_unlock(&m->lock);
}

static int write_result(struct monitor *m, struct job *job, int result, struct str text, bool *ret_again)
{
    struct sql *db = store_writer(m->options.store);
    if (result == 0)
        job_done(db, job->id);
    else if (result < 0)
        *ret_again = job_failed(db, job, text, time_now());
    else
        job_give_back(db, job->id);
    return store_commit(db);
}

/* What cannot be written (a full disk) is, once it can; at the latest the next start finds it undone. */
static void keep_writing_result(struct monitor *m, struct job *job, const struct job_kind *kind, int result,
                                struct str text, bool *ret_again)
{
    bool said = false;
    while (write_result(m, job, result, text, ret_again) < 0 && !monitor_stopping(m)) {
        if (!said)
            monitor_log(m, LOG_ERR, "queue: %s %.*s: %s", kind->name, STR_ARG(job->subject), err_text());
        said = true;
        nanosleep(&(struct timespec){.tv_nsec = WRITE_AGAIN_MS * 1000000L}, NULL);
    }
}

void queue_finish(struct monitor *m, struct job *job, const struct job_kind *kind, int result)
{
    char text[1024];
    bool again = true;
    snprintf(text, sizeof text, "%s", result < 0 ? err_text() : "");
    keep_writing_result(m, job, kind, result, str_from(text), &again);
    forget(m, job->id);
    if (result == 0)
        m->done++;
    if (result >= 0)
        return;
    m->failed++;
    monitor_log(m, again ? LOG_WARNING : LOG_ERR, "%s %.*s: %s (attempt %u%s)", kind->name,
                STR_ARG(job->subject), text, job->attempts, again ? "" : ", set aside");
    if (!again && kind->give_up)
        kind->give_up(m, job, str_from(text));
}

/* Each running job whose lease is over by half gets a whole one. */
void queue_renew(struct monitor *m, int64_t now)
{
    struct running due[64];
    size_t n = 0;
    pthread_mutex_lock(&m->lock);
    vec_each(r, &m->running)
    {
        if (r->until - now > r->kind->seconds / 2 || n == sizeof due / sizeof *due)
            continue;
        r->until = now + r->kind->seconds;
        due[n++] = *r;
    }
    pthread_mutex_unlock(&m->lock);
    if (!n)
        return;
    struct sql *db = store_writer(m->options.store);
    for (size_t i = 0; i < n; i++)
        job_renew(db, due[i].job, str_from(m->owner), due[i].until);
    if (store_commit(db) < 0)
        monitor_log(m, LOG_ERR, "queue: leases: %s", err_text());
}

int queue_add(struct monitor *m, account_id account, enum job_number kind, struct str subject, int64_t due)
{
    struct sql *db = store_writer(m->options.store);
    job_add(db, account, kind, subject, (struct str){0}, due);
    int r = store_commit(db);
    if (r == 0)
        monitor_wake(m);
    return r;
}

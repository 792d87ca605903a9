/* The workers: one pool for all kinds of jobs, as many threads as may be busy at once. */
#include <signal.h>
#include <string.h>
#include <syslog.h>

#include "base/err.h"
#include "monitor/runtime.h"
#include "net/client.h"

/* One worker looks at a time: who finds a job has the next one look. */
static bool wait_for_work(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    while (!m->stopping && !m->look)
        pthread_cond_wait(&m->work, &m->lock);
    m->look = false;
    bool go_on = !m->stopping;
    pthread_mutex_unlock(&m->lock);
    return go_on;
}

static void *work(void *ctx)
{
    struct monitor *m = ctx;
    struct arena *a = arena_new(0);
    client_stop_when(&m->stop);
    while (wait_for_work(m)) {
        struct job job;
        const struct job_kind *kind;
        arena_reset(a);
        if (!queue_take(m, a, &job, &kind))
            continue;
        monitor_wake(m);
        int result = kind->run(m, &job);
        if (result < 0 && monitor_stopping(m)) /* which is why it failed */
            result = JOB_INTERRUPTED;
        queue_finish(m, &job, kind, result);
        monitor_wake(m); /* the kind may be run by one more now */
    }
    arena_free(a);
    return NULL;
}

int workers_start(struct monitor *m)
{
    size_t n = 0;
    for (const struct job_kind *const *k = job_kinds; *k; k++)
        n += job_kind_at_once(m, *k);
    /* Signals are for the main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    for (size_t i = 0; i < n && !error; i++) {
        pthread_t thread;
        error = pthread_create(&thread, NULL, work, m);
        if (!error)
            vec_add(&m->workers, thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    /* Fewer workers do the same more slowly. */
    return error && !m->workers.n ? err_set(ERR_IO, "no worker could be started: %s", strerror(error)) : 0;
}

void workers_stop(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    m->stopping = true;
    m->stop = true;
    pthread_cond_broadcast(&m->work);
    pthread_mutex_unlock(&m->lock);
    vec_each(thread, &m->workers) pthread_join(*thread, NULL);
    vec_free(&m->workers);
}

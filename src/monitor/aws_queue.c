/* Listening to queues of events: one thread for each queue. What an event changes is a job before its message
 * is deleted, so that nothing is lost; what comes twice is a job twice at worst.
 *
 * An organization's queue may tell of its members, too. Nobody else's events are believed.
 *
 * A queue that cannot be read is tried for as long as it is the origin's, and what is wrong with it is among
 * the origin's problems (origin_shown.c); the clock looks at all of the account meanwhile. */
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "aws/sqs.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/aws_event.h"
#include "monitor/aws_look.h"
#include "monitor/aws_session.h"
#include "monitor/runtime.h"

enum { AGAIN_MIN = 1, AGAIN_MAX = 20, GATHER_SECONDS = 3 };

struct listener {
    struct monitor *m;
    account_id account;
    struct str origin, queue; /* behind it */
    pthread_t thread;
    atomic_bool done;
    bool heard;  /* nothing is wrong with it */
    bool missed; /* it was gone, or nobody knows: the process began meanwhile */
    bool stuck;  /* its messages cannot be deleted */
    bool quick;  /* the next answer is not waited for: is it well? */
    int again;   /* seconds until it is tried again */
};

/* ---- what follows from a message ---- */

/* The origin that the event is about; false where it is nobody's that this queue may speak of. */
static bool find_origin(struct monitor *m, struct arena *a, const struct scan_origin *queue,
                        const struct aws_event *e, struct str *ret_id)
{
    struct scan_origin o = *queue;
    if (e->account != queue->origin.account &&
        (aws_origin(m, a, e->account, &o) < 0 || o.options.aws.member_of != queue->origin.account))
        return false;
    *ret_id = o.origin.id;
    return origin_has_region(&o.options, e->region);
}

static void add_job(struct sql *db, struct arena *a, const struct aws_event *e, struct str origin,
                    const struct aws_change_of *c)
{
    static const struct {
        enum job_number kind;
        const char *word; /* of aws_looks */
    } jobs[] = {
        [CHANGE_INSTANCE] = {JOB_LOOK_EC2, LOOK_INSTANCE " "},
        [CHANGE_INVENTORY] = {JOB_SCAN_INSTANCE, ""},
        [CHANGE_GROUP] = {JOB_LOOK_NETWORK, LOOK_GROUP " "},
        [CHANGE_NETWORK] = {JOB_LOOK_NETWORK, LOOK_NETWORK},
        [CHANGE_REPOSITORY] = {JOB_LOOK_ECR, LOOK_REPOSITORY " "},
        [CHANGE_REPOSITORIES] = {JOB_LOOK_ECR, LOOK_REPOSITORIES},
        [CHANGE_TASKS] = {JOB_LOOK_ECS, LOOK_FAMILY " "},
        [CHANGE_IMAGE] = {JOB_SCAN_IMAGE, ""},
        [CHANGE_FUNCTION] = {JOB_SCAN_FUNCTION, ""},
        [CHANGE_ORGANIZATION] = {JOB_LOOK_ORGANIZATION, LOOK_ORGANIZATION},
    };
    enum job_number kind = jobs[c->change].kind;
    /* An organization is in no region. */
    struct str region = c->change == CHANGE_ORGANIZATION ? (struct str){NULL, 0} : e->region;
    /* Who builds a network, or deploys a service, changes much of it at once. */
    bool gathered = c->change == CHANGE_NETWORK || c->change == CHANGE_TASKS;
    int64_t due = gathered ? time_now() + GATHER_SECONDS : JOB_URGENT;
    job_add(db, e->account, (int)kind,
            arena_printf(a, "%.*s %.*s %s%.*s", STR_ARG(origin), STR_ARG(region), jobs[c->change].word,
                         STR_ARG(c->what)),
            (struct str){NULL, 0}, due);
}

struct batch {
    struct aws_event events[SQS_BATCH];
    struct str origins[SQS_BATCH];
    size_t n;
};

static void read_messages(struct listener *l, struct arena *a, const struct scan_origin *o,
                          const struct sqs_message *messages, size_t n, struct batch *ret)
{
    ret->n = 0;
    for (size_t i = 0; i < n; i++) {
        struct aws_event *e = &ret->events[ret->n];
        if (aws_event_read(a, messages[i].body, e) < 0)
            monitor_log(l->m, LOG_WARNING, "%.*s: a message that is no event: %s", STR_ARG(o->origin.url),
                        err_text());
        else if (e->n_changes && find_origin(l->m, a, o, e, &ret->origins[ret->n]))
            ret->n++;
    }
}

static int take(struct listener *l, struct arena *a, const struct scan_origin *o,
                const struct sqs_message *messages, size_t n)
{
    struct batch *b = arena_alloc(a, sizeof *b);
    read_messages(l, a, o, messages, n, b);
    if (!b->n)
        return 0;
    struct sql *db = store_writer(monitor_store(l->m));
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->events[i].n_changes; k++)
            add_job(db, a, &b->events[i], b->origins[i], &b->events[i].changes[k]);
    int status = store_commit(db);
    if (status == 0)
        monitor_wake(l->m);
    return status;
}

/* ---- the thread ---- */

/* "https://sqs.eu-west-1.amazonaws.com/123456789012/NAME" is in a region, wherever the account is at home. */
static struct str region_of(struct str queue)
{
    ptrdiff_t at = str_find_str(queue, STR("://sqs."));
    struct str head, tail;
    if (at < 0 || !str_cut(str_slice(queue, (size_t)at + 7, queue.n), '.', &head, &tail))
        return (struct str){NULL, 0};
    return head;
}

static int listen_once(struct listener *l, struct arena *a, const struct scan_origin *o)
{
    struct sqs_message messages[SQS_BATCH];
    struct aws *aws;
    size_t n = 0;
    int status = aws_session(l->m, o, region_of(l->queue), &aws);
    if (status == 0)
        status = sqs_receive(aws, a, l->queue, l->quick ? 0 : SQS_WAIT_MAX, messages, &n);
    l->quick = false;
    if (status == 0 && n)
        status = take(l, a, o, messages, n);
    if (status < 0 || !n)
        return status;
    status = sqs_delete(aws, a, l->queue, messages, n);
    l->stuck = status < 0;
    return status;
}

/* What helps; the account is looked at by the clock all the same. */
static struct str explain(struct arena *a, const struct scan_origin *o, int status)
{
    struct str url = o->origin.url, account = str_slice(url, strlen("aws:"), url.n);
    const char *text = err_text();
    if (status == ERR_DENIED)
        return arena_printf(a, "%s; sqs:ReceiveMessage and sqs:DeleteMessage on the queue must be allowed",
                            text);
    if (status == ERR_MISSING)
        return arena_printf(a, "%s; 'assay aws setup %.*s' makes the queue anew", text, STR_ARG(account));
    return str_from(text);
}

/* The problem that is known of this queue, or empty. */
static struct str known_problem(struct listener *l, struct arena *a)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(l->m));
    return origin_problem(db, a, l->account, l->origin, STR("sqs"), l->queue);
}

static void note_failed(struct listener *l, struct arena *a, const struct scan_origin *o, int status)
{
    struct str text = arena_str(a, explain(a, o, status));
    if (monitor_stopping(l->m)) /* which is why it failed */
        return;
    l->heard = false;
    l->quick = true;
    l->missed |= status == ERR_MISSING;
    if (str_eq(known_problem(l, a), text))
        return;
    monitor_log(l->m, LOG_WARNING, "%.*s: queue: %.*s", STR_ARG(o->origin.url), STR_ARG(text));
    struct sql *db = store_writer(monitor_store(l->m));
    origin_failed(db, l->account, l->origin, STR("sqs"), l->queue, text, time_now());
    if (store_commit(db) < 0)
        monitor_log(l->m, LOG_ERR, "queues: %s", err_text());
}

/* Nobody listens any more. */
static void forget(struct listener *l)
{
    struct sql *db = store_writer(monitor_store(l->m));
    origin_well(db, l->account, l->origin, STR("sqs"), l->queue);
    if (store_commit(db) < 0)
        monitor_log(l->m, LOG_ERR, "queues: %s", err_text());
}

/* Of a queue that was gone, events are lost: all is looked at. */
static void note_heard(struct listener *l, struct arena *a)
{
    if (l->heard || l->stuck)
        return;
    if (known_problem(l, a).n) {
        struct sql *db = store_writer(monitor_store(l->m));
        origin_well(db, l->account, l->origin, STR("sqs"), l->queue);
        if (l->missed)
            job_add(db, l->account, JOB_POLL_ORIGIN, l->origin, (struct str){NULL, 0}, time_now());
        if (store_commit(db) < 0)
            return; /* the next time */
        monitor_wake(l->m);
    }
    l->heard = true;
    l->missed = false;
    l->again = 0;
}

/* A second at a time, so that nobody waits for it at the end; longer each time. */
static void wait_a_while(struct listener *l)
{
    l->again = l->again ? l->again * 2 : AGAIN_MIN;
    if (l->again > AGAIN_MAX)
        l->again = AGAIN_MAX;
    for (int i = 0; i < l->again && !monitor_stopping(l->m); i++)
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
}

static void *run(void *ctx)
{
    struct listener *l = ctx;
    struct arena *a = arena_new(0);
    client_stop_when(&l->m->stop);
    while (!monitor_stopping(l->m)) {
        struct scan_origin o;
        arena_reset(a);
        int status = scan_origin(l->m, a, l->account, l->origin, &o);
        if (status == ERR_MISSING || (status == 0 && !origin_has_queue(&o.options, l->queue)))
            break; /* it was removed */
        if (status == 0) {
            status = listen_once(l, a, &o);
            if (status < 0)
                note_failed(l, a, &o, status);
            else
                note_heard(l, a);
        }
        if (status < 0)
            wait_a_while(l);
    }
    if (!monitor_stopping(l->m))
        forget(l);
    arena_free(a);
    l->done = true;
    return NULL;
}

/* ---- who listens ---- */

static void end(struct listener *l)
{
    pthread_join(l->thread, NULL);
    free(l);
}

static bool is_listening(const struct monitor *m, const struct origin *o, struct str queue)
{
    vec_each(l, &m->listeners)
    {
        if ((*l)->account == o->account && str_eq((*l)->origin, o->id) && str_eq((*l)->queue, queue))
            return true;
    }
    return false;
}

static void start(struct monitor *m, const struct origin *o, struct str queue)
{
    struct listener *l = mem_alloc(sizeof *l + o->id.n + queue.n);
    char *text = (char *)(l + 1);
    memcpy(text, o->id.p, o->id.n);
    memcpy(text + o->id.n, queue.p, queue.n);
    l->m = m;
    l->missed = l->quick = true;
    l->account = o->account;
    l->origin = (struct str){text, o->id.n};
    l->queue = (struct str){text + o->id.n, queue.n};
    int error = pthread_create(&l->thread, NULL, run, l);
    if (error) {
        monitor_log(m, LOG_ERR, "%.*s: nobody can listen to its queue: %s", STR_ARG(o->url), strerror(error));
        free(l);
        return;
    }
    vec_add(&m->listeners, l);
}

static void follow(struct monitor *m, const struct origin *o)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct origin_options options;
    if (o->kind != ORIGIN_AWS_ACCOUNT || origin_options_read(a, o->kind, o->options, &options) < 0)
        return;
    for (size_t i = 0; i < options.aws.n_queues; i++)
        if (!is_listening(m, o, options.aws.queues[i]))
            start(m, o, options.aws.queues[i]);
}

void queues_follow(struct monitor *m, const struct origin *origins, size_t n)
{
    for (size_t i = 0; i < m->listeners.n;) {
        if (m->listeners.at[i]->done) {
            end(m->listeners.at[i]);
            m->listeners.at[i] = m->listeners.at[--m->listeners.n];
        } else {
            i++;
        }
    }
    for (size_t i = 0; i < n; i++)
        follow(m, &origins[i]);
}

void queues_end(struct monitor *m)
{
    vec_each(l, &m->listeners) end(*l);
    vec_free(&m->listeners);
}

/* What the files of the runtime share: the monitor itself. The engine, and jobs that need nothing of it, go
 * by job_kind.h. */
#ifndef ASSAY_MONITOR_RUNTIME_H
#define ASSAY_MONITOR_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/vec.h"
#include "monitor/engine.h"
#include "monitor/job_kind.h"
#include "store/resource.h"

/* A generation of the advisory database that somebody still reads, or that is in use. */
struct generation {
    struct db *db;
    unsigned readers;
};

/* A job that is being done: its lease is renewed until it ends. */
struct running {
    int64_t job, until;
    const struct job_kind *kind;
};

struct monitor {
    struct monitor_options options;
    char folder[4096]; /* of the generations */
    char owner[64];    /* of this process's leases */
    void (*on_housekeeping)(void *ctx);
    void *on_housekeeping_ctx;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t work;  /* something may be due, or the end is near */
    pthread_cond_t tick;  /* for the clock: due times changed, or the end is near */
    bool stopping;
    bool look;        /* a worker should look into the queue */
    int64_t next_due; /* TIME_NONE: nothing waits */
    VEC(pthread_t) workers;
    pthread_t clock;
    bool clock_runs;
    VEC(struct running) running;
    VEC(struct listener *) listeners; /* aws_queue.c; the clock's */
    VEC(int64_t) heard;
    VEC(struct generation) generations;
    struct db *present; /* the generation in use */
    struct monitor_state state;

    struct aws_sessions *aws; /* aws_session.c */

    pthread_mutex_t network; /* of the models: one network is worked out at a time */
    struct network_models *networks;

    pthread_mutex_t taking;     /* one worker at a time looks for work */
    account_id turn[JOB_KINDS]; /* by kind: see job_take() */
    pthread_mutex_t files;      /* of generations: none is removed while one is taken into use */
    atomic_bool stop;
    atomic_uint_fast64_t artefacts, judged, done, failed;
};

/* Opens the generation to begin with: what the last run used, unless another file is given by now. */
int generation_begin(struct monitor *m);
/* Takes the file at `path`, a whole database, into use: it becomes a file of the folder, and the difference
 * is applied by a job. Nothing happens when it is the generation in use. */
int generation_adopt(struct monitor *m, const char *path);
/* Removes files of generations that nobody needs any more. */
void generation_trim(struct monitor *m);
void generation_end(struct monitor *m);

/* How the resource is covered now, and what follows for its findings; within a write transaction. */
int review(struct monitor *m, struct sql *db, int64_t resource, bool *ret_changed);
/* Whether the resource is to have findings at all. */
int review_covered(struct monitor *m, struct sql *db, const struct resource *resource, bool *ret_covered);
/* Whether its coverage is what a scan says; else it is what its state, tags, age and account say. */
int review_scan_decides(struct monitor *m, struct sql *db, int64_t resource, bool *ret_decides);
/* All of a type (-1: any), in slices; 0, JOB_INTERRUPTED, or an error. */
int review_all(struct monitor *m, account_id account, int type);

/* review_network.c: how an instance is covered by scan type NETWORK now, and what follows for its findings.
 */
bool review_network_differs(struct sql *db, struct arena *a, const struct resource *r);
int review_network(struct sql *db, struct arena *a, const struct resource *r);
/* What is open on it is otherwise than before, perhaps so that scores differ. */
int review_network_changed(struct engine_round *round, struct sql *db, struct arena *a,
                           const struct resource *r, bool scores);

/* The kind with this number, or NULL. */
const struct job_kind *job_kind_find(int number);
/* How many of the kind may run at a time. */
unsigned job_kind_at_once(const struct monitor *m, const struct job_kind *k);
/* Takes the next job that may run now: true with the job in the arena, registered in m->running. */
bool queue_take(struct monitor *m, struct arena *a, struct job *ret_job, const struct job_kind **ret_kind);
/* It was run: writes what became of it. */
void queue_finish(struct monitor *m, struct job *job, const struct job_kind *kind, int result);
/* Renews the leases that run out soon. */
void queue_renew(struct monitor *m, int64_t now);
/* Adds a job in a transaction of its own and wakes a worker. */
int queue_add(struct monitor *m, account_id account, enum job_number kind, struct str subject, int64_t due);

int workers_start(struct monitor *m);
void workers_stop(struct monitor *m);

struct aws_sessions *aws_sessions_new(void);
void aws_sessions_free(struct aws_sessions *s);

/* Listens to the queues of these origins, and ends who is done. */
void queues_follow(struct monitor *m, const struct origin *origins, size_t n);
/* Once the monitor is stopping. */
void queues_end(struct monitor *m);

int clock_start(struct monitor *m);
void clock_stop(struct monitor *m);
/* Writes what monitor_heard() gathered. */
void heard_flush(struct monitor *m);

#endif

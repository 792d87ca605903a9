/* The queue: work that survives the process. A job is taken with a lease; who dies loses the lease and
 * another takes the job. Jobs run at least once: they must be able to run twice. */
#ifndef ASSAY_STORE_JOB_H
#define ASSAY_STORE_JOB_H

#include "store/store.h"

enum job_state { JOB_READY, JOB_LEASED, JOB_POISON };

struct job {
    int64_t id;
    account_id account;
    int kind; /* of monitor/job_kind.h */
    struct str subject, payload;
    enum job_state state;
    unsigned attempts; /* so far, this one included */
    int64_t due, created;
    struct str error; /* of the last attempt */
};
enum { JOB_ATTEMPTS = 6 };
/* `due` of what goes before all others of its kind and account: what somebody waits for. */
enum { JOB_URGENT = 0 };

/* Nothing when the same (account, kind, subject) waits already; it is then due at the earlier of the two
 * times. What comes in while the same is under lease waits until that is done. */
void job_add(struct sql *db, account_id account, int kind, struct str subject, struct str payload,
             int64_t due);
/* Forgets a job that waits. */
void job_drop(struct sql *db, account_id account, int kind, struct str subject);
/* Whether one is due or under lease. */
bool job_pending(struct sql *db, account_id account, int kind, struct str subject, int64_t now);
/* The same of any whose subject begins with this word. */
bool job_pending_of(struct sql *db, account_id account, int kind, struct str word, int64_t now);
/* Takes a due job of a kind for `seconds`: of the account of which the fewest of the kind run, of several the
 * next one behind the account *turn, whose turn was last (-1: nobody's) and which is moved on, the one that
 * has been due for longest. Before all of them what a dead owner left, but sets aside what was left so
 * JOB_ATTEMPTS times. */
bool job_take(struct sql *db, struct arena *a, int kind, struct str owner, int64_t now, unsigned seconds,
              account_id *turn, struct job *ret_job);
/* Ends all leases: who held them is dead. To be called only where no other process can be at work. */
void job_end_leases(struct sql *db);
/* More time for a job that is still being done; false when somebody else has it by now. */
bool job_renew(struct sql *db, int64_t id, struct str owner, int64_t until);
/* A job that was taken and not begun, or interrupted: ready again, as if it had not been taken. */
void job_give_back(struct sql *db, int64_t id);
/* When the next job is due, also those under lease; TIME_NONE: there is none. */
int64_t job_next_due(struct sql *db);
/* Also forgets that the same was set aside before. */
void job_done(struct sql *db, int64_t id);
/* Tries again with backoff (2 s doubled each time, with jitter, at most an hour), or sets it aside as poison
 * after JOB_ATTEMPTS. Returns whether it will be tried again. */
bool job_failed(struct sql *db, const struct job *job, struct str error, int64_t now);
/* A poisoned job is ready again; false when there is no such. */
bool job_retry(struct sql *db, account_id account, int64_t id, int64_t now);
size_t job_list(struct sql *db, struct arena *a, account_id account, enum job_state state, size_t max,
                struct job **ret_jobs);
struct job_counts {
    int64_t ready, leased, poison,
        oldest_due; /* of the ready ones (`created` when later), TIME_NONE without */
};
struct job_counts job_count(struct sql *db);

#endif

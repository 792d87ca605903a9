/* The queue. A subject is worked on by one at a time: a job waits while the same is under lease, so that an
 * older look at something never overwrites a newer one. Accounts take turns: one that has much to do, or of
 * which all that runs is slow, does not keep others waiting. */
#include "store/job.h"

#include "base/random.h"
#include "store/rows.h"

enum { BACKOFF_FIRST = 2, BACKOFF_MAX = 3600, ACCOUNTS_AT_ONCE = 64 };

void job_add(struct sql *db, account_id account, int kind, struct str subject, struct str payload,
             int64_t due)
{
    struct statement *s = sql_prepare(
        db, "INSERT INTO job (account, kind, subject, payload, state, due, created)"
            " VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6) ON CONFLICT (account, kind, subject) WHERE state = 0"
            " DO UPDATE SET due = excluded.due WHERE excluded.due < job.due");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, kind);
    sql_bind_str(s, 3, subject);
    sql_bind_optional(s, 4, payload);
    sql_bind_int(s, 5, due);
    sql_bind_int(s, 6, time_now());
    sql_run(s);
}

void job_drop(struct sql *db, account_id account, int kind, struct str subject)
{
    struct statement *s =
        sql_prepare(db, "DELETE FROM job WHERE account = ?1 AND kind = ?2 AND subject = ?3 AND state = 0");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, kind);
    sql_bind_str(s, 3, subject);
    sql_run(s);
}

bool job_pending(struct sql *db, account_id account, int kind, struct str subject, int64_t now)
{
    struct statement *s =
        sql_prepare(db, "SELECT 1 FROM job WHERE account = ?1 AND kind = ?2 AND subject = ?3 AND state = 0"
                        " AND due <= ?4 UNION ALL"
                        " SELECT 1 FROM job WHERE account = ?1 AND kind = ?2 AND subject = ?3 AND state = 1");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, kind);
    sql_bind_str(s, 3, subject);
    sql_bind_int(s, 4, now);
    return sql_run_int(s, 0);
}

/* '!' comes after ' '. */
bool job_pending_of(struct sql *db, account_id account, int kind, struct str word, int64_t now)
{
    static const char *const texts[] = {
        "SELECT 1 FROM job WHERE account = ?1 AND kind = ?2 AND subject >= ?3 || ' ' AND subject < ?3 || '!'"
        " AND state = 0 AND due <= ?4 LIMIT 1",
        "SELECT 1 FROM job WHERE account = ?1 AND kind = ?2 AND subject >= ?3 || ' ' AND subject < ?3 || '!'"
        " AND state = 1 LIMIT 1"};
    bool found = false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !found; i++) {
        struct statement *s = sql_prepare(db, texts[i]);
        sql_bind_int(s, 1, account);
        sql_bind_int(s, 2, kind);
        sql_bind_str(s, 3, word);
        if (!i)
            sql_bind_int(s, 4, now);
        found = sql_run_int(s, 0);
    }
    return found;
}

#define JOB_COLUMNS "id, account, kind, subject, payload, state, attempts, due, created, error"

typedef VEC(struct job) job_vec;

static void read_jobs(struct arena *a, struct statement *s, job_vec *to)
{
    while (sql_next(s))
        vec_add(to, (struct job){
                        .id = sql_int(s, 0),
                        .account = sql_int(s, 1),
                        .kind = (int)sql_int(s, 2),
                        .subject = arena_str(a, sql_str(s, 3)),
                        .payload = arena_str(a, sql_str(s, 4)),
                        .state = (enum job_state)sql_int(s, 5),
                        .attempts = (unsigned)sql_int(s, 6),
                        .due = sql_int(s, 7),
                        .created = sql_int(s, 8),
                        .error = arena_str(a, sql_str(s, 9)),
                    });
}

/* Of poisoned jobs for one subject the last is kept. */
static void forget_poison(struct sql *db, account_id account, int kind, struct str subject)
{
    struct statement *s =
        sql_prepare(db, "DELETE FROM job WHERE account = ?1 AND kind = ?2 AND subject = ?3 AND state = 2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, kind);
    sql_bind_str(s, 3, subject);
    sql_run(s);
}

static void poison(struct sql *db, const struct job *job, struct str error)
{
    forget_poison(db, job->account, job->kind, job->subject);
    struct statement *s = sql_prepare(db, "UPDATE job SET state = 2, lease = NULL, owner = NULL, error = ?2"
                                          " WHERE id = ?1");
    sql_bind_int(s, 1, job->id);
    sql_bind_str(s, 2, error);
    sql_run(s);
}

/* A job whose owner died every time is not tried for ever: it may be what kills them. */
static void poison_deadly(struct sql *db, struct arena *a, int kind, int64_t now)
{
    job_vec jobs = {0};
    struct statement *s =
        sql_prepare(db, "SELECT " JOB_COLUMNS
                        " FROM job WHERE state = 1 AND kind = ?1 AND lease <= ?2 AND attempts >= ?3");
    sql_bind_int(s, 1, kind);
    sql_bind_int(s, 2, now);
    sql_bind_int(s, 3, JOB_ATTEMPTS);
    read_jobs(a, s, &jobs);
    vec_each(job, &jobs) poison(db, job, STR("whoever did this died or took too long, every time"));
    vec_free(&jobs);
}

/* That nobody works on the same. */
#define NOT_RUNNING                                                                                          \
    " NOT EXISTS (SELECT 1 FROM job running WHERE running.state = 1 AND running.kind = job.kind"             \
    " AND running.account = job.account AND running.subject = job.subject)"

/* ---- whose turn it is ---- */

/* What a dead owner left, if anything: it has waited longest. */
static int64_t left_over(struct sql *db, int kind, int64_t now)
{
    struct statement *s =
        sql_prepare(db, "SELECT id FROM job WHERE state = 1 AND kind = ?1 AND lease <= ?2 LIMIT 1");
    sql_bind_int(s, 1, kind);
    sql_bind_int(s, 2, now);
    return sql_run_int(s, 0);
}

/* The least above `after` of whom a job waits; -1: none. */
static account_id next_account(struct sql *db, int kind, account_id after)
{
    struct statement *s =
        sql_prepare(db, "SELECT min(account) FROM job WHERE state = 0 AND kind = ?1 AND account > ?2");
    sql_bind_int(s, 1, kind);
    sql_bind_int(s, 2, after);
    return sql_run_int(s, -1);
}

#define DUE     "SELECT id FROM job WHERE state = 0 AND kind = ?1 AND due <= ?2 AND" NOT_RUNNING
#define LONGEST " ORDER BY due, id LIMIT 1"

/* The job of the account (-1: of whomever) that has been due for longest; 0: none is. */
static int64_t due_of(struct sql *db, int kind, account_id account, int64_t now)
{
    struct statement *s = sql_prepare(db, account < 0 ? DUE LONGEST : DUE " AND account = ?3" LONGEST);
    sql_bind_int(s, 1, kind);
    sql_bind_int(s, 2, now);
    if (account >= 0)
        sql_bind_int(s, 3, account);
    return sql_run_int(s, 0);
}

static int64_t running_of(struct sql *db, int kind, account_id account)
{
    struct statement *s =
        sql_prepare(db, "SELECT count(*) FROM job WHERE state = 1 AND kind = ?1 AND account = ?2");
    sql_bind_int(s, 1, kind);
    sql_bind_int(s, 2, account);
    return sql_run_int(s, 0);
}

/* Of the account of which the fewest run; of several, the next one behind *turn, which is moved there. Where
 * thousands of accounts have jobs that are not due yet, some of them are passed at a time, and meanwhile
 * what has been due for longest is taken. */
static int64_t next_in_turn(struct sql *db, int kind, int64_t now, account_id *turn)
{
    int64_t best = due_of(db, kind, -1, now), fewest = INT64_MAX;
    account_id account = *turn, begin = *turn, chosen = -1;
    bool again = false; /* from the first account on */
    for (int i = 0; best && i < ACCOUNTS_AT_ONCE && fewest; i++) {
        account = next_account(db, kind, account);
        if (again && (account < 0 || account > begin))
            break;
        again |= account < 0;
        int64_t id = account < 0 ? 0 : due_of(db, kind, account, now);
        int64_t running = id ? running_of(db, kind, account) : INT64_MAX;
        if (running < fewest) {
            best = id;
            fewest = running;
            chosen = account;
        }
    }
    *turn = chosen < 0 ? account : chosen;
    return best;
}

bool job_take(struct sql *db, struct arena *a, int kind, struct str owner, int64_t now, unsigned seconds,
              account_id *turn, struct job *ret_job)
{
    job_vec jobs = {0};
    poison_deadly(db, a, kind, now);
    int64_t id = left_over(db, kind, now);
    if (!id)
        id = next_in_turn(db, kind, now, turn);
    if (!id)
        return false;
    struct statement *s = sql_prepare(db, "UPDATE job SET state = 1, lease = ?2, owner = ?3,"
                                          " attempts = attempts + 1 WHERE id = ?1 RETURNING " JOB_COLUMNS);
    sql_bind_int(s, 1, id);
    sql_bind_int(s, 2, now + seconds);
    sql_bind_str(s, 3, owner);
    read_jobs(a, s, &jobs);
    bool taken = jobs.n;
    if (taken)
        *ret_job = jobs.at[0];
    vec_free(&jobs);
    return taken;
}

/* ---- leases, and how it went ---- */

void job_end_leases(struct sql *db)
{
    sql_run(sql_prepare(db, "UPDATE job SET lease = 0 WHERE state = 1"));
}

bool job_renew(struct sql *db, int64_t id, struct str owner, int64_t until)
{
    struct statement *s =
        sql_prepare(db, "UPDATE job SET lease = ?3 WHERE id = ?1 AND state = 1 AND owner = ?2");
    sql_bind_int(s, 1, id);
    sql_bind_str(s, 2, owner);
    sql_bind_int(s, 3, until);
    return sql_run(s) == 1;
}

/* Ready again; unless the same has come in meanwhile: then that one does, and this is dropped. */
static void make_ready(struct sql *db, const struct job *job, unsigned attempts, int64_t due,
                       struct str error)
{
    struct statement *s =
        sql_prepare(db, "SELECT 1 FROM job WHERE account = ?1 AND kind = ?2 AND subject = ?3"
                        " AND state = 0");
    sql_bind_int(s, 1, job->account);
    sql_bind_int(s, 2, job->kind);
    sql_bind_str(s, 3, job->subject);
    if (sql_run_int(s, 0)) {
        s = sql_prepare(db, "DELETE FROM job WHERE id = ?1");
        sql_bind_int(s, 1, job->id);
        sql_run(s);
        return;
    }
    s = sql_prepare(
        db, "UPDATE job SET state = 0, lease = NULL, owner = NULL, attempts = ?2, due = ?3, error = ?4"
            " WHERE id = ?1");
    sql_bind_int(s, 1, job->id);
    sql_bind_int(s, 2, attempts);
    sql_bind_int(s, 3, due);
    sql_bind_optional(s, 4, error);
    sql_run(s);
}

/* False unless the job is in that state. */
static bool find(struct sql *db, struct arena *a, int64_t id, enum job_state state, struct job *ret_job)
{
    job_vec jobs = {0};
    struct statement *s = sql_prepare(db, "SELECT " JOB_COLUMNS " FROM job WHERE id = ?1 AND state = ?2");
    sql_bind_int(s, 1, id);
    sql_bind_int(s, 2, state);
    read_jobs(a, s, &jobs);
    bool found = jobs.n;
    if (found)
        *ret_job = jobs.at[0];
    vec_free(&jobs);
    return found;
}

void job_give_back(struct sql *db, int64_t id)
{
    struct arena *a = arena_new(0);
    struct job job;
    if (find(db, a, id, JOB_LEASED, &job))
        make_ready(db, &job, job.attempts - 1, job.due, job.error);
    arena_free(a);
}

/* The least number above `after` that a job in this state has as its kind; -1 at the end. */
static int64_t next_kind(struct sql *db, enum job_state state, int64_t after)
{
    struct statement *s = sql_prepare(db, "SELECT min(kind) FROM job WHERE state = ?1 AND kind > ?2");
    sql_bind_int(s, 1, state);
    sql_bind_int(s, 2, after);
    return sql_run_int(s, -1);
}

int64_t job_next_due(struct sql *db)
{
    int64_t next = sql_run_int(sql_prepare(db, "SELECT min(lease) FROM job WHERE state = 1"), INT64_MAX);
    for (int64_t kind = -1; (kind = next_kind(db, JOB_READY, kind)) >= 0;) {
        struct statement *s =
            sql_prepare(db, "SELECT due FROM job WHERE state = 0 AND kind = ?1 AND" NOT_RUNNING
                            " ORDER BY due, id LIMIT 1");
        sql_bind_int(s, 1, kind);
        int64_t due = sql_run_int(s, INT64_MAX);
        next = due < next ? due : next;
    }
    return next == INT64_MAX ? TIME_NONE : next;
}

void job_done(struct sql *db, int64_t id)
{
    struct statement *s = sql_prepare(db, "DELETE FROM job WHERE id = ?1 RETURNING account, kind, subject");
    sql_bind_int(s, 1, id);
    /* What it failed at before it has done now. */
    if (sql_next(s))
        forget_poison(db, sql_int(s, 0), (int)sql_int(s, 1), sql_str(s, 2));
    sql_reset(s);
}

/* With up to half as much again, so that what failed together does not come back together. */
static int64_t backoff(unsigned attempts)
{
    uint64_t seconds = BACKOFF_FIRST, noise;
    for (unsigned i = 1; i < attempts && seconds < BACKOFF_MAX; i++)
        seconds *= 2;
    random_bytes(&noise, sizeof noise);
    seconds += noise % (seconds / 2 + 1);
    return (int64_t)(seconds < BACKOFF_MAX ? seconds : BACKOFF_MAX);
}

bool job_failed(struct sql *db, const struct job *job, struct str error, int64_t now)
{
    /* The number of the attempt tells whether the lease was lost: then it is another's to say how it went. */
    struct statement *s = sql_prepare(db, "SELECT 1 FROM job WHERE id = ?1 AND state = 1 AND attempts = ?2");
    sql_bind_int(s, 1, job->id);
    sql_bind_int(s, 2, job->attempts);
    if (!sql_run_int(s, 0))
        return true;
    if (job->attempts >= JOB_ATTEMPTS) {
        poison(db, job, error);
        return false;
    }
    make_ready(db, job, job->attempts, now + backoff(job->attempts), error);
    return true;
}

bool job_retry(struct sql *db, account_id account, int64_t id, int64_t now)
{
    struct arena *a = arena_new(0);
    struct job job;
    bool found = find(db, a, id, JOB_POISON, &job) && job.account == account;
    if (found)
        make_ready(db, &job, 0, now, job.error);
    arena_free(a);
    return found;
}

size_t job_list(struct sql *db, struct arena *a, account_id account, enum job_state state, size_t max,
                struct job **ret_jobs)
{
    job_vec jobs = {0};
    struct statement *s = sql_prepare(db, "SELECT " JOB_COLUMNS " FROM job WHERE account = ?1 AND state = ?2"
                                          " ORDER BY due, id LIMIT ?3");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, state);
    sql_bind_int(s, 3, (int64_t)max);
    read_jobs(a, s, &jobs);
    return rows_finish(a, &jobs, ret_jobs);
}

struct job_counts job_count(struct sql *db)
{
    int64_t counts[JOB_POISON + 1] = {0};
    struct statement *s = sql_prepare(db, "SELECT state, count(*) FROM job GROUP BY state");
    while (sql_next(s))
        if (sql_int(s, 0) >= 0 && sql_int(s, 0) <= JOB_POISON)
            counts[sql_int(s, 0)] = sql_int(s, 1);
    s = sql_prepare(db,
                    "SELECT min(CASE WHEN due < created THEN created ELSE due END) FROM job WHERE state = 0");
    return (struct job_counts){.ready = counts[JOB_READY],
                               .leased = counts[JOB_LEASED],
                               .poison = counts[JOB_POISON],
                               .oldest_due = sql_run_int(s, TIME_NONE)};
}

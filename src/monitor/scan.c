#include "monitor/scan.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "monitor/eligibility.h"
#include "monitor/engine.h"
#include "monitor/freshness.h"
#include "monitor/runtime.h"
#include "source/sandbox.h"
#include "store/event.h"
#include "store/usage.h"

bool scan_enabled(struct monitor *m, account_id account, enum resource_scan_type type)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(m));
    enum account_status status = account_scan_get(db, account, type).status;
    return status == ACCOUNT_ENABLED || status == ACCOUNT_ENABLING;
}

int origin_read(struct store *s, const struct master_key *k, struct arena *a, account_id account,
                struct str id, struct scan_origin *ret_origin)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(s);
    struct scan_origin o;
    int status = origin_get(db, a, account, id, &o.origin);
    if (status == 0)
        status = origin_options_read(a, o.origin.kind, o.origin.options, &o.options);
    if (status == 0)
        status = origin_secret_open(a, k, &o.origin, &o.secret);
    if (status == 0)
        *ret_origin = o;
    return status;
}

int scan_origin(struct monitor *m, struct arena *a, account_id account, struct str id,
                struct scan_origin *ret_origin)
{
    return origin_read(monitor_store(m), monitor_options(m)->master, a, account, id, ret_origin);
}

/* Ends the transaction: commits when all went well. */
static int end(struct sql *db, int status)
{
    if (status == 0)
        return store_commit(db);
    store_release(db);
    return status;
}

/* Hosts are read by a collector on them, unless a scan says otherwise. */
static enum scan_mode mode_of(const struct resource *r)
{
    return r->type == RESOURCE_AWS_EC2_INSTANCE ? MODE_EC2_SSM_AGENT_BASED : MODE_NONE;
}

int scan_begin(struct monitor *m, struct resource *r, bool *ret_covered)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct coverage c;
    struct resource before;
    bool is_new, changed;
    int64_t now = time_now();
    struct sql *db = store_writer(monitor_store(m));
    bool known = resource_find(db, a, r->account, r->resource_id, &before) == 0;
    resource_put(db, r, &is_new, &changed);
    if (!coverage_get(db, a, r->account, r->id, SCAN_PACKAGE, &c))
        coverage_put(db, r, SCAN_PACKAGE,
                     &(struct coverage){.status = SCAN_STATUS_ACTIVE,
                                        .reason = REASON_PENDING_INITIAL_SCAN,
                                        .mode = mode_of(r),
                                        .last_scanned = TIME_NONE},
                     now);
    int status = known && changed && !is_new ? engine_resource_changed(db, &before, r, now) : 0;
    status = end(db, status);
    if (status == 0)
        status = monitor_review(m, r->id);
    if (status < 0)
        return status;
    _cleanup_(store_release_cleanup) struct sql *reader = store_reader(monitor_store(m));
    *ret_covered = coverage_get(reader, a, r->account, r->id, SCAN_PACKAGE, &c) &&
                   c.reason != REASON_EXCLUDED_BY_TAG && c.reason != REASON_SCAN_ELIGIBILITY_EXPIRED &&
                   c.reason != REASON_IMAGE_ARCHIVED && c.reason != REASON_PENDING_DISABLE;
    return sql_status(reader);
}

/* ECR's scans are counted one by one; functions by the hour, which coverage_put() sees to. */
static void count_scan(struct sql *db, const struct resource *r, bool first, int64_t now)
{
    if (r->type == RESOURCE_AWS_ECR_CONTAINER_IMAGE)
        usage_add(db, r->account, first ? USAGE_ECR_INITIAL_SCAN : USAGE_ECR_RESCAN, 1, now);
    if (first)
        event_add(db, r->account, EVENT_SCAN_COMPLETED, r->id, (struct str){NULL, 0});
}

void scan_covered(struct sql *db, const struct resource *r, enum scan_status status, enum scan_reason reason,
                  struct str error)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct coverage before = {.mode = mode_of(r), .last_scanned = TIME_NONE};
    int64_t now = time_now();
    bool scanned = status == SCAN_STATUS_ACTIVE;
    coverage_get(db, a, r->account, r->id, SCAN_PACKAGE, &before);
    const struct coverage c = {.status = status,
                               .reason = reason,
                               .mode = before.mode,
                               .last_scanned = scanned ? freshness_now(db, now) : before.last_scanned,
                               .error = error};
    coverage_put(db, r, SCAN_PACKAGE, &c, now);
    if (scanned)
        count_scan(db, r, before.last_scanned == TIME_NONE, now);
}

int scan_end(struct monitor *m, const struct resource *r, enum scan_status status, enum scan_reason reason,
             struct str error)
{
    bool decides = false;
    struct sql *db = store_writer(monitor_store(m));
    int looked = review_scan_decides(m, db, r->id, &decides);
    if (decides)
        scan_covered(db, r, status, reason, error);
    return end(db, looked == ERR_MISSING ? 0 : looked);
}

int scan_set_mode(struct monitor *m, const struct resource *r, enum scan_mode mode)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct coverage c;
    struct sql *db = store_writer(monitor_store(m));
    if (coverage_get(db, a, r->account, r->id, SCAN_PACKAGE, &c) && c.mode != mode) {
        c.mode = mode;
        coverage_put(db, r, SCAN_PACKAGE, &c, time_now());
    }
    return end(db, 0);
}

int scan_gone(struct monitor *m, const struct resource *r)
{
    struct sql *db = store_writer(monitor_store(m));
    resource_set_state(db, r->id, STATE_GONE, time_now());
    int status = end(db, 0);
    return status < 0 ? status : monitor_review(m, r->id);
}

int scan_gone_of(struct monitor *m, account_id account, struct str origin, scan_went *went, const void *ctx)
{
    enum { READ = 500 };
    size_t n = READ;
    int status = 0;
    for (int64_t after = 0; n == READ && status == 0;) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        struct resource *list;
        struct sql *db = store_reader(monitor_store(m));
        n = resource_of_origin(db, a, account, origin, after, READ, &list);
        status = store_commit(db);
        for (size_t i = 0; i < n && status == 0; i++) {
            after = list[i].id;
            if (list[i].state != STATE_GONE && (!went || went(ctx, &list[i])))
                status = scan_gone(m, &list[i]);
        }
    }
    return status;
}

bool scan_job(struct sql *db, struct arena *a, const struct resource *r, enum job_number *ret_kind,
              struct str *ret_subject)
{
    struct origin o;
    if (!r->origin.n || origin_get(db, a, r->account, r->origin, &o) < 0)
        return false;
    bool aws = o.kind == ORIGIN_AWS_ACCOUNT;
    struct str where = aws ? arena_printf(a, "%.*s %.*s", STR_ARG(r->origin), STR_ARG(r->region)) : r->origin;
    switch (r->type) {
    case RESOURCE_AWS_ECR_CONTAINER_IMAGE:
        *ret_kind = JOB_SCAN_IMAGE;
        *ret_subject = arena_printf(a, "%.*s %.*s %.*s", STR_ARG(where), STR_ARG(r->name), STR_ARG(r->hash));
        return true;
    case RESOURCE_AWS_LAMBDA_FUNCTION:
        *ret_kind = JOB_SCAN_FUNCTION;
        *ret_subject = arena_printf(a, "%.*s %.*s", STR_ARG(where), STR_ARG(r->name));
        return true;
    case RESOURCE_AWS_EC2_INSTANCE:
        *ret_kind = JOB_SCAN_INSTANCE;
        *ret_subject = arena_printf(a, "%.*s %.*s", STR_ARG(where), STR_ARG(r->resource_id));
        return aws;
    default:
        return false;
    }
}

struct str scan_problems(struct arena *a, const struct inventory *inv)
{
    if (!inv->problems.n)
        return (struct str){NULL, 0};
    const struct problem *p = &inv->problems.at[0];
    return arena_printf(a, "%zu part%s could not be read; the first: %.*s: %.*s", inv->problems.n,
                        inv->problems.n == 1 ? "" : "s", STR_ARG(p->path), STR_ARG(p->text));
}

int scan_folder_new(struct monitor *m, struct scan_folder *ret_folder)
{
    struct scan_folder f;
    if ((size_t)snprintf(f.path, sizeof f.path - 16, "%s/spool", monitor_options(m)->directory) >=
        sizeof f.path - 16)
        return err_set(ERR_LIMIT, "%s: a path too long", monitor_options(m)->directory);
    int status = dir_make(f.path);
    if (status < 0)
        return status;
    strcat(f.path, "/read-XXXXXX");
    if (!mkdtemp(f.path))
        return err_errno("%s", f.path);
    *ret_folder = f;
    return 0;
}

void scan_folder_remove(struct scan_folder *f)
{
    DIR *dir = f->path[0] ? opendir(f->path) : NULL;
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            (void)unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    (void)rmdir(f->path);
    f->path[0] = 0;
}

/* What is being read now, so that nobody reads the same beside it. */
struct reading {
    account_id account;
    struct str name;
    uint64_t begun;
    unsigned waiting; /* for what becomes of it */
    bool done;
    int status;     /* ERR_IO: nobody answered for long */
    char text[512]; /* of the error */
};
static const uint64_t LONG = 1000000000; /* ns; what fails sooner may well do better from another place */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static VEC(struct reading *) being_read;

static struct reading *find_reading(account_id account, struct str name)
{
    vec_each(r, &being_read) if ((*r)->account == account && str_eq((*r)->name, name)) return *r;
    return NULL;
}

/* Holding the lock. Where nobody answered the other for long, one waits, not all of them one after the other.
 */
static int wait_for(struct reading *r)
{
    r->waiting++;
    while (!r->done)
        pthread_cond_wait(&changed, &lock);
    int status = r->status == ERR_IO ? err_set(ERR_IO, "%s", r->text) : 0;
    r->waiting--;
    pthread_cond_broadcast(&changed);
    return status;
}

/* 0: it is ours to read. 1: somebody else has tried meanwhile. ERR_IO: and had no answer. */
static int claim(struct reading *ours)
{
    pthread_mutex_lock(&lock);
    struct reading *other = find_reading(ours->account, ours->name);
    int status = other ? wait_for(other) : 0;
    if (!other) {
        ours->begun = time_monotonic_ns();
        vec_add(&being_read, ours);
    }
    pthread_mutex_unlock(&lock);
    return status < 0 ? status : other ? 1 : 0;
}

static void unclaim(struct reading *ours, int status)
{
    snprintf(ours->text, sizeof ours->text, "%s", status < 0 ? err_text() : "");
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < being_read.n; i++)
        if (being_read.at[i] == ours) {
            being_read.at[i] = being_read.at[--being_read.n];
            break;
        }
    if (time_monotonic_ns() - ours->begun >= LONG)
        ours->status = status;
    ours->done = true;
    pthread_cond_broadcast(&changed);
    while (ours->waiting)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static bool is_kept(struct monitor *m, struct arena *a, account_id account, struct str name,
                    struct artefact *ret_artefact)
{
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(m));
    struct str kept;
    return artefact_get(db, a, account, name, ARTEFACT_READER, &kept) &&
           artefact_open(a, kept, ret_artefact) == 0;
}

static int keep(struct monitor *m, account_id account, struct str name, struct str content)
{
    struct sql *db = store_writer(monitor_store(m));
    artefact_put(db, account, name, ARTEFACT_READER, content, time_now());
    return end(db, 0);
}

int scan_artefact(struct monitor *m, struct arena *a, account_id account, struct str name,
                  int (*read)(void *ctx, struct buf *to), void *ctx, struct artefact *ret_artefact)
{
    struct reading ours = {.account = account, .name = name};
    int status;
    do {
        if (is_kept(m, a, account, name, ret_artefact))
            return 0;
    } while ((status = claim(&ours)) == 1);
    if (status < 0)
        return status;
    if (!is_kept(m, a, account, name, ret_artefact)) {
        _cleanup_(buf_free) struct buf b = buf_new(ARTEFACT_MAX);
        status = read(ctx, &b);
        monitor_count_artefacts(m, 1);
        if (status == 0)
            status = artefact_open(a, buf_str(&b), ret_artefact);
        if (status == 0)
            status = keep(m, account, name, buf_str(&b));
    }
    unclaim(&ours, status);
    return status;
}

static void notice(void *ctx, const char *text)
{
    monitor_log(ctx, LOG_WARNING, "%s", text);
}

struct sandbox scan_sandbox(struct monitor *m)
{
    return (struct sandbox){.program = monitor_options(m)->program, .notice = notice, .ctx = m};
}

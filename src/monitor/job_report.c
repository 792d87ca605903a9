/* A report of findings: into a folder that stands for the bucket, or into an S3-compatible bucket. */
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "monitor/job_kind.h"
#include "store/findings_report.h"
#include "store/report.h"

enum { UPLOAD_MAX = 1 << 30, GIVE_UP_SECONDS = 12 * 3600 };

/* One report on its way. */
struct exporting {
    struct monitor *m;
    struct arena *arena;
    struct findings_report report;
    account_id account;
    struct str bucket, object; /* object: PREFIX/ID.csv */
    enum report_error error;   /* what a failure is called */
};

static int load(struct exporting *e, struct str id)
{
    json_val *destination;
    struct sql *db = store_reader(monitor_store(e->m));
    int r = report_get(db, e->arena, e->account, id, &e->report);
    store_release(db);
    if (r == 0)
        r = json_parse(e->arena, e->report.destination, &destination);
    if (r < 0)
        return r;
    struct str prefix = json_get_str(destination, "keyPrefix");
    while (prefix.n && prefix.p[0] == '/')
        prefix = str_slice(prefix, 1, prefix.n);
    bool slash = prefix.n && prefix.p[prefix.n - 1] != '/';
    e->bucket = json_get_str(destination, "bucketName");
    e->object = arena_printf(e->arena, "%.*s%s%.*s.%s", STR_ARG(prefix), slash ? "/" : "",
                             STR_ARG(e->report.id), e->report.format == REPORT_CSV ? "csv" : "json");
    return 0;
}

/* Cancelled, or the server is about to stop. */
static bool is_over(void *ctx)
{
    struct exporting *e = ctx;
    struct findings_report now;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(monitor_store(e->m));
    return monitor_stopping(e->m) || report_get(db, a, e->account, e->report.id, &now) < 0 ||
           now.status != REPORT_IN_PROGRESS;
}

static int write_findings(struct exporting *e, FILE *to)
{
    struct criteria *criteria;
    int r = criteria_parse(e->arena, CRITERIA_FINDINGS, e->report.criteria, &criteria);
    if (r < 0)
        return r;
    int64_t n = 0;
    r = findings_report_write(monitor_store(e->m), e->account, criteria, e->report.format, to, is_over, e,
                              &n);
    if (r < 0)
        return r;
    if (is_over(e))
        return err_set(ERR_IO, "cancelled");
    if (n)
        return 0;
    e->error = REPORT_ERROR_NO_FINDINGS_FOUND;
    return err_set(ERR_MISSING, "no finding matches the filter");
}

/* ---- where to ---- */

/* Parts of an object's name are folders here: none of them may lead anywhere else. */
static bool is_plain_path(struct str path)
{
    struct str part;
    for (struct str rest = path; str_next(&rest, '/', &part);)
        if (!part.n || part.p[0] == '.' || part.n > NAME_MAX || memchr(part.p, 0, part.n))
            return false;
    return true;
}

static int into_folder(struct exporting *e)
{
    const struct monitor_options *o = monitor_options(e->m);
    char root[PATH_MAX], path[PATH_MAX], folder[PATH_MAX];
    _cleanup_(draft_cleanup) struct draft d = {0};
    e->error = REPORT_ERROR_INVALID_PERMISSIONS;
    if (str_find(e->bucket, '/') >= 0 || !is_plain_path(e->bucket) || !is_plain_path(e->object))
        return err_set(ERR_INVALID, "the prefix is no path within the bucket");
    size_t n = o->reports ? (size_t)snprintf(root, sizeof root, "%s", o->reports)
                          : (size_t)snprintf(root, sizeof root, "%s/reports", o->directory);
    if (n >= sizeof root || (size_t)snprintf(path, sizeof path, "%s/%.*s/%.*s", root, STR_ARG(e->bucket),
                                             STR_ARG(e->object)) >= sizeof path)
        return err_set(ERR_LIMIT, "the path of the report is too long");
    /* With a directory of one's own, its folders are the buckets there are; otherwise they are made. */
    snprintf(folder, sizeof folder, "%.*s", (int)(n + 1 + e->bucket.n), path);
    if (o->reports && access(folder, F_OK) < 0) {
        e->error = REPORT_ERROR_BUCKET_NOT_FOUND;
        return err_set(ERR_MISSING, "there is no folder %.*s in the directory of reports",
                       STR_ARG(e->bucket));
    }
    struct str parent = str_dirname(str_from(path));
    int r = dir_make(arena_cstr(e->arena, parent));
    if (r == 0)
        r = draft_begin(path, 0600, &d);
    if (r < 0)
        return r;
    e->error = REPORT_ERROR_INTERNAL_ERROR;
    r = write_findings(e, d.file);
    return r < 0 ? r : draft_finish(&d, path);
}

static int into_bucket(struct exporting *e)
{
    struct bucket bucket = *monitor_options(e->m)->bucket;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/report-XXXXXX", monitor_options(e->m)->directory);
    int fd = mkstemp(path);
    if (fd < 0)
        return err_errno("%s", path);
    unlink(path);
    _cleanup_file_ FILE *f = fdopen(fd, "w+");
    if (!f) {
        close(fd);
        return err_errno("%s", path);
    }
    struct str content;
    int r = write_findings(e, f);
    if (r == 0 && (fflush(f) || fseek(f, 0, SEEK_SET)))
        r = err_errno("%s", path);
    if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
        r = err_errno("%s", path);
    if (r == 0)
        r = file_read_fd(e->arena, fd, "report", UPLOAD_MAX, &content);
    if (r < 0)
        return r;
    bucket.name = e->bucket;
    bool csv = e->report.format == REPORT_CSV;
    r = bucket_put(e->arena, &bucket, e->object, csv ? STR("text/csv") : STR("application/json"), content);
    if (r == ERR_MISSING)
        e->error = REPORT_ERROR_BUCKET_NOT_FOUND;
    else if (r == ERR_INVALID || r == ERR_DENIED)
        e->error = REPORT_ERROR_INVALID_PERMISSIONS;
    return r;
}

/* ---- the job ---- */

static int finish(struct exporting *e, enum report_status status, int error, struct str message)
{
    struct sql *db = store_writer(monitor_store(e->m));
    report_finish(db, e->account, e->report.id, status, error, message);
    return store_commit(db);
}

/* What a repetition may mend: the network. */
static bool is_worth_another_try(const struct exporting *e, const struct job *job, int r)
{
    return r == ERR_IO && e->error == REPORT_ERROR_INTERNAL_ERROR && job->attempts < JOB_ATTEMPTS &&
           time_now() - e->report.created < GIVE_UP_SECONDS;
}

static int run(struct monitor *m, struct job *job)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct exporting e = {.m = m, .arena = a, .account = job->account, .error = REPORT_ERROR_INTERNAL_ERROR};
    int r = load(&e, job->subject);
    if (r == ERR_MISSING || (r == 0 && e.report.status != REPORT_IN_PROGRESS))
        return 0;
    if (r == 0)
        r = monitor_options(m)->bucket ? into_bucket(&e) : into_folder(&e);
    if (r == 0)
        return finish(&e, REPORT_SUCCEEDED, -1, (struct str){0});
    if (monitor_stopping(m))
        return JOB_INTERRUPTED;
    if (is_over(&e))
        return 0;
    if (is_worth_another_try(&e, job, r))
        return r;
    struct str message = arena_printf(a, "%s", err_text());
    monitor_log(m, LOG_WARNING, "report %.*s: %s", STR_ARG(e.report.id), message.p);
    return finish(&e, REPORT_FAILED, (int)e.error, message);
}

const struct job_kind job_report = {
    .number = JOB_REPORT,
    .name = "report",
    .seconds = 120,
    .at_once = 2,
    .run = run,
};

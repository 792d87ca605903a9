/* A new generation of the advisory database: `assay db update` in a child process, into a file of its own,
 * which is taken into use when it is whole and lacks no feed that the one in use has. Whatever goes wrong,
 * the one in use stays. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/freshness.h"
#include "monitor/runtime.h"

enum { PARTIAL = 4, OUTPUT_MAX = 16384, LEASE = 600, UPDATE_SECONDS = 4 * 3600, RETRY_SECONDS = 1800 };

static bool should_stop(void *m)
{
    return monitor_stopping(m);
}

static struct str last_line(struct str text)
{
    text = str_trim(text);
    ptrdiff_t at = str_rfind(text, '\n');
    return at < 0 ? text : str_slice(text, (size_t)at + 1, text.n);
}

static int make(struct monitor *m, const char *path)
{
    const char *argv[] = {m->options.program, "db", "update", "--db", path, "--quiet", NULL, NULL, NULL};
    if (m->options.mirror) {
        argv[6] = "--from";
        argv[7] = m->options.mirror;
    }
    _cleanup_(buf_free) struct buf output = buf_new(OUTPUT_MAX), errors = buf_new(OUTPUT_MAX);
    struct child c = {.argv = argv, .seconds = UPDATE_SECONDS, .nice = 10, .stop = should_stop, .ctx = m};
    int status, r = child_run(&c, &output, &errors, &status);
    if (r < 0)
        return r;
    if (status == 0 || status == PARTIAL)
        return 0;
    struct str why = last_line(buf_str(&errors));
    return err_set(ERR_IO, "assay db update ended with %d%s%.*s", status, why.n ? ": " : "", STR_ARG(why));
}

static bool has_content(const struct db_feed *feed)
{
    return !str_starts(feed->state, STR("nothing is used"));
}

/* A feed that could not be had, and of which there is no older copy, would close all that it speaks of. */
static int check_feeds(const struct db *old, const struct db *new)
{
    struct db_feed now, before;
    for (uint32_t i = 0; db_feed_at(new, i, &now); i++) {
        if (has_content(&now))
            continue;
        for (uint32_t k = 0; db_feed_at(old, k, &before); k++)
            if (str_eq(before.name, now.name) && has_content(&before))
                return err_set(ERR_IO, "%.*s: %.*s; the advisories in use have it, so they stay",
                               STR_ARG(now.name), STR_ARG(now.state));
    }
    return 0;
}

/* The first feed of which an older copy is used: the update is good, and yet people should know. */
static void note_feeds(const struct db *db, char *ret_text, size_t size)
{
    struct db_feed feed;
    ret_text[0] = 0;
    for (uint32_t i = 0; db_feed_at(db, i, &feed); i++)
        if (!str_starts(feed.state, STR("ok")) && has_content(&feed)) {
            snprintf(ret_text, size, "%.*s: %.*s", STR_ARG(feed.name), STR_ARG(feed.state));
            return;
        }
}

static int update(struct monitor *m, char *ret_note, size_t size)
{
    char path[PATH_MAX];
    _cleanup_(db_cleanup) struct db *new = NULL;
    if ((size_t)snprintf(path, sizeof path, "%s/next.db", m->folder) >= sizeof path)
        return err_set(ERR_LIMIT, "%s: the path is too long", m->folder);
    int r = make(m, path);
    if (r == 0)
        r = db_open(path, &new);
    if (r < 0)
        return r;
    const struct db *old = monitor_db(m);
    r = check_feeds(old, new);
    monitor_db_release(m, old);
    if (r < 0)
        return r;
    note_feeds(new, ret_note, size);
    return generation_adopt(m, path);
}

/* For a look at the state: when it last worked, and why not. */
static void record(struct monitor *m, int result, const char *note)
{
    pthread_mutex_lock(&m->lock);
    if (result == 0)
        m->state.updated = time_now();
    snprintf(m->state.update_error, sizeof m->state.update_error, "%s", note);
    pthread_mutex_unlock(&m->lock);
    struct monitor_state state;
    monitor_state(m, &state);
    if (state.stale)
        monitor_log(m, LOG_WARNING, "the advisories are older than %u days: %s", m->options.days.feeds, note);
    if (result < 0)
        return;
    char at[32];
    snprintf(at, sizeof at, "%lld", (long long)time_now());
    struct sql *db = store_writer(m->options.store);
    property_set(db, "updated", str_from(at));
    const struct db *advisories = monitor_db(m);
    freshness_known(db, advisories, time_now());
    store_commit(db);
    monitor_db_release(m, advisories);
}

/* A failure is no failed job, to be repeated within seconds: publishers are asked again after a while. */
static int run(struct monitor *m, struct job *job)
{
    char note[256];
    (void)job;
    int r = update(m, note, sizeof note);
    if (monitor_stopping(m) && r < 0)
        return JOB_INTERRUPTED;
    if (r < 0) {
        snprintf(note, sizeof note, "%s", err_text());
        monitor_log(m, LOG_ERR, "advisories: %s", note);
        if (m->options.update_hours)
            queue_add(m, 0, JOB_UPDATE_ADVISORIES, (struct str){0}, time_now() + RETRY_SECONDS);
    }
    record(m, r, note);
    return 0;
}

const struct job_kind job_update_advisories = {
    .number = JOB_UPDATE_ADVISORIES,
    .name = "update-advisories",
    .seconds = LEASE,
    .at_once = 1,
    .run = run,
};

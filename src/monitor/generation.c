/* Generations of the advisory database: the one in use, those that are still read, and the files of both.
 *
 * Each is the file FOLDER/<generation>.db. The property 'advisories' names the one in use; 'generation' and
 * 'judging' are the engine's, kept until the difference is applied; 'given' names the one that came with the
 * program or the command line, so that another one given later is noticed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "monitor/engine.h"
#include "monitor/freshness.h"
#include "monitor/runtime.h"

static int path_of(const struct monitor *m, struct str generation, char ret_path[PATH_MAX])
{
    if ((size_t)snprintf(ret_path, PATH_MAX, "%s/%.*s.db", m->folder, STR_ARG(generation)) >= PATH_MAX)
        return err_set(ERR_LIMIT, "%s: the path is too long", m->folder);
    return 0;
}

/* ---- readers ---- */

/* Holding the lock: those that nobody reads any more are closed. */
static void close_unread(struct monitor *m)
{
    for (size_t i = 0; i < m->generations.n;) {
        struct generation *g = &m->generations.at[i];
        if (g->readers || g->db == m->present) {
            i++;
            continue;
        }
        db_close(g->db);
        *g = m->generations.at[--m->generations.n];
    }
}

const struct db *monitor_db(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
    const struct db *db = m->present;
    vec_each(g, &m->generations) g->readers += g->db == db;
    pthread_mutex_unlock(&m->lock);
    return db;
}

void monitor_db_release(struct monitor *m, const struct db *db)
{
    pthread_mutex_lock(&m->lock);
    vec_each(g, &m->generations) g->readers -= g->db == db;
    close_unread(m);
    pthread_mutex_unlock(&m->lock);
}

static void describe(struct monitor_state *s, const struct db *db)
{
    struct str generation = db_generation(db);
    snprintf(s->generation, sizeof s->generation, "%.*s", STR_ARG(generation));
    s->built = db_built(db);
    s->newest_feed = s->oldest_feed = TIME_NONE;
    struct db_feed feed;
    for (uint32_t i = 0; db_feed_at(db, i, &feed); i++) {
        if (feed.date == TIME_NONE)
            continue;
        if (s->newest_feed == TIME_NONE || feed.date > s->newest_feed)
            s->newest_feed = feed.date;
        if (s->oldest_feed == TIME_NONE || feed.date < s->oldest_feed)
            s->oldest_feed = feed.date;
    }
}

/* From now on it is the one in use; the database is ours. */
static void put_in_use(struct monitor *m, struct db *db)
{
    pthread_mutex_lock(&m->lock);
    vec_add(&m->generations, (struct generation){.db = db});
    m->present = db;
    describe(&m->state, db);
    close_unread(m);
    pthread_mutex_unlock(&m->lock);
}

/* ---- files ---- */

/* A link where that is possible: the file is never changed in place, only replaced. */
static int copy_file(const char *from, const char *to)
{
    char temp[PATH_MAX];
    if ((size_t)snprintf(temp, sizeof temp, "%s.new", to) >= sizeof temp)
        return err_set(ERR_LIMIT, "%s: the path is too long", to);
    unlink(temp);
    if (link(from, temp) == 0)
        return rename(temp, to) < 0 ? err_errno("%s", to) : 0;
    struct str content;
    int r = file_map(from, &content);
    if (r < 0)
        return r;
    r = file_replace(to, content, 0644);
    file_unmap(content);
    return r;
}

/* The file at `path` as one of the folder: *ret_db is it, open. */
static int take_file(struct monitor *m, const char *path, const struct db *db, struct db **ret_db)
{
    char to[PATH_MAX];
    int r = path_of(m, db_generation(db), to);
    if (r == 0 && access(to, F_OK) < 0)
        r = copy_file(path, to);
    return r < 0 ? r : db_open(to, ret_db);
}

struct db *monitor_generation(struct monitor *m, struct str generation)
{
    char path[PATH_MAX];
    struct db *db;
    if (!generation.n || path_of(m, generation, path) < 0 || db_open(path, &db) < 0)
        return NULL;
    return db;
}

static bool is_needed(const struct str *needed, size_t n, const char *name)
{
    struct str s = str_from(name);
    for (size_t i = 0; i < n; i++)
        if (needed[i].n && s.n == needed[i].n + 3 && str_starts(s, needed[i]))
            return true;
    return false;
}

static void remove_unneeded(struct monitor *m)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(m->options.store);
    struct str needed[] = {property_get(db, a, "advisories"), property_get(db, a, "generation"),
                           property_get(db, a, "judging")};
    DIR *folder = sql_status(db) == 0 ? opendir(m->folder) : NULL;
    if (!folder)
        return;
    for (struct dirent *e; (e = readdir(folder));) {
        size_t n = strlen(e->d_name);
        /* Only what is named as a generation is: 32 hex digits. */
        if (n == 35 && !strcmp(e->d_name + 32, ".db") && !is_needed(needed, 3, e->d_name))
            unlinkat(dirfd(folder), e->d_name, 0);
    }
    closedir(folder);
}

void generation_trim(struct monitor *m)
{
    pthread_mutex_lock(&m->files);
    remove_unneeded(m);
    pthread_mutex_unlock(&m->files);
}

/* What was being written when a server died. Nobody writes there before this one begins. */
static void remove_drafts(struct monitor *m)
{
    DIR *folder = opendir(m->folder);
    if (!folder)
        return;
    for (struct dirent *e; (e = readdir(folder));) {
        struct str name = str_from(e->d_name);
        if (str_ends(name, STR(".tmp")) || str_ends(name, STR(".new")))
            unlinkat(dirfd(folder), e->d_name, 0);
    }
    closedir(folder);
}

/* ---- beginning, moving on ---- */

static bool property_is(struct sql *db, const char *name, struct str value)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    return str_eq(property_get(db, a, name), value);
}

/* It could not be recorded, for the disk is full: what the state says was in use is. */
static void take_back(struct monitor *m, const struct db *before)
{
    pthread_mutex_lock(&m->lock);
    vec_each(g, &m->generations) if (g->db == before) m->present = g->db;
    describe(&m->state, before);
    close_unread(m);
    pthread_mutex_unlock(&m->lock);
}

/* They are as good as when they were made, or else when the publishers had nothing newer. */
static int64_t known_at(struct monitor *m, const struct db *db)
{
    struct monitor_state s;
    monitor_state(m, &s);
    return s.updated > db_built(db) ? s.updated : db_built(db);
}

/* Takes it into use within the transaction that records it (monitor/engine.h says why), with the job that
 * brings findings after it. The database is ours from then on. */
static int use(struct monitor *m, struct db *next, struct str given)
{
    struct sql *db = store_writer(m->options.store);
    property_set(db, "advisories", db_generation(next));
    if (given.n)
        property_set(db, "given", given);
    if (!engine_current(db, next)) {
        engine_begin(db, next);
        job_add(db, 0, JOB_APPLY_ADVISORIES, (struct str){0}, (struct str){0}, time_now());
    }
    int r = sql_status(db);
    if (r < 0) {
        store_release(db);
        db_close(next);
        return r;
    }
    freshness_known(db, next, known_at(m, next));
    const struct db *before = monitor_db(m);
    put_in_use(m, next);
    r = store_commit(db);
    if (r < 0 && before)
        take_back(m, before);
    monitor_db_release(m, before);
    return r;
}

static int open_given(const struct monitor *m, struct db **ret_db, char ret_path[PATH_MAX])
{
    int r = db_open_default(m->options.db, ret_db);
    if (r == 0)
        snprintf(ret_path, PATH_MAX, "%s", db_path(*ret_db));
    return r;
}

/* Which to begin with. The one of the last run, unless a file is named that was not given then; what comes
 * with the program must also be newer, for it may be a package's old snapshot. */
static bool prefer_given(const struct monitor *m, struct sql *db, const struct db *given,
                         const struct db *last)
{
    if (!last)
        return true;
    if (property_is(db, "given", db_generation(given)))
        return false;
    return m->options.db || db_built(given) > db_built(last);
}

int generation_begin(struct monitor *m)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(db_cleanup) struct db *given = NULL, *last = NULL;
    char path[PATH_MAX];
    if ((size_t)snprintf(m->folder, sizeof m->folder, "%s/advisories", m->options.directory) >=
        sizeof m->folder)
        return err_set(ERR_LIMIT, "%s: the path is too long", m->options.directory);
    int r = dir_make(m->folder);
    if (r < 0)
        return r;
    remove_drafts(m);
    struct sql *db = store_reader(m->options.store);
    uint64_t updated;
    if (str_u64(property_get(db, a, "updated"), &updated))
        m->state.updated = (int64_t)updated;
    last = monitor_generation(m, property_get(db, a, "advisories"));
    r = open_given(m, &given, path);
    bool use_given = r == 0 && prefer_given(m, db, given, last);
    store_release(db);
    if (r < 0 && (m->options.db || !last))
        return r;
    struct db *chosen = NULL;
    if (use_given) {
        r = take_file(m, path, given, &chosen);
        if (r < 0)
            return r;
    } else {
        chosen = last;
        last = NULL;
    }
    r = use(m, chosen, given ? db_generation(given) : (struct str){0});
    if (r == 0)
        generation_trim(m);
    return r;
}

int generation_adopt(struct monitor *m, const char *path)
{
    _cleanup_(db_cleanup) struct db *found = NULL;
    struct db *taken;
    int r = db_open(path, &found);
    if (r < 0)
        return r;
    r = db_verify(found);
    if (r < 0)
        return r;
    pthread_mutex_lock(&m->lock);
    bool same = str_eq(db_generation(found), db_generation(m->present));
    pthread_mutex_unlock(&m->lock);
    if (same)
        return 0;
    pthread_mutex_lock(&m->files);
    r = take_file(m, path, found, &taken);
    if (r == 0)
        r = use(m, taken, (struct str){0});
    pthread_mutex_unlock(&m->files);
    if (r == 0)
        monitor_wake(m);
    return r;
}

void generation_end(struct monitor *m)
{
    vec_each(g, &m->generations) db_close(g->db);
    vec_free(&m->generations);
}

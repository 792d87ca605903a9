/* SQLite as the engine: one file in WAL mode.
 *
 * Readers never wait in that mode: they read the state as it was when they began. What is committed goes to
 * the log (-wal); a thread of its own moves it into the file, so that neither readers nor writers wait for
 * the disk. synchronous=NORMAL: what was committed survives whatever happens to the process. After a loss of
 * power what was committed since the log was last moved into the file may be missing (the log is synced only
 * then, and by the kernel on its own after some 30 s), but never the middle or parts of a transaction.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/engine.h"

static const struct schema_step steps[] = {
#include "sqlite_schema.inc"
};

enum {
    APPLICATION_ID = 0x61737379, /* "assy": tells our file from other SQLite files */
    BUSY_SECONDS = 10,           /* for another process to end its write transaction */
    RESTART_SECONDS = 1,         /* for readers that keep the log from being begun anew */
    LOG_KEPT = 64 << 20,         /* bytes of the log's file that are kept for the next time */
    WRITER_CACHE_KIB = 65536,
    READER_CACHE_KIB = 4096,
    CHECKPOINT_FRAMES = 1000, /* of 4 KiB in the log: it is moved into the file */
    RESTART_FRAMES =
        16000, /* the log has grown since readers overlap all the time: it is made to begin anew */
};

struct engine_state {
    char *path;
    pthread_mutex_t lock;
    pthread_cond_t wake, resume, ended; /* resume: writers may begin; ended: the one that wrote has */
    pthread_t checkpointer;
    bool has_checkpointer, stop, too_long; /* too_long: the log is to be moved into the file */
    bool restarting;                       /* no transaction may begin to write */
    bool writing;                          /* one does */
};

struct sqlite_connection {
    struct sql base;
    sqlite3 *handle;
    struct engine_state *state;
    uint64_t busy_since;
    unsigned busy_seconds;
};

struct sqlite_statement {
    struct statement base;
    sqlite3_stmt *handle;
};

static sqlite3 *handle_of(struct sql *db)
{
    return ((struct sqlite_connection *)db)->handle;
}

static sqlite3_stmt *stmt(struct statement *s)
{
    return ((struct sqlite_statement *)s)->handle;
}

/* The error of the last call, as our code and text. `what` says what was being done; or NULL. */
static int failed(struct sqlite_connection *c, const char *what)
{
    const char *path = c->state->path;
    int os = errno,
        code = sqlite3_errcode(c->handle) & 0xff; /* sqlite3_system_errno() forgets it at COMMIT */
    const char *text = sqlite3_errmsg(c->handle);
    if (code == SQLITE_NOMEM)
        mem_exhausted(0);
    if (code == SQLITE_FULL || (code == SQLITE_IOERR && (os == ENOSPC || os == EDQUOT || os == EFBIG)))
        return err_set(ERR_LIMIT, "%s: the disk is full", path);
    if (code == SQLITE_TOOBIG)
        return err_set(ERR_LIMIT, "%s: a value is too large", path);
    if (code == SQLITE_BUSY)
        return err_set(ERR_LIMIT, "%s: another process has kept it locked for over %d seconds", path,
                       BUSY_SECONDS);
    if (what)
        return err_set(ERR_IO, "%s: %s (%.100s)", path, text, what);
    return err_set(ERR_IO, "%s: %s", path, text);
}

static int execute(struct sqlite_connection *c, const char *text)
{
    return sqlite3_exec(c->handle, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(c, text);
}

/* The only value of a pragma. */
static int pragma_int(struct sqlite_connection *c, const char *text, int64_t *ret_value)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(c->handle, text, -1, &s, NULL) != SQLITE_OK)
        return failed(c, text);
    int status = sqlite3_step(s);
    if (status == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return status == SQLITE_ROW ? 0 : failed(c, text);
}

/* Another process is writing. Asks again every millisecond: SQLite's own handler waits longer and longer, and
 * never gets a turn beside a busy server. */
static int wait_for_lock(void *ctx, int times)
{
    struct sqlite_connection *c = ctx;
    uint64_t now = time_monotonic_ns();
    if (!times)
        c->busy_since = now;
    if (now - c->busy_since > c->busy_seconds * UINT64_C(1000000000))
        return 0;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return 1;
}

static void disconnect(struct sql *db)
{
    sqlite3_close(handle_of(db));
    free(db);
}

/* Connects without settings. */
static int connect_plain(struct engine_state *state, unsigned busy_seconds, struct sqlite_connection **ret)
{
    struct sqlite_connection *c = mem_alloc(sizeof *c);
    c->state = state;
    c->busy_seconds = busy_seconds;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(state->path, &c->handle, flags, NULL) != SQLITE_OK) {
        int status = c->handle ? failed(c, NULL) : err_set(ERR_IO, "%s: cannot be opened", state->path);
        disconnect(&c->base);
        return status;
    }
    sqlite3_busy_handler(c->handle, wait_for_lock, c);
    sqlite3_wal_autocheckpoint(c->handle, 0);
    *ret = c;
    return 0;
}

/* Returns when none writes: however long that takes, it is not the log's time to wait for readers. */
static void hold_writers(struct engine_state *state, bool hold)
{
    pthread_mutex_lock(&state->lock);
    state->restarting = hold;
    while (hold && state->writing)
        pthread_cond_wait(&state->ended, &state->lock);
    if (!hold)
        pthread_cond_broadcast(&state->resume);
    pthread_mutex_unlock(&state->lock);
}

/* Moves the log into the file. What fails is tried again after the next commit.
 *
 * A log that has grown long all the same, because transactions overlap all the time, is made to begin anew:
 * writers wait while that moves the rest and waits for the readers of now; readers do not. When a long read
 * keeps it from that, it is not tried again before the log has grown by half. */
static void shorten_log(struct sqlite_connection *c, int *restart_at)
{
    int frames = 0;
    sqlite3_wal_checkpoint_v2(c->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, NULL);
    if (frames < *restart_at)
        return;
    hold_writers(c->state, true);
    int status = sqlite3_wal_checkpoint_v2(c->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    hold_writers(c->state, false);
    *restart_at = status == SQLITE_OK ? RESTART_FRAMES : frames + frames / 2;
}

/* A connection knows of the log once it has read something; before, it would have nothing to move. */
static int connect_checkpointer(struct engine_state *state, struct sqlite_connection **ret)
{
    struct sqlite_connection *c;
    int status = connect_plain(state, RESTART_SECONDS, &c);
    if (status < 0)
        return status;
    if ((status = execute(c, "SELECT 1 FROM sqlite_master LIMIT 1")) < 0)
        disconnect(&c->base);
    else
        *ret = c;
    return status;
}

static void *checkpointer(void *arg)
{
    struct engine_state *state = arg;
    struct sqlite_connection *c = NULL;
    int restart_at = RESTART_FRAMES;
    pthread_mutex_lock(&state->lock);
    for (;;) {
        while (!state->stop && !state->too_long)
            pthread_cond_wait(&state->wake, &state->lock);
        if (state->stop)
            break;
        state->too_long = false;
        pthread_mutex_unlock(&state->lock);
        if (c || connect_checkpointer(state, &c) == 0)
            shorten_log(c, &restart_at);
        pthread_mutex_lock(&state->lock);
    }
    pthread_mutex_unlock(&state->lock);
    if (c)
        disconnect(&c->base);
    return NULL;
}

/* After every commit: `frames` are in the log now. */
static int log_grew(void *ctx, sqlite3 *handle, const char *name, int frames)
{
    (void)handle, (void)name;
    struct engine_state *state = ctx;
    if (frames < CHECKPOINT_FRAMES)
        return SQLITE_OK;
    pthread_mutex_lock(&state->lock);
    if (!state->has_checkpointer)
        state->has_checkpointer = !pthread_create(&state->checkpointer, NULL, checkpointer, state);
    state->too_long = true;
    pthread_cond_signal(&state->wake);
    pthread_mutex_unlock(&state->lock);
    return SQLITE_OK;
}

static int connect_settings(struct sqlite_connection *c, bool writer)
{
    char text[256];
    snprintf(text, sizeof text,
             "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;"
             "PRAGMA mmap_size = 0; PRAGMA journal_size_limit = %d; PRAGMA cache_size = -%d; PRAGMA "
             "query_only = %d",
             LOG_KEPT, writer ? WRITER_CACHE_KIB : READER_CACHE_KIB, !writer);
    if (writer)
        sqlite3_wal_hook(c->handle, log_grew, c->state);
    return execute(c, text);
}

static int sqlite_connect(struct engine_state *state, bool writer, struct sql **ret_db)
{
    struct sqlite_connection *c;
    int status = connect_plain(state, BUSY_SECONDS, &c);
    if (status < 0)
        return status;
    if ((status = connect_settings(c, writer)) < 0) {
        disconnect(&c->base);
        return status;
    }
    *ret_db = &c->base;
    return 0;
}

/* Whether the file is ours, or new: then it becomes ours. */
static int claim(struct sqlite_connection *c)
{
    int64_t id = 0, tables = 0, version = 0;
    int status = pragma_int(c, "PRAGMA application_id", &id);
    if (!status)
        status = pragma_int(c, "PRAGMA user_version", &version);
    if (!status)
        status = pragma_int(c, "SELECT count(*) FROM sqlite_master", &tables);
    if (status < 0 && (sqlite3_errcode(c->handle) & 0xff) == SQLITE_NOTADB)
        return err_set(ERR_INVALID, "%s: not a state of assay", c->state->path);
    if (status < 0)
        return status;
    if (id != APPLICATION_ID && (id || version || tables))
        return err_set(ERR_INVALID, "%s: a database of another program", c->state->path);
    return execute(c, "PRAGMA journal_mode = WAL");
}

static int sqlite_open(const char *where, struct engine_state **ret_state)
{
    /* Only to make it, with our mode, which the log then gets, too. A file that is there must not be opened
     * and closed beside SQLite: that would drop the locks that this process has on it. */
    _cleanup_fd_ int fd = open(where, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return err_errno("%s", where);

    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* nobody asks, and every allocation would take a lock */
    struct engine_state *state = mem_alloc(sizeof *state);
    state->path = strcpy(mem_alloc(strlen(where) + 1), where);
    pthread_mutex_init(&state->lock, NULL);
    pthread_cond_init(&state->wake, NULL);
    pthread_cond_init(&state->resume, NULL);
    pthread_cond_init(&state->ended, NULL);
    struct sqlite_connection *c = NULL;
    int status = connect_plain(state, BUSY_SECONDS, &c);
    if (!status)
        status = claim(c);
    if (c)
        disconnect(&c->base);
    if (status < 0)
        engine_sqlite.close(state);
    else
        *ret_state = state;
    return status;
}

/* The last connection to be closed has emptied the log by itself. */
static void sqlite_close(struct engine_state *state)
{
    pthread_mutex_lock(&state->lock);
    state->stop = true;
    pthread_cond_signal(&state->wake);
    pthread_mutex_unlock(&state->lock);
    if (state->has_checkpointer)
        pthread_join(state->checkpointer, NULL);
    pthread_cond_destroy(&state->wake);
    pthread_cond_destroy(&state->resume);
    pthread_cond_destroy(&state->ended);
    pthread_mutex_destroy(&state->lock);
    free(state->path);
    free(state);
}

static int sqlite_room(struct engine_state *state, uint64_t *ret_bytes)
{
    struct statvfs fs;
    if (statvfs(state->path, &fs) < 0)
        return err_errno("%s", state->path);
    *ret_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    return 0;
}

static int sqlite_version(struct sql *db, unsigned *ret_version)
{
    int64_t version = 0;
    int status = pragma_int((struct sqlite_connection *)db, "PRAGMA user_version", &version);
    *ret_version = (unsigned)version;
    return status;
}

static int sqlite_migrate(struct sql *db, const char *text, unsigned version)
{
    char numbers[96];
    snprintf(numbers, sizeof numbers, "PRAGMA user_version = %u; PRAGMA application_id = %d", version,
             APPLICATION_ID);
    int status = execute((struct sqlite_connection *)db, text);
    return status < 0 ? status : execute((struct sqlite_connection *)db, numbers);
}

static void writer_begins(struct engine_state *state)
{
    pthread_mutex_lock(&state->lock);
    while (state->restarting)
        pthread_cond_wait(&state->resume, &state->lock);
    state->writing = true;
    pthread_mutex_unlock(&state->lock);
}

/* Once a transaction has ended, in whichever way. */
static void writer_ended(struct sql *db)
{
    struct engine_state *state = ((struct sqlite_connection *)db)->state;
    if (!db->writer || !sqlite3_get_autocommit(handle_of(db)))
        return;
    pthread_mutex_lock(&state->lock);
    state->writing = false;
    pthread_cond_signal(&state->ended);
    pthread_mutex_unlock(&state->lock);
}

static int sqlite_begin(struct sql *db)
{
    if (!db->writer)
        return execute((struct sqlite_connection *)db, "BEGIN");
    writer_begins(((struct sqlite_connection *)db)->state);
    int status = execute((struct sqlite_connection *)db, "BEGIN IMMEDIATE");
    writer_ended(db); /* it never began */
    return status;
}

static int sqlite_commit(struct sql *db)
{
    int status = execute((struct sqlite_connection *)db, "COMMIT");
    writer_ended(db);
    return status;
}

/* Some errors have rolled back already. */
static void sqlite_rollback(struct sql *db)
{
    if (!sqlite3_get_autocommit(handle_of(db)))
        sqlite3_exec(handle_of(db), "ROLLBACK", NULL, NULL, NULL);
    writer_ended(db);
}

static int sqlite_prepare(struct sql *db, const char *text, struct statement **ret_statement)
{
    sqlite3_stmt *handle;
    if (sqlite3_prepare_v3(handle_of(db), text, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL) != SQLITE_OK)
        return failed((struct sqlite_connection *)db, text);
    struct sqlite_statement *s = mem_alloc(sizeof *s);
    s->handle = handle;
    *ret_statement = &s->base;
    return 0;
}

static void sqlite_finish(struct statement *s)
{
    sqlite3_finalize(stmt(s));
    free(s);
}

static void sqlite_reset(struct statement *s, bool bindings)
{
    sqlite3_reset(stmt(s));
    if (bindings)
        sqlite3_clear_bindings(stmt(s));
}

static int bound(struct statement *s, int code)
{
    return code == SQLITE_OK ? 0 : failed((struct sqlite_connection *)s->db, s->text);
}

static int sqlite_bind_int(struct statement *s, int at, int64_t value)
{
    return bound(s, sqlite3_bind_int64(stmt(s), at, value));
}

static int sqlite_bind_double(struct statement *s, int at, double value)
{
    return bound(s, sqlite3_bind_double(stmt(s), at, value));
}

/* Slices live until the statement is done (sql.h), so nothing is copied. */
static int sqlite_bind_text(struct statement *s, int at, struct str value)
{
    return bound(
        s, sqlite3_bind_text64(stmt(s), at, value.p ? value.p : "", value.n, SQLITE_STATIC, SQLITE_UTF8));
}

static int sqlite_bind_blob(struct statement *s, int at, const void *data, size_t n)
{
    return bound(s, n ? sqlite3_bind_blob64(stmt(s), at, data, n, SQLITE_STATIC)
                      : sqlite3_bind_zeroblob(stmt(s), at, 0));
}

static int sqlite_bind_null(struct statement *s, int at)
{
    return bound(s, sqlite3_bind_null(stmt(s), at));
}

static int sqlite_step(struct statement *s)
{
    int code = sqlite3_step(stmt(s));
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return code == SQLITE_ROW;
    return failed((struct sqlite_connection *)s->db, s->text);
}

static int64_t sqlite_changes(struct statement *s)
{
    return sqlite3_stmt_readonly(stmt(s)) ? 0 : sqlite3_changes(handle_of(s->db));
}

static int64_t sqlite_column_int(struct statement *s, int column)
{
    return sqlite3_column_int64(stmt(s), column);
}

static double sqlite_column_double(struct statement *s, int column)
{
    return sqlite3_column_double(stmt(s), column);
}

static struct str sqlite_column_str(struct statement *s, int column)
{
    const void *p = sqlite3_column_type(stmt(s), column) == SQLITE_BLOB
                        ? sqlite3_column_blob(stmt(s), column)
                        : sqlite3_column_text(stmt(s), column);
    return (struct str){p, p ? (size_t)sqlite3_column_bytes(stmt(s), column) : 0};
}

static bool sqlite_column_is_null(struct statement *s, int column)
{
    return sqlite3_column_type(stmt(s), column) == SQLITE_NULL;
}

const struct engine engine_sqlite = {
    .scheme = "sqlite",
    .steps = steps,
    .n_steps = sizeof steps / sizeof *steps,
    .open = sqlite_open,
    .close = sqlite_close,
    .connect = sqlite_connect,
    .disconnect = disconnect,
    .room = sqlite_room,
    .version = sqlite_version,
    .migrate = sqlite_migrate,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .prepare = sqlite_prepare,
    .finish = sqlite_finish,
    .reset = sqlite_reset,
    .bind_int = sqlite_bind_int,
    .bind_double = sqlite_bind_double,
    .bind_text = sqlite_bind_text,
    .bind_blob = sqlite_bind_blob,
    .bind_null = sqlite_bind_null,
    .step = sqlite_step,
    .changes = sqlite_changes,
    .column_int = sqlite_column_int,
    .column_double = sqlite_column_double,
    .column_str = sqlite_column_str,
    .column_is_null = sqlite_column_is_null,
};

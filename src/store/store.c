/* Connections and transactions: readers from a pool, writers one after another in the order they came. */
#include "store/store.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/engine.h"

enum { READERS_KEPT = 16 }; /* idle connections; more are opened as they are needed */

struct waiter {
    pthread_t thread;
    pthread_cond_t turn;
    bool go;
    struct waiter *next;
};

struct store {
    const struct engine *engine;
    struct engine_state *state;
    char partition[32], region[64];
    struct place place;

    pthread_mutex_t lock;
    struct sql *readers; /* idle ones */
    unsigned n_readers;
    struct sql *writer; /* NULL until somebody writes */
    bool writing;
    pthread_t writing_thread;
    struct waiter *first, **last; /* who waits to write */
    bool failed;                  /* to write, since that was last seen to work */

    void (*on_events)(void *ctx);
    void *on_events_ctx;
};

static const struct engine *const engines[] = {&engine_sqlite};

/* The engine of "scheme:..." and what follows; a mere path is SQLite's. */
static const struct engine *engine_of(const char *url, const char **ret_where)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        size_t n = strlen(engines[i]->scheme);
        if (!strncmp(url, engines[i]->scheme, n) && url[n] == ':') {
            *ret_where = url + n + 1;
            return engines[i];
        }
    }
    *ret_where = url;
    return strstr(url, "://") ? NULL : &engine_sqlite;
}

/* A connection for one transaction; when none can be had, what stands for it carries the error. */
static struct sql *connection(struct store *s, bool writer)
{
    struct sql *db;
    int status = s->engine->connect(s->state, writer, &db);
    if (status < 0) {
        db = mem_alloc(sizeof *db);
        sql_fail(db, status);
    } else {
        db->connected = true;
    }
    db->engine = s->engine;
    db->store = s;
    db->writer = writer;
    return db;
}

/* One step of the schema a transaction; sets *ret_done when there is none left. */
static int migrate_once(struct store *s, const char *where, bool *ret_done)
{
    unsigned version = 0;
    struct sql *db = store_writer(s);
    int status = sql_status(db);
    if (!status && (status = s->engine->version(db, &version)) < 0)
        sql_fail(db, status);
    *ret_done = version >= s->engine->n_steps;
    if (!status && version > s->engine->n_steps)
        status = sql_fail(db, err_set(ERR_UNSUPPORTED, "%s: written by a newer version of assay", where));
    if (!status && !*ret_done) {
        const struct schema_step *step = &s->engine->steps[version];
        if ((status = s->engine->migrate(db, step->text, version + 1)) < 0)
            sql_fail(db, err_context(status, "%s", step->name));
    }
    return store_commit(db);
}

static int migrate(struct store *s, const char *where)
{
    bool done = false;
    int status = 0;
    while (!status && !done)
        status = migrate_once(s, where, &done);
    return status;
}

int store_open(const char *url, const struct place *place, struct store **ret_store)
{
    const char *where;
    const struct engine *engine = engine_of(url, &where);
    if (!engine)
        return err_set(ERR_UNSUPPORTED, "'%s': no such kind of database", url);
    struct engine_state *state;
    int status = engine->open(where, &state);
    if (status < 0)
        return status;

    struct store *s = mem_alloc(sizeof *s);
    s->engine = engine;
    s->state = state;
    s->last = &s->first;
    snprintf(s->partition, sizeof s->partition, "%s", place->partition);
    snprintf(s->region, sizeof s->region, "%s", place->region);
    s->place = (struct place){s->partition, s->region};
    pthread_mutex_init(&s->lock, NULL);
    if ((status = migrate(s, where)) < 0) {
        store_close(s);
        return status;
    }
    *ret_store = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    assert(!s->writing);
    for (struct sql *db = s->readers, *next; db; db = next) {
        next = db->next;
        sql_close(db);
    }
    if (s->writer)
        sql_close(s->writer);
    s->engine->close(s->state);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const struct place *store_place(const struct store *s)
{
    return &s->place;
}

const struct place *sql_place(struct sql *db)
{
    return &db->store->place;
}

struct sql *store_reader(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    struct sql *db = s->readers;
    if (db) {
        s->readers = db->next;
        s->n_readers--;
    }
    pthread_mutex_unlock(&s->lock);
    if (!db)
        db = connection(s, false);
    sql_begin(db);
    return db;
}

static void return_reader(struct store *s, struct sql *db)
{
    pthread_mutex_lock(&s->lock);
    bool keep = db->connected && s->n_readers < READERS_KEPT;
    if (keep) {
        db->next = s->readers;
        s->readers = db;
        s->n_readers++;
    }
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        sql_close(db);
}

/* The writer who ends hands over to who has waited longest; nobody overtakes. */
struct sql *store_writer(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->writing) {
        assert(!pthread_equal(s->writing_thread, pthread_self())); /* it would wait for itself */
        struct waiter me = {.thread = pthread_self(), .turn = PTHREAD_COND_INITIALIZER};
        *s->last = &me;
        s->last = &me.next;
        while (!me.go)
            pthread_cond_wait(&me.turn, &s->lock);
        pthread_cond_destroy(&me.turn);
    } else {
        s->writing = true;
        s->writing_thread = pthread_self();
    }
    pthread_mutex_unlock(&s->lock);
    if (!s->writer)
        s->writer = connection(s, true);
    sql_begin(s->writer);
    return s->writer;
}

bool store_is_awaited(struct sql *db)
{
    struct store *s = db->store;
    pthread_mutex_lock(&s->lock);
    bool awaited = s->first;
    pthread_mutex_unlock(&s->lock);
    return awaited;
}

static void return_writer(struct store *s, struct sql *db)
{
    bool failed = db->status < 0;
    if (!db->connected) {
        s->writer = NULL;
        sql_close(db);
    }
    pthread_mutex_lock(&s->lock);
    s->failed |= failed;
    struct waiter *next = s->first;
    if (next) {
        if (!(s->first = next->next))
            s->last = &s->first;
        next->go = true; /* `writing` stays true, so that nobody overtakes */
        s->writing_thread = next->thread;
        pthread_cond_signal(&next->turn);
    } else {
        s->writing = false;
    }
    pthread_mutex_unlock(&s->lock);
}

static void give_back(struct sql *db)
{
    if (db->writer)
        return_writer(db->store, db);
    else
        return_reader(db->store, db);
}

int store_commit(struct sql *db)
{
    struct store *s = db->store;
    int status = sql_commit(db);
    bool events = db->events && !status;
    give_back(db);
    if (events && s->on_events)
        s->on_events(s->on_events_ctx);
    return status;
}

void store_release(struct sql *db)
{
    if (!db)
        return;
    sql_rollback(db);
    give_back(db);
}

/* Writes something, so that it is known whether that works (again). */
static int try_to_write(struct store *s)
{
    struct sql *db = store_writer(s);
    property_set(db, "written", (struct str){NULL, 0});
    int status = store_commit(db);
    if (status == 0) {
        pthread_mutex_lock(&s->lock);
        s->failed = false;
        pthread_mutex_unlock(&s->lock);
    }
    return status;
}

int store_writable(struct store *s)
{
    uint64_t room;
    int status = s->engine->room(s->state, &room);
    if (status < 0)
        return status;
    if (room < STORE_ROOM_LEAST)
        return err_set(ERR_LIMIT, "the disk is full: %llu bytes are left", (unsigned long long)room);
    pthread_mutex_lock(&s->lock);
    bool failed = s->failed;
    pthread_mutex_unlock(&s->lock);
    return failed ? try_to_write(s) : 0;
}

void store_on_events(struct store *s, void (*call)(void *ctx), void *ctx)
{
    s->on_events = call;
    s->on_events_ctx = ctx;
}

struct str property_get(struct sql *db, struct arena *a, const char *name)
{
    struct statement *s = sql_prepare(db, "SELECT value FROM property WHERE name = ?1");
    sql_bind_str(s, 1, str_from(name));
    struct str value = {NULL, 0};
    if (sql_next(s))
        value = arena_str(a, sql_str(s, 0));
    sql_reset(s);
    return value;
}

void property_set(struct sql *db, const char *name, struct str value)
{
    struct statement *s = sql_prepare(db, "INSERT INTO property (name, value) VALUES (?1, ?2)"
                                          " ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    sql_bind_str(s, 1, str_from(name));
    sql_bind_str(s, 2, value);
    sql_run(s);
}

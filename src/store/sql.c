/* What is the same for all engines: errors that stick, statements that are kept. */
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/vec.h"
#include "store/engine.h"

/* A connection keeps up to this many statements from one transaction to the next. */
enum { STATEMENTS_KEPT = 256 };

int sql_fail(struct sql *db, int code)
{
    if (!db->status) {
        db->status = code;
        snprintf(db->error, sizeof db->error, "%s", err_text());
    }
    return code;
}

int sql_status(struct sql *db)
{
    return db->status ? err_set(db->status, "%s", db->error) : 0;
}

static int compare_uses(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Finishes the half of the statements that was used longest ago. */
static void forget_old_statements(struct sql *db)
{
    VEC(uint64_t) uses = {0};
    struct map kept = {0};
    for (size_t i = 0; i < db->statements.n; i++)
        vec_add(&uses, ((struct statement *)db->statements.entries[i].value)->used);
    qsort(uses.at, uses.n, sizeof *uses.at, compare_uses);
    uint64_t limit = uses.at[uses.n / 2];
    vec_free(&uses);

    for (size_t i = 0; i < db->statements.n; i++) {
        struct statement *s = db->statements.entries[i].value;
        if (s->used > limit) {
            map_set(&kept, db->statements.entries[i].key, s);
            continue;
        }
        free(s->text);
        db->engine->finish(s);
    }
    map_free(&db->statements);
    db->statements = kept;
}

void sql_begin(struct sql *db)
{
    db->nothing.db = db;
    db->events = false;
    db->transaction++;
    if (!db->connected)
        return;
    db->status = 0;
    if (db->statements.n > STATEMENTS_KEPT)
        forget_old_statements(db);
    int status = db->engine->begin(db);
    if (status < 0)
        sql_fail(db, status);
}

/* Loops that were left early would keep their transaction open. */
static void reset_all(struct sql *db)
{
    for (size_t i = 0; i < db->statements.n; i++) {
        struct statement *s = db->statements.entries[i].value;
        if (s->used == db->transaction && s->running)
            sql_reset(s);
    }
}

int sql_commit(struct sql *db)
{
    if (!db->connected)
        return sql_status(db);
    reset_all(db);
    int status = db->status ? 0 : db->engine->commit(db);
    if (status < 0)
        sql_fail(db, status);
    if (db->status)
        db->engine->rollback(db);
    return sql_status(db);
}

void sql_rollback(struct sql *db)
{
    if (!db->connected)
        return;
    reset_all(db);
    db->engine->rollback(db);
}

void sql_close(struct sql *db)
{
    if (!db->connected) {
        free(db);
        return;
    }
    for (size_t i = 0; i < db->statements.n; i++) {
        struct statement *s = db->statements.entries[i].value;
        free(s->text);
        db->engine->finish(s);
    }
    map_free(&db->statements);
    db->engine->disconnect(db);
}

struct statement *sql_prepare(struct sql *db, const char *text)
{
    if (db->status)
        return &db->nothing;
    struct statement *s = map_get(&db->statements, str_from(text));
    if (s) {
        db->engine->reset(s, true);
    } else {
        int status = db->engine->prepare(db, text, &s);
        if (status < 0) {
            sql_fail(db, status);
            return &db->nothing;
        }
        s->db = db;
        s->text = mem_alloc(strlen(text) + 1);
        memcpy(s->text, text, strlen(text) + 1);
        map_set(&db->statements, str_from(s->text), s);
    }
    s->running = false;
    s->used = db->transaction;
    return s;
}

void sql_reset(struct statement *s)
{
    if (s->running)
        s->db->engine->reset(s, false);
    s->running = false;
}

/* Whether values may be bound now; a loop that was left early ends here. */
static bool bindable(struct statement *s)
{
    if (s->db->status)
        return false;
    sql_reset(s);
    return true;
}

static void note(struct statement *s, int status)
{
    if (status < 0)
        sql_fail(s->db, status);
}

void sql_bind_int(struct statement *s, int at, int64_t value)
{
    if (bindable(s))
        note(s, s->db->engine->bind_int(s, at, value));
}

void sql_bind_double(struct statement *s, int at, double value)
{
    if (bindable(s))
        note(s, s->db->engine->bind_double(s, at, value));
}

void sql_bind_str(struct statement *s, int at, struct str value)
{
    if (bindable(s))
        note(s, s->db->engine->bind_text(s, at, value));
}

void sql_bind_optional(struct statement *s, int at, struct str value)
{
    if (value.n)
        sql_bind_str(s, at, value);
    else
        sql_bind_null(s, at);
}

void sql_bind_blob(struct statement *s, int at, const void *data, size_t n)
{
    if (bindable(s))
        note(s, s->db->engine->bind_blob(s, at, data, n));
}

void sql_bind_null(struct statement *s, int at)
{
    if (bindable(s))
        note(s, s->db->engine->bind_null(s, at));
}

void sql_bind_time(struct statement *s, int at, int64_t time)
{
    if (time == TIME_NONE)
        sql_bind_null(s, at);
    else
        sql_bind_int(s, at, time);
}

bool sql_next(struct statement *s)
{
    if (s->db->status)
        return false;
    s->running = true;
    int status = s->db->engine->step(s);
    if (status > 0)
        return true;
    sql_reset(s);
    note(s, status);
    return false;
}

int64_t sql_run(struct statement *s)
{
    while (sql_next(s))
        ;
    return s->db->status ? s->db->status : s->db->engine->changes(s);
}

int64_t sql_run_int(struct statement *s, int64_t otherwise)
{
    int64_t value = otherwise;
    if (sql_next(s) && !sql_is_null(s, 0))
        value = sql_int(s, 0);
    sql_reset(s);
    return value;
}

int64_t sql_int(struct statement *s, int column)
{
    return s->running ? s->db->engine->column_int(s, column) : 0;
}

double sql_double(struct statement *s, int column)
{
    return s->running ? s->db->engine->column_double(s, column) : 0;
}

struct str sql_str(struct statement *s, int column)
{
    return s->running ? s->db->engine->column_str(s, column) : (struct str){NULL, 0};
}

bool sql_is_null(struct statement *s, int column)
{
    return !s->running || s->db->engine->column_is_null(s, column);
}

int64_t sql_time(struct statement *s, int column)
{
    return sql_is_null(s, column) ? TIME_NONE : sql_int(s, column);
}

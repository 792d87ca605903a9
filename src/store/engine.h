/* What an engine of the store provides, and what sql.c and store.c share: internal to the three.
 *
 * An engine (sqlite.c) opens connections, runs statements and keeps the number of the last schema step. It
 * reports errors by return value; that they stick, that statements are kept and transactions take turns is
 * the same for all engines.
 */
#ifndef ASSAY_STORE_ENGINE_H
#define ASSAY_STORE_ENGINE_H

#include "base/map.h"
#include "store/store.h"

struct statement {
    struct sql *db;
    char *text;
    uint64_t used; /* number of the transaction that used it last */
    bool running;  /* between its first step and its reset */
};

struct sql {
    const struct engine *engine;
    struct store *store;
    bool connected, writer, events; /* events: some were written in this transaction */
    int status;                     /* the first error of the transaction */
    char error[512];
    uint64_t transaction;
    struct map statements;    /* by text */
    struct statement nothing; /* stands for every statement once status is set */
    struct sql *next;         /* in the pool */
};

struct schema_step {
    const char *name, *text;
};

struct engine_state; /* what the connections of a store share */

struct engine {
    const char *scheme; /* of the URL: "sqlite" */
    const struct schema_step *steps;
    unsigned n_steps;

    int (*open)(const char *where, struct engine_state **ret_state);
    void (*close)(struct engine_state *state);
    /* Sets nothing but what is the engine's own in *ret_db. */
    int (*connect)(struct engine_state *state, bool writer, struct sql **ret_db);
    void (*disconnect)(struct sql *db);
    /* Bytes by which the state can still grow. */
    int (*room)(struct engine_state *state, uint64_t *ret_bytes);
    /* How many steps of the schema the state has been through. */
    int (*version)(struct sql *db, unsigned *ret_version);
    /* Runs one step, as number `version`, within the transaction. */
    int (*migrate)(struct sql *db, const char *text, unsigned version);

    int (*begin)(struct sql *db);
    int (*commit)(struct sql *db);
    void (*rollback)(struct sql *db);

    int (*prepare)(struct sql *db, const char *text, struct statement **ret_statement);
    void (*finish)(struct statement *s);
    /* Ends the loop, and forgets what is bound if `bindings`. */
    void (*reset)(struct statement *s, bool bindings);
    int (*bind_int)(struct statement *s, int at, int64_t value);
    int (*bind_double)(struct statement *s, int at, double value);
    int (*bind_text)(struct statement *s, int at, struct str value);
    int (*bind_blob)(struct statement *s, int at, const void *data, size_t n);
    int (*bind_null)(struct statement *s, int at);
    int (*step)(struct statement *s); /* 1: a row, 0: the end */
    int64_t (*changes)(struct statement *s);
    int64_t (*column_int)(struct statement *s, int column);
    double (*column_double)(struct statement *s, int column);
    struct str (*column_str)(struct statement *s, int column);
    bool (*column_is_null)(struct statement *s, int column);
};

extern const struct engine engine_sqlite;

/* sql.c: a transaction begins (with or without an error that is set), and ends. */
void sql_begin(struct sql *db);
int sql_commit(struct sql *db);
void sql_rollback(struct sql *db);
/* Frees a connection with its statements. */
void sql_close(struct sql *db);

/* The transaction has written events: the listener is called once it is committed. */
static inline void sql_has_events(struct sql *db)
{
    db->events = true;
}

#endif

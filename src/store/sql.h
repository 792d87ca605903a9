/* SQL to one of the engines: the part of the store that knows which one it is (sqlite.c; more to come).
 *
 * The text of a statement is the part of SQL that SQLite (3.35 on) and PostgreSQL share: ON CONFLICT,
 * RETURNING, ?1 for parameters (numbered from 1), no AUTOINCREMENT idioms, no rowid. A connection is used by
 * one thread at a time, from store_reader() or store_writer() on.
 *
 * Errors stick: the first one of a transaction is kept, later calls do nothing, and sql_status() or
 * store_commit() return it with its text. So statements are run one after another and checked once.
 */
#ifndef ASSAY_STORE_SQL_H
#define ASSAY_STORE_SQL_H

#include "base/str.h"

struct sql;       /* a connection within a transaction */
struct statement; /* belongs to its connection, which keeps it prepared for the next time */

/* `text` stands for itself: equal texts share one prepared statement. Never NULL. A statement is used by one
 * loop at a time: preparing the same text again resets it. */
struct statement *sql_prepare(struct sql *db, const char *text);
void sql_bind_int(struct statement *s, int at, int64_t value);
void sql_bind_double(struct statement *s, int at, double value);
/* The empty string is a string; slices live until the statement is done. */
void sql_bind_str(struct statement *s, int at, struct str value);
/* NULL when the string is empty. */
void sql_bind_optional(struct statement *s, int at, struct str value);
void sql_bind_blob(struct statement *s, int at, const void *data, size_t n);
void sql_bind_null(struct statement *s, int at);
/* NULL for TIME_NONE. */
void sql_bind_time(struct statement *s, int at, int64_t time);

/* The next row: true, or false at the end or on an error; the statement is then reset. */
bool sql_next(struct statement *s);
/* Runs to the end and says how many rows were changed; < 0 on error. */
int64_t sql_run(struct statement *s);
/* The first column of the only row (of RETURNING id, count(*)); `otherwise` when there is none. */
int64_t sql_run_int(struct statement *s, int64_t otherwise);

/* Columns from 0, of the present row; slices live until the next sql_next(). */
int64_t sql_int(struct statement *s, int column);
double sql_double(struct statement *s, int column);
struct str sql_str(struct statement *s, int column); /* text or blob; empty for NULL */
bool sql_is_null(struct statement *s, int column);
int64_t sql_time(struct statement *s, int column); /* TIME_NONE for NULL */

/* Ends a loop before its last row. Not needed after sql_next() gave false. */
void sql_reset(struct statement *s);

/* 0, or the first error since the transaction began; err_text() then says what. ERR_LIMIT: the disk is full.
 */
int sql_status(struct sql *db);
/* Makes the transaction fail with the present error text: for errors found by those who use it. Returns
 * `code`. */
int sql_fail(struct sql *db, int code);

#endif

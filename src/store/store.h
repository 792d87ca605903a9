/* The state of a server: opened once, shared by all threads.
 *
 * Reading and writing happen within transactions. A reader sees one state of everything from its first
 * statement to its release and never waits; writers take turns. Everything that belongs together, its events
 * too, is written in one transaction, and exists wholly or not at all, whatever happens to the process.
 */
#ifndef ASSAY_STORE_STORE_H
#define ASSAY_STORE_STORE_H

#include "store/sql.h"
#include "store/types.h"

struct store;

/* `url`: a path or "sqlite:PATH". Creates the file (mode 0600) and brings its schema up to date.
 * ERR_UNSUPPORTED for a state written by a newer program, ERR_INVALID for what is no such file. */
int store_open(const char *url, const struct place *place, struct store **ret_store);
void store_close(struct store *s);
const struct place *store_place(const struct store *s);

/* A read transaction, from a pool; never NULL (when none can be had its status is the error). */
struct sql *store_reader(struct store *s);
/* A write transaction; waits for its turn. Who reads at the same time should not begin to write meanwhile: an
 * open reader keeps the log from being begun anew, and the writer may then have to wait a second for that. */
struct sql *store_writer(struct store *s);
/* Whether somebody waits for the end of this write transaction. */
bool store_is_awaited(struct sql *db);
/* 0 when it is written (or was only reading): the end of the process takes nothing away any more. A loss of
 * power may take the transactions of the last moments, the last first and each as a whole, since they are not
 * waited for to reach the disk. Else nothing was written. Ends the transaction and gives the connection back
 * in any case. */
int store_commit(struct sql *db);
/* Gives it back, writing nothing. Accepts NULL. */
void store_release(struct sql *db);
static inline void store_release_cleanup(struct sql **db)
{
    store_release(*db);
}
const struct place *sql_place(struct sql *db);

/* Whether changes can be written: 0; ERR_LIMIT when less than STORE_ROOM_LEAST bytes are left for them. When
 * one failed, another is made now, in its turn, and its error is the answer. */
enum { STORE_ROOM_LEAST = 4 << 20 };
int store_writable(struct store *s);

/* Called after every commit that wrote events, by the thread that committed; one listener. */
void store_on_events(struct store *s, void (*call)(void *ctx), void *ctx);

/* property: what concerns the whole server. The value is copied; empty when it was never set. */
struct str property_get(struct sql *db, struct arena *a, const char *name);
void property_set(struct sql *db, const char *name, struct str value);

#endif

/* The three forms of rpm's database of installed packages, read without rpm's library.
 *
 * A reader borrows the file and hands each package's header to the visitor, valid for the length of that
 * call. What concerns one package only goes to fault() and the reading goes on; what makes the rest
 * unreadable is returned. Whatever the file states, no more bytes are handed out than the file has: that
 * bounds the work on hostile ones.
 */
#ifndef ASSAY_ECOSYSTEM_RPMDB_H
#define ASSAY_ECOSYSTEM_RPMDB_H

#include "view/view.h"

struct rpmdb_visitor {
    void (*header)(void *ctx, struct str blob);
    void (*fault)(void *ctx, int code); /* err_text() says what */
    void *ctx;
};

/* Tells the form by the first bytes and reads it. ERR_INVALID, ERR_LIMIT, ERR_UNSUPPORTED, or what the view
 * says. */
int rpmdb_read(struct view_file *file, const struct rpmdb_visitor *visitor);

int rpmdb_read_bdb(struct view_file *file, const struct rpmdb_visitor *visitor);
int rpmdb_read_ndb(struct view_file *file, const struct rpmdb_visitor *visitor);
int rpmdb_read_sqlite(struct view_file *file, const struct rpmdb_visitor *visitor);

/* Exactly `n` bytes at `offset`, or ERR_INVALID: the database states more than it has. */
int rpmdb_read_at(struct view_file *file, uint64_t offset, void *to, size_t n);

#endif

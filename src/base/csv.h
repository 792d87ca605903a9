/* Comma-separated values (RFC 4180), read record by record from text in memory.
 *
 * The reader owns what it had to unquote; the text is the caller's. Lines may end in LF or CR LF, the last
 * one need not end. An empty line is a record of one empty field. Blanks belong to their field.
 */
#ifndef ASSAY_BASE_CSV_H
#define ASSAY_BASE_CSV_H

#include "base/arena.h"
#include "base/vec.h"

struct csv {
    struct str rest;
    unsigned line;          /* of the present record, from 1 */
    VEC(struct str) fields; /* of the present record, valid until the next */
    unsigned next_line;     /* internal */
    char separator;         /* internal */
    struct arena *arena;    /* internal */
};

/* Cap on the fields of one record: over it ERR_LIMIT. */
enum { CSV_FIELDS_MAX = 4096 };

/* `separator` is mostly ','. Undo with csv_free(). */
struct csv csv_new(struct str text, char separator);
void csv_free(struct csv *c);

/* Reads the next record into c->fields: 1, or 0 at the end. ERR_INVALID with the line for a quote within a
 * field or one that is never closed; reading ends there. */
int csv_next(struct csv *c);

/* The field, or the empty slice when the record has no such. */
static inline struct str csv_field(const struct csv *c, size_t i)
{
    return i < c->fields.n ? c->fields.at[i] : (struct str){NULL, 0};
}

/* Index of the field with this text, as of a header record; -1 without one. */
int csv_find(const struct csv *c, const char *name);

#endif

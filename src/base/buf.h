/* A growing byte buffer with a cap given at creation.
 *
 * Going over the cap fails with ERR_LIMIT once; later writes are then ignored and keep failing, so that a
 * sequence of appends may be checked at its end with buf_status().
 */
#ifndef ASSAY_BASE_BUF_H
#define ASSAY_BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p; /* owned; always followed by a NUL byte once anything was written */
    size_t n, size, cap;
    int status; /* 0 or ERR_LIMIT */
};

/* `cap` in bytes of content, > 0. */
static inline struct buf buf_new(size_t cap)
{
    return (struct buf){.cap = cap};
}
void buf_free(struct buf *b);
int buf_add(struct buf *b, const void *data, size_t n);
int buf_add_str(struct buf *b, struct str s);
int buf_add_c(struct buf *b, char c);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `n` more bytes, to be filled at b->p + b->n by the caller, who then adds to b->n. NULL over the
 * cap. */
char *buf_reserve(struct buf *b, size_t n);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->p, b->n};
}
static inline int buf_status(const struct buf *b)
{
    return b->status;
}

#endif

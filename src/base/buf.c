#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.cap = b->cap};
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (b->status)
        return NULL;
    if (n > b->cap - b->n) {
        b->status = err_set(ERR_LIMIT, "more than %zu bytes", b->cap);
        return NULL;
    }
    if (b->n + n + 1 > b->size) {
        size_t size = b->size ? b->size : 256;
        while (size < b->n + n + 1)
            size *= 2;
        b->p = mem_grow(b->p, size, 1);
        b->size = size;
        b->p[b->n] = 0;
    }
    return b->p + b->n;
}

int buf_add(struct buf *b, const void *data, size_t n)
{
    char *to = buf_reserve(b, n);
    if (!to)
        return b->status;
    if (n)
        memcpy(to, data, n);
    b->n += n;
    b->p[b->n] = 0;
    return 0;
}

int buf_add_str(struct buf *b, struct str s)
{
    return buf_add(b, s.p, s.n);
}

int buf_add_c(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

int buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return err_set(ERR_INVALID, "unprintable format");
    char *to = buf_reserve(b, (size_t)n);
    if (!to)
        return b->status;
    va_start(args, format);
    vsnprintf(to, (size_t)n + 1, format, args);
    va_end(args);
    b->n += (size_t)n;
    return 0;
}

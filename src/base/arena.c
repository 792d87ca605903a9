#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum { BLOCK_SIZE = 64 * 1024, ALIGN = _Alignof(max_align_t) };

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(max_align_t) char data[];
};

struct arena {
    struct block *blocks; /* the one being filled first */
    size_t used, cap;
};

struct arena *arena_new(size_t cap)
{
    struct arena *a = mem_alloc(sizeof *a);
    a->cap = cap;
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

void arena_reset(struct arena *a)
{
    while (a->blocks && a->blocks->next) {
        struct block *b = a->blocks;
        a->blocks = b->next;
        free(b);
    }
    if (a->blocks) {
        memset(a->blocks->data, 0, a->blocks->used);
        a->blocks->used = 0;
    }
    a->used = 0;
}

static struct block *block_new(size_t size)
{
    struct block *b = mem_alloc(sizeof *b + size);
    b->size = size;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t rounded;
    if (__builtin_add_overflow(size, ALIGN - 1, &rounded))
        mem_exhausted(size);
    rounded &= ~(size_t)(ALIGN - 1);
    if (__builtin_add_overflow(a->used, rounded, &a->used) || (a->cap && a->used > a->cap))
        mem_exhausted(size);

    struct block *b = a->blocks;
    if (!b || b->size - b->used < rounded) {
        struct block *fresh = block_new(rounded > BLOCK_SIZE / 4 ? rounded : BLOCK_SIZE);
        if (b && fresh->size == rounded) { /* a large piece goes behind the block that still has room */
            fresh->next = b->next;
            b->next = fresh;
        } else {
            fresh->next = b;
            a->blocks = fresh;
        }
        b = fresh;
    }
    void *p = b->data + b->used;
    b->used += rounded;
    return p;
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        mem_exhausted(count);
    return arena_alloc(a, total);
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

const char *arena_cstr(struct arena *a, struct str s)
{
    return arena_str(a, s).p;
}

/* nonnull: without it gcc with UBSan warns of a null format. */
__attribute__((nonnull(2))) struct str arena_printf(struct arena *a, const char *format, ...)
{
    char most[512]; /* nearly all are that short, and so need not be formatted a second time */
    va_list args;
    va_start(args, format);
    int n = vsnprintf(most, sizeof most, format, args);
    va_end(args);
    if (n < 0)
        return (struct str){NULL, 0};
    if ((size_t)n < sizeof most)
        return arena_str(a, (struct str){most, (size_t)n});
    char *p = arena_alloc(a, (size_t)n + 1);
    va_start(args, format);
    vsnprintf(p, (size_t)n + 1, format, args);
    va_end(args);
    return (struct str){p, (size_t)n};
}

struct str arena_lower(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = to_lower(s.p[i]);
    return (struct str){p, s.n};
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

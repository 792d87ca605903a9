/* Reading varints and pools (format.h) out of a mapped file that may be damaged: every access is checked.
 *
 * Nothing here owns memory: slices point into the map.
 */
#ifndef ASSAY_ADVISORY_POOL_H
#define ASSAY_ADVISORY_POOL_H

#include "advisory/format.h"

/* A place in a run of bytes. Reading past its end, or a varint over 64 bits, gives zeros and sets `bad`. */
struct cursor {
    const uint8_t *p, *end;
    bool bad;
};

static inline struct cursor cursor_of(struct str s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    return (struct cursor){p, p + s.n, false};
}

static inline uint64_t cursor_u64(struct cursor *c)
{
    if (c->p < c->end && *c->p < 0x80)
        return *c->p++;
    uint64_t value = 0;
    for (unsigned shift = 0; c->p < c->end && shift < 64; shift += 7) {
        uint8_t byte = *c->p++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    c->bad = true;
    c->p = c->end;
    return 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    uint64_t value = cursor_u64(c);
    if (value > UINT32_MAX)
        c->bad = true;
    return value > UINT32_MAX ? 0 : (uint32_t)value;
}

static inline struct str cursor_bytes(struct cursor *c, uint64_t n)
{
    if (n > (uint64_t)(c->end - c->p)) {
        c->bad = true;
        c->p = c->end;
        n = 0;
    }
    struct str s = {(const char *)c->p, n};
    c->p += n;
    return s;
}

/* A length and as many bytes. */
static inline struct str cursor_str(struct cursor *c)
{
    return cursor_bytes(c, cursor_u64(c));
}

/* A count of items that take a byte each at least: 0 and `bad` when they cannot be there. */
static inline uint32_t cursor_count(struct cursor *c)
{
    uint64_t n = cursor_u64(c);
    if (n > (uint64_t)(c->end - c->p) || n > DB_LIST_MAX) {
        c->bad = true;
        return 0;
    }
    return (uint32_t)n;
}

struct pool {
    struct str bytes;
    const uint32_t *at;
    uint32_t n;
};

/* String `number`; false when there is none or the pool is damaged there. */
bool pool_get(const struct pool *p, uint32_t number, struct str *ret_string);
/* String `number` of a front-coded pool, into `ret_text` of `size` bytes; 0 when it does not fit or is
 * damaged. */
size_t pool_get_front(const struct pool *p, uint32_t number, char *ret_text, size_t size);
/* The string among the sorted [from, to) that equals `s`. */
bool pool_find(const struct pool *p, uint32_t from, uint32_t to, struct str s, uint32_t *ret_number);

/* Calls `each` for every string in turn; false when the pool is damaged, or as soon as `each` says so. */
bool pool_walk(const struct pool *p, bool front, bool (*each)(void *ctx, uint32_t number, struct str s),
               void *ctx);

#endif

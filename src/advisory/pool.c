#include "advisory/pool.h"

/* At the string that begins the block of `number`. */
static struct cursor pool_block(const struct pool *p, uint32_t number)
{
    struct cursor c = cursor_of(p->bytes);
    if (number >= p->n || p->at[number / DB_BLOCK] > p->bytes.n)
        return (struct cursor){c.end, c.end, true};
    c.p += p->at[number / DB_BLOCK];
    return c;
}

bool pool_get(const struct pool *p, uint32_t number, struct str *ret_string)
{
    struct cursor c = pool_block(p, number);
    for (uint32_t i = number % DB_BLOCK; i && !c.bad; i--)
        cursor_str(&c);
    struct str s = cursor_str(&c);
    if (c.bad)
        return false;
    *ret_string = s;
    return true;
}

/* The next string of a front-coded pool, over the one before it in `text`; its length. */
static size_t front_next(struct cursor *c, char *text, size_t size, size_t before)
{
    uint64_t shared = cursor_u64(c);
    struct str rest = cursor_str(c);
    if (shared > before || rest.n > size - shared) {
        c->bad = true;
        return 0;
    }
    if (rest.n)
        memcpy(text + shared, rest.p, rest.n);
    return shared + rest.n;
}

size_t pool_get_front(const struct pool *p, uint32_t number, char *ret_text, size_t size)
{
    struct cursor c = pool_block(p, number);
    size_t n = 0;
    for (uint32_t i = 0; i <= number % DB_BLOCK && !c.bad; i++)
        n = front_next(&c, ret_text, size, n);
    return c.bad ? 0 : n;
}

bool pool_find(const struct pool *p, uint32_t from, uint32_t to, struct str s, uint32_t *ret_number)
{
    /* Blocks first: their first strings are found without steps. */
    while (from < to) {
        uint32_t middle = from + (to - from) / 2, block = middle / DB_BLOCK * DB_BLOCK;
        if (block >= from && to - from > DB_BLOCK)
            middle = block;
        struct str at;
        if (!pool_get(p, middle, &at))
            return false;
        int order = str_cmp(s, at);
        if (order == 0) {
            *ret_number = middle;
            return true;
        }
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return false;
}

bool pool_walk(const struct pool *p, bool front, bool (*each)(void *ctx, uint32_t number, struct str s),
               void *ctx)
{
    char text[DB_LINK_MAX + 1];
    struct cursor c = cursor_of(p->bytes);
    size_t n = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (i % DB_BLOCK == 0) {
            if (p->at[i / DB_BLOCK] != (size_t)((const char *)c.p - p->bytes.p))
                return false;
            n = 0;
        }
        struct str s;
        if (front)
            s = (struct str){text, n = front_next(&c, text, sizeof text, n)};
        else
            s = cursor_str(&c);
        if (c.bad || !each(ctx, i, s))
            return false;
    }
    return c.p == c.end;
}

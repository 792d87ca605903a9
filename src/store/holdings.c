#include "store/holdings.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "store/packed.h"

enum { LINE_TEXTS = 5, OS_NUMBERS = 6 };

/* ---- writing ---- */

static void put_number(struct buf *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_add_c(to, (char)(value | 0x80));
    buf_add_c(to, (char)value);
}

struct strings {
    struct map numbers; /* string -> number, as a pointer */
    struct buf bytes;
};

static uint64_t number_of_string(struct strings *s, struct str text)
{
    if (!text.n)
        return 0;
    void **at = map_at(&s->numbers, text);
    if (!*at) {
        *at = (void *)(uintptr_t)s->numbers.n;
        put_number(&s->bytes, text.n);
        buf_add_str(&s->bytes, text);
    }
    return (uintptr_t)*at;
}

static void strings_free(struct strings *s)
{
    map_free(&s->numbers);
    buf_free(&s->bytes);
}

static uint64_t flags_of(const struct holding *h)
{
    return (uint64_t)h->manager << 2 | (uint64_t)h->owned << 1 | h->dev;
}

static bool is_like(const struct holdings_line *a, const struct holdings_line *b)
{
    return flags_of(&a->holding) == flags_of(&b->holding) && str_eq(a->holding.path, b->holding.path) &&
           str_eq(a->holding.layer, b->holding.layer) && str_eq(a->owner, b->owner) &&
           str_eq(a->license, b->license) && str_eq(a->digest, b->digest);
}

/* `before`: NULL for the first one. */
static void put_line(struct buf *to, struct strings *s, const struct holdings_line *l,
                     const struct holdings_line *before)
{
    const struct holding *h = &l->holding;
    bool like = before && is_like(l, before);
    put_number(to, (uint64_t)(h->package - (before ? before->holding.package : 0)) << 1 | like);
    if (like)
        return;
    put_number(to, flags_of(h));
    const struct str texts[LINE_TEXTS] = {h->path, h->layer, l->owner, l->license, l->digest};
    for (size_t i = 0; i < LINE_TEXTS; i++)
        put_number(to, number_of_string(s, texts[i]));
}

int holdings_encode(const struct holdings *h, struct buf *to)
{
    _cleanup_(strings_free) struct strings strings = {.bytes = buf_new(PACKED_MAX)};
    _cleanup_(buf_free) struct buf lines = buf_new(PACKED_MAX), body = buf_new(PACKED_MAX);
    const struct os *os = &h->os;
    const struct str texts[OS_NUMBERS] = {os->family, os->version, os->codename,
                                          os->name,   os->like,    h->target_kind};
    for (size_t i = 0; i < OS_NUMBERS; i++)
        put_number(&lines, number_of_string(&strings, texts[i]));
    put_number(&lines, h->n);
    for (size_t i = 0; i < h->n; i++)
        put_line(&lines, &strings, &h->lines[i], i ? &h->lines[i - 1] : NULL);
    put_number(&body, strings.numbers.n);
    buf_add_str(&body, buf_str(&strings.bytes));
    if (buf_add_str(&body, buf_str(&lines)) < 0 || buf_status(&lines) < 0 || buf_status(&strings.bytes) < 0)
        return err_set(ERR_LIMIT, "inventory: over %d bytes", PACKED_MAX);
    return packed_put(to, buf_str(&body));
}

/* ---- reading ---- */

struct reader {
    const unsigned char *at, *end;
    bool bad;
    struct str *strings;
    uint64_t n_strings;
};

static uint64_t get_number(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        unsigned char byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    r->bad = true;
    return 0;
}

static struct str get_string(struct reader *r)
{
    uint64_t number = get_number(r);
    if (number > r->n_strings)
        r->bad = true;
    return r->bad || !number ? (struct str){NULL, 0} : r->strings[number - 1];
}

/* How many of `size` bytes at least each follow; 0, and bad, when there is no room for them. */
static uint64_t get_count(struct reader *r, size_t size)
{
    uint64_t n = get_number(r);
    if (n > (size_t)(r->end - r->at) / size)
        r->bad = true;
    return r->bad ? 0 : n;
}

static void get_strings(struct reader *r, struct arena *a)
{
    r->n_strings = get_count(r, 1);
    r->strings = arena_new_array(a, struct str, r->n_strings);
    for (uint64_t i = 0; i < r->n_strings; i++) {
        uint64_t n = get_number(r);
        if (n > (size_t)(r->end - r->at))
            r->bad = true;
        if (r->bad)
            return;
        r->strings[i] = (struct str){(const char *)r->at, n};
        r->at += n;
    }
}

/* `before`: NULL for the first one. */
static void get_line(struct reader *r, struct holdings_line *l, const struct holdings_line *before)
{
    uint64_t step = get_number(r);
    int64_t package = before ? before->holding.package : 0;
    bool like = step & 1;
    if ((like && !before) || step >> 1 > (uint64_t)(INT64_MAX - package))
        r->bad = true;
    if (r->bad)
        return;
    if (like)
        *l = *before;
    l->holding.package = package + (int64_t)(step >> 1);
    if (like)
        return;
    uint64_t flags = get_number(r);
    l->holding.manager = (enum package_manager)(flags >> 2 & 0xff);
    l->holding.owned = flags & 2;
    l->holding.dev = flags & 1;
    l->holding.path = get_string(r);
    l->holding.layer = get_string(r);
    l->owner = get_string(r);
    l->license = get_string(r);
    l->digest = get_string(r);
}

int holdings_decode(struct arena *a, struct str content, struct holdings *ret_holdings)
{
    struct str body = {0};
    int status = packed_get(a, "inventory", content, &body);
    if (status < 0)
        return status;
    struct reader r = {.at = (const unsigned char *)body.p, .end = (const unsigned char *)body.p + body.n};
    struct holdings h = {0};
    get_strings(&r, a);
    struct str *const texts[OS_NUMBERS] = {&h.os.family, &h.os.version, &h.os.codename,
                                           &h.os.name,   &h.os.like,    &h.target_kind};
    for (size_t i = 0; i < OS_NUMBERS; i++)
        *texts[i] = get_string(&r);
    h.n = get_count(&r, 1);
    if (h.n > PACKAGES_MAX)
        return err_set(ERR_INVALID, "inventory: damaged, over %d packages", PACKAGES_MAX);
    h.lines = arena_new_array(a, struct holdings_line, h.n);
    for (size_t i = 0; i < h.n && !r.bad; i++)
        get_line(&r, &h.lines[i], i ? &h.lines[i - 1] : NULL);
    if (r.bad || r.at != r.end)
        return err_set(ERR_INVALID, "inventory: damaged, byte %zu of %zu",
                       (size_t)((const char *)r.at - body.p), body.n);
    *ret_holdings = h;
    return 0;
}

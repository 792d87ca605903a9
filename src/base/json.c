#include "base/json.h"

#include <stdio.h>

#include "base/err.h"

enum { JSON_VALUE_SIZE = 16 };
_Static_assert(sizeof(yyjson_val) == JSON_VALUE_SIZE, "a value of yyjson");

/* yyjson allocates through the arena; freed pieces stay until the arena goes. The writer is not used. What
 * grows is the array of values: the first time that happens it gets room for all that there can be, so that
 * no outgrown copies of it are left behind. Room that is never written to costs no memory. */
struct growing {
    struct arena *arena;
    size_t room; /* bytes that the values can need */
    void *values;
};

static void *json_malloc(void *ctx, size_t size)
{
    struct growing *g = ctx;
    return arena_alloc(g->arena, size);
}

static void *json_realloc(void *ctx, void *p, size_t old_size, size_t size)
{
    struct growing *g = ctx;
    if (p == g->values && size <= g->room)
        return p;
    void *grown = arena_alloc(g->arena, size > g->room ? size : g->room);
    memcpy(grown, p, old_size < size ? old_size : size);
    g->values = grown;
    return grown;
}

static void json_free(void *ctx, void *p)
{
    (void)ctx;
    (void)p;
}

/* The most values that the text can hold: each but the first follows one of these characters. Counted only
 * where the length alone does not say that they are few enough. */
static size_t values_at_most(struct str text)
{
    size_t n = text.n / 2 + 1;
    if (n <= JSON_VALUES_MAX)
        return n;
    n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == ',' || text.p[i] == ':' || text.p[i] == '[' || text.p[i] == '{';
    return n;
}

static int parse(struct arena *a, struct str text, yyjson_read_flag flags, json_val **ret_root)
{
    size_t most = values_at_most(text);
    if (most > JSON_VALUES_MAX)
        return err_set(ERR_LIMIT, "JSON: more than %d values", JSON_VALUES_MAX);
    struct growing growing = {.arena = a, .room = (most + most / 2 + 64) * JSON_VALUE_SIZE};
    yyjson_alc alc = {json_malloc, json_realloc, json_free, &growing};
    yyjson_read_err error;
    if (str_starts(text, STR("\xef\xbb\xbf"))) /* editors on Windows begin their files with it */
        text = str_slice(text, 3, text.n);
    if (!text.n)
        return err_set(ERR_INVALID, "JSON: empty input");
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, flags, &alc, &error);
    if (!doc)
        return err_set(ERR_INVALID, "JSON: %s at byte %zu", error.msg, error.pos);
    *ret_root = yyjson_doc_get_root(doc);
    return 0;
}

int json_parse(struct arena *a, struct str text, json_val **ret_root)
{
    return parse(a, text, YYJSON_READ_NOFLAG, ret_root);
}

int json_parse_lax(struct arena *a, struct str text, json_val **ret_root)
{
    return parse(a, text, YYJSON_READ_ALLOW_COMMENTS | YYJSON_READ_ALLOW_TRAILING_COMMAS, ret_root);
}

static void newline(struct json_out *o)
{
    if (!o->pretty)
        return;
    buf_add_c(o->to, '\n');
    for (int i = 0; i < o->depth; i++)
        buf_add(o->to, "  ", 2);
}

/* Before any value or key: the comma, and the line break of pretty output. */
static void separate(struct json_out *o)
{
    if (o->need_comma)
        buf_add_c(o->to, ',');
    if (o->depth && !o->after_key)
        newline(o);
    o->after_key = false;
}

static void open_with(struct json_out *o, char c)
{
    separate(o);
    buf_add_c(o->to, c);
    o->depth++;
    o->need_comma = false;
}

static void close_with(struct json_out *o, char c)
{
    o->depth--;
    if (o->need_comma)
        newline(o);
    buf_add_c(o->to, c);
    o->need_comma = true;
}

void json_begin_object(struct json_out *o)
{
    open_with(o, '{');
}

void json_end_object(struct json_out *o)
{
    close_with(o, '}');
}

void json_begin_array(struct json_out *o)
{
    open_with(o, '[');
}

void json_end_array(struct json_out *o)
{
    close_with(o, ']');
}

static void escape(struct buf *to, char c)
{
    switch (c) {
    case '"':
    case '\\':
        buf_add_c(to, '\\');
        buf_add_c(to, c);
        return;
    case '\n':
        buf_add(to, "\\n", 2);
        return;
    case '\r':
        buf_add(to, "\\r", 2);
        return;
    case '\t':
        buf_add(to, "\\t", 2);
        return;
    default:
        buf_printf(to, "\\u%04x", (unsigned char)c);
    }
}

static void quoted(struct buf *to, struct str s)
{
    buf_add_c(to, '"');
    while (s.n) {
        size_t plain = 0, wide = 1;
        while (plain < s.n && (unsigned char)s.p[plain] >= 0x20 && s.p[plain] != '"' && s.p[plain] != '\\' &&
               (wide = utf8_length(str_slice(s, plain, s.n))))
            plain += wide;
        buf_add(to, s.p, plain);
        s = str_slice(s, plain, s.n);
        if (!s.n)
            break;
        if (!utf8_length(s))
            buf_add(to, "\xef\xbf\xbd", 3);
        else
            escape(to, s.p[0]);
        s = str_slice(s, 1, s.n);
    }
    buf_add_c(to, '"');
}

void json_key_str(struct json_out *o, struct str name)
{
    separate(o);
    quoted(o->to, name);
    buf_add(o->to, ": ", o->pretty ? 2 : 1);
    o->need_comma = false;
    o->after_key = true;
}

void json_key(struct json_out *o, const char *name)
{
    json_key_str(o, str_from(name));
}

void json_out_str(struct json_out *o, struct str value)
{
    separate(o);
    quoted(o->to, value);
    o->need_comma = true;
}

void json_out_raw(struct json_out *o, struct str value)
{
    separate(o);
    buf_add_str(o->to, value);
    o->need_comma = true;
}

static void raw(struct json_out *o, const char *text)
{
    json_out_raw(o, str_from(text));
}

void json_out_int(struct json_out *o, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    raw(o, text);
}

void json_out_double(struct json_out *o, double value, int decimals)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%.*f", decimals, value);
    if (memchr(text, '.', (size_t)n)) {
        while (text[n - 1] == '0')
            text[--n] = 0;
        if (text[n - 1] == '.')
            text[--n] = 0;
    }
    raw(o, text);
}

void json_out_bool(struct json_out *o, bool value)
{
    raw(o, value ? "true" : "false");
}

void json_out_null(struct json_out *o)
{
    raw(o, "null");
}

void json_member_str(struct json_out *o, const char *name, struct str value)
{
    if (!value.n)
        return;
    json_key(o, name);
    json_out_str(o, value);
}

void json_member_int(struct json_out *o, const char *name, int64_t value)
{
    json_key(o, name);
    json_out_int(o, value);
}

void json_member_bool(struct json_out *o, const char *name, bool value)
{
    json_key(o, name);
    json_out_bool(o, value);
}

void json_member_raw(struct json_out *o, const char *name, struct str value)
{
    if (!value.n)
        return;
    json_key(o, name);
    json_out_raw(o, value);
}

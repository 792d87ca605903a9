/* What a handler reads from a request and writes into a reply. */
#include "base/err.h"
#include "net/server.h"

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct str http_header(const struct http_request *r, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < r->n_headers; i++) {
        if (str_ieq(r->headers[i].name, wanted))
            return r->headers[i].value;
    }
    return (struct str){0};
}

bool http_decode(struct arena *a, struct str s, bool query, struct str *ret_text)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = s.n - i > 2 ? hex_value(s.p[i + 1]) : -1;
            int low = s.n - i > 2 ? hex_value(s.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        if (!c)
            return false;
        to[n++] = c;
    }
    *ret_text = (struct str){to, n};
    return true;
}

static bool is_unreserved(char c)
{
    return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

struct str http_encode(struct arena *a, struct str s, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = arena_alloc(a, s.n * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved((char)c) || (keep_slash && c == '/')) {
            to[n++] = (char)c;
        } else {
            to[n++] = '%';
            to[n++] = digits[c >> 4];
            to[n++] = digits[c & 15];
        }
    }
    return (struct str){to, n};
}

bool http_query(const struct http_request *r, const char *name, size_t nth, struct str *ret_value)
{
    struct str rest = r->query, pair;
    while (str_next(&rest, '&', &pair)) {
        struct str key = pair, value = {0}, text;
        str_cut(pair, '=', &key, &value);
        if (!http_decode(r->arena, key, true, &text) || !str_is(text, name) || nth-- > 0)
            continue;
        return http_decode(r->arena, value, true, ret_value);
    }
    return false;
}

void http_reply_header(struct http_reply *r, const char *name, struct str value)
{
    if (r->n_headers < sizeof r->headers / sizeof *r->headers)
        r->headers[r->n_headers++] = (struct http_field){str_from(name), value};
}

#include "net/guard.h"

static unsigned refuse(unsigned status, const char *why, const char **ret_why)
{
    *ret_why = why;
    return status;
}

/* RFC 9110, 5.6.2. */
static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr("!#$%&'*+-.^_`|~", s.p[i])))
            return false;
    }
    return s.n > 0;
}

static bool is_hex(char c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

/* The characters of RFC 3986, each percent sign with its two digits. */
static bool is_target(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            if (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]))
                return false;
        } else if (!is_alnum(c) && (!c || !strchr("-._~!$&'()*+,;=:@/?", c))) {
            return false;
        }
    }
    return true;
}

/* A name or an address, and a port (RFC 9112, 3.2). */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr("-._~:[]", s.p[i])))
            return false;
    }
    return s.n > 0 && s.n <= 300;
}

/* Horizontal tabs are the only control characters that a value may hold. */
static bool is_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return false;
    }
    return true;
}

/* Slices point into what was read, where a line's end became zero bytes. One of them only: the line ended in
 * a lone CR or LF, which others take for a part of the value (RFC 9112, 2.2). */
static bool ended_halfway(const struct http_field *f, const struct http_field *next)
{
    return f->value.p && next->name.p == f->value.p + f->value.n + 1;
}

static unsigned check_line(const struct http_request *r, struct str version, const char **ret_why)
{
    if (!str_is(version, "HTTP/1.1") && !str_is(version, "HTTP/1.0"))
        return refuse(505, "HTTP/1.1 is spoken here.", ret_why);
    if (r->method.n > GUARD_METHOD_BYTES || !is_token(r->method))
        return refuse(400, "The method is not one.", ret_why);
    if (r->target.n > GUARD_TARGET_BYTES)
        return refuse(414, "The target is too long.", ret_why);
    /* Absolute targets are for proxies: their host and the Host header could differ. */
    if (!r->target.n || (r->target.p[0] != '/' && !(str_is(r->target, "*") && str_is(r->method, "OPTIONS"))))
        return refuse(400, "The target is not a path.", ret_why);
    if (!is_target(r->target))
        return refuse(400, "The target holds characters that must be percent-encoded.", ret_why);
    return 0;
}

/* Where two readers could disagree about where the request ends (RFC 9112, 6.3). */
struct framing {
    unsigned hosts, lengths, encodings;
    struct str host, length, encoding;
};

static unsigned check_framing(const struct framing *f, struct str version, uint64_t *ret_length,
                              const char **ret_why)
{
    uint64_t length = 0;
    if (f->hosts != 1 || !is_host(f->host))
        return refuse(400, "One Host header is needed.", ret_why);
    if (f->lengths > 1 || f->encodings > 1 || (f->lengths && f->encodings))
        return refuse(400, "The length of the body is stated twice.", ret_why);
    if (f->lengths && !str_u64(f->length, &length))
        return refuse(400, "Content-Length is not a number.", ret_why);
    if (f->encodings && (!str_ieq(f->encoding, STR("chunked")) || str_is(version, "HTTP/1.0")))
        return refuse(400, "Transfer-Encoding may be chunked, no more.", ret_why);
    *ret_length = f->encodings ? UINT64_MAX : length;
    return 0;
}

unsigned guard_check(const struct http_request *r, struct str version, uint64_t *ret_length,
                     const char **ret_why)
{
    struct framing framing = {0};
    size_t bytes = 0;
    unsigned status = check_line(r, version, ret_why);
    if (status)
        return status;
    if (r->n_headers > GUARD_HEADERS)
        return refuse(431, "Too many headers.", ret_why);
    for (size_t i = 0; i < r->n_headers; i++) {
        const struct http_field *f = &r->headers[i];
        bytes += f->name.n + f->value.n;
        if (bytes > GUARD_HEADER_BYTES)
            return refuse(431, "The headers are too large.", ret_why);
        if (!is_token(f->name) || !is_value(f->value))
            return refuse(400, "A header holds characters that may not be there.", ret_why);
        if (i + 1 < r->n_headers && ended_halfway(f, f + 1))
            return refuse(400, "A header does not end in CR LF.", ret_why);
        if (str_ieq(f->name, STR("host"))) {
            framing.hosts++;
            framing.host = f->value;
        } else if (str_ieq(f->name, STR("content-length"))) {
            framing.lengths++;
            framing.length = f->value;
        } else if (str_ieq(f->name, STR("transfer-encoding"))) {
            framing.encodings++;
            framing.encoding = f->value;
        }
    }
    return check_framing(&framing, version, ret_length, ret_why);
}

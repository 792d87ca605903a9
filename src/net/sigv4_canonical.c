#include "net/sigv4_canonical.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>

enum { CANONICAL_MAX = 1 << 20 };

/* ---- digests ---- */

struct str sigv4_hex(struct arena *a, const struct sigv4_digest *d)
{
    char *hex = arena_alloc(a, SHA256_HEX + 1);
    sha256_hex(d->bytes, hex);
    return (struct str){hex, SHA256_HEX};
}

struct str sigv4_hash(struct arena *a, struct str s)
{
    struct sigv4_digest d;
    SHA256((const unsigned char *)(s.n ? s.p : ""), s.n, d.bytes);
    return sigv4_hex(a, &d);
}

struct sigv4_digest sigv4_hmac(struct str key, struct str text)
{
    struct sigv4_digest d;
    HMAC(EVP_sha256(), key.n ? key.p : "", (int)key.n, (const unsigned char *)text.p, text.n, d.bytes, NULL);
    return d;
}

static struct str digest_str(const struct sigv4_digest *d)
{
    return (struct str){(const char *)d->bytes, sizeof d->bytes};
}

struct sigv4_digest sigv4_derive(struct arena *a, struct str secret, const struct sigv4_scope *scope)
{
    const struct str steps[] = {scope->date, scope->region, scope->service, STR("aws4_request")};
    struct str key = arena_printf(a, "AWS4%.*s", STR_ARG(secret));
    struct sigv4_digest d = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct sigv4_digest next = sigv4_hmac(key, steps[i]);
        d = next;
        key = digest_str(&d);
    }
    return d;
}

/* ---- the parts of the canonical request ---- */

/* RFC 3986, 5.2.4, and runs of slashes become one. */
static struct str resolve_segments(struct arena *a, struct str path)
{
    char *to = arena_alloc(a, path.n + 2);
    size_t n = 0;
    struct str rest = path, segment;
    bool slash = path.n && path.p[path.n - 1] == '/';
    while (str_next(&rest, '/', &segment)) {
        if (str_is(segment, "..")) {
            while (n && to[--n] != '/')
                ;
        } else if (segment.n && !str_is(segment, ".")) {
            to[n++] = '/';
            memcpy(to + n, segment.p, segment.n);
            n += segment.n;
        }
    }
    if (slash || !n)
        to[n++] = '/';
    return (struct str){to, n};
}

struct str sigv4_path(struct arena *a, struct str path, bool s3)
{
    if (s3)
        return path.n ? path : STR("/");
    return http_encode(a, resolve_segments(a, path), true);
}

bool sigv4_is_resolved(struct str path, bool s3)
{
    struct str rest = path, segment;
    if (s3)
        return true;
    if (!str_next(&rest, '/', &segment) || segment.n)
        return false;
    while (str_next(&rest, '/', &segment)) {
        if (str_is(segment, ".") || str_is(segment, "..") || !segment.n)
            return false;
    }
    return true;
}

static int compare_fields(const void *left, const void *right)
{
    const struct http_field *a = left, *b = right;
    int order = str_cmp(a->name, b->name);
    return order ? order : str_cmp(a->value, b->value);
}

bool sigv4_query(struct arena *a, struct str query, struct str *ret_query)
{
    size_t n = 0, max = 1, length = 0;
    for (size_t i = 0; i < query.n; i++)
        max += query.p[i] == '&';
    struct http_field *pairs = arena_new_array(a, struct http_field, max);
    struct str rest = query, pair;
    while (str_next(&rest, '&', &pair)) {
        struct str name = pair, value = {0};
        if (!pair.n)
            continue;
        str_cut(pair, '=', &name, &value);
        if (!http_decode(a, name, true, &name) || !http_decode(a, value, true, &value))
            return false;
        pairs[n++] = (struct http_field){http_encode(a, name, false), http_encode(a, value, false)};
        length += pairs[n - 1].name.n + pairs[n - 1].value.n + 2;
    }
    qsort(pairs, n, sizeof *pairs, compare_fields);
    char *to = arena_alloc(a, length + 1), *p = to;
    for (size_t i = 0; i < n; i++) {
        if (i)
            *p++ = '&';
        p = mempcpy(p, pairs[i].name.p, pairs[i].name.n);
        *p++ = '=';
        p = mempcpy(p, pairs[i].value.p, pairs[i].value.n);
    }
    *ret_query = (struct str){to, (size_t)(p - to)};
    return true;
}

/* Trimmed, inner runs of blanks become one. */
static void add_value(struct buf *to, struct str value)
{
    bool blank = false;
    value = str_trim(value);
    for (size_t i = 0; i < value.n; i++) {
        bool is = is_blank(value.p[i]);
        if (!is)
            buf_add_c(to, value.p[i]);
        else if (!blank)
            buf_add_c(to, ' ');
        blank = is;
    }
}

/* "name:value\n"; values of a repeated header are joined by commas. False when there is none. */
static bool add_header(struct buf *to, const struct sigv4_request *r, struct str name)
{
    size_t found = 0;
    buf_add_str(to, name);
    buf_add_c(to, ':');
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!str_ieq(r->headers[i].name, name))
            continue;
        if (found++)
            buf_add_c(to, ',');
        add_value(to, r->headers[i].value);
    }
    buf_add_c(to, '\n');
    return found > 0;
}

/* ---- the signature ---- */

static bool hash_canonical(struct arena *a, const struct sigv4_request *r, struct str names, struct str hash,
                           struct buf *to, struct str *ret_hash)
{
    struct str query, rest = names, name;
    if (!sigv4_query(a, r->query, &query))
        return false;
    buf_add_str(to, r->method);
    buf_add_c(to, '\n');
    buf_add_str(to, sigv4_path(a, r->path, r->s3));
    buf_add_c(to, '\n');
    buf_add_str(to, query);
    buf_add_c(to, '\n');
    while (str_next(&rest, ';', &name)) {
        if (!add_header(to, r, name))
            return false;
    }
    buf_add_c(to, '\n');
    buf_add_str(to, names);
    buf_add_c(to, '\n');
    buf_add_str(to, hash);
    if (buf_status(to) < 0)
        return false;
    *ret_hash = sigv4_hash(a, buf_str(to));
    return true;
}

bool sigv4_signature(struct arena *a, const struct sigv4_request *r, struct str names, struct str hash,
                     const struct sigv4_scope *scope, const struct sigv4_digest *key,
                     struct str *ret_signature)
{
    struct buf canonical = buf_new(CANONICAL_MAX);
    struct str canonical_hash;
    bool made = hash_canonical(a, r, names, hash, &canonical, &canonical_hash);
    buf_free(&canonical);
    if (!made)
        return false;
    struct str text = arena_printf(a, "AWS4-HMAC-SHA256\n%.*s\n%.*s/%.*s/%.*s/aws4_request\n%.*s",
                                   STR_ARG(scope->time), STR_ARG(scope->date), STR_ARG(scope->region),
                                   STR_ARG(scope->service), STR_ARG(canonical_hash));
    struct sigv4_digest d = sigv4_hmac(digest_str(key), text);
    *ret_signature = sigv4_hex(a, &d);
    return true;
}

/* What a request claims about who sent it, and whether that is so. */
#include <openssl/crypto.h>
#include <time.h>

#include "base/time.h"
#include "net/sigv4_cache.h"
#include "net/sigv4_canonical.h"

enum { SKEW_SECONDS = 300, KEY_ID_MAX = 128, SCOPE_PART_MAX = 64, SIGNED_HEADERS_MAX = 100 };

/* ---- the claim ---- */

/* The only header of that name; false when there are more. Absent: empty. */
static bool single_header(const struct http_request *r, struct str name, struct str *ret_value)
{
    size_t found = 0;
    *ret_value = (struct str){0};
    for (size_t i = 0; i < r->n_headers; i++) {
        if (str_ieq(r->headers[i].name, name) && !found++)
            *ret_value = str_trim(r->headers[i].value);
    }
    return found <= 1;
}

static bool all_of(struct str s, const char *beside, size_t max)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr(beside, s.p[i])))
            return false;
    }
    return s.n > 0 && s.n <= max;
}

/* "AKID/20261122/eu-west-1/inspector2/aws4_request". */
static bool read_credential(struct str s, struct sigv4_claim *c)
{
    struct str end = {0};
    struct str *parts[] = {&c->key_id, &c->date, &c->region, &c->service, &end};
    size_t n = 0;
    for (struct str part; str_next(&s, '/', &part); n++) {
        if (n == sizeof parts / sizeof *parts)
            return false;
        *parts[n] = part;
    }
    return str_is(end, "aws4_request") && all_of(c->key_id, "-_", KEY_ID_MAX) && c->date.n == 8 &&
           all_of(c->region, "-", SCOPE_PART_MAX) && all_of(c->service, "-", SCOPE_PART_MAX);
}

/* Lower case, sorted, each once, and host and x-amz-date among them. */
static bool read_names(struct str s, struct sigv4_claim *c)
{
    bool host = false, date = false;
    struct str rest = s, name, before = {0};
    for (size_t n = 0; str_next(&rest, ';', &name); n++, before = name) {
        if (n >= SIGNED_HEADERS_MAX || !name.n || (n && str_cmp(before, name) >= 0))
            return false;
        for (size_t i = 0; i < name.n; i++) {
            if (is_upper(name.p[i]) || is_blank(name.p[i]))
                return false;
        }
        host |= str_is(name, "host");
        date |= str_is(name, "x-amz-date");
    }
    c->signed_headers = s;
    return host && date;
}

static bool read_signature(struct str s, struct sigv4_claim *c)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
            return false;
    }
    c->signature = s;
    return s.n == SHA256_HEX;
}

static bool read_authorization(struct str s, struct sigv4_claim *c)
{
    static const struct {
        const char *name;
        bool (*read)(struct str, struct sigv4_claim *);
    } members[] = {
        {"Credential=", read_credential}, {"SignedHeaders=", read_names}, {"Signature=", read_signature}};
    unsigned seen = 0;
    for (struct str member; str_next(&s, ',', &member);) {
        size_t i = 0;
        member = str_trim(member);
        while (i < 3 && !str_starts(member, str_from(members[i].name)))
            i++;
        if (i == 3 || seen & 1u << i)
            return false;
        seen |= 1u << i;
        if (!members[i].read(str_slice(member, strlen(members[i].name), member.n), c))
            return false;
    }
    return seen == 7;
}

/* "20261122T101500Z". */
static bool read_time(struct str s, int64_t *ret_time)
{
    char text[] = "0000-00-00T00:00:00Z";
    static const unsigned char places[] = {0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15, 17, 18, 19};
    if (s.n != sizeof places)
        return false;
    for (size_t i = 0; i < sizeof places; i++) {
        if (i == 8 ? s.p[i] != 'T' : i == 15 ? s.p[i] != 'Z' : !is_digit(s.p[i]))
            return false;
        text[places[i]] = s.p[i];
    }
    return time_parse(str_from(text), ret_time) == 0;
}

/* A presigned request has its signature where it is logged and shared. */
static bool is_presigned(const struct http_request *r)
{
    struct str rest = r->query, pair;
    while (str_next(&rest, '&', &pair)) {
        struct str name = pair, value;
        str_cut(pair, '=', &name, &value);
        if (str_ieq(name, STR("X-Amz-Signature")) || str_ieq(name, STR("X-Amz-Algorithm")) ||
            str_ieq(name, STR("X-Amz-Credential")))
            return true;
    }
    return false;
}

enum sigv4_result sigv4_claim(const struct http_request *r, int64_t now, struct sigv4_claim *ret_claim)
{
    static const struct str algorithm = {"AWS4-HMAC-SHA256 ", 17};
    struct sigv4_claim c = {0};
    struct str authorization, time;
    if (is_presigned(r) || !single_header(r, STR("authorization"), &authorization))
        return SIGV4_MALFORMED;
    if (!authorization.n)
        return SIGV4_NONE;
    if (!str_starts(authorization, algorithm) ||
        !read_authorization(str_slice(authorization, algorithm.n, authorization.n), &c) ||
        !single_header(r, STR("x-amz-date"), &time) || !read_time(time, &c.at) ||
        !str_eq(str_slice(time, 0, 8), c.date) || !single_header(r, STR("x-amz-security-token"), &c.token))
        return SIGV4_MALFORMED;
    if (c.at > now + SKEW_SECONDS || c.at < now - SKEW_SECONDS)
        return SIGV4_SKEWED;
    *ret_claim = c;
    return SIGV4_OK;
}

/* ---- the proof ---- */

static bool is_named(struct str names, struct str header)
{
    for (struct str name; str_next(&names, ';', &name);) {
        if (str_ieq(name, header))
            return true;
    }
    return false;
}

/* A header that means something to AWS and is not signed could have been added on the way. */
static bool leaves_out(const struct http_request *r, struct str names)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        struct str name = r->headers[i].name;
        if (name.n > 6 && str_ieq(str_slice(name, 0, 6), STR("x-amz-")) && !is_named(names, name))
            return true;
    }
    return false;
}

/* What the client says of its body, which must be so. Only S3 takes bodies that are not signed. */
static bool body_hash(const struct http_request *r, const struct sigv4_claim *c, struct str *ret_hash)
{
    struct str stated, hash;
    if (!single_header(r, STR("x-amz-content-sha256"), &stated))
        return false;
    if (str_is(stated, "UNSIGNED-PAYLOAD")) {
        *ret_hash = stated;
        return str_is(c->service, "s3");
    }
    hash = sigv4_hash(r->arena, r->body);
    *ret_hash = hash;
    return !stated.n || str_eq(stated, hash);
}

enum sigv4_result sigv4_verify(struct sigv4_cache *cache, const struct http_request *r,
                               const struct sigv4_claim *c, struct str secret, int64_t now)
{
    bool s3 = str_is(c->service, "s3");
    struct str hash, signature, time;
    single_header(r, STR("x-amz-date"), &time);
    struct sigv4_scope scope = {time, c->date, c->region, c->service};
    struct sigv4_request request = {.method = r->method,
                                    .path = r->path,
                                    .query = r->query,
                                    .headers = r->headers,
                                    .n_headers = r->n_headers,
                                    .s3 = s3};
    if (leaves_out(r, c->signed_headers) || !body_hash(r, c, &hash) || !sigv4_is_resolved(r->path, s3))
        return SIGV4_WRONG;
    struct sigv4_digest key = sigv4_cache_derive(cache, r->arena, secret, &scope);
    bool made = sigv4_signature(r->arena, &request, c->signed_headers, hash, &scope, &key, &signature);
    OPENSSL_cleanse(&key, sizeof key);
    if (!made || signature.n != c->signature.n || CRYPTO_memcmp(signature.p, c->signature.p, signature.n))
        return SIGV4_WRONG;
    return sigv4_cache_seen(cache, signature, now) ? SIGV4_REPLAYED : SIGV4_OK;
}

#include "net/sigv4.h"

#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "net/sigv4_canonical.h"

/* What clients and those between change on the way is not signed. */
static bool is_signed(struct str name)
{
    static const char *const left_out[] = {"authorization", "connection",        "expect",    "te",
                                           "trailer",       "transfer-encoding", "upgrade",   "user-agent",
                                           "accept",        "accept-encoding",   "keep-alive"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        if (str_ieq(name, str_from(left_out[i])))
            return false;
    }
    return true;
}

/* "host;x-amz-date": lower case, sorted, each once. */
static struct str name_headers(struct arena *a, const struct sigv4_request *r)
{
    struct str *names = arena_new_array(a, struct str, r->n_headers + 1);
    size_t n = 0, length = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!is_signed(r->headers[i].name))
            continue;
        names[n] = arena_lower(a, r->headers[i].name);
        length += names[n++].n + 1;
    }
    qsort(names, n, sizeof *names, str_order);
    char *to = arena_alloc(a, length + 1), *p = to;
    for (size_t i = 0; i < n; i++) {
        if (i && str_eq(names[i], names[i - 1]))
            continue;
        if (p > to)
            *p++ = ';';
        p = mempcpy(p, names[i].p, names[i].n);
    }
    return (struct str){to, (size_t)(p - to)};
}

static struct str format_time(struct arena *a, int64_t now)
{
    time_t seconds = (time_t)now;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return arena_printf(a, "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                        tm.tm_hour, tm.tm_min, tm.tm_sec);
}

size_t sigv4_sign(struct arena *a, const struct sigv4_request *r, const struct sigv4_key *key, int64_t now,
                  struct http_field ret_headers[SIGV4_HEADERS])
{
    struct str time = format_time(a, now), signature = {0};
    struct sigv4_scope scope = {time, str_slice(time, 0, 8), r->region, r->service};
    struct str hash = r->unsigned_body ? STR("UNSIGNED-PAYLOAD") : sigv4_hash(a, r->body);
    size_t n = 0;
    ret_headers[n++] = (struct http_field){STR("X-Amz-Date"), time};
    if (r->s3 || r->unsigned_body)
        ret_headers[n++] = (struct http_field){STR("X-Amz-Content-Sha256"), hash};
    if (key->token.n)
        ret_headers[n++] = (struct http_field){STR("X-Amz-Security-Token"), key->token};

    struct sigv4_request all = *r;
    struct http_field *headers = arena_new_array(a, struct http_field, r->n_headers + n);
    if (r->n_headers)
        memcpy(headers, r->headers, r->n_headers * sizeof *headers);
    memcpy(headers + r->n_headers, ret_headers, n * sizeof *headers);
    all.headers = headers;
    all.n_headers += n;
    struct str names = name_headers(a, &all);
    struct sigv4_digest derived = sigv4_derive(a, key->secret, &scope);
    sigv4_signature(a, &all, names, hash, &scope, &derived, &signature);
    struct str value = arena_printf(a,
                                    "AWS4-HMAC-SHA256 Credential=%.*s/%.*s/%.*s/%.*s/aws4_request, "
                                    "SignedHeaders=%.*s, Signature=%.*s",
                                    STR_ARG(key->id), STR_ARG(scope.date), STR_ARG(scope.region),
                                    STR_ARG(scope.service), STR_ARG(names), STR_ARG(signature));
    ret_headers[n++] = (struct http_field){STR("Authorization"), value};
    return n;
}

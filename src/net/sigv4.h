/* AWS Signature Version 4, both ways ("Signature Version 4 signing process" in the AWS General Reference):
 * signing what we send, verifying what we are sent.
 */
#ifndef ASSAY_NET_SIGV4_H
#define ASSAY_NET_SIGV4_H

#include "net/server.h"

/* A request to be signed. Headers: at least Host; x-amz-date and, with a token, x-amz-security-token are
 * added by sigv4_sign(), which returns them with Authorization. */
struct sigv4_request {
    struct str method, path /* percent-encoded as it is sent */, query, body;
    const struct http_field *headers;
    size_t n_headers;
    bool unsigned_body; /* x-amz-content-sha256: UNSIGNED-PAYLOAD (streams) */
    bool s3;            /* S3's rules: the path is not encoded again, x-amz-content-sha256 is always sent */
    struct str region, service;
};
struct sigv4_key {
    struct str id, secret, token;
};
enum { SIGV4_HEADERS = 4 };
/* Headers to be sent beside the request's own; in the arena. Returns how many. */
size_t sigv4_sign(struct arena *a, const struct sigv4_request *r, const struct sigv4_key *key, int64_t now,
                  struct http_field ret_headers[SIGV4_HEADERS]);

/* What a request claims, before any key is looked up. */
struct sigv4_claim {
    struct str key_id, date /* "20261122" */, region, service, signed_headers, signature, token;
    int64_t at; /* X-Amz-Date */
};
enum sigv4_result {
    SIGV4_OK,
    SIGV4_NONE,      /* not signed at all */
    SIGV4_MALFORMED, /* incomplete, repeated, presigned (refused here), or an algorithm that is not SigV4 */
    SIGV4_SKEWED,    /* the clock is more than 5 minutes off */
    SIGV4_WRONG,     /* the signature does not match */
    SIGV4_REPLAYED,  /* the same signature was seen before within the time it is good for */
};
enum sigv4_result sigv4_claim(const struct http_request *r, int64_t now, struct sigv4_claim *ret_claim);
/* Compares in constant time. Derived keys are cached by (secret, date, region, service) in `cache` (may be
 * NULL), which threads share, as they do the signatures it has seen: one that comes again more than three
 * seconds after it came first is a replay. (SDKs date what they retry anew, but to the second.) */
struct sigv4_cache;
struct sigv4_cache *sigv4_cache_new(void);
void sigv4_cache_free(struct sigv4_cache *c);
enum sigv4_result sigv4_verify(struct sigv4_cache *cache, const struct http_request *r,
                               const struct sigv4_claim *claim, struct str secret, int64_t now);

#endif

/* The text that a Signature Version 4 signs, from a request to be sent or one that came. */
#ifndef ASSAY_NET_SIGV4_CANONICAL_H
#define ASSAY_NET_SIGV4_CANONICAL_H

#include "base/hash.h"
#include "net/sigv4.h"

struct sigv4_scope {
    struct str time /* "20261122T101500Z" */, date, region, service;
};
struct sigv4_digest {
    unsigned char bytes[SHA256_SIZE];
};

/* Lower-case hex, in the arena. */
struct str sigv4_hex(struct arena *a, const struct sigv4_digest *d);
struct str sigv4_hash(struct arena *a, struct str s);
struct sigv4_digest sigv4_hmac(struct str key, struct str text);
/* The signing key of a day, a region and a service. */
struct sigv4_digest sigv4_derive(struct arena *a, struct str secret, const struct sigv4_scope *scope);

/* "Canonical URI": percent-encoded once more, after empty and dot segments are resolved; S3's as it is. */
struct str sigv4_path(struct arena *a, struct str path, bool s3);
/* Whether that changes nothing but the encoding. What comes otherwise would be signed as the path that it
 * resolves to and be read as another. */
bool sigv4_is_resolved(struct str path, bool s3);
/* "Canonical query string"; false on a bad escape. */
bool sigv4_query(struct arena *a, struct str query, struct str *ret_query);
/* The signature in hex. `names` are the signed headers, "host;x-amz-date", `hash` what stands for the body.
 * False when a header is missing or the query is not one. */
bool sigv4_signature(struct arena *a, const struct sigv4_request *r, struct str names, struct str hash,
                     const struct sigv4_scope *scope, const struct sigv4_digest *key,
                     struct str *ret_signature);

#endif

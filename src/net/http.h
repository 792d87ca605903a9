/* HTTP downloads through libcurl: one file at a time, conditional, resumed, retried, capped.
 *
 * The caller owns every path. Next to the destination PATH there may be PATH.part, what came of an unfinished
 * download, and PATH.part.state, the validator it belongs to; both are kept for the next attempt, also of a
 * later process. PATH itself appears only when the body is complete. TLS is always verified,
 * against the authorities in $SSL_CERT_FILE if that is set; the proxy variables of curl(1) are honoured.
 */
#ifndef ASSAY_NET_HTTP_H
#define ASSAY_NET_HTTP_H

#include "base/str.h"

struct http_options {
    unsigned attempts;        /* 0: 4 */
    unsigned stall_seconds;   /* give up an attempt when under 100 bytes/s for so long; 0: 30 */
    unsigned connect_seconds; /* 0: 15 */
};

enum { HTTP_VALIDATOR = 256, HTTP_REDIRECTS = 5 };

struct http_validators {
    char etag[HTTP_VALIDATOR];     /* as sent, with its quotes; or empty */
    char modified[HTTP_VALIDATOR]; /* Last-Modified as sent; or empty */
};

struct http_download {
    const char *url;                    /* http or https */
    const char *path;                   /* the destination; its directory exists */
    const struct http_validators *have; /* of the copy that is had already; NULL: send it in any case */
    uint64_t cap;                       /* bytes */
    bool may_gzip;                      /* let the server compress; what is stored is then gzip */
    void (*progress)(void *ctx, uint64_t now, uint64_t total); /* bytes; total 0: unknown; or NULL */
    void *ctx;
};

struct http_result {
    bool not_modified; /* nothing was written: the copy that is had is good */
    struct http_validators validators;
};

/* ERR_MISSING for 404 and 410, ERR_LIMIT over the cap, ERR_UNSUPPORTED without a usable libcurl, ERR_IO for
 * everything else, with URL and reason. Redirects lead to the same scheme or from http to https,
 * HTTP_REDIRECTS at most. */
int http_fetch(const struct http_options *options, const struct http_download *d,
               struct http_result *ret_result);

#endif

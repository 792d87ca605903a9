/* What is refused before a handler sees it: requests that another reader could take for something else
 * (RFC 9110 and RFC 9112), and those that are over the caps. */
#ifndef ASSAY_NET_GUARD_H
#define ASSAY_NET_GUARD_H

#include "net/server.h"

enum {
    GUARD_HEADERS = 64,        /* of one request */
    GUARD_HEADER_BYTES = 8192, /* names and values together */
    GUARD_TARGET_BYTES = 4096,
    GUARD_METHOD_BYTES = 20,
};

/* Looks at method, target and headers; `version` is "HTTP/1.1". Returns 0, or the status to refuse with and
 * through *ret_why a sentence for the client. *ret_length gets what Content-Length says, UINT64_MAX for a
 * chunked body, 0 without one. */
unsigned guard_check(const struct http_request *r, struct str version, uint64_t *ret_length,
                     const char **ret_why);

#endif

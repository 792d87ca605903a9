/* The HTTP server (libmicrohttpd, epoll, a pool of threads): reads a whole request within caps, hands it to
 * the handler, sends what that says. Streams (server-sent events) stay open without a thread.
 *
 * Before the handler sees anything the guard refuses what two parsers could read differently (RFC 9112,
 * sections 3.2 and 6.3): two Content-Length, Content-Length with Transfer-Encoding, a Host that is repeated
 * or missing; and what is too large, too slow or too much at once from one address.
 */
#ifndef ASSAY_NET_SERVER_H
#define ASSAY_NET_SERVER_H

#include "base/arena.h"
#include "base/buf.h"

struct server;

struct http_field {
    struct str name, value;
};

struct http_request {
    struct arena *arena; /* until the answer is made; in accept() until that returns */
    struct str method;
    struct str target; /* as it came: path and query, still percent-encoded */
    struct str path;   /* still percent-encoded: %2F is told from a slash */
    struct str query;  /* without '?' */
    const struct http_field *headers;
    size_t n_headers;
    struct str body;
    struct str peer; /* address without port */
    bool tls;
    void *user; /* of the handler, from on_headers to handle */
};
/* Value of a header, any case; empty when absent. */
struct str http_header(const struct http_request *r, const char *name);
/* Value of a query parameter, decoded; false when absent. `nth` from 0 for repeated ones. */
bool http_query(const struct http_request *r, const char *name, size_t nth, struct str *ret_value);
/* Percent-decoding; '+' is a blank only in queries. False on a bad escape or a NUL byte. */
bool http_decode(struct arena *a, struct str s, bool query, struct str *ret_text);
/* Percent-encodes all but RFC 3986's unreserved characters and, if told, slashes. */
struct str http_encode(struct arena *a, struct str s, bool keep_slash);

struct http_stream;
struct http_reply {
    unsigned status;
    struct http_field headers[16]; /* Content-Length, Date and Connection are the server's */
    size_t n_headers;
    struct str body; /* in the request's arena, or for ever */
    /* A stream: called once with the stream, which lives until `closed`; `body` goes first. */
    void (*stream)(void *ctx, struct http_stream *stream);
    void *stream_ctx;
    bool close;
};
void http_reply_header(struct http_reply *r, const char *name, struct str value);

/* Adds to what the client gets; from any thread. False when it reads too slowly (over `STREAM_BUFFER` bytes
 * wait) or is gone: the stream is then over. */
bool http_stream_send(struct http_stream *s, struct str data);
/* Bytes that wait for it to read. */
size_t http_stream_waiting(const struct http_stream *s);
/* Called by the owner when it is done with it; it may also learn of the end by http_stream_gone(). */
void http_stream_end(struct http_stream *s);
bool http_stream_gone(const struct http_stream *s);

struct server_options {
    const char *listen;               /* "127.0.0.1:8440", "[::1]:8440", ":8440" */
    const char *certificate, *key;    /* PEM files; NULL: no TLS */
    unsigned threads;                 /* that run handlers; 0: two a core */
    unsigned connections;             /* at most; 0: 12,000 */
    unsigned connections_per_address; /* 0: no cap */
    unsigned idle_seconds;            /* without a byte; 0: 30 */
    unsigned request_seconds;         /* from the first byte to the last of a request; 0: 60 */
    size_t body_max;                  /* 0: 64 MiB; a handler may set less for a path by `accept` */
    /* Called when the headers are there and before the body: 0 or an HTTP status to refuse with;
     * *ret_body_max is the cap for this request. May be NULL. */
    unsigned (*accept)(void *ctx, const struct http_request *r, size_t *ret_body_max);
    void (*handle)(void *ctx, struct http_request *r, struct http_reply *reply);
    void *ctx;
};
int server_start(const struct server_options *options, struct server **ret_server);
/* The port that it listens on: of use with port 0. */
unsigned server_port(const struct server *s);
/* Refuses new requests with 503, lets what runs finish for `seconds`, ends streams. */
void server_stop(struct server *s, unsigned seconds);
struct server_counts {
    uint64_t connections, requests, refused, open;
};
struct server_counts server_counts(const struct server *s);

#endif

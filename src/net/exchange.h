/* The inside of the server: what its files share. */
#ifndef ASSAY_NET_EXCHANGE_H
#define ASSAY_NET_EXCHANGE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net/microhttpd.h"
#include "net/server.h"

enum {
    STREAM_BUFFER = 256 * 1024,         /* what may wait for a slow reader */
    STREAM_BLOCK = 4096,                /* written at once */
    CONNECTION_MEMORY = 12 * 1024,      /* of headers and of a piece of the body; held while it is open */
    BODIES_MAX = 512 * 1024 * 1024,     /* of all requests at once */
    DISCARD_MAX = 1024 * 1024,          /* read of a body that is refused for what it grew to */
    REPLY_BYTES_PER_SECOND = 16 * 1024, /* at least, of a client that reads its answer */
};

struct connection {
    struct connection *next, **at; /* in server.connections */
    int fd;
    _Atomic int64_t deadline; /* in seconds of the monotonic clock: then it is closed; 0: never */
    char peer[INET6_ADDRSTRLEN];
};

enum step {
    STEP_BEGUN,    /* the request line is there */
    STEP_READING,  /* the headers were accepted */
    STEP_QUEUED,   /* for the workers, suspended */
    STEP_ANSWERED, /* `response` is to be sent */
    STEP_DONE,
};
struct exchange {
    struct server *server;
    struct MHD_Connection *mhd;
    struct connection *connection;
    struct exchange *next; /* in server.queue */
    enum step step;        /* changes hands between threads only while the connection is suspended */
    char *target;
    struct http_field *headers;
    struct http_request request;
    struct buf body;
    size_t reserved; /* of BODIES_MAX */
    size_t discarded;
    unsigned status;
    struct MHD_Response *response;
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    int listener;
    unsigned port;
    bool tls;

    pthread_mutex_t lock; /* of connections and streams */
    struct connection *connections;
    struct http_stream *streams;

    pthread_mutex_t queue_lock; /* of what follows */
    pthread_cond_t queued, idle, sweep;
    struct exchange *queue, **queue_end;
    bool quit; /* the workers and the sweeper */

    pthread_t *workers, sweeper;
    unsigned n_workers;

    _Atomic bool stopping;
    _Atomic size_t bodies;   /* bytes */
    _Atomic size_t n_active; /* exchanges */
    _Atomic uint64_t n_connections, n_requests, n_refused, n_open;
};

/* ---- exchange.c: the callbacks of libmicrohttpd, with the server as context ---- */
void *exchange_begin(void *server, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_access(void *server, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data, size_t *data_size,
                                void **exchange);
void exchange_end(void *server, struct MHD_Connection *connection, void **exchange,
                  enum MHD_RequestTerminationCode why);
/* In a worker: has the handler make the answer and wakes the connection. */
void exchange_run(struct exchange *x, struct arena *a);
/* Instead of exchange_run() when the server stops. */
void exchange_give_up(struct exchange *x);
/* Seconds of the monotonic clock. */
int64_t server_clock(void);

/* ---- stream.c ---- */
struct http_stream *stream_new(struct server *s, struct MHD_Connection *connection, int fd, struct str first);
struct MHD_Response *stream_response(struct http_stream *s);
/* The owner's and the connection's end of it. */
void stream_release(struct http_stream *s);
/* Looks whether clients of streams that are silent have gone; with `all`, ends every stream. */
void stream_sweep(struct server *s, bool all);

#endif

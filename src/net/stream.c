/* Answers that stay open: bytes come from any thread, wait in a bounded buffer, and the connection sleeps
 * while there are none. */
#include <poll.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/exchange.h"

struct http_stream {
    struct server *server;          /* while it is linked */
    struct http_stream *next, **at; /* in server.streams, as long as there is a connection */
    struct MHD_Connection *connection;
    int fd;
    pthread_mutex_t lock; /* of what follows; taken after server.lock */
    unsigned references;
    struct buf waiting; /* from `sent` on */
    size_t sent;
    bool asleep; /* the connection, for want of bytes */
    bool ended;  /* the owner adds no more */
    bool over;   /* too slow or gone */
};

struct http_stream *stream_new(struct server *server, struct MHD_Connection *connection, int fd,
                               struct str first)
{
    struct http_stream *s = mem_alloc(sizeof *s);
    *s = (struct http_stream){.server = server, .connection = connection, .fd = fd, .references = 2};
    pthread_mutex_init(&s->lock, NULL);
    s->waiting = buf_new(first.n + STREAM_BUFFER);
    buf_add_str(&s->waiting, first);
    pthread_mutex_lock(&server->lock);
    s->next = server->streams;
    s->at = &server->streams;
    if (s->next)
        s->next->at = &s->next;
    server->streams = s;
    pthread_mutex_unlock(&server->lock);
    return s;
}

void stream_release(struct http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    bool last = --s->references == 0;
    pthread_mutex_unlock(&s->lock);
    if (!last)
        return;
    buf_free(&s->waiting);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void wake(struct http_stream *s)
{
    if (s->asleep)
        mhd.resume_connection(s->connection);
    s->asleep = false;
}

/* libmicrohttpd: the answer is no longer needed, sent or not. The connection still exists. */
static void on_free(void *ctx)
{
    struct http_stream *s = ctx;
    pthread_mutex_lock(&s->server->lock);
    *s->at = s->next;
    if (s->next)
        s->next->at = s->at;
    pthread_mutex_unlock(&s->server->lock);
    pthread_mutex_lock(&s->lock);
    s->over = true;
    s->asleep = false;
    pthread_mutex_unlock(&s->lock);
    stream_release(s);
}

static ssize_t on_read(void *ctx, uint64_t position, char *to, size_t max)
{
    (void)position;
    struct http_stream *s = ctx;
    ssize_t result;
    pthread_mutex_lock(&s->lock);
    size_t n = s->waiting.n - s->sent;
    if (s->over) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (n) {
        n = n < max ? n : max;
        memcpy(to, s->waiting.p + s->sent, n);
        s->sent += n;
        result = (ssize_t)n;
    } else if (s->ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        s->asleep = true;
        mhd.suspend_connection(s->connection);
        result = 0;
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

struct MHD_Response *stream_response(struct http_stream *s)
{
    return mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_read, s, on_free);
}

bool http_stream_send(struct http_stream *s, struct str data)
{
    pthread_mutex_lock(&s->lock);
    size_t waiting = s->waiting.n - s->sent;
    if (s->sent) {
        memmove(s->waiting.p, s->waiting.p + s->sent, waiting);
        s->waiting.n = waiting;
        s->sent = 0;
    }
    if (data.n > STREAM_BUFFER - (waiting < STREAM_BUFFER ? waiting : STREAM_BUFFER))
        s->over = true;
    else if (!s->over)
        buf_add_str(&s->waiting, data);
    bool sent = !s->over;
    if (data.n || !sent)
        wake(s);
    pthread_mutex_unlock(&s->lock);
    return sent;
}

size_t http_stream_waiting(const struct http_stream *stream)
{
    struct http_stream *s = (struct http_stream *)stream;
    pthread_mutex_lock(&s->lock);
    size_t n = s->waiting.n - s->sent;
    pthread_mutex_unlock(&s->lock);
    return n;
}

void http_stream_end(struct http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    wake(s);
    pthread_mutex_unlock(&s->lock);
    stream_release(s);
}

bool http_stream_gone(const struct http_stream *stream)
{
    struct http_stream *s = (struct http_stream *)stream;
    pthread_mutex_lock(&s->lock);
    bool over = s->over;
    pthread_mutex_unlock(&s->lock);
    return over;
}

/* Nobody watches the socket of a connection that sleeps. */
static bool has_left(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

void stream_sweep(struct server *server, bool all)
{
    pthread_mutex_lock(&server->lock);
    for (struct http_stream *s = server->streams; s; s = s->next) {
        pthread_mutex_lock(&s->lock);
        if (all)
            s->ended = true;
        else if (s->asleep && has_left(s->fd))
            s->over = true;
        if (s->ended || s->over)
            wake(s);
        pthread_mutex_unlock(&s->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

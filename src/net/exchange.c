#include "net/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/guard.h"

int64_t server_clock(void)
{
    return (int64_t)(time_monotonic_ns() / 1000000000);
}

static void set_deadline(struct exchange *x, uint64_t seconds)
{
    if (x->connection)
        atomic_store(&x->connection->deadline, seconds ? server_clock() + (int64_t)seconds : 0);
}

/* ---- answers ---- */

static enum MHD_Result send_response(struct exchange *x)
{
    enum MHD_Result r = mhd.queue_response(x->mhd, x->status, x->response);
    mhd.destroy_response(x->response);
    x->response = NULL;
    x->step = STEP_DONE;
    return r;
}

/* An answer of the server itself, in the form that the API's errors have; the connection ends with it. */
static struct MHD_Response *refusal(unsigned status, const char *why)
{
    char text[256];
    int n = snprintf(text, sizeof text, "{\"message\":\"%s\"}\n", why);
    struct MHD_Response *r = mhd.create_response_from_buffer((size_t)n, text, MHD_RESPMEM_MUST_COPY);
    if (!r)
        mem_exhausted((size_t)n);
    mhd.add_response_header(r, "Content-Type", "application/json");
    mhd.add_response_header(r, "Connection", "close");
    if (status == 503)
        mhd.add_response_header(r, "Retry-After", "1");
    return r;
}

static const char *why_status(unsigned status)
{
    switch (status) {
    case 413:
        return "The body is too large.";
    case 503:
        return "Too busy: try again.";
    default:
        return "The request was refused.";
    }
}

static enum MHD_Result refuse(struct exchange *x, unsigned status, const char *why)
{
    atomic_fetch_add(&x->server->n_refused, 1);
    x->status = status;
    x->response = refusal(status, why);
    return send_response(x);
}

/* ---- reading ---- */

void *exchange_begin(void *server, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = mem_alloc(sizeof *x);
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    x->server = server;
    x->mhd = connection;
    x->connection = info ? info->socket_context : NULL;
    x->target = strdup(uri);
    if (!x->target)
        mem_exhausted(strlen(uri));
    atomic_fetch_add(&x->server->n_active, 1);
    set_deadline(x, x->server->options.request_seconds);
    return x;
}

static enum MHD_Result add_header(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                  const char *value, size_t value_size)
{
    (void)kind;
    struct exchange *x = ctx;
    size_t n = x->request.n_headers++;
    x->headers[n].name = (struct str){key, key_size};
    x->headers[n].value = (struct str){value, value ? value_size : 0};
    return n < GUARD_HEADERS ? MHD_YES : MHD_NO; /* one over the cap, for the guard to see */
}

/* Slices of the headers point into the connection's memory, which stays as it is until the answer. */
static void fill_request(struct exchange *x, const char *method)
{
    struct http_request *r = &x->request;
    x->headers = mem_alloc((GUARD_HEADERS + 1) * sizeof *x->headers);
    mhd.get_connection_values_n(x->mhd, MHD_HEADER_KIND, add_header, x);
    x->headers = mem_grow(x->headers, r->n_headers, sizeof *x->headers);
    r->headers = x->headers;
    r->method = str_from(method);
    r->target = r->path = str_from(x->target);
    str_cut(r->target, '?', &r->path, &r->query);
    r->peer = str_from(x->connection ? x->connection->peer : "");
    r->tls = x->server->tls;
}

/* The library joins folded lines (RFC 9112, 5.2) and ends a value at a zero byte, where others read on. Both
 * are seen by where the slices lie: in what was read, in which the colon and the end of the line became
 * zeros. A line that was joined is a copy elsewhere; behind a value with a zero byte comes more than the end
 * of its line. The one thing that is not seen is a zero byte at the very end of the last header. */
static bool is_as_sent(const struct http_field *f, const struct http_field *next)
{
    const char *p = f->name.p + f->name.n + 1;
    while (*p == ' ' || *p == '\t')
        p++;
    if (!f->value.p || p != f->value.p)
        return false;
    const char *end = f->value.p + f->value.n;
    return !end[0] && !end[1] && (!next || next->name.p == end + 2);
}

static unsigned check_memory(const struct http_request *r, const char **ret_why)
{
    for (size_t i = 0; i < r->n_headers && i < GUARD_HEADERS; i++)
        if (!is_as_sent(&r->headers[i], i + 1 < r->n_headers ? &r->headers[i + 1] : NULL)) {
            *ret_why = "A header is folded, or holds characters that may not be there.";
            return 400;
        }
    return 0;
}

static unsigned ask_handler(struct exchange *x, size_t *ret_body_max)
{
    const struct server_options *o = &x->server->options;
    if (!o->accept)
        return 0;
    x->request.arena = arena_new(0);
    unsigned status = o->accept(o->ctx, &x->request, ret_body_max);
    arena_free(x->request.arena);
    x->request.arena = NULL;
    return status;
}

static enum MHD_Result on_headers(struct exchange *x, const char *method, const char *version)
{
    struct server *s = x->server;
    const char *why = NULL;
    uint64_t length = 0;
    size_t body_max = s->options.body_max;
    fill_request(x, method);
    atomic_fetch_add(&s->n_requests, 1);
    if (atomic_load(&s->stopping))
        return refuse(x, 503, "Stopping.");
    unsigned status = guard_check(&x->request, str_from(version), &length, &why);
    if (!status)
        status = check_memory(&x->request, &why);
    if (!status)
        status = ask_handler(x, &body_max);
    if (!status && length != UINT64_MAX && length > body_max)
        status = 413;
    if (!status && length != UINT64_MAX && length + atomic_load(&s->bodies) > BODIES_MAX)
        status = 503;
    if (status)
        return refuse(x, status, why ? why : why_status(status));
    x->body = buf_new(body_max ? body_max : 1);
    x->step = STEP_READING;
    return MHD_YES;
}

static void release_body(struct exchange *x)
{
    atomic_fetch_sub(&x->server->bodies, x->reserved);
    x->reserved = 0;
    buf_free(&x->body);
}

/* libmicrohttpd takes an answer before a body or after it, not amidst: a body that grows over the cap is read
 * on for a while for the sake of the answer. */
static enum MHD_Result on_body(struct exchange *x, const char *data, size_t n)
{
    if (!x->status) {
        size_t before = atomic_fetch_add(&x->server->bodies, n);
        x->reserved += n;
        if (before + n > BODIES_MAX)
            x->status = 503;
        else if (buf_add(&x->body, data, n) < 0)
            x->status = 413;
        if (x->status)
            release_body(x);
    }
    if (x->status)
        x->discarded += n;
    return x->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
}

/* False: nobody takes from the queue any more. */
static bool enqueue(struct exchange *x)
{
    struct server *s = x->server;
    pthread_mutex_lock(&s->queue_lock);
    bool taken = !s->quit;
    if (taken) {
        x->request.body = buf_str(&x->body);
        x->step = STEP_QUEUED;
        set_deadline(x, 0);
        mhd.suspend_connection(x->mhd);
        *s->queue_end = x;
        s->queue_end = &x->next;
        pthread_cond_signal(&s->queued);
    }
    pthread_mutex_unlock(&s->queue_lock);
    return taken;
}

enum MHD_Result exchange_access(void *server, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data, size_t *data_size,
                                void **exchange)
{
    (void)server, (void)connection, (void)url;
    struct exchange *x = *exchange;
    if (!x)
        return MHD_NO;
    switch (x->step) {
    case STEP_BEGUN:
        return on_headers(x, method, version);
    case STEP_READING:
        if (*data_size) {
            size_t n = *data_size;
            *data_size = 0;
            return on_body(x, data, n);
        }
        if (x->status)
            return refuse(x, x->status, why_status(x->status));
        return enqueue(x) ? MHD_YES : refuse(x, 503, "Stopping.");
    case STEP_ANSWERED:
        return send_response(x);
    case STEP_QUEUED:
    case STEP_DONE:
        break;
    }
    *data_size = 0;
    return MHD_YES;
}

void exchange_end(void *server, struct MHD_Connection *connection, void **exchange,
                  enum MHD_RequestTerminationCode why)
{
    (void)connection, (void)why;
    struct server *s = server;
    struct exchange *x = *exchange;
    if (!x)
        return;
    *exchange = NULL;
    set_deadline(x, (uint64_t)s->options.idle_seconds + s->options.request_seconds);
    if (x->response)
        mhd.destroy_response(x->response);
    release_body(x);
    free(x->headers);
    free(x->target);
    free(x);
    if (atomic_fetch_sub(&s->n_active, 1) == 1 && atomic_load(&s->stopping)) {
        pthread_mutex_lock(&s->queue_lock);
        pthread_cond_broadcast(&s->idle);
        pthread_mutex_unlock(&s->queue_lock);
    }
}

/* ---- answering ---- */

static void add_reply_headers(struct exchange *x, const struct http_reply *reply)
{
    char name[128], value[4096];
    for (size_t i = 0; i < reply->n_headers; i++) {
        const struct http_field *f = &reply->headers[i];
        if (f->name.n >= sizeof name || f->value.n >= sizeof value)
            continue;
        snprintf(name, sizeof name, "%.*s", STR_ARG(f->name));
        snprintf(value, sizeof value, "%.*s", STR_ARG(f->value));
        mhd.add_response_header(x->response, name, value);
    }
    if (reply->close)
        mhd.add_response_header(x->response, "Connection", "close");
}

static void wake(struct exchange *x)
{
    x->step = STEP_ANSWERED;
    mhd.resume_connection(x->mhd);
}

void exchange_run(struct exchange *x, struct arena *a)
{
    const struct server_options *o = &x->server->options;
    struct http_reply reply = {0};
    struct http_stream *stream = NULL;
    x->request.arena = a;
    o->handle(o->ctx, &x->request, &reply);
    release_body(x);
    x->status = reply.status >= 200 && reply.status <= 599 ? reply.status : 500;
    if (reply.stream) {
        const union MHD_ConnectionInfo *info =
            mhd.get_connection_info(x->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        stream = stream_new(x->server, x->mhd, info ? info->connect_fd : -1, reply.body);
        x->response = stream_response(stream);
    } else {
        x->response =
            mhd.create_response_from_buffer(reply.body.n, (void *)reply.body.p, MHD_RESPMEM_MUST_COPY);
        set_deadline(x, x->server->options.request_seconds + reply.body.n / REPLY_BYTES_PER_SECOND);
    }
    if (!x->response)
        mem_exhausted(reply.body.n);
    add_reply_headers(x, &reply);
    if (stream)
        reply.stream(reply.stream_ctx, stream);
    wake(x);
}

void exchange_give_up(struct exchange *x)
{
    x->status = 503;
    x->response = refusal(503, "Stopping.");
    wake(x);
}

/* Starting, watching over and stopping the server; what happens to one request is in exchange.c. */
#include "net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "net/exchange.h"
#include "net/tls_check.h"

enum {
    BACKLOG = 1024,
    PEM_MAX = 1024 * 1024,
    DESCRIPTORS_BESIDE = 512, /* files and sockets that are not clients' */
};

/* ---- the listening socket ---- */

/* "HOST:PORT" with brackets around IPv6 addresses; no host: all addresses. */
static int split_address(struct arena *a, const char *text, const char **ret_host, const char **ret_port)
{
    struct str s = str_from(text);
    ptrdiff_t colon = str_rfind(s, ':');
    uint64_t port;
    if (colon < 0 || !str_u64(str_slice(s, (size_t)colon + 1, s.n), &port) || port > 65535)
        return err_set(ERR_INVALID, "%s: not an address and port, such as 127.0.0.1:8440", text);
    struct str host = str_slice(s, 0, (size_t)colon);
    if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
        host = str_slice(host, 1, host.n - 1);
    else if (str_find(host, ':') >= 0)
        return err_set(ERR_INVALID, "%s: an IPv6 address needs brackets", text);
    *ret_host = host.n ? arena_cstr(a, host) : NULL;
    *ret_port = arena_cstr(a, str_slice(s, (size_t)colon + 1, s.n));
    return 0;
}

static int listen_on(const struct addrinfo *to, const char *text)
{
    _cleanup_fd_ int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, off = 0;
    if (fd < 0)
        return err_errno("%s", text);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (to->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, to->ai_addr, to->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
        return err_errno("%s", text);
    int result = fd;
    fd = -1;
    return result;
}

static void addresses_cleanup(struct addrinfo **list)
{
    if (*list)
        freeaddrinfo(*list);
}

static int open_listener(const char *text)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(addresses_cleanup) struct addrinfo *list = NULL;
    const char *host = NULL, *port = NULL;
    int r = split_address(a, text, &host, &port);
    if (r < 0)
        return r;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int e = getaddrinfo(host, port, &hints, &list);
    if (e)
        return err_set(ERR_INVALID, "%s: %s", text, gai_strerror(e));
    /* All addresses: IPv6's socket takes both; where there is no IPv6, the other one. */
    for (struct addrinfo *i = list; !host && i; i = i->ai_next) {
        if (i->ai_family == AF_INET6 && (r = listen_on(i, text)) >= 0)
            return r;
    }
    for (struct addrinfo *i = list; i; i = i->ai_next) {
        if ((r = listen_on(i, text)) >= 0)
            return r;
    }
    return r;
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t n = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &n) < 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

/* ---- connections ---- */

static void format_peer(const struct sockaddr *address, char to[INET6_ADDRSTRLEN])
{
    const void *ip = NULL;
    int family = address ? address->sa_family : AF_UNSPEC;
    if (family == AF_INET)
        ip = &((const struct sockaddr_in *)address)->sin_addr;
    if (family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        ip = six;
        if (IN6_IS_ADDR_V4MAPPED(six)) {
            family = AF_INET;
            ip = &six->s6_addr[12];
        }
    }
    if (!ip || !inet_ntop(family, ip, to, INET6_ADDRSTRLEN))
        to[0] = 0;
}

static void connection_open(struct server *s, struct MHD_Connection *mhd_connection, void **context)
{
    struct connection *c = mem_alloc(sizeof *c);
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(mhd_connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    format_peer(info ? info->client_addr : NULL, c->peer);
    info = mhd.get_connection_info(mhd_connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    c->fd = info ? info->connect_fd : -1;
    atomic_store(&c->deadline, server_clock() + s->options.idle_seconds + s->options.request_seconds);
    atomic_fetch_add(&s->n_connections, 1);
    atomic_fetch_add(&s->n_open, 1);
    pthread_mutex_lock(&s->lock);
    c->next = s->connections;
    c->at = &s->connections;
    if (c->next)
        c->next->at = &c->next;
    s->connections = c;
    pthread_mutex_unlock(&s->lock);
    *context = c;
}

static void connection_close(struct server *s, void **context)
{
    struct connection *c = *context;
    if (!c)
        return;
    *context = NULL;
    pthread_mutex_lock(&s->lock);
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    pthread_mutex_unlock(&s->lock);
    atomic_fetch_sub(&s->n_open, 1);
    free(c);
}

static void on_connection(void *server, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        connection_open(server, connection, context);
    else
        connection_close(server, context);
}

/* ---- the sweep: libmicrohttpd closes a connection that is silent, not one that drips ---- */

static void sweep(struct server *s)
{
    int64_t now = server_clock();
    pthread_mutex_lock(&s->lock);
    for (struct connection *c = s->connections; c; c = c->next) {
        int64_t deadline = atomic_load(&c->deadline);
        if (deadline && now > deadline)
            shutdown(c->fd, SHUT_RDWR); /* it is closed by the thread that has it */
    }
    pthread_mutex_unlock(&s->lock);
    stream_sweep(s, atomic_load(&s->stopping));
}

static void *sweeper_main(void *ctx)
{
    struct server *s = ctx;
    pthread_mutex_lock(&s->queue_lock);
    while (!s->quit) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        if (pthread_cond_timedwait(&s->sweep, &s->queue_lock, &until) != ETIMEDOUT)
            continue;
        pthread_mutex_unlock(&s->queue_lock);
        sweep(s);
        pthread_mutex_lock(&s->queue_lock);
    }
    pthread_mutex_unlock(&s->queue_lock);
    return NULL;
}

/* ---- workers ---- */

static struct exchange *take(struct server *s)
{
    struct exchange *x = s->queue;
    if (!x)
        return NULL;
    s->queue = x->next;
    if (!s->queue)
        s->queue_end = &s->queue;
    return x;
}

static void *worker_main(void *ctx)
{
    struct server *s = ctx;
    struct arena *a = arena_new(0);
    pthread_mutex_lock(&s->queue_lock);
    while (!s->quit) {
        struct exchange *x = take(s);
        if (!x) {
            pthread_cond_wait(&s->queued, &s->queue_lock);
            continue;
        }
        pthread_mutex_unlock(&s->queue_lock);
        exchange_run(x, a);
        arena_reset(a);
        pthread_mutex_lock(&s->queue_lock);
    }
    pthread_mutex_unlock(&s->queue_lock);
    arena_free(a);
    return NULL;
}

static int start_threads(struct server *s)
{
    s->workers = mem_alloc(s->options.threads * sizeof *s->workers);
    for (; s->n_workers < s->options.threads; s->n_workers++) {
        if (pthread_create(&s->workers[s->n_workers], NULL, worker_main, s))
            return err_set(ERR_IO, "no thread for the server");
    }
    return pthread_create(&s->sweeper, NULL, sweeper_main, s) ? err_set(ERR_IO, "no thread for the server")
                                                              : 0;
}

static void stop_threads(struct server *s)
{
    struct exchange *x;
    pthread_mutex_lock(&s->queue_lock);
    s->quit = true;
    while ((x = take(s)))
        exchange_give_up(x);
    pthread_cond_broadcast(&s->queued);
    pthread_cond_broadcast(&s->sweep);
    pthread_mutex_unlock(&s->queue_lock);
    for (unsigned i = 0; i < s->n_workers; i++)
        pthread_join(s->workers[i], NULL);
    if (s->sweeper)
        pthread_join(s->sweeper, NULL);
}

/* ---- start and stop ---- */

static void set_defaults(struct server_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned two_a_core = cores > 0 && cores < 64 ? 2 * (unsigned)cores : 4;
    o->threads = o->threads ? o->threads : two_a_core;
    o->connections = o->connections ? o->connections : 12000;
    o->idle_seconds = o->idle_seconds ? o->idle_seconds : 30;
    o->request_seconds = o->request_seconds ? o->request_seconds : 60;
    o->body_max = o->body_max ? o->body_max : (size_t)64 << 20;
}

/* The connections that there may be descriptors for. */
static unsigned raise_limit(unsigned connections)
{
    struct rlimit limit;
    rlim_t wanted = connections + DESCRIPTORS_BESIDE;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return connections;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < wanted)
            return limit.rlim_cur > 2 * DESCRIPTORS_BESIDE ? (unsigned)(limit.rlim_cur - DESCRIPTORS_BESIDE)
                                                           : (unsigned)(limit.rlim_cur / 2);
    }
    return connections;
}

/* What libmicrohttpd says while a server starts, for the error text. */
static __thread char start_fault[256];

__attribute__((format(printf, 2, 0))) static void on_log(void *ctx, const char *format, va_list args)
{
    (void)ctx;
    vsnprintf(start_fault, sizeof start_fault, format, args);
}

/* The path stays as it came: in exchange_begin() it was taken before this is asked. */
static size_t unescape_nothing(void *ctx, struct MHD_Connection *connection, char *text)
{
    (void)ctx, (void)connection;
    return strlen(text);
}

static int start_daemon(struct server *s)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct server_options *o = &s->options;
    struct str certificate = {0}, key = {0};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (o->certificate) {
        const char *key_path = o->key ? o->key : o->certificate;
        int r = file_read(a, o->certificate, PEM_MAX, &certificate);
        if (r >= 0)
            r = file_read(a, key_path, PEM_MAX, &key);
        if (r >= 0)
            r = tls_check(o->certificate, certificate, key_path, key);
        if (r < 0)
            return r;
        if (mhd.is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
            return err_set(ERR_UNSUPPORTED, "libmicrohttpd was built without TLS");
        flags |= MHD_USE_TLS;
    }
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate.p},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key.p},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL},
    };
    start_fault[0] = 0;
    s->daemon = mhd.start_daemon(
        flags, 0, NULL, NULL, exchange_access, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, s->listener, MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_CONNECTION_LIMIT,
        o->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_end, s, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, NULL, MHD_OPTION_ARRAY,
        o->certificate ? tls : &tls[3], MHD_OPTION_END);
    if (!s->daemon)
        return err_set(ERR_IO, "the server does not start: %.*s", (int)strcspn(start_fault, "\n"),
                       start_fault);
    s->listener = -1; /* the daemon closes it */
    return 0;
}

static void server_init(struct server *s, const struct server_options *options)
{
    pthread_condattr_t monotonic;
    s->options = *options;
    set_defaults(&s->options);
    s->tls = options->certificate;
    s->listener = -1;
    s->queue_end = &s->queue;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->queue_lock, NULL);
    pthread_cond_init(&s->queued, NULL);
    pthread_cond_init(&s->idle, &monotonic);
    pthread_cond_init(&s->sweep, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void wait_idle(struct server *s, unsigned seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&s->queue_lock);
    while (atomic_load(&s->n_active) && !pthread_cond_timedwait(&s->idle, &s->queue_lock, &until))
        ;
    pthread_mutex_unlock(&s->queue_lock);
}

void server_stop(struct server *s, unsigned seconds)
{
    atomic_store(&s->stopping, true);
    if (s->daemon) {
        /* Who still comes is answered 503. MHD_quiesce_daemon() would turn them away sooner, but it ends the
         * process when one of its threads lets go of the socket at the same moment. */
        stream_sweep(s, true);
        wait_idle(s, seconds);
    }
    stop_threads(s);
    if (s->daemon) {
        stream_sweep(s, true); /* libmicrohttpd wants no connection asleep */
        mhd.stop_daemon(s->daemon);
    }
    cleanup_fd(&s->listener);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->queue_lock);
    pthread_cond_destroy(&s->queued);
    pthread_cond_destroy(&s->idle);
    pthread_cond_destroy(&s->sweep);
    free(s->workers);
    free(s);
}

static int start(struct server *s)
{
    int r = mhd_load();
    if (r < 0)
        return r;
    s->listener = open_listener(s->options.listen);
    if (s->listener < 0)
        return s->listener;
    s->port = port_of(s->listener);
    s->options.connections = raise_limit(s->options.connections);
    r = start_threads(s);
    return r < 0 ? r : start_daemon(s);
}

int server_start(const struct server_options *options, struct server **ret_server)
{
    struct server *s = mem_alloc(sizeof *s);
    server_init(s, options);
    int r = start(s);
    if (r < 0) {
        server_stop(s, 0);
        return r;
    }
    *ret_server = s;
    return 0;
}

unsigned server_port(const struct server *s)
{
    return s->port;
}

struct server_counts server_counts(const struct server *server)
{
    struct server *s = (struct server *)server;
    return (struct server_counts){
        .connections = atomic_load(&s->n_connections),
        .requests = atomic_load(&s->n_requests),
        .refused = atomic_load(&s->n_refused),
        .open = atomic_load(&s->n_open),
    };
}

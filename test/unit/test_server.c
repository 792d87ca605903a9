/* The HTTP server against real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/server.h"

enum { ANSWER_MAX = 1 << 20 };

/* ---- the server under test ---- */

static struct {
    struct http_stream *stream;
    _Atomic bool slow; /* its handler has begun */
    pthread_mutex_t lock;
    pthread_cond_t changed;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void keep_stream(void *ctx, struct http_stream *stream)
{
    (void)ctx;
    pthread_mutex_lock(&shared.lock);
    shared.stream = stream;
    pthread_cond_signal(&shared.changed);
    pthread_mutex_unlock(&shared.lock);
}

static unsigned on_accept(void *ctx, const struct http_request *r, size_t *ret_body_max)
{
    (void)ctx;
    if (str_is(r->path, "/small"))
        *ret_body_max = 10;
    return str_is(r->path, "/forbidden") ? 403 : 0;
}

/* Says what it was sent. */
static void on_request(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    struct str value;
    reply->status = 200;
    http_reply_header(reply, "Content-Type", STR("text/plain"));
    if (str_is(r->path, "/stream")) {
        reply->stream = keep_stream;
        reply->body = STR("first\n");
    } else if (str_is(r->path, "/empty")) {
        reply->status = 204;
    } else if (str_is(r->path, "/slow")) {
        atomic_store(&shared.slow, true);
        usleep(200000);
        reply->body = STR("slow");
    } else if (str_is(r->path, "/large")) {
        char *p = arena_alloc(r->arena, 300000);
        memset(p, 'x', 300000);
        reply->body = (struct str){p, 300000};
    } else if (str_is(r->path, "/query")) {
        bool found = http_query(r, "name", 1, &value);
        reply->body = found ? value : STR("none");
    } else {
        reply->body = arena_printf(r->arena, "%.*s %.*s [%.*s] %.*s %zu:%.*s", STR_ARG(r->method),
                                   STR_ARG(r->path), STR_ARG(r->query), STR_ARG(r->peer), r->body.n,
                                   STR_ARG(str_slice(r->body, 0, r->body.n < 40 ? r->body.n : 40)));
    }
}

static struct server *start(struct server_options options)
{
    struct server *s;
    options.listen = options.listen ? options.listen : "127.0.0.1:0";
    options.accept = on_accept;
    options.handle = on_request;
    if (server_start(&options, &s) < 0)
        fail_msg("%s", err_text());
    return s;
}

/* ---- a client that sends what it is told to ---- */

static struct sockaddr_in address_of(const struct server *s)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)server_port(s)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int dial(const struct server *s)
{
    struct sockaddr_in to = address_of(s);
    struct timeval patience = {20, 0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static void say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Until the other side closes, or `until` has been read. */
static char *hear(int fd, const char *until)
{
    static char answer[ANSWER_MAX];
    size_t n = 0;
    answer[0] = 0;
    while (n < sizeof answer - 1 && !(until && strstr(answer, until))) {
        ssize_t r = recv(fd, answer + n, until ? 1 : sizeof answer - 1 - n, 0);
        if (r <= 0)
            break;
        n += (size_t)r;
        answer[n] = 0;
    }
    return answer;
}

static char *ask(const struct server *s, const char *text)
{
    int fd = dial(s);
    say(fd, text);
    char *answer = hear(fd, NULL);
    close(fd);
    return answer;
}

static void expect(const char *answer, const char *part)
{
    if (!strstr(answer, part))
        fail_msg("no \"%s\" in:\n%.2000s", part, answer);
}

#define END "Connection: close\r\n\r\n"

static void test_requests(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"GET /a/b HTTP/1.1\r\nHost: h\r\n" END, "GET /a/b [] 127.0.0.1 0:"},
        {"GET /tags/arn%3Aaws%2Fx?y=%2f&z HTTP/1.1\r\nHost: h\r\n" END,
         "GET /tags/arn%3Aaws%2Fx [y=%2f&z] 127.0.0.1 0:"},
        {"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n" END "hello", "POST /p [] 127.0.0.1 5:hello"},
        {"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" END
         "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
         "POST /p [] 127.0.0.1 5:hello"},
        {"POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n" END "hello",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"},
        {"HEAD /a HTTP/1.1\r\nHost: h\r\n" END, "Content-Length: 23\r\n"},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n" END, "OPTIONS * []"},
        {"DELETE /empty HTTP/1.1\r\nHost: h\r\n" END, "HTTP/1.1 204 No Content\r\n"},
        {"GET /query?name=a&x=1&n%61me=b%20c+d HTTP/1.1\r\nHost: h\r\n" END, "\r\n\r\nb c d"},
        {"GET /query?name=a&name=%zz HTTP/1.1\r\nHost: h\r\n" END, "400 Bad Request"},
        {"GET /query?name=a&name=%00 HTTP/1.1\r\nHost: h\r\n" END, "\r\n\r\nnone"},
        {"GET /forbidden HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 403 Forbidden"},
        {"GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n" END, "GET /two []"},
    };
    struct server *s = start((struct server_options){0});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(ask(s, rows[i].request), rows[i].answer);
    }
    assert_null(strstr(ask(s, rows[5].request), "HEAD /a")); /* no body */
    server_stop(s, 1);
}

static void test_guard(void **state)
{
    (void)state;
#define HOST "Host: h\r\n"
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400"},
        {"GET / HTTP/1.0\r\n\r\n", "400"},
        {"GET / HTTP/2.0\r\n" HOST "\r\n", "505"},
        {"GET /\r\n\r\n", "400"},
        {"GET /\r\n" HOST "\r\n", "400"},
        {"G(T / HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"GET http://h/ HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"CONNECT h:80 HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"GET /a\\b HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"GET /a%2 HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"GET /a%zz HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"GET /#a HTTP/1.1\r\n" HOST "\r\n", "400"},
        {"GET / HTTP/1.1\r\n" HOST "A B: c\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n" HOST "A : c\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n" HOST "A: b\rContent-Length: 3\r\n\r\nabc", "400"},
        {"GET / HTTP/1.1\r\n" HOST "A: b\nContent-Length: 3\r\n\r\nabc", "400"},
        {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\nB: d\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n 3\r\n\r\nabc", "400"},
        {"GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3 3\r\n\r\nabc", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\nabc", "413"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "400"},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
         "400"},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\n" HOST
         "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "400"},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400"},
        {"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", "400"},
        {"POST /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n", "413"},
        {"POST /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n", "413"},
        {"POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
         "6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n",
         "413"},
        {"POST /x HTTP/1.1\r\n" HOST "Content-Length: 100000000\r\n\r\n", "413"},
    };
    struct server *s = start((struct server_options){0});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *answer = ask(s, rows[i].request);
        if (strncmp(answer, "HTTP/1.1 ", 9) || strncmp(answer + 9, rows[i].answer, 3) ||
            strstr(answer, "] 127.0.0.1")) /* and the handler saw nothing */
            fail_msg("%s\nshould give %s, gave\n%.300s", rows[i].request, rows[i].answer, answer);
    }
    server_stop(s, 1);
}

static void test_header_caps(void **state)
{
    (void)state;
    struct server *s = start((struct server_options){0});
    char text[40000] = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 65; i++)
        strcat(text, "A: b\r\n");
    expect(ask(s, strcat(text, "\r\n")), "HTTP/1.1 431");
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\nA: %08300d\r\n\r\n", 1);
    expect(ask(s, text), "HTTP/1.1 431");
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\nA: %035000d\r\n\r\n", 1);
    expect(ask(s, text), "HTTP/1.1 4");
    snprintf(text, sizeof text, "GET /%05000d HTTP/1.1\r\nHost: h\r\n\r\n", 1);
    expect(ask(s, text), "HTTP/1.1 414");
    snprintf(text, sizeof text, "GET /%04000d HTTP/1.1\r\nHost: h\r\nA: %03500d\r\n" END, 1, 2);
    expect(ask(s, text), "HTTP/1.1 200");
    server_stop(s, 1);
}

/* A body that is larger than a piece, both ways and in both forms. */
static void test_large_bodies(void **state)
{
    (void)state;
    enum { SIZE = 3000000 };
    struct server *s = start((struct server_options){0});
    char head[200], *body = calloc(1, SIZE + 1);
    memset(body, 'b', SIZE);
    snprintf(head, sizeof head, "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n" END, SIZE);
    int fd = dial(s);
    say(fd, head);
    say(fd, body);
    expect(hear(fd, NULL), "3000000:bbb");
    close(fd);
    fd = dial(s);
    say(fd, "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" END);
    for (int i = 0; i < 30; i++) {
        say(fd, "186a0\r\n");
        (void)!send(fd, body, 100000, MSG_NOSIGNAL);
        say(fd, "\r\n");
    }
    say(fd, "0\r\n\r\n");
    expect(hear(fd, NULL), "3000000:bbb");
    close(fd);
    const char *answer = ask(s, "GET /large HTTP/1.1\r\nHost: h\r\n" END);
    assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), 300000);
    free(body);
    server_stop(s, 1);
}

/* One that says nothing, one that drips, one that stops amidst a body: each is closed. */
static void test_slow_clients(void **state)
{
    (void)state;
    static const char *const beginnings[] = {"", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\n",
                                             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nx"};
    enum { KINDS = 4, ALL = 2 * KINDS - 1 };
    struct server *s = start((struct server_options){.idle_seconds = 2, .request_seconds = 1});
    int fds[ALL], open = ALL;
    for (int i = 0; i < ALL; i++) { /* those from KINDS on are never silent for two seconds */
        fds[i] = dial(s);
        say(fds[i], beginnings[i < KINDS ? i : i - KINDS + 1]);
    }
    for (int beats = 0; open; beats++) {
        assert_true(beats < 100);
        usleep(200000);
        for (int i = 0; i < ALL; i++) {
            char c;
            if (fds[i] < 0)
                continue;
            if (i >= KINDS)
                say(fds[i], "x");
            if (recv(fds[i], &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
                continue;
            close(fds[i]);
            fds[i] = -1;
            open--;
        }
    }
    assert_int_equal(server_counts(s).requests, 2);
    server_stop(s, 1);
}

/* A handler at work holds up neither others nor, on its own connection, the order of answers. */
static void test_slow_handler(void **state)
{
    (void)state;
    struct server *s = start((struct server_options){.threads = 2});
    int slow = dial(s);
    say(slow, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n" END);
    expect(ask(s, "GET /quick HTTP/1.1\r\nHost: h\r\n" END), "GET /quick");
    char *answers = hear(slow, NULL);
    expect(answers, "\r\n\r\nslow");
    expect(strstr(answers, "\r\n\r\nslow"), "GET /next");
    close(slow);
    slow = dial(s);
    say(slow, "GET /slow HTTP/1.1\r\nHost: h\r\n" END);
    close(slow); /* gone before the answer */
    server_stop(s, 5);
}

static void test_many_connections(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    struct server *s = start((struct server_options){.connections = MANY});
    int *fds = calloc(MANY, sizeof *fds);
    for (int i = 0; i < MANY; i++) {
        fds[i] = dial(s);
        say(fds[i], "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    for (int i = 0; i < MANY; i++)
        expect(hear(fds[i], " 0:"), "GET /a []");
    assert_int_equal(server_counts(s).open, MANY);
    for (int i = MANY - 1; i >= 0; i--) { /* and they are of use still */
        say(fds[i], "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
        expect(hear(fds[i], " 0:"), "GET /b []");
        close(fds[i]);
    }
    assert_int_equal(server_counts(s).requests, 2 * MANY);
    free(fds);
    server_stop(s, 1);
}

static void test_cap_per_address(void **state)
{
    (void)state;
    struct server *s = start((struct server_options){.connections_per_address = 2});
    int one = dial(s), two = dial(s);
    say(one, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(hear(one, " 0:"), "GET /a []");
    say(two, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(hear(two, " 0:"), "GET /a []");
    assert_string_equal(ask(s, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"), "");
    close(one);
    close(two);
    server_stop(s, 1);
}

/* ---- streams ---- */

static struct http_stream *open_stream(const struct server *s, int *ret_fd)
{
    *ret_fd = dial(s);
    say(*ret_fd, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    pthread_mutex_lock(&shared.lock);
    while (!shared.stream)
        pthread_cond_wait(&shared.changed, &shared.lock);
    struct http_stream *stream = shared.stream;
    shared.stream = NULL;
    pthread_mutex_unlock(&shared.lock);
    return stream;
}

static void test_stream(void **state)
{
    (void)state;
    struct server *s = start((struct server_options){.threads = 1, .idle_seconds = 3});
    int fd;
    struct http_stream *stream = open_stream(s, &fd);
    expect(hear(fd, "first\n"), "Transfer-Encoding: chunked");
    sleep(4); /* longer than a connection may be idle */
    for (int i = 0; i < 50; i++) {
        char text[20];
        snprintf(text, sizeof text, "event %d.", i);
        assert_true(http_stream_send(stream, str_from(text)));
        expect(hear(fd, text), text);
    }
    expect(ask(s, "GET /beside HTTP/1.1\r\nHost: h\r\n" END), "GET /beside"); /* it costs no thread */
    assert_false(http_stream_gone(stream));
    assert_true(http_stream_send(stream, STR("last")));
    http_stream_end(stream);
    expect(hear(fd, "\r\n0\r\n\r\n"), "last");
    say(fd, "GET /after HTTP/1.1\r\nHost: h\r\n" END); /* the connection serves on */
    expect(hear(fd, NULL), "GET /after");
    close(fd);
    server_stop(s, 1);
}

static void test_stream_of_a_slow_reader(void **state)
{
    (void)state;
    static char block[10000];
    struct server *s = start((struct server_options){0});
    int fd, n = 0;
    struct http_stream *stream = open_stream(s, &fd);
    memset(block, 'x', sizeof block);
    while (http_stream_send(stream, (struct str){block, sizeof block}))
        assert_true(++n < 100000);
    assert_true(http_stream_gone(stream));
    assert_false(http_stream_send(stream, STR("more")));
    http_stream_end(stream);
    close(fd);
    server_stop(s, 1);
}

static void test_stream_of_one_who_left(void **state)
{
    (void)state;
    struct server *s = start((struct server_options){0});
    int fd;
    struct http_stream *stream = open_stream(s, &fd);
    expect(hear(fd, "first\n"), "200 OK");
    close(fd);
    while (!http_stream_gone(stream)) /* nothing is sent: the sweep finds out */
        usleep(10000);
    assert_false(http_stream_send(stream, STR("x")));
    struct http_stream *other = open_stream(s, &fd);
    server_stop(s, 1); /* streams may outlive their server */
    assert_true(http_stream_gone(other));
    assert_false(http_stream_send(other, STR("x")));
    http_stream_end(other);
    http_stream_end(stream);
    close(fd);
}

static void *send_all(void *stream)
{
    for (int i = 0; i < 2000 && http_stream_send(stream, STR("event\n")); i++)
        ;
    return NULL;
}

/* Several threads send while the client leaves. */
static void test_stream_races(void **state)
{
    (void)state;
    struct server *s = start((struct server_options){0});
    for (int round = 0; round < 20; round++) {
        int fd;
        pthread_t threads[3];
        struct http_stream *stream = open_stream(s, &fd);
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, send_all, stream);
        if (round % 2)
            hear(fd, "event\nevent\nevent\n");
        close(fd);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        http_stream_end(stream);
    }
    server_stop(s, 1);
}

/* ---- start, stop, TLS ---- */

static void test_stop(void **state)
{
    (void)state;
    struct server *s = start((struct server_options){0});
    int slow = dial(s), idle = dial(s);
    atomic_store(&shared.slow, false);
    say(slow, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    while (!atomic_load(&shared.slow))
        usleep(1000);
    server_stop(s, 10); /* what runs is finished */
    expect(hear(slow, NULL), "\r\n\r\nslow");
    assert_string_equal(hear(idle, NULL), "");
    close(slow);
    close(idle);
}

/* Wakes the threads of a server all the time, so that it is stopped amidst their work. */
struct knocker {
    struct sockaddr_in to;
    _Atomic bool enough;
};

static void *knock(void *ctx)
{
    struct knocker *k = ctx;
    while (!atomic_load(&k->enough)) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (!connect(fd, (const struct sockaddr *)&k->to, sizeof k->to))
            say(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        close(fd);
    }
    return NULL;
}

/* MHD_quiesce_daemon() of libmicrohttpd 0.9.75 and 1.0.1 ends the process in one of hundreds of these. */
static void test_stop_under_load(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct server *s = start((struct server_options){0});
        struct knocker k = {.to = address_of(s)};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, knock, &k), 0);
        while (!server_counts(s).requests)
            usleep(100);
        server_stop(s, 10);
        atomic_store(&k.enough, true);
        pthread_join(thread, NULL);
    }
}

static void test_listen(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",       "127.0.0.1",   "127.0.0.1:x", "127.0.0.1:70000",
                                        "::1:80", "256.0.0.1:0", "[::1:0",      "192.0.2.1:0"};
    struct server *s;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_true(server_start(&(struct server_options){.listen = wrong[i], .handle = on_request}, &s) < 0);
    s = start((struct server_options){.listen = ":0"});
    expect(ask(s, "GET /a HTTP/1.1\r\nHost: h\r\n" END), "GET /a [] 127.0.0.1");
    char taken[40];
    snprintf(taken, sizeof taken, "127.0.0.1:%u", server_port(s));
    struct server *other;
    assert_int_equal(server_start(&(struct server_options){.listen = taken, .handle = on_request}, &other),
                     ERR_IO);
    server_stop(s, 1);
    s = start((struct server_options){.listen = "localhost:0"});
    server_stop(s, 1);
    assert_int_equal(
        server_start(&(struct server_options){.listen = "127.0.0.1:0", .certificate = "/dev/null"}, &s),
        ERR_INVALID);
}

static void run(const char *format, const char *directory, unsigned port)
{
    char command[1000];
    snprintf(command, sizeof command, format, directory, directory, port);
    assert_int_equal(system(command), 0);
}

static void test_tls(void **state)
{
    (void)state;
    char directory[] = "/tmp/assay-tls-XXXXXX", certificate[100], key[100], answer[100], text[1000] = "";
    assert_non_null(mkdtemp(directory));
    snprintf(certificate, sizeof certificate, "%s/cert.pem", directory);
    snprintf(key, sizeof key, "%s/key.pem", directory);
    snprintf(answer, sizeof answer, "%s/answer", directory);
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=localhost "
        "-addext subjectAltName=DNS:localhost -out %s/cert.pem -keyout %s/key.pem 2>/dev/null #%u",
        directory, 0);
    struct server *s = start((struct server_options){.certificate = certificate, .key = key});
    run("printf 'GET /secret HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' |"
        "openssl s_client -quiet -CAfile %s/cert.pem -verify_return_error >%s/answer -connect localhost:%u "
        "2>/dev/null",
        directory, server_port(s));
    FILE *f = fopen(answer, "r");
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    expect(text, "GET /secret []");
    run("! openssl s_client -tls1_1 >%s/old 2>%s/err </dev/null -connect localhost:%u", directory,
        server_port(s));
    assert_null(strstr(ask(s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "200")); /* no plain HTTP there */
    server_stop(s, 1);
    run("rm -r %s #%s%u", directory, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_guard),
        cmocka_unit_test(test_header_caps),
        cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_slow_clients),
        cmocka_unit_test(test_slow_handler),
        cmocka_unit_test(test_many_connections),
        cmocka_unit_test(test_cap_per_address),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_stream_of_a_slow_reader),
        cmocka_unit_test(test_stream_of_one_who_left),
        cmocka_unit_test(test_stream_races),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_under_load),
        cmocka_unit_test(test_listen),
        cmocka_unit_test(test_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

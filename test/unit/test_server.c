/* The HTTP server against real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
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

static int dial(const struct server *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)server_port(s)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
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
        print_message("%s\n", rows[i].request);
        expect(ask(s, rows[i].request), rows[i].answer);
    }
    assert_null(strstr(ask(s, rows[5].request), "HEAD /a")); /* no body */
    server_stop(s, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

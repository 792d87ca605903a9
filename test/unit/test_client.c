/* The HTTP client against our own server; buckets against a server that $ASSAY_TEST_S3 names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/time.h"
#include "net/client.h"
#include "net/url.h"

static struct server *server;
static _Atomic int calls;
static _Atomic bool enough;

static void add_header(struct arena *a, struct http_reply *reply, const char *name, const char *host,
                       const char *path)
{
    http_reply_header(reply, name, arena_printf(a, "http://%s:%u%s", host, server_port(server), path));
}

static bool verifies(const struct http_request *r)
{
    struct sigv4_claim claim;
    int64_t now = time_now();
    return sigv4_claim(r, now, &claim) == SIGV4_OK &&
           sigv4_verify(NULL, r, &claim, STR("secret"), now) == SIGV4_OK;
}

/* /echo says what came; the others do what they are called. */
static void on_request(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    struct arena *a = r->arena;
    int n = ++calls;
    reply->status = 200;
    if (str_is(r->path, "/flaky")) {
        reply->status = n < 3 ? 503 : 200;
        http_reply_header(reply, "Retry-After", STR("0"));
        reply->body = arena_printf(a, "call %d", n);
    } else if (str_is(r->path, "/stopping")) {
        reply->status = 503;
        http_reply_header(reply, "Retry-After", STR("25"));
    } else if (str_is(r->path, "/later")) {
        reply->status = 429;
        http_reply_header(reply, "Retry-After", STR("3000"));
    } else if (str_is(r->path, "/here")) {
        reply->status = 307;
        add_header(a, reply, "Location", "127.0.0.1", "/echo?from=here");
    } else if (str_is(r->path, "/see")) {
        reply->status = 303;
        http_reply_header(reply, "Location", STR("/echo"));
    } else if (str_is(r->path, "/away")) {
        reply->status = 307;
        add_header(a, reply, "Location", "localhost", "/echo");
    } else if (str_is(r->path, "/away/and/back")) {
        reply->status = 307;
        add_header(a, reply, "Location", "localhost", "/here");
    } else if (str_is(r->path, "/round")) {
        reply->status = 302;
        http_reply_header(reply, "Location", STR("/round"));
    } else if (str_is(r->path, "/ftp")) {
        reply->status = 302;
        http_reply_header(reply, "Location", STR("ftp://127.0.0.1/x"));
    } else if (str_is(r->path, "/large")) {
        char *p = arena_alloc(a, 100000);
        memset(p, 'x', 100000);
        reply->body = (struct str){p, 100000};
    } else if (str_is(r->path, "/slow")) {
        sleep(2);
    } else if (str_is(r->path, "/missing")) {
        reply->status = 404;
        reply->body = STR("no such thing");
    } else {
        http_reply_header(reply, "X-Seen", r->method);
        reply->body = arena_printf(
            a, "%.*s %.*s auth=%d verified=%d type=[%.*s] x=[%.*s] body=%.*s", STR_ARG(r->method),
            STR_ARG(r->target), http_header(r, "authorization").n > 0, verifies(r),
            STR_ARG(http_header(r, "content-type")), STR_ARG(http_header(r, "x-test")), STR_ARG(r->body));
    }
}

static int start(void **state)
{
    (void)state;
    struct server_options options = {.listen = "127.0.0.1:0", .handle = on_request, .threads = 2};
    return server_start(&options, &server);
}

static int stop(void **state)
{
    (void)state;
    server_stop(server, 1);
    return 0;
}

static const char *url(struct arena *a, const char *path)
{
    return arena_printf(a, "http://127.0.0.1:%u%s", server_port(server), path).p;
}

static struct client_reply send_it(struct arena *a, struct client_request r)
{
    struct client_reply reply;
    r.method = r.method ? r.method : "GET";
    calls = 0;
    if (client_send(a, &r, &reply) < 0)
        fail_msg("%s: %s", r.url, err_text());
    return reply;
}

static void body_is(const struct client_reply *r, const char *expected)
{
    if (!str_is(r->body, expected))
        fail_msg("%.*s\ninstead of\n%s", STR_ARG(r->body), expected);
}

static void test_methods(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct http_field headers[] = {{STR("X-Test"), STR("a  b")}, {STR("Content-Type"), STR("text/plain")}};
    struct client_reply r = send_it(a, (struct client_request){.url = url(a, "/echo?a=b%2F")});
    assert_int_equal(r.status, 200);
    body_is(&r, "GET /echo?a=b%2F auth=0 verified=0 type=[] x=[] body=");
    assert_true(str_is(client_header(&r, "x-seen"), "GET"));
    r = send_it(
        a,
        (struct client_request){
            .method = "POST", .url = url(a, "/echo"), .headers = headers, .n_headers = 2, .body = STR("hi")});
    body_is(&r, "POST /echo auth=0 verified=0 type=[text/plain] x=[a  b] body=hi");
    r = send_it(a, (struct client_request){.method = "PUT", .url = url(a, "/echo"), .body = STR("hi")});
    body_is(&r, "PUT /echo auth=0 verified=0 type=[] x=[] body=hi");
    r = send_it(a, (struct client_request){.method = "POST", .url = url(a, "/echo")});
    body_is(&r, "POST /echo auth=0 verified=0 type=[] x=[] body=");
    r = send_it(a, (struct client_request){.method = "DELETE", .url = url(a, "/echo")});
    body_is(&r, "DELETE /echo auth=0 verified=0 type=[] x=[] body=");
    r = send_it(a, (struct client_request){.method = "HEAD", .url = url(a, "/echo")});
    body_is(&r, "");
    assert_true(str_is(client_header(&r, "X-SEEN"), "HEAD"));
    r = send_it(a, (struct client_request){.url = url(a, "/echo"), .user = "me", .password = "pw"});
    body_is(&r, "GET /echo auth=1 verified=0 type=[] x=[] body=");
    r = send_it(a, (struct client_request){.url = url(a, "/missing")});
    assert_int_equal(r.status, 404);
    body_is(&r, "no such thing");
    arena_free(a);
}

static void test_signed_and_redirected(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct sigv4_key key = {STR("AKID"), STR("secret"), STR("token")};
    struct http_field headers[] = {{STR("X-Test"), STR("a  b")}, {STR("Cookie"), STR("c")}};
    struct client_request r = {.method = "POST",
                               .url = url(a, "/echo/arn%3Aaws%2Fx?b=1&a=%20"),
                               .headers = headers,
                               .n_headers = 2,
                               .body = STR("hi"),
                               .key = &key,
                               .region = STR("eu-west-1"),
                               .service = STR("inspector2")};
    struct client_reply reply = send_it(a, r);
    body_is(&reply, "POST /echo/arn%3Aaws%2Fx?b=1&a=%20 auth=1 verified=1 type=[] x=[a  b] body=hi");
    r.url = url(a, "/here"); /* signed anew */
    reply = send_it(a, r);
    body_is(&reply, "POST /echo?from=here auth=1 verified=1 type=[] x=[a  b] body=hi");
    r.url = url(a, "/see");
    reply = send_it(a, r);
    body_is(&reply, "GET /echo auth=1 verified=1 type=[] x=[a  b] body=");
    r.url = url(a, "/away"); /* another host gets none of it */
    reply = send_it(a, r);
    body_is(&reply, "POST /echo auth=0 verified=0 type=[] x=[a  b] body=hi");
    r.url = url(a, "/away/and/back"); /* nor does whoever it names */
    reply = send_it(a, r);
    body_is(&reply, "POST /echo?from=here auth=0 verified=0 type=[] x=[a  b] body=hi");
    r.service = STR("s3");
    r.url = url(a, "/echo/a//b/../c");
    reply = send_it(a, r);
    body_is(&reply, "POST /echo/a//b/../c auth=1 verified=1 type=[] x=[a  b] body=hi");
    reply = send_it(a, (struct client_request){.url = url(a, "/away"), .user = "me", .password = "pw"});
    body_is(&reply, "GET /echo auth=0 verified=0 type=[] x=[] body=");
    reply = send_it(a, (struct client_request){.url = url(a, "/here"), .no_redirects = true});
    assert_int_equal(reply.status, 307);
    arena_free(a);
}

static void refused(struct arena *a, struct client_request r, int code)
{
    struct client_reply reply;
    r.method = "GET";
    int got = client_send(a, &r, &reply);
    if (got != code)
        fail_msg("%s: %d instead of %d: %s", r.url, got, code, err_text());
}

static void test_retries_and_caps(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char path[] = "/tmp/assay-client-XXXXXX";
    struct client_reply r = send_it(a, (struct client_request){.url = url(a, "/flaky")});
    assert_int_equal(r.status, 200);
    body_is(&r, "call 3");
    r = send_it(a, (struct client_request){.url = url(a, "/flaky"), .attempts = 2});
    assert_int_equal(r.status, 503);
    assert_int_equal(calls, 2);
    r = send_it(a, (struct client_request){.url = url(a, "/later")}); /* longer than it is worth waiting */
    assert_int_equal(r.status, 429);
    assert_int_equal(calls, 1);
    refused(a, (struct client_request){.url = url(a, "/large"), .cap = 99999}, ERR_LIMIT);
    r = send_it(a, (struct client_request){.url = url(a, "/large"), .cap = 100000});
    assert_int_equal(r.body.n, 100000);
    refused(a, (struct client_request){.url = url(a, "/slow"), .seconds = 1}, ERR_IO);
    refused(a, (struct client_request){.url = url(a, "/slow"), .quiet_seconds = 1}, ERR_IO);
    refused(a, (struct client_request){.url = url(a, "/round")}, ERR_IO);
    refused(a, (struct client_request){.url = url(a, "/ftp")}, ERR_INVALID);
    refused(a, (struct client_request){.url = "http://127.0.0.1:1/", .attempts = 1}, ERR_IO);
    refused(a, (struct client_request){.url = "file:///etc/passwd"}, ERR_INVALID);
    refused(a, (struct client_request){.url = "http://user@host/"}, ERR_INVALID);
    refused(a, (struct client_request){.url = "https://example.org/", .insecure = true}, ERR_INVALID);
    struct http_field bad = {STR("X-Test"), STR("a\r\nB: c")};
    refused(a, (struct client_request){.url = url(a, "/echo"), .headers = &bad, .n_headers = 1}, ERR_INVALID);

    struct str content;
    close(mkstemp(path));
    r = send_it(a, (struct client_request){.url = url(a, "/large"), .save_to = path});
    assert_int_equal(r.body.n, 0);
    assert_int_equal(file_read(a, path, 1 << 20, &content), 0);
    assert_int_equal(content.n, 100000);
    r = send_it(a, (struct client_request){.url = url(a, "/missing"), .save_to = path});
    body_is(&r, "no such thing"); /* and the file is what it was */
    refused(a, (struct client_request){.url = url(a, "/large"), .save_to = path, .cap = 5}, ERR_LIMIT);
    assert_int_equal(file_read(a, path, 1 << 20, &content), 0);
    assert_int_equal(content.n, 100000);
    unlink(path);
    arena_free(a);
}

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *path, *query;
        bool tls, loopback;
    } rows[] = {
        {"http://127.0.0.1:80", "127.0.0.1", "/", "", false, true},
        {"HTTPS://Example.org:443/a?b#c", "example.org", "/a", "b", true, false},
        {"https://[::1]:8443/", "[::1]:8443", "/", "", true, true},
        {"http://localhost?x", "localhost", "/", "x", false, true},
        {"http://127.0.0.1.example.org/", "127.0.0.1.example.org", "/", "", false, false},
        {"http://a@b/", NULL, NULL, NULL, false, false},
        {"http:///x", NULL, NULL, NULL, false, false},
        {"http://:80/x", NULL, NULL, NULL, false, false},
        {"http://a b/", NULL, NULL, NULL, false, false},
        {"ftp://a/", NULL, NULL, NULL, false, false},
        {"", NULL, NULL, NULL, false, false},
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url u;
        int r = url_parse(a, str_from(rows[i].text), &u);
        assert_int_equal(r, rows[i].host ? 0 : ERR_INVALID);
        if (r)
            continue;
        assert_true(str_is(u.host, rows[i].host) && str_is(u.path, rows[i].path) &&
                    str_is(u.query, rows[i].query) && u.tls == rows[i].tls);
        assert_int_equal(url_is_loopback(&u), rows[i].loopback);
    }
    arena_free(a);
}

static void *stop_soon(void *ctx)
{
    while (!calls)
        usleep(1000);
    usleep(200000); /* most often it waits for the next attempt by then */
    enough = true;
    return ctx;
}

/* Who is to stop neither waits for another attempt nor asks anew. */
static void test_stop(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct client_reply reply;
    const struct client_request r = {.method = "GET", .url = url(a, "/stopping")};
    pthread_t thread;
    uint64_t begin = time_monotonic_ns();
    calls = 0;
    client_stop_when(&enough);
    assert_true(client_stop() == &enough && !client_stopped() && client_wait(1));
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    if (client_send(a, &r, &reply) == 0)
        assert_int_equal(reply.status, 503);
    pthread_join(thread, NULL);
    assert_true(time_monotonic_ns() - begin <
                UINT64_C(20000000000)); /* of the 25 s that it was told to wait */
    assert_int_equal(calls, 1);
    assert_true(client_stopped() && !client_wait(60000));
    refused(a, (struct client_request){.url = url(a, "/slow")}, ERR_IO);
    client_stop_when(NULL);
    assert_false(client_stopped());
    arena_free(a);
}

/* Needs an S3 server with a bucket "assay-test" that takes the key "testing" with the secret "testing". */
static void test_bucket(void **state)
{
    (void)state;
    const char *endpoint = getenv("ASSAY_TEST_S3");
    if (!endpoint)
        skip();
    struct arena *a = arena_new(0);
    struct bucket b = {.endpoint = str_from(endpoint),
                       .name = STR("assay-test"),
                       .region = STR("us-east-1"),
                       .key = {STR("testing"), STR("testing"), {0}}};
    static const char *const names[] = {"plain.txt", "deep/er/a b+c&d=e.json", "d\xc3\xa9j\xc3\xa0 <vu>.zip",
                                        "deep/%41~*'()!"};
    char path[] = "/tmp/assay-client-XXXXXX";
    struct bucket_object *objects;
    struct str next, content;
    size_t n;
    close(mkstemp(path));
    for (size_t i = 0; i < 4; i++) {
        if (bucket_put(a, &b, str_from(names[i]), STR("text/plain"), str_from(names[i])) < 0 ||
            bucket_get(a, &b, str_from(names[i]), path) < 0)
            fail_msg("%s", err_text());
        assert_int_equal(file_read(a, path, 1000, &content), 0);
        assert_true(str_is(content, names[i]));
    }
    unlink(path);
    if (bucket_list(a, &b, (struct str){0}, (struct str){0}, &objects, &n, &next) < 0)
        fail_msg("%s", err_text());
    assert_true(n >= 4 && !next.n);
    for (size_t i = 0; i < 4; i++) {
        size_t at = 0;
        while (at < n && !str_is(objects[at].name, names[i]))
            at++;
        assert_true(at < n && objects[at].size == strlen(names[i]) && objects[at].etag.n == 32 &&
                    objects[at].modified > 1700000000);
    }
    assert_int_equal(bucket_list(a, &b, STR("deep/"), (struct str){0}, &objects, &n, &next), 0);
    assert_int_equal(n, 2);
    for (int i = 0; i < 1005; i++)
        assert_int_equal(bucket_put(a, &b, arena_printf(a, "many/%04d", i), STR("text/plain"), STR("x")), 0);
    assert_int_equal(bucket_list(a, &b, STR("many/"), (struct str){0}, &objects, &n, &next), 0);
    assert_true(n == 1000 && next.n);
    assert_int_equal(bucket_list(a, &b, STR("many/"), next, &objects, &n, &next), 0);
    assert_true(n == 5 && !next.n && str_is(objects[4].name, "many/1004"));
    assert_int_equal(bucket_get(a, &b, STR("nothing"), path), ERR_MISSING);
    b.name = STR("no-such-bucket");
    assert_int_equal(bucket_put(a, &b, STR("x"), STR("text/plain"), STR("x")), ERR_MISSING);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods), cmocka_unit_test(test_signed_and_redirected),
        cmocka_unit_test(test_stop),    cmocka_unit_test(test_retries_and_caps),
        cmocka_unit_test(test_urls),    cmocka_unit_test(test_bucket),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

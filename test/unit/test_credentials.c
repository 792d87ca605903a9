/* When keys are fetched anew, by a clock of the test's own: time_now() of the linked libraries is wrapped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "aws/credentials.h"
#include "base/err.h"

enum { START = 1795305600, HOUR = 3600 };

static _Atomic int64_t now = START;

int64_t __wrap_time_now(void);
int64_t __wrap_time_now(void)
{
    return now;
}

/* A container's server: each key is good for an hour. */
static struct server *server;
static _Atomic int asked;
static _Atomic bool fails, waits;
static sem_t arrived, may_answer;

static void on_request(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    char expires[TIME_TEXT];
    int n = ++asked;
    if (waits) {
        sem_post(&arrived);
        sem_wait(&may_answer);
    }
    reply->status = fails ? 403 : 200;
    reply->body = arena_printf(r->arena,
                               "{\"AccessKeyId\": \"KEY%d\", \"SecretAccessKey\": \"s\", \"Token\": \"t\", "
                               "\"Expiration\": \"%s\"}",
                               n, time_format(now + HOUR, expires));
}

static struct aws *aws;

static int start(void **state)
{
    (void)state;
    char url[64];
    struct server_options options = {.listen = "127.0.0.1:0", .handle = on_request, .threads = 4};
    sem_init(&arrived, 0, 0);
    sem_init(&may_answer, 0, 0);
    if (server_start(&options, &server) < 0)
        return -1;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server_port(server));
    static const char *const others[] = {"AWS_ACCESS_KEY_ID",
                                         "AWS_PROFILE",
                                         "AWS_CONFIG_FILE",
                                         "AWS_SHARED_CREDENTIALS_FILE",
                                         "AWS_WEB_IDENTITY_TOKEN_FILE",
                                         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        unsetenv(others[i]);
    setenv("HOME", "/nonexistent", 1);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    server_stop(server, 1);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    now = START;
    asked = 0;
    fails = waits = false;
    return aws_new(&(struct aws_options){.region = STR("eu-west-1")}, &aws);
}

static int teardown(void **state)
{
    (void)state;
    aws_free(aws);
    return 0;
}

/* The number of the key; or the error. */
static int get(void)
{
    struct arena *a = arena_new(0);
    struct sigv4_key key;
    int status = source_get(aws->source, a, &key);
    int n = status < 0 ? status : atoi(arena_cstr(a, key.id) + 3);
    arena_free(a);
    return n;
}

static void *get_in_thread(void *ctx)
{
    *(int *)ctx = get();
    return NULL;
}

static void test_kept_while_fresh(void **state)
{
    (void)state;
    assert_int_equal(get(), 1);
    now += HOUR - 601;
    assert_int_equal(get(), 1);
    assert_int_equal(asked, 1);
    now += 1;
    assert_int_equal(get(), 2);
    assert_int_equal(get(), 2);
    assert_int_equal(asked, 2);
}

static void test_one_renews_while_others_go_on(void **state)
{
    (void)state;
    pthread_t thread;
    int renewed;
    assert_int_equal(get(), 1);
    now += HOUR - 300;
    waits = true;
    pthread_create(&thread, NULL, get_in_thread, &renewed);
    sem_wait(&arrived);
    for (int i = 0; i < 100; i++)
        assert_int_equal(get(), 1);
    sem_post(&may_answer);
    pthread_join(thread, NULL);
    assert_int_equal(renewed, 2);
    assert_int_equal(get(), 2);
    assert_int_equal(asked, 2);
}

static void test_all_wait_when_nothing_is_good(void **state)
{
    (void)state;
    enum { MANY = 8 };
    pthread_t threads[MANY];
    int keys[MANY];
    assert_int_equal(get(), 1);
    now += HOUR - 60;
    waits = true;
    for (int i = 0; i < MANY; i++)
        pthread_create(&threads[i], NULL, get_in_thread, &keys[i]);
    sem_wait(&arrived);
    sem_post(&may_answer);
    for (int i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(keys[i], 2);
    }
    assert_int_equal(asked, 2);
}

static void test_renewing_fails(void **state)
{
    (void)state;
    assert_int_equal(get(), 1);
    fails = true;
    now += HOUR - 300;
    assert_int_equal(get(), 1); /* good still */
    assert_int_equal(asked, 2);
    now += 59;
    assert_int_equal(get(), 1);
    assert_int_equal(asked, 2); /* not asked again at once */
    now += 1;
    assert_int_equal(get(), 1);
    assert_int_equal(asked, 3);
    now += 200;
    assert_int_equal(get(), ERR_DENIED); /* no more */
    assert_int_equal(get(), ERR_DENIED);
    assert_int_equal(asked, 4);
    fails = false;
    assert_int_equal(get(), ERR_DENIED);
    now += 3;
    assert_int_equal(get(), 5);
}

static void test_refused_before_its_time(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct sigv4_key key, again;
    assert_int_equal(source_get(aws->source, a, &key), 0);
    assert_true(source_expired(aws->source, &key));
    assert_int_equal(source_get(aws->source, a, &again), 0);
    assert_true(str_is(again.id, "KEY2"));
    assert_true(source_expired(aws->source, &key)); /* said of the old one, late */
    assert_int_equal(get(), 2);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_while_fresh, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_renews_while_others_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_wait_when_nothing_is_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renewing_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_before_its_time, setup, teardown),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/* Transactions: what is written exists wholly or not at all, readers see one state, writers take turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "store_util.h"

static int64_t count(struct sql *db, const char *table)
{
    char text[128];
    snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
    return sql_run_int(sql_prepare(db, text), -1);
}

static int64_t count_in(struct store *s, const char *table)
{
    struct sql *db = store_reader(s);
    int64_t n = count(db, table);
    assert_int_equal(store_commit(db), 0);
    return n;
}

static void set(struct sql *db, int number, struct str value)
{
    char name[32];
    snprintf(name, sizeof name, "%d", number);
    property_set(db, name, value);
}

static void test_open(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct stat st;
    assert_int_equal(stat(t.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_string_equal(store_place(t.store)->region, "eu-central-1");

    struct sql *db = store_writer(t.store);
    property_set(db, "generation", STR("abc"));
    property_set(db, "generation", STR(""));
    property_set(db, "other", STR("x\ty"));
    test_commit(db);
    char log[128];
    snprintf(log, sizeof log, "%s-wal", t.path);
    assert_int_equal(stat(log, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    test_store_reopen(&t);
    db = store_reader(t.store);
    assert_true(str_is(property_get(db, t.arena, "generation"), ""));
    assert_true(str_is(property_get(db, t.arena, "other"), "x\ty"));
    assert_true(str_is(property_get(db, t.arena, "none"), ""));
    assert_string_equal(sql_place(db)->partition, "aws");
    store_release(db);
    test_store_free(&t);
}

/* What is no state, of another program, or newer, is refused and left alone. */
static void test_refused(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct store *s = NULL;
    struct sql *db = store_writer(t.store);
    sql_run(sql_prepare(db, "PRAGMA user_version = 9999"));
    test_commit(db);
    assert_int_equal(store_open(t.path, &test_place, &s), ERR_UNSUPPORTED);
    assert_non_null(strstr(err_text(), "newer"));
    db = store_writer(t.store);
    sql_run(sql_prepare(db, "PRAGMA user_version = 1"));
    sql_run(sql_prepare(db, "PRAGMA application_id = 7"));
    test_commit(db);
    assert_int_equal(store_open(t.path, &test_place, &s), ERR_INVALID);
    assert_non_null(strstr(err_text(), "another program"));

    char other[128];
    snprintf(other, sizeof other, "%s/text", t.dir);
    char text[8192];
    memset(text, 'x', sizeof text);
    assert_int_equal(file_replace(other, (struct str){text, sizeof text}, 0600), 0);
    assert_int_equal(store_open(other, &test_place, &s), ERR_INVALID);
    assert_int_equal(store_open("/nowhere/at/all", &test_place, &s), ERR_IO);
    assert_int_equal(store_open("oracle://x", &test_place, &s), ERR_UNSUPPORTED);
    assert_null(s);
    snprintf(other, sizeof other, "sqlite:%s", t.path);
    assert_int_equal(store_open(other, &test_place, &s), ERR_INVALID);
    test_store_free(&t);
}

static void test_values(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_reader(t.store);
    struct statement *s = sql_prepare(db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7");
    sql_bind_int(s, 1, INT64_MIN + 1);
    sql_bind_double(s, 2, 0.25);
    sql_bind_str(s, 3, (struct str){NULL, 0});
    sql_bind_optional(s, 4, STR(""));
    sql_bind_blob(s, 5, "a\0b", 3);
    sql_bind_time(s, 6, TIME_NONE);
    sql_bind_blob(s, 7, NULL, 0);
    assert_true(sql_next(s));
    assert_int_equal(sql_int(s, 0), INT64_MIN + 1);
    assert_true(sql_double(s, 1) == 0.25);
    assert_false(sql_is_null(s, 2));
    assert_int_equal(sql_str(s, 2).n, 0);
    assert_true(sql_is_null(s, 3));
    assert_true(str_eq(sql_str(s, 4), (struct str){"a\0b", 3}));
    assert_int_equal(sql_time(s, 5), TIME_NONE);
    assert_false(sql_is_null(s, 6));
    assert_false(sql_next(s));
    /* Prepared again, it is the same statement, with nothing bound. */
    assert_ptr_equal(sql_prepare(db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"), s);
    assert_true(sql_next(s));
    assert_true(sql_is_null(s, 0));
    /* Binding ends a loop. */
    sql_bind_int(s, 1, 3);
    assert_int_equal(sql_run_int(s, 0), 3);
    assert_int_equal(sql_run_int(sql_prepare(db, "SELECT 1 WHERE 0"), 7), 7);
    assert_int_equal(sql_run_int(sql_prepare(db, "SELECT NULL"), 7), 7);
    assert_int_equal(store_commit(db), 0);
    test_store_free(&t);
}

/* Far more texts than are kept. */
static void test_many_statements(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    char text[64];
    for (int i = 0; i < 1000; i++) {
        struct sql *db = store_reader(t.store);
        for (int k = 0; k < 4; k++) {
            snprintf(text, sizeof text, "SELECT %d + %d", i, k);
            assert_int_equal(sql_run_int(sql_prepare(db, text), -1), i + k);
        }
        assert_int_equal(sql_run_int(sql_prepare(db, "SELECT 5"), -1), 5);
        store_release(db);
    }
    test_store_free(&t);
}

/* The first error stays, nothing is written, and the next transaction is clean. */
static void test_errors_stick(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    property_set(db, "a", STR("1"));
    assert_int_equal(sql_status(db), 0);
    struct statement *bad = sql_prepare(db, "SELECT nonsense FROM nowhere");
    assert_non_null(bad);
    sql_bind_int(bad, 1, 1);
    assert_false(sql_next(bad));
    assert_int_equal(sql_int(bad, 0), 0);
    assert_true(sql_is_null(bad, 0));
    property_set(db, "b", STR("2"));
    assert_int_equal(sql_run(sql_prepare(db, "DELETE FROM property")), ERR_IO);
    err_set(ERR_INVALID, "something later");
    assert_int_equal(sql_status(db), ERR_IO);
    assert_non_null(strstr(err_text(), "nowhere"));
    assert_int_equal(store_commit(db), ERR_IO);
    assert_int_equal(count_in(t.store, "property"), 0);

    db = store_writer(t.store);
    property_set(db, "a", STR("1"));
    assert_int_equal(sql_fail(db, err_set(ERR_MISSING, "my reason")), ERR_MISSING);
    assert_int_equal(store_commit(db), ERR_MISSING);
    assert_string_equal(err_text(), "my reason");
    assert_int_equal(count_in(t.store, "property"), 0);

    db = store_writer(t.store);
    property_set(db, "a", STR("1"));
    store_release(db);
    assert_int_equal(count_in(t.store, "property"), 0);

    /* Who only reads cannot write. */
    db = store_reader(t.store);
    property_set(db, "a", STR("1"));
    assert_int_equal(store_commit(db), ERR_IO);
    test_store_free(&t);
}

static void test_snapshot(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *reader = store_reader(t.store);
    assert_int_equal(count(reader, "property"), 0);

    struct sql *db = store_writer(t.store);
    set(db, 1, STR("x"));
    assert_int_equal(count(db, "property"), 1); /* its own */
    assert_int_equal(count_in(t.store, "property"), 0);
    test_commit(db);
    assert_int_equal(count(reader, "property"), 0);
    assert_int_equal(count_in(t.store, "property"), 1);

    /* A loop that is left early does not keep the next transaction in the past. */
    struct statement *s = sql_prepare(reader, "SELECT name FROM sqlite_master");
    assert_true(sql_next(s));
    store_release(reader);
    reader = store_reader(t.store);
    assert_int_equal(count(reader, "property"), 1);
    store_release(reader);
    store_release(NULL);
    test_store_free(&t);
}

struct adder {
    struct store *store;
    int rounds;
};

static void *add_rounds(void *arg)
{
    struct adder *a = arg;
    for (int i = 0; i < a->rounds; i++) {
        struct sql *db = store_writer(a->store);
        struct statement *s = sql_prepare(db, "SELECT value FROM property WHERE name = 'n'");
        int64_t n = sql_next(s) ? sql_int(s, 0) : 0;
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)n + 1);
        property_set(db, "n", str_from(text));
        if (store_commit(db) < 0)
            return a;
    }
    return NULL;
}

static void test_writers(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    pthread_t threads[6];
    struct adder adder = {t.store, 200};
    for (size_t i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, add_rounds, &adder);
    for (size_t i = 0; i < 6; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    struct sql *db = store_reader(t.store);
    assert_true(str_is(property_get(db, t.arena, "n"), "1200"));
    store_release(db);
    test_store_free(&t);
}

/* Another process writes while this one has the store open, and both lose nothing. */
static void test_two_processes(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    store_close(t.store); /* SQLite knows of open files by process */
    t.store = NULL;
    pid_t child = fork();
    if (!child) {
        struct store *own;
        struct adder adder = {.rounds = 200};
        bool good = store_open(t.path, &test_place, &own) == 0;
        adder.store = own;
        good = good && !add_rounds(&adder);
        store_close(own);
        _exit(good ? 0 : 1);
    }
    test_store_reopen(&t);
    struct adder adder = {t.store, 200};
    assert_null(add_rounds(&adder));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct sql *db = store_reader(t.store);
    assert_true(str_is(property_get(db, t.arena, "n"), "400"));
    store_release(db);
    test_store_free(&t);
}

/* A process that dies within a transaction leaves the state of the last commit. */
static void test_killed(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    for (int round = 0; round < 5; round++) {
        store_close(t.store);
        t.store = NULL;
        pid_t child = fork();
        if (!child) {
            struct store *own;
            if (store_open(t.path, &test_place, &own) < 0)
                _exit(1);
            struct sql *db = store_writer(own);
            set(db, 2 * round, STR("committed"));
            if (store_commit(db) < 0)
                _exit(1);
            db = store_writer(own);
            sql_run(sql_prepare(db, "PRAGMA cache_size = 1")); /* so that some of it is in the log */
            char page[4000];
            memset(page, 'x', sizeof page);
            for (int i = 0; i < 100; i++)
                set(db, 1000 + i, (struct str){page, sizeof page});
            _exit(sql_status(db) ? 1 : 0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        test_store_reopen(&t);
        assert_int_equal(count_in(t.store, "property"), round + 1);
    }
    test_store_free(&t);
}

/* A full file system: the transaction fails as a whole, and what was there stays. */
static void test_disk_full(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    set(db, 1, STR("before"));
    test_commit(db);
    char page[4000];
    memset(page, 'x', sizeof page);

    db = store_writer(t.store);
    int64_t pages = sql_run_int(sql_prepare(db, "PRAGMA page_count"), 0);
    char text[64];
    snprintf(text, sizeof text, "PRAGMA max_page_count = %d", (int)pages + 5);
    sql_run_int(sql_prepare(db, text), 0);
    for (int i = 0; i < 100; i++)
        set(db, 1000 + i, (struct str){page, sizeof page});
    assert_int_equal(store_commit(db), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "full"));
    assert_int_equal(count_in(t.store, "property"), 1);
    db = store_writer(t.store);
    sql_run_int(sql_prepare(db, "PRAGMA max_page_count = 1000000"), 0);
    set(db, 2, STR("after"));
    test_commit(db);
    assert_int_equal(count_in(t.store, "property"), 2);

    /* The same from the system: the log may not grow. */
    struct rlimit old, small = {.rlim_cur = 128 << 10};
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    db = store_writer(t.store);
    for (int i = 0; i < 200; i++)
        set(db, 1000 + i, (struct str){page, sizeof page});
    int status = store_commit(db);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(status, ERR_LIMIT);
    assert_int_equal(count_in(t.store, "property"), 2);
    db = store_writer(t.store);
    set(db, 3, STR("after"));
    test_commit(db);
    test_store_reopen(&t);
    assert_int_equal(count_in(t.store, "property"), 3);
    test_store_free(&t);
}

/* Whoever asks is told until a change is written again, and need not wait for one. */
static void test_writable(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    assert_int_equal(store_writable(t.store), 0);
    assert_int_equal(count_in(t.store, "property"), 0); /* nothing was tried */
    struct rlimit old, small = {.rlim_cur = 4096};
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    struct sql *db = store_writer(t.store);
    set(db, 1, STR("x"));
    int changed = store_commit(db), full = store_writable(t.store);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(changed, ERR_LIMIT);
    assert_int_equal(full, ERR_LIMIT);
    assert_int_equal(store_writable(t.store), 0);
    assert_int_equal(count_in(t.store, "property"), 1);
    test_store_free(&t);
}

static int64_t size_of(const struct test_store *t, const char *suffix)
{
    char path[128];
    struct stat st = {0};
    snprintf(path, sizeof path, "%s%s", t->path, suffix);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void write_pages(struct store *s, char with)
{
    char page[4000];
    memset(page, with, sizeof page);
    struct sql *db = store_writer(s);
    for (int i = 0; i < 300; i++)
        set(db, i, (struct str){page, sizeof page});
    test_commit(db);
}

/* The log is moved into the file while the store is used, by a thread of its own, and begins anew: what was
 * written becomes more than it is long, however slow the disk is. */
static void test_log_stays_short(void **state)
{
    (void)state;
    enum { ROUND = 300 * 4000, ROUNDS = 3000 };
    struct test_store t = test_store_new();
    int64_t longest = 0;
    for (int64_t round = 1; longest + 40 * ROUND > round * ROUND || size_of(&t, "") < ROUND; round++) {
        assert_true(round < ROUNDS);
        write_pages(t.store, (char)('a' + round % 26));
        count_in(t.store, "property");
        longest = size_of(&t, "-wal") > longest ? size_of(&t, "-wal") : longest;
        usleep(1000);
    }
    assert_int_equal(count_in(t.store, "property"), 300);
    test_store_reopen(&t);
    assert_int_equal(count_in(t.store, "property"), 300);
    test_store_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_values),       cmocka_unit_test(test_many_statements),
        cmocka_unit_test(test_errors_stick), cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_writers),      cmocka_unit_test(test_two_processes),
        cmocka_unit_test(test_killed),       cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_writable),     cmocka_unit_test(test_log_stays_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

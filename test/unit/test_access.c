/* Accounts, users, keys with sealed secrets, enrolment tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/access.h"
#include "store_util.h"

static const account_id mine = 123456789012, other = 210987654321;

static struct master_key *key_in(const struct test_store *t, const char *name)
{
    char path[128];
    struct master_key *k = NULL;
    snprintf(path, sizeof path, "%s/%s", t->dir, name);
    if (master_key_open(path, &k) < 0)
        fail_msg("%s", err_text());
    return k;
}

static void test_accounts(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    account_id next = 7;
    assert_false(account_next(db, 0, &next));
    assert_int_equal(next, 7);
    account_add(db, other);
    account_add(db, mine);
    account_add(db, mine);
    assert_true(account_exists(db, mine));
    assert_false(account_exists(db, 1));
    assert_true(account_next(db, 0, &next));
    assert_int_equal(next, mine);
    assert_true(account_next(db, next, &next));
    assert_int_equal(next, other);
    assert_false(account_next(db, next, &next));

    struct account_scan scan = account_scan_get(db, mine, SCAN_OF_ECR);
    assert_int_equal(scan.status, ACCOUNT_DISABLED);
    assert_int_equal(scan.changed, TIME_NONE);
    assert_false(account_scan_set(db, mine, SCAN_OF_ECR, ACCOUNT_DISABLED));
    assert_true(account_scan_set(db, mine, SCAN_OF_ECR, ACCOUNT_ENABLED));
    assert_false(account_scan_set(db, mine, SCAN_OF_ECR, ACCOUNT_ENABLED));
    scan = account_scan_get(db, mine, SCAN_OF_ECR);
    assert_int_equal(scan.status, ACCOUNT_ENABLED);
    assert_true(scan.first_enabled > 0 && scan.changed > 0);
    assert_true(account_scan_set(db, mine, SCAN_OF_ECR, ACCOUNT_DISABLED));
    assert_int_equal(account_scan_get(db, mine, SCAN_OF_ECR).first_enabled, scan.first_enabled);
    assert_int_equal(account_scan_get(db, mine, SCAN_OF_EC2).status, ACCOUNT_DISABLED);
    assert_int_equal(account_scan_get(db, other, SCAN_OF_ECR).first_enabled, TIME_NONE);

    int64_t changed = 5;
    assert_int_equal(setting_get(db, t.arena, mine, "ecr", &changed).n, 0);
    assert_int_equal(changed, TIME_NONE);
    setting_set(db, mine, "ecr", STR("{\"a\":1}"));
    setting_set(db, mine, "ecr", STR("{\"a\":2}"));
    assert_true(str_is(setting_get(db, t.arena, mine, "ecr", &changed), "{\"a\":2}"));
    assert_true(changed > 0);
    assert_int_equal(setting_get(db, t.arena, other, "ecr", NULL).n, 0);
    test_commit(db);
    test_store_free(&t);
}

static void test_users(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct master_key *k = key_in(&t, "master");
    struct sql *db = store_writer(t.store);
    static const char *const bad[] = {
        "",     "a b",      "a/b",
        "a\nb", "\xc3\xa9", "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(user_add(db, mine, str_from(bad[i]), ROLE_admin), ERR_INVALID);
    assert_int_equal(user_add(db, mine, STR("zoe@example.org"), ROLE_read_only), 0);
    assert_int_equal(user_add(db, mine, STR("amy"), ROLE_admin), 0);
    assert_int_equal(user_add(db, other, STR("amy"), ROLE_admin), 0);
    struct user *users, one;
    assert_int_equal(user_list(db, t.arena, mine, &users), 2);
    assert_true(str_is(users[0].name, "amy"));
    assert_int_equal(users[1].role, ROLE_read_only);

    /* A role that changes changes the keys; sessions end. */
    struct access_key lasting, session, found;
    assert_int_equal(access_key_add(db, k, mine, STR("amy"), ROLE_admin, STR(""), TIME_NONE, &lasting), 0);
    assert_int_equal(access_key_add(db, k, mine, STR("amy"), ROLE_admin, STR(""), time_now() + 99, &session),
                     0);
    assert_int_equal(user_add(db, mine, STR("amy"), ROLE_read_only), 0);
    assert_int_equal(user_get(db, t.arena, mine, STR("amy"), &one), 0);
    assert_int_equal(one.role, ROLE_read_only);
    assert_int_equal(access_key_find(db, k, str_from(lasting.id), &found), 0);
    assert_int_equal(found.role, ROLE_read_only);
    assert_int_equal(access_key_find(db, k, str_from(session.id), &found), ERR_MISSING);

    /* So do those that began with a key that ends, and no others; none begins with it any more. */
    struct access_key second, elsewhere, refused;
    int64_t later = time_now() + 99;
    assert_int_equal(access_key_add(db, k, mine, STR("amy"), ROLE_read_only, STR(""), TIME_NONE, &second), 0);
    assert_int_equal(access_key_begin(db, k, str_from(lasting.id), later, &elsewhere), 0);
    for (int remove = 0; remove < 2; remove++) {
        assert_int_equal(access_key_begin(db, k, str_from(second.id), later, &session), 0);
        assert_int_equal(session.role, ROLE_read_only);
        assert_int_equal(access_key_find(db, k, str_from(session.id), &found), 0);
        assert_true(remove ? access_key_remove(db, mine, str_from(second.id))
                           : access_key_disable(db, mine, str_from(second.id)));
        assert_int_equal(access_key_find(db, k, str_from(session.id), &found), ERR_MISSING);
        assert_int_equal(access_key_begin(db, k, str_from(second.id), later, &refused), ERR_MISSING);
        assert_int_equal(access_key_add(db, k, mine, STR("amy"), ROLE_read_only, STR(""), TIME_NONE, &second),
                         0);
    }
    assert_int_equal(access_key_find(db, k, str_from(elsewhere.id), &found), 0);

    assert_true(user_remove(db, mine, STR("amy")));
    assert_false(user_remove(db, mine, STR("amy")));
    assert_int_equal(user_get(db, t.arena, mine, STR("amy"), &one), ERR_MISSING);
    assert_int_equal(access_key_find(db, k, str_from(lasting.id), &found), ERR_MISSING);
    assert_int_equal(user_list(db, t.arena, other, &users), 1);
    test_commit(db);
    master_key_close(k);
    test_store_free(&t);
}

static void test_keys(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct master_key *k = key_in(&t, "master"), *wrong = key_in(&t, "wrong");
    struct sql *db = store_writer(t.store);
    struct access_key key, session, found = {0}, *keys;
    assert_int_equal(
        access_key_add(db, k, mine, STR("collector"), ROLE_collector, STR("mi-0123"), TIME_NONE, &key), 0);
    assert_int_equal(strlen(key.id), 20);
    assert_int_equal(strlen(key.secret), 40);
    assert_memory_equal(key.id, "AKIA", 4);
    assert_int_equal(access_key_find(db, k, str_from(key.id), &found), 0);
    assert_string_equal(found.secret, key.secret);
    assert_string_equal(found.resource, "mi-0123");
    assert_string_equal(found.user, "collector");
    assert_int_equal(found.role, ROLE_collector);
    assert_int_equal(found.account, mine);
    assert_int_equal(found.expires, TIME_NONE);
    assert_false(found.disabled);
    assert_int_equal(access_key_find(db, wrong, str_from(key.id), &found), ERR_INVALID);
    assert_int_equal(access_key_find(db, k, STR("AKIAAAAAAAAAAAAAAAAA"), &found), ERR_MISSING);
    assert_int_equal(access_key_add(db, k, mine, STR("no user"), ROLE_admin, STR(""), TIME_NONE, &session),
                     ERR_INVALID);
    char host[200];
    memset(host, 'h', sizeof host);
    assert_int_equal(access_key_add(db, k, mine, STR("a"), ROLE_admin, (struct str){host, sizeof host},
                                    TIME_NONE, &session),
                     ERR_LIMIT);

    int64_t now = time_now();
    assert_int_equal(access_key_add(db, k, mine, STR("amy"), ROLE_admin, STR(""), now + 60, &session), 0);
    assert_memory_equal(session.id, "ASIA", 4);
    assert_string_not_equal(session.secret, key.secret);
    assert_int_equal(access_key_list(db, t.arena, mine, &keys), 2);
    assert_string_equal(keys[0].user, "amy");
    assert_string_equal(keys[0].secret, "");
    assert_int_equal(access_key_list(db, t.arena, other, &keys), 0);
    access_key_expire(db, now + 59);
    assert_int_equal(access_key_find(db, k, str_from(session.id), &found), 0);
    assert_int_equal(found.expires, now + 60);
    access_key_expire(db, now + 60);
    assert_int_equal(access_key_find(db, k, str_from(session.id), &found), ERR_MISSING);

    assert_false(access_key_disable(db, other, str_from(key.id)));
    assert_true(access_key_disable(db, mine, str_from(key.id)));
    assert_int_equal(access_key_find(db, k, str_from(key.id), &found), 0);
    assert_true(found.disabled);
    assert_false(access_key_remove(db, other, str_from(key.id)));

    /* A sealed secret that is moved to another key's row is worth nothing. */
    struct access_key second;
    assert_int_equal(access_key_add(db, k, mine, STR("eve"), ROLE_admin, STR(""), TIME_NONE, &second), 0);
    struct statement *s = sql_prepare(
        db, "UPDATE access_key SET secret = (SELECT secret FROM access_key WHERE id = ?1) WHERE id = ?2");
    sql_bind_str(s, 1, str_from(second.id));
    sql_bind_str(s, 2, str_from(key.id));
    assert_int_equal(sql_run(s), 1);
    assert_int_equal(access_key_find(db, k, str_from(key.id), &found), ERR_INVALID);
    assert_int_equal(access_key_find(db, k, str_from(second.id), &found), 0);
    assert_true(access_key_remove(db, mine, str_from(key.id)));
    assert_int_equal(access_key_find(db, k, str_from(key.id), &found), ERR_MISSING);

    /* No secret is in the file in the clear. */
    test_commit(db);
    store_close(t.store);
    t.store = NULL;
    struct str file;
    assert_int_equal(file_read(t.arena, t.path, 64 << 20, &file), 0);
    assert_true(str_find_str(file, str_from(second.id)) >= 0);
    assert_true(str_find_str(file, str_from(second.secret)) < 0);
    master_key_close(k);
    master_key_close(wrong);
    test_store_free(&t);
}

static void test_seal(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct master_key *k = key_in(&t, "master"), *again = key_in(&t, "master");
    struct str sealed = seal(t.arena, k, STR("name"), STR("secret")), twice, plain = STR("untouched");
    assert_int_equal(sealed.n, 6 + SEAL_OVERHEAD);
    assert_int_equal(unseal(t.arena, again, STR("name"), sealed, &plain), 0);
    assert_true(str_is(plain, "secret"));
    twice = seal(t.arena, k, STR("name"), STR("secret"));
    assert_false(str_eq(sealed, twice));
    plain = STR("untouched");
    assert_int_equal(unseal(t.arena, k, STR("nama"), sealed, &plain), ERR_INVALID);
    for (size_t n = 0; n < sealed.n; n++) {
        assert_int_equal(unseal(t.arena, k, STR("name"), str_slice(sealed, 0, n), &plain), ERR_INVALID);
        struct str flipped = arena_str(t.arena, sealed);
        ((char *)(uintptr_t)flipped.p)[n] ^= 1;
        assert_int_equal(unseal(t.arena, k, STR("name"), flipped, &plain), ERR_INVALID);
    }
    assert_true(str_is(plain, "untouched"));
    assert_int_equal(unseal(t.arena, k, STR(""), seal(t.arena, k, STR(""), STR("")), &plain), 0);
    assert_int_equal(plain.n, 0);
    master_key_close(k);
    master_key_close(again);
    master_key_close(NULL);
    test_store_free(&t);
}

static void test_master_key_file(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct master_key *k = key_in(&t, "master");
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/master", t.dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32);
    master_key_close(k);
    k = NULL;
    chmod(path, 0640);
    assert_int_equal(master_key_open(path, &k), ERR_UNSUPPORTED);
    chmod(path, 0600);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(master_key_open(path, &k), ERR_INVALID);
    assert_int_equal(master_key_open("/nowhere/master", &k), ERR_IO);
    assert_null(k);
    test_store_free(&t);
}

static void test_tokens(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct str one = enrol_token_add(db, t.arena, mine, TOKEN_enrol, STR("web servers"), 1000, 2,
                                     STR("{\"env\":\"prod\"}"));
    struct str any = enrol_token_add(db, t.arena, mine, TOKEN_enrol, STR(""), TIME_NONE, 0, STR(""));
    assert_int_equal(one.n, 46);
    assert_true(str_starts(one, STR("assay-")));
    account_id account = 0;
    struct str tags;
    bool replaces;
    assert_int_equal(enrol_token_use(db, t.arena, one, 1000, &account, &tags, &replaces),
                     ERR_MISSING); /* expired */
    assert_int_equal(account, 0);
    assert_int_equal(enrol_token_check(db, one, 999, &account), ERR_MISSING); /* hosts enrol with it */
    assert_int_equal(enrol_token_use(db, t.arena, one, 999, &account, &tags, &replaces), 0);
    assert_int_equal(account, mine);
    assert_true(str_is(tags, "{\"env\":\"prod\"}"));
    struct enrol_token *tokens;
    assert_int_equal(enrol_token_list(db, t.arena, mine, &tokens), 2);
    struct enrol_token *first = str_is(tokens[0].label, "web servers") ? &tokens[0] : &tokens[1];
    assert_int_equal(first->uses_left, 1);
    assert_int_equal(first->expires, 1000);
    assert_int_equal(first->digest.n, 16);
    assert_int_equal(enrol_token_use(db, t.arena, one, 999, &account, &tags, &replaces), 0);
    assert_int_equal(enrol_token_use(db, t.arena, one, 999, &account, &tags, &replaces),
                     ERR_MISSING); /* used up */
    assert_int_equal(enrol_token_use(db, t.arena, STR("assay-x"), 999, &account, &tags, &replaces),
                     ERR_MISSING);
    for (int i = 0; i < 5; i++)
        assert_int_equal(enrol_token_use(db, t.arena, any, INT64_MAX, &account, &tags, &replaces), 0);
    assert_int_equal(tags.n, 0);
    assert_int_equal(enrol_token_list(db, t.arena, mine, &tokens), 1);
    assert_false(enrol_token_remove(db, other, tokens[0].digest));
    assert_false(enrol_token_remove(db, mine, STR("")));
    assert_false(enrol_token_remove(db, mine, STR("00000000 0000000")));
    assert_true(enrol_token_remove(db, mine, tokens[0].digest));
    assert_int_equal(enrol_token_use(db, t.arena, any, 1, &account, &tags, &replaces), ERR_MISSING);
    test_commit(db);
    test_store_free(&t);
}

struct enroller {
    struct store *store;
    struct str token;
    int used;
};

static void *enrol(void *arg)
{
    struct enroller *e = arg;
    for (int i = 0; i < 20; i++) {
        struct arena *a = arena_new(0);
        struct sql *db = store_writer(e->store);
        account_id account;
        struct str tags;
        bool replaces;
        e->used += enrol_token_use(db, a, e->token, 1, &account, &tags, &replaces) == 0;
        store_commit(db);
        arena_free(a);
    }
    return NULL;
}

/* Used by several at once, a token is used as often as it may be. */
static void test_tokens_of_registries(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct str token = enrol_token_add(db, t.arena, mine, TOKEN_notify, STR("harbor"), 1000, 1, STR(""));
    account_id account = 0;
    struct str tags;
    bool replaces;
    assert_int_equal(enrol_token_use(db, t.arena, token, 1, &account, &tags, &replaces),
                     ERR_MISSING);                                               /* no host's */
    assert_int_equal(enrol_token_check(db, token, 1000, &account), ERR_MISSING); /* expired */
    assert_int_equal(enrol_token_check(db, STR("assay-x"), 1, &account), ERR_MISSING);
    assert_int_equal(account, 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(enrol_token_check(db, token, 999, &account), 0);
    assert_int_equal(account, mine);
    struct enrol_token *tokens;
    assert_int_equal(enrol_token_list(db, t.arena, mine, &tokens), 1);
    assert_int_equal(tokens[0].purpose, TOKEN_notify);
    test_commit(db);
    test_store_free(&t);
}

static void test_token_at_once(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct str token = enrol_token_add(db, t.arena, mine, TOKEN_enrol, STR("x"), TIME_NONE, 7, STR(""));
    test_commit(db);
    struct enroller enrollers[4];
    pthread_t threads[4];
    int used = 0;
    for (int i = 0; i < 4; i++) {
        enrollers[i] = (struct enroller){t.store, token, 0};
        pthread_create(&threads[i], NULL, enrol, &enrollers[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        used += enrollers[i].used;
    }
    assert_int_equal(used, 7);
    test_store_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts),      cmocka_unit_test(test_users),
        cmocka_unit_test(test_keys),          cmocka_unit_test(test_seal),
        cmocka_unit_test(test_tokens),        cmocka_unit_test(test_tokens_of_registries),
        cmocka_unit_test(test_token_at_once), cmocka_unit_test(test_master_key_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

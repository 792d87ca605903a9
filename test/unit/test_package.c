/* Inventories by content, distinct packages, and what is kept of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "engine_util.h"
#include "store/engine.h"
#include "store/heard.h"
#include "store/holdings.h"
#include "store/packed.h"
#include "store/summary.h"

static struct inventory *sample(bool reversed)
{
    static const struct package packages[] = {
        {.type = STR("deb"),
         .name = STR("curl"),
         .version = STR("1:7.88.1-10+deb12u5"),
         .manager = PM_OS,
         .path = STR("var/lib/dpkg/status"),
         .layer = 0,
         .license = STR("curl")},
        {.type = STR("npm"),
         .namespace = STR("@a"),
         .name = STR("lib"),
         .version = STR("1.0.0"),
         .manager = PM_NODEPKG,
         .path = STR("app/lib/package.json"),
         .layer = 1,
         .dev = true},
        {.type = STR("npm"),
         .namespace = STR("@a"),
         .name = STR("lib"),
         .version = STR("1.0.0"),
         .manager = PM_NODEPKG,
         .path = STR("app/other/package.json"),
         .layer = NO_LAYER},
        {.type = STR("pypi"),
         .name = STR("six"),
         .version = STR("1.16.0"),
         .manager = PM_PYTHONPKG,
         .path = STR("usr/lib/python3/six"),
         .owner = STR("python3-six"),
         .layer = NO_LAYER},
        {.type = STR("pypi"),
         .name = STR("loose"),
         .manager = PM_PIP,
         .path = STR("requirements.txt"),
         .unresolved = true,
         .layer = NO_LAYER},
    };
    size_t n = sizeof packages / sizeof *packages;
    struct inventory *inv = inventory_new();
    inv->os = (struct os){.family = STR("debian"), .version = STR("12"), .name = STR("Debian 12")};
    inv->target = reversed ? STR("one") : STR("another");
    inv->target_kind = STR("image");
    vec_add(&inv->layers, STR("sha256:aa"));
    vec_add(&inv->layers, STR("sha256:bb"));
    for (size_t i = 0; i < n; i++)
        inventory_add(inv, &packages[reversed ? n - 1 - i : i]);
    return inv;
}

static void test_digest(void **state)
{
    (void)state;
    unsigned char a[INVENTORY_DIGEST], b[INVENTORY_DIGEST];
    _cleanup_(inventory_cleanup) struct inventory *one = sample(false), *two = sample(true);
    err_set(ERR_IO, "unreadable");
    inventory_problem(two, STR("x"), ERR_IO);
    inventory_digest(one, a);
    inventory_digest(two, b);
    assert_memory_equal(a, b, sizeof a);
    two->packages.at[0].path = STR("elsewhere");
    inventory_digest(two, b);
    assert_memory_not_equal(a, b, sizeof a);
    two->packages.at[0].path = one->packages.at[one->packages.n - 1].path;
    two->os.version = STR("13");
    inventory_digest(two, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void test_put_and_read(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    _cleanup_(inventory_cleanup) struct inventory *inv = sample(false), *same = sample(true);
    struct sql *db = store_writer(t.store);
    int64_t *fresh;
    size_t n_fresh, n;
    int64_t id = inventory_put(db, t.arena, mine, 0, 0, inv, &fresh, &n_fresh);
    assert_true(id > 0);
    assert_int_equal(n_fresh, 4); /* the same library twice is one package */
    assert_int_equal(inventory_put(db, t.arena, mine, 0, 0, same, &fresh, &n_fresh), id);
    assert_int_equal(n_fresh, 0);
    /* Another account has an inventory of its own, of the same packages. */
    int64_t other = inventory_put(db, t.arena, 111111111111, 0, 0, inv, &fresh, &n_fresh);
    assert_true(other != id && !n_fresh);
    assert_int_equal(number(db, "SELECT count(*) FROM package"), 4);
    /* What a distribution's package owns and what has no version is held, too. */
    assert_int_equal(number(db, "SELECT count(*) FROM holding WHERE account = 123456789012"), 4);

    struct holding *h;
    assert_int_equal(inventory_read(db, t.arena, mine, id, &h, &n, NULL), 0);
    assert_int_equal(n, 5);
    for (size_t i = 1; i < n; i++)
        assert_true(h[i - 1].package <= h[i].package);
    assert_int_equal(inventory_read(db, t.arena, 111111111111, id, &h, &n, NULL), ERR_MISSING);
    test_commit(db);
    test_store_free(&t);
}

static void test_load(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    _cleanup_(inventory_cleanup) struct inventory *inv = sample(false), *back = NULL, *one = NULL;
    struct sql *db = store_writer(t.store);
    unsigned char before[INVENTORY_DIGEST], after[INVENTORY_DIGEST];
    int64_t *fresh, *named;
    size_t n;
    inventory_finish(inv);
    inventory_digest(inv, before);
    int64_t id = inventory_put(db, t.arena, mine, 0, 0, inv, &fresh, &n);
    assert_int_equal(inventory_load(db, mine, id, &back), 0);
    inventory_digest(back, after);
    assert_memory_equal(before, after, sizeof before);

    int64_t curl = number(db, "SELECT id FROM package WHERE name = 'curl'");
    assert_int_equal(package_load(db, curl, &one), 0);
    assert_true(str_is(one->os.family, "debian") &&
                str_is(one->packages.at[0].version, "1:7.88.1-10+deb12u5"));
    assert_int_equal(number(db, "SELECT epoch FROM package WHERE name = 'curl'"), 1);
    assert_int_equal(number(db, "SELECT upstream = '7.88.1' AND release = '10+deb12u5' FROM package"
                                " WHERE name = 'curl'"),
                     1);
    assert_int_equal(number(db, "SELECT os_family = '' AND epoch IS NULL FROM package WHERE name = 'lib'"),
                     1);
    package_set_names(db, curl, (const struct str[]){STR("Debian:12")}, (const struct str[]){STR("curl")}, 1);
    assert_int_equal(package_named(db, t.arena, STR("Debian:12"), STR("curl"), &named), 1);
    assert_int_equal(named[0], curl);
    assert_int_equal(package_named(db, t.arena, STR("Debian:13"), STR("curl"), &named), 0);
    assert_int_equal(package_load(db, 999, &one), ERR_MISSING);
    test_commit(db);
    test_store_free(&t);
}

/* What looks whether anything is in use reads all accounts, and nothing else from end to end. */
static void check_uses_search(struct arena *a, struct sql *db)
{
    size_t checked = 0;
    for (size_t i = 0, n = db->statements.n; i < n; i++) {
        const char *text = ((const struct statement *)db->statements.entries[i].value)->text;
        if (!strstr(text, "FROM account a") || !strncmp(text, "EXPLAIN", 7))
            continue;
        checked++;
        struct statement *plan = sql_prepare(db, arena_printf(a, "EXPLAIN QUERY PLAN %s", text).p);
        while (sql_next(plan)) {
            struct str step = sql_str(plan, 3);
            if (str_starts(step, STR("SCAN")) && !str_is(step, "SCAN a") &&
                !str_is(step, "SCAN CONSTANT ROW"))
                fail_msg("%s: %.*s", text, STR_ARG(step));
        }
    }
    assert_int_equal(checked, 1);
}

/* No step goes through all that an account has. */
static void test_fixes_are_found_by_package(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct package_version *versions;
    struct sql *db = store_reader(t.store);
    assert_int_equal(summary_fixes(db, t.arena, mine, STR("curl"), 10, &versions), 0);
    const char *text = ((const struct statement *)db->statements.entries[db->statements.n - 1].value)->text;
    assert_non_null(strstr(text, "fixed"));
    struct statement *plan = sql_prepare(db, arena_printf(t.arena, "EXPLAIN QUERY PLAN %s", text).p);
    while (sql_next(plan)) {
        struct str step = sql_str(plan, 3);
        if (str_ends(step, STR("(account=?)")) || str_starts(step, STR("SCAN p")) ||
            str_starts(step, STR("SCAN f")))
            fail_msg("%.*s", STR_ARG(step));
    }
    store_release(db);
    test_store_free(&t);
}

static void test_trim(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    _cleanup_(inventory_cleanup) struct inventory *inv = sample(false), *other = holding_of("npm/x/1");
    struct sql *db = store_writer(t.store);
    int64_t *fresh, *ids;
    size_t n;
    account_add(db, mine);
    struct resource r = machine(db, "i-1");
    int64_t used = inventory_put(db, t.arena, mine, 0, 0, inv, &fresh, &n);
    inventory_put(db, t.arena, mine, 0, 0, other, &fresh, &n);
    resource_set_inventory(db, r.id, used, STR("DEBIAN_12"));
    assert_int_equal(inventory_resources(db, t.arena, mine, used, &ids), 1);
    assert_int_equal(ids[0], r.id);
    int64_t after = 0, packages = number(db, "SELECT count(*) FROM package");
    package_set_names(db, fresh[0], &STR("npm"), &STR("x"), 1);
    package_set_matches(db, fresh[0], &(struct package_match){1, false, STR("2"), STR("< 2")}, 1);
    assert_false(package_trim(db, &after, 10));
    assert_int_equal(number(db, "SELECT count(*) FROM package"), packages);
    after = 0;
    assert_true(inventory_trim(db, &after, 1));
    assert_int_equal(number(db, "SELECT count(*) FROM inventory"), 2);
    assert_false(inventory_trim(db, &after, 10)); /* goes on where it was */
    assert_int_equal(number(db, "SELECT count(*) FROM inventory"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM holding"), 4);
    /* What was judged and has not reached the findings needs its package. */
    after = 0;
    struct unapplied left = {fresh[0], STR("CVE-1")};
    unapplied_add(db, left.package, left.vulnerability_id);
    assert_false(package_trim(db, &after, 10));
    assert_int_equal(number(db, "SELECT count(*) FROM package"), packages);
    unapplied_remove(db, &left, 1);
    after = 0;
    assert_false(package_trim(db, &after, 10));
    assert_int_equal(number(db, "SELECT count(*) FROM package"), packages - 1);
    assert_int_equal(number(db, "SELECT count(*) FROM package_name"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM package_match"), 0);
    check_uses_search(t.arena, db);
    test_commit(db);
    test_store_free(&t);
}

/* The inventory of one resource alone becomes the next one; what others have, too, stays as it is. */
static void test_change(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    _cleanup_(inventory_cleanup) struct inventory *inv = sample(false), *other = sample(false);
    other->packages.at[0].version = STR("1:7.88.1-10+deb12u6"); /* curl */
    other->packages.at[3].owner = (struct str){0};              /* six is judged now */
    struct sql *db = store_writer(t.store);
    int64_t *fresh;
    size_t n;
    struct holding *h;
    struct resource one = machine(db, "i-1"), two = machine(db, "i-2");
    int64_t id = inventory_put(db, t.arena, mine, one.id, 0, inv, &fresh, &n);
    resource_set_inventory(db, one.id, id, STR("DEBIAN_12"));
    host_reported(db, mine, one.id, id, STR("aa"), time_now());
    assert_int_equal(number(db, "SELECT count(*) FROM resource WHERE report = 'aa'"), 1);
    /* Only the collector says that it is there, not who tells of the host. */
    assert_true(host_reports(db, mine, one.id, 1001));
    sql_run(sql_prepare(db, "UPDATE resource_heard SET at = 1000, reported = 1000"));
    machine(db, "i-1");
    assert_int_equal(number(db, "SELECT count(*) FROM resource_heard WHERE at > 1000"), 1);
    assert_false(host_reports(db, mine, one.id, 1001));
    resources_heard(db, &one.id, 1, time_now());
    assert_true(host_reports(db, mine, one.id, 1001));

    assert_int_equal(inventory_put(db, t.arena, mine, one.id, id, other, &fresh, &n), id);
    assert_int_equal(n, 1);
    assert_int_equal(number(db, "SELECT count(*) FROM inventory"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM resource WHERE report IS NOT NULL"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM holding"), 4);
    assert_int_equal(number(db,
                            "SELECT count(*) FROM holding JOIN package ON id = package WHERE name = 'curl'"
                            " AND version = '1:7.88.1-10+deb12u6'"),
                     1);
    assert_int_equal(inventory_read(db, t.arena, mine, id, &h, &n, NULL), 0);
    assert_int_equal(n, 5);
    assert_int_equal(inventory_put(db, t.arena, mine, one.id, id, inv, &fresh, &n), id);
    assert_int_equal(number(db, "SELECT count(*) FROM holding"), 4);

    resource_set_inventory(db, two.id, id, STR("DEBIAN_12"));
    int64_t next = inventory_put(db, t.arena, mine, one.id, id, other, &fresh, &n);
    assert_true(next != id);
    resource_set_inventory(db, one.id, next, STR("DEBIAN_12"));
    assert_int_equal(inventory_put(db, t.arena, mine, two.id, id, other, &fresh, &n), next);
    test_commit(db);
    test_store_free(&t);
}

/* What is damaged is refused, or read as something else, but never a fault: under sanitizers. */
static void test_damage(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf content = buf_new(1 << 20);
    enum { LINES = 100 };
    struct holdings_line lines[LINES] = {0};
    struct holdings h = {.os = {.family = STR("debian")}, .lines = lines, .n = LINES}, back;
    for (size_t i = 0; i < LINES; i++) {
        lines[i].holding = (struct holding){.package = (int64_t)i * 1000,
                                            .path = arena_printf(a, "path/%zu", i),
                                            .manager = PM_GOMOD,
                                            .owned = i % 2};
        lines[i].license = STR("MIT");
    }
    assert_int_equal(holdings_encode(&h, &content), 0);
    assert_int_equal(content.p[0], PACKED_ZSTD);
    assert_int_equal(holdings_decode(a, buf_str(&content), &back), 0);
    assert_int_equal(back.n, LINES);
    assert_true(str_is(back.lines[39].holding.path, "path/39") && back.lines[39].holding.package == 39000 &&
                back.lines[39].holding.manager == PM_GOMOD && str_is(back.lines[39].license, "MIT"));
    for (size_t i = 0; i < content.n; i++) {
        char saved = content.p[i];
        content.p[i] = (char)(saved ^ (1 << i % 8));
        holdings_decode(a, buf_str(&content), &back);
        content.p[i] = saved;
        assert_true(holdings_decode(a, str_slice(buf_str(&content), 0, i), &back) < 0);
    }
    h.n = 1;
    content.n = 0;
    assert_int_equal(holdings_encode(&h, &content), 0);
    assert_int_equal(content.p[0], PACKED_PLAIN);
    for (size_t i = 0; i < content.n; i++) {
        char saved = content.p[i];
        content.p[i] = (char)(saved ^ 0x80);
        holdings_decode(a, buf_str(&content), &back);
        content.p[i] = saved;
        assert_true(holdings_decode(a, str_slice(buf_str(&content), 0, i), &back) < 0);
    }
}

/* What one package manager has installed is told once. */
static void test_like_lines(void **state)
{
    (void)state;
    enum { LINES = 100, ODD = 70 };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf content = buf_new(1 << 20);
    struct holdings_line lines[LINES] = {0};
    struct holdings h = {.lines = lines, .n = LINES}, back;
    for (size_t i = 0; i < LINES; i++)
        lines[i].holding = (struct holding){
            .package = (int64_t)i + 1, .path = STR("var/lib/dpkg/status"), .manager = PM_OS, .dev = i == ODD};
    assert_int_equal(holdings_encode(&h, &content), 0);
    assert_true(content.p[0] == PACKED_PLAIN && content.n < 150);
    assert_int_equal(holdings_decode(a, buf_str(&content), &back), 0);
    assert_int_equal(back.n, LINES);
    for (size_t i = 0; i < LINES; i++)
        assert_true(back.lines[i].holding.package == (int64_t)i + 1 &&
                    back.lines[i].holding.dev == (i == ODD) &&
                    str_is(back.lines[i].holding.path, "var/lib/dpkg/status"));
}

static void test_vulnerability(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    const struct str related[] = {STR("DSA-1"), STR("GHSA-1")};
    struct vulnerability_row v = {.vulnerability_id = STR("CVE-2024-1"),
                                  .source = STR("NVD"),
                                  .description = STR("text"),
                                  .details = STR("{}"),
                                  .severity = GRADE_HIGH,
                                  .score = 7.5,
                                  .vector = STR(NETWORK_7_5),
                                  .last_exploited = TIME_NONE,
                                  .epss = 0.5,
                                  .related = related,
                                  .n_related = 2},
                             back;
    int64_t id = vulnerability_put(db, &v), *ids;
    v.epss = 0.7; /* moves daily: not a part of what it is */
    assert_int_equal(vulnerability_put(db, &v), id);
    assert_int_equal(vulnerability_get(db, t.arena, id, &back), 0);
    assert_true(back.score == 7.5 && back.epss == 0.5 && back.severity == GRADE_HIGH && back.n_related == 2 &&
                back.last_exploited == TIME_NONE && str_is(back.related[1], "GHSA-1"));
    v.score = 7.6;
    assert_true(vulnerability_put(db, &v) != id);
    assert_int_equal(vulnerability_named(db, t.arena, STR("CVE-2024-1"), &ids), 2);
    assert_int_equal(vulnerability_named(db, t.arena, STR("GHSA-1"), &ids), 0);
    assert_int_equal(vulnerability_speaking_of(db, t.arena, STR("GHSA-1"), &ids), 2);
    package_set_matches(db, 1, &(struct package_match){id, false, STR("2"), STR("< 2")}, 1);
    assert_false(package_set_matches(db, 1, &(struct package_match){id, false, STR("2"), STR("< 2")}, 1));
    assert_true(package_set_matches(db, 1, &(struct package_match){id, false, STR("3"), STR("< 3")}, 1));
    int64_t after = 0;
    assert_false(vulnerability_trim(db, &after, 10));
    assert_int_equal(vulnerability_named(db, t.arena, STR("CVE-2024-1"), &ids), 1);
    check_uses_search(t.arena, db);
    test_commit(db);
    test_store_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_put_and_read),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_fixes_are_found_by_package),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_like_lines),
        cmocka_unit_test(test_vulnerability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

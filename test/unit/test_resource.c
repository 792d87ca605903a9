/* Resources, their coverage with events and usage, origins, artefacts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/event.h"
#include "store/image_use.h"
#include "store/resource.h"
#include "store_util.h"

static const account_id mine = 123456789012, other = 210987654321;

enum { HOUR = 3600, DAY = 24 * HOUR };

static struct resource image(const char *id)
{
    return (struct resource){
        .account = mine,
        .type = RESOURCE_AWS_ECR_CONTAINER_IMAGE,
        .resource_id = str_from(id),
        .origin = STR("registry"),
        .details = STR("{\"a\":1}"),
        .tags = STR("{\"env\":\"prod\",\"team\":\"web\"}"),
        .name = STR("shop"),
        .hash = STR("sha256:00"),
        .pushed = 1000,
        .pulled = TIME_NONE,
        .last_in_use = TIME_NONE,
        .modified = TIME_NONE,
        .in_use_count = -1,
    };
}

static int64_t count(struct sql *db, const char *text)
{
    return sql_run_int(sql_prepare(db, text), -1);
}

static bool put_changes(struct sql *db, struct resource *r)
{
    bool fresh = true, changed = false;
    assert_true(resource_put(db, r, &fresh, &changed) > 0);
    assert_false(fresh);
    return changed;
}

static void test_put(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    bool fresh = false, changed = false;
    struct resource r = image("one"), got;
    struct str values[] = {STR("latest"), STR("1.2"), STR("latest")};
    int kinds[] = {RESOURCE_VALUE_IMAGE_TAG, RESOURCE_VALUE_IMAGE_TAG, RESOURCE_VALUE_IMAGE_TAG};
    r.values = values;
    r.kinds = kinds;
    r.n_values = 3;
    int64_t id = resource_put(db, &r, &fresh, &changed);
    assert_true(id > 0 && fresh && changed);
    assert_int_equal(r.id, id);
    assert_true(r.first_seen > 0 && r.heard == r.first_seen && r.gone == TIME_NONE);
    assert_int_equal(resource_find(db, t.arena, mine, STR("one"), &got), 0);
    assert_int_equal(resource_find(db, t.arena, other, STR("one"), &got), ERR_MISSING);
    assert_int_equal(resource_get(db, t.arena, id, &got), 0);
    assert_true(str_is(got.name, "shop") && str_is(got.tags, "{\"env\":\"prod\",\"team\":\"web\"}"));
    assert_int_equal(got.pushed, 1000);
    assert_int_equal(got.pulled, TIME_NONE);
    assert_int_equal(got.in_use_count, -1);
    assert_int_equal(got.inventory, 0);
    assert_int_equal(got.n_values, 0);
    resource_values(db, t.arena, &got);
    assert_int_equal(got.n_values, 2);
    assert_true(str_is(got.values[0], "1.2") && got.kinds[0] == RESOURCE_VALUE_IMAGE_TAG);
    assert_int_equal(count(db, "SELECT count(*) FROM resource_tag"), 2);
    test_commit(db);

    /* The same again changes nothing and writes nothing. */
    db = store_writer(t.store);
    int64_t before = count(db, "SELECT total_changes()");
    assert_false(put_changes(db, &r));
    assert_int_equal(count(db, "SELECT total_changes()"), before);

    /* What is not stated stays. */
    struct resource less = image("one");
    less.name = less.tags = less.details = (struct str){NULL, 0};
    less.pushed = TIME_NONE;
    assert_false(put_changes(db, &less));
    less.pulled = 2000;
    less.in_use_count = 0;
    assert_true(put_changes(db, &less));
    assert_int_equal(resource_get(db, t.arena, id, &got), 0);
    assert_true(str_is(got.name, "shop") && got.pushed == 1000 && got.pulled == 2000 && !got.in_use_count);
    assert_int_equal(count(db, "SELECT count(*) FROM resource_value"), 2);
    assert_int_equal(count(db, "SELECT count(*) FROM resource_tag"), 2);

    /* Tags and values alone are changes, too, down to none. */
    less.tags = STR("{\"env\":\"test\"}");
    assert_true(put_changes(db, &less));
    assert_int_equal(count(db, "SELECT count(*) FROM resource_tag WHERE value = 'test'"), 1);
    assert_int_equal(count(db, "SELECT count(*) FROM resource_tag"), 1);
    less.tags = STR("{}");
    assert_true(put_changes(db, &less));
    assert_int_equal(count(db, "SELECT count(*) FROM resource_tag"), 0);
    values[2] = STR("1.3");
    assert_true(put_changes(db, &r)); /* and the first tags again */
    assert_int_equal(count(db, "SELECT count(*) FROM resource_value"), 3);
    assert_false(put_changes(db, &r));
    kinds[0] = RESOURCE_VALUE_LAYER;
    assert_true(put_changes(db, &r));
    r.n_values = 0;
    assert_true(put_changes(db, &r));
    assert_int_equal(count(db, "SELECT count(*) FROM resource_value"), 0);
    test_commit(db);
    test_store_free(&t);
}

static void test_bad_tags(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    static const char *const bad[] = {"{", "[]", "\"x\"", "{\"a\":1,}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sql *db = store_writer(t.store);
        struct resource r = image("one");
        bool fresh, changed;
        r.tags = str_from(bad[i]);
        assert_int_equal(resource_put(db, &r, &fresh, &changed), ERR_INVALID);
        assert_int_equal(store_commit(db), ERR_INVALID);
    }
    test_store_free(&t);
}

static void test_life(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    bool fresh, changed;
    struct resource one = image("one"), two = image("two"), got, *of_origin;
    two.origin = STR("");
    two.type = RESOURCE_AWS_EC2_INSTANCE;
    resource_put(db, &one, &fresh, &changed);
    resource_put(db, &two, &fresh, &changed);
    assert_int_equal(resource_of_origin(db, t.arena, mine, STR("registry"), 0, 10, &of_origin), 1);
    assert_int_equal(of_origin[0].id, one.id);
    assert_int_equal(resource_of_origin(db, t.arena, mine, STR("registry"), one.id, 10, &of_origin), 0);

    int64_t ids[] = {two.id, one.id, 999}, now = time_now(), *silent;
    resources_heard(db, ids, 3, now + 500);
    resources_heard(db, ids, 1, now + 400); /* never back in time */
    resources_heard(db, ids, 0, now);
    assert_int_equal(resource_get(db, t.arena, two.id, &got), 0);
    assert_int_equal(got.heard, now + 500);
    assert_int_equal(resource_silent(db, t.arena, mine, -1, now + 500, 0, 10, &silent), 0);
    assert_int_equal(resource_silent(db, t.arena, mine, -1, now + 501, 0, 10, &silent), 2);
    assert_int_equal(silent[0], one.id);
    assert_int_equal(resource_silent(db, t.arena, mine, -1, INT64_MAX, one.id, 10, &silent), 1);
    assert_int_equal(resource_silent(db, t.arena, mine, RESOURCE_AWS_EC2_INSTANCE, INT64_MAX, 0, 10, &silent),
                     1);
    assert_int_equal(silent[0], two.id);
    assert_int_equal(resource_silent(db, t.arena, other, -1, INT64_MAX, 0, 10, &silent), 0);
    /* A put that is late does not set it back within a minute, but a clock that was set back does not stop
     * it. */
    assert_false(put_changes(db, &two));
    assert_int_equal(resource_get(db, t.arena, two.id, &got), 0);
    assert_true(got.heard < now + 500);

    resource_set_inventory(db, one.id, 7, STR("DEBIAN_12"));
    resource_set_inventory(db, one.id, 8, STR(""));
    assert_int_equal(resource_get(db, t.arena, one.id, &got), 0);
    assert_int_equal(got.inventory, 8);
    assert_true(str_is(got.platform, "DEBIAN_12"));
    assert_false(put_changes(db, &one));
    assert_int_equal(one.inventory, 8);

    resource_remove(db, one.id); /* not while it is there */
    assert_int_equal(resource_get(db, t.arena, one.id, &got), 0);
    resource_set_state(db, one.id, STATE_GONE, 5000);
    resource_set_state(db, one.id, STATE_GONE, 6000);
    assert_int_equal(resource_get(db, t.arena, one.id, &got), 0);
    assert_int_equal(got.gone, 5000);
    assert_true(put_changes(db, &one)); /* it came back */
    assert_int_equal(resource_get(db, t.arena, one.id, &got), 0);
    assert_int_equal(got.gone, TIME_NONE);
    assert_int_equal(got.state, STATE_PRESENT);
    one.state = STATE_GONE;
    assert_true(put_changes(db, &one));
    assert_true(one.gone > 6000);
    resource_remove(db, one.id);
    assert_int_equal(resource_get(db, t.arena, one.id, &got), ERR_MISSING);
    assert_int_equal(count(db, "SELECT count(*) FROM resource_tag"), 2); /* of the other */
    assert_int_equal(count(db, "SELECT count(*) FROM resource_heard"), 1);
    test_commit(db);
    test_store_free(&t);
}

static int64_t active(struct sql *db, enum usage_type type)
{
    struct statement *s = sql_prepare(db, "SELECT sum(active) FROM usage_meter WHERE type = ?1");
    sql_bind_int(s, 1, type);
    return sql_run_int(s, 0);
}

static void test_coverage(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    bool fresh, changed;
    struct resource host = image("i-1"), function = image("f"), img = image("x");
    host.type = RESOURCE_AWS_EC2_INSTANCE;
    function.type = RESOURCE_AWS_LAMBDA_FUNCTION;
    resource_put(db, &host, &fresh, &changed);
    resource_put(db, &function, &fresh, &changed);
    resource_put(db, &img, &fresh, &changed);
    struct coverage got,
        c = {SCAN_STATUS_ACTIVE, REASON_PENDING_INITIAL_SCAN, MODE_EC2_SSM_AGENT_BASED, TIME_NONE, STR("")};
    struct event *events;
    assert_false(coverage_get(db, t.arena, mine, host.id, SCAN_PACKAGE, &got));
    assert_true(coverage_put(db, &host, SCAN_PACKAGE, &c, 100));
    assert_false(coverage_put(db, &host, SCAN_PACKAGE, &c, 200));
    assert_int_equal(event_last(db), 1);
    assert_int_equal(active(db, USAGE_EC2_INSTANCE_HOURS), 1);
    c.last_scanned = 300; /* no news for listeners */
    c.error = STR("slow");
    assert_false(coverage_put(db, &host, SCAN_PACKAGE, &c, 300));
    assert_int_equal(event_last(db), 1);
    assert_true(coverage_get(db, t.arena, mine, host.id, SCAN_PACKAGE, &got));
    assert_int_equal(got.last_scanned, 300);
    assert_true(str_is(got.error, "slow"));
    c.reason = REASON_SUCCESSFUL;
    assert_true(coverage_put(db, &host, SCAN_PACKAGE, &c, 400));
    assert_int_equal(event_list(db, t.arena, mine, 1, 10, &events), 1);
    assert_int_equal(events[0].kind, EVENT_COVERAGE_CHANGED);
    assert_int_equal(events[0].subject, host.id);
    assert_true(str_is(events[0].detail, "{\"scanType\":\"PACKAGE\",\"oldStatus\":\"ACTIVE\",\"oldReason\":"
                                         "\"PENDING_INITIAL_SCAN\",\"status\":\"ACTIVE\",\"reason\":"
                                         "\"SUCCESSFUL\"}"));

    /* Another way of scanning is another kind of hours; a network scan runs up none; images none. */
    c.mode = MODE_EC2_AGENTLESS;
    assert_false(coverage_put(db, &host, SCAN_PACKAGE, &c, 500));
    assert_int_equal(active(db, USAGE_EC2_INSTANCE_HOURS), 0);
    assert_int_equal(active(db, USAGE_EC2_AGENTLESS_INSTANCE_HOURS), 1);
    assert_true(coverage_put(db, &host, SCAN_NETWORK, &c, 500));
    assert_true(coverage_put(db, &img, SCAN_PACKAGE, &c, 500));
    assert_int_equal(count(db, "SELECT sum(active) FROM usage_meter"), 1);
    assert_true(coverage_put(db, &function, SCAN_PACKAGE, &c, 500));
    assert_true(coverage_put(db, &function, SCAN_CODE, &c, 500));
    assert_int_equal(active(db, USAGE_LAMBDA_FUNCTION_HOURS), 1);
    assert_int_equal(active(db, USAGE_LAMBDA_FUNCTION_CODE_HOURS), 1);
    c.status = SCAN_STATUS_INACTIVE;
    assert_true(coverage_put(db, &host, SCAN_PACKAGE, &c, 600));
    assert_int_equal(active(db, USAGE_EC2_AGENTLESS_INSTANCE_HOURS), 0);
    assert_true(coverage_remove(db, &function, SCAN_CODE, 700));
    assert_false(coverage_remove(db, &function, SCAN_CODE, 700));
    assert_int_equal(active(db, USAGE_LAMBDA_FUNCTION_CODE_HOURS), 0);

    /* What goes takes its coverage and its hours with it. */
    resource_set_state(db, function.id, STATE_GONE, 800);
    resource_remove(db, function.id);
    assert_int_equal(active(db, USAGE_LAMBDA_FUNCTION_HOURS), 0);
    assert_false(coverage_get(db, t.arena, mine, function.id, SCAN_PACKAGE, &got));
    test_commit(db);
    test_store_free(&t);
}

static void test_origins(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct origin got, *all,
        o = {.account = mine,
             .kind = ORIGIN_REGISTRY,
             .url = STR("https://r.example"),
             .options = STR("{}"),
             .secret = {"a\0b", 3}};
    struct str id = origin_put(db, t.arena, &o);
    assert_int_equal(id.n, 16);
    assert_int_equal(origin_get(db, t.arena, mine, id, &got), 0);
    assert_true(str_eq(got.secret, o.secret) && got.checked == TIME_NONE && !got.state.n && got.created > 0);
    assert_int_equal(origin_get(db, t.arena, other, id, &got), ERR_MISSING);
    origin_checked(db, mine, id, STR("{\"page\":2}"), 77);
    o.options = STR("{\"every\":5}");
    o.secret = (struct str){NULL, 0};
    assert_true(str_eq(origin_put(db, t.arena, &o), id));
    assert_int_equal(origin_get(db, t.arena, mine, id, &got), 0);
    assert_true(str_is(got.options, "{\"every\":5}") && !got.secret.n && str_is(got.state, "{\"page\":2}"));
    assert_int_equal(got.checked, 77);
    o.kind = ORIGIN_FUNCTION_BUCKET;
    assert_false(str_eq(origin_put(db, t.arena, &o), id));
    assert_int_equal(origin_list(db, t.arena, mine, &all), 2);
    assert_true(origin_remove(db, mine, id));
    assert_false(origin_remove(db, mine, id));
    assert_int_equal(origin_list(db, t.arena, mine, &all), 1);
    test_commit(db);
    test_store_free(&t);
}

static void test_artefacts(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct str content;
    assert_false(artefact_get(db, t.arena, mine, STR("sha256:1"), 1, &content));
    artefact_put(db, mine, STR("sha256:1"), 1, (struct str){"\0x", 2}, DAY);
    assert_true(artefact_get(db, t.arena, mine, STR("sha256:1"), 1, &content));
    assert_true(str_eq(content, (struct str){"\0x", 2}));
    assert_false(artefact_get(db, t.arena, mine, STR("sha256:1"), 2, &content));
    assert_false(artefact_get(db, t.arena, other, STR("sha256:1"), 1, &content));
    artefact_put(db, mine, STR("sha256:1"), 2, STR("new"), DAY);
    assert_true(artefact_get(db, t.arena, mine, STR("sha256:1"), 2, &content));
    assert_true(str_is(content, "new"));
    artefact_used(db, mine, STR("sha256:1"), 5 * DAY);
    assert_false(artefact_trim(db, 5 * DAY, 10));
    assert_true(artefact_get(db, t.arena, mine, STR("sha256:1"), 2, &content));
    assert_true(artefact_trim(db, 5 * DAY + 1, 1));
    assert_false(artefact_get(db, t.arena, mine, STR("sha256:1"), 2, &content));
    test_commit(db);
    test_store_free(&t);
}

static size_t put_uses(struct sql *db, struct arena *a, const struct image_use *uses, size_t n, int64_t now)
{
    int64_t *touched;
    const struct image_use_place here = {.region = STR("here")};
    return image_uses_put(db, a, mine, &here, uses, n, now, now - 100 * DAY, 100, &touched);
}

/* What is as it was costs no write; what no longer runs is known for a while, then forgotten. */
static void test_uses(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct arena *a = t.arena;
    struct resource first = image("repository/shop/sha256:aa"), second = image("repository/shop/sha256:bb");
    struct image_use *list;
    bool fresh, changed;
    int64_t running = -1, last = 0, now = 1700000000;
    resource_put(db, &first, &fresh, &changed);
    resource_put(db, &second, &fresh, &changed);
    struct str *regions;
    const struct image_use uses[] = {{first.id, STR("one"), STR("web:1"), STR("service:web"), 2, TIME_NONE},
                                     {first.id, STR("two"), STR("web:1"), STR("service:web"), 1, TIME_NONE},
                                     {second.id, STR("one"), STR("web:1"), STR("service:web"), 4, TIME_NONE}};
    assert_int_equal(put_uses(db, a, uses, 3, now), 2);
    assert_int_equal(put_uses(db, a, uses, 3, now + HOUR), 0);
    image_uses_of(db, mine, first.id, &running, &last);
    assert_true(running == 3 && last == now);
    assert_int_equal(image_uses_list(db, a, mine, STR("repository/shop"), &list), 2);
    assert_int_equal(list[0].running, 6);
    assert_int_equal(image_uses_list(db, a, mine, first.resource_id, &list), 2);
    assert_int_equal(image_uses_list(db, a, other, first.resource_id, &list), 0);
    assert_int_equal(image_uses_list(db, a, mine, STR("repository/sho"), &list), 0);
    assert_int_equal(put_uses(db, a, uses, 3, now + 13 * HOUR), 2);
    assert_int_equal(put_uses(db, a, uses, 1, now + 14 * HOUR), 2);
    image_uses_of(db, mine, first.id, &running, &last);
    assert_true(running == 2 && last == now + 13 * HOUR);
    image_uses_of(db, mine, second.id, &running, &last);
    assert_true(running == 0 && last == now + 13 * HOUR);
    assert_int_equal(image_use_regions(db, a, mine, &regions), 1);
    assert_true(str_is(regions[0], "here"));
    /* One family of one cluster: all others stay as they are. */
    const struct image_use_place family = {STR("here"), STR("one"), STR("web")},
                                 others[] = {{STR("here"), STR("one"), STR("we")},
                                             {STR("here"), STR("three"), STR("web")},
                                             {STR("there"), STR("one"), STR("web")}};
    int64_t *touched;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(image_uses_put(db, a, mine, &others[i], NULL, 0, now + 14 * HOUR, 0, 100, &touched),
                         0);
    put_uses(db, a, uses, 3, now + 15 * HOUR);
    assert_int_equal(image_uses_put(db, a, mine, &family, uses + 2, 1, now + 15 * HOUR, 0, 100, &touched), 1);
    image_uses_of(db, mine, first.id, &running, &last);
    assert_true(running == 1 && touched[0] == first.id);
    assert_int_equal(image_use_regions(db, a, other, &regions), 0);
    assert_int_equal(put_uses(db, a, uses, 0, now + 102 * DAY), 2);
    image_uses_of(db, mine, second.id, &running, &last);
    assert_true(running == 0 && last == TIME_NONE);
    assert_int_equal(count(db, "SELECT count(*) FROM image_use"), 0);
    test_commit(db);
    test_store_free(&t);
}

static size_t put_one(struct sql *db, struct arena *a, const struct image_use *use)
{
    int64_t *touched;
    const struct image_use_place here = {.region = STR("here")};
    return image_uses_put(db, a, mine, &here, use, 1, DAY + HOUR, 0, 1, &touched);
}

/* Of a cluster with more than is shown, what runs is seen. */
static void test_what_runs_comes_first(void **state)
{
    (void)state;
    struct test_store t = test_store_new();
    struct sql *db = store_writer(t.store);
    struct resource r = image("repository/shop/sha256:aa");
    struct image_use *list;
    bool fresh, changed;
    resource_put(db, &r, &fresh, &changed);
    const struct image_use before = {r.id, STR("one"), STR("web:1"), STR("service:web"), 5, TIME_NONE};
    const struct image_use after = {r.id, STR("one"), STR("web:2"), STR("service:web"), 2, TIME_NONE};
    put_uses(db, t.arena, &before, 1, DAY);
    /* One write at a time: until all is said. */
    for (int i = 0; i < 2; i++)
        assert_int_equal(put_one(db, t.arena, &after), 1);
    assert_int_equal(put_one(db, t.arena, &after), 0);
    assert_int_equal(image_uses_list(db, t.arena, mine, r.resource_id, &list), 2);
    assert_true(str_is(list[0].definition, "web:2") && list[0].running == 2);
    assert_true(str_is(list[1].definition, "web:1") && !list[1].running);
    test_commit(db);
    test_store_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put),       cmocka_unit_test(test_uses),
        cmocka_unit_test(test_bad_tags),  cmocka_unit_test(test_life),
        cmocka_unit_test(test_coverage),  cmocka_unit_test(test_origins),
        cmocka_unit_test(test_artefacts), cmocka_unit_test(test_what_runs_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The life of findings: made, updated, closed, reopened, suppressed, removed; with their counters and
 * events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "engine_util.h"
#include "store/aggregation.h"
#include "store/event.h"
#include "store/filter.h"

enum { DAY = 86400, NOON = 1750000000 };

static const struct told known[] = {
    {"GHSA-1", "CVE-2024-0001", "npm", "lib", "0", "2.0.0", NETWORK_9_8, 0.5, true},
    {"DSA-1", "CVE-2024-0001", "Debian:12", "lib", "0", "1.5-1", NULL, 0, false},
    {"GHSA-2", "CVE-2024-0002", "npm", "lib", "0", NULL, LOCAL_5_5, 0.1, false},
    {"GHSA-4", "CVE-2024-0004", "npm", "solo", "0", "2.0.0", NETWORK_9_8, 0, false},
    {"DSA-3", "CVE-2024-0003", "Debian:12", "lib", "0", "1.2-1", NETWORK_7_5, 0, false},
};

struct world {
    struct test_store t;
    char path[96];
    struct db *advisories;
    struct resource host;
};

static struct world world_new(void)
{
    struct world w = {.t = test_store_new()};
    snprintf(w.path, sizeof w.path, "%s/advisories.db", w.t.dir);
    w.advisories = database(w.path, known, sizeof known / sizeof *known);
    struct sql *db = store_writer(w.t.store);
    account_add(db, mine);
    w.host = machine(db, "i-0123456789abcdef0");
    test_commit(db);
    return w;
}

static void world_free(struct world *w)
{
    db_close(w->advisories);
    test_store_free(&w->t);
}

/* The host now holds this; what came of it. */
static bool holds(struct world *w, const char *words, int64_t now)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = holding_of(words);
    struct engine_work work = {0};
    bool changed;
    struct sql *db = store_writer(w->t.store);
    if (engine_inventory(db, w->advisories, &w->host, inv, now, &work, &changed) < 0)
        fail_msg("%s", err_text());
    assert_int_equal(counters_verify(db, mine, false), 0);
    test_commit(db);
    return changed;
}

static int64_t ask(struct world *w, const char *text)
{
    return number_in(w->t.store, text);
}

/* Events of a kind since the last time. */
static void assert_events(struct world *w, const char *names)
{
    static _Thread_local int64_t seen;
    struct sql *db = store_reader(w->t.store);
    struct event *events;
    size_t n = event_list(db, w->t.arena, mine, names ? seen : 0, 1000, &events);
    _cleanup_(buf_free) struct buf text = buf_new(65536);
    for (size_t i = 0; i < n; i++) {
        seen = events[i].seq;
        if (names && events[i].kind != EVENT_COVERAGE_CHANGED)
            buf_printf(&text, "%s%s", text.n ? " " : "", name_of(&event_kind_names, events[i].kind));
    }
    if (!n && !names)
        seen = 0;
    store_release(db);
    if (names && !str_is(buf_str(&text), names))
        fail_msg("events: %.*s", STR_ARG(buf_str(&text)));
}

static void test_made(void **state)
{
    (void)state;
    struct world w = world_new();
    assert_events(&w, NULL);
    assert_true(holds(&w, "npm/lib/1.0.0 deb/libx/1.0-1/lib deb/liby/1.0-1/lib", NOON));
    assert_events(&w, "FINDING_CREATED FINDING_CREATED FINDING_CREATED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE status = 0"), 3);
    /* Three packages of two ecosystems, one finding. */
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE title = 'CVE-2024-0001 - lib, libx, liby'"
                             " AND severity = 5 AND fix = 2 AND exploit = 1 AND epss = 0.5 AND score = 9.8"
                             " AND first_observed = 1750000000 AND updated = 1750000000"),
                     1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding_package WHERE fixed = '2.0.0'"), 1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding_package WHERE fixed = '1.5-1'"), 2);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE vulnerability_id = 'CVE-2024-0002'"
                             " AND fix = 0 AND severity = 3"),
                     1);
    assert_int_equal(ask(&w, "SELECT critical * 100 + total FROM resource"), 103);
    assert_int_equal(ask(&w, "SELECT count(*) FROM resource WHERE platform = 'DEBIAN_12'"), 1);

    /* The same again, in another order, changes nothing. */
    assert_false(holds(&w, "deb/liby/1.0-1/lib npm/lib/1.0.0 deb/libx/1.0-1/lib", NOON + 5));
    assert_events(&w, "");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE updated = 1750000000"), 3);
    world_free(&w);
}

static void test_updated(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0 deb/libx/1.0-1/lib deb/liby/1.0-1/lib", NOON);
    assert_events(&w, NULL);
    /* One of the packages is fixed: its findings change, the others do not. */
    assert_true(holds(&w, "npm/lib/1.0.0 deb/libx/1.0-1/lib deb/liby/1.5-1/lib", NOON + 10));
    assert_events(&w, "FINDING_UPDATED FINDING_UPDATED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE title = 'CVE-2024-0001 - lib, libx'"
                             " AND updated = 1750000010 AND last_observed = 1750000010"
                             " AND first_observed = 1750000000"),
                     1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE updated = 1750000000"), 1);
    /* A fix for some of them only. */
    assert_int_equal(ask(&w, "SELECT fix FROM finding WHERE vulnerability_id = 'CVE-2024-0001'"), 2);
    world_free(&w);
}

/* An EPSS that moved is no change: nobody is told, and no date moves. */
static void test_epss(void **state)
{
    (void)state;
    static const double scores[] = {0.75, 0.75, -1, 0.25};
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0", NOON);
    assert_events(&w, NULL);
    int64_t *ids, row = ask(&w, "SELECT min(vulnerability) FROM finding WHERE epss = 0.5");
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        struct sql *db = store_writer(w.t.store);
        struct finding_batch *b = finding_batch_new(db, mine, NOON + 10);
        assert_int_equal(finding_of_vulnerability(db, w.t.arena, mine, row, &ids), 1);
        assert_int_equal(finding_set_epss(b, ids[0], row, scores[i]), i != 1);
        assert_false(finding_set_epss(b, ids[0], row + 1000, 0.5)); /* it is of another one by now */
        finding_batch_end(b);
        test_commit(db);
    }
    assert_events(&w, "");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE epss = 0.25 AND updated = 1750000000"
                             " AND last_observed = 1750000000"),
                     1);
    world_free(&w);
}

static void test_closed_and_reopened(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/solo/1.0.0", NOON);
    assert_events(&w, NULL);
    int64_t id = ask(&w, "SELECT id FROM finding WHERE vulnerability_id = 'CVE-2024-0004'");
    holds(&w, "npm/solo/2.0.0", NOON + DAY);
    assert_events(&w, "FINDING_CLOSED");
    assert_int_equal(
        ask(&w, "SELECT status * 10 + gone FROM finding WHERE vulnerability_id = 'CVE-2024-0004'"), 20);
    assert_int_equal(ask(&w, "SELECT closed FROM finding WHERE status = 2"), NOON + DAY);
    assert_int_equal(ask(&w, "SELECT last_observed FROM finding WHERE status = 2"), NOON);

    /* Within seven days it is the same finding. */
    holds(&w, "npm/solo/1.0.0", NOON + 8 * DAY);
    assert_events(&w, "FINDING_REOPENED");
    assert_int_equal(ask(&w, "SELECT id FROM finding WHERE vulnerability_id = 'CVE-2024-0004'"), id);
    assert_int_equal(ask(&w, "SELECT first_observed FROM finding WHERE vulnerability_id = 'CVE-2024-0004'"),
                     NOON);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE closed IS NOT NULL"), 0);

    /* Later it begins anew, with the same key. */
    holds(&w, "npm/solo/2.0.0", NOON + 10 * DAY);
    holds(&w, "npm/solo/1.0.0", NOON + 17 * DAY + 1);
    assert_events(&w, "FINDING_CLOSED FINDING_CREATED");
    assert_int_equal(ask(&w, "SELECT first_observed FROM finding WHERE id = (SELECT min(id) FROM finding)"),
                     NOON + 17 * DAY + 1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding"), 1);
    world_free(&w);
}

static void test_unknown(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/lib/nightly", NOON);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding f JOIN vulnerability v ON v.id = f.vulnerability"
                             " WHERE f.severity = 0 AND f.score IS NULL"
                             " AND v.description LIKE 'Whether the package is affected is not known: %'"),
                     2);
    assert_int_equal(ask(&w, "SELECT count(*) FROM package_match WHERE unknown = 1"), 2);
    world_free(&w);
}

static void test_details(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0", NOON);
    struct sql *db = store_reader(w.t.store);
    json_val *details, *score;
    struct vulnerability_row v;
    int64_t id = number(db, "SELECT vulnerability FROM finding WHERE vulnerability_id = 'CVE-2024-0001'");
    assert_int_equal(vulnerability_get(db, w.t.arena, id, &v), 0);
    assert_int_equal(json_parse(w.t.arena, v.details, &details), 0);
    assert_true(str_is(json_get_str(details, "source"), "NVD"));
    assert_true(str_is(json_get_str(details, "sourceUrl"), "https://nvd.nist.gov/vuln/detail/CVE-2024-0001"));
    json_val *cvss = yyjson_arr_get_first(json_get(details, "cvss"));
    assert_true(yyjson_get_num(json_get(cvss, "baseScore")) == 9.8);
    assert_true(str_is(json_get_str(cvss, "source"), "NVD") && str_is(json_get_str(cvss, "version"), "3.1"));
    assert_true(
        str_is(json_str(yyjson_arr_get_first(json_get(details, "relatedVulnerabilities"))), "GHSA-1"));
    assert_int_equal(yyjson_get_sint(json_get(details, "vendorCreatedAt")), 1600000000);
    assert_true(str_is(v.description, "What goes wrong.") && v.exploit);

    struct statement *s =
        sql_prepare(db, "SELECT score_details FROM finding WHERE vulnerability_id = 'CVE-2024-0001'");
    assert_true(sql_next(s));
    assert_int_equal(json_parse(w.t.arena, sql_str(s, 0), &score), 0);
    json_val *adjusted = json_get(score, "adjustedCvss");
    assert_true(str_is(json_get_str(adjusted, "scoringVector"), NETWORK_9_8));
    assert_true(yyjson_get_num(json_get(adjusted, "score")) == 9.8);
    /* Nobody knows the network paths, which is said. */
    json_val *why = yyjson_arr_get_first(json_get(adjusted, "adjustments"));
    assert_true(str_is(json_get_str(why, "metric"), "AV"));
    store_release(db);
    world_free(&w);
}

static struct str rule(struct world *w, const char *name, const char *criteria)
{
    struct filter f = {.name = str_from(name), .criteria = str_from(criteria), .action = FILTER_SUPPRESS};
    struct sql *db = store_writer(w->t.store);
    assert_int_equal(filter_add(db, w->t.arena, mine, &f), 0);
    test_commit(db);
    return f.id;
}

static void rule_changed(struct world *w, struct str id, int64_t now)
{
    if (engine_rule_changed(w->t.store, mine, id, now) < 0)
        fail_msg("%s", err_text());
    struct sql *db = store_reader(w->t.store);
    assert_int_equal(counters_verify(db, mine, false), 0);
    store_release(db);
}

static void unrule(struct world *w, struct str id)
{
    struct sql *db = store_writer(w->t.store);
    assert_true(filter_remove(db, mine, id));
    test_commit(db);
}

static void test_suppressed(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0 deb/libx/1.0-1/lib", NOON);
    assert_events(&w, NULL);
    struct str severe = rule(&w, "severe",
                             "{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"CRITICAL\"}],"
                             "\"findingStatus\":[{\"comparison\":\"EQUALS\","
                             "\"value\":\"ACTIVE\"}]}");
    rule_changed(&w, severe, NOON + 1);
    assert_events(&w, "FINDING_SUPPRESSED");
    assert_int_equal(ask(&w, "SELECT status FROM finding WHERE severity = 5"), FINDING_SUPPRESSED);
    assert_int_equal(ask(&w, "SELECT updated - last_observed FROM finding WHERE severity = 5"), 1);
    rule_changed(&w, severe, NOON + 2); /* what it hides, it still hides */
    assert_events(&w, "");

    /* Another one that matches, too: without the first it stays hidden. */
    struct str named = rule(&w, "named",
                            "{\"vulnerabilityId\":[{\"comparison\":\"EQUALS\","
                            "\"value\":\"CVE-2024-0001\"}]}");
    rule_changed(&w, named, NOON + 3);
    unrule(&w, severe);
    rule_changed(&w, severe, NOON + 4);
    assert_events(&w, "");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE status = 1"), 1);

    /* Updated while it is hidden, closed and made again: it stays under the rule. */
    holds(&w, "npm/lib/1.0.0 deb/libx/1.5-1/lib", NOON + 5);
    assert_events(&w, "FINDING_UPDATED FINDING_CLOSED");
    holds(&w, "npm/lib/2.0.0", NOON + 6);
    assert_events(&w, "FINDING_UPDATED FINDING_CLOSED");
    holds(&w, "npm/lib/1.0.0", NOON + 7);
    assert_events(&w, "FINDING_REOPENED FINDING_UPDATED FINDING_SUPPRESSED");
    unrule(&w, named);
    rule_changed(&w, named, NOON + 8);
    assert_events(&w, "FINDING_UNSUPPRESSED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE suppressed_by IS NOT NULL"), 0);
    world_free(&w);
}

static void re_rule(struct world *w, struct str id, const char *criteria, enum filter_action action)
{
    struct filter f;
    struct sql *db = store_writer(w->t.store);
    assert_int_equal(filter_get(db, w->t.arena, mine, id, &f), 0);
    f.criteria = str_from(criteria);
    f.action = action;
    assert_int_equal(filter_update(db, mine, &f), 0);
    test_commit(db);
}

/* What a changed rule hid and does not match any longer is shown, or goes over to another rule; what it now
 * matches is hidden. */
static void test_rule_changed(void **state)
{
    (void)state;
    static const char critical[] = "{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"CRITICAL\"}]}";
    static const char medium[] = "{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"MEDIUM\"}]}";
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0 deb/libx/1.0-1/lib", NOON);
    struct str id = rule(&w, "rule", critical);
    rule_changed(&w, id, NOON + 1);
    assert_events(&w, NULL);
    re_rule(&w, id, medium, FILTER_SUPPRESS);
    rule_changed(&w, id, NOON + 2);
    assert_events(&w, "FINDING_UNSUPPRESSED FINDING_SUPPRESSED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE status = 1 AND severity = 3"), 1);

    struct str other = rule(&w, "other", medium);
    rule_changed(&w, other, NOON + 3);
    re_rule(&w, id, critical, FILTER_SUPPRESS);
    rule_changed(&w, id, NOON + 4);
    assert_events(&w, "FINDING_SUPPRESSED");
    assert_int_equal(ask(&w, "SELECT count(DISTINCT suppressed_by) FROM finding WHERE status = 1"), 2);

    re_rule(&w, other, medium, FILTER_NONE);
    rule_changed(&w, other, NOON + 5);
    assert_events(&w, "FINDING_UNSUPPRESSED");
    rule_changed(&w, other, NOON + 6);
    rule_changed(&w, id, NOON + 6);
    assert_events(&w, "");
    assert_int_equal(ask(&w, "SELECT updated FROM finding WHERE severity = 3"), NOON + 5);
    world_free(&w);
}

static void test_preview(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0 deb/libx/1.0-1/lib", NOON);
    holds(&w, "npm/lib/1.0.0", NOON + 1);
    struct criteria *all, *some;
    int64_t n;
    struct sql *db = store_reader(w.t.store);
    assert_int_equal(criteria_parse(w.t.arena, CRITERIA_FINDINGS, STR("{}"), &all), 0);
    assert_int_equal(criteria_parse(w.t.arena, CRITERIA_FINDINGS,
                                    STR("{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"MEDIUM\"}]}"),
                                    &some),
                     0);
    assert_int_equal(engine_rule_preview(db, mine, all, 100, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(engine_rule_preview(db, mine, some, 100, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(engine_rule_preview(db, mine, all, 1, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(
        criteria_parse(w.t.arena, CRITERIA_FINDINGS,
                       STR("{\"findingStatus\":[{\"comparison\":\"EQUALS\",\"value\":\"CLOSED\"}]}"), &some),
        0);
    assert_int_equal(engine_rule_preview(db, mine, some, 100, &n), 0);
    assert_int_equal(n, 0);
    store_release(db);
    world_free(&w);
}

static void test_resource(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0", NOON);
    assert_events(&w, NULL);
    struct resource before = w.host;
    bool is_new, changed;
    struct sql *db = store_writer(w.t.store);
    w.host.ami = STR("ami-2");
    w.host.pushed = NOON;
    w.host.registry = STR("123456789012");
    resource_put(db, &w.host, &is_new, &changed);
    assert_int_equal(engine_resource_changed(db, &before, &w.host, NOON + 1), 0);
    assert_int_equal(counters_verify(db, mine, false), 0);
    test_commit(db);
    assert_events(&w, "FINDING_UPDATED FINDING_UPDATED");
    assert_int_equal(ask(&w, test_facets), 0);

    db = store_writer(w.t.store);
    assert_int_equal(engine_close(db, &w.host, true, NOON + 2), 0);
    assert_int_equal(counters_verify(db, mine, false), 0);
    test_commit(db);
    assert_events(&w, "FINDING_CLOSED FINDING_CLOSED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE gone = 1"), 2);
    assert_int_equal(ask(&w, "SELECT count(*) FROM counter"), 0);

    /* Covered again, from the inventory that it has. */
    db = store_writer(w.t.store);
    assert_int_equal(engine_reconcile(db, &w.host, NOON + 3, &changed), 0);
    test_commit(db);
    assert_events(&w, "FINDING_REOPENED FINDING_REOPENED");
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding WHERE gone = 1 OR closed IS NOT NULL"), 0);
    world_free(&w);
}

static void test_trim(void **state)
{
    (void)state;
    struct world w = world_new();
    holds(&w, "npm/lib/1.0.0", NOON);
    holds(&w, "npm/lib/2.0.0", NOON + 1);
    struct sql *db = store_writer(w.t.store);
    assert_int_equal(finding_trim(db, false, NOON + 1, 10), 0);
    assert_int_equal(finding_trim(db, true, NOON + 2, 10), 0);
    assert_int_equal(finding_trim(db, false, NOON + 2, 10), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM finding"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM finding_package"), 1);
    assert_int_equal(counters_verify(db, mine, false), 0);
    test_commit(db);
    world_free(&w);
}

/* The newest steps; a creation is none of them, nor what is said twice, and they go with the finding. */
static void test_history(void **state)
{
    (void)state;
    struct world w = world_new();
    struct finding_past *past;
    holds(&w, "npm/solo/1.0.0", NOON);
    holds(&w, "npm/solo/1.0.0", NOON + 1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding_history"), 0);
    holds(&w, "", NOON + 2);
    holds(&w, "npm/solo/1.0.0", NOON + 10 * DAY);
    int64_t id = ask(&w, "SELECT id FROM finding");
    struct sql *db = store_reader(w.t.store);
    assert_int_equal(finding_history(db, w.t.arena, mine, id, &past), 2);
    assert_true(past[0].kind == EVENT_FINDING_CLOSED && past[0].at == NOON + 2 && !past[0].detail.n);
    assert_int_equal(past[1].kind, EVENT_FINDING_CREATED);
    assert_true(str_is(past[1].detail, "{\"firstObservedAt\":[1750000000,1750864000]}"));
    assert_int_equal(finding_history(db, w.t.arena, mine + 1, id, &past), 0);
    store_release(db);
    for (int i = 0; i < 60; i++) {
        holds(&w, "", NOON + 11 * DAY + 2 * i);
        holds(&w, "npm/solo/1.0.0", NOON + 11 * DAY + 2 * i + 1);
    }
    db = store_reader(w.t.store);
    assert_int_equal(finding_history(db, w.t.arena, mine, id, &past), FINDING_HISTORY_STEPS);
    assert_int_equal(past[FINDING_HISTORY_STEPS - 1].at, NOON + 11 * DAY + 119);
    store_release(db);
    holds(&w, "", NOON + 12 * DAY);
    db = store_writer(w.t.store);
    assert_int_equal(finding_trim(db, false, NOON + 13 * DAY, 10), 1);
    test_commit(db);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding_history"), 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_updated),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_epss),
        cmocka_unit_test(test_closed_and_reopened),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_suppressed),
        cmocka_unit_test(test_rule_changed),
        cmocka_unit_test(test_preview),
        cmocka_unit_test(test_resource),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The monitor with its workers on a real store: jobs, generations, hosts that are heard of, scan types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "engine_util.h"
#include "monitor/end_of_life.h"
#include "monitor/runtime.h"
#include "monitor/scan.h"
#include "store/filter.h"
#include "store/resource.h"

enum { PATIENCE = 3000 }; /* looks, 10 ms apart, at what is to become true */

static const struct told first[] = {
    {"GHSA-1", "CVE-2024-0001", "npm", "lib", "0", "2.0.0", NETWORK_9_8, 0, false}};
static const struct told second[] = {
    {"GHSA-1", "CVE-2024-0001", "npm", "lib", "0", "2.0.0", NETWORK_9_8, 0, false},
    {"GHSA-2", "CVE-2024-0002", "npm", "lib", "0", "3.0.0", LOCAL_5_5, 0, false}};

struct world {
    struct test_store t;
    char db[2][128];
    struct monitor *m;
    struct resource host;
};

static void tell(int priority, const char *text)
{
    print_message("<%d>%s\n", priority, text);
}

static struct monitor *monitor_of(struct world *w, const char *db)
{
    struct monitor *m;
    struct monitor_options o = {
        .log = tell, .store = w->t.store, .directory = w->t.dir, .db = db, .program = "/bin/false"};
    if (monitor_new(&o, &m) < 0 || monitor_start(m) < 0)
        fail_msg("%s", err_text());
    return m;
}

static struct world world_new(void)
{
    struct world w = {.t = test_store_new()};
    for (int i = 0; i < 2; i++)
        snprintf(w.db[i], sizeof w.db[i], "%s/given-%d.db", w.t.dir, i);
    db_close(database(w.db[0], first, 1));
    db_close(database(w.db[1], second, 2));
    struct sql *db = store_writer(w.t.store);
    account_add(db, mine);
    account_scan_set(db, mine, SCAN_OF_EC2, ACCOUNT_ENABLED);
    w.host = machine(db, "i-00000000000000001");
    test_commit(db);
    w.m = monitor_of(&w, w.db[0]);
    return w;
}

static void world_free(struct world *w)
{
    char path[8192];
    monitor_stop(w->m);
    generation_trim(w->m);
    snprintf(path, sizeof path, "%s/%s.db", w->m->folder, w->m->state.generation);
    unlink(path);
    rmdir(w->m->folder);
    monitor_free(w->m);
    test_store_free(&w->t);
}

static int64_t ask(struct world *w, const char *text)
{
    return number_in(w->t.store, text);
}

static void wait_until(struct world *w, const char *text, int64_t wanted)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (ask(w, text) == wanted)
            return;
        usleep(10000);
    }
    fail_msg("%s is %lld, not %lld", text, (long long)ask(w, text), (long long)wanted);
}

#define ACTIVE_FINDINGS "SELECT count(*) FROM finding WHERE status = 0"
#define JOBS            "SELECT count(*) FROM job"

static void report(struct world *w, const char *packages)
{
    bool changed;
    struct inventory *inv = holding_of(packages);
    if (monitor_inventory(w->m, &w->host, inv, &changed) < 0)
        fail_msg("%s", err_text());
    inventory_free(inv);
}

static int files_of(struct world *w)
{
    int n = 0;
    DIR *d = opendir(w->m->folder);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* ---- generations ---- */

static void test_a_generation_is_swapped_under_its_readers(void **state)
{
    (void)state;
    struct world w = world_new();
    report(&w, "npm/lib/1.0.0");
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 1);
    wait_until(&w, JOBS, 0);

    const struct db *old = monitor_db(w.m);
    struct db_counts counts;
    assert_int_equal(generation_adopt(w.m, w.db[1]), 0);
    wait_until(&w, ACTIVE_FINDINGS, 2);
    wait_until(&w, JOBS, 0);
    const struct db *new = monitor_db(w.m);
    assert_true(new != old);
    db_counts(old, &counts); /* it is still there for who reads it */
    assert_int_equal(counts.affected, 1);
    assert_int_equal(w.m->generations.n, 2);
    monitor_db_release(w.m, old);
    assert_int_equal(w.m->generations.n, 1);
    monitor_db_release(w.m, new);
    generation_trim(w.m);
    assert_int_equal(files_of(&w), 1);

    /* The same once more is no change. */
    assert_int_equal(generation_adopt(w.m, w.db[1]), 0);
    assert_int_equal(w.m->generations.n, 1);
    world_free(&w);
}

static void test_the_next_start_goes_on_with_the_last_generation(void **state)
{
    (void)state;
    struct world w = world_new();
    char before[33];
    assert_int_equal(generation_adopt(w.m, w.db[1]), 0);
    snprintf(before, sizeof before, "%s", w.m->state.generation);
    wait_until(&w, JOBS, 0);
    monitor_stop(w.m);
    monitor_free(w.m);
    w.m = monitor_of(&w, w.db[0]); /* as given before: it does not go back */
    assert_string_equal(w.m->state.generation, before);
    world_free(&w);
}

static void test_what_is_no_database_changes_nothing(void **state)
{
    (void)state;
    struct world w = world_new();
    char before[33];
    snprintf(before, sizeof before, "%s", w.m->state.generation);
    FILE *f = fopen(w.db[1], "r+");
    fseek(f, -100, SEEK_END);
    fputs("damaged", f);
    fclose(f);
    assert_true(generation_adopt(w.m, w.db[1]) < 0);
    assert_string_equal(w.m->state.generation, before);
    /* An update whose child fails: the error is told, the old one stays. */
    assert_int_equal(monitor_update_advisories(w.m), 0);
    wait_until(&w, JOBS, 0);
    struct monitor_state s;
    monitor_state(w.m, &s);
    assert_non_null(strstr(s.update_error, "ended with 1"));
    assert_string_equal(s.generation, before);
    world_free(&w);
}

/* ---- as of when ---- */

/* As a list of coverage tells it. */
static int64_t last_scanned(struct world *w)
{
    struct str token;
    struct arena *a = w->t.arena;
    struct buf text = buf_new(1 << 16);
    struct json_out to = {.to = &text};
    json_val *row;
    struct sql *db = store_reader(w->t.store);
    const struct coverage_query query = {.account = mine, .max = 1};
    assert_int_equal(coverage_query(db, a, &query, &to, &token), 0);
    store_release(db);
    assert_int_equal(json_parse(a, buf_str(&text), &row), 0);
    int64_t at = yyjson_get_sint(yyjson_obj_get(row, "lastScannedAt"));
    buf_free(&text);
    return at;
}

static void set_times(struct world *w, const char *known, const char *evaluated, const char *scanned)
{
    char text[128];
    struct sql *db = store_writer(w->t.store);
    snprintf(text, sizeof text, "UPDATE coverage SET last_scanned = %s", scanned);
    sql_run(sql_prepare(db, text));
    property_set(db, "known", str_from(known));
    property_set(db, "evaluated", str_from(evaluated));
    test_commit(db);
}

static void test_stale_advisories_hold_coverage_back(void **state)
{
    (void)state;
    int64_t begin = time_now();
    struct world w = world_new();
    report(&w, "npm/lib/1.0.0 deb/bash/5-1");
    assert_true(last_scanned(&w) >= begin);
    wait_until(&w, "SELECT count(*) FROM property WHERE name = 'evaluated'", 1);

    /* Since its scan all was judged by later advisories. */
    set_times(&w, "3000", "2000", "1000");
    assert_int_equal(last_scanned(&w), 2000);
    /* Advisories that nobody has been able to update since then judge it no better. */
    report(&w, "npm/lib/1.1.0 deb/bash/5-1");
    assert_int_equal(last_scanned(&w), 3000);
    /* What a new generation is judged by is as old as that. */
    assert_int_equal(generation_adopt(w.m, w.db[1]), 0);
    wait_until(&w, JOBS, 0);
    assert_true(last_scanned(&w) >= begin);
    world_free(&w);
}

/* What is not scanned any more is as old as it is. */
static void test_only_what_is_scanned_follows_the_advisories(void **state)
{
    (void)state;
    struct world w = world_new();
    report(&w, "npm/lib/1.0.0 deb/bash/5-1");
    set_times(&w, "3000", "2000", "1000");
    struct sql *db = store_writer(w.t.store);
    sql_run(sql_prepare(db, "UPDATE coverage SET status = 1, reason = 16")); /* STALE_INVENTORY */
    test_commit(db);
    assert_int_equal(last_scanned(&w), 1000);
    world_free(&w);
}

/* ---- releases at their end ---- */

static void report_of(struct world *w, const char *version)
{
    bool changed;
    struct inventory *inv = holding_of("deb/bash/5-1");
    inv->os.version = str_from(version);
    if (monitor_inventory(w->m, &w->host, inv, &changed) < 0)
        fail_msg("%s", err_text());
    inventory_free(inv);
}

static void keep_house(struct world *w)
{
    assert_int_equal(queue_add(w->m, 0, JOB_HOUSEKEEPING, STR(""), JOB_URGENT), 0);
    wait_until(w, JOBS, 0);
}

#define EOL "FROM finding WHERE vulnerability_id = 'EOL-DEBIAN_10'"

static void test_a_release_at_its_end_is_a_finding(void **state)
{
    (void)state;
    struct world w = world_new();
    report_of(&w, "12");
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);
    report_of(&w, "10");
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 1);
    assert_int_equal(ask(&w, "SELECT count(*) " EOL " AND severity = 5 AND fix = 0 AND score IS NULL"), 1);
    assert_int_equal(ask(&w, "SELECT critical FROM resource"), 1);
    wait_until(&w, JOBS, 0);
    int64_t events = ask(&w, "SELECT max(seq) FROM event");
    assert_int_equal(monitor_review(w.m, w.host.id), 0);
    keep_house(&w);
    assert_int_equal(ask(&w, "SELECT max(seq) FROM event"), events);
    report_of(&w, "12"); /* upgraded */
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);
    assert_int_equal(ask(&w, "SELECT count(*) " EOL " AND status = 2"), 1);
    report_of(&w, "99"); /* nobody knows until when */
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);
    world_free(&w);
}

/* Judged when it was supported: what housekeeping finds after that day has passed. */
static void test_the_day_alone_makes_the_finding(void **state)
{
    (void)state;
    struct world w = world_new();
    report_of(&w, "10");
    wait_until(&w, JOBS, 0);
    struct sql *db = store_writer(w.t.store);
    sql_run(sql_prepare(db, "DELETE FROM finding"));
    sql_run(sql_prepare(db, "DELETE FROM counter"));
    sql_run(sql_prepare(db, "UPDATE resource SET critical = 0, total = 0"));
    test_commit(db);
    struct monitor_state before, after;
    monitor_state(w.m, &before);
    keep_house(&w);
    monitor_state(w.m, &after);
    assert_int_equal(ask(&w, "SELECT count(*) " EOL " AND status = 0"), 1);
    assert_int_equal(ask(&w, "SELECT total FROM counter WHERE dimension = 0"), 1);
    assert_int_equal(after.packages_judged, before.packages_judged); /* nothing is looked at again */

    /* Of what is not covered nothing is said. */
    db = store_writer(w.t.store);
    sql_run(sql_prepare(db, "UPDATE resource SET tags = '{\"InspectorEc2Exclusion\":\"\"}'"));
    test_commit(db);
    assert_int_equal(monitor_review(w.m, w.host.id), 0);
    keep_house(&w);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);
    world_free(&w);
}

/* A scan that began before the resource was excluded, stopped or went has no say in how it is covered. */
static void test_a_scan_that_ends_too_late(void **state)
{
    static const struct {
        const char *change;
        enum scan_reason reason; /* in the end */
    } rows[] = {
        {"UPDATE resource SET tags = '{\"InspectorEc2Exclusion\":\"\"}'", REASON_EXCLUDED_BY_TAG},
        {"UPDATE resource SET state = 1, tags = NULL", REASON_EC2_INSTANCE_STOPPED},
        {"UPDATE resource SET state = 0", REASON_ACCESS_DENIED},
        {"UPDATE resource SET state = 2", REASON_RESOURCE_TERMINATED},
    };
    (void)state;
    struct world w = world_new();
    report(&w, "npm/lib/1.0.0");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sql *db = store_writer(w.t.store);
        sql_run(sql_prepare(db, rows[i].change));
        test_commit(db);
        assert_int_equal(monitor_review(w.m, w.host.id), 0);
        assert_int_equal(
            scan_end(w.m, &w.host, SCAN_STATUS_INACTIVE, REASON_ACCESS_DENIED, STR("not allowed")), 0);
        assert_int_equal(ask(&w, "SELECT reason FROM coverage WHERE scan_type = 1"), rows[i].reason);
    }
    world_free(&w);
}

static void test_ends(void **state)
{
    static const struct {
        const char *family, *name, *version, *last; /* the day until which nothing is said; NULL: always */
    } rows[] = {
        {"debian", "Debian GNU/Linux 11 (bullseye)", "11", "2026-08-31"}, /* LTS counts: it is public */
        {"ubuntu", "Ubuntu 20.04.6 LTS", "20.04", "2032-04-27"},          /* so does Pro */
        {"rhel", "Red Hat Enterprise Linux 7", "7.9", "2024-06-30"},      /* what is sold does not */
        {"centos", "CentOS Linux 8", "8", "2021-12-31"},
        {"centos", "CentOS Stream 8", "8", "2024-05-31"},
        {"alpine", "Alpine Linux v3.20", "3.20.3", "2026-04-01"},
        {"debian", "Debian GNU/Linux trixie/sid", "", NULL},
        {"gentoo", "Gentoo", "2.15", NULL},
        {"", "", "", NULL},
    };
    (void)state;
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct end_of_life end;
        const struct os os = {.family = str_from(rows[i].family),
                              .name = str_from(rows[i].name),
                              .version = str_from(rows[i].version)};
        if (!rows[i].last) {
            assert_false(end_of_life(a, &os, INT64_MAX, &end));
            continue;
        }
        int64_t midnight = time_parse_or_none(str_from(rows[i].last)) + 86400;
        assert_false(end_of_life(a, &os, midnight - 1, &end));
        assert_true(end_of_life(a, &os, midnight, &end));
        assert_true(str_find_str(end.row.description, str_from(rows[i].last)) > 0);
    }
    arena_free(a);
}

/* ---- the queue ---- */

static void test_the_job_of_a_dead_owner_is_done(void **state)
{
    (void)state;
    struct world w = world_new();
    struct job job;
    struct sql *db = store_writer(w.t.store);
    account_scan_set(db, mine, SCAN_OF_ECR, ACCOUNT_ENABLING);
    job_add(db, mine, JOB_ACCOUNT, STR(""), STR(""), JOB_URGENT);
    account_id turn = -1;
    assert_true(job_take(db, w.t.arena, JOB_ACCOUNT, STR("dead"), time_now() - 1000, 10, &turn, &job));
    test_commit(db);
    monitor_wake(w.m);
    wait_until(&w, JOBS, 0);
    db = store_reader(w.t.store);
    assert_int_equal(account_scan_get(db, mine, SCAN_OF_ECR).status, ACCOUNT_ENABLED);
    store_release(db);
    world_free(&w);
}

static void test_a_job_that_always_fails_is_set_aside(void **state)
{
    (void)state;
    struct world w = world_new();
    struct sql *db = store_writer(w.t.store);
    job_add(db, mine, JOB_SCAN_IMAGE, STR("nonsense"), STR(""), JOB_URGENT);
    sql_run(sql_prepare(db, "UPDATE job SET attempts = 5"));
    test_commit(db);
    monitor_wake(w.m);
    wait_until(&w, "SELECT count(*) FROM job WHERE state = 2 AND error <> ''", 1);
    struct monitor_state s;
    monitor_state(w.m, &s);
    assert_int_equal(s.jobs_failed, 1);
    world_free(&w);
}

/* Whoever changed it died after the commit. */
static void test_a_rule_that_nobody_applied_is_applied(void **state)
{
    (void)state;
    struct world w = world_new();
    struct filter f = {.name = STR("rule"),
                       .criteria = STR("{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"CRITICAL\"}]}"),
                       .action = FILTER_SUPPRESS};
    report(&w, "npm/lib/1.0.0");
    struct sql *db = store_writer(w.t.store);
    assert_int_equal(filter_add(db, w.t.arena, mine, &f), 0);
    struct str note = monitor_rule_note(db, w.t.arena, mine, f.id);
    test_commit(db);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 1);
    db = store_writer(w.t.store);
    job_add(db, mine, JOB_APPLY_RULE, note, STR(""), JOB_URGENT); /* now, that is */
    test_commit(db);
    monitor_wake(w.m);
    wait_until(&w, JOBS, 0);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);

    db = store_writer(w.t.store);
    assert_true(filter_remove(db, mine, f.id));
    note = monitor_rule_note(db, w.t.arena, mine, f.id);
    test_commit(db);
    assert_int_equal(monitor_rule_changed(w.m, mine, note), 0);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 1);
    assert_int_equal(ask(&w, JOBS), 0);
    world_free(&w);
}

/* ---- hosts ---- */

static void test_hosts_that_are_heard_of(void **state)
{
    (void)state;
    struct world w = world_new();
    report(&w, "npm/lib/1.0.0");
    struct sql *db = store_writer(w.t.store);
    sql_run(sql_prepare(db, "UPDATE resource_heard SET at = 1000"));
    test_commit(db);
    assert_int_equal(monitor_review(w.m, w.host.id), 0);
    struct coverage c;
    db = store_reader(w.t.store);
    assert_true(coverage_get(db, w.t.arena, mine, w.host.id, SCAN_PACKAGE, &c));
    assert_int_equal(c.reason, REASON_STALE_INVENTORY);
    store_release(db);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 1); /* silence closes nothing */

    for (int i = 0; i < 1000; i++)
        monitor_heard(w.m, w.host.id);
    wait_until(&w, "SELECT count(*) FROM resource_heard WHERE at > 1000", 1);
    db = store_reader(w.t.store);
    assert_true(coverage_get(db, w.t.arena, mine, w.host.id, SCAN_PACKAGE, &c));
    assert_int_equal(c.reason, REASON_SUCCESSFUL);
    store_release(db);
    world_free(&w);
}

static void set_scan(struct world *w, enum account_status status)
{
    struct sql *db = store_writer(w->t.store);
    account_scan_set(db, mine, SCAN_OF_EC2, status);
    test_commit(db);
    assert_int_equal(monitor_account_changed(w->m, mine), 0);
    wait_until(w, JOBS, 0);
}

/* All is marked before anything goes, and what comes meanwhile is not judged. */
static void test_a_scan_type_is_on_its_way_out(void **state)
{
    (void)state;
    struct world w = world_new();
    report(&w, "npm/lib/1.0.0");
    wait_until(&w, JOBS, 0);
    struct sql *db = store_writer(w.t.store);
    account_scan_set(db, mine, SCAN_OF_EC2, ACCOUNT_DISABLING);
    test_commit(db);
    assert_int_equal(monitor_review(w.m, w.host.id), 0);
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage WHERE status = 1 AND reason = 19"), 1);
    report(&w, "npm/lib/1.0.0 npm/other/1.0.0");
    report(&w, "npm/lib/9.9.9");
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 1); /* as it was */
    int64_t before = ask(&w, "SELECT max(seq) FROM event");
    assert_int_equal(monitor_account_changed(w.m, mine), 0);
    wait_until(&w, JOBS, 0);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage"), 0);
    assert_int_equal(ask(&w, "SELECT status FROM account_scan WHERE scan_type = 0"), ACCOUNT_DISABLED);
    assert_int_equal(ask(&w, "SELECT max(seq) FROM event"), before + 2); /* closed, and no longer covered */
    world_free(&w);
}

static void test_a_scan_type_goes_and_comes(void **state)
{
    (void)state;
    struct world w = world_new();
    report(&w, "npm/lib/1.0.0");
    set_scan(&w, ACCOUNT_DISABLED);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage"), 0);
    report(&w, "npm/lib/1.1.0"); /* is kept, and makes no findings */
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 0);
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage"), 0);
    set_scan(&w, ACCOUNT_ENABLED);
    assert_int_equal(ask(&w, ACTIVE_FINDINGS), 1);
    assert_int_equal(ask(&w, "SELECT count(*) FROM finding"), 1); /* the same one */
    assert_int_equal(ask(&w, "SELECT count(*) FROM coverage WHERE reason = 0"), 1);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_generation_is_swapped_under_its_readers),
        cmocka_unit_test(test_the_next_start_goes_on_with_the_last_generation),
        cmocka_unit_test(test_what_is_no_database_changes_nothing),
        cmocka_unit_test(test_stale_advisories_hold_coverage_back),
        cmocka_unit_test(test_only_what_is_scanned_follows_the_advisories),
        cmocka_unit_test(test_a_release_at_its_end_is_a_finding),
        cmocka_unit_test(test_the_day_alone_makes_the_finding),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_the_job_of_a_dead_owner_is_done),
        cmocka_unit_test(test_a_job_that_always_fails_is_set_aside),
        cmocka_unit_test(test_a_rule_that_nobody_applied_is_applied),
        cmocka_unit_test(test_hosts_that_are_heard_of),
        cmocka_unit_test(test_a_scan_type_goes_and_comes),
        cmocka_unit_test(test_a_scan_type_is_on_its_way_out),
        cmocka_unit_test(test_a_scan_that_ends_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

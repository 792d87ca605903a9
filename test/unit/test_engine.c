/* The engine as a whole: after any sequence of changes the findings are those of a store that was given the
 * end alone, the counters count them, and events tell of what changed and of nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "engine_util.h"
#include "store/aggregation.h"
#include "store/event.h"
#include "store/filter.h"

enum { NOON = 1750000000, HOSTS = 5, ROUNDS = 15, RULES = 3, STEPS = 25 };

/* ---- a world that changes ---- */

/* What may be told; which of it is, and how, is drawn. */
static const struct told stories[] = {
    {"GHSA-1", "CVE-2024-0001", "npm", "lib", "0", "2.0.0", NETWORK_9_8, 0.5, true},
    {"DSA-1", "CVE-2024-0001", "Debian:12", "lib", "0", "1.5-1", NULL, 0, false},
    {"GHSA-2", "CVE-2024-0002", "npm", "lib", "0", NULL, LOCAL_5_5, 0.1, false},
    {"DSA-3", "CVE-2024-0003", "Debian:12", "lib", "0", "1.2-1", NETWORK_7_5, 0, false},
    {"GHSA-4", "CVE-2024-0004", "npm", "other", "1.0.0", "3.0.0", NETWORK_7_5, 0.2, false},
    {"GHSA-5", "", "npm", "other", "0", "1.5.0", NULL, 0, false},
    {"DSA-6", "CVE-2024-0006", "Debian:12", "bash", "0", NULL, PHYSICAL_1_6, 0.01, false},
    {"GHSA-7", "CVE-2024-0007", "npm", "third", "0", "2.0.0", NULL, 0.3, false},
};
enum { STORIES = sizeof stories / sizeof *stories };

static const char *const packages[] = {"npm/lib/1.0.0",   "npm/lib/2.0.0",      "npm/lib/nightly",
                                       "npm/other/1.2.0", "npm/other/3.0.0",    "npm/third/1.0.0",
                                       "deb/bash/5.2-1",  "deb/libx/1.0-1/lib", "deb/liby/1.3-1/lib"};
enum { PACKAGES = sizeof packages / sizeof *packages };

static const char *const rule_criteria[RULES] = {
    "{\"severity\":[{\"comparison\":\"EQUALS\",\"value\":\"HIGH\"}]}",
    "{\"vulnerabilityId\":[{\"comparison\":\"EQUALS\",\"value\":\"CVE-2024-0001\"}]}",
    "{\"title\":[{\"comparison\":\"PREFIX\",\"value\":\"CVE-2024-0004 - other\"}]}",
};

struct ends {
    unsigned held[HOSTS]; /* bits of packages */
    unsigned told;        /* bits of stories */
    int manner[STORIES];  /* of each: changes its fix, vector, EPSS */
    bool ruled[RULES];
    bool gone[HOSTS];
};

static unsigned draw(unsigned n)
{
    static uint64_t seed = 20260101;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

struct world {
    struct test_store t;
    char path[2][96];
    struct db *advisories;
    int generation;
    struct resource hosts[HOSTS];
    struct str rules[RULES];
    int64_t seen;
};

static struct db *told_database(struct world *w, const struct ends *e)
{
    struct told rows[STORIES];
    size_t n = 0;
    for (int i = 0; i < STORIES; i++) {
        struct told t = stories[i];
        int manner = e->manner[i];
        if (!(e->told >> i & 1))
            continue;
        if (manner & 1 && t.fixed)
            t.fixed = str_is(str_from(t.ecosystem), "npm") ? "1.1.0" : "1.1-1";
        if (manner & 2 && t.vector)
            t.vector = LOCAL_5_5;
        if (t.epss > 0)
            t.epss += 0.001 * (manner >> 2);
        rows[n++] = t;
    }
    return database(w->path[w->generation++ & 1], rows, n);
}

static struct world world_new(const struct ends *e)
{
    struct world w = {.t = test_store_new()};
    for (int i = 0; i < 2; i++)
        snprintf(w.path[i], sizeof w.path[i], "%s/advisories-%d.db", w.t.dir, i);
    w.advisories = told_database(&w, e);
    struct sql *db = store_writer(w.t.store);
    account_add(db, mine);
    for (int i = 0; i < HOSTS; i++)
        w.hosts[i] = machine(db, arena_cstr(w.t.arena, arena_printf(w.t.arena, "i-%017d", i)));
    engine_begin(db, w.advisories);
    test_commit(db);
    struct engine_work work;
    assert_int_equal(engine_apply_difference(w.t.store, NULL, w.advisories, NOON, &work), 0);
    return w;
}

static void world_free(struct world *w)
{
    db_close(w->advisories);
    test_store_free(&w->t);
}

static void install(struct world *w, int host, unsigned held, int64_t now)
{
    _cleanup_(buf_free) struct buf words = buf_new(4096);
    for (int i = 0; i < PACKAGES; i++)
        if (held >> i & 1)
            buf_printf(&words, "%s%s", words.n ? " " : "", packages[i]);
    buf_add_c(&words, 0);
    _cleanup_(inventory_cleanup) struct inventory *inv = holding_of(words.p);
    struct engine_work work = {0};
    bool changed;
    struct sql *db = store_writer(w->t.store);
    if (engine_inventory(db, w->advisories, &w->hosts[host], inv, now, &work, &changed) < 0)
        fail_msg("%s", err_text());
    test_commit(db);
}

static void set_rule(struct world *w, int i, bool on, int64_t now)
{
    struct filter f = {.name = arena_printf(w->t.arena, "rule %d", i),
                       .criteria = str_from(rule_criteria[i]),
                       .action = FILTER_SUPPRESS};
    struct sql *db = store_writer(w->t.store);
    if (on) {
        assert_int_equal(filter_add(db, w->t.arena, mine, &f), 0);
        w->rules[i] = f.id;
    } else
        assert_true(filter_remove(db, mine, w->rules[i]));
    test_commit(db);
    if (draw(2)) { /* interrupted */
        struct engine_rule *r = engine_rule_new(w->t.store, mine, w->rules[i]);
        assert_true(engine_rule_slice(r, now) >= 0);
        engine_rule_free(r);
    }
    if (engine_rule_changed(w->t.store, mine, w->rules[i], now) < 0)
        fail_msg("%s", err_text());
}

/* `slices` first, and then all over again, as after a crash; `lost`: the old generation is. */
static void tell(struct world *w, const struct ends *e, int slices, bool lost, int64_t now)
{
    struct db *old = w->advisories, *new = told_database(w, e);
    struct engine_work work;
    struct sql *db = store_writer(w->t.store);
    engine_begin(db, new);
    w->advisories = new;
    test_commit(db);
    if (slices) {
        struct engine_apply *apply;
        assert_int_equal(engine_apply_new(w->t.store, old, new, &apply), 0);
        while (slices-- && engine_apply_slice(apply, now) > 0)
            ;
        engine_apply_free(apply);
    }
    db = store_reader(w->t.store);
    struct str generation = engine_generation(db, w->t.arena, new);
    store_release(db);
    bool known = str_eq(generation, db_generation(old)) && !lost;
    if (engine_apply_difference(w->t.store, known ? old : NULL, new, now, &work) < 0)
        fail_msg("%s", err_text());
    db = store_reader(w->t.store);
    assert_true(engine_current(db, new));
    store_release(db);
    db_close(old);
}

/* ---- what is seen of it ---- */

/* Findings by their key, as text: what a user sees of them but for times and ids. `closed`: by their id,
 * those that are closed, too, and only what events tell of. */
static void look(struct world *w, struct arena *a, struct map *ret_findings, bool closed)
{
    enum { EPSS = 8 };
    struct sql *db = store_reader(w->t.store);
    struct statement *s = sql_prepare(
        db, "SELECT f.id, r.resource_id, f.status, f.severity, f.title, f.score, f.fix, f.exploit, f.epss,"
            " f.source, f.score_details, v.details, v.description, f.vulnerability_id,"
            " (SELECT group_concat(p.title || ' ' || p.version || ' ' || h.path || ' ' || coalesce(h.fixed,"
            " '-'), ';') FROM finding_package h JOIN package p ON p.id = h.package WHERE h.account ="
            " f.account AND h.finding = f.id ORDER BY p.title, p.version) FROM finding f JOIN resource r ON"
            " r.id = f.resource JOIN vulnerability v ON v.id = f.vulnerability ORDER BY f.id");
    while (sql_next(s)) {
        _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
        if (sql_int(s, 2) == FINDING_CLOSED && !closed)
            continue;
        /* What a closed one once said is not looked at. */
        for (int i = 2; i < (sql_int(s, 2) == FINDING_CLOSED ? 3 : 14); i++)
            if (i != EPSS || !closed)
                buf_printf(&text, "%.*s|", STR_ARG(sql_str(s, i)));
        struct str *is = arena_alloc(a, sizeof *is);
        struct str list = sql_str(s, 14), one;
        size_t length = 0;
        while (sql_int(s, 2) != FINDING_CLOSED && str_next(&list, ';', &one))
            for (size_t i = 0; i < one.n; i++)
                length += (size_t)(unsigned char)one.p[i] * (i + 1); /* in any order */
        buf_printf(&text, "%zu", length);
        *is = arena_str(a, buf_str(&text));
        map_set(ret_findings,
                closed ? arena_printf(a, "%lld", (long long)sql_int(s, 0))
                       : arena_printf(a, "%.*s %.*s", STR_ARG(sql_str(s, 1)), STR_ARG(sql_str(s, 13))),
                is);
    }
    store_release(db);
}

static void assert_same(const struct map *is, const struct map *should)
{
    for (size_t i = 0; i < should->n; i++) {
        const struct str *a = map_get(is, should->entries[i].key), *b = should->entries[i].value;
        if (!a || !str_eq(*a, *b))
            fail_msg("%.*s\n  is     %.*s\n  should %.*s", STR_ARG(should->entries[i].key), a ? (int)a->n : 7,
                     a ? a->p : "missing", STR_ARG(*b));
    }
    for (size_t i = 0; i < is->n; i++)
        if (!map_get(should, is->entries[i].key))
            fail_msg("%.*s should not be there", STR_ARG(is->entries[i].key));
}

static void assert_fresh(struct world *w, const struct ends *e)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(map_free) struct map is = {0}, should = {0};
    struct world fresh = world_new(e);
    for (int i = 0; i < RULES; i++)
        if (e->ruled[i])
            set_rule(&fresh, i, true, NOON);
    for (int i = 0; i < HOSTS; i++)
        if (!e->gone[i])
            install(&fresh, i, e->held[i], NOON);
    look(w, a, &is, false);
    look(&fresh, a, &should, false);
    assert_same(&is, &should);
    world_free(&fresh);
    struct sql *db = store_reader(w->t.store);
    assert_int_equal(counters_verify(db, mine, false), 0);
    store_release(db);
}

/* Exactly the findings that look different have events; how many, their last one tells. */
static void assert_events(struct world *w, const struct map *before, const struct map *after)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(map_free) struct map told = {0};
    struct sql *db = store_reader(w->t.store);
    struct event *events;
    size_t n = event_list(db, a, mine, w->seen, 100000, &events);
    for (size_t i = 0; i < n; i++) {
        w->seen = events[i].seq;
        if (events[i].kind <= EVENT_FINDING_UNSUPPRESSED)
            map_set(&told, arena_printf(a, "%lld", (long long)events[i].subject), &events[i]);
    }
    store_release(db);
    for (size_t i = 0; i < after->n; i++) {
        struct str key = after->entries[i].key;
        const struct str *x = map_get(before, key), *y = after->entries[i].value;
        bool differs = !x || !str_eq(*x, *y);
        if (differs != (map_get(&told, key) != NULL))
            fail_msg("finding %.*s: %s\n%.*s\n%.*s", STR_ARG(key),
                     differs ? "changed without an event" : "an event without a change", x ? (int)x->n : 0,
                     x ? x->p : "", STR_ARG(*y));
    }
}

/* ---- one change ---- */

static void change(struct world *w, struct ends *e, int64_t now)
{
    int host = (int)draw(HOSTS), i;
    switch (draw(8)) {
    case 0:
    case 1:
    case 2: /* installed or removed, or another host is set up as this one is */
        e->held[host] = draw(4) ? e->held[host] ^ 1u << draw(PACKAGES) : e->held[draw(HOSTS)];
        e->gone[host] = false;
        install(w, host, e->held[host], now);
        break;
    case 3:
        i = (int)draw(RULES);
        e->ruled[i] = !e->ruled[i];
        set_rule(w, i, e->ruled[i], now);
        break;
    case 4:
        if (!e->gone[host] && draw(3) == 0) {
            struct coverage c = {SCAN_STATUS_INACTIVE, REASON_RESOURCE_TERMINATED, MODE_NONE, now, {0}};
            struct sql *db = store_writer(w->t.store);
            coverage_put(db, &w->hosts[host], SCAN_PACKAGE, &c, now);
            assert_int_equal(engine_close(db, &w->hosts[host], true, now), 0);
            test_commit(db);
            e->gone[host] = true;
        } else if (e->gone[host]) {
            struct coverage c = {SCAN_STATUS_ACTIVE, REASON_SUCCESSFUL, MODE_NONE, now, {0}};
            bool changed;
            struct sql *db = store_writer(w->t.store);
            coverage_put(db, &w->hosts[host], SCAN_PACKAGE, &c, now);
            assert_int_equal(engine_reconcile(db, &w->hosts[host], now, &changed), 0);
            test_commit(db);
            e->gone[host] = false;
        }
        break;
    default:
        for (int n = (int)draw(3) + 1; n; n--) {
            i = (int)draw(STORIES);
            if (draw(2))
                e->told ^= 1u << i;
            else
                e->manner[i] = (int)draw(12);
        }
        tell(w, e, (int)draw(4), draw(8) == 0, now);
    }
    if (e->gone[host])
        return;
    /* A host that reports is covered, as the monitor would have it. */
    struct coverage c = {SCAN_STATUS_ACTIVE, REASON_SUCCESSFUL, MODE_NONE, now, {0}};
    struct sql *db = store_writer(w->t.store);
    coverage_put(db, &w->hosts[host], SCAN_PACKAGE, &c, now);
    test_commit(db);
}

static void test_equals_a_fresh_evaluation(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct ends e = {.told = draw(1 << STORIES)};
        struct world w = world_new(&e);
        for (int i = 0; i < HOSTS; i++)
            install(&w, i, e.held[i] = draw(1 << PACKAGES), NOON);
        for (int step = 0; step < STEPS; step++) {
            _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
            _cleanup_(map_free) struct map before = {0}, after = {0};
            struct sql *db = store_reader(w.t.store);
            w.seen = event_last(db);
            store_release(db);
            look(&w, a, &before, true);
            change(&w, &e, NOON + (step + 1) * 1000);
            look(&w, a, &after, true);
            assert_events(&w, &before, &after);
        }
        assert_fresh(&w, &e);
        world_free(&w);
    }
}

/* A generation that comes before the last one was applied: what that one changed and this one takes back is
 * seen, too. */
static void test_overtaken(void **state)
{
    (void)state;
    struct ends e = {.told = 0xff, .held = {0x1ff, 0x1ff, 0x0ff, 0x03f, 1}};
    struct world w = world_new(&e);
    for (int i = 0; i < HOSTS; i++)
        install(&w, i, e.held[i], NOON);
    struct ends between = e;
    between.told = 0;
    /* Judged by the one between, and not delivered. */
    struct db *db_between = told_database(&w, &between);
    struct engine_work work = {0};
    struct sql *db = store_writer(w.t.store);
    int64_t *ids;
    size_t n = package_list(db, w.t.arena, 0, 1000, &ids);
    engine_begin(db, db_between);
    assert_int_equal(engine_judge(db, db_between, ids, n, true, &work), 0);
    test_commit(db);
    db_close(db_between);
    db = store_reader(w.t.store);
    assert_false(engine_current(db, w.advisories));
    assert_int_equal(engine_generation(db, w.t.arena, w.advisories).n, 0);
    store_release(db);
    /* Nobody applies what is no longer to be applied. */
    assert_int_equal(engine_apply_difference(w.t.store, NULL, w.advisories, NOON + 1, &work), 0);
    assert_int_equal(work.packages_judged, 0);
    db = store_writer(w.t.store);
    engine_begin(db, w.advisories);
    test_commit(db);
    assert_int_equal(engine_apply_difference(w.t.store, NULL, w.advisories, NOON + 1, &work), 0);
    assert_fresh(&w, &e);
    world_free(&w);
}

/* A difference touches what it names: nothing else is judged, no resource read that does not hold it. */
static void test_does_only_its_work(void **state)
{
    (void)state;
    struct ends e = {.told = 0xff & ~8u, .held = {0x1ff, 0x0f, 0x07, 0x180, 0x40}};
    struct world w = world_new(&e);
    for (int i = 0; i < HOSTS; i++)
        install(&w, i, e.held[i], NOON);
    struct db *old = w.advisories;
    e.told |= 8; /* CVE-2024-0003 of Debian's lib, which libx has before its fix, and liby not */
    w.advisories = told_database(&w, &e);
    struct engine_work work;
    assert_int_equal(engine_apply_difference(w.t.store, old, w.advisories, NOON + 5, &work), 0);
    assert_int_equal(work.packages_judged, 2);
    assert_int_equal(work.resources_touched, 2);
    assert_int_equal(work.findings_touched, 2);
    struct sql *db = store_reader(w.t.store);
    assert_int_equal(number(db, "SELECT count(*) FROM finding WHERE first_observed = 1750000005"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM unapplied"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM event WHERE kind = 8"), 2); /* ADVISORIES_CHANGED */
    store_release(db);
    db_close(old);
    world_free(&w);
}

static void test_platform(void **state)
{
    (void)state;
    static const struct {
        const char *family, *version, *platform;
    } rows[] = {{"debian", "12", "DEBIAN_12"},
                {"ubuntu", "22.04", "UBUNTU_22_04"},
                {"amzn", "2023", "AMAZON_LINUX_2023"},
                {"alpine", "3.19.1", "ALPINE_LINUX_3_19"},
                {"rhel", "9.3", "RHEL_9"},
                {"opensuse-leap", "15.5", "OPENSUSE_LEAP_15_5"},
                {"arch", "", "ARCH"},
                {"", "", ""}};
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct os os = {.family = str_from(rows[i].family), .version = str_from(rows[i].version)};
        struct str platform = engine_platform(a, &os);
        if (!str_is(platform, rows[i].platform))
            fail_msg("%s: %.*s", rows[i].platform, STR_ARG(platform));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_platform),
        cmocka_unit_test(test_does_only_its_work),
        cmocka_unit_test(test_overtaken),
        cmocka_unit_test(test_equals_a_fresh_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A new generation of the advisory database, from its difference to the findings.
 *
 * The difference names packages and records. Packages that it may concern are judged again; what differs is
 * noted with them (`unapplied`), and from there taken to all inventories that hold them. Nothing is read but
 * the store. The properties tell how far it got:
 *
 *     generation  all findings were judged by it
 *     judging     the one that is being applied
 *     judge       the rules of this program by which they were judged
 *
 * Interrupted, the same generation is applied again from the beginning, which finds most of it done; what was
 * noted is still there. When another generation comes between, some packages have been judged by one that
 * the difference does not know of: then all are judged again.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/deliver.h"
#include "monitor/epss.h"
#include "monitor/freshness.h"
#include "store/access.h"
#include "store/event.h"

/* Raised when the matcher or what is written of its answers changes. */
#define JUDGE "1"

enum { JUDGED_AT_ONCE = 16 }; /* packages between two looks at the clock */

struct source {
    struct str ecosystem, name; /* a package; ecosystem empty: name is the id of a record */
};

struct engine_apply {
    struct store *store;
    const struct db *old, *new;
    struct arena *arena;
    uint64_t work_began;
    bool begun, whole, delivered_once;
    VEC(struct source) sources;
    size_t at;
    int64_t after; /* whole: package above which */
    struct map judged;
    bool judged_all;
    VEC(struct str) cves;
    struct delivery *delivery;
    struct epss_move *epss;
    struct engine_work work;
};

/* ---- properties ---- */

static bool property_is(struct sql *db, struct arena *a, const char *name, struct str value)
{
    return str_eq(property_get(db, a, name), value);
}

bool engine_current(struct sql *db, const struct db *advisories)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct unapplied *left;
    return property_is(db, a, "generation", db_generation(advisories)) &&
           property_is(db, a, "judge", STR(JUDGE)) && !property_get(db, a, "judging").n &&
           !unapplied_list(db, a, 1, &left);
}

void engine_begin(struct sql *db, const struct db *advisories)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str judging = property_get(db, a, "judging"), generation = db_generation(advisories);
    if (str_eq(judging, generation))
        return;
    if (judging.n)
        property_set(db, "generation", (struct str){NULL, 0});
    property_set(db, "judging", generation);
}

struct str engine_generation(struct sql *db, struct arena *a, const struct db *advisories)
{
    struct str judging = property_get(db, a, "judging");
    if (!property_is(db, a, "judge", STR(JUDGE)) ||
        (judging.n && !str_eq(judging, db_generation(advisories))))
        return (struct str){NULL, 0};
    return property_get(db, a, "generation");
}

/* ---- the difference ---- */

static int note_package(void *ctx, enum db_change change, struct str ecosystem, struct str name)
{
    (void)change;
    struct engine_apply *e = ctx;
    vec_add(&e->sources, (struct source){ecosystem, name});
    return 0;
}

static int note_record(void *ctx, enum db_change change, struct str id)
{
    (void)change;
    struct engine_apply *e = ctx;
    vec_add(&e->sources, (struct source){.name = id});
    return 0;
}

/* The percentile, which nothing shows, moves every day; the score seldom. */
static int note_epss(void *ctx, enum db_change change, struct str cve)
{
    (void)change;
    struct engine_apply *e = ctx;
    double before = -1, after = -1, percentile;
    db_epss(e->old, cve, &before, &percentile);
    db_epss(e->new, cve, &after, &percentile);
    if (before == after)
        return 0;
    vec_add(&e->cves, arena_str(e->arena, cve));
    return 0;
}

int engine_apply_new(struct store *s, const struct db *old, const struct db *advisories,
                     struct engine_apply **ret_apply)
{
    struct engine_apply *e = mem_alloc(sizeof *e);
    e->store = s;
    e->old = old;
    e->new = advisories;
    e->arena = arena_new(0);
    e->work_began = time_monotonic_ns();
    e->whole = !old;
    const struct db_diff diff = {note_package, note_record, note_epss, e};
    int status = old ? db_difference(old, advisories, &diff) : 0;
    if (status < 0) {
        engine_apply_free(e);
        return status;
    }
    *ret_apply = e;
    return 0;
}

void engine_apply_free(struct engine_apply *e)
{
    if (!e)
        return;
    delivery_free(e->delivery);
    epss_move_free(e->epss);
    vec_free(&e->sources);
    vec_free(&e->cves);
    map_free(&e->judged);
    arena_free(e->arena);
    free(e);
}

const struct engine_work *engine_apply_work(const struct engine_apply *e)
{
    return &e->work;
}

/* ---- judging ---- */

struct picked {
    VEC(int64_t) packages;
};

static void pick(struct engine_apply *e, struct picked *to, int64_t package)
{
    if (number_new(&e->judged, e->arena, package))
        vec_add(&to->packages, package);
}

static void pick_matching(struct engine_apply *e, struct sql *db, struct arena *a, struct picked *to,
                          struct str id)
{
    int64_t *rows;
    size_t n = vulnerability_speaking_of(db, a, id, &rows);
    for (size_t i = 0; i < n; i++) {
        struct package_fix *packages;
        size_t n_packages = packages_matching(db, a, rows[i], &packages);
        for (size_t j = 0; j < n_packages; j++)
            pick(e, to, packages[j].package);
    }
}

/* A record has a say in everything it names. */
static void pick_record(struct engine_apply *e, struct sql *db, struct arena *a, struct picked *to,
                        const struct db *advisories, struct str id)
{
    uint32_t number;
    struct advisory v;
    if (!db_record_find(advisories, id, &number) || !str_eq(db_record_id(advisories, number), id) ||
        db_record(advisories, a, number, false, &v) < 0)
        return;
    for (size_t i = 0; i < v.n_aliases; i++)
        pick_matching(e, db, a, to, v.aliases[i]);
    for (size_t i = 0; i < v.n_upstream; i++)
        pick_matching(e, db, a, to, v.upstream[i]);
    for (size_t i = 0; i < v.n_related; i++)
        pick_matching(e, db, a, to, v.related[i]);
}

static void pick_source(struct engine_apply *e, struct sql *db, struct arena *a, struct picked *to,
                        const struct source *s)
{
    if (!s->ecosystem.n) {
        pick_matching(e, db, a, to, s->name);
        pick_record(e, db, a, to, e->old, s->name);
        pick_record(e, db, a, to, e->new, s->name);
        return;
    }
    int64_t *packages;
    size_t n = package_named(db, a, s->ecosystem, s->name, &packages);
    for (size_t i = 0; i < n; i++)
        pick(e, to, packages[i]);
}

/* The next packages to judge; none when all were picked. */
static void pick_next(struct engine_apply *e, struct sql *db, struct arena *a, struct picked *to)
{
    if (e->whole) {
        int64_t *packages;
        size_t n = package_list(db, a, e->after, JUDGED_AT_ONCE, &packages);
        for (size_t i = 0; i < n; i++)
            vec_add(&to->packages, packages[i]);
        if (n)
            e->after = packages[n - 1];
        e->judged_all = !n;
        return;
    }
    while (to->packages.n < JUDGED_AT_ONCE && e->at < e->sources.n)
        pick_source(e, db, a, to, &e->sources.at[e->at++]);
    e->judged_all = e->at == e->sources.n;
}

static int judge_slice(struct engine_apply *e, const struct slice *slice)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct sql *db = slice->db;
    int status = sql_status(db);
    while (status == 0 && !e->judged_all && !slice_is_over(slice)) {
        struct picked picked = {0};
        arena_reset(a);
        pick_next(e, db, a, &picked);
        status = engine_judge(db, e->new, picked.packages.at, picked.packages.n, true, &e->work);
        vec_free(&picked.packages);
    }
    return status;
}

/* ---- delivering ---- */

/* Whether it is time to take what was noted to the findings: the first of it at once. */
static bool is_delivery_due(struct engine_apply *e, struct sql *db, struct arena *a)
{
    struct unapplied *list;
    size_t n = unapplied_list(db, a, UNAPPLIED_AT_ONCE, &list);
    return n && (!e->delivered_once || e->judged_all || n == UNAPPLIED_AT_ONCE);
}

static int deliver(struct engine_apply *e, const struct slice *slice, int64_t now)
{
    bool done;
    int status = delivery_slice(e->delivery, slice, now, &e->work, &done);
    if (status == 0 && done) {
        delivery_free(e->delivery);
        e->delivery = NULL;
        e->delivered_once = true;
    }
    return status;
}

/* ---- slices ---- */

static void finish(struct sql *db, const struct db *advisories)
{
    account_id account = -1;
    property_set(db, "generation", db_generation(advisories));
    property_set(db, "judge", STR(JUDGE));
    property_set(db, "judging", (struct str){NULL, 0});
    freshness_applied(db);
    while (account_next(db, account, &account))
        event_add(db, account, EVENT_ADVISORIES_CHANGED, 0, (struct str){NULL, 0});
}

/* In an order that shows the first findings soon and keeps `unapplied` short. */
static int work(struct engine_apply *e, struct sql *db, int64_t now, bool *ret_done)
{
    const struct slice slice = {db, e->work_began, time_monotonic_ns()};
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str judging = property_get(db, a, "judging");
    *ret_done = false;
    if (!e->begun && !judging.n)
        engine_begin(db, e->new);
    else if (!str_eq(judging, db_generation(e->new))) { /* another one is to be applied by now */
        *ret_done = true;
        return sql_status(db);
    }
    e->begun = true;
    if (e->delivery)
        return deliver(e, &slice, now);
    if (is_delivery_due(e, db, a)) {
        e->delivery = delivery_new(db);
        return deliver(e, &slice, now);
    }
    if (!e->judged_all)
        return judge_slice(e, &slice);
    if (!e->epss)
        e->epss = epss_move_new(e->new, e->cves.at, e->cves.n, e->whole);
    int status = epss_move_slice(e->epss, &slice, now, &e->work, ret_done);
    if (status == 0 && *ret_done)
        finish(db, e->new);
    return status;
}

int engine_apply_slice(struct engine_apply *e, int64_t now)
{
    bool done;
    struct sql *db = store_writer(e->store);
    int status = work(e, db, now, &done);
    if (status < 0) {
        store_release(db);
        return status;
    }
    status = store_commit(db);
    return status < 0 ? status : !done;
}

int engine_apply_difference(struct store *s, const struct db *old, const struct db *advisories, int64_t now,
                            struct engine_work *ret_work)
{
    struct engine_apply *e;
    int status = engine_apply_new(s, old, advisories, &e);
    if (status < 0)
        return status;
    while ((status = engine_apply_slice(e, now)) > 0)
        ;
    if (status == 0)
        *ret_work = e->work;
    engine_apply_free(e);
    return status;
}

#include "monitor/reconcile.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "monitor/end_of_life.h"
#include "monitor/exposure.h"

enum { SCORE_BYTES_MAX = 4096 };

/* A row with what it weighs; the same for all resources that are reached alike. */
struct weighed {
    bool machine; /* where network paths count */
    struct seen seen;
    struct finding_score score;
};
struct row {
    struct vulnerability_row v;
    VEC(struct weighed *) weighed;
};

/* A vulnerability id, and the places of the present inventory that it touches. */
struct flaw {
    struct str id;
    uint64_t mark; /* the round in which the rest was filled */
    VEC(struct holding) holdings;
    VEC(struct str) fixed;
    struct row *worst;
};

struct match {
    struct flaw *flaw;
    struct row *row;
    struct str fixed;
};

/* What is known of a package here. */
struct judged {
    VEC(struct match) matches;
    VEC(struct flaw *) changed;
    bool read;
    int service; /* 0: not looked up yet; 1: none; else its number + 2 */
};

enum { FILTER_BITS = 1 << 16 };

struct reconcile {
    struct arena *arena, *scratch;
    struct map flaws, rows, packages;
    uint64_t filter[FILTER_BITS / 64]; /* of packages by their last bits: most of an inventory is not in it */
    bool whole;
    uint64_t round;
    VEC(struct flaw *) touched; /* in this round */
};

struct reconcile *reconcile_new(void)
{
    struct reconcile *rc = mem_alloc(sizeof *rc);
    rc->arena = arena_new(0);
    rc->scratch = arena_new(0);
    rc->whole = true;
    return rc;
}

void reconcile_free(struct reconcile *rc)
{
    for (size_t i = 0; i < rc->flaws.n; i++) {
        struct flaw *f = rc->flaws.entries[i].value;
        vec_free(&f->holdings);
        vec_free(&f->fixed);
    }
    for (size_t i = 0; i < rc->packages.n; i++) {
        struct judged *p = rc->packages.entries[i].value;
        vec_free(&p->matches);
        vec_free(&p->changed);
    }
    for (size_t i = 0; i < rc->rows.n; i++) {
        struct row *row = rc->rows.entries[i].value;
        vec_free(&row->weighed);
    }
    map_free(&rc->flaws);
    map_free(&rc->rows);
    map_free(&rc->packages);
    vec_free(&rc->touched);
    arena_free(rc->scratch);
    arena_free(rc->arena);
    free(rc);
}

/* ---- what is known ---- */

static struct flaw *flaw_of(struct reconcile *rc, struct str id)
{
    struct flaw *f = map_get(&rc->flaws, id);
    if (f)
        return f;
    f = arena_alloc(rc->arena, sizeof *f);
    f->id = arena_str(rc->arena, id);
    map_set(&rc->flaws, f->id, f);
    return f;
}

static struct judged *judged_of(struct reconcile *rc, int64_t package, bool make)
{
    struct str key = {(const char *)&package, sizeof package};
    uint64_t *word = &rc->filter[(uint64_t)package % FILTER_BITS / 64], bit = UINT64_C(1) << package % 64;
    struct judged *p = *word & bit ? map_get(&rc->packages, key) : NULL;
    if (p || !make)
        return p;
    *word |= bit;
    p = arena_alloc(rc->arena, sizeof *p);
    map_set(&rc->packages, arena_str(rc->arena, key), p);
    return p;
}

static int row_of(struct reconcile *rc, struct sql *db, int64_t id, struct row **ret_row)
{
    struct str key = {(const char *)&id, sizeof id};
    *ret_row = map_get(&rc->rows, key);
    if (*ret_row)
        return 0;
    struct row *row = arena_alloc(rc->arena, sizeof *row);
    int status = vulnerability_get(db, rc->arena, id, &row->v);
    if (status < 0)
        return status;
    map_set(&rc->rows, arena_str(rc->arena, key), row);
    *ret_row = row;
    return 0;
}

static int add_match(struct reconcile *rc, struct sql *db, struct judged *p, int64_t vulnerability,
                     struct str fixed)
{
    struct row *row;
    int status = row_of(rc, db, vulnerability, &row);
    if (status == 0)
        vec_add(&p->matches, (struct match){flaw_of(rc, row->v.vulnerability_id), row, fixed});
    return status;
}

static int read_package(struct reconcile *rc, struct sql *db, struct judged *p, int64_t package)
{
    struct package_match *matches;
    size_t n = package_matches(db, rc->arena, package, &matches);
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++)
        status = add_match(rc, db, p, matches[i].vulnerability, matches[i].fixed);
    p->read = true;
    return status;
}

/* Every package that the vulnerability touches, whether it changed there or not: a finding is of them all. */
static int read_vulnerability(struct reconcile *rc, struct sql *db, struct str id)
{
    int64_t *rows;
    size_t n = vulnerability_named(db, rc->scratch, id, &rows);
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        struct package_fix *fixes;
        size_t n_fixes = packages_matching(db, rc->arena, rows[i], &fixes);
        for (size_t j = 0; j < n_fixes && status == 0; j++)
            status = add_match(rc, db, judged_of(rc, fixes[j].package, true), rows[i], fixes[j].fixed);
    }
    return status;
}

struct reconcile *reconcile_changes(struct sql *db, const struct unapplied *changes, size_t n)
{
    struct reconcile *rc = reconcile_new();
    rc->whole = false;
    for (size_t i = 0; i < n; i++) {
        struct judged *p = judged_of(rc, changes[i].package, true);
        bool known = map_get(&rc->flaws, changes[i].vulnerability_id);
        vec_add(&p->changed, flaw_of(rc, changes[i].vulnerability_id));
        int status = known ? 0 : read_vulnerability(rc, db, changes[i].vulnerability_id);
        if (status < 0)
            sql_fail(db, status);
    }
    return rc;
}

/* ---- what is wanted ---- */

/* The order is that of the content, never of ids, so that it is the same in every store. */
static bool worse(const struct row *a, const struct row *b)
{
    if (a->v.severity != b->v.severity)
        return a->v.severity > b->v.severity;
    if (a->v.score != b->v.score)
        return a->v.score > b->v.score;
    int order = str_cmp(a->v.source, b->v.source);
    return (order ? order : str_cmp(a->v.details, b->v.details)) < 0;
}

/* The flaw is looked at in this round, with nothing so far. */
static void begin_flaw(struct reconcile *rc, struct flaw *f)
{
    if (f->mark == rc->round)
        return;
    f->mark = rc->round;
    f->holdings.n = f->fixed.n = 0;
    f->worst = NULL;
    vec_add(&rc->touched, f);
}

static void want(struct reconcile *rc, const struct match *m, const struct holding *h)
{
    if (rc->whole)
        begin_flaw(rc, m->flaw);
    else if (m->flaw->mark != rc->round)
        return;
    vec_add(&m->flaw->holdings, *h);
    vec_add(&m->flaw->fixed, m->fixed);
    if (!m->flaw->worst || worse(m->row, m->flaw->worst))
        m->flaw->worst = m->row;
}

/* What changed for the packages of this inventory. */
static void find_changed(struct reconcile *rc, const struct holding *holdings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct judged *p = holdings[i].owned ? NULL : judged_of(rc, holdings[i].package, false);
        for (size_t j = 0; p && j < p->changed.n; j++)
            begin_flaw(rc, p->changed.at[j]);
    }
}

static int gather(struct reconcile *rc, struct sql *db, const struct holding *holdings, size_t n)
{
    rc->round++;
    rc->touched.n = 0;
    if (!rc->whole)
        find_changed(rc, holdings, n);
    if (!rc->whole && !rc->touched.n)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (holdings[i].owned)
            continue;
        struct judged *p = judged_of(rc, holdings[i].package, rc->whole);
        int status = p && rc->whole && !p->read ? read_package(rc, db, p, holdings[i].package) : 0;
        if (status < 0)
            return status;
        for (size_t j = 0; p && j < p->matches.n; j++)
            want(rc, &p->matches.at[j], &holdings[i]);
    }
    return 0;
}

/* ---- scores ---- */

static struct str score_json(struct arena *a, const struct vulnerability_row *v,
                             const struct context_score *s, bool machine)
{
    _cleanup_(buf_free) struct buf text = buf_new(SCORE_BYTES_MAX);
    struct json_out to = {.to = &text};
    json_begin_object(&to);
    json_key(&to, "adjustedCvss");
    json_begin_object(&to);
    json_member_str(&to, "scoreSource", s->adjusted ? STR("ASSAY") : v->score_source);
    json_member_str(&to, "cvssSource", v->score_source);
    json_member_str(&to, "version", s->version);
    json_key(&to, "score");
    json_out_double(&to, s->score, 1);
    json_member_str(&to, "scoringVector", s->vector);
    json_key(&to, "adjustments");
    json_begin_array(&to);
    for (size_t i = 0; machine && i < s->n_adjustments; i++) {
        json_begin_object(&to);
        json_member_str(&to, "metric", s->adjustments[i].metric);
        json_member_str(&to, "reason", s->adjustments[i].reason);
        json_end_object(&to);
    }
    json_end_array(&to);
    json_end_object(&to);
    json_end_object(&to);
    return buf_status(&text) < 0 ? (struct str){NULL, 0} : arena_str(a, buf_str(&text));
}

/* What the vector counts on a resource that is reached so. */
static const struct finding_score *score_of(struct reconcile *rc, struct row *row, bool machine,
                                            struct seen seen)
{
    struct context_score context;
    vec_each(known, &row->weighed)
    {
        const struct weighed *w = *known;
        if (w->machine == machine && w->seen.reach == seen.reach && w->seen.service == seen.service)
            return &w->score;
    }
    struct weighed *w = arena_alloc(rc->arena, sizeof *w);
    *w = (struct weighed){machine, seen, {.score = -1}};
    vec_add(&row->weighed, w);
    struct str to = seen.service < 0 ? (struct str){0} : str_from(service_at(seen.service)->name);
    if (row->v.vector.n &&
        context_score(rc->arena, row->v.vector, seen.reach, to, row->v.exploit, &context) == 0) {
        w->score.score = context.score;
        w->score.details = score_json(rc->arena, &row->v, &context, machine);
    }
    return &w->score;
}

static int service_of(struct reconcile *rc, struct sql *db, int64_t package, enum package_manager manager)
{
    if (manager != PM_OS)
        return -1;
    struct judged *p = judged_of(rc, package, true);
    if (!p->service)
        p->service = service_of_package(package_shown(db, rc->scratch, package)) + 2;
    return p->service - 2;
}

static struct seen seen_of(struct reconcile *rc, struct sql *db, const struct exposure *e,
                           const struct flaw *f)
{
    struct seen seen = exposure_begin(e);
    for (size_t i = 0; e->any != REACH_UNKNOWN && i < f->holdings.n; i++)
        exposure_package(e, service_of(rc, db, f->holdings.at[i].package, f->holdings.at[i].manager), &seen);
    return seen;
}

/* ---- findings ---- */

static void touch(struct reconcile *rc, struct sql *db, struct finding_batch *batch, const struct resource *r,
                  const struct exposure *e, struct flaw *f)
{
    static const struct finding_score none = {.score = -1};
    const struct finding_touch t = {f->id, f->holdings.at, f->fixed.at, f->holdings.n};
    finding_touch(batch, r, f->worst ? &f->worst->v : NULL, &t,
                  f->worst
                      ? score_of(rc, f->worst, r->type == RESOURCE_AWS_EC2_INSTANCE, seen_of(rc, db, e, f))
                      : &none);
}

static void touch_all(struct reconcile *rc, struct sql *db, struct finding_batch *batch,
                      const struct resource *r)
{
    struct exposure e = exposure_read(db, rc->scratch, r);
    vec_each(f, &rc->touched)
    {
        touch(rc, db, batch, r, &e, *f);
    }
}

/* Its findings follow the advisories: it is covered, or paused, or without a distribution that is known,
 * while its other packages are. */
static bool is_covered(struct sql *db, struct arena *a, account_id account, int64_t resource)
{
    struct coverage c;
    if (!coverage_get(db, a, account, resource, SCAN_PACKAGE, &c))
        return false;
    return c.status == SCAN_STATUS_ACTIVE || c.reason == REASON_EC2_INSTANCE_STOPPED ||
           c.reason == REASON_STALE_INVENTORY || c.reason == REASON_UNSUPPORTED_OS;
}

int reconcile_inventory(struct reconcile *rc, struct sql *db, struct finding_batch *batch, account_id account,
                        int64_t inventory, size_t *ret_n)
{
    struct holding *holdings;
    int64_t *resources;
    size_t n;
    arena_reset(rc->scratch);
    *ret_n = 0;
    size_t n_resources = inventory_resources(db, rc->scratch, account, inventory, &resources);
    if (!n_resources) /* nobody has it any more: it may be gone itself */
        return sql_status(db);
    int status = inventory_read(db, rc->scratch, account, inventory, &holdings, &n, NULL);
    if (status == 0)
        status = gather(rc, db, holdings, n);
    if (status < 0 || !rc->touched.n)
        return status;
    for (size_t i = 0; i < n_resources; i++) {
        struct resource r;
        if (!is_covered(db, rc->scratch, account, resources[i]))
            continue;
        if ((status = resource_get(db, rc->scratch, resources[i], &r)) < 0)
            return status;
        touch_all(rc, db, batch, &r);
        ++*ret_n;
    }
    return 0;
}

/* The release itself is what is wrong. */
static void touch_end(struct sql *db, struct finding_batch *batch, const struct resource *r,
                      struct end_of_life *end)
{
    static const struct finding_score none = {.score = -1};
    const struct finding_touch t = {.vulnerability_id = end->row.vulnerability_id, .title = end->title};
    vulnerability_put(db, &end->row);
    finding_touch(batch, r, &end->row, &t, &none);
}

int reconcile_resource(struct reconcile *rc, struct sql *db, struct finding_batch *batch,
                       const struct resource *r, int64_t now)
{
    struct holding *holdings = NULL;
    struct str *open;
    size_t n = 0;
    struct os os = {0};
    struct end_of_life end;
    arena_reset(rc->scratch);
    int status = 0;
    if (r->inventory)
        status = inventory_read(db, rc->scratch, r->account, r->inventory, &holdings, &n, &os);
    if (status == 0)
        status = gather(rc, db, holdings, n);
    if (status < 0)
        return status;
    size_t n_open = finding_open(db, rc->scratch, r->account, r->id, &open);
    bool ended = end_of_life(rc->scratch, &os, now, &end);
    for (size_t i = 0; i < n_open; i++)
        if (!ended || !str_eq(open[i], end.row.vulnerability_id))
            begin_flaw(rc, flaw_of(rc, open[i])); /* not wanted any more: closed */
    touch_all(rc, db, batch, r);
    if (ended)
        touch_end(db, batch, r, &end);
    return 0;
}

/* One finding at a time: its packages come one after another. */
int reconcile_scores(struct reconcile *rc, struct sql *db, struct finding_batch *batch,
                     const struct resource *r)
{
    struct finding_held *held;
    arena_reset(rc->scratch);
    struct exposure e = exposure_read(db, rc->scratch, r);
    size_t n = finding_held(db, rc->scratch, r->account, r->id, &held);
    for (size_t i = 0; i < n;) {
        const struct finding_held *first = &held[i];
        struct seen seen = exposure_begin(&e);
        for (; i < n && held[i].finding == first->finding; i++)
            if (e.any != REACH_UNKNOWN)
                exposure_package(&e, service_of(rc, db, held[i].package, held[i].manager), &seen);
        struct row *row;
        int status = row_of(rc, db, first->vulnerability, &row);
        if (status < 0)
            return status;
        finding_set_score(batch, first->finding, score_of(rc, row, true, seen));
    }
    return sql_status(db);
}

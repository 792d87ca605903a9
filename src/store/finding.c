/* The life of findings: made, updated, closed, reopened, suppressed, removed. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "store/finding_state.h"
#include "store/package_row.h"

enum { DAY = 24 * 60 * 60 };

static bool is_open(const struct finding_state *s)
{
    return s->status != FINDING_CLOSED;
}

/* ---- what a finding says ---- */

static int by_place(const void *left, const void *right)
{
    const struct finding_package *a = left, *b = right;
    if (a->package != b->package)
        return a->package < b->package ? -1 : 1;
    int order = str_cmp(a->path, b->path);
    return order ? order : str_cmp(a->layer, b->layer);
}

static size_t packages_of(struct finding_batch *b, const struct finding_touch *touch,
                          struct finding_package **ret_packages)
{
    struct finding_package *list = arena_new_array(b->scratch, struct finding_package, touch->n);
    size_t kept = 0;
    for (size_t i = 0; i < touch->n; i++) {
        const struct holding *h = &touch->holdings[i];
        list[i] = (struct finding_package){h->package, h->path, h->layer, touch->fixed[i], h->manager};
    }
    qsort(list, touch->n, sizeof *list, by_place);
    for (size_t i = 0; i < touch->n; i++)
        if (!kept || by_place(&list[kept - 1], &list[i]) != 0)
            list[kept++] = list[i];
    *ret_packages = list;
    return kept;
}

static bool packages_equal(const struct finding_package *a, size_t n_a, const struct finding_package *b,
                           size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (by_place(&a[i], &b[i]) != 0 || a[i].manager != b[i].manager || !str_eq(a[i].fixed, b[i].fixed))
            return false;
    return n_a == n_b;
}

/* "CVE-2024-1 - curl, libcurl4" */
static struct str title_of(struct finding_batch *b, struct str id, const struct finding_package *packages,
                           size_t n)
{
    _cleanup_(buf_free) struct buf text = buf_new(2 * FINDING_TITLE_MAX);
    struct str *names = arena_new_array(b->scratch, struct str, n);
    for (size_t i = 0; i < n; i++)
        names[i] = package_title(b, packages[i].package);
    qsort(names, n, sizeof *names, str_order);
    buf_add_str(&text, id);
    for (size_t i = 0; i < n && text.n <= FINDING_TITLE_MAX; i++) {
        if (i && str_eq(names[i], names[i - 1]))
            continue;
        buf_add_str(&text, i ? STR(", ") : STR(" - "));
        buf_add_str(&text, utf8_cut(names[i], FINDING_TITLE_MAX / 2));
    }
    return arena_str(b->scratch, utf8_cut(buf_str(&text), FINDING_TITLE_MAX));
}

struct str title_vulnerability(struct str title)
{
    size_t n = 0;
    while (n < title.n && !str_starts(str_slice(title, n, title.n), STR(" - ")))
        n++;
    return str_slice(title, 0, n);
}

static enum fix_available fix_of(const struct finding_package *packages, size_t n)
{
    size_t fixed = 0;
    for (size_t i = 0; i < n; i++)
        fixed += packages[i].fixed.n > 0;
    return !fixed ? FIX_AVAILABLE_NO : fixed == n ? FIX_AVAILABLE_YES : FIX_AVAILABLE_PARTIAL;
}

/* What the row and the packages make of a finding; its life is left alone. */
static void describe(struct finding_state *s, const struct vulnerability_row *v,
                     const struct finding_score *score, struct str title,
                     const struct finding_package *packages, size_t n)
{
    s->vulnerability = v->id;
    s->type = FINDING_PACKAGE_VULNERABILITY;
    s->protocol = -1;
    s->severity = v->severity;
    s->vulnerability_id = v->vulnerability_id;
    s->source = v->source;
    s->vendor_severity = v->vendor_severity;
    s->exploit = v->exploit;
    s->epss = v->epss;
    s->score = score->score;
    s->score_details = score->details;
    s->title = title;
    s->fix = fix_of(packages, n);
}

static bool says_the_same(const struct finding_state *a, const struct finding_state *b)
{
    return a->vulnerability == b->vulnerability && a->severity == b->severity && a->exploit == b->exploit &&
           a->score == b->score && a->fix == b->fix && str_eq(a->title, b->title) &&
           str_eq(a->score_details, b->score_details) && str_eq(a->network, b->network);
}

/* ---- transitions ---- */

static void contents_put(struct finding_batch *b, const struct finding_state *s,
                         const struct finding_package *packages, size_t n)
{
    packages_put(b, s->id, packages, n);
    if (s->network.n)
        steps_put(b, s);
}

static void open_new(struct finding_batch *b, const struct resource *r, const unsigned char key[FINDING_KEY],
                     struct finding_state *s, const struct finding_package *packages, size_t n)
{
    struct resource_facts facts = facts_of(r);
    s->status = FINDING_ACTIVE;
    s->first_observed = s->last_observed = s->updated = b->now;
    state_insert(b, key, r, s);
    contents_put(b, s, packages, n);
    batch_count(b, &facts, s, packages, n, 1);
    batch_event(b, EVENT_FINDING_CREATED, s->id);
    batch_touched(b, s->id);
}

static int64_t reopen_days(struct finding_batch *b)
{
    uint64_t days;
    return str_u64(property_get(b->db, b->scratch, "reopen_days"), &days) ? (int64_t)days
                                                                          : FINDING_REOPEN_DAYS;
}

/* A closed one: within the days of grace the same finding goes on, later it begins anew. */
static void open_again(struct finding_batch *b, const struct resource *r, const struct finding_state *old,
                       struct finding_state *s, const struct finding_package *packages, size_t n)
{
    struct resource_facts facts = facts_of(r);
    bool same = old->closed == TIME_NONE || b->now - old->closed <= reopen_days(b) * DAY;
    s->status = FINDING_ACTIVE;
    s->first_observed = same ? old->first_observed : b->now;
    s->last_observed = s->updated = b->now;
    s->closed = TIME_NONE;
    s->gone = false;
    s->suppressed_by = (struct str){NULL, 0};
    state_update(b, s);
    packages_drop(b, s->id);
    contents_put(b, s, packages, n);
    batch_count(b, &facts, s, packages, n, 1);
    enum event_kind kind = same ? EVENT_FINDING_REOPENED : EVENT_FINDING_CREATED;
    batch_event(b, kind, s->id);
    history_add(b, s->id, kind, same ? (struct str){NULL, 0} : finding_began_anew(b, old->first_observed));
    batch_touched(b, s->id);
}

static void update(struct finding_batch *b, const struct resource *r, const struct finding_state *old,
                   struct finding_state *s, const struct finding_package *packages, size_t n)
{
    struct finding_package *before;
    size_t n_before = packages_load(b, s->id, &before);
    bool same_packages = packages_equal(before, n_before, packages, n);
    if (same_packages && says_the_same(old, s)) {
        if (old->epss != s->epss)
            finding_set_epss(b, s->id, s->vulnerability, s->epss);
        return;
    }
    struct resource_facts facts = facts_of(r);
    s->last_observed = s->updated = b->now;
    state_update(b, s);
    if (!same_packages) {
        packages_drop(b, s->id);
        packages_put(b, s->id, packages, n);
    }
    if (!str_eq(old->network, s->network))
        steps_put(b, s);
    if (s->status == FINDING_ACTIVE) {
        batch_count(b, &facts, old, before, n_before, -1);
        batch_count(b, &facts, s, packages, n, 1);
    }
    batch_event(b, EVENT_FINDING_UPDATED, s->id);
    history_add(b, s->id, EVENT_FINDING_UPDATED, finding_changes(b, old, s, same_packages));
    batch_touched(b, s->id);
}

void finding_close(struct finding_batch *b, struct finding_state *s, bool gone)
{
    struct finding_package *packages;
    if (s->status == FINDING_ACTIVE) {
        size_t n = packages_load(b, s->id, &packages);
        batch_count(b, facts_load(b, s->resource), s, packages, n, -1);
    }
    s->status = FINDING_CLOSED;
    s->suppressed_by = (struct str){NULL, 0};
    s->closed = s->updated = b->now;
    s->gone = gone;
    state_update(b, s);
    batch_event(b, EVENT_FINDING_CLOSED, s->id);
    history_add(b, s->id, EVENT_FINDING_CLOSED, (struct str){NULL, 0});
}

void finding_is(struct finding_batch *b, const struct resource *r, const unsigned char key[FINDING_KEY],
                const struct finding_state *old, struct finding_state *s,
                const struct finding_package *packages, size_t n)
{
    if (!old)
        open_new(b, r, key, s, packages, n);
    else if (!is_open(old))
        open_again(b, r, old, s, packages, n);
    else
        update(b, r, old, s, packages, n);
}

void finding_touch(struct finding_batch *b, const struct resource *r, const struct vulnerability_row *v,
                   const struct finding_touch *touch, const struct finding_score *score)
{
    unsigned char key[FINDING_KEY];
    arena_reset(b->scratch);
    struct finding_state old, s = {.closed = TIME_NONE, .resource = r->id};
    bool known = state_of_flaw(b, r->id, touch->vulnerability_id, &old);
    if (!touch->n && !touch->title.n) {
        if (known && is_open(&old))
            finding_close(b, &old, false);
        return;
    }
    struct finding_package *packages;
    size_t n = packages_of(b, touch, &packages);
    if (known)
        s = old;
    else
        finding_key(b, r->resource_id, FINDING_PACKAGE_VULNERABILITY, touch->vulnerability_id, key);
    struct str title = touch->title.n ? touch->title : title_of(b, v->vulnerability_id, packages, n);
    describe(&s, v, score, title, packages, n);
    finding_is(b, r, key, known ? &old : NULL, &s, packages, n);
}

/* ---- by id ---- */

static size_t open_of_resource(struct finding_batch *b, struct arena *a, int64_t resource, int64_t **ret_ids)
{
    struct statement *s = sql_prepare(
        b->db, "SELECT id FROM finding WHERE account = ?1 AND resource = ?2 AND status <> 2 ORDER BY id");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, resource);
    return ids_of(s, a, ret_ids);
}

void finding_close_all(struct finding_batch *b, const struct resource *r, bool gone)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *ids;
    size_t n = open_of_resource(b, a, r->id, &ids);
    for (size_t i = 0; i < n; i++) {
        struct finding_state s;
        arena_reset(b->scratch);
        if (state_by_id(b, ids[i], &s))
            finding_close(b, &s, gone);
    }
}

void finding_suppress(struct finding_batch *b, int64_t finding, struct str rule)
{
    struct finding_state s;
    struct finding_package *packages;
    arena_reset(b->scratch);
    if (!state_by_id(b, finding, &s) || !is_open(&s))
        return;
    enum finding_status status = rule.n ? FINDING_SUPPRESSED : FINDING_ACTIVE;
    bool moved = s.status != status;
    if (!moved && str_eq(s.suppressed_by, rule))
        return;
    s.status = status;
    s.suppressed_by = rule;
    if (moved) { /* another rule that hides it, too, is no change of the finding */
        size_t n = packages_load(b, finding, &packages);
        s.updated = b->now;
        batch_count(b, facts_load(b, s.resource), &s, packages, n, rule.n ? -1 : 1);
        enum event_kind kind = rule.n ? EVENT_FINDING_SUPPRESSED : EVENT_FINDING_UNSUPPRESSED;
        batch_event(b, kind, finding);
        history_add(b, finding, kind, finding_hidden_by(b, rule));
    }
    state_suppress(b, &s);
}

size_t finding_of_vulnerability(struct sql *db, struct arena *a, account_id account, int64_t vulnerability,
                                int64_t **ret_ids)
{
    struct statement *s =
        sql_prepare(db, "SELECT id FROM finding WHERE account = ?1 AND vulnerability = ?2 ORDER BY id");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, vulnerability);
    return ids_of(s, a, ret_ids);
}

/* It has a score and another one comes: nothing else is written, nor any other index. */
static bool move_epss(struct finding_batch *b, int64_t finding, int64_t vulnerability, double epss)
{
    struct statement *s =
        sql_prepare(b->db, "UPDATE finding SET epss = ?3 WHERE id = ?1 AND vulnerability = ?2 AND status <> 2"
                           " AND epss <> ?3");
    sql_bind_int(s, 1, finding);
    sql_bind_int(s, 2, vulnerability);
    sql_bind_double(s, 3, epss);
    return sql_run(s) > 0;
}

/* It gets its first score, or loses it. */
static bool turn_epss(struct finding_batch *b, int64_t finding, int64_t vulnerability, double epss)
{
    int64_t kept = -1, set = 0; /* of the facet */
    facet_set_present(&kept, FACET_EPSS, false);
    facet_set_present(&set, FACET_EPSS, epss >= 0);
    struct statement *s = sql_prepare(
        b->db, "UPDATE finding SET epss = ?3, facet = (facet & ?4) | ?5 WHERE id = ?1 AND vulnerability = ?2"
               " AND status <> 2 AND (epss IS NULL) <> (?3 IS NULL)");
    sql_bind_int(s, 1, finding);
    sql_bind_int(s, 2, vulnerability);
    if (epss < 0)
        sql_bind_null(s, 3);
    else
        sql_bind_double(s, 3, epss);
    sql_bind_int(s, 4, kept);
    sql_bind_int(s, 5, set);
    return sql_run(s) > 0;
}

bool finding_set_epss(struct finding_batch *b, int64_t finding, int64_t vulnerability, double epss)
{
    bool moved = (epss >= 0 && move_epss(b, finding, vulnerability, epss)) ||
                 turn_epss(b, finding, vulnerability, epss);
    if (moved)
        batch_touched(b, finding);
    return moved;
}

void finding_resource_changed(struct finding_batch *b, const struct resource *before,
                              const struct resource *r)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *ids;
    struct resource_facts was = facts_of(before), is = facts_of(r);
    was.id = r->id;
    bool recount = !str_eq(was.repository, is.repository) || !str_eq(was.ami, is.ami);
    size_t n = open_of_resource(b, a, r->id, &ids);
    for (size_t i = 0; i < n; i++) {
        struct finding_state s;
        arena_reset(b->scratch);
        if (!state_by_id(b, ids[i], &s))
            continue;
        if (recount && s.status == FINDING_ACTIVE) {
            struct finding_package *packages;
            size_t n_packages = packages_load(b, s.id, &packages);
            batch_count(b, &was, &s, packages, n_packages, -1);
            batch_count(b, &is, &s, packages, n_packages, 1);
        }
        state_follow(b, &s, r);
        batch_event(b, EVENT_FINDING_UPDATED, s.id);
        batch_touched(b, s.id);
    }
}

void finding_touch_all(struct finding_batch *b, int64_t resource)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *ids;
    size_t n = open_of_resource(b, a, resource, &ids);
    for (size_t i = 0; i < n; i++)
        batch_touched(b, ids[i]);
}

/* ---- reading and removing ---- */

size_t finding_open(struct sql *db, struct arena *a, account_id account, int64_t resource,
                    struct str **ret_vulnerability_ids)
{
    VEC(struct str) list = {0};
    struct statement *s =
        sql_prepare(db, "SELECT vulnerability_id FROM finding WHERE account = ?1 AND resource = ?2"
                        " AND type = 1 AND status <> 2 ORDER BY vulnerability_id");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    while (sql_next(s))
        vec_add(&list, arena_str(a, sql_str(s, 0)));
    return rows_finish(a, &list, ret_vulnerability_ids);
}

size_t finding_suppressed_by(struct sql *db, struct arena *a, account_id account, struct str rule,
                             int64_t after, size_t max, int64_t **ret_ids)
{
    struct statement *s = sql_prepare(db, "SELECT id FROM finding WHERE account = ?1 AND suppressed_by = ?2"
                                          " AND id > ?3 ORDER BY id LIMIT ?4");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, rule);
    sql_bind_int(s, 3, after);
    sql_bind_int(s, 4, (int64_t)max);
    return ids_of(s, a, ret_ids);
}

static void remove_finding(struct sql *db, account_id account, int64_t finding)
{
    static const char *const texts[] = {
        "DELETE FROM finding_package WHERE account = ?1 AND finding = ?2",
        "DELETE FROM finding_step WHERE account = ?1 AND finding = ?2",
        "DELETE FROM finding_history WHERE account = ?1 AND finding = ?2",
        "DELETE FROM finding WHERE account = ?1 AND id = ?2",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct statement *s = sql_prepare(db, texts[i]);
        sql_bind_int(s, 1, account);
        sql_bind_int(s, 2, finding);
        sql_run(s);
    }
}

struct old_finding {
    account_id account;
    int64_t finding;
};

size_t finding_trim(struct sql *db, bool gone, int64_t before, size_t max)
{
    VEC(struct old_finding) list = {0};
    struct statement *s = sql_prepare(db, "SELECT account, id FROM finding WHERE closed < ?1 AND gone = ?2"
                                          " ORDER BY closed, id LIMIT ?3");
    sql_bind_int(s, 1, before);
    sql_bind_int(s, 2, gone);
    sql_bind_int(s, 3, (int64_t)max);
    while (sql_next(s))
        vec_add(&list, (struct old_finding){sql_int(s, 0), sql_int(s, 1)});
    vec_each(old, &list)
    {
        remove_finding(db, old->account, old->finding);
    }
    size_t n = list.n;
    vec_free(&list);
    return n;
}

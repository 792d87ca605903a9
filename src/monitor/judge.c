/* Judging distinct packages: once each, for everybody who holds them. */
#include "monitor/judge.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/engine.h"

enum { IDENTITY_MAX = 64 << 10 };

struct judging {
    struct sql *db;
    const struct db *advisories;
    struct arena *arena;   /* of the whole run */
    struct arena *scratch; /* of one package */
    struct map rows;       /* what a row is made of -> its id: packages of one source share their rows */
    bool note;
};

/* What the row of a finding depends on, besides the database. */
static struct str identity(struct judging *j, const struct finding *f)
{
    _cleanup_(buf_free) struct buf text = buf_new(IDENTITY_MAX);
    buf_printf(&text, "%.*s %d", STR_ARG(f->id), (int)f->verdict);
    for (size_t i = 0; i < f->n_matches; i++)
        buf_printf(&text, " %u", f->matches[i]->affected);
    if (f->verdict == VERDICT_UNKNOWN)
        buf_printf(&text, " %.*s", STR_ARG(f->matches[0]->range));
    return buf_status(&text) < 0 ? (struct str){NULL, 0} : arena_str(j->scratch, buf_str(&text));
}

static int row_of(struct judging *j, const struct finding *f, int64_t *ret_row)
{
    struct str key = identity(j, f);
    int64_t *known = key.n ? map_get(&j->rows, key) : NULL;
    if (known) {
        *ret_row = *known;
        return 0;
    }
    struct vulnerability_row v;
    int status = judge_describe(j->scratch, j->advisories, f, &v);
    if (status < 0)
        return status;
    *ret_row = vulnerability_put(j->db, &v);
    if (key.n) {
        known = arena_alloc(j->arena, sizeof *known);
        *known = *ret_row;
        map_set(&j->rows, arena_str(j->arena, key), known);
    }
    return 0;
}

static int by_vulnerability(const void *left, const void *right)
{
    const struct package_match *a = left, *b = right;
    return (a->vulnerability > b->vulnerability) - (a->vulnerability < b->vulnerability);
}

static int matches_of(struct judging *j, const struct findings *found, struct package_match **ret_matches)
{
    struct package_match *list = arena_new_array(j->scratch, struct package_match, found->findings.n);
    for (size_t i = 0; i < found->findings.n; i++) {
        const struct finding *f = &found->findings.at[i];
        int status = row_of(j, f, &list[i].vulnerability);
        if (status < 0)
            return status;
        list[i].unknown = f->verdict == VERDICT_UNKNOWN;
        list[i].fixed = f->fixed;
        list[i].reason = f->matches[0]->range;
    }
    if (found->findings.n)
        qsort(list, found->findings.n, sizeof *list, by_vulnerability);
    *ret_matches = list;
    return 0;
}

static bool says_the_same(const struct package_match *a, const struct package_match *b)
{
    return a->unknown == b->unknown && str_eq(a->fixed, b->fixed);
}

/* Notes the ids of all matches in which two lists differ. */
static void note_difference(struct judging *j, int64_t package, const struct package_match *before,
                            size_t n_before, const struct package_match *after, size_t n_after)
{
    size_t i = 0, k = 0;
    while (i < n_before || k < n_after) {
        int order = i == n_before ? 1 : k == n_after ? -1 : by_vulnerability(&before[i], &after[k]);
        const struct package_match *m = order <= 0 ? &before[i] : &after[k];
        if (order != 0 || !says_the_same(&before[i], &after[k]))
            unapplied_add(j->db, package, vulnerability_name(j->db, j->scratch, m->vulnerability));
        i += order <= 0;
        k += order >= 0;
    }
}

static void put_names(struct judging *j, int64_t package, const struct inventory *inv)
{
    struct match_key keys[MATCH_KEYS];
    struct str ecosystems[MATCH_KEYS], names[MATCH_KEYS];
    size_t n = match_keys(j->scratch, inv, &inv->packages.at[0], keys, MATCH_KEYS);
    for (size_t i = 0; i < n; i++) {
        ecosystems[i] = keys[i].ecosystem;
        names[i] = keys[i].name;
    }
    package_set_names(j->db, package, ecosystems, names, n);
}

static int judge_package(struct judging *j, int64_t package)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    _cleanup_(findings_cleanup) struct findings *found = NULL;
    struct package_match *before = NULL, *after = NULL;
    size_t n_before = 0;
    arena_reset(j->scratch);
    int status = package_load(j->db, package, &inv);
    if (status < 0)
        return status;
    put_names(j, package, inv);
    if ((status = match_inventory(inv, j->advisories, &found)) < 0)
        return status;
    if ((status = matches_of(j, found, &after)) < 0)
        return status;
    if (j->note)
        n_before = package_matches(j->db, j->scratch, package, &before);
    if (package_set_matches(j->db, package, after, found->findings.n) && j->note)
        note_difference(j, package, before, n_before, after, found->findings.n);
    return sql_status(j->db);
}

int engine_judge(struct sql *db, const struct db *advisories, const int64_t *packages, size_t n, bool note,
                 struct engine_work *work)
{
    _cleanup_(arena_cleanup) struct arena *arena = arena_new(0), *scratch = arena_new(0);
    struct judging j = {.db = db, .advisories = advisories, .arena = arena, .scratch = scratch, .note = note};
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++)
        status = judge_package(&j, packages[i]);
    map_free(&j.rows);
    if (status == 0)
        work->packages_judged += n;
    return status;
}

/* Every package against the entries of the database that name it. */
#include "match/match.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "match/finding.h"
#include "match/repository.h"

void findings_free(struct findings *f)
{
    if (!f)
        return;
    vec_free(&f->findings);
    arena_free(f->arena);
    free(f);
}

static void match_entry(struct matching *m, uint32_t package, const struct match_key *key,
                        struct repositories *repositories, uint32_t index)
{
    struct advisory_affected affected;
    uint32_t record;
    if (db_affected(m->db, m->scratch, index, &affected, &record) < 0) {
        m->status = ERR_INVALID;
        return;
    }
    const struct package *p = &m->inventory->packages.at[package];
    struct evaluation e = match_evaluate(m->scratch, key, p, &affected, false);
    bool excluded = affected.fix == FIX_NOT_AFFECTED;
    if ((!e.affected && !e.unknown && !excluded) ||
        repositories_exclude(repositories, m->db, m->scratch, key, &affected))
        return;
    struct arena *a = m->findings->arena;
    vec_add(&m->candidates, (struct candidate){
                                .match = {.package = package,
                                          .record = record,
                                          .affected = index,
                                          .verdict = e.affected ? VERDICT_AFFECTED : VERDICT_UNKNOWN,
                                          .fix = e.fix,
                                          .fixed = e.fixed.n ? arena_str(a, e.fixed) : e.fixed,
                                          .compared = arena_str(a, key->version),
                                          .name = arena_str(a, key->name),
                                          .ecosystem = arena_str(a, key->ecosystem),
                                          .scheme = str_from(key->scheme->name),
                                          .range = arena_str(a, e.reason)},
                                .excluded = excluded,
                            });
}

static void match_package(struct matching *m, uint32_t package)
{
    struct findings *f = m->findings;
    const struct package *p = &m->inventory->packages.at[package];
    if (p->owner.n) {
        f->owned++;
        return;
    }
    struct match_key keys[MATCH_KEYS];
    arena_reset(m->scratch);
    size_t n = match_keys(m->scratch, m->inventory, p, keys, MATCH_KEYS);
    if (!p->version.n)
        f->unresolved++;
    else if (!n || !db_has_ecosystem(m->db, keys[0].ecosystem))
        f->uncovered++;
    else
        f->judged++;
    m->candidates.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct db_span span = db_package(m->db, keys[i].ecosystem, keys[i].name);
        struct repositories repositories = {0};
        for (uint32_t e = 0; e < span.n && m->status == 0; e++)
            match_entry(m, package, &keys[i], &repositories, span.first + e);
        repositories_free(&repositories);
    }
    findings_of_package(m, package);
}

int match_inventory(const struct inventory *inv, const struct db *db, struct findings **ret_findings)
{
    _cleanup_(findings_cleanup) struct findings *f = mem_alloc(sizeof *f);
    f->arena = arena_new(0);
    struct matching m = {.inventory = inv, .db = db, .findings = f, .scratch = arena_new(0)};
    for (uint32_t i = 0; i < inv->packages.n && m.status == 0; i++)
        match_package(&m, i);
    findings_complete(&m);
    vec_free(&m.candidates);
    arena_free(m.scratch);
    if (m.status < 0)
        return m.status;
    *ret_findings = f;
    f = NULL;
    return 0;
}

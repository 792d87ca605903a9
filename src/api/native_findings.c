/* One finding: what became of it, and why it is one. */
#include "api/native_state.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "match/match.h"
#include "store/finding_query.h"
#include "store/package.h"

static int find(struct call *c, struct sql *db, struct finding_row *ret_finding)
{
    int64_t id;
    int status = finding_by_arn(db, c->account, c->label, &id);
    if (status == 0)
        status = finding_get(db, c->arena, id, ret_finding);
    return status == ERR_MISSING ? call_missing(c, "There is no finding '%.*s'.", STR_ARG(c->label)) : status;
}

/* ---- history ---- */

static void out_step(struct json_out *out, int64_t at, enum event_kind kind, struct str detail)
{
    json_begin_object(out);
    json_member_int(out, "at", at);
    json_member_str(out, "kind", str_from(name_of(&event_kind_names, kind)));
    json_member_raw(out, "changes", detail);
    json_end_object(out);
}

/* When it was first made: one that began anew says when it had begun before. */
static int64_t made_at(struct arena *a, const struct finding_row *f, const struct finding_past *steps,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_val *v;
        if (steps[i].kind == EVENT_FINDING_CREATED && json_parse(a, steps[i].detail, &v) == 0)
            return yyjson_get_sint(yyjson_arr_get_first(json_get(v, "firstObservedAt")));
    }
    return f->first_observed;
}

static int get_history(struct call *c, struct json_out *out)
{
    struct finding_row f;
    struct finding_past *steps;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int status = find(c, db, &f);
    if (status < 0)
        return status;
    size_t n = finding_history(db, c->arena, c->account, f.id, &steps);
    json_member_str(out, "findingArn", c->label);
    json_key(out, "history");
    json_begin_array(out);
    out_step(out, made_at(c->arena, &f, steps, n), EVENT_FINDING_CREATED, (struct str){NULL, 0});
    for (size_t i = 0; i < n; i++)
        out_step(out, steps[i].at, steps[i].kind, steps[i].detail);
    json_end_array(out);
    return sql_status(db);
}

/* ---- why ---- */

static void out_match(struct json_out *out, const struct db *advisories, const struct package *p,
                      struct str path, const struct match *m)
{
    struct db_feed feed = {0};
    db_feed_at(advisories, db_record_feed(advisories, m->record), &feed);
    json_begin_object(out);
    json_member_str(out, "packageName", p->name);
    json_member_str(out, "packageVersion", p->version);
    json_member_str(out, "filePath", path);
    json_member_str(out, "verdict", m->verdict == VERDICT_UNKNOWN ? STR("UNKNOWN") : STR("AFFECTED"));
    json_member_str(out, "advisory", db_record_id(advisories, m->record));
    json_member_str(out, "feed", feed.name);
    json_member_str(out, "ecosystem", m->ecosystem);
    json_member_str(out, "name", m->name);
    json_member_str(out, "compared", m->compared);
    json_member_str(out, "scheme", m->scheme);
    json_member_str(out, "reason", m->range);
    json_member_str(out, "fixedIn", m->fixed);
    json_end_object(out);
}

/* A package of it, judged once more. */
static int out_matches(struct json_out *out, struct sql *db, const struct db *advisories, struct str id,
                       int64_t package, struct str path)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    _cleanup_(findings_cleanup) struct findings *found = NULL;
    int status = package_load(db, package, &inv);
    if (status == 0)
        status = match_inventory(inv, advisories, &found);
    for (size_t i = 0; status == 0 && i < found->findings.n; i++) {
        const struct finding *f = &found->findings.at[i];
        for (size_t k = 0; str_eq(f->id, id) && k < f->n_matches; k++)
            out_match(out, advisories, &inv->packages.at[0], path, f->matches[k]);
    }
    return status;
}

static int get_reasons(struct call *c, struct json_out *out)
{
    struct finding_row f;
    struct finding_place *places;
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(c->store);
    int status = find(c, db, &f);
    if (status < 0)
        return status;
    size_t n = finding_places(db, c->arena, c->account, f.id, &places);
    const struct db *advisories = monitor_db(c->monitor);
    json_member_str(out, "findingArn", c->label);
    json_member_str(out, "generation", db_generation(advisories));
    json_key(out, "matches");
    json_begin_array(out);
    for (size_t i = 0; status == 0 && i < n; i++)
        status = out_matches(out, db, advisories, f.vulnerability_id, places[i].package, places[i].path);
    json_end_array(out);
    monitor_db_release(c->monitor, advisories);
    return status < 0 ? status : sql_status(db);
}

static const struct operation operations[] = {
    {"GetFindingHistory", "GET", "/assay/v1/findings/{findingArn}/history", MAY_READ, NULL, get_history},
    {"GetFindingReasons", "GET", "/assay/v1/findings/{findingArn}/reasons", MAY_READ, NULL, get_reasons},
    {0}};
const struct operation_group operations_native_findings = {"native_findings", operations};

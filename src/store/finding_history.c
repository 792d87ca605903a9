/* What became of a finding after it was made. That it was made is in its own row, so that the many that never
 * change cost nothing here; so do moves of EPSS, which are daily. */
#include "base/cleanup.h"
#include "base/json.h"
#include "store/finding_state.h"

enum { DETAIL_MAX = 1024 };

/* ---- what changed ---- */

static void text_changed(struct json_out *to, const char *name, const char *old, const char *new)
{
    json_key(to, name);
    json_begin_array(to);
    json_out_str(to, str_from(old));
    json_out_str(to, str_from(new));
    json_end_array(to);
}

static void number_named(struct json_out *to, const char *name, const struct names *names, int64_t old,
                         int64_t new)
{
    if (old != new)
        text_changed(to, name, old < 0 ? "" : name_of(names, old), new < 0 ? "" : name_of(names, new));
}

static void score_changed(struct json_out *to, double old, double new)
{
    const double both[] = {old, new};
    json_key(to, "inspectorScore");
    json_begin_array(to);
    for (int i = 0; i < 2; i++)
        if (both[i] < 0)
            json_out_null(to);
        else
            json_out_double(to, both[i], 1);
    json_end_array(to);
}

struct str finding_changes(struct finding_batch *b, const struct finding_state *old,
                           const struct finding_state *new, bool same_packages)
{
    _cleanup_(buf_free) struct buf text = buf_new(DETAIL_MAX);
    struct json_out to = {.to = &text};
    json_begin_object(&to);
    number_named(&to, "severity", &grade_names, old->severity, new->severity);
    number_named(&to, "fixAvailable", &fix_names, old->fix, new->fix);
    number_named(&to, "exploitAvailable", &answer_names, old->exploit, new->exploit);
    if (old->score != new->score)
        score_changed(&to, old->score, new->score);
    if (!same_packages)
        json_member_bool(&to, "packages", true);
    if (!str_eq(old->network, new->network))
        json_member_bool(&to, "networkPath", true);
    if (old->vulnerability != new->vulnerability)
        json_member_bool(&to, "details", true);
    json_end_object(&to);
    return arena_str(b->scratch, buf_str(&text));
}

struct str finding_began_anew(struct finding_batch *b, int64_t before)
{
    return arena_printf(b->scratch, "{\"firstObservedAt\":[%lld,%lld]}", (long long)before,
                        (long long)b->now);
}

struct str finding_hidden_by(struct finding_batch *b, struct str rule)
{
    return rule.n ? arena_printf(b->scratch, "{\"filterArn\":\"%.*s\"}",
                                 STR_ARG(filter_arn(b->scratch, sql_place(b->db), b->account, rule)))
                  : rule;
}

/* ---- rows ---- */

void history_add(struct finding_batch *b, int64_t finding, enum event_kind kind, struct str detail)
{
    if (str_is(detail, "{}"))
        return;
    struct statement *s = sql_prepare(
        b->db,
        "INSERT INTO finding_history (account, finding, step, at, kind, detail) SELECT ?1, ?2,"
        " coalesce(max(step), 0) + 1, ?3, ?4, ?5 FROM finding_history WHERE account = ?1 AND finding = ?2"
        " RETURNING step");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, finding);
    sql_bind_int(s, 3, b->now);
    sql_bind_int(s, 4, kind);
    sql_bind_optional(s, 5, detail);
    int64_t step = sql_run_int(s, 0);
    if (step <= FINDING_HISTORY_STEPS)
        return;
    s = sql_prepare(b->db, "DELETE FROM finding_history WHERE account = ?1 AND finding = ?2 AND step <= ?3");
    sql_bind_int(s, 1, b->account);
    sql_bind_int(s, 2, finding);
    sql_bind_int(s, 3, step - FINDING_HISTORY_STEPS);
    sql_run(s);
}

size_t finding_history(struct sql *db, struct arena *a, account_id account, int64_t finding,
                       struct finding_past **ret_steps)
{
    VEC(struct finding_past) list = {0};
    struct statement *s = sql_prepare(db, "SELECT at, kind, detail FROM finding_history WHERE account = ?1"
                                          " AND finding = ?2 ORDER BY step");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, finding);
    while (sql_next(s))
        vec_add(&list, (struct finding_past){sql_int(s, 0), (enum event_kind)sql_int(s, 1),
                                             arena_str(a, sql_str(s, 2))});
    return rows_finish(a, &list, ret_steps);
}

size_t finding_places(struct sql *db, struct arena *a, account_id account, int64_t finding,
                      struct finding_place **ret_places)
{
    enum { PLACES_MAX = 100 };
    VEC(struct finding_place) list = {0};
    struct statement *s = sql_prepare(db, "SELECT package, path FROM finding_package WHERE account = ?1"
                                          " AND finding = ?2 ORDER BY package, path LIMIT ?3");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, finding);
    sql_bind_int(s, 3, PLACES_MAX);
    while (sql_next(s))
        vec_add(&list, (struct finding_place){sql_int(s, 0), arena_str(a, sql_str(s, 1))});
    return rows_finish(a, &list, ret_places);
}

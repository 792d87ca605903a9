/* Scores that move while all else of a finding stays. */
#include "store/finding_state.h"

size_t finding_held(struct sql *db, struct arena *a, account_id account, int64_t resource,
                    struct finding_held **ret_held)
{
    VEC(struct finding_held) list = {0};
    struct statement *s = /* CROSS JOIN: in this order, also without statistics */
        sql_prepare(db, "SELECT f.id, f.vulnerability, h.package, h.manager FROM finding f CROSS JOIN"
                        " finding_package h WHERE f.account = ?1 AND f.resource = ?2 AND f.type = 1"
                        " AND f.status <> 2 AND h.account = f.account AND h.finding = f.id ORDER BY f.id");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    while (sql_next(s))
        vec_add(&list, (struct finding_held){sql_int(s, 0), sql_int(s, 1), sql_int(s, 2),
                                             (enum package_manager)sql_int(s, 3)});
    return rows_finish(a, &list, ret_held);
}

void finding_set_score(struct finding_batch *b, int64_t finding, const struct finding_score *score)
{
    struct finding_state s;
    arena_reset(b->scratch);
    if (!state_by_id(b, finding, &s) || (s.score == score->score && str_eq(s.score_details, score->details)))
        return;
    const struct finding_state old = s;
    s.score = score->score;
    s.score_details = score->details;
    s.last_observed = s.updated = b->now;
    state_update(b, &s);
    batch_event(b, EVENT_FINDING_UPDATED, finding);
    history_add(b, finding, EVENT_FINDING_UPDATED, finding_changes(b, &old, &s, true));
    batch_touched(b, finding);
}

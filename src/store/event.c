/* Events, in order. */
#include "store/event.h"

#include "store/engine.h"
#include "store/rows.h"

enum { TRIM_AT_ONCE = 20000 }; /* so that other writers need not wait long */

void event_add(struct sql *db, account_id account, enum event_kind kind, int64_t subject, struct str detail)
{
    struct statement *s =
        sql_prepare(db, "INSERT INTO event (account, kind, subject, at, detail) VALUES (?1, ?2, ?3, ?4, ?5)");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, kind);
    sql_bind_int(s, 3, subject);
    sql_bind_int(s, 4, time_now());
    sql_bind_optional(s, 5, detail);
    sql_run(s);
    sql_has_events(db);
}

#define EVENT_COLUMNS "seq, subject, at, account, kind, detail"

size_t event_list(struct sql *db, struct arena *a, account_id account, int64_t after, size_t max,
                  struct event **ret_events)
{
    VEC(struct event) events = {0};
    bool all = account == ALL_ACCOUNTS;
    struct statement *s =
        sql_prepare(db, all ? "SELECT " EVENT_COLUMNS " FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2"
                            : "SELECT " EVENT_COLUMNS
                              " FROM event WHERE account = ?3 AND seq > ?1 ORDER BY seq LIMIT ?2");
    sql_bind_int(s, 1, after);
    sql_bind_int(s, 2, (int64_t)max);
    if (!all)
        sql_bind_int(s, 3, account);
    while (sql_next(s))
        vec_add(&events, (struct event){
                             .seq = sql_int(s, 0),
                             .subject = sql_int(s, 1),
                             .at = sql_int(s, 2),
                             .account = sql_int(s, 3),
                             .kind = (enum event_kind)sql_int(s, 4),
                             .detail = arena_str(a, sql_str(s, 5)),
                         });
    return rows_finish(a, &events, ret_events);
}

int64_t event_last(struct sql *db)
{
    return sql_run_int(sql_prepare(db, "SELECT max(seq) FROM event"), 0);
}

int64_t event_first(struct sql *db)
{
    return sql_run_int(sql_prepare(db, "SELECT min(seq) FROM event"), 0);
}

/* Events come in the order of their times but for a clock that was set back, so the first one to be kept ends
 * the search. */
bool event_trim(struct sql *db, int64_t before)
{
    struct statement *s = sql_prepare(db, "SELECT seq FROM event WHERE at >= ?1 ORDER BY seq LIMIT 1");
    sql_bind_int(s, 1, before);
    int64_t keep = sql_run_int(s, event_last(db));
    s = sql_prepare(
        db, "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE seq < ?1 ORDER BY seq LIMIT ?2)");
    sql_bind_int(s, 1, keep);
    sql_bind_int(s, 2, TRIM_AT_ONCE);
    return sql_run(s) == TRIM_AT_ONCE;
}

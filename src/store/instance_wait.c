/* Instances whose disks could not be read, and until when they are let be. */
#include "store/resource.h"

bool instance_wait_get(struct sql *db, struct arena *a, account_id account, int64_t resource,
                       struct instance_wait *ret_wait)
{
    struct statement *s = sql_prepare(db, "SELECT reason, mark, seconds, due FROM instance_wait"
                                          " WHERE account = ?1 AND resource = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    if (!sql_next(s))
        return false;
    *ret_wait = (struct instance_wait){.reason = (enum scan_reason)sql_int(s, 0),
                                       .mark = arena_str(a, sql_str(s, 1)),
                                       .seconds = sql_int(s, 2),
                                       .due = sql_int(s, 3)};
    sql_reset(s);
    return true;
}

void instance_wait_put(struct sql *db, account_id account, int64_t resource, const struct instance_wait *w)
{
    struct statement *s =
        sql_prepare(db, "INSERT INTO instance_wait (account, resource, reason, mark, seconds, due)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (account, resource) DO UPDATE SET"
                        " reason = excluded.reason, mark = excluded.mark, seconds = excluded.seconds,"
                        " due = excluded.due");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    sql_bind_int(s, 3, w->reason);
    sql_bind_str(s, 4, w->mark);
    sql_bind_int(s, 5, w->seconds);
    sql_bind_int(s, 6, w->due);
    sql_run(s);
}

void instance_wait_end(struct sql *db, account_id account, int64_t resource)
{
    struct statement *s = sql_prepare(db, "DELETE FROM instance_wait WHERE account = ?1 AND resource = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    sql_run(s);
}

#include "store/heard.h"

#include "store/resource.h"

/* A host that went silent, or of which nothing came yet, is to send everything: that ends the silence. */
bool host_has(struct sql *db, account_id account, struct str resource_id, struct str digest,
              int64_t *ret_resource)
{
    struct statement *s = sql_prepare(
        db, "SELECT r.id, r.state, r.inventory IS NOT NULL, r.report, c.reason FROM resource r "
            "LEFT JOIN coverage c ON c.account = r.account AND c.resource = r.id AND c.scan_type = ?3 "
            "WHERE r.account = ?1 AND r.resource_id = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, resource_id);
    sql_bind_int(s, 3, SCAN_PACKAGE);
    *ret_resource = 0;
    if (!sql_next(s))
        return false;
    *ret_resource = sql_int(s, 0);
    int64_t reason = sql_is_null(s, 4) ? REASON_NO_INVENTORY : sql_int(s, 4);
    bool has = sql_int(s, 1) == STATE_PRESENT && sql_int(s, 2) && str_eq(sql_str(s, 3), digest) &&
               reason != REASON_STALE_INVENTORY && reason != REASON_NO_INVENTORY &&
               reason != REASON_PENDING_INITIAL_SCAN;
    sql_reset(s);
    return has;
}

void host_reported(struct sql *db, account_id account, int64_t resource, int64_t inventory, struct str digest,
                   int64_t now)
{
    struct statement *s =
        sql_prepare(db, "UPDATE resource SET report = ?4 WHERE account = ?1 AND id = ?2 AND inventory = ?3");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    sql_bind_int(s, 3, inventory);
    sql_bind_str(s, 4, digest);
    sql_run(s);
    resources_heard(db, &resource, 1, now);
}

bool host_reports(struct sql *db, account_id account, int64_t resource, int64_t since)
{
    struct statement *s =
        sql_prepare(db, "SELECT 1 FROM resource r JOIN resource_heard h ON h.resource = r.id"
                        " WHERE r.id = ?1 AND r.account = ?2 AND r.report IS NOT NULL"
                        " AND h.reported >= ?3");
    sql_bind_int(s, 1, resource);
    sql_bind_int(s, 2, account);
    sql_bind_int(s, 3, since);
    return sql_run_int(s, 0);
}

void image_pulled(struct sql *db, account_id account, struct str origin, struct str repository,
                  struct str digest, int64_t now)
{
    enum { HOUR = 3600 };
    struct statement *s = sql_prepare(
        db, "UPDATE resource SET pulled = ?4 WHERE account = ?1 AND hash = ?2 AND name = ?3 AND type = ?5 "
            "AND (pulled IS NULL OR pulled <= ?6) AND origin = ?7");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, digest);
    sql_bind_str(s, 3, repository);
    sql_bind_int(s, 4, now);
    sql_bind_int(s, 5, RESOURCE_AWS_ECR_CONTAINER_IMAGE);
    sql_bind_int(s, 6, now - HOUR);
    sql_bind_str(s, 7, origin);
    sql_run(s);
}

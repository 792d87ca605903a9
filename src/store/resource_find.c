/* Resources by what they are called. */
#include "store/resource.h"
#include "store/rows.h"

size_t resource_named(struct sql *db, struct arena *a, account_id account, enum resource_type type,
                      struct str name, int64_t after, size_t max, struct resource **ret_resources)
{
    struct statement *s =
        sql_prepare(db, "SELECT id FROM resource WHERE account = ?1 AND type = ?2 AND name = ?3 "
                        "AND id > ?4 ORDER BY id LIMIT ?5");
    int64_t *ids;
    size_t kept = 0;
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    sql_bind_str(s, 3, name);
    sql_bind_int(s, 4, after);
    sql_bind_int(s, 5, (int64_t)max);
    size_t n = ids_of(s, a, &ids);
    struct resource *list = arena_new_array(a, struct resource, n);
    for (size_t i = 0; i < n; i++)
        if (resource_get(db, a, ids[i], &list[kept]) == 0)
            resource_values(db, a, &list[kept++]);
    *ret_resources = list;
    return kept;
}

/* The first text that sorts after all that begin with the prefix (names and tags are ASCII). */
static struct str after_prefix(struct arena *a, struct str prefix)
{
    return arena_printf(a, "%.*s\x7f", STR_ARG(prefix));
}

size_t resource_with_value(struct sql *db, struct arena *a, account_id account, int kind, struct str prefix,
                           size_t max, int64_t **ret_ids)
{
    struct statement *s =
        sql_prepare(db, "SELECT DISTINCT resource FROM resource_value WHERE account = ?1 AND "
                        "kind = ?2 AND value >= ?3 AND value < ?4 LIMIT ?5");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, kind);
    sql_bind_str(s, 3, prefix);
    sql_bind_str(s, 4, after_prefix(a, prefix));
    sql_bind_int(s, 5, (int64_t)max);
    return ids_of(s, a, ret_ids);
}

size_t resource_platforms(struct sql *db, struct arena *a, account_id account, struct str **ret_platforms)
{
    VEC(struct str) list = {0};
    struct statement *s =
        sql_prepare(db, "SELECT DISTINCT platform FROM resource WHERE account = ?1 AND platform IS NOT NULL");
    sql_bind_int(s, 1, account);
    while (sql_next(s))
        vec_add(&list, arena_str(a, sql_str(s, 0)));
    return rows_finish(a, &list, ret_platforms);
}

size_t resource_lacking(struct sql *db, struct arena *a, account_id account, struct str platform,
                        struct str vulnerability_id, int64_t after, size_t max, int64_t **ret_ids)
{
    struct statement *s = sql_prepare(
        db, "SELECT id FROM resource r WHERE account = ?1 AND platform = ?2 AND inventory IS NOT NULL "
            "AND id > ?3 AND NOT EXISTS (SELECT 1 FROM finding f WHERE f.account = r.account AND "
            "f.resource = r.id AND f.vulnerability_id = ?4 AND f.status <> 2) ORDER BY id LIMIT ?5");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, platform);
    sql_bind_int(s, 3, after);
    sql_bind_str(s, 4, vulnerability_id);
    sql_bind_int(s, 5, (int64_t)max);
    return ids_of(s, a, ret_ids);
}

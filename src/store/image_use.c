#include "store/image_use.h"

#include <stdlib.h>

#include "base/map.h"
#include "store/rows.h"

enum { SEEN_AGAIN = 12 * 3600 };

static struct str key_of(struct arena *a, const struct image_use *u)
{
    return arena_printf(a, "%lld %.*s %.*s %.*s", (long long)u->resource, STR_ARG(u->cluster),
                        STR_ARG(u->definition), STR_ARG(u->group));
}

static struct image_use row_of(struct arena *a, struct statement *s)
{
    return (struct image_use){.resource = sql_int(s, 0),
                              .cluster = arena_str(a, sql_str(s, 1)),
                              .definition = arena_str(a, sql_str(s, 2)),
                              .group = arena_str(a, sql_str(s, 3)),
                              .running = sql_int(s, 4),
                              .last = sql_int(s, 5)};
}

/* ';' comes after ':'. */
static size_t uses_in(struct sql *db, struct arena *a, account_id account,
                      const struct image_use_place *place, struct image_use **ret_uses)
{
#define OF_REGION                                                                                            \
    "SELECT resource, cluster, definition, task_group, running, last FROM image_use"                         \
    " WHERE account = ?1 AND region = ?2"
    struct statement *s =
        sql_prepare(db, place->cluster.n ? OF_REGION " AND cluster = ?3 AND definition >= ?4 || ':'"
                                                     " AND definition < ?4 || ';'"
                                         : OF_REGION);
    VEC(struct image_use) list = {0};
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, place->region);
    if (place->cluster.n) {
        sql_bind_str(s, 3, place->cluster);
        sql_bind_str(s, 4, place->family);
    }
    while (sql_next(s))
        vec_add(&list, row_of(a, s));
    return rows_finish(a, &list, ret_uses);
}

static void write(struct sql *db, account_id account, struct str region, const struct image_use *u)
{
    struct statement *s = sql_prepare(
        db,
        "INSERT INTO image_use (account, resource, cluster, definition, task_group, region, running, last)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account, resource, cluster, definition,"
        " task_group) DO UPDATE SET running = excluded.running, last = excluded.last");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, u->resource);
    sql_bind_str(s, 3, u->cluster);
    sql_bind_str(s, 4, u->definition);
    sql_bind_str(s, 5, u->group);
    sql_bind_str(s, 6, region);
    sql_bind_int(s, 7, u->running);
    sql_bind_int(s, 8, u->last);
    sql_run(s);
}

static void drop(struct sql *db, account_id account, const struct image_use *u)
{
    struct statement *s =
        sql_prepare(db, "DELETE FROM image_use WHERE account = ?1 AND resource = ?2 AND cluster = ?3"
                        " AND definition = ?4 AND task_group = ?5");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, u->resource);
    sql_bind_str(s, 3, u->cluster);
    sql_bind_str(s, 4, u->definition);
    sql_bind_str(s, 5, u->group);
    sql_run(s);
}

static int by_number(const void *left, const void *right)
{
    int64_t x = *(const int64_t *)left, y = *(const int64_t *)right;
    return x < y ? -1 : x > y;
}

static size_t once_each(int64_t *ids, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(ids, n, sizeof *ids, by_number);
    for (size_t i = 0; i < n; i++)
        if (!kept || ids[kept - 1] != ids[i])
            ids[kept++] = ids[i];
    return kept;
}

size_t image_uses_put(struct sql *db, struct arena *a, account_id account,
                      const struct image_use_place *place, const struct image_use *uses, size_t n,
                      int64_t now, int64_t before, size_t most, int64_t **ret_touched)
{
    struct map known = {0};
    struct image_use *list;
    size_t n_known = uses_in(db, a, account, place, &list), n_touched = 0;
    int64_t *touched = arena_new_array(a, int64_t, most);
    for (size_t i = 0; i < n_known; i++)
        map_set(&known, key_of(a, &list[i]), &list[i]);
    for (size_t i = 0; i < n; i++) {
        struct image_use use = uses[i], *was = map_get(&known, key_of(a, &use));
        use.last = now;
        bool differs = !was || was->running != use.running || now - was->last >= SEEN_AGAIN;
        if (differs && n_touched < most) {
            write(db, account, place->region, &use);
            touched[n_touched++] = use.resource;
        }
        if (was)
            was->resource = 0; /* it is there still */
    }
    for (size_t i = 0; i < n_known && n_touched < most; i++) {
        struct image_use *was = &list[i];
        bool old = was->last < before;
        if (!was->resource || (!was->running && !old))
            continue;
        was->running = 0;
        if (old)
            drop(db, account, was);
        else
            write(db, account, place->region, was);
        touched[n_touched++] = was->resource;
    }
    map_free(&known);
    *ret_touched = touched;
    return once_each(touched, n_touched);
}

size_t image_use_regions(struct sql *db, struct arena *a, account_id account, struct str **ret_regions)
{
    VEC(struct str) list = {0};
    struct statement *s =
        sql_prepare(db, "SELECT DISTINCT region FROM image_use WHERE account = ?1 ORDER BY region");
    sql_bind_int(s, 1, account);
    while (sql_next(s))
        vec_add(&list, arena_str(a, sql_str(s, 0)));
    return rows_finish(a, &list, ret_regions);
}

void image_uses_of(struct sql *db, account_id account, int64_t resource, int64_t *ret_running,
                   int64_t *ret_last)
{
    struct statement *s = sql_prepare(
        db,
        "SELECT COALESCE(SUM(running), 0), MAX(last) FROM image_use WHERE account = ?1 AND resource = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, resource);
    if (sql_next(s)) {
        *ret_running = sql_int(s, 0);
        *ret_last = sql_is_null(s, 1) ? TIME_NONE : sql_int(s, 1);
    }
    sql_reset(s);
}

/* ';' comes after ':': what is between them are the repository's images. */
size_t image_uses_list(struct sql *db, struct arena *a, account_id account, struct str arn,
                       struct image_use **ret_uses)
{
    struct statement *s = sql_prepare(
        db, "SELECT MIN(u.resource), cluster, definition, task_group, SUM(running), MAX(last)"
            " FROM resource r JOIN image_use u ON u.account = r.account AND u.resource = r.id"
            " WHERE r.account = ?1 AND (r.resource_id = ?2 OR (r.resource_id > ?3 AND r.resource_id < ?4))"
            " GROUP BY cluster, definition, task_group ORDER BY cluster, 5 DESC, definition, task_group");
    VEC(struct image_use) list = {0};
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, arn);
    sql_bind_str(s, 3, arena_printf(a, "%.*s/sha256:", STR_ARG(arn)));
    sql_bind_str(s, 4, arena_printf(a, "%.*s/sha256;", STR_ARG(arn)));
    while (sql_next(s))
        vec_add(&list, row_of(a, s));
    return rows_finish(a, &list, ret_uses);
}

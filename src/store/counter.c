#include "base/cleanup.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/aggregation.h"

void counter_change(struct sql *db, account_id account, enum dimension dimension, struct str key,
                    struct str key2, enum resource_type resource_type, enum finding_type finding_type,
                    const struct counts *change)
{
    const int64_t by[] = {change->critical,    change->high,    change->medium, change->total,
                          change->exploitable, change->fixable, change->network};
    struct statement *s = sql_prepare(
        db,
        "INSERT INTO counter (account, dimension, key, key2, resource_type, finding_type, critical, high, "
        "medium, total, exploitable, fixable, network) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
        "ON CONFLICT (account, dimension, key, key2, resource_type, finding_type) DO UPDATE SET "
        "critical = counter.critical + excluded.critical, high = counter.high + excluded.high, "
        "medium = counter.medium + excluded.medium, total = counter.total + excluded.total, "
        "exploitable = counter.exploitable + excluded.exploitable, "
        "fixable = counter.fixable + excluded.fixable, network = counter.network + excluded.network "
        "RETURNING total");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, dimension);
    sql_bind_str(s, 3, key);
    sql_bind_str(s, 4, key2);
    sql_bind_int(s, 5, resource_type);
    sql_bind_int(s, 6, finding_type);
    for (int i = 0; i < 7; i++)
        sql_bind_int(s, 7 + i, by[i]);
    if (sql_run_int(s, 1) > 0)
        return;
    s = sql_prepare(db,
                    "DELETE FROM counter WHERE account = ?1 AND dimension = ?2 AND key = ?3 AND key2 = ?4 "
                    "AND resource_type = ?5 AND finding_type = ?6 AND total = 0");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, dimension);
    sql_bind_str(s, 3, key);
    sql_bind_str(s, 4, key2);
    sql_bind_int(s, 5, resource_type);
    sql_bind_int(s, 6, finding_type);
    sql_run(s);
}

/* What each counter ought to be: one SELECT a dimension of key, key2, resource_type, finding_type and the
 * sums. A finding counts once in each group, however many of its packages are in it. */
#define SUMS                                                                                                 \
    "count(CASE WHEN f.severity = 5 THEN 1 END), count(CASE WHEN f.severity = 4 THEN 1 END), "               \
    "count(CASE WHEN f.severity = 3 THEN 1 END), count(*), count(CASE WHEN f.exploit = 1 THEN 1 END), "      \
    "count(CASE WHEN f.fix > 0 THEN 1 END), count(CASE WHEN f.type = 0 THEN 1 END)"
#define GROUPS "f.resource_type, f.type"
static const char *const recounts[] = {
    [BY_ACCOUNT] = "SELECT '', '', " GROUPS ", " SUMS
                   " FROM finding f WHERE f.account = ?1 AND f.status = 0 GROUP BY " GROUPS,
    [BY_PACKAGE] =
        "SELECT f.title, '', " GROUPS ", " SUMS
        " FROM (SELECT DISTINCT p.title, f.id, f.severity, f.exploit, f.fix, f.type, "
        "f.resource_type FROM finding f JOIN finding_package h ON h.account = f.account AND "
        "h.finding = f.id JOIN package p ON p.id = h.package WHERE f.account = ?1 AND f.status = 0) f "
        "GROUP BY f.title, " GROUPS,
    [BY_TITLE] = "SELECT f.title, coalesce(f.vulnerability_id, ''), " GROUPS ", " SUMS
                 " FROM finding f WHERE f.account = ?1 AND f.status = 0 GROUP BY f.title, 2, " GROUPS,
    [BY_REPOSITORY] = "SELECT f.repository, '', " GROUPS ", " SUMS
                      " FROM finding f WHERE f.account = ?1 AND f.status = 0 AND f.repository IS NOT NULL "
                      "GROUP BY f.repository, " GROUPS,
    [BY_AMI] =
        "SELECT r.ami, '', " GROUPS ", " SUMS
        " FROM finding f JOIN resource r ON r.id = f.resource WHERE f.account = ?1 AND f.status = 0 AND "
        "r.ami IS NOT NULL GROUP BY r.ami, " GROUPS,
    [BY_LAYER] = "SELECT f.layer, f.resource_id, " GROUPS ", " SUMS
                 " FROM (SELECT DISTINCT h.layer, r.resource_id, f.id, f.severity, f.exploit, f.fix, f.type, "
                 "f.resource_type FROM finding f JOIN resource r ON r.id = f.resource JOIN finding_package h "
                 "ON h.account = f.account AND h.finding = f.id WHERE f.account = ?1 AND f.status = 0 AND "
                 "h.layer <> '') f GROUP BY f.layer, f.resource_id, " GROUPS,
};

struct counter_row {
    enum dimension dimension;
    struct str key, key2;
    int resource_type, finding_type;
    int64_t counts[7];
};

static struct counter_row read_counter(struct arena *a, struct statement *s, int dimension)
{
    struct counter_row c = {.dimension = dimension,
                            .key = arena_str(a, sql_str(s, 0)),
                            .key2 = arena_str(a, sql_str(s, 1)),
                            .resource_type = (int)sql_int(s, 2),
                            .finding_type = (int)sql_int(s, 3)};
    for (int i = 0; i < 7; i++)
        c.counts[i] = sql_int(s, 4 + i);
    return c;
}

static struct str name_counter(struct arena *a, const struct counter_row *c)
{
    return arena_printf(a, "%d %d %d %zu %.*s %.*s", c->dimension, c->resource_type, c->finding_type,
                        c->key.n, STR_ARG(c->key), STR_ARG(c->key2));
}

static void change_by(struct sql *db, account_id account, const struct counter_row *c, const int64_t by[7])
{
    const struct counts change = {by[0], by[1], by[2], by[3], by[4], by[5], by[6]};
    counter_change(db, account, c->dimension, c->key, c->key2, (enum resource_type)c->resource_type,
                   (enum finding_type)c->finding_type, &change);
}

/* What has to be added to the counters of a dimension, by their names. */
static void compare_dimension(struct sql *db, struct arena *a, account_id account, int dimension,
                              struct map *differences)
{
    struct statement *s = sql_prepare(db, recounts[dimension]);
    sql_bind_int(s, 1, account);
    while (sql_next(s)) {
        struct counter_row *c = arena_alloc(a, sizeof *c);
        *c = read_counter(a, s, dimension);
        map_set(differences, name_counter(a, c), c);
    }
    s = sql_prepare(db, "SELECT key, key2, resource_type, finding_type, critical, high, medium, total, "
                        "exploitable, fixable, network FROM counter WHERE account = ?1 AND dimension = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, dimension);
    while (sql_next(s)) {
        struct counter_row is = read_counter(a, s, dimension), *c;
        void **at = map_at(differences, name_counter(a, &is));
        if (!*at) {
            *at = c = arena_alloc(a, sizeof *c);
            *c = is;
            memset(c->counts, 0, sizeof c->counts);
        }
        for (int i = 0; i < 7; i++)
            ((struct counter_row *)*at)->counts[i] -= is.counts[i];
    }
}

static int64_t mend_dimension(struct sql *db, account_id account, int dimension, bool repair)
{
    static const int64_t none[7];
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(map_free) struct map differences = {0};
    int64_t wrong = 0;
    compare_dimension(db, a, account, dimension, &differences);
    for (size_t i = 0; i < differences.n; i++) {
        const struct counter_row *c = differences.entries[i].value;
        if (!memcmp(c->counts, none, sizeof none))
            continue;
        wrong++;
        if (repair)
            change_by(db, account, c, c->counts);
    }
    return wrong;
}

/* The counters that a resource has of its own findings. */
static int64_t mend_resources(struct sql *db, account_id account, bool repair)
{
    struct statement *s = sql_prepare(
        db,
        "SELECT count(*) FROM resource r WHERE r.account = ?1 AND (r.critical, r.high, r.medium, r.total, "
        "r.exploitable, r.fixable, r.network) <> (SELECT " SUMS " FROM finding f WHERE f.account = ?1 AND "
        "f.resource = r.id AND f.status = 0)");
    sql_bind_int(s, 1, account);
    int64_t wrong = sql_run_int(s, 0);
    if (!wrong || !repair)
        return wrong;
    s = sql_prepare(
        db,
        "UPDATE resource SET (critical, high, medium, total, exploitable, fixable, network) = (SELECT " SUMS
        " FROM finding f WHERE f.account = ?1 AND f.resource = resource.id AND f.status = 0) "
        "WHERE account = ?1");
    sql_bind_int(s, 1, account);
    sql_run(s);
    return wrong;
}

int64_t counters_verify(struct sql *db, account_id account, bool repair)
{
    int64_t wrong = mend_resources(db, account, repair);
    for (int i = 0; i < (int)(sizeof recounts / sizeof *recounts); i++)
        wrong += mend_dimension(db, account, i, repair);
    return wrong;
}

/* Saved filters, suppression rules, tags of such objects. */
#include "store/filter.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/random.h"
#include "store/rows.h"

/* Whether the account has another filter of that name. */
static bool name_is_taken(struct sql *db, account_id account, struct str name, struct str id)
{
    struct statement *s =
        sql_prepare(db, "SELECT 1 FROM filter WHERE account = ?1 AND name = ?2 AND id <> ?3");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, name);
    sql_bind_str(s, 3, id);
    return sql_run_int(s, 0);
}

/* Rules of the account other than `id`. */
static int64_t count_rules(struct sql *db, account_id account, struct str id)
{
    struct statement *s =
        sql_prepare(db, "SELECT count(*) FROM filter WHERE account = ?1 AND action = ?2 AND id <> ?3");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, FILTER_SUPPRESS);
    sql_bind_str(s, 3, id);
    return sql_run_int(s, 0);
}

static int check(struct sql *db, account_id account, const struct filter *f)
{
    if (name_is_taken(db, account, f->name, f->id))
        return err_set(ERR_INVALID, "there is another filter named '%.*s'", STR_ARG(f->name));
    if (f->action == FILTER_SUPPRESS && count_rules(db, account, f->id) >= SUPPRESSION_RULES_MAX)
        return err_set(ERR_LIMIT, "an account may have %d suppression rules", SUPPRESSION_RULES_MAX);
    return sql_status(db);
}

static void bind(struct statement *s, account_id account, const struct filter *f)
{
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, f->id);
    sql_bind_str(s, 3, f->name);
    sql_bind_int(s, 4, f->action);
    sql_bind_optional(s, 5, f->description);
    sql_bind_optional(s, 6, f->reason);
    sql_bind_str(s, 7, f->criteria);
    sql_bind_int(s, 8, f->updated);
}

int filter_add(struct sql *db, struct arena *a, account_id account, struct filter *f)
{
    int status = check(db, account, f);
    if (status < 0)
        return status;
    char id[FILTER_ID + 1];
    random_text(id, FILTER_ID, random_hex);
    f->id = arena_str(a, str_from(id));
    f->created = f->updated = time_now();
    struct statement *s =
        sql_prepare(db, "INSERT INTO filter (account, id, name, action, description, reason,"
                        " criteria, created, updated)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)");
    bind(s, account, f);
    sql_run(s);
    return sql_status(db);
}

#define FILTER_COLUMNS "id, name, action, description, reason, criteria, created, updated"

static struct filter read_filter(struct arena *a, struct statement *s)
{
    return (struct filter){
        .id = arena_str(a, sql_str(s, 0)),
        .name = arena_str(a, sql_str(s, 1)),
        .action = (enum filter_action)sql_int(s, 2),
        .description = arena_str(a, sql_str(s, 3)),
        .reason = arena_str(a, sql_str(s, 4)),
        .criteria = arena_str(a, sql_str(s, 5)),
        .created = sql_int(s, 6),
        .updated = sql_int(s, 7),
    };
}

static int missing(struct sql *db, struct str id)
{
    return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "no filter '%.*s'", STR_ARG(id));
}

int filter_get(struct sql *db, struct arena *a, account_id account, struct str id, struct filter *ret_filter)
{
    struct statement *s =
        sql_prepare(db, "SELECT " FILTER_COLUMNS " FROM filter WHERE account = ?1 AND id = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    if (!sql_next(s))
        return missing(db, id);
    *ret_filter = read_filter(a, s);
    sql_reset(s);
    return 0;
}

int filter_update(struct sql *db, account_id account, struct filter *f)
{
    int status = check(db, account, f);
    if (status < 0)
        return status;
    f->updated = time_now();
    struct statement *s =
        sql_prepare(db, "UPDATE filter SET name = ?3, action = ?4, description = ?5, reason = ?6,"
                        " criteria = ?7, updated = ?8 WHERE account = ?1 AND id = ?2");
    bind(s, account, f);
    return sql_run(s) == 1 ? 0 : missing(db, f->id);
}

bool filter_remove(struct sql *db, account_id account, struct str id)
{
    struct statement *s = sql_prepare(db, "DELETE FROM filter WHERE account = ?1 AND id = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    if (sql_run(s) <= 0)
        return false;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    s = sql_prepare(db, "DELETE FROM tag WHERE account = ?1 AND arn = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, filter_arn(a, sql_place(db), account, id));
    sql_run(s);
    return true;
}

size_t filter_list(struct sql *db, struct arena *a, account_id account, int action, struct str after,
                   size_t max, struct filter **ret_filters)
{
    VEC(struct filter) filters = {0};
    struct statement *s =
        sql_prepare(db, "SELECT " FILTER_COLUMNS " FROM filter WHERE account = ?1 AND id > ?2"
                        " AND (?3 < 0 OR action = ?3) ORDER BY id LIMIT ?4");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, after);
    sql_bind_int(s, 3, action);
    sql_bind_int(s, 4, (int64_t)max);
    while (sql_next(s))
        vec_add(&filters, read_filter(a, s));
    return rows_finish(a, &filters, ret_filters);
}

/* Tags of the object other than `key`. */
static int64_t count_tags(struct sql *db, account_id account, struct str arn, struct str key)
{
    struct statement *s =
        sql_prepare(db, "SELECT count(*) FROM tag WHERE account = ?1 AND arn = ?2 AND key <> ?3");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, arn);
    sql_bind_str(s, 3, key);
    return sql_run_int(s, 0);
}

int tag_set(struct sql *db, account_id account, struct str arn, struct str key, struct str value)
{
    if (count_tags(db, account, arn, key) >= TAGS_MAX)
        return err_set(ERR_LIMIT, "%.*s: more than %d tags", STR_ARG(arn), TAGS_MAX);
    struct statement *s =
        sql_prepare(db, "INSERT INTO tag (account, arn, key, value) VALUES (?1, ?2, ?3, ?4)"
                        " ON CONFLICT (account, arn, key) DO UPDATE SET value = excluded.value");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, arn);
    sql_bind_str(s, 3, key);
    sql_bind_str(s, 4, value);
    sql_run(s);
    return sql_status(db);
}

bool tag_remove(struct sql *db, account_id account, struct str arn, struct str key)
{
    struct statement *s = sql_prepare(db, "DELETE FROM tag WHERE account = ?1 AND arn = ?2 AND key = ?3");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, arn);
    sql_bind_str(s, 3, key);
    return sql_run(s) > 0;
}

size_t tag_list(struct sql *db, struct arena *a, account_id account, struct str arn, struct tag **ret_tags)
{
    VEC(struct tag) tags = {0};
    struct statement *s =
        sql_prepare(db, "SELECT key, value FROM tag WHERE account = ?1 AND arn = ?2 ORDER BY key");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, arn);
    while (sql_next(s))
        vec_add(&tags, (struct tag){arena_str(a, sql_str(s, 0)), arena_str(a, sql_str(s, 1))});
    return rows_finish(a, &tags, ret_tags);
}

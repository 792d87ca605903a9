/* Accounts, their scan types and settings, users. */
#include "store/access.h"

#include "base/err.h"
#include "store/rows.h"

void account_add(struct sql *db, account_id account)
{
    struct statement *s =
        sql_prepare(db, "INSERT INTO account (id, created) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, time_now());
    sql_run(s);
}

bool account_exists(struct sql *db, account_id account)
{
    struct statement *s = sql_prepare(db, "SELECT 1 FROM account WHERE id = ?1");
    sql_bind_int(s, 1, account);
    return sql_run_int(s, 0);
}

bool account_next(struct sql *db, account_id after, account_id *ret_account)
{
    struct statement *s = sql_prepare(db, "SELECT id FROM account WHERE id > ?1 ORDER BY id LIMIT 1");
    sql_bind_int(s, 1, after);
    int64_t id = sql_run_int(s, -1);
    if (id >= 0)
        *ret_account = id;
    return id >= 0;
}

struct account_scan account_scan_get(struct sql *db, account_id account, enum resource_scan_type type)
{
    struct account_scan scan = {ACCOUNT_DISABLED, TIME_NONE, TIME_NONE};
    struct statement *s = sql_prepare(
        db, "SELECT status, changed, first_enabled FROM account_scan WHERE account = ?1 AND scan_type = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    if (sql_next(s))
        scan = (struct account_scan){(enum account_status)sql_int(s, 0), sql_int(s, 1), sql_time(s, 2)};
    sql_reset(s);
    return scan;
}

bool account_scan_set(struct sql *db, account_id account, enum resource_scan_type type,
                      enum account_status status)
{
    if (account_scan_get(db, account, type).status == status)
        return false;
    bool enabled = status == ACCOUNT_ENABLED || status == ACCOUNT_ENABLING;
    int64_t now = time_now();
    struct statement *s =
        sql_prepare(db, "INSERT INTO account_scan (account, scan_type, status, changed, first_enabled)"
                        " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account, scan_type) DO UPDATE SET status "
                        "= excluded.status,"
                        " changed = excluded.changed,"
                        " first_enabled = coalesce(account_scan.first_enabled, excluded.first_enabled)");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    sql_bind_int(s, 3, status);
    sql_bind_int(s, 4, now);
    sql_bind_time(s, 5, enabled ? now : TIME_NONE);
    return sql_run(s) > 0;
}

struct str setting_get(struct sql *db, struct arena *a, account_id account, const char *name,
                       int64_t *ret_changed)
{
    struct str value = {NULL, 0};
    int64_t changed = TIME_NONE;
    struct statement *s =
        sql_prepare(db, "SELECT value, changed FROM setting WHERE account = ?1 AND name = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, str_from(name));
    if (sql_next(s)) {
        value = arena_str(a, sql_str(s, 0));
        changed = sql_int(s, 1);
    }
    sql_reset(s);
    if (ret_changed)
        *ret_changed = changed;
    return value;
}

void setting_set(struct sql *db, account_id account, const char *name, struct str json)
{
    struct statement *s =
        sql_prepare(db, "INSERT INTO setting (account, name, value, changed) VALUES (?1, ?2, ?3, ?4)"
                        " ON CONFLICT (account, name) DO UPDATE SET value = excluded.value,"
                        " changed = excluded.changed");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, str_from(name));
    sql_bind_str(s, 3, json);
    sql_bind_int(s, 4, time_now());
    sql_run(s);
}

int user_name_check(struct str name)
{
    bool good = name.n > 0 && name.n <= USER_NAME_MAX;
    for (size_t i = 0; i < name.n && good; i++)
        good = is_alnum(name.p[i]) || strchr("._@-", name.p[i]);
    return good ? 0
                : err_set(ERR_INVALID, "'%.*s': a user's name is 1 to 64 letters, digits and ._@-",
                          STR_ARG(name));
}

/* Keys that last have the user's role; those of a session keep theirs, which may be less, and end now. */
static void follow_role(struct sql *db, account_id account, struct str name, enum role role)
{
    struct statement *s =
        sql_prepare(db, "UPDATE access_key SET role = ?3 WHERE account = ?1 AND user_name = ?2"
                        " AND expires IS NULL AND resource IS NULL AND role <> ?3");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, name);
    sql_bind_int(s, 3, role);
    if (sql_run(s) <= 0)
        return;
    s = sql_prepare(db,
                    "DELETE FROM access_key WHERE account = ?1 AND user_name = ?2 AND expires IS NOT NULL");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, name);
    sql_run(s);
}

int user_add(struct sql *db, account_id account, struct str name, enum role role)
{
    int status = user_name_check(name);
    if (status < 0)
        return status;
    account_add(db, account);
    struct statement *s =
        sql_prepare(db, "INSERT INTO account_user (account, name, role, created) VALUES (?1, ?2, ?3, ?4)"
                        " ON CONFLICT (account, name) DO UPDATE SET role = excluded.role");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, name);
    sql_bind_int(s, 3, role);
    sql_bind_int(s, 4, time_now());
    sql_run(s);
    follow_role(db, account, name, role);
    return sql_status(db);
}

bool user_remove(struct sql *db, account_id account, struct str name)
{
    struct statement *s = sql_prepare(db, "DELETE FROM account_user WHERE account = ?1 AND name = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, name);
    if (sql_run(s) <= 0)
        return false;
    s = sql_prepare(db, "DELETE FROM access_key WHERE account = ?1 AND user_name = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, name);
    sql_run(s);
    return true;
}

int user_get(struct sql *db, struct arena *a, account_id account, struct str name, struct user *ret_user)
{
    struct statement *s =
        sql_prepare(db, "SELECT role, created FROM account_user WHERE account = ?1 AND name = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, name);
    if (!sql_next(s))
        return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "no user '%.*s'", STR_ARG(name));
    *ret_user = (struct user){arena_str(a, name), (enum role)sql_int(s, 0), sql_int(s, 1)};
    sql_reset(s);
    return 0;
}

size_t user_list(struct sql *db, struct arena *a, account_id account, struct user **ret_users)
{
    VEC(struct user) users = {0};
    struct statement *s =
        sql_prepare(db, "SELECT name, role, created FROM account_user WHERE account = ?1 ORDER BY name");
    sql_bind_int(s, 1, account);
    while (sql_next(s))
        vec_add(&users, (struct user){arena_str(a, sql_str(s, 0)), (enum role)sql_int(s, 1), sql_int(s, 2)});
    return rows_finish(a, &users, ret_users);
}

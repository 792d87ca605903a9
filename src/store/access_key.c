/* Access keys: the id in the clear, the secret sealed and bound to it. */
#include <openssl/crypto.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/random.h"
#include "store/access.h"
#include "store/rows.h"

/* `parent`: the id of the key that a session begins with. */
static int add(struct sql *db, const struct master_key *k, account_id account, struct str user,
               enum role role, struct str resource, struct str parent, int64_t expires,
               struct access_key *ret_key)
{
    int status = user_name_check(user);
    if (status < 0)
        return status;
    struct access_key key = {.account = account, .role = role, .created = time_now(), .expires = expires};
    if (resource.n >= sizeof key.resource)
        return err_set(ERR_LIMIT, "a key's resource is longer than %zu bytes", sizeof key.resource - 1);
    snprintf(key.id, sizeof key.id, "%s", expires == TIME_NONE ? "AKIA" : "ASIA");
    random_text(key.id + 4, ACCESS_KEY_ID - 4, random_base32);
    random_text(key.secret, ACCESS_SECRET, random_base64);
    memcpy(key.user, user.p, user.n);
    if (resource.n)
        memcpy(key.resource, resource.p, resource.n);

    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str sealed = seal(a, k, str_from(key.id), str_from(key.secret));
    struct statement *s = sql_prepare(
        db,
        "INSERT INTO access_key (id, account, user_name, role, secret, resource, created, expires, parent)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    sql_bind_str(s, 1, str_from(key.id));
    sql_bind_int(s, 2, account);
    sql_bind_str(s, 3, user);
    sql_bind_int(s, 4, role);
    sql_bind_blob(s, 5, sealed.p, sealed.n);
    sql_bind_optional(s, 6, resource);
    sql_bind_int(s, 7, key.created);
    sql_bind_time(s, 8, expires);
    sql_bind_optional(s, 9, parent);
    sql_run(s);
    if ((status = sql_status(db)) == 0)
        *ret_key = key;
    OPENSSL_cleanse(key.secret, sizeof key.secret);
    return status;
}

int access_key_add(struct sql *db, const struct master_key *k, account_id account, struct str user,
                   enum role role, struct str resource, int64_t expires, struct access_key *ret_key)
{
    return add(db, k, account, user, role, resource, (struct str){NULL, 0}, expires, ret_key);
}

#define KEY_COLUMNS "id, account, user_name, role, resource, created, expires, disabled"

static void copy(char *to, size_t size, struct str value)
{
    snprintf(to, size, "%.*s", STR_ARG(value));
}

static struct access_key read_key(struct statement *s)
{
    struct access_key key = {
        .account = sql_int(s, 1),
        .role = (enum role)sql_int(s, 3),
        .created = sql_int(s, 5),
        .expires = sql_time(s, 6),
        .disabled = sql_int(s, 7),
    };
    copy(key.id, sizeof key.id, sql_str(s, 0));
    copy(key.user, sizeof key.user, sql_str(s, 2));
    copy(key.resource, sizeof key.resource, sql_str(s, 4));
    return key;
}

int access_key_find(struct sql *db, const struct master_key *k, struct str id, struct access_key *ret_key)
{
    struct statement *s = sql_prepare(db, "SELECT " KEY_COLUMNS ", secret FROM access_key WHERE id = ?1");
    sql_bind_str(s, 1, id);
    if (!sql_next(s))
        return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "no access key '%.*s'", STR_ARG(id));
    struct access_key key = read_key(s);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str secret;
    int status = unseal(a, k, id, sql_str(s, 8), &secret);
    sql_reset(s);
    if (status < 0)
        return status;
    copy(key.secret, sizeof key.secret, secret);
    OPENSSL_cleanse((char *)(uintptr_t)secret.p, secret.n);
    *ret_key = key;
    OPENSSL_cleanse(key.secret, sizeof key.secret);
    return 0;
}

bool access_key_holds(struct sql *db, struct str id, int64_t now)
{
    struct statement *s = sql_prepare(db, "SELECT 1 FROM access_key WHERE id = ?1 AND disabled = 0"
                                          " AND (expires IS NULL OR expires > ?2)");
    sql_bind_str(s, 1, id);
    sql_bind_int(s, 2, now);
    return sql_run_int(s, 0);
}

/* As the key is now: what a caller knows of it may be a second old. */
int access_key_begin(struct sql *db, const struct master_key *k, struct str with, int64_t expires,
                     struct access_key *ret_key)
{
    struct access_key key;
    int status = access_key_find(db, k, with, &key);
    if (status < 0)
        return status;
    OPENSSL_cleanse(key.secret, sizeof key.secret);
    if (key.disabled)
        return err_set(ERR_MISSING, "access key '%s' is disabled", key.id);
    return add(db, k, key.account, str_from(key.user), key.role, (struct str){NULL, 0}, with, expires,
               ret_key);
}

static bool change_key(struct sql *db, const char *text, account_id account, struct str id)
{
    struct statement *s = sql_prepare(db, text);
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    return sql_run(s) > 0;
}

static void end_sessions(struct sql *db, account_id account, struct str id)
{
    change_key(db, "DELETE FROM access_key WHERE account = ?1 AND parent = ?2", account, id);
}

bool access_key_disable(struct sql *db, account_id account, struct str id)
{
    end_sessions(db, account, id);
    return change_key(db, "UPDATE access_key SET disabled = 1 WHERE account = ?1 AND id = ?2", account, id);
}

bool access_key_remove(struct sql *db, account_id account, struct str id)
{
    end_sessions(db, account, id);
    return change_key(db, "DELETE FROM access_key WHERE account = ?1 AND id = ?2", account, id);
}

bool access_key_of_user(struct sql *db, account_id account, struct str user)
{
    struct statement *s =
        sql_prepare(db, "SELECT 1 FROM access_key WHERE account = ?1 AND user_name = ?2 LIMIT 1");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, user);
    return sql_run_int(s, 0);
}

size_t access_key_list(struct sql *db, struct arena *a, account_id account, struct access_key **ret_keys)
{
    VEC(struct access_key) keys = {0};
    struct statement *s = sql_prepare(db, "SELECT " KEY_COLUMNS " FROM access_key WHERE account = ?1"
                                          " ORDER BY user_name, created, id");
    sql_bind_int(s, 1, account);
    while (sql_next(s))
        *vec_push(&keys) = read_key(s);
    return rows_finish(a, &keys, ret_keys);
}

void access_key_expire(struct sql *db, int64_t now)
{
    struct statement *s = sql_prepare(db, "DELETE FROM access_key WHERE expires <= ?1");
    sql_bind_int(s, 1, now);
    sql_run(s);
}

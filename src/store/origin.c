/* Origins of resources. */
#include "base/err.h"
#include "base/hash.h"
#include "store/resource.h"
#include "store/rows.h"

enum { ORIGIN_ID = 16 };

struct str origin_id(struct arena *a, enum origin_kind kind, struct str url)
{
    unsigned char digest[SHA256_SIZE], number = (unsigned char)kind;
    char hex[SHA256_HEX + 1];
    struct sha256 *h = sha256_new();
    sha256_update(h, &number, 1);
    sha256_update(h, url.p, url.n);
    sha256_finish(h, digest);
    sha256_hex(digest, hex);
    return arena_str(a, (struct str){hex, ORIGIN_ID});
}

struct str origin_put(struct sql *db, struct arena *a, struct origin *o)
{
    o->id = origin_id(a, o->kind, o->url);
    struct statement *s =
        sql_prepare(db, "INSERT INTO origin (account, id, kind, url, options, secret, created)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (account, id) DO UPDATE SET"
                        " options = excluded.options, secret = excluded.secret");
    sql_bind_int(s, 1, o->account);
    sql_bind_str(s, 2, o->id);
    sql_bind_int(s, 3, o->kind);
    sql_bind_str(s, 4, o->url);
    sql_bind_str(s, 5, o->options);
    if (o->secret.n)
        sql_bind_blob(s, 6, o->secret.p, o->secret.n);
    sql_bind_int(s, 7, time_now());
    sql_run(s);
    return o->id;
}

#define ORIGIN_COLUMNS "account, id, kind, url, options, secret, state, created, checked"

static struct origin read_row(struct arena *a, struct statement *s)
{
    return (struct origin){
        .account = sql_int(s, 0),
        .id = arena_str(a, sql_str(s, 1)),
        .kind = (enum origin_kind)sql_int(s, 2),
        .url = arena_str(a, sql_str(s, 3)),
        .options = arena_str(a, sql_str(s, 4)),
        .secret = arena_str(a, sql_str(s, 5)),
        .state = arena_str(a, sql_str(s, 6)),
        .created = sql_int(s, 7),
        .checked = sql_time(s, 8),
    };
}

int origin_get(struct sql *db, struct arena *a, account_id account, struct str id, struct origin *ret_origin)
{
    struct statement *s =
        sql_prepare(db, "SELECT " ORIGIN_COLUMNS " FROM origin WHERE account = ?1 AND id = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    if (!sql_next(s))
        return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "no origin '%.*s'", STR_ARG(id));
    *ret_origin = read_row(a, s);
    sql_reset(s);
    return 0;
}

size_t origin_list(struct sql *db, struct arena *a, account_id account, struct origin **ret_origins)
{
    VEC(struct origin) origins = {0};
    struct statement *s =
        sql_prepare(db, "SELECT " ORIGIN_COLUMNS " FROM origin WHERE account = ?1 ORDER BY kind, url");
    sql_bind_int(s, 1, account);
    while (sql_next(s))
        vec_add(&origins, read_row(a, s));
    return rows_finish(a, &origins, ret_origins);
}

void origin_checked(struct sql *db, account_id account, struct str id, struct str state, int64_t now)
{
    struct statement *s =
        sql_prepare(db, "UPDATE origin SET state = ?3, checked = ?4 WHERE account = ?1 AND id = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    sql_bind_optional(s, 3, state);
    sql_bind_int(s, 4, now);
    sql_run(s);
}

/* ---- what is wrong with parts of it ---- */

static struct statement *of_part(struct sql *db, const char *text, account_id account, struct str id,
                                 struct str service, struct str place)
{
    struct statement *s = sql_prepare(db, text);
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    sql_bind_str(s, 3, service);
    sql_bind_str(s, 4, place);
    return s;
}

void origin_failed(struct sql *db, account_id account, struct str id, struct str service, struct str place,
                   struct str error, int64_t now)
{
    struct statement *s =
        of_part(db,
                "INSERT INTO origin_problem (account, origin, service, place, error, since)"
                " SELECT account, id, ?3, ?4, ?5, ?6 FROM origin"
                " WHERE account = ?1 AND id = ?2 ON CONFLICT (account, origin, service, place)"
                " DO UPDATE SET error = excluded.error",
                account, id, service, place);
    sql_bind_str(s, 5, error);
    sql_bind_int(s, 6, now);
    sql_run(s);
}

#define THAT_PART " FROM origin_problem WHERE account = ?1 AND origin = ?2 AND service = ?3 AND place = ?4"

void origin_well(struct sql *db, account_id account, struct str id, struct str service, struct str place)
{
    sql_run(of_part(db, "DELETE" THAT_PART, account, id, service, place));
}

struct str origin_problem(struct sql *db, struct arena *a, account_id account, struct str id,
                          struct str service, struct str place)
{
    struct str error = {NULL, 0};
    struct statement *s = of_part(db, "SELECT error" THAT_PART, account, id, service, place);
    if (sql_next(s))
        error = arena_str(a, sql_str(s, 0));
    sql_reset(s);
    return error;
}

size_t origin_problems(struct sql *db, struct arena *a, account_id account, struct str id,
                       struct origin_problem **ret_problems)
{
    VEC(struct origin_problem) list = {0};
    struct statement *s = sql_prepare(db, "SELECT service, place, error, since FROM origin_problem"
                                          " WHERE account = ?1 AND origin = ?2 ORDER BY service, place");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    while (sql_next(s))
        vec_add(&list, (struct origin_problem){.service = arena_str(a, sql_str(s, 0)),
                                               .place = arena_str(a, sql_str(s, 1)),
                                               .error = arena_str(a, sql_str(s, 2)),
                                               .since = sql_int(s, 3)});
    return rows_finish(a, &list, ret_problems);
}

static void forget_problems(struct sql *db, account_id account, struct str id)
{
    struct statement *s = sql_prepare(db, "DELETE FROM origin_problem WHERE account = ?1 AND origin = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    sql_run(s);
}

bool origin_remove(struct sql *db, account_id account, struct str id)
{
    forget_problems(db, account, id);
    struct statement *s = sql_prepare(db, "DELETE FROM origin WHERE account = ?1 AND id = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    return sql_run(s) > 0;
}

/* Enrolment tokens: their SHA-256 digests are kept, never the tokens. */
#include <stdio.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/access.h"
#include "store/rows.h"

enum { TOKEN_RANDOM = 40, DIGEST_NAME = 8 };
static const char prefix[] = "assay-";

struct str enrol_token_add(struct sql *db, struct arena *a, account_id account, enum token_purpose purpose,
                           struct str label, int64_t expires, unsigned uses, struct str tags)
{
    char random[TOKEN_RANDOM + 1];
    unsigned char digest[SHA256_SIZE];
    random_text(random, TOKEN_RANDOM, random_base32_lower);
    struct str token = arena_printf(a, "%s%s", prefix, random);
    sha256_of(token, digest);
    account_add(db, account);
    struct statement *s =
        sql_prepare(db, "INSERT INTO enrol_token (digest, account, label, created, expires, uses_left, tags,"
                        " purpose) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    sql_bind_blob(s, 1, digest, sizeof digest);
    sql_bind_int(s, 2, account);
    sql_bind_str(s, 3, label);
    sql_bind_int(s, 4, time_now());
    sql_bind_time(s, 5, expires);
    if (uses)
        sql_bind_int(s, 6, uses);
    sql_bind_optional(s, 7, tags);
    sql_bind_int(s, 8, purpose);
    sql_run(s);
    return token;
}

int enrol_token_use(struct sql *db, struct arena *a, struct str token, int64_t now, account_id *ret_account,
                    struct str *ret_tags, bool *ret_replaces)
{
    unsigned char digest[SHA256_SIZE];
    sha256_of(token, digest);
    /* One statement decides and counts: who comes second finds it used up. */
    struct statement *s = sql_prepare(db, "UPDATE enrol_token SET uses_left = uses_left - 1 WHERE digest = ?1"
                                          " AND (expires IS NULL OR expires > ?2) AND purpose <> ?3"
                                          " RETURNING account, tags, uses_left, purpose");
    sql_bind_blob(s, 1, digest, sizeof digest);
    sql_bind_int(s, 2, now);
    sql_bind_int(s, 3, TOKEN_notify);
    if (!sql_next(s))
        return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "the enrolment token is not valid");
    account_id account = sql_int(s, 0);
    struct str tags = arena_str(a, sql_str(s, 1));
    bool replaces = sql_int(s, 3) == TOKEN_replace;
    bool used_up = !sql_is_null(s, 2) && sql_int(s, 2) <= 0;
    sql_reset(s);
    if (used_up) {
        s = sql_prepare(db, "DELETE FROM enrol_token WHERE digest = ?1");
        sql_bind_blob(s, 1, digest, sizeof digest);
        sql_run(s);
    }
    if (sql_status(db))
        return sql_status(db);
    *ret_account = account;
    *ret_tags = tags;
    *ret_replaces = replaces;
    return 0;
}

int enrol_token_check(struct sql *db, struct str token, int64_t now, account_id *ret_account)
{
    unsigned char digest[SHA256_SIZE];
    sha256_of(token, digest);
    struct statement *s = sql_prepare(db, "SELECT account FROM enrol_token WHERE digest = ?1"
                                          " AND (expires IS NULL OR expires > ?2) AND purpose = ?3");
    sql_bind_blob(s, 1, digest, sizeof digest);
    sql_bind_int(s, 2, now);
    sql_bind_int(s, 3, TOKEN_notify);
    if (!sql_next(s))
        return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "the enrolment token is not valid");
    *ret_account = sql_int(s, 0);
    sql_reset(s);
    return 0;
}

size_t enrol_token_list(struct sql *db, struct arena *a, account_id account, struct enrol_token **ret_tokens)
{
    VEC(struct enrol_token) tokens = {0};
    struct statement *s = sql_prepare(db, "SELECT digest, label, created, expires, uses_left, purpose"
                                          " FROM enrol_token WHERE account = ?1 ORDER BY created, digest");
    sql_bind_int(s, 1, account);
    while (sql_next(s)) {
        char hex[SHA256_HEX + 1];
        if (sql_str(s, 0).n != SHA256_SIZE)
            continue;
        sha256_hex((const unsigned char *)sql_str(s, 0).p, hex);
        vec_add(&tokens, (struct enrol_token){
                             .purpose = (enum token_purpose)sql_int(s, 5),
                             .digest = arena_str(a, (struct str){hex, 2 * DIGEST_NAME}),
                             .label = arena_str(a, sql_str(s, 1)),
                             .created = sql_int(s, 2),
                             .expires = sql_time(s, 3),
                             .uses_left = (unsigned)sql_int(s, 4),
                         });
    }
    return rows_finish(a, &tokens, ret_tokens);
}

void enrol_token_expire(struct sql *db, int64_t now)
{
    struct statement *s = sql_prepare(db, "DELETE FROM enrol_token WHERE expires <= ?1");
    sql_bind_int(s, 1, now);
    sql_run(s);
}

/* The least and the greatest digest that begin with these hex digits. */
static bool digest_range(struct str name, unsigned char from[SHA256_SIZE], unsigned char to[SHA256_SIZE])
{
    if (name.n != 2 * DIGEST_NAME)
        return false;
    memset(from, 0, SHA256_SIZE);
    memset(to, 0xff, SHA256_SIZE);
    for (size_t i = 0; i < DIGEST_NAME; i++) {
        char text[3] = {name.p[2 * i], name.p[2 * i + 1], 0}, *end;
        from[i] = to[i] = (unsigned char)strtoul(text, &end, 16);
        if (*end || !is_alnum(text[0]))
            return false;
    }
    return true;
}

bool enrol_token_remove(struct sql *db, account_id account, struct str digest)
{
    unsigned char from[SHA256_SIZE], to[SHA256_SIZE];
    if (!digest_range(digest, from, to))
        return false;
    struct statement *s =
        sql_prepare(db, "DELETE FROM enrol_token WHERE account = ?1 AND digest BETWEEN ?2 AND ?3");
    sql_bind_int(s, 1, account);
    sql_bind_blob(s, 2, from, sizeof from);
    sql_bind_blob(s, 3, to, sizeof to);
    return sql_run(s) > 0;
}

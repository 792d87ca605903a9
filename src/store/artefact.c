/* What was read in layers and zips. */
#include "store/resource.h"

bool artefact_get(struct sql *db, struct arena *a, account_id account, struct str digest, int reader,
                  struct str *ret_content)
{
    struct statement *s =
        sql_prepare(db, "SELECT content FROM artefact WHERE account = ?1 AND digest = ?2 AND reader = ?3");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, digest);
    sql_bind_int(s, 3, reader);
    bool found = sql_next(s);
    if (found)
        *ret_content = arena_str(a, sql_str(s, 0));
    sql_reset(s);
    return found;
}

void artefact_put(struct sql *db, account_id account, struct str digest, int reader, struct str content,
                  int64_t now)
{
    struct statement *s = sql_prepare(
        db, "INSERT INTO artefact (account, digest, reader, content, used) VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT (account, digest) DO UPDATE SET reader = excluded.reader,"
            " content = excluded.content, used = excluded.used");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, digest);
    sql_bind_int(s, 3, reader);
    sql_bind_blob(s, 4, content.p, content.n);
    sql_bind_int(s, 5, now);
    sql_run(s);
}

void artefact_used(struct sql *db, account_id account, struct str digest, int64_t now)
{
    enum { DAY = 86400 };
    struct statement *s =
        sql_prepare(db, "UPDATE artefact SET used = ?3 WHERE account = ?1 AND digest = ?2 AND used <= ?4");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, digest);
    sql_bind_int(s, 3, now);
    sql_bind_int(s, 4, now - DAY);
    sql_run(s);
}

bool artefact_trim(struct sql *db, int64_t before, size_t max)
{
    struct statement *s =
        sql_prepare(db, "DELETE FROM artefact WHERE (account, digest) IN"
                        " (SELECT account, digest FROM artefact WHERE used < ?1 ORDER BY used LIMIT ?2)");
    sql_bind_int(s, 1, before);
    sql_bind_int(s, 2, (int64_t)max);
    return sql_run(s) == (int64_t)max;
}

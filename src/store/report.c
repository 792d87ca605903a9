/* Exports of findings. */
#include "store/report.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/random.h"
#include "store/access.h"

static struct str new_id(struct arena *a)
{
    unsigned char bytes[UUID_SIZE];
    char text[UUID_TEXT];
    random_bytes(bytes, sizeof bytes);
    uuid_write(bytes, 4, text);
    return arena_str(a, str_from(text));
}

int report_add(struct sql *db, struct arena *a, account_id account, struct findings_report *r)
{
    struct statement *s = sql_prepare(db, "SELECT 1 FROM report WHERE account = ?1 AND status = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, REPORT_IN_PROGRESS);
    if (sql_run_int(s, 0))
        return err_set(ERR_LIMIT, "another report is in progress");
    r->id = new_id(a);
    r->status = REPORT_IN_PROGRESS;
    r->error = -1;
    r->created = time_now();
    r->finished = TIME_NONE;
    s = sql_prepare(db,
                    "INSERT INTO report (account, id, format, criteria, destination, status, created, number)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                    " (SELECT coalesce(max(number), 0) + 1 FROM report WHERE account = ?1))");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, r->id);
    sql_bind_int(s, 3, r->format);
    sql_bind_str(s, 4, r->criteria);
    sql_bind_str(s, 5, r->destination);
    sql_bind_int(s, 6, r->status);
    sql_bind_int(s, 7, r->created);
    sql_run(s);
    return sql_status(db);
}

#define REPORT_QUERY                                                                                         \
    "SELECT id, format, criteria, destination, status, error, message, created, finished FROM report"        \
    " WHERE account = ?1"

int report_get(struct sql *db, struct arena *a, account_id account, struct str id,
               struct findings_report *ret_report)
{
    struct statement *s =
        sql_prepare(db, id.n ? REPORT_QUERY " AND id = ?2" : REPORT_QUERY " ORDER BY number DESC LIMIT 1");
    sql_bind_int(s, 1, account);
    if (id.n)
        sql_bind_str(s, 2, id);
    if (!sql_next(s))
        return sql_status(db) ? sql_status(db) : err_set(ERR_MISSING, "no report '%.*s'", STR_ARG(id));
    *ret_report = (struct findings_report){
        .id = arena_str(a, sql_str(s, 0)),
        .format = (enum report_file_format)sql_int(s, 1),
        .criteria = arena_str(a, sql_str(s, 2)),
        .destination = arena_str(a, sql_str(s, 3)),
        .status = (enum report_status)sql_int(s, 4),
        .error = sql_is_null(s, 5) ? -1 : (int)sql_int(s, 5),
        .message = arena_str(a, sql_str(s, 6)),
        .created = sql_int(s, 7),
        .finished = sql_time(s, 8),
    };
    sql_reset(s);
    return 0;
}

bool report_finish(struct sql *db, account_id account, struct str id, enum report_status status, int error,
                   struct str message)
{
    struct statement *s =
        sql_prepare(db, "UPDATE report SET status = ?3, error = ?4, message = ?5, finished = ?6"
                        " WHERE account = ?1 AND id = ?2 AND status = ?7");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, id);
    sql_bind_int(s, 3, status);
    if (error >= 0)
        sql_bind_int(s, 4, error);
    sql_bind_optional(s, 5, message);
    sql_bind_int(s, 6, time_now());
    sql_bind_int(s, 7, REPORT_IN_PROGRESS);
    return sql_run(s) == 1;
}

/* Of one account, the oldest first. */
static size_t trim_account(struct sql *db, account_id account, int64_t before, size_t max)
{
    struct statement *s =
        sql_prepare(db, "DELETE FROM report WHERE account = ?1 AND number IN (SELECT number FROM report"
                        " WHERE account = ?1 AND created < ?2 AND status <> ?3 ORDER BY number LIMIT ?4)");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, before);
    sql_bind_int(s, 3, REPORT_IN_PROGRESS);
    sql_bind_int(s, 4, (int64_t)max);
    int64_t n = sql_run(s);
    return n > 0 ? (size_t)n : 0;
}

bool report_trim(struct sql *db, int64_t before, size_t max)
{
    bool more = false;
    for (account_id account = -1; account_next(db, account, &account);)
        more |= trim_account(db, account, before, max) == max;
    return more;
}

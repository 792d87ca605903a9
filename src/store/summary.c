#include "store/summary.h"

#include "store/access.h"
#include "store/finding.h"
#include "store/rows.h"

enum { DAY = 86400, VERSIONS_MOST = 100 };

static void add_findings(struct sql *db, account_id account, struct counts *to)
{
    struct statement *s =
        sql_prepare(db, "SELECT critical, high, medium, total, exploitable, fixable, network FROM counter "
                        "WHERE account = ?1 AND dimension = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, BY_ACCOUNT);
    while (sql_next(s)) {
        to->critical += sql_int(s, 0);
        to->high += sql_int(s, 1);
        to->medium += sql_int(s, 2);
        to->total += sql_int(s, 3);
        to->exploitable += sql_int(s, 4);
        to->fixable += sql_int(s, 5);
        to->network += sql_int(s, 6);
    }
}

void summary_findings(struct sql *db, struct counts *ret_counts)
{
    struct counts sum = {0};
    for (account_id account = -1; account_next(db, account, &account);)
        add_findings(db, account, &sum);
    *ret_counts = sum;
}

size_t summary_coverage(struct sql *db, struct arena *a, struct coverage_summary **ret_rows)
{
    VEC(struct coverage_summary) rows = {0};
    struct statement *s =
        sql_prepare(db, "SELECT resource_type, status, reason, count(*) FROM coverage WHERE scan_type = ?1 "
                        "GROUP BY resource_type, status, reason ORDER BY resource_type, status, reason");
    sql_bind_int(s, 1, SCAN_PACKAGE);
    while (sql_next(s))
        vec_add(&rows, (struct coverage_summary){.type = (enum resource_type)sql_int(s, 0),
                                                 .status = (enum scan_status)sql_int(s, 1),
                                                 .reason = (enum scan_reason)sql_int(s, 2),
                                                 .n = sql_int(s, 3)});
    return rows_finish(a, &rows, ret_rows);
}

size_t summary_days(struct sql *db, struct arena *a, account_id account, int64_t now, int n,
                    struct finding_day **ret_days)
{
    VEC(struct finding_day) days = {0};
    struct statement *s = sql_prepare(
        db, "SELECT day, opened, closed FROM finding_day WHERE account = ?1 AND day >= ?2 ORDER BY day");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, now / DAY - n + 1);
    while (sql_next(s))
        vec_add(&days, (struct finding_day){sql_int(s, 0) * DAY, sql_int(s, 1), sql_int(s, 2)});
    return rows_finish(a, &days, ret_days);
}

/* CROSS JOIN is the order in which SQLite reads them. */
#define COUNTED    "SELECT count(DISTINCT resource), count(*) FROM (SELECT f.resource AS resource FROM "
#define OF_ACCOUNT " f.account = ?1 AND f.status = ?3 LIMIT ?4) AS counted"

int64_t summary_affected(struct sql *db, account_id account, enum affected_by by, struct str value,
                         int64_t most, bool *ret_more)
{
    /* Titles begin with the id of their vulnerability, if they have one. */
    static const char *const texts[] = {
        [AFFECTED_BY_VULNERABILITY] =
            COUNTED "vulnerability v CROSS JOIN finding f WHERE v.vulnerability_id = ?2 "
                    "AND f.vulnerability = v.id AND" OF_ACCOUNT,
        [AFFECTED_BY_TITLE] =
            COUNTED "vulnerability v CROSS JOIN finding f WHERE v.vulnerability_id = ?5 "
                    "AND f.vulnerability = v.id AND f.title = ?2 AND f.account = ?1 AND f.status = ?3 "
                    "UNION ALL SELECT f.resource FROM finding f WHERE f.vulnerability_id IS NULL "
                    "AND f.title = ?2 AND" OF_ACCOUNT,
        [AFFECTED_BY_PACKAGE] = COUNTED "package p CROSS JOIN finding_package fp CROSS JOIN finding f "
                                        "WHERE p.title = ?2 AND fp.account = ?1 AND fp.package = p.id "
                                        "AND f.id = fp.finding AND" OF_ACCOUNT};
    struct statement *s = sql_prepare(db, texts[by]);
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, value);
    sql_bind_int(s, 3, FINDING_ACTIVE);
    sql_bind_int(s, 4, most + 1);
    if (by == AFFECTED_BY_TITLE)
        sql_bind_str(s, 5, title_vulnerability(value));
    int64_t n = 0, looked_at = 0;
    while (sql_next(s)) {
        n = sql_int(s, 0);
        looked_at = sql_int(s, 1);
    }
    *ret_more = looked_at > most;
    return n;
}

/* The index by packages says which findings: alone, since SQLite, which knows no sizes, takes all findings of
 * the account for nearer as soon as it needs more of them than the index has. */
size_t summary_fixes(struct sql *db, struct arena *a, account_id account, struct str package, int64_t most,
                     struct package_version **ret_versions)
{
    VEC(struct package_version) versions = {0};
    struct statement *s = sql_prepare(
        db, "SELECT version, count(*) FROM (SELECT max(fixed) AS version FROM (SELECT fp.fixed AS fixed,"
            " f.id AS finding FROM package p CROSS JOIN finding_package i CROSS JOIN finding f"
            " CROSS JOIN finding_package fp WHERE p.title = ?2 AND i.account = ?1 AND i.package = p.id"
            " AND f.id = i.finding AND fp.account = ?1 AND fp.finding = f.id AND fp.package = p.id"
            " AND fp.fixed IS NOT NULL AND" OF_ACCOUNT
            " GROUP BY finding) AS ended GROUP BY version ORDER BY 2 DESC, 1 LIMIT ?5");
    sql_bind_int(s, 1, account);
    sql_bind_str(s, 2, package);
    sql_bind_int(s, 3, FINDING_ACTIVE);
    sql_bind_int(s, 4, most);
    sql_bind_int(s, 5, VERSIONS_MOST);
    while (sql_next(s))
        vec_add(&versions, (struct package_version){arena_str(a, sql_str(s, 0)), sql_int(s, 1)});
    return rows_finish(a, &versions, ret_versions);
}

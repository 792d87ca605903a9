/* Usage. A meter says how many resources are being counted, and since when that many; whenever the number
 * changes, what has run up is added to the days in which it did. */
#include "store/usage.h"

enum { DAY = 86400, HOUR = 3600 };

struct meter {
    int64_t active, since;
};

static struct meter read_meter(struct sql *db, account_id account, enum usage_type type, int64_t now)
{
    struct meter m = {0, now};
    struct statement *s =
        sql_prepare(db, "SELECT active, since FROM usage_meter WHERE account = ?1 AND type = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    if (sql_next(s))
        m = (struct meter){sql_int(s, 0), sql_int(s, 1)};
    sql_reset(s);
    return m;
}

static void add_to_day(struct sql *db, account_id account, enum usage_type type, int64_t day, double amount)
{
    struct statement *s = sql_prepare(
        db, "INSERT INTO usage_day (account, type, day, total) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (account, type, day) DO UPDATE SET total = usage_day.total + excluded.total");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    sql_bind_int(s, 3, day);
    sql_bind_double(s, 4, amount);
    sql_run(s);
}

void usage_active(struct sql *db, account_id account, enum usage_type type, int change, int64_t now)
{
    struct meter m = read_meter(db, account, type, now);
    if (m.since > now) /* the clock was set back: what has been counted is not counted again */
        now = m.since;
    for (int64_t from = m.since, to; m.active && from < now; from = to) {
        to = (from / DAY + 1) * DAY;
        to = to < now ? to : now;
        add_to_day(db, account, type, from / DAY, (double)(m.active * (to - from)) / HOUR);
    }
    int64_t active = m.active + change;
    struct statement *s = sql_prepare(
        db, "INSERT INTO usage_meter (account, type, active, since) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (account, type) DO UPDATE SET active = excluded.active, since = excluded.since");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    sql_bind_int(s, 3, active > 0 ? active : 0);
    sql_bind_int(s, 4, now);
    sql_run(s);
}

void usage_add(struct sql *db, account_id account, enum usage_type type, double amount, int64_t now)
{
    add_to_day(db, account, type, now / DAY, amount);
}

static bool is_hours(enum usage_type type)
{
    return type != USAGE_ECR_INITIAL_SCAN && type != USAGE_ECR_RESCAN;
}

double usage_total(struct sql *db, account_id account, enum usage_type type, int64_t from, int64_t now)
{
    double total = 0;
    struct statement *s = sql_prepare(
        db, "SELECT day, total FROM usage_day WHERE account = ?1 AND type = ?2 AND day >= ?3 AND day <= ?4");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, type);
    sql_bind_int(s, 3, from / DAY);
    sql_bind_int(s, 4, now / DAY);
    while (sql_next(s)) {
        bool partly = is_hours(type) && sql_int(s, 0) == from / DAY;
        total += sql_double(s, 1) * (partly ? 1 - (double)(from % DAY) / DAY : 1);
    }
    struct meter m = read_meter(db, account, type, now);
    int64_t since = m.since > from ? m.since : from;
    return since < now ? total + (double)(m.active * (now - since)) / HOUR : total;
}

#include "monitor/freshness.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "monitor/engine.h"

enum { DAY = 86400 };

/* 0: it was never set. */
static int64_t number(struct sql *db, const char *name)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    uint64_t value = 0;
    str_u64(property_get(db, a, name), &value);
    return (int64_t)value;
}

static void set(struct sql *db, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    property_set(db, name, str_from(text));
}

void freshness_known(struct sql *db, const struct db *advisories, int64_t at)
{
    set(db, "known", at);
    if (engine_current(db, advisories))
        freshness_applied(db);
}

void freshness_applied(struct sql *db)
{
    set(db, "evaluated", number(db, "known"));
}

void freshness_days(struct sql *db, unsigned days)
{
    set(db, "stale_days", days);
}

int64_t freshness_now(struct sql *db, int64_t now)
{
    int64_t known = number(db, "known"), days = number(db, "stale_days");
    return known && days && now - known > days * DAY ? known : now;
}

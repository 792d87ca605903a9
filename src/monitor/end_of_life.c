#include "monitor/end_of_life.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "ecosystem/os_eol.h"
#include "monitor/engine.h"
#include "monitor/runtime.h"
#include "store/resource.h"

enum { DETAILS_MAX = 4096, SLICE = 20 };

/* ---- what is said ---- */

static struct str details_of(struct arena *a, struct str id, const struct os_support *s)
{
    _cleanup_(buf_free) struct buf text = buf_new(DETAILS_MAX);
    struct json_out to = {.to = &text};
    json_begin_object(&to);
    json_member_str(&to, "vulnerabilityId", id);
    json_member_str(&to, "source", STR("ASSAY"));
    json_member_str(&to, "sourceUrl", str_from(s->url));
    json_key(&to, "cvss");
    json_begin_array(&to);
    json_end_array(&to);
    json_key(&to, "relatedVulnerabilities");
    json_begin_array(&to);
    json_end_array(&to);
    json_key(&to, "referenceUrls");
    json_begin_array(&to);
    json_out_str(&to, str_from(s->url));
    json_end_array(&to);
    json_end_object(&to);
    return arena_str(a, buf_str(&text));
}

static struct str id_of(struct arena *a, const struct os *os)
{
    return arena_printf(a, "EOL-%.*s", STR_ARG(engine_platform(a, os)));
}

bool end_of_life(struct arena *a, const struct os *os, int64_t now, struct end_of_life *ret_end)
{
    char day[TIME_TEXT];
    struct os_support s;
    if (!os_support_find(os, &s) || now <= s.fixes)
        return false;
    struct str id = id_of(a, os);
    *ret_end = (struct end_of_life){
        .title = arena_printf(a, "%.*s - %s %s is no longer supported", STR_ARG(id), s.name, s.version),
        .row =
            {
                .vulnerability_id = id,
                .source = STR("ASSAY"),
                .description = arena_printf(
                    a,
                    "The security support of %s %s ended on %.10s. Flaws that were found since are not fixed "
                    "in "
                    "it, and may not be listed for it any more: move to a release that is supported.",
                    s.name, s.version, time_format(s.fixes, day)),
                .details = details_of(a, id, &s),
                .severity = GRADE_CRITICAL,
                .score = -1,
                .last_exploited = TIME_NONE,
                .epss = -1,
            },
    };
    return true;
}

/* ---- when the day has passed ---- */

/* Those behind *after on this platform that have no such finding yet. */
static int tidy_slice(struct monitor *m, account_id account, struct str platform, struct str id,
                      int64_t *after, bool *ret_more)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *ids;
    struct sql *db = store_writer(m->options.store);
    size_t n = resource_lacking(db, a, account, platform, id, *after, SLICE, &ids);
    int status = sql_status(db);
    for (size_t i = 0; i < n && status == 0; i++) {
        struct resource r;
        bool covered, changed;
        if ((status = resource_get(db, a, ids[i], &r)) == 0 &&
            (status = review_covered(m, db, &r, &covered)) == 0 && covered)
            status = engine_reconcile(db, &r, time_now(), &changed);
        *after = ids[i];
    }
    *ret_more = n == SLICE;
    if (status == 0)
        return store_commit(db);
    store_release(db);
    return status;
}

static int tidy_platform(struct monitor *m, account_id account, struct str platform, struct str id)
{
    int64_t after = 0;
    for (bool more = true; more;) {
        if (monitor_stopping(m))
            return JOB_INTERRUPTED;
        int status = tidy_slice(m, account, platform, id, &after, &more);
        if (status < 0)
            return status;
    }
    return 0;
}

static bool is_listed(const struct str *list, size_t n, struct str wanted)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], wanted))
            return true;
    return false;
}

int end_of_life_tidy(struct monitor *m, account_id account)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str *platforms;
    struct os os;
    struct os_support s;
    struct sql *db = store_reader(m->options.store);
    size_t n = resource_platforms(db, a, account, &platforms);
    int status = sql_status(db);
    store_release(db);
    for (size_t i = 0; n && status == 0 && os_support_at(i, &os, &s); i++) {
        struct str platform = engine_platform(a, &os);
        if (time_now() > s.fixes && is_listed(platforms, n, platform))
            status = tidy_platform(m, account, platform, id_of(a, &os));
    }
    return status;
}

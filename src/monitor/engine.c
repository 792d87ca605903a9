/* What happens to one resource. */
#include "monitor/engine.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "monitor/reconcile.h"

enum { PLATFORM_MAX = 256 };

/* Families by Inspector's names; others by their own. */
static const struct {
    const char *family, *platform;
    int numbers; /* of the version that count */
} platforms[] = {
    {"amzn", "AMAZON_LINUX", 1}, {"ol", "ORACLE_LINUX", 1},     {"alpine", "ALPINE_LINUX", 2},
    {"sles", "SUSE_SERVER", 2},  {"debian", "DEBIAN", 1},       {"ubuntu", "UBUNTU", 2},
    {"rhel", "RHEL", 1},         {"centos", "CENTOS", 1},       {"rocky", "ROCKY_LINUX", 1},
    {"fedora", "FEDORA", 1},     {"almalinux", "ALMALINUX", 1},
};

static void add_word(struct buf *to, struct str word, int numbers)
{
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        if (c == '.' && numbers && --numbers == 0)
            return;
        if (is_lower(c))
            c = (char)(c - 'a' + 'A');
        buf_add_c(to, is_alnum(c) ? c : '_');
    }
}

struct str engine_platform(struct arena *a, const struct os *os)
{
    _cleanup_(buf_free) struct buf text = buf_new(PLATFORM_MAX);
    struct str name = os->family;
    int numbers = 0;
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
        if (str_is(os->family, platforms[i].family)) {
            name = str_from(platforms[i].platform);
            numbers = platforms[i].numbers;
        }
    add_word(&text, name, 0);
    if (name.n && os->version.n) {
        buf_add_c(&text, '_');
        add_word(&text, os->version, numbers);
    }
    return arena_str(a, buf_str(&text));
}

/* Rules for what the batch touched, then its end. */
static int finish(struct sql *db, account_id account, struct finding_batch *batch, int status,
                  bool *ret_changed)
{
    if (status == 0)
        status = engine_rules_touched(db, account, batch);
    bool changed = finding_batch_changes(batch) > 0;
    finding_batch_end(batch);
    if (status == 0)
        status = sql_status(db);
    if (status == 0 && ret_changed)
        *ret_changed = changed;
    return status;
}

int engine_reconcile(struct sql *db, const struct resource *r, int64_t now, bool *ret_changed)
{
    _cleanup_(reconcile_cleanup) struct reconcile *rc = reconcile_new();
    struct finding_batch *batch = finding_batch_new(db, r->account, now);
    int status = reconcile_resource(rc, db, batch, r, now);
    return finish(db, r->account, batch, status, ret_changed);
}

int engine_inventory(struct sql *db, const struct db *advisories, struct resource *r,
                     const struct inventory *inv, int64_t now, struct engine_work *work, bool *ret_changed)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *fresh;
    size_t n_fresh;
    int64_t inventory = inventory_put(db, a, r->account, r->id, r->inventory, inv, &fresh, &n_fresh);
    int status = sql_status(db);
    if (status == 0)
        status = engine_judge(db, advisories, fresh, n_fresh, false, work);
    if (status < 0)
        return status;
    resource_set_inventory(db, r->id, inventory, engine_platform(a, &inv->os));
    r->inventory = inventory;
    work->resources_touched++;
    return engine_reconcile(db, r, now, ret_changed);
}

int engine_close(struct sql *db, const struct resource *r, bool gone, int64_t now)
{
    struct finding_batch *batch = finding_batch_new(db, r->account, now);
    finding_close_all(batch, r, gone);
    finding_batch_end(batch);
    return sql_status(db);
}

int engine_resource_changed(struct sql *db, const struct resource *before, const struct resource *r,
                            int64_t now)
{
    struct finding_batch *batch = finding_batch_new(db, r->account, now);
    finding_resource_changed(batch, before, r);
    return finish(db, r->account, batch, 0, NULL);
}

int engine_image_used(struct sql *db, const struct resource *r, int64_t now)
{
    struct finding_batch *batch = finding_batch_new(db, r->account, now);
    finding_touch_all(batch, r->id);
    int status = engine_rules_use_moved(db, r->account, batch);
    finding_batch_end(batch);
    return status == 0 ? sql_status(db) : status;
}

struct engine_round {
    struct sql *db;
    account_id account;
    struct finding_batch *batch;
    struct reconcile *reconcile;
};

struct engine_round *engine_round_new(struct sql *db, account_id account, int64_t now)
{
    struct engine_round *round = mem_alloc(sizeof *round);
    *round = (struct engine_round){db, account, finding_batch_new(db, account, now), reconcile_new()};
    return round;
}

int engine_round_network(struct engine_round *round, const struct resource *r, bool followed, bool scores)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct network_paths paths = {0};
    if (followed)
        network_paths(round->db, a, r->account, r->resource_id, &paths);
    finding_network(round->batch, r, paths.at, paths.n, !followed);
    int status = sql_status(round->db);
    return status == 0 && scores ? reconcile_scores(round->reconcile, round->db, round->batch, r) : status;
}

int engine_round_end(struct engine_round *round, int status)
{
    reconcile_free(round->reconcile);
    status = finish(round->db, round->account, round->batch, status, NULL);
    free(round);
    return status;
}

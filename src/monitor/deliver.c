#include "monitor/deliver.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "monitor/reconcile.h"
#include "store/access.h"

enum { INVENTORIES_AT_ONCE = 500 };

struct delivery {
    struct arena *arena;
    struct reconcile *rc;
    struct unapplied *changes; /* in order of package */
    size_t n, at;              /* at: the first one of the package whose holders are next */
    account_id account;
    int64_t inventory;  /* above which */
    struct map visited; /* inventories: each holds many of the packages, and is read once */
};

bool number_new(struct map *set, struct arena *a, int64_t number)
{
    struct str key = {(const char *)&number, sizeof number};
    if (map_get(set, key))
        return false;
    map_set(set, arena_str(a, key), set);
    return true;
}

struct delivery *delivery_new(struct sql *db)
{
    struct delivery *d = mem_alloc(sizeof *d);
    d->arena = arena_new(0);
    d->n = unapplied_list(db, d->arena, UNAPPLIED_AT_ONCE, &d->changes);
    d->rc = reconcile_changes(db, d->changes, d->n);
    d->at = d->n;    /* the first account is next */
    d->account = -1; /* which may be 000000000000 */
    return d;
}

void delivery_free(struct delivery *d)
{
    if (!d)
        return;
    reconcile_free(d->rc);
    map_free(&d->visited);
    arena_free(d->arena);
    free(d);
}

/* The next package, or the first one of the next account; false at the end. */
static bool next_package(struct delivery *d, struct sql *db)
{
    d->inventory = 0;
    if (d->at < d->n) {
        int64_t package = d->changes[d->at].package;
        while (d->at < d->n && d->changes[d->at].package == package)
            d->at++;
    }
    if (d->at < d->n)
        return true;
    if (!d->n || !account_next(db, d->account, &d->account))
        return false;
    d->at = 0;
    return true;
}

static int deliver_to(struct delivery *d, struct sql *db, struct finding_batch *batch,
                      const int64_t *inventories, size_t n, uint64_t begin, struct engine_work *work)
{
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        size_t resources = 0;
        if (i && is_time_up(begin))
            break;
        d->inventory = inventories[i];
        if (number_new(&d->visited, d->arena, inventories[i]))
            status = reconcile_inventory(d->rc, db, batch, d->account, inventories[i], &resources);
        work->resources_touched += resources;
    }
    return status;
}

/* Until the time is up, or the next account's turn has come; *ret_end: there is nobody left. */
static int deliver(struct delivery *d, struct sql *db, struct finding_batch *batch, struct engine_work *work,
                   bool *ret_end)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    account_id account = d->account;
    uint64_t begin = time_monotonic_ns();
    int status = sql_status(db);
    while (status == 0 && d->account == account && !is_time_up(begin)) {
        int64_t *inventories;
        arena_reset(a);
        size_t n = package_inventories(db, a, account, d->changes[d->at].package, d->inventory,
                                       INVENTORIES_AT_ONCE, &inventories);
        status = deliver_to(d, db, batch, inventories, n, begin, work);
        if (!n && !next_package(d, db)) {
            *ret_end = true;
            break;
        }
    }
    return status;
}

int delivery_slice(struct delivery *d, struct sql *db, int64_t now, struct engine_work *work, bool *ret_done)
{
    bool end = d->at >= d->n && !next_package(d, db);
    int status = sql_status(db);
    if (!end && status == 0) {
        account_id account = d->account;
        struct finding_batch *batch = finding_batch_new(db, account, now);
        status = deliver(d, db, batch, work, &end);
        if (status == 0)
            status = engine_rules_touched(db, account, batch);
        work->findings_touched += finding_batch_changes(batch);
        finding_batch_end(batch);
    }
    if (end && status == 0)
        unapplied_remove(db, d->changes, d->n);
    *ret_done = end;
    return status;
}

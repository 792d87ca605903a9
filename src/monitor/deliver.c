#include "monitor/deliver.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "monitor/reconcile.h"
#include "store/access.h"

enum { HOLDERS_AT_ONCE = 128 }; /* of one package, known ahead */

/* A package that changed, and the next of the account's inventories that hold it. */
struct holders {
    int64_t package;
    VEC(int64_t) inventories;
    size_t at;
    int64_t last; /* the rest is above it */
    bool ended;   /* there is none */
};

/* Inventories are visited in the order of their ids, each once, whichever of the packages it holds: what
 * neighbours write is on the same pages, so that a slice reads and writes few. */
struct delivery {
    struct arena *arena;
    struct reconcile *rc;
    struct unapplied *changes; /* in order of package */
    size_t n;
    VEC(struct holders) packages;
    account_id account;
    VEC(int64_t) inventories; /* the next of this account */
    size_t at;
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
    for (size_t i = 0; i < d->n; i++)
        if (!i || d->changes[i].package != d->changes[i - 1].package)
            vec_add(&d->packages, (struct holders){.package = d->changes[i].package, .ended = true});
    d->account = -1; /* before the first one, which may be 000000000000 */
    return d;
}

void delivery_free(struct delivery *d)
{
    if (!d)
        return;
    reconcile_free(d->rc);
    vec_each(h, &d->packages)
    {
        vec_free(&h->inventories);
    }
    vec_free(&d->packages);
    vec_free(&d->inventories);
    arena_free(d->arena);
    free(d);
}

static bool next_account(struct delivery *d, struct sql *db)
{
    vec_each(h, &d->packages)
    {
        h->inventories.n = h->at = 0;
        h->last = 0;
        h->ended = false;
    }
    return d->n && account_next(db, d->account, &d->account);
}

static void read_holders(struct delivery *d, struct sql *db, struct holders *h)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *list;
    size_t n = package_inventories(db, a, d->account, h->package, h->last, HOLDERS_AT_ONCE, &list);
    h->inventories.n = h->at = 0;
    for (size_t i = 0; i < n; i++)
        vec_add(&h->inventories, list[i]);
    h->ended = n < HOLDERS_AT_ONCE;
    if (n)
        h->last = list[n - 1];
}

static int by_number(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* All holders up to the one up to which those of every package are known; false when there are no more. */
static bool next_inventories(struct delivery *d, struct sql *db)
{
    int64_t known = INT64_MAX;
    d->inventories.n = d->at = 0;
    vec_each(h, &d->packages)
    {
        if (h->at == h->inventories.n && !h->ended)
            read_holders(d, db, h);
        if (!h->ended && h->last < known)
            known = h->last;
    }
    vec_each(h, &d->packages)
    {
        for (; h->at < h->inventories.n && h->inventories.at[h->at] <= known; h->at++)
            vec_add(&d->inventories, h->inventories.at[h->at]);
    }
    if (d->inventories.n)
        qsort(d->inventories.at, d->inventories.n, sizeof *d->inventories.at, by_number);
    return d->inventories.n;
}

/* The next inventory; false at the account's end. */
static bool next_inventory(struct delivery *d, struct sql *db, int64_t *ret_inventory)
{
    if (d->at == d->inventories.n && !next_inventories(d, db))
        return false;
    *ret_inventory = d->inventories.at[d->at++];
    while (d->at < d->inventories.n && d->inventories.at[d->at] == *ret_inventory)
        d->at++; /* it holds another one of the packages */
    return true;
}

/* Until the time is up; *ret_end: the account has no more. */
static int deliver(struct delivery *d, const struct slice *slice, struct finding_batch *batch,
                   struct engine_work *work, bool *ret_end)
{
    struct sql *db = slice->db;
    int status = sql_status(db);
    while (status == 0 && !slice_is_over(slice)) {
        size_t resources = 0;
        int64_t inventory;
        if (!next_inventory(d, db, &inventory)) {
            *ret_end = true;
            return sql_status(db);
        }
        status = reconcile_inventory(d->rc, db, batch, d->account, inventory, &resources);
        work->resources_touched += resources;
    }
    return status;
}

int delivery_slice(struct delivery *d, const struct slice *slice, int64_t now, struct engine_work *work,
                   bool *ret_done)
{
    struct sql *db = slice->db;
    bool end = d->account < 0 && !next_account(d, db), account_end = false;
    int status = sql_status(db);
    if (!end && status == 0) {
        struct finding_batch *batch = finding_batch_new(db, d->account, now);
        status = deliver(d, slice, batch, work, &account_end);
        if (status == 0)
            status = engine_rules_touched(db, d->account, batch);
        work->findings_touched += finding_batch_changes(batch);
        finding_batch_end(batch);
        end = account_end && !next_account(d, db);
    }
    if (end && status == 0)
        unapplied_remove(db, d->changes, d->n);
    *ret_done = end;
    return status;
}

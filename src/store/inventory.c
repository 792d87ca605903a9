/* Inventories by content: a list of distinct packages, and what each place adds to them. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "store/holdings.h"
#include "store/package_row.h"
#include "store/packed.h"

enum { PACKAGE_BYTES_MAX = 16 << 20 };

static struct str layer_of(const struct inventory *inv, const struct package *p)
{
    return p->layer < inv->layers.n ? inv->layers.at[p->layer] : (struct str){NULL, 0};
}

/* One package as bytes that equal ones share. */
static struct str package_bytes(struct arena *a, struct buf *scratch, const struct inventory *inv,
                                const struct package *p)
{
    const struct str texts[] = {
        p->type,           p->namespace,     p->name,
        p->version,        p->arch,          p->source,
        p->source_version, p->modularity,    p->vendor,
        p->path,           layer_of(inv, p), p->owner,
        p->license,        p->digest,        str_from(package_manager_name(p->manager))};
    scratch->n = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        field_add(scratch, texts[i]);
    buf_add_c(scratch, (char)(p->dev | p->unresolved << 1));
    return arena_str(a, buf_str(scratch));
}

void inventory_digest(const struct inventory *inv, unsigned char ret_digest[INVENTORY_DIGEST])
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf scratch = buf_new(PACKAGE_BYTES_MAX);
    struct str *packages = arena_new_array(a, struct str, inv->packages.n);
    for (size_t i = 0; i < inv->packages.n; i++)
        packages[i] = package_bytes(a, &scratch, inv, &inv->packages.at[i]);
    if (inv->packages.n)
        qsort(packages, inv->packages.n, sizeof *packages, str_order);

    struct sha256 *h = sha256_new();
    const struct os *os = &inv->os;
    const struct str system[] = {os->family, os->version, os->codename, os->name, os->like, inv->target_kind};
    scratch.n = 0;
    for (size_t i = 0; i < sizeof system / sizeof *system; i++)
        field_add(&scratch, system[i]);
    sha256_update(h, scratch.p, scratch.n);
    for (size_t i = 0; i < inv->packages.n; i++)
        if (!i || !str_eq(packages[i], packages[i - 1]))
            sha256_update(h, packages[i].p, packages[i].n);
    sha256_finish(h, ret_digest);
}

int64_t inventory_find(struct sql *db, account_id account, const unsigned char digest[INVENTORY_DIGEST])
{
    struct statement *s = sql_prepare(db, "SELECT id FROM inventory WHERE account = ?1 AND digest = ?2");
    sql_bind_int(s, 1, account);
    sql_bind_blob(s, 2, digest, INVENTORY_DIGEST);
    return sql_run_int(s, 0);
}

static int by_package(const void *left, const void *right)
{
    const struct holdings_line *a = left, *b = right;
    if (a->holding.package != b->holding.package)
        return a->holding.package < b->holding.package ? -1 : 1;
    int order = str_cmp(a->holding.path, b->holding.path);
    return order ? order : str_cmp(a->holding.layer, b->holding.layer);
}

/* One line a package and place; it is owned or for development only when all are that say the same. */
static size_t drop_repeated(struct holdings_line *lines, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct holdings_line *last = kept ? &lines[kept - 1] : NULL;
        if (last && by_package(last, &lines[i]) == 0) {
            last->holding.owned = last->holding.owned && lines[i].holding.owned;
            last->holding.dev = last->holding.dev && lines[i].holding.dev;
        } else
            lines[kept++] = lines[i];
    }
    return kept;
}

/* The lines with the rows of their packages, of which `held` has all: also those that are listed only. */
static struct holdings lines_of(struct sql *db, struct arena *a, const struct inventory *inv,
                                int64_t **ret_new, size_t *ret_n_new, int64_t **ret_held)
{
    _cleanup_(buf_free) struct buf scratch = buf_new(PACKAGE_BYTES_MAX);
    struct holdings h = {.os = inv->os,
                         .target_kind = inv->target_kind,
                         .lines = arena_new_array(a, struct holdings_line, inv->packages.n),
                         .n = inv->packages.n};
    int64_t *fresh = arena_new_array(a, int64_t, h.n), *held = arena_new_array(a, int64_t, h.n);
    size_t n_new = 0;
    for (size_t i = 0; i < h.n; i++) {
        const struct package *p = &inv->packages.at[i];
        bool is_new;
        int64_t id = package_put(db, &scratch, &inv->os, p, &is_new);
        if (is_new)
            fresh[n_new++] = id;
        held[i] = id;
        h.lines[i] = (struct holdings_line){.holding = {.package = id,
                                                        .path = p->path,
                                                        .layer = layer_of(inv, p),
                                                        .manager = p->manager,
                                                        .owned = p->owner.n > 0,
                                                        .dev = p->dev},
                                            .owner = p->owner,
                                            .license = p->license,
                                            .digest = p->digest};
    }
    *ret_new = fresh, *ret_n_new = n_new;
    *ret_held = held;
    return h;
}

static void put_holdings(struct sql *db, account_id account, int64_t inventory, const int64_t *packages,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct statement *s = sql_prepare(db, "INSERT INTO holding (account, package, inventory)"
                                              " VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
        sql_bind_int(s, 1, account);
        sql_bind_int(s, 2, packages[i]);
        sql_bind_int(s, 3, inventory);
        sql_run(s);
    }
}

/* An inventory on its way to its rows. */
struct written {
    unsigned char digest[INVENTORY_DIGEST];
    size_t packages;
    struct buf content;
    int64_t *held; /* packages, some more than once */
    size_t n_held;
};

static void written_free(struct written *w)
{
    buf_free(&w->content);
}

static int write_content(struct sql *db, struct arena *a, const struct inventory *inv, struct written *w,
                         int64_t **ret_new, size_t *ret_n_new)
{
    struct holdings h = lines_of(db, a, inv, ret_new, ret_n_new, &w->held);
    w->n_held = h.n;
    if (h.n)
        qsort(h.lines, h.n, sizeof *h.lines, by_package);
    h.n = drop_repeated(h.lines, h.n);
    w->packages = h.n;
    w->content = buf_new(PACKED_MAX);
    int status = holdings_encode(&h, &w->content);
    return status < 0 ? sql_fail(db, status) : 0;
}

static int64_t run_with_content(struct statement *s, int64_t first, const struct written *w)
{
    sql_bind_int(s, 1, first);
    sql_bind_blob(s, 2, w->digest, sizeof w->digest);
    sql_bind_int(s, 3, (int64_t)w->packages);
    sql_bind_blob(s, 4, w->content.p, w->content.n);
    return sql_run_int(s, 0);
}

static bool is_only_of(struct sql *db, struct arena *a, account_id account, int64_t inventory,
                       int64_t resource)
{
    int64_t *resources;
    size_t n = inventory_resources(db, a, account, inventory, &resources);
    return n == 1 && resources[0] == resource;
}

static int by_number(const void *left, const void *right)
{
    int64_t x = *(const int64_t *)left, y = *(const int64_t *)right;
    return x < y ? -1 : x > y;
}

static void drop_holding(struct sql *db, account_id account, int64_t inventory, int64_t package)
{
    struct statement *s =
        sql_prepare(db, "DELETE FROM holding WHERE account = ?1 AND package = ?2 AND inventory = ?3");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, package);
    sql_bind_int(s, 3, inventory);
    sql_run(s);
}

/* From the packages of the lines before to those that are held now. */
static void change_holdings(struct sql *db, account_id account, int64_t inventory,
                            const struct holding *before, size_t n_before, int64_t *held, size_t n)
{
    size_t i = 0, k = 0;
    if (n)
        qsort(held, n, sizeof *held, by_number);
    while (i < n_before || k < n) {
        int64_t had = i < n_before ? before[i].package : INT64_MAX, has = k < n ? held[k] : INT64_MAX;
        if (had < has)
            drop_holding(db, account, inventory, had);
        if (has < had)
            put_holdings(db, account, inventory, &has, 1);
        for (; had <= has && i < n_before && before[i].package == had; i++)
            ;
        for (; has <= had && k < n && held[k] == has; k++)
            ;
    }
}

int64_t inventory_put(struct sql *db, struct arena *a, account_id account, int64_t resource,
                      int64_t inventory, const struct inventory *inv, int64_t **ret_new_packages,
                      size_t *ret_n_new)
{
    _cleanup_(written_free) struct written w = {0};
    struct holding *before = NULL;
    size_t n_before = 0;
    inventory_digest(inv, w.digest);
    int64_t id = inventory_find(db, account, w.digest);
    *ret_n_new = 0;
    if (id)
        return id;
    bool change = inventory && is_only_of(db, a, account, inventory, resource) &&
                  inventory_read(db, a, account, inventory, &before, &n_before, NULL) == 0;
    if (write_content(db, a, inv, &w, ret_new_packages, ret_n_new) < 0)
        return 0;
    if (!change) {
        id = run_with_content(sql_prepare(db, "INSERT INTO inventory (account, digest, packages, content)"
                                              " VALUES (?1, ?2, ?3, ?4) RETURNING id"),
                              account, &w);
        put_holdings(db, account, id, w.held, w.n_held);
        return id;
    }
    run_with_content(
        sql_prepare(db, "UPDATE inventory SET digest = ?2, packages = ?3, content = ?4 WHERE id = ?1"),
        inventory, &w);
    change_holdings(db, account, inventory, before, n_before, w.held, w.n_held);
    /* What was reported last is not what is there now. */
    struct statement *s = sql_prepare(db, "UPDATE resource SET report = NULL WHERE id = ?1");
    sql_bind_int(s, 1, resource);
    sql_run(s);
    return inventory;
}

static int inventory_lines(struct sql *db, struct arena *a, account_id account, int64_t inventory,
                           struct holdings *ret_holdings)
{
    struct statement *s = sql_prepare(db, "SELECT content FROM inventory WHERE id = ?1 AND account = ?2");
    sql_bind_int(s, 1, inventory);
    sql_bind_int(s, 2, account);
    if (!sql_next(s)) {
        int status = sql_status(db);
        return status < 0 ? status : err_set(ERR_MISSING, "no inventory %lld", (long long)inventory);
    }
    int status = holdings_decode(a, sql_str(s, 0), ret_holdings);
    sql_reset(s);
    return status;
}

int inventory_read(struct sql *db, struct arena *a, account_id account, int64_t inventory,
                   struct holding **ret_holdings, size_t *ret_n, struct os *ret_os)
{
    struct holdings h;
    int status = inventory_lines(db, a, account, inventory, &h);
    if (status < 0)
        return status;
    struct holding *list = arena_new_array(a, struct holding, h.n);
    for (size_t i = 0; i < h.n; i++)
        list[i] = h.lines[i].holding;
    *ret_holdings = list;
    *ret_n = h.n;
    if (ret_os)
        *ret_os = h.os;
    return 0;
}

/* The number of a layer, appended when it is new: lines of one layer come in no order. */
static uint32_t layer_number(struct inventory *inv, struct str layer)
{
    if (!layer.n)
        return NO_LAYER;
    for (uint32_t i = 0; i < inv->layers.n; i++)
        if (str_eq(inv->layers.at[i], layer))
            return i;
    vec_add(&inv->layers, arena_str(inv->arena, layer));
    return (uint32_t)inv->layers.n - 1;
}

static struct os os_copy(struct arena *a, const struct os *os)
{
    return (struct os){arena_str(a, os->family), arena_str(a, os->version), arena_str(a, os->codename),
                       arena_str(a, os->name), arena_str(a, os->like)};
}

int inventory_load(struct sql *db, account_id account, int64_t inventory, struct inventory **ret_inventory)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct holdings h;
    int status = inventory_lines(db, a, account, inventory, &h);
    if (status < 0)
        return status;
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    inv->os = os_copy(inv->arena, &h.os);
    inv->target_kind = arena_str(inv->arena, h.target_kind);
    for (size_t i = 0; i < h.n; i++) {
        const struct holdings_line *l = &h.lines[i];
        struct package p;
        struct os of_package;
        if (!package_row(db, a, l->holding.package, &p, &of_package))
            return sql_status(db) < 0 ? sql_status(db)
                                      : err_set(ERR_INVALID, "inventory %lld: damaged, no package %lld",
                                                (long long)inventory, (long long)l->holding.package);
        p.path = l->holding.path;
        p.layer = layer_number(inv, l->holding.layer);
        p.manager = l->holding.manager;
        p.dev = l->holding.dev;
        p.owner = l->owner;
        p.license = l->license;
        p.digest = l->digest;
        inventory_add(inv, &p);
    }
    inventory_finish(inv);
    *ret_inventory = inv;
    inv = NULL;
    return 0;
}

size_t inventory_resources(struct sql *db, struct arena *a, account_id account, int64_t inventory,
                           int64_t **ret_resources)
{
    struct statement *s =
        sql_prepare(db, "SELECT id FROM resource WHERE account = ?1 AND inventory = ?2 ORDER BY id");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, inventory);
    return ids_of(s, a, ret_resources);
}

static void inventory_remove(struct sql *db, struct arena *a, account_id account, int64_t inventory)
{
    struct holding *lines;
    size_t n;
    if (inventory_read(db, a, account, inventory, &lines, &n, NULL) < 0) {
        /* Damaged: its holdings are found the slow way. */
        struct statement *s = sql_prepare(db, "DELETE FROM holding WHERE account = ?1 AND inventory = ?2");
        sql_bind_int(s, 1, account);
        sql_bind_int(s, 2, inventory);
        sql_run(s);
        n = 0;
    }
    for (size_t i = 0; i < n; i++)
        drop_holding(db, account, inventory, lines[i].package);
    struct statement *s = sql_prepare(db, "DELETE FROM inventory WHERE id = ?1");
    sql_bind_int(s, 1, inventory);
    sql_run(s);
}

/* The account of an inventory that no resource has; -1 when it is in use. */
static account_id unused_of(struct sql *db, int64_t inventory)
{
    struct statement *s =
        sql_prepare(db, "SELECT account FROM inventory i WHERE id = ?1 AND NOT EXISTS"
                        " (SELECT 1 FROM resource r WHERE r.account = i.account AND r.inventory = i.id)");
    sql_bind_int(s, 1, inventory);
    return sql_run_int(s, -1);
}

bool inventory_trim(struct sql *db, int64_t *after, size_t max)
{
    enum { REMOVED_MAX = 20 }; /* each has hundreds of holdings */
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    size_t removed = 0, i = 0;
    int64_t *ids;
    struct statement *s = sql_prepare(db, "SELECT id FROM inventory WHERE id > ?1 ORDER BY id LIMIT ?2");
    sql_bind_int(s, 1, *after);
    sql_bind_int(s, 2, (int64_t)max);
    size_t n = ids_of(s, a, &ids);
    for (; i < n && removed < REMOVED_MAX; i++) {
        account_id account = unused_of(db, ids[i]);
        *after = ids[i];
        if (account < 0)
            continue;
        inventory_remove(db, a, account, ids[i]);
        removed++;
    }
    return i < n || n == max;
}

/* Distinct packages: rows that all inventories share, with their names and matches. */
#include "store/package_row.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"

/* Everything that the matcher uses of a package, and what tells packages apart for people. */
enum { PACKAGE_TEXTS = 13 };

static bool is_of_distribution(const struct package *p)
{
    return str_is(p->type, "deb") || str_is(p->type, "rpm") || str_is(p->type, "apk");
}

void field_add(struct buf *to, struct str text)
{
    uint32_t n = (uint32_t)text.n;
    buf_add(to, &n, sizeof n);
    buf_add_str(to, text);
}

/* In the order of the columns from `type` to `os_like`, without `unresolved`. Packages of languages are the
 * same on every system. */
static void package_texts(const struct os *os, const struct package *p, struct str ret_texts[PACKAGE_TEXTS])
{
    static const struct os none;
    if (!is_of_distribution(p))
        os = &none;
    const struct str texts[PACKAGE_TEXTS] = {
        p->type,       p->namespace, p->name,    p->version,  p->arch,      p->source, p->source_version,
        p->modularity, p->vendor,    os->family, os->version, os->codename, os->like,
    };
    memcpy(ret_texts, texts, sizeof texts);
}

static struct version_parts parts_of(const struct package *p)
{
    struct version_parts parts = {.epoch = -1, .upstream = p->version};
    struct str head, tail;
    uint64_t epoch;
    if (!is_of_distribution(p))
        return parts;
    parts.epoch = 0;
    if (str_cut(parts.upstream, ':', &head, &tail) && str_u64(head, &epoch) && epoch <= INT32_MAX) {
        parts.epoch = (int64_t)epoch;
        parts.upstream = tail;
    }
    ptrdiff_t dash = str_rfind(parts.upstream, '-');
    if (dash > 0) {
        parts.release = str_slice(parts.upstream, (size_t)dash + 1, parts.upstream.n);
        parts.upstream = str_slice(parts.upstream, 0, (size_t)dash);
    }
    return parts;
}

static int64_t package_insert(struct sql *db, const unsigned char *digest, const struct str *texts,
                              const struct package *p)
{
    struct version_parts parts = parts_of(p);
    struct statement *s = sql_prepare(
        db, "INSERT INTO package (digest, type, namespace, name, version, arch, source, source_version,"
            " modularity, vendor, os_family, os_version, os_codename, os_like, unresolved, epoch, upstream,"
            " release) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
            " ?18) RETURNING id");
    sql_bind_blob(s, 1, digest, SHA256_SIZE);
    for (int i = 0; i < PACKAGE_TEXTS; i++)
        sql_bind_str(s, 2 + i, texts[i]);
    sql_bind_int(s, 15, p->unresolved);
    if (parts.epoch < 0)
        sql_bind_null(s, 16);
    else
        sql_bind_int(s, 16, parts.epoch);
    sql_bind_str(s, 17, parts.upstream);
    sql_bind_optional(s, 18, parts.release);
    return sql_run_int(s, 0);
}

int64_t package_put(struct sql *db, struct buf *scratch, const struct os *os, const struct package *p,
                    bool *ret_new)
{
    struct str texts[PACKAGE_TEXTS];
    package_texts(os, p, texts);
    scratch->n = 0;
    for (size_t i = 0; i < PACKAGE_TEXTS; i++)
        field_add(scratch, texts[i]);
    buf_add_c(scratch, p->unresolved);
    unsigned char digest[SHA256_SIZE];
    sha256_of(buf_str(scratch), digest);

    struct statement *s = sql_prepare(db, "SELECT id FROM package WHERE digest = ?1");
    sql_bind_blob(s, 1, digest, sizeof digest);
    int64_t id = sql_run_int(s, 0);
    *ret_new = !id;
    return id ? id : package_insert(db, digest, texts, p);
}

bool package_row(struct sql *db, struct arena *a, int64_t id, struct package *ret_package, struct os *ret_os)
{
    struct package p = {.layer = NO_LAYER};
    struct os os = {0};
    struct statement *s =
        sql_prepare(db, "SELECT type, namespace, name, version, arch, source, source_version, modularity,"
                        " vendor, os_family, os_version, os_codename, os_like, unresolved FROM package"
                        " WHERE id = ?1");
    sql_bind_int(s, 1, id);
    if (!sql_next(s))
        return false;
    struct str *const texts[PACKAGE_TEXTS] = {
        &p.type,       &p.namespace, &p.name,    &p.version,  &p.arch,      &p.source, &p.source_version,
        &p.modularity, &p.vendor,    &os.family, &os.version, &os.codename, &os.like,
    };
    for (int i = 0; i < PACKAGE_TEXTS; i++)
        *texts[i] = arena_str(a, sql_str(s, i));
    p.unresolved = sql_int(s, PACKAGE_TEXTS);
    sql_reset(s);
    if (is_of_distribution(&p))
        p.manager = PM_OS;
    *ret_package = p;
    *ret_os = os;
    return true;
}

int package_load(struct sql *db, int64_t package, struct inventory **ret_inventory)
{
    struct inventory *inv = inventory_new();
    struct package p;
    if (!package_row(db, inv->arena, package, &p, &inv->os)) {
        inventory_free(inv);
        int status = sql_status(db);
        return status < 0 ? status : err_set(ERR_MISSING, "no package %lld", (long long)package);
    }
    vec_add(&inv->packages, p);
    *ret_inventory = inv;
    return 0;
}

struct str package_shown(struct sql *db, struct arena *a, int64_t package)
{
    struct str title = {0};
    struct statement *s = sql_prepare(db, "SELECT title FROM package WHERE id = ?1");
    sql_bind_int(s, 1, package);
    if (sql_next(s))
        title = arena_str(a, sql_str(s, 0));
    sql_reset(s);
    return title;
}

void package_set_names(struct sql *db, int64_t package, const struct str *ecosystems, const struct str *names,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct statement *s = sql_prepare(db, "INSERT INTO package_name (ecosystem, name, package)"
                                              " VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
        sql_bind_str(s, 1, ecosystems[i]);
        sql_bind_str(s, 2, names[i]);
        sql_bind_int(s, 3, package);
        sql_run(s);
    }
}

size_t package_named(struct sql *db, struct arena *a, struct str ecosystem, struct str name,
                     int64_t **ret_packages)
{
    struct statement *s = sql_prepare(
        db, "SELECT package FROM package_name WHERE ecosystem = ?1 AND name = ?2 ORDER BY package");
    sql_bind_str(s, 1, ecosystem);
    sql_bind_str(s, 2, name);
    return ids_of(s, a, ret_packages);
}

size_t package_sources(struct sql *db, struct arena *a, account_id account, struct str ecosystem,
                       const struct package *p, struct package_source **ret_sources)
{
    VEC(struct package_source) list = {0};
    struct statement *s = sql_prepare(
        db, "SELECT source, version, source_version FROM package p WHERE title = ?1 AND type = ?2"
            " AND source <> '' AND source_version <> ?3"
            " AND EXISTS (SELECT 1 FROM holding h WHERE h.account = ?4 AND h.package = p.id)"
            " AND EXISTS (SELECT 1 FROM package_name n WHERE n.package = p.id AND n.ecosystem = ?5)"
            " GROUP BY source, version, source_version"
            " ORDER BY MAX(id) DESC LIMIT 1000");
    sql_bind_str(s, 1, p->name);
    sql_bind_str(s, 2, p->type);
    sql_bind_str(s, 3, VERSION_NOT_TOLD);
    sql_bind_int(s, 4, account);
    sql_bind_str(s, 5, ecosystem);
    while (sql_next(s))
        vec_add(&list, (struct package_source){arena_str(a, sql_str(s, 0)), arena_str(a, sql_str(s, 1)),
                                               arena_str(a, sql_str(s, 2))});
    return rows_finish(a, &list, ret_sources);
}

size_t package_list(struct sql *db, struct arena *a, int64_t after, size_t max, int64_t **ret_packages)
{
    struct statement *s = sql_prepare(db, "SELECT id FROM package WHERE id > ?1 ORDER BY id LIMIT ?2");
    sql_bind_int(s, 1, after);
    sql_bind_int(s, 2, (int64_t)max);
    return ids_of(s, a, ret_packages);
}

size_t package_matches(struct sql *db, struct arena *a, int64_t package, struct package_match **ret_matches)
{
    struct statement *s = sql_prepare(db, "SELECT vulnerability, unknown, fixed, reason FROM package_match"
                                          " WHERE package = ?1 ORDER BY vulnerability");
    VEC(struct package_match) list = {0};
    sql_bind_int(s, 1, package);
    while (sql_next(s))
        vec_add(&list, (struct package_match){.vulnerability = sql_int(s, 0),
                                              .unknown = sql_int(s, 1),
                                              .fixed = arena_str(a, sql_str(s, 2)),
                                              .reason = arena_str(a, sql_str(s, 3))});
    return rows_finish(a, &list, ret_matches);
}

static bool matches_equal(const struct package_match *x, const struct package_match *y)
{
    return x->vulnerability == y->vulnerability && x->unknown == y->unknown && str_eq(x->fixed, y->fixed) &&
           str_eq(x->reason, y->reason);
}

static void match_insert(struct sql *db, int64_t package, const struct package_match *m)
{
    struct statement *s = sql_prepare(db, "INSERT INTO package_match (package, vulnerability, unknown, fixed,"
                                          " reason) VALUES (?1, ?2, ?3, ?4, ?5)");
    sql_bind_int(s, 1, package);
    sql_bind_int(s, 2, m->vulnerability);
    sql_bind_int(s, 3, m->unknown);
    sql_bind_optional(s, 4, m->fixed);
    sql_bind_str(s, 5, m->reason);
    sql_run(s);
}

bool package_set_matches(struct sql *db, int64_t package, const struct package_match *matches, size_t n)
{
    struct arena *a = arena_new(0);
    struct package_match *before;
    size_t n_before = package_matches(db, a, package, &before);
    bool same = n == n_before;
    for (size_t i = 0; same && i < n; i++)
        same = matches_equal(&matches[i], &before[i]);
    arena_free(a);
    if (same)
        return false;
    if (n_before) {
        struct statement *s = sql_prepare(db, "DELETE FROM package_match WHERE package = ?1");
        sql_bind_int(s, 1, package);
        sql_run(s);
    }
    for (size_t i = 0; i < n; i++)
        match_insert(db, package, &matches[i]);
    return true;
}

size_t packages_matching(struct sql *db, struct arena *a, int64_t vulnerability,
                         struct package_fix **ret_packages)
{
    struct statement *s =
        sql_prepare(db, "SELECT package, fixed FROM package_match WHERE vulnerability = ?1 ORDER BY package");
    VEC(struct package_fix) list = {0};
    sql_bind_int(s, 1, vulnerability);
    while (sql_next(s))
        vec_add(&list, (struct package_fix){sql_int(s, 0), arena_str(a, sql_str(s, 1))});
    return rows_finish(a, &list, ret_packages);
}

size_t package_inventories(struct sql *db, struct arena *a, account_id account, int64_t package,
                           int64_t after, size_t max, int64_t **ret_inventories)
{
    struct statement *s = sql_prepare(db, "SELECT inventory FROM holding WHERE account = ?1 AND package = ?2"
                                          " AND inventory > ?3 ORDER BY inventory LIMIT ?4");
    sql_bind_int(s, 1, account);
    sql_bind_int(s, 2, package);
    sql_bind_int(s, 3, after);
    sql_bind_int(s, 4, (int64_t)max);
    return ids_of(s, a, ret_inventories);
}

/* Accounts come first, which SQLite holds to in a CROSS JOIN: else it may read all that is held for a
 * package. */
static bool package_is_used(struct sql *db, int64_t package)
{
    struct statement *s = sql_prepare(
        db, "SELECT 1 WHERE EXISTS (SELECT 1 FROM unapplied WHERE package = ?1) OR EXISTS (SELECT 1 FROM"
            " account a CROSS JOIN holding h WHERE h.account = a.id AND h.package = ?1) OR EXISTS (SELECT 1"
            " FROM account a CROSS JOIN finding_package f WHERE f.account = a.id AND f.package = ?1)");
    sql_bind_int(s, 1, package);
    return sql_run_int(s, 0);
}

static void package_remove(struct sql *db, int64_t package)
{
    static const char *const texts[] = {
        "DELETE FROM package_name WHERE package = ?1",
        "DELETE FROM package_match WHERE package = ?1",
        "DELETE FROM package WHERE id = ?1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct statement *s = sql_prepare(db, texts[i]);
        sql_bind_int(s, 1, package);
        sql_run(s);
    }
}

bool package_trim(struct sql *db, int64_t *after, size_t max)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    int64_t *ids;
    size_t n = package_list(db, a, *after, max, &ids);
    for (size_t i = 0; i < n; i++) {
        if (!package_is_used(db, ids[i]))
            package_remove(db, ids[i]);
        *after = ids[i];
    }
    return n == max;
}

void unapplied_add(struct sql *db, int64_t package, struct str vulnerability_id)
{
    struct statement *s = sql_prepare(
        db, "INSERT INTO unapplied (package, vulnerability_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
    sql_bind_int(s, 1, package);
    sql_bind_str(s, 2, vulnerability_id);
    sql_run(s);
}

size_t unapplied_list(struct sql *db, struct arena *a, size_t max, struct unapplied **ret_list)
{
    struct statement *s = sql_prepare(
        db, "SELECT package, vulnerability_id FROM unapplied ORDER BY package, vulnerability_id LIMIT ?1");
    VEC(struct unapplied) list = {0};
    sql_bind_int(s, 1, (int64_t)max);
    while (sql_next(s))
        vec_add(&list, (struct unapplied){sql_int(s, 0), arena_str(a, sql_str(s, 1))});
    return rows_finish(a, &list, ret_list);
}

void unapplied_remove(struct sql *db, const struct unapplied *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct statement *s =
            sql_prepare(db, "DELETE FROM unapplied WHERE package = ?1 AND vulnerability_id = ?2");
        sql_bind_int(s, 1, list[i].package);
        sql_bind_str(s, 2, list[i].vulnerability_id);
        sql_run(s);
    }
}

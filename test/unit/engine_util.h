/* Small worlds for the engine: advisory databases from tables, inventories from words, resources. */
#ifndef ASSAY_TEST_ENGINE_UTIL_H
#define ASSAY_TEST_ENGINE_UTIL_H

#include "advisory/db.h"
#include "monitor/engine.h"
#include "store/access.h"
#include "store_util.h"

static const account_id mine = 123456789012;

#define NETWORK_9_8  "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define NETWORK_7_5  "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
#define LOCAL_5_5    "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H"
#define PHYSICAL_1_6 "CVSS:3.1/AV:P/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N"

struct told {
    const char *id, *cve, *ecosystem, *package, *introduced, *fixed; /* fixed NULL: there is no fix */
    const char *vector;
    double epss; /* 0: none */
    bool exploit;
};

__attribute__((unused)) static struct db *database(const char *path, const struct told *rows, size_t n)
{
    struct db_writer *w = db_writer_new(&(struct db_writer_options){0});
    struct db_feed feed = {.name = STR("osv/test"), .date = TIME_NONE};
    db_writer_feed(w, &feed);
    for (size_t i = 0; i < n; i++) {
        const struct told *t = &rows[i];
        struct str cve = str_from(t->cve);
        struct advisory_range range = {.introduced = str_from(t->introduced), .fixed = str_from(t->fixed)};
        struct advisory_affected affected = {.ecosystem = str_from(t->ecosystem),
                                             .name = str_from(t->package),
                                             .ranges = &range,
                                             .n_ranges = 1};
        struct advisory_severity severity = {.source = STR("nvd@nist.gov"), .vector = str_from(t->vector)};
        struct advisory_reference reference = {STR("EXPLOIT"), STR("https://example.org/exploit")};
        struct advisory v = {.id = str_from(t->id),
                             .source_url = STR("https://example.org/advisory"),
                             .published = 1700000000,
                             .modified = 1700000000,
                             .withdrawn = TIME_NONE,
                             .upstream = &cve,
                             .n_upstream = cve.n > 0,
                             .affected = &affected,
                             .n_affected = 1,
                             .kev = {.added = TIME_NONE, .due = TIME_NONE}};
        assert_int_equal(db_writer_add(w, &v), 0);
        struct advisory own = {.id = cve,
                               .published = 1600000000,
                               .modified = 1600000000,
                               .withdrawn = TIME_NONE,
                               .severities = &severity,
                               .n_severities = t->vector != NULL,
                               .references = &reference,
                               .n_references = t->exploit,
                               .summary = STR("What goes wrong."),
                               .kev = {.added = TIME_NONE, .due = TIME_NONE}};
        if (cve.n)
            assert_int_equal(db_writer_add(w, &own), 0);
        if (t->epss > 0)
            assert_int_equal(db_writer_epss(w, cve, t->epss, 0.5), 0);
    }
    assert_int_equal(db_writer_finish(w, path), 0);
    db_writer_free(w);
    struct db *db = NULL;
    if (db_open(path, &db) < 0)
        fail_msg("%s", err_text());
    return db;
}

/* "npm/lib/1.0.0 deb/libx/1.0-1/src": type, name, version, source; Debian 12. */
__attribute__((unused)) static struct inventory *holding_of(const char *words)
{
    struct inventory *inv = inventory_new();
    struct str rest = str_from(words), word;
    inv->os = (struct os){.family = STR("debian"), .version = STR("12"), .codename = STR("bookworm")};
    while (str_next(&rest, ' ', &word)) {
        struct package p = {.layer = NO_LAYER};
        str_next(&word, '/', &p.type);
        str_next(&word, '/', &p.name);
        str_next(&word, '/', &p.version);
        str_next(&word, '/', &p.source);
        bool os = str_is(p.type, "deb");
        p.manager = os ? PM_OS : PM_NODEPKG;
        p.path = os ? STR("var/lib/dpkg/status") : arena_printf(inv->arena, "app/%.*s", STR_ARG(p.name));
        inventory_add(inv, &p);
    }
    inventory_finish(inv);
    return inv;
}

__attribute__((unused)) static struct resource machine(struct sql *db, const char *id)
{
    bool is_new, changed;
    struct resource r = {.account = mine,
                         .type = RESOURCE_AWS_EC2_INSTANCE,
                         .resource_id = str_from(id),
                         .ami = STR("ami-1"),
                         .details = STR("{}"),
                         .pushed = TIME_NONE,
                         .pulled = TIME_NONE,
                         .last_in_use = TIME_NONE,
                         .in_use_count = -1,
                         .modified = TIME_NONE};
    struct coverage c = {SCAN_STATUS_ACTIVE, REASON_SUCCESSFUL, MODE_NONE, TIME_NONE, {0}};
    r.id = resource_put(db, &r, &is_new, &changed);
    coverage_put(db, &r, SCAN_PACKAGE, &c, 1);
    return r;
}

/* The only number of a statement, for what tests ask of the tables. */
__attribute__((unused)) static int64_t number(struct sql *db, const char *text)
{
    return sql_run_int(sql_prepare(db, text), -1);
}
/* As it is committed. */
__attribute__((unused)) static int64_t number_in(struct store *s, const char *text)
{
    struct sql *db = store_reader(s);
    int64_t n = number(db, text);
    store_release(db);
    return n;
}

#endif

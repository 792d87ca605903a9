#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "advisory/db.h"
#include "advisory/format.h"
#include "advisory/reader.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"

/* STR() as a constant initialiser. */
#define S(literal)                                                                                           \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

enum { DAY = 86400 };

static char path_text[2][64];

/* A database made by `fill`, opened; number 0 or 1 chooses the file. */
static struct db *make(int number, bool facts_only, void (*fill)(struct db_writer *w, int number))
{
    struct db_writer *w = db_writer_new(&(struct db_writer_options){.facts_only = facts_only});
    struct db *db = NULL;
    snprintf(path_text[number], sizeof path_text[number], "/tmp/assay-test-%d-%d.db", (int)getpid(), number);
    fill(w, number);
    if (db_writer_finish(w, path_text[number]) < 0 || db_open(path_text[number], &db) < 0)
        fail_msg("%s", err_text());
    db_writer_free(w);
    unlink(path_text[number]);
    return db;
}

static void add(struct db_writer *w, const struct advisory *a)
{
    if (db_writer_add(w, a) < 0)
        fail_msg("%s", err_text());
}

#define NO_KEV                                                                                               \
    {                                                                                                        \
        .added = TIME_NONE, .due = TIME_NONE                                                                 \
    }

static const struct advisory_range ranges_lodash[] = {
    {.introduced = S("0"), .fixed = S("4.17.21")},
    {.introduced = S("5.0.0"), .last_affected = S("5.1.0"), .after = true}};
static const struct str versions_lodash[] = {S("4.17.20"), S("nonsense")};
static const struct advisory_severity severities[] = {
    {.source = S("GHSA"), .vector = S("CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H")},
    {.source = S("GHSA"), .rating = S("high")}};
static const struct advisory_affected affected_lodash[] = {{.ecosystem = S("npm"),
                                                            .name = S("lodash"),
                                                            .scheme = S("semver"),
                                                            .ranges = ranges_lodash,
                                                            .n_ranges = 2,
                                                            .versions = versions_lodash,
                                                            .n_versions = 2},
                                                           {.ecosystem = S("npm"),
                                                            .name = S("lodash-es"),
                                                            .module = S("m:1"),
                                                            .arch = S("x86_64"),
                                                            .purl_type_qualifier = S("repo=extras"),
                                                            .fix = FIX_UNFIXED,
                                                            .binary = true,
                                                            .ranges = ranges_lodash,
                                                            .n_ranges = 1,
                                                            .severities = severities,
                                                            .n_severities = 1}};
static const struct str aliases_lodash[] = {S("CVE-2021-23337")};
static const struct str related_lodash[] = {S("CVE-2020-1")};
static const struct str cwes_lodash[] = {S("CWE-77"), S("CWE-0094"), S("NVD-CWE-Other")};
static const struct advisory_reference references_lodash[] = {
    {S("WEB"), S("https://nvd.nist.gov/vuln/detail/CVE-2021-23337")},
    {S("ADVISORY"), S("https://example.org/GHSA-35jh-r3h4-6jhm.json")},
    {S("WEB"), S("https://example.org/not\x02kept")}};

static const struct advisory ghsa = {
    .id = S("GHSA-35jh-r3h4-6jhm"),
    .source_url = S("https://github.com/advisories/GHSA-35jh-r3h4-6jhm"),
    .published = 18753 * DAY + 3661,
    .modified = 19000 * DAY,
    .withdrawn = TIME_NONE,
    .aliases = aliases_lodash,
    .n_aliases = 1,
    .related = related_lodash,
    .n_related = 1,
    .severities = severities,
    .n_severities = 2,
    .cwes = cwes_lodash,
    .n_cwes = 3,
    .references = references_lodash,
    .n_references = 3,
    .summary = S("Command injection in lodash"),
    .details = S("lodash before 4.17.21 is open to command injection."),
    .affected = affected_lodash,
    .n_affected = 2,
    .kev = NO_KEV,
};

static const struct advisory_affected affected_debian[] = {{.ecosystem = S("Debian:12"),
                                                            .name = S("node-lodash"),
                                                            .fix = FIX_NO_DSA,
                                                            .ranges = ranges_lodash,
                                                            .n_ranges = 1}};
static const struct advisory debian = {
    .id = S("DEBIAN-CVE-2021-23337"),
    .published = TIME_NONE,
    .modified = TIME_NONE,
    .withdrawn = TIME_NONE,
    .upstream = aliases_lodash,
    .n_upstream = 1,
    .affected = affected_debian,
    .n_affected = 1,
    .kev = NO_KEV,
};

static const struct advisory_severity severity_nvd[] = {
    {.source = S("nvd@nist.gov"), .vector = S("CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H")}};
static const struct advisory nvd = {
    .id = S("CVE-2021-23337"),
    .published = 18700 * DAY,
    .modified = 18900 * DAY + 5,
    .withdrawn = TIME_NONE,
    .severities = severity_nvd,
    .n_severities = 1,
    .cwes = cwes_lodash,
    .n_cwes = 1,
    .references = references_lodash,
    .n_references = 1,
    .details = S("As NVD describes it."),
    .kev = NO_KEV,
};
static const struct advisory kev = {
    .id = S("CVE-2021-23337"),
    .published = TIME_NONE,
    .modified = TIME_NONE,
    .withdrawn = TIME_NONE,
    .kev = {.added = 19500 * DAY, .due = 19520 * DAY, .ransomware = true, .action = S("Apply updates.")},
    .cwes = cwes_lodash,
    .n_cwes = 2,
    .references = references_lodash,
    .n_references = 2,
};

static void fill(struct db_writer *w, int number)
{
    (void)number;
    db_writer_feed(w, &(struct db_feed){.name = STR("osv/npm"),
                                        .url = STR("https://osv.dev"),
                                        .licence = STR("CC-BY-4.0"),
                                        .digest = STR("sha256:00"),
                                        .date = 20000 * DAY,
                                        .state = STR("ok")});
    add(w, &ghsa);
    add(w, &debian);
    db_writer_feed(w, &(struct db_feed){.name = STR("nvd"), .date = TIME_NONE, .state = STR("ok")});
    add(w, &nvd);
    db_writer_feed(w, &(struct db_feed){.name = STR("kev"), .state = STR("ok")});
    add(w, &kev);
    assert_int_equal(db_writer_epss(w, STR("CVE-2021-23337"), 0.5, 0.25), 0);
    assert_int_equal(db_writer_epss(w, STR("CVE-1999-0001"), 0.00043, 0.1), 0);
    assert_int_equal(db_writer_epss(w, STR("CVE-2021-23337"), 0.97531, 0.99999), 0);
}

static void test_header(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, false, fill);
    struct db_counts counts;
    struct db_feed feed;
    assert_int_equal(db_verify(db), 0);
    db_counts(db, &counts);
    assert_int_equal(counts.packages, 3);
    assert_int_equal(counts.affected, 3);
    assert_int_equal(counts.advisories, 2);
    assert_int_equal(counts.vulnerabilities, 1);
    assert_int_equal(counts.epss, 2);
    assert_int_equal(counts.kev, 1);
    assert_int_equal(counts.feeds, 3);
    assert_int_equal(db_generation(db).n, 32);
    assert_false(db_facts_only(db));
    assert_true(db_feed_at(db, 0, &feed) && str_is(feed.name, "osv/npm") &&
                str_is(feed.licence, "CC-BY-4.0"));
    assert_true(feed.date == 20000 * DAY && str_is(feed.digest, "sha256:00") && str_is(feed.state, "ok"));
    assert_true(db_feed_at(db, 1, &feed) && feed.date == TIME_NONE);
    assert_false(db_feed_at(db, 3, &feed));
}

static void test_package(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, false, fill);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct db_span span = db_package(db, STR("npm"), STR("lodash"));
    struct advisory_affected e;
    uint32_t record;
    assert_int_equal(span.n, 1);
    assert_int_equal(db_affected(db, a, span.first, &e, &record), 0);
    assert_true(str_is(e.ecosystem, "npm") && str_is(e.name, "lodash") && str_is(e.scheme, "semver"));
    assert_true(str_is(db_record_id(db, record), "GHSA-35jh-r3h4-6jhm"));
    assert_int_equal(db_record_feed(db, record), 0);
    assert_int_equal(e.n_ranges, 2);
    assert_true(str_is(e.ranges[0].introduced, "0") && str_is(e.ranges[0].fixed, "4.17.21"));
    assert_true(!e.ranges[0].after && !e.ranges[0].last_affected.n);
    assert_true(e.ranges[1].after && str_is(e.ranges[1].last_affected, "5.1.0") && !e.ranges[1].fixed.n);
    assert_true(e.n_versions && str_is(e.versions[e.n_versions - 1], "nonsense"));
    assert_true(e.fix == FIX_UNSTATED && !e.binary && !e.n_severities);

    span = db_package(db, STR("npm"), STR("lodash-es"));
    assert_int_equal(span.n, 1);
    assert_int_equal(db_affected(db, a, span.first, &e, &record), 0);
    assert_true(str_is(e.module, "m:1") && str_is(e.arch, "x86_64") &&
                str_is(e.purl_type_qualifier, "repo=extras"));
    assert_true(e.fix == FIX_UNFIXED && e.binary && e.n_severities == 1 && e.n_ranges == 1);
    assert_true(str_eq(e.severities[0].vector, severities[0].vector) &&
                str_is(e.severities[0].source, "GHSA"));

    assert_int_equal(db_package(db, STR("npm"), STR("lodas")).n, 0);
    assert_true(db_has_ecosystem(db, STR("npm")) && db_has_ecosystem(db, STR("Debian:12")));
    assert_false(db_has_ecosystem(db, STR("Debian")) || db_has_ecosystem(db, STR("lodash")));
    assert_int_equal(db_package(db, STR("np"), STR("mlodash")).n, 0);
    assert_int_equal(db_affected(db, a, 3, &e, &record), ERR_INVALID);
}

static bool has_reference(const struct advisory *v, const char *kind, const char *url)
{
    for (size_t i = 0; i < v->n_references; i++)
        if (str_is(v->references[i].kind, kind) && str_is(v->references[i].url, url))
            return true;
    return false;
}

static void test_record(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, false, fill);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct advisory v;
    uint32_t record, *indices;
    size_t n;
    assert_true(db_record_find(db, ghsa.id, &record));
    assert_int_equal(db_record(db, a, record, true, &v), 0);
    assert_true(str_eq(v.id, ghsa.id) && str_eq(v.source_url, ghsa.source_url));
    assert_true(v.published == ghsa.published && v.modified == ghsa.modified && v.withdrawn == TIME_NONE);
    assert_true(v.n_aliases == 1 && str_is(v.aliases[0], "CVE-2021-23337"));
    assert_true(v.n_related == 1 && str_is(v.related[0], "CVE-2020-1") && v.n_upstream == 0);
    assert_true(v.n_severities == 2 && str_is(v.severities[1].rating, "high") && !v.severities[1].vector.n);
    assert_int_equal(v.n_cwes, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(str_eq(v.cwes[i], cwes_lodash[i]));
    assert_int_equal(v.n_references, 2); /* the one with a control byte is left out */
    assert_true(has_reference(&v, "WEB", "https://nvd.nist.gov/vuln/detail/CVE-2021-23337"));
    assert_true(has_reference(&v, "ADVISORY", "https://example.org/GHSA-35jh-r3h4-6jhm.json"));
    assert_true(str_eq(v.summary, ghsa.summary) && str_eq(v.details, ghsa.details));
    assert_true(v.kev.added == TIME_NONE && v.kev.due == TIME_NONE);
    assert_int_equal(db_record_affected(db, a, record, &indices, &n), 0);
    assert_int_equal(n, 2);

    assert_int_equal(db_record(db, a, record, false, &v), 0);
    assert_true(!v.summary.n && !v.details.n);
    assert_int_equal(db_record(db, a, 99, false, &v), ERR_INVALID);
}

static void test_merge(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, false, fill);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct advisory v;
    uint32_t record, *records;
    size_t n;
    assert_true(db_record_find(db, STR("CVE-2021-23337"), &record));
    assert_int_equal(db_record(db, a, record, true, &v), 0);
    assert_true(str_is(v.id, "CVE-2021-23337") && v.published == nvd.published && v.modified == nvd.modified);
    assert_true(v.kev.added == 19500 * DAY && v.kev.due == 19520 * DAY && v.kev.ransomware);
    assert_true(str_is(v.kev.action, "Apply updates.") && str_is(v.details, "As NVD describes it."));
    assert_int_equal(v.n_cwes, 2);
    assert_int_equal(v.n_references, 2);
    assert_int_equal(v.n_severities, 1);

    assert_int_equal(db_records_of(db, a, STR("CVE-2021-23337"), &records, &n), 0);
    assert_int_equal(n, 3);
    assert_true(str_is(db_record_id(db, records[0]), "CVE-2021-23337"));
    assert_int_equal(db_records_of(db, a, STR("CVE-2020-1"), &records, &n), 0);
    assert_int_equal(n, 0);
    assert_false(db_record_find(db, STR("CVE-2020-1"), &record));

    double score, percentile;
    assert_true(db_epss(db, STR("CVE-2021-23337"), &score, &percentile));
    assert_true(score == 0.97531 && percentile == 0.99999);
    assert_true(db_epss(db, STR("CVE-1999-0001"), &score, &percentile) && score == 0.00043);
    assert_false(db_epss(db, STR("CVE-1999-0002"), &score, &percentile));
    assert_false(db_epss(db, STR("GHSA-35jh-r3h4-6jhm"), &score, &percentile));
}

static void test_facts_only(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, true, fill);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct advisory v;
    uint32_t record;
    assert_true(db_facts_only(db));
    assert_int_equal(db_verify(db), 0);
    assert_true(db_record_find(db, STR("CVE-2021-23337"), &record));
    assert_int_equal(db_record(db, a, record, true, &v), 0);
    assert_true(!v.summary.n && !v.details.n && !v.kev.action.n && v.kev.added == 19500 * DAY);
}

/* An advisory twice: the newer state holds, in whichever order they come; equal dates are united. */
static void fill_twice(struct db_writer *w, int number)
{
    struct advisory newer = debian, older = debian, same = debian;
    struct advisory_affected other = affected_debian[0];
    other.name = STR("other");
    newer.modified = 2 * DAY;
    older.modified = 1 * DAY;
    older.affected = &other;
    same.modified = 2 * DAY;
    same.affected = &other;
    same.id = older.id;
    other.fix = FIX_FIXED;
    db_writer_feed(w, &(struct db_feed){.name = STR("debian"), .state = STR("ok")});
    add(w, number ? &older : &newer);
    add(w, number ? &newer : &older);
    add(w, &newer);
    if (number)
        add(w, &same);
}

static void test_twice(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *first = make(0, false, fill_twice), *second = make(1, false, fill_twice);
    assert_int_equal(db_package(first, STR("Debian:12"), STR("node-lodash")).n, 1);
    assert_int_equal(db_package(first, STR("Debian:12"), STR("other")).n, 0);
    assert_int_equal(db_package(second, STR("Debian:12"), STR("node-lodash")).n, 1);
    assert_int_equal(db_package(second, STR("Debian:12"), STR("other")).n, 1);
    assert_int_equal(db_verify(second), 0);
}

static void fill_refused(struct db_writer *w, int number)
{
    (void)number;
    struct advisory v = nvd;
    struct advisory_affected nameless = {.ecosystem = STR("npm")};
    struct str many = {.p = "", .n = DB_ID_MAX + 1};
    assert_int_equal(db_writer_add(w, &nvd), ERR_INVALID); /* before any feed */
    db_writer_feed(w, &(struct db_feed){.name = STR("x")});
    v.id = STR("");
    assert_int_equal(db_writer_add(w, &v), ERR_INVALID);
    v.id = many;
    assert_int_equal(db_writer_add(w, &v), ERR_LIMIT);
    v = nvd;
    v.affected = &nameless;
    v.n_affected = 1;
    assert_int_equal(db_writer_add(w, &v), ERR_INVALID);
    assert_int_equal(db_writer_epss(w, STR("CVE-1"), 0, 0), ERR_INVALID);
    assert_int_equal(db_writer_epss(w, STR("CVE-2020-0001"), 1.5, 0), ERR_INVALID);
}

/* Also the empty database. */
static void test_refused(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, false, fill_refused);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    uint32_t record, *records;
    size_t n;
    assert_int_equal(db_verify(db), 0);
    assert_int_equal(db_package(db, STR("npm"), STR("lodash")).n, 0);
    assert_false(db_record_find(db, STR("CVE-2021-23337"), &record));
    assert_int_equal(db_records_of(db, a, STR("CVE-2021-23337"), &records, &n), 0);
    assert_int_equal(n, 0);
}

/* The same, in another order and with one change for each sort of callback. */
static void fill_changed(struct db_writer *w, int number)
{
    struct advisory changed = ghsa, cve = nvd, gone = kev;
    struct advisory_affected affected[2] = {affected_lodash[0], affected_lodash[1]};
    struct advisory_range fixed = ranges_lodash[0];
    db_writer_feed(w, &(struct db_feed){.name = STR("osv/npm"), .date = number * DAY});
    add(w, &debian);
    fixed.fixed = STR("4.17.22");
    affected[1].ranges = &fixed;
    changed.affected = affected;
    if (number == 1) {
        add(w, &changed);
        cve.modified += 1;
        gone.id = STR("CVE-2022-0001");
        add(w, &gone);
    } else {
        add(w, &ghsa);
    }
    add(w, &cve);
    db_writer_epss(w, STR("CVE-2020-0001"), 0.1, 0.2);
    db_writer_epss(w, STR("CVE-2020-0002"), 0.1, number ? 0.3 : 0.2);
}

static int note_package(void *ctx, enum db_change change, struct str ecosystem, struct str name)
{
    buf_printf(ctx, "%c %.*s/%.*s\n", "+-~"[change], STR_ARG(ecosystem), STR_ARG(name));
    return 0;
}

static int note_id(void *ctx, enum db_change change, struct str id)
{
    buf_printf(ctx, "%c %.*s\n", "+-~"[change], STR_ARG(id));
    return 0;
}

static void assert_difference(const struct db *old, const struct db *new, const char *expected)
{
    _cleanup_(buf_free) struct buf b = buf_new(10000);
    buf_add_str(&b, STR(""));
    struct db_diff diff = {.package = note_package, .record = note_id, .epss = note_id, .ctx = &b};
    assert_int_equal(db_difference(old, new, &diff), 0);
    assert_true(str_is(buf_str(&b), expected));
}

static void test_difference(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *old = make(0, false, fill_changed), *new = make(1, false, fill_changed);
    assert_difference(old, old, "");
    assert_difference(old, new, "~ npm/lodash-es\n~ CVE-2021-23337\n+ CVE-2022-0001\n~ CVE-2020-0002\n");
    assert_difference(new, old, "~ npm/lodash-es\n~ CVE-2021-23337\n- CVE-2022-0001\n~ CVE-2020-0002\n");
    assert_false(str_eq(db_generation(old), db_generation(new)));
}

static void fill_order(struct db_writer *w, int number)
{
    db_writer_feed(w, &(struct db_feed){.name = STR("f"), .date = number * DAY, .state = STR("ok")});
    add(w, number ? &debian : &ghsa);
    add(w, number ? &ghsa : &debian);
}

/* Numbers differ, values do not. */
static void test_generation(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *first = make(0, false, fill_order), *second = make(1, false, fill_order);
    assert_true(str_eq(db_generation(first), db_generation(second)));
    assert_difference(first, second, "");
}

/* ---- sources of binary packages ---- */

/* What a build shows, and what it says of another version of the package. */
static void test_source_rules(void **state)
{
    (void)state;
    static const struct {
        const char *binary, *version, *source, *source_version, *filed, *from, *to;
        const char *other, *expected; /* NULL: not told */
    } rows[] = {
        {"libssl3", "3.0.11-1", "openssl", "", "libssl3", "", "", "3.0.9-1", "3.0.9-1"},
        {"bash", "5.2.15-2+b9", "bash", "5.2.15-2", "bash", "", "", "5.2.15-2+b2", "5.2.15-2"},
        {"bsdutils", "1:2.38.1-5+b1", "util-linux", "2.38.1-5", "bsdutils", "1:", "", "1:2.38.1-6",
         "2.38.1-6"},
        {"x", "2-1", "x", "1:2-1", "x", "", "1:", "2-0", "1:2-0"},
        {"libldb2", "2:2.6.2+samba4.17.12+dfsg-0", "samba", "2:4.17.12+dfsg-0", "libldb2", "2:2.6.2+samba",
         "2:", "2:2.6.2+samba4.17.9+dfsg-1", "2:4.17.9+dfsg-1"},
        {"ntp", "1:4.2.8p15+dfsg-2~1.2.2-1", "ntpsec", "1.2.2-1", "ntp", "1:4.2.8p15+dfsg-2~", "",
         "1:4.2.9-2~1.2.3-1", NULL},
        {"php", "2:8.2+93", "php-defaults", "93", "php", "2:8.2+", "", "2:8.2+92", "92"},
        {"dmsetup", "2:1.02.185-2", "lvm2", "2.03.16-2", "dmsetup", "2:1.02.185-2", "2.03.16-2",
         "2:1.02.185-2+deb12u1", "2.03.16-2+deb12u1"},
        {"dmsetup", "2:1.02.185-2", "lvm2", "2.03.16-2", "dmsetup", "2:1.02.185-2", "2.03.16-2",
         "2:1.02.185-21", NULL},
        {"gcc", "4:12.2.0-13", "gcc-defaults", "3", "gcc", "4:12.2.0-13", "3", "4:12.2.0-14", NULL},
        {"linux-image-6.1.0-18-amd64", "6.1.76-1", "linux-signed-amd64", "6.1.76+1", "linux-image-6.1#-amd64",
         "", "", "6.1.90-1", "6.1.90-1"},
        {"linux-image-6.12.9+deb12-cloud-amd64", "6.12.9-1", "linux-6.12", "",
         "linux-image-6.12#-cloud-amd64", "", "", "6.12.7-1", "6.12.7-1"},
        {"linux-image-6.1.0-0.deb11.21-amd64", "6.1.90-1~deb11u1", "linux-signed-6.1-amd64", "",
         "linux-image-6.1#-amd64", "", "", "6.1.7-1~deb11u1", "6.1.7-1~deb11u1"},
        {"linux-headers-5.15.0-91", "5.15.0-91.101", "linux", "", "linux-headers-5.15#", "", "", "", ""},
        {"linux-libc-dev", "6.1.76-1", "linux", "", "linux-libc-dev", "", "", "", ""},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct advisory_source rule = source_rule(a, str_from(rows[i].binary), str_from(rows[i].version),
                                                  str_from(rows[i].source), str_from(rows[i].source_version));
        struct str version;
        bool told = source_version(a, &rule, str_from(rows[i].other), &version);
        if (!str_is(rule.binary, rows[i].filed) || !str_is(rule.from, rows[i].from) ||
            !str_is(rule.to, rows[i].to) || told != !!rows[i].expected ||
            (told && !str_is(version, rows[i].expected)))
            fail_msg("row %zu: %.*s '%.*s' '%.*s'", i, STR_ARG(rule.binary), STR_ARG(rule.from),
                     STR_ARG(rule.to));
    }
}

static void fill_sources(struct db_writer *w, int number)
{
    static const struct advisory_source rules[] = {
        {S("Debian:12"), S("libssl3"), S("openssl"), S(""), S("")},
        {S("Debian:12"), S("libssl3"), S("openssl"), S(""), S("")},
        {S("Debian:12"), S("dmsetup"), S("lvm2"), S("2:1-1"), S("3-1")},
        {S("Debian:12"), S("doubtful"), S("src"), S(""), S("")},
        {S("Debian:12"), S("doubtful"), S("src"), S(""), S("1:")},
        {S("Debian:12"), S("doubtful"), S("src"), S("2:"), S("3:")},
        {S("Debian:12"), S("moved"), S("old"), S("1:"), S("")},
        {S("Debian:12"), S("moved"), S("new"), S("2:"), S("")},
        {S("Debian:12"), S("linux-image-6.1#-amd64"), S("linux-signed-amd64"), S(""), S("")},
        {S("Debian:13"), S("libssl3"), S("openssl-3"), S(""), S("")},
    };
    fill_order(w, number);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        assert_int_equal(db_writer_source(w, &rules[i]), 0);
}

static void assert_source(const struct db *db, const char *ecosystem, const char *binary, const char *version,
                          const char *source, const char *source_version)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str name, of_name;
    bool known = db_source(db, a, str_from(ecosystem), str_from(binary), str_from(version), &name, &of_name);
    assert_int_equal(known, source != NULL);
    if (known && (!str_is(name, source) || !str_is(of_name, source_version)))
        fail_msg("%s: %.*s %.*s", binary, STR_ARG(name), STR_ARG(of_name));
}

/* Where rules speak of several sources, one that holds for the version counts; else nothing is said. */
static void test_sources(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, true, fill_sources), *without = make(1, true, fill_order);
    assert_int_equal(db_verify(db), 0);
    assert_source(db, "Debian:12", "libssl3", "3.0-1", "openssl", "3.0-1");
    assert_source(db, "Debian:13", "libssl3", "3.0-1", "openssl-3", "3.0-1");
    assert_source(db, "Debian:11", "libssl3", "3.0-1", NULL, NULL);
    assert_source(db, "Debian:12", "dmsetup", "2:1-1", "lvm2", "3-1");
    assert_source(db, "Debian:12", "dmsetup", "2:1-2", "lvm2", "");
    assert_source(db, "Debian:12", "doubtful", "5-1", "src", "");
    assert_source(db, "Debian:12", "doubtful", "2:5-1", "src", "3:5-1");
    assert_source(db, "Debian:12", "moved", "2:1-2", "new", "1-2");
    assert_source(db, "Debian:12", "moved", "3:1-2", NULL, NULL);
    assert_source(db, "Debian:12", "linux-image-6.1.0-99-amd64", "6.1.99-1", "linux-signed-amd64",
                  "6.1.99-1");
    struct db_counts counts;
    db_counts(db, &counts);
    assert_int_equal(counts.sources, 9);
    assert_false(str_eq(db_generation(db), db_generation(without)));
}

/* A file of before there were sources has fewer sections. */
static void test_fewer_sections(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, true, fill_sources), *old = NULL;
    _cleanup_(buf_free) struct buf b = buf_new(1 << 24);
    buf_add_str(&b, db->map);
    struct db_header *h = (struct db_header *)b.p;
    h->n_sections = SECTION_COUNT_FIRST;
    h->checksum = 0;
    h->checksum = hash64_with(hash64((struct str){b.p, sizeof *h}),
                              (struct str){b.p + sizeof *h, SECTION_COUNT_FIRST * sizeof(struct db_section)});
    if (db_open_bytes(buf_str(&b), "old", &old) < 0 || db_verify(old) < 0)
        fail_msg("%s", err_text());
    assert_source(old, "Debian:12", "libssl3", "3.0-1", NULL, NULL);
    assert_int_equal(db_package(old, STR("npm"), STR("lodash")).n, 1);
}

/* Reads everything there is, whatever it is. */
static void walk_everything(const struct db *db)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct db_feed feed;
    struct db_diff nothing = {0};
    uint32_t *numbers, record;
    size_t n;
    double score, percentile;
    for (uint32_t i = 0; i < db->feeds.n && db_feed_at(db, i, &feed); i++)
        ;
    for (uint32_t i = 0; i < db->n_affected; i++) {
        struct advisory_affected e;
        if (db_affected(db, a, i, &e, &record) == 0)
            db_package(db, e.ecosystem, e.name);
    }
    for (uint32_t i = 0; i < db->records.n; i++) {
        struct advisory v;
        db_record(db, a, i, true, &v);
        db_record_feed(db, i);
        db_record_affected(db, a, i, &numbers, &n);
        db_records_of(db, a, db_record_id(db, i), &numbers, &n);
    }
    db_record_find(db, STR("CVE-2021-23337"), &record);
    db_records_of(db, a, STR("CVE-2020-1"), &numbers, &n);
    db_package(db, STR("npm"), STR("lodash"));
    db_epss(db, STR("CVE-2021-23337"), &score, &percentile);
    db_difference(db, db, &nothing);
    db_verify(db);
}

/* A copy of exactly `n` bytes, so that a sanitizer sees a step past the end. */
static void open_damaged(const char *bytes, size_t n, bool refused)
{
    _cleanup_free_ char *copy = malloc(n ? n : 1);
    struct db *db;
    memcpy(copy, bytes, n);
    int status = db_open_bytes((struct str){copy, n}, "damaged", &db);
    if (status == 0) {
        walk_everything(db);
        if (db_verify(db) == 0)
            fail_msg("damage was not found");
        db_close(db);
    }
    assert_true(!refused || status < 0);
}

static void test_damage(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = make(0, false, fill);
    const size_t n = db->map.n;
    _cleanup_free_ char *bytes = malloc(n);
    memcpy(bytes, db->map.p, n);
    for (size_t i = 0; i < n; i++)
        open_damaged(bytes, i, true);
    size_t head = sizeof(struct db_header) + SECTION_COUNT * sizeof(struct db_section), end = head;
    for (size_t i = 0; i < head; i++) {
        bytes[i] ^= 0x40;
        open_damaged(bytes, n, true);
        bytes[i] ^= 0x40;
    }
    for (int s = 0; s < SECTION_COUNT; s++)
        for (size_t i = db->table[s].offset; i < db->table[s].offset + db->table[s].size; i++) {
            static const unsigned char flips[] = {0x01, 0x80, 0xff};
            for (size_t k = 0; k < sizeof flips; k++) {
                bytes[i] ^= (char)flips[k];
                open_damaged(bytes, n, false);
                bytes[i] ^= (char)flips[k];
            }
            end = i + 1;
        }
    assert_true(end > head);
}

/* Listed versions that a range holds for certain are dropped; what cannot be compared, or lies outside,
 * stays. */
static void fill_versions(struct db_writer *w, int number)
{
    static const struct str versions[] = {S("1.0-1"), S("2.0-1"), S("3.0-1"), S("not a version"), S("1.5-1")};
    static const struct advisory_range range = {.introduced = S("1.0-1"), .fixed = S("2.0-1")};
    struct advisory_affected e = {.ecosystem = number ? STR("Nobody:1") : STR("Debian:12"),
                                  .name = STR("p"),
                                  .ranges = &range,
                                  .n_ranges = 1,
                                  .versions = versions,
                                  .n_versions = 5};
    struct advisory v = debian;
    v.affected = &e;
    db_writer_feed(w, &(struct db_feed){.name = STR("f")});
    add(w, &v);
}

static void test_versions(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *debian_db = make(0, false, fill_versions);
    _cleanup_(db_cleanup) struct db *unknown = make(1, false, fill_versions);
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct advisory_affected e;
    uint32_t record;
    assert_int_equal(db_affected(debian_db, a, 0, &e, &record), 0);
    assert_int_equal(e.n_versions, 3);
    assert_true(str_is(e.versions[0], "2.0-1") && str_is(e.versions[1], "3.0-1"));
    assert_true(str_is(e.versions[2], "not a version"));
    assert_int_equal(db_affected(unknown, a, 0, &e, &record), 0);
    assert_int_equal(e.n_versions, 5);
}

static void test_ids(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        bool packs;
    } rows[] = {
        {"CVE-1999-0001", true},      {"CVE-2021-44228", true},    {"CVE-2024-1000123", true},
        {"CVE-2021-33554432", false}, {"CVE-2021-33554431", true}, {"CVE-2021-00001", false},
        {"CVE-2021-1", false},        {"CVE-1979-0001", false},    {"CVE-12021-0001", false},
        {"cve-2021-0001", false},     {"CVE-2021-", false},        {"CVE-2021-0001x", false},
        {"CVE-2107-0001", true},      {"CVE-2108-0001", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t packed;
        char text[24];
        assert_true(cve_pack(str_from(rows[i].id), &packed) == rows[i].packs);
        if (rows[i].packs)
            assert_true(str_is(cve_unpack(packed, text), rows[i].id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),     cmocka_unit_test(test_package),
        cmocka_unit_test(test_record),     cmocka_unit_test(test_merge),
        cmocka_unit_test(test_facts_only), cmocka_unit_test(test_twice),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_difference),
        cmocka_unit_test(test_generation), cmocka_unit_test(test_source_rules),
        cmocka_unit_test(test_sources),    cmocka_unit_test(test_fewer_sections),
        cmocka_unit_test(test_damage),     cmocka_unit_test(test_versions),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* match: where packages are looked up, how an entry is judged, and how matches become findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "feed/name.h"
#include "match/match.h"
#include "report/report.h"

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *family, *release, *type, *namespace, *name, *source, *version, *source_version;
        const char *ecosystem, *looked_up, *compared; /* NULL: nowhere */
    } rows[] = {
        {"debian", "12", "deb", "", "libssl3", "openssl", "3.0.15-1", "", "Debian:12", "openssl", "3.0.15-1"},
        {"debian", "12", "deb", "", "libgcc-s1", "gcc-12", "12.2.0-14", "", "Debian:12", "gcc-12",
         "12.2.0-14"},
        {"debian", "12", "deb", "", "bash", "", "5.2-1+b2", "5.2-1", "Debian:12", "bash", "5.2-1"},
        {"debian", "12", "deb", "", "base-x", "src", "1-1+b2", "1-1", "Debian:12", "src", "1-1"},
        {"debian", "12", "deb", "", "linux-image-6.1.0-18-amd64", "linux-signed-amd64", "6.1.76-1",
         "6.1.76+1", "Debian:12", "linux", "6.1.76-1"},
        {"debian", "12", "deb", "", "linux-image-6.12.9+deb12-arm64", "linux-signed-6.12-arm64", "6.12.9-1",
         "6.12.9+1", "Debian:12", "linux-6.12", "6.12.9-1"},
        {"ubuntu", "22.04", "deb", "", "linux-image-6.8.0-1017-aws", "linux-signed-aws-6.8",
         "6.8.0-1017.18~22.04.1", "", "Ubuntu:22.04:LTS", "linux-aws-6.8", "6.8.0-1017.18~22.04.1"},
        {"debian", "", "deb", "", "bash", "", "5", "", NULL, NULL, NULL},
        {"ubuntu", "22.04", "deb", "", "bash", "", "5", "", "Ubuntu:22.04:LTS", "bash", "5"},
        {"ubuntu", "23.10", "deb", "", "bash", "", "5", "", "Ubuntu:23.10", "bash", "5"},
        {"alpine", "3.19.1", "apk", "", "libssl3", "openssl", "3.1-r0", "", "Alpine:v3.19", "openssl",
         "3.1-r0"},
        {"alpine", "3.22.0_alpha20250108", "apk", "", "a", "", "1-r0", "", "Alpine:edge", "a", "1-r0"},
        {"wolfi", "20230201", "apk", "", "a", "", "1-r0", "", "Wolfi", "a", "1-r0"},
        {"almalinux", "9.3", "rpm", "", "openssl-libs", "openssl", "1:3.0.7-24.el9", "", "AlmaLinux:9",
         "openssl-libs", "1:3.0.7-24.el9"},
        {"amzn", "2023", "rpm", "", "bash", "", "5.2-1", "", "Amazon Linux:2023", "bash", "5.2-1"},
        {"rhel", "8.9", "rpm", "", "bash", "", "4.4-1", "", "Red Hat:8", "bash", "4.4-1"},
        {"sles", "15.3", "rpm", "", "bash", "", "4.4-1", "", "SUSE:Linux Enterprise 15 SP3", "bash", "4.4-1"},
        {"opensuse-leap", "15.5", "rpm", "", "bash", "", "4.4-1", "", "openSUSE:Leap 15.5", "bash", "4.4-1"},
        {"plan9", "4", "deb", "", "bash", "", "5", "", NULL, NULL, NULL},
        {"", "", "pypi", "", "Foo._Bar", "", "1", "", "PyPI", "foo-bar", "1"},
        {"", "", "npm", "@angular", "core", "", "1.0.0", "", "npm", "@angular/core", "1.0.0"},
        {"", "", "maven", "org.a", "b", "", "1", "", "Maven", "org.a:b", "1"},
        {"", "", "maven", "", "b", "", "1", "", NULL, NULL, NULL},
        {"", "", "nuget", "", "Newtonsoft.Json", "", "1", "", "NuGet", "newtonsoft.json", "1"},
        {"", "", "composer", "Symfony", "HTTP", "", "1", "", "Packagist", "symfony/http", "1"},
        {"", "", "npm", "", "left-pad", "", "", "", NULL, NULL, NULL},
        {"", "", "brew", "", "x", "", "1", "", NULL, NULL, NULL},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        inv->os = (struct os){.family = str_from(rows[i].family), .version = str_from(rows[i].release)};
        struct package p = {.type = str_from(rows[i].type),
                            .namespace = str_from(rows[i].namespace),
                            .name = str_from(rows[i].name),
                            .version = str_from(rows[i].version),
                            .source = str_from(rows[i].source),
                            .source_version = str_from(rows[i].source_version)};
        struct match_key keys[MATCH_KEYS];
        size_t n = match_keys(a, inv, &p, keys, MATCH_KEYS);
        if (!rows[i].ecosystem) {
            assert_int_equal(n, 0);
            continue;
        }
        if (!n)
            fail_msg("row %zu: no key", i);
        if (!str_is(keys[0].ecosystem, rows[i].ecosystem) || !str_is(keys[0].name, rows[i].looked_up) ||
            !str_is(keys[0].version, rows[i].compared))
            fail_msg("row %zu: %.*s %.*s %.*s", i, STR_ARG(keys[0].ecosystem), STR_ARG(keys[0].name),
                     STR_ARG(keys[0].version));
    }
}

/* One spelling for a distribution whatever its products are called in the feed. */
static void test_ecosystem_names(void **state)
{
    (void)state;
    static const struct {
        const char *stated, *stored;
    } rows[] = {
        {"Red Hat:enterprise_linux:8::baseos", "Red Hat:8"},
        {"Red Hat:enterprise_linux:9::appstream", "Red Hat:9"},
        {"Red Hat:rhel_eus:8.6::appstream", "Red Hat:rhel_eus:8.6::appstream"},
        {"SUSE:Linux Enterprise Server 15 SP3-LTSS", "SUSE:Linux Enterprise 15 SP3"},
        {"SUSE:Linux Enterprise Module for Basesystem 15 SP5", "SUSE:Linux Enterprise 15 SP5"},
        {"SUSE:Linux Enterprise Micro 5.3", "SUSE:Linux Enterprise Micro 5.3"},
        {"SUSE:Linux Enterprise ", "SUSE:Linux Enterprise "},
        {"Debian:12", "Debian:12"},
        {"npm", "npm"},
        {"", ""},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!str_is(ecosystem_normal(a, str_from(rows[i].stated)), rows[i].stored))
            fail_msg("%s", rows[i].stated);
}

static void test_evaluate(void **state)
{
    (void)state;
    static const struct {
        const char *version, *introduced, *fixed, *last, *listed;
        char verdict; /* A, N, U */
    } rows[] = {
        {"1.0.0", "0", "1.0.1", "", "", 'A'},      {"1.0.1", "0", "1.0.1", "", "", 'N'},
        {"1.0.0-rc.1", "0", "1.0.0", "", "", 'A'}, {"0.9.0", "1.0.0", "2.0.0", "", "", 'N'},
        {"1.0.0", "1.0.0", "2.0.0", "", "", 'A'},  {"2.0.0", "0", "", "2.0.0", "", 'A'},
        {"2.0.1", "0", "", "2.0.0", "", 'N'},      {"9.9.9", "0", "", "", "", 'A'},
        {"2.0.1", "0", "", "2.0.0", "2.0.1", 'A'}, {"2.0.1", NULL, NULL, NULL, "2.0.1", 'A'},
        {"2.0.1", NULL, NULL, NULL, "2.0.2", 'N'}, {"2.0.1", NULL, NULL, NULL, NULL, 'U'},
        {"not one", "0", "2.0.0", "", "", 'U'},    {"not one", "0", "", "", "", 'U'},
        {"1.0.0", "0", "what?", "", "", 'U'},      {"1.0.0", "0", "what?", "", "1.0.0", 'A'},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct advisory_range range = {str_from(rows[i].introduced), str_from(rows[i].fixed),
                                       str_from(rows[i].last), false};
        struct str listed = str_from(rows[i].listed);
        struct advisory_affected affected = {.ecosystem = STR("npm"),
                                             .name = STR("x"),
                                             .ranges = &range,
                                             .n_ranges = rows[i].introduced != NULL,
                                             .versions = &listed,
                                             .n_versions = listed.n > 0};
        struct match_key key = {STR("npm"), STR("x"), str_from(rows[i].version),
                                version_scheme_find(STR("npm"))};
        struct package p = {.type = STR("npm"), .name = STR("x")};
        struct evaluation e = match_evaluate(a, &key, &p, &affected, true);
        char verdict = e.affected ? 'A' : e.unknown ? 'U' : 'N';
        if (verdict != rows[i].verdict)
            fail_msg("row %zu: %c: %.*s", i, verdict, STR_ARG(e.reason));
        assert_true(e.reason.n > 0);
    }
}

static void test_modules(void **state)
{
    (void)state;
    static const struct {
        const char *version, *label, *fixed, *module;
        bool affected;
    } rows[] = {
        {"1-1.module_el8+1", "nodejs:16:8:x", "1-2.module_el8+2", "nodejs:16", true},
        {"1-1.module_el8+1", "nodejs:16:8:x", "1-2.module_el8+2", "nodejs:18", false},
        {"1-1.module_el8+1", "nodejs:16:8:x", "1-2.module_el8+2", "", true},
        {"1-1.el8", "", "1-2.module_el8+2", "", false},
        {"1-1.module_el8+1", "nodejs:16:8:x", "1-2.el8", "", false},
        {"1-1.el8", "", "1-2.el8", "", true},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct advisory_range range = {.introduced = STR("0"), .fixed = str_from(rows[i].fixed)};
        struct advisory_affected affected = {
            .module = str_from(rows[i].module), .ranges = &range, .n_ranges = 1};
        struct match_key key = {STR("AlmaLinux:8"), STR("nodejs"), str_from(rows[i].version),
                                version_scheme_find(STR("rpm"))};
        struct package p = {.type = STR("rpm"), .modularity = str_from(rows[i].label)};
        if (match_evaluate(a, &key, &p, &affected, true).affected != rows[i].affected)
            fail_msg("row %zu", i);
    }
}

/* ---- a whole run over a small database ---- */

static char path[] = "/tmp/assay-test-match-XXXXXX";

static void add(struct db_writer *w, const char *id, const char *alias, const char *upstream,
                const char *ecosystem, const char *name, const char *fixed, enum fix_state fix,
                int64_t withdrawn, const char *vector)
{
    struct advisory_range range = {.introduced = STR("0"), .fixed = str_from(fixed)};
    struct advisory_affected affected = {.ecosystem = str_from(ecosystem),
                                         .name = str_from(name),
                                         .fix = fix,
                                         .ranges = &range,
                                         .n_ranges = fix != FIX_NOT_AFFECTED};
    struct str aliases = str_from(alias), upstreams = str_from(upstream);
    struct advisory_severity severity = {.source = STR("test"), .vector = str_from(vector)};
    struct advisory v = {.id = str_from(id),
                         .published = 86400,
                         .modified = 86400,
                         .withdrawn = withdrawn,
                         .aliases = &aliases,
                         .n_aliases = alias != NULL,
                         .upstream = &upstreams,
                         .n_upstream = upstream != NULL,
                         .severities = &severity,
                         .n_severities = vector != NULL,
                         .affected = &affected,
                         .n_affected = ecosystem != NULL,
                         .kev = {TIME_NONE, TIME_NONE, false, {NULL, 0}}};
    assert_int_equal(db_writer_add(w, &v), 0);
}

static void add_known_exploited(struct db_writer *w, const char *id, const char *vector)
{
    struct advisory_severity severity = {.source = STR("nvd@nist.gov"), .vector = str_from(vector)};
    struct advisory v = {.id = str_from(id),
                         .published = 1,
                         .modified = 2,
                         .withdrawn = TIME_NONE,
                         .severities = &severity,
                         .n_severities = 1,
                         .kev = {86400, 2 * 86400, true, {NULL, 0}}};
    assert_int_equal(db_writer_add(w, &v), 0);
}

static int make_db(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    struct db_writer *w = db_writer_new(&(struct db_writer_options){0});
    const struct db_feed feed = {.name = STR("test"), .state = STR("ok"), .date = 86400};
    db_writer_feed(w, &feed);
    const int64_t never = TIME_NONE;
    const char *medium = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N";
    add(w, "GHSA-aaaa", "CVE-2020-0001", NULL, "npm", "lib", "2.0.0", FIX_UNSTATED, never, medium);
    add(w, "GLAD-lib-1", "CVE-2020-0001", NULL, "npm", "lib", "2.0.1", FIX_UNSTATED, never, NULL);
    add(w, "GHSA-bbbb", NULL, NULL, "npm", "lib", "3.0.0", FIX_UNSTATED, never, NULL);
    add(w, "GLAD-lib-2", "GHSA-bbbb", NULL, "npm", "lib", "", FIX_UNSTATED, never, NULL);
    add(w, "GHSA-cccc", "CVE-2020-0003", NULL, "npm", "lib", "9.0.0", FIX_UNSTATED, 86400, NULL);
    add(w, "DEBIAN-CVE-2020-0004", NULL, "CVE-2020-0004", "Debian:12", "lib", "", FIX_UNFIXED, never, NULL);
    add(w, "DSA-5-1", NULL, "CVE-2020-0005", "Debian:12", "lib", "2.0-1", FIX_UNSTATED, never, NULL);
    add(w, "TRACKER-5", NULL, "CVE-2020-0005", "Debian:12", "lib", "", FIX_NOT_AFFECTED, never, NULL);
    add_known_exploited(w, "CVE-2020-0004", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
    db_writer_epss(w, STR("CVE-2020-0004"), 0.5, 0.75);
    int status = db_writer_finish(w, path);
    db_writer_free(w);
    return status;
}

static int remove_db(void **state)
{
    (void)state;
    return unlink(path);
}

static const struct finding *find(const struct findings *f, const char *id)
{
    vec_each(finding, &f->findings)
    {
        if (str_is(finding->id, id))
            return finding;
    }
    return NULL;
}

static struct findings *run(struct inventory *inv, struct db *db)
{
    struct findings *f = NULL;
    inventory_finish(inv);
    assert_int_equal(match_inventory(inv, db, &f), 0);
    return f;
}

static void test_findings(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = NULL;
    assert_int_equal(db_open(path, &db), 0);
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    inv->os = (struct os){.family = STR("debian"), .version = STR("12")};
    inventory_add(
        inv,
        &(struct package){.type = STR("npm"), .name = STR("lib"), .version = STR("1.5.0"), .path = STR("a")});
    inventory_add(inv, &(struct package){.type = STR("deb"),
                                         .name = STR("libx"),
                                         .source = STR("lib"),
                                         .version = STR("1.0-1"),
                                         .manager = PM_OS});
    inventory_add(
        inv, &(struct package){.type = STR("npm"), .name = STR("lib"), .path = STR("b"), .unresolved = true});
    inventory_add(
        inv,
        &(struct package){.type = STR("hex"), .name = STR("lib"), .version = STR("1.0.0"), .path = STR("c")});
    _cleanup_(findings_cleanup) struct findings *f = run(inv, db);

    /* Known exploited comes first, with NVD's vector, since the distribution gave none. */
    const struct finding *first = &f->findings.at[0];
    assert_true(str_is(first->id, "CVE-2020-0004") && first->kev && first->fix == FIX_UNFIXED);
    assert_true(str_is(first->severity, "CRITICAL"));
    assert_true(first->score > 9.7);
    assert_true(first->epss > 0.49);
    /* Two publishers' statements are one finding; the higher fix ends both. */
    const struct finding *merged = find(f, "CVE-2020-0001");
    assert_non_null(merged);
    assert_int_equal(merged->n_matches, 2);
    assert_true(str_is(merged->fixed, "2.0.1") && str_is(merged->severity, "MEDIUM"));
    /* Without a CVE, GitHub's id leads. */
    const struct finding *no_cve = find(f, "GHSA-bbbb");
    assert_non_null(no_cve);
    assert_true(no_cve->n_matches == 2 && str_is(no_cve->fixed, "3.0.0") &&
                str_is(no_cve->severity, "UNTRIAGED"));
    assert_null(find(f, "CVE-2020-0003")); /* withdrawn */
    assert_null(find(f, "CVE-2020-0005")); /* the publisher says not affected */
    assert_int_equal(f->findings.n, 3);
    assert_true(f->judged == 2 && f->unresolved == 1 && f->uncovered == 1);

    findings_describe(f, inv, db);
    assert_true(str_find_str(merged->description, STR("2.0.1")) >= 0);
}

static void test_unknown_is_reported(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = NULL;
    assert_int_equal(db_open(path, &db), 0);
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    inventory_add(inv,
                  &(struct package){
                      .type = STR("npm"), .name = STR("lib"), .version = STR("nightly"), .path = STR("a")});
    _cleanup_(findings_cleanup) struct findings *f = run(inv, db);
    assert_int_equal(f->findings.n, 2);
    assert_int_equal(find(f, "CVE-2020-0001")->verdict, VERDICT_UNKNOWN);
}

static void test_owned_is_left_to_the_owner(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = NULL;
    assert_int_equal(db_open(path, &db), 0);
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct str owned = STR("usr/lib/node_modules/lib/package.json");
    inventory_own(inv, owned, STR("node-lib"));
    inventory_add(inv, &(struct package){.type = STR("npm"),
                                         .name = STR("lib"),
                                         .version = STR("1.0.0"),
                                         .path = owned,
                                         .manager = PM_NODEPKG});
    _cleanup_(findings_cleanup) struct findings *f = run(inv, db);
    assert_int_equal(f->findings.n, 0);
    assert_int_equal(f->owned, 1);
}

static void write_rules(const char *file, const char *text)
{
    assert_int_equal(file_replace(file, str_from(text), 0600), 0);
}

static void test_ignore(void **state)
{
    (void)state;
    char rules[] = "/tmp/assay-test-rules-XXXXXX";
    int fd = mkstemp(rules);
    close(fd);
    _cleanup_(db_cleanup) struct db *db = NULL;
    assert_int_equal(db_open(path, &db), 0);
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    inventory_add(inv,
                  &(struct package){
                      .type = STR("npm"), .name = STR("lib"), .version = STR("1.0.0"), .path = STR("x/a")});
    _cleanup_(findings_cleanup) struct findings *f = run(inv, db);

    write_rules(rules, "[[ignore]]\nid = \"GHSA-aaaa\"\npackage = \"li?\"\nreason = \"not called\"\n"
                       "[[ignore]]\nid = \"GHSA-bbbb\"\nexpires = 2020-01-01\nreason = \"late\"\n");
    size_t expired = 0;
    assert_int_equal(match_ignore(f, inv, rules, 1795255200, &expired), 0);
    assert_true(str_is(find(f, "CVE-2020-0001")->ignored, "not called")); /* by an alias */
    assert_true(find(f, "GHSA-bbbb")->ignored.n == 0 && expired == 1);

    static const char *const bad[] = {
        "[[ignore]]\nid = \"CVE-1\"\n",                      /* no reason */
        "[[ignore]]\nreason = \"all of it\"\n",              /* ignores everything */
        "[[ignore]]\nid = \"x\"\nreason = \"y\"\ncve = 1\n", /* misspelt */
        "[[ignore]]\nid = \"x\"\nreason = \"y\"\nexpires = \"soon\"\n",
        "[[ignore\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_rules(rules, bad[i]);
        assert_int_equal(match_ignore(f, inv, rules, 0, NULL), ERR_INVALID);
    }
    unlink(rules);
}

static void test_why(void **state)
{
    (void)state;
    _cleanup_(db_cleanup) struct db *db = NULL;
    assert_int_equal(db_open(path, &db), 0);
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    inventory_add(
        inv,
        &(struct package){.type = STR("npm"), .name = STR("lib"), .version = STR("2.0.0"), .path = STR("a")});
    inventory_finish(inv);
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    assert_int_equal(report_why(inv, db, STR("CVE-2020-0001"), to), 0);
    fclose(to);
    assert_non_null(strstr(text, "not affected"));
    assert_non_null(strstr(text, "AFFECTED"));
    assert_non_null(strstr(text, "GLAD-lib-1"));
    assert_non_null(strstr(text, "< 2.0.1"));
    free(text);
    assert_int_equal(report_why(inv, db, STR("CVE-1999-0"), stdout), ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecosystem_names),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_evaluate),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_ignore),
        cmocka_unit_test(test_unknown_is_reported),
        cmocka_unit_test(test_why),
        cmocka_unit_test(test_owned_is_left_to_the_owner),
    };
    return cmocka_run_group_tests(tests, make_db, remove_db);
}

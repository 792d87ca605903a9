/* report: what the formats write of a scan made by hand. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/time.h"
#include "report/remediation.h"
#include "report/report.h"
#include "report/tally.h"
#include "report/text.h"

/* Stands for the database and the matcher, so that a report is tested on what the test says and no file is
 * needed. Weak: a linker that has the real ones as well is content. */
#define FAKE __attribute__((weak))

FAKE struct str package_purl(struct arena *a, const struct inventory *inv, const struct package *p)
{
    (void)inv;
    return arena_printf(a, "pkg:%.*s/%.*s@%.*s", STR_ARG(p->type), STR_ARG(p->name), STR_ARG(p->version));
}

FAKE struct str db_generation(const struct db *db)
{
    (void)db;
    return STR("00112233445566778899aabbccddeeff");
}

FAKE struct str finding_prose(struct arena *a, const struct db *db, const struct finding *f)
{
    (void)a;
    (void)db;
    return f->description.n ? f->description : f->title;
}

FAKE int64_t db_built(const struct db *db)
{
    (void)db;
    return 1795255200; /* 2026-11-21T10:00:00Z */
}

FAKE bool db_facts_only(const struct db *db)
{
    (void)db;
    return true;
}

static int64_t feed_date = 1795219200; /* 2026-11-21 */

FAKE bool db_feed_at(const struct db *db, uint32_t index, struct db_feed *ret_feed)
{
    (void)db;
    if (index > 0)
        return false;
    *ret_feed = (struct db_feed){.name = STR("debian"), .date = feed_date, .state = STR("ok")};
    return true;
}

FAKE struct str db_record_id(const struct db *db, uint32_t record)
{
    (void)db;
    return record == 1 ? STR("DSA-5678-1") : STR("GHSA-jfh8-c2jp-5v3q");
}

FAKE uint32_t db_record_feed(const struct db *db, uint32_t record)
{
    (void)db;
    (void)record;
    return 0;
}

FAKE bool db_record_find(const struct db *db, struct str id, uint32_t *ret_record)
{
    (void)db;
    *ret_record = 1;
    return str_starts(id, STR("CVE-"));
}

FAKE int db_record(const struct db *db, struct arena *a, uint32_t record, bool prose,
                   struct advisory *ret_advisory)
{
    static const struct str cwes[] = {{"CWE-79", 6}, {"CWE-20", 6}, {"NVD-CWE-noinfo", 14}};
    (void)db;
    (void)a;
    (void)prose;
    *ret_advisory = (struct advisory){.cwes = cwes, .n_cwes = record == 1 ? 3 : 1};
    return 0;
}

static struct inventory *example_inventory(void)
{
    struct inventory *inv = inventory_new();
    inv->target = STR("root");
    inv->target_kind = STR("directory");
    inv->os = (struct os){STR("debian"), STR("999"), STR("bookworm"), STR("Debian GNU/Linux 12 (bookworm)"),
                          STR("")};
    vec_add(&inv->layers, STR("sha256:aa"));
    const struct package packages[] = {
        {.type = STR("deb"),
         .name = STR("libssl3"),
         .version = STR("3.0.11-1~deb12u1"),
         .arch = STR("amd64"),
         .source = STR("openssl"),
         .path = STR("var/lib/dpkg/status"),
         .manager = PM_OS,
         .layer = 0},
        {.type = STR("maven"),
         .namespace = STR("org.apache.logging.log4j"),
         .name = STR("log4j-core"),
         .version = STR("2.14.1"),
         .path = STR("app.war!/WEB-INF/lib/log4j-core-2.14.1.jar"),
         .manager = PM_JAR,
         .layer = NO_LAYER},
        {.type = STR("pypi"),
         .name = STR("requests"),
         .path = STR("requirements.txt"),
         .manager = PM_PIP,
         .layer = NO_LAYER,
         .dev = true,
         .unresolved = true},
    };
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        inventory_add(inv, &packages[i]);
    inventory_finish(inv);
    vec_add(&inv->problems, (struct problem){STR("a.jar"), -1, STR("not a zip\x1b[31m")});
    inv->files = 1234;
    return inv;
}

/* The text that a format writes, from the arena. */
static struct str written(struct arena *a, const char *format, const struct report *r)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    const struct report_format *f = report_format_find(str_from(format));
    assert_non_null(f);
    assert_int_equal(f->write(r, to), 0);
    fclose(to);
    struct str s = arena_str(a, (struct str){text, n});
    free(text);
    return s;
}

static void test_json_inventory(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    json_val *root;
    assert_int_equal(json_parse(a, written(a, "json", &(struct report){.inventory = inv}), &root), 0);
    assert_true(str_is(json_get_str(root, "target"), "root"));
    assert_true(str_is(json_get_str(root, "kind"), "directory"));
    assert_true(str_is(json_get_str(json_get(root, "os"), "codename"), "bookworm"));
    assert_null(json_get(json_get(root, "os"), "like"));
    json_val *packages = json_get(root, "packages");
    assert_int_equal(yyjson_arr_size(packages), 3);
    json_val *deb = yyjson_arr_get(packages, 0), *jar = yyjson_arr_get(packages, 1),
             *py = yyjson_arr_get(packages, 2);
    assert_true(str_is(json_get_str(deb, "source"), "openssl"));
    assert_true(str_is(json_get_str(deb, "layer"), "sha256:aa"));
    assert_true(str_is(json_get_str(deb, "packageManager"), "OS"));
    assert_null(json_get(deb, "dev"));
    assert_true(str_is(json_get_str(jar, "namespace"), "org.apache.logging.log4j"));
    assert_null(json_get(jar, "layer"));
    assert_true(json_get_bool(py, "dev") && json_get_bool(py, "unresolved"));
    assert_null(json_get(py, "version"));
    json_val *problem = yyjson_arr_get(json_get(root, "problems"), 0);
    assert_true(str_is(json_get_str(problem, "error"), "invalid"));
    assert_true(str_is(json_get_str(problem, "text"), "not a zip\x1b[31m"));
    assert_null(json_get(root, "findings"));
}

/* The example's inventory: 0 is libssl3, 1 log4j-core, 2 requests. */
/* Dates that a row does not have. */
static void unset_dates(struct finding *f)
{
    int64_t *dates[] = {&f->kev_added, &f->kev_due, &f->published, &f->modified};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        if (!*dates[i])
            *dates[i] = TIME_NONE;
}

static struct findings *example_findings(void)
{
    static const struct match matches[] = {
        {.package = 0,
         .record = 1,
         .fix = FIX_FIXED,
         .fixed = {"3.0.14-1~deb12u2", 16},
         .compared = {"3.0.11-1~deb12u1", 16},
         .name = {"openssl", 7},
         .ecosystem = {"Debian:12", 9},
         .scheme = {"deb", 3},
         .range = {"< 3.0.14-1~deb12u2", 18}},
        {.package = 1,
         .record = 2,
         .fixed = {"2.15.0", 6},
         .scheme = {"maven", 5},
         .range = {">= 2.13.0, < 2.15.0", 19}},
        {.package = 2, .record = 2, .verdict = VERDICT_UNKNOWN, .range = {"no version is stated", 20}},
    };
    static const struct match *pointers[] = {&matches[0], &matches[1], &matches[2]};
    static const struct str aliases[] = {{"GHSA-jfh8-c2jp-5v3q", 19}};
    struct finding findings[] = {
        {.id = STR("CVE-2021-44228"),
         .package = 1,
         .matches = &pointers[1],
         .n_matches = 1,
         .fixed = STR("2.15.0"),
         .severity = STR("CRITICAL"),
         .score = 10,
         .vector = STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"),
         .epss = 0.94358,
         .epss_percentile = 0.9996,
         .kev = true,
         .exploit = true,
         .kev_added = 1639094400,
         .kev_due = 1640304000,
         .aliases = aliases,
         .n_aliases = 1,
         .title = STR("=Remote code injection in Log4j, with \"quotes\"\x1b[2J"),
         .published = 1639094400,
         .source = STR("osv/Maven")},
        {.id = STR("CVE-2023-0001"),
         .package = 0,
         .matches = &pointers[0],
         .n_matches = 1,
         .severity = STR("HIGH"),
         .score = 8.1,
         .epss = -1,
         .kev = true,
         .kev_added = 1639094400,
         .title = STR("Exploited without a fix")},
        {.id = STR("CVE-2024-5535"),
         .package = 0,
         .matches = &pointers[0],
         .n_matches = 1,
         .fix = FIX_FIXED,
         .fixed = STR("3.0.14-1~deb12u2"),
         .severity = STR("MEDIUM"),
         .score = 5.9,
         .epss = 0.004,
         .epss_percentile = 0.5,
         .title = STR("Buffer overread in SSL_select_next_proto")},
        {.id = STR("CVE-2024-4741"),
         .package = 0,
         .matches = &pointers[0],
         .n_matches = 1,
         .fix = FIX_FIXED,
         .fixed = STR("3.0.14-1~deb12u1"),
         .severity = STR("UNTRIAGED"),
         .score = -1,
         .epss = -1},
        {.id = STR("CVE-2010-4756"),
         .package = 0,
         .matches = &pointers[0],
         .n_matches = 1,
         .fix = FIX_UNFIXED,
         .severity = STR("LOW"),
         .score = 3.1,
         .epss = 0.2,
         .title = STR("Old and low")},
        {.id = STR("CVE-2018-18074"),
         .package = 2,
         .matches = &pointers[2],
         .n_matches = 1,
         .verdict = VERDICT_UNKNOWN,
         .severity = STR("HIGH"),
         .score = 7.5,
         .epss = -1},
        {.id = STR("CVE-2000-0001"),
         .package = 0,
         .matches = &pointers[0],
         .n_matches = 1,
         .severity = STR("LOW"),
         .score = 1,
         .epss = -1,
         .ignored = STR("accepted")},
    };
    struct findings *f = mem_alloc(sizeof *f);
    f->unresolved = 1;
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        unset_dates(&findings[i]);
        vec_add(&f->findings, findings[i]);
    }
    return f;
}

static void free_findings(struct findings **f)
{
    vec_free(&(*f)->findings);
    free(*f);
}

static struct report example_report(const struct inventory *inv, const struct findings *findings)
{
    static const char db; /* the fakes do not look at it */
    return (struct report){.inventory = inv,
                           .findings = findings,
                           .db = (const struct db *)&db,
                           .columns = 80,
                           .elapsed_ns = 310000000};
}

static void test_json_scan(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    _cleanup_(free_findings) struct findings *findings = example_findings();
    struct report r = example_report(inv, findings);
    json_val *root;
    assert_int_equal(json_parse(a, written(a, "json", &r), &root), 0);
    json_val *summary = json_get(root, "summary"), *counts = json_get(summary, "findings");
    assert_int_equal(yyjson_get_int(json_get(counts, "total")), 6);
    assert_int_equal(yyjson_get_int(json_get(counts, "ignored")), 1);
    assert_int_equal(yyjson_get_int(json_get(counts, "fixable")), 3);
    assert_int_equal(yyjson_get_int(json_get(counts, "unknown")), 1);
    assert_int_equal(yyjson_get_int(json_get(json_get(counts, "bySeverity"), "HIGH")), 2);
    assert_true(str_is(json_get_str(json_get(root, "database"), "built"), "2026-11-21T10:00:00Z"));
    json_val *log4j = yyjson_arr_get(json_get(root, "findings"), 0);
    assert_true(str_is(json_get_str(log4j, "id"), "CVE-2021-44228"));
    assert_true(yyjson_get_real(json_get(json_get(log4j, "epss"), "score")) == 0.94358);
    assert_true(str_is(json_get_str(json_get(log4j, "kev"), "added"), "2021-12-10"));
    assert_true(str_is(json_get_str(log4j, "remediation"), "use org.apache.logging.log4j:log4j-core:2.15.0"));
    json_val *match = yyjson_arr_get(json_get(log4j, "matches"), 0);
    assert_true(str_is(json_get_str(match, "advisory"), "GHSA-jfh8-c2jp-5v3q"));
    assert_true(str_is(json_get_str(match, "range"), ">= 2.13.0, < 2.15.0"));
    assert_true(str_is(json_get_str(json_get(log4j, "package"), "version"), "2.14.1"));
    json_val *unknown = yyjson_arr_get(json_get(root, "findings"), 5);
    assert_true(str_is(json_get_str(unknown, "verdict"), "unknown"));
    assert_null(json_get(unknown, "epss"));
}

/* clang-format off */
static const char table_text[] =
    "root                                              Debian GNU/Linux 12 (bookworm)\n"
    "--------------------------------------------------------------------------------\n"
    "\n"
    "Do first\n"
    "\n"
    " org.apache.logging.log4j:log4j-core 2.14.1 -> 2.15.0                    fixes 1\n"
    "   use org.apache.logging.log4j:log4j-core:2.15.0\n"
    "   in app.war!/WEB-INF/lib/log4j-core-2.14.1.jar\n"
    "   `- CRITICAL 10.0  CVE-2021-44228 exploited EPSS 94%   =Remote code injection~\n"
    "\n"
    " openssl 3.0.11-1~deb12u1 -> 3.0.14-1~deb12u2                            fixes 2\n"
    "   apt-get install --only-upgrade libssl3\n"
    "   |- MEDIUM    5.9  CVE-2024-5535            EPSS 0.4%  Buffer overread in SSL~\n"
    "   `- UNRATED     -  CVE-2024-4741                       fixed in 3.0.14-1~deb1~\n"
    "\n"
    "Exploited, and no fix yet\n"
    "\n"
    " openssl 3.0.11-1~deb12u1                                                 1 open\n"
    "   `- HIGH      8.1  CVE-2023-0001  exploited            Exploited without a fix\n"
    "\n"
    "No fix yet\n"
    "\n"
    " openssl 3.0.11-1~deb12u1           LOW       3.1  CVE-2010-4756          1 open\n"
    " show each finding with --all\n"
    "\n"
    "Could not be judged\n"
    "\n"
    " requests (no version), CVE-2018-18074: no version is stated\n"
    "\n"
    "1 finding ignored by rule.\n"
    "1 package without one version, so not judged.\n"
    "\n"
    "Could not be read\n"
    "\n"
    " a.jar: not a zip?[31m\n"
    "\n"
    "--------------------------------------------------------------------------------\n"
    "6 findings: 1 critical, 2 high, 1 medium, 1 low, 1 not rated\n"
    "3 can be fixed now | 2 known to be exploited | 1 with a public exploit\n"
    "3 packages in 1,234 files | 0.31 s ";

static const char table_all_text[] =
    "No fix yet\n"
    "\n"
    " openssl 3.0.11-1~deb12u1                                                 2 open\n"
    "   |- HIGH      8.1  CVE-2023-0001  exploited            Exploited without a fix\n"
    "   `- LOW       3.1  CVE-2010-4756            EPSS 20%   Old and low\n"
    "\n";

static const char table_inventory_text[] =
    "root                                              Debian GNU/Linux 12 (bookworm)\n"
    "--------------------------------------------------------------------------------\n"
    "\n"
    "type      package                           version           found in\n"
    "deb       libssl3                           3.0.11-1~deb12u1  var/l~/dpkg/status\n"
    "maven     org.apache.logging.log4j:log4j-~  2.14.1            app.w~e-2.14.1.jar\n"
    "pypi      requests                          ?                 requirements.txt\n"
    "\n"
    "Could not be read\n"
    "\n"
    " a.jar: not a zip?[31m\n"
    "\n"
    "--------------------------------------------------------------------------------\n"
    "3 packages in 1,234 files | 0.31 s\n";
/* clang-format on */

static void assert_has(struct str text, const char *expected)
{
    if (str_find_str(text, str_from(expected)) < 0)
        fail_msg("the table is\n%.*s\nwhich lacks\n%s", STR_ARG(text), expected);
}

static void test_table(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    _cleanup_(free_findings) struct findings *findings = example_findings();
    struct report r = example_report(inv, findings);
    assert_has(written(a, "table", &r), table_text);
    r.all = true;
    assert_has(written(a, "table", &r), table_all_text);
    r.findings = NULL;
    assert_has(written(a, "table", &r), table_inventory_text);
    inv->os = (struct os){.family = STR("centos"), .version = STR("7.9")};
    assert_has(written(a, "table", &r), "No longer supported since 2024-06-30");
}

static void test_width(struct arena *a, struct report *r)
{
    struct str rest = written(a, "table", r), line;
    while (str_next(&rest, '\n', &line))
        if (text_width(line) > r->columns)
            fail_msg("wider than %d: %.*s", r->columns, STR_ARG(line));
}

/* In UTF-8 and colour, at several widths, whatever day it is: no line is wider, no foreign escape gets
 * through. */
static void test_table_widths(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    _cleanup_(free_findings) struct findings *findings = example_findings();
    struct report r = example_report(inv, findings);
    const char *locale = setlocale(LC_CTYPE, "C.UTF-8");
    findings->findings.at[0].title =
        STR("Entfernte Codeausf\xc3\xbchrung "
            "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
            "\xe6\xbc\xa2\xe5\xad\x97 \xe2\x80\xae\xff\xc0\x80\x1b]0;x\x07");
    const int64_t dates[] = {feed_date, time_now(), time_now() - INT64_C(9999) * 86400};
    for (size_t i = sizeof dates / sizeof *dates; i-- > 0;) {
        feed_date = dates[i];
        for (r.columns = 72; r.columns <= 160; r.columns += 7)
            test_width(a, &r);
    }
    r.columns = 80;
    r.colour = true;
    struct str text = written(a, "table", &r);
    assert_int_equal(str_find_str(text, STR("\x1b[2J")), -1);
    assert_int_equal(str_find_str(text, STR("\x1b]0")), -1);
    assert_int_equal(str_find_str(text, STR("\xe2\x80\xae")), -1);
    assert_has(text, "\x1b[1;31mCRITICAL\x1b[0m");
    if (locale)
        assert_has(text, "\xe2\x94\x94\xe2\x94\x80");
    setlocale(LC_CTYPE, "C");
}

/* The fields of the records of a CSV file, told apart from the code under test by the reader in base. */
static void test_csv(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    _cleanup_(free_findings) struct findings *findings = example_findings();
    struct report r = example_report(inv, findings);
    _cleanup_(csv_free) struct csv csv = csv_new(written(a, "csv", &r), ',');
    assert_int_equal(csv_next(&csv), 1);
    size_t columns = csv.fields.n;
    int id = csv_find(&csv, "id"), title = csv_find(&csv, "title"), package = csv_find(&csv, "package"),
        score = csv_find(&csv, "score"), kev = csv_find(&csv, "kev_added"),
        ignored = csv_find(&csv, "ignored"), range = csv_find(&csv, "range");
    assert_int_equal(csv_next(&csv), 1);
    assert_int_equal(csv.fields.n, columns);
    assert_true(str_is(csv_field(&csv, (size_t)id), "CVE-2021-44228"));
    assert_true(str_is(csv_field(&csv, (size_t)package), "org.apache.logging.log4j:log4j-core"));
    assert_true(str_is(csv_field(&csv, (size_t)score), "10.0"));
    assert_true(str_is(csv_field(&csv, (size_t)kev), "2021-12-10T00:00:00Z"));
    assert_true(str_is(csv_field(&csv, (size_t)range), ">= 2.13.0, < 2.15.0"));
    assert_true(
        str_starts(csv_field(&csv, (size_t)title), STR("'=Remote code injection in Log4j, with \"quotes\"")));
    size_t rows = 1;
    struct str last = {NULL, 0};
    for (; csv_next(&csv) == 1 && csv.fields.n == columns; rows++)
        last = arena_str(a, csv_field(&csv, (size_t)ignored));
    assert_int_equal(rows, 7);
    assert_true(str_is(last, "accepted"));
    r.findings = NULL;
    struct str text = written(a, "csv", &r);
    assert_true(str_starts(text, STR("type,namespace,name,version,")));
    assert_true(str_find_str(text, STR("\r\nmaven,org.apache.logging.log4j,log4j-core,2.14.1,")) > 0);
}

static void test_sarif(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    _cleanup_(free_findings) struct findings *findings = example_findings();
    struct report r = example_report(inv, findings);
    findings->findings.at[6].id = STR("CVE-2021-44228"); /* twice: one rule, two results */
    inv->packages.at[1].path = STR("a b/c:d.jar");
    json_val *root;
    assert_int_equal(json_parse(a, written(a, "sarif", &r), &root), 0);
    assert_true(str_is(json_get_str(root, "version"), "2.1.0"));
    json_val *run = yyjson_arr_get(json_get(root, "runs"), 0), *results = json_get(run, "results");
    json_val *rules = json_get(json_get(json_get(run, "tool"), "driver"), "rules");
    assert_int_equal(yyjson_arr_size(rules), 6);
    assert_int_equal(yyjson_arr_size(results), 7);
    for (json_each(result, results)) {
        json_val *rule = yyjson_arr_get(rules, (size_t)yyjson_get_int(json_get(result, "ruleIndex")));
        assert_true(str_eq(json_get_str(rule, "id"), json_get_str(result, "ruleId")));
        assert_int_equal(json_get_str(json_get(result, "partialFingerprints"), "assayFinding/v1").n, 16);
    }
    json_val *first = yyjson_arr_get(results, 0), *rule = yyjson_arr_get(rules, 0);
    assert_true(str_is(json_get_str(json_get(rule, "properties"), "security-severity"), "10.0"));
    assert_true(str_is(json_get_str(first, "level"), "error"));
    json_val *location = json_get(yyjson_arr_get(json_get(first, "locations"), 0), "physicalLocation");
    assert_true(str_is(json_get_str(json_get(location, "artifactLocation"), "uri"), "a%20b/c%3Ad.jar"));
    assert_true(str_is(json_get_str(json_get(first, "message"), "text"),
                       "log4j-core 2.14.1 is affected by CVE-2021-44228. Fixed in 2.15.0: use "
                       "org.apache.logging.log4j:log4j-core:2.15.0."));
    assert_true(str_is(json_get_str(yyjson_arr_get(results, 5), "kind"), "review"));
    assert_true(str_is(json_get_str(yyjson_arr_get(results, 5), "level"), "none"));
    assert_int_equal(yyjson_arr_size(json_get(yyjson_arr_get(results, 6), "suppressions")), 1);
}

static void test_remediation(void **state)
{
    (void)state;
    static const struct {
        const char *type, *namespace, *name, *path, *fixed, *expected;
        enum package_manager manager;
        const char *family, *version;
    } rows[] = {
        {"deb", "", "openssl", "var/lib/dpkg/status", "3.0.14-1~deb12u2",
         "apt-get install --only-upgrade openssl", PM_OS, "debian", "12"},
        {"apk", "", "openssl", "lib/apk/db/installed", "3.1.4-r0", "apk upgrade openssl", PM_OS, "alpine",
         "3.19"},
        {"rpm", "", "openssl", "var/lib/rpm/rpmdb.sqlite", "3.0.7-25.el9", "dnf upgrade openssl", PM_OS,
         "rhel", "9.2"},
        {"rpm", "", "openssl", "var/lib/rpm/Packages", "1.0.2k-26.el7_9", "yum update openssl", PM_OS,
         "centos", "7"},
        {"rpm", "", "openssl", "var/lib/rpm/Packages", "1.0.2k-24.amzn2", "yum update openssl", PM_OS, "amzn",
         "2"},
        {"rpm", "", "openssl", "var/lib/rpm/rpmdb.sqlite", "3.0.8-1.amzn2023", "dnf upgrade openssl", PM_OS,
         "amzn", "2023"},
        {"rpm", "", "openssl", "var/lib/rpm/Packages.db", "1.1.1d-1", "zypper update openssl", PM_OS, "sles",
         "15.5"},
        {"pypi", "", "django", "x/requirements.txt", "3.2.25", "pip install 'django>=3.2.25'", PM_PIP, "",
         ""},
        {"pypi", "", "django", "x/poetry.lock", "3.2.25", "poetry add 'django>=3.2.25'", PM_POETRY, "", ""},
        {"npm", "", "lodash", "package-lock.json", "4.17.21", "npm install lodash@4.17.21", PM_NPM, "", ""},
        {"npm", "@angular", "core", "yarn.lock", "11.0.5", "yarn upgrade @angular/core@11.0.5", PM_YARN, "",
         ""},
        {"maven", "org.apache.logging.log4j", "log4j-core", "a.jar", "2.17.1",
         "use org.apache.logging.log4j:log4j-core:2.17.1", PM_JAR, "", ""},
        {"maven", "", "log4j-core", "a.jar", "2.17.1", "", PM_JAR, "", ""},
        {"golang", "golang.org/x", "net", "go.mod", "0.23.0", "go get golang.org/x/net@v0.23.0", PM_GOMOD, "",
         ""},
        {"golang", "", "stdlib", "bin/x", "1.22.5", "build with Go 1.22.5", PM_GOBINARY, "", ""},
        /* Names that would be more than a word to a shell get no command at all. */
        {"npm", "", "x;reboot", "package-lock.json", "1.0.0", "", PM_NPM, "", ""},
        {"npm", "", "x$(reboot)", "package-lock.json", "1.0.0", "", PM_NPM, "", ""},
        {"npm", "", "--global", "package-lock.json", "1.0.0", "", PM_NPM, "", ""},
        {"pypi", "", "x", "requirements.txt", "1'; reboot '", "", PM_PIP, "", ""},
        {"deb", "", "a\nb", "var/lib/dpkg/status", "1", "", PM_OS, "debian", "12"},
        {"unheard-of", "", "a", "b", "1", "", PM_NONE, "", ""},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        inv->os.family = str_from(rows[i].family);
        inv->os.version = str_from(rows[i].version);
        const struct package p = {.type = str_from(rows[i].type),
                                  .namespace = str_from(rows[i].namespace),
                                  .name = str_from(rows[i].name),
                                  .path = str_from(rows[i].path),
                                  .manager = rows[i].manager};
        struct str command = remediation_command(a, inv, &p, str_from(rows[i].fixed));
        if (!str_is(command, rows[i].expected))
            fail_msg("row %zu: '%.*s', not '%s'", i, STR_ARG(command), rows[i].expected);
    }
}

static json_val *vulnerability(json_val *root, const char *id)
{
    for (json_each(v, json_get(root, "vulnerabilities")))
        if (str_is(json_get_str(v, "id"), id))
            return v;
    fail_msg("no vulnerability %s", id);
    return NULL;
}

static void test_cyclonedx(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    _cleanup_(free_findings) struct findings *findings = example_findings();
    struct finding *second = vec_push(&findings->findings);
    *second = findings->findings.at[0]; /* the same flaw in another package */
    second->package = 2;
    struct report r = example_report(inv, findings);
    json_val *root;
    assert_int_equal(json_parse(a, written(a, "cyclonedx", &r), &root), 0);
    assert_int_equal(yyjson_arr_size(json_get(root, "components")), 4); /* with the operating system */
    assert_int_equal(yyjson_arr_size(json_get(root, "vulnerabilities")), 7);
    json_val *log4j = vulnerability(root, "CVE-2021-44228");
    json_val *rating = yyjson_arr_get_first(json_get(log4j, "ratings"));
    assert_true(str_is(json_get_str(rating, "severity"), "critical"));
    assert_true(str_is(json_get_str(rating, "method"), "CVSSv31"));
    assert_true(yyjson_get_num(json_get(rating, "score")) == 10);
    json_val *cwes = json_get(log4j, "cwes");
    assert_int_equal(yyjson_arr_size(cwes), 2);
    assert_int_equal(yyjson_get_int(yyjson_arr_get(cwes, 0)), 20);
    assert_int_equal(yyjson_get_int(yyjson_arr_get(cwes, 1)), 79);
    json_val *affects = json_get(log4j, "affects");
    assert_int_equal(yyjson_arr_size(affects), 2);
    json_val *component = yyjson_arr_get(json_get(root, "components"), 2);
    assert_true(str_eq(json_get_str(yyjson_arr_get(affects, 0), "ref"), json_get_str(component, "bom-ref")));
    json_val *versions = json_get(yyjson_arr_get(affects, 0), "versions");
    assert_true(str_is(json_get_str(yyjson_arr_get(versions, 0), "status"), "affected"));
    assert_true(str_is(json_get_str(yyjson_arr_get(versions, 1), "version"), "2.15.0"));
    json_val *unknown = vulnerability(root, "CVE-2018-18074");
    assert_true(str_is(json_get_str(json_get(unknown, "analysis"), "state"), "in_triage"));
    json_val *ignored = json_get(vulnerability(root, "CVE-2000-0001"), "analysis");
    assert_true(str_is(json_get_str(ignored, "detail"), "accepted"));
    json_val *untriaged = yyjson_arr_get_first(json_get(vulnerability(root, "CVE-2024-4741"), "ratings"));
    assert_true(str_is(json_get_str(untriaged, "severity"), "unknown"));
    assert_null(json_get(untriaged, "score"));
    assert_int_equal(json_parse(a, written(a, "cyclonedx", &(struct report){.inventory = inv}), &root), 0);
    assert_null(json_get(root, "vulnerabilities"));
}

static void test_spdx(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example_inventory();
    _cleanup_(free_findings) struct findings *findings = example_findings();
    struct report r = example_report(inv, findings);
    json_val *root;
    assert_int_equal(json_parse(a, written(a, "spdx", &r), &root), 0);
    json_val *packages = json_get(root, "packages");
    assert_int_equal(yyjson_arr_size(packages), 5); /* with the target and the operating system */
    json_val *deb = json_get(yyjson_arr_get(packages, 2), "externalRefs");
    json_val *jar = json_get(yyjson_arr_get(packages, 3), "externalRefs");
    assert_int_equal(yyjson_arr_size(deb), 6);
    assert_int_equal(yyjson_arr_size(jar), 2);
    json_val *advisory = yyjson_arr_get(jar, 1);
    assert_true(str_is(json_get_str(advisory, "referenceType"), "advisory"));
    assert_true(str_is(json_get_str(advisory, "referenceLocator"),
                       "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"));
    assert_true(
        str_is(json_get_str(advisory, "comment"), "CVE-2021-44228 CRITICAL: affected, fixed in 2.15.0"));
}

static void test_severity(void **state)
{
    (void)state;
    for (enum severity s = 0; s < N_SEVERITIES; s++)
        assert_int_equal(severity_from(str_from(severity_name(s))), s);
    assert_int_equal(severity_from(STR("")), SEVERITY_UNTRIAGED);
    assert_int_equal(severity_from(STR("high")), SEVERITY_UNTRIAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_inventory), cmocka_unit_test(test_json_scan), cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_widths),   cmocka_unit_test(test_csv),       cmocka_unit_test(test_sarif),
        cmocka_unit_test(test_remediation),    cmocka_unit_test(test_cyclonedx), cmocka_unit_test(test_spdx),
        cmocka_unit_test(test_severity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

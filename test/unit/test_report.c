/* report: what the formats write of a scan made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "report/remediation.h"
#include "report/report.h"
#include "report/tally.h"

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

FAKE bool db_feed_at(const struct db *db, uint32_t index, struct db_feed *ret_feed)
{
    (void)db;
    if (index > 0)
        return false;
    *ret_feed = (struct db_feed){.name = STR("debian"), .date = 1795219200, .state = STR("ok")};
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

FAKE size_t match_keys(struct arena *a, const struct inventory *inv, const struct package *p,
                       struct match_key *ret_keys, size_t max)
{
    (void)a;
    (void)inv;
    if (!max || str_is(p->type, "generic"))
        return 0;
    *ret_keys = (struct match_key){.name = p->name};
    return 1;
}

static struct inventory *example_inventory(void)
{
    struct inventory *inv = inventory_new();
    inv->target = STR("root");
    inv->target_kind = STR("directory");
    inv->os = (struct os){STR("debian"), STR("12"), STR("bookworm"), STR("Debian GNU/Linux 12 (bookworm)"),
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
        cmocka_unit_test(test_json_inventory),
        cmocka_unit_test(test_remediation),
        cmocka_unit_test(test_severity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

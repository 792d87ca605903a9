/* The operating system and the packages of dpkg and apk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/os_eol.h"

static void offer(struct inventory *inv, const char *path, struct str content)
{
    struct view_file file = view_file_memory(str_from(path), content);
    if (!ecosystem_wants(file.path))
        fail_msg("nobody wants %s", path);
    ecosystem_offer(inv, &file);
}

/* "deb libc6 2.36-9 amd64 source=glibc ..." of each package, in order, joined by "; ". */
static struct str summary(const struct inventory *inv)
{
    struct buf b = buf_new(1 << 20);
    vec_each(p, &inv->packages)
    {
        buf_printf(&b, "%s%.*s %.*s %.*s", b.n ? "; " : "", STR_ARG(p->type), STR_ARG(p->name),
                   STR_ARG(p->version));
        if (p->arch.n)
            buf_printf(&b, " %.*s", STR_ARG(p->arch));
        if (p->source.n)
            buf_printf(&b, " source=%.*s", STR_ARG(p->source));
        if (p->source_version.n)
            buf_printf(&b, " (%.*s)", STR_ARG(p->source_version));
    }
    struct str text = arena_str(inv->arena, buf_str(&b));
    buf_free(&b);
    return text;
}

static const char *shared_dir(void)
{
    const char *shared = getenv("ASSAY_SHARED");
    if (!shared || access(shared, R_OK) != 0) {
        print_message("skipped: the conformance data is not at $ASSAY_SHARED\n");
        skip();
    }
    return shared;
}

static void test_release_files(void **state)
{
    (void)state;
    static const struct {
        const char *path, *content, *family, *version, *codename;
    } rows[] = {
        {"etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n", "debian", "12",
         "bookworm"},
        {"etc/os-release", "# c\nID='Alpine'\r\nVERSION_ID=3.19.1", "alpine", "3.19.1", ""},
        {"etc/os-release", "\t ID=openwrt\n\t\tVERSION_ID=\"21.02.1\"", "openwrt", "21.02.1", ""},
        {"etc/os-release", "ID=a\nID=b\nPRETTY_NAME=\"say \\\"x\\\"\"", "b", "", ""},
        {"usr/lib/os-release", "ID=arch\nBUILD_ID=rolling\n", "arch", "", ""},
        {"etc/os-release", "NAME=Nothing\n", "", "", ""},
        {"etc/os-release", "ID=\"unclosed", "unclosed", "", ""},
        {"etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\nDISTRIB_CODENAME=bionic\n", "ubuntu",
         "18.04", "bionic"},
        {"etc/lsb-release", "LSB_VERSION=base-4.0-amd64\n", "", "", ""},
        {"etc/debian_version", "9.8\n", "debian", "9.8", ""},
        {"etc/debian_version", "trixie/sid\n", "debian", "", "trixie"},
        {"etc/alpine-release", "3.10.2\n", "alpine", "3.10.2", ""},
        {"etc/redhat-release", "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n", "rhel", "6.10",
         ""},
        {"etc/redhat-release", "Red Hat Linux release 6.2 (Zoot)", "redhat", "6.2", ""},
        {"etc/centos-release", "CentOS Linux release 7.9.2009 (Core)\n", "centos", "7.9.2009", ""},
        {"etc/redhat-release", "CentOS release 5.11 (Final)", "centos", "5.11", ""},
        {"etc/fedora-release", "Fedora release 29 (Twenty Nine)\n", "fedora", "29", ""},
        {"etc/oracle-release", "Oracle Linux Server release 7.6\n", "ol", "7.6", ""},
        {"etc/system-release", "Amazon Linux AMI release 2018.03\n", "amzn", "2018.03", ""},
        {"etc/system-release", "Amazon Linux release 2 (Karoo)\n", "amzn", "2", ""},
        {"etc/almalinux-release", "AlmaLinux release 8.4 (Electric Cheetah)", "almalinux", "8.4", ""},
        {"etc/photon-release", "VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=1526e30ba\n", "photon", "4.0", ""},
        {"etc/photon-release", "VMware Photon Linux v1.0\n", "photon", "1.0", ""},
        {"etc/SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
         "sles", "11.4", ""},
        {"etc/SuSE-release", "openSUSE 13.1 (x86_64)\nVERSION = 13.1\nCODENAME = Bottle\n", "opensuse",
         "13.1", "Bottle"},
        {"etc/redhat-release", "Some other thing release 3\n", "", "", ""},
        {"etc/redhat-release", "", "", "", ""},
        {"etc/arch-release", "", "arch", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        offer(inv, rows[i].path, str_from(rows[i].content));
        inventory_finish(inv);
        assert_int_equal(inv->problems.n, 0);
        if (!str_is(inv->os.family, rows[i].family) || !str_is(inv->os.version, rows[i].version) ||
            !str_is(inv->os.codename, rows[i].codename))
            fail_msg("%s '%s': got %.*s %.*s %.*s", rows[i].path, rows[i].content, STR_ARG(inv->os.family),
                     STR_ARG(inv->os.version), STR_ARG(inv->os.codename));
    }
}

/* Every order of visiting gives the same. */
static void test_release_precedence(void **state)
{
    (void)state;
    static const struct {
        const char *files[3][2];
        const char *expected;
    } rows[] = {
        {{{"etc/os-release", "ID=ol\nVERSION_ID=8.10\n"},
          {"etc/redhat-release", "Red Hat Enterprise Linux release 8.10 (Ootpa)"},
          {"etc/oracle-release", "Oracle Linux Server release 8.10"}},
         "ol 8.10"},
        {{{"etc/redhat-release", "Red Hat Enterprise Linux Server release 6.10 (Santiago)"},
          {"etc/oracle-release", "Oracle Linux Server release 6.10"},
          {"etc/lsb-release", "LSB_VERSION=4"}},
         "ol 6.10"},
        {{{"etc/debian_version", "buster/sid\n"},
          {"etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\n"},
          {"etc/os-release", "NAME=Nothing\n"}},
         "ubuntu 18.04"},
        {{{"etc/debian_version", "12.5\n"}, {"etc/os-release", "ID=debian\n"}, {"etc/lsb-release", ""}},
         "debian 12.5"},
        {{{"etc/debian_version", "12.5\n"}, {"etc/os-release", "ID=kali\n"}, {"etc/lsb-release", ""}},
         "kali "},
    };
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t order = 0; order < 6; order++) {
            _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
            for (size_t k = 0; k < 3; k++)
                offer(inv, rows[i].files[orders[order][k]][0], str_from(rows[i].files[orders[order][k]][1]));
            inventory_finish(inv);
            struct str got =
                arena_printf(inv->arena, "%.*s %.*s", STR_ARG(inv->os.family), STR_ARG(inv->os.version));
            assert_string_equal(got.p, rows[i].expected);
        }
}

/* The conformance table uses another program's names for the distributions. */
static const struct {
    const char *theirs, *ours;
} family_names[] = {
    {"Fedora", "fedora"},      {"Azure", "azurelinux"},
    {"CoreOS", "coreos"},      {"RedHat", "rhel"},
    {"MinimOS", "minimos"},    {"Rocky", "rocky"},
    {"Oracle", "ol"},          {"oracle", "ol"},
    {"Photon", "photon"},      {"Debian", "debian"},
    {"alma", "almalinux"},     {"CentOSStream", "centos"},
    {"CBLMariner", "mariner"}, {"ActiveState", "activestate"},
};

static const struct {
    const char *file, *family, *why;
} release_exceptions[] = {
    {"files/release__unknown", "unknown",
     "os-release(5): ID is free text; whether anybody publishes advisories for it is decided by the match"},
};

static struct str our_family(struct str theirs)
{
    for (size_t i = 0; i < sizeof family_names / sizeof *family_names; i++)
        if (str_is(theirs, family_names[i].theirs))
            return str_from(family_names[i].ours);
    return theirs;
}

/* The name under which a file of the table lies in a root; NULL: not a release file. */
static const char *release_path(struct str file)
{
    static const struct {
        const char *ends, *path;
    } rows[] = {
        {"redhat-release", "etc/redhat-release"}, {"oracle-release", "etc/oracle-release"},
        {"fedora-release", "etc/fedora-release"}, {"almalinux-release", "etc/almalinux-release"},
        {"debian_version", "etc/debian_version"}, {"lsb-release", "etc/lsb-release"},
        {"ubuntu__invalid", "etc/lsb-release"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_ends(file, str_from(rows[i].ends)))
            return rows[i].path;
    return str_starts(file, STR("files/release__")) ? "etc/os-release" : NULL;
}

static void test_release_conformance(void **state)
{
    (void)state;
    const char *shared = shared_dir();
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str table, line, cells[5];
    if (file_read(a, arena_printf(a, "%s/conformance/osrelease/expected.tsv", shared).p, 1 << 20, &table) < 0)
        fail_msg("%s", err_text());
    str_next(&table, '\n', &line);
    int rows = 0;
    while (str_next(&table, '\n', &line)) {
        for (size_t i = 0; i < 5; i++)
            cells[i] = (struct str){NULL, 0}, str_next(&line, '\t', &cells[i]);
        const char *path = release_path(cells[1]);
        if (!path)
            continue; /* the Ubuntu Pro status: it says nothing of the release */
        struct str content, family = our_family(cells[2]), version = cells[3];
        if (file_read(a, arena_printf(a, "%s/conformance/osrelease/%.*s", shared, STR_ARG(cells[1])).p,
                      1 << 20, &content) < 0)
            fail_msg("%s", err_text());
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        offer(inv, path, content);
        inventory_finish(inv);
        bool excepted = false;
        for (size_t i = 0; i < sizeof release_exceptions / sizeof *release_exceptions; i++)
            if (str_is(cells[1], release_exceptions[i].file)) {
                assert_true(str_is(inv->os.family, release_exceptions[i].family));
                excepted = true;
            }
        if (!excepted && (!str_eq(inv->os.family, family) || (family.n && !str_eq(inv->os.version, version))))
            fail_msg("%.*s: got '%.*s' '%.*s'", STR_ARG(cells[1]), STR_ARG(inv->os.family),
                     STR_ARG(inv->os.version));
        rows++;
    }
    assert_true(rows >= 20);
}

static void test_dpkg(void **state)
{
    (void)state;
    static const struct {
        const char *path, *content, *expected;
        size_t problems;
    } rows[] = {
        {"var/lib/dpkg/status",
         "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\nVersion: 2.36-9\n"
         "Description: x\n Package: not this\n\n"
         "package: bash\nSTATUS: install ok installed\nVersion:5.2-1+b1\nSource: bash (5.2-1)\n",
         "deb bash 5.2-1+b1 source=bash (5.2-1); deb libc6 2.36-9 amd64 source=glibc", 0},
        {"var/lib/dpkg/status",
         "Package: a\nVersion: 1\nStatus: deinstall ok config-files\n\nPackage: b\nVersion: 1\nStatus: hold "
         "ok unpacked\n"
         "\n\nPackage: c\nVersion: 1\nStatus: install ok triggers-awaited\n\nPackage: d\nVersion: 1\n\n"
         "Package: e\nVersion: 1\nStatus: unknown ok not-installed\n\nPackage: f\nVersion: 1\n"
         "Status: install reinstreq half-installed\n\nPackage: g\nVersion: 1\nStatus: install ok "
         "half-configured",
         "deb b 1; deb c 1; deb f 1; deb g 1", 0},
        {"var/lib/dpkg/status",
         "Package: a\nStatus: install ok installed\nVersion: 1\nnonsense\n\nPackage: b\n"
         "Status: install ok installed\nVersion: 2",
         "deb a 1; deb b 2", 1},
        {"var/lib/dpkg/status", "Package: a\nStatus: install ok installed\n", "deb a ", 0},
        {"var/lib/dpkg/status",
         "Package: a\r\nStatus: install ok installed\r\nVersion: 1:2\r\n\r\nPackage: b\r\n", "deb a 1:2", 0},
        {"var/lib/dpkg/status", "", "", 0},
        {"var/lib/dpkg/status.d/libssl1.1",
         "Package: libssl1.1\nVersion: 1.1.1n-0\nSource: openssl (1.1.1n-0)\n",
         "deb libssl1.1 1.1.1n-0 source=openssl", 0},
        {"var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a\nSource: tzdata\n",
         "deb tzdata 2024a", 0},
        {"usr/lib/opkg/status", "Package: ubus\nVersion: 1~2-r1\nStatus: install ok installed\n",
         "opkg ubus 1~2-r1", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        offer(inv, rows[i].path, str_from(rows[i].content));
        inventory_finish(inv);
        assert_string_equal(summary(inv).p, rows[i].expected);
        assert_int_equal(inv->problems.n, rows[i].problems);
    }
}

static void test_apk(void **state)
{
    (void)state;
    static const struct {
        const char *content, *expected;
        size_t problems, owned;
    } rows[] = {
        {"C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\n\n"
         "P:ssl_client\nV:1.36.1-r5\nA:x86_64\no:busybox\nF:usr/lib\nM:0:0:755\nR:os-release\n\n",
         "apk musl 1.2.4-r2 x86_64; apk ssl_client 1.36.1-r5 x86_64 source=busybox", 0, 1},
        {"P:a\nV:1-r0", "apk a 1-r0", 0, 0},
        {"P:a\nV:1-r0\n\n\n\n", "apk a 1-r0", 0, 0},
        {"P:a\r\nV:1-r0\r\n\r\n", "apk a 1-r0", 0, 0},
        {"asdf\n\nP:a\nV:1-r0\nq\n", "apk a 1-r0", 1, 0},
        {"V:1-r0\nF:usr/lib\nR:os-release\n\n", "", 0, 0},
        {"P:a\nF:\nR:x\nF\n", "apk a ", 1, 0},
        {"", "", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        offer(inv, i % 2 ? "lib/apk/db/installed" : "usr/lib/apk/db/installed", str_from(rows[i].content));
        inventory_finish(inv);
        assert_string_equal(summary(inv).p, rows[i].expected);
        assert_int_equal(inv->problems.n, rows[i].problems);
        assert_int_equal(inv->owned.n, rows[i].owned);
    }
}

/* status and status.d of one image speak of the same package; its namespace is the vendor. */
static void test_dpkg_twice(void **state)
{
    (void)state;
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    offer(inv, "var/lib/dpkg/status.d/base", STR("Package: base\nVersion: 1\nArchitecture: amd64\n"));
    offer(inv, "var/lib/dpkg/status",
          STR("Package: base\nVersion: 1\nArchitecture: amd64\nStatus: install ok installed\n\n"
              "Package: base\nVersion: 1\nArchitecture: i386\nStatus: install ok installed\n"));
    offer(inv, "etc/os-release", STR("ID=ubuntu\nVERSION_ID=\"24.04\"\n"));
    inventory_finish(inv);
    assert_string_equal(summary(inv).p, "deb base 1 amd64; deb base 1 i386");
    assert_true(str_is(inv->packages.at[0].namespace, "ubuntu"));
    assert_int_equal(inv->packages.at[0].manager, PM_OS);
}

/* A language package is marked with the distribution package that owns the file that proves it, on merged and
 * unmerged systems. */
static void test_ownership(void **state)
{
    (void)state;
    /* Paths that this library wants in any case: its own databases stand for a language's files. */
    static const struct {
        const char *path, *owner;
    } rows[] = {
        {"usr/lib/os-release", "base-files"},
        {"lib/os-release", "base-files"},
        {"etc/os-release", ""},
        {"usr/lib/os-release!/x", "base-files"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        const struct package p = {.type = STR("pypi"),
                                  .name = STR("x"),
                                  .version = STR("1"),
                                  .manager = PM_PYTHONPKG,
                                  .path = str_from(rows[i].path)};
        inventory_add(inv, &p);
        offer(inv, "var/lib/dpkg/info/base-files:amd64.list",
              STR("/.\n/usr\n/usr/lib\n/usr/lib/os-release\n/x\n"));
        inventory_finish(inv);
        assert_true(str_is(inv->packages.at[0].owner, rows[i].owner));
        assert_int_equal(inv->owned.n, 1);
    }
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    offer(
        inv, "var/lib/dpkg/status.d/base.md5sums",
        STR("d41d8cd98f00b204e9800998ecf8427e  usr/lib/os-release\nd41d8cd98f00b204e9800998ecf8427e  x\nz"));
    assert_int_equal(inv->owned.n, 1);
    assert_int_equal(inv->packages.n, 0);
}

/* Cases of the inventory suite whose extractors are ours, and the path at which their file would lie. */
static const struct {
    const char *extractor, *file_holds, *path;
} extractors[] = {
    {"os/dpkg", "/opkg/", "usr/lib/opkg/status"}, {"os/dpkg", "/status.d/", "var/lib/dpkg/status.d/foo"},
    {"os/dpkg", "", "var/lib/dpkg/status"},       {"os/apk", "", "lib/apk/db/installed"},
    {"os/rpm", "", "var/lib/rpm/rpmdb.sqlite"},
};

static const struct {
    const char *id, *packages, *why;
} inventory_exceptions[] = {
    {"g0259",
     "wantdeinstall_installed 1.0\nwantinstall_halfinstalled 1.0\nwantinstall_installed "
     "1.0\nwantinstall_unpacked 1.0\n"
     "wantpurge_installed 1.0\n",
     "dpkg(1), package states: the files of unpacked and half-installed packages are on disk"},
    {"g0260",
     "wantdeinstall_installed 1.0\nwantinstall_halfinstalled 1.0\nwantinstall_installed "
     "1.0\nwantinstall_unpacked 1.0\n"
     "wantpurge_installed 1.0\n",
     "the case asks for packages that are not installed too"},
};

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct str joined(struct arena *a, struct str *lines, size_t n)
{
    struct buf b = buf_new(1 << 20);
    if (n)
        qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%.*s\n", STR_ARG(lines[i]));
    struct str text = arena_str(a, buf_str(&b));
    buf_free(&b);
    return text;
}

static struct str expected_packages(struct arena *a, json_val *test)
{
    for (size_t i = 0; i < sizeof inventory_exceptions / sizeof *inventory_exceptions; i++)
        if (str_is(json_get_str(test, "id"), inventory_exceptions[i].id))
            return str_from(inventory_exceptions[i].packages);
    struct str lines[100];
    size_t n = 0;
    for (json_each(p, json_get(test, "packages")))
        if (n < 100)
            lines[n++] = arena_printf(a, "%.*s %.*s", STR_ARG(json_get_str(p, "name")),
                                      STR_ARG(json_get_str(p, "version")));
    return joined(a, lines, n);
}

static void check_case(struct arena *a, const char *shared, json_val *test, const char *path)
{
    struct str content, lines[100];
    size_t n = 0;
    struct str file =
        arena_printf(a, "%s/conformance/inventory/files/%s", shared, json_get_str(test, "file").p);
    if (file_read(a, file.p, 1 << 20, &content) < 0)
        fail_msg("%s", err_text());
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    offer(inv, path, content);
    inventory_finish(inv);
    vec_each(p, &inv->packages)
    {
        if (n < 100)
            lines[n++] = arena_printf(a, "%.*s %.*s", STR_ARG(p->name), STR_ARG(p->version));
    }
    struct str expected = expected_packages(a, test), got = joined(a, lines, n);
    if (!str_eq(got, expected) || json_get_bool(test, "expect_error") != (inv->problems.n > 0))
        fail_msg("%s: expected\n%s got\n%s and %zu problems", json_get_str(test, "id").p, expected.p, got.p,
                 inv->problems.n);
}

static void test_inventory_conformance(void **state)
{
    (void)state;
    const char *shared = shared_dir();
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str cases, line;
    if (file_read(a, arena_printf(a, "%s/conformance/inventory/cases.jsonl", shared).p, 8 << 20, &cases) < 0)
        fail_msg("%s", err_text());
    int n = 0;
    while (str_next(&cases, '\n', &line)) {
        json_val *test;
        if (json_parse(a, line, &test) < 0)
            fail_msg("%s", err_text());
        for (size_t i = 0; i < sizeof extractors / sizeof *extractors; i++)
            if (str_is(json_get_str(test, "extractor"), extractors[i].extractor) &&
                str_find_str(json_get_str(test, "file"), str_from(extractors[i].file_holds)) >= 0) {
                check_case(a, shared, test, extractors[i].path);
                n++;
                break;
            }
    }
    assert_true(n >= 17);
}

static void test_support(void **state)
{
    (void)state;
    static const struct {
        const char *family, *version, *name, *ends, *extended;
    } rows[] = {
        {"debian", "12", "", "2026-07-11T23:59:59Z", "2028-06-30T23:59:59Z"},
        {"debian", "12.5", "", "2026-07-11T23:59:59Z", "2028-06-30T23:59:59Z"},
        {"debian", "1", "", "", ""},
        {"debian", "", "", "", ""},
        {"alpine", "3.1.4", "", "2016-11-01T23:59:59Z", "2016-11-01T23:59:59Z"},
        {"alpine", "3.10.2", "", "2021-05-01T23:59:59Z", "2021-05-01T23:59:59Z"},
        {"amzn", "2", "", "2026-06-30T23:59:59Z", "2026-06-30T23:59:59Z"},
        {"amzn", "2018.03", "", "2023-12-31T23:59:59Z", "2023-12-31T23:59:59Z"},
        {"centos", "8", "CentOS Linux 8", "2021-12-31T23:59:59Z", "2021-12-31T23:59:59Z"},
        {"centos", "8", "CentOS Stream 8", "2024-05-31T23:59:59Z", "2024-05-31T23:59:59Z"},
        {"nobody", "1", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char ends[TIME_TEXT], extended[TIME_TEXT];
        const struct os os = {.family = str_from(rows[i].family),
                              .version = str_from(rows[i].version),
                              .name = str_from(rows[i].name)};
        struct os_support support = {TIME_NONE, TIME_NONE};
        assert_int_equal(os_support_find(&os, &support), rows[i].ends[0] != 0);
        assert_string_equal(time_format(support.ends, ends), rows[i].ends);
        assert_string_equal(time_format(support.extended, extended), rows[i].extended);
    }
}

/* Rows of the table of supported releases that do not hold, with the publisher's word. */
static const struct {
    const char *family, *version, *why;
} support_exceptions[] = {
    {"sles", "12.3", "suse.com/lifecycle: general support ended on 2019-06-30, after the row's date"},
    {"ubuntu", "18.04-ESM", "a release is called 18.04; whether it has Ubuntu Pro is not part of os-release"},
    {"ubuntu", "20.04-ESM", "as above"},
};

static bool support_excepted(struct str family, struct str version)
{
    for (size_t i = 0; i < sizeof support_exceptions / sizeof *support_exceptions; i++)
        if (str_is(family, support_exceptions[i].family) && str_is(version, support_exceptions[i].version))
            return true;
    return false;
}

/* The rows ask whether anybody still publishes fixes; a release that is not known counts as supported there.
 */
static void test_support_conformance(void **state)
{
    (void)state;
    static const struct {
        const char *theirs, *ours;
    } families[] = {{"alma", "almalinux"}, {"amazon", "amzn"}};
    const char *shared = shared_dir();
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str table, line, cells[5];
    if (file_read(a, arena_printf(a, "%s/conformance/os_match/eol.tsv", shared).p, 1 << 20, &table) < 0)
        fail_msg("%s", err_text());
    str_next(&table, '\n', &line);
    int n = 0;
    while (str_next(&table, '\n', &line)) {
        for (size_t i = 0; i < 5; i++)
            cells[i] = (struct str){NULL, 0}, str_next(&line, '\t', &cells[i]);
        for (size_t i = 0; i < sizeof families / sizeof *families; i++)
            if (str_is(cells[1], families[i].theirs))
                cells[1] = str_from(families[i].ours);
        if (support_excepted(cells[1], cells[2]))
            continue;
        /* Two rows have an April of 31 days. */
        struct str day = str_slice(cells[3], 0, 10);
        int64_t now = time_parse_or_none(str_is(day, "2019-04-31") ? STR("2019-05-01T23:59:59Z") : cells[3]);
        assert_true(now != TIME_NONE);
        const struct os os = {.family = cells[1], .version = cells[2]};
        struct os_support support;
        bool supported = !os_support_find(&os, &support) || now <= support.extended;
        if (supported != str_is(cells[4], "true"))
            fail_msg("%.*s %.*s at %.*s", STR_ARG(cells[1]), STR_ARG(cells[2]), STR_ARG(cells[3]));
        n++;
    }
    assert_true(n >= 15);
}

/* This machine's packages as dpkg itself lists them, with the source it states. */
static void test_dpkg_query(void **state)
{
    (void)state;
    if (access("/var/lib/dpkg/status", R_OK) != 0 || access("/usr/bin/dpkg-query", X_OK) != 0) {
        print_message("skipped: this machine has no dpkg\n");
        skip();
    }
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str content = {0}, expected = {0}, line;
    FILE *pipe =
        popen("LC_ALL=C dpkg-query -W -f '${db:Status-Status}\\t${Package} ${Version} ${Architecture} "
              "${source:Package} ${source:Version}\\n'",
              "r");
    if (!pipe || file_read_fd(a, fileno(pipe), "dpkg-query", 64 << 20, &expected) < 0 ||
        file_read(a, "/var/lib/dpkg/status", 256 << 20, &content) < 0)
        fail_msg("%s", err_text());
    assert_int_equal(pclose(pipe), 0);
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    offer(inv, "var/lib/dpkg/status", content);
    inventory_finish(inv);
    assert_int_equal(inv->problems.n, 0);
    struct map ours = {0};
    vec_each(p, &inv->packages)
    {
        map_set(&ours,
                arena_printf(a, "%.*s %.*s %.*s %.*s %.*s", STR_ARG(p->name), STR_ARG(p->version),
                             STR_ARG(p->arch), STR_ARG(p->source.n ? p->source : p->name),
                             STR_ARG(p->source_version.n ? p->source_version : p->version)),
                p);
    }
    size_t n = 0;
    while (str_next(&expected, '\n', &line)) {
        struct str state_name, package;
        assert_true(str_cut(line, '\t', &state_name, &package));
        if (str_is(state_name, "config-files") || str_is(state_name, "not-installed"))
            continue;
        if (!map_get(&ours, package))
            fail_msg("dpkg has %.*s", STR_ARG(package));
        n++;
    }
    assert_int_equal(n, inv->packages.n);
    map_free(&ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_release_files),
        cmocka_unit_test(test_release_precedence),
        cmocka_unit_test(test_release_conformance),
        cmocka_unit_test(test_dpkg),
        cmocka_unit_test(test_dpkg_twice),
        cmocka_unit_test(test_apk),
        cmocka_unit_test(test_ownership),
        cmocka_unit_test(test_inventory_conformance),
        cmocka_unit_test(test_support),
        cmocka_unit_test(test_support_conformance),
        cmocka_unit_test(test_dpkg_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

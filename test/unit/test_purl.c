/* purl: the specification's own cases, OSV's, and what packages of an inventory are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "ecosystem/inventory.h"
#include "ecosystem/purl.h"

/* All cases of the conformance data hold: there are no exceptions to list. */

static struct purl from_json(struct arena *a, json_val *v)
{
    struct purl p = {
        .type = json_get_str(v, "type"),
        .namespace = json_get_str(v, "namespace"),
        .name = json_get_str(v, "name"),
        .version = json_get_str(v, "version"),
        .subpath = json_get_str(v, "subpath"),
    };
    json_val *qualifiers = json_get(v, "qualifiers");
    p.qualifiers = arena_new_array(a, struct purl_qualifier, yyjson_obj_size(qualifiers));
    for (json_each_member(key, value, qualifiers))
        p.qualifiers[p.n_qualifiers++] = (struct purl_qualifier){json_str(key), json_str(value)};
    return p;
}

static bool same(struct arena *arena, const struct purl *a, const struct purl *b)
{
    bool equal = str_eq(a->type, b->type) && str_eq(a->namespace, b->namespace) && str_eq(a->name, b->name) &&
                 str_eq(a->version, b->version) && str_eq(a->subpath, b->subpath) &&
                 a->n_qualifiers == b->n_qualifiers;
    for (size_t i = 0; equal && i < b->n_qualifiers; i++)
        equal = str_eq(purl_qualifier(a, arena_cstr(arena, b->qualifiers[i].key)), b->qualifiers[i].value);
    return equal;
}

/* NULL when the case holds, else what is wrong. */
static const char *check_case(struct arena *a, json_val *row)
{
    json_val *input = json_get(row, "input"), *expected = json_get(row, "expected_output");
    bool must_fail = json_get_bool(row, "expected_failure");
    struct purl p = {0};
    int status;
    if (yyjson_is_str(input)) {
        status = purl_parse(a, json_str(input), &p);
    } else {
        p = from_json(a, input);
        status = purl_canonicalise(a, &p);
    }
    if (must_fail)
        return status == ERR_INVALID ? NULL : "was accepted";
    if (status < 0)
        return err_text();
    if (yyjson_is_str(expected))
        return str_eq(purl_format(a, &p), json_str(expected)) ? NULL : arena_cstr(a, purl_format(a, &p));
    struct purl wanted = from_json(a, expected);
    return same(a, &p, &wanted) ? NULL : arena_cstr(a, purl_format(a, &p));
}

static size_t check_file(const char *path)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text;
    json_val *root;
    assert_int_equal(file_read(a, path, 1 << 20, &text), 0);
    assert_int_equal(json_parse(a, text, &root), 0);
    size_t n = 0;
    for (json_each(row, json_get(root, "tests"))) {
        struct str input = json_get_str(row, "input");
        const char *wrong = check_case(a, row);
        if (wrong)
            fail_msg("%s: %.*s %.*s: %s", path, STR_ARG(json_get_str(row, "test_type")), STR_ARG(input),
                     wrong);
        n++;
    }
    return n;
}

static const char *shared(const char *folder, char to[4096])
{
    const char *base = getenv("ASSAY_SHARED");
    snprintf(to, 4096, "%s/conformance/%s", base ? base : "", folder);
    if (base && access(to, R_OK) == 0)
        return to;
    print_message("the conformance data is not at %s\n", to);
    return NULL;
}

static void test_specification(void **state)
{
    (void)state;
    char folder[4096], path[8192];
    if (!shared("purl", folder))
        skip();
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t n = 0;
    for (struct dirent *e; (e = readdir(dir));)
        if (str_ends(str_from(e->d_name), STR(".json"))) {
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            n += check_file(path);
        }
    closedir(dir);
    print_message("%zu cases\n", n);
    assert_true(n > 200);
}

static void test_osv(void **state)
{
    (void)state;
    char path[4096];
    if (!shared("purl_osv/package_to_purl.tsv", path))
        skip();
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text, line, ecosystem, name, expected, rest;
    assert_int_equal(file_read(a, path, 1 << 20, &text), 0);
    str_next(&text, '\n', &line);
    size_t n = 0;
    while (str_next(&text, '\n', &line)) {
        if (!str_cut(line, '\t', &ecosystem, &rest) || !str_cut(rest, '\t', &name, &expected))
            continue;
        struct purl p;
        assert_int_equal(purl_from_osv(a, ecosystem, name, &p), 0);
        if (!str_eq(purl_format(a, &p), expected))
            fail_msg("%.*s: %s", STR_ARG(line), purl_format(a, &p).p);
        n++;
    }
    assert_true(n > 15);
}

static void test_syntax(void **state)
{
    (void)state;
    static const struct {
        const char *input, *canonical; /* NULL: refused */
    } rows[] = {
        {"pkg:npm/@babel/core@7.0.0", "pkg:npm/%40babel/core@7.0.0"},
        {"PKG:npm/a", "pkg:npm/a"},
        {"pkg:npm/JSONStream@1.0", "pkg:npm/JSONStream@1.0"},
        {"pkg:golang/github.com/BurntSushi/toml@v1.0.0", "pkg:golang/github.com/BurntSushi/toml@v1.0.0"},
        {"pkg:generic/a@1/2", "pkg:generic/a@1%2F2"},
        {"pkg:generic/x@1?b=2&a=1&c=", "pkg:generic/x@1?a=1&b=2"},
        {"pkg:generic/x@1#../a/./b//c", "pkg:generic/x@1#a/b/c"},
        {"pkg:pypi/Zope.Interface__x@1.0RC1", "pkg:pypi/zope-interface-x@1.0rc1"},
        {"pkg:generic/x?a=1&A=2", NULL},
        {"pkg:generic/x?a", NULL},
        {"pkg:generic/x?1a=2", NULL},
        {"pkg:generic/x%", NULL},
        {"pkg:generic/x%2", NULL},
        {"pkg:generic/x%zz", NULL},
        {"pkg:generic/x%00", NULL},
        {"pkg:generic/a%2Fb/x", NULL},
        {"pkg:generic/", NULL},
        {"pkg:generic/@1", NULL},
        {"pkg:generic//", NULL},
        {"pkg:", NULL},
        {"pkg", NULL},
        {"", NULL},
        {"npm/a", NULL},
        {"pkg:1a/b", NULL},
        {"pkg:pypi/ns/b", NULL},
        {"pkg:maven/b", NULL},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct purl p;
        int status = purl_parse(a, str_from(rows[i].input), &p);
        if (!rows[i].canonical)
            assert_int_equal(status, ERR_INVALID);
        else if (status < 0 || !str_is(purl_format(a, &p), rows[i].canonical))
            fail_msg("%s: %s", rows[i].input, status < 0 ? err_text() : purl_format(a, &p).p);
    }
    char *big = malloc(PURL_MAX + 1);
    memset(big, 'a', PURL_MAX + 1);
    memcpy(big, "pkg:npm/", 8);
    struct purl p;
    assert_int_equal(purl_parse(a, (struct str){big, PURL_MAX}, &p), 0);
    assert_int_equal(purl_parse(a, (struct str){big, PURL_MAX + 1}, &p), ERR_LIMIT);
    free(big);
}

static void test_package(void **state)
{
    (void)state;
    static const struct {
        struct package package;
        const char *family, *version, *purl;
    } rows[] = {
        {{.type = STR("deb"),
          .name = STR("libssl3"),
          .version = STR("3.0.11-1~deb12u2"),
          .arch = STR("amd64"),
          .source = STR("openssl"),
          .manager = PM_OS},
         "debian",
         "12",
         "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl"},
        {{.type = STR("deb"),
          .name = STR("libgcc-s1"),
          .version = STR("1:2.0+b1"),
          .source = STR("gcc"),
          .source_version = STR("2.0"),
          .manager = PM_OS},
         "ubuntu",
         "24.04",
         "pkg:deb/ubuntu/libgcc-s1@1:2.0%2Bb1?distro=ubuntu-24.04&upstream=gcc%402.0"},
        {{.type = STR("rpm"),
          .name = STR("nodejs"),
          .version = STR("1:18.1-2.el9"),
          .arch = STR("x86_64"),
          .modularity = STR("nodejs:18:9"),
          .manager = PM_OS},
         "rhel",
         "9.2",
         "pkg:rpm/redhat/nodejs@18.1-2.el9?arch=x86_64&distro=rhel-9.2&epoch=1&rpmmod=nodejs:18:9"},
        {{.type = STR("apk"), .name = STR("musl"), .version = STR("1.2.4-r0"), .manager = PM_OS},
         "alpine",
         "3.19.1",
         "pkg:apk/alpine/musl@1.2.4-r0?distro=alpine-3.19.1"},
        {{.type = STR("npm"), .namespace = STR("@angular"), .name = STR("core"), .version = STR("1.0.0")},
         "",
         "",
         "pkg:npm/%40angular/core@1.0.0"},
        {{.type = STR("npm"), .name = STR("@angular/core"), .version = STR("1.0.0")},
         "",
         "",
         "pkg:npm/%40angular/core@1.0.0"},
        {{.type = STR("maven"),
          .namespace = STR("org.acme"),
          .name = STR("app"),
          .version = STR("1.0 Final")},
         "",
         "",
         "pkg:maven/org.acme/app@1.0%20Final"},
        {{.type = STR("maven"), .name = STR("app"), .version = STR("1")}, "", "", "pkg:maven/app@1"},
        {{.type = STR("pypi"), .name = STR("Django_X.y"), .version = STR("1")},
         "",
         "",
         "pkg:pypi/django-x-y@1"},
        {{.type = STR("golang"), .name = STR("github.com/A/b"), .version = STR("v1.0.0")},
         "",
         "",
         "pkg:golang/github.com/A/b@v1.0.0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        inv->os.family = str_from(rows[i].family);
        inv->os.version = str_from(rows[i].version);
        inventory_add(inv, &rows[i].package);
        inventory_finish(inv);
        assert_string_equal(package_purl(inv->arena, inv, &inv->packages.at[0]).p, rows[i].purl);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specification),
        cmocka_unit_test(test_osv),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

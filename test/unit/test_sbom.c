/* sbom: what is written reads back, and what other tools write is understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "sbom/sbom.h"

static struct inventory *example(void)
{
    struct inventory *inv = inventory_new();
    inv->target = STR("image \"x\"");
    inv->target_kind = STR("image");
    inv->os = (struct os){STR("rhel"), STR("9.2"), STR("Plow"), STR("Red Hat Enterprise Linux 9.2 (Plow)"),
                          STR("fedora")};
    vec_add(&inv->layers, STR("sha256:aa"));
    vec_add(&inv->layers, STR("sha256:bb"));
    const struct package packages[] = {
        {.type = STR("rpm"),
         .name = STR("openssl-libs"),
         .version = STR("1:3.0.7-16.el9_2"),
         .arch = STR("x86_64"),
         .source = STR("openssl"),
         .source_version = STR("1:3.0.7-16.el9"),
         .vendor = STR("Red Hat, Inc."),
         .path = STR("var/lib/rpm/rpmdb.sqlite"),
         .license = STR("ASL 2.0"),
         .manager = PM_OS,
         .layer = 1},
        {.type = STR("rpm"),
         .name = STR("nodejs"),
         .version = STR("1:18.1-2.el9"),
         .arch = STR("x86_64"),
         .modularity = STR("nodejs:18:9020020230327152102:rhel9"),
         .path = STR("var/lib/rpm/rpmdb.sqlite"),
         .manager = PM_OS,
         .layer = 0},
        {.type = STR("npm"),
         .namespace = STR("@angular"),
         .name = STR("core"),
         .version = STR("15.0.0"),
         .path = STR("app/package-lock.json"),
         .digest = STR("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
         .manager = PM_NPM,
         .layer = NO_LAYER,
         .dev = true},
        {.type = STR("npm"),
         .name = STR("JSONStream"),
         .version = STR("1.3.5"),
         .path = STR("usr/lib/node_modules/JSONStream/package.json"),
         .license = STR("(MIT OR Apache-2.0)"),
         .manager = PM_NODEPKG,
         .layer = 1},
        {.type = STR("pypi"),
         .name = STR("Zope.Interface"),
         .path = STR("requirements.txt"),
         .manager = PM_PIP,
         .layer = NO_LAYER,
         .unresolved = true},
        {.type = STR("maven"),
         .namespace = STR("org.acme"),
         .name = STR("app"),
         .version = STR("1.0 Final"),
         .path = STR("app.war!/WEB-INF/lib/app.jar"),
         .digest = STR("sha512:not-hexadecimal"),
         .manager = PM_JAR,
         .layer = 0},
        {.type = STR("maven"),
         .namespace = STR("org.acme"),
         .name = STR("app"),
         .version = STR("1.0 Final"),
         .path = STR("other.jar"),
         .manager = PM_JAR,
         .layer = NO_LAYER},
    };
    inventory_own(inv, STR("usr/lib/node_modules/JSONStream/package.json"), STR("nodejs-jsonstream"));
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        inventory_add(inv, &packages[i]);
    inventory_finish(inv);
    return inv;
}

typedef int writer(const struct inventory *inv, const struct sbom_extra *extra, FILE *to);

static struct str written(struct arena *a, writer *write, const struct inventory *inv,
                          const struct sbom_extra *extra)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    assert_int_equal(write(inv, extra, to), 0);
    fclose(to);
    struct str s = arena_str(a, (struct str){text, n});
    free(text);
    return s;
}

static struct inventory *read_back(struct str json)
{
    struct inventory *inv = inventory_new();
    if (sbom_read(inv, json) < 0)
        fail_msg("%s", err_text());
    inventory_finish(inv);
    return inv;
}

static void same(const char *what, struct str a, struct str b)
{
    if (!str_eq(a, b))
        fail_msg("%s: '%.*s', not '%.*s'", what, STR_ARG(b), STR_ARG(a));
}

static void same_packages(const struct inventory *a, const struct inventory *b, bool all)
{
    assert_int_equal(a->packages.n, b->packages.n);
    for (size_t i = 0; i < a->packages.n; i++) {
        const struct package *p = &a->packages.at[i], *q = &b->packages.at[i];
        same("type", p->type, q->type);
        same("namespace", p->namespace, q->namespace);
        same("version", p->version, q->version);
        same("arch", p->arch, q->arch);
        same("source", p->source, q->source);
        same("source version", p->source_version, q->source_version);
        same("modularity", p->modularity, q->modularity);
        same("vendor", p->vendor, q->vendor);
        same("path", p->path, q->path);
        same("license", p->license, q->license);
        if (!all)
            continue;
        same("name", p->name, q->name);
        same("owner", p->owner, q->owner);
        same("digest", p->digest, q->digest);
        assert_int_equal(p->layer, q->layer);
        assert_int_equal(p->manager, q->manager);
        assert_true(p->dev == q->dev && p->unresolved == q->unresolved);
    }
}

static void test_cyclonedx(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example();
    struct str text = written(a, cyclonedx_write, inv, NULL);
    assert_true(sbom_looks_like(text));
    _cleanup_(inventory_cleanup) struct inventory *back = read_back(text);
    same_packages(inv, back, true);
    assert_int_equal(back->problems.n, 0);
    assert_int_equal(back->layers.n, 2);
    same("layer", inv->layers.at[1], back->layers.at[1]);
    same("family", inv->os.family, back->os.family);
    same("version", inv->os.version, back->os.version);
    same("codename", inv->os.codename, back->os.codename);
    same("like", inv->os.like, back->os.like);
    same("name", inv->os.name, back->os.name);
}

static void test_spdx(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example();
    struct str text = written(a, spdx_write, inv, NULL);
    assert_true(sbom_looks_like(text));
    _cleanup_(inventory_cleanup) struct inventory *back = read_back(text);
    same_packages(inv, back, false);
    assert_int_equal(back->problems.n, 0);
    same("family", inv->os.family, back->os.family);
    same("version", inv->os.version, back->os.version);
}

/* The same inventory gives the same bytes; another seed or content gives other identifiers. */
static void test_deterministic(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = example(), *again = example();
    static writer *const writers[] = {cyclonedx_write, spdx_write};
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    for (size_t i = 0; i < 2; i++) {
        struct str text = written(a, writers[i], inv, NULL);
        same("text", text, written(a, writers[i], again, NULL));
        assert_true(str_find_str(text, STR("\"2023-11-14T22:13:20Z\"")) >= 0);
        assert_false(str_eq(text, written(a, writers[i], inv, &(struct sbom_extra){.seed = STR("x")})));
    }
    unsetenv("SOURCE_DATE_EPOCH");
}

/* Own abridgements of how Trivy, Syft and cyclonedx-npm write. */
static void test_foreign(void **state)
{
    (void)state;
    static const char text[] =
        "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.4\",\"metadata\":{\"component\":{\"type\":"
        "\"container\","
        "\"name\":\"img\",\"purl\":\"pkg:oci/img@sha256:00\"}},\"components\":["
        "{\"type\":\"library\",\"name\":\"libssl3\",\"purl\":\"pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&"
        "distro=debian-12.1&epoch=1\",\"properties\":[{\"name\":\"aquasecurity:trivy:SrcName\",\"value\":"
        "\"openssl\"},"
        "{\"name\":\"aquasecurity:trivy:SrcVersion\",\"value\":\"3.0.9\"},{\"name\":\"aquasecurity:trivy:"
        "SrcRelease\","
        "\"value\":\"1\"},{\"name\":\"aquasecurity:trivy:SrcEpoch\",\"value\":\"1\"},"
        "{\"name\":\"aquasecurity:trivy:LayerDiffID\",\"value\":\"sha256:cc\"}]},"
        "{\"type\":\"operating-system\",\"name\":\"debian\",\"version\":\"12.1\"},"
        "{\"type\":\"library\",\"name\":\"bash\",\"purl\":\"pkg:rpm/redhat/bash@5.1-2.el9?arch=x86_64&"
        "upstream=bash-src-5.1-3.el9.src.rpm\"},"
        "{\"type\":\"library\",\"group\":\"\",\"name\":\"a\",\"purl\":\"pkg:npm/"
        "a@1.0.0\",\"licenses\":[{\"license\":"
        "{\"id\":\"MIT\"}},{\"license\":{\"name\":\"other\"}}],\"evidence\":{\"occurrences\":[{\"location\":"
        "\"/app/x.json\"}]},\"components\":[{\"type\":\"library\",\"name\":\"b\",\"purl\":\"pkg:npm/b\","
        "\"version\":\"2\"}]},"
        "{\"type\":\"library\",\"name\":\"bad\",\"purl\":\"pkg:npm\"},"
        "{\"type\":\"library\",\"name\":\"none\"},{\"type\":\"library\",\"name\":\"none2\"},"
        "{\"type\":\"file\",\"name\":\"quiet\"}]}";
    _cleanup_(inventory_cleanup) struct inventory *inv = read_back(str_from(text));
    assert_int_equal(inv->packages.n, 4);
    const struct package *deb = &inv->packages.at[0], *a = &inv->packages.at[1], *b = &inv->packages.at[2],
                         *rpm = &inv->packages.at[3];
    same("family", STR("debian"), inv->os.family);
    same("version", STR("12.1"), inv->os.version);
    same("deb", STR("1:3.0.9-1"), deb->version);
    same("deb source", STR("openssl"), deb->source);
    same("deb source version", STR(""), deb->source_version);
    same("layer", STR("sha256:cc"), inv->layers.at[deb->layer]);
    same("rpm source", STR("bash-src"), rpm->source);
    same("rpm source version", STR("5.1-3.el9"), rpm->source_version);
    same("licence", STR("MIT, other"), a->license);
    same("path", STR("app/x.json"), a->path);
    same("nested", STR("2"), b->version);
    assert_int_equal(inv->problems.n, 2);
    same("bad purl", STR("bad"), inv->problems.at[0].path);
    same("no purl", STR("none"), inv->problems.at[1].path);
    assert_true(str_starts(inv->problems.at[1].text, STR("2 components")));
}

static void test_distro(void **state)
{
    (void)state;
    static const struct {
        const char *purl, *family, *version, *codename;
    } rows[] = {
        {"pkg:deb/debian/a@1?distro=debian-12", "debian", "12", ""},
        {"pkg:deb/debian/a@1?distro=bookworm", "debian", "", "bookworm"},
        {"pkg:deb/debian/a@1?distro=debian-bookworm", "debian", "", "bookworm"},
        {"pkg:deb/ubuntu/a@1", "ubuntu", "", ""},
        {"pkg:rpm/redhat/a@1?distro=rhel-9.2", "rhel", "9.2", ""},
        {"pkg:rpm/redhat/a@1?distro=redhat-9.2", "rhel", "9.2", ""},
        {"pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", "opensuse-leap", "15.5", ""},
        {"pkg:rpm/amazon/a@1?distro=amazon-2", "amzn", "2", ""},
        {"pkg:apk/wolfi/a@1?distro=wolfi", "wolfi", "", ""},
        {"pkg:npm/a@1", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        snprintf(
            text, sizeof text,
            "{\"spdxVersion\":\"SPDX-2.2\",\"packages\":[{\"SPDXID\":\"a\",\"name\":\"a\",\"externalRefs\":"
            "[{\"referenceType\":\"purl\",\"referenceLocator\":\"%s\"}]}]}",
            rows[i].purl);
        _cleanup_(inventory_cleanup) struct inventory *inv = read_back(str_from(text));
        assert_int_equal(inv->packages.n, 1);
        same(rows[i].purl, str_from(rows[i].family), inv->os.family);
        same(rows[i].purl, str_from(rows[i].version), inv->os.version);
        same(rows[i].purl, str_from(rows[i].codename), inv->os.codename);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        {"", ERR_INVALID},
        {"{\"bomFormat\":\"CycloneDX\",", ERR_INVALID},
        {"[]", ERR_UNSUPPORTED},
        {"{}", ERR_UNSUPPORTED},
        {"{\"bomFormat\":\"Other\"}", ERR_UNSUPPORTED},
        {"{\"spdxVersion\":\"SPDX-3.0\"}", ERR_UNSUPPORTED},
        {"{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":[]}", ERR_UNSUPPORTED},
        {"{\"bomFormat\":\"CycloneDX\",\"components\":7}", 0},
        {"{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[7,null,{}]}", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        if (sbom_read(inv, str_from(rows[i].text)) != rows[i].status)
            fail_msg("%s", rows[i].text);
    }
    struct buf deep = buf_new(1 << 20);
    buf_add_str(&deep, STR("{\"bomFormat\":\"CycloneDX\""));
    for (int i = 0; i < SBOM_DEPTH_MAX + 2; i++)
        buf_add_str(&deep, STR(",\"components\":[{\"type\":\"file\""));
    for (int i = 0; i < SBOM_DEPTH_MAX + 2; i++)
        buf_add_str(&deep, STR("}]"));
    buf_add_c(&deep, '}');
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    assert_int_equal(sbom_read(inv, buf_str(&deep)), ERR_LIMIT);
    buf_free(&deep);
    assert_false(sbom_looks_like(STR("[\"bomFormat\"]")) || sbom_looks_like(STR("{\"name\":1}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cyclonedx), cmocka_unit_test(test_spdx),   cmocka_unit_test(test_deterministic),
        cmocka_unit_test(test_foreign),   cmocka_unit_test(test_distro), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

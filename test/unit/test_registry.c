/* What registries send: manifests, configurations, challenges; and how people name images. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "aws/ecr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/time.h"
#include "source/challenge.h"
#include "source/image_name.h"
#include "source/manifest.h"
#include "source/registry.h"

#define HEX         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST      "\"digest\":\"sha256:" HEX "\""
#define CONFIG      "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\"," DIGEST ",\"size\":2}"
#define LAYER(type) "{\"mediaType\":\"" type "\"," DIGEST ",\"size\":3}"
#define TAR         "application/vnd.oci.image.layer.v1.tar+gzip"

static void manifests_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *type;
        int status;
        const char *error;
        size_t items;
    } rows[] = {
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER(TAR) "," LAYER(TAR) "]}", "", 0, NULL, 2},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[]}",
         "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8", 0, NULL, 0},
        {"{\"schemaVersion\":2,\"manifests\":[{" DIGEST ",\"size\":1}]}", "", 0, NULL, 1},
        {"{\"schemaVersion\":1,\"fsLayers\":[]}", "application/vnd.docker.distribution.manifest.v1+json",
         ERR_UNSUPPORTED, "schema version 1", 0},
        {"{\"schemaVersion\":2,\"mediaType\":\"text/html\"," CONFIG ",\"layers\":[]}", "", ERR_UNSUPPORTED,
         "text/html", 0},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER("application/x-squashfs") "]}", "",
         ERR_UNSUPPORTED, "squashfs", 0},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[],\"manifests\":[]}", "", ERR_INVALID, "at once", 0},
        {"{\"schemaVersion\":2,\"config\":{" DIGEST
         ",\"size\":2,\"mediaType\":\"application/vnd.cncf.helm\"},"
         "\"layers\":[]}",
         "", ERR_UNSUPPORTED, "artefact", 0},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[{\"digest\":\"sha512:00\",\"size\":1}]}", "",
         ERR_UNSUPPORTED, "not a sha256", 0},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[{\"digest\":\"sha256:../../../etc\",\"size\":1}]}", "",
         ERR_UNSUPPORTED, "not a sha256", 0},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[{\"size\":1}]}", "", ERR_INVALID, "not a sha256", 0},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[{" DIGEST ",\"size\":-1}]}", "", ERR_INVALID, "no size",
         0},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[{" DIGEST ",\"size\":1e30}]}", "", ERR_INVALID,
         "no size", 0},
        {"<html>", "", ERR_INVALID, "manifest", 0},
        {"[]", "", ERR_UNSUPPORTED, "schema version", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        struct manifest m;
        int status = manifest_parse(a, str_from(rows[i].text), str_from(rows[i].type), &m);
        if (status != rows[i].status || (status < 0 && !strstr(err_text(), rows[i].error)))
            fail_msg("%s: %d %s", rows[i].text, status, err_text());
        if (status == 0)
            assert_int_equal(m.n_items, rows[i].items);
    }
}

static void layers_are_capped(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf b = buf_new(MANIFEST_MAX);
    struct manifest m;
    buf_printf(&b, "{\"schemaVersion\":2," CONFIG ",\"layers\":[");
    for (int i = 0; i <= IMAGE_LAYERS_MAX; i++)
        buf_printf(&b, "%s" LAYER(TAR), i ? "," : "");
    buf_printf(&b, "]}");
    assert_int_equal(manifest_parse(a, buf_str(&b), STR(""), &m), ERR_LIMIT);
}

static void index_names_platforms(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct manifest m;
    struct str text = STR(
        "{\"schemaVersion\":2,\"manifests\":["
        "{" DIGEST ",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\"}},"
        "{" DIGEST ",\"size\":1,\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}},"
        "{" DIGEST ",\"size\":1,\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}},"
        "{" DIGEST ",\"size\":1}]}");
    assert_int_equal(manifest_parse(a, text, STR(""), &m), 0);
    assert_true(m.index && m.n_items == 4);
    assert_true(str_is(m.items[0].platform, "linux/arm/v7") && !m.items[0].statement);
    assert_true(m.items[1].statement && m.items[2].statement);
    assert_true(!m.items[3].statement && !m.items[3].platform.n);
}

static void configurations_are_checked(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct image_config c;
    struct str text = STR("{\"os\":\"linux\",\"architecture\":\"arm64\",\"created\":\"2026-01-02T03:04:05Z\","
                          "\"author\":\"me\",\"rootfs\":{\"diff_ids\":[\"sha256:" HEX "\"]}}");
    assert_int_equal(image_config_parse(a, text, 1, &c), 0);
    assert_true(str_is(c.architecture, "arm64") && str_is(c.platform, "linux/arm64") && c.n_diff_ids == 1);
    assert_true(c.created != TIME_NONE && str_is(c.author, "me"));
    assert_int_equal(image_config_parse(a, text, 2, &c), ERR_INVALID);
    assert_int_equal(image_config_parse(a, STR("{\"rootfs\":{\"diff_ids\":[\"../x\"]}}"), 1, &c),
                     ERR_INVALID);
    assert_int_equal(image_config_parse(a, STR("no"), 0, &c), ERR_INVALID);
}

static void challenges_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum challenge_scheme scheme;
        const char *realm, *service, *scope;
    } rows[] = {
        {"Basic realm=\"a b\"", CHALLENGE_BASIC, "a b", "", ""},
        {"bearer realm=\"https://x/t\",service=\"s\",scope=\"repository:a/b:pull,push\"", CHALLENGE_BEARER,
         "https://x/t", "s", "repository:a/b:pull,push"},
        {"Bearer realm=https://x/t , service=s", CHALLENGE_BEARER, "https://x/t", "s", ""},
        {"Basic realm=x, Bearer realm=\"https://x\"", CHALLENGE_BEARER, "https://x", "", ""},
        {"Bearer realm=\"https://x\", Basic realm=\"y\"", CHALLENGE_BEARER, "https://x", "", ""},
        {"Digest realm=\"x\", nonce=\"Basic realm=y\"", CHALLENGE_NONE, "", "", ""},
        {"Negotiate, Basic realm=\"q\\\"q\"", CHALLENGE_BASIC, "q\"q", "", ""},
        {"Bearer service=\"s\"", CHALLENGE_NONE, "", "", ""},
        {"Bearer realm=\"never ends", CHALLENGE_NONE, "", "", ""},
        {"", CHALLENGE_NONE, "", "", ""},
        {"===,,,\"", CHALLENGE_NONE, "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        struct challenge c = challenge_parse(a, str_from(rows[i].value));
        if (c.scheme != rows[i].scheme ||
            (c.scheme && (!str_is(c.realm, rows[i].realm) || !str_is(c.service, rows[i].service) ||
                          !str_is(c.scope, rows[i].scope))))
            fail_msg("%s: %d '%.*s' '%.*s' '%.*s'", rows[i].value, c.scheme, STR_ARG(c.realm),
                     STR_ARG(c.service), STR_ARG(c.scope));
    }
}

static void names_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "library/debian", "a.b/c-d/e__f", "1/2"};
    static const char *const bad[] = {"",       "/", "a/",  "/a",  "a//b", "A",
                                      "a/../b", ".", "a b", "a?x", "a%2f", "-a"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(repository_check(str_from(good[i])), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (repository_check(str_from(bad[i])) != ERR_INVALID)
            fail_msg("'%s' is taken for a repository", bad[i]);
    assert_int_equal(reference_check(STR("v1.0-rc_2")), 0);
    assert_int_equal(reference_check(STR("sha256:" HEX)), 0);
    assert_int_equal(reference_check(STR("sha256:00")), ERR_INVALID);
    assert_int_equal(reference_check(STR("../x")), ERR_INVALID);
    assert_int_equal(reference_check(STR("")), ERR_INVALID);
}

static void names_of_images(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    static const struct {
        const char *text, *host, *api, *name, *reference;
    } good[] = {
        {"debian", "docker.io", "registry-1.docker.io", "library/debian", "latest"},
        {"docker.io/debian:12", "docker.io", "registry-1.docker.io", "library/debian", "12"},
        {"team/app:v1", "docker.io", "registry-1.docker.io", "team/app", "v1"},
        {"localhost/app", "localhost", "localhost", "app", "latest"},
        {"host:5000/a/b/c:v1", "host:5000", "host:5000", "a/b/c", "v1"},
        {"r.example/app@sha256:" HEX, "r.example", "r.example", "app", "sha256:" HEX},
        {"r.example/app:v1@sha256:" HEX, "r.example", "r.example", "app", "sha256:" HEX},
    };
    static const char *const bad[] = {"", ":", "/", "r.example/", "UPPER", "a@", "a@sha256:1", "a:", "a:b:c"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct image_name n;
        assert_int_equal(image_name_parse(a, str_from(good[i].text), &n), 0);
        assert_true(str_is(n.host, good[i].host) && str_is(image_name_api(&n), good[i].api));
        assert_true(str_is(n.name, good[i].name) && str_is(n.reference, good[i].reference));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct image_name n;
        if (image_name_parse(a, str_from(bad[i]), &n) != ERR_INVALID)
            fail_msg("'%s' is taken for the name of an image", bad[i]);
    }
}

static void logins_are_read(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct str text = STR("{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"dTpwOnc=\"},"
                                "\"helped\":{},\"broken\":{\"auth\":\"x\"},\"r:5000\":{\"auth\":\"dTo=\"}}}");
    struct str user = {NULL, 0}, password = {NULL, 0};
    assert_int_equal(credentials_parse(a, text, STR("helped"), &user, &password), 0);
    assert_int_equal(credentials_parse(a, text, STR("unknown"), &user, &password), 0);
    assert_int_equal(user.n, 0);
    assert_int_equal(credentials_parse(a, text, STR("docker.io"), &user, &password), 0);
    assert_true(str_is(user, "u") && str_is(password, "p:w"));
    assert_int_equal(credentials_parse(a, text, STR("r:5000"), &user, &password), 0);
    assert_int_equal(password.n, 0);
    assert_int_equal(credentials_parse(a, text, STR("broken"), &user, &password), ERR_INVALID);
    assert_int_equal(credentials_parse(a, STR("{"), STR("r"), &user, &password), ERR_INVALID);
}

static void test_ecr_names(void **state)
{
    (void)state;
    static const struct {
        const char *image, *account, *region, *repository, *tag,
            *digest; /* account NULL: of another registry */
    } rows[] = {
        {"1.dkr.ecr.eu-west-1.amazonaws.com/a", "1", "eu-west-1", "a", "", ""},
        {"1.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:v1", "1", "cn-north-1", "a/b", "v1", ""},
        {"1.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:00", "1", "eu-west-1", "a", "", "sha256:00"},
        {"1.dkr.ecr.eu-west-1.amazonaws.com/a:v@sha256:00", "1", "eu-west-1", "a", "v", "sha256:00"},
        {"1.dkr.ecr.eu-west-1/a", NULL, NULL, NULL, NULL, NULL},
        {"1.dkr.ecr./a", NULL, NULL, NULL, NULL, NULL},
        {"1.dkr.ecr.eu-west-1.amazonaws.com/:v1", NULL, NULL, NULL, NULL, NULL},
        {"public.ecr.aws/a/b:v1", NULL, NULL, NULL, NULL, NULL},
        {"nginx:1", NULL, NULL, NULL, NULL, NULL},
        {"", NULL, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ecr_name n;
        bool is_ecr = ecr_name_read(str_from(rows[i].image), &n);
        if (is_ecr != !!rows[i].account ||
            (is_ecr && (!str_is(n.account, rows[i].account) || !str_is(n.region, rows[i].region) ||
                        !str_is(n.repository, rows[i].repository) || !str_is(n.tag, rows[i].tag) ||
                        !str_is(n.digest, rows[i].digest))))
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecr_names),
        cmocka_unit_test(manifests_are_checked),
        cmocka_unit_test(layers_are_capped),
        cmocka_unit_test(index_names_platforms),
        cmocka_unit_test(configurations_are_checked),
        cmocka_unit_test(challenges_are_read),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(names_of_images),
        cmocka_unit_test(logins_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

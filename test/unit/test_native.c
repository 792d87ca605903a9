/* What our own endpoints read: hosts' reports, uploads in parts, notifications of registries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <zstd.h>

#include "api/host_report.h"
#include "api/notification.h"
#include "api/openapi.h"
#include "api/upload.h"
#include "base/cleanup.h"
#include "base/err.h"

static json_val *parsed(struct arena *a, const char *text)
{
    json_val *root;
    if (json_parse(a, str_from(text), &root) < 0)
        fail_msg("%s: %s", text, err_text());
    return root;
}

static void assert_text(struct str is, const char *expected)
{
    if (!str_is(is, expected))
        fail_msg("'%.*s' is not '%s'", STR_ARG(is), expected);
}

/* ---- hosts ---- */

static void test_host_ids(void **state)
{
    (void)state;
    char a[HOST_ID], again[HOST_ID], other[HOST_ID], account[HOST_ID];
    host_id(1, STR("machine"), a);
    host_id(1, STR("machine"), again);
    host_id(1, STR("machinf"), other);
    host_id(2, STR("machine"), account);
    assert_string_equal(a, again);
    assert_string_not_equal(a, other);
    assert_string_not_equal(a, account);
    assert_true(host_id_valid(str_from(a)));
    static const struct {
        const char *id;
        bool valid;
    } ids[] = {{"i-0123456789abcdef0", true},
               {"i-01234567", true},
               {"mi-0123456789abcdef0", true},
               {"mi-0123456789abcdef", false},
               {"i-0123456789abcdef", false},
               {"i-0123456789ABCDEF0", false},
               {"mi-0123456789abcdef01", false},
               {"mi-0123456789abcde/0", false},
               {"", false},
               {"i-", false}};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (host_id_valid(str_from(ids[i].id)) != ids[i].valid)
            fail_msg("%s", ids[i].id);
}

static const char report[] =
    "{\"host\":{\"name\":\"web\",\"instanceType\":\"m5.large\",\"addresses\":[\"10.0.0.1\",\"fd00::1\","
    "\"no\"],"
    "\"launchedAt\":1700000000,\"tags\":{\"team\":\"shop\"}},\"os\":{\"family\":\"debian\",\"version\":"
    "\"12\"},"
    "\"packages\":[{\"type\":\"deb\",\"name\":\"openssl\",\"version\":\"3.0.1\",\"packageManager\":\"OS\"}]}";

static void test_report(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    struct resource r = {.resource_id = STR("mi-0123456789abcdef0")};
    assert_int_equal(host_report_read(a, parsed(a, report), &r, &inv), 0);
    assert_int_equal(inv->packages.n, 1);
    assert_text(inv->packages.at[0].namespace, "debian");
    assert_text(r.name, "web");
    assert_text(r.tags, "{\"team\":\"shop\"}");
    json_val *details = parsed(a, r.details.p), *ec2 = json_get(details, "awsEc2Instance");
    assert_text(json_get_str(ec2, "type"), "m5.large");
    assert_int_equal(yyjson_arr_size(json_get(ec2, "ipV4Addresses")), 1);
    assert_int_equal(yyjson_arr_size(json_get(ec2, "ipV6Addresses")), 1);
    assert_int_equal(yyjson_get_int(json_get(ec2, "launchedAt")), 1700000000);
    assert_text(json_get_str(json_get(details, "vm"), "vmName"), "web");
}

static void test_wrong_reports(void **state)
{
    (void)state;
    static const char *const reports[] = {
        "{}",
        "{\"packages\":{}}",
        "{\"packages\":[{\"name\":\"a\"}]}",
        "{\"packages\":[],\"host\":[]}",
        "{\"packages\":[],\"host\":{\"name\":1}}",
        "{\"packages\":[],\"host\":{\"tags\":[]}}",
        "{\"packages\":[],\"host\":{\"tags\":{\"a\":1}}}",
        "{\"packages\":[],\"host\":{\"tags\":{\"\":\"a\"}}}",
    };
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        struct inventory *inv = NULL;
        struct resource r = {.resource_id = STR("i-01234567")};
        if (host_report_read(a, parsed(a, reports[i]), &r, &inv) != ERR_INVALID)
            fail_msg("%s", reports[i]);
        assert_null(inv);
    }
}

static int file_of(const void *data, size_t n)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(write(fd, data, n), n);
    return fd;
}

static void test_unpacking(void **state)
{
    (void)state;
    char packed[4096], digest[SHA256_HEX + 1], plain_digest[SHA256_HEX + 1];
    size_t n = ZSTD_compress(packed, sizeof packed, report, sizeof report - 1, 3);
    _cleanup_fd_ int zstd = file_of(packed, n), plain = file_of(report, sizeof report - 1);
    _cleanup_(buf_free) struct buf a = buf_new(REPORT_MAX), b = buf_new(REPORT_MAX), small = buf_new(100),
                                   cut = buf_new(REPORT_MAX);
    assert_int_equal(host_report_unpack(zstd, n, &a, digest), 0);
    assert_int_equal(host_report_unpack(plain, sizeof report - 1, &b, plain_digest), 0);
    assert_text(buf_str(&a), report);
    assert_text(buf_str(&b), report);
    assert_string_equal(digest, plain_digest);
    assert_int_equal(host_report_unpack(zstd, n, &small, digest), ERR_LIMIT);
    assert_int_equal(host_report_unpack(zstd, n - 9, &cut, digest), ERR_INVALID);
}

static void test_bomb(void **state)
{
    (void)state;
    enum { SIZE = 64 << 20 };
    _cleanup_free_ char *zeros = calloc(1, SIZE), *packed = malloc(ZSTD_compressBound(SIZE));
    char digest[SHA256_HEX + 1];
    size_t n = ZSTD_compress(packed, ZSTD_compressBound(SIZE), zeros, SIZE, 3);
    _cleanup_fd_ int fd = file_of(packed, n);
    _cleanup_(buf_free) struct buf text = buf_new(REPORT_MAX);
    assert_int_equal(host_report_unpack(fd, n, &text, digest), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "200"));
}

/* ---- uploads ---- */

struct folder {
    char path[64];
    struct uploads *uploads;
};

static int open_folder(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    strcpy(f->path, "/tmp/assay-uploads.XXXXXX");
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(uploads_new(f->path, &f->uploads), 0);
    *state = f;
    return 0;
}

static size_t files_in(const char *path, bool remove)
{
    size_t n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') {
            n++;
            if (remove)
                unlinkat(dirfd(d), e->d_name, 0);
        }
    closedir(d);
    return n;
}

static int close_folder(void **state)
{
    struct folder *f = *state;
    uploads_free(f->uploads);
    files_in(f->path, true);
    rmdir(f->path);
    free(f);
    return 0;
}

static int add(struct folder *f, const char *id, uint64_t offset, uint64_t total, const char *bytes,
               uint64_t *have, int *fd)
{
    struct upload_part part = {.owner = STR("host-1"),
                               .id = str_from(id),
                               .offset = offset,
                               .total = total,
                               .bytes = str_from(bytes)};
    *fd = -1;
    return upload_add(f->uploads, &part, 1000, time(NULL), have, fd);
}

static void test_parts(void **state)
{
    struct folder *f = *state;
    uint64_t have;
    int fd;
    char text[16] = "";
    assert_int_equal(add(f, "u1", 0, 10, "0123", &have, &fd), 0);
    assert_int_equal(have, 4);
    assert_int_equal(fd, -1);
    assert_int_equal(add(f, "u1", 6, 10, "6789", &have, &fd), ERR_MISSING); /* a gap */
    assert_int_equal(have, 4);
    assert_int_equal(add(f, "u1", 0, 10, "0123", &have, &fd), 0); /* again */
    assert_int_equal(have, 4);
    assert_int_equal(add(f, "u1", 2, 10, "2345", &have, &fd), 0); /* overlaps */
    assert_int_equal(have, 6);
    uploads_free(f->uploads); /* the server starts anew */
    assert_int_equal(uploads_new(f->path, &f->uploads), 0);
    assert_int_equal(add(f, "u1", 6, 10, "6789", &have, &fd), 0);
    assert_int_equal(have, 10);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, text, sizeof text, 0), 10);
    assert_string_equal(text, "0123456789");
    close(fd);
    assert_int_equal(files_in(f->path, false), 0);
}

static void test_wrong_parts(void **state)
{
    struct folder *f = *state;
    uint64_t have;
    int fd;
    assert_int_equal(add(f, "", 0, 4, "0123", &have, &fd), ERR_INVALID);
    assert_int_equal(add(f, "../x", 0, 4, "0123", &have, &fd), ERR_INVALID);
    assert_int_equal(add(f, "a.b", 0, 4, "0123", &have, &fd), ERR_INVALID);
    assert_int_equal(add(f, "u", 0, 4, "", &have, &fd), ERR_INVALID);
    assert_int_equal(add(f, "u", 0, 3, "0123", &have, &fd), ERR_INVALID);
    assert_int_equal(add(f, "u", UINT64_MAX, 4, "0123", &have, &fd), ERR_INVALID);
    assert_int_equal(add(f, "u", 0, 1001, "0123", &have, &fd), ERR_LIMIT);
    assert_int_equal(files_in(f->path, false), 0);
}

static void test_uploads_are_few_and_expire(void **state)
{
    struct folder *f = *state;
    uint64_t have;
    int fd;
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "u%d", i);
        assert_int_equal(add(f, id, 0, 10, "0123", &have, &fd), 0);
    }
    assert_int_equal(files_in(f->path, false), UPLOADS_OF_HOST);
    uploads_expire(f->uploads, time(NULL));
    assert_int_equal(files_in(f->path, false), UPLOADS_OF_HOST);
    uploads_expire(f->uploads, time(NULL) + UPLOAD_SECONDS + 2);
    assert_int_equal(files_in(f->path, false), 0);
}

/* ---- registries ---- */

#define EVENT(action, type, repository, reference)                                                           \
    "{\"action\":\"" action "\",\"target\":{\"mediaType\":\"" type "\",\"repository\":\"" repository         \
    "\"," reference "},\"request\":{\"host\":\"registry:5000\"}}"
#define OCI "application/vnd.oci.image.manifest.v1+json"

static void test_notifications(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct notification *list;
    size_t n;
    json_val *envelope = parsed(
        a, "{\"events\":[" EVENT("push", OCI, "shop/web", "\"digest\":\"sha256:1\",\"tag\":\"v1\"") "," EVENT("push", "application/octet-stream", "shop/web", "\"digest\":\"sha256:2\"") "," EVENT(
               "pull", "application/vnd.docker.distribution.manifest.list.v2+json", "a",
               "\"digest\":\"sha256:3\"") "," EVENT("delete", "", "a",
                                                    "\"tag\":\"v2\"") "," EVENT("mount", OCI, "a",
                                                                                "\"digest\":\"sha256:"
                                                                                "4\"") "," EVENT("push", OCI,
                                                                                                 "a b",
                                                                                                 "\"tag"
                                                                                                 "\":"
                                                                                                 "\"x"
                                                                                                 "\"") "," EVENT("push",
                                                                                                                 OCI,
                                                                                                                 "",
                                                                                                                 "\"tag\":\"x\"") "," EVENT("push",
                                                                                                                                            OCI,
                                                                                                                                            "a",
                                                                                                                                            "\"size\":1") ",1,null]}");
    assert_int_equal(notifications_read(a, envelope, &list, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(list[0].action, NOTIFICATION_PUSH);
    assert_text(list[0].repository, "shop/web");
    assert_text(list[0].tag, "v1");
    assert_text(list[0].digest, "sha256:1");
    assert_text(list[0].host, "registry:5000");
    assert_int_equal(list[1].action, NOTIFICATION_PULL);
    assert_int_equal(list[2].action, NOTIFICATION_DELETE);
    assert_int_equal(notifications_read(a, parsed(a, "{}"), &list, &n), ERR_INVALID);
    assert_int_equal(notifications_read(a, NULL, &list, &n), ERR_INVALID);
}

static void test_registry_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        bool same;
    } cases[] = {
        {"https://registry.example", "registry.example", true},
        {"https://registry.example/", "registry.example:443", true},
        {"https://registry.example:443", "REGISTRY.example", true},
        {"http://registry.example", "registry.example:80", true},
        {"http://registry.example", "registry.example:443", false},
        {"http://127.0.0.1:5000", "127.0.0.1:5000", true},
        {"http://127.0.0.1:5000", "127.0.0.1:5001", false},
        {"https://registry.example", "", false},
        {"https://registry.example", "registry.example.org", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (registry_has_host(str_from(cases[i].url), str_from(cases[i].host)) != cases[i].same)
            fail_msg("%s %s", cases[i].url, cases[i].host);
}

/* ---- the description ---- */

static void test_openapi(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf text = buf_new(1 << 20);
    json_val *root;
    assert_int_equal(openapi_json(&text), 0);
    assert_int_equal(json_parse(a, buf_str(&text), &root), 0);
    assert_text(json_get_str(root, "openapi"), "3.1.0");
    assert_text(
        json_get_str(json_get(json_get(json_get(root, "paths"), "/assay/v1/enrol"), "post"), "operationId"),
        "EnrolHost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_ids),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_wrong_reports),
        cmocka_unit_test(test_unpacking),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test_setup_teardown(test_parts, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(test_wrong_parts, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(test_uploads_are_few_and_expire, open_folder, close_folder),
        cmocka_unit_test(test_notifications),
        cmocka_unit_test(test_registry_hosts),
        cmocka_unit_test(test_openapi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

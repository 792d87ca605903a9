/* base: the pieces everything stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
#include "base/vec.h"

static void test_glob(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool fits;
    } rows[] = {
        {"var/lib/dpkg/status", "var/lib/dpkg/status", true},
        {"var/lib/dpkg/status", "x/var/lib/dpkg/status", false},
        {"**/package-lock.json", "package-lock.json", true},
        {"**/package-lock.json", "a/b/package-lock.json", true},
        {"**/package-lock.json", "a/xpackage-lock.json", false},
        {"**/*.jar", "opt/app.jar", true},
        {"**/*.jar", "opt/app.jar.bak", false},
        {"*.jar", "opt/app.jar", false},
        {"**/*.dist-info/METADATA", "usr/lib/x-1.dist-info/METADATA", true},
        {"**/*.dist-info/METADATA", "x-1.dist-info/y/METADATA", false},
        {"**/node_modules/**/package.json", "a/node_modules/b/c/package.json", true},
        {"**/node_modules/**/package.json", "a/node_modules/package.json", true},
        {"**/node_modules/**/package.json", "a/package.json", false},
        {"a?c", "abc", true},
        {"a?c", "a/c", false},
        {"a*b*c", "axxbyyc", true},
        {"", "", true},
        {"**/", "a/b", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_glob(str_from(rows[i].pattern), str_from(rows[i].path)) != rows[i].fits)
            fail_msg("%s on %s", rows[i].pattern, rows[i].path);
}

static void test_split(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,"), part;
    const char *expected[] = {"a", "", "b"};
    size_t n = 0;
    while (str_next(&rest, ',', &part))
        assert_true(n < 3 && str_is(part, expected[n++]));
    assert_int_equal(n, 3);
    uint64_t value = 7;
    assert_true(str_u64(STR("18446744073709551615"), &value) && value == UINT64_MAX);
    assert_false(str_u64(STR("18446744073709551616"), &value));
    assert_false(str_u64(STR(""), &value) || str_u64(STR("-1"), &value));
}

static void test_buf_cap(void **state)
{
    (void)state;
    struct buf b = buf_new(4);
    assert_int_equal(buf_add_str(&b, STR("abc")), 0);
    assert_int_equal(buf_add_str(&b, STR("de")), ERR_LIMIT);
    assert_int_equal(buf_add_c(&b, 'd'), ERR_LIMIT);
    assert_true(str_is(buf_str(&b), "abc"));
    buf_free(&b);
}

static void test_map(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct map m = {0};
    for (size_t i = 0; i < 10000; i++)
        map_set(&m, arena_printf(a, "key %zu", i), (void *)(i + 1));
    map_set(&m, STR("key 7"), (void *)99);
    assert_int_equal(m.n, 10000);
    assert_ptr_equal(map_get(&m, STR("key 7")), (void *)99);
    assert_ptr_equal(map_get(&m, STR("key 9999")), (void *)10000);
    assert_null(map_get(&m, STR("key 10000")));
    map_free(&m);
    arena_free(a);
}

static void test_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } rows[] = {
        {"1970-01-01", 0},
        {"2026-11-21T10:00:00Z", 1795255200},
        {"2026-11-21T10:00:00.123Z", 1795255200},
        {"2026-11-21T12:00:00+02:00", 1795255200},
        {"2024-02-29 12:30", 1709209800},
        {"2026-13-01", TIME_NONE},
        {"2026-11-21T25:00:00Z", TIME_NONE},
        {"yesterday", TIME_NONE},
        {"", TIME_NONE},
    };
    char text[TIME_TEXT];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(time_parse_or_none(str_from(rows[i].text)) == rows[i].time);
    assert_string_equal(time_format(1795255200, text), "2026-11-21T10:00:00Z");
    assert_string_equal(time_format(TIME_NONE, text), "");
}

static void test_json(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    json_val *root;
    assert_int_equal(json_parse(a, STR("{\"a\":[1,\"x\"],\"b\":{\"c\":\"d\"}}"), &root), 0);
    assert_true(str_is(json_get_str(json_get(root, "b"), "c"), "d"));
    assert_true(json_get_str(json_get(root, "none"), "c").n == 0);
    assert_int_equal(json_get_str(root, "a").n, 0);
    int n = 0;
    for (json_each(item, json_get(root, "a")))
        n += item != NULL;
    for (json_each_member(key, value, root))
        n += json_str(key).n == 1 && value;
    assert_int_equal(n, 4);
    assert_int_equal(json_parse(a, STR("{\"a\":1,}"), &root), ERR_INVALID);
    assert_int_equal(json_parse_lax(a, STR("{\"a\":1,}"), &root), 0);

    struct buf b = buf_new(1000);
    struct json_out o = {.to = &b};
    json_begin_object(&o);
    json_member_str(&o, "s", STR("q\"\n\x01\xff\xc3\xa9"));
    json_member_str(&o, "left out", STR(""));
    json_key(&o, "list");
    json_begin_array(&o);
    json_out_int(&o, -1);
    json_out_double(&o, 7.50, 2);
    json_out_bool(&o, true);
    json_begin_object(&o);
    json_end_object(&o);
    json_end_array(&o);
    json_end_object(&o);
    assert_string_equal(b.p, "{\"s\":\"q\\\"\\n\\u0001\xef\xbf\xbd\xc3\xa9\",\"list\":[-1,7.5,true,{}]}");
    buf_free(&b);
    arena_free(a);
}

static void test_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        const char *rest;
    } rows[] = {
        {"abc", 3, "abc"},           {"abc", 2, "ab"},        {"a\xc3\xa9", 3, "a\xc3\xa9"},
        {"a\xc3\xa9", 2, "a"},       {"\xe2\x82\xac", 2, ""}, {"a\xff\xff", 2, "a\xff"},
        {"\x80\x80\x80", 1, "\x80"}, {"abc", 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!str_is(utf8_cut(str_from(rows[i].text), rows[i].max), rows[i].rest))
            fail_msg("row %zu", i);
}

static void test_hex(void **state)
{
    (void)state;
    const unsigned char bytes[UUID_SIZE] = {0x00, 0x7f, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
    unsigned char back[4];
    char text[2 * sizeof back + 1], uuid[UUID_TEXT];
    hex_write(bytes, sizeof back, text);
    assert_string_equal(text, "007f80ff");
    assert_true(hex_read(STR("007f80ff"), back, sizeof back));
    assert_memory_equal(back, bytes, sizeof back);
    const char *const none[] = {"", "007f80f", "007f80ff0", "007F80FF", "007f80fg", "+07f80ff", "0x7f80ff"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(hex_read(str_from(none[i]), back, sizeof back));
    uuid_write(bytes, 4, uuid);
    assert_string_equal(uuid, "007f80ff-ffff-4fff-bf01-020304050607");
}

/* One line each, whatever it is made of. */
static void test_log_lines(void **state)
{
    (void)state;
    char text[2000], line[16 << 10];
    memset(text, 1, sizeof text - 1);
    text[sizeof text - 1] = 0;
    FILE *f = tmpfile();
    int before = dup(STDERR_FILENO);
    dup2(fileno(f), STDERR_FILENO);
    for (int json = 0; json < 2; json++) {
        log_set(&(struct log_options){LOG_INFO, json});
        log_write(LOG_ERR, text);
    }
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(f);
    for (int json = 0; json < 2; json++) {
        assert_non_null(fgets(line, sizeof line, f));
        assert_true(strlen(line) > (json ? 6 : 4) * strlen(text));
        assert_true(str_ends(str_from(line), json ? STR("\"}\n") : STR("\n")));
    }
    assert_null(fgets(line, sizeof line, f));
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glob), cmocka_unit_test(test_split), cmocka_unit_test(test_buf_cap),
        cmocka_unit_test(test_map),  cmocka_unit_test(test_time),  cmocka_unit_test(test_json),
        cmocka_unit_test(test_cut),  cmocka_unit_test(test_hex),   cmocka_unit_test(test_log_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The YAML reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "base/yaml.h"

static void write_value(struct json_out *o, const struct yaml *v)
{
    if (v->kind == YAML_SCALAR) {
        json_out_str(o, v->text);
        return;
    }
    if (v->kind == YAML_MAPPING)
        json_begin_object(o);
    else
        json_begin_array(o);
    yaml_each(member, v)
    {
        if (v->kind == YAML_MAPPING)
            json_key_str(o, member->key);
        write_value(o, member);
    }
    if (v->kind == YAML_MAPPING)
        json_end_object(o);
    else
        json_end_array(o);
}

static const struct {
    const char *text;
    int status;
    const char *json; /* of the documents, in an array */
} rows[] = {
    {"", 0, "[]"},
    {"# nothing\n", 0, "[]"},
    {"a: 1\nb: 'x'\n", 0, "[{\"a\":\"1\",\"b\":\"x\"}]"},
    {"a:\n  - 1\n  - {x: y, z: [q]}\nb: \"\\u00e9\"", 0,
     "[{\"a\":[\"1\",{\"x\":\"y\",\"z\":[\"q\"]}],\"b\":\"\xc3\xa9\"}]"},
    {"a:\nb: ~\n", 0, "[{\"a\":\"\",\"b\":\"~\"}]"},
    {"a: 1\n---\nb: 2\n", 0, "[{\"a\":\"1\"},{\"b\":\"2\"}]"},
    {"'a:b': c\n? d\n: e", 0, "[{\"a:b\":\"c\",\"d\":\"e\"}]"},
    {"a: &x 1\nb: 2", 0, "[{\"a\":\"1\",\"b\":\"2\"}]"},
    {"a: &x 1\nb: *x", ERR_UNSUPPORTED, NULL},
    {"a: &a [*a]", ERR_UNSUPPORTED, NULL},
    {"[1]: 2", ERR_INVALID, NULL},
    {"? {a: b}\n: 2", ERR_INVALID, NULL},
    {"a: [1", ERR_INVALID, NULL},
    {"a: 'open", ERR_INVALID, NULL},
    {"\tx: 1", ERR_INVALID, NULL},
    {"a: \xff", ERR_INVALID, NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        _cleanup_(buf_free) struct buf b = buf_new(65536);
        const struct yaml *root = NULL;
        int status = yaml_read(a, str_from(rows[i].text), &root);
        if (status != rows[i].status)
            fail_msg("%s\ngave %d %s", rows[i].text, status, status ? err_text() : "");
        if (status < 0)
            continue;
        struct json_out out = {.to = &b};
        json_begin_array(&out);
        for (; root; root = root->next)
            write_value(&out, root);
        json_end_array(&out);
        json_val *expected, *found;
        assert_int_equal(json_parse(a, str_from(rows[i].json), &expected), 0);
        assert_int_equal(json_parse(a, buf_str(&b), &found), 0);
        if (!yyjson_equals(expected, found))
            fail_msg("%s\ngave %s", rows[i].text, b.p);
    }
}

static void test_caps(void **state)
{
    (void)state;
    static const struct {
        const char *again;
        size_t times;
    } caps[] = {{"[", 100000}, {"{a: ", 100000}, {"- ", 100000}, {"- x\n", YAML_VALUES_MAX + 1}};
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        _cleanup_(buf_free) struct buf b = buf_new((size_t)64 << 20);
        for (size_t k = 0; k < caps[i].times; k++)
            buf_add_str(&b, str_from(caps[i].again));
        const struct yaml *root;
        assert_int_equal(yaml_read(a, buf_str(&b), &root), ERR_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

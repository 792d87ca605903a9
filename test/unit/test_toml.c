/* The TOML reader. */
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
#include "base/toml.h"

/* The tree as JSON, so that a table of texts can say what is expected. */
static void write_value(struct json_out *o, const struct toml *v)
{
    switch (v->type) {
    case TOML_TABLE:
        json_begin_object(o);
        toml_each(member, v)
        {
            json_key_str(o, member->key);
            write_value(o, member);
        }
        json_end_object(o);
        return;
    case TOML_ARRAY:
        json_begin_array(o);
        toml_each(item, v) write_value(o, item);
        json_end_array(o);
        return;
    case TOML_INTEGER:
        json_out_int(o, v->integer);
        return;
    case TOML_BOOL:
        json_out_bool(o, v->boolean);
        return;
    default:
        json_out_str(o, v->text);
    }
}

static const struct {
    const char *text, *json; /* JSON without blanks; NULL when the text must be refused */
} rows[] = {
    {"", "{}"},
    {"# only a comment", "{}"},
    {"\xef\xbb\xbf"
     "a=1",
     "{\"a\":1}"},
    {"a = 1 # one\r\nb = 2\r\n", "{\"a\":1,\"b\":2}"},
    {"a = 1 b = 2", NULL},
    {"a =", NULL},
    {"= 1", NULL},
    {"a = 1\na = 2", NULL},
    {"a\n= 1", NULL},
    {"bare-key_1 = 1\n\"quo ted\" = 2\n'li.teral' = 3\n1234 = 4",
     "{\"bare-key_1\":1,\"quo ted\":2,\"li.teral\":3,\"1234\":4}"},
    {"\"\" = 1", "{\"\":1}"},
    {"a.b.c = 1\na.b.d = 2\n a . e = 3", "{\"a\":{\"b\":{\"c\":1,\"d\":2},\"e\":3}}"},
    {"3.14 = 'pi'", "{\"3\":{\"14\":\"pi\"}}"},
    {"a = 1\na.b = 2", NULL},
    {"a. = 1", NULL},
    {"s = \"tab\\t quote\\\" \\u00e9\\U0001F600\"", "{\"s\":\"tab\\t quote\\\" \xc3\xa9\xf0\x9f\x98\x80\"}"},
    {"s = \"\\ud800\"", NULL},
    {"s = \"\\x41\"", NULL},
    {"s = \"\\u12\"", NULL},
    {"s = \"open", NULL},
    {"s = \"line\nbreak\"", NULL},
    {"s = \"\xff\"", NULL},
    {"s = 'C:\\no\\escapes'", "{\"s\":\"C:\\\\no\\\\escapes\"}"},
    {"s = \"\"", "{\"s\":\"\"}"},
    {"s = \"\"\"\nfirst\nsecond \\\n   \n  third\"\"\"", "{\"s\":\"first\\nsecond third\"}"},
    {"s = \"\"\"two \"\" quotes\"\"\"\"\"", "{\"s\":\"two \\\"\\\" quotes\\\"\\\"\"}"},
    {"s = \"\"\"six\"\"\"\"\"\"", NULL},
    {"s = '''\n'it''s \\ '''", "{\"s\":\"'it''s \\\\ \"}"},
    {"s = '''open''", NULL},
    {"i = [0, +1, -17, 1_000, 0xDEAD_beef, 0o755, 0b1101, 9223372036854775807, -9223372036854775808]",
     "{\"i\":[0,1,-17,1000,3735928559,493,13,9223372036854775807,-9223372036854775808]}"},
    {"i = 9223372036854775808", NULL},
    {"i = 012", NULL},
    {"i = 1__0", NULL},
    {"i = _1", NULL},
    {"i = 1_", NULL},
    {"i = +0x1", NULL},
    {"i = 0x", NULL},
    {"f = [1.0, -0.01, 5e+22, 1e06, 6.626e-34, 224_617.445_991, inf, -inf, nan]",
     "{\"f\":[\"1.0\",\"-0.01\",\"5e+22\",\"1e06\",\"6.626e-34\",\"224_617.445_991\",\"inf\",\"-inf\","
     "\"nan\"]}"},
    {"f = .7", NULL},
    {"f = 7.", NULL},
    {"f = 3.e+20", NULL},
    {"f = 03.14", NULL},
    {"b = [true, false]", "{\"b\":[true,false]}"},
    {"b = True", NULL},
    {"t = [1979-05-27T07:32:00Z, 1979-05-27 00:32:00.999-07:00, 1979-05-27, 07:32:00, 2024-02-29]",
     "{\"t\":[\"1979-05-27T07:32:00Z\",\"1979-05-27 "
     "00:32:00.999-07:00\",\"1979-05-27\",\"07:32:00\",\"2024-02-29\"]}"},
    {"t = 2023-02-29", NULL},
    {"t = 1979-05-27T24:00:00Z", NULL},
    {"t = 1979-05-27T07:32", NULL},
    {"a = [ 1, # one\n 2,\n]\nb = [[1], [\"x\", []]]", "{\"a\":[1,2],\"b\":[[1],[\"x\",[]]]}"},
    {"a = [1 2]", NULL},
    {"a = [,1]", NULL},
    {"a = [1", NULL},
    {"p = { x = 1, y.z = 'a', e = {} }", "{\"p\":{\"x\":1,\"y\":{\"z\":\"a\"},\"e\":{}}}"},
    {"p = { x = 1, }", NULL},
    {"p = { x = 1\n}", NULL},
    {"p = { x = 1, x = 2 }", NULL},
    {"p = {}\np.x = 1", NULL},
    {"[p]\nq = {}\n[p.q]", NULL},
    {"[a]\nx = 1\n[a.b]\ny = 2\n[c.d]\n[c]\nz = 3",
     "{\"a\":{\"x\":1,\"b\":{\"y\":2}},\"c\":{\"d\":{},\"z\":3}}"},
    {"[ j . \"k\" . 'l' ]", "{\"j\":{\"k\":{\"l\":{}}}}"},
    {"[a]\n[a]", NULL},
    {"[a]\nb = 1\n[a.b]", NULL},
    {"[fruit]\napple.color = 'red'\n[fruit.apple]", NULL},
    {"[fruit]\napple.taste.sweet = true\n[fruit.apple.texture]\nsmooth = true",
     "{\"fruit\":{\"apple\":{\"taste\":{\"sweet\":true},\"texture\":{\"smooth\":true}}}}"},
    {"[a.b.c]\n[a]\nb.d = 1", NULL},
    {"[[p]]\nn = 1\n[[p]]\n[[p]]\nn = 3\n[p.q]\nx = 1\n[[p.r]]\n[[p.r]]",
     "{\"p\":[{\"n\":1},{},{\"n\":3,\"q\":{\"x\":1},\"r\":[{},{}]}]}"},
    {"p = []\n[[p]]", NULL},
    {"[[p]]\n[p]", NULL},
    {"[p]\n[[p]]", NULL},
    {"[a", NULL},
    {"[a]]", NULL},
    {"[]", NULL},
    {"[a] b = 1", NULL},
    {"a = 1 # bell \a", NULL},
    {"k1=1\nk2=1\nk3=1\nk4=1\nk5=1\nk6=1\nk7=1\nk8=1\nk9=1\nk10=1\nk11=1\nk12=1\nk13=1\nk14=1\nk3=2", NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        _cleanup_(buf_free) struct buf b = buf_new(65536);
        const struct toml *root;
        int status = toml_parse(a, str_from(rows[i].text), &root);
        if (status != (rows[i].json ? 0 : ERR_INVALID))
            fail_msg("%s\ngave %d %s", rows[i].text, status, status ? err_text() : "");
        if (status < 0)
            continue;
        struct json_out out = {.to = &b};
        write_value(&out, root);
        json_val *expected, *found;
        assert_int_equal(json_parse(a, str_from(rows[i].json), &expected), 0);
        assert_int_equal(json_parse(a, buf_str(&b), &found), 0);
        if (!yyjson_equals(expected, found))
            fail_msg("%s\ngave %s", rows[i].text, b.p);
    }
}

/* Nesting, dotted keys and the number of values are capped, each with its name in the text. */
static void test_caps(void **state)
{
    (void)state;
    static const struct {
        const char *start, *again;
        size_t times;
        const char *text;
    } caps[] = {
        {"a = ", "[", 100000, "nested deeper"},         {"a = ", "{b=", 100000, "nested deeper"},
        {"a", ".a", 100000, "key of more than"},        {"[a", ".a", 100000, "key of more than"},
        {"a = [", "0,", TOML_VALUES_MAX + 1, "values"},
    };
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
        _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
        _cleanup_(buf_free) struct buf b = buf_new((size_t)64 << 20);
        buf_add_str(&b, str_from(caps[i].start));
        for (size_t k = 0; k < caps[i].times; k++)
            buf_add_str(&b, str_from(caps[i].again));
        const struct toml *root;
        assert_int_equal(toml_parse(a, buf_str(&b), &root), ERR_LIMIT);
        assert_non_null(strstr(err_text(), caps[i].text));
    }
}

static void test_getters(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct toml *root;
    assert_int_equal(toml_parse(a, STR("[x]\ns = 'v'\nb = true"), &root), 0);
    const struct toml *x = toml_get(root, "x");
    assert_true(str_is(toml_get_str(x, "s"), "v"));
    assert_true(toml_get_bool(x, "b") && !toml_get_bool(x, "s"));
    assert_true(toml_get_str(x, "b").n == 0 && toml_get_str(NULL, "s").n == 0);
    assert_null(toml_get(toml_get(x, "s"), "t"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_getters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

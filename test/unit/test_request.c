#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/request.h"
#include "base/err.h"

static const char *const colours_at[] = {"RED", "GREEN"};
static const struct names colours = {colours_at, 2};

struct everything {
    struct str text;
    int colour, flag;
    int64_t number, time;
    struct str_list words;
    struct int_list palette;
    json_val *object, *map;
};
static const struct member members[] = {
    {"text", MEMBER_STRING, MEMBER(struct everything, text, .min = 1, .max = 3, .pattern = "^[a-zé]+$")},
    {"colour", MEMBER_ENUM, MEMBER(struct everything, colour, .names = &colours)},
    {"flag", MEMBER_BOOL, MEMBER(struct everything, flag)},
    {"number", MEMBER_INT, MEMBER(struct everything, number, .min = 1, .max = 100, .otherwise = 7)},
    {"time", MEMBER_TIME, MEMBER(struct everything, time)},
    {"words", MEMBER_STRINGS,
     MEMBER(struct everything, words, .min = 1, .max = 2, .item_min = 2, .item_max = 4)},
    {"palette", MEMBER_ENUMS, MEMBER(struct everything, palette, .max = 2, .names = &colours)},
    {"object", MEMBER_OBJECT, MEMBER(struct everything, object)},
    {"map", MEMBER_MAP, MEMBER(struct everything, map, .max = 2)},
    {0}};

static struct arena *arena;
static struct field_errors errors;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    errors = (struct field_errors){0};
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static json_val *parsed(const char *text)
{
    json_val *body = NULL;
    assert_int_equal(request_parse(arena, str_from(text), &body), 0);
    return body;
}
static int reads(const char *text, struct everything *into)
{
    errors.n = 0;
    return request_read(arena, parsed(text), members, into, &errors);
}
static void refuses(const char *text, const char *name, const char *message)
{
    struct everything e;
    assert_int_equal(reads(text, &e), ERR_INVALID);
    assert_int_equal(errors.n, 1);
    assert_true(str_is(errors.at[0].name, name));
    if (!str_is(errors.at[0].message, message))
        fail_msg("%s: %.*s", text, STR_ARG(errors.at[0].message));
}

static void test_members(void **state)
{
    (void)state;
    struct everything e;
    assert_int_equal(
        reads("{\"text\":\"é\",\"colour\":\"GREEN\",\"flag\":false,\"number\":100.0,"
              "\"time\":1700000000.123,\"words\":[\"ab\",\"cd\"],\"palette\":[\"GREEN\",\"RED\"],"
              "\"object\":{\"a\":1},\"map\":{\"k\":\"v\"}}",
              &e),
        0);
    assert_true(str_is(e.text, "é"));
    assert_int_equal(e.colour, 1);
    assert_int_equal(e.flag, 0);
    assert_int_equal(e.number, 100);
    assert_int_equal(e.time, 1700000000);
    assert_int_equal(e.words.n, 2);
    assert_true(str_is(e.words.at[1], "cd"));
    assert_int_equal(e.palette.n, 2);
    assert_int_equal(e.palette.at[0], 1);
    assert_non_null(json_get(e.object, "a"));
    assert_true(str_is(json_get_str(e.map, "k"), "v"));
}

static void test_absent(void **state)
{
    (void)state;
    /* An empty body, nulls and members that nobody knows are all the same. */
    const char *const bodies[] = {"", " \n", "{}", "{\"text\":null,\"number\":null,\"map\":null}",
                                  "{\"Text\":1,\"x\":[{}]}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct everything e;
        memset(&e, 0x5A, sizeof e);
        assert_int_equal(reads(bodies[i], &e), 0);
        assert_int_equal(e.text.n, 0);
        assert_int_equal(e.colour, -1);
        assert_int_equal(e.flag, -1);
        assert_int_equal(e.number, 7);
        assert_true(e.time == TIME_NONE);
        assert_int_equal(e.words.n, 0);
        assert_int_equal(e.palette.n, 0);
        assert_null(e.object);
        assert_null(e.map);
    }
}

static void test_refused(void **state)
{
    (void)state;
    refuses("{\"text\":1}", "text", "must be a string");
    refuses("{\"text\":\"\"}", "text", "must have 1 to 3 characters");
    refuses("{\"text\":\"éééé\"}", "text", "must have 1 to 3 characters");
    refuses("{\"text\":\"a b\"}", "text", "must match ^[a-zé]+$");
    refuses("{\"text\":\"a\\u0000b\"}", "text", "must match ^[a-zé]+$");
    refuses("{\"colour\":\"BLUE\"}", "colour", "must be one of RED, GREEN");
    refuses("{\"colour\":1}", "colour", "must be one of RED, GREEN");
    refuses("{\"flag\":\"true\"}", "flag", "must be true or false");
    refuses("{\"number\":0}", "number", "must be 1 to 100");
    refuses("{\"number\":101}", "number", "must be 1 to 100");
    refuses("{\"number\":1e300}", "number", "must be an integer");
    refuses("{\"number\":1.5}", "number", "must be an integer");
    refuses("{\"number\":\"1\"}", "number", "must be an integer");
    refuses("{\"time\":\"2026-01-01T00:00:00Z\"}", "time",
            "must be a number of seconds since 1970-01-01T00:00:00Z");
    refuses("{\"time\":-1}", "time", "must be a number of seconds since 1970-01-01T00:00:00Z");
    refuses("{\"words\":[]}", "words", "must have 1 to 2 elements");
    refuses("{\"words\":[\"ab\",\"ab\",\"ab\"]}", "words", "must have 1 to 2 elements");
    refuses("{\"words\":[\"ab\",\"a\"]}", "words[1]", "must have 2 to 4 characters");
    refuses("{\"words\":[null]}", "words[0]", "must be a string");
    refuses("{\"words\":{}}", "words", "must be a list");
    refuses("{\"palette\":[\"RED\",\"BLUE\"]}", "palette[1]", "must be one of RED, GREEN");
    refuses("{\"object\":[]}", "object", "must be an object");
    refuses("{\"map\":{\"k\":1}}", "map.k", "must be a string");
    refuses("{\"map\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}", "map", "must have 0 to 2 entries");
}

static void test_paths(void **state)
{
    (void)state;
    struct everything e;
    json_val *body = parsed("{\"outer\":{\"number\":0,\"words\":[\"ab\",\"a\"]}}");
    assert_int_equal(request_read_at(arena, json_get(body, "outer"), "outer", members, &e, &errors),
                     ERR_INVALID);
    assert_int_equal(errors.n, 2);
    assert_true(str_is(errors.at[0].name, "outer.number"));
    assert_true(str_is(errors.at[1].name, "outer.words[1]"));
}

static void test_required(void **state)
{
    (void)state;
    static const struct member table[] = {
        {"text", MEMBER_STRING, MEMBER(struct everything, text, .required = true)}, {0}};
    struct everything e;
    assert_int_equal(request_read(arena, NULL, table, &e, &errors), ERR_INVALID);
    assert_int_equal(request_read(arena, parsed("{\"text\":null}"), table, &e, &errors), ERR_INVALID);
    assert_int_equal(errors.n, 2);
    assert_true(str_is(errors.at[1].message, "is required"));
}

static void test_many_errors(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * FIELD_ERRORS_MAX; i++)
        field_error_add(&errors, arena, STR("x"), "is wrong");
    assert_int_equal(errors.n, FIELD_ERRORS_MAX);
}

static int parse_status(struct str text)
{
    json_val *body;
    return request_parse(arena, text, &body);
}

static void test_parse(void **state)
{
    (void)state;
    assert_int_equal(parse_status(STR("[]")), ERR_INVALID);
    assert_int_equal(parse_status(STR("\"text\"")), ERR_INVALID);
    assert_int_equal(parse_status(STR("null")), ERR_INVALID);
    assert_int_equal(parse_status(STR("{")), ERR_INVALID);
    assert_int_equal(parse_status(STR("{} {}")), ERR_INVALID);
    assert_int_equal(parse_status(STR("{\"a\":1,}")), ERR_INVALID);
    assert_int_equal(parse_status(STR("{\"a\":\"\xff\"}")), ERR_INVALID);
    /* Brackets within strings are no depth. */
    assert_int_equal(parse_status(STR("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"}")), 0);
    char deep[4096];
    for (int levels = REQUEST_DEPTH - 1; levels <= REQUEST_DEPTH; levels++) {
        int n = snprintf(deep, sizeof deep, "{\"a\":%.*s%.*s}", levels,
                         "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", levels,
                         "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
        assert_int_equal(parse_status((struct str){deep, (size_t)n}), levels < REQUEST_DEPTH ? 0 : ERR_LIMIT);
    }
}

static void test_text(void **state)
{
    (void)state;
    /* As it was sent: numbers with their fractions, order, unknown members; nulls are no members. */
    const char *const sent =
        "{ \"z\": [ {\"startInclusive\": 1700000000.123, \"n\": null} ], \"a\": \"\\u00e9\\n\","
        "\"big\": 12345678901234567890, \"small\": -0.1, \"none\": null, \"t\": true, \"o\":{} }";
    struct str text = request_text(arena, parsed(sent));
    assert_true(str_is(text, "{\"z\":[{\"startInclusive\":1700000000.123}],\"a\":\"é\\n\","
                             "\"big\":12345678901234567890,\"small\":-0.1,\"t\":true,\"o\":{}}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_required, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

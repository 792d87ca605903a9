/* The reader of comma-separated values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/csv.h"
#include "base/err.h"

/* Fields joined by '|', records by '/'. A refused text ends in '!'. */
static void read_all(const char *text, struct buf *to)
{
    struct csv c = csv_new(str_from(text), ',');
    int status;
    while ((status = csv_next(&c)) > 0) {
        for (size_t i = 0; i < c.fields.n; i++) {
            buf_add_str(to, c.fields.at[i]);
            buf_add_c(to, i + 1 < c.fields.n ? '|' : '/');
        }
    }
    if (status < 0)
        buf_add_c(to, '!');
    csv_free(&c);
}

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"a,b,c", "a|b|c/"},
        {"a,b\nc,d\n", "a|b/c|d/"},
        {"a,b\r\nc,d\r\n", "a|b/c|d/"},
        {"a\rb,c\r", "a\rb|c/"},
        {",", "|/"},
        {"\n\nx", "//x/"},
        {" a , b ", " a | b /"},
        {"\"a,b\",\"c\nd\"\r\ne", "a,b|c\nd/e/"},
        {"\"say \"\"hi\"\"\",\"\"\"\"", "say \"hi\"|\"/"},
        {"\"\",\"\"", "|/"},
        {"\xef\xbb\xbf"
         "a",
         "a/"},
        {"a\n\"b", "a/!"},
        {"a\"b", "!"},
        {"\"a\"b", "!"},
        {"\"a\" ,b", "!"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = buf_new(1000);
        read_all(rows[i].text, &b);
        if (!str_is(buf_str(&b), rows[i].expected))
            fail_msg("%s\ngave %s", rows[i].text, b.p);
        buf_free(&b);
    }
}

static void test_header_and_caps(void **state)
{
    (void)state;
    struct csv c = csv_new(STR("id;score\nX;\"0;5\"\n\"open\n"), ';');
    assert_int_equal(csv_next(&c), 1);
    assert_int_equal(csv_find(&c, "score"), 1);
    assert_int_equal(csv_find(&c, "none"), -1);
    assert_int_equal(csv_next(&c), 1);
    assert_int_equal(c.line, 2);
    assert_true(str_is(csv_field(&c, 1), "0;5"));
    assert_int_equal(csv_field(&c, 2).n, 0);
    assert_int_equal(csv_next(&c), ERR_INVALID);
    assert_string_equal(err_text(), "CSV: line 3: a quote is never closed");
    assert_int_equal(csv_next(&c), 0);
    csv_free(&c);

    struct buf b = buf_new(10000);
    for (int i = 0; i < CSV_FIELDS_MAX; i++)
        buf_add_c(&b, ',');
    c = csv_new(buf_str(&b), ',');
    assert_int_equal(csv_next(&c), ERR_LIMIT);
    csv_free(&c);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_header_and_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

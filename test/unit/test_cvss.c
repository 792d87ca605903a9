/* score: vectors and severities; the ten thousand vectors of each version are in test/cli/test_cvss.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "score/cvss.h"
#include "score/severity.h"

/* Rows of the conformance data that cannot hold. */
static const struct {
    const char *vector, *reason;
} exceptions[] = {
    {"AV:A/AC:L/Au:N/C:C/I:C/A:C/CDP:H/TD:H/CR:H", "refused by its source for a group that is not complete; "
                                                   "the guide (2.4) does not demand that, gives metrics that "
                                                   "are left out no weight (2.2, 2.3: \"Not Defined\"), and "
                                                   "NVD and the PyPI package cvss accept such vectors"},
};

static bool is_exception(struct str vector)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (str_is(vector, exceptions[i].vector))
            return true;
    return false;
}

/* Splits a row into at most `max` fields. */
static size_t fields_of(struct str line, struct str *fields, size_t max)
{
    size_t n = 0;
    while (n < max && str_next(&line, '\t', &fields[n]))
        n++;
    return n;
}

static bool read_shared(struct arena *a, const char *name, struct str *ret_text)
{
    char path[4096];
    const char *base = getenv("ASSAY_SHARED");
    snprintf(path, sizeof path, "%s/conformance/%s", base ? base : "", name);
    if (!base || access(path, R_OK) != 0) {
        print_message("the conformance data is not at %s\n", path);
        return false;
    }
    assert_int_equal(file_read(a, path, 1 << 20, ret_text), 0);
    struct str header;
    return str_next(ret_text, '\n', &header);
}

static void check_score(struct str vector, const char *what, struct str expected, double score)
{
    char text[16];
    snprintf(text, sizeof text, "%.1f", score);
    if (expected.n && !str_is(expected, text))
        fail_msg("%.*s: %s score %s, not %.*s", STR_ARG(vector), what, text, STR_ARG(expected));
}

static void test_scores(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str text, line, f[6];
    if (!read_shared(a, "cvss/scores.tsv", &text)) {
        arena_free(a);
        skip();
    }
    size_t n = 0;
    for (; str_next(&text, '\n', &line); n++) {
        struct cvss c;
        assert_int_equal(fields_of(line, f, 6), 6);
        if (cvss_parse(f[1], &c) < 0)
            fail_msg("%.*s: %s", STR_ARG(f[1]), err_text());
        check_score(f[1], "base", f[2], c.base);
        check_score(f[1], "temporal", f[3], c.temporal);
        check_score(f[1], "environmental", f[4], c.environmental);
        check_score(f[1], "final", f[5], c.score);
        assert_true(str_eq(f[0], c.version));
    }
    assert_true(n > 25);
    arena_free(a);
}

static void test_validity(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str text, line, f[3];
    if (!read_shared(a, "cvss/validity.tsv", &text)) {
        arena_free(a);
        skip();
    }
    size_t n = 0;
    for (; str_next(&text, '\n', &line); n++) {
        struct cvss c;
        assert_int_equal(fields_of(line, f, 3), 3);
        bool valid = cvss_parse(f[1], &c) == 0;
        if (is_exception(f[1]))
            print_message("exception: %.*s\n", STR_ARG(f[1]));
        else if (valid != str_is(f[2], "true"))
            fail_msg("%.*s: %s", STR_ARG(f[1]), valid ? "was accepted" : err_text());
    }
    assert_true(n > 50);
    arena_free(a);
}

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *vector;
        double base, temporal, environmental;
        const char *severity; /* NULL: refused */
    } rows[] = {
        /* The guides' own examples (CVSS 2, section 3.3.1 to 3.3.3). */
        {"AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H", 7.8, 6.4, 9.2, "HIGH"},
        {"(AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C)", 10, 8.3, -1, "HIGH"},
        {"AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C", 6.2, 4.9, -1, "MEDIUM"},
        {"AV:N/AC:L/Au:N/C:N/I:N/A:N", 0, -1, -1, "LOW"},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, -1, -1, "CRITICAL"},
        {"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:X/RL:X/RC:X", 10, -1, -1, "CRITICAL"},
        {"CVSS:3.1/A:N/I:N/C:N/S:U/UI:N/PR:N/AC:L/AV:N", 0, -1, -1, "NONE"},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U", 9.8, 7.8, -1, "HIGH"},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MAV:L", 9.8, -1, 8.4, "HIGH"},
        {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", 9.3, 8.1, -1, "HIGH"},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", 0, 0, 0, NULL},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/A:H", 0, 0, 0, NULL},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", 0, 0, 0, NULL},
        {"CVSS:3.1/AV:N//AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0, 0, 0, NULL},
        {"CVSS:3.1/AV:n/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0, 0, 0, NULL},
        {"CVSS:3.1/AV:N /AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0, 0, 0, NULL},
        {"CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0, 0, 0, NULL},
        {"CVSS:4.0/AC:L/AV:N/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 0, 0, 0, NULL},
        {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:S/SA:N", 0, 0, 0, NULL},
        {"CVSS:3.1/", 0, 0, 0, NULL},
        {"", 0, 0, 0, NULL},
        {"()", 0, 0, 0, NULL},
        {"AV:N", 0, 0, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cvss c = {.base = -7};
        int status = cvss_parse(str_from(rows[i].vector), &c);
        if (!rows[i].severity) {
            assert_int_equal(status, ERR_INVALID);
            assert_true(c.base == -7);
            continue;
        }
        if (status < 0)
            fail_msg("%s: %s", rows[i].vector, err_text());
        if (fabs(c.base - rows[i].base) > 1e-9 || fabs(c.temporal - rows[i].temporal) > 1e-9 ||
            fabs(c.environmental - rows[i].environmental) > 1e-9)
            fail_msg("%s: %g %g %g", rows[i].vector, c.base, c.temporal, c.environmental);
        assert_string_equal(c.severity, rows[i].severity);
    }
}

static void test_severity(void **state)
{
    (void)state;
    static const struct {
        double score;
        enum severity severity;
    } scores[] = {
        {-1, SEVERITY_UNTRIAGED}, {NAN, SEVERITY_UNTRIAGED}, {0, SEVERITY_INFORMATIONAL},
        {0.1, SEVERITY_LOW},      {3.9, SEVERITY_LOW},       {4.0, SEVERITY_MEDIUM},
        {6.9, SEVERITY_MEDIUM},   {7.0, SEVERITY_HIGH},      {8.9, SEVERITY_HIGH},
        {9.0, SEVERITY_CRITICAL}, {10, SEVERITY_CRITICAL},
    };
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++)
        assert_int_equal(severity_of_score(scores[i].score), scores[i].severity);
    static const struct {
        const char *rating, *name;
    } ratings[] = {
        {"unimportant", "INFORMATIONAL"},
        {"Negligible", "INFORMATIONAL"},
        {"low", "LOW"},
        {"minor", "LOW"},
        {"MODERATE", "MEDIUM"},
        {"medium**", "MEDIUM"},
        {"Important", "HIGH"},
        {" high ", "HIGH"},
        {"critical", "CRITICAL"},
        {"not yet assigned", "UNTRIAGED"},
        {"", "UNTRIAGED"},
    };
    for (size_t i = 0; i < sizeof ratings / sizeof *ratings; i++)
        assert_string_equal(severity_name(severity_of_rating(str_from(ratings[i].rating))), ratings[i].name);
    enum severity bar = SEVERITY_UNTRIAGED;
    assert_true(severity_parse(STR("high"), &bar) && bar == SEVERITY_HIGH);
    assert_false(severity_parse(STR("moderate"), &bar));
    assert_true(severity_reaches(SEVERITY_CRITICAL, bar) && severity_reaches(SEVERITY_HIGH, bar));
    assert_false(severity_reaches(SEVERITY_MEDIUM, bar) || severity_reaches(SEVERITY_UNTRIAGED, bar));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_severity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The contextual score: what an attack vector counts from where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "score/contextual.h"

#define N "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define A "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define L "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *vector;
        enum reach reach;
        bool exploited;
        const char *counts;
        double score;
        size_t adjustments;
    } rows[] = {
        {N, REACH_UNKNOWN, false, N, 9.8, 1},
        {N, REACH_INTERNET, false, N, 9.8, 0},
        {N, REACH_EDGE, false, A, 8.8, 1},
        {N, REACH_NONE, false, L, 8.4, 1},
        {N, REACH_NONE, true, N, 9.8, 0},
        {A, REACH_UNKNOWN, false, A, 8.8, 0},
        {A, REACH_EDGE, false, A, 8.8, 0},
        {A, REACH_NONE, false, L, 8.4, 1},
        {L, REACH_NONE, false, L, 8.4, 0},
        {N "/MAV:P", REACH_NONE, false, N "/MAV:P", 6.8, 0},
        /* A score of nothing cannot be lowered: the vector stays. */
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", REACH_NONE, false,
         "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0, 0},
        {"AV:N/AC:L/Au:N/C:P/I:P/A:P", REACH_UNKNOWN, false, "AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5, 1},
        {"(AV:N/AC:L/Au:N/C:P/I:P/A:P)", REACH_NONE, false, "(AV:L/AC:L/Au:N/C:P/I:P/A:P)", 4.6, 1},
        {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", REACH_EDGE, false,
         "CVSS:4.0/AV:A/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 8.7, 1},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct context_score s;
        assert_int_equal(context_score(a, str_from(rows[i].vector), rows[i].reach, rows[i].exploited, &s), 0);
        if (!str_is(s.vector, rows[i].counts) || s.score < rows[i].score - 0.01 ||
            s.score > rows[i].score + 0.01 || s.n_adjustments != rows[i].adjustments)
            fail_msg("row %zu: %.*s %.1f, %zu", i, STR_ARG(s.vector), s.score, s.n_adjustments);
    }
}

static void test_no_vector(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct context_score s;
    assert_true(context_score(a, STR("AV:N"), REACH_NONE, false, &s) < 0);
    assert_true(context_score(a, STR(""), REACH_NONE, false, &s) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_no_vector)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

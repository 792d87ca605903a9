/* The contextual score: what an attack vector counts from where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "score/contextual.h"
#include "score/service.h"

#define N "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define A "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define L "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *vector;
        enum reached reach;
        bool exploited;
        const char *counts;
        double score;
        size_t adjustments;
    } rows[] = {
        {N, REACH_UNKNOWN, false, N, 9.8, 1},
        {N, REACH_INTERNET, false, N, 9.8, 0},
        {N, REACH_UNREAD, false, N, 9.8, 1},
        {A, REACH_UNREAD, false, A, 8.8, 1},
        {N, REACH_EDGE, false, A, 8.8, 1},
        {N, REACH_NONE, false, L, 8.4, 1},
        {N, REACH_NONE, true, N, 9.8, 1},
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
        assert_int_equal(
            context_score(a, str_from(rows[i].vector), rows[i].reach, (struct str){0}, rows[i].exploited, &s),
            0);
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
    assert_true(context_score(a, STR("AV:N"), REACH_NONE, (struct str){0}, false, &s) < 0);
    assert_true(context_score(a, STR(""), REACH_NONE, (struct str){0}, false, &s) < 0);
}

static void test_services(void **state)
{
    (void)state;
    static const struct {
        const char *package, *service;
    } rows[] = {
        {"openssh-server", "SSH (TCP 22)"},
        {"postgresql-15", "PostgreSQL (TCP 5432)"},
        {"postgresql15-server", "PostgreSQL (TCP 5432)"},
        {"nginx", "HTTP (TCP 80, 443, 8080 and the like)"},
        {"nginx-mod-stream", "HTTP (TCP 80, 443, 8080 and the like)"},
        {"openssh-client", NULL}, /* its flaws need no port that is open */
        {"postgresql-client-15", NULL},
        {"postgresql-", NULL},
        {"libcurl4", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int number = service_of_package(str_from(rows[i].package));
        if (!rows[i].service)
            assert_int_equal(number, -1);
        else
            assert_string_equal(service_at(number)->name, rows[i].service);
    }
    int ssh = service_of_package(STR("openssh-server"));
    assert_true(service_may_listen(ssh, false, 22));
    assert_true(service_may_listen(ssh, false, 2222)); /* nobody's: it may have been moved there */
    assert_false(service_may_listen(ssh, false, 443));
    assert_false(service_may_listen(ssh, true, 22));
    int n = 0;
    while (service_at(n))
        n++;
    assert_true(n > 10 && n <= SERVICES_MAX);
}

static void test_reasons(void **state)
{
    (void)state;
    static const struct {
        enum reached reach;
        const char *to, *reason;
    } rows[] = {
        {REACH_NONE, "", "no open network path to the resource"},
        {REACH_NONE, "SSH (TCP 22)", "no open network path to SSH (TCP 22)"},
        {REACH_EDGE, "", "no open network path from the internet, one from an adjacent network"},
        {REACH_EDGE, "SSH (TCP 22)",
         "no open network path from the internet to SSH (TCP 22), one from an adjacent network"},
    };
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct context_score s;
        assert_int_equal(context_score(a, STR(N), rows[i].reach, str_from(rows[i].to), false, &s), 0);
        assert_true(str_is(s.adjustments[0].metric, "AV"));
        assert_true(str_is(s.adjustments[0].reason, rows[i].reason));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_no_vector),
                                       cmocka_unit_test(test_services), cmocka_unit_test(test_reasons)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

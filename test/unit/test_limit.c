/* The rate limiter, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "net/limit.h"

static const uint64_t ms = 1000000;

static unsigned take_many(struct limit *l, const char *who, unsigned n, uint64_t now)
{
    unsigned taken = 0;
    while (n--)
        taken += limit_take(l, str_from(who), now) == 0;
    return taken;
}

static void test_bursts(void **state)
{
    (void)state;
    struct limit *l = limit_new(10, 20);
    uint64_t now = 5000 * ms;
    assert_int_equal(take_many(l, "a", 50, now), 20);
    assert_int_equal(take_many(l, "b", 50, now), 20); /* each has its own */
    assert_int_equal(limit_take(l, STR("a"), now), 1);
    assert_int_equal(take_many(l, "a", 50, now + 99 * ms), 0);
    assert_int_equal(take_many(l, "a", 50, now + 100 * ms), 1);
    assert_int_equal(take_many(l, "a", 50, now + 600 * ms), 5);
    assert_int_equal(take_many(l, "a", 50, now + 60000 * ms), 20); /* no more than a burst is saved */
    limit_free(l);
}

static void test_wait_is_enough(void **state)
{
    (void)state;
    static const unsigned rates[][2] = {{1, 1}, {1, 5}, {7, 3}, {5000, 10000}};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct limit *l = limit_new(rates[i][0], rates[i][1]);
        uint64_t now = 1;
        assert_int_equal(take_many(l, "a", rates[i][1] + 1, now), rates[i][1]);
        unsigned wait = limit_take(l, STR("a"), now);
        assert_true(wait >= 1);
        assert_int_equal(limit_take(l, STR("a"), now + wait * 1000 * ms), 0);
        limit_free(l);
    }
}

/* Far more askers than there is room for: those who ask all the time are still held to their rate. */
static void test_many(void **state)
{
    (void)state;
    struct limit *l = limit_new(1, 10);
    unsigned taken = 0;
    for (unsigned i = 0; i < 300000; i++) {
        char name[32];
        uint64_t now = 1000000 * ms + i; /* as good as at once */
        snprintf(name, sizeof name, "asker %u", i);
        limit_take(l, str_from(name), now);
        taken += limit_take(l, STR("busy"), now) == 0;
    }
    assert_int_equal(taken, 10);
    limit_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bursts),
        cmocka_unit_test(test_wait_is_enough),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

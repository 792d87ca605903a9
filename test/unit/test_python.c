/* Python packages and lock files. */
#include "inventory_cases.h"

static const struct case_kind kinds[] = {
    {"osv-scalibr", "language/python/wheelegg", "site-packages/x.dist-info/METADATA"},
    {"trivy", "python/packaging", "site-packages/x.egg-info/PKG-INFO"},
    {NULL},
};

static const struct case_exception exceptions[] = {
    {NULL},
};

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

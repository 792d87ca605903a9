/* Node packages and lock files. */
#include "inventory_cases.h"

static const struct case_kind kinds[] = {
    {"osv-scalibr", "language/javascript/packagejson", "node_modules/x/package.json"},
    {"osv-scalibr", "language/javascript/packagelockjson", "package-lock.json"},
    {"trivy", "nodejs/packagejson", "node_modules/x/package.json"},
    {"trivy", "nodejs/npm", "package-lock.json"},
    {NULL},
};

static const struct case_exception exceptions[] = {
    /* What lies in node_modules is what Node loads, and npm's language clients for VS Code name
     * "engines.vscode" too; elsewhere a package.json is a project's own, and not read. */
    {"g0096", "a Unity package; not read outside node_modules"},
    {"g0097", "a VS Code extension; not read outside node_modules"},
    {"g0103", "a VS Code extension; not read outside node_modules"},
    {"g0112", "no package because npm-shrinkwrap.json stands beside it: each file is read by itself"},
    {"g0117",
     "\"devOptional\" is no \"dev\": also an optional dependency of what is no development dependency (npm's "
     "package-lock.json manual)"},
    {"g0331", "a workspace of the project is no package", "testapp 1.0.0"},
    {NULL},
};

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Node packages and lock files. */
#include "inventory_cases.h"

static const struct case_kind kinds[] = {
    {"osv-scalibr", "language/javascript/packagejson", "node_modules/x/package.json"},
    {"osv-scalibr", "language/javascript/packagelockjson", "package-lock.json"},
    {"trivy", "nodejs/packagejson", "node_modules/x/package.json"},
    {"trivy", "nodejs/npm", "package-lock.json"},
    {"osv-scalibr", "language/javascript/yarnlock", "yarn.lock"},
    {"osv-scalibr", "language/javascript/pnpmlock", "pnpm-lock.yaml"},
    {"osv-scalibr", "language/javascript/bunlock", "bun.lock"},
    {"trivy", "nodejs/yarn", "yarn.lock"},
    {"trivy", "nodejs/pnpm", "pnpm-lock.yaml", false, true},
    {"trivy", "nodejs/bun", "bun.lock"},
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
    /* Neither format marks what is for development; it follows from what the project reaches. */
    {"g0086", "etag is reached by devDependencies only", NULL, true},
    {"g0093", "wrappy is reached by devDependencies only", NULL, true},
    {"g0128", "acorn is reached by devDependencies only", NULL, true},
    {"g0141", "\"link:\" is a folder of the project's own", "etag 1.8.0"},
    {"g0328", "a workspace of the project is no package", "my-app 1.0.0"},
    {"g0328", "a workspace of the project is no package", "my-lib 1.0.0"},
    /* Left out by this source, listed by the other (g0141, g0150): what is installed is a package, wherever
       from. */
    {"g0341", "fsevents is there as \"patch:\" of version 2.1.3"},
    {"g0342", "local-package is an archive, installed as any other"},
    {"g0343", "a package from git has a name and a version"},
    {NULL},
};

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

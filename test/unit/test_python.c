/* Python packages and lock files. */
#include "inventory_cases.h"

static const struct case_kind kinds[] = {
    {"osv-scalibr", "language/python/wheelegg", "site-packages/x.dist-info/METADATA"},
    {"trivy", "python/packaging", "site-packages/x.egg-info/PKG-INFO"},
    {"osv-scalibr", "language/python/pdmlock", "pdm.lock"},
    {"osv-scalibr", "language/python/pipfilelock", "Pipfile.lock", true},
    {"osv-scalibr", "language/python/poetrylock", "poetry.lock"},
    {"osv-scalibr", "language/python/pylock", "pylock.toml"},
    {"osv-scalibr", "language/python/pyprojecttoml", "pyproject.toml"},
    {"osv-scalibr", "language/python/requirements", "requirements.txt", true},
    {"osv-scalibr", "language/python/setup", "setup.py"},
    {"osv-scalibr", "language/python/uvlock", "uv.lock"},
    {"trivy", "python/pip", "requirements.txt", true},
    {"trivy", "python/pipenv", "Pipfile.lock", true},
    {"trivy", "python/poetry", "poetry.lock"},
    {"trivy", "python/pylock", "pylock.toml"},
    {"trivy", "python/pyproject", "pyproject.toml"},
    {"trivy", "python/uv", "uv.lock"},
    {NULL},
};

static const struct case_exception exceptions[] = {
    {"g0188", "PEP 508: a version has no blanks in it; foo7 is reported as unresolved",
     "foo7 1.0 unexpected_text_before_options_stays_around"},
    {"g0357", "its third line, '>=1.0.0', is no requirement (PEP 508), and that is said"},
    {"g0365", "marked as an error, and lists the one package that the valid file has"},
    {"g0368", "the project itself, a \"virtual\" source: never a package", "normal 0.1.0"},
    {NULL},
};

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lock files of Rust and PHP. */
#include "inventory_cases.h"

static const struct case_kind kinds[] = {
    {"osv-scalibr", "language/rust/cargolock", "Cargo.lock"},
    {"osv-scalibr", "language/php/composerlock", "composer.lock"},
    {"trivy", "rust/cargo", "Cargo.lock"},
    {NULL},
};

static const struct case_exception exceptions[] = {
    {"g0227", "without a source: a package of the workspace", "local-rust-pkg 0.1.0"},
    {"g0375", "marked as an error, and lists the packages that the valid file has"},
    {"g0376", "marked as an error, and lists the packages that the valid file has"},
    {NULL},
};

static const struct inventory_row rows[] = {
    {"Cargo.lock",
     "[[package]]\nname='own'\nversion='0.1.0'\n[[package]]\nname='a'\nversion='1.0.0'\nsource='registry+x'"
     "\n",
     "a 1.0.0"},
    {"Cargo.lock", "[[package]]\nname='a'\nsource='registry+x'\n", "!"},
    {"Cargo.lock", "package = 1", "!"},
    {"composer.lock",
     "{\"packages\":[{\"name\":\"V/a\",\"version\":\"v1.0.0\"},{\"name\":\"v/"
     "own\",\"version\":\"1\",\"dist\":{\"type\":"
     "\"path\"}}],\"packages-dev\":[{\"name\":\"v/b\",\"version\":\"2.0.0\"}]}",
     "v/a v1.0.0, v/b 2.0.0 dev"},
    {"composer.lock", "{\"packages\":[{\"name\":\"a\",\"version\":\"1\"}]}", "!"},
    {"composer.lock", "1", "!"},
    {"vendor/composer/installed.json", "[{\"name\":\"v/a\",\"version\":\"1.0.0\"}]", "v/a 1.0.0"},
    {"vendor/composer/installed.json",
     "{\"packages\":[{\"name\":\"v/a\",\"version\":\"1.0.0\"}],\"dev\":true}", "v/a 1.0.0"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        inventory_row_check(&rows[i]);
}

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

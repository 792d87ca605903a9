/* Node packages and lock files. */
#include "inventory_cases.h"

#include "ecosystem/npm.h"

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
     * "engines.vscode" too; elsewhere a package.json is a project's own. */
    {"g0096", "a Unity package; no package outside node_modules"},
    {"g0097", "a VS Code extension; no package outside node_modules"},
    {"g0103", "a VS Code extension; no package outside node_modules"},
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

static const char *const paths_unwanted[] = {
    "package.json.orig",
    "yarn.lock.orig",
};

/* What a file gives: "[@scope/]name version[ dev][ unresolved]" each, joined by ", "; "!" for a problem. */
static const struct inventory_row rows[] = {
    {"node_modules/a/package.json", "{\"name\":\"a\",\"version\":\"1.0.0\"}", "a 1.0.0"},
    {"x/node_modules/@s/b/package.json", "{\"name\":\"@s/b\",\"version\":\" v2.0.0 \"}", "@s/b 2.0.0"},
    {"node_modules/a/node_modules/b/package.json", "{\"name\":\"b\",\"version\":\"1\"}", "b 1"},
    {"node_modules/alias/package.json", "{\"name\":\"real\",\"version\":\"1.0.0\"}", "real 1.0.0"},
    {"node_modules/a/test/package.json", "{\"name\":\"lodash\",\"version\":\"1.0.0\"}", ""},
    {"node_modules/@s/package.json", "{\"name\":\"lodash\",\"version\":\"1.0.0\"}", ""},
    {"node_modules/a/package.json", "{\"type\":\"module\"}", ""},
    {"node_modules/a/package.json", "{\"name\":\"a b\",\"version\":\"1.0.0\"}", "!"},
    {"node_modules/a/package.json", "{\"name\":", "!"},
    {"node_modules.bak/x/package.json", "{\"name\":\"a\",\"version\":\"1.0.0\"}", ""},
    {"package-lock.json", "[]", "!"},
    {"package-lock.json", "", "!"},
    {"package-lock.json",
     "{\"packages\":{\"\":{\"name\":\"p\",\"version\":\"1.0.0\"},\"w\":{\"name\":\"w\",\"version\":\"1.0.0\"}"
     ","
     "\"node_modules/w\":{\"resolved\":\"w\",\"link\":true},"
     "\"node_modules/a\":{\"version\":\"1.0.0\",\"dev\":true},"
     "\"node_modules/a/node_modules/@s/b\":{\"version\":\"2.0.0\",\"optional\":true},"
     "\"w/node_modules/c\":{\"name\":\"real\",\"version\":\"3.0.0\"}}}",
     "a 1.0.0 dev, real 3.0.0, @s/b 2.0.0"},
    {"package-lock.json",
     "{\"dependencies\":{\"a\":{\"version\":\"npm:real@1.0.0\"},\"f\":{\"version\":\"file:../f\"},"
     "\"g\":{\"version\":\"git+ssh://git@host/u/g.git#abc\",\"from\":\"git://host/u/g\"},"
     "\"t\":{\"version\":\"https://host/t-1.0.0.tgz\"}}}",
     "g  unresolved, real 1.0.0, t  unresolved"},
    {"node_modules/a/package-lock.json", "{\"packages\":{\"node_modules/b\":{\"version\":\"1.0.0\"}}}", ""},
    {"node_modules/.package-lock.json", "{\"packages\":{\"node_modules/b\":{\"version\":\"1.0.0\"}}}",
     "b 1.0.0"},
    {"package-lock.json",
     "{\"packages\":{\"node_modules/a "
     "b\":{\"version\":\"1.0.0\"},\"node_modules/c\":{\"version\":\"1.0.0\"}}}",
     "c 1.0.0, !"},
    {"yarn.lock", "# yarn lockfile v1\n\n\"al@npm:@s/real@^1\", x@^1:\n  version \"1.2.0\"\n",
     "@s/real 1.2.0"},
    {"yarn.lock", "a@^1.0.0, a@~1.1:\r\n  version \"1.1.0\"\r\n  dependencies:\r\n    version \"9\"\r\n",
     "a 1.1.0"},
    {"yarn.lock", "not a lock file\n", "!"},
    {"yarn.lock",
     "__metadata:\n  version: 8\n\n\"a@npm:^1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n",
     "a 1.0.0"},
    {"yarn.lock", "__metadata: &x\n  version: 8\n\"a@npm:^1\": *x\n", "!"},
    {"pnpm-lock.yaml", "- 1\n", "!"},
    {"pnpm-lock.yaml", "packages:\n  /a/1.0.0_b@2.0.0:\n    dev: true\n  /@s/c/1.0.0-rc.1:\n    dev: false\n",
     "a 1.0.0 dev, @s/c 1.0.0-rc.1"},
    {"pnpm-lock.yaml", "packages:\n  github.com/u/r/0123456:\n    dev: false\n", ""},
    {"pnpm-lock.yaml",
     "packages:\n  file:../x:\n    name: x\n    resolution: {directory: ../x, type: directory}\n", ""},
    {"pnpm-lock.yaml",
     "importers:\n  .:\n    dependencies:\n      al:\n        specifier: npm:a@1\n        version: a@1.0.0\n"
     "    devDependencies:\n      d:\n        specifier: ^1\n        version: 1.0.0(a@1.0.0)\n"
     "packages:\n  a@1.0.0: {}\n  d@1.0.0: {}\n  e@2.0.0: {}\n"
     "snapshots:\n  a@1.0.0:\n    dependencies:\n      e: 2.0.0\n  d@1.0.0(a@1.0.0): {}\n  e@2.0.0: {}\n",
     "a 1.0.0, d 1.0.0 dev, e 2.0.0"},
    {"bun.lock",
     "{\"workspaces\":{\"\":{\"dependencies\":{\"a\":\"^1\",}}},\"packages\":{"
     "\"a\":[\"a@1.0.0\",\"\",{\"dependencies\":{\"b\":\"^1\"}},\"\"],\"a/b\":[\"b@1.0.0\",\"\",{},\"\"],"
     "\"b\":[\"b@2.0.0\",\"\",{},\"\"],}}",
     "a 1.0.0, b 1.0.0, b 2.0.0 dev"},
    {"bun.lock", "{\"packages\":{\"a\":[]}}", "!"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        inventory_row_check(&rows[i]);
    for (size_t i = 0; i < sizeof paths_unwanted / sizeof *paths_unwanted; i++)
        assert_false(ecosystem_wants(str_from(paths_unwanted[i])));
}

static int never_content(struct view_file *f, size_t cap, struct str *ret_content)
{
    (void)cap;
    (void)ret_content;
    fail_msg("%.*s was read", STR_ARG(f->path));
    return 0;
}

/* A gigabyte on one line is refused by its size alone, and so is nesting that would need a stack. */
static void test_caps(void **state)
{
    (void)state;
    static const struct view_file_ops ops = {.content = never_content};
    static const char *const large[] = {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
                                        "node_modules/a/package.json"};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        struct view_file file = {.path = str_from(large[i]), .size = (uint64_t)1 << 30, .ops = &ops};
        ecosystem_offer(inv, &file);
        assert_int_equal(inv->problems.n, 1);
        assert_int_equal(inv->problems.at[0].code, ERR_LIMIT);
    }
    _cleanup_(buf_free) struct buf b = buf_new(4 << 20);
    for (int i = 0; i < 1000; i++)
        buf_add_str(&b, STR("{\"dependencies\":{\"a\":"));
    for (int i = 0; i < 2000; i++)
        buf_add_str(&b, i ? STR("}") : STR("{}"));
    buf_add_str(&b, STR("}"));
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct view_file file = view_file_memory(STR("package-lock.json"), buf_str(&b));
    ecosystem_offer(inv, &file);
    assert_int_equal(inv->problems.n, 1);
    assert_int_equal(inv->problems.at[0].code, ERR_LIMIT);
}

/* Hashes are kept in hex, the strongest of several. */
static void test_digest(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    assert_true(str_is(npm_digest(a, STR("sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY=")),
                       "sha1:e50347611d7e690943208bbdafebcbc2fb866d46"));
    assert_true(str_starts(npm_digest(a, STR("sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY= "
                                             "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")),
                           STR("sha256:e3b0c44298fc1c149afbf4c8996fb924")));
    assert_int_equal(npm_digest(a, STR("sha1-5QNH")).n, 0);
    assert_int_equal(npm_digest(a, STR("md5-5QNHYR1+aQlDIIu9r+vLwg==")).n, 0);
    assert_int_equal(npm_digest(a, STR("")).n, 0);
}

static void test_conformance(void **state)
{
    (void)state;
    run_inventory_cases(kinds, exceptions, 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_conformance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

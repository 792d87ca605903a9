/* The table of operations against the reference of Inspector's API, where that lies beside the project, and
 * the routes to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/route.h"
#include "base/cleanup.h"
#include "base/file.h"

static struct routes *routes;

static int setup(void **state)
{
    (void)state;
    routes = routes_new(operation_groups);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    routes_free(routes);
    return 0;
}

static const struct operation *found(const char *method, const char *path)
{
    struct route route;
    return routes_find(routes, str_from(method), str_from(path), &route) ? route.operation : NULL;
}

static const struct operation *named(struct str name)
{
    for (const struct operation_group *const *g = operation_groups; *g; g++)
        for (const struct operation *o = (*g)->operations; o->name; o++)
            if (str_is(name, o->name))
                return o;
    return NULL;
}

/* "AD IS NF TH VA" without what every operation has. */
static struct str own_errors(struct arena *a, struct str list)
{
    struct str all = {0}, one;
    while (str_next(&list, ' ', &one))
        if (one.n && !str_is(one, "IS") && !str_is(one, "TH"))
            all = arena_printf(a, "%.*s%s%.*s", STR_ARG(all), all.n ? " " : "", STR_ARG(one));
    return all;
}

/* "| ListFindings | POST /findings/list | ... | errors | mark |": the columns between bars. */
static bool operation_line(struct str line, struct str columns[9])
{
    size_t n = 0;
    struct str column;
    if (!str_starts(line, STR("| ")))
        return false;
    while (n < 9 && str_next(&line, '|', &column))
        columns[n++] = str_trim(column);
    struct str method, path;
    return n == 9 && str_cut(columns[2], ' ', &method, &path) && path.n && path.p[0] == '/' &&
           is_upper(method.p[0]);
}

static void check_line(struct arena *a, const struct str columns[9])
{
    struct str method, path;
    str_cut(columns[2], ' ', &method, &path);
    const struct operation *o = named(columns[1]);
    if (!o)
        fail_msg("%.*s is missing", STR_ARG(columns[1]));
    struct str ours = str_from(o->path);
    if (str_ends(ours, STR("+}"))) /* the label takes slashes, too */
        ours = arena_printf(a, "%.*s}", (int)ours.n - 2, ours.p);
    if (!str_eq(method, str_from(o->method)) || !str_eq(path, ours))
        fail_msg("%s: %s %s", o->name, o->method, o->path);
    if (!str_eq(own_errors(a, columns[7]), str_from(o->errors)))
        fail_msg("%s: errors %s, not %.*s", o->name, o->errors, STR_ARG(own_errors(a, columns[7])));
}

static void test_reference(void **state)
{
    (void)state;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const char *shared = getenv("ASSAY_SHARED");
    struct str text, line, columns[9];
    if (!shared ||
        file_read(a, arena_printf(a, "%s/reference/inspector-api.md", shared).p, 1 << 20, &text) < 0)
        skip();
    int n = 0;
    while (str_next(&text, '\n', &line))
        if (operation_line(line, columns)) {
            check_line(a, columns);
            n++;
        }
    assert_int_equal(n, 81);
}

static void test_rows(void **state)
{
    (void)state;
    for (const struct operation_group *const *g = operation_groups; *g; g++)
        for (const struct operation *o = (*g)->operations; o->name; o++) {
            assert_non_null(o->method);
            assert_int_equal(o->path[0], '/');
            assert_int_not_equal(o->roles, 0);
            assert_false(o->run && o->raw);
            assert_ptr_equal(named(str_from(o->name)), o);
            /* Whoever may change something may also read. */
            if (o->roles & ROLE_BIT_READ)
                assert_true(o->roles & ROLE_BIT_ADMIN);
        }
}

static void test_routes(void **state)
{
    (void)state;
    struct route route;
    assert_string_equal(found("POST", "/findings/list")->name, "ListFindings");
    assert_string_equal(found("POST", "/")->name, "GetCallerIdentity");
    assert_false(routes_find(routes, STR("POST"), STR("/findings"), &route));
    assert_false(routes_find(routes, STR("POST"), STR("/findings/list/"), &route));
    assert_false(routes_find(routes, STR("POST"), STR("/Findings/list"), &route));
    assert_false(routes_find(routes, STR("POST"), STR(""), &route));
    assert_true(routes_find(routes, STR("GET"), STR("/findings/list"), &route));
    assert_null(route.operation);
    assert_string_equal(route.methods, "POST");
}

static void test_tag_routes(void **state)
{
    (void)state;
    static const char *const labels[] = {"arn%3Aaws%3Ainspector2%3Aeu-west-1%3A1%3Aowner%2F1%2Ffilter%2Fa",
                                         "arn:aws:inspector2:eu-west-1:1:owner/1/filter/a"};
    static const char *const names[][2] = {
        {"GET", "ListTagsForResource"}, {"POST", "TagResource"}, {"DELETE", "UntagResource"}};
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 3; k++) {
            char path[256];
            struct route route;
            snprintf(path, sizeof path, "/tags/%s", labels[i]);
            assert_true(routes_find(routes, str_from(names[k][0]), str_from(path), &route));
            assert_string_equal(route.operation->name, names[k][1]);
            assert_true(str_is(route.label, labels[i]));
        }
    struct route route;
    assert_false(routes_find(routes, STR("GET"), STR("/tags/"), &route));
    assert_true(routes_find(routes, STR("PUT"), STR("/tags/x"), &route));
    assert_null(route.operation);
    assert_string_equal(route.methods, "GET, POST, DELETE");
}

/* One segment, and all that follows. */
static void test_labels(void **state)
{
    (void)state;
    static const struct operation list[] = {{.name = "One", .method = "GET", .path = "/a/{x}"},
                                            {.name = "Inner", .method = "GET", .path = "/a/{x}/b"},
                                            {.name = "Rest", .method = "PUT", .path = "/c/{x+}"},
                                            {0}};
    const struct operation_group group = {"test", list}, *const groups[] = {&group, NULL};
    struct routes *r = routes_new(groups);
    struct route route;
    assert_true(routes_find(r, STR("GET"), STR("/a/1%2F2"), &route));
    assert_string_equal(route.operation->name, "One");
    assert_true(str_is(route.label, "1%2F2"));
    assert_true(routes_find(r, STR("GET"), STR("/a/1/b"), &route));
    assert_string_equal(route.operation->name, "Inner");
    assert_true(str_is(route.label, "1"));
    assert_false(routes_find(r, STR("GET"), STR("/a/1/2"), &route));
    assert_false(routes_find(r, STR("GET"), STR("/a/1/2/b"), &route));
    assert_false(routes_find(r, STR("GET"), STR("/a//b"), &route));
    assert_true(routes_find(r, STR("PUT"), STR("/c/1/2"), &route));
    assert_true(str_is(route.label, "1/2"));
    routes_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),  cmocka_unit_test(test_rows),   cmocka_unit_test(test_routes),
        cmocka_unit_test(test_tag_routes), cmocka_unit_test(test_labels),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

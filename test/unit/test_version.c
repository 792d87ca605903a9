/* version: the order and the ranges of every scheme, against tables of facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "version/constraint.h"
#include "version/dialect.h"
#include "version/version.h"

#include "version_exceptions.h"

enum { N_EXCEPTIONS = sizeof exceptions / sizeof *exceptions };
static int used[N_EXCEPTIONS];

enum { FIELDS = 5 };

struct row {
    struct str field[FIELDS];
};

/* "\t", "\n" and "\\" undone. */
static struct str unescape(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\' && i + 1 < s.n) {
            c = s.p[++i];
            c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
        }
        out[n++] = c;
    }
    return (struct str){out, n};
}

static bool next_row(struct arena *a, struct str *rest, struct row *ret)
{
    struct str line;
    if (!str_next(rest, '\n', &line))
        return false;
    *ret = (struct row){0};
    for (int i = 0; i < FIELDS && line.n; i++) {
        struct str field;
        if (!str_next(&line, '\t', &field))
            break;
        ret->field[i] = unescape(a, field);
    }
    return true;
}

/* A file of the conformance data without its first line; skips the test when the data are not there. */
static struct str load(struct arena *a, const char *name)
{
    const char *shared = getenv("ASSAY_SHARED");
    struct str path = arena_printf(a, "%s/conformance/%s", shared ? shared : "", name), text;
    if (!shared || file_read(a, path.p, 64 << 20, &text) < 0) {
        print_message("skipped: no conformance data at %s\n", path.p);
        arena_free(a);
        skip();
    }
    return text;
}

static struct str load_table(struct arena *a, const char *name)
{
    struct str text = load(a, name), header;
    assert_true(str_next(&text, '\n', &header));
    return text;
}

static bool is_unparsable(struct str group, struct str version)
{
    for (size_t i = 0; i < sizeof unparsable / sizeof *unparsable; i++)
        for (const char *const *v = unparsable[i].versions; str_is(group, unparsable[i].group) && *v; v++)
            if (str_is(version, *v))
                return true;
    return false;
}

/* What is expected of a row by exception, or NULL. */
static const char *find_exception(const char *table, struct str group, struct str a, struct str b)
{
    for (size_t i = 0; i < N_EXCEPTIONS; i++) {
        const struct exception *e = &exceptions[i];
        if (!strcmp(e->table, table) && str_is(group, e->group) && str_is(a, e->a) &&
            (!e->b || str_is(b, e->b))) {
            used[i]++;
            return e->expected;
        }
    }
    return is_unparsable(group, a) || is_unparsable(group, b) ? "unknown" : NULL;
}

/* One answer against what is expected; prints what differs. Returns whether it holds. */
static bool check(const char *table, struct str group, struct str a, struct str b, const char *got,
                  const char *expected)
{
    if (!strcmp(got, "no scheme"))
        return true;
    const char *exception = find_exception(table, group, a, b);
    if (exception)
        expected = exception;
    if (!strcmp(got, expected))
        return true;
    print_message("%s %.*s: '%.*s' '%.*s': %s, expected %s%s%s\n", table, STR_ARG(group), STR_ARG(a),
                  STR_ARG(b), got, expected, strcmp(got, "unknown") ? "" : ": ",
                  strcmp(got, "unknown") ? "" : err_text());
    return false;
}

static const struct version_scheme *scheme_of(struct str group)
{
    const struct version_scheme *scheme = version_scheme_find(group);
    static const struct version_scheme none = {.name = "none"};
    return scheme ? scheme : &none;
}

static const char *ask_compare(const struct version_scheme *scheme, struct str a, struct str b)
{
    int order;
    if (!scheme->compare)
        return "no scheme";
    if (version_compare(scheme, a, b, &order) < 0)
        return "unknown";
    return order < 0 ? "<" : order > 0 ? ">" : "=";
}

static void test_compare(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str text = load_table(a, "versions/compare.tsv");
    struct row row;
    size_t wrong = 0, rows = 0;
    for (; next_row(a, &text, &row); rows++) {
        struct str op = row.field[2];
        const struct version_scheme *scheme = scheme_of(row.field[0]);
        const char *forth = str_is(op, "<") ? "<" : str_is(op, ">") ? ">" : "=";
        const char *back = str_is(op, "<") ? ">" : str_is(op, ">") ? "<" : "=";
        wrong += !check("compare", row.field[0], row.field[1], row.field[3],
                        ask_compare(scheme, row.field[1], row.field[3]), forth);
        wrong += !check("compare", row.field[0], row.field[3], row.field[1],
                        ask_compare(scheme, row.field[3], row.field[1]), back);
        const char *self = ask_compare(scheme, row.field[1], row.field[1]);
        wrong += strcmp(self, "=") && strcmp(self, "unknown") && strcmp(self, "no scheme");
    }
    arena_free(a);
    if (wrong || rows < 30000)
        fail_msg("%zu of %zu wrong", wrong, rows);
}

/* The scheme of a dialect of the table that is its scheme's own language. */
static struct str scheme_name(struct str dialect)
{
    if (str_starts(dialect, STR("grype-")))
        dialect = str_slice(dialect, 6, dialect.n);
    if (str_is(dialect, "gem"))
        return STR("gem-platform");
    ptrdiff_t hyphen = str_find(dialect, '-');
    return hyphen < 0 ? dialect : str_slice(dialect, 0, (size_t)hyphen);
}

static const char *ask_satisfies(struct str name, struct str version, struct str range)
{
    const struct version_dialect *dialect = version_dialect_find(name);
    bool holds;
    if (str_is(name, "grype-pypi")) /* of advisories, not of requirements */
        return version_covers(scheme_of(STR("pypi")), version, range, &holds) < 0 ? "unknown"
               : holds                                                            ? "true"
                                                                                  : "false";
    if (!dialect && !scheme_of(scheme_name(name))->compare)
        return "no scheme";
    int status = dialect ? dialect->satisfies(version, range, &holds)
                         : version_satisfies(scheme_of(scheme_name(name)), version, range, &holds);
    return status < 0 ? "unknown" : holds ? "true" : "false";
}

static void test_constraint(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str text = load_table(a, "versions/constraint.tsv");
    struct row row;
    size_t wrong = 0, rows = 0;
    for (; next_row(a, &text, &row); rows++)
        wrong += !check("constraint", row.field[0], row.field[1], row.field[2],
                        ask_satisfies(row.field[0], row.field[1], row.field[2]),
                        str_is(row.field[3], "true") ? "true" : "false");
    arena_free(a);
    if (wrong || rows < 1000)
        fail_msg("%zu of %zu wrong", wrong, rows);
}

static void test_validity(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str text = load_table(a, "versions/validity.tsv");
    struct row row;
    size_t wrong = 0, rows = 0;
    for (; next_row(a, &text, &row); rows++) {
        bool holds;
        if (!str_is(row.field[0], "maven-range") && !scheme_of(row.field[0])->compare)
            continue;
        bool valid = str_is(row.field[0], "maven-range")
                         ? version_satisfies(scheme_of(STR("maven")), STR("1"), row.field[1], &holds) == 0
                         : version_valid(scheme_of(row.field[0]), row.field[1]);
        wrong += !check("validity", row.field[0], row.field[1], (struct str){0}, valid ? "true" : "false",
                        str_is(row.field[2], "true") ? "true" : "false");
    }
    arena_free(a);
    if (wrong || rows < 100)
        fail_msg("%zu of %zu wrong", wrong, rows);
}

static void test_canonical(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str text = load_table(a, "versions/canonical.tsv");
    struct row row;
    size_t wrong = 0, rows = 0;
    for (; next_row(a, &text, &row); rows++) {
        char got[VERSION_MAX];
        if (!scheme_of(row.field[0])->compare)
            continue;
        struct str expected = arena_str(a, row.field[2]);
        if (version_canonical(scheme_of(row.field[0]), row.field[1], got, sizeof got) < 0)
            strcpy(got, "unknown");
        wrong += !check("canonical", row.field[0], row.field[1], row.field[2], got, expected.p);
    }
    arena_free(a);
    if (wrong || rows < 90)
        fail_msg("%zu of %zu wrong", wrong, rows);
}

enum { RANGES_MAX = 16 };

static const struct str *read_list(json_val *advisory, const char *name, struct str *to, size_t *ret_n)
{
    size_t n = 0;
    for (json_each(range, json_get(advisory, name)))
        if (n < RANGES_MAX)
            to[n++] = json_str(range);
    *ret_n = n;
    return to;
}

static const char *ask_vulnerable(json_val *row, json_val *advisory)
{
    struct str vulnerable[RANGES_MAX], patched[RANGES_MAX], unaffected[RANGES_MAX];
    struct constraint_lists lists = {0};
    lists.vulnerable = read_list(advisory, "VulnerableVersions", vulnerable, &lists.n_vulnerable);
    lists.patched = read_list(advisory, "PatchedVersions", patched, &lists.n_patched);
    lists.unaffected = read_list(advisory, "UnaffectedVersions", unaffected, &lists.n_unaffected);
    bool is_vulnerable;
    if (constraint_vulnerable(scheme_of(json_get_str(row, "ecosystem")), json_get_str(row, "version"), &lists,
                              &is_vulnerable) < 0)
        return "unknown";
    return is_vulnerable ? "true" : "false";
}

/* Rows with a verdict; the rows of kind "driver" are about the look-up of advisories, which match's tests
 * walk. */
static void test_lists(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str text = load(a, "lib_match/cases.jsonl"), line;
    size_t wrong = 0, rows = 0;
    while (str_next(&text, '\n', &line)) {
        json_val *row;
        assert_int_equal(json_parse(a, line, &row), 0);
        json_val *advisory = json_get(row, "advisory");
        if (!advisory)
            continue;
        rows++;
        if (!scheme_of(json_get_str(row, "ecosystem"))->compare)
            continue;
        wrong += !check("lists", json_get_str(row, "ecosystem"), json_get_str(row, "version"),
                        json_get_str(row, "test"), ask_vulnerable(row, advisory),
                        json_get_bool(row, "vulnerable") ? "true" : "false");
    }
    arena_free(a);
    if (wrong || rows < 20)
        fail_msg("%zu of %zu wrong", wrong, rows);
}

static void test_every_exception_is_needed(void **state)
{
    (void)state;
    const char *shared = getenv("ASSAY_SHARED");
    for (size_t i = 0; shared && i < N_EXCEPTIONS; i++)
        if (!used[i])
            print_message("exception of no use: %s %s '%s'\n", exceptions[i].table, exceptions[i].group,
                          exceptions[i].a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),  cmocka_unit_test(test_constraint),
        cmocka_unit_test(test_validity), cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_lists),    cmocka_unit_test(test_every_exception_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
    struct str path = arena_printf(a, "%s/conformance/%s", shared ? shared : "", name), text = {0};
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
    if (!scheme)
        fail_msg("no scheme '%.*s'", STR_ARG(group));
    return scheme;
}

static const char *ask_compare(const struct version_scheme *scheme, struct str a, struct str b)
{
    int order;
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
        wrong += strcmp(self, "=") && strcmp(self, "unknown");
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
    size_t unused = 0, n_used = 0;
    for (size_t i = 0; i < N_EXCEPTIONS; i++) {
        n_used += used[i] > 0;
        if (used[i])
            continue;
        unused++;
        print_message("exception of no use: %s %s '%s'\n", exceptions[i].table, exceptions[i].group,
                      exceptions[i].a);
    }
    if (!n_used)
        skip(); /* the conformance data are not there */
    assert_int_equal(unused, 0);
}

/* Each version against each: "=" joins equals, "<" ascends. */
static const struct {
    const char *scheme, *chain;
} chains[] = {
    {"deb", "1.0~~ < 1.0~rc1-1 < 1.0 = 1.0-0 = 0:1.0 < 1.0-1~deb12u1 < 1.0-1 < 1.0-1+b1 < 1.0a < 1.0+dfsg < "
            "1.0.1 < 1:0.1"},
    {"rpm",
     "1.0~rc1-1 < 1.0-1 = 0:1.0-1 = 1.00-1 < 1.0-1.el9 < 1.0-2 < 1.0^git1-1 < 1.0.1-1 < 1.1-1 < 1:0.1-1"},
    {"apk",
     "1.2_alpha1 < 1.2_beta < 1.2_rc2 < 1.2 < 1.2-r0 < 1.2-r10 < 1.2_git20 < 1.2_p1 < 1.2a < 1.2.0 < 1.10"},
    {"alpm", "1.0a < 1.0beta < 1.0rc < 1.0 < 1.0.a < 1.0.1 < 1:0.1-1 = 1:0.1"},
    {"pep440",
     "1.0.dev1 < 1.0a1.dev1 < 1.0a1 < 1.0b2 = 1.0-beta-2 < 1.0rc1 = 1.0c1 < 1 = 1.0.0 = v1.0 < 1.0+local.1 < "
     "1.0.post1.dev2 < 1.0-1 < 1.0.1 < 1!0.1"},
    {"semver",
     "1.0.0-0 < 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.b < 1.0.0 = 1 = v1.0.0+build < 1.0.1 < 1.10.0"},
    {"npm", "=1.2.3beta < 1.2.3-rc < v1.2.3 < 1.2.4"},
    {"cargo", "0.1.0-rc.1 < 0.1.0 = 0.1.0+x < 0.2.0"},
    {"hex", "0.1.0-rc.1 < 0.1.0 < 0.2.0"},
    {"pub", "1.0.0-dev < 1.0.0 < 1.0.0+1 < 1.0.0+2 < 1.0.1"},
    {"swift", "v1.0.0-beta.2 < 1.0.0 < v1.2.0"},
    {"maven", "1-alpha1 = 1a1 < 1-beta < 1-m3 < 1-rc1 = 1-cr1 < 1-SNAPSHOT < 1 = 1.0 = 1-ga = 1.Final < 1-sp "
              "< 1-x < 1-1 < 1.1 < 1.1-1"},
    {"gem", "1.0.0.a = 1.a < 1.0-rc1 < 1.0.0.rc1 = 1.rc1 < 1 = 1.0.0 = 1.0.0-x86_64-linux < 1.0.1 < 1.10"},
    {"nuget", "1.0-alpha = 1.0.0-ALPHA+x < 1.0.0-beta.2 < 1.0.0-beta.10 < 1.0 = 1.0.0.0 < 1.0.0.1 < 1.1"},
    {"composer",
     "1.0-dev < 1.0-alpha1 < 1.0.0b2 < 1.0RC1 < v1.0 = 1.0.0 = 1.0.0.0-stable < 1.0-p1 < 1.0.1 < 1.x-dev"},
    {"golang", "v0.0.0-20190101000000-aaaaaaaaaaaa < v0.0.0-20200101000000-0aaaaaaaaaaa < v0.0.1 < go1.21rc2 "
               "< go1.21 = v1.21.0 "
               "< v2.0.0+incompatible = v2.0.0"},
    {"cran", "1.0 < 1.0-0 = 1.0.0 < 1.0.1"},
    {"hackage", "1 < 1.0 < 1.0.1 < 1.1"},
    {"conan", "1.0-pre1 < 1 = 1.0 < 1+b1 < 1.1 < 1.a"},
    {"gentoo",
     "1.0_alpha < 1.0_beta2 < 1.0_rc < 1.0 = 1.0-r0 < 1.0-r1 < 1.0_p1 < 1.0b < 1.0.0 < 1.01 < 1.1 < 1.10"},
    {"openssl",
     "1.0.2-beta1 < 1.0.2 < 1.0.2k = 1.0.2k-fips < 1.0.2z < 1.0.2za < 1.1.0 < 3.0.0-alpha2 < 3.0.0 < 3.0.11"},
    {"jvm",
     "1.8.0 = 8 < 1.8.0_131-ea < 1.8.0_131 = 8u131 = 8.0.131+b11 < 1.8.0_132 < 9 < 11.0.4+11 < 11.0.10"},
    {"bitnami", "1.2.3-rc.1 < 1.2.3 < 1.2.3-1 < 1.2.3-10 < 1.2.4"},
    {"generic", "1.0-rc1 = 1.0rc1 < 1.0 = v1.0.0 < 1.0a < 1.0b < 1.0.1 < 1.10"},
};

static void check_chain(const char *name, const char *chain)
{
    struct {
        struct str version;
        int rank;
    } links[32];
    size_t n = 0;
    int rank = 0;
    struct str rest = str_from(chain), word;
    while (str_next(&rest, ' ', &word)) {
        if (str_is(word, "<"))
            rank++;
        if (!str_is(word, "<") && !str_is(word, "="))
            links[n].version = word, links[n++].rank = rank;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            int order = (links[i].rank > links[j].rank) - (links[i].rank < links[j].rank);
            const char *got = ask_compare(scheme_of(str_from(name)), links[i].version, links[j].version);
            const char *expected = order < 0 ? "<" : order > 0 ? ">" : "=";
            if (strcmp(got, expected))
                fail_msg("%s: %.*s %.*s: %s, expected %s (%s)", name, STR_ARG(links[i].version),
                         STR_ARG(links[j].version), got, expected, err_text());
        }
}

static void test_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++)
        check_chain(chains[i].scheme, chains[i].chain);
}

static const struct {
    const char *scheme, *version, *range, *satisfies, *covers;
} ranges[] = {
    {"npm", "1.9.0", "^1.2.3", "true", "true"},
    {"npm", "2.0.0-rc.1", ">=1.0.0 <2.0.0", "false", "true"},
    {"npm", "2.0.0-rc.1", "<2.0.0 || >=2.0.0-rc.0 <2.0.0", "true", "true"},
    {"npm", "1.2.3", "1.2 - 2", "true", "true"},
    {"npm", "1.2.3", "nonsense", "unknown", "unknown"},
    {"npm", "1.2.3", "<2 || nonsense", "unknown", "unknown"},
    {"cargo", "1.9.0", "1.2", "true", "false"},
    {"cargo", "2.0.0", "1.2", "false", "false"},
    {"cargo", "0.2.5", "0.2.3, <0.2.6", "true", "false"},
    {"hex", "2.1.0", "~> 2.0", "true", "true"},
    {"hex", "2.1.0", "~> 2.0.0 or >= 3.0.0", "false", "false"},
    {"hex", "3.1.0", "~> 2.0.0 or >= 3.0.0 and < 4.0.0", "true", "true"},
    {"pub", "2.0.0-dev", ">=1.0.0 <2.0.0", "false", "true"},
    {"pub", "2.0.0", "any", "true", "unknown"},
    {"nuget", "1.5", "[1.0,2.0)", "true", "true"},
    {"nuget", "1.5", "1.0", "true", "false"},
    {"nuget", "2.0.0-beta", "(,2.0)", "true", "true"},
    {"maven", "2.14.1", "[2.0,2.15.0),[3,)", "true", "true"},
    {"maven", "2.14.1", ">= 2.0, < 2.15.0", "true", "true"},
    {"pep440", "2.0rc1", "<2.0", "false", "true"},
    {"pep440", "1.4.5", "~=1.4.2", "true", "true"},
    {"pep440", "1.5", "~=1.4.2", "false", "false"},
    {"pep440", "1.5", "==1.5.0.*", "true", "true"},
    {"pep440", "1.5", "===1.5.0", "false", "false"},
    {"gem", "2.2.9", "~> 2.2.1", "true", "true"},
    {"gem", "2.3.0.rc1", "~> 2.2.1", "false", "false"},
    {"composer", "2.0.0-beta", "<2.0", "false", "false"},
    {"composer", "1.2.9", "^1.2.3 || dev-main", "true", "true"},
    {"composer", "dev-main", "^1.2.3 || dev-main", "true", "true"},
    {"deb", "1.0-1", "<< 1.0-2", "unknown", "unknown"},
    {"deb", "1.0~rc1-1", "< 1.0-1, > 0.9", "true", "true"},
    {"deb", "1.0", "vers:npm/>=1.0.0|<2.0.0", "true", "true"},
    {"deb", "1.0", "vers:nosuch/>=1.0.0", "unknown", "unknown"},
    {"deb", "1.0", "vers:deb/", "unknown", "unknown"},
    {"deb", "1.5", "vers:deb/<1|>=2|<3", "false", "false"},
    {"deb", "2.5", "vers:deb/<1|>=2|<3", "true", "true"},
    {"deb", "0.5", "vers:deb/<1|>=2|<3", "true", "true"},
    {"deb", "2.5", "vers:deb/!=2.5", "false", "false"},
    {"deb", "2.6", "vers:deb/!=2.5", "true", "true"},
    {"deb", "2.6", "vers:deb/*", "true", "true"},
};

static void test_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const struct version_scheme *scheme = scheme_of(str_from(ranges[i].scheme));
        struct str version = str_from(ranges[i].version), range = str_from(ranges[i].range);
        bool holds;
        const char *satisfies = version_satisfies(scheme, version, range, &holds) < 0 ? "unknown"
                                : holds                                               ? "true"
                                                                                      : "false";
        if (strcmp(satisfies, ranges[i].satisfies))
            fail_msg("%s %s satisfies '%s': %s", scheme->name, ranges[i].version, ranges[i].range, satisfies);
        const char *covers = version_covers(scheme, version, range, &holds) < 0 ? "unknown"
                             : holds                                            ? "true"
                                                                                : "false";
        if (strcmp(covers, ranges[i].covers))
            fail_msg("%s %s covered by '%s': %s", scheme->name, ranges[i].version, ranges[i].range, covers);
    }
}

static void test_not_versions(void **state)
{
    (void)state;
    static const struct {
        const char *scheme, *version;
    } rows[] = {
        {"deb", ""},        {"deb", "1:"},      {"deb", "a:1"},
        {"deb", "1.0-"},    {"deb", "1 0"},     {"rpm", ""},
        {"rpm", "1:-1"},    {"apk", "1.2-rc1"}, {"apk", "1.2_foo"},
        {"apk", ""},        {"pep440", ""},     {"pep440", "1.0-foo"},
        {"semver", ""},     {"semver", "1.2."}, {"semver", "1.2.3-"},
        {"npm", "latest"},  {"maven", ""},      {"maven", "${x}"},
        {"gem", "1..2"},    {"nuget", "1.0-"},  {"golang", "(devel)"},
        {"cran", "1.a"},    {"hackage", "1."},  {"gentoo", "1.0_x"},
        {"generic", "git"}, {"jvm", "x"},       {"openssl", "x"},
        {"bitnami", "x"},   {"conan", ""},      {"composer", "feature"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (version_valid(scheme_of(str_from(rows[i].scheme)), str_from(rows[i].version)))
            fail_msg("%s takes '%s'", rows[i].scheme, rows[i].version);
}

static void test_limits(void **state)
{
    (void)state;
    static char text[RANGE_MAX + 2];
    int order;
    bool holds;
    for (const struct version_scheme *const *s = version_schemes; *s; s++) {
        static const char *const fills[] = {"1", "1.",  "0.", "1a", "-", "1-", "~",
                                            "^", "_rc", "1!", ".0", "+", "9:"};
        for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
            size_t n = strlen(fills[i]);
            for (size_t at = 0; at < VERSION_MAX + 1; at++)
                text[at] = fills[i][at % n];
            version_compare(*s, (struct str){text, VERSION_MAX}, (struct str){text, VERSION_MAX - 1}, &order);
            assert_int_equal(version_compare(*s, (struct str){text, VERSION_MAX + 1}, STR("1"), &order),
                             ERR_LIMIT);
        }
    }
    memset(text, '|', sizeof text);
    assert_int_equal(
        version_satisfies(scheme_of(STR("deb")), STR("1"), (struct str){text, RANGE_MAX + 1}, &holds),
        ERR_LIMIT);
    assert_int_equal(
        version_satisfies(scheme_of(STR("deb")), STR("1"), (struct str){text, RANGE_MAX}, &holds), ERR_LIMIT);
    memset(text, '1', sizeof text);
    for (size_t i = 1; i < RANGE_MAX; i += 2)
        text[i] = ',';
    assert_int_equal(
        version_satisfies(scheme_of(STR("deb")), STR("1"), (struct str){text, RANGE_MAX}, &holds), ERR_LIMIT);
}

static void test_schemes_are_found(void **state)
{
    (void)state;
    static const char *const osv[] = {
        "AlmaLinux", "Alpine", "Amazon Linux",   "Bitnami",     "Chainguard", "ConanCenter", "CRAN",
        "crates.io", "Debian", "GitHub Actions", "Go",          "Hackage",    "Hex",         "Mageia",
        "Maven",     "npm",    "NuGet",          "openEuler",   "openSUSE",   "Packagist",   "Photon OS",
        "Pub",       "PyPI",   "Red Hat",        "Rocky Linux", "RubyGems",   "SUSE",        "SwiftURL",
        "Ubuntu",    "Wolfi",
    };
    for (size_t i = 0; i < sizeof osv / sizeof *osv; i++)
        scheme_of(str_from(osv[i]));
    assert_null(version_scheme_find(STR("")));
    assert_null(version_scheme_find(STR("maven ")));
    for (const struct version_scheme *const *s = version_schemes; s[0] && s[1]; s++)
        assert_true(strcmp(s[0]->name, s[1]->name) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_constraint),
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_every_exception_is_needed),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_not_versions),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_schemes_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

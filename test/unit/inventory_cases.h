/* Runs the published inventory cases (lock file or package in, package list out) of chosen extractors through
 * the ecosystems' table. A case that cannot hold is an exception with its reason; one that holds after all is
 * an error too. */
#ifndef ASSAY_TEST_INVENTORY_CASES_H
#define ASSAY_TEST_INVENTORY_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "ecosystem/ecosystem.h"

struct case_kind {
    const char *source, *extractor;
    const char *path;  /* under which the case's file is offered; "%s" stands for its own base name */
    bool pinned_only;  /* the source leaves out what has no version; we report it as unresolved */
    bool runtime_only; /* the source leaves out what is for development; we report it as such */
};

struct case_exception {
    const char *id, *reason;
    const char *line; /* "name version" that is expected wrongly, the rest must hold; NULL when the whole case
                         cannot */
    bool dev;         /* only that the source does not tell what is for development */
};

/* PEP 503, apart from the code under test. */
static inline struct str case_python_name(struct arena *a, struct str name)
{
    char *to = arena_alloc(a, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        bool dash = memchr("-_.", name.p[i], 3);
        if (!dash || !n || to[n - 1] != '-')
            to[n++] = dash ? '-' : name.p[i];
    }
    return arena_lower(a, (struct str){to, n});
}

struct case_line {
    struct str text; /* "name version" */
    bool dev;
};

/* One line a distinct package, sorted; a package is for development only when every entry of it is. */
static inline struct str case_text(struct arena *a, struct case_line *lines, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k && str_cmp(lines[k - 1].text, lines[k].text) > 0; k--) {
            struct case_line swap = lines[k];
            lines[k] = lines[k - 1], lines[k - 1] = swap;
        }
    struct str all = {"", 0};
    for (size_t i = 0; i < n; i++) {
        bool dev = lines[i].dev;
        for (; i + 1 < n && str_eq(lines[i].text, lines[i + 1].text); i++)
            dev = dev && lines[i + 1].dev;
        all = arena_printf(a, "%.*s  %.*s%s\n", STR_ARG(all), STR_ARG(lines[i].text), dev ? " (dev)" : "");
    }
    return all;
}

/* A range is not a version: what others report as the version of "name>=1.0" is here an unresolved package.
 */
static inline bool case_is_range(json_val *package)
{
    struct str comparator = json_get_str(json_get(package, "metadata"), "VersionComparator");
    return comparator.n && !str_is(comparator, "==") && !str_is(comparator, "===");
}

static inline bool case_is_excepted(const struct case_exception *exceptions, struct str id, struct str line)
{
    for (; exceptions->id; exceptions++)
        if (exceptions->line && str_is(id, exceptions->id) && str_is(line, exceptions->line))
            return true;
    return false;
}

static inline bool case_without_dev(const struct case_exception *exceptions, struct str id)
{
    for (; exceptions->id; exceptions++)
        if (exceptions->dev && str_is(id, exceptions->id))
            return true;
    return false;
}

static inline struct str case_expected(struct arena *a, json_val *row, bool python, bool pinned_only,
                                       const struct case_exception *exceptions)
{
    size_t n = 0;
    json_val *packages = json_get(row, "packages");
    struct case_line *lines = arena_new_array(a, struct case_line, yyjson_arr_size(packages) + 1);
    for (json_each(p, packages)) {
        struct str name = json_get_str(p, "name");
        lines[n].text = arena_printf(a, "%.*s %.*s", STR_ARG((python ? case_python_name(a, name) : name)),
                                     STR_ARG((case_is_range(p) ? STR("") : json_get_str(p, "version"))));
        lines[n].dev = json_get_bool(p, "dev");
        bool pinned = lines[n].text.p[lines[n].text.n - 1] != ' ';
        n +=
            (pinned || !pinned_only) && !case_is_excepted(exceptions, json_get_str(row, "id"), lines[n].text);
    }
    return case_text(a, lines, n);
}

static inline struct str case_found(struct arena *a, const struct inventory *inv,
                                    const struct case_kind *kind, bool dev)
{
    size_t n = 0;
    struct case_line *lines = arena_new_array(a, struct case_line, inv->packages.n + 1);
    vec_each(p, &inv->packages)
    {
        lines[n].text = arena_printf(a, "%.*s%s%.*s %.*s", STR_ARG(p->namespace),
                                     !p->namespace.n                                ? ""
                                     : p->manager == PM_JAR || p->manager == PM_POM ? ":"
                                                                                    : "/",
                                     STR_ARG(p->name), STR_ARG(p->version));
        lines[n].dev = p->dev && dev;
        n += !(kind->pinned_only && p->unresolved) && !(kind->runtime_only && p->dev);
    }
    return case_text(a, lines, n);
}

/* NULL when the case holds, else what is wrong. */
static inline const char *case_check(struct arena *a, json_val *row, const char *path, struct str content,
                                     const struct case_kind *kind, const struct case_exception *exceptions)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct view_file file = view_file_memory(str_from(path), content);
    if (!ecosystem_wants(file.path))
        return "no ecosystem wants it";
    ecosystem_offer(inv, &file);
    if (json_get_bool(row, "expect_error"))
        return inv->problems.n ? NULL : "taken without an error";
    if (inv->problems.n)
        return arena_printf(a, "problem: %s", inv->problems.at[0].text.p).p;
    bool python = str_find_str(json_get_str(row, "extractor"), STR("python/")) >= 0;
    struct str expected = case_expected(a, row, python, kind->pinned_only, exceptions),
               found = case_found(a, inv, kind, true);
    if (case_without_dev(exceptions, json_get_str(row, "id"))) {
        if (str_eq(expected, found))
            return "an exception that holds";
        found = case_found(a, inv, kind, false);
    }
    return str_eq(expected, found)
               ? NULL
               : arena_printf(a, "expected\n%.*sfound\n%.*s", STR_ARG(expected), STR_ARG(found)).p;
}

static inline const struct case_kind *case_kind_of(json_val *row, const struct case_kind *kinds)
{
    for (; kinds->source; kinds++)
        if (str_is(json_get_str(row, "source"), kinds->source) &&
            str_is(json_get_str(row, "extractor"), kinds->extractor))
            return kinds;
    return NULL;
}

static inline const char *case_reason(json_val *row, const struct case_exception *exceptions)
{
    for (; exceptions->id; exceptions++)
        if (!exceptions->line && !exceptions->dev && str_is(json_get_str(row, "id"), exceptions->id))
            return exceptions->reason;
    return NULL;
}

/* Whether the row went as the tables say. */
static inline bool case_run(struct arena *a, json_val *row, const char *folder, const struct case_kind *kind,
                            const struct case_exception *exceptions)
{
    const char *reason = case_reason(row, exceptions);
    struct str id = json_get_str(row, "id"), name = json_get_str(row, "file"), content;
    const char *wrong = "its file is not among the data";
    if (file_read(a, arena_printf(a, "%s/files/%.*s", folder, STR_ARG(name)).p, (size_t)64 << 20, &content) ==
        0) {
        ptrdiff_t hole = str_find_str(str_from(kind->path), STR("%s"));
        struct str base = str_basename(name);
        wrong = case_check(a, row,
                           hole < 0 ? kind->path
                                    : arena_printf(a, "%.*s%.*s%s", (int)hole, kind->path, STR_ARG(base),
                                                   kind->path + hole + 2)
                                          .p,
                           content, kind, exceptions);
    }
    if (!wrong == !reason)
        return true;
    fprintf(stderr, "%.*s %.*s: %s\n", STR_ARG(id), STR_ARG(name), wrong ? wrong : "an exception that holds");
    return false;
}

static inline void run_inventory_cases(const struct case_kind *kinds, const struct case_exception *exceptions,
                                       size_t expected)
{
    const char *shared = getenv("ASSAY_SHARED");
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const char *folder = arena_printf(a, "%s/conformance/inventory", shared ? shared : "").p;
    struct str rest, line;
    if (file_read(a, arena_printf(a, "%s/cases.jsonl", folder).p, (size_t)64 << 20, &rest) < 0) {
        fprintf(stderr, "skipped, no conformance data: %s\n", err_text());
        skip();
    }
    size_t run = 0, wrong = 0;
    while (str_next(&rest, '\n', &line)) {
        json_val *row;
        assert_int_equal(json_parse(a, line, &row), 0);
        const struct case_kind *kind = case_kind_of(row, kinds);
        if (!kind)
            continue;
        run++;
        wrong += !case_run(a, row, folder, kind, exceptions);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(run, expected);
}

/* ---- Rows of one's own: what a file gives, in one line ---- */

struct inventory_row {
    const char *path, *text;
    const char *expected; /* "[namespace/]name version[ dev][ unresolved]" each, sorted, joined by ", "; then
                             "!" for a problem */
};

static inline void inventory_row_check(const struct inventory_row *row)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    _cleanup_(buf_free) struct buf b = buf_new(65536);
    struct view_file file = view_file_memory(str_from(row->path), str_from(row->text));
    assert_true(ecosystem_wants(file.path));
    ecosystem_offer(inv, &file);
    inventory_finish(inv);
    vec_each(p, &inv->packages) buf_printf(
        &b, "%s%.*s%s%.*s %.*s%s%s", b.n ? ", " : "", STR_ARG(p->namespace), p->namespace.n ? "/" : "",
        STR_ARG(p->name), STR_ARG(p->version), p->dev ? " dev" : "", p->unresolved ? " unresolved" : "");
    if (inv->problems.n)
        buf_printf(&b, "%s!", b.n ? ", " : "");
    if (!str_is(buf_str(&b), row->expected))
        fail_msg("%s\n%s\ngave '%.*s' instead of '%s'%s%s", row->path, row->text, STR_ARG(buf_str(&b)),
                 row->expected, inv->problems.n ? ": " : "",
                 inv->problems.n ? inv->problems.at[0].text.p : "");
}

#endif

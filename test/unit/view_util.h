/* For tests of views: a temporary folder for each test, and walks as text. */
#ifndef ASSAY_TEST_VIEW_UTIL_H
#define ASSAY_TEST_VIEW_UTIL_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "view/view.h"

/* What a walk gave, a line each: "path=content" and "!path: code text", in order of bytes. */
struct seen {
    struct arena *arena;
    VEC(struct str) lines;
    const char *wanted; /* glob */
    void (*on_visit)(struct view_file *f);
};

static inline bool seen_wants(void *ctx, struct str path, uint64_t size)
{
    (void)size;
    struct seen *s = ctx;
    return str_glob(str_from(s->wanted), path);
}

static inline void seen_visit(void *ctx, struct view_file *f)
{
    struct seen *s = ctx;
    struct str content;
    if (s->on_visit)
        s->on_visit(f);
    int status = view_file_content(f, 1 << 20, &content);
    if (status < 0)
        vec_add(&s->lines,
                arena_printf(s->arena, "%.*s: %s: %s", STR_ARG(f->path), err_name(status), err_text()));
    else
        vec_add(&s->lines, arena_printf(s->arena, "%.*s=%.*s", STR_ARG(f->path), STR_ARG(content)));
}

static inline void seen_problem(void *ctx, struct str path, int code)
{
    struct seen *s = ctx;
    vec_add(&s->lines, arena_printf(s->arena, "!%.*s: %s: %s", STR_ARG(path), err_name(code), err_text()));
}

static inline int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static inline const char *walk(struct arena *a, struct view *v, const char *wanted)
{
    struct seen s = {.arena = a, .wanted = wanted};
    const struct view_visitor visitor = {seen_wants, seen_visit, seen_problem, &s};
    int status = view_walk(v, &visitor);
    if (status < 0)
        return arena_printf(a, "failed: %s: %s", err_name(status), err_text()).p;
    if (s.lines.n)
        qsort(s.lines.at, s.lines.n, sizeof *s.lines.at, by_bytes);
    struct str all = STR("");
    vec_each(line, &s.lines) all = arena_printf(a, "%.*s%.*s\n", STR_ARG(all), STR_ARG(*line));
    vec_free(&s.lines);
    return arena_cstr(a, all);
}

__attribute__((unused)) static char temp[] = "/tmp/assay-view-XXXXXX";
__attribute__((unused)) static struct arena *arena;

static inline const char *at(const char *path)
{
    return arena_printf(arena, "%s/%s", temp, path).p;
}

static inline void put(const char *path, const char *content)
{
    struct str dir = str_dirname(str_from(at(path)));
    assert_int_equal(dir_make(arena_cstr(arena, dir)), 0);
    assert_int_equal(file_replace(at(path), str_from(content), 0644), 0);
}

static inline void link_named(const char *target, const char *path)
{
    assert_int_equal(symlink(target, at(path)), 0);
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

static inline int make_temp(void **state)
{
    (void)state;
    arena = arena_new(0);
    strcpy(temp, "/tmp/assay-view-XXXXXX");
    return mkdtemp(temp) ? 0 : -1;
}

static inline int drop_temp(void **state)
{
    (void)state;
    nftw(temp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_temp, drop_temp)

#endif

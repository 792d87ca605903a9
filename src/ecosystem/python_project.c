/* What a Python project says it needs: [project] of pyproject.toml (PEP 621), and install_requires of
 * setup.py where it is a plain list of texts. Mostly ranges, so mostly unresolved; a lock file beside them
 * says more. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/toml.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/pypi.h"

enum { PROJECT_CAP = 4 << 20 };

static int read_requirements(struct inventory *inv, const struct view_file *file, const struct toml *list)
{
    int status = 0;
    toml_each(item, list)
    {
        struct package p = {.manager = PM_PIP};
        int one = pypi_requirement(toml_str(item), &p)
                      ? pypi_add(inv, file, p)
                      : err_set(ERR_INVALID, "'%.*s' is not a requirement", STR_ARG(toml_str(item)));
        status = status < 0 ? status : one;
    }
    return status;
}

static int read_pyproject(struct inventory *inv, const struct view_file *file, struct str text)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct toml *root;
    int status = toml_parse(a, text, &root);
    if (status < 0)
        return status;
    const struct toml *project = toml_get(root, "project");
    status = read_requirements(inv, file, toml_get(project, "dependencies"));
    toml_each(extra, toml_get(project, "optional-dependencies"))
    {
        int one = read_requirements(inv, file, extra);
        status = status < 0 ? status : one;
    }
    return status;
}

/* The text of the next string literal of one line, without escapes, in the list that *s stands in; false at
 * its end or at anything that is not plain. */
static bool next_literal(struct str *s, struct str *ret_text)
{
    for (;;) {
        while (s->n && (is_blank(s->p[0]) || s->p[0] == ','))
            *s = str_slice(*s, 1, s->n);
        if (!s->n || s->p[0] != '#')
            break;
        struct str comment;
        str_next(s, '\n', &comment);
    }
    if (!s->n || (s->p[0] != '"' && s->p[0] != '\''))
        return false;
    size_t end = 1;
    while (end < s->n && s->p[end] != s->p[0] && s->p[end] != '\n' && s->p[end] != '\\')
        end++;
    if (end == s->n || s->p[end] != s->p[0])
        return false;
    *ret_text = str_slice(*s, 1, end);
    *s = str_slice(*s, end + 1, s->n);
    return true;
}

/* After a literal: an operator or a method call makes another text of it, which only Python could tell. */
static bool skip_expression(struct str *s)
{
    size_t n = 0;
    while (n < s->n && !memchr(",]#\n", s->p[n], 4))
        n++;
    bool plain = !str_trim(str_slice(*s, 0, n)).n;
    *s = str_slice(*s, n, s->n);
    return plain;
}

static int read_setup(struct inventory *inv, const struct view_file *file, struct str text)
{
    ptrdiff_t at = str_find_str(text, STR("install_requires"));
    if (at < 0)
        return 0;
    struct str s = str_trim(str_slice(text, (size_t)at + 16, text.n)), literal;
    if (!s.n || s.p[0] != '=')
        return 0;
    s = str_trim(str_slice(s, 1, s.n));
    if (!s.n || s.p[0] != '[')
        return 0;
    s = str_slice(s, 1, s.n);
    while (next_literal(&s, &literal)) {
        struct package p = {.manager = PM_PIP};
        if (skip_expression(&s) && pypi_requirement(literal, &p))
            pypi_add(inv, file, p);
    }
    return 0;
}

static int python_project_read(struct inventory *inv, struct view_file *file)
{
    struct str text;
    int status = view_file_content(file, PROJECT_CAP, &text);
    if (status < 0)
        return status;
    return str_is(str_basename(file->path), "setup.py") ? read_setup(inv, file, text)
                                                        : read_pyproject(inv, file, text);
}

const struct ecosystem ecosystem_python_project = {
    .name = "python-project",
    .help = "what a project declares: pyproject.toml, setup.py",
    .patterns = (const char *const[]){"**/pyproject.toml", "**/setup.py", NULL},
    .read = python_project_read,
};

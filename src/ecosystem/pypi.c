#include "ecosystem/pypi.h"

#include "base/err.h"

enum { NAME_MAX_BYTES = 256 };

static bool is_name_c(char c)
{
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* PEP 508: letters and digits, with '-', '_' and '.' between them. Names of the years before may end in any
 * of them. */
static bool name_valid(struct str s)
{
    if (!s.n || s.n > NAME_MAX_BYTES || !is_alnum(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_name_c(s.p[i]))
            return false;
    return true;
}

/* PEP 503: lower case, and runs of '-', '_' and '.' become one '-'. */
static struct str normalise(struct str name, char to[NAME_MAX_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++)
        if (is_alnum(name.p[i]))
            to[n++] = is_upper(name.p[i]) ? (char)(name.p[i] | 0x20) : name.p[i];
        else if (to[n - 1] != '-')
            to[n++] = '-';
    return (struct str){to, n};
}

int pypi_add(struct inventory *inv, const struct view_file *file, struct package p)
{
    char name[NAME_MAX_BYTES];
    if (!name_valid(p.name))
        return err_set(ERR_INVALID, "'%.*s' cannot be the name of a Python package",
                       (int)(p.name.n < 300 ? p.name.n : 300), p.name.p ? p.name.p : "");
    p.type = STR("pypi");
    p.name = normalise(p.name, name);
    p.path = file->path;
    p.layer = file->layer;
    p.unresolved = p.unresolved || !p.version.n;
    inventory_add(inv, &p);
    return 0;
}

static struct str skip(struct str s, size_t n)
{
    return str_slice(s, n, s.n);
}

static struct str take_name(struct str *s)
{
    size_t n = 0;
    while (n < s->n && is_name_c(s->p[n]))
        n++;
    struct str name = str_slice(*s, 0, n);
    *s = str_trim(skip(*s, n));
    return name;
}

bool pypi_is_version(struct str version)
{
    for (size_t i = 0; i < version.n; i++)
        if (!is_alnum(version.p[i]) && !memchr(".-_+!", version.p[i], 5))
            return false;
    return version.n && is_alnum(version.p[0]);
}

bool pypi_wheel_name(struct str path, struct package *p)
{
    struct str stem = str_basename(path), name, version;
    if (!str_ends(stem, STR(".whl")) || !str_cut(stem, '-', &name, &stem) ||
        !str_cut(stem, '-', &version, &stem) || !name_valid(name) || !pypi_is_version(version))
        return false;
    p->name = name;
    p->version = version;
    return true;
}

/* Whether `s` begins with a comparison operator, and its length. */
static size_t operator_length(struct str s)
{
    static const struct str operators[] = {{"===", 3}, {"==", 2}, {"~=", 2}, {"!=", 2},
                                           {"<=", 2},  {">=", 2}, {"<", 1},  {">", 1}};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_starts(s, operators[i]))
            return operators[i].n;
    return 0;
}

/* The version list up to a marker. What is no version behind "==" (a wildcard, a variable of a template,
 * nothing) pins nothing. */
static bool take_specifiers(struct str s, struct package *p)
{
    struct str one, marker;
    str_cut(s, ';', &s, &marker);
    s = str_trim(s);
    if (s.n > 1 && s.p[0] == '(' && s.p[s.n - 1] == ')')
        s = str_slice(s, 1, s.n - 1);
    while (str_next(&s, ',', &one)) {
        one = str_trim(one);
        size_t n = operator_length(one);
        struct str version = str_trim(skip(one, n));
        if (!n && one.n)
            return false;
        if (n >= 2 && one.p[0] == '=' && pypi_is_version(version))
            p->version = version;
    }
    return true;
}

bool pypi_requirement(struct str text, struct package *p)
{
    struct str s = str_trim(text), name = take_name(&s), fragment;
    struct package found = *p;
    if (!name_valid(name))
        return false;
    if (s.n && s.p[0] == '[') {
        ptrdiff_t end = str_find(s, ']');
        if (end < 0)
            return false;
        s = str_trim(skip(s, (size_t)end + 1));
    }
    if (s.n && s.p[0] == '@') {
        str_cut(s, '#', &s, &fragment);
        str_cut(s, ';', &s, &fragment);
        pypi_wheel_name(str_trim(s), &found);
    } else if (!take_specifiers(s, &found)) {
        return false;
    }
    found.name = name;
    found.unresolved = !found.version.n;
    *p = found;
    return true;
}

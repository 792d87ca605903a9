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

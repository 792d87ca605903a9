#include "ecosystem/deb822.h"

#include <stddef.h>

/* Field names are not case-sensitive. */
static struct str *stanza_field(struct deb_stanza *s, struct str name)
{
    static const struct {
        struct str name;
        size_t offset;
    } fields[] = {
        {STR("Package"), offsetof(struct deb_stanza, package)},
        {STR("Status"), offsetof(struct deb_stanza, status)},
        {STR("Version"), offsetof(struct deb_stanza, version)},
        {STR("Source"), offsetof(struct deb_stanza, source)},
        {STR("Architecture"), offsetof(struct deb_stanza, arch)},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (name.n == fields[i].name.n && str_ieq(name, fields[i].name))
            return (struct str *)((char *)s + fields[i].offset);
    return NULL;
}

bool deb_next(struct deb_file *f, struct deb_stanza *ret_stanza)
{
    struct deb_stanza s = {0};
    struct str line, name, value;
    bool any = false;
    while (str_next(&f->rest, '\n', &line)) {
        f->line++;
        if (!str_trim(line).n) {
            if (any)
                break;
        } else if (is_blank(line.p[0])) {
            continue;
        } else if (!str_cut(line, ':', &name, &value)) {
            f->bad = f->bad ? f->bad : f->line;
        } else {
            struct str *field = stanza_field(&s, name);
            if (field)
                *field = str_trim(value);
            any = true;
        }
    }
    *ret_stanza = s;
    return any;
}

void deb_source(const struct deb_stanza *s, struct str *ret_name, struct str *ret_version)
{
    struct str name = s->source, version = {NULL, 0};
    if (str_cut(s->source, '(', &name, &version)) {
        ptrdiff_t end = str_find(version, ')');
        version = str_trim(str_slice(version, 0, end < 0 ? version.n : (size_t)end));
        name = str_trim(name);
    }
    *ret_name = name;
    *ret_version = version;
}

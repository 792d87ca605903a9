/* yarn.lock: version 1 has a format of its own, from version 2 ("berry") on it is YAML with a "__metadata"
 * entry. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/yaml.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/npm.h"

struct reader {
    struct inventory *inv;
    struct view_file *file;
    struct arena *a;
};

static int first_error(int so_far, int status)
{
    return so_far < 0 ? so_far : status;
}

/* Folders of the project itself: a link, a workspace, a portal. "file:" may be an archive or a copied folder,
 * which is then a package as any other. */
static bool is_own(struct str range)
{
    return str_starts(range, STR("link:")) || str_starts(range, STR("workspace:")) ||
           str_starts(range, STR("portal:"));
}

static int add(const struct reader *r, struct str descriptor, struct package p)
{
    struct str range, real, version;
    if (!npm_cut(descriptor, &p.name, &range))
        return err_set(ERR_INVALID, "'%.*s' is not NAME@RANGE", STR_ARG(descriptor));
    if (is_own(range))
        return 0;
    /* "alias@npm:real@^1.0"; berry puts "npm:" before every plain range too */
    if (npm_alias(range, &real, &version))
        p.name = real;
    p.manager = PM_YARN;
    return npm_add(r->inv, r->file, p);
}

/* ---- Version 1: entries begin in the first column with the ranges they satisfy, members are indented by
 * two. ---- */

/* "key value" of a member, quoted or not; escapes do not occur in the members that are read. */
static bool member(struct str line, const char *key, struct str *ret_value)
{
    struct str name, value;
    if (!str_cut(str_trim(line), ' ', &name, &value) || !str_is(name, key))
        return false;
    value = str_trim(value);
    if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = str_slice(value, 1, value.n - 1);
    *ret_value = value;
    return true;
}

/* Of `"a@^1.0", a@~1.1:` the first range: all of them name the same package. */
static struct str first_descriptor(struct str line)
{
    struct str head, tail;
    if (line.p[0] == '"') {
        line = str_slice(line, 1, line.n);
        return str_cut(line, '"', &head, &tail) ? head : line;
    }
    if (str_cut(line, ',', &head, &tail))
        return head;
    return str_slice(line, 0, line.n - 1);
}

struct v1_entry {
    struct str descriptor;
    struct package p;
};

static int v1_finish(const struct reader *r, struct v1_entry *entry)
{
    if (!entry->descriptor.n)
        return 0;
    int status = add(r, entry->descriptor, entry->p);
    *entry = (struct v1_entry){0};
    return status;
}

static int v1_line(const struct reader *r, struct v1_entry *entry, struct str line, unsigned n)
{
    struct str value;
    if (line.p[0] != ' ') {
        int status = v1_finish(r, entry);
        if (!str_ends(line, STR(":")) || line.n < 2)
            return err_set(ERR_INVALID, "line %u is not an entry of a yarn.lock", n);
        entry->descriptor = first_descriptor(line);
        return status;
    }
    if (!str_starts(line, STR("  ")) || str_starts(line, STR("   ")))
        return 0; /* the entry's own dependencies */
    if (member(line, "version", &value))
        entry->p.version = value;
    else if (member(line, "integrity", &value))
        entry->p.digest = npm_digest(r->a, value);
    return 0;
}

static int read_v1(const struct reader *r, struct str text)
{
    struct v1_entry entry = {0};
    struct str line;
    int status = 0;
    for (unsigned n = 1; str_next(&text, '\n', &line); n++) {
        if (str_ends(line, STR("\r")))
            line = str_slice(line, 0, line.n - 1);
        if (str_trim(line).n && line.p[0] != '#')
            status = first_error(status, v1_line(r, &entry, line, n));
    }
    return first_error(status, v1_finish(r, &entry));
}

/* ---- Berry: "resolution" is the package that was taken, "name@npm:1.2.3" or "name@https://...". ---- */

static int berry_entry(const struct reader *r, const struct yaml *entry)
{
    struct str resolution = yaml_get_str(entry, "resolution");
    if (str_is(entry->key, "__metadata"))
        return 0;
    if (!resolution.n)
        return err_set(ERR_INVALID, "'%.*s' has no resolution", STR_ARG(entry->key));
    return add(r, resolution, (struct package){.version = yaml_get_str(entry, "version")});
}

static int read_berry(const struct reader *r, struct str text)
{
    const struct yaml *root;
    int status = yaml_read(r->a, text, &root);
    if (status < 0)
        return status;
    yaml_each(entry, root) status = first_error(status, berry_entry(r, entry));
    return status;
}

static int yarn_read(struct inventory *inv, struct view_file *file)
{
    if (npm_in_modules(file->path))
        return 0;
    struct str text;
    int status = view_file_content(file, NPM_LOCK_CAP, &text);
    if (status < 0)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct reader r = {inv, file, a};
    if (str_starts(text, STR("__metadata:")) || str_find_str(text, STR("\n__metadata:")) >= 0)
        return read_berry(&r, text);
    return read_v1(&r, text);
}

const struct ecosystem ecosystem_yarn = {
    .name = "yarn",
    .help = "yarn.lock of every version",
    .patterns = (const char *const[]){"**/yarn.lock", NULL},
    .read = yarn_read,
};

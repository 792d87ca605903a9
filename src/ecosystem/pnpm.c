/* pnpm-lock.yaml of versions 5, 6 and 9 (https://github.com/pnpm/spec/tree/master/lockfile). Packages are
 * named by their place: 5    /name/1.0.0, /@scope/name/1.0.0_peer@2.0.0, host/name/1.0.0 6
 * /name@1.0.0(peer@2.0.0) 9    name@1.0.0, and the peers in "snapshots" and what comes from git, an archive
 * or a folder by where that is, with `name` and `version` as members. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/npm.h"

struct snapshot {
    const struct yaml *entry;
    bool reached;
};

struct reader {
    struct inventory *inv;
    struct view_file *file;
    struct arena *a;
    bool marks_dev;       /* whether entries say it themselves, as before version 9 */
    struct map snapshots; /* place with peers -> struct snapshot */
    struct map reached;   /* place without peers, of what is not only for development */
    VEC(struct snapshot *) todo;
};

static int first_error(int so_far, int status)
{
    return so_far < 0 ? so_far : status;
}

/* Peers follow in parentheses (6, 9) or behind an underscore (5). */
static struct str without_peers(struct str s)
{
    struct str head, tail;
    return str_cut(s, '(', &head, &tail) ? head : s;
}

/* Version 5: name and version are the last parts of the path. False for what is no such path. */
static bool split_path(struct str place, struct str *ret_name, struct str *ret_version)
{
    struct str peers, rest;
    ptrdiff_t slash = str_rfind(place, '/');
    /* peers themselves hold slashes only as '+': "_@types+babel__core@7.1.14" */
    if (slash < 0)
        return false;
    struct str version = str_slice(place, (size_t)slash + 1, place.n),
               path = str_slice(place, 0, (size_t)slash);
    str_cut(version, '_', &version, &peers);
    slash = str_rfind(path, '/');
    rest = slash < 0 ? (struct str){NULL, 0} : str_slice(path, 0, (size_t)slash);
    struct str name = slash < 0 ? path : str_slice(path, (size_t)slash + 1, path.n),
               scope = str_basename(rest);
    if (str_starts(scope, STR("@")))
        name = (struct str){scope.p, scope.n + 1 + name.n};
    if (!npm_is_version(version) || str_find(version, '.') < 0) /* a commit has no dots */
        return false;
    *ret_name = name;
    *ret_version = version;
    return true;
}

/* Version 6 and later: "name@1.0.0(peers)", with a '/' before it in version 6. */
static bool split_at(struct str place, struct str *ret_name, struct str *ret_version)
{
    if (str_starts(place, STR("/")))
        place = str_slice(place, 1, place.n);
    struct str name, version;
    if (!npm_cut(without_peers(place), &name, &version) || !npm_is_version(version) || !npm_name_valid(name))
        return false;
    *ret_name = name;
    *ret_version = version;
    return true;
}

/* Version 9: "name@https://host/archive", with the version as a member. */
static bool split_url(struct str place, struct str *ret_name)
{
    struct str name, rest;
    if (!npm_cut(place, &name, &rest) || !npm_name_valid(name) || str_find(rest, ':') < 0)
        return false;
    *ret_name = name;
    return true;
}

/* What is none of these is a place only, and says nothing of its version: "github.com/user/repo/COMMIT". */
static bool is_place(struct str place)
{
    return str_find(place, '/') >= 0 || str_find(place, ':') >= 0;
}

static int add_package(const struct reader *r, const struct yaml *entry)
{
    const struct yaml *resolution = yaml_get(entry, "resolution");
    struct str place = entry->key, name = {NULL, 0}, version = {NULL, 0};
    if (str_is(yaml_get_str(resolution, "type"), "directory"))
        return 0; /* a folder of the project's own */
    struct str stated_name = yaml_get_str(entry, "name"), stated_version = yaml_get_str(entry, "version");
    if (!split_at(place, &name, &version) && !split_url(place, &name) &&
        !split_path(place, &name, &version) && !stated_name.n && !is_place(place))
        return err_set(ERR_INVALID, "'%.*s' names no package", STR_ARG(place));
    struct package p = {
        .name = stated_name.n ? stated_name : name,
        .version = stated_version.n ? stated_version : version,
        .digest = npm_digest(r->a, yaml_get_str(resolution, "integrity")),
        .dev = r->marks_dev ? yaml_get_bool(entry, "dev") : !map_get(&r->reached, without_peers(place)),
        .manager = PM_YARN,
    };
    if (!p.name.n)
        return 0; /* a place without a name */
    return npm_add(r->inv, r->file, p);
}

/* ---- Version 9 does not mark what is for development: it is what the importers do not reach otherwise. ----
 */

static void reach(struct reader *r, struct str place)
{
    struct snapshot *s = map_get(&r->snapshots, place);
    map_set(&r->reached, without_peers(place), r);
    if (s && !s->reached) {
        s->reached = true;
        vec_add(&r->todo, s);
    }
}

/* A dependency's version is "1.0.0(peers)", the place itself for aliases and archives ("real@1.0.0"), or
 * "link:...". */
static void reach_dependency(struct reader *r, struct str name, struct str version)
{
    struct str joined = npm_join(r->a, name, '@', version);
    reach(r, map_get(&r->snapshots, joined) ? joined : version);
}

static void reach_all(struct reader *r, const struct yaml *dependencies)
{
    yaml_each(d, dependencies)
        reach_dependency(r, d->key, d->kind == YAML_MAPPING ? yaml_get_str(d, "version") : yaml_str(d));
}

static void mark_reached(struct reader *r, const struct yaml *root)
{
    yaml_each(entry, yaml_get(root, "snapshots"))
    {
        struct snapshot *s = arena_alloc(r->a, sizeof *s);
        s->entry = entry;
        map_set(&r->snapshots, entry->key, s);
    }
    yaml_each(importer, yaml_get(root, "importers"))
    {
        reach_all(r, yaml_get(importer, "dependencies"));
        reach_all(r, yaml_get(importer, "optionalDependencies"));
    }
    while (r->todo.n) {
        const struct yaml *entry = r->todo.at[--r->todo.n]->entry;
        reach_all(r, yaml_get(entry, "dependencies"));
        reach_all(r, yaml_get(entry, "optionalDependencies"));
    }
}

static int read_document(struct reader *r, const struct yaml *root)
{
    if (root->kind != YAML_MAPPING)
        return err_set(ERR_INVALID, "pnpm-lock.yaml: not a mapping");
    int status = 0;
    r->marks_dev = !yaml_get(root, "snapshots");
    if (!r->marks_dev)
        mark_reached(r, root);
    yaml_each(entry, yaml_get(root, "packages")) status = first_error(status, add_package(r, entry));
    map_free(&r->snapshots);
    map_free(&r->reached);
    vec_free(&r->todo);
    return status;
}

static int pnpm_read(struct inventory *inv, struct view_file *file)
{
    if (npm_in_modules(file->path))
        return 0;
    struct str text;
    int status = view_file_content(file, NPM_LOCK_CAP, &text);
    if (status < 0)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct yaml *root;
    status = yaml_read(a, text, &root);
    if (status < 0)
        return status;
    for (; root; root = root->next) { /* from pnpm 11 on, a document of its own for pnpm itself comes first */
        struct reader r = {.inv = inv, .file = file, .a = a};
        status = first_error(status, read_document(&r, root));
    }
    return status;
}

const struct ecosystem ecosystem_pnpm = {
    .name = "pnpm",
    .help = "pnpm-lock.yaml of versions 5, 6 and 9",
    .patterns = (const char *const[]){"**/pnpm-lock.yaml", NULL},
    .read = pnpm_read,
};

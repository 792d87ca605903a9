/* npm's lock files: package-lock.json and npm-shrinkwrap.json of versions 1 to 3, and
 * node_modules/.package-lock.json, which npm keeps of what it has installed
 * (https://docs.npmjs.com/cli/configuring-npm/package-lock-json). */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/npm.h"

/* Version 1 nests what a package has for itself alone; npm's own trees are a dozen deep. */
enum { NESTING_MAX = 100 };

struct reader {
    struct inventory *inv;
    struct view_file *file;
    struct arena *a;
};

/* The members that all versions of the format have in common. */
static struct package common(const struct reader *r, json_val *entry)
{
    return (struct package){
        .digest = npm_digest(r->a, json_get_str(entry, "integrity")),
        .dev = json_get_bool(entry, "dev"),
        .manager = PM_NPM,
    };
}

/* An entry is never the reason to drop its siblings: the first error is kept, and reported at the end. */
static int first_error(int so_far, int status)
{
    return so_far < 0 ? so_far : status;
}

static int read_dependency(const struct reader *r, struct str name, json_val *entry)
{
    struct package p = common(r, entry);
    struct str version = json_get_str(entry, "version");
    if (str_starts(version, STR("file:")) || str_starts(version, STR("link:")))
        return 0; /* a folder or an archive of the project itself */
    p.name = name;
    if (!npm_alias(version, &p.name, &p.version) && npm_is_version(version))
        p.version = version; /* else the place it comes from, and the version is not recorded */
    return npm_add(r->inv, r->file, p);
}

static int read_dependencies(const struct reader *r, json_val *dependencies, int depth)
{
    if (depth > NESTING_MAX)
        return err_set(ERR_LIMIT, "dependencies nest deeper than %d", NESTING_MAX);
    int status = 0;
    for (json_each_member(name, entry, dependencies)) {
        status = first_error(status, read_dependency(r, json_str(name), entry));
        json_val *nested = json_get(entry, "dependencies");
        if (nested)
            status = first_error(status, read_dependencies(r, nested, depth + 1));
    }
    return status;
}

/* What stands after the last "node_modules/" of an entry's place; empty for the project and its workspaces.
 */
static struct str installed_name(struct str place)
{
    static const char marker[] = "node_modules/";
    const size_t n = sizeof marker - 1;
    for (size_t i = place.n; i >= n; i--)
        if (memcmp(place.p + i - n, marker, n) == 0 && (i == n || place.p[i - n - 1] == '/'))
            return str_slice(place, i, place.n);
    return (struct str){NULL, 0};
}

static int read_package(const struct reader *r, struct str place, json_val *entry)
{
    struct str name = installed_name(place);
    if (!name.n || json_get_bool(entry, "link"))
        return 0; /* the project, its workspaces, and links to them */
    struct package p = common(r, entry);
    struct str real = json_get_str(entry, "name"); /* stated where the folder has another name: an alias */
    p.name = real.n ? real : name;
    p.version = json_get_str(entry, "version");
    p.license = json_get_str(entry, "license");
    return npm_add(r->inv, r->file, p);
}

static int read_packages(const struct reader *r, json_val *packages)
{
    int status = 0;
    for (json_each_member(place, entry, packages))
        status = first_error(status, read_package(r, json_str(place), entry));
    return status;
}

static int npm_lock_read(struct inventory *inv, struct view_file *file)
{
    if (npm_in_modules(file->path) && !str_ends(file->path, STR("node_modules/.package-lock.json")))
        return 0;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    int status = ecosystem_json(file, NPM_LOCK_CAP, a, &root);
    if (status < 0)
        return status;
    if (!yyjson_is_obj(root))
        return err_set(ERR_INVALID, "npm lock file: not a JSON object");
    const struct reader r = {inv, file, a};
    json_val *packages = json_get(root, "packages"); /* version 2 has both, and this one is the whole truth */
    if (packages)
        return read_packages(&r, packages);
    return read_dependencies(&r, json_get(root, "dependencies"), 0);
}

const struct ecosystem ecosystem_npm_lock = {
    .name = "npm-lock",
    .help = "package-lock.json, npm-shrinkwrap.json, node_modules/.package-lock.json",
    .patterns = (const char *const[]){"**/package-lock.json", "**/npm-shrinkwrap.json",
                                      "**/node_modules/.package-lock.json", NULL},
    .read = npm_lock_read,
};

/* Installed Node packages: the package.json of each folder directly in a node_modules folder
 * (https://docs.npmjs.com/cli/configuring-npm/package-json,
 * https://nodejs.org/api/modules.html#loading-from-node_modules-folders). */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/npm.h"

enum { PACKAGE_JSON_CAP = 4 << 20 };

/* Packages carry further package.json files deeper down, of test data and to set "type" for a folder; they
 * are not installed. */
static bool is_installed(struct str path)
{
    struct str folder = str_dirname(path), parent = str_dirname(folder);
    if (str_starts(str_basename(parent), STR("@")))
        parent = str_dirname(parent);
    return str_is(str_basename(parent), "node_modules") && !str_starts(str_basename(folder), STR("@"));
}

/* "MIT", or {"type": "MIT", "url": ...} as old packages have it. */
static struct str license(json_val *root)
{
    json_val *v = json_get(root, "license");
    return yyjson_is_obj(v) ? json_get_str(v, "type") : json_str(v);
}

static int node_read(struct inventory *inv, struct view_file *file)
{
    if (!is_installed(file->path))
        return 0;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    int status = ecosystem_json(file, PACKAGE_JSON_CAP, a, &root);
    if (status < 0)
        return status;
    struct package p = {
        .name = json_get_str(root, "name"),
        .version = json_get_str(root, "version"),
        .license = license(root),
        .manager = PM_NODEPKG,
    };
    if (!p.name.n || !p.version.n)
        return 0; /* a folder of the project's own, linked or put there by hand */
    /* Published with blanks, a 'v' or a '=' before it; npm cleans it the same way when it reads the file. */
    p.version = str_trim(p.version);
    while (p.version.n > 1 && (p.version.p[0] == 'v' || p.version.p[0] == '='))
        p.version = str_slice(p.version, 1, p.version.n);
    return npm_add(inv, file, p);
}

const struct ecosystem ecosystem_node = {
    .name = "node",
    .help = "installed packages: node_modules/**/package.json",
    .patterns = (const char *const[]){"**/node_modules/**/package.json", NULL},
    .read = node_read,
};

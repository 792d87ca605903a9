/* PHP's composer.lock, and vendor/composer/installed.json, in which Composer notes what it has installed
 * (https://getcomposer.org/doc/01-basic-usage.md). */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "ecosystem/ecosystem.h"

enum { COMPOSER_CAP = 64 << 20 };

/* "path" repositories are folders of the project's own. */
static bool is_own(json_val *entry)
{
    return str_is(json_get_str(json_get(entry, "dist"), "type"), "path");
}

static int add_package(struct inventory *inv, const struct view_file *file, struct arena *a, json_val *entry,
                       bool dev)
{
    struct str shasum = json_get_str(json_get(entry, "dist"), "shasum"), name = json_get_str(entry, "name");
    struct package p = {
        .type = STR("composer"),
        .version = json_get_str(entry, "version"),
        .path = file->path,
        .layer = file->layer,
        .manager = PM_COMPOSER,
        .dev = dev,
    };
    if (is_own(entry))
        return 0;
    if (!str_cut(arena_lower(a, name), '/', &p.namespace, &p.name) || !p.version.n)
        return err_set(ERR_INVALID, "'%.*s' is no VENDOR/NAME with a version", STR_ARG(name));
    if (shasum.n)
        p.digest = arena_printf(a, "sha1:%.*s", STR_ARG(shasum));
    inventory_add(inv, &p);
    return 0;
}

static int add_all(struct inventory *inv, const struct view_file *file, struct arena *a, json_val *packages,
                   bool dev)
{
    int status = 0;
    for (json_each(entry, packages)) {
        int one = add_package(inv, file, a, entry, dev);
        status = status < 0 ? status : one;
    }
    return status;
}

static int composer_read(struct inventory *inv, struct view_file *file)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    int status = ecosystem_json(file, COMPOSER_CAP, a, &root);
    if (status < 0)
        return status;
    if (yyjson_is_arr(root)) /* installed.json of Composer 1 */
        return add_all(inv, file, a, root, false);
    if (!yyjson_is_obj(root))
        return err_set(ERR_INVALID, "not a JSON object");
    status = add_all(inv, file, a, json_get(root, "packages"), false);
    int dev = add_all(inv, file, a, json_get(root, "packages-dev"), true);
    return status < 0 ? status : dev;
}

const struct ecosystem ecosystem_composer = {
    .name = "composer",
    .help = "composer.lock, vendor/composer/installed.json",
    .patterns = (const char *const[]){"**/composer.lock", "**/vendor/composer/installed.json", NULL},
    .read = composer_read,
};

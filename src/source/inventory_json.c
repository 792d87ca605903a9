#include "source/inventory_json.h"

#include "base/cleanup.h"
#include "base/err.h"

bool inventory_json_looks_like(struct str json)
{
    if (str_starts(json, STR("\xef\xbb\xbf")))
        json = str_slice(json, 3, json.n);
    json = str_trim(json);
    return json.n && json.p[0] == '{';
}

static struct str copied(struct inventory *inv, json_val *object, const char *name)
{
    struct str s = json_get_str(object, name);
    return s.n ? arena_str(inv->arena, s) : (struct str){NULL, 0};
}

static void read_os(struct inventory *inv, json_val *os)
{
    inv->os = (struct os){
        .family = copied(inv, os, "family"),
        .version = copied(inv, os, "version"),
        .codename = copied(inv, os, "codename"),
        .name = copied(inv, os, "name"),
        .like = copied(inv, os, "like"),
    };
}

static int read_layer(const struct map *layers, json_val *package, uint32_t *ret_layer)
{
    struct str digest = json_get_str(package, "layer");
    const void *at = digest.n ? map_get(layers, digest) : NULL;
    if (digest.n && !at)
        return err_set(ERR_INVALID, "inventory: no layer %.*s", STR_ARG(digest));
    *ret_layer = at ? (uint32_t)((uintptr_t)at - 1) : NO_LAYER;
    return 0;
}

static int read_manager(json_val *package, enum package_manager *ret_manager)
{
    struct str name = json_get_str(package, "packageManager");
    for (int pm = PM_NONE; pm == PM_NONE || *package_manager_name(pm); pm++)
        if (str_is(name, package_manager_name(pm))) {
            *ret_manager = pm;
            return 0;
        }
    return err_set(ERR_INVALID, "inventory: no package manager '%.*s'", STR_ARG(name));
}

static int read_package(struct inventory *inv, const struct map *layers, json_val *v)
{
    struct package p = {
        .type = json_get_str(v, "type"),
        .namespace = json_get_str(v, "namespace"),
        .name = json_get_str(v, "name"),
        .version = json_get_str(v, "version"),
        .arch = json_get_str(v, "arch"),
        .source = json_get_str(v, "source"),
        .source_version = json_get_str(v, "sourceVersion"),
        .modularity = json_get_str(v, "modularity"),
        .vendor = json_get_str(v, "vendor"),
        .path = json_get_str(v, "path"),
        .owner = json_get_str(v, "owner"),
        .license = json_get_str(v, "license"),
        .digest = json_get_str(v, "digest"),
        .dev = json_get_bool(v, "dev"),
        .unresolved = json_get_bool(v, "unresolved"),
    };
    if (!p.type.n || !p.name.n)
        return err_set(ERR_INVALID, "inventory: package %zu lacks its type or name", inv->packages.n + 1);
    int status = read_layer(layers, v, &p.layer);
    if (status == 0)
        status = read_manager(v, &p.manager);
    if (status == 0)
        inventory_add(inv, &p);
    return status;
}

static void read_problem(struct inventory *inv, json_val *v)
{
    struct str error = json_get_str(v, "error");
    int code = ERR_INVALID;
    for (int i = ERR_INVALID; i >= ERR_UNSUPPORTED; i--)
        if (str_is(error, err_name(i)))
            code = i;
    vec_add(&inv->problems, (struct problem){copied(inv, v, "path"), code, copied(inv, v, "text")});
}

static int read_packages(struct inventory *inv, json_val *list)
{
    struct map layers = {0}; /* digest -> 1 + index */
    int status = 0;
    for (size_t i = 0; i < inv->layers.n; i++)
        map_set(&layers, inv->layers.at[i], (void *)(uintptr_t)(i + 1));
    for (json_each(v, list)) {
        status = read_package(inv, &layers, v);
        if (status < 0)
            break;
    }
    map_free(&layers);
    return status;
}

int inventory_from_value(struct inventory *inv, json_val *root)
{
    if (!yyjson_is_arr(json_get(root, "packages")))
        return err_set(ERR_INVALID, "not an inventory: no list of packages");
    inv->target = copied(inv, root, "target");
    inv->target_kind = copied(inv, root, "kind");
    read_os(inv, json_get(root, "os"));
    for (json_each(layer, json_get(root, "layers")))
        vec_add(&inv->layers, arena_str(inv->arena, json_str(layer)));
    int status = read_packages(inv, json_get(root, "packages"));
    for (json_each(problem, json_get(root, "problems")))
        read_problem(inv, problem);
    return status;
}

int inventory_from_json(struct inventory *inv, struct str json)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    int status = json_parse(a, json, &root);
    return status < 0 ? status : inventory_from_value(inv, root);
}

/* bun.lock (https://bun.com/docs/pm/lockfile): JSON with trailing commas. Each entry of "packages" is an
 * array that begins with "name@version" and, for those from the registry, ends with the hash. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/npm.h"

struct bun_package {
    struct str name, version;
    json_val *entry;
    bool reached;
};

struct reader {
    struct inventory *inv;
    struct view_file *file;
    struct arena *a;
    struct map packages;  /* key in "packages" -> struct bun_package */
    VEC(struct str) todo; /* keys */
};

/* ---- What is for development is not marked: it is what the workspaces do not reach otherwise. ---- */

static void reach(struct reader *r, struct str key, struct bun_package *p)
{
    if (p->reached)
        return;
    p->reached = true;
    vec_add(&r->todo, key);
}

/* A package's own copy of `name` has the key "package/name", or that of an outer package; else it is the
 * common one. */
static void reach_from(struct reader *r, struct str from, struct str name)
{
    for (;;) {
        struct str key = from.n ? arena_printf(r->a, "%.*s/%.*s", STR_ARG(from), STR_ARG(name)) : name;
        struct bun_package *p = map_get(&r->packages, key);
        if (p) {
            reach(r, key, p);
            return;
        }
        if (!from.n)
            return;
        from = str_dirname(from);
    }
}

static void reach_all(struct reader *r, struct str from, json_val *object)
{
    static const char *const kinds[] = {"dependencies", "optionalDependencies", "peerDependencies"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (json_each_member(name, range, json_get(object, kinds[i])))
            if (yyjson_is_str(range))
                reach_from(r, from, json_str(name));
}

static json_val *object_in(json_val *entry)
{
    for (json_each(item, entry))
        if (yyjson_is_obj(item))
            return item;
    return NULL;
}

static void mark_reached(struct reader *r, json_val *root)
{
    for (json_each_member(place, workspace, json_get(root, "workspaces"))) {
        reach_all(r, (struct str){NULL, 0}, workspace);
        reach_all(r, json_get_str(workspace, "name"), workspace);
    }
    while (r->todo.n) {
        struct str key = r->todo.at[--r->todo.n];
        struct bun_package *p = map_get(&r->packages, key);
        reach_all(r, key, object_in(p->entry));
    }
}

static int add(const struct reader *r, const struct bun_package *p)
{
    static const char *const own[] = {"workspace:", "link:", NULL};
    for (const char *const *prefix = own; *prefix; prefix++)
        if (str_starts(p->version, str_from(*prefix)))
            return 0;
    return npm_add(r->inv, r->file,
                   (struct package){
                       .name = p->name,
                       .version = npm_is_version(p->version) ? p->version : (struct str){NULL, 0},
                       .digest = npm_digest(r->a, json_str(yyjson_arr_get_last(p->entry))),
                       .dev = !p->reached,
                       .manager = PM_NPM,
                   });
}

static int read_packages(struct reader *r, json_val *root)
{
    int status = 0;
    for (json_each_member(key, entry, json_get(root, "packages"))) {
        struct bun_package *p = arena_alloc(r->a, sizeof *p);
        p->entry = entry;
        if (npm_cut(json_str(yyjson_arr_get_first(entry)), &p->name, &p->version))
            map_set(&r->packages, json_str(key), p);
        else if (status == 0)
            status = err_set(ERR_INVALID, "'%.*s' does not begin with NAME@VERSION", STR_ARG(json_str(key)));
    }
    mark_reached(r, root);
    for (size_t i = 0; i < r->packages.n; i++) {
        int one = add(r, r->packages.entries[i].value);
        status = status < 0 ? status : one;
    }
    map_free(&r->packages);
    vec_free(&r->todo);
    return status;
}

static int bun_read(struct inventory *inv, struct view_file *file)
{
    if (npm_in_modules(file->path))
        return 0;
    struct str text;
    int status = view_file_content(file, NPM_LOCK_CAP, &text);
    if (status < 0)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    status = json_parse_lax(a, text, &root);
    if (status < 0)
        return status;
    if (!yyjson_is_obj(root))
        return err_set(ERR_INVALID, "bun.lock: not a JSON object");
    struct reader r = {.inv = inv, .file = file, .a = a};
    return read_packages(&r, root);
}

const struct ecosystem ecosystem_bun = {
    .name = "bun",
    .help = "bun.lock",
    .patterns = (const char *const[]){"**/bun.lock", NULL},
    .read = bun_read,
};

/* bun.lock (https://bun.com/docs/pm/lockfile): JSON with trailing commas. Each entry of "packages" is an
 * array that begins with "name@version" and, for those from the registry, ends with the hash. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/npm.h"

/* A key names the packages on the way to a copy, "a/@s/b/c". Looking up a dependency costs one step for each
 * of them, so longer ones are refused, and so are larger files than with other locks. */
enum { BUN_LOCK_CAP = 16 << 20, KEY_MAX = 1024, KEY_PARTS_MAX = 32 };

struct bun_package {
    struct str key, name, version;
    json_val *entry;
    bool reached;
};

struct reader {
    struct inventory *inv;
    struct view_file *file;
    struct arena *a;
    struct map packages; /* key -> struct bun_package */
    VEC(struct bun_package *) todo;
};

/* ---- What is for development is not marked: it is what the workspaces do not reach otherwise. ---- */

static struct bun_package *find_copy(const struct reader *r, struct str from, struct str name)
{
    char key[KEY_MAX];
    if (!from.n)
        return map_get(&r->packages, name);
    if (from.n + 1 + name.n > sizeof key)
        return NULL;
    memcpy(key, from.p, from.n);
    key[from.n] = '/';
    if (name.n)
        memcpy(key + from.n + 1, name.p, name.n);
    return map_get(&r->packages, (struct str){key, from.n + 1 + name.n});
}

/* A package's own copy of `name` has the key "package/name", or that of an outer package; else it is the
 * common one. */
static void reach_from(struct reader *r, struct str from, struct str name)
{
    struct bun_package *p = find_copy(r, from, name);
    for (int i = 0; !p && from.n && i < KEY_PARTS_MAX; i++) {
        from = str_dirname(from);
        p = find_copy(r, from, name);
    }
    if (!p || p->reached)
        return;
    p->reached = true;
    vec_add(&r->todo, p);
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
        const struct bun_package *p = r->todo.at[--r->todo.n];
        reach_all(r, p->key, object_in(p->entry));
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

static int read_entry(struct reader *r, struct str key, json_val *entry)
{
    struct bun_package *p = arena_alloc(r->a, sizeof *p);
    p->key = key;
    p->entry = entry;
    size_t parts = 1;
    for (size_t i = 0; i < key.n; i++)
        parts += key.p[i] == '/';
    if (key.n > KEY_MAX || parts > KEY_PARTS_MAX)
        return err_set(ERR_LIMIT, "a key of more than %d bytes or %d parts", KEY_MAX, KEY_PARTS_MAX);
    if (!npm_cut(json_str(yyjson_arr_get_first(entry)), &p->name, &p->version))
        return err_set(ERR_INVALID, "'%.*s' does not begin with NAME@VERSION", STR_ARG(key));
    map_set(&r->packages, key, p);
    return 0;
}

static int read_packages(struct reader *r, json_val *root)
{
    int status = 0;
    for (json_each_member(key, entry, json_get(root, "packages"))) {
        int one = read_entry(r, json_str(key), entry);
        status = status < 0 ? status : one;
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
    int status = view_file_content(file, BUN_LOCK_CAP, &text);
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

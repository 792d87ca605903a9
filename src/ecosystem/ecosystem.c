/* The dispatch: which ecosystems want a file. Decided for every file of a walk, so patterns are kept by the
 * base name, or else by the extension, that their last segment demands; only the few that share it are
 * matched in full. The few that demand neither are matched against every path, so they should begin with a
 * literal folder. */
#include "ecosystem/ecosystem.h"

#include <pthread.h>

#include "base/err.h"

struct pattern {
    struct str glob;
    const struct ecosystem *ecosystem;
    struct pattern *next; /* with the same key */
};

static struct map by_basename, by_extension;
static struct pattern *others;
static VEC(struct pattern) patterns;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct str extension(struct str name)
{
    ptrdiff_t dot = str_rfind(name, '.');
    return dot < 0 ? (struct str){NULL, 0} : str_slice(name, (size_t)dot + 1, name.n);
}

static bool has_wildcard(struct str s)
{
    return str_find(s, '*') >= 0 || str_find(s, '?') >= 0;
}

static void compile(void)
{
    for (const struct ecosystem *const *e = ecosystems; *e; e++)
        for (const char *const *p = (*e)->patterns; *p; p++)
            vec_add(&patterns, (struct pattern){str_from(*p), *e, NULL});
    vec_each(p, &patterns)
    {
        struct str last = str_basename(p->glob);
        struct str end = extension(last);
        struct pattern **head = !has_wildcard(last)           ? (struct pattern **)map_at(&by_basename, last)
                                : end.n && !has_wildcard(end) ? (struct pattern **)map_at(&by_extension, end)
                                                              : &others;
        p->next = *head;
        *head = p;
    }
}

/* The next pattern that fits, from `p` on. */
static const struct pattern *fitting(const struct pattern *p, struct str path)
{
    while (p && !str_glob(p->glob, path))
        p = p->next;
    return p;
}

bool ecosystem_wants(struct str path)
{
    pthread_once(&once, compile);
    struct str name = str_basename(path);
    return fitting(map_get(&by_basename, name), path) ||
           fitting(map_get(&by_extension, extension(name)), path) || fitting(others, path);
}

static void offer(struct inventory *inv, struct view_file *file, const struct pattern *p)
{
    for (p = fitting(p, file->path); p; p = fitting(p->next, file->path)) {
        int status = p->ecosystem->read(inv, file);
        if (status < 0)
            inventory_problem(inv, file->path, status);
    }
}

void ecosystem_offer(struct inventory *inv, struct view_file *file)
{
    pthread_once(&once, compile);
    struct str name = str_basename(file->path);
    offer(inv, file, map_get(&by_basename, name));
    offer(inv, file, map_get(&by_extension, extension(name)));
    offer(inv, file, others);
}

static bool walk_wants(void *ctx, struct str path, uint64_t size)
{
    (void)ctx;
    (void)size;
    return ecosystem_wants(path);
}

static void walk_visit(void *ctx, struct view_file *file)
{
    ecosystem_offer(ctx, file);
}

static void walk_problem(void *ctx, struct str path, int code)
{
    inventory_problem(ctx, path, code);
}

int ecosystem_walk(struct inventory *inv, struct view *v)
{
    const struct view_visitor visitor = {walk_wants, walk_visit, walk_problem, inv};
    int status = view_walk(v, &visitor);
    inv->files += v->files;
    for (size_t i = 0; i < v->n_layers; i++)
        vec_add(&inv->layers, arena_str(inv->arena, v->layers[i]));
    return status;
}

int ecosystem_json(struct view_file *file, size_t cap, struct arena *a, json_val **ret_root)
{
    struct str text;
    int status = view_file_content(file, cap, &text);
    return status < 0 ? status : json_parse(a, text, ret_root);
}

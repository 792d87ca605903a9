#include "api/route.h"

#include "base/map.h"
#include "base/vec.h"

/* The operations that share a path. */
struct path {
    struct str before, after; /* around the label */
    bool label, rest;         /* rest: the label may have slashes */
    struct operation_list {
        const struct operation **at;
        size_t n, size;
    } operations;
    char methods[40];
};
struct routes {
    struct map exact; /* path -> struct path */
    VEC(struct path *) labelled;
};

static struct path *path_new(struct str text)
{
    struct path *p = mem_alloc(sizeof *p);
    ptrdiff_t open = str_find(text, '{'), close = str_find(text, '}');
    p->label = open >= 0 && close > open;
    p->before = p->label ? str_slice(text, 0, (size_t)open) : text;
    p->after = p->label ? str_slice(text, (size_t)close + 1, text.n) : (struct str){0};
    p->rest = p->label && text.p[close - 1] == '+';
    return p;
}

static void path_add(struct path *p, const struct operation *o)
{
    vec_add(&p->operations, o);
    size_t n = strlen(p->methods);
    snprintf(p->methods + n, sizeof p->methods - n, "%s%s", n ? ", " : "", o->method);
}

static void routes_add(struct routes *r, const struct operation *o)
{
    struct str text = str_from(o->path);
    struct path *p = path_new(text), *same = NULL;
    if (!p->label) {
        void **at = map_at(&r->exact, text);
        same = *at;
        if (!same)
            *at = p;
    } else {
        vec_each(known, &r->labelled) if (str_eq((*known)->before, p->before) &&
                                          str_eq((*known)->after, p->after) && (*known)->rest == p->rest)
            same = *known;
        if (!same)
            vec_add(&r->labelled, p);
    }
    if (same)
        free(p);
    path_add(same ? same : p, o);
}

struct routes *routes_new(const struct operation_group *const *groups)
{
    struct routes *r = mem_alloc(sizeof *r);
    for (; *groups; groups++)
        for (const struct operation *o = (*groups)->operations; o->name; o++)
            routes_add(r, o);
    return r;
}

static void path_free(struct path *p)
{
    vec_free(&p->operations);
    free(p);
}

void routes_free(struct routes *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->exact.n; i++)
        path_free(r->exact.entries[i].value);
    map_free(&r->exact);
    vec_each(p, &r->labelled) path_free(*p);
    vec_free(&r->labelled);
    free(r);
}

static bool fits(const struct path *p, struct str path, struct str *ret_label)
{
    if (path.n <= p->before.n + p->after.n || !str_starts(path, p->before) || !str_ends(path, p->after))
        return false;
    struct str label = str_slice(path, p->before.n, path.n - p->after.n);
    if (!p->rest && str_find(label, '/') >= 0)
        return false;
    *ret_label = label;
    return true;
}

bool routes_find(const struct routes *r, struct str method, struct str path, struct route *ret_route)
{
    const struct path *found = map_get(&r->exact, path);
    struct str label = {0};
    for (size_t i = 0; i < r->labelled.n && !found; i++)
        if (fits(r->labelled.at[i], path, &label))
            found = r->labelled.at[i];
    if (!found)
        return false;
    *ret_route = (struct route){.label = label, .methods = found->methods};
    for (size_t i = 0; i < found->operations.n; i++)
        if (str_is(method, found->operations.at[i]->method))
            ret_route->operation = found->operations.at[i];
    return true;
}

#include "report/group.h"

#include "base/cleanup.h"
#include "base/map.h"
#include "version/version.h"

/* A group while it grows. */
struct growing {
    struct str name, version, fixed;
    VEC(const struct finding *) findings;
    VEC(const struct package *) packages;
};
typedef VEC(struct growing) growing_vec;

static struct str shown_name(struct arena *a, const struct package *p)
{
    if (p->manager == PM_OS)
        return p->source.n ? p->source : p->name;
    if (!p->namespace.n)
        return p->name;
    return arena_printf(a, "%.*s%c%.*s", STR_ARG(p->namespace), str_is(p->type, "maven") ? ':' : '/',
                        STR_ARG(p->name));
}

static struct str shown_version(const struct package *p)
{
    return p->manager == PM_OS && p->source_version.n ? p->source_version : p->version;
}

/* When the versions cannot be compared the first one stays. */
static bool is_higher(const struct finding *f, struct str than)
{
    int order = 0;
    const struct version_scheme *scheme = f->n_matches ? version_scheme_find(f->matches[0]->scheme) : NULL;
    if (!f->fixed.n || !than.n)
        return f->fixed.n != 0;
    return scheme && version_compare(scheme, f->fixed, than, &order) == 0 && order > 0;
}

static struct growing *group_of(struct arena *a, struct map *by_key, growing_vec *groups,
                                const struct package *p)
{
    struct str name = shown_name(a, p), version = shown_version(p);
    struct str key = arena_printf(a, "%.*s\n%.*s\n%.*s", STR_ARG(p->type), STR_ARG(name), STR_ARG(version));
    void **index = map_at(by_key, key);
    if (!*index) {
        vec_add(groups, (struct growing){.name = name, .version = version});
        *index = (void *)groups->n;
    }
    return &groups->at[(size_t)*index - 1];
}

/* True the first time that this key is seen. */
static bool is_first(struct arena *a, struct map *seen, const struct growing *g, const growing_vec *groups,
                     struct str what)
{
    void **at = map_at(seen, arena_printf(a, "%zu\n%.*s", (size_t)(g - groups->at), STR_ARG(what)));
    bool first = !*at;
    *at = seen;
    return first;
}

static struct finding_group finish(struct arena *a, struct growing *g)
{
    struct finding_group group = {g->name, g->version, g->fixed, NULL, g->findings.n, NULL, g->packages.n};
    group.findings = arena_new_array(a, const struct finding *, g->findings.n);
    group.packages = arena_new_array(a, const struct package *, g->packages.n);
    memcpy(group.findings, g->findings.at, g->findings.n * sizeof *g->findings.at);
    memcpy(group.packages, g->packages.at, g->packages.n * sizeof *g->packages.at);
    vec_free(&g->findings);
    vec_free(&g->packages);
    return group;
}

struct finding_groups finding_groups_of(struct arena *a, const struct report *r,
                                        bool (*wanted)(const struct finding *))
{
    struct map by_key = {0}, seen = {0};
    growing_vec groups = {0};
    vec_each(f, &r->findings->findings)
    {
        if (!wanted(f))
            continue;
        const struct package *p = &r->inventory->packages.at[f->package];
        struct growing *g = group_of(a, &by_key, &groups, p);
        if (is_first(a, &seen, g, &groups, f->id))
            vec_add(&g->findings, f);
        if (is_first(a, &seen, g, &groups, arena_printf(a, "%u", f->package)))
            vec_add(&g->packages, p);
        if (is_higher(f, g->fixed))
            g->fixed = f->fixed;
    }
    struct finding_group *finished = arena_new_array(a, struct finding_group, groups.n);
    for (size_t i = 0; i < groups.n; i++)
        finished[i] = finish(a, &groups.at[i]);
    struct finding_groups result = {finished, groups.n};
    vec_free(&groups);
    map_free(&by_key);
    map_free(&seen);
    return result;
}

#include "reach/filter.h"
#include "reach/lead.h"
#include "reach/load.h"
#include "reach/open_state.h"

enum { PARTS_MAX = 64 }; /* of a delegated range */

/* ── contexts ── */

struct spans context_back(const struct context *c, const struct gate *gate)
{
    return table_to(c->table, c->family, gate->edge.component);
}

/* Sources whose packets get to the subnet, and to whom its answers get back. */
static struct spans gate_sources(const struct context *c, struct gate *gate)
{
    struct spans sources = edge_sources(&gate->edge, c->sample, &gate->via[0]);
    struct spans routed = context_back(c, gate), answers = acl_answers(c->acl, c->family, gate->protocol);
    struct spans coming = spans_intersection(&sources, &routed);
    struct spans both = spans_intersection(&coming, &answers);
    gate->via[1] = table_box(c->table, c->family, gate->edge.component, &both);
    if (gate->via[1] == gate->via[0])
        gate->via[1] = NULL;
    spans_free(&sources);
    spans_free(&routed);
    spans_free(&coming);
    spans_free(&answers);
    return both;
}

static void gate_add(struct context *c, const struct edge *e, int protocol)
{
    struct gate gate = {.edge = *e, .protocol = protocol};
    struct spans sources = gate_sources(c, &gate);
    port_vec begins = {0};
    if (sources.n)
        acl_parts(c->acl, INBOUND, protocol, 0, PORT_LAST, &begins);
    vec_each(begin, &begins)
    {
        struct spans allowed = acl_allowed(c->acl, INBOUND, c->family, protocol, *begin);
        struct spans in = spans_intersection(&sources, &allowed);
        if (in.n)
            vec_add(&gate.parts, (struct part){*begin, begin + 1 < begin_end ? begin[1] - 1 : PORT_LAST, in});
        spans_free(&allowed);
    }
    vec_free(&begins);
    spans_free(&sources);
    vec_add(&c->gates, gate);
}

static void context_build(struct context *c)
{
    edge_vec edges = {0};
    vpc_edges(c->vpc, &edges);
    vec_each(e, &edges)
    {
        gate_add(c, e, PROTOCOL_TCP);
        gate_add(c, e, PROTOCOL_UDP);
    }
    vec_free(&edges);
}

static void context_free(struct context *c)
{
    vec_each(g, &c->gates)
    {
        vec_each(p, &g->parts) spans_free(&p->sources);
        vec_free(&g->parts);
    }
    vec_free(&c->gates);
}

const struct context *reach_context(struct reach *r, struct subnet *s, struct address x)
{
    struct {
        const void *vpc, *table, *acl, *route;
        uint64_t family;
    } key = {s->vpc, subnet_table(s), subnet_acl(s), cells_find(&r->cells[x.family], x.value), x.family};
    if (!s->vpc)
        return NULL;
    struct str bytes = {(const char *)&key, sizeof key};
    struct context *c = map_get(&r->context_of, bytes);
    if (c)
        return c;
    c = arena_alloc(r->arena, sizeof *c);
    *c = (struct context){.vpc = s->vpc, .table = key.table, .acl = key.acl, .family = x.family, .sample = x};
    map_set(&r->context_of, arena_str(r->arena, bytes), c);
    vec_add(&r->contexts, c);
    context_build(c);
    return c;
}

/* ── groups ── */

static void open_part(struct spans *to, const struct group *g, const struct context *c,
                      const struct gate *gate, const struct part *part)
{
    bool references = edge_has_groups(&gate->edge);
    vec_each(r, &g->rules[INBOUND])
    {
        int from = r->protocol == -1 ? 0 : r->from, end = r->protocol == -1 ? PORT_LAST : r->to;
        if (r->protocol != -1 && r->protocol != gate->protocol)
            continue;
        from = from > part->begin ? from : part->begin;
        end = end < part->end ? end : part->end;
        if (from <= end && rule_meets(r, &part->sources, c->family, references))
            spans_add(to, (word)from, (word)end);
    }
}

static const struct spans *group_openings(struct reach *r, struct group *g, const struct context *c)
{
    struct group_state *state = &r->groups.at[g->index - 1];
    vec_each(o, &state->opened)
    {
        if (o->context == c)
            return o->ports;
    }
    struct spans *ports = mem_alloc((c->gates.n ? c->gates.n : 1) * sizeof *ports);
    for (size_t i = 0; i < c->gates.n; i++)
        vec_each(part, &c->gates.at[i].parts) open_part(&ports[i], g, c, &c->gates.at[i], part);
    vec_add(&state->opened, (struct opened){c, ports});
    return ports;
}

void group_forget(struct group_state *state)
{
    vec_each(o, &state->opened)
    {
        for (size_t i = 0; i < o->context->gates.n; i++)
            spans_free(&o->ports[i]);
        free(o->ports);
    }
    vec_free(&state->opened);
}

/* ── classes ── */

static void class_ranges(struct reach *r, struct class *c, int gate)
{
    struct spans all = {0};
    vec_each(g, &c->groups) spans_add_all(&all, &group_openings(r, *g, c->context)[gate]);
    vec_each(span, &all)
    {
        struct range *range = vec_push(&c->ranges);
        *range = (struct range){.gate = gate, .begin = (int)span->lo, .end = (int)span->hi};
        for (size_t i = 0; i < c->groups.n; i++)
            if (spans_meet(&group_openings(r, c->groups.at[i], c->context)[gate], span->lo, span->hi))
                range->groups |= (uint64_t)1 << (i < 63 ? i : 63);
    }
    spans_free(&all);
}

void class_build(struct reach *r, struct class *c)
{
    vec_free(&c->ranges);
    for (size_t i = 0; i < c->context->gates.n; i++)
        class_ranges(r, c, (int)i);
}

static int by_id(const void *x, const void *y)
{
    const struct node *a = *(const struct node *const *)x, *b = *(const struct node *const *)y;
    return str_cmp(a->id, b->id);
}

static struct group_state *group_state(struct reach *r, struct group *g)
{
    if (!g->index) {
        vec_push(&r->groups);
        g->index = r->groups.n;
    }
    return &r->groups.at[g->index - 1];
}

/* `groups` is sorted, and without doubles. */
static struct class *class_of(struct reach *r, const struct context *c, struct group *const *groups, size_t n)
{
    _Alignas(void *) char key[8 * 65];
    size_t kept = n < 64 ? n : 64;
    memcpy(key, &c, sizeof c);
    memcpy(key + sizeof c, groups, kept * sizeof *groups);
    struct str bytes = {key, (kept + 1) * sizeof c};
    struct class *class = map_get(&r->class_of, bytes);
    if (class)
        return class;
    class = arena_alloc(r->arena, sizeof *class);
    class->context = c;
    for (size_t i = 0; i < kept; i++) {
        vec_add(&class->groups, groups[i]);
        vec_add(&group_state(r, groups[i])->classes, class);
    }
    map_set(&r->class_of, arena_str(r->arena, bytes), class);
    vec_add(&r->classes, class);
    class_build(r, class);
    return class;
}

/* ── interfaces ── */

static void point_add(struct interface_state *state, struct interface *i, struct class *class, bool public)
{
    vec_each(p, &state->points)
    {
        if (p->class == class) {
            p->public |= public;
            return;
        }
    }
    vec_add(&state->points, (struct point){class, public});
    vec_add(&class->interfaces, i);
}

/* Of a delegated range each part that routes speak of alike. */
static void points_add(struct reach *r, struct interface_state *state, struct interface *i,
                       struct group *const *groups, size_t n, const struct prefix *p)
{
    word at = p->lo;
    for (int parts = 0; parts < PARTS_MAX; parts++) {
        struct address x = {at, p->family};
        const struct context *c = reach_context(r, i->subnet, x);
        word end = cells_end(&r->cells[p->family], p->family, at);
        if (c)
            point_add(state, i, class_of(r, c, groups, n), address_is_routed(x));
        if (end >= p->hi)
            return;
        at = end + 1;
    }
}

void reach_add(struct reach *r, struct interface *i)
{
    VEC(struct group *) groups = {0};
    struct interface_state *state = vec_push(&r->interfaces);
    i->index = r->interfaces.n;
    vec_each(g, &i->groups) vec_add(&groups, *g);
    if (groups.n)
        qsort(groups.at, groups.n, sizeof *groups.at, by_id);
    size_t n = 0;
    for (size_t k = 0; k < groups.n; k++)
        if (!n || groups.at[n - 1] != groups.at[k])
            groups.at[n++] = groups.at[k];
    for (size_t k = 0; k < i->ips.n && n && i->subnet; k++) {
        const struct ip *ip = &i->ips.at[k];
        const struct context *c = reach_context(r, i->subnet, ip->private);
        if (c)
            point_add(state, i, class_of(r, c, groups.at, n), ip_is_public(ip));
    }
    for (size_t k = 0; k < i->prefixes.n && n && i->subnet; k++)
        points_add(r, state, i, groups.at, n, &i->prefixes.at[k]);
    vec_free(&groups);
}

static void add_routes(struct reach *r, const route_vec *routes)
{
    vec_each(route, routes) vec_add(&r->everywhere, *route);
}

void reach_build(struct reach *r)
{
    struct model *m = r->model;
    r->arena = arena_new(0);
    model_each(struct route_table, t, m, KIND_ROUTE_TABLE) add_routes(r, &t->expanded);
    model_each(struct transit_table, t, m, KIND_TRANSIT_TABLE) add_routes(r, &t->expanded);
    for (int f = 0; f < N_FAMILIES; f++)
        r->cells[f] = cells_build(r->everywhere.at, r->everywhere.n, (enum family)f);
    model_each(struct interface, i, m, KIND_INTERFACE) i->index = 0;
    model_each(struct group, g, m, KIND_GROUP) g->index = 0;
    model_each(struct instance, i, m, KIND_INSTANCE)
    {
        if (instance_is_gone(i))
            continue;
        r->instances++;
        vec_each(interface, &i->interfaces) reach_add(r, *interface);
    }
    model_each(struct balancer, b, m, KIND_BALANCER) balance(r, b);
}

void reach_clear(struct reach *r)
{
    vec_each(g, &r->groups)
    {
        group_forget(g);
        vec_free(&g->classes);
    }
    vec_each(c, &r->classes)
    {
        vec_free(&(*c)->groups);
        vec_free(&(*c)->ranges);
        vec_free(&(*c)->interfaces);
    }
    vec_each(c, &r->contexts) context_free(*c);
    vec_each(i, &r->interfaces)
    {
        vec_free(&i->points);
        vec_free(&i->vias);
    }
    vec_free(&r->groups);
    vec_free(&r->classes);
    vec_free(&r->contexts);
    vec_free(&r->interfaces);
    vec_free(&r->everywhere);
    map_free(&r->class_of);
    map_free(&r->context_of);
    cells_free(&r->cells[IPV4]);
    cells_free(&r->cells[IPV6]);
    arena_free(r->arena);
    *r = (struct reach){.model = r->model};
}

struct reach *reach_compute(struct model *m)
{
    struct reach *r = mem_alloc(sizeof *r);
    r->model = m;
    reach_build(r);
    return r;
}

void reach_free(struct reach *r)
{
    if (!r)
        return;
    reach_clear(r);
    free(r);
}

struct reach_size reach_size(const struct reach *r)
{
    return (struct reach_size){r->instances, r->interfaces.n, r->classes.n, r->contexts.n};
}

void reach_add_via(struct reach *r, const struct interface *i, const struct via *via)
{
    struct interface_state *state = &r->interfaces.at[i->index - 1];
    vec_each(v, &state->vias)
    {
        if (v->balancer == via->balancer && v->gate->edge.component == via->gate->edge.component &&
            v->protocol == via->protocol && v->port == via->port) {
            v->ipv4 |= via->ipv4;
            v->ipv6 |= via->ipv6;
            return;
        }
    }
    vec_add(&state->vias, *via);
}

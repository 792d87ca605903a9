/* Paths: the open ranges of an interface, sorted, put together where they touch, with the steps that lead
 * there. */
#include "reach/filter.h"
#include "reach/open_state.h"
#include "reach/port.h"

struct found {
    const struct class *class;
    const struct gate *gate;
    int begin, end;
    uint64_t groups;
    bool families[N_FAMILIES];
};
typedef VEC(struct found) found_vec;

static int by_edge(const void *x, const void *y)
{
    const struct found *a = x, *b = y;
    const struct edge *e = &a->gate->edge, *o = &b->gate->edge;
    if (e->type != o->type)
        return e->type < o->type ? -1 : 1;
    if (e->component != o->component)
        return str_cmp(e->component->id, o->component->id);
    if (a->gate->protocol != b->gate->protocol)
        return a->gate->protocol - b->gate->protocol;
    return a->begin != b->begin ? a->begin - b->begin : a->end - b->end;
}

static void collect(const struct interface_state *state, found_vec *ret_found)
{
    vec_each(p, &state->points)
    {
        vec_each(range, &p->class->ranges)
        {
            const struct gate *gate = &p->class->context->gates.at[range->gate];
            if (gate->edge.type == EDGE_INTERNET && !p->public)
                continue;
            struct found *f = vec_push(ret_found);
            *f = (struct found){p->class, gate, range->begin, range->end, range->groups, {0}};
            f->families[p->class->context->family] = true;
        }
    }
}

/* Ranges of several addresses become one where they touch. */
static void merge(found_vec *all)
{
    size_t n = 0;
    if (!all->n)
        return;
    qsort(all->at, all->n, sizeof *all->at, by_edge);
    for (size_t i = 0; i < all->n; i++) {
        struct found *f = &all->at[i], *last = n ? &all->at[n - 1] : NULL;
        if (!last || last->gate->edge.component != f->gate->edge.component ||
            last->gate->protocol != f->gate->protocol || f->begin > last->end + 1) {
            all->at[n++] = *f;
            continue;
        }
        last->end = f->end > last->end ? f->end : last->end;
        last->groups |= f->groups;
        last->families[IPV4] |= f->families[IPV4];
        last->families[IPV6] |= f->families[IPV6];
    }
    all->n = n;
}

static void step(struct reach_open *o, const struct node *n)
{
    if (n && o->n_steps < STEPS_MAX)
        o->steps[o->n_steps++] = n;
}

/* An appliance, and the firewall that it is the endpoint of. */
static void step_box(struct reach_open *o, const struct node *box)
{
    step(o, box);
    if (box && box->kind == KIND_ENDPOINT)
        step(o, ((const struct endpoint *)box)->firewall);
}

static int emit(const struct interface *i, const struct found *f, reach_visit *visit, void *data)
{
    struct reach_open o = {.instance = i->instance,
                           .interface = i,
                           .edge = &f->gate->edge,
                           .protocol = f->gate->protocol,
                           .begin = f->begin,
                           .end = f->end,
                           .ipv4 = f->families[IPV4],
                           .ipv6 = f->families[IPV6]};
    o.severity = port_severity(o.protocol, o.begin, o.end, o.edge->type == EDGE_INTERNET);
    step(&o, o.edge->component);
    step_box(&o, f->gate->via[0]);
    step_box(&o, f->gate->via[1]);
    step(&o, (const struct node *)f->class->context->acl);
    for (size_t g = 0; g < f->class->groups.n && o.n_steps < STEPS_MAX - 2; g++)
        if (f->groups & (uint64_t)1 << (g < 63 ? g : 63))
            step(&o, &f->class->groups.at[g]->node);
    step(&o, &i->node);
    step(&o, &i->instance->node);
    return visit(&o, data);
}

static int emit_via(const struct interface *i, const struct via *v, reach_visit *visit, void *data)
{
    struct reach_open o = {.instance = i->instance,
                           .interface = i,
                           .edge = &v->gate->edge,
                           .balancer = v->balancer,
                           .balancer_port = v->balancer_port,
                           .protocol = v->protocol,
                           .begin = v->port,
                           .end = v->port,
                           .ipv4 = v->ipv4,
                           .ipv6 = v->ipv6};
    o.severity = port_severity(o.protocol, o.begin, o.end, o.edge->type == EDGE_INTERNET);
    step(&o, o.edge->component);
    step_box(&o, v->gate->via[0]);
    step_box(&o, v->gate->via[1]);
    step(&o, (const struct node *)v->balancer_acl);
    step(&o, (const struct node *)v->balancer_group);
    step(&o, &v->balancer->node);
    step(&o, (const struct node *)v->inner);
    step(&o, (const struct node *)subnet_acl(i->subnet));
    step(&o, (const struct node *)v->group);
    step(&o, &i->node);
    step(&o, &i->instance->node);
    return visit(&o, data);
}

static int each_of_interface(struct reach *r, const struct interface *i, reach_visit *visit, void *data)
{
    if (!i->index)
        return 0;
    const struct interface_state *state = &r->interfaces.at[i->index - 1];
    found_vec all = {0};
    int status = 0;
    collect(state, &all);
    merge(&all);
    for (size_t k = 0; k < all.n && status == 0; k++)
        status = emit(i, &all.at[k], visit, data);
    for (size_t k = 0; k < state->vias.n && status == 0; k++)
        status = emit_via(i, &state->vias.at[k], visit, data);
    vec_free(&all);
    return status;
}

int reach_of_instance(struct reach *r, const struct instance *i, reach_visit *visit, void *data)
{
    int status = 0;
    for (size_t k = 0; k < i->interfaces.n && status == 0; k++)
        status = each_of_interface(r, i->interfaces.at[k], visit, data);
    return status;
}

int reach_each(struct reach *r, reach_visit *visit, void *data)
{
    int status = 0;
    model_each(struct instance, i, r->model, KIND_INSTANCE)
    {
        if (status == 0)
            status = reach_of_instance(r, i, visit, data);
    }
    return status;
}

struct str reach_title(struct arena *a, const struct reach_open *o)
{
    const char *protocol = o->protocol == PROTOCOL_TCP ? "TCP" : "UDP";
    if (o->begin == o->end)
        return arena_printf(a, "Port %d is reachable from %s - %s", o->begin, edge_name(o->edge), protocol);
    return arena_printf(a, "Port range %d-%d is reachable from %s - %s", o->begin, o->end, edge_name(o->edge),
                        protocol);
}

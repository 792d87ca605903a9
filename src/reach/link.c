/* What the describe calls leave to be worked out: who belongs to a group, where an address is, what routes a
 * table really has once prefix lists are resolved and attachments have told theirs. */
#include "reach/describe.h"
#include "reach/route.h"

enum { ROUTES_MAX = 1 << 17 };    /* what prefix lists may make of a table; AWS's own limit is 1,000 */
enum { TARGETS_MAX = 10 * 1000 }; /* of the kinds that are looked at one by one */

static int by_number(const void *x, const void *y)
{
    const struct rule *a = x, *b = y;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void sort_rules(rule_vec *r)
{
    if (r->n)
        qsort(r->at, r->n, sizeof *r->at, by_number);
}

static void cells_anew(struct cells cells[N_FAMILIES], struct route *routes, size_t n)
{
    for (int f = 0; f < N_FAMILIES; f++) {
        cells_free(&cells[f]);
        cells[f] = cells_build(routes, n, (enum family)f);
    }
}

static void add_once(struct model *m, node_vec *all, struct node *n)
{
    vec_each(have, all)
    {
        if (*have == n)
            return;
    }
    if (all->n < TARGETS_MAX)
        vec_add(all, n);
    else
        model_problem(m, "%.*s: one of more than %d targets of a table", STR_ARG(n->id), TARGETS_MAX);
}

/* A list that is not described may hold any address: `unknown` gets where it leads. */
static void expand(struct model *m, route_vec *to, node_vec *unknown, const struct route *r)
{
    struct route one = *r;
    if (r->list && !r->list->node.known && r->target && !r->black_hole)
        add_once(m, unknown, r->target);
    one.list = NULL;
    if (!r->list)
        vec_add(to, one);
    for (size_t i = 0; r->list && i < r->list->prefixes.n; i++) {
        if (to->n >= ROUTES_MAX) {
            model_problem(m, "a route table has more than %d routes", ROUTES_MAX);
            return;
        }
        one.to = r->list->prefixes.at[i];
        vec_add(to, one);
    }
}

static bool has_node(struct node *const *all, size_t n, const struct node *one)
{
    for (size_t i = 0; i < n; i++)
        if (all[i] == one)
            return true;
    return false;
}

static bool has_attachment(const struct vpc *v, const struct node *gateway)
{
    vec_each(a, &v->attachments)
    {
        if (&(*a)->gateway->node == gateway)
            return true;
    }
    return false;
}

static void infer_attachment(struct model *m, struct vpc *v, const struct node *gateway)
{
    struct attachment *a = has_attachment(v, gateway) ? NULL : model_attachment(m, v->node.id, gateway->id);
    if (!a)
        return;
    a->resource = &v->node;
    a->live = true;
    vec_add(&v->attachments, a);
}

/* An active route cannot name a gateway that is not attached, so one that nobody described (it is another
 * account's, or the call was not allowed) is known by it. What is beyond it is not known then. */
static void infer_edge(struct model *m, struct vpc *v, struct node *target)
{
    if (target->kind == KIND_INTERNET_GATEWAY && !target->known && !v->internet) {
        v->internet = (struct internet_gateway *)target;
        v->internet->vpc = v;
    } else if (target->kind == KIND_PEERING && !target->known) {
        struct peering *p = (struct peering *)target;
        p->active = true;
        if (!has_node((struct node *const *)v->peerings.at, v->peerings.n, target))
            vec_add(&v->peerings, p);
    } else if (target->kind == KIND_VPN_GATEWAY && !target->known) {
        if (!has_node((struct node *const *)v->vpn_gateways.at, v->vpn_gateways.n, target))
            vec_add(&v->vpn_gateways, (struct vpn_gateway *)target);
    } else if (target->kind == KIND_TRANSIT_GATEWAY) {
        infer_attachment(m, v, target);
    } else if (target->kind == KIND_OTHER && !str_is(target->id, "VpcLattice")) {
        add_once(m, &v->others, target);
    }
}

static bool is_box(const struct node *n)
{
    return n->kind == KIND_ENDPOINT || n->kind == KIND_INTERFACE || n->kind == KIND_INSTANCE;
}

static void put_on_route(struct node *box)
{
    if (box->kind == KIND_INTERFACE)
        ((struct interface *)box)->on_route = true;
    else if (box->kind == KIND_INSTANCE)
        ((struct instance *)box)->on_route = true;
}

static void link_table(struct model *m, struct route_table *t)
{
    vec_free(&t->expanded);
    vec_free(&t->unknown);
    vec_free(&t->boxes);
    vec_each(r, &t->routes)
    {
        expand(m, &t->expanded, &t->unknown, r);
        if (!r->target || r->black_hole)
            continue;
        if (t->vpc)
            infer_edge(m, t->vpc, r->target);
        if (!is_box(r->target))
            continue;
        add_once(m, &t->boxes, r->target);
        put_on_route(r->target);
    }
    cells_anew(t->cells, t->expanded.at, t->expanded.n);
}

static void learn(struct transit_table *t, const prefix_vec *p, struct attachment *from, int rank)
{
    vec_each(prefix, p)
        vec_add(&t->expanded, (struct route){.to = *prefix, .target = &from->node, .rank = rank});
}

/* What is announced over BGP is in no description but the search of a table's routes: without it, and unless
 * the devices are described, anything may be. */
static void learn_all(struct model *m, struct transit_table *t, struct attachment *from)
{
    if (from->told_by == t)
        return;
    add_once(m, &t->unknown, &from->node);
    for (int f = 0; f < N_FAMILIES; f++)
        vec_add(&t->expanded,
                (struct route){.to = {.hi = family_last((enum family)f), .family = (enum family)f},
                               .target = &from->node,
                               .rank = RANK_UNKNOWN});
}

static void learn_device(struct transit_table *t, const struct device *d, struct attachment *from, int rank)
{
    learn(t, &d->prefixes, from, rank);
    learn(t, &d->advertised, from, rank);
}

static void learn_dx(struct model *m, struct transit_table *t, const struct dx_gateway *g,
                     struct attachment *from)
{
    bool described = false;
    vec_each(v, &g->virtual_interfaces)
    {
        if ((*v)->device)
            learn_device(t, (*v)->device, from, RANK_PROPAGATED_DX);
        described |= (*v)->device != NULL;
    }
    if (!described)
        learn_all(m, t, from);
}

/* The order of ranks is that of AWS's documentation of transit gateways, "Route evaluation order". */
static void link_propagation(struct model *m, struct transit_table *t, struct attachment *from)
{
    if (!from->node.known || !from->resource) {
        learn_all(m, t, from);
    } else if (!from->live) {
        return;
    } else if (from->resource->kind == KIND_VPC && from->resource->known) {
        learn(t, &((struct vpc *)from->resource)->prefixes, from, RANK_PROPAGATED);
    } else if (from->resource->kind == KIND_VPN_CONNECTION) {
        struct vpn_connection *c = (struct vpn_connection *)from->resource;
        if (c->node.known && !c->live)
            return;
        learn(t, &c->routes, from, RANK_PROPAGATED_VPN);
        if (c->device)
            learn_device(t, c->device, from, RANK_PROPAGATED_VPN);
        else if (!c->static_only)
            learn_all(m, t, from);
    } else if (from->resource->kind == KIND_DX_GATEWAY) {
        learn_dx(m, t, (struct dx_gateway *)from->resource, from);
    } else {
        learn_all(m, t, from);
    }
}

static void link_entry(struct model *m, struct transit_table *t, struct transit_entry *e)
{
    /* By id alone: a peering has the same on both sides. */
    struct attachment *to = t->gateway ? model_attachment(m, e->attachment, t->gateway->node.id) : NULL;
    if (e->propagation)
        return;
    e->route.target = (struct node *)to;
    if (to && e->route.rank >= RANK_PROPAGATED)
        to->told_by = t;
    e->route.black_hole |= !to;
    expand(m, &t->expanded, &t->unknown, &e->route);
}

static void link_transit_table(struct model *m, struct transit_table *t)
{
    vec_free(&t->expanded);
    vec_free(&t->unknown);
    if (t->gateway && t->node.known)
        t->gateway->has_tables = true;
    vec_each(e, &t->entries) link_entry(m, t, e);
    vec_each(e, &t->entries)
    {
        struct attachment *from =
            e->propagation && t->gateway ? model_attachment(m, e->attachment, t->gateway->node.id) : NULL;
        if (from)
            link_propagation(m, t, from);
    }
    cells_anew(t->cells, t->expanded.at, t->expanded.n);
}

static void link_policy_table(struct model *m, struct policy_table *t)
{
    vec_each(id, &t->attachments)
    {
        struct attachment *a = t->gateway ? model_attachment(m, *id, t->gateway->node.id) : NULL;
        if (a)
            a->policy = t;
    }
    if (t->gateway && !t->associations_told)
        t->gateway->policies_told = false;
    t->told &= !t->gateway || list_is_told(m, t->gateway->of_guest, LIST_POLICY_TABLES);
}

void interface_add_ip(struct interface *i, const struct ip *ip)
{
    vec_each(have, &i->ips)
    {
        if (have->private.family == ip->private.family && have->private.value == ip->private.value) {
            have->public = ip->public.value ? ip->public : have->public;
            return;
        }
    }
    vec_add(&i->ips, *ip);
}

static int by_word(const void *x, const void *y)
{
    word a = *(const word *)x, b = *(const word *)y;
    return a < b ? -1 : a > b;
}

static void collect_addresses(struct group *g, enum family f)
{
    VEC(word) all = {0};
    vec_each(i, &g->members)
    {
        vec_each(ip, &(*i)->ips)
        {
            if (ip->private.family == f)
                vec_add(&all, ip->private.value);
        }
        vec_each(p, &(*i)->prefixes)
        {
            if (p->family == f)
                spans_add(&g->addresses[f], p->lo, p->hi);
        }
    }
    if (all.n)
        qsort(all.at, all.n, sizeof *all.at, by_word);
    vec_each(x, &all) spans_add(&g->addresses[f], *x, *x);
    vec_free(&all);
}

const struct spans *group_addresses(struct group *g, enum family f)
{
    if (!g->has_addresses) {
        collect_addresses(g, IPV4);
        collect_addresses(g, IPV6);
        g->has_addresses = true;
    }
    return &g->addresses[f];
}

static void link_public(struct model *m, const struct public_address *p)
{
    struct public_address *copy = arena_alloc(m->arena, sizeof *copy);
    *copy = *p;
    map_set(&m->publics, address_key(&copy->address), copy);
}

/* The key outlives the interface's own list of addresses. */
static void link_private(struct model *m, struct interface *i, const struct address *x)
{
    struct address *copy = arena_alloc(m->arena, sizeof *copy);
    *copy = *x;
    map_set(&i->subnet->interfaces, address_key(copy), i);
}

static void link_interface(struct model *m, struct interface *i)
{
    vec_each(ip, &i->ips)
    {
        /* An address outside of its subnet is no address there. */
        if (i->subnet)
            link_private(m, i, &ip->private);
        if (ip->public.value)
            link_public(m, &(struct public_address){ip->public, i, NULL, ip->private});
        else if (ip->private.family == IPV6)
            link_public(m, &(struct public_address){ip->private, i, NULL, ip->private});
    }
    for (size_t n = 0; i->subnet && n < i->prefixes.n; n++)
        vec_add(&i->subnet->delegated, (struct delegated){i->prefixes.at[n], i});
    vec_each(g, &i->groups) vec_add(&(*g)->members, i);
}

static void forget_addresses(struct group *g)
{
    spans_free(&g->addresses[IPV4]);
    spans_free(&g->addresses[IPV6]);
    g->has_addresses = false;
}

static void unlink_public(struct model *m, const struct interface *i, const struct address *x)
{
    const struct public_address *p = map_get(&m->publics, address_key(x));
    if (p && p->interface == i)
        map_set(&m->publics, address_key(&p->address), NULL);
}

static void unlink_delegated(struct subnet *s, const struct interface *i)
{
    size_t n = 0;
    for (size_t k = 0; k < s->delegated.n; k++)
        if (s->delegated.at[k].interface != i)
            s->delegated.at[n++] = s->delegated.at[k];
    s->delegated.n = n;
}

void model_unlink_interface(struct model *m, struct interface *i)
{
    if (i->subnet)
        unlink_delegated(i->subnet, i);
    vec_each(ip, &i->ips)
    {
        if (i->subnet && subnet_interface(i->subnet, ip->private) == i)
            map_set(&i->subnet->interfaces, address_key(&ip->private), NULL);
        unlink_public(m, i, ip->public.value ? &ip->public : &ip->private);
    }
    vec_each(g, &i->groups)
    {
        size_t n = 0;
        for (size_t k = 0; k < (*g)->members.n; k++)
            if ((*g)->members.at[k] != i)
                (*g)->members.at[n++] = (*g)->members.at[k];
        (*g)->members.n = n;
        forget_addresses(*g);
    }
}

void model_link_interface(struct model *m, struct interface *i)
{
    link_interface(m, i);
    vec_each(g, &i->groups) forget_addresses(*g);
}

static void link_interfaces(struct model *m)
{
    map_free(&m->publics);
    model_each(struct subnet, s, m, KIND_SUBNET)
    {
        map_free(&s->interfaces);
        vec_free(&s->delegated);
    }
    model_each(struct group, g, m, KIND_GROUP)
    {
        vec_free(&g->members);
        forget_addresses(g);
    }
    vec_each(e, &m->elastic) interface_add_ip(e->interface, &e->ip);
    model_each(struct interface, i, m, KIND_INTERFACE) link_interface(m, i);
    model_each(struct vpn_connection, c, m, KIND_VPN_CONNECTION)
    {
        for (size_t i = 0; c->live && c->gateway && i < c->outside.n; i++)
            link_public(m, &(struct public_address){c->outside.at[i], NULL, c->gateway, c->outside.at[i]});
    }
}

void model_link(struct model *m)
{
    link_interfaces(m);
    model_each(struct acl, a, m, KIND_ACL)
    {
        sort_rules(&a->rules[INBOUND]);
        sort_rules(&a->rules[OUTBOUND]);
    }
    model_each(struct route_table, t, m, KIND_ROUTE_TABLE) link_table(m, t);
    model_each(struct transit_table, t, m, KIND_TRANSIT_TABLE) link_transit_table(m, t);
    told_link(m);
    model_each(struct vpc, v, m, KIND_VPC) v->partial =
        m->account.n && v->owner.n && !str_eq(v->owner, m->account) && !v->told_by_owner;
    model_each(struct policy_table, t, m, KIND_POLICY_TABLE) link_policy_table(m, t);
    told_gaps(m);
}

static size_t neighbour_add(struct neighbour *neighbours, size_t n, size_t max, const struct neighbour *p)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(neighbours[i].account, p->account) && str_eq(neighbours[i].region, p->region))
            return n;
    if (n < max && p->account.n)
        neighbours[n++] = *p;
    return n;
}

size_t model_neighbours(struct model *m, struct neighbour *ret_neighbours, size_t max)
{
    size_t n = 0;
    model_each(struct peering, p, m, KIND_PEERING)
    {
        for (int i = 0; i < 2 && p->active; i++)
            if (p->sides[i] && !p->sides[i]->node.known)
                n = neighbour_add(ret_neighbours, n, max, &p->neighbours[i]);
    }
    model_each(struct vpc, v, m, KIND_VPC)
    {
        if (v->partial)
            n = neighbour_add(ret_neighbours, n, max, &(struct neighbour){.account = v->owner});
    }
    model_each(struct transit_gateway, g, m, KIND_TRANSIT_GATEWAY)
    {
        if (!g->has_tables && g->owner.n)
            n = neighbour_add(ret_neighbours, n, max, &(struct neighbour){.account = g->owner});
    }
    return n;
}

void model_report_unknown(struct model *m)
{
    static const enum kind kinds[] = {KIND_SUBNET, KIND_GROUP, KIND_PREFIX_LIST, KIND_TARGET_GROUP,
                                      KIND_TRANSIT_TABLE};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        model_each(struct node, n, m, kinds[k])
        {
            if (!n->known)
                model_problem(m, "%.*s is named, but not described", STR_ARG(n->id));
        }
}

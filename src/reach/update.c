/* Changes: what a document of describe calls says anew. Security groups, and instances with their interfaces,
 * touch only what depends on them; anything else changes routes and edges, and all is worked out again. */
#include "reach/describe.h"
#include "reach/load.h"
#include "reach/open_state.h"

/* ── the document taken in ── */

static void forget_elastic(struct model *m, const struct interface *i, const struct address *public)
{
    size_t n = 0;
    for (size_t k = 0; k < m->elastic.n; k++) {
        const struct elastic *e = &m->elastic.at[k];
        if (e->interface != i &&
            !(public && e->ip.public.family == public->family && e->ip.public.value == public->value))
            m->elastic.at[n++] = *e;
    }
    m->elastic.n = n;
}

/* Calls `visit` for each object that describes an interface. */
typedef void interface_visit(json_val *item, void *data);
static void each_interface(json_val *root, interface_visit *visit, void *data)
{
    for (json_each(item, json_get(root, "NetworkInterfaces")))
        visit(item, data);
    for (json_each(reservation, json_get(root, "Reservations")))
        for (json_each(instance, member(reservation, "Instances")))
            for (json_each(item, member(instance, "NetworkInterfaces")))
                visit(item, data);
}

static void begin_interface(json_val *item, void *data)
{
    struct model *m = data;
    struct interface *i = model_find(m, KIND_INTERFACE, member_str(item, "NetworkInterfaceId"));
    if (!i)
        return;
    interface_detach(i);
    forget_elastic(m, i, NULL);
}

/* What it no longer has went with it, as far as is known here. */
static void begin_instance(struct model *m, json_val *item)
{
    struct instance *i = model_find(m, KIND_INSTANCE, member_str(item, "InstanceId"));
    while (i && member(item, "NetworkInterfaces") && i->interfaces.n) {
        struct interface *n = i->interfaces.at[0];
        interface_detach(n);
        forget_elastic(m, n, NULL);
        vec_free(&n->ips);
        vec_free(&n->prefixes);
        vec_free(&n->groups);
    }
}

static void begin_address(struct model *m, json_val *item)
{
    struct address x;
    if (!address_parse(member_str(item, "PublicIp"), &x))
        return;
    const struct public_address *p = model_public(m, x);
    forget_elastic(m, NULL, &x);
    for (size_t k = 0; p && p->interface && k < p->interface->ips.n; k++)
        if (p->interface->ips.at[k].public.value == x.value)
            p->interface->ips.at[k].public = (struct address){0};
}

int load_update(struct model *m, json_val *root)
{
    for (json_each(reservation, json_get(root, "Reservations")))
        for (json_each(instance, member(reservation, "Instances")))
            begin_instance(m, instance);
    each_interface(root, begin_interface, m);
    for (json_each(item, json_get(root, "Addresses")))
        begin_address(m, item);
    return load_document(m, root);
}

/* ── what depends on it ── */

struct update {
    struct reach *reach;
    json_val *root;
    VEC(struct interface *) interfaces; /* that are touched */
    struct map seen;
    VEC(struct group *) groups;  /* of which openings may differ */
    VEC(struct group *) members; /* of which the members do */
    bool wide;                   /* more depends on it than can be told apart */
    void (*changed)(const struct instance *, void *);
    void *data;
};

static void tell(struct update *u, const struct instance *i)
{
    if (u->changed && i)
        u->changed(i, u->data);
}

static bool has_group(struct group *const *groups, size_t n, const struct group *g)
{
    for (size_t i = 0; i < n; i++)
        if (groups[i] == g)
            return true;
    return false;
}

static void drop_from_classes(struct reach *r, struct interface *i)
{
    struct interface_state *state = i->index ? &r->interfaces.at[i->index - 1] : NULL;
    for (size_t k = 0; state && k < state->points.n; k++) {
        struct class *c = state->points.at[k].class;
        size_t n = 0;
        for (size_t j = 0; j < c->interfaces.n; j++)
            if (c->interfaces.at[j] != i)
                c->interfaces.at[n++] = c->interfaces.at[j];
        c->interfaces.n = n;
    }
    if (state) {
        vec_free(&state->points);
        vec_free(&state->vias);
    }
    i->index = 0;
}

static void note_members(struct update *u, const struct interface *i)
{
    vec_each(g, &i->groups)
    {
        if (!has_group(u->members.at, u->members.n, *g))
            vec_add(&u->members, *g);
    }
}

/* An appliance on the way of others. */
static bool is_on_route(const struct interface *i)
{
    return i->on_route || (i->instance && i->instance->on_route);
}

/* Takes an interface out of all that is worked out, before it is read again. */
static void take_out(struct update *u, struct interface *i)
{
    void **seen = i ? map_at(&u->seen, i->node.id) : NULL;
    if (!i || *seen)
        return;
    *seen = i;
    vec_add(&u->interfaces, i);
    u->wide |= is_on_route(i);
    tell(u, i->instance);
    note_members(u, i);
    drop_from_classes(u->reach, i);
    model_unlink_interface(u->reach->model, i);
}

static void take_out_item(json_val *item, void *data)
{
    struct update *u = data;
    take_out(u, model_find(u->reach->model, KIND_INTERFACE, member_str(item, "NetworkInterfaceId")));
}

static bool counts(const struct instance *i)
{
    return i && i->node.known && !instance_is_gone(i);
}

/* The instances of the document: how many of them count, and their interfaces. */
static size_t each_instance(struct update *u, void (*visit)(struct update *, struct interface *))
{
    size_t n = 0;
    for (json_each(reservation, json_get(u->root, "Reservations")))
        for (json_each(item, member(reservation, "Instances"))) {
            struct instance *i = model_find(u->reach->model, KIND_INSTANCE, member_str(item, "InstanceId"));
            n += counts(i);
            tell(u, i);
            for (size_t k = i ? i->interfaces.n : 0; k > 0; k--)
                visit(u, i->interfaces.at[k - 1]);
        }
    return n;
}

/* One that was not known before. */
static void take_in(struct update *u, struct interface *i)
{
    void **seen = i ? map_at(&u->seen, i->node.id) : NULL;
    if (!i || *seen)
        return;
    *seen = i;
    vec_add(&u->interfaces, i);
    u->wide |= is_on_route(i);
}

static void take_in_item(json_val *item, void *data)
{
    struct update *u = data;
    take_in(u, model_find(u->reach->model, KIND_INTERFACE, member_str(item, "NetworkInterfaceId")));
}

static void put_back(struct update *u)
{
    vec_each(i, &u->interfaces)
    {
        model_link_interface(u->reach->model, *i);
        note_members(u, *i);
        if (counts((*i)->instance))
            reach_add(u->reach, *i);
        tell(u, (*i)->instance);
    }
}

/* Whether all that the interfaces name is described: else what is not known may be behind it. */
static bool is_described(const struct update *u)
{
    vec_each(i, &u->interfaces)
    {
        if ((*i)->ips.n && (!(*i)->subnet || !(*i)->subnet->node.known))
            return false;
        vec_each(g, &(*i)->groups)
        {
            if (!(*g)->node.known)
                return false;
        }
    }
    return true;
}

/* ── groups ── */

static void update_group(struct update *u, struct group *g)
{
    struct reach *r = u->reach;
    struct group_state *state = g->index ? &r->groups.at[g->index - 1] : NULL;
    if (state)
        group_forget(state);
    for (size_t i = 0; state && i < state->classes.n; i++) {
        struct class *c = state->classes.at[i];
        class_build(r, c);
        vec_each(interface, &c->interfaces) tell(u, (*interface)->instance);
    }
}

static void note_group(struct update *u, struct group *g)
{
    if (g && !has_group(u->groups.at, u->groups.n, g))
        vec_add(&u->groups, g);
}

/* Rules that name a group speak of its members' addresses where those are outside: in a peered VPC. */
static void note_references(struct update *u)
{
    if (!u->members.n)
        return;
    model_each(struct group, g, u->reach->model, KIND_GROUP) vec_each(rule, &g->rules[INBOUND])
    {
        if (rule->group && rule->group->vpc != g->vpc && has_group(u->members.at, u->members.n, rule->group))
            note_group(u, g);
    }
}

/* ── load balancers ── */

struct touched {
    struct update *update;
    const struct balancer *balancer;
    bool yes;
};

static void look_at_target(struct interface *i, void *data)
{
    struct touched *t = data;
    struct update *u = t->update;
    t->yes |= map_get(&u->seen, i->node.id) != NULL;
    for (size_t k = 0; k < u->groups.n && !t->yes; k++)
        t->yes = has_group(i->groups.at, i->groups.n, u->groups.at[k]);
}

static void drop_target(struct interface *i, void *data)
{
    struct touched *t = data;
    if (i->index) {
        struct interface_state *state = &t->update->reach->interfaces.at[i->index - 1];
        size_t n = 0;
        for (size_t k = 0; k < state->vias.n; k++)
            if (state->vias.at[k].balancer != t->balancer)
                state->vias.at[n++] = state->vias.at[k];
        state->vias.n = n;
    }
    tell(t->update, i->instance);
}

static void update_balancer(struct update *u, struct balancer *b)
{
    struct touched t = {.update = u, .balancer = b};
    for (size_t k = 0; k < u->groups.n && !t.yes; k++)
        t.yes = balancer_has_group(b, u->groups.at[k]);
    if (!t.yes)
        balancer_targets(u->reach, b, look_at_target, &t);
    if (!t.yes)
        return;
    balancer_targets(u->reach, b, drop_target, &t);
    balance(u->reach, b);
}

/* ── all of it ── */

/* Whether a document may be taken in by what depends on it alone. */
static bool is_narrow(json_val *root)
{
    static const char *const lists[] = {"SecurityGroups", "Reservations", "NetworkInterfaces"};
    size_t known = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        known += yyjson_is_arr(json_get(root, lists[i]));
    return known && yyjson_obj_size(root) == known;
}

static void update_all(struct update *u)
{
    struct reach *r = u->reach;
    reach_clear(r);
    model_link(r->model);
    reach_build(r);
    model_each(struct instance, i, r->model, KIND_INSTANCE) tell(u, i);
}

/* A group that was named and not described might have held anybody. */
static bool was_named(const struct model *m, json_val *group)
{
    const struct group *g = model_find(m, KIND_GROUP, json_get_str(group, "GroupId"));
    return g && !g->node.known;
}

static int update_narrow(struct update *u)
{
    struct reach *r = u->reach;
    for (json_each(item, json_get(u->root, "SecurityGroups")))
        u->wide |= was_named(r->model, item);
    size_t before = each_instance(u, take_out);
    each_interface(u->root, take_out_item, u);
    int status = load_update(r->model, u->root);
    if (status < 0)
        return status;
    r->instances += each_instance(u, take_in) - before;
    each_interface(u->root, take_in_item, u);
    if (u->wide || !is_described(u)) {
        update_all(u);
        return 0;
    }
    for (json_each(item, json_get(u->root, "SecurityGroups")))
        note_group(u, model_find(r->model, KIND_GROUP, json_get_str(item, "GroupId")));
    vec_each(g, &u->groups) update_group(u, *g);
    size_t said = u->groups.n;
    put_back(u);
    note_references(u);
    for (size_t i = said; i < u->groups.n; i++)
        update_group(u, u->groups.at[i]);
    model_each(struct balancer, b, r->model, KIND_BALANCER) update_balancer(u, b);
    return 0;
}

int reach_update(struct reach *r, json_val *root, void (*changed)(const struct instance *, void *),
                 void *data)
{
    struct update u = {.reach = r, .root = root, .changed = changed, .data = data};
    int status = is_narrow(root) ? update_narrow(&u) : load_update(r->model, root);
    if (status == 0 && !is_narrow(root))
        update_all(&u);
    vec_free(&u.interfaces);
    vec_free(&u.groups);
    vec_free(&u.members);
    map_free(&u.seen);
    return status;
}

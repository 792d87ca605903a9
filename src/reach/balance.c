/* A path through a load balancer has two halves. A client on the internet must reach a node of the load
 * balancer as it would an interface in the node's subnet. The node, with its own address or, where a network
 * load balancer preserves it, the client's, must then reach the target: groups of both, network ACLs of both
 * subnets where they differ. What a target answers is given back to the node without regard to routes when
 * the client's address is preserved (Elastic Load Balancing, "Client IP preservation"). */
#include "reach/balance.h"

#include "reach/filter.h"
#include "reach/route.h"

/* A target as one listener sees it. */
struct aim {
    struct interface *interface;
    struct address address;
    int port, protocol;
    bool preserve;
};
typedef void aim_visit(const struct aim *aim, const struct listener *l, void *data);

/* ── targets ── */

static bool aim_at(struct aim *a, struct interface *i, enum family f)
{
    for (size_t k = 0; i && k < i->ips.n; k++)
        if (i->ips.at[k].private.family == f) {
            a->interface = i;
            a->address = i->ips.at[k].private;
            return i->subnet != NULL;
        }
    return false;
}

static struct interface *primary(const struct instance *i)
{
    for (size_t k = 0; i && k < i->interfaces.n; k++)
        if (i->interfaces.at[k]->device_index == 0)
            return i->interfaces.at[k];
    return NULL;
}

/* Network load balancers keep the client's address for instances, and always for UDP; else by attribute. */
static bool preserves(const struct balancer *b, const struct target_group *t, int protocol)
{
    if (b->type != BALANCER_NETWORK)
        return false;
    if (protocol == PROTOCOL_UDP || t->udp)
        return true;
    return t->preserve == PRESERVE_DEFAULT ? !t->by_address : t->preserve == PRESERVE_YES;
}

static void aim_target(const struct balancer *b, const struct listener *l, const struct target_group *t,
                       const struct target *target, int protocol, aim_visit *visit, void *data)
{
    struct aim a = {.port = target->port ? target->port : t->port, .protocol = protocol};
    const struct vpc *v = t->vpc ? t->vpc : b->vpc;
    bool found;
    a.preserve = preserves(b, t, protocol);
    if (target->instance) {
        found = aim_at(&a, primary(target->instance), t->ipv6 ? IPV6 : IPV4);
    } else {
        struct subnet *s = v ? vpc_subnet(v, target->address) : NULL;
        a.interface = s ? subnet_interface(s, target->address) : NULL;
        a.address = target->address;
        found = a.interface && a.interface->subnet;
    }
    if (found && a.port > 0 && a.port <= PORT_LAST)
        visit(&a, l, data);
}

static void aim_listener(const struct balancer *b, const struct listener *l, int protocol, aim_visit *visit,
                         void *data)
{
    vec_each(i, &b->instances)
    {
        struct aim a = {.port = l->instance_port, .protocol = PROTOCOL_TCP};
        if (aim_at(&a, primary(*i), IPV4))
            visit(&a, l, data);
    }
    vec_each(t, &l->groups)
    {
        vec_each(target, &(*t)->targets) aim_target(b, l, *t, target, protocol, visit, data);
    }
}

static void aim_all(const struct balancer *b, aim_visit *visit, void *data)
{
    if (!b->internet_facing || b->type == BALANCER_GATEWAY)
        return;
    vec_each(l, &b->listeners)
    {
        if (l->port < 0 || l->port > PORT_LAST)
            continue;
        aim_listener(b, l, l->protocol, visit, data);
        if (l->both)
            aim_listener(b, l, PROTOCOL_UDP, visit, data);
    }
}

struct targets {
    void (*visit)(struct interface *i, void *data);
    void *data;
};

static void visit_target(const struct aim *a, const struct listener *l, void *data)
{
    const struct targets *t = data;
    (void)l;
    t->visit(a->interface, t->data);
}

void balancer_targets(struct reach *r, const struct balancer *b,
                      void (*visit)(struct interface *i, void *data), void *data)
{
    (void)r;
    aim_all(b, visit_target, &(struct targets){visit, data});
}

/* ── the first half: a client to a node ── */

struct half {
    struct spans clients;
    const struct edge *edge;
    const struct group *group;
};

/* Clients that a group admits to the port; all of them where the load balancer has none. */
static struct spans admitted(const struct balancer *b, const struct part *part, enum family f, int protocol,
                             int port, const struct group **ret_group)
{
    struct spans all = {0};
    *ret_group = NULL;
    if (!b->groups.n)
        return spans_copy(&part->sources);
    vec_each(g, &b->groups)
    {
        vec_each(rule, &(*g)->rules[INBOUND])
        {
            if (!rule_has_port(rule, protocol, port) || !rule_meets(rule, &part->sources, f, false))
                continue;
            *ret_group = *ret_group ? *ret_group : *g;
            for (size_t i = 0; rule->list && i < rule->list->prefixes.n; i++)
                if (rule->list->prefixes.at[i].family == f)
                    spans_add(&all, rule->list->prefixes.at[i].lo, rule->list->prefixes.at[i].hi);
            if (!rule->list)
                spans_add(&all, rule->prefix.lo, rule->prefix.hi);
        }
    }
    struct spans both = spans_intersection(&all, &part->sources);
    spans_free(&all);
    return both;
}

static struct half first_half(struct reach *r, const struct balancer *b, struct subnet *s, enum family f,
                              int protocol, int port)
{
    struct half half = {0};
    const struct prefix *p = NULL;
    vec_each(prefix, &s->prefixes)
    {
        if (prefix->family == f && !p)
            p = prefix;
    }
    const struct context *c = p ? reach_context(r, s, (struct address){p->lo, f}) : NULL;
    for (size_t i = 0; c && i < c->gates.n; i++) {
        const struct gate *g = &c->gates.at[i];
        if (g->edge.type != EDGE_INTERNET || g->protocol != protocol)
            continue;
        half.edge = &g->edge;
        vec_each(part, &g->parts)
        {
            if (part->begin <= port && port <= part->end)
                half.clients = admitted(b, part, f, protocol, port, &half.group);
        }
    }
    return half;
}

/* ── the second half: a node to a target ── */

static bool references_balancer(const struct rule *r, const struct balancer *b)
{
    for (size_t i = 0; i < b->groups.n; i++)
        if (r->group == b->groups.at[i])
            return true;
    return false;
}

/* The group of the target that admits what comes from `sources`, addresses of nodes or clients. */
static const struct group *admits(const struct aim *a, const struct balancer *b, const struct spans *sources)
{
    vec_each(g, &a->interface->groups)
    {
        vec_each(rule, &(*g)->rules[INBOUND])
        {
            if (rule_has_port(rule, a->protocol, a->port) &&
                (rule->group ? references_balancer(rule, b)
                             : rule_meets(rule, sources, a->address.family, false)))
                return *g;
        }
    }
    return NULL;
}

/* Whether the load balancer's own groups let it speak to the target. */
static bool may_send(const struct balancer *b, const struct aim *a)
{
    struct spans target = {0};
    bool may = b->groups.n == 0;
    spans_add(&target, a->address.value, a->address.value);
    for (size_t i = 0; i < b->groups.n && !may; i++)
        vec_each(rule, &b->groups.at[i]->rules[OUTBOUND])
        {
            may |= rule_has_port(rule, a->protocol, a->port) &&
                   rule_meets(rule, &target, a->address.family, true);
        }
    spans_free(&target);
    return may;
}

/* Of `sources` those whose packets pass the network ACLs between two subnets, there and back on one port. */
static struct spans passing(const struct subnet *from, const struct aim *a, const struct spans *sources)
{
    const struct acl *node = subnet_acl(from), *target = subnet_acl(a->interface->subnet);
    enum family f = a->address.family;
    struct spans out = acl_allowed(node, OUTBOUND, f, a->protocol, a->port), answers = {0}, none = {0};
    bool sent = spans_has(&out, a->address.value);
    port_vec parts = {0};
    spans_free(&out);
    if (!sent)
        return none;
    acl_parts(node, INBOUND, a->protocol, EPHEMERAL_FIRST, PORT_LAST, &parts);
    acl_parts(target, OUTBOUND, a->protocol, EPHEMERAL_FIRST, PORT_LAST, &parts);
    vec_each(port, &parts)
    {
        struct spans back = acl_allowed(node, INBOUND, f, a->protocol, *port);
        struct spans part = acl_allowed(target, OUTBOUND, f, a->protocol, *port);
        if (spans_has(&back, a->address.value))
            spans_add_all(&answers, &part);
        spans_free(&back);
        spans_free(&part);
    }
    vec_free(&parts);
    struct spans in = acl_allowed(target, INBOUND, f, a->protocol, a->port);
    struct spans both = spans_intersection(&in, &answers), all = spans_intersection(&both, sources);
    spans_free(&in);
    spans_free(&both);
    spans_free(&answers);
    return all;
}

/* Addresses of the load balancer's nodes in a subnet; without any known, all of the subnet's. */
static struct spans node_addresses(const struct balancer *b, const struct subnet *s, enum family f)
{
    struct spans all = {0};
    vec_each(x, &b->addresses)
    {
        for (size_t i = 0; i < s->prefixes.n && x->family == f; i++)
            if (prefix_has(&s->prefixes.at[i], *x))
                spans_add(&all, x->value, x->value);
    }
    for (size_t i = 0; i < s->prefixes.n && !all.n; i++)
        if (s->prefixes.at[i].family == f)
            spans_add(&all, s->prefixes.at[i].lo, s->prefixes.at[i].hi);
    return all;
}

/* Those that the target's subnet sends answers to within the VPC. */
static struct spans answered(const struct aim *a, const struct spans *nodes)
{
    const struct route_table *t = subnet_table(a->interface->subnet);
    struct spans local = t ? cells_to(&t->cells[a->address.family], NULL) : (struct spans){0};
    struct spans both = spans_intersection(&local, nodes);
    spans_free(&local);
    return both;
}

struct balancing {
    struct reach *reach;
    struct balancer *balancer;
};

static void second_half(const struct balancing *b, const struct aim *a, const struct listener *l,
                        const struct subnet *from, const struct half *half, enum family f)
{
    struct spans sources;
    if (a->preserve) {
        sources = spans_copy(&half->clients);
    } else {
        struct spans nodes = node_addresses(b->balancer, from, a->address.family);
        sources = answered(a, &nodes);
        spans_free(&nodes);
    }
    struct spans passed = from == a->interface->subnet ? spans_copy(&sources) : passing(from, a, &sources);
    const struct group *group = passed.n ? admits(a, b->balancer, &passed) : NULL;
    spans_free(&sources);
    spans_free(&passed);
    if (!group || !a->interface->index || !may_send(b->balancer, a))
        return;
    reach_add_via(b->reach, a->interface,
                  &(struct via){.edge = half->edge,
                                .balancer = b->balancer,
                                .balancer_acl = subnet_acl(from),
                                .balancer_group = half->group,
                                .group = group,
                                .balancer_port = l->port,
                                .protocol = a->protocol,
                                .port = a->port,
                                .ipv4 = f == IPV4,
                                .ipv6 = f == IPV6});
}

static void balance_aim(const struct aim *a, const struct listener *l, void *data)
{
    const struct balancing *b = data;
    for (enum family f = IPV4; f <= (b->balancer->dual_stack ? IPV6 : IPV4); f++) {
        if (a->preserve && f != a->address.family)
            continue;
        vec_each(s, &b->balancer->subnets)
        {
            struct half half = first_half(b->reach, b->balancer, *s, f, a->protocol, l->port);
            if (half.clients.n)
                second_half(b, a, l, *s, &half, f);
            spans_free(&half.clients);
        }
    }
}

void balance(struct reach *r, struct balancer *b)
{
    aim_all(b, balance_aim, &(struct balancing){r, b});
}

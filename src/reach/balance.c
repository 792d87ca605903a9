/* A path through a load balancer has two halves. A client outside must reach a node of the load balancer as
 * it would an interface in the node's subnet: from the internet only where the load balancer faces it. The
 * node, with its own address or, where a network load balancer preserves it, the client's, must then reach
 * the target: groups of both, network ACLs of both subnets where they differ. What a target answers is given
 * back to the node without regard to routes when the client's address is preserved (Elastic Load Balancing,
 * "Client IP preservation"). A target may be an application load balancer, with a second half of its own. */
#include "reach/balance.h"

#include "reach/aim.h"
#include "reach/filter.h"
#include "reach/lead.h"
#include "reach/open_state.h"

/* ── targets ── */

struct targets {
    struct reach *reach;
    const struct balancer *outer; /* of one that is behind another */
    void (*visit)(struct interface *i, void *data);
    void *data;
};

static void each_target(struct targets *t, const struct balancer *b);

static void visit_target(const struct aim *a, void *data)
{
    struct targets *t = data;
    if (a->interface)
        t->visit(a->interface, t->data);
    else if (!t->outer)
        each_target(&(struct targets){t->reach, a->balancer, t->visit, t->data}, a->balancer);
}

static void each_target(struct targets *t, const struct balancer *b)
{
    vec_each(l, &b->listeners) aim_listener(t->reach->model, b, l, l->protocol, visit_target, t);
}

void balancer_targets(struct reach *r, const struct balancer *b,
                      void (*visit)(struct interface *i, void *data), void *data)
{
    each_target(&(struct targets){r, NULL, visit, data}, b);
}

static bool is_in(const struct balancer *b, const struct group *g)
{
    for (size_t i = 0; b && i < b->groups.n; i++)
        if (b->groups.at[i] == g)
            return true;
    return false;
}

/* Without groups anything passes, and may where one is not described. */
static bool is_unguarded(const struct balancer *b)
{
    bool told = b->groups.n > 0;
    vec_each(g, &b->groups) told &= (*g)->node.known;
    return !told;
}

bool balancer_has_group(const struct balancer *b, const struct group *g)
{
    bool found = is_in(b, g);
    for (size_t l = 0; l < b->listeners.n; l++)
        vec_each(t, &b->listeners.at[l].groups)
        {
            vec_each(target, &(*t)->targets) found |= is_in(target->balancer, g);
        }
    return found;
}

/* ── the first half: a client to a node ── */

/* What stops connections on their way to one target, at the place that is nearest to it. */
struct probe {
    const struct interface *interface;
    int protocol, port;
    enum refusal { ELSEWHERE, NO_CLIENT, NOT_SENT, NOT_PASSED, NOT_ADMITTED } refusal;
};

static bool is_probed(const struct probe *p, const struct aim *a)
{
    return p->interface == a->interface && p->protocol == a->protocol && p->port == a->port;
}

/* A connection that has come to a node. */
struct half {
    struct reach *reach;
    const struct balancer *balancer, *outer; /* the first of two, where there are two */
    const struct listener *listener;         /* of the first */
    const struct gate *gate;
    const struct group *group; /* of the first that admits it, by a rule */
    const struct rule *rule;
    struct probe *probe;
    struct subnet *subnet;
    struct spans clients;
    enum family family;
    int protocol;
};

/* Clients that a group admits to the listener. */
static void admit(struct half *h, const struct part *part)
{
    const struct balancer *b = h->balancer;
    bool references = edge_has_groups(&h->gate->edge);
    int port = h->listener->port;
    if (is_unguarded(b)) {
        h->clients = spans_copy(&part->sources);
        return;
    }
    for (size_t i = 0; i < b->groups.n && !h->group; i++)
        vec_each(rule, &b->groups.at[i]->rules[INBOUND])
        {
            if (!h->group && rule_has_port(rule, h->protocol, port) &&
                rule_meets(rule, &part->sources, h->family, references)) {
                h->group = b->groups.at[i];
                h->rule = rule;
            }
        }
    struct spans all = groups_admit(b->groups.at, b->groups.n, h->protocol, port, h->family, references);
    h->clients = spans_intersection(&all, &part->sources);
    spans_free(&all);
}

/* One within faces the internet over no protocol: of IPv6, its attribute ipv6.deny_all_igw_traffic is set. */
static bool is_faced(const struct half *h)
{
    const struct balancer *b = h->balancer;
    return h->gate->edge.type != EDGE_INTERNET ||
           (b->internet_facing && !(h->family == IPV4 && b->no_public_ipv4));
}

static void pass_on(const struct aim *a, void *data);

static void through_gate(struct half *h)
{
    int port = h->listener->port;
    if (h->gate->protocol != h->protocol || !is_faced(h))
        return;
    vec_each(part, &h->gate->parts)
    {
        if (part->begin <= port && port <= part->end)
            admit(h, part);
    }
    if (h->clients.n)
        aim_listener(h->reach->model, h->balancer, h->listener, h->protocol, pass_on, h);
    spans_free(&h->clients);
}

static void through_subnet(struct reach *r, const struct balancer *b, const struct listener *l,
                           struct subnet *s, enum family f, struct probe *probe)
{
    const struct prefix *p = NULL;
    vec_each(prefix, &s->prefixes)
    {
        if (prefix->family == f && !p)
            p = prefix;
    }
    const struct context *c = p ? reach_context(r, s, (struct address){p->lo, f}) : NULL;
    for (size_t i = 0; c && i < c->gates.n; i++) {
        struct half h = {.reach = r,
                         .balancer = b,
                         .listener = l,
                         .gate = &c->gates.at[i],
                         .subnet = s,
                         .probe = probe,
                         .family = f,
                         .protocol = c->gates.at[i].protocol};
        if (h.protocol == l->protocol || (l->both && h.protocol == PROTOCOL_UDP))
            through_gate(&h);
    }
}

static void through(struct reach *r, const struct balancer *b, struct probe *probe)
{
    if (b->type == BALANCER_GATEWAY)
        return;
    vec_each(l, &b->listeners)
    {
        if (!l->told || l->port < 0 || l->port > PORT_LAST)
            continue;
        vec_each(s, &b->subnets)
        {
            through_subnet(r, b, l, *s, IPV4, probe);
            if (b->dual_stack)
                through_subnet(r, b, l, *s, IPV6, probe);
        }
    }
}

void balance(struct reach *r, struct balancer *b)
{
    through(r, b, NULL);
}

static void is_aimed(const struct aim *a, void *data)
{
    struct probe *p = data;
    if (is_probed(p, a))
        p->refusal = NO_CLIENT;
}

const char *balancer_refusal(struct reach *r, const struct balancer *b, const struct interface *i,
                             int protocol, int port)
{
    static const char *const texts[] = {
        [NO_CLIENT] = "no client outside gets to its listeners",
        [NOT_SENT] = "none of its own security groups lets it send to the target",
        [NOT_PASSED] = "routes or network ACLs between it and the target stop what it sends",
        [NOT_ADMITTED] = "no security group of the target admits what it sends",
    };
    struct probe p = {.interface = i, .protocol = protocol, .port = port};
    vec_each(l, &b->listeners) aim_listener(r->model, b, l, l->both ? protocol : l->protocol, is_aimed, &p);
    if (p.refusal == NO_CLIENT)
        through(r, b, &p);
    return texts[p.refusal];
}

/* ── the second half: a node to a target ── */

/* The group of the target that admits what comes from `sources`, addresses of nodes or clients, by a rule. */
static const struct group *admits(struct group *const *groups, size_t n, const struct aim *a,
                                  const struct balancer *from, enum family f, const struct spans *sources,
                                  const struct rule **ret_rule)
{
    for (size_t i = 0; i < n && sources->n; i++)
        vec_each(rule, &groups[i]->rules[INBOUND])
        {
            if (rule_has_port(rule, a->protocol, a->port) &&
                ((rule->group && is_in(from, rule->group)) || rule_meets(rule, sources, f, a->foreign))) {
                *ret_rule = rule;
                return groups[i];
            }
        }
    return NULL;
}

/* Whether the load balancer's own groups let it speak to the target. */
static bool may_send(const struct balancer *b, const struct aim *a)
{
    struct spans target = {0};
    bool may = is_unguarded(b);
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
    struct spans local = table_to(subnet_table(a->interface->subnet), a->address.family, NULL);
    struct spans both = spans_intersection(&local, nodes);
    spans_free(&local);
    return both;
}

static bool is_between(const struct edge *e, const struct vpc *other)
{
    if (e->type == EDGE_PEERING) {
        for (size_t i = 0; other && i < other->peerings.n; i++)
            if (&other->peerings.at[i]->node == e->component)
                return true;
        return false;
    }
    for (size_t i = 0; other && e->type == EDGE_TRANSIT_GATEWAY && i < other->attachments.n; i++)
        if (&other->attachments.at[i]->gateway->node == e->component)
            return true;
    return false;
}

/* Of nodes in one VPC those that a target in another gets packets from, and can answer. */
static struct spans from_outside(struct reach *r, const struct vpc *own, const struct aim *a,
                                 const struct spans *nodes)
{
    const struct context *c = reach_context(r, a->interface->subnet, a->address);
    struct spans all = {0};
    for (size_t i = 0; c && i < c->gates.n; i++) {
        const struct gate *g = &c->gates.at[i];
        if (g->protocol != a->protocol || !is_between(&g->edge, own))
            continue;
        vec_each(part, &g->parts)
        {
            if (part->begin <= a->port && a->port <= part->end)
                spans_add_all(&all, &part->sources);
        }
    }
    struct spans both = spans_intersection(&all, nodes);
    spans_free(&all);
    return both;
}

static bool is_joined(const struct half *h, const struct aim *a)
{
    const struct context *c = reach_context(h->reach, a->interface->subnet, a->address);
    for (size_t i = 0; c && i < c->gates.n; i++)
        if (is_between(&c->gates.at[i].edge, h->balancer->vpc))
            return true;
    return false;
}

/* With which addresses the target sees it. What is of the other family is not preserved. */
static struct spans seen_from(const struct half *h, const struct aim *a)
{
    struct spans nodes, sources = {0};
    if (a->foreign && !is_joined(h, a))
        return sources;
    if (a->preserve && h->family == a->address.family)
        return spans_copy(&h->clients);
    nodes = node_addresses(h->balancer, h->subnet, a->address.family);
    sources = a->foreign ? from_outside(h->reach, h->balancer->vpc, a, &nodes) : answered(a, &nodes);
    spans_free(&nodes);
    return sources;
}

static void reach_target(const struct half *h, const struct aim *a, const struct group *group,
                         const struct rule *rule)
{
    reach_add_via(h->reach, a->interface,
                  &(struct via){.gate = h->gate,
                                .balancer = h->outer ? h->outer : h->balancer,
                                .inner = h->outer ? h->balancer : NULL,
                                .balancer_acl = subnet_acl(h->subnet),
                                .balancer_group = h->group,
                                .balancer_rule = h->rule ? *h->rule : (struct rule){0},
                                .group = group,
                                .rule = *rule,
                                .balancer_port = h->listener->port,
                                .protocol = a->protocol,
                                .port = a->port,
                                .ipv4 = h->family == IPV4,
                                .ipv6 = h->family == IPV6});
}

static void second_half(const struct half *h, const struct aim *a)
{
    const struct interface *i = a->interface;
    if (h->probe ? !is_probed(h->probe, a) : !i->index)
        return;
    struct spans sources = seen_from(h, a);
    struct spans passed = h->subnet == i->subnet ? spans_copy(&sources) : passing(h->subnet, a, &sources);
    bool sent = may_send(h->balancer, a);
    const struct rule *rule;
    const struct group *group =
        admits(i->groups.at, i->groups.n, a, h->balancer, a->address.family, &passed, &rule);
    enum refusal refusal = !sent ? NOT_SENT : !passed.n ? NOT_PASSED : NOT_ADMITTED;
    spans_free(&sources);
    spans_free(&passed);
    if (h->probe)
        h->probe->refusal = h->probe->refusal > refusal ? h->probe->refusal : refusal;
    else if (group && sent)
        reach_target(h, a, group, rule);
}

static void pass_on_again(const struct aim *a, void *data)
{
    if (a->interface)
        second_half(data, a);
}

/* Whether it comes with the client's address or the node's, an application load balancer takes what its
 * groups admit; what lies between the two is not asked. */
static void to_balancer(const struct half *h, const struct aim *a)
{
    struct balancer *inner = a->balancer;
    struct spans sources = node_addresses(h->balancer, h->subnet, h->family);
    spans_add_all(&sources, &h->clients);
    const struct rule *rule;
    bool admitted = is_unguarded(inner) ||
                    admits(inner->groups.at, inner->groups.n, a, h->balancer, h->family, &sources, &rule);
    spans_free(&sources);
    for (size_t i = 0; i < inner->listeners.n && admitted; i++) {
        const struct listener *l = &inner->listeners.at[i];
        if (!l->told || l->port != a->port)
            continue;
        vec_each(s, &inner->subnets)
        {
            struct half next = *h;
            next.balancer = inner;
            next.outer = h->balancer;
            next.subnet = *s;
            aim_listener(h->reach->model, inner, l, PROTOCOL_TCP, pass_on_again, &next);
        }
    }
}

static void pass_on(const struct aim *a, void *data)
{
    if (a->interface)
        second_half(data, a);
    else if (a->balancer)
        to_balancer(data, a);
}

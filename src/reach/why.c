#include "reach/why.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "reach/filter.h"
#include "reach/lead.h"
#include "reach/route.h"

struct asking {
    struct reach *reach;
    struct arena *arena;
    int protocol, port;
    void (*visit)(const struct reason *reason, void *data);
    void *data;
};

static const char *protocol_name(int protocol)
{
    return protocol == PROTOCOL_TCP ? "tcp" : protocol == PROTOCOL_UDP ? "udp" : "all";
}

struct str rule_text(struct arena *a, const struct rule *r)
{
    struct str from = r->group  ? r->group->node.id
                      : r->list ? r->list->node.id
                                : prefix_format(a, &r->prefix);
    if (r->protocol == -1)
        return arena_printf(a, "all traffic from %.*s", STR_ARG(from));
    if (r->from == r->to)
        return arena_printf(a, "%s %d from %.*s", protocol_name(r->protocol), r->from, STR_ARG(from));
    return arena_printf(a, "%s %d-%d from %.*s", protocol_name(r->protocol), r->from, r->to, STR_ARG(from));
}

__attribute__((format(printf, 4, 5))) static void step(struct asking *q, struct reason *why,
                                                       const struct node *component, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (why->n_steps == sizeof why->steps / sizeof *why->steps)
        return;
    why->steps[why->n_steps].component = component;
    why->steps[why->n_steps++].text = arena_str(q->arena, str_from(text));
}

static void blocked(struct asking *q, struct reason *why)
{
    why->open = false;
    if (why->n_steps > 1)
        why->steps[0] = why->steps[why->n_steps - 1];
    why->n_steps = 1;
    q->visit(why, q->data);
}

static struct str address_text(struct asking *q, word value, enum family f)
{
    return address_format(q->arena, (struct address){value, f});
}

/* How the ACL treats one source; `answer`: on the way back, to the first ephemeral port that passes, else to
 * the first. */
static bool acl_step(struct asking *q, struct reason *why, const struct acl *a, word source, bool answer)
{
    struct flow f = {.protocol = q->protocol, .dport = q->port};
    enum direction d = answer ? OUTBOUND : INBOUND;
    f.src = f.dst = (struct address){source, why->family};
    if (!a || !a->node.known)
        return true;
    port_vec ports = {0};
    acl_parts(a, d, q->protocol, EPHEMERAL_FIRST, PORT_LAST, &ports);
    for (size_t i = 0; answer && i < ports.n; i++) {
        f.dport = ports.at[i];
        if (acl_allows(a, d, &f))
            break;
    }
    vec_free(&ports);
    const struct rule *r = acl_match(a, d, &f);
    struct str who = address_text(q, source, why->family);
    const char *what = answer ? "answers to" : "packets from";
    if (!r)
        step(q, why, &a->node, "no rule speaks of %s %.*s", what, STR_ARG(who));
    else
        step(q, why, &a->node, "rule %d %s %s %.*s", r->number, r->allow ? "allows" : "denies", what,
             STR_ARG(who));
    return r && r->allow;
}

/* Sources that the interface's groups admit to the port, of those given. */
static struct spans admitted(const struct asking *q, const struct reason *why, const struct spans *sources)
{
    const struct interface *i = why->interface;
    struct spans all = groups_admit(i->groups.at, i->groups.n, q->protocol, q->port, why->family,
                                    edge_has_groups(why->edge));
    struct spans both = spans_intersection(&all, sources);
    spans_free(&all);
    return both;
}

static void group_step(struct asking *q, struct reason *why, word source)
{
    struct spans one = {0};
    spans_add(&one, source, source);
    vec_each(g, &why->interface->groups)
    {
        vec_each(r, &(*g)->rules[INBOUND])
        {
            if (!rule_has_port(r, q->protocol, q->port) ||
                !rule_meets(r, &one, why->family, edge_has_groups(why->edge)))
                continue;
            struct str text = rule_text(q->arena, r);
            step(q, why, &(*g)->node, "allows %.*s", STR_ARG(text));
            spans_free(&one);
            return;
        }
    }
    spans_free(&one);
}

static void route_step(struct asking *q, struct reason *why, const struct route_table *t, word source)
{
    const struct route *r = t ? cells_find(&t->cells[why->family], source) : NULL;
    struct str who = address_text(q, source, why->family);
    const struct node *at = t ? &t->node : &why->interface->subnet->node;
    struct str to = r ? prefix_format(q->arena, &r->to) : STR("");
    if (!r)
        step(q, why, at, "has no route to %.*s", STR_ARG(who));
    else if (r->black_hole)
        step(q, why, at, "drops answers to %.*s: %.*s is a black hole", STR_ARG(who), STR_ARG(to));
    else
        step(q, why, at, "sends answers to %.*s by %.*s to %.*s", STR_ARG(who), STR_ARG(to),
             STR_ARG(r->target ? r->target->id : STR("local")));
}

/* Each filter takes from the sources that are left; the one that leaves none is what closes the port. */
static void explain_sources(struct asking *q, struct reason *why, const struct context *c,
                            const struct gate *gate, const struct spans *sources)
{
    struct spans in = acl_allowed(c->acl, INBOUND, c->family, q->protocol, q->port);
    _cleanup_(spans_free) struct spans a = spans_intersection(sources, &in);
    _cleanup_(spans_free) struct spans b = admitted(q, why, &a);
    struct spans routed = context_back(c, gate);
    _cleanup_(spans_free) struct spans d = spans_intersection(&b, &routed);
    struct spans answers = acl_answers(c->acl, c->family, q->protocol);
    _cleanup_(spans_free) struct spans e = spans_intersection(&d, &answers);
    spans_free(&in);
    spans_free(&routed);
    spans_free(&answers);
    if (!a.n) {
        acl_step(q, why, c->acl, sources->at[0].lo, false);
        blocked(q, why);
    } else if (!b.n) {
        const struct interface *i = why->interface;
        step(q, why, i->groups.n ? &i->groups.at[0]->node : &i->node,
             "none of the %zu security group%s admits %s %d from there", i->groups.n,
             i->groups.n == 1 ? "" : "s", protocol_name(q->protocol), q->port);
        blocked(q, why);
    } else if (!d.n) {
        route_step(q, why, c->table, b.at[0].lo);
        blocked(q, why);
    } else if (!e.n) {
        acl_step(q, why, c->acl, d.at[0].lo, true);
        blocked(q, why);
    } else {
        why->open = true;
        acl_step(q, why, c->acl, e.at[0].lo, false);
        group_step(q, why, e.at[0].lo);
        route_step(q, why, c->table, e.at[0].lo);
        acl_step(q, why, c->acl, e.at[0].lo, true);
        q->visit(why, q->data);
    }
}

static void explain_gate(struct asking *q, const struct interface *i, const struct ip *ip,
                         const struct context *c, const struct gate *gate)
{
    struct reason why = {.interface = i, .edge = &gate->edge, .family = c->family};
    const struct node *via;
    if (gate->edge.type == EDGE_INTERNET && !ip_is_public(ip)) {
        struct str private = address_format(q->arena, ip->private);
        step(q, &why, &i->node, "%.*s has no public address", STR_ARG(private));
        blocked(q, &why);
        return;
    }
    _cleanup_(spans_free) struct spans sources = edge_sources(&gate->edge, ip->private, &via);
    if (sources.n) {
        explain_sources(q, &why, c, gate, &sources);
        return;
    }
    step(q, &why, gate->edge.component, "no route beyond it leads here");
    blocked(q, &why);
}

static int explain_balancer(const struct reach_open *o, void *data)
{
    struct asking *q = data;
    if (!o->balancer || o->protocol != q->protocol || o->begin != q->port)
        return 0;
    struct reason why = {.interface = o->interface, .edge = o->edge, .balancer = o->balancer, .open = true};
    why.family = o->ipv4 ? IPV4 : IPV6;
    step(q, &why, &o->balancer->node, "listens on port %d and passes it to %d", o->balancer_port, o->begin);
    for (size_t i = 1; i < o->n_steps; i++)
        if (o->steps[i]->kind == KIND_GROUP || o->steps[i]->kind == KIND_ACL)
            step(q, &why, o->steps[i], "lets it pass");
    q->visit(&why, q->data);
    return 0;
}

static void explain_address(struct asking *q, const struct interface *i, const struct ip *ip)
{
    const struct context *c = i->subnet ? reach_context(q->reach, i->subnet, ip->private) : NULL;
    struct reason none = {.interface = i, .family = ip->private.family};
    for (size_t n = 0; c && n < c->gates.n; n++)
        if (c->gates.at[n].protocol == q->protocol)
            explain_gate(q, i, ip, c, &c->gates.at[n]);
    if ((c && c->gates.n) || !i->subnet)
        return;
    step(q, &none, &i->subnet->node, "no gateway leads into its network");
    blocked(q, &none);
}

void reach_why(struct reach *r, const struct instance *i, int protocol, int port,
               void (*visit)(const struct reason *reason, void *data), void *data)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct asking q = {r, a, protocol, port, visit, data};
    vec_each(interface, &i->interfaces)
    {
        const struct interface *at = *interface;
        vec_each(ip, &at->ips) explain_address(&q, at, ip);
        vec_each(p, &at->prefixes)
        {
            explain_address(&q, at, &(struct ip){.private = {p->lo, p->family}});
        }
    }
    reach_of_instance(r, i, explain_balancer, &q);
}

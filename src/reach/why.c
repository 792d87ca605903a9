#include "reach/why.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "reach/filter.h"
#include "reach/lead.h"
#include "reach/open_state.h"
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
    if (!t || !t->node.known) {
        step(q, why, at, "%s not described: answers may go anywhere", t ? "is" : "its route table is");
        return;
    }
    struct str to = r ? prefix_format(q->arena, &r->to) : STR("");
    if (!r)
        step(q, why, at, "has no route to %.*s", STR_ARG(who));
    else if (r->black_hole)
        step(q, why, at, "drops answers: %.*s is a black hole", STR_ARG(to));
    else
        step(q, why, at, "%.*s leads answers to %.*s", STR_ARG(to),
             STR_ARG(r->target ? r->target->id : STR("local")));
}

static void box_steps(struct asking *q, struct reason *why, const struct gate *gate)
{
    for (size_t i = 0; i < 2; i++)
        if (gate->via[i])
            step(q, why, gate->via[i], "passes packets on, as far as is known");
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
        const char *protocol = protocol_name(q->protocol);
        if (i->groups.n == 1)
            step(q, why, &i->groups.at[0]->node, "does not admit %s %d from there", protocol, q->port);
        else
            step(q, why, &i->node, "none of its %zu security groups admits %s %d from there", i->groups.n,
                 protocol, q->port);
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
        box_steps(q, why, gate);
        route_step(q, why, c->table, e.at[0].lo);
        acl_step(q, why, c->acl, e.at[0].lo, true);
        q->visit(why, q->data);
    }
}

static void explain_gate(struct asking *q, const struct interface *i, const struct ip *ip,
                         const struct context *c, const struct gate *gate)
{
    struct reason why = {.interface = i, .edge = &gate->edge, .address = ip->private, .family = c->family};
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
    step(q, &why, gate->edge.component,
         gate->edge.type == EDGE_INTERNET ? "its own route table does not lead here"
                                          : "no route beyond it leads here");
    blocked(q, &why);
}

/* ── through load balancers ── */

static void rule_step(struct asking *q, struct reason *why, const struct group *g, const struct rule *r)
{
    struct str text = rule_text(q->arena, r);
    if (g)
        step(q, why, &g->node, "allows %.*s", STR_ARG(text));
}

static void explain_via(struct asking *q, const struct interface *i, const struct via *v)
{
    struct reason why = {
        .interface = i, .edge = &v->gate->edge, .balancer = v->balancer, .open = true, .family = IPV4};
    why.family = v->ipv4 ? IPV4 : IPV6;
    box_steps(q, &why, v->gate);
    rule_step(q, &why, v->balancer_group, &v->balancer_rule);
    step(q, &why, &v->balancer->node, "listens on port %d and passes it to %d", v->balancer_port, v->port);
    if (v->inner)
        step(q, &why, &v->inner->node, "stands between");
    rule_step(q, &why, v->group, &v->rule);
    q->visit(&why, q->data);
}

static void explain_refusal(struct asking *q, const struct interface *i, struct balancer *b)
{
    const char *text = balancer_refusal(q->reach, b, i, q->protocol, q->port);
    struct reason why = {.interface = i, .balancer = b};
    if (!text)
        return;
    step(q, &why, &b->node, "%s", text);
    blocked(q, &why);
}

static void explain_balancers(struct asking *q, const struct interface *i)
{
    const struct interface_state *state = i->index ? &q->reach->interfaces.at[i->index - 1] : NULL;
    model_each(struct balancer, b, q->reach->model, KIND_BALANCER)
    {
        bool open = false;
        for (size_t k = 0; state && k < state->vias.n; k++) {
            const struct via *v = &state->vias.at[k];
            if (v->balancer != b || v->protocol != q->protocol || v->port != q->port)
                continue;
            open = true;
            explain_via(q, i, v);
        }
        if (!open)
            explain_refusal(q, i, b);
    }
}

static void explain_address(struct asking *q, const struct interface *i, const struct ip *ip)
{
    const struct context *c = i->subnet ? reach_context(q->reach, i->subnet, ip->private) : NULL;
    struct reason none = {.interface = i, .address = ip->private, .family = ip->private.family};
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
    vec_each(interface, &i->interfaces) explain_balancers(&q, *interface);
}

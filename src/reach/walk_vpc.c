/* A packet in VPCs, through NAT gateways and on the internet. */
#include "reach/route.h"
#include "reach/walk.h"

static const struct node *owner_of(const struct interface *i)
{
    return i->instance ? &i->instance->node : i->nat ? &i->nat->node : &i->node;
}

static bool same(struct address a, struct address b)
{
    return a.family == b.family && a.value == b.value;
}

/* ── the internet ── */

static bool is_global(struct address x)
{
    struct spans all = internet_addresses(x.family);
    bool is = spans_has(&all, x.value);
    spans_free(&all);
    return is;
}

static enum disposition from_backbone(struct walker *w)
{
    const struct public_address *p = model_public(w->model, w->flow.dst);
    if (!hop_id(w, STR("aws-backbone")))
        return LOOP;
    if (!p)
        return NULL_ROUTED;
    if (p->gateway)
        return hop(w, p->gateway) ? ACCEPTED : LOOP;
    const struct vpc *v = p->interface->subnet ? p->interface->subnet->vpc : NULL;
    if (!v || !v->internet)
        return NULL_ROUTED;
    w->flow.dst = p->private;
    if (!hop(w, &v->internet->node) || !hop(w, &v->node))
        return LOOP;
    return into_vpc(w, v, v->internet->table);
}

enum disposition from_internet(struct walker *w)
{
    struct address dst = w->flow.dst;
    if (!hop_id(w, STR("internet")))
        return LOOP;
    if (!is_global(dst))
        return NULL_ROUTED;
    if (model_public(w->model, dst) || spans_has(&w->model->cloud[dst.family], dst.value))
        return from_backbone(w);
    w->at_internet = true;
    return EXITS_NETWORK;
}

static const struct ip *ip_of(const struct vpc *v, struct address private)
{
    const struct subnet *s = vpc_subnet(v, private);
    const struct interface *i = s ? subnet_interface(s, private) : NULL;
    for (size_t n = 0; i && n < i->ips.n; n++)
        if (same(i->ips.at[n].private, private))
            return &i->ips.at[n];
    return NULL;
}

static enum disposition to_internet(struct walker *w)
{
    if (model_public(w->model, w->flow.dst))
        return from_backbone(w);
    if (!hop_id(w, STR("aws-backbone")) || !hop_id(w, STR("internet")))
        return LOOP;
    w->at_internet = true;
    return is_global(w->flow.dst) ? EXITS_NETWORK : NULL_ROUTED;
}

/* Only what has a public address leaves by an internet gateway. */
static enum disposition out_internet(struct walker *w, const struct vpc *v, const struct node *gateway)
{
    const struct ip *ip = ip_of(v, w->flow.src);
    if (!hop(w, gateway))
        return LOOP;
    if (!ip || (w->flow.src.family == IPV4 && !ip->public.value))
        return DENIED_IN;
    if (w->flow.src.family == IPV4)
        w->flow.src = ip->public;
    return to_internet(w);
}

/* ── NAT ── */

static bool is_translated(int protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_ICMP;
}

static enum disposition out_nat(struct walker *w, const struct nat_gateway *g)
{
    const struct interface *i = g->interfaces.n ? g->interfaces.at[0] : NULL;
    if (!hop(w, &g->node))
        return LOOP;
    if (!i || !i->ips.n || !g->subnet || !is_translated(w->flow.protocol) || w->n_sessions == SESSIONS_MAX ||
        !acl_allows(subnet_acl(g->subnet), INBOUND, &w->flow))
        return DENIED_IN;
    struct session *s = &w->sessions[w->n_sessions++];
    *s = (struct session){.nat = g, .inner = w->flow};
    w->flow.src = i->ips.at[0].private;
    s->outer = w->flow;
    return from_subnet(w, g->subnet);
}

/* An answer to what the gateway sent goes on to who asked; all else ends here. */
static enum disposition in_nat(struct walker *w, const struct nat_gateway *g)
{
    for (size_t i = 0; i < w->n_sessions; i++) {
        const struct session *s = &w->sessions[i];
        if (s->nat != g || !same(s->outer.src, w->flow.dst) || !same(s->outer.dst, w->flow.src) ||
            s->outer.protocol != w->flow.protocol || s->outer.sport != w->flow.dport)
            continue;
        w->flow.dst = s->inner.src;
        if (!acl_allows(subnet_acl(g->subnet), OUTBOUND, &w->flow))
            return DENIED_OUT;
        return hop(w, &g->subnet->vpc->node) ? into_vpc(w, g->subnet->vpc, NULL) : LOOP;
    }
    return DENIED_IN;
}

/* ── within a VPC ── */

static bool admits(struct walker *w, const struct interface *i, enum direction d)
{
    bool allowed = w->answer || interface_allows(i, d, &w->flow);
    for (size_t k = 0; k < i->groups.n && !allowed; k++)
        unclear(w, &i->groups.at[k]->node, &i->node);
    return allowed;
}

static bool passes(struct walker *w, const struct subnet *s, enum direction d)
{
    const struct acl *a = subnet_acl(s);
    unclear(w, a ? &a->node : NULL, &s->node);
    return acl_allows(a, d, &w->flow);
}

static enum disposition deliver(struct walker *w, struct interface *i)
{
    if (!hop(w, owner_of(i)))
        return LOOP;
    if (i->nat)
        return in_nat(w, i->nat);
    if (!admits(w, i, INBOUND))
        return DENIED_IN;
    w->at_interface = i;
    return ACCEPTED;
}

static enum disposition into_subnet(struct walker *w, const struct subnet *s)
{
    if (!hop(w, &s->node))
        return LOOP;
    if (!passes(w, s, INBOUND))
        return DENIED_IN;
    struct interface *i = subnet_interface(s, w->flow.dst);
    return i ? deliver(w, i) : NEIGHBOR_UNREACHABLE;
}

/* A route to an interface: its host must be ready to pass on what is not for it. */
static enum disposition to_appliance(struct walker *w, const struct node *target)
{
    struct interface *i = (struct interface *)target;
    if (target->kind == KIND_INSTANCE) {
        const struct instance *host = (const struct instance *)target;
        i = host->interfaces.n ? host->interfaces.at[0] : NULL;
    }
    if (!i)
        return NULL_ROUTED;
    if (!hop(w, owner_of(i)))
        return LOOP;
    unclear(w, &i->node, &i->node);
    if (!i->no_source_check || !admits(w, i, INBOUND))
        return DENIED_IN;
    w->at_interface = i;
    return ACCEPTED;
}

enum disposition into_vpc(struct walker *w, const struct vpc *v, const struct route_table *edge)
{
    struct address dst = w->flow.dst;
    const struct route *r = edge ? cells_find(&edge->cells[dst.family], dst.value) : NULL;
    if (edge && (!r || r->black_hole))
        return r ? NULL_ROUTED : NO_ROUTE;
    if (r && r->target)
        return r->target->kind == KIND_INTERFACE || r->target->kind == KIND_INSTANCE
                   ? to_appliance(w, r->target)
               : hop(w, r->target) ? EXITS_NETWORK
                                   : LOOP;
    const struct subnet *s = vpc_subnet(v, dst);
    if (s)
        return into_subnet(w, s);
    return vpc_has(v, dst) ? NULL_ROUTED : NO_ROUTE;
}

static enum disposition out_peering(struct walker *w, const struct vpc *from, const struct peering *p)
{
    const struct vpc *to = p->sides[p->sides[0] == from];
    unclear(w, &p->node, &p->node);
    if (!p->active || !to)
        return NULL_ROUTED;
    if (!hop(w, &to->node))
        return LOOP;
    return to->node.known ? into_vpc(w, to, NULL) : EXITS_NETWORK;
}

/* ── out of a subnet ── */

static enum disposition out_of_vpc(struct walker *w, const struct vpc *v, struct node *target)
{
    switch (target->kind) {
    case KIND_INTERNET_GATEWAY:
        return out_internet(w, v, target);
    case KIND_EGRESS_GATEWAY:
        return hop(w, target) ? to_internet(w) : LOOP;
    case KIND_NAT_GATEWAY:
        return out_nat(w, (struct nat_gateway *)target);
    case KIND_PEERING:
        return out_peering(w, v, (struct peering *)target);
    case KIND_VPN_GATEWAY:
        return out_vpn_gateway(w, (struct vpn_gateway *)target);
    case KIND_TRANSIT_GATEWAY:
        return out_transit(w, v, target);
    case KIND_INTERFACE:
    case KIND_INSTANCE:
        return to_appliance(w, target);
    default:
        return hop(w, target) ? EXITS_NETWORK : LOOP;
    }
}

enum disposition from_subnet(struct walker *w, const struct subnet *s)
{
    struct address dst = w->flow.dst;
    const struct route_table *t = subnet_table(s);
    const struct route *r = t ? cells_find(&t->cells[dst.family], dst.value) : NULL;
    if (!hop(w, &s->node))
        return LOOP;
    unclear(w, t ? &t->node : NULL, &s->node);
    if (!r || !s->vpc)
        return NO_ROUTE;
    if (r->black_hole)
        return NULL_ROUTED;
    if (!passes(w, s, OUTBOUND))
        return DENIED_OUT;
    if (!hop(w, &s->vpc->node))
        return LOOP;
    return r->target ? out_of_vpc(w, s->vpc, r->target) : into_vpc(w, s->vpc, NULL);
}

enum disposition from_interface(struct walker *w, struct interface *i)
{
    if (!hop(w, owner_of(i)))
        return LOOP;
    if (!admits(w, i, OUTBOUND))
        return DENIED_OUT;
    if (!i->subnet)
        return NO_ROUTE;
    vec_each(p, &i->subnet->prefixes)
    {
        if (!prefix_has(p, w->flow.dst))
            continue;
        struct interface *next = subnet_interface(i->subnet, w->flow.dst);
        return next ? deliver(w, next) : NEIGHBOR_UNREACHABLE;
    }
    return from_subnet(w, i->subnet);
}

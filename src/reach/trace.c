#include "reach/trace.h"

#include "base/err.h"
#include "reach/describe.h"
#include "reach/route.h"

enum { SPORT = 49152, SESSIONS_MAX = 8 };

/* What a NAT gateway remembers. */
struct session {
    const struct nat_gateway *nat;
    struct flow inner, outer;
};

struct walker {
    const struct model *model;
    struct flow flow;
    bool answer; /* on the way back: security groups remember the way there */
    struct str *path;
    size_t n_path;
    struct session sessions[SESSIONS_MAX];
    size_t n_sessions;
    /* Where the packet ended, for the answer to start from. */
    struct interface *at_interface;
    struct device *at_device;
    bool at_internet;
};

static enum disposition from_subnet(struct walker *w, const struct subnet *s);
static enum disposition into_vpc(struct walker *w, const struct vpc *v, const struct route_table *edge);
static enum disposition from_internet(struct walker *w);
static enum disposition into_transit(struct walker *w, const struct attachment *from);

const char *disposition_name(enum disposition d)
{
    static const char *const names[N_DISPOSITIONS] = {
        [ACCEPTED] = "ACCEPTED",
        [DENIED_IN] = "DENIED_IN",
        [DENIED_OUT] = "DENIED_OUT",
        [NO_ROUTE] = "NO_ROUTE",
        [NULL_ROUTED] = "NULL_ROUTED",
        [EXITS_NETWORK] = "EXITS_NETWORK",
        [LOOP] = "LOOP",
        [NEIGHBOR_UNREACHABLE] = "NEIGHBOR_UNREACHABLE",
    };
    return names[d];
}

static bool hop_id(struct walker *w, struct str id)
{
    if (w->n_path == HOPS_MAX)
        return false;
    w->path[w->n_path++] = id;
    return true;
}

static bool hop(struct walker *w, const struct node *n)
{
    return hop_id(w, n->id);
}

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

static enum disposition from_internet(struct walker *w)
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

static enum disposition deliver(struct walker *w, struct interface *i)
{
    if (!hop(w, owner_of(i)))
        return LOOP;
    if (i->nat)
        return in_nat(w, i->nat);
    if (!w->answer && !interface_allows(i, INBOUND, &w->flow))
        return DENIED_IN;
    w->at_interface = i;
    return ACCEPTED;
}

static enum disposition into_subnet(struct walker *w, const struct subnet *s)
{
    if (!hop(w, &s->node))
        return LOOP;
    if (!acl_allows(subnet_acl(s), INBOUND, &w->flow))
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
    if (!i->no_source_check || (!w->answer && !interface_allows(i, INBOUND, &w->flow)))
        return DENIED_IN;
    w->at_interface = i;
    return ACCEPTED;
}

/* The VPC has been entered. `edge` is the route table of the gateway that it was entered by, or NULL. */
static enum disposition into_vpc(struct walker *w, const struct vpc *v, const struct route_table *edge)
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
    if (!p->active || !to)
        return NULL_ROUTED;
    if (!hop(w, &to->node))
        return LOOP;
    return to->node.known ? into_vpc(w, to, NULL) : EXITS_NETWORK;
}

/* ── beyond the edge ── */

static bool prefixes_have(const prefix_vec *p, struct address x)
{
    vec_each(prefix, p)
    {
        if (prefix_has(prefix, x))
            return true;
    }
    return false;
}

static enum disposition to_device(struct walker *w, struct device *d)
{
    if (!hop(w, &d->node))
        return LOOP;
    w->at_device = d;
    return prefixes_have(&d->prefixes, w->flow.dst) ? ACCEPTED : NO_ROUTE;
}

static bool device_takes(const struct device *d, struct address x)
{
    return d && (prefixes_have(&d->prefixes, x) || prefixes_have(&d->advertised, x));
}

static enum disposition out_connection(struct walker *w, const struct vpn_connection *c)
{
    if (c->device)
        return to_device(w, c->device);
    return hop(w, &c->node) ? EXITS_NETWORK : LOOP;
}

static enum disposition out_virtual_interface(struct walker *w, const struct virtual_interface *v)
{
    if (v->device)
        return to_device(w, v->device);
    return hop(w, &v->node) ? EXITS_NETWORK : LOOP;
}

static enum disposition out_dx(struct walker *w, const struct dx_gateway *g)
{
    if (!hop(w, &g->node))
        return LOOP;
    vec_each(v, &g->virtual_interfaces)
    {
        if (!(*v)->device || device_takes((*v)->device, w->flow.dst))
            return out_virtual_interface(w, *v);
    }
    return NO_ROUTE;
}

/* Direct Connect goes before VPN connections, static before learned routes (AWS Site-to-Site VPN, "Route
 * priority"). */
static enum disposition out_vpn_gateway(struct walker *w, const struct vpn_gateway *g)
{
    struct address dst = w->flow.dst;
    if (!hop(w, &g->node))
        return LOOP;
    vec_each(v, &g->virtual_interfaces)
    {
        if (!(*v)->device || device_takes((*v)->device, dst))
            return out_virtual_interface(w, *v);
    }
    vec_each(d, &g->dx_gateways) return out_dx(w, *d);
    vec_each(c, &g->connections)
    {
        bool takes = (*c)->device ? device_takes((*c)->device, dst)
                                  : !(*c)->static_only || prefixes_have(&(*c)->routes, dst);
        if ((*c)->live && takes)
            return out_connection(w, *c);
    }
    return NO_ROUTE;
}

static enum disposition out_attachment(struct walker *w, const struct attachment *to)
{
    const struct node *r = to->resource;
    if (!to->live || !r)
        return NULL_ROUTED;
    if (r->kind == KIND_VPN_CONNECTION)
        return out_connection(w, (const struct vpn_connection *)r);
    if (r->kind == KIND_DX_GATEWAY)
        return out_dx(w, (const struct dx_gateway *)r);
    if (r->kind == KIND_TRANSIT_GATEWAY) {
        const struct attachment *entry = attachment_other_side(to);
        if (entry)
            return into_transit(w, entry);
        return hop(w, r) ? EXITS_NETWORK : LOOP;
    }
    if (!hop(w, r))
        return LOOP;
    return r->kind == KIND_VPC && r->known ? into_vpc(w, (const struct vpc *)r, NULL) : EXITS_NETWORK;
}

static enum disposition into_transit(struct walker *w, const struct attachment *from)
{
    struct address dst = w->flow.dst;
    if (!hop(w, &from->gateway->node))
        return LOOP;
    const struct route *r =
        from->association ? cells_find(&from->association->cells[dst.family], dst.value) : NULL;
    if (!r)
        return NO_ROUTE;
    return r->black_hole ? NULL_ROUTED : out_attachment(w, (const struct attachment *)r->target);
}

static enum disposition out_transit(struct walker *w, const struct vpc *v, const struct node *gateway)
{
    vec_each(a, &v->attachments)
    {
        if (&(*a)->gateway->node == gateway && (*a)->live)
            return into_transit(w, *a);
    }
    return hop(w, gateway) ? NO_ROUTE : LOOP;
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

static enum disposition from_subnet(struct walker *w, const struct subnet *s)
{
    struct address dst = w->flow.dst;
    const struct route_table *t = subnet_table(s);
    const struct route *r = t ? cells_find(&t->cells[dst.family], dst.value) : NULL;
    if (!hop(w, &s->node))
        return LOOP;
    if (!r || !s->vpc)
        return NO_ROUTE;
    if (r->black_hole)
        return NULL_ROUTED;
    if (!acl_allows(subnet_acl(s), OUTBOUND, &w->flow))
        return DENIED_OUT;
    if (!hop(w, &s->vpc->node))
        return LOOP;
    return r->target ? out_of_vpc(w, s->vpc, r->target) : into_vpc(w, s->vpc, NULL);
}

static enum disposition from_interface(struct walker *w, struct interface *i)
{
    if (!hop(w, owner_of(i)))
        return LOOP;
    if (!w->answer && !interface_allows(i, OUTBOUND, &w->flow))
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

/* ── from a customer's device ── */

static bool gateway_leads(const struct node *gateway, const struct attachment *entry, struct address dst)
{
    if (gateway->kind == KIND_VPN_GATEWAY) {
        const struct vpc *v = ((const struct vpn_gateway *)gateway)->vpc;
        return v && vpc_has(v, dst);
    }
    return entry && entry->association && cells_find(&entry->association->cells[dst.family], dst.value);
}

static const struct attachment *attachment_from(const struct node *gateway, const struct node *resource)
{
    vec_each(a, &((const struct transit_gateway *)gateway)->attachments)
    {
        if ((*a)->live && (*a)->resource == resource)
            return *a;
    }
    return NULL;
}

/* Enters AWS by a gateway, from the connection or Direct Connect gateway `from`, if that leads there. */
static bool enter(struct walker *w, const struct node *gateway, const struct node *from,
                  enum disposition *ret_disposition)
{
    bool transit = gateway->kind == KIND_TRANSIT_GATEWAY;
    const struct attachment *entry = transit ? attachment_from(gateway, from) : NULL;
    if (!gateway_leads(gateway, entry, w->flow.dst))
        return false;
    if (from->kind == KIND_DX_GATEWAY && !hop(w, from)) {
        *ret_disposition = LOOP;
    } else if (transit) {
        *ret_disposition = into_transit(w, entry);
    } else {
        const struct vpn_gateway *g = (const struct vpn_gateway *)gateway;
        *ret_disposition = hop(w, gateway) && hop(w, &g->vpc->node) ? into_vpc(w, g->vpc, g->table) : LOOP;
    }
    return true;
}

static enum disposition from_connection(struct walker *w, const struct vpn_connection *c)
{
    enum disposition d;
    return c->live && c->gateway && enter(w, c->gateway, &c->node, &d) ? d : NO_ROUTE;
}

/* Which of its ways the device takes is its own business: the first that leads there is taken, VPN
 * connections before virtual interfaces. */
static enum disposition from_device(struct walker *w, const struct device *from)
{
    enum disposition d;
    if (!hop(w, &from->node))
        return LOOP;
    vec_each(c, &from->connections)
    {
        if ((*c)->live && (*c)->gateway && enter(w, (*c)->gateway, &(*c)->node, &d))
            return d;
    }
    vec_each(v, &from->virtual_interfaces)
    {
        struct dx_gateway *g = (*v)->dx_gateway;
        if ((*v)->live && (*v)->vpn_gateway && enter(w, &(*v)->vpn_gateway->node, &(*v)->node, &d))
            return d;
        for (size_t i = 0; (*v)->live && g && i < g->gateways.n; i++)
            if (enter(w, g->gateways.at[i], &g->node, &d))
                return d;
    }
    return NO_ROUTE;
}

/* ── the query ── */

struct start {
    struct interface *interface;
    struct subnet *subnet;
    struct vpn_connection *connection;
    struct device *device;
    struct address own;
};

static int find_start(const struct model *m, struct str ingress, enum family f, struct start *ret_start)
{
    struct start s = {0};
    struct instance *host = model_find(m, KIND_INSTANCE, ingress);
    s.interface =
        host && host->interfaces.n ? host->interfaces.at[0] : model_find(m, KIND_INTERFACE, ingress);
    s.subnet = model_find(m, KIND_SUBNET, ingress);
    s.connection = model_find(m, KIND_VPN_CONNECTION, ingress);
    s.device = model_find(m, KIND_DEVICE, ingress);
    for (size_t i = 0; s.interface && i < s.interface->ips.n; i++)
        if (s.interface->ips.at[i].private.family == f) {
            s.own = s.interface->ips.at[i].private;
            break;
        }
    if (s.device && s.device->prefixes.n)
        s.own = (struct address){s.device->prefixes.at[0].lo, s.device->prefixes.at[0].family};
    if (!s.interface && !s.subnet && !s.connection && !s.device && !str_is(ingress, "internet"))
        return err_set(ERR_MISSING, "no component '%.*s' to start from", STR_ARG(ingress));
    *ret_start = s;
    return 0;
}

static enum disposition begin(struct walker *w, const struct start *s)
{
    if (s->device)
        return from_device(w, s->device);
    if (s->connection)
        return hop(w, &s->connection->node) ? from_connection(w, s->connection) : LOOP;
    if (s->subnet)
        return from_subnet(w, s->subnet);
    return s->interface ? from_interface(w, s->interface) : from_internet(w);
}

/* The answer starts where the packet ended, with the addresses that it had there. */
static void trace_answer(struct walker *w, struct trace *t)
{
    struct flow there = w->flow;
    struct start s = {.interface = w->at_interface, .device = w->at_device};
    if (!s.interface && !s.device && !w->at_internet)
        return;
    w->answer = true;
    w->flow.src = there.dst;
    w->flow.dst = there.src;
    w->flow.sport = there.dport;
    w->flow.dport = there.sport;
    w->path = t->reverse;
    w->n_path = 0;
    t->reverse_disposition = begin(w, &s);
    t->n_reverse = w->n_path;
}

static int parse_flow(const struct trace_query *q, struct flow *ret_flow, bool *ret_own)
{
    struct flow f = {.sport = q->sport >= 0 ? q->sport : SPORT, .dport = q->dport};
    *ret_own = !q->src.n || str_is(q->src, "ingress-node-ip");
    if (!address_parse(q->dst, &f.dst))
        return err_set(ERR_INVALID, "dst is no address: '%.*s'", STR_ARG(q->dst));
    if (!*ret_own && !address_parse(q->src, &f.src))
        return err_set(ERR_INVALID, "src is no address: '%.*s'", STR_ARG(q->src));
    if (!*ret_own && f.src.family != f.dst.family)
        return err_set(ERR_INVALID, "src and dst are of different families");
    f.protocol = !q->protocol.n || str_is(q->protocol, "any") ? PROTOCOL_NONE : protocol_number(q->protocol);
    if (f.protocol < 0)
        return err_set(ERR_INVALID, "no protocol: '%.*s'", STR_ARG(q->protocol));
    *ret_flow = f;
    return 0;
}

int trace_flow(const struct model *m, const struct trace_query *q, struct trace *ret_trace)
{
    struct trace t = {0};
    struct walker w = {.model = m, .path = t.path};
    struct start s = {0};
    bool own;
    int status = parse_flow(q, &w.flow, &own);
    if (status == 0)
        status = find_start(m, q->ingress, w.flow.dst.family, &s);
    if (status < 0)
        return status;
    if (own)
        w.flow.src = s.own;
    if (own && (!s.own.value || s.own.family != w.flow.dst.family)) /* somebody on the internet */
        address_parse(w.flow.dst.family == IPV4 ? STR("8.8.8.8") : STR("2001:4860:4860::8888"), &w.flow.src);
    t.disposition = begin(&w, &s);
    t.n_path = w.n_path;
    if (t.disposition == ACCEPTED || t.disposition == EXITS_NETWORK)
        trace_answer(&w, &t);
    *ret_trace = t;
    return 0;
}

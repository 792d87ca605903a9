#include "reach/edge.h"

#include "reach/lead.h"
#include "reach/route.h"

/* Transit gateways in a row; attachments looked at, of which one gateway may have 5,000. Beyond these bounds
 * anything may come. */
enum { GATEWAYS_DEEP = 8, VISITS_MAX = 8 << 10 };

const char *edge_name(const struct edge *e)
{
    static const char *const names[N_EDGE_TYPES] = {
        [EDGE_INTERNET] = "an Internet Gateway",
        [EDGE_PEERING] = "a VPC Peering Connection",
        [EDGE_VPN_GATEWAY] = "a Virtual Private Gateway",
        [EDGE_TRANSIT_GATEWAY] = "a Transit Gateway",
    };
    struct str id = e->component->id;
    if (e->type != EDGE_OTHER)
        return names[e->type];
    return str_starts(id, STR("lgw-"))                    ? "a Local Gateway"
           : str_starts(id, STR("cagw-"))                 ? "a Carrier Gateway"
           : str_find_str(id, STR(":core-network/")) >= 0 ? "a Core Network"
                                                          : "another Gateway";
}

bool edge_has_groups(const struct edge *e)
{
    return e->type == EDGE_PEERING || e->type == EDGE_OTHER ||
           (e->type == EDGE_TRANSIT_GATEWAY && !e->attachment->gateway->no_references);
}

void vpc_edges(struct vpc *v, edge_vec *ret_edges)
{
    if (v->internet)
        vec_add(ret_edges, (struct edge){EDGE_INTERNET, v, &v->internet->node, NULL});
    vec_each(p, &v->peerings)
    {
        if ((*p)->active)
            vec_add(ret_edges, (struct edge){EDGE_PEERING, v, &(*p)->node, NULL});
    }
    vec_each(g, &v->vpn_gateways) vec_add(ret_edges, (struct edge){EDGE_VPN_GATEWAY, v, &(*g)->node, NULL});
    vec_each(a, &v->attachments)
    {
        if ((*a)->live)
            vec_add(ret_edges, (struct edge){EDGE_TRANSIT_GATEWAY, v, &(*a)->gateway->node, *a});
    }
    vec_each(o, &v->others) vec_add(ret_edges, (struct edge){EDGE_OTHER, v, *o, NULL});
}

static void add_all(struct spans *s, const prefix_vec *p, enum family f)
{
    vec_each(prefix, p)
    {
        if (prefix->family == f)
            spans_add(s, prefix->lo, prefix->hi);
    }
}

static void add_everything(struct spans *s, enum family f)
{
    spans_add(s, 0, family_last(f));
}

/* Subnets of a VPC that send what is for `to` to `target`. Where one that is named lies is not known. */
static void add_senders(struct spans *s, const struct vpc *v, struct address to, const struct node *target)
{
    vec_each(subnet, &v->subnets)
    {
        if (table_leads(subnet_table(*subnet), to, target))
            add_all(s, (*subnet)->node.known ? &(*subnet)->prefixes : &v->prefixes, to.family);
    }
    if (v->partial) /* any of its other subnets may */
        add_all(s, &v->prefixes, to.family);
}

/* ── peering ── */

static void add_peer(struct spans *s, const struct peering *p, const struct vpc *own, struct address to)
{
    int other = p->sides[0] == own;
    const struct vpc *v = p->sides[other];
    if (v && v->node.known)
        add_senders(s, v, to, &p->node);
    else if (p->node.known) /* another account's, of which only the address ranges are told */
        add_all(s, &p->prefixes[other], to.family);
    else
        add_everything(s, to.family);
}

/* ── VPN and Direct Connect ── */

static void add_device(struct spans *s, const struct device *d, enum family f)
{
    add_all(s, &d->prefixes, f);
    add_all(s, &d->advertised, f);
}

static void add_connection(struct spans *s, const struct vpn_connection *c, enum family f)
{
    if (!c->live)
        return;
    if (c->device)
        add_device(s, c->device, f);
    else if (c->static_only)
        add_all(s, &c->routes, f);
    else /* what is announced over BGP is not told */
        add_everything(s, f);
}

static void add_virtual_interface(struct spans *s, const struct virtual_interface *v, enum family f)
{
    if (v->device)
        add_device(s, v->device, f);
    else
        add_everything(s, f);
}

static void add_dx(struct spans *s, const struct dx_gateway *g, enum family f)
{
    vec_each(v, &g->virtual_interfaces) add_virtual_interface(s, *v, f);
    if (!g->virtual_interfaces.n) /* they are another account's */
        add_everything(s, f);
}

static void add_vpn_gateway(struct spans *s, const struct vpn_gateway *g, enum family f)
{
    if (!g->node.known || !g->direct_told || (f == IPV4 && !g->connections_told))
        add_everything(s, f);
    vec_each(c, &g->connections)
    {
        if (f == IPV4) /* VPN connections of virtual private gateways carry no IPv6 */
            add_connection(s, *c, f);
    }
    vec_each(v, &g->virtual_interfaces) add_virtual_interface(s, *v, f);
    vec_each(d, &g->dx_gateways) add_dx(s, *d, f);
}

/* ── transit gateways ── */

struct crossing {
    struct address to;
    const struct attachment *within[GATEWAYS_DEEP];
    int depth, visits;
};

static void add_transit(struct spans *s, struct crossing *c, const struct attachment *into);

/* Where a VPC has appliances that send on what comes from one transit gateway to another, or back to the
 * same, all that comes in may go there. */
static void add_passing(struct spans *s, struct crossing *c, const struct attachment *out)
{
    const struct vpc *v = (const struct vpc *)out->resource;
    bool passes = v->partial;
    for (size_t i = 0; i < v->subnets.n && !passes; i++)
        passes = table_leads_through(subnet_table(v->subnets.at[i]), c->to, &out->gateway->node);
    for (size_t i = 0; i < v->attachments.n && passes; i++)
        if (v->attachments.at[i]->live)
            add_transit(s, c, v->attachments.at[i]);
}

/* A transit gateway's VPN connection has its static routes in the gateway's table, so what may come from it
 * is what the table sends back, as with all that is not described. */
static struct spans attachment_sources(struct crossing *c, const struct attachment *a)
{
    struct spans s = {0};
    enum family f = c->to.family;
    const struct node *r = a->resource;
    const struct vpn_connection *vpn = (const struct vpn_connection *)r;
    if (r && r->kind == KIND_VPC && r->known) {
        add_senders(&s, (const struct vpc *)r, c->to, &a->gateway->node);
        add_passing(&s, c, a);
    } else if (r && r->kind == KIND_VPN_CONNECTION && r->known && (vpn->device || !vpn->live)) {
        add_connection(&s, vpn, f);
    } else if (r && r->kind == KIND_DX_GATEWAY) {
        add_dx(&s, (const struct dx_gateway *)r, f);
    } else if (attachment_other_side(a)) {
        add_transit(&s, c, attachment_other_side(a));
    } else {
        add_everything(&s, f);
    }
    return s;
}

/* What can come out of the attachment `into`: sent there by the table of the one it came in by, and with a
 * way back in the table of `into`. */
static void add_transit(struct spans *s, struct crossing *c, const struct attachment *into)
{
    for (int i = 0; i < c->depth; i++)
        if (c->within[i] == into) /* what comes round again has come already */
            return;
    if (c->depth == GATEWAYS_DEEP || !into->gateway->attachments_told) {
        add_everything(s, c->to.family);
        return;
    }
    c->within[c->depth++] = into;
    vec_each(a, &into->gateway->attachments)
    {
        const struct attachment *from = *a;
        if (from == into || (from->node.known && !from->live))
            continue;
        if (c->visits == VISITS_MAX) { /* anything may come from the rest */
            add_everything(s, c->to.family);
            break;
        }
        c->visits++;
        if (!transit_leads(from, c->to, into))
            continue;
        struct spans back = transit_to(into, c->to.family, from);
        if (back.n) {
            struct spans all = attachment_sources(c, from), both = spans_intersection(&all, &back);
            spans_add_all(s, &both);
            spans_free(&all);
            spans_free(&both);
        }
        spans_free(&back);
    }
    c->depth--;
}

/* Attachments of other accounts are not described to those who do not own the gateway. */
static void add_transit_gateway(struct spans *s, struct address to, const struct attachment *into)
{
    if (!into->gateway->has_tables || !into->node.known)
        add_everything(s, to.family);
    else
        add_transit(s, &(struct crossing){.to = to}, into);
}

/* ── */

static const struct route_table *own_table(const struct edge *e)
{
    if (e->type == EDGE_INTERNET)
        return ((const struct internet_gateway *)e->component)->table;
    return e->type == EDGE_VPN_GATEWAY ? ((const struct vpn_gateway *)e->component)->table : NULL;
}

struct spans edge_sources(const struct edge *e, struct address to, const struct node **ret_via)
{
    struct spans s = {0};
    const struct route_table *t = own_table(e);
    const struct route *r = t ? cells_find(&t->cells[to.family], to.value) : NULL;
    *ret_via = r ? r->target : NULL;
    if (t && (!r || r->black_hole))
        return s;
    switch (e->type) {
    case EDGE_INTERNET:
        return internet_addresses(to.family);
    case EDGE_PEERING:
        add_peer(&s, (const struct peering *)e->component, e->vpc, to);
        break;
    case EDGE_VPN_GATEWAY:
        add_vpn_gateway(&s, (const struct vpn_gateway *)e->component, to.family);
        break;
    case EDGE_TRANSIT_GATEWAY:
        add_transit_gateway(&s, to, e->attachment);
        break;
    default: /* what is beyond it no call tells */
        add_everything(&s, to.family);
    }
    return s;
}

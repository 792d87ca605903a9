/* A packet between VPCs and other networks: VPN, Direct Connect, transit gateways, customers' devices. */
#include "reach/route.h"
#include "reach/walk.h"

static enum disposition into_transit(struct walker *w, const struct attachment *from);

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
enum disposition out_vpn_gateway(struct walker *w, const struct vpn_gateway *g)
{
    struct address dst = w->flow.dst;
    if (!hop(w, &g->node))
        return LOOP;
    unclear(w, g->connections_told && g->direct_told ? &g->node : NULL, &g->node);
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
    const struct transit_table *t = from->association;
    unclear(w, t && t->told && !t->partial ? &t->node : NULL, &from->gateway->node);
    const struct route *r = t ? cells_find(&t->cells[dst.family], dst.value) : NULL;
    if (!r)
        return NO_ROUTE;
    return r->black_hole ? NULL_ROUTED : out_attachment(w, (const struct attachment *)r->target);
}

enum disposition out_transit(struct walker *w, const struct vpc *v, const struct node *gateway)
{
    vec_each(a, &v->attachments)
    {
        if (&(*a)->gateway->node == gateway && (*a)->live)
            return into_transit(w, *a);
    }
    return hop(w, gateway) ? NO_ROUTE : LOOP;
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

enum disposition from_connection(struct walker *w, const struct vpn_connection *c)
{
    enum disposition d;
    return c->live && c->gateway && enter(w, c->gateway, &c->node, &d) ? d : NO_ROUTE;
}

/* Which of its ways the device takes is its own business: the first that leads there is taken, VPN
 * connections before virtual interfaces. */
enum disposition from_device(struct walker *w, const struct device *from)
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

/* Gateways and what lies beyond them: peering, VPN, Direct Connect, transit gateways. */
#include <stdio.h>

#include "reach/describe.h"

/* Deleted and failed ones stay in the answers for a while. */
static bool is_live(struct str state)
{
    return !state.n || str_is(state, "available") || str_is(state, "attached") ||
           str_is(state, "associated") || str_is(state, "modifying") || str_is(state, "up") ||
           str_is(state, "active");
}

/* A session that is down may come up again. */
static bool is_line(struct str state)
{
    return is_live(state) || str_is(state, "down") || str_is(state, "testing") || str_is(state, "unknown");
}

static void read_internet_gateway(struct model *m, json_val *item)
{
    struct internet_gateway *g = model_node(m, KIND_INTERNET_GATEWAY, member_str(item, "InternetGatewayId"));
    if (!g)
        return;
    g->node.known = true;
    for (json_each(attachment, member(item, "Attachments"))) {
        struct vpc *v = model_node(m, KIND_VPC, member_str(attachment, "VpcId"));
        if (v && is_live(member_str(attachment, "State"))) {
            g->vpc = v;
            v->internet = g;
        }
    }
}

static void read_egress_gateway(struct model *m, json_val *item)
{
    struct node *g = model_node(m, KIND_EGRESS_GATEWAY, member_str(item, "EgressOnlyInternetGatewayId"));
    if (g)
        g->known = true;
}

/* The endpoint of a firewall is one of a Gateway Load Balancer, with a tag that names the firewall: what is
 * tagged by another account is not shown in paths here. */
static void read_endpoint(struct model *m, json_val *item)
{
    struct endpoint *e = model_node(m, KIND_ENDPOINT, member_str(item, "VpcEndpointId"));
    struct str type = member_str(item, "VpcEndpointType");
    if (!e)
        return;
    e->node.known = true;
    e->passes = !type.n || str_is(type, "GatewayLoadBalancer");
    for (json_each(id, member(item, "SubnetIds")))
        e->subnet = model_node(m, KIND_SUBNET, json_str(id));
    for (json_each(tag, m->guest ? NULL : member(item, "Tags")))
        if (str_is(member_str(tag, "Key"), "Firewall")) {
            e->firewall = model_node(m, KIND_FIREWALL, member_str(tag, "Value"));
            if (e->firewall)
                e->firewall->arn = e->firewall->id;
        }
}

static void read_nat_gateway(struct model *m, json_val *item)
{
    struct nat_gateway *g = model_node(m, KIND_NAT_GATEWAY, member_str(item, "NatGatewayId"));
    if (!g || g->node.known || !is_live(member_str(item, "State")))
        return;
    g->node.known = true;
    g->subnet = model_node(m, KIND_SUBNET, member_str(item, "SubnetId"));
    g->private = str_is(member_str(item, "ConnectivityType"), "private");
    for (json_each(address, member(item, "NatGatewayAddresses"))) {
        struct interface *i = model_node(m, KIND_INTERFACE, member_str(address, "NetworkInterfaceId"));
        if (!i)
            continue;
        struct elastic e = {.interface = i};
        if (address_parse(member_str(address, "PrivateIp"), &e.ip.private)) {
            address_parse(member_str(address, "PublicIp"), &e.ip.public);
            vec_add(&m->elastic, e);
        }
        i->nat = g;
        if (!i->subnet)
            i->subnet = g->subnet;
        vec_add(&g->interfaces, i);
    }
}

static void read_peering(struct model *m, json_val *item)
{
    static const char *const sides[] = {"RequesterVpcInfo", "AccepterVpcInfo"};
    struct peering *p = model_node(m, KIND_PEERING, member_str(item, "VpcPeeringConnectionId"));
    if (!p)
        return;
    p->active = str_is(member_str(member(item, "Status"), "Code"), "active");
    for (int i = 0; i < 2; i++) {
        json_val *side = member(item, sides[i]);
        struct vpc *v = model_node(m, KIND_VPC, member_str(side, "VpcId"));
        if (v && !p->node.known)
            vec_add(&v->peerings, p);
        p->sides[i] = v;
        p->neighbours[i] = (struct neighbour){arena_str(m->arena, member_str(side, "OwnerId")),
                                              arena_str(m->arena, member_str(side, "Region"))};
        vec_free(&p->prefixes[i]);
        add_prefixes(m, &p->prefixes[i], member(side, "CidrBlockSet"), "CidrBlock");
        add_prefixes(m, &p->prefixes[i], member(side, "Ipv6CidrBlockSet"), "Ipv6CidrBlock");
        struct prefix one;
        if (!p->prefixes[i].n && prefix_parse(member_str(side, "CidrBlock"), &one))
            vec_add(&p->prefixes[i], one);
    }
    p->node.known = true;
}

/* ── VPN ── */

static void read_vpn_gateway(struct model *m, json_val *item)
{
    struct vpn_gateway *g = model_node(m, KIND_VPN_GATEWAY, member_str(item, "VpnGatewayId"));
    if (!g || g->node.known || !is_live(member_str(item, "State")))
        return;
    g->node.known = true;
    for (json_each(attachment, member(item, "VpcAttachments"))) {
        struct vpc *v = model_node(m, KIND_VPC, member_str(attachment, "VpcId"));
        if (!v || g->vpc || !is_live(member_str(attachment, "State")))
            continue;
        g->vpc = v;
        vec_add(&v->vpn_gateways, g);
    }
}

static void read_vpn_routes(struct vpn_connection *c, json_val *routes)
{
    vec_free(&c->routes);
    for (json_each(route, routes)) {
        struct prefix p;
        if (is_live(member_str(route, "State")) &&
            prefix_parse(member_str(route, "DestinationCidrBlock"), &p))
            vec_add(&c->routes, p);
    }
}

static void read_vpn_connection(struct model *m, json_val *item)
{
    struct vpn_connection *c = model_node(m, KIND_VPN_CONNECTION, member_str(item, "VpnConnectionId"));
    if (!c || c->node.known)
        return;
    c->node.known = true;
    c->live = is_live(member_str(item, "State"));
    c->static_only = json_get_bool(member(item, "Options"), "StaticRoutesOnly");
    read_vpn_routes(c, member(item, "Routes"));
    struct vpn_gateway *g = model_node(m, KIND_VPN_GATEWAY, member_str(item, "VpnGatewayId"));
    if (g)
        vec_add(&g->connections, c);
    c->gateway = g ? &g->node : model_node(m, KIND_TRANSIT_GATEWAY, member_str(item, "TransitGatewayId"));
    for (json_each(tunnel, member(item, "VgwTelemetry"))) {
        struct address x;
        if (address_parse(member_str(tunnel, "OutsideIpAddress"), &x))
            vec_add(&c->outside, x);
    }
}

/* ── Direct Connect ── */

/* "dxgw-UUID": as the console names them; the API gives the bare UUID. */
static struct dx_gateway *dx_gateway(struct model *m, struct str id)
{
    char name[128];
    int n = snprintf(name, sizeof name, "dxgw-%.*s", STR_ARG(id));
    if (!id.n || n < 0 || (size_t)n >= sizeof name)
        return NULL;
    return model_node(m, KIND_DX_GATEWAY, (struct str){name, (size_t)n});
}

static void read_dx_gateway(struct model *m, json_val *item)
{
    struct dx_gateway *g = dx_gateway(m, member_str(item, "DirectConnectGatewayId"));
    if (g)
        g->node.known = true;
}

static void read_dx_association(struct model *m, json_val *item)
{
    struct dx_gateway *g = dx_gateway(m, member_str(item, "DirectConnectGatewayId"));
    struct str id = member_str(member(item, "AssociatedGateway"), "Id");
    if (!id.n)
        id = member_str(item, "VirtualGatewayId");
    struct node *to = model_target(m, id);
    if (!g || !to || !is_live(member_str(item, "AssociationState")))
        return;
    vec_each(have, &g->gateways)
    {
        if (*have == to)
            return;
    }
    vec_add(&g->gateways, to);
    if (to->kind == KIND_VPN_GATEWAY)
        vec_add(&((struct vpn_gateway *)to)->dx_gateways, g);
}

static void read_virtual_interface(struct model *m, json_val *item)
{
    struct str id = member_str(item, "VirtualInterfaceId");
    struct virtual_interface *v = model_node(m, KIND_VIRTUAL_INTERFACE, id);
    struct str type = member_str(item, "VirtualInterfaceType");
    if (!v || v->node.known)
        return;
    v->node.known = true;
    v->live = is_line(member_str(item, "VirtualInterfaceState")) && !str_is(type, "public");
    v->vpn_gateway = model_node(m, KIND_VPN_GATEWAY, member_str(item, "VirtualGatewayId"));
    v->dx_gateway = dx_gateway(m, member_str(item, "DirectConnectGatewayId"));
    if (v->vpn_gateway && v->live)
        vec_add(&v->vpn_gateway->virtual_interfaces, v);
    if (v->dx_gateway && v->live)
        vec_add(&v->dx_gateway->virtual_interfaces, v);
}

/* Ours: what no call tells, who is on the other side and which addresses are there. */
static void read_device(struct model *m, json_val *item)
{
    struct device *d = model_node(m, KIND_DEVICE, member_str(item, "DeviceId"));
    if (!d || d->node.known)
        return;
    d->node.known = true;
    add_prefixes(m, &d->prefixes, member(item, "Prefixes"), NULL);
    add_prefixes(m, &d->advertised, member(item, "AdvertisedPrefixes"), NULL);
    for (json_each(id, member(item, "VpnConnectionIds"))) {
        struct vpn_connection *c = model_node(m, KIND_VPN_CONNECTION, json_str(id));
        if (!c)
            continue;
        c->device = d;
        vec_add(&d->connections, c);
    }
    for (json_each(id, member(item, "VirtualInterfaceIds"))) {
        struct virtual_interface *v = model_node(m, KIND_VIRTUAL_INTERFACE, json_str(id));
        if (!v)
            continue;
        v->device = d;
        vec_add(&d->virtual_interfaces, v);
    }
}

/* ── transit gateways ── */

static void read_transit_gateway(struct model *m, json_val *item)
{
    struct transit_gateway *g = model_node(m, KIND_TRANSIT_GATEWAY, member_str(item, "TransitGatewayId"));
    if (!g)
        return;
    g->node.known = true;
    g->node.arn = arena_str(m->arena, member_str(item, "TransitGatewayArn"));
    g->no_references =
        str_is(member_str(member(item, "Options"), "SecurityGroupReferencingSupport"), "disable");
}

static void attach_vpc(struct attachment *a, struct vpc *v)
{
    if (a->resource || !v)
        return;
    a->resource = &v->node;
    vec_add(&v->attachments, a);
}

static void associate_attachment(struct model *m, struct attachment *a, json_val *association)
{
    struct str state = member_str(association, "State"),
               table = member_str(association, "TransitGatewayRouteTableId");
    if (table.n && is_live(state))
        a->association = model_node(m, KIND_TRANSIT_TABLE, table);
}

static void read_attachment(struct model *m, json_val *item)
{
    struct attachment *a = model_attachment(m, member_str(item, "TransitGatewayAttachmentId"),
                                            member_str(item, "TransitGatewayId"));
    struct str type = member_str(item, "ResourceType"), id = member_str(item, "ResourceId");
    if (!a || (m->earlier && a->node.known))
        return;
    a->node.known = true;
    a->live = is_live(member_str(item, "State"));
    if (!a->gateway->owner.n)
        a->gateway->owner = arena_str(m->arena, member_str(item, "TransitGatewayOwnerId"));
    associate_attachment(m, a, member(item, "Association"));
    if (str_is(type, "vpc"))
        attach_vpc(a, model_node(m, KIND_VPC, id));
    else if (str_is(type, "vpn"))
        a->resource = model_node(m, KIND_VPN_CONNECTION, id);
    else if (str_is(type, "direct-connect-gateway"))
        a->resource = (struct node *)dx_gateway(m, id);
    else if (str_is(type, "peering") || str_is(type, "tgw-peering"))
        a->resource = model_node(m, KIND_TRANSIT_GATEWAY, id);
    else
        a->resource = model_node(m, KIND_OTHER, id);
}

static void read_vpc_attachment(struct model *m, json_val *item)
{
    struct attachment *a = model_attachment(m, member_str(item, "TransitGatewayAttachmentId"),
                                            member_str(item, "TransitGatewayId"));
    if (!a)
        return;
    a->node.known = true;
    a->live = is_live(member_str(item, "State"));
    attach_vpc(a, model_node(m, KIND_VPC, member_str(item, "VpcId")));
}

static void read_transit_table(struct model *m, json_val *item)
{
    struct transit_table *t =
        model_node(m, KIND_TRANSIT_TABLE, member_str(item, "TransitGatewayRouteTableId"));
    if (!t)
        return;
    t->node.known = true;
    if (!t->gateway)
        t->gateway = model_node(m, KIND_TRANSIT_GATEWAY, member_str(item, "TransitGatewayId"));
    if (t->gateway)
        t->gateway->of_guest = m->guest;
}

static int propagated_rank(struct str resource_type)
{
    return str_is(resource_type, "direct-connect-gateway") ? RANK_PROPAGATED_DX
           : str_is(resource_type, "connect")              ? RANK_PROPAGATED_CONNECT
           : str_starts(resource_type, STR("vpn"))         ? RANK_PROPAGATED_VPN
                                                           : RANK_PROPAGATED;
}

static void read_transit_route(struct model *m, struct transit_table *t, json_val *item)
{
    struct transit_entry e = {.route = {.rank = RANK_STATIC}};
    e.route.black_hole = str_is(member_str(item, "State"), "blackhole");
    if (!prefix_parse(member_str(item, "DestinationCidrBlock"), &e.route.to) &&
        !(e.route.list = model_node(m, KIND_PREFIX_LIST, member_str(item, "PrefixListId"))))
        return;
    bool propagated = str_is(member_str(item, "Type"), "propagated");
    if (e.route.list)
        e.route.rank = RANK_LIST;
    json_val *to = member(item, "TransitGatewayAttachments");
    for (json_each(a, to)) { /* several: each may be taken */
        e.attachment = arena_str(m->arena, member_str(a, "TransitGatewayAttachmentId"));
        if (propagated)
            e.route.rank = propagated_rank(member_str(a, "ResourceType"));
        vec_add(&t->entries, e);
    }
    if (!yyjson_arr_size(to))
        vec_add(&t->entries, e);
}

/* search-transit-gateway-routes answers without the table's id: the list here is of objects that have it. */
static void read_transit_routes(struct model *m, json_val *item)
{
    struct transit_table *t =
        model_node(m, KIND_TRANSIT_TABLE, member_str(item, "TransitGatewayRouteTableId"));
    if (!t || (m->earlier && t->told_now))
        return;
    t->told = true;
    t->told_now = !m->earlier;
    t->partial |= json_get_bool(item, "AdditionalRoutesAvailable");
    for (json_each(route, member(item, "Routes")))
        read_transit_route(m, t, route);
}

/* Its entries and associations are calls of their own, told beside it or apart with its id. */
static void read_policy_table(struct model *m, json_val *item)
{
    struct policy_table *t =
        model_node(m, KIND_POLICY_TABLE, member_str(item, "TransitGatewayPolicyTableId"));
    struct str gateway = member_str(item, "TransitGatewayId");
    json_val *entries = member(item, "TransitGatewayPolicyTableEntries");
    if (!t)
        return;
    t->node.known = true;
    t->told |= entries != NULL;
    t->associations_told |= member(item, "Associations") != NULL;
    if (gateway.n)
        t->gateway = model_node(m, KIND_TRANSIT_GATEWAY, gateway);
    for (json_each(entry, entries)) {
        struct transit_table *to = model_node(m, KIND_TRANSIT_TABLE, member_str(entry, "TargetRouteTableId"));
        if (to)
            vec_add(&t->tables, to);
    }
    for (json_each(association, member(item, "Associations")))
        if (is_live(member_str(association, "State")))
            vec_add(&t->attachments,
                    arena_str(m->arena, member_str(association, "TransitGatewayAttachmentId")));
}

static void read_transit_propagations(struct model *m, json_val *item)
{
    struct transit_table *t =
        model_node(m, KIND_TRANSIT_TABLE, member_str(item, "TransitGatewayRouteTableId"));
    if (!t || (m->earlier && t->propagations_now))
        return;
    t->propagations_now = !m->earlier;
    for (json_each(from, member(item, "TransitGatewayRouteTablePropagations"))) {
        struct str id = member_str(from, "TransitGatewayAttachmentId"), state = member_str(from, "State");
        if (!id.n || (state.n && !str_is(state, "enabled")))
            continue;
        vec_add(&t->entries,
                (struct transit_entry){.attachment = arena_str(m->arena, id), .propagation = true});
    }
}

const struct description describe_edge[] = {
    {"InternetGateways", read_internet_gateway},
    {"EgressOnlyInternetGateways", read_egress_gateway},
    {"NatGateways", read_nat_gateway},
    {"VpcEndpoints", read_endpoint},
    {"VpcPeeringConnections", read_peering},
    {"VpnGateways", read_vpn_gateway},
    {"VpnConnections", read_vpn_connection},
    {"DirectConnectGateways", read_dx_gateway},
    {"DirectConnectGatewayAssociations", read_dx_association},
    {"VirtualInterfaces", read_virtual_interface},
    {"CustomerDevices", read_device},
    {"TransitGateways", read_transit_gateway},
    {"TransitGatewayAttachments", read_attachment},
    {"TransitGatewayVpcAttachments", read_vpc_attachment},
    {"TransitGatewayRouteTables", read_transit_table},
    {"TransitGatewayStaticRoutes", read_transit_routes},
    {"TransitGatewayRoutes", read_transit_routes},
    {"TransitGatewayPropagations", read_transit_propagations},
    {"TransitGatewayPolicyTables", read_policy_table},
    {0},
};

#include "reach/model.h"

#include <stdarg.h>
#include <stdio.h>

#include "reach/route.h"

enum { COMPONENTS_MAX = 8 << 20, PROBLEMS_MAX = 100 };

static const struct {
    const char *type, *prefix;
    size_t size;
} kinds[N_KINDS] = {
    [KIND_VPC] = {"AWS::EC2::VPC", "vpc-", sizeof(struct vpc)},
    [KIND_SUBNET] = {"AWS::EC2::Subnet", "subnet-", sizeof(struct subnet)},
    [KIND_ROUTE_TABLE] = {"AWS::EC2::RouteTable", "rtb-", sizeof(struct route_table)},
    [KIND_ACL] = {"AWS::EC2::NetworkAcl", "acl-", sizeof(struct acl)},
    [KIND_GROUP] = {"AWS::EC2::SecurityGroup", "sg-", sizeof(struct group)},
    [KIND_INTERFACE] = {"AWS::EC2::NetworkInterface", "eni-", sizeof(struct interface)},
    [KIND_INSTANCE] = {"AWS::EC2::Instance", "i-", sizeof(struct instance)},
    [KIND_INTERNET_GATEWAY] = {"AWS::EC2::InternetGateway", "igw-", sizeof(struct internet_gateway)},
    [KIND_EGRESS_GATEWAY] = {"AWS::EC2::EgressOnlyInternetGateway", "eigw-", sizeof(struct node)},
    [KIND_NAT_GATEWAY] = {"AWS::EC2::NatGateway", "nat-", sizeof(struct nat_gateway)},
    [KIND_VPN_GATEWAY] = {"AWS::EC2::VPNGateway", "vgw-", sizeof(struct vpn_gateway)},
    [KIND_VPN_CONNECTION] = {"AWS::EC2::VPNConnection", "vpn-", sizeof(struct vpn_connection)},
    [KIND_PEERING] = {"AWS::EC2::VPCPeeringConnection", "pcx-", sizeof(struct peering)},
    [KIND_TRANSIT_TABLE] = {"AWS::EC2::TransitGatewayRouteTable", "tgw-rtb-", sizeof(struct transit_table)},
    [KIND_ATTACHMENT] = {"AWS::EC2::TransitGatewayAttachment", "tgw-attach-", sizeof(struct attachment)},
    [KIND_TRANSIT_GATEWAY] = {"AWS::EC2::TransitGateway", "tgw-", sizeof(struct transit_gateway)},
    [KIND_PREFIX_LIST] = {"AWS::EC2::PrefixList", "pl-", sizeof(struct prefix_list)},
    [KIND_ENDPOINT] = {"AWS::EC2::VPCEndpoint", "vpce-", sizeof(struct endpoint)},
    [KIND_FIREWALL] = {"AWS::NetworkFirewall::Firewall", "", sizeof(struct node)},
    [KIND_POLICY_TABLE] = {"AWS::EC2::TransitGatewayPolicyTable", "", sizeof(struct policy_table)},
    [KIND_DX_GATEWAY] = {"AWS::DirectConnect::DirectConnectGateway", "dxgw-", sizeof(struct dx_gateway)},
    [KIND_VIRTUAL_INTERFACE] = {"AWS::DirectConnect::VirtualInterface", "dxvif-",
                                sizeof(struct virtual_interface)},
    [KIND_BALANCER] = {"AWS::ElasticLoadBalancingV2::LoadBalancer", "", sizeof(struct balancer)},
    [KIND_TARGET_GROUP] = {"AWS::ElasticLoadBalancingV2::TargetGroup", "", sizeof(struct target_group)},
    [KIND_DEVICE] = {"AWS::EC2::CustomerGateway", "", sizeof(struct device)},
    [KIND_OTHER] = {"AWS::EC2::Gateway", "", sizeof(struct node)},
};

const char *kind_type(enum kind kind)
{
    return kinds[kind].type;
}

const char *node_type(const struct node *n)
{
    if (n->kind == KIND_BALANCER && ((const struct balancer *)n)->type == BALANCER_CLASSIC)
        return "AWS::ElasticLoadBalancing::LoadBalancer";
    return kinds[n->kind].type;
}

struct model *model_new(void)
{
    struct arena *a = arena_new(0);
    struct model *m = arena_alloc(a, sizeof *m);
    m->arena = a;
    return m;
}

static void table_free(struct route_table *t)
{
    vec_free(&t->routes);
    vec_free(&t->expanded);
    vec_free(&t->unknown);
    vec_free(&t->boxes);
    for (int f = 0; f < N_FAMILIES; f++)
        cells_free(&t->cells[f]);
}

static void transit_table_free(struct transit_table *t)
{
    vec_free(&t->entries);
    vec_free(&t->expanded);
    vec_free(&t->unknown);
    for (int f = 0; f < N_FAMILIES; f++)
        cells_free(&t->cells[f]);
}

static void group_free(struct group *g)
{
    vec_free(&g->rules[INBOUND]);
    vec_free(&g->rules[OUTBOUND]);
    vec_free(&g->members);
    spans_free(&g->addresses[IPV4]);
    spans_free(&g->addresses[IPV6]);
}

static void vpc_free(struct vpc *v)
{
    vec_free(&v->prefixes);
    vec_free(&v->subnets);
    vec_free(&v->vpn_gateways);
    vec_free(&v->peerings);
    vec_free(&v->attachments);
    vec_free(&v->others);
}

static void balancer_free(struct balancer *b)
{
    vec_each(l, &b->listeners) vec_free(&l->groups);
    vec_free(&b->subnets);
    vec_free(&b->groups);
    vec_free(&b->listeners);
    vec_free(&b->instances);
    vec_free(&b->addresses);
}

static void edges_free(struct model *m)
{
    model_each(struct vpn_gateway, g, m, KIND_VPN_GATEWAY)
    {
        vec_free(&g->connections);
        vec_free(&g->virtual_interfaces);
        vec_free(&g->dx_gateways);
    }
    model_each(struct vpn_connection, c, m, KIND_VPN_CONNECTION)
    {
        vec_free(&c->routes);
        vec_free(&c->outside);
    }
    model_each(struct dx_gateway, g, m, KIND_DX_GATEWAY)
    {
        vec_free(&g->gateways);
        vec_free(&g->virtual_interfaces);
    }
    model_each(struct device, d, m, KIND_DEVICE)
    {
        vec_free(&d->prefixes);
        vec_free(&d->advertised);
        vec_free(&d->connections);
        vec_free(&d->virtual_interfaces);
    }
    model_each(struct peering, p, m, KIND_PEERING)
    {
        vec_free(&p->prefixes[0]);
        vec_free(&p->prefixes[1]);
    }
    model_each(struct transit_gateway, g, m, KIND_TRANSIT_GATEWAY) vec_free(&g->attachments);
    model_each(struct policy_table, t, m, KIND_POLICY_TABLE)
    {
        vec_free(&t->tables);
        vec_free(&t->attachments);
    }
    model_each(struct transit_table, t, m, KIND_TRANSIT_TABLE) transit_table_free(t);
}

static void hosts_free(struct model *m)
{
    model_each(struct subnet, s, m, KIND_SUBNET)
    {
        vec_free(&s->prefixes);
        map_free(&s->interfaces);
        vec_free(&s->delegated);
    }
    model_each(struct interface, i, m, KIND_INTERFACE)
    {
        vec_free(&i->ips);
        vec_free(&i->prefixes);
        vec_free(&i->groups);
    }
    model_each(struct instance, i, m, KIND_INSTANCE) vec_free(&i->interfaces);
    model_each(struct nat_gateway, g, m, KIND_NAT_GATEWAY) vec_free(&g->interfaces);
}

void model_free(struct model *m)
{
    if (!m)
        return;
    struct arena *a = m->arena;
    model_each(struct vpc, v, m, KIND_VPC) vpc_free(v);
    hosts_free(m);
    edges_free(m);
    model_each(struct route_table, t, m, KIND_ROUTE_TABLE) table_free(t);
    model_each(struct acl, l, m, KIND_ACL)
    {
        vec_free(&l->rules[INBOUND]);
        vec_free(&l->rules[OUTBOUND]);
    }
    model_each(struct group, g, m, KIND_GROUP) group_free(g);
    model_each(struct prefix_list, p, m, KIND_PREFIX_LIST) vec_free(&p->prefixes);
    model_each(struct balancer, b, m, KIND_BALANCER) balancer_free(b);
    model_each(struct target_group, t, m, KIND_TARGET_GROUP) vec_free(&t->targets);
    for (int k = 0; k < N_KINDS; k++)
        map_free(&m->maps[k]);
    vec_free(&m->elastic);
    map_free(&m->publics);
    spans_free(&m->cloud[IPV4]);
    spans_free(&m->cloud[IPV6]);
    vec_free(&m->problems);
    vec_free(&m->untold);
    arena_free(a);
}

void model_problem(struct model *m, const char *format, ...)
{
    if (m->problems.n >= PROBLEMS_MAX)
        return;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    vec_add(&m->problems, arena_str(m->arena, str_from(text)));
}

void *model_find(const struct model *m, enum kind kind, struct str id)
{
    return id.n ? map_get(&m->maps[kind], id) : NULL;
}

void *model_node(struct model *m, enum kind kind, struct str id)
{
    struct node *n = model_find(m, kind, id);
    if (n || !id.n || m->n_components >= COMPONENTS_MAX)
        return n;
    m->n_components++;
    n = arena_alloc(m->arena, kinds[kind].size);
    n->kind = kind;
    n->id = arena_str(m->arena, id);
    map_set(&m->maps[kind], n->id, n);
    return n;
}

struct node *model_target(struct model *m, struct str id)
{
    for (int k = 0; k < N_KINDS; k++)
        if (*kinds[k].prefix && str_starts(id, str_from(kinds[k].prefix)))
            return model_node(m, (enum kind)k, id);
    return model_node(m, KIND_OTHER, id);
}

struct attachment *model_attachment(struct model *m, struct str id, struct str transit_gateway)
{
    char key[300];
    int n = snprintf(key, sizeof key, "%.*s %.*s", STR_ARG(id), STR_ARG(transit_gateway));
    if (!id.n || !transit_gateway.n || n < 0 || (size_t)n >= sizeof key)
        return NULL;
    struct attachment *t = model_node(m, KIND_ATTACHMENT, (struct str){key, (size_t)n});
    if (t && !t->gateway && (t->gateway = model_node(m, KIND_TRANSIT_GATEWAY, transit_gateway)))
        vec_add(&t->gateway->attachments, t);
    return t && t->gateway ? t : NULL;
}

static struct str attachment_id(const struct attachment *a)
{
    return str_slice(a->node.id, 0, (size_t)str_find(a->node.id, ' '));
}

struct attachment *attachment_other_side(const struct attachment *a)
{
    if (!a->resource || a->resource->kind != KIND_TRANSIT_GATEWAY)
        return NULL;
    vec_each(other, &((struct transit_gateway *)a->resource)->attachments)
    {
        if (*other != a && str_eq(attachment_id(a), attachment_id(*other)))
            return *other;
    }
    return NULL;
}

struct route_table *subnet_table(const struct subnet *s)
{
    return s->table ? s->table : s->vpc ? s->vpc->main : NULL;
}

struct acl *subnet_acl(const struct subnet *s)
{
    return s->acl ? s->acl : s->vpc ? s->vpc->acl : NULL;
}

static bool prefixes_have(const prefix_vec *p, struct address x)
{
    vec_each(prefix, p)
    {
        if (prefix_has(prefix, x))
            return true;
    }
    return false;
}

bool vpc_has(const struct vpc *v, struct address x)
{
    return prefixes_have(&v->prefixes, x);
}

struct subnet *vpc_subnet(const struct vpc *v, struct address x)
{
    vec_each(s, &v->subnets)
    {
        if (prefixes_have(&(*s)->prefixes, x))
            return *s;
    }
    return NULL;
}

struct interface *subnet_interface(const struct subnet *s, struct address x)
{
    struct interface *found = map_get(&s->interfaces, address_key(&x));
    for (size_t i = 0; i < s->delegated.n && !found; i++)
        if (prefix_has(&s->delegated.at[i].prefix, x))
            found = s->delegated.at[i].interface;
    return found;
}

const struct public_address *model_public(const struct model *m, struct address x)
{
    return map_get(&m->publics, address_key(&x));
}

bool ip_is_public(const struct ip *ip)
{
    return ip->public.value || address_is_routed(ip->private);
}

bool address_is_routed(struct address x)
{
    return x.family == IPV6 && x.value >> 125 == 1; /* 2000::/3 */
}

bool instance_is_gone(const struct instance *i)
{
    return str_is(i->state, "terminated") || str_is(i->state, "shutting-down");
}

bool instance_is_told(const struct instance *i)
{
    bool told = i->node.known;
    vec_each(n, &i->interfaces)
    {
        told &= (*n)->subnet && (*n)->subnet->node.known;
        vec_each(g, &(*n)->groups) told &= (*g)->node.known;
    }
    return told;
}

void interface_detach(struct interface *i)
{
    struct instance *from = i->instance;
    size_t n = 0;
    for (size_t k = 0; from && k < from->interfaces.n; k++)
        if (from->interfaces.at[k] != i)
            from->interfaces.at[n++] = from->interfaces.at[k];
    if (from)
        from->interfaces.n = n;
    i->instance = NULL;
}

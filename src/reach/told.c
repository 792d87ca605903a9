/* What was not told: lists that nobody described, and what may be missing for it. */
#include "reach/describe.h"

/* The first eight are what every answer rests on. */
static const struct {
    const char *name, *call, *effect;
    bool hides;
} lists[N_LISTS] = {
    [LIST_VPCS] = {"Vpcs", "ec2 describe-vpcs", "which addresses are whose", true},
    [LIST_SUBNETS] = {"Subnets", "ec2 describe-subnets", "where interfaces and load balancers are", true},
    [LIST_ROUTE_TABLES] = {"RouteTables", "ec2 describe-route-tables",
                           "gateways that routes alone tell of; any route may be", true},
    [LIST_ACLS] = {"NetworkAcls", "ec2 describe-network-acls", "all is taken to pass them", false},
    [LIST_GROUPS] = {"SecurityGroups", "ec2 describe-security-groups", "what they admit", true},
    [LIST_INTERFACES] = {"NetworkInterfaces", "ec2 describe-network-interfaces",
                         "addresses, and who is in a security group", true},
    [LIST_INSTANCES] = {"Reservations", "ec2 describe-instances", "which instances there are", true},
    [LIST_INTERNET_GATEWAYS] = {"InternetGateways", "ec2 describe-internet-gateways",
                                "those that no route names", true},
    [LIST_PEERINGS] = {"VpcPeeringConnections", "ec2 describe-vpc-peering-connections",
                       "any address may come by those that routes name", false},
    [LIST_VPN_GATEWAYS] = {"VpnGateways", "ec2 describe-vpn-gateways",
                           "any address may come by those that routes name", false},
    [LIST_VPN_CONNECTIONS] = {"VpnConnections", "ec2 describe-vpn-connections",
                              "any address may come by virtual private gateways", false},
    [LIST_VIRTUAL_INTERFACES] = {"VirtualInterfaces", "directconnect describe-virtual-interfaces",
                                 "any address may come by virtual private gateways", false},
    [LIST_DX_ASSOCIATIONS] = {"DirectConnectGatewayAssociations",
                              "directconnect describe-direct-connect-gateway-associations",
                              "any address may come by virtual private gateways", false},
    [LIST_ATTACHMENTS] = {"TransitGatewayAttachments", "ec2 describe-transit-gateway-attachments",
                          "any address may come by transit gateways", false},
    [LIST_TRANSIT_TABLES] = {"TransitGatewayRouteTables", "ec2 describe-transit-gateway-route-tables",
                             "any address may come by transit gateways", false},
    [LIST_TRANSIT_ROUTES] = {"TransitGatewayRoutes", "ec2 search-transit-gateway-routes",
                             "transit gateways may lead anywhere", false},
    [LIST_PROPAGATIONS] = {"TransitGatewayPropagations", "ec2 get-transit-gateway-route-table-propagations",
                           "what is propagated to transit gateways is known by their routes alone", false},
    [LIST_POLICY_TABLES] = {"TransitGatewayPolicyTables", "ec2 describe-transit-gateway-policy-tables",
                            "peered transit gateways may be led anywhere", false},
    [LIST_PREFIX_LISTS] = {"PrefixLists", "ec2 get-managed-prefix-list-entries",
                           "any address may be in those that are named", false},
    [LIST_BALANCERS] = {"LoadBalancers", "elbv2 describe-load-balancers",
                        "ports that are open through load balancers are missing", true},
    [LIST_CLASSIC] = {"LoadBalancerDescriptions", "elb describe-load-balancers",
                      "ports that are open through classic load balancers are missing", true},
    [LIST_LISTENERS] = {"LoadBalancerListeners", "elbv2 describe-listeners",
                        "ports that are open through load balancers are missing", true},
    [LIST_RULES] = {"Rules", "elbv2 describe-rules",
                    "ports that are open through rules of listeners are missing", true},
    [LIST_TARGET_GROUPS] = {"TargetGroups", "elbv2 describe-target-groups",
                            "ports that are open through load balancers are missing", true},
    [LIST_TARGETS] = {"LoadBalancerTargetHealth", "elbv2 describe-target-health",
                      "ports that are open through load balancers are missing", true},
};

/* Direct Connect's begin with a small letter. */
static bool is_named(struct str name, enum list l)
{
    size_t n = strlen(lists[l].name);
    return name.n == n && to_lower(name.p[0]) == to_lower(lists[l].name[0]) &&
           !memcmp(name.p + 1, lists[l].name + 1, n - 1);
}

enum list list_of(struct str name)
{
    for (int l = 0; name.n && l < N_LISTS; l++)
        if (is_named(name, (enum list)l))
            return (enum list)l;
    return N_LISTS;
}

void told_list(struct model *m, enum list list, bool all)
{
    if (list == N_LISTS)
        return;
    struct reading *r = &m->readings[m->guest][list];
    if (m->earlier) {
        r->earlier |= all;
        return;
    }
    r->some = true;
    r->all |= all;
}

void told_refused(struct model *m, json_val *names)
{
    m->asked[m->guest] = true;
    for (json_each(name, names)) {
        enum list l = list_of(json_str(name));
        if (l < N_LISTS)
            m->readings[m->guest][l].refused = true;
    }
}

bool list_is_told(const struct model *m, bool guest, enum list l)
{
    const struct reading *r = &m->readings[guest][l];
    return !(guest && m->guests_lack[l]) && (!r->refused || r->earlier) && (m->asked[guest] || r->all);
}

/* ── several that tell ── */

void told_guest(struct model *m)
{
    for (int l = 0; l < N_LISTS; l++)
        m->guests_lack[l] |= m->guests && !list_is_told(m, true, (enum list)l);
    memset(m->readings[1], 0, sizeof m->readings[1]);
    m->asked[1] = false;
    m->guests = true;
}

void told_begin(struct model *m, struct told_place *ret_place)
{
    struct told_place p = {.gateways = m->maps[KIND_VPN_GATEWAY].n};
    memcpy(p.outer, m->readings[0], sizeof p.outer);
    for (int l = 0; l < N_LISTS; l++) {
        p.every[l] = true;
        m->readings[0][l].some = m->readings[0][l].all = false;
    }
    *ret_place = p;
}

void told_end(struct model *m, struct told_place *p, struct told_place *above)
{
    bool own = m->readings[0][LIST_VPCS].some, home = own || p->homes, all[N_LISTS];
    for (int l = 0; l < N_LISTS; l++) {
        bool told = m->readings[0][l].all;
        all[l] = p->homes + own <= 1 ? told || p->some[l] : own ? told && p->every[l] : told || p->every[l];
    }
    /* They are asked for by gateway. */
    if (all[LIST_VPN_GATEWAYS] && m->maps[KIND_VPN_GATEWAY].n == p->gateways)
        all[LIST_DX_ASSOCIATIONS] = true;
    for (int l = 0; l < N_LISTS; l++) {
        struct reading *r = &m->readings[0][l];
        r->some = p->outer[l].some;
        r->all = p->outer[l].all || (!above && all[l]);
        if (above) {
            above->some[l] |= all[l];
            above->every[l] &= all[l] || !home;
        }
    }
    if (above)
        above->homes += home;
}

/* ── where it matters ── */

/* Load balancers have interfaces in their subnets: "ELB app/NAME/ID", "ELB net/NAME/ID", "ELB NAME" for
 * classic ones; those of Gateway Load Balancers pass packets on as they are. */
static bool has_balancer(struct model *m, bool classic)
{
    if (!list_is_told(m, false, LIST_INTERFACES))
        return true;
    model_each(struct balancer, b, m, KIND_BALANCER)
    {
        if (b->node.known && (b->type == BALANCER_CLASSIC) == classic && b->type != BALANCER_GATEWAY)
            return true;
    }
    model_each(struct interface, i, m, KIND_INTERFACE)
    {
        bool slash = str_find(i->description, '/') >= 0;
        if (str_starts(i->description, STR("ELB ")) && slash != classic &&
            !str_starts(i->description, STR("ELB gwy/")))
            return true;
    }
    return false;
}

static bool has_listeners(const struct balancer *b)
{
    return b->type == BALANCER_APPLICATION || b->type == BALANCER_NETWORK;
}

static bool targets_lack(const struct balancer *b, enum list l, bool refused)
{
    vec_each(listener, &b->listeners)
    {
        vec_each(t, &listener->groups)
        {
            if (refused || (l == LIST_TARGET_GROUPS ? !(*t)->node.known : !(*t)->targets_told))
                return true;
        }
    }
    return false;
}

static bool rules_lack(const struct balancer *b, bool refused)
{
    vec_each(l, &b->listeners)
    {
        if (b->type == BALANCER_APPLICATION && (refused || !l->rules_told || !l->told))
            return true;
    }
    return false;
}

/* Whether load balancers lack something of the list. */
static bool balancers_lack(struct model *m, enum list l)
{
    bool refused = m->readings[0][l].refused;
    model_each(struct balancer, b, m, KIND_BALANCER)
    {
        bool told = b->listeners_told || b->listeners.n;
        if (l == LIST_BALANCERS && !b->node.known)
            return true;
        if (l == LIST_LISTENERS && has_listeners(b) && (refused || !told))
            return true;
        if (l == LIST_RULES && rules_lack(b, refused))
            return true;
        if ((l == LIST_TARGET_GROUPS || l == LIST_TARGETS) && targets_lack(b, l, refused))
            return true;
    }
    return false;
}

static bool has_attached_gateway(struct model *m)
{
    model_each(struct vpn_gateway, g, m, KIND_VPN_GATEWAY)
    {
        if (g->vpc && g->node.known)
            return true;
    }
    return false;
}

static bool has_loose_peering(struct model *m)
{
    model_each(struct attachment, a, m, KIND_ATTACHMENT)
    {
        if (a->resource && a->resource->kind == KIND_TRANSIT_GATEWAY && !a->association && !a->policy &&
            !a->gateway->policies_told)
            return true;
    }
    return false;
}

static bool has_silent_table(struct model *m)
{
    model_each(struct transit_table, t, m, KIND_TRANSIT_TABLE)
    {
        if (t->node.known && !t->told)
            return true;
    }
    return false;
}

static bool lacks(struct model *m, enum list l)
{
    bool refused = m->readings[0][l].refused, told = !refused && list_is_told(m, false, l);
    switch (l) {
    case LIST_PEERINGS:
        return !told && m->maps[KIND_PEERING].n;
    case LIST_VPN_GATEWAYS:
        return !told && m->maps[KIND_VPN_GATEWAY].n;
    case LIST_VPN_CONNECTIONS:
    case LIST_VIRTUAL_INTERFACES:
    case LIST_DX_ASSOCIATIONS:
        return !told && has_attached_gateway(m);
    case LIST_ATTACHMENTS:
    case LIST_TRANSIT_TABLES:
        return !told && m->maps[KIND_TRANSIT_GATEWAY].n;
    case LIST_TRANSIT_ROUTES:
        return refused ? m->maps[KIND_TRANSIT_GATEWAY].n > 0 : has_silent_table(m);
    case LIST_PROPAGATIONS:
        return refused && m->maps[KIND_TRANSIT_GATEWAY].n;
    case LIST_POLICY_TABLES:
        return has_loose_peering(m) || (refused && m->maps[KIND_POLICY_TABLE].n);
    case LIST_PREFIX_LISTS:
        return refused && m->maps[KIND_PREFIX_LIST].n;
    case LIST_BALANCERS:
        return balancers_lack(m, l) || (!told && has_balancer(m, false));
    case LIST_CLASSIC:
        return !told && has_balancer(m, true);
    case LIST_LISTENERS:
    case LIST_RULES:
    case LIST_TARGET_GROUPS:
    case LIST_TARGETS:
        return balancers_lack(m, l);
    default:
        return !told;
    }
}

void told_link(struct model *m)
{
    bool direct =
        list_is_told(m, false, LIST_VIRTUAL_INTERFACES) && list_is_told(m, false, LIST_DX_ASSOCIATIONS);
    model_each(struct vpn_gateway, g, m, KIND_VPN_GATEWAY)
    {
        g->connections_told = list_is_told(m, false, LIST_VPN_CONNECTIONS);
        g->direct_told = direct;
    }
    model_each(struct transit_gateway, g, m, KIND_TRANSIT_GATEWAY)
    {
        g->attachments_told = list_is_told(m, g->of_guest, LIST_ATTACHMENTS);
        g->policies_told = list_is_told(m, g->of_guest, LIST_POLICY_TABLES);
    }
}

void told_gaps(struct model *m)
{
    vec_free(&m->untold);
    for (int l = 0; l < N_LISTS; l++)
        if (lacks(m, (enum list)l))
            vec_add(&m->untold, (struct untold){(enum list)l, lists[l].name, lists[l].call, lists[l].effect,
                                                lists[l].hides});
}

/* ── what it is about ── */

static bool is_about(enum list l, const struct node *way)
{
    if (!way)
        return l >= LIST_BALANCERS;
    switch (way->kind) {
    case KIND_BALANCER:
        return l >= LIST_BALANCERS &&
               (l == LIST_CLASSIC) == (((const struct balancer *)way)->type == BALANCER_CLASSIC);
    case KIND_PEERING:
        return l == LIST_PEERINGS;
    case KIND_VPN_GATEWAY:
        return l >= LIST_VPN_GATEWAYS && l <= LIST_DX_ASSOCIATIONS;
    case KIND_TRANSIT_GATEWAY:
        return l >= LIST_ATTACHMENTS && l <= LIST_POLICY_TABLES;
    default:
        return false;
    }
}

const struct untold *model_untold(const struct model *m, const struct node *way)
{
    vec_each(u, &m->untold)
    {
        if (is_about(u->list, way))
            return u;
    }
    return NULL;
}

static bool vpc_hides(const struct model *m, const struct vpc *v)
{
    bool hides = false;
    vec_each(p, &v->peerings) hides |= model_untold(m, &(*p)->node) != NULL;
    vec_each(g, &v->vpn_gateways) hides |= model_untold(m, &(*g)->node) != NULL;
    vec_each(a, &v->attachments) hides |= model_untold(m, &(*a)->gateway->node) != NULL;
    return hides;
}

enum hidden instance_hidden(const struct model *m, const struct instance *i)
{
    bool hides = false;
    if (!m->untold.n)
        return HIDDEN_NOTHING;
    if (model_untold(m, NULL))
        return HIDDEN_INTERNET;
    vec_each(u, &m->untold)
    {
        if (u->list == LIST_PREFIX_LISTS)
            return HIDDEN_INTERNET;
    }
    vec_each(n, &i->interfaces) hides |= (*n)->subnet && (*n)->subnet->vpc && vpc_hides(m, (*n)->subnet->vpc);
    return hides ? HIDDEN_EDGES : HIDDEN_NOTHING;
}

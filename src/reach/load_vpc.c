/* Networks, routes, filters, interfaces and instances. */
#include "reach/describe.h"

#include "base/err.h"

static bool is_state(json_val *item, const char *name, const char *a, const char *b)
{
    struct str state = member_str(item, name);
    return !state.n || str_is(state, a) || (b && str_is(state, b));
}

static void read_vpc(struct model *m, json_val *item)
{
    struct vpc *v = model_node(m, KIND_VPC, member_str(item, "VpcId"));
    if (!v)
        return;
    v->node.known = true;
    v->owner = arena_str(m->arena, member_str(item, "OwnerId"));
    vec_free(&v->prefixes);
    for (json_each(a, member(item, "CidrBlockAssociationSet")))
        if (is_state(member(a, "CidrBlockState"), "State", "associated", NULL)) {
            struct prefix p;
            if (prefix_parse(member_str(a, "CidrBlock"), &p))
                vec_add(&v->prefixes, p);
        }
    struct prefix p;
    if (!v->prefixes.n && prefix_parse(member_str(item, "CidrBlock"), &p))
        vec_add(&v->prefixes, p);
    for (json_each(a, member(item, "Ipv6CidrBlockAssociationSet")))
        if (is_state(member(a, "Ipv6CidrBlockState"), "State", "associated", NULL) &&
            prefix_parse(member_str(a, "Ipv6CidrBlock"), &p))
            vec_add(&v->prefixes, p);
}

static struct subnet *subnet_of(struct model *m, json_val *item)
{
    struct subnet *s = model_node(m, KIND_SUBNET, member_str(item, "SubnetId"));
    struct vpc *v = model_node(m, KIND_VPC, member_str(item, "VpcId"));
    if (s && v && !s->vpc) {
        s->vpc = v;
        vec_add(&v->subnets, s);
    }
    return s;
}

static void read_subnet(struct model *m, json_val *item)
{
    struct subnet *s = subnet_of(m, item);
    if (!s)
        return;
    s->node.known = true;
    s->node.arn = arena_str(m->arena, member_str(item, "SubnetArn"));
    vec_free(&s->prefixes);
    struct prefix p;
    if (prefix_parse(member_str(item, "CidrBlock"), &p))
        vec_add(&s->prefixes, p);
    for (json_each(a, member(item, "Ipv6CidrBlockAssociationSet")))
        if (is_state(member(a, "Ipv6CidrBlockState"), "State", "associated", NULL) &&
            prefix_parse(member_str(a, "Ipv6CidrBlock"), &p))
            vec_add(&s->prefixes, p);
}

/* ── routes ── */

static const char *const targets[] = {"GatewayId",
                                      "NatGatewayId",
                                      "TransitGatewayId",
                                      "VpcPeeringConnectionId",
                                      "NetworkInterfaceId",
                                      "InstanceId",
                                      "EgressOnlyInternetGatewayId",
                                      "CarrierGatewayId",
                                      "LocalGatewayId",
                                      "CoreNetworkArn",
                                      "OdbNetworkArn"};

static void read_route(struct model *m, struct route_table *t, json_val *item)
{
    struct str to = member_str(item, "DestinationCidrBlock"), target = {0};
    struct str list = member_str(item, "DestinationPrefixListId");
    struct route r = {.rank = RANK_STATIC, .black_hole = str_is(member_str(item, "State"), "blackhole")};
    if (!to.n)
        to = member_str(item, "DestinationIpv6CidrBlock");
    if (list.n) {
        r.list = model_node(m, KIND_PREFIX_LIST, list);
        r.rank = RANK_LIST;
    } else if (!prefix_parse(to, &r.to)) {
        model_problem(m, "%.*s: a route to no address range", STR_ARG(t->node.id));
        return;
    }
    for (size_t i = 0; !target.n && i < sizeof targets / sizeof *targets; i++)
        target = member_str(item, targets[i]);
    if (str_is(target, "local"))
        r.rank = RANK_LOCAL;
    else
        r.target = model_target(m, target);
    if (!r.target && r.rank != RANK_LOCAL)
        r.black_hole = true;
    if (str_is(member_str(item, "Origin"), "EnableVgwRoutePropagation"))
        r.rank = RANK_PROPAGATED;
    vec_add(&t->routes, r);
}

static void associate_table(struct model *m, struct route_table *t, json_val *item)
{
    struct str gateway = member_str(item, "GatewayId");
    struct subnet *s = model_node(m, KIND_SUBNET, member_str(item, "SubnetId"));
    if (!is_state(member(item, "AssociationState"), "State", "associated", NULL))
        return;
    if (s)
        s->table = t;
    if (json_get_bool(item, "Main") && t->vpc)
        t->vpc->main = t;
    struct node *edge = model_target(m, gateway);
    if (edge && edge->kind == KIND_INTERNET_GATEWAY)
        ((struct internet_gateway *)edge)->table = t;
    else if (edge && edge->kind == KIND_VPN_GATEWAY)
        ((struct vpn_gateway *)edge)->table = t;
}

static void read_route_table(struct model *m, json_val *item)
{
    struct route_table *t = model_node(m, KIND_ROUTE_TABLE, member_str(item, "RouteTableId"));
    if (!t)
        return;
    t->node.known = true;
    t->vpc = model_node(m, KIND_VPC, member_str(item, "VpcId"));
    vec_free(&t->routes);
    for (json_each(route, member(item, "Routes")))
        read_route(m, t, route);
    for (json_each(association, member(item, "Associations")))
        associate_table(m, t, association);
}

static void read_prefix_list(struct model *m, json_val *item)
{
    struct prefix_list *l = model_node(m, KIND_PREFIX_LIST, member_str(item, "PrefixListId"));
    json_val *cidrs = member(item, "Cidrs"), *entries = member(item, "Entries");
    if (!l || (!cidrs && !entries)) /* describe-managed-prefix-lists names lists without their entries */
        return;
    l->node.known = true;
    vec_free(&l->prefixes);
    add_prefixes(m, &l->prefixes, cidrs, NULL);
    add_prefixes(m, &l->prefixes, entries, "Cidr");
}

/* ── filters ── */

static void read_ports(struct rule *r, json_val *ports, json_val *icmp)
{
    if (r->protocol == 1 || r->protocol == 58) {
        r->from = member_int(icmp, "Type", -1);
        r->to = member_int(icmp, "Code", -1);
    } else if (ports && (r->protocol == 6 || r->protocol == 17)) {
        r->from = member_int(ports, "From", 0);
        r->to = member_int(ports, "To", 65535);
    } else {
        r->from = 0;
        r->to = 65535;
    }
}

static void read_acl_entry(struct model *m, struct acl *a, json_val *item)
{
    struct str to = member_str(item, "CidrBlock"), protocol = member_str(item, "Protocol");
    struct rule r = {.number = member_int(item, "RuleNumber", 32767),
                     .allow = str_is(member_str(item, "RuleAction"), "allow")};
    if (!to.n)
        to = member_str(item, "Ipv6CidrBlock");
    r.protocol = protocol_number(protocol);
    if (!prefix_parse(to, &r.prefix) || r.protocol < -1) {
        model_problem(m, "%.*s: rule %d is not understood", STR_ARG(a->node.id), r.number);
        return;
    }
    read_ports(&r, member(item, "PortRange"), member(item, "IcmpTypeCode"));
    vec_add(&a->rules[json_get_bool(item, "Egress") ? OUTBOUND : INBOUND], r);
}

static void read_acl(struct model *m, json_val *item)
{
    struct acl *a = model_node(m, KIND_ACL, member_str(item, "NetworkAclId"));
    if (!a)
        return;
    a->node.known = true;
    a->vpc = model_node(m, KIND_VPC, member_str(item, "VpcId"));
    a->is_default = json_get_bool(item, "IsDefault");
    if (a->is_default && a->vpc)
        a->vpc->acl = a;
    vec_free(&a->rules[INBOUND]);
    vec_free(&a->rules[OUTBOUND]);
    for (json_each(entry, member(item, "Entries")))
        read_acl_entry(m, a, entry);
    for (json_each(association, member(item, "Associations"))) {
        struct subnet *s = model_node(m, KIND_SUBNET, member_str(association, "SubnetId"));
        if (s)
            s->acl = a;
    }
}

static void read_permission(struct model *m, struct group *g, enum direction d, json_val *item)
{
    struct rule r = {.allow = true, .protocol = protocol_number(member_str(item, "IpProtocol"))};
    int from = member_int(item, "FromPort", -1), to = member_int(item, "ToPort", -1);
    static const char *const lists[][2] = {{"IpRanges", "CidrIp"}, {"Ipv6Ranges", "CidrIpv6"}};
    if (r.protocol < -1) {
        model_problem(m, "%.*s: a rule of an unknown protocol", STR_ARG(g->node.id));
        return;
    }
    bool has_ports = r.protocol == 6 || r.protocol == 17, icmp = r.protocol == 1 || r.protocol == 58;
    r.from = icmp ? from : has_ports && from >= 0 ? from : 0;
    r.to = icmp ? to : has_ports && from >= 0 ? to : 65535;
    for (size_t i = 0; i < 2; i++)
        for (json_each(range, member(item, lists[i][0]))) {
            if (prefix_parse(member_str(range, lists[i][1]), &r.prefix))
                vec_add(&g->rules[d], r);
            else
                model_problem(m, "%.*s: a rule of no address range", STR_ARG(g->node.id));
        }
    r.prefix = (struct prefix){0};
    for (json_each(list, member(item, "PrefixListIds")))
        if ((r.list = model_node(m, KIND_PREFIX_LIST, member_str(list, "PrefixListId"))))
            vec_add(&g->rules[d], r);
    r.list = NULL;
    for (json_each(pair, member(item, "UserIdGroupPairs")))
        if (is_state(pair, "PeeringStatus", "active", NULL) &&
            (r.group = model_node(m, KIND_GROUP, member_str(pair, "GroupId"))))
            vec_add(&g->rules[d], r);
}

static void read_group(struct model *m, json_val *item)
{
    struct group *g = model_node(m, KIND_GROUP, member_str(item, "GroupId"));
    if (!g)
        return;
    g->node.known = true;
    g->node.arn = arena_str(m->arena, member_str(item, "SecurityGroupArn"));
    g->vpc = model_node(m, KIND_VPC, member_str(item, "VpcId"));
    vec_free(&g->rules[INBOUND]);
    vec_free(&g->rules[OUTBOUND]);
    for (json_each(permission, member(item, "IpPermissions")))
        read_permission(m, g, INBOUND, permission);
    for (json_each(permission, member(item, "IpPermissionsEgress")))
        read_permission(m, g, OUTBOUND, permission);
}

/* ── interfaces and instances ── */

static void attach(struct interface *i, struct instance *to)
{
    if (!to || i->instance == to)
        return;
    interface_detach(i);
    i->instance = to;
    vec_add(&to->interfaces, i);
}

static bool parse_ip(struct str private, struct str public, struct ip *ret_ip)
{
    struct ip ip = {0};
    if (!address_parse(private, &ip.private))
        return false;
    if (!address_parse(public, &ip.public) || ip.private.family != ip.public.family)
        ip.public = (struct address){0};
    *ret_ip = ip;
    return true;
}

static void read_address(struct interface *i, struct str private, struct str public)
{
    struct ip ip;
    if (parse_ip(private, public, &ip))
        interface_add_ip(i, &ip);
}

static struct interface *read_interface_of(struct model *m, json_val *item)
{
    struct interface *i = model_node(m, KIND_INTERFACE, member_str(item, "NetworkInterfaceId"));
    if (!i)
        return NULL;
    i->node.known = true;
    i->subnet = subnet_of(m, item);
    json_val *check = member(item, "SourceDestCheck");
    i->no_source_check = check && !yyjson_get_bool(check);
    i->description = arena_str(m->arena, member_str(item, "Description"));
    i->device_index = member_int(member(item, "Attachment"), "DeviceIndex", i->device_index);
    vec_free(&i->ips);
    vec_free(&i->prefixes);
    vec_free(&i->groups);
    add_prefixes(m, &i->prefixes, member(item, "Ipv4Prefixes"), "Ipv4Prefix");
    add_prefixes(m, &i->prefixes, member(item, "Ipv6Prefixes"), "Ipv6Prefix");
    for (json_each(ip, member(item, "PrivateIpAddresses")))
        read_address(i, member_str(ip, "PrivateIpAddress"),
                     member_str(member(ip, "Association"), "PublicIp"));
    read_address(i, member_str(item, "PrivateIpAddress"),
                 member_str(member(item, "Association"), "PublicIp"));
    for (json_each(ip, member(item, "Ipv6Addresses")))
        read_address(i, member_str(ip, "Ipv6Address"), (struct str){0});
    for (json_each(group, member(item, "Groups"))) {
        struct group *g = model_node(m, KIND_GROUP, member_str(group, "GroupId"));
        if (g)
            vec_add(&i->groups, g);
    }
    return i;
}

static void read_interface(struct model *m, json_val *item)
{
    struct interface *i = read_interface_of(m, item);
    if (i && !m->guest)
        attach(i, model_node(m, KIND_INSTANCE, member_str(member(item, "Attachment"), "InstanceId")));
}

static void read_instance(struct model *m, json_val *item, struct str account)
{
    struct instance *i = model_node(m, KIND_INSTANCE, member_str(item, "InstanceId"));
    if (!i)
        return;
    i->node.known = true;
    i->account = arena_str(m->arena, account);
    i->state = arena_str(m->arena, member_str(member(item, "State"), "Name"));
    for (json_each(tag, member(item, "Tags")))
        if (str_is(member_str(tag, "Key"), "Name"))
            i->name = arena_str(m->arena, member_str(tag, "Value"));
    for (json_each(interface, member(item, "NetworkInterfaces"))) {
        struct interface *n = read_interface_of(m, interface);
        if (n)
            attach(n, i);
    }
}

static void read_reservation(struct model *m, json_val *item)
{
    for (json_each(instance, member(item, "Instances")))
        read_instance(m, instance, member_str(item, "OwnerId"));
}

/* Elastic addresses, where the interface did not tell. */
static void read_elastic(struct model *m, json_val *item)
{
    struct elastic e = {.interface = model_node(m, KIND_INTERFACE, member_str(item, "NetworkInterfaceId"))};
    if (e.interface && parse_ip(member_str(item, "PrivateIpAddress"), member_str(item, "PublicIp"), &e.ip))
        vec_add(&m->elastic, e);
}

const struct description describe_vpc[] = {
    {"Vpcs", read_vpc},
    {"Subnets", read_subnet},
    {"RouteTables", read_route_table},
    {"PrefixLists", read_prefix_list},
    {"ManagedPrefixLists", read_prefix_list},
    {"NetworkAcls", read_acl},
    {"SecurityGroups", read_group},
    {"NetworkInterfaces", read_interface},
    {"Reservations", read_reservation},
    {"Addresses", read_elastic},
    {0},
};

/* Load balancers: application, network and classic ones, listeners, target groups and targets. */
#include "reach/describe.h"

static enum balancer_type balancer_type(struct str type)
{
    return str_is(type, "network")   ? BALANCER_NETWORK
           : str_is(type, "gateway") ? BALANCER_GATEWAY
                                     : BALANCER_APPLICATION;
}

static void add_groups(struct model *m, struct balancer *b, json_val *ids)
{
    vec_free(&b->groups);
    for (json_each(id, ids)) {
        struct group *g = model_node(m, KIND_GROUP, json_str(id));
        if (g)
            vec_add(&b->groups, g);
    }
}

static void add_subnet(struct model *m, struct balancer *b, struct str id)
{
    struct subnet *s = model_node(m, KIND_SUBNET, id);
    if (s)
        vec_add(&b->subnets, s);
}

static struct balancer *balancer(struct model *m, struct str id, json_val *item, const char *vpc)
{
    struct balancer *b = model_node(m, KIND_BALANCER, id);
    if (!b)
        return NULL;
    b->node.known = true;
    b->name = arena_str(m->arena, member_str(item, "LoadBalancerName"));
    b->internet_facing = str_is(member_str(item, "Scheme"), "internet-facing");
    b->dual_stack = str_starts(member_str(item, "IpAddressType"), STR("dualstack"));
    b->no_public_ipv4 = str_is(member_str(item, "IpAddressType"), "dualstack-without-public-ipv4");
    b->vpc = model_node(m, KIND_VPC, member_str(item, vpc));
    add_groups(m, b, member(item, "SecurityGroups"));
    vec_free(&b->subnets);
    vec_free(&b->addresses);
    return b;
}

static void read_balancer(struct model *m, json_val *item)
{
    struct balancer *b = balancer(m, member_str(item, "LoadBalancerArn"), item, "VpcId");
    if (!b)
        return;
    b->node.arn = b->node.id;
    b->type = balancer_type(member_str(item, "Type"));
    for (json_each(zone, member(item, "AvailabilityZones"))) {
        add_subnet(m, b, member_str(zone, "SubnetId"));
        for (json_each(address, member(zone, "LoadBalancerAddresses"))) {
            struct address x;
            if (address_parse(member_str(address, "PrivateIPv4Address"), &x))
                vec_add(&b->addresses, x);
        }
    }
}

/* TLS is TCP to the network; QUIC is UDP. */
static void set_protocol(struct listener *l, struct str protocol)
{
    l->both = str_is(protocol, "TCP_UDP") || str_is(protocol, "TCP_QUIC");
    l->protocol = str_is(protocol, "UDP") || str_is(protocol, "QUIC") ? 17 : 6;
}

static void read_classic_listener(struct balancer *b, json_val *item)
{
    struct listener l = {.told = true,
                         .port = member_int(item, "LoadBalancerPort", -1),
                         .instance_port = member_int(item, "InstancePort", -1)};
    set_protocol(&l, member_str(item, "Protocol"));
    if (l.port >= 0 && l.instance_port >= 0)
        vec_add(&b->listeners, l);
}

static void read_classic(struct model *m, json_val *item)
{
    struct balancer *b = balancer(m, member_str(item, "LoadBalancerName"), item, "VPCId");
    if (!b)
        return;
    b->type = BALANCER_CLASSIC;
    vec_free(&b->listeners);
    vec_free(&b->instances);
    for (json_each(id, member(item, "Subnets")))
        add_subnet(m, b, json_str(id));
    for (json_each(description, member(item, "ListenerDescriptions")))
        read_classic_listener(b, member(description, "Listener"));
    for (json_each(instance, member(item, "Instances"))) {
        struct instance *i = model_node(m, KIND_INSTANCE, member_str(instance, "InstanceId"));
        if (i)
            vec_add(&b->instances, i);
    }
}

static void add_target_group(struct model *m, struct listener *l, struct str arn)
{
    struct target_group *t = model_node(m, KIND_TARGET_GROUP, arn);
    for (size_t i = 0; t && i < l->groups.n; i++)
        if (l->groups.at[i] == t)
            return;
    if (t)
        vec_add(&l->groups, t);
}

static void read_actions(struct model *m, struct listener *l, json_val *actions)
{
    for (json_each(action, actions)) {
        if (!str_is(member_str(action, "Type"), "forward"))
            continue;
        add_target_group(m, l, member_str(action, "TargetGroupArn"));
        for (json_each(to, member(member(action, "ForwardConfig"), "TargetGroups")))
            add_target_group(m, l, member_str(to, "TargetGroupArn"));
    }
}

static struct listener *listener_of(struct balancer *b, struct str arn)
{
    vec_each(l, &b->listeners)
    {
        if (str_eq(l->arn, arn))
            return l;
    }
    return vec_push(&b->listeners);
}

static void read_listener(struct model *m, json_val *item)
{
    struct balancer *b = model_node(m, KIND_BALANCER, member_str(item, "LoadBalancerArn"));
    struct str arn = member_str(item, "ListenerArn");
    if (!b || !arn.n)
        return;
    struct listener *l = listener_of(b, arn);
    if (m->earlier && l->told)
        return;
    l->told = true;
    l->arn = arena_str(m->arena, arn);
    l->port = member_int(item, "Port", -1);
    set_protocol(l, member_str(item, "Protocol"));
    read_actions(m, l, member(item, "DefaultActions"));
}

static void read_listeners(struct model *m, json_val *item)
{
    struct balancer *b = model_node(m, KIND_BALANCER, member_str(item, "LoadBalancerArn"));
    if (!b || (m->earlier && b->listeners_told))
        return;
    for (json_each(listener, member(item, "Listeners")))
        read_listener(m, listener);
    b->listeners_told |= !m->earlier && !member_str(item, "NextMarker").n;
}

/* "...:listener-rule/app/NAME/ID/LISTENER/RULE" belongs to "...:listener/app/NAME/ID/LISTENER", of the load
 * balancer "...:loadbalancer/app/NAME/ID". */
static void read_rule(struct model *m, json_val *item)
{
    struct str arn = member_str(item, "RuleArn");
    ptrdiff_t kind = str_find_str(arn, STR(":listener-rule/"));
    if (kind < 0)
        return;
    struct str path = str_dirname(str_slice(arn, (size_t)kind + STR(":listener-rule/").n, arn.n));
    struct str balancer = str_dirname(path), head = str_slice(arn, 0, (size_t)kind);
    struct str listener_arn = arena_printf(m->arena, "%.*s:listener/%.*s", STR_ARG(head), STR_ARG(path));
    struct str balancer_arn =
        arena_printf(m->arena, "%.*s:loadbalancer/%.*s", STR_ARG(head), STR_ARG(balancer));
    struct balancer *b = model_node(m, KIND_BALANCER, balancer_arn);
    if (!b)
        return;
    struct listener *l = listener_of(b, listener_arn);
    if (m->earlier && l->rules_told)
        return;
    l->rules_told |= !m->earlier;
    l->arn = listener_arn;
    read_actions(m, l, member(item, "Actions"));
}

static void read_target_group(struct model *m, json_val *item)
{
    struct target_group *t = model_node(m, KIND_TARGET_GROUP, member_str(item, "TargetGroupArn"));
    struct str protocol = member_str(item, "Protocol");
    if (!t)
        return;
    t->node.known = true;
    t->vpc = model_node(m, KIND_VPC, member_str(item, "VpcId"));
    t->by_address = str_is(member_str(item, "TargetType"), "ip");
    t->ipv6 = str_is(member_str(item, "IpAddressType"), "ipv6");
    t->udp = str_ends(protocol, STR("UDP")) || str_ends(protocol, STR("QUIC"));
    t->network = t->udp || str_is(protocol, "TCP") || str_is(protocol, "TLS");
    t->port = member_int(item, "Port", 0);
}

/* Traffic goes to a target of any health but these: with none healthy, to all. */
static bool is_registered(struct str state)
{
    return !str_is(state, "unused") && !str_is(state, "draining");
}

/* Functions are targets as well, and no concern of a network. */
static void aim_at_id(struct model *m, struct target *t, struct str id)
{
    if (str_starts(id, STR("i-")) || model_find(m, KIND_INSTANCE, id))
        t->instance = model_node(m, KIND_INSTANCE, id);
    else if (str_find_str(id, STR(":loadbalancer/")) >= 0)
        t->balancer = model_node(m, KIND_BALANCER, id);
}

static void read_health(struct model *m, json_val *item)
{
    struct target_group *t = model_node(m, KIND_TARGET_GROUP, member_str(item, "TargetGroupArn"));
    if (!t || (m->earlier && t->targets_told))
        return;
    t->targets_told |= !m->earlier;
    vec_free(&t->targets);
    for (json_each(description, member(item, "TargetHealthDescriptions"))) {
        json_val *target = member(description, "Target");
        struct str id = member_str(target, "Id");
        struct target one = {.port = member_int(target, "Port", 0)};
        if (!is_registered(member_str(member(description, "TargetHealth"), "State")))
            continue;
        if (!address_parse(id, &one.address))
            aim_at_id(m, &one, id);
        if (one.instance || one.balancer || one.address.value)
            vec_add(&t->targets, one);
    }
}

static void read_attributes(struct model *m, json_val *item)
{
    struct target_group *t = model_node(m, KIND_TARGET_GROUP, member_str(item, "TargetGroupArn"));
    if (!t || (m->earlier && t->attributes_told))
        return;
    t->attributes_told = true;
    for (json_each(attribute, member(item, "Attributes")))
        if (str_is(member_str(attribute, "Key"), "preserve_client_ip.enabled"))
            t->preserve = str_is(member_str(attribute, "Value"), "true") ? PRESERVE_YES : PRESERVE_NO;
}

const struct description describe_balancer[] = {
    {"LoadBalancers", read_balancer},
    {"LoadBalancerDescriptions", read_classic},
    {"Listeners", read_listener},
    {"LoadBalancerListeners", read_listeners},
    {"Rules", read_rule},
    {"TargetGroups", read_target_group},
    {"LoadBalancerTargetHealth", read_health},
    {"TargetHealth", read_health},
    {"TargetGroupAttributes", read_attributes},
    {0},
};

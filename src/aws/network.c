#include "aws/network.h"

#include "aws/directconnect.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"

enum { DOCUMENT_MAX = 80 << 20 };

struct strings {
    struct arena *arena;
    VEC(struct str) list;
};

struct gathering {
    struct aws *aws;
    struct arena *arena;
    network_document *visit;
    void *ctx;
    struct network_gaps gaps;
    VEC(struct str) not_read; /* lists, or some of what is in them */
    size_t documents;
    int stop; /* what the visitor said */
};

static int hand_over(struct gathering *g, struct str json)
{
    g->documents++;
    return g->stop = g->visit(g->ctx, json);
}

static int on_text(void *ctx, struct str json)
{
    return hand_over(ctx, json);
}

/* ---- calls that may be missing ---- */

struct question {
    const struct query_api *api; /* NULL: Direct Connect's */
    const char *service, *operation;
    const char
        *lists; /* that it tells, or without which they cannot be asked for; NULL: nothing that is missed */
    struct str form;
    bool one; /* about something that may be gone by now */
};

/* One that goes too far is still worth to be asked for others. */
static bool is_refused(const struct gathering *g, const char *name)
{
    for (size_t i = 0; i < g->gaps.n; i++) {
        if (!strcmp(g->gaps.at[i].operation, name) && g->gaps.at[i].code != ERR_LIMIT)
            return true;
    }
    return false;
}

static bool is_gap(const struct gathering *g, const char *name)
{
    for (size_t i = 0; i < g->gaps.n; i++) {
        if (!strcmp(g->gaps.at[i].operation, name))
            return true;
    }
    return false;
}

static void add_not_read(struct gathering *g, struct str list)
{
    vec_each(have, &g->not_read)
    {
        if (str_eq(*have, list))
            return;
    }
    vec_add(&g->not_read, list);
}

static void add_gap(struct gathering *g, const char *name, int code)
{
    if (g->gaps.n < NETWORK_GAPS_MAX && !is_gap(g, name))
        g->gaps.at[g->gaps.n++] = (struct network_gap){name, code, arena_str(g->arena, str_from(err_text()))};
}

static void miss(struct gathering *g, const struct question *q)
{
    struct str rest = str_from(q->lists ? q->lists : ""), list;
    while (str_next(&rest, ' ', &list))
        if (list.n)
            add_not_read(g, list);
}

/* Not asked again once it was refused. Faults that pass are errors. */
static int ask(struct gathering *g, const struct question *q, query_text *visit, void *ctx)
{
    const char *name = arena_printf(g->arena, "%s:%s", q->service, q->operation).p;
    if (is_refused(g, name)) {
        miss(g, q);
        return 0;
    }
    int status = q->api ? query_texts(g->aws, q->api, q->operation, q->form, visit, ctx)
                        : directconnect_describe(g->aws, q->operation, q->form, visit, ctx);
    if (status == 0 || g->stop || status == ERR_IO || (status == ERR_MISSING && q->one))
        return g->stop || status == ERR_IO ? status : 0;
    add_gap(g, name, status);
    miss(g, q);
    return 0;
}

static int ask_ec2(struct gathering *g, const char *operation, const char *lists, struct str form,
                   query_text *visit, void *ctx)
{
    struct question q = {&query_ec2, "ec2", operation, lists, form, form.n > 0};
    return ask(g, &q, visit, ctx);
}

static int ask_elb(struct gathering *g, const struct query_api *api, const char *operation, const char *lists,
                   struct str form, query_text *visit, void *ctx)
{
    struct question q = {api, "elasticloadbalancing", operation, lists, form, form.n > 0};
    return ask(g, &q, visit, ctx);
}

static int ask_direct(struct gathering *g, const char *operation, const char *lists, struct str body,
                      query_text *visit, void *ctx)
{
    struct question q = {NULL, "directconnect", operation, lists, body, body.n > 0};
    return ask(g, &q, visit, ctx);
}

/* ---- answers that do not say what they belong to ---- */

struct belonging {
    struct gathering *gathering;
    const char *list, *member;
    struct str id;
};

/* {"LIST": [{"MEMBER": "ID", what the page says}]} */
static int on_belonging(void *ctx, struct str json)
{
    _cleanup_(buf_free) struct buf text = buf_new(DOCUMENT_MAX);
    const struct belonging *b = ctx;
    struct json_out o = {.to = &text};
    struct str inner = str_slice(json, 1, json.n - 1);
    json_begin_object(&o);
    json_key(&o, b->list);
    json_begin_array(&o);
    json_begin_object(&o);
    json_member_str(&o, b->member, b->id);
    if (inner.n) {
        buf_add_c(&text, ',');
        buf_add_str(&text, inner);
    }
    json_end_object(&o);
    json_end_array(&o);
    json_end_object(&o);
    if (buf_status(&text) < 0)
        return err_set(ERR_LIMIT, "%s: a page of more than %d bytes", b->list, DOCUMENT_MAX);
    return hand_over(b->gathering, buf_str(&text));
}

static struct str parameter(struct gathering *g, const char *name, struct str value)
{
    return arena_printf(g->arena, "%s=%.*s", name, STR_ARG(http_encode(g->arena, value, false)));
}

/* ---- lists whose items are asked for one by one ---- */

/* Those of a list that are wanted, by a member. */
struct selection {
    struct gathering *gathering; /* gets the documents, too; NULL: does not */
    const char *list, *member;
    bool (*wants)(json_val *item);     /* NULL: all */
    const struct belonging *belonging; /* gets the documents instead */
    struct strings found;
};

static int on_selection(void *ctx, struct str json)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct selection *s = ctx;
    json_val *root;
    int status = json_parse(a, json, &root);
    if (status < 0)
        return status;
    for (json_each(item, json_get(root, s->list))) {
        struct str id = json_get_str(item, s->member);
        if (id.n && (!s->wants || s->wants(item)))
            vec_add(&s->found.list, arena_str(s->found.arena, id));
    }
    if (s->belonging)
        return on_belonging((void *)(uintptr_t)s->belonging, json);
    return s->gathering ? hand_over(s->gathering, json) : 0;
}

static void selection_clean(struct selection *s)
{
    vec_free(&s->found.list);
}

/* ---- prefix lists ---- */

static int on_entries(void *ctx, struct str json)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct json_out *o = ctx;
    json_val *root;
    int status = json_parse(a, json, &root);
    for (json_each(entry, status == 0 ? json_get(root, "Entries") : NULL))
        json_out_str(o, json_get_str(entry, "Cidr"));
    return status;
}

/* Entries come in pages, but a list is told at once. */
static int gather_prefix_list(struct gathering *g, struct str id)
{
    _cleanup_(buf_free) struct buf text = buf_new(DOCUMENT_MAX);
    struct json_out o = {.to = &text};
    json_begin_object(&o);
    json_key(&o, "PrefixLists");
    json_begin_array(&o);
    json_begin_object(&o);
    json_member_str(&o, "PrefixListId", id);
    json_key(&o, "Cidrs");
    json_begin_array(&o);
    int status = ask_ec2(g, "GetManagedPrefixListEntries", "PrefixLists", parameter(g, "PrefixListId", id),
                         on_entries, &o);
    json_end_array(&o);
    json_end_object(&o);
    json_end_array(&o);
    json_end_object(&o);
    if (status || is_gap(g, "ec2:GetManagedPrefixListEntries"))
        return status;
    return buf_status(&text) < 0 ? err_set(ERR_LIMIT, "a prefix list of more than %d bytes", DOCUMENT_MAX)
                                 : hand_over(g, buf_str(&text));
}

static int gather_prefix_lists(struct gathering *g)
{
    _cleanup_(selection_clean) struct selection s = {
        .list = "PrefixLists", .member = "PrefixListId", .found = {.arena = g->arena}};
    int status = ask_ec2(g, "DescribeManagedPrefixLists", "PrefixLists", (struct str){0}, on_selection, &s);
    vec_each(id, &s.found.list)
    {
        if (status == 0)
            status = gather_prefix_list(g, *id);
    }
    return status;
}

/* ---- transit gateways ---- */

/* A search answers with a thousand routes at most. */
static int on_routes(void *ctx, struct str json)
{
    const struct belonging *b = ctx;
    if (str_find_str(json, STR("\"AdditionalRoutesAvailable\":true")) >= 0) {
        err_set(ERR_LIMIT, "%.*s: not all of its routes can be read", STR_ARG(b->id));
        add_gap(b->gathering, "ec2:SearchTransitGatewayRoutes", ERR_LIMIT);
    }
    return on_belonging(ctx, json);
}

static int gather_transit_tables(struct gathering *g)
{
    _cleanup_(selection_clean) struct selection s = {.gathering = g,
                                                     .list = "TransitGatewayRouteTables",
                                                     .member = "TransitGatewayRouteTableId",
                                                     .found = {.arena = g->arena}};
    int status = ask_ec2(g, "DescribeTransitGatewayRouteTables",
                         "TransitGatewayRouteTables TransitGatewayRoutes TransitGatewayPropagations",
                         (struct str){0}, on_selection, &s);
    vec_each(id, &s.found.list)
    {
        struct str table = parameter(g, "TransitGatewayRouteTableId", *id);
        struct str states = arena_printf(
            g->arena, "%.*s&Filter.1.Name=state&Filter.1.Value.1=active&Filter.1.Value.2=blackhole",
            STR_ARG(table));
        struct belonging routes = {g, "TransitGatewayRoutes", "TransitGatewayRouteTableId", *id},
                         propagations = {g, "TransitGatewayPropagations", "TransitGatewayRouteTableId", *id};
        if (status == 0)
            status = ask_ec2(g, "SearchTransitGatewayRoutes", routes.list, states, on_routes, &routes);
        if (status == 0)
            status = ask_ec2(g, "GetTransitGatewayRouteTablePropagations", propagations.list, table,
                             on_belonging, &propagations);
    }
    return status;
}

/* A peering without a route table may have a policy table, which the attachment does not tell. */
static bool may_have_policy(json_val *attachment)
{
    return str_is(json_get_str(attachment, "ResourceType"), "peering") &&
           !json_get_str(json_get(attachment, "Association"), "TransitGatewayRouteTableId").n;
}

static int gather_policy_tables(struct gathering *g)
{
    _cleanup_(selection_clean) struct selection s = {.gathering = g,
                                                     .list = "TransitGatewayPolicyTables",
                                                     .member = "TransitGatewayPolicyTableId",
                                                     .found = {.arena = g->arena}};
    int status = ask_ec2(g, "DescribeTransitGatewayPolicyTables", s.list, (struct str){0}, on_selection, &s);
    vec_each(id, &s.found.list)
    {
        struct str table = parameter(g, "TransitGatewayPolicyTableId", *id);
        struct belonging more = {g, s.list, s.member, *id};
        if (status == 0)
            status =
                ask_ec2(g, "GetTransitGatewayPolicyTableAssociations", s.list, table, on_belonging, &more);
        if (status == 0)
            status = ask_ec2(g, "GetTransitGatewayPolicyTableEntries", s.list, table, on_belonging, &more);
    }
    return status;
}

static int gather_transit_attachments(struct gathering *g)
{
    _cleanup_(selection_clean) struct selection peerings = {.gathering = g,
                                                            .list = "TransitGatewayAttachments",
                                                            .member = "TransitGatewayAttachmentId",
                                                            .wants = may_have_policy,
                                                            .found = {.arena = g->arena}};
    int status = ask_ec2(g, "DescribeTransitGatewayAttachments",
                         "TransitGatewayAttachments TransitGatewayPolicyTables", (struct str){0},
                         on_selection, &peerings);
    return status || !peerings.found.list.n ? status : gather_policy_tables(g);
}

/* ---- load balancers ---- */

/* Those that pass packets on as they are have no listeners that clients come to. */
static bool has_listeners(json_val *balancer)
{
    return !str_is(json_get_str(balancer, "Type"), "gateway");
}

/* Only listeners of application load balancers have rules, which lead to more target groups. */
static bool has_rules(json_val *listener)
{
    return str_starts(json_get_str(listener, "Protocol"), STR("HTTP"));
}

static int gather_rules(struct gathering *g, const struct strings *listeners)
{
    int status = 0;
    vec_each(arn, &listeners->list)
    {
        if (status == 0)
            status = ask_elb(g, &query_elbv2, "DescribeRules", "Rules", parameter(g, "ListenerArn", *arn),
                             on_text, g);
    }
    return status;
}

static int gather_listeners(struct gathering *g)
{
    _cleanup_(selection_clean) struct selection balancers = {.gathering = g,
                                                             .list = "LoadBalancers",
                                                             .member = "LoadBalancerArn",
                                                             .wants = has_listeners,
                                                             .found = {.arena = g->arena}};
    _cleanup_(selection_clean) struct selection listeners = {
        .list = "Listeners", .wants = has_rules, .member = "ListenerArn", .found = {.arena = g->arena}};
    int status =
        ask_elb(g, &query_elbv2, "DescribeLoadBalancers", "LoadBalancers LoadBalancerListeners Rules",
                (struct str){0}, on_selection, &balancers);
    vec_each(arn, &balancers.found.list)
    {
        struct belonging to = {g, "LoadBalancerListeners", "LoadBalancerArn", *arn};
        listeners.belonging = &to;
        if (status == 0)
            status = ask_elb(g, &query_elbv2, "DescribeListeners", "LoadBalancerListeners Rules",
                             parameter(g, "LoadBalancerArn", *arn), on_selection, &listeners);
    }
    return status ? status : gather_rules(g, &listeners.found);
}

static bool has_balancer(json_val *target_group)
{
    return yyjson_arr_size(json_get(target_group, "LoadBalancerArns")) > 0;
}

static int gather_targets(struct gathering *g)
{
    _cleanup_(selection_clean) struct selection s = {.gathering = g,
                                                     .list = "TargetGroups",
                                                     .member = "TargetGroupArn",
                                                     .wants = has_balancer,
                                                     .found = {.arena = g->arena}};
    int status = ask_elb(g, &query_elbv2, "DescribeTargetGroups",
                         "TargetGroups LoadBalancerTargetHealth TargetGroupAttributes", (struct str){0},
                         on_selection, &s);
    vec_each(arn, &s.found.list)
    {
        struct str group = parameter(g, "TargetGroupArn", *arn);
        struct belonging health = {g, "LoadBalancerTargetHealth", "TargetGroupArn", *arn},
                         attributes = {g, "TargetGroupAttributes", "TargetGroupArn", *arn};
        if (status == 0)
            status =
                ask_elb(g, &query_elbv2, "DescribeTargetHealth", health.list, group, on_belonging, &health);
        if (status == 0)
            status = ask_elb(g, &query_elbv2, "DescribeTargetGroupAttributes", attributes.list, group,
                             on_belonging, &attributes);
    }
    return status;
}

static int gather_classic(struct gathering *g)
{
    return ask_elb(g, &query_elb, "DescribeLoadBalancers", "LoadBalancerDescriptions", (struct str){0},
                   on_text, g);
}

/* ---- Direct Connect ---- */

static int gather_associations(struct gathering *g, const char *member, const struct strings *ids)
{
    int status = 0;
    vec_each(id, &ids->list)
    {
        struct str body = arena_printf(g->arena, "{\"%s\":\"%.*s\"}", member, STR_ARG(*id));
        if (status == 0)
            status = ask_direct(g, "DescribeDirectConnectGatewayAssociations",
                                "directConnectGatewayAssociations", body, on_text, g);
    }
    return status;
}

/* Gateways of other accounts are told by the associations of one's own alone. */
static int gather_virtual_interfaces(struct gathering *g, const struct strings *vpn_gateways)
{
    _cleanup_(selection_clean) struct selection s = {.gathering = g,
                                                     .list = "directConnectGateways",
                                                     .member = "directConnectGatewayId",
                                                     .found = {.arena = g->arena}};
    int status = ask_direct(g, "DescribeVirtualInterfaces", "virtualInterfaces", (struct str){0}, on_text, g);
    if (status == 0)
        status = ask_direct(g, "DescribeDirectConnectGateways",
                            "directConnectGateways directConnectGatewayAssociations", (struct str){0},
                            on_selection, &s);
    if (status == 0)
        status = gather_associations(g, "directConnectGatewayId", &s.found);
    return status ? status : gather_associations(g, "virtualGatewayId", vpn_gateways);
}

/* It leads nowhere else than to these gateways. */
static int gather_direct(struct gathering *g)
{
    _cleanup_(selection_clean) struct selection vpn = {
        .gathering = g, .list = "VpnGateways", .member = "VpnGatewayId", .found = {.arena = g->arena}};
    _cleanup_(selection_clean) struct selection transit = {.gathering = g,
                                                           .list = "TransitGateways",
                                                           .member = "TransitGatewayId",
                                                           .found = {.arena = g->arena}};
    int status = ask_ec2(g, "DescribeVpnGateways", "VpnGateways", (struct str){0}, on_selection, &vpn);
    if (status == 0)
        status =
            ask_ec2(g, "DescribeTransitGateways", "TransitGateways", (struct str){0}, on_selection, &transit);
    bool any = vpn.found.list.n || transit.found.list.n;
    return status || !any ? status : gather_virtual_interfaces(g, &vpn.found);
}

/* ---- all of it ---- */

/* Addresses are told by interfaces, too; NAT and egress gateways let nobody in. */
static const struct {
    const char *operation, *list;
} lists[] = {
    {"DescribeVpcs", "Vpcs"},
    {"DescribeSubnets", "Subnets"},
    {"DescribeRouteTables", "RouteTables"},
    {"DescribeNetworkAcls", "NetworkAcls"},
    {"DescribeSecurityGroups", "SecurityGroups"},
    {"DescribeNetworkInterfaces", "NetworkInterfaces"},
    {"DescribeInstances", "Reservations"},
    {"DescribeAddresses", NULL},
    {"DescribeInternetGateways", "InternetGateways"},
    {"DescribeEgressOnlyInternetGateways", NULL},
    {"DescribeNatGateways", NULL},
    {"DescribeVpcPeeringConnections", "VpcPeeringConnections"},
    {"DescribeVpnConnections", "VpnConnections"},
    {"DescribeVpcEndpoints", "VpcEndpoints"},
};

static int (*const parts[])(struct gathering *) = {gather_prefix_lists,   gather_transit_attachments,
                                                   gather_transit_tables, gather_listeners,
                                                   gather_targets,        gather_classic,
                                                   gather_direct};

/* {"NotRead": [...]}: all other lists are whole, though they be empty. */
static int tell_not_read(struct gathering *g)
{
    _cleanup_(buf_free) struct buf text = buf_new(DOCUMENT_MAX);
    struct json_out o = {.to = &text};
    json_begin_object(&o);
    json_key(&o, "NotRead");
    json_begin_array(&o);
    vec_each(list, &g->not_read) json_out_str(&o, *list);
    json_end_array(&o);
    json_end_object(&o);
    return buf_status(&text) < 0 ? buf_status(&text) : hand_over(g, buf_str(&text));
}

static void gathering_end(struct gathering *g)
{
    vec_free(&g->not_read);
}

int network_describe(struct aws *aws, struct arena *a, network_document *visit, void *ctx,
                     struct network_gaps *ret_gaps)
{
    _cleanup_(gathering_end) struct gathering g = {.aws = aws, .arena = a, .visit = visit, .ctx = ctx};
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof lists / sizeof *lists; i++)
        status = ask_ec2(&g, lists[i].operation, lists[i].list, (struct str){0}, on_text, &g);
    for (size_t i = 0; status == 0 && i < sizeof parts / sizeof *parts; i++)
        status = parts[i](&g);
    if (status == 0 && !g.documents && g.gaps.n)
        return err_set(g.gaps.at[0].code, "%.*s", STR_ARG(g.gaps.at[0].text));
    if (status == 0)
        status = tell_not_read(&g);
    if (status == 0)
        *ret_gaps = g.gaps;
    return status;
}

int network_describe_instance(struct aws *aws, struct str instance_id, network_document *visit, void *ctx)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str id = http_encode(a, instance_id, false);
    struct str instance = arena_printf(a, "InstanceId.1=%.*s", STR_ARG(id));
    struct str interfaces =
        arena_printf(a, "Filter.1.Name=attachment.instance-id&Filter.1.Value.1=%.*s", STR_ARG(id));
    int status = query_texts(aws, &query_ec2, "DescribeInstances", instance, visit, ctx);
    if (status == ERR_MISSING)
        return 0;
    return status ? status
                  : query_texts(aws, &query_ec2, "DescribeNetworkInterfaces", interfaces, visit, ctx);
}

int network_describe_group(struct aws *aws, struct str group_id, network_document *visit, void *ctx)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str form = arena_printf(a, "GroupId.1=%.*s", STR_ARG(http_encode(a, group_id, false)));
    int status = query_texts(aws, &query_ec2, "DescribeSecurityGroups", form, visit, ctx);
    return status == ERR_MISSING ? 0 : status;
}

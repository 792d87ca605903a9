/* Calls that nobody made, or that were refused: what they would have told is not taken to be nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reach/trace.h"
#include "reach_util.h"

static const char base[] =
    "{'Vpcs':[{'VpcId':'vpc-1','CidrBlock':'10.0.0.0/16'}],"
    "'Subnets':[{'SubnetId':'subnet-1','VpcId':'vpc-1','CidrBlock':'10.0.0.0/24'}],"
    "'RouteTables':[{'RouteTableId':'rtb-1','VpcId':'vpc-1','Associations':[{'Main':true}],'Routes':["
    "{'DestinationCidrBlock':'10.0.0.0/16','GatewayId':'local'},"
    "{'DestinationCidrBlock':'0.0.0.0/0','GatewayId':'igw-1','State':'active'}]}],"
    "'SecurityGroups':[{'GroupId':'sg-1','VpcId':'vpc-1','IpPermissions':[{'IpProtocol':'tcp','FromPort':22,"
    "'ToPort':22,'IpRanges':[{'CidrIp':'192.168.0.0/16'},{'CidrIp':'10.0.0.0/8'}]}]}],"
    "'NetworkAcls':[],'InternetGateways':[{'InternetGatewayId':'igw-1','Attachments':[{'VpcId':'vpc-1',"
    "'State':'available'}]}],"
    "'NetworkInterfaces':[{'NetworkInterfaceId':'eni-1','VpcId':'vpc-1','SubnetId':'subnet-1',"
    "'Groups':[{'GroupId':'sg-1'}],'PrivateIpAddresses':[{'PrivateIpAddress':'10.0.0.5'}],'Attachment':{"
    "'InstanceId':'i-1','DeviceIndex':0}}],"
    "'Reservations':[{'OwnerId':'1','Instances':[{'InstanceId':'i-1','State':{'Name':'running'}}]}]}";
#define ROUTE(to, kind, id)                                                                                  \
    "'RouteTables':[{'RouteTableId':'rtb-1','VpcId':'vpc-1','Associations':[{'Main':true}],'Routes':["       \
    "{'DestinationCidrBlock':'10.0.0.0/16','GatewayId':'local'},"                                            \
    "{'DestinationCidrBlock':'" to "','" kind "':'" id "','State':'active'}]}]"
static const char to_transit[] = "{" ROUTE("10.0.0.0/8", "TransitGatewayId", "tgw-1") "}";
static const char gateway[] =
    "{'VpnGateways':[{'VpnGatewayId':'vgw-1','State':'available','VpcAttachments':["
    "{'VpcId':'vpc-1','State':'attached'}]}]," ROUTE("192.168.0.0/16", "GatewayId", "vgw-1") "}";
static const char no_vpn[] = "{'VpnConnections':[]}";
static const char no_direct[] = "{'virtualInterfaces':[],'directConnectGatewayAssociations':[]}";
static const char no_transit[] = "{'TransitGatewayAttachments':[],'TransitGatewayRouteTables':[]}";
#define NOT_READ(lists)  "{'NotRead':[" lists "]}"
#define EARLIER(members) "{'Earlier':{" members "}}"

/* The lists that are missing, one word each. */
static void assert_untold(const char *expected, const char *const *documents)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
    for (; *documents; documents++)
        load_quoted(m, *documents);
    model_link(m);
    vec_each(u, &m->untold) buf_printf(&text, "%s%s", text.n ? " " : "", u->name);
    assert_string_equal(text.n ? text.p : "", expected);
}
#define untold(expected, ...) assert_untold(expected, (const char *const[]){__VA_ARGS__, NULL})

static const char from_vgw[] = "22-22: vgw-1 sg-1 eni-1 i-1\n";
static const char from_tgw[] = "22-22: tgw-1 sg-1 eni-1 i-1\n";

static void test_private_gateways(void **state)
{
    static const char vpn[] =
        "{'VpnConnections':[{'VpnConnectionId':'vpn-1','VpnGatewayId':'vgw-1','State':'available','Options':"
        "{'StaticRoutesOnly':true},'Routes':[{'DestinationCidrBlock':'192.168.9.0/24'}]}]}";
    static const char narrow[] =
        "{'SecurityGroups':[{'GroupId':'sg-1','VpcId':'vpc-1','IpPermissions':[{'IpProtocol':'tcp',"
        "'FromPort':22,'ToPort':22,'IpRanges':[{'CidrIp':'192.168.7.0/24'}]}]}]}";
    (void)state;
    opens("", base, gateway, no_vpn, no_direct, no_transit, NOT_READ(""));
    opens(from_vgw, base, gateway, no_direct, no_transit);
    opens(from_vgw, base, gateway, no_vpn, no_transit);
    opens("", base, gateway, no_vpn, no_direct, no_transit);
    opens(from_vgw, base, gateway, vpn, no_direct, no_transit);
    opens("", base, narrow, gateway, vpn, no_direct, no_transit);
    /* the rest of the list is on a page that was not saved, or not given */
    opens(from_vgw, base, narrow, gateway, "{'VpnConnections':[],'NextToken':'x'}", no_direct, no_transit);
    opens("", base, narrow, gateway, "{'VpnConnections':[],'NextToken':'x'}", vpn, no_direct, no_transit);
    opens(from_vgw, base, narrow, gateway, vpn, no_transit, NOT_READ("'VpnConnections'"));
    opens(from_vgw, base, narrow, gateway, vpn, no_transit, NOT_READ("'directConnectGatewayAssociations'"));
    untold("VpnConnections VirtualInterfaces DirectConnectGatewayAssociations", base, gateway, no_transit);
    untold("", base, no_transit); /* nothing that they would be of */
    untold("VpnConnections", base, gateway, vpn, no_transit, NOT_READ("'VpnConnections'"));
}

static void test_transit_gateways(void **state)
{
    static const char told[] =
        "{'TransitGatewayAttachments':[{'TransitGatewayAttachmentId':'tgw-attach-1','TransitGatewayId':'"
        "tgw-1','ResourceType':'vpc','ResourceId':'vpc-1','State':'available','Association':{"
        "'TransitGatewayRouteTableId':'tgw-rtb-1','State':'associated'}}]}";
    static const char tables[] =
        "{'TransitGatewayRouteTables':[{'TransitGatewayRouteTableId':'tgw-rtb-1','TransitGatewayId':'tgw-1'}]"
        ",'TransitGatewayRoutes':[{'TransitGatewayRouteTableId':'tgw-rtb-1','Routes':[]}]}";
    (void)state;
    opens("", base, to_transit, told, tables);
    opens(from_tgw, base, to_transit, tables);
    opens(from_tgw, base, to_transit, told, tables, NOT_READ("'TransitGatewayAttachments'"));
    untold("TransitGatewayAttachments", base, to_transit, tables);
    untold("", base, to_transit, told, tables);
}

/* Of several accounts beyond the edges one that tells the gateway's tables, not who is attached to it. */
static void test_guests(void **state)
{
#define ATTACHED "'TransitGatewayAttachments'"
    static const char own[] =
        "{'TransitGatewayAttachments':[{'TransitGatewayAttachmentId':'tgw-attach-1','TransitGatewayId':'"
        "tgw-1','ResourceType':'vpc','ResourceId':'vpc-1','State':'available','Association':{"
        "'TransitGatewayRouteTableId':'tgw-rtb-1','State':'associated'}}],'NotRead':[]}";
    static const char tables[] =
        "{'TransitGatewayRouteTables':[{'TransitGatewayRouteTableId':'tgw-rtb-1','TransitGatewayId':'tgw-1'}]"
        ",'TransitGatewayRoutes':[{'TransitGatewayRouteTableId':'tgw-rtb-1','Routes':[]}]}";
    static const char nothing[] = "{'Vpcs':[]}", earlier[] = EARLIER(ATTACHED ":[]");
    /* two documents of each guest */
    static const struct {
        const char *guests[2][2], *expected;
    } rows[] = {
        {{{tables, NOT_READ("")}, {earlier, NOT_READ(ATTACHED)}}, ""},
        {{{earlier, NOT_READ(ATTACHED)}, {tables, NOT_READ("")}}, ""},
        {{{tables, NOT_READ(ATTACHED)}, {earlier, NOT_READ(ATTACHED)}}, from_tgw},
        {{{earlier, NOT_READ(ATTACHED)}, {tables, NOT_READ(ATTACHED)}}, from_tgw},
        {{{tables, nothing}, {nothing, NOT_READ("")}}, from_tgw},
    };
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        _cleanup_(model_cleanup) struct model *m = model_new();
        _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
        load_quoted(m, base);
        load_quoted(m, to_transit);
        load_quoted(m, own);
        for (int g = 0; g < 2; g++) {
            load_guest_begin(m, STR("2"));
            load_guest_quoted(m, rows[r].guests[g][0]);
            load_guest_quoted(m, rows[r].guests[g][1]);
        }
        model_link(m);
        _cleanup_(reach_cleanup) struct reach *reach = reach_compute(m);
        assert_int_equal(reach_each(reach, note_open, &text), 0);
        assert_string_equal(text.n ? text.p : "", rows[r].expected);
    }
}

/* Of a policy table nobody told whose it is. */
static void test_policy_tables(void **state)
{
#define ATTACHMENTS                                                                                          \
    "{'TransitGatewayAttachments':[{'TransitGatewayAttachmentId':'tgw-attach-1','TransitGatewayId':'tgw-1'," \
    "'ResourceType':'vpc','ResourceId':'vpc-1','State':'available','Association':{"                          \
    "'TransitGatewayRouteTableId':'tgw-rtb-1','State':'associated'}},{'TransitGatewayAttachmentId':'"        \
    "tgw-attach-2','TransitGatewayId':'tgw-1','ResourceType':'peering','ResourceId':'tgw-9','State':'"       \
    "available'}],'TransitGatewayRouteTables':[{'TransitGatewayRouteTableId':'tgw-rtb-1',"                   \
    "'TransitGatewayId':'tgw-1'}],'TransitGatewayRoutes':[{'TransitGatewayRouteTableId':'tgw-rtb-1',"        \
    "'Routes':[{'DestinationCidrBlock':'10.0.0.0/8','State':'active','Type':'static',"                       \
    "'TransitGatewayAttachments':[{'TransitGatewayAttachmentId':'tgw-attach-2'}]}]}]}"
#define POLICY(members)                                                                                      \
    "{'TransitGatewayPolicyTables':[{'TransitGatewayPolicyTableId':'tgw-ptb-1','TransitGatewayId':'tgw-1'"   \
    "" members "}]}"
    (void)state;
    opens(from_tgw, base, to_transit, ATTACHMENTS);
    opens(from_tgw, base, to_transit, ATTACHMENTS, POLICY(""));
    opens("", base, to_transit, ATTACHMENTS, POLICY(",'Associations':[]"));
    opens(from_tgw, base, to_transit, ATTACHMENTS, POLICY(",'Associations':[]"),
          NOT_READ("'TransitGatewayPolicyTables'"));
    untold("TransitGatewayPolicyTables", base, to_transit, ATTACHMENTS, POLICY(""));
}

/* A connection that was deleted propagates nothing, though its attachment may last longer: a route of its own
 * is not preferred to the one to the VPC. */
static void test_deleted_connections(void **state)
{
    static const char world[] =
        "{'Vpcs':[{'VpcId':'vpc-2','CidrBlock':'10.9.0.0/16'}],'Subnets':[{'SubnetId':'subnet-2','VpcId':"
        "'vpc-2','CidrBlock':'10.9.1.0/24'}],'RouteTables':[{'RouteTableId':'rtb-2','VpcId':'vpc-2',"
        "'Associations':[{'Main':true}],'Routes':[{'DestinationCidrBlock':'10.0.0.0/16',"
        "'TransitGatewayId':'tgw-1','State':'active'}]}],"
        "'TransitGatewayAttachments':["
        "{'TransitGatewayAttachmentId':'tgw-attach-1','TransitGatewayId':'tgw-1','ResourceType':'vpc',"
        "'ResourceId':'vpc-1','State':'available','Association':{'TransitGatewayRouteTableId':'tgw-rtb-1'}},"
        "{'TransitGatewayAttachmentId':'tgw-attach-2','TransitGatewayId':'tgw-1','ResourceType':'vpc',"
        "'ResourceId':'vpc-2','State':'available','Association':{'TransitGatewayRouteTableId':'tgw-rtb-1'}},"
        "{'TransitGatewayAttachmentId':'tgw-attach-3','TransitGatewayId':'tgw-1','ResourceType':'vpn',"
        "'ResourceId':'vpn-1','State':'available'}],"
        "'TransitGatewayRouteTables':[{'TransitGatewayRouteTableId':'tgw-rtb-1','TransitGatewayId':'tgw-1'}],"
        "'TransitGatewayStaticRoutes':[{'TransitGatewayRouteTableId':'tgw-rtb-1','Routes':[]}],"
        "'TransitGatewayPropagations':[{'TransitGatewayRouteTableId':'tgw-rtb-1',"
        "'TransitGatewayRouteTablePropagations':[{'TransitGatewayAttachmentId':'tgw-attach-1'},"
        "{'TransitGatewayAttachmentId':'tgw-attach-2'},{'TransitGatewayAttachmentId':'tgw-attach-3'}]}]}";
#define VPN(state)                                                                                           \
    "{'VpnConnections':[{'VpnConnectionId':'vpn-1','TransitGatewayId':'tgw-1','State':'" state               \
    "','Options':{'StaticRoutesOnly':true},'Routes':[{'DestinationCidrBlock':'10.9.1.0/24'}]}]}"
    (void)state;
    opens(from_tgw, base, to_transit, world, VPN("deleted"));
    opens("", base, to_transit, world, VPN("available"));
}

/* ── load balancers ── */

#define ARN      "arn:x:elasticloadbalancing:eu:1:loadbalancer/app/shop/1"
#define LISTENER "arn:x:elasticloadbalancing:eu:1:listener/app/shop/1/2"
#define BALANCERS                                                                                            \
    "'LoadBalancers':[{'LoadBalancerArn':'" ARN "','LoadBalancerName':'shop','Type':'application',"          \
    "'Scheme':'internet-facing','VpcId':'vpc-1','AvailabilityZones':[{'SubnetId':'subnet-1'}]}]"
#define LISTENERS                                                                                            \
    "'LoadBalancerListeners':[{'LoadBalancerArn':'" ARN "','Listeners':[{'ListenerArn':'" LISTENER           \
    "','LoadBalancerArn':'" ARN "','Port':80,'Protocol':'HTTP','DefaultActions':[{'Type':'forward',"         \
    "'TargetGroupArn':'arn:tg'}]}]}]"
#define RULES                                                                                                \
    "'Rules':[{'RuleArn':'arn:x:elasticloadbalancing:eu:1:listener-rule/app/shop/1/2/3','Actions':[{"        \
    "'Type':'forward','TargetGroupArn':'arn:tg'}]}]"
#define GROUPS                                                                                               \
    "'TargetGroups':[{'TargetGroupArn':'arn:tg','VpcId':'vpc-1','TargetType':'instance','Port':22,"          \
    "'Protocol':'HTTP'}]"
#define TARGETS                                                                                              \
    "'LoadBalancerTargetHealth':[{'TargetGroupArn':'arn:tg','TargetHealthDescriptions':[{'Target':{"         \
    "'Id':'i-1'},'TargetHealth':{'State':'healthy'}}]}]"
#define NODE                                                                                                 \
    "{'NetworkInterfaces':[{'NetworkInterfaceId':'eni-9','VpcId':'vpc-1','SubnetId':'subnet-1',"             \
    "'Description':'ELB app/shop/1'}],'LoadBalancerDescriptions':[]}"
#define ALL          "{" BALANCERS "," LISTENERS "," RULES "," GROUPS "," TARGETS "}"
#define ALL_NAMES    "'LoadBalancers','LoadBalancerListeners','Rules','TargetGroups','LoadBalancerTargetHealth'"
#define THROUGH_SHOP "22-22: igw-1 " ARN " sg-1 eni-1 i-1\n"

static void test_balancers(void **state)
{
    (void)state;
    untold("", base, no_transit); /* no interface is one's */
    untold("LoadBalancers", base, no_transit, NODE);
    untold("LoadBalancerListeners", base, no_transit, "{" BALANCERS "}");
    untold("Rules TargetGroups LoadBalancerTargetHealth", base, no_transit, "{" BALANCERS "," LISTENERS "}");
    untold("LoadBalancerTargetHealth", base, no_transit,
           "{" BALANCERS "," LISTENERS "," RULES "," GROUPS "}");
    untold("", base, no_transit, NODE, ALL);
    untold("Rules", base, no_transit, NODE, ALL, NOT_READ("'Rules'"));
    opens(THROUGH_SHOP, base, no_transit, ALL);
}

/* What is missing of classic ones says nothing of the others. */
static void test_whose_list(void **state)
{
    static const char old[] =
        "{'NetworkInterfaces':[{'NetworkInterfaceId':'eni-8','VpcId':'vpc-1','SubnetId':'subnet-1',"
        "'Description':'ELB old'}]}";
    _cleanup_(model_cleanup) struct model *m = model_new();
    (void)state;
    load_quoted(m, base);
    load_quoted(m, old);
    load_quoted(m, ALL);
    model_link(m);
    const struct balancer *b = model_find(m, KIND_BALANCER, STR(ARN));
    assert_int_equal(model_untold(m, NULL)->list, LIST_CLASSIC);
    assert_null(model_untold(m, &b->node));
}

/* What is refused counts as it was said before; what could be read of it, as it is said now. */
static void test_balancers_earlier(void **state)
{
    static const char *earlier[] = {EARLIER(BALANCERS), EARLIER(LISTENERS), EARLIER(RULES), EARLIER(GROUPS),
                                    EARLIER(TARGETS)};
#define SAID_EARLIER earlier[0], earlier[1], earlier[2], earlier[3], earlier[4]
    (void)state;
    opens(THROUGH_SHOP, base, no_transit, NOT_READ(ALL_NAMES), SAID_EARLIER);
    untold("LoadBalancers LoadBalancerListeners Rules TargetGroups LoadBalancerTargetHealth", base,
           no_transit, NODE, NOT_READ(ALL_NAMES), SAID_EARLIER);
    opens("", base, no_transit,
          "{" BALANCERS "," LISTENERS "," RULES "," GROUPS
          ",'LoadBalancerTargetHealth':[{'TargetGroupArn':'arn:tg','TargetHealthDescriptions':[]}]}",
          NOT_READ("'LoadBalancerTargetHealth'"), SAID_EARLIER);
    opens(THROUGH_SHOP, base, no_transit, "{" BALANCERS "," LISTENERS "," RULES "," GROUPS "}",
          NOT_READ("'LoadBalancerTargetHealth'"), SAID_EARLIER);
}

/* Whether a network load balancer keeps clients' addresses is an attribute. */
static void test_attributes(void **state)
{
#define SHOP(cidr)                                                                                           \
    "{'LoadBalancers':[{'LoadBalancerArn':'arn:nlb','LoadBalancerName':'n','Type':'network','Scheme':"       \
    "'internet-facing','VpcId':'vpc-1','AvailabilityZones':[{'SubnetId':'subnet-1'}]}],'Listeners':[{"       \
    "'ListenerArn':'arn:l','LoadBalancerArn':'arn:nlb','Port':80,'Protocol':'TCP','DefaultActions':[{"       \
    "'Type':'forward','TargetGroupArn':'arn:tg'}]}],'TargetGroups':[{'TargetGroupArn':'arn:tg','VpcId':"     \
    "'vpc-1','TargetType':'ip','Port':22,'Protocol':'TCP'}],'LoadBalancerTargetHealth':[{'TargetGroupArn':"  \
    "'arn:tg','TargetHealthDescriptions':[{'Target':{'Id':'10.0.0.5'}}]}],'SecurityGroups':[{'GroupId':"     \
    "'sg-1','VpcId':'vpc-1','IpPermissions':[{'IpProtocol':'tcp','FromPort':22,'ToPort':22,'IpRanges':[{"    \
    "'CidrIp':'" cidr "'}]}]}]}"
#define KEEPS(attributes)                                                                                    \
    "{'TargetGroupAttributes':[{'TargetGroupArn':'arn:tg','Attributes':[" attributes "]}]}"
#define KEEPS_IT(value) KEEPS("{'Key':'preserve_client_ip.enabled','Value':'" value "'}")
    static const char open[] = "22-22: igw-1 arn:nlb sg-1 eni-1 i-1\n";
    (void)state;
    opens(open, base, no_transit, SHOP("8.8.8.0/24"));
    opens(open, base, no_transit, SHOP("10.0.0.0/24"));
    opens("", base, no_transit, SHOP("8.8.8.0/24"), KEEPS("")); /* addresses are not kept by default */
    opens(open, base, no_transit, SHOP("8.8.8.0/24"), KEEPS_IT("true"));
    opens("", base, no_transit, SHOP("10.0.0.0/24"), KEEPS_IT("true"));
}

static void test_needed(void **state)
{
    (void)state;
    untold(
        "Vpcs Subnets RouteTables NetworkAcls NetworkInterfaces Reservations InternetGateways LoadBalancers "
        "LoadBalancerDescriptions",
        "{'SecurityGroups':[]}");
}

/* A flow that is denied by what is not described says so. */
static void test_flows(void **state)
{
    static const char strange[] =
        "{'NetworkInterfaces':[{'NetworkInterfaceId':'eni-1','VpcId':'vpc-1','SubnetId':'subnet-1','Groups':["
        "{'GroupId':'sg-9'}],'PrivateIpAddresses':[{'PrivateIpAddress':'10.0.0.5'}]}]}";
    struct trace_query q = {STR("i-1"), STR("ingress-node-ip"), STR("10.0.7.7"), STR("tcp"), -1, 443};
    struct trace t;
    _cleanup_(model_cleanup) struct model *m = model_new();
    (void)state;
    load_quoted(m, base);
    load_quoted(m, strange);
    model_link(m);
    assert_int_equal(trace_flow(m, &q, &t), 0);
    assert_int_equal(t.disposition, DENIED_OUT);
    assert_int_equal(t.n_unclear, 1);
    assert_true(str_is(t.unclear[0], "sg-9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_private_gateways),
        cmocka_unit_test(test_transit_gateways),
        cmocka_unit_test(test_guests),
        cmocka_unit_test(test_policy_tables),
        cmocka_unit_test(test_deleted_connections),
        cmocka_unit_test(test_balancers),
        cmocka_unit_test(test_whose_list),
        cmocka_unit_test(test_balancers_earlier),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_needed),
        cmocka_unit_test(test_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

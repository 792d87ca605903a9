/* What is not described, or whose doings are not known, may let packets pass: it never closes a port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reach_util.h"

#define LOCAL               "{'DestinationCidrBlock':'10.0.0.0/16','GatewayId':'local'}"
#define ROUTE(to, kind, id) ",{'DestinationCidrBlock':'" to "','" kind "':'" id "','State':'active'}"
#define MAIN(id, vpc, routes)                                                                                \
    "{'RouteTableId':'" id "','VpcId':'" vpc "','Associations':[{'Main':true}],'Routes':[" routes "]}"
#define TABLE(id, subnet, routes)                                                                            \
    "{'RouteTableId':'" id "','VpcId':'vpc-1','Associations':[{'SubnetId':'" subnet                          \
    "'}],'Routes':[" LOCAL routes "]}"
#define EDGE_TABLE(id, gateway, routes)                                                                      \
    "{'RouteTableId':'" id "','VpcId':'vpc-1','Associations':[{'GatewayId':'" gateway                        \
    "'}],'Routes':[" LOCAL routes "]}"
#define TABLES(tables) "{'RouteTables':[" tables "]}"
#define OWN(routes)    TABLES(MAIN("rtb-1", "vpc-1", LOCAL routes))
#define ADMIT(who)     "{'IpProtocol':'tcp','FromPort':22,'ToPort':22," who "}"
#define GROUP(id, permissions)                                                                               \
    "{'SecurityGroups':[{'GroupId':'" id "','VpcId':'vpc-1','IpPermissions':[" permissions "]}]}"
#define FROM(cidr) ADMIT("'IpRanges':[{'CidrIp':'" cidr "'}]")
#define ATTACHED(id, kind, resource, table)                                                                  \
    "{'TransitGatewayAttachmentId':'" id "','TransitGatewayId':'tgw-1','ResourceType':'" kind                \
    "','ResourceId':'" resource "','State':'available','Association':{'TransitGatewayRouteTableId':'" table  \
    "','State':'associated'}}"
#define LOOSE(id, kind, resource)                                                                            \
    "{'TransitGatewayAttachmentId':'" id "','TransitGatewayId':'tgw-1','ResourceType':'" kind                \
    "','ResourceId':'" resource "','State':'available'}"
#define TO(cidr, attachments)                                                                                \
    "{'DestinationCidrBlock':'" cidr                                                                         \
    "','State':'active','Type':'static','TransitGatewayAttachments':[" attachments "]}"
#define AT(id) "{'TransitGatewayAttachmentId':'" id "'}"
#define TRANSIT_TABLE(id)                                                                                    \
    "{'TransitGatewayRouteTables':[{'TransitGatewayRouteTableId':'" id "','TransitGatewayId':'tgw-1'}]}"
#define SEARCHED(id, routes)                                                                                 \
    "{'TransitGatewayRoutes':[{'TransitGatewayRouteTableId':'" id "','Routes':[" routes "]}]}"

static const char base[] =
    "{'Vpcs':[{'VpcId':'vpc-1','CidrBlock':'10.0.0.0/16'}],"
    "'Subnets':[{'SubnetId':'subnet-1','VpcId':'vpc-1','CidrBlock':'10.0.0.0/24'},"
    "{'SubnetId':'subnet-2','VpcId':'vpc-1','CidrBlock':'10.0.1.0/24'}],"
    "'NetworkInterfaces':[{'NetworkInterfaceId':'eni-1','VpcId':'vpc-1','SubnetId':'subnet-1',"
    "'Groups':[{'GroupId':'sg-1'}],'PrivateIpAddresses':[{'PrivateIpAddress':'10.0.0.5','Association':{"
    "'PublicIp':'3.0.0.5'}}],'Attachment':{'InstanceId':'i-1','DeviceIndex':0}}],"
    "'Reservations':[{'OwnerId':'1','Instances':[{'InstanceId':'i-1','State':{'Name':'running'}}]}]}";
static const char igw[] = "{'InternetGateways':[{'InternetGatewayId':'igw-1','Attachments':[{'VpcId':'vpc-1',"
                          "'State':'available'}]}]}";
static const char world[] = GROUP("sg-1", FROM("0.0.0.0/0"));
static const char firewall[] =
    "{'VpcEndpoints':[{'VpcEndpointId':'vpce-1','VpcEndpointType':'GatewayLoadBalancer','SubnetIds':["
    "'subnet-2'],'Tags':[{'Key':'Firewall','Value':'arn:aws:network-firewall:x:1:firewall/f'}]}]}";

static size_t open_after(struct model *m)
{
    _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
    model_link(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    assert_int_equal(reach_each(r, note_open, &text), 0);
    return text.n;
}

static void test_prefix_lists(void **state)
{
    static const char listed[] = GROUP("sg-1", ADMIT("'PrefixListIds':[{'PrefixListId':'pl-1'}]"));
    static const char told[] = "{'PrefixLists':[{'PrefixListId':'pl-1','Cidrs':['192.0.2.0/24']}]}";
    static const char empty[] = "{'PrefixLists':[{'PrefixListId':'pl-1','Cidrs':[]}]}";
    static const char named[] = "{'PrefixLists':[{'PrefixListId':'pl-1','PrefixListName':'x'}]}";
#define LISTED ",{'DestinationPrefixListId':'pl-1','GatewayId':'igw-1'}"
    (void)state;
    opens("22-22: igw-1 sg-1 eni-1 i-1\n", base, igw, OWN(ROUTE("0.0.0.0/0", "GatewayId", "igw-1")), listed);
    opens("22-22: igw-1 sg-1 eni-1 i-1\n", base, igw, OWN(ROUTE("0.0.0.0/0", "GatewayId", "igw-1")), listed,
          named);
    opens("22-22: igw-1 sg-1 eni-1 i-1\n", base, igw, OWN(ROUTE("0.0.0.0/0", "GatewayId", "igw-1")), listed,
          told);
    opens("", base, igw, OWN(ROUTE("0.0.0.0/0", "GatewayId", "igw-1")), listed, empty);
    opens("22-22: igw-1 sg-1 eni-1 i-1\n", base, igw, OWN(LISTED), world); /* a route for nobody knows whom */
    opens("22-22: igw-1 sg-1 eni-1 i-1\n", base, igw, OWN(LISTED), world, told);
    opens("", base, igw, OWN(LISTED), GROUP("sg-1", FROM("198.51.100.0/24")), told);
    opens("22-22: igw-1 sg-1 eni-1 i-1\n", base, igw, OWN(LISTED), GROUP("sg-1", FROM("198.51.100.0/24")));
}

static void test_tables(void **state)
{
    (void)state;
    opens("22-22: igw-1 sg-1 eni-1 i-1\n", base, igw, world);
    opens("", base, igw, world, OWN(""));
    opens("22-22: igw-9 sg-1 eni-1 i-1\n", base, world, OWN(ROUTE("0.0.0.0/0", "GatewayId", "igw-9")));
}

/* Of gateways that another account owns only the routes tell. */
static void test_edges_known_by_routes(void **state)
{
    (void)state;
    opens("22-22: pcx-9 sg-1 eni-1 i-1\n", base, world,
          OWN(ROUTE("10.9.0.0/16", "VpcPeeringConnectionId", "pcx-9")));
    opens("", base, GROUP("sg-1", FROM("10.8.0.0/16")),
          OWN(ROUTE("10.9.0.0/16", "VpcPeeringConnectionId", "pcx-9")));
    opens("22-22: vgw-9 sg-1 eni-1 i-1\n", base, world, OWN(ROUTE("10.9.0.0/16", "GatewayId", "vgw-9")));
    opens("22-22: tgw-9 sg-1 eni-1 i-1\n", base, world,
          OWN(ROUTE("10.9.0.0/16", "TransitGatewayId", "tgw-9")));
    opens("22-22: lgw-9 sg-1 eni-1 i-1\n", base, world, OWN(ROUTE("10.9.0.0/16", "LocalGatewayId", "lgw-9")));
    opens("22-22: arn:x:core-network/1 sg-1 eni-1 i-1\n", base, world,
          OWN(ROUTE("10.9.0.0/16", "CoreNetworkArn", "arn:x:core-network/1")));
    opens("", base, world, OWN(ROUTE("10.9.0.0/16", "NatGatewayId", "nat-9")));
    opens("", base, world, OWN(ROUTE("169.254.171.0/24", "GatewayId", "VpcLattice")));
}

static void test_groups_of_others(void **state)
{
    static const char pcx[] =
        "{'VpcPeeringConnections':[{'VpcPeeringConnectionId':'pcx-1','Status':{'Code':'active'},"
        "'RequesterVpcInfo':{'VpcId':'vpc-1','CidrBlock':'10.0.0.0/16'},"
        "'AccepterVpcInfo':{'VpcId':'vpc-9','CidrBlock':'10.9.0.0/16'}}]}";
    static const char route[] = OWN(ROUTE("10.9.0.0/16", "VpcPeeringConnectionId", "pcx-1"));
    (void)state;
    opens("22-22: pcx-1 sg-1 eni-1 i-1\n", base, pcx, route,
          GROUP("sg-1", ADMIT("'UserIdGroupPairs':[{'GroupId':'sg-9','UserId':'2'}]")));
    opens("", base, pcx, route,
          GROUP("sg-1", ADMIT("'UserIdGroupPairs':[{'GroupId':'sg-9','PeeringStatus':'deleted'}]")));
    opens("", base, pcx, route, GROUP("sg-1", ADMIT("'UserIdGroupPairs':[{'GroupId':'sg-1'}]")));
    opens("", base, igw, OWN(ROUTE("0.0.0.0/0", "GatewayId", "igw-1")),
          GROUP("sg-1", ADMIT("'UserIdGroupPairs':[{'GroupId':'sg-9'}]")));
}

/* Where a subnet lies that is named alone is not known but for its network. */
static void test_subnets_of_others(void **state)
{
    static const char there[] =
        "{'VpcPeeringConnections':[{'VpcPeeringConnectionId':'pcx-1','Status':{'Code':'active'},"
        "'RequesterVpcInfo':{'VpcId':'vpc-1'},'AccepterVpcInfo':{'VpcId':'vpc-2'}}],"
        "'Vpcs':[{'VpcId':'vpc-2','CidrBlock':'10.9.0.0/16'}],'NetworkInterfaces':[{'NetworkInterfaceId':"
        "'eni-9','VpcId':'vpc-2','SubnetId':'subnet-9'}]}";
    static const char told[] =
        "{'Subnets':[{'SubnetId':'subnet-9','VpcId':'vpc-2','CidrBlock':'10.9.1.0/24'}]}";
    static const char route[] = OWN(ROUTE("10.9.0.0/16", "VpcPeeringConnectionId", "pcx-1"));
    (void)state;
    opens("22-22: pcx-1 sg-1 eni-1 i-1\n", base, route, there, GROUP("sg-1", FROM("10.9.0.0/24")));
    opens("", base, route, there, GROUP("sg-1", FROM("10.9.0.0/24")), told);
    opens("", base, route, there, GROUP("sg-1", FROM("10.8.0.0/24")));
}

/* Of another account's VPC only the subnets are told that it shares. */
static void test_shared_subnets(void **state)
{
    static const char theirs[] =
        "{'VpcPeeringConnections':[{'VpcPeeringConnectionId':'pcx-1','Status':{'Code':'active'},"
        "'RequesterVpcInfo':{'VpcId':'vpc-1'},'AccepterVpcInfo':{'VpcId':'vpc-2'}}],"
        "'Vpcs':[{'VpcId':'vpc-2','OwnerId':'2','CidrBlock':'10.9.0.0/16'}],'Subnets':[{'SubnetId':"
        "'subnet-9','VpcId':'vpc-2','CidrBlock':'10.9.1.0/24'}]}";
    static const char *own[] = {base, theirs, OWN(ROUTE("10.9.0.0/16", "VpcPeeringConnectionId", "pcx-1")),
                                GROUP("sg-1", FROM("10.9.0.0/24"))};
    static const char vpc[] = "{'Vpcs':[{'VpcId':'vpc-2','OwnerId':'2','CidrBlock':'10.9.0.0/16'}]}";
    /* whose it is; who tells of it; whether it is open */
    static const struct {
        const char *account, *guest;
        bool open;
    } rows[] = {
        {"", NULL, false}, {"2", NULL, false}, {"1", NULL, true}, {"1", "3", true}, {"1", "2", false}};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        _cleanup_(model_cleanup) struct model *m = model_new();
        struct neighbour around[4];
        m->account = str_from(rows[r].account);
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            load_quoted(m, own[i]);
        model_link(m);
        assert_int_equal(model_neighbours(m, around, 4), *rows[r].account == '1');
        m->guest_account = str_from(rows[r].guest ? rows[r].guest : "");
        if (rows[r].guest)
            load_guest_quoted(m, vpc);
        assert_int_equal(open_after(m) > 0, rows[r].open);
    }
}

/* ── appliances ── */

static void test_firewalls(void **state)
{
#define FIREWALL_STEPS "vpce-1 arn:aws:network-firewall:x:1:firewall/f"
    static const char both[] =
        TABLES(TABLE("rtb-1", "subnet-1", ROUTE("0.0.0.0/0", "GatewayId", "vpce-1")) "," TABLE(
            "rtb-2", "subnet-2", ROUTE("0.0.0.0/0", "GatewayId", "igw-1")));
    static const char nowhere[] = TABLES(TABLE(
        "rtb-1", "subnet-1", ROUTE("0.0.0.0/0", "GatewayId", "vpce-1")) "," TABLE("rtb-2", "subnet-2", ""));
    static const char in[] =
        TABLES(EDGE_TABLE("rtb-3", "igw-1", ",{'DestinationCidrBlock':'10.0.0.0/24','GatewayId':'vpce-1'}"));
    static const char dropped[] = TABLES(
        EDGE_TABLE("rtb-3", "igw-1",
                   ",{'DestinationCidrBlock':'10.0.0.0/24','GatewayId':'vpce-1','State':'blackhole'}"));
    static const char interface[] =
        "{'VpcEndpoints':[{'VpcEndpointId':'vpce-1','VpcEndpointType':'Interface'}]}";
    (void)state;
    opens("22-22: igw-1 " FIREWALL_STEPS " sg-1 eni-1 i-1\n", base, igw, world, firewall, both, in);
    opens("22-22: igw-1 " FIREWALL_STEPS " sg-1 eni-1 i-1\n", base, igw, world, firewall,
          both); /* only on the way back */
    opens("22-22: igw-1 vpce-1 sg-1 eni-1 i-1\n", base, igw, world,
          nowhere);                                 /* the endpoint is not described */
    opens("", base, igw, world, firewall, nowhere); /* it is, and leads nowhere */
    opens("", base, igw, world, firewall, both, dropped);
    opens("", base, igw, world, interface, both);
    opens("22-22: igw-1 " FIREWALL_STEPS " sg-1 eni-1 i-1\n", base, igw, world, firewall, in,
          OWN(ROUTE("0.0.0.0/0", "GatewayId", "igw-1"))); /* only on the way in */
}

/* Another account's endpoint is a step, since a route here names it; the firewall behind it is theirs to see.
 */
static void test_firewall_of_others(void **state)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
    (void)state;
    load_quoted(m, base);
    load_quoted(m, igw);
    load_quoted(m, world);
    load_quoted(m, TABLES(TABLE("rtb-1", "subnet-1", ROUTE("0.0.0.0/0", "GatewayId", "vpce-1"))));
    load_guest_quoted(m, firewall);
    model_link(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    assert_int_equal(reach_each(r, note_open, &text), 0);
    assert_string_equal(text.p, "22-22: igw-1 vpce-1 sg-1 eni-1 i-1\n");
}

static void test_appliance_interfaces(void **state)
{
#define HOST(check)                                                                                          \
    "{'NetworkInterfaces':[{'NetworkInterfaceId':'eni-2','SubnetId':'subnet-2','SourceDestCheck':" check "}" \
    "]"                                                                                                      \
    "}"
    static const char routes[] =
        TABLES(TABLE("rtb-1", "subnet-1", ROUTE("0.0.0.0/0", "NetworkInterfaceId", "eni-2")) "," TABLE(
            "rtb-2", "subnet-2", ROUTE("0.0.0.0/0", "GatewayId", "igw-1")));
    (void)state;
    opens("22-22: igw-1 eni-2 sg-1 eni-1 i-1\n", base, igw, world, routes, HOST("false"));
    opens("", base, igw, world, routes, HOST("true"));
    opens("22-22: igw-1 eni-2 sg-1 eni-1 i-1\n", base, igw, world, routes);
}

/* Two appliances that send to each other. */
static void test_circles_end(void **state)
{
    static const char circle[] =
        TABLES(TABLE("rtb-1", "subnet-1", ROUTE("0.0.0.0/0", "NetworkInterfaceId", "eni-2")) "," TABLE(
            "rtb-2", "subnet-2", ROUTE("0.0.0.0/0", "NetworkInterfaceId", "eni-3")));
    static const char hosts[] =
        "{'NetworkInterfaces':[{'NetworkInterfaceId':'eni-2','SubnetId':'subnet-2','SourceDestCheck':false},"
        "{'NetworkInterfaceId':'eni-3','SubnetId':'subnet-2','SourceDestCheck':false}]}";
    (void)state;
    opens("22-22: igw-1 eni-2 sg-1 eni-1 i-1\n", base, igw, world, circle, hosts);
}

/* ── transit gateways ── */

static const char transit_route[] = OWN(ROUTE("10.0.0.0/8", "TransitGatewayId", "tgw-1"));
static const char transit_open[] = "22-22: tgw-1 sg-1 eni-1 i-1\n";

static void test_transit_tables(void **state)
{
    static const char attachments[] =
        "{'TransitGatewayAttachments':[" ATTACHED("tgw-attach-1", "vpc", "vpc-1", "tgw-rtb-1") "," ATTACHED(
            "tgw-attach-2", "vpc", "vpc-9", "tgw-rtb-1") "]}";
    static const char there[] = SEARCHED(
        "tgw-rtb-1", TO("10.0.0.0/16", AT("tgw-attach-1")) "," TO("10.9.0.0/16", AT("tgw-attach-2")));
    static const char only_there[] = SEARCHED("tgw-rtb-1", TO("10.0.0.0/16", AT("tgw-attach-1")));
    static const char more[] =
        "{'TransitGatewayRoutes':[{'TransitGatewayRouteTableId':'tgw-rtb-1','Routes':[],"
        "'AdditionalRoutesAvailable':true}]}";
    static const char *known = TRANSIT_TABLE("tgw-rtb-1");
    (void)state;
    opens(transit_open, base, world, transit_route, attachments);        /* no table is described */
    opens(transit_open, base, world, transit_route, attachments, known); /* its routes are not */
    opens(transit_open, base, world, transit_route, attachments, known, more);
    opens(transit_open, base, world, transit_route, attachments, known, there);
    opens("", base, world, transit_route, attachments, known, only_there);
    opens("", base, world, transit_route, attachments, known, SEARCHED("tgw-rtb-1", ""));
    opens("", base, GROUP("sg-1", FROM("10.8.0.0/16")), transit_route, attachments, known, there);
}

/* Of several VPN connections with one prefix each may be taken, and their routes are the table's. */
static void test_transit_vpn(void **state)
{
#define VPN(id)                                                                                              \
    "{'VpnConnectionId':'" id                                                                                \
    "','TransitGatewayId':'tgw-1','State':'available','Options':{'StaticRoutesOnly':true}}"
    static const char attachments[] =
        "{'TransitGatewayAttachments':[" ATTACHED("tgw-attach-1", "vpc", "vpc-1", "tgw-rtb-1") "," ATTACHED(
            "tgw-attach-2", "vpn", "vpn-2", "tgw-rtb-2") "," ATTACHED("tgw-attach-3", "vpn", "vpn-3",
                                                                      "tgw-rtb-1") "]}";
    static const char both[] =
        SEARCHED("tgw-rtb-1", TO("10.0.0.0/16", AT("tgw-attach-1")) "," TO(
                                  "10.9.0.0/16", AT("tgw-attach-2") "," AT("tgw-attach-3")));
    (void)state;
    opens(transit_open, base, world, transit_route, attachments, TRANSIT_TABLE("tgw-rtb-1"),
          TRANSIT_TABLE("tgw-rtb-2"), SEARCHED("tgw-rtb-2", ""), both,
          "{'VpnConnections':[" VPN("vpn-2") "," VPN("vpn-3") "]}");
}

/* Peerings may go by a policy table. */
static void test_policy_tables(void **state)
{
#define TABLES_1_2 TRANSIT_TABLE("tgw-rtb-1"), TRANSIT_TABLE("tgw-rtb-2")
    static const char attachments[] = "{'TransitGatewayAttachments':[" ATTACHED(
        "tgw-attach-1", "vpc", "vpc-1", "tgw-rtb-1") "," LOOSE("tgw-attach-2", "peering", "tgw-9") "]}";
    static const char back[] = SEARCHED("tgw-rtb-1", TO("10.9.0.0/16", AT("tgw-attach-2")));
    static const char there[] = SEARCHED("tgw-rtb-2", TO("10.0.0.0/16", AT("tgw-attach-1")));
    static const char nowhere[] = SEARCHED("tgw-rtb-2", "");
#define POLICY(members)                                                                                      \
    "{'TransitGatewayPolicyTables':[{'TransitGatewayPolicyTableId':'tgw-ptb-1','TransitGatewayId':'tgw-"     \
    "1'" members "}]}"
#define ASSOCIATED ",'Associations':[{'TransitGatewayAttachmentId':'tgw-attach-2','State':'associated'}]"
#define ENTRIES    ",'TransitGatewayPolicyTableEntries':[{'TargetRouteTableId':'tgw-rtb-2'}]"
    (void)state;
    opens(transit_open, base, world, transit_route, attachments, TABLES_1_2, back,
          nowhere); /* which there are is not told */
    opens("", base, world, transit_route, attachments, TABLES_1_2, back, nowhere,
          "{'TransitGatewayPolicyTables':[]}");
    opens("", base, world, transit_route, attachments, TABLES_1_2, back, nowhere, POLICY(ASSOCIATED ENTRIES));
    opens(transit_open, base, world, transit_route, attachments, TABLES_1_2, back, nowhere,
          POLICY(ASSOCIATED));
    opens(transit_open, base, world, transit_route, attachments, TABLES_1_2, back, there,
          POLICY(ASSOCIATED ENTRIES));
}

/* Which policy tables one account has says nothing of another's. */
static void test_policy_tables_of_others(void **state)
{
    static const char attachments[] = "{'TransitGatewayAttachments':[" ATTACHED(
        "tgw-attach-1", "vpc", "vpc-1", "tgw-rtb-1") "," LOOSE("tgw-attach-2", "peering", "tgw-9") "]}";
    static const char back[] = SEARCHED("tgw-rtb-1", TO("10.9.0.0/16", AT("tgw-attach-2")));
    static const char *own[] = {base, world, transit_route, attachments, TRANSIT_TABLE("tgw-rtb-1"), back};
    (void)state;
    for (int guest = 0; guest < 2; guest++) {
        _cleanup_(model_cleanup) struct model *m = model_new();
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            load_quoted(m, own[i]);
        (guest ? load_guest_quoted : load_quoted)(m, "{'TransitGatewayPolicyTables':[]}");
        assert_int_equal(open_after(m) > 0, guest);
    }
}

/* All attachments that a transit gateway may have are looked at. */
static void test_many_attachments(void **state)
{
    static const char first[] =
        "{'TransitGatewayAttachments':[" ATTACHED("tgw-attach-1", "vpc", "vpc-1", "tgw-rtb-1") "]}";
    static const char last[] =
        "{'TransitGatewayAttachments':[" ATTACHED("tgw-attach-2", "vpc", "vpc-9", "tgw-rtb-1") "]}";
    static const char there[] = SEARCHED(
        "tgw-rtb-1", TO("10.0.0.0/16", AT("tgw-attach-1")) "," TO("10.9.0.0/16", AT("tgw-attach-2")));
    static const char *own[] = {base, world, transit_route, first, TRANSIT_TABLE("tgw-rtb-1"), there};
    _cleanup_(model_cleanup) struct model *m = model_new();
    (void)state;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        load_quoted(m, own[i]);
    for (int i = 0; i < 5000; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "{'TransitGatewayAttachments':[" LOOSE("tgw-attach-9%d", "vpc", "vpc-9%d") "]}", i, i);
        load_quoted(m, text);
    }
    load_quoted(m, last);
    assert_true(open_after(m) > 0);
}

/* What goes from one VPC to another by way of a third, with firewalls in it. */
static void test_inspection(void **state)
{
    static const char vpcs[] =
        "{'Vpcs':[{'VpcId':'vpc-2','CidrBlock':'10.2.0.0/16'},{'VpcId':'vpc-3','CidrBlock':'10.3.0.0/16'}],"
        "'Subnets':[{'SubnetId':'subnet-3','VpcId':'vpc-2','CidrBlock':'10.2.0.0/24'},"
        "{'SubnetId':'subnet-4','VpcId':'vpc-3','CidrBlock':'10.3.0.0/24'},"
        "{'SubnetId':'subnet-5','VpcId':'vpc-3','CidrBlock':'10.3.1.0/24'}]}";
    static const char attachments[] =
        "{'TransitGatewayAttachments':[" ATTACHED("tgw-attach-1", "vpc", "vpc-1", "tgw-rtb-1") "," ATTACHED(
            "tgw-attach-2", "vpc", "vpc-2", "tgw-rtb-1") "," ATTACHED("tgw-attach-3", "vpc", "vpc-3",
                                                                      "tgw-rtb-2") "]}";
    static const char spokes[] = SEARCHED("tgw-rtb-1", TO("0.0.0.0/0", AT("tgw-attach-3")));
    static const char middle[] = SEARCHED(
        "tgw-rtb-2", TO("10.0.0.0/16", AT("tgw-attach-1")) "," TO("10.2.0.0/16", AT("tgw-attach-2")));
    static const char sender[] =
        TABLES(MAIN("rtb-2", "vpc-2",
                    "{'DestinationCidrBlock':'10.2.0.0/16','GatewayId':'local'}" ROUTE(
                        "0.0.0.0/0", "TransitGatewayId", "tgw-1")));
#define MIDDLE(routes)                                                                                       \
    TABLES("{'RouteTableId':'rtb-4','VpcId':'vpc-3','Associations':[{'SubnetId':'subnet-4'}],'Routes':["     \
           "{'DestinationCidrBlock':'10.3.0.0/16','GatewayId':'local'}" routes "]},"                         \
           "{'RouteTableId':'rtb-5','VpcId':'vpc-3','Associations':[{'SubnetId':'subnet-5'}],'Routes':["     \
           "{'DestinationCidrBlock':'10.3.0.0/16','GatewayId':'local'}" ROUTE(                               \
               "0.0.0.0/0", "TransitGatewayId", "tgw-1") "]}")
    static const char endpoint[] = "{'VpcEndpoints':[{'VpcEndpointId':'vpce-2','VpcEndpointType':'"
                                   "GatewayLoadBalancer','SubnetIds':['subnet-5']}]}";
    static const char from_2[] = GROUP("sg-1", FROM("10.2.0.0/24"));
    (void)state;
    opens(transit_open, base, vpcs, attachments, spokes, middle, sender, endpoint, from_2, transit_route,
          TABLES_1_2, MIDDLE(ROUTE("0.0.0.0/0", "GatewayId", "vpce-2")));
    opens("", base, vpcs, attachments, spokes, middle, sender, endpoint, from_2, transit_route, TABLES_1_2,
          MIDDLE(""));
}

/* ── changes ── */

/* What is open after a change is what is open of all of it from the beginning. */
static void assert_changes(const char *before, const char *change, const char *after,
                           const char *const *documents)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(buf_free) struct buf quoted = buf_new(1 << 16), was = buf_new(1 << 16), is = buf_new(1 << 16);
    json_val *root;
    for (; *documents; documents++)
        load_quoted(m, *documents);
    model_link(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    reach_each(r, note_open, &was);
    assert_string_equal(was.n ? was.p : "", before);
    for (const char *p = change; *p; p++)
        buf_add_c(&quoted, *p == '\'' ? '"' : *p);
    assert_int_equal(json_parse(a, buf_str(&quoted), &root), 0);
    assert_int_equal(reach_update(r, root, NULL, NULL), 0);
    reach_each(r, note_open, &is);
    assert_string_equal(is.n ? is.p : "", after);
}
#define changes(before, change, after, ...)                                                                  \
    assert_changes(before, change, after, (const char *const[]){base, __VA_ARGS__, NULL})

static void test_changes(void **state)
{
    static const char through[] = "22-22: igw-1 eni-2 sg-1 eni-1 i-1\n";
    static const char routes[] =
        TABLES(TABLE("rtb-1", "subnet-1", ROUTE("0.0.0.0/0", "NetworkInterfaceId", "eni-2")) "," TABLE(
            "rtb-2", "subnet-2", ROUTE("0.0.0.0/0", "GatewayId", "igw-1")));
    static const char names[] = GROUP("sg-1", ADMIT("'UserIdGroupPairs':[{'GroupId':'sg-9'}]"));
    static const char pcx[] = OWN(ROUTE("10.9.0.0/16", "VpcPeeringConnectionId", "pcx-9"));
    (void)state;
    changes(through, HOST("true"), "", igw, world, routes, HOST("false"));
    changes("", HOST("false"), through, igw, world, routes, HOST("true"));
    changes(through, HOST("true"), "", igw, world, routes); /* described at last */
    changes("22-22: pcx-9 sg-1 eni-1 i-1\n", GROUP("sg-9", ""), "", pcx, names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefix_lists),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_edges_known_by_routes),
        cmocka_unit_test(test_groups_of_others),
        cmocka_unit_test(test_subnets_of_others),
        cmocka_unit_test(test_shared_subnets),
        cmocka_unit_test(test_firewalls),
        cmocka_unit_test(test_firewall_of_others),
        cmocka_unit_test(test_appliance_interfaces),
        cmocka_unit_test(test_circles_end),
        cmocka_unit_test(test_transit_tables),
        cmocka_unit_test(test_transit_vpn),
        cmocka_unit_test(test_policy_tables),
        cmocka_unit_test(test_policy_tables_of_others),
        cmocka_unit_test(test_many_attachments),
        cmocka_unit_test(test_inspection),
        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

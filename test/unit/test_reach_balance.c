/* Load balancers: from peered networks, behind one another, with targets elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reach/why.h"
#include "reach_util.h"

/* vpc-1 with a load balancer in subnet-1 and an instance in subnet-2, which takes nothing but what comes from
 * the load balancer; vpc-2 is peered. */
static const char layout[] =
    "{'Vpcs':[{'VpcId':'vpc-1','CidrBlock':'10.0.0.0/16'},{'VpcId':'vpc-2','CidrBlock':'10.2.0.0/16'}],"
    "'Subnets':[{'SubnetId':'subnet-1','VpcId':'vpc-1','CidrBlock':'10.0.1.0/"
    "24','Ipv6CidrBlockAssociationSet':"
    "[{'Ipv6CidrBlock':'2600:1::/64'}]},"
    "{'SubnetId':'subnet-2','VpcId':'vpc-1','CidrBlock':'10.0.2.0/24'},"
    "{'SubnetId':'subnet-3','VpcId':'vpc-2','CidrBlock':'10.2.0.0/24'}],"
    "'InternetGateways':[{'InternetGatewayId':'igw-1','Attachments':[{'VpcId':'vpc-1','State':'available'}]}]"
    ","
    "'VpcPeeringConnections':[{'VpcPeeringConnectionId':'pcx-1','Status':{'Code':'active'},"
    "'RequesterVpcInfo':{'VpcId':'vpc-1'},'AccepterVpcInfo':{'VpcId':'vpc-2'}}],"
    "'RouteTables':[{'RouteTableId':'rtb-1','VpcId':'vpc-1','Associations':[{'SubnetId':'subnet-1'}],'Routes'"
    ":["
    "{'DestinationCidrBlock':'10.0.0.0/16','GatewayId':'local'},{'DestinationCidrBlock':'10.2.0.0/16',"
    "'VpcPeeringConnectionId':'pcx-1'},{'DestinationCidrBlock':'0.0.0.0/0','GatewayId':'igw-1'},"
    "{'DestinationIpv6CidrBlock':'::/0','GatewayId':'igw-1'}]},"
    "{'RouteTableId':'rtb-2','VpcId':'vpc-1','Associations':[{'Main':true}],'Routes':["
    "{'DestinationCidrBlock':'10.0.0.0/16','GatewayId':'local'}]},"
    "{'RouteTableId':'rtb-3','VpcId':'vpc-2','Associations':[{'Main':true}],'Routes':["
    "{'DestinationCidrBlock':'10.2.0.0/16','GatewayId':'local'},{'DestinationCidrBlock':'10.0.0.0/16',"
    "'VpcPeeringConnectionId':'pcx-1'}]}],"
    "'SecurityGroups':[{'GroupId':'sg-lb','VpcId':'vpc-1','IpPermissions':[{'IpProtocol':'tcp','FromPort':"
    "443,"
    "'ToPort':443,'IpRanges':[{'CidrIp':'0.0.0.0/0'}],'Ipv6Ranges':[{'CidrIpv6':'::/0'}]}],"
    "'IpPermissionsEgress':[{'IpProtocol':'-1','IpRanges':[{'CidrIp':'0.0.0.0/0'}]}]},"
    "{'GroupId':'sg-1','VpcId':'vpc-1','IpPermissions':[{'IpProtocol':'tcp','FromPort':80,'ToPort':80,"
    "'UserIdGroupPairs':[{'GroupId':'sg-lb'}]}]},"
    "{'GroupId':'sg-2','VpcId':'vpc-2','IpPermissions':[{'IpProtocol':'tcp','FromPort':80,'ToPort':80,"
    "'IpRanges':[{'CidrIp':'10.0.1.0/24'}]}]}],"
    "'NetworkInterfaces':[{'NetworkInterfaceId':'eni-1','VpcId':'vpc-1','SubnetId':'subnet-2','Groups':["
    "{'GroupId':'sg-1'}],'PrivateIpAddress':'10.0.2.5','Attachment':{'InstanceId':'i-1','DeviceIndex':0}},"
    "{'NetworkInterfaceId':'eni-2','VpcId':'vpc-2','SubnetId':'subnet-3','Groups':[{'GroupId':'sg-2'}],"
    "'PrivateIpAddress':'10.2.0.5','Attachment':{'InstanceId':'i-2','DeviceIndex':0}}],"
    "'Reservations':[{'Instances':[{'InstanceId':'i-1'}]}]}";

#define ALB "arn:aws:elasticloadbalancing:x:1:loadbalancer/app/a/1"
#define NLB "arn:aws:elasticloadbalancing:x:1:loadbalancer/net/n/1"
#define BALANCER(arn, type, scheme, stack, group)                                                            \
    "{'LoadBalancers':[{'LoadBalancerArn':'" arn "','LoadBalancerName':'b','Type':'" type                    \
    "','Scheme':'" scheme "','VpcId':'vpc-1','IpAddressType':'" stack "','SecurityGroups':[" group           \
    "],'AvailabilityZones':[{'SubnetId':'subnet-1'}]}]}"
#define LISTENER(arn, port, protocol, target_group)                                                          \
    "{'Listeners':[{'ListenerArn':'" arn "/l','LoadBalancerArn':'" arn "','Port':" port                      \
    ",'Protocol':'" protocol "','DefaultActions':[{'Type':'forward','TargetGroupArn':'" target_group         \
    "'}]}]}"
#define TARGETS(arn, type, protocol, port, id)                                                               \
    "{'TargetGroups':[{'TargetGroupArn':'" arn "','TargetType':'" type "','Protocol':'" protocol             \
    "','Port':" port ",'VpcId':'vpc-1'}],'LoadBalancerTargetHealth':[{'TargetGroupArn':'" arn                \
    "','TargetHealthDescriptions':[{'Target':{'Id':'" id "'},'TargetHealth':{'State':'healthy'}}]}]}"

static const char listens[] = LISTENER(ALB, "443", "HTTPS", "tg-1");
static const char to_instance[] = TARGETS("tg-1", "instance", "HTTP", "80", "i-1");
#define TAIL   " sg-lb " ALB " sg-1 eni-1 i-1\n"
#define DIRECT "80-80: pcx-1 sg-2 eni-2 i-2\n" /* of the instance in the other VPC */

static void test_schemes(void **state)
{
    (void)state;
    opens("80-80: igw-1" TAIL "80-80: pcx-1" TAIL DIRECT, layout,
          BALANCER(ALB, "application", "internet-facing", "ipv4", "'sg-lb'"), listens, to_instance);
    opens("80-80: pcx-1" TAIL DIRECT, layout, BALANCER(ALB, "application", "internal", "ipv4", "'sg-lb'"),
          listens, to_instance);
    opens("80-80: pcx-1" TAIL DIRECT, layout,
          BALANCER(ALB, "application", "internal", "dualstack", "'sg-lb'"), listens, to_instance);
    opens("80-80: pcx-1" TAIL "80-80: igw-1" TAIL DIRECT, layout,
          BALANCER(ALB, "application", "internet-facing", "dualstack-without-public-ipv4", "'sg-lb'"),
          listens, to_instance);
    opens(DIRECT, layout, BALANCER(ALB, "gateway", "internal", "ipv4", "'sg-lb'"), listens, to_instance);
}

static void test_behind_another(void **state)
{
    static const char alb[] = BALANCER(ALB, "application", "internal", "ipv4", "'sg-lb'");
    static const char nlb[] = BALANCER(NLB, "network", "internet-facing", "ipv4", "");
    static const char outside[] = LISTENER(NLB, "22", "TCP", "tg-2");
    (void)state;
    opens("80-80: pcx-1" TAIL "80-80: igw-1 " NLB " " ALB " sg-1 eni-1 i-1\n"
          "80-80: pcx-1 " NLB " " ALB " sg-1 eni-1 i-1\n" DIRECT,
          layout, alb, listens, to_instance, nlb, outside, TARGETS("tg-2", "alb", "TCP", "443", ALB));
    opens("80-80: pcx-1" TAIL DIRECT, layout, alb, listens, to_instance, nlb, outside,
          TARGETS("tg-2", "alb", "TCP", "444", ALB)); /* where the other does not listen */
}

static void test_target_in_another_network(void **state)
{
    static const char to_address[] = TARGETS("tg-1", "ip", "HTTP", "80", "10.2.0.5");
    (void)state;
    opens(DIRECT "80-80: igw-1 sg-lb " ALB " sg-2 eni-2 i-2\n80-80: pcx-1 sg-lb " ALB " sg-2 eni-2 i-2\n",
          layout, BALANCER(ALB, "application", "internet-facing", "ipv4", "'sg-lb'"), listens, to_address);
}

/* Clients over IPv6 come to targets of IPv4 with the node's address, preserved or not. */
static void test_other_family(void **state)
{
    static const char nlb[] =
        BALANCER(NLB, "network", "internet-facing", "dualstack-without-public-ipv4", "'sg-lb'");
    (void)state;
    opens("80-80: pcx-1 sg-lb " NLB " sg-1 eni-1 i-1\n80-80: igw-1 sg-lb " NLB " sg-1 eni-1 i-1\n" DIRECT,
          layout, nlb, LISTENER(NLB, "443", "TCP", "tg-3"), TARGETS("tg-3", "instance", "TCP", "80", "i-1"));
}

/* A group of the load balancer's that is not described may let anything pass, in and on. */
static void test_group_not_described(void **state)
{
    static const char node[] = "{'SecurityGroups':[{'GroupId':'sg-1','VpcId':'vpc-1','IpPermissions':[{"
                               "'IpProtocol':'tcp','FromPort':80,'ToPort':80,'IpRanges':[{'CidrIp':"
                               "'10.0.1.0/24'}]}]}]}";
    static const char nlb[] = BALANCER(NLB, "network", "internal", "ipv4", "");
    (void)state;
    opens("80-80: pcx-1 " ALB " sg-1 eni-1 i-1\n" DIRECT, layout,
          BALANCER(ALB, "application", "internal", "ipv4", "'sg-9'"), listens, to_instance, node);
    opens("80-80: pcx-1 " ALB " sg-1 eni-1 i-1\n80-80: pcx-1 " NLB " " ALB " sg-1 eni-1 i-1\n" DIRECT, layout,
          BALANCER(ALB, "application", "internal", "ipv4", "'sg-9'"), listens, to_instance, node, nlb,
          LISTENER(NLB, "22", "TCP", "tg-2"), TARGETS("tg-2", "alb", "TCP", "443", ALB));
}

static void note_reason(const struct reason *why, void *data)
{
    if (!why->balancer)
        return;
    buf_printf(data, "%s %.*s:", why->open ? "open" : "closed",
               STR_ARG(why->edge ? why->edge->component->id : STR("")));
    for (size_t i = 0; i < why->n_steps; i++)
        buf_printf(data, " %.*s;", STR_ARG(why->steps[i].text));
    buf_add_c(data, '\n');
}

/* What --why says of the load balancer on the way to i-1. */
static void assert_why(const char *expected, int port, const char *change)
{
    _cleanup_(model_cleanup) struct model *m = model_new();
    _cleanup_(buf_free) struct buf text = buf_new(1 << 16);
    load_quoted(m, layout);
    load_quoted(m, BALANCER(ALB, "application", "internal", "ipv4", "'sg-lb'"));
    load_quoted(m, listens);
    load_quoted(m, to_instance);
    if (change)
        load_quoted(m, change);
    model_link(m);
    _cleanup_(reach_cleanup) struct reach *r = reach_compute(m);
    reach_why(r, model_find(m, KIND_INSTANCE, STR("i-1")), 6, port, note_reason, &text);
    assert_string_equal(text.n ? text.p : "", expected);
}

static void test_why(void **state)
{
    (void)state;
    assert_why(
        "open pcx-1: allows tcp 443 from 0.0.0.0/0; listens on port 443 and passes it to 80; allows tcp 80 "
        "from sg-lb;\n",
        80, NULL);
    assert_why("", 81, NULL);
    assert_why("closed : no security group of the target admits what it sends;\n", 80,
               "{'SecurityGroups':[{'GroupId':'sg-1','VpcId':'vpc-1'}]}");
    assert_why("closed : no client outside gets to its listeners;\n", 80,
               "{'SecurityGroups':[{'GroupId':'sg-lb','VpcId':'vpc-1'}]}");
    assert_why("closed : none of its own security groups lets it send to the target;\n", 80,
               "{'SecurityGroups':[{'GroupId':'sg-lb','VpcId':'vpc-1','IpPermissions':[{'IpProtocol':'-1',"
               "'IpRanges':[{'CidrIp':'0.0.0.0/0'}]}]}]}");
    assert_why(
        "closed : routes or network ACLs between it and the target stop what it sends;\n", 80,
        "{'NetworkAcls':[{'NetworkAclId':'acl-1','Associations':[{'SubnetId':'subnet-2'}],'Entries':[]}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemes),
        cmocka_unit_test(test_behind_another),
        cmocka_unit_test(test_target_in_another_network),
        cmocka_unit_test(test_other_family),
        cmocka_unit_test(test_group_not_described),
        cmocka_unit_test(test_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

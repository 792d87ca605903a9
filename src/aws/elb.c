/* Load balancers: application, network and gateway ones, and the classic ones before them. */
#include "aws/query.h"

/* ---- since 2015 ---- */

static const struct member target_group_tuple[] = {{"TargetGroupArn"}, {"Weight", NUMBER}, {0}};

static const struct member forward_action_config[] = {{"TargetGroups", LIST, target_group_tuple}, {0}};

static const struct member action[] = {
    {"Type"}, {"TargetGroupArn"}, {"Order", NUMBER}, {"ForwardConfig", MEMBERS, forward_action_config}, {0}};

static const struct member listener[] = {{"ListenerArn"},
                                         {"LoadBalancerArn"},
                                         {"Port", NUMBER},
                                         {"Protocol"},
                                         {"DefaultActions", LIST, action},
                                         {0}};

static const struct member describe_listeners_output[] = {
    {"Listeners", LIST, listener}, {"NextMarker", TOKEN}, {0}};

static const struct member load_balancer_state[] = {{"Code"}, {"Reason"}, {0}};

static const struct member load_balancer_address[] = {
    {"IpAddress"}, {"AllocationId"}, {"PrivateIPv4Address"}, {"IPv6Address"}, {0}};

static const struct member availability_zone[] = {
    {"ZoneName"}, {"SubnetId"}, {"LoadBalancerAddresses", LIST, load_balancer_address}, {0}};

static const struct member load_balancer[] = {{"LoadBalancerArn"},
                                              {"DNSName"},
                                              {"LoadBalancerName"},
                                              {"Scheme"},
                                              {"VpcId"},
                                              {"State", MEMBERS, load_balancer_state},
                                              {"Type"},
                                              {"AvailabilityZones", LIST, availability_zone},
                                              {"SecurityGroups", LIST},
                                              {"IpAddressType"},
                                              {0}};

static const struct member describe_load_balancers_output[] = {
    {"LoadBalancers", LIST, load_balancer}, {"NextMarker", TOKEN}, {0}};

static const struct member rule[] = {
    {"RuleArn"}, {"Priority"}, {"Actions", LIST, action}, {"IsDefault", TRUTH}, {0}};

static const struct member describe_rules_output[] = {{"Rules", LIST, rule}, {"NextMarker", TOKEN}, {0}};

static const struct member target_group_attribute[] = {{"Key"}, {"Value"}, {0}};

static const struct member describe_target_group_attributes_output[] = {
    {"Attributes", LIST, target_group_attribute}, {0}};

static const struct member target_group[] = {
    {"TargetGroupArn"},         {"TargetGroupName"}, {"Protocol"},        {"Port", NUMBER},  {"VpcId"},
    {"LoadBalancerArns", LIST}, {"TargetType"},      {"ProtocolVersion"}, {"IpAddressType"}, {0}};

static const struct member describe_target_groups_output[] = {
    {"TargetGroups", LIST, target_group}, {"NextMarker", TOKEN}, {0}};

static const struct member target_description[] = {{"Id"}, {"Port", NUMBER}, {"AvailabilityZone"}, {0}};

static const struct member target_health[] = {{"State"}, {"Reason"}, {0}};

static const struct member target_health_description[] = {
    {"Target", MEMBERS, target_description}, {"TargetHealth", MEMBERS, target_health}, {0}};

static const struct member describe_target_health_output[] = {
    {"TargetHealthDescriptions", LIST, target_health_description}, {0}};

/* ---- classic ---- */

static const struct member classic_instance[] = {{"InstanceId"}, {0}};

static const struct member classic_listener[] = {{"Protocol"},         {"LoadBalancerPort", NUMBER},
                                                 {"InstanceProtocol"}, {"InstancePort", NUMBER},
                                                 {"SSLCertificateId"}, {0}};

static const struct member classic_listener_description[] = {{"Listener", MEMBERS, classic_listener}, {0}};

static const struct member classic_load_balancer_description[] = {
    {"LoadBalancerName"},
    {"DNSName"},
    {"Scheme"},
    {"VPCId"},
    {"AvailabilityZones", LIST},
    {"Subnets", LIST},
    {"SecurityGroups", LIST},
    {"Instances", LIST, classic_instance},
    {"ListenerDescriptions", LIST, classic_listener_description},
    {0}};

static const struct member classic_load_balancers[] = {
    {"LoadBalancerDescriptions", LIST, classic_load_balancer_description}, {"NextMarker", TOKEN}, {0}};

/* ---- calls ---- */

static const struct query_operation elbv2_operations[] = {
    {"DescribeLoadBalancers", describe_load_balancers_output, 400},
    {"DescribeListeners", describe_listeners_output, 400},
    {"DescribeRules", describe_rules_output, 400},
    {"DescribeTargetGroups", describe_target_groups_output, 400},
    {"DescribeTargetGroupAttributes", describe_target_group_attributes_output, 0},
    {"DescribeTargetHealth", describe_target_health_output, 0},
    {0},
};
static const struct query_operation elb_operations[] = {
    {"DescribeLoadBalancers", classic_load_balancers, 400}, {0}};

const struct query_api query_elbv2 = {.service = "elasticloadbalancing",
                                      .version = "2015-12-01",
                                      .item = "member",
                                      .wrapped = true,
                                      .page_size = "PageSize",
                                      .token = "Marker",
                                      .operations =
                                          (const struct query_operation *const[]){elbv2_operations, NULL}};

const struct query_api query_elb = {.service = "elasticloadbalancing",
                                    .version = "2012-06-01",
                                    .item = "member",
                                    .wrapped = true,
                                    .page_size = "PageSize",
                                    .token = "Marker",
                                    .operations =
                                        (const struct query_operation *const[]){elb_operations, NULL}};

/* Gateways and what lies beyond them: peering, VPN, endpoints, transit gateways. */
#include "aws/query.h"

static const struct member internet_gateway_attachment[] = {{"State"}, {"VpcId"}, {0}};

static const struct member internet_gateway[] = {
    {"Attachments", LIST, internet_gateway_attachment, .xml = "attachmentSet"},
    {"InternetGatewayId"},
    {"OwnerId"},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member describe_internet_gateways_result[] = {
    {"InternetGateways", LIST, internet_gateway, .xml = "internetGatewaySet"}, {"NextToken", TOKEN}, {0}};

static const struct member egress_only_internet_gateway[] = {
    {"EgressOnlyInternetGatewayId"},
    {"Attachments", LIST, internet_gateway_attachment, .xml = "attachmentSet"},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member describe_egress_only_internet_gateways_result[] = {
    {"EgressOnlyInternetGateways", LIST, egress_only_internet_gateway, .xml = "egressOnlyInternetGatewaySet"},
    {"NextToken", TOKEN},
    {0}};

static const struct member nat_gateway_address[] = {
    {"AllocationId"},  {"NetworkInterfaceId"}, {"PrivateIp"}, {"PublicIp"},
    {"AssociationId"}, {"IsPrimary", TRUTH},   {"Status"},    {0}};

static const struct member nat_gateway[] = {
    {"NatGatewayId"},
    {"State"},
    {"SubnetId"},
    {"VpcId"},
    {"ConnectivityType"},
    {"NatGatewayAddresses", LIST, nat_gateway_address, .xml = "natGatewayAddressSet"},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member describe_nat_gateways_result[] = {
    {"NatGateways", LIST, nat_gateway, .xml = "natGatewaySet"}, {"NextToken", TOKEN}, {0}};

static const struct member security_group_identifier[] = {{"GroupId"}, {"GroupName"}, {0}};

static const struct member vpc_endpoint[] = {{"VpcEndpointId"},
                                             {"VpcEndpointType"},
                                             {"VpcId"},
                                             {"ServiceName"},
                                             {"State"},
                                             {"RouteTableIds", LIST, .xml = "routeTableIdSet"},
                                             {"SubnetIds", LIST, .xml = "subnetIdSet"},
                                             {"NetworkInterfaceIds", LIST, .xml = "networkInterfaceIdSet"},
                                             {"Groups", LIST, security_group_identifier, .xml = "groupSet"},
                                             {"OwnerId"},
                                             {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                             {0}};

static const struct member describe_vpc_endpoints_result[] = {
    {"VpcEndpoints", LIST, vpc_endpoint, .xml = "vpcEndpointSet"}, {"NextToken", TOKEN}, {0}};

static const struct member vpc_peering_connection_state_reason[] = {{"Code"}, {"Message"}, {0}};

static const struct member cidr_block[] = {{"CidrBlock"}, {0}};

static const struct member ipv6_cidr_block[] = {{"Ipv6CidrBlock"}, {0}};

static const struct member vpc_peering_connection_vpc_info[] = {{"CidrBlock"},
                                                                {"CidrBlockSet", LIST, cidr_block},
                                                                {"Ipv6CidrBlockSet", LIST, ipv6_cidr_block},
                                                                {"OwnerId"},
                                                                {"VpcId"},
                                                                {"Region"},
                                                                {0}};

static const struct member vpc_peering_connection[] = {
    {"VpcPeeringConnectionId"},
    {"Status", MEMBERS, vpc_peering_connection_state_reason},
    {"AccepterVpcInfo", MEMBERS, vpc_peering_connection_vpc_info},
    {"RequesterVpcInfo", MEMBERS, vpc_peering_connection_vpc_info},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member describe_vpc_peering_connections_result[] = {
    {"VpcPeeringConnections", LIST, vpc_peering_connection, .xml = "vpcPeeringConnectionSet"},
    {"NextToken", TOKEN},
    {0}};

static const struct member vpc_attachment[] = {{"VpcId"}, {"State"}, {0}};

static const struct member vpn_gateway[] = {{"VpnGatewayId"},
                                            {"State"},
                                            {"Type"},
                                            {"AvailabilityZone"},
                                            {"AmazonSideAsn", NUMBER},
                                            {"VpcAttachments", LIST, vpc_attachment, .xml = "attachments"},
                                            {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                            {0}};

static const struct member describe_vpn_gateways_result[] = {
    {"VpnGateways", LIST, vpn_gateway, .xml = "vpnGatewaySet"}, {0}};

static const struct member vpn_connection_options[] = {{"StaticRoutesOnly", TRUTH},
                                                       {"TunnelInsideIpVersion"},
                                                       {"LocalIpv4NetworkCidr"},
                                                       {"RemoteIpv4NetworkCidr"},
                                                       {"LocalIpv6NetworkCidr"},
                                                       {"RemoteIpv6NetworkCidr"},
                                                       {0}};

static const struct member vpn_static_route[] = {{"DestinationCidrBlock"}, {"Source"}, {"State"}, {0}};

static const struct member vgw_telemetry[] = {{"OutsideIpAddress"}, {0}};

static const struct member vpn_connection[] = {{"VpnConnectionId"},
                                               {"State"},
                                               {"Type"},
                                               {"Category"},
                                               {"CustomerGatewayId"},
                                               {"VpnGatewayId"},
                                               {"TransitGatewayId"},
                                               {"Options", MEMBERS, vpn_connection_options},
                                               {"Routes", LIST, vpn_static_route},
                                               {"VgwTelemetry", LIST, vgw_telemetry},
                                               {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                               {0}};

static const struct member describe_vpn_connections_result[] = {
    {"VpnConnections", LIST, vpn_connection, .xml = "vpnConnectionSet"}, {0}};

static const struct member transit_gateway_options[] = {{"SecurityGroupReferencingSupport"}, {0}};

static const struct member transit_gateway[] = {{"TransitGatewayId"},
                                                {"TransitGatewayArn"},
                                                {"State"},
                                                {"OwnerId"},
                                                {"Options", MEMBERS, transit_gateway_options},
                                                {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                                {0}};

static const struct member describe_transit_gateways_result[] = {
    {"TransitGateways", LIST, transit_gateway, .xml = "transitGatewaySet"}, {"NextToken", TOKEN}, {0}};

static const struct member transit_gateway_attachment_association[] = {
    {"TransitGatewayRouteTableId"}, {"TransitGatewayPolicyTableId"}, {"State"}, {0}};

static const struct member transit_gateway_attachment[] = {
    {"TransitGatewayAttachmentId"},
    {"TransitGatewayId"},
    {"TransitGatewayOwnerId"},
    {"ResourceOwnerId"},
    {"ResourceType"},
    {"ResourceId"},
    {"State"},
    {"Association", MEMBERS, transit_gateway_attachment_association},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member describe_transit_gateway_attachments_result[] = {
    {"TransitGatewayAttachments", LIST, transit_gateway_attachment}, {"NextToken", TOKEN}, {0}};

static const struct member transit_gateway_route_table[] = {{"TransitGatewayRouteTableId"},
                                                            {"TransitGatewayId"},
                                                            {"State"},
                                                            {"DefaultAssociationRouteTable", TRUTH},
                                                            {"DefaultPropagationRouteTable", TRUTH},
                                                            {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                                            {0}};

static const struct member describe_transit_gateway_route_tables_result[] = {
    {"TransitGatewayRouteTables", LIST, transit_gateway_route_table}, {"NextToken", TOKEN}, {0}};

static const struct member transit_gateway_route_attachment[] = {
    {"ResourceId"}, {"TransitGatewayAttachmentId"}, {"ResourceType"}, {0}};

static const struct member transit_gateway_route[] = {
    {"DestinationCidrBlock"},
    {"PrefixListId"},
    {"Type"},
    {"State"},
    {"TransitGatewayAttachments", LIST, transit_gateway_route_attachment},
    {0}};

static const struct member search_transit_gateway_routes_result[] = {
    {"Routes", LIST, transit_gateway_route, .xml = "routeSet"},
    {"AdditionalRoutesAvailable", TRUTH},
    {"NextToken", TOKEN},
    {0}};

static const struct member transit_gateway_route_table_propagation[] = {
    {"TransitGatewayAttachmentId"}, {"ResourceId"}, {"ResourceType"}, {"State"}, {0}};

static const struct member get_transit_gateway_route_table_propagations_result[] = {
    {"TransitGatewayRouteTablePropagations", LIST, transit_gateway_route_table_propagation},
    {"NextToken", TOKEN},
    {0}};

static const struct member transit_gateway_policy_table[] = {
    {"TransitGatewayPolicyTableId"}, {"TransitGatewayId"}, {"State"}, {0}};

static const struct member describe_transit_gateway_policy_tables_result[] = {
    {"TransitGatewayPolicyTables", LIST, transit_gateway_policy_table}, {"NextToken", TOKEN}, {0}};

static const struct member transit_gateway_policy_table_association[] = {
    {"TransitGatewayPolicyTableId"}, {"TransitGatewayAttachmentId"}, {"State"}, {0}};

static const struct member get_transit_gateway_policy_table_associations_result[] = {
    {"Associations", LIST, transit_gateway_policy_table_association}, {"NextToken", TOKEN}, {0}};

static const struct member transit_gateway_policy_table_entry[] = {
    {"PolicyRuleNumber"}, {"TargetRouteTableId"}, {0}};

static const struct member get_transit_gateway_policy_table_entries_result[] = {
    {"TransitGatewayPolicyTableEntries", LIST, transit_gateway_policy_table_entry},
    {"NextToken", TOKEN},
    {0}};

const struct query_operation ec2_edge[] = {
    {"DescribeInternetGateways", describe_internet_gateways_result, 1000},
    {"DescribeEgressOnlyInternetGateways", describe_egress_only_internet_gateways_result, 255},
    {"DescribeNatGateways", describe_nat_gateways_result, 1000},
    {"DescribeVpcEndpoints", describe_vpc_endpoints_result, 0},
    {"DescribeVpcPeeringConnections", describe_vpc_peering_connections_result, 1000},
    {"DescribeVpnGateways", describe_vpn_gateways_result, 0},
    {"DescribeVpnConnections", describe_vpn_connections_result, 0},
    {"DescribeTransitGateways", describe_transit_gateways_result, 1000},
    {"DescribeTransitGatewayAttachments", describe_transit_gateway_attachments_result, 1000},
    {"DescribeTransitGatewayRouteTables", describe_transit_gateway_route_tables_result, 1000},
    {"SearchTransitGatewayRoutes", search_transit_gateway_routes_result, 0},
    {"GetTransitGatewayRouteTablePropagations", get_transit_gateway_route_table_propagations_result, 1000},
    {"DescribeTransitGatewayPolicyTables", describe_transit_gateway_policy_tables_result, 1000},
    {"GetTransitGatewayPolicyTableAssociations", get_transit_gateway_policy_table_associations_result, 1000},
    {"GetTransitGatewayPolicyTableEntries", get_transit_gateway_policy_table_entries_result, 1000},
    {0},
};

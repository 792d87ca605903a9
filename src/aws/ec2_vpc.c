/* Networks, routes, filters and interfaces. */
#include "aws/query.h"

static const struct member vpc_cidr_block_state[] = {{"State"}, {"StatusMessage"}, {0}};

static const struct member vpc_cidr_block_association[] = {
    {"AssociationId"}, {"CidrBlock"}, {"CidrBlockState", MEMBERS, vpc_cidr_block_state}, {0}};

static const struct member vpc_ipv6_cidr_block_association[] = {
    {"AssociationId"}, {"Ipv6CidrBlock"},      {"Ipv6CidrBlockState", MEMBERS, vpc_cidr_block_state},
    {"Ipv6Pool"},      {"NetworkBorderGroup"}, {0}};

static const struct member vpc[] = {{"VpcId"},
                                    {"OwnerId"},
                                    {"State"},
                                    {"CidrBlock"},
                                    {"IsDefault", TRUTH},
                                    {"CidrBlockAssociationSet", LIST, vpc_cidr_block_association},
                                    {"Ipv6CidrBlockAssociationSet", LIST, vpc_ipv6_cidr_block_association},
                                    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                    {0}};

static const struct member describe_vpcs_result[] = {
    {"Vpcs", LIST, vpc, .xml = "vpcSet"}, {"NextToken", TOKEN}, {0}};

static const struct member subnet_cidr_block_state[] = {{"State"}, {"StatusMessage"}, {0}};

static const struct member subnet_ipv6_cidr_block_association[] = {
    {"AssociationId"}, {"Ipv6CidrBlock"}, {"Ipv6CidrBlockState", MEMBERS, subnet_cidr_block_state}, {0}};

static const struct member subnet[] = {
    {"SubnetId"},
    {"SubnetArn"},
    {"VpcId"},
    {"OwnerId"},
    {"State"},
    {"AvailabilityZone"},
    {"AvailabilityZoneId"},
    {"CidrBlock"},
    {"Ipv6CidrBlockAssociationSet", LIST, subnet_ipv6_cidr_block_association},
    {"Ipv6Native", TRUTH},
    {"MapPublicIpOnLaunch", TRUTH},
    {"DefaultForAz", TRUTH},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member describe_subnets_result[] = {
    {"Subnets", LIST, subnet, .xml = "subnetSet"}, {"NextToken", TOKEN}, {0}};

static const struct member route[] = {{"DestinationCidrBlock"},
                                      {"DestinationIpv6CidrBlock"},
                                      {"DestinationPrefixListId"},
                                      {"EgressOnlyInternetGatewayId"},
                                      {"GatewayId"},
                                      {"InstanceId"},
                                      {"InstanceOwnerId"},
                                      {"NatGatewayId"},
                                      {"TransitGatewayId"},
                                      {"LocalGatewayId"},
                                      {"CarrierGatewayId"},
                                      {"NetworkInterfaceId"},
                                      {"Origin"},
                                      {"State"},
                                      {"VpcPeeringConnectionId"},
                                      {"CoreNetworkArn"},
                                      {"OdbNetworkArn"},
                                      {"IpAddress"},
                                      {0}};

static const struct member route_table_association_state[] = {{"State"}, {"StatusMessage"}, {0}};

static const struct member route_table_association[] = {
    {"Main", TRUTH},
    {"RouteTableAssociationId"},
    {"RouteTableId"},
    {"SubnetId"},
    {"GatewayId"},
    {"AssociationState", MEMBERS, route_table_association_state},
    {0}};

static const struct member propagating_vgw[] = {{"GatewayId"}, {0}};

static const struct member route_table[] = {
    {"RouteTableId"},
    {"VpcId"},
    {"OwnerId"},
    {"Routes", LIST, route, .xml = "routeSet"},
    {"Associations", LIST, route_table_association, .xml = "associationSet"},
    {"PropagatingVgws", LIST, propagating_vgw, .xml = "propagatingVgwSet"},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member describe_route_tables_result[] = {
    {"RouteTables", LIST, route_table, .xml = "routeTableSet"}, {"NextToken", TOKEN}, {0}};

static const struct member managed_prefix_list[] = {
    {"PrefixListId"}, {"PrefixListName"}, {"PrefixListArn"}, {"AddressFamily"}, {"State"}, {"OwnerId"}, {0}};

static const struct member describe_managed_prefix_lists_result[] = {
    {"PrefixLists", LIST, managed_prefix_list, .xml = "prefixListSet"}, {"NextToken", TOKEN}, {0}};

static const struct member prefix_list_entry[] = {{"Cidr"}, {"Description"}, {0}};

static const struct member get_managed_prefix_list_entries_result[] = {
    {"Entries", LIST, prefix_list_entry, .xml = "entrySet"}, {"NextToken", TOKEN}, {0}};

static const struct member network_acl_association[] = {
    {"NetworkAclAssociationId"}, {"NetworkAclId"}, {"SubnetId"}, {0}};

static const struct member icmp_type_code[] = {{"Code", NUMBER}, {"Type", NUMBER}, {0}};

static const struct member port_range[] = {{"From", NUMBER}, {"To", NUMBER}, {0}};

static const struct member network_acl_entry[] = {{"CidrBlock"},
                                                  {"Egress", TRUTH},
                                                  {"IcmpTypeCode", MEMBERS, icmp_type_code},
                                                  {"Ipv6CidrBlock"},
                                                  {"PortRange", MEMBERS, port_range},
                                                  {"Protocol"},
                                                  {"RuleAction"},
                                                  {"RuleNumber", NUMBER},
                                                  {0}};

static const struct member network_acl[] = {
    {"Associations", LIST, network_acl_association, .xml = "associationSet"},
    {"Entries", LIST, network_acl_entry, .xml = "entrySet"},
    {"IsDefault", TRUTH, .xml = "default"},
    {"NetworkAclId"},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {"VpcId"},
    {"OwnerId"},
    {0}};

static const struct member describe_network_acls_result[] = {
    {"NetworkAcls", LIST, network_acl, .xml = "networkAclSet"}, {"NextToken", TOKEN}, {0}};

static const struct member user_id_group_pair[] = {{"Description"},   {"UserId"}, {"GroupName"},
                                                   {"GroupId"},       {"VpcId"},  {"VpcPeeringConnectionId"},
                                                   {"PeeringStatus"}, {0}};

static const struct member ip_range[] = {{"Description"}, {"CidrIp"}, {0}};

static const struct member ipv6_range[] = {{"Description"}, {"CidrIpv6"}, {0}};

static const struct member prefix_list_id[] = {{"Description"}, {"PrefixListId"}, {0}};

static const struct member ip_permission[] = {{"IpProtocol"},
                                              {"FromPort", NUMBER},
                                              {"ToPort", NUMBER},
                                              {"UserIdGroupPairs", LIST, user_id_group_pair, .xml = "groups"},
                                              {"IpRanges", LIST, ip_range},
                                              {"Ipv6Ranges", LIST, ipv6_range},
                                              {"PrefixListIds", LIST, prefix_list_id},
                                              {0}};

static const struct member security_group[] = {{"GroupId"},
                                               {"IpPermissionsEgress", LIST, ip_permission},
                                               {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                               {"VpcId"},
                                               {"SecurityGroupArn"},
                                               {"OwnerId"},
                                               {"GroupName"},
                                               {"Description", .xml = "groupDescription"},
                                               {"IpPermissions", LIST, ip_permission},
                                               {0}};

static const struct member describe_security_groups_result[] = {
    {"SecurityGroups", LIST, security_group, .xml = "securityGroupInfo"}, {"NextToken", TOKEN}, {0}};

static const struct member network_interface_association[] = {
    {"AllocationId"}, {"AssociationId"}, {"IpOwnerId"},       {"PublicDnsName"},
    {"PublicIp"},     {"CarrierIp"},     {"CustomerOwnedIp"}, {0}};

static const struct member network_interface_private_ip_address[] = {
    {"Association", MEMBERS, network_interface_association},
    {"Primary", TRUTH},
    {"PrivateDnsName"},
    {"PrivateIpAddress"},
    {0}};

static const struct member network_interface_ipv6_address[] = {
    {"Ipv6Address"}, {"PublicIpv6DnsName"}, {"IsPrimaryIpv6", TRUTH}, {0}};

static const struct member network_interface_ipv4_prefix[] = {{"Ipv4Prefix"}, {0}};
static const struct member network_interface_ipv6_prefix[] = {{"Ipv6Prefix"}, {0}};

static const struct member network_interface_attachment[] = {{"AttachmentId"},
                                                             {"DeleteOnTermination", TRUTH},
                                                             {"DeviceIndex", NUMBER},
                                                             {"InstanceId"},
                                                             {"InstanceOwnerId"},
                                                             {"Status"},
                                                             {0}};

static const struct member network_interface[] = {
    {"NetworkInterfaceId"},
    {"SubnetId"},
    {"VpcId"},
    {"OwnerId"},
    {"AvailabilityZone"},
    {"Description"},
    {"InterfaceType"},
    {"Status"},
    {"SourceDestCheck", TRUTH},
    {"RequesterId"},
    {"RequesterManaged", TRUTH},
    {"MacAddress"},
    {"PrivateDnsName"},
    {"PrivateIpAddress"},
    {"PrivateIpAddresses", LIST, network_interface_private_ip_address, .xml = "privateIpAddressesSet"},
    {"Ipv6Addresses", LIST, network_interface_ipv6_address, .xml = "ipv6AddressesSet"},
    {"Ipv4Prefixes", LIST, network_interface_ipv4_prefix, .xml = "ipv4PrefixSet"},
    {"Ipv6Prefixes", LIST, network_interface_ipv6_prefix, .xml = "ipv6PrefixSet"},
    {"Association", MEMBERS, network_interface_association},
    {"Attachment", MEMBERS, network_interface_attachment},
    {"Groups", LIST, ec2_group, .xml = "groupSet"},
    {"TagSet", LIST, ec2_tag},
    {0}};

static const struct member describe_network_interfaces_result[] = {
    {"NetworkInterfaces", LIST, network_interface, .xml = "networkInterfaceSet"}, {"NextToken", TOKEN}, {0}};

static const struct member address[] = {{"AllocationId"},
                                        {"AssociationId"},
                                        {"Domain"},
                                        {"InstanceId"},
                                        {"NetworkInterfaceId"},
                                        {"NetworkInterfaceOwnerId"},
                                        {"PrivateIpAddress"},
                                        {"PublicIp"},
                                        {"CarrierIp"},
                                        {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                        {0}};

static const struct member describe_addresses_result[] = {{"Addresses", LIST, address, .xml = "addressesSet"},
                                                          {0}};

const struct query_operation ec2_vpc[] = {
    {"DescribeVpcs", describe_vpcs_result, 1000},
    {"DescribeSubnets", describe_subnets_result, 1000},
    {"DescribeRouteTables", describe_route_tables_result, 100},
    {"DescribeManagedPrefixLists", describe_managed_prefix_lists_result, 100},
    {"GetManagedPrefixListEntries", get_managed_prefix_list_entries_result, 100},
    {"DescribeNetworkAcls", describe_network_acls_result, 1000},
    {"DescribeSecurityGroups", describe_security_groups_result, 1000},
    {"DescribeNetworkInterfaces", describe_network_interfaces_result, 1000},
    {"DescribeAddresses", describe_addresses_result, 0},
    {0},
};

/* Instances, their disks, regions. */
#include "aws/query.h"

static const struct member instance_state[] = {{"Code", NUMBER}, {"Name"}, {0}};

static const struct member placement[] = {{"AvailabilityZone"}, {"Tenancy"}, {0}};

static const struct member iam_instance_profile[] = {{"Arn"}, {"Id"}, {0}};

static const struct member ebs_instance_block_device[] = {
    {"AttachTime"}, {"DeleteOnTermination", TRUTH}, {"Status"}, {"VolumeId"}, {0}};

static const struct member instance_block_device_mapping[] = {
    {"DeviceName"}, {"Ebs", MEMBERS, ebs_instance_block_device}, {0}};

static const struct member instance_network_interface_association[] = {
    {"CarrierIp"}, {"CustomerOwnedIp"}, {"IpOwnerId"}, {"PublicDnsName"}, {"PublicIp"}, {0}};

static const struct member instance_private_ip_address[] = {
    {"Association", MEMBERS, instance_network_interface_association},
    {"Primary", TRUTH},
    {"PrivateDnsName"},
    {"PrivateIpAddress"},
    {0}};

static const struct member instance_ipv6_address[] = {{"Ipv6Address"}, {"IsPrimaryIpv6", TRUTH}, {0}};

static const struct member instance_network_interface_ipv4_prefix[] = {{"Ipv4Prefix"}, {0}};
static const struct member instance_network_interface_ipv6_prefix[] = {{"Ipv6Prefix"}, {0}};

static const struct member instance_network_interface_attachment[] = {
    {"AttachmentId"}, {"DeleteOnTermination", TRUTH}, {"DeviceIndex", NUMBER}, {"Status"}, {0}};

static const struct member instance_network_interface[] = {
    {"NetworkInterfaceId"},
    {"SubnetId"},
    {"VpcId"},
    {"OwnerId"},
    {"Description"},
    {"InterfaceType"},
    {"Status"},
    {"SourceDestCheck", TRUTH},
    {"MacAddress"},
    {"PrivateDnsName"},
    {"PrivateIpAddress"},
    {"PrivateIpAddresses", LIST, instance_private_ip_address, .xml = "privateIpAddressesSet"},
    {"Ipv6Addresses", LIST, instance_ipv6_address, .xml = "ipv6AddressesSet"},
    {"Ipv4Prefixes", LIST, instance_network_interface_ipv4_prefix, .xml = "ipv4PrefixSet"},
    {"Ipv6Prefixes", LIST, instance_network_interface_ipv6_prefix, .xml = "ipv6PrefixSet"},
    {"Association", MEMBERS, instance_network_interface_association},
    {"Attachment", MEMBERS, instance_network_interface_attachment},
    {"Groups", LIST, ec2_group, .xml = "groupSet"},
    {0}};

static const struct member instance[] = {
    {"InstanceId"},
    {"ImageId"},
    {"InstanceType"},
    {"KeyName"},
    {"LaunchTime"},
    {"Architecture"},
    {"Platform"},
    {"PlatformDetails"},
    {"State", MEMBERS, instance_state, .xml = "instanceState"},
    {"StateTransitionReason", .xml = "reason"},
    {"Placement", MEMBERS, placement},
    {"Hypervisor"},
    {"VirtualizationType"},
    {"InstanceLifecycle"},
    {"SourceDestCheck", TRUTH},
    {"VpcId"},
    {"SubnetId"},
    {"PrivateDnsName"},
    {"PrivateIpAddress"},
    {"PublicDnsName", .xml = "dnsName"},
    {"PublicIpAddress", .xml = "ipAddress"},
    {"Ipv6Address"},
    {"IamInstanceProfile", MEMBERS, iam_instance_profile},
    {"RootDeviceName"},
    {"RootDeviceType"},
    {"BlockDeviceMappings", LIST, instance_block_device_mapping, .xml = "blockDeviceMapping"},
    {"NetworkInterfaces", LIST, instance_network_interface, .xml = "networkInterfaceSet"},
    {"SecurityGroups", LIST, ec2_group, .xml = "groupSet"},
    {"Tags", LIST, ec2_tag, .xml = "tagSet"},
    {0}};

static const struct member reservation[] = {{"ReservationId"},
                                            {"OwnerId"},
                                            {"RequesterId"},
                                            {"Instances", LIST, instance, .xml = "instancesSet"},
                                            {0}};

static const struct member describe_instances_result[] = {
    {"Reservations", LIST, reservation, .xml = "reservationSet"}, {"NextToken", TOKEN}, {0}};

static const struct member snapshot_info[] = {{"SnapshotId"},
                                              {"VolumeId"},
                                              {"VolumeSize", NUMBER},
                                              {"State"},
                                              {"StartTime"},
                                              {"Progress"},
                                              {"OwnerId"},
                                              {"Encrypted", TRUTH},
                                              {"Description"},
                                              {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                              {0}};

static const struct member create_snapshots_result[] = {
    {"Snapshots", LIST, snapshot_info, .xml = "snapshotSet"}, {0}};

static const struct member snapshot[] = {{"SnapshotId"},
                                         {"VolumeId"},
                                         {"VolumeSize", NUMBER},
                                         {"State", .xml = "status"},
                                         {"StateMessage", .xml = "statusMessage"},
                                         {"StartTime"},
                                         {"Progress"},
                                         {"OwnerId"},
                                         {"Encrypted", TRUTH},
                                         {"Description"},
                                         {"Tags", LIST, ec2_tag, .xml = "tagSet"},
                                         {0}};

static const struct member describe_snapshots_result[] = {
    {"Snapshots", LIST, snapshot, .xml = "snapshotSet"}, {"NextToken", TOKEN}, {0}};

static const struct member volume[] = {{"VolumeId"}, {"Size", NUMBER},           {"Encrypted", TRUTH},
                                       {"KmsKeyId"}, {"State", .xml = "status"}, {0}};

static const struct member describe_volumes_result[] = {
    {"Volumes", LIST, volume, .xml = "volumeSet"}, {"NextToken", TOKEN}, {0}};

static const struct member region[] = {
    {"RegionName"}, {"Endpoint", .xml = "regionEndpoint"}, {"OptInStatus"}, {0}};

static const struct member describe_regions_result[] = {{"Regions", LIST, region, .xml = "regionInfo"}, {0}};

static const struct member nothing[] = {{0}};

const struct query_operation ec2_instance[] = {
    {"DescribeInstances", describe_instances_result, 1000},
    {"CreateSnapshots", create_snapshots_result, 0},
    {"DescribeSnapshots", describe_snapshots_result, 1000},
    {"DeleteSnapshot", nothing, 0},
    {"DescribeVolumes", describe_volumes_result, 500},
    {"DescribeRegions", describe_regions_result, 0},
    {0},
};

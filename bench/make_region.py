#!/usr/bin/env python3
"""Writes the describe calls of a made-up region: make_region.py DIRECTORY [INSTANCES [GROUPS]]"""

import json
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
instances = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
groups = int(sys.argv[3]) if len(sys.argv) > 3 else 5_000
VPCS, SUBNETS, ZONES = 20, 40, 3
rng = random.Random(1)
folder.mkdir(parents=True, exist_ok=True)


def write(name, items):
    (folder / f"{name}.json").write_text(json.dumps({name: items}))


def vpc(n):
    return f"vpc-{n:017x}"


write("Vpcs", [{"VpcId": vpc(v), "CidrBlock": f"10.{v}.0.0/16", "OwnerId": "123456789012", "State": "available"} for v in range(VPCS)])
subnets, tables, acls = [], [], []
for v in range(VPCS):
    own = []
    for s in range(SUBNETS):
        own.append(f"subnet-{v * SUBNETS + s:017x}")
        subnets.append({"SubnetId": own[-1], "VpcId": vpc(v), "CidrBlock": f"10.{v}.{s * 6}.0/22", "State": "available"})
    local = {"DestinationCidrBlock": f"10.{v}.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    peer = {"DestinationCidrBlock": f"10.{v ^ 1}.0.0/16", "VpcPeeringConnectionId": f"pcx-{v // 2:017x}", "State": "active"}
    for t in range(4):
        out = {"GatewayId": f"igw-{v:017x}"} if t < 2 else {"TransitGatewayId": "tgw-1"}
        tables.append(
            {
                "RouteTableId": f"rtb-{v * 4 + t:017x}",
                "VpcId": vpc(v),
                "Routes": [local, peer, {"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **out}],
                "Associations": [{"Main": False, "SubnetId": s} for s in own[t::4]],
            }
        )
        entries = [
            {"Egress": e, "RuleNumber": n, "RuleAction": a, "Protocol": p, "CidrBlock": c}
            for e in (True, False)
            for n, a, p, c in [(90, "deny", "-1", f"203.0.{t}.0/24"), (100, "allow", "-1", "0.0.0.0/0"), (32767, "deny", "-1", "0.0.0.0/0")]
        ]
        acls.append(
            {
                "NetworkAclId": f"acl-{v * 4 + t:017x}",
                "VpcId": vpc(v),
                "Entries": entries,
                "Associations": [{"SubnetId": s} for s in own[t::4]],
            }
        )
write("Subnets", subnets)
write("RouteTables", tables)
write("NetworkAcls", acls)
write("InternetGateways", [{"InternetGatewayId": f"igw-{v:017x}", "Attachments": [{"VpcId": vpc(v), "State": "available"}]} for v in range(VPCS)])
write(
    "VpcPeeringConnections",
    [
        {
            "VpcPeeringConnectionId": f"pcx-{p:017x}",
            "Status": {"Code": "active"},
            "RequesterVpcInfo": {"VpcId": vpc(2 * p), "CidrBlock": f"10.{2 * p}.0.0/16"},
            "AccepterVpcInfo": {"VpcId": vpc(2 * p + 1), "CidrBlock": f"10.{2 * p + 1}.0.0/16"},
        }
        for p in range(VPCS // 2)
    ],
)
write("TransitGatewayRouteTables", [{"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1"}])
attachments = [
    {
        "TransitGatewayAttachmentId": f"tgw-attach-{v}",
        "TransitGatewayId": "tgw-1",
        "ResourceType": "vpc",
        "ResourceId": vpc(v),
        "State": "available",
        "Association": {"State": "associated", "TransitGatewayRouteTableId": "tgw-rtb-1"},
    }
    for v in range(VPCS)
]
write("TransitGatewayAttachments", attachments)
learned = [{"TransitGatewayAttachmentId": a["TransitGatewayAttachmentId"], "State": "enabled"} for a in attachments]
write("TransitGatewayPropagations", [{"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayRouteTablePropagations": learned}])


def group(g):
    return f"sg-{g:017x}"


def permission(g):
    port = rng.choice([22, 80, 443, 3306, 5432, 8080, rng.randrange(1024, 60000)])
    kind = rng.random()
    p = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port + rng.choice([0, 0, 0, 10])}
    if kind < 0.4:  # of the same VPC, or of its peer
        p["UserIdGroupPairs"] = [{"GroupId": group((g + VPCS * rng.randrange(groups // VPCS)) % groups ^ rng.choice([0, 0, 1]))}]
    elif kind < 0.7:
        p["IpRanges"] = [{"CidrIp": f"10.{rng.randrange(VPCS)}.{rng.randrange(250)}.0/24"} for _ in range(3)]
    else:
        p["IpRanges"] = [{"CidrIp": rng.choice(["0.0.0.0/0", f"{rng.randrange(11, 99)}.{rng.randrange(256)}.0.0/16"])}]
    return p


write(
    "SecurityGroups",
    [{"GroupId": group(g), "VpcId": vpc(g % VPCS), "IpPermissions": [permission(g) for _ in range(rng.randrange(2, 16))]} for g in range(groups)],
)

# What instances and interfaces have beside: real answers are of this size.
DISK = {"AttachTime": "2026-01-01T00:00:00+00:00", "DeleteOnTermination": True, "Status": "attached", "VolumeId": "vol-0123456789abcdef0"}
COMMON = {
    "AmiLaunchIndex": 0,
    "Architecture": "x86_64",
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": DISK}],
    "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
    "ClientToken": "",
    "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 1},
    "EbsOptimized": False,
    "EnaSupport": True,
    "HibernationOptions": {"Configured": False},
    "Hypervisor": "xen",
    "ImageId": "ami-0123456789abcdef0",
    "InstanceType": "t3.micro",
    "KeyName": "a-key",
    "LaunchTime": "2026-01-01T00:00:00+00:00",
    "MetadataOptions": {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, "HttpTokens": "required", "State": "applied"},
    "Monitoring": {"State": "disabled"},
    "Placement": {"AvailabilityZone": "us-east-2b", "GroupName": "", "Tenancy": "default"},
    "ProductCodes": [],
    "RootDeviceName": "/dev/xvda",
    "RootDeviceType": "ebs",
    "StateTransitionReason": "",
    "VirtualizationType": "hvm",
}

reservations, interfaces = [], []
for i in range(instances):
    v = i % VPCS
    k = i // VPCS
    ip = f"10.{v}.{k % SUBNETS * 6 + k // SUBNETS // 250 % 4}.{4 + k // SUBNETS % 250}"
    mine = sorted({group((v + VPCS * rng.randrange(groups // VPCS)) % groups) for _ in range(rng.randrange(1, 6))})
    address = {"PrivateIpAddress": ip, "Primary": True}
    if rng.random() < 0.4:
        address["Association"] = {"PublicIp": f"{3 + i // 65536}.{i // 256 % 256}.{i % 256}.9"}
    interfaces.append(
        {
            "NetworkInterfaceId": f"eni-{i:017x}",
            "VpcId": vpc(v),
            "SubnetId": f"subnet-{v * SUBNETS + k % SUBNETS:017x}",
            "PrivateIpAddress": ip,
            "PrivateIpAddresses": [address],
            "Groups": [{"GroupId": g, "GroupName": "a group"} for g in mine],
            "Attachment": {"InstanceId": f"i-{i:017x}", "DeviceIndex": 0, "Status": "attached"},
            "Description": "Primary network interface",
            "InterfaceType": "interface",
            "SourceDestCheck": True,
            "Status": "in-use",
            "Ipv6Addresses": [],
        }
    )
    host = {"InstanceId": f"i-{i:017x}", "State": {"Name": "running"}, "NetworkInterfaces": [interfaces[-1]], **COMMON}
    reservations.append({"OwnerId": "123456789012", "ReservationId": f"r-{i:017x}", "Groups": [], "Instances": [host]})
write("NetworkInterfaces", interfaces)
write("Reservations", reservations)

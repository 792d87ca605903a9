"""A region's network: what src/aws gathers is what boto3 would save, and reach says the same of both."""

import json
import subprocess

import pytest
from aws_world import KEY
from query_model import kept, without_zones

REGION = "eu-west-3"  # nobody else's
LISTS = {
    "ec2": "Vpcs Subnets RouteTables NetworkAcls SecurityGroups NetworkInterfaces Instances Addresses InternetGateways "
    "EgressOnlyInternetGateways NatGateways VpcPeeringConnections VpnGateways VpnConnections VpcEndpoints TransitGateways "
    "TransitGatewayAttachments TransitGatewayRouteTables",
    "elbv2": "LoadBalancers TargetGroups",
    "elb": "LoadBalancers",
}


def tagged(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def build(moto):
    """A little of everything that moto knows."""
    ec2, v2, classic = (moto.client(service, REGION) for service in ("ec2", "elbv2", "elb"))
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    zones = [f"{REGION}a", f"{REGION}b"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"] for n, zone in enumerate(zones)
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_egress_only_internet_gateway(VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table", "été & <co>"))["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("web", "balancer", "office")
    ]
    web, balancer, office = groups
    listed = ec2.create_managed_prefix_list(
        PrefixListName="offices", AddressFamily="IPv4", MaxEntries=5, Entries=[{"Cidr": "198.51.100.0/24"}, {"Cidr": "203.0.113.0/25"}]
    )["PrefixList"]["PrefixListId"]
    anywhere = {"IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    ec2.authorize_security_group_ingress(
        GroupId=web,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443} | anywhere,
            {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8081, "UserIdGroupPairs": [{"GroupId": balancer}]},
            {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "PrefixListIds": [{"PrefixListId": listed}]},
        ],
    )
    ec2.authorize_security_group_ingress(GroupId=balancer, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80} | anywhere])
    ec2.authorize_security_group_ingress(GroupId=office, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.7.0.0/16"}]}])
    instances = [
        ec2.run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            SecurityGroupIds=[web, office],
            KeyName="key",
            TagSpecifications=tagged("instance", f"i {n}"),
        )["Instances"][0]["InstanceId"]
        for n, subnet in enumerate(subnets)
    ]
    for instance in instances:
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.associate_address(AllocationId=address, InstanceId=instance)
    nat = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=nat)
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table])
    balance(v2, classic, vpc, subnets, balancer, instances)
    edges(ec2, vpc, subnets, table)
    return instances, groups


def balance(v2, classic, vpc, subnets, group, instances):
    for kind, protocol, port in (("application", "HTTP", 8080), ("network", "TCP", 443)):
        made = v2.create_load_balancer(
            Name=kind, Subnets=subnets, Type=kind, Scheme="internet-facing", SecurityGroups=[group] if kind == "application" else []
        )
        arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        targets = [
            v2.create_target_group(Name=f"{kind}-{n}", Protocol=protocol, Port=port, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
            for n in range(2)
        ]
        for target in targets:
            v2.register_targets(TargetGroupArn=target, Targets=[{"Id": one} for one in instances])
        listener = v2.create_listener(
            LoadBalancerArn=arn, Protocol=protocol, Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": targets[0]}]
        )["Listeners"][0]["ListenerArn"]
        if kind == "application":
            v2.create_rule(
                ListenerArn=listener,
                Priority=7,
                Conditions=[{"Field": "path-pattern", "Values": ["/a/*"]}],
                Actions=[{"Type": "forward", "TargetGroupArn": targets[1]}],
            )
    classic.create_load_balancer(
        LoadBalancerName="classic",
        Listeners=[{"Protocol": "tcp", "LoadBalancerPort": 25, "InstancePort": 443}],
        Subnets=subnets,
        SecurityGroups=[group],
    )
    classic.register_instances_with_load_balancer(LoadBalancerName="classic", Instances=[{"InstanceId": one} for one in instances])


def edges(ec2, vpc, subnets, table):
    other = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    far = ec2.create_subnet(VpcId=other, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.7.0.0/16", VpcPeeringConnectionId=peering)
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="192.0.2.9", BgpAsn=65000)["CustomerGateway"]["CustomerGatewayId"]
    ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=gateway, Options={"StaticRoutesOnly": True})
    transit = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    attached = [
        ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=transit, VpcId=v, SubnetIds=[s])["TransitGatewayVpcAttachment"][
            "TransitGatewayAttachmentId"
        ]
        for v, s in ((vpc, subnets[0]), (other, far))
    ]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.64.0.0/10", TransitGatewayId=transit)
    return attached


def saved(moto, tables):
    """What `aws ... describe-*` would save, for each list once."""
    documents = []
    for service, names in LISTS.items():
        client = moto.client(service, REGION)
        for name in names.split():
            operation = f"Describe{name}"
            python = "describe" + "".join("_" + c.lower() if c.isupper() else c for c in name)
            pages = client.get_paginator(python).paginate() if client.can_paginate(python) else [getattr(client, python)()]
            document = {}
            for page in pages:
                for key, value in kept(tables[service][operation]["members"], page).items():
                    document.setdefault(key, []).extend(value)
            documents.append(document)
    return documents + belonging(moto, tables, documents)


def belonging(moto, tables, documents):
    ec2, v2 = moto.client("ec2", REGION), moto.client("elbv2", REGION)
    lists = {key: value for document in documents for key, value in document.items()}
    more = []
    for one in lists["LoadBalancers"]:
        page = v2.describe_listeners(LoadBalancerArn=one["LoadBalancerArn"])
        listeners = kept(tables["elbv2"]["DescribeListeners"]["members"], page)
        more.append({"LoadBalancerListeners": [{"LoadBalancerArn": one["LoadBalancerArn"]} | listeners]})
        for listener in page["Listeners"] if one["Type"] == "application" else []:
            rules = v2.describe_rules(ListenerArn=listener["ListenerArn"])
            more.append(kept(tables["elbv2"]["DescribeRules"]["members"], rules))
    for one in (t for t in lists["TargetGroups"] if t["LoadBalancerArns"]):
        arn = {"TargetGroupArn": one["TargetGroupArn"]}
        for operation, python, name in (
            ("DescribeTargetHealth", v2.describe_target_health, "LoadBalancerTargetHealth"),
            ("DescribeTargetGroupAttributes", v2.describe_target_group_attributes, "TargetGroupAttributes"),
        ):
            more.append({name: [arn | kept(tables["elbv2"][operation]["members"], python(**arn))]})
    for one in lists["TransitGatewayRouteTables"]:
        table = {"TransitGatewayRouteTableId": one["TransitGatewayRouteTableId"]}
        both = [{"Name": "state", "Values": ["active", "blackhole"]}]
        routes = ec2.search_transit_gateway_routes(**table, Filters=both)
        more.append({"TransitGatewayRoutes": [table | kept(tables["ec2"]["SearchTransitGatewayRoutes"]["members"], routes)]})
        from_where = ec2.get_transit_gateway_route_table_propagations(**table)
        members = tables["ec2"]["GetTransitGatewayRouteTablePropagations"]["members"]
        more.append({"TransitGatewayPropagations": [table | kept(members, from_where)]})
    for one in ec2.describe_managed_prefix_lists()["PrefixLists"]:
        entries = ec2.get_managed_prefix_list_entries(PrefixListId=one["PrefixListId"])["Entries"]
        more.append({"PrefixLists": [{"PrefixListId": one["PrefixListId"], "Cidrs": [entry["Cidr"] for entry in entries]}]})
    return more


def gathered(documents):
    """All lists of all documents, each in an order of its own."""
    lists = {}
    for document in documents:
        for name, items in document.items():
            lists.setdefault(name, []).extend(json.dumps(without_zones(item), sort_keys=True) for item in items)
    return {name: sorted(items) for name, items in lists.items() if items}


def reach(assay, folder, documents):
    folder.mkdir()
    for n, document in enumerate(documents):
        (folder / f"{n}.json").write_text(json.dumps(document))
    done = subprocess.run([assay, "reach", "--format", "json", folder], capture_output=True, check=False)
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def world(moto):
    moto.reset()
    return build(moto)


DIRECT = {
    "DescribeVirtualInterfaces": {
        "virtualInterfaces": [
            {
                "virtualInterfaceId": "dxvif-1",
                "virtualInterfaceType": "private",
                "virtualInterfaceState": "available",
                "directConnectGatewayId": "0a",
                "authKey": "SECRET",
                "vlan": 4,
                "bgpPeers": [{"authKey": "SECRET"}],
            }
        ]
    },
    "DescribeDirectConnectGateways": {"directConnectGateways": [{"directConnectGatewayId": "0a", "amazonSideAsn": 64512}]},
    "DescribeDirectConnectGatewayAssociations": {
        "directConnectGatewayAssociations": [
            {
                "directConnectGatewayId": "0a",
                "associationState": "associated",
                "associatedGateway": {"id": "vgw-1", "type": "virtualPrivateGateway"},
            }
        ]
    },
}


def direct_connect(method, path, headers, body):
    operation = headers["X-Amz-Target"].removeprefix("OvertureService.")
    of = json.loads(body)
    if "virtualGatewayId" in of:
        return 200, {}, json.dumps(theirs_with(of["virtualGatewayId"]))
    assert "Associations" not in operation or of == {"directConnectGatewayId": "0a"}
    return 200, {}, json.dumps(DIRECT[operation])


def theirs_with(gateway):
    """A gateway of another account is told by what is associated with it alone."""
    associated = {"id": gateway, "type": "virtualPrivateGateway", "ownerAccount": "123456789012", "region": REGION}
    association = {"directConnectGatewayId": "0b", "associationState": "associated", "associatedGateway": associated}
    return {"directConnectGatewayAssociations": [association]}


def without_keys(value):
    """Direct Connect's documents without what is left out of them."""
    if isinstance(value, dict):
        return {k: without_keys(v) for k, v in value.items() if k not in ("authKey", "bgpPeers", "vlan", "amazonSideAsn")}
    return [without_keys(v) for v in value] if isinstance(value, list) else value


def test_a_region_is_what_boto3_says(moto, aws_probe, assay, world, fake, tmp_path):
    probe = aws_probe(KEY | {"region": REGION, "endpoints": {"": moto.url, "directconnect": fake(direct_connect).url}})
    said = probe.ask("network")
    assert "error" not in said, said["text"]
    assert said["gaps"] == {}
    expected = saved(moto, probe.ask("tables")) + without_keys(list(DIRECT.values()))
    gateways = moto.client("ec2", REGION).describe_vpn_gateways()["VpnGateways"]
    expected += [theirs_with(g["VpnGatewayId"]) for g in gateways]
    mine, theirs = gathered(said["pages"]), gathered(expected)
    assert mine.keys() == theirs.keys()
    for name in mine:
        assert mine[name] == theirs[name], name
    found = reach(assay, tmp_path / "mine", said["pages"])
    assert found == reach(assay, tmp_path / "theirs", expected)
    assert str(found).count("443") >= 2


def refuse(method, path, headers, body):
    return 403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


def test_what_is_refused_is_named(moto, aws_probe, world, fake):
    endpoints = {"": moto.url, "directconnect": fake(direct_connect).url, "elasticloadbalancing": fake(refuse).url}
    said = aws_probe(KEY | {"region": REGION, "endpoints": endpoints}).ask("network")
    assert list(said["gaps"]) == [f"elasticloadbalancing:Describe{name}" for name in ("LoadBalancers", "TargetGroups")]
    missing = ["LoadBalancers", "LoadBalancerListeners", "Rules", "TargetGroups", "LoadBalancerTargetHealth", "TargetGroupAttributes"]
    assert said["pages"][-1] == {"NotRead": [*missing, "LoadBalancerDescriptions"]}


def test_one_instance_and_one_group(moto, aws_probe, world):
    probe = aws_probe(KEY | {"region": REGION, "endpoints": {"": moto.url}})
    (instance, _), (group, *_) = world
    reservations, interfaces = probe.ask("change", instance=instance)["pages"]
    assert [i["InstanceId"] for r in reservations["Reservations"] for i in r["Instances"]] == [instance]
    assert [i["Attachment"]["InstanceId"] for i in interfaces["NetworkInterfaces"]] == [instance]
    (page,) = probe.ask("change", group=group)["pages"]
    assert [g["GroupId"] for g in page["SecurityGroups"]] == [group]
    assert probe.ask("change", group="sg-00000000")["pages"] == []
    assert probe.ask("change", instance="i-0123456789abcdef0")["pages"] == []

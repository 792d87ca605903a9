"""Answers in XML become the documents that botocore makes of them."""

import re

import pytest
from aws_world import KEY
from common import ROOT
from query_model import answer, is_text, kept, operation_model, parsed, without_zones


@pytest.fixture(scope="module")
def probe(aws_probe):
    return aws_probe(KEY)


@pytest.fixture(scope="module")
def tables(probe):
    return probe.ask("tables")


def each_operation(tables):
    return [(api, operation, table) for api, operations in tables.items() for operation, table in operations.items()]


def check_members(where, members, shape):
    """A table says of its members what the model says."""
    assert len({m["name"] for m in members}) == len(members), where
    for member in members:
        name = f"{where}.{member['name']}"
        assert member["name"] in shape.members, name
        of = shape.members[member["name"]]
        element = member.get("xml", member["name"])
        assert element[:1].lower() + element[1:] == (of.serialization.get("name", member["name"])[:1].lower()
                                                     + of.serialization.get("name", member["name"])[1:]), name
        kinds = {"structure": "members", "list": "list", "integer": "number", "long": "number", "boolean": "truth"}
        paging = member["name"] in ("NextToken", "NextMarker")
        assert member["kind"] == kinds.get(of.type_name, "token" if paging else "text"), name
        assert is_text(of) or member["kind"] not in ("text", "token"), name
        inner = of.member if of.type_name == "list" else of
        if inner.type_name == "structure":
            check_members(name, member["of"], inner)
        else:
            assert "of" not in member, name


def test_tables_are_what_the_model_says(tables):
    for api, operation, table in each_operation(tables):
        model = operation_model(api, operation)
        if not model.output_shape:
            assert table["members"] == []
            continue
        check_members(f"{api} {operation}", table["members"], model.output_shape)
        names = {m["name"] for m in table["members"]}
        size, token = ("MaxResults", "NextToken") if api == "ec2" else ("PageSize", "NextMarker")
        paged = size in model.input_shape.members
        assert (token in names) == (token in model.output_shape.members), operation
        assert paged or not table["page"], operation
        if table["page"]:
            most = model.input_shape.members[size].metadata.get("max", 1000)
            assert table["page"] <= most, operation


def test_whatever_the_model_can_say(probe, tables):
    for api, operation, table in each_operation(tables):
        for seed in range(12):
            xml = answer(api, operation, seed)
            said = probe.ask("convert", api=api, operation=operation, xml=xml)
            assert "document" in said, (operation, seed, said)
            expected = parsed(api, operation, xml)
            assert without_zones(said["document"]) == kept(table["members"], expected), (operation, seed)
            token = expected.get("NextToken" if api == "ec2" else "NextMarker", "")
            assert said.get("token", "") == token.strip()


def test_secrets_of_connections_are_left_out(probe):
    xml = "<DescribeVpnConnectionsResponse><vpnConnectionSet><item><customerGatewayConfiguration>&lt;pre_shared_key>SECRET" \
          "</customerGatewayConfiguration><vpnConnectionId>vpn-1</vpnConnectionId></item></vpnConnectionSet></DescribeVpnConnectionsResponse>"
    said = probe.ask("convert", api="ec2", operation="DescribeVpnConnections", xml=xml)
    assert said["document"] == {"VpnConnections": [{"VpnConnectionId": "vpn-1"}]}


def test_every_member_that_reach_reads_is_in_a_table(tables):
    """Members are named where they are read: in the sources of src/reach."""
    have = set()

    def gather(members):
        for member in members:
            have.add(member["name"])
            gather(member.get("of", []))

    for _, _, table in each_operation(tables):
        gather(table["members"])
    read = set()
    for file in (ROOT / "src" / "reach").glob("load_*.c"):
        read |= set(re.findall(r'"([A-Z][A-Za-z0-9]+)"', file.read_text()))
    # Direct Connect speaks JSON; these are of its answers, of what people write, of older releases, and values.
    others = {"DirectConnectGatewayId", "DirectConnectGateways", "DirectConnectGatewayAssociations", "AssociatedGateway", "Id",
              "VirtualGatewayId", "AssociationState", "VirtualInterfaceId", "VirtualInterfaceType", "VirtualInterfaceState",
              "VirtualInterfaces", "CustomerDevices", "DeviceId", "Prefixes", "AdvertisedPrefixes", "VpnConnectionIds",
              "VirtualInterfaceIds", "LoadBalancerListeners", "LoadBalancerTargetHealth", "TargetGroupAttributes",
              "TransitGatewayStaticRoutes", "TransitGatewayRoutes", "TransitGatewayPropagations", "TransitGatewayVpcAttachments",
              "ManagedPrefixLists", "EnableVgwRoutePropagation", "Cidrs", "Name", "TCP", "UDP", "QUIC", "TLS",
                  "Firewall", "GatewayLoadBalancer"}
    assert read - have - others == set()

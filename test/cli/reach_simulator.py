"""A packet simulator over describe JSON: what `assay reach` computes with sets, found here by trying packets one by one.

It shares nothing with the program. Every filter and every route is asked about single packets; the packets tried are one
from each part of the address and port space between the bounds that the layout names, so that none is missed.
"""

import functools
import ipaddress

EPHEMERAL = range(1024, 65536)
PRIVATE = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"]
PRIVATE += ["192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4"]


@functools.lru_cache(maxsize=None)
def net(text):
    """(family, first, last, length)"""
    n = ipaddress.ip_network(text)
    return n.version, int(n.network_address), int(n.broadcast_address), n.prefixlen


@functools.lru_cache(maxsize=None)
def addr(text):
    a = ipaddress.ip_address(text)
    return a.version, int(a)


def within(cidr, a):
    n = net(cidr)
    return n[0] == a[0] and n[1] <= a[1] <= n[2]


def on_the_internet(a):
    if a[0] == 6:
        return within("2000::/3", a)
    return not any(within(p, a) for p in PRIVATE)


def walk(value):
    """All strings of a document."""
    if isinstance(value, dict):
        for v in value.values():
            yield from walk(v)
    elif isinstance(value, list):
        for v in value:
            yield from walk(v)
    elif isinstance(value, str):
        yield value


class Simulator:
    def __init__(self, layout):
        self.d = layout
        self.tables = layout["RouteTables"]
        self.groups = {g["GroupId"]: g for g in layout["SecurityGroups"]}
        self.subnets = {s["SubnetId"]: s for s in layout["Subnets"]}
        self.lists = {p["PrefixListId"]: p["Cidrs"] for p in layout["PrefixLists"]}
        self.vpcs = {v["VpcId"]: v for v in layout["Vpcs"]}
        self.attachments = layout["TransitGatewayAttachments"]
        self.acl_of = {}
        for acl in layout["NetworkAcls"]:
            for a in acl["Associations"]:
                self.acl_of[a["SubnetId"]] = acl
        self.table_of = {}
        for s in self.subnets.values():
            mine = [t for t in self.tables if any(a.get("SubnetId") == s["SubnetId"] for a in t["Associations"])]
            main = [t for t in self.tables if t["VpcId"] == s["VpcId"] and any(a["Main"] for a in t["Associations"])]
            self.table_of[s["SubnetId"]] = (mine or main)[0]
        self.acl_cache, self.route_cache = {}, {}
        self.packets()

    # which packets to try

    def packets(self):
        starts = {4: {0, addr("8.8.8.8")[1]}, 6: {0, net("2000::/3")[1]}}
        for p in PRIVATE:
            starts[4] |= {net(p)[1], net(p)[2] + 1}
        for text in walk(self.d):
            try:
                family, lo, hi, _ = net(text)
            except ValueError:
                continue
            starts[family] |= {lo, hi + 1}
        self.sources = {f: [(f, s) for s in sorted(starts[f]) if s < 1 << (32 if f == 4 else 128)] for f in starts}
        ports, answers = {0, 65535, 22}, {1024, 65535}
        for g in self.groups.values():
            for p in g["IpPermissions"]:
                if "FromPort" in p:
                    ports |= {p["FromPort"] - 1, p["FromPort"], p["ToPort"], p["ToPort"] + 1}
        for acl in self.d["NetworkAcls"]:
            for e in acl["Entries"]:
                if "PortRange" in e:
                    bounds = {e["PortRange"]["From"] - 1, e["PortRange"]["From"], e["PortRange"]["To"], e["PortRange"]["To"] + 1}
                    ports |= bounds
                    answers |= bounds
        for t in self.d["TargetGroups"]:
            ports |= {t["Port"] - 1, t["Port"], t["Port"] + 1, 442, 443, 444}
        for b in self.d["LoadBalancerDescriptions"]:
            ports |= {li["Listener"]["InstancePort"] + by for li in b["ListenerDescriptions"] for by in (-1, 0, 1)}
        self.ports = sorted(p for p in ports if 0 <= p <= 65535)
        self.answer_ports = sorted(p for p in answers if p in EPHEMERAL)

    # filters

    def acl_passes(self, subnet, egress, proto, port, other):
        key = subnet, egress, proto, port, other
        if key not in self.acl_cache:
            self.acl_cache[key] = self.ask_acl(*key)
        return self.acl_cache[key]

    def ask_acl(self, subnet, egress, proto, port, other):
        entries = [e for e in self.acl_of[subnet]["Entries"] if e["Egress"] == egress]
        for e in sorted(entries, key=lambda e: e["RuleNumber"]):
            if e["Protocol"] not in ("-1", str(proto)):
                continue
            if e["Protocol"] != "-1" and "PortRange" in e and not e["PortRange"]["From"] <= port <= e["PortRange"]["To"]:
                continue
            if within(e.get("CidrBlock") or e["Ipv6CidrBlock"], other):
                return e["RuleAction"] == "allow"
        return False

    def answer_passes(self, subnet, proto, other):
        return any(self.acl_passes(subnet, True, proto, q, other) for q in self.answer_ports)

    def rule_admits(self, rule, proto, port, other, references):
        name = {6: "tcp", 17: "udp"}[proto]
        if rule["IpProtocol"] not in ("-1", name, str(proto)):
            return False
        if rule["IpProtocol"] != "-1" and "FromPort" in rule and not rule["FromPort"] <= port <= rule["ToPort"]:
            return False
        if any(within(r["CidrIp"], other) for r in rule["IpRanges"]):
            return True
        if any(within(r["CidrIpv6"], other) for r in rule["Ipv6Ranges"]):
            return True
        if any(within(c, other) for p in rule["PrefixListIds"] for c in self.lists[p["PrefixListId"]]):
            return True
        return any(references(p["GroupId"], other) for p in rule["UserIdGroupPairs"])

    def is_member(self, group, other):
        for eni in self.d["NetworkInterfaces"]:
            if any(g["GroupId"] == group for g in eni["Groups"]) and other in self.addresses(eni):
                return True
        return False

    def groups_admit(self, groups, direction, proto, port, other, references):
        return any(
            self.rule_admits(rule, proto, port, other, references) for g in groups for rule in self.groups[g][direction]
        )

    # routes

    def route(self, table, other):
        """The targets of the longest prefix, of which any may be taken: "local", none for a black hole."""
        key = table["RouteTableId"], other
        if key not in self.route_cache:
            self.route_cache[key] = self.ask_route(table, other)
        return self.route_cache[key]

    def ask_route(self, table, other):
        found = []
        for r in table["Routes"]:
            target = next(v for k, v in r.items() if k.endswith("Id") and not k.startswith("Destination"))
            listed = self.lists.get(r.get("DestinationPrefixListId"), [])
            for cidr in listed or [r.get("DestinationCidrBlock") or r.get("DestinationIpv6CidrBlock")]:
                if not within(cidr, other):
                    continue
                rank = 0 if target == "local" else 2 if listed else 3 if r["Origin"].startswith("Enable") else 1
                found.append(((net(cidr)[3], -rank), target if r["State"] == "active" else None))
        best = max((order for order, _ in found), default=None)
        return {target for order, target in found if order == best and target}

    def transit_route(self, table, other):
        best = None
        for of in self.d["TransitGatewayStaticRoutes"]:
            for r in of["Routes"] if of["TransitGatewayRouteTableId"] == table else []:
                if within(r["DestinationCidrBlock"], other):
                    to = r["TransitGatewayAttachments"][0]["TransitGatewayAttachmentId"] if r["State"] == "active" else None
                    candidate = (net(r["DestinationCidrBlock"])[3], 1, to)
                    best = max(best or candidate, candidate, key=lambda c: c[:2])
        for of in self.d["TransitGatewayPropagations"]:
            for p in of["TransitGatewayRouteTablePropagations"] if of["TransitGatewayRouteTableId"] == table else []:
                if p["ResourceType"] == "vpc":
                    cidrs = self.vpc_cidrs(p["ResourceId"])
                else:
                    cidrs = self.vpn_cidrs(p["ResourceId"])
                for cidr in cidrs:
                    if within(cidr, other):
                        candidate = (net(cidr)[3], 0, p["TransitGatewayAttachmentId"])
                        best = max(best or candidate, candidate, key=lambda c: c[:2])
        return best and best[2]

    def vpc_cidrs(self, vpc):
        v = self.vpcs[vpc]
        cidrs = [a["CidrBlock"] for a in v["CidrBlockAssociationSet"]]
        return cidrs + [a["Ipv6CidrBlock"] for a in v.get("Ipv6CidrBlockAssociationSet", [])]

    def vpn_cidrs(self, vpn):
        c = next(c for c in self.d["VpnConnections"] if c["VpnConnectionId"] == vpn)
        return [r["DestinationCidrBlock"] for r in c["Routes"]] if c["State"] == "available" else []

    def subnet_cidrs(self, s):
        return [s["CidrBlock"]] + [a["Ipv6CidrBlock"] for a in s.get("Ipv6CidrBlockAssociationSet", [])]

    # edges: can this source send a packet to that address by this edge, and does the answer come back to it?

    def sends(self, vpc, source, to, target):
        """Whether the source is in a subnet of the VPC that routes `to` to the target."""
        for s in self.subnets.values():
            if s["VpcId"] == vpc and any(within(c, source) for c in self.subnet_cidrs(s)):
                if target in self.route(self.table_of[s["SubnetId"]], to):
                    return True
        return False

    def edges(self, vpc):
        for g in self.d["InternetGateways"]:
            if any(a["VpcId"] == vpc for a in g["Attachments"]):
                yield g["InternetGatewayId"], lambda source, to: on_the_internet(source)
        for p in self.d["VpcPeeringConnections"]:
            sides = [p["RequesterVpcInfo"]["VpcId"], p["AccepterVpcInfo"]["VpcId"]]
            if vpc in sides and p["Status"]["Code"] == "active":
                other = sides[sides[0] == vpc]
                pcx = p["VpcPeeringConnectionId"]
                yield pcx, functools.partial(lambda o, x, source, to: self.sends(o, source, to, x), other, pcx)
        for g in self.d["VpnGateways"]:
            if any(a["VpcId"] == vpc for a in g["VpcAttachments"]):
                yield g["VpnGatewayId"], functools.partial(self.over_vpn, g["VpnGatewayId"])
        for a in self.attachments:
            if a["ResourceId"] == vpc:
                yield a["TransitGatewayId"], functools.partial(self.over_transit, a)

    def over_vpn(self, gateway, source, to):
        mine = [c for c in self.d["VpnConnections"] if c.get("VpnGatewayId") == gateway]
        return any(within(cidr, source) for c in mine for cidr in self.vpn_cidrs(c["VpnConnectionId"]))

    def over_transit(self, into, source, to):
        back = self.transit_route(into["Association"]["TransitGatewayRouteTableId"], source)
        for a in self.attachments:
            if a is into or a["TransitGatewayAttachmentId"] != back:
                continue
            if self.transit_route(a["Association"]["TransitGatewayRouteTableId"], to) != into["TransitGatewayAttachmentId"]:
                continue
            if a["ResourceType"] == "vpc":
                return self.sends(a["ResourceId"], source, to, a["TransitGatewayId"])
            return bool(self.vpn_cidrs(a["ResourceId"]))  # whatever the table sends back there
        return False

    # interfaces

    def addresses(self, eni):
        found = [addr(i["PrivateIpAddress"]) for i in eni["PrivateIpAddresses"]]
        return found + [addr(i["Ipv6Address"]) for i in eni["Ipv6Addresses"]]

    def public(self, eni):
        """Those of its addresses that the internet can name."""
        found = [addr(i["PrivateIpAddress"]) for i in eni["PrivateIpAddresses"] if "Association" in i]
        return found + [addr(i["Ipv6Address"]) for i in eni["Ipv6Addresses"]]

    def coming(self, subnet, to, edge, sends, proto):
        """Sources whose packets reach the subnet and whose answers get back, but for the ports."""
        table = self.table_of[subnet]
        return [
            s
            for s in self.sources[to[0]]
            if edge in self.route(table, s) and sends(s, to) and self.answer_passes(subnet, proto, s)
        ]

    def direct(self):
        for eni in self.d["NetworkInterfaces"]:
            groups = [g["GroupId"] for g in eni["Groups"]]
            for edge, sends in self.edges(eni["VpcId"]):
                addresses = self.public(eni) if edge.startswith("igw") else self.addresses(eni)
                references = self.is_member if edge.startswith(("pcx", "tgw")) else lambda group, other: False
                for to in addresses:
                    for proto in (6, 17):
                        sources = self.coming(eni["SubnetId"], to, edge, sends, proto)
                        for port in self.ports if sources else []:
                            if any(
                                self.acl_passes(eni["SubnetId"], False, proto, port, s)
                                and self.groups_admit(groups, "IpPermissions", proto, port, s, references)
                                for s in sources
                            ):
                                yield eni["NetworkInterfaceId"], edge, None, proto, port

    # load balancers

    def listeners(self):
        """(id, type, groups, subnets, node addresses, families, protocol, port, [(eni, address, port, preserve)])"""
        for b in self.d["LoadBalancerDescriptions"]:
            for li in b["ListenerDescriptions"]:
                li = li["Listener"]
                targets = []
                for i in b["Instances"]:
                    eni = self.primary(i["InstanceId"])
                    targets.append((eni, addr(eni["PrivateIpAddress"]), li["InstancePort"], False))
                yield b["LoadBalancerName"], b, b["Subnets"], [], 6, li["LoadBalancerPort"], targets
        for li in self.d["Listeners"]:
            b = next(b for b in self.d["LoadBalancers"] if b["LoadBalancerArn"] == li["LoadBalancerArn"])
            arn = li["DefaultActions"][0].get("TargetGroupArn")
            group = next((t for t in self.d["TargetGroups"] if t["TargetGroupArn"] == arn), None)
            zones = b["AvailabilityZones"]
            nodes = [addr(x["PrivateIPv4Address"]) for z in zones for x in z["LoadBalancerAddresses"]]
            proto = 17 if li["Protocol"] == "UDP" else 6
            targets = []
            for h in self.d["LoadBalancerTargetHealth"]:
                if group is None or h["TargetGroupArn"] != arn:
                    continue
                for t in h["TargetHealthDescriptions"]:
                    if t["TargetHealth"]["State"] in ("unused", "draining"):
                        continue
                    if group["TargetType"] == "instance":
                        eni = self.primary(t["Target"]["Id"])
                        to = addr(eni["PrivateIpAddress"])
                    else:
                        to = addr(t["Target"]["Id"])
                        eni = next(e for e in self.d["NetworkInterfaces"] if e["VpcId"] == b["VpcId"] and to in self.addresses(e))
                    keeps = b["Type"] == "network" and (proto == 17 or group["TargetType"] == "instance")
                    targets.append((eni, to, t["Target"].get("Port", group["Port"]), keeps))
            yield b["LoadBalancerArn"], b, [z["SubnetId"] for z in zones], nodes, proto, li["Port"], targets

    def primary(self, instance):
        for e in self.d["NetworkInterfaces"]:
            if e["Attachment"]["InstanceId"] == instance and e["Attachment"]["DeviceIndex"] == 0:
                return e

    def balanced(self):
        for name, b, subnets, nodes, proto, port, targets in self.listeners():
            if b["Scheme"] != "internet-facing":
                continue
            for subnet in subnets:
                vpc = self.subnets[subnet]["VpcId"]
                for edge, sends in self.edges(vpc):
                    if not edge.startswith("igw"):
                        continue
                    clients = self.clients(b, subnet, edge, sends, proto, port)
                    for eni, to, aimed, keeps in targets if clients else []:
                        if self.passed_on(b, subnet, nodes, clients, proto, eni, to, aimed, keeps):
                            yield eni["NetworkInterfaceId"], edge, name, proto, aimed

    def clients(self, b, subnet, edge, sends, proto, port):
        def nobody(group, other):
            return False

        there = (4, net(self.subnets[subnet]["CidrBlock"])[1])
        return [
            s
            for s in self.coming(subnet, there, edge, sends, proto)
            if self.acl_passes(subnet, False, proto, port, s)
            and (not b["SecurityGroups"] or self.groups_admit(b["SecurityGroups"], "IpPermissions", proto, port, s, nobody))
        ]

    def passed_on(self, b, subnet, nodes, clients, proto, eni, to, port, keeps):
        own = b["SecurityGroups"]
        if own and not self.groups_admit(own, "IpPermissionsEgress", proto, port, to, self.is_member):
            return False
        if keeps:
            sources = clients
        else:
            here = [n for n in nodes if within(self.subnets[subnet]["CidrBlock"], n)]
            sources = here or [s for s in self.sources[4] if within(self.subnets[subnet]["CidrBlock"], s)]
            sources = [s for s in sources if "local" in self.route(self.table_of[eni["SubnetId"]], s)]
        for s in sources:
            if eni["SubnetId"] != subnet:
                if not self.acl_passes(subnet, True, proto, port, to):
                    return False
                if not self.acl_passes(eni["SubnetId"], False, proto, port, s):
                    continue
                if not any(
                    self.acl_passes(eni["SubnetId"], True, proto, q, s) and self.acl_passes(subnet, False, proto, q, to)
                    for q in self.answer_ports
                ):
                    continue
            groups = [g["GroupId"] for g in eni["Groups"]]
            if self.groups_admit(groups, "IpPermissions", proto, port, s, lambda group, other: group in own):
                return True
        return False

    def open(self):
        return set(self.direct()) | set(self.balanced())

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
            self.table_of[s["SubnetId"]] = next(iter(mine or main), None)
        self.enis = {e["NetworkInterfaceId"]: e for e in layout["NetworkInterfaces"]}
        self.endpoints = {e["VpcEndpointId"]: e for e in layout["VpcEndpoints"]}
        self.hosts = [e for e in layout["NetworkInterfaces"] if "Attachment" in e]
        self.acl_cache, self.route_cache, self.lead_cache = {}, {}, {}
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
        if any(within(c, other) for p in rule["PrefixListIds"] for c in self.lists.get(p["PrefixListId"], ["0.0.0.0/0", "::/0"])):
            return True
        return any(references(p["GroupId"], other) for p in rule["UserIdGroupPairs"])

    def is_member(self, group, other):
        if group not in self.groups:
            return True  # nobody knows who is in it
        for eni in self.d["NetworkInterfaces"]:
            if any(g["GroupId"] == group for g in eni["Groups"]) and self.holds(eni, other):
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
            listed = r.get("DestinationPrefixListId")
            for cidr in self.lists.get(listed, []) if listed else [r.get("DestinationCidrBlock") or r["DestinationIpv6CidrBlock"]]:
                if not within(cidr, other):
                    continue
                target = self.target(r)
                rank = 0 if target == "local" else 2 if listed else 3 if r["Origin"].startswith("Enable") else 1
                found.append(((net(cidr)[3], -rank), target if r["State"] == "active" else None))
        best = max((order for order, _ in found), default=None)
        return {target for order, target in found if order == best and target}

    def target(self, route):
        return next(v for k, v in route.items() if k.endswith("Id") and not k.startswith("Destination"))

    def may_take(self, table):
        """Targets of routes for lists that nobody describes."""
        return {
            self.target(r)
            for r in table["Routes"]
            if r["State"] == "active" and r.get("DestinationPrefixListId", "") not in ("", *self.lists)
        }

    def box_table(self, box):
        """Of an appliance's subnet: None where that is not told; False when it passes nothing on."""
        if box in self.endpoints:
            e = self.endpoints[box]
            return self.table_of[e["SubnetIds"][0]] if e["VpcEndpointType"] == "GatewayLoadBalancer" else False
        if box in self.enis:
            return False if self.enis[box].get("SourceDestCheck", True) else self.table_of[self.enis[box]["SubnetId"]]
        return None

    def through(self, table, other, target, depth):
        for box in self.route(table, other) | self.may_take(table):
            if not box.startswith(("vpce", "eni")) or self.box_table(box) is False:
                continue
            if depth == 2 or self.leads(self.box_table(box), other, target, depth + 1):
                return True
        return False

    def leads(self, table, other, target, depth=0):
        """Whether packets to `other` get to the target, through appliances too."""
        if table is None:
            return True
        key = table["RouteTableId"], other, target, depth
        if key not in self.lead_cache:
            straight = target in self.route(table, other) or target in self.may_take(table)
            self.lead_cache[key] = straight or self.through(table, other, target, depth)
        return self.lead_cache[key]

    def transit_leads(self, attachment, other, target):
        """Whether what comes in by an attachment is sent on to another."""
        table = attachment.get("Association", {}).get("TransitGatewayRouteTableId")
        static = [of for of in self.d["TransitGatewayStaticRoutes"] if of["TransitGatewayRouteTableId"] == table]
        if not table or not static:
            return bool(table)
        found = []
        for r in static[0]["Routes"]:
            for to in r["TransitGatewayAttachments"] if within(r["DestinationCidrBlock"], other) else []:
                alive = to["TransitGatewayAttachmentId"] if r["State"] == "active" else None
                found.append(((net(r["DestinationCidrBlock"])[3], 0), alive))
        for of in self.d["TransitGatewayPropagations"]:
            for p in of["TransitGatewayRouteTablePropagations"] if of["TransitGatewayRouteTableId"] == table else []:
                vpc = p["ResourceType"] == "vpc"
                for cidr in self.vpc_cidrs(p["ResourceId"]) if vpc else self.vpn_cidrs(p["ResourceId"]):
                    if within(cidr, other):
                        found.append(((net(cidr)[3], -1 if vpc else -2), p["TransitGatewayAttachmentId"]))
        best = max((order for order, _ in found), default=None)
        return target["TransitGatewayAttachmentId"] in {to for order, to in found if order == best}

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
                if self.leads(self.table_of[s["SubnetId"]], to, target):
                    return True
        return False

    def edges(self, vpc):
        for g in self.d["InternetGateways"]:
            if any(a["VpcId"] == vpc for a in g["Attachments"]):
                yield g["InternetGatewayId"], lambda source, to: on_the_internet(source)
        for p in self.d["VpcPeeringConnections"]:
            sides = [p["RequesterVpcInfo"]["VpcId"], p["AccepterVpcInfo"]["VpcId"]]
            if vpc in sides and p["Status"]["Code"] == "active":
                yield p["VpcPeeringConnectionId"], functools.partial(self.over_peering, p, sides[0] == vpc)
        for g in self.d["VpnGateways"]:
            if any(a["VpcId"] == vpc for a in g["VpcAttachments"]):
                yield g["VpnGatewayId"], functools.partial(self.over_vpn, g["VpnGatewayId"])
        known = {g["VpnGatewayId"] for g in self.d["VpnGateways"]}
        known |= {p["VpcPeeringConnectionId"] for p in self.d["VpcPeeringConnections"]}
        for a in self.attachments:
            if a["ResourceId"] == vpc:
                known.add(a["TransitGatewayId"])
                yield a["TransitGatewayId"], functools.partial(self.over_transit, 0, a)
        routes = [r for t in self.tables if t["VpcId"] == vpc for r in t["Routes"] if r["State"] == "active"]
        for target in {self.target(r) for r in routes} - known:
            if target.startswith(("pcx", "vgw", "tgw", "lgw")):  # of which only the routes tell
                yield target, lambda source, to: True

    def over_peering(self, p, other, source, to):
        there = p["AccepterVpcInfo" if other else "RequesterVpcInfo"]
        if there["VpcId"] in self.vpcs:
            return self.sends(there["VpcId"], source, to, p["VpcPeeringConnectionId"])
        return any(within(c["CidrBlock"], source) for c in there["CidrBlockSet"])

    def enters(self, edge, to):
        """Whether the gateway's own table lets packets to the address in."""
        for t in self.tables:
            if any(a.get("GatewayId") == edge for a in t["Associations"]):
                return bool(self.route(t, to))
        return True

    def over_vpn(self, gateway, source, to):
        mine = [c for c in self.d["VpnConnections"] if c.get("VpnGatewayId") == gateway]
        return any(within(cidr, source) for c in mine for cidr in self.vpn_cidrs(c["VpnConnectionId"]))

    def over_transit(self, depth, into, source, to):
        if depth == 5:
            return False
        for a in self.attachments:
            if a is into or not self.transit_leads(a, to, into) or not self.transit_leads(into, source, a):
                continue
            if a["ResourceType"] != "vpc":
                if self.vpn_cidrs(a["ResourceId"]):  # whatever the table sends back there
                    return True
            elif self.sends(a["ResourceId"], source, to, a["TransitGatewayId"]):
                return True
            elif self.passes(a, to) and self.over_transit(depth + 1, a, source, to):
                return True
        return False

    def passes(self, attachment, to):
        """Whether appliances in the VPC send such packets back to the transit gateway."""
        tables = [self.table_of[s["SubnetId"]] for s in self.subnets.values() if s["VpcId"] == attachment["ResourceId"]]
        return any(t and self.through(t, to, attachment["TransitGatewayId"], 0) for t in tables)

    # interfaces

    def addresses(self, eni):
        found = [addr(i["PrivateIpAddress"]) for i in eni["PrivateIpAddresses"]]
        return found + [addr(i["Ipv6Address"]) for i in eni["Ipv6Addresses"]]

    def ranges(self, eni):
        """Whole ranges that are delegated to it."""
        return [p["Ipv4Prefix"] for p in eni.get("Ipv4Prefixes", [])] + [p["Ipv6Prefix"] for p in eni.get("Ipv6Prefixes", [])]

    def holds(self, eni, other):
        return other in self.addresses(eni) or any(within(r, other) for r in self.ranges(eni))

    def ends(self, eni, edge):
        """Addresses to try: of ranges one from each part."""
        inner = [s for r in self.ranges(eni) for s in self.sources[net(r)[0]] if within(r, s)]
        if edge.startswith("igw"):
            return self.public(eni) + [s for s in inner if s[0] == 6 and on_the_internet(s)]
        return self.addresses(eni) + inner

    def public(self, eni):
        """Those of its addresses that the internet can name."""
        found = [addr(i["PrivateIpAddress"]) for i in eni["PrivateIpAddresses"] if "Association" in i]
        return found + [x for x in map(addr, (i["Ipv6Address"] for i in eni["Ipv6Addresses"])) if on_the_internet(x)]

    def coming(self, subnet, to, edge, sends, proto):
        """Sources whose packets reach the subnet and whose answers get back, but for the ports."""
        table = self.table_of[subnet]
        return [
            s
            for s in self.sources[to[0]]
            if self.leads(table, s, edge) and sends(s, to) and self.answer_passes(subnet, proto, s)
        ]

    def references(self, edge):
        """What rules that name groups speak of, seen from an edge."""
        gateway = next((g for g in self.d["TransitGateways"] if g["TransitGatewayId"] == edge), None)
        if gateway and gateway["Options"]["SecurityGroupReferencingSupport"] == "disable":
            return lambda group, other: False
        return self.is_member if edge.startswith(("pcx", "tgw", "lgw")) else lambda group, other: False

    def direct(self):
        for eni in self.hosts:
            groups = [g["GroupId"] for g in eni["Groups"]]
            for edge, sends in self.edges(eni["VpcId"]):
                references = self.references(edge)
                for to in [x for x in self.ends(eni, edge) if self.enters(edge, x)]:
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
        """(id, load balancer, subnets, protocol, port, [target])"""
        for b in self.d["LoadBalancerDescriptions"]:
            for li in b["ListenerDescriptions"]:
                li = li["Listener"]
                targets = []
                for i in b["Instances"]:
                    eni = self.primary(i["InstanceId"])
                    targets.append((eni, addr(eni["PrivateIpAddress"]), li["InstancePort"], False))
                yield b["LoadBalancerName"], b, b["Subnets"], 6, li["LoadBalancerPort"], targets
        for li in self.d["Listeners"]:
            b = self.load_balancer(li["LoadBalancerArn"])
            subnets = [z["SubnetId"] for z in b["AvailabilityZones"]]
            proto = 17 if li["Protocol"] == "UDP" else 6
            yield b["LoadBalancerArn"], b, subnets, proto, li["Port"], list(self.targets(b, li, proto))

    def load_balancer(self, arn):
        return next(b for b in self.d["LoadBalancers"] if b["LoadBalancerArn"] == arn)

    def targets(self, b, listener, proto):
        """(interface or the ARN of a load balancer, address, port, whether it sees the client's address)"""
        arn = listener["DefaultActions"][0].get("TargetGroupArn")
        group = next((t for t in self.d["TargetGroups"] if t["TargetGroupArn"] == arn), None)
        told = [a["Attributes"] for a in self.d["TargetGroupAttributes"] if a["TargetGroupArn"] == arn]
        said = [x["Value"] for attributes in told for x in attributes]
        for h in self.d["LoadBalancerTargetHealth"]:
            for t in h["TargetHealthDescriptions"] if group and h["TargetGroupArn"] == arn else []:
                if t["TargetHealth"]["State"] in ("unused", "draining") or ":lambda:" in t["Target"]["Id"]:
                    continue
                keeps = [b["Type"] == "network" and (proto == 17 or (said[0] == "true" if said else group["TargetType"] != "ip"))]
                if b["Type"] == "network" and proto == 6 and not told:
                    keeps = [True, False]
                port = t["Target"].get("Port", group["Port"])
                if group["TargetType"] == "alb":
                    eni, to = t["Target"]["Id"], None
                elif group["TargetType"] == "instance":
                    eni = self.primary(t["Target"]["Id"])
                    to = addr(eni["PrivateIpAddress"])
                else:
                    to = addr(t["Target"]["Id"])
                    eni = next(e for e in self.hosts if to in self.addresses(e))
                for kept in keeps:
                    yield eni, to, port, kept

    def primary(self, instance):
        for e in self.hosts:
            if e["Attachment"]["InstanceId"] == instance and e["Attachment"]["DeviceIndex"] == 0:
                return e

    def ways_in(self, b, subnets, proto, port):
        """(edge, subnet, family, clients) of each way to the listener."""
        stack = b.get("IpAddressType", "ipv4")
        for subnet in subnets:
            for family in (4, 6) if stack.startswith("dualstack") else (4,):
                net_of = [net(c) for c in self.subnet_cidrs(self.subnets[subnet]) if net(c)[0] == family]
                for edge, sends in self.edges(self.subnets[subnet]["VpcId"]) if net_of else []:
                    if edge.startswith("igw") and (
                        b["Scheme"] != "internet-facing" or (family == 4 and stack == "dualstack-without-public-ipv4")
                    ):
                        continue
                    if not self.enters(edge, (family, net_of[0][1])):
                        continue
                    clients = self.clients(b, subnet, (family, net_of[0][1]), edge, sends, proto, port)
                    if clients:
                        yield edge, subnet, family, clients

    def balanced(self):
        for name, b, subnets, proto, port, targets in self.listeners():
            for edge, subnet, family, clients in self.ways_in(b, subnets, proto, port) if targets else []:
                for eni, to, aimed, keeps in targets:
                    if isinstance(eni, str):
                        for far, at in self.behind(b, eni, subnet, family, clients, aimed):
                            yield far["NetworkInterfaceId"], edge, name, 6, at
                    elif self.passed_on(b, subnet, clients if keeps and family == to[0] else None, proto, eni, to, aimed):
                        yield eni["NetworkInterfaceId"], edge, name, proto, aimed

    def behind(self, outer, arn, subnet, family, clients, port):
        """Targets of a load balancer that is a target."""
        inner = self.load_balancer(arn)
        own = outer["SecurityGroups"]
        for s in clients + self.nodes(outer, subnet, family):
            if self.groups_admit(inner["SecurityGroups"], "IpPermissions", 6, port, s, lambda group, other: group in own):
                break
        else:
            return
        for name, b, subnets, _, at, targets in self.listeners():
            if name != arn or at != port:
                continue
            for eni, to, aimed, _ in targets:
                if any(self.passed_on(b, s, None, 6, eni, to, aimed) for s in subnets):
                    yield eni, aimed

    def clients(self, b, subnet, there, edge, sends, proto, port):
        references = self.references(edge)
        return [
            s
            for s in self.coming(subnet, there, edge, sends, proto)
            if self.acl_passes(subnet, False, proto, port, s)
            and (not b["SecurityGroups"] or self.groups_admit(b["SecurityGroups"], "IpPermissions", proto, port, s, references))
        ]

    def nodes(self, b, subnet, family):
        """Addresses that a node may have."""
        told = [addr(x["PrivateIPv4Address"]) for z in b.get("AvailabilityZones", []) for x in z["LoadBalancerAddresses"]]
        cidrs = self.subnet_cidrs(self.subnets[subnet])
        here = [n for n in told if n[0] == family and any(within(c, n) for c in cidrs)]
        return here or [s for s in self.sources[family] if any(within(c, s) for c in cidrs)]

    def is_between(self, edge, vpc):
        between = [p for p in self.d["VpcPeeringConnections"] if p["VpcPeeringConnectionId"] == edge]
        sides = [p[side]["VpcId"] for p in between for side in ("RequesterVpcInfo", "AccepterVpcInfo")]
        return vpc in sides or any(a["TransitGatewayId"] == edge and a["ResourceId"] == vpc for a in self.attachments)

    def from_outside(self, vpc, eni, to, proto, port, node):
        """Whether a node gets to a target in another VPC, and is answered."""
        for edge, sends in self.edges(eni["VpcId"]):
            if (
                self.is_between(edge, vpc)
                and node in self.coming(eni["SubnetId"], to, edge, sends, proto)
                and self.acl_passes(eni["SubnetId"], False, proto, port, node)
            ):
                return True
        return False

    def passed_on(self, b, subnet, clients, proto, eni, to, port):
        """`clients` where the target sees them."""
        own = b["SecurityGroups"]
        vpc = b.get("VpcId") or b["VPCId"]
        foreign = eni["VpcId"] != vpc
        if own and not self.groups_admit(own, "IpPermissionsEgress", proto, port, to, self.is_member):
            return False
        if foreign and not any(self.is_between(edge, vpc) for edge, _ in self.edges(eni["VpcId"])):
            return False
        sources = clients or self.nodes(b, subnet, to[0])
        if foreign and not clients:
            sources = [s for s in sources if self.from_outside(vpc, eni, to, proto, port, s)]
        elif not clients:
            sources = [s for s in sources if self.leads(self.table_of[eni["SubnetId"]], s, "local")]

        def named(group, other):
            return group in own or (foreign and self.is_member(group, other))

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
            if self.groups_admit(groups, "IpPermissions", proto, port, s, named):
                return True
        return False

    def open(self):
        return set(self.direct()) | set(self.balanced())

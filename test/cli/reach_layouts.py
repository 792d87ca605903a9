"""Random VPC layouts as describe JSON: small ones, full of what is easily got wrong."""

import ipaddress

PORTS = [0, 1, 21, 22, 23, 79, 80, 81, 443, 1023, 1024, 1025, 3389, 8080, 32768, 49152, 65534, 65535]
SOURCES = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "8.8.8.0/24", "8.8.8.8/32", "192.168.0.0/16", "10.1.0.0/16"]
SOURCES6 = ["::/0", "2000::/4", "2600::/16", "fd00::/8"]
CUSTOMER = ["192.168.0.0/16", "192.168.7.0/24", "172.16.0.0/12", "10.1.0.0/24", "8.8.8.0/24"]


class Layout:
    def __init__(self, random, number):
        self.random, self.n, self.count = random, number, 0
        lists = "Vpcs Subnets RouteTables NetworkAcls SecurityGroups NetworkInterfaces Reservations InternetGateways"
        lists += " VpcPeeringConnections VpnGateways VpnConnections PrefixLists TransitGateways TransitGatewayAttachments"
        lists += " TransitGatewayRouteTables TransitGatewayStaticRoutes TransitGatewayPropagations LoadBalancers Listeners"
        lists += " LoadBalancerDescriptions TargetGroups LoadBalancerTargetHealth TargetGroupAttributes VpcEndpoints"
        lists += " VirtualInterfaces DirectConnectGatewayAssociations"
        self.d = {name: [] for name in lists.split()}
        self.vpcs, self.targets, self.groups, self.boxes = [], {}, {}, {}
        self.strange = self.id("pl"), self.id("sg")  # that nobody describes
        for _ in range(random.randint(0, 2)):
            cidrs = random.sample(SOURCES + CUSTOMER, random.randint(1, 2))
            self.add("PrefixLists", PrefixListId=self.id("pl"), Cidrs=cidrs)
        for k in range(random.choice([1, 2])):
            self.vpc(k)
        if len(self.vpcs) == 2 and random.random() < 0.7:
            self.peering()
        if random.random() < 0.5:
            self.transit()
        for vpc in self.vpcs:
            self.inside(vpc)
        if random.random() < 0.6:
            self.balancer(random.choice(self.vpcs))

    def id(self, kind):
        self.count += 1
        return f"{kind}-{self.n}x{self.count}"

    def add(self, name, **members):
        self.d[name].append(members)
        return members

    def some(self, chance):
        return self.random.random() < chance

    # what is around

    def vpc(self, k):
        v = self.id("vpc")
        cidrs = [f"10.{k}.0.0/16"] + (["100.64.0.0/16"] if self.some(0.1) and not k else [])
        ipv6 = [f"{self.random.choice(['2600', '2600', 'fd00'])}:{k + 1}::/56"] if self.some(0.3) else []
        self.vpcs.append({"id": v, "cidrs": cidrs, "ipv6": ipv6})
        self.add(
            "Vpcs",
            VpcId=v,
            CidrBlock=cidrs[0],
            CidrBlockAssociationSet=[{"CidrBlock": c, "CidrBlockState": {"State": "associated"}} for c in cidrs],
            Ipv6CidrBlockAssociationSet=[{"Ipv6CidrBlock": c, "Ipv6CidrBlockState": {"State": "associated"}} for c in ipv6],
        )
        self.targets[v] = [("NatGatewayId", self.id("nat")), ("EgressOnlyInternetGatewayId", self.id("eigw"))]
        if self.some(0.9):
            igw = self.id("igw")
            self.add("InternetGateways", InternetGatewayId=igw, Attachments=[{"VpcId": v, "State": "available"}])
            self.targets[v] += [("GatewayId", igw)] * 4
        if self.some(0.3):
            self.vpn(v)
        self.boxes[v] = [("GatewayId", self.id("vpce"))] if self.some(0.25) else []
        self.boxes[v] += [("NetworkInterfaceId", self.id("eni"))] if self.some(0.25) else []
        self.targets[v] += self.boxes[v] * 2
        strangers = [("LocalGatewayId", "lgw"), ("VpcPeeringConnectionId", "pcx"), ("GatewayId", "vgw"), ("TransitGatewayId", "tgw")]
        self.targets[v] += [(key, self.id(kind)) for key, kind in strangers if self.some(0.06)]
        if self.some(0.1):
            self.peering_away(v, cidrs)

    def connection(self, **to):
        routes = [{"DestinationCidrBlock": c, "State": "available"} for c in self.random.sample(CUSTOMER, 2)]
        state = "deleted" if self.some(0.2) else "available"
        vpn = self.id("vpn")
        self.add("VpnConnections", VpnConnectionId=vpn, State=state, Options={"StaticRoutesOnly": True}, Routes=routes, **to)
        return vpn

    def vpn(self, v):
        vgw = self.id("vgw")
        self.add("VpnGateways", VpnGatewayId=vgw, State="available", VpcAttachments=[{"VpcId": v, "State": "attached"}])
        self.connection(VpnGatewayId=vgw)
        self.targets[v].append(("GatewayId", vgw))

    def peering(self):
        pcx = self.id("pcx")
        a, b = self.vpcs
        status = {"Code": "pending-acceptance" if self.some(0.15) else "active"}
        sides = [{"VpcId": v["id"], "CidrBlockSet": [{"CidrBlock": c} for c in v["cidrs"]]} for v in (a, b)]
        self.add(
            "VpcPeeringConnections",
            VpcPeeringConnectionId=pcx,
            RequesterVpcInfo=sides[0],
            AccepterVpcInfo=sides[1],
            Status=status,
        )
        for v in (a, b):
            self.targets[v["id"]] += [("VpcPeeringConnectionId", pcx)] * 3

    def peering_away(self, v, cidrs):
        """With a VPC of another account, of which the peering alone tells."""
        pcx = self.id("pcx")
        sides = [{"VpcId": v, "CidrBlockSet": [{"CidrBlock": c} for c in cidrs]}]
        sides.append({"VpcId": self.id("vpc"), "CidrBlockSet": [{"CidrBlock": self.random.choice(CUSTOMER)}]})
        self.add(
            "VpcPeeringConnections",
            VpcPeeringConnectionId=pcx,
            RequesterVpcInfo=sides[0],
            AccepterVpcInfo=sides[1],
            Status={"Code": "active"},
        )
        self.targets[v] += [("VpcPeeringConnectionId", pcx)] * 2

    def transit(self):
        tgw = self.id("tgw")
        support = self.random.choice(["enable", "disable"])
        self.add("TransitGateways", TransitGatewayId=tgw, Options={"SecurityGroupReferencingSupport": support})
        if self.some(0.05):  # another account's, which does not tell
            self.targets[self.vpcs[0]["id"]] += [("TransitGatewayId", tgw)] * 3
            return
        tables = [self.id("tgw-rtb") for _ in range(2)]
        resources = [("vpc", v["id"]) for v in self.vpcs]
        resources.append(("vpn", self.connection(TransitGatewayId=tgw)))
        ids = []
        for kind, resource in resources:
            attachment = self.id("tgw-attach")
            ids.append(attachment)
            association = {"State": "associated", "TransitGatewayRouteTableId": self.random.choice(tables)}
            self.add(
                "TransitGatewayAttachments",
                TransitGatewayAttachmentId=attachment,
                TransitGatewayId=tgw,
                ResourceType=kind,
                ResourceId=resource,
                State="available",
                **({"Association": association} if self.some(0.93) else {}),
            )
            if kind == "vpc":
                self.targets[resource] += [("TransitGatewayId", tgw)] * 3
        for t in tables:
            self.add("TransitGatewayRouteTables", TransitGatewayRouteTableId=t, TransitGatewayId=tgw)
            learned = [a for a in self.d["TransitGatewayAttachments"] if self.some(0.7)]
            self.add(
                "TransitGatewayPropagations",
                TransitGatewayRouteTableId=t,
                TransitGatewayRouteTablePropagations=[
                    {k: a[k] for k in ("TransitGatewayAttachmentId", "ResourceType", "ResourceId")} | {"State": "enabled"}
                    for a in learned
                ],
            )
            routes = []
            for cidr in self.random.sample(["0.0.0.0/0", "10.1.0.0/17", "10.0.0.0/17", "192.168.7.0/25"], 2):
                to = [{"TransitGatewayAttachmentId": i} for i in self.random.sample(ids, 2 if self.some(0.2) else 1)]
                state = "blackhole" if self.some(0.2) else "active"
                routes.append({"DestinationCidrBlock": cidr, "State": state, "TransitGatewayAttachments": to, "Type": "static"})
            if self.some(0.95):
                self.add("TransitGatewayStaticRoutes", TransitGatewayRouteTableId=t, Routes=routes)

    # what is inside

    def table(self, vpc, subnet, main):
        routes = [self.local(c) for c in vpc["cidrs"]]
        routes += [{**self.local("::/0"), "DestinationIpv6CidrBlock": c} for c in vpc["ipv6"]]
        for r in routes[len(vpc["cidrs"]) :]:
            del r["DestinationCidrBlock"]
        seen = set()
        peered = [(k, t) for k, t in self.targets[vpc["id"]] if t.startswith(("pcx", "tgw"))]
        if peered and self.some(0.3):
            key, target = self.random.choice(peered)
            others = [c for v in self.vpcs if v is not vpc for c in v["cidrs"]]
            seen |= {*others}
            routes += [{"DestinationCidrBlock": c, key: target, "Origin": "CreateRoute", "State": "active"} for c in others]
        for _ in range(self.random.choice([1, 3, 5, 7])):
            key, target = self.random.choice(self.targets[vpc["id"]])
            to = self.random.choice(["0.0.0.0/0", "0.0.0.0/0", "::/0", "10.1.0.0/16", "10.0.0.0/16", "10.1.0.128/25", *CUSTOMER])
            name = "DestinationIpv6CidrBlock" if ":" in to else "DestinationCidrBlock"
            if self.d["PrefixLists"] and self.some(0.15):
                name, to = "DestinationPrefixListId", self.random.choice(self.d["PrefixLists"])["PrefixListId"]
            elif self.some(0.03):
                name, to = "DestinationPrefixListId", self.strange[0]
            if target.startswith(("pcx", "tgw")) and self.some(0.4):
                name, to = "DestinationCidrBlock", self.random.choice(self.vpcs)["cidrs"][0]
            if target.startswith("igw") and self.some(0.5):
                name, to = "DestinationCidrBlock", "0.0.0.0/0"
            if to in seen or to in vpc["cidrs"]:
                continue
            seen.add(to)
            learned = target.startswith("vgw") and self.some(0.5) and not name.endswith("Id")
            origin = "EnableVgwRoutePropagation" if learned else "CreateRoute"
            state = "blackhole" if self.some(0.1) else "active"
            routes.append({name: to, key: target, "Origin": origin, "State": state})
        if main and self.some(0.03):
            return  # a subnet of another account, who does not tell
        association = {"Main": main} if main else {"Main": False, "SubnetId": subnet}
        self.add("RouteTables", RouteTableId=self.id("rtb"), VpcId=vpc["id"], Routes=routes, Associations=[association])

    def local(self, cidr):
        return {"DestinationCidrBlock": cidr, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}

    def ports(self):
        lo = self.random.choice(PORTS)
        hi = self.random.choice([lo, lo, 65535, *PORTS])
        return min(lo, hi), max(lo, hi)

    def source(self):
        return self.random.choice(SOURCES6) if self.some(0.2) else self.random.choice(["0.0.0.0/0", *SOURCES])

    def entries(self, egress):
        numbers = self.random.sample(range(1, 32766), self.random.choice([0, 0, 1, 2, 3, 4]))
        found = []
        if self.some(0.85):
            numbers.append(32766)
        for number in numbers:
            last = number == 32766
            lo, hi = self.ports()
            e = {"Egress": egress, "RuleNumber": number, "RuleAction": "allow" if last or self.some(0.5) else "deny"}
            e["Protocol"] = "-1" if last or self.some(0.3) else self.random.choice(["6", "6", "17"])
            source = "0.0.0.0/0" if last else self.source()
            e["Ipv6CidrBlock" if ":" in source else "CidrBlock"] = source
            if e["Protocol"] != "-1":
                e["PortRange"] = {"From": lo, "To": hi}
            found.append(e)
        self.random.shuffle(found)
        return found + [{"Egress": egress, "RuleNumber": 32767, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}]

    def acl(self, vpc, subnets):
        self.add(
            "NetworkAcls",
            NetworkAclId=self.id("acl"),
            VpcId=vpc["id"],
            IsDefault=False,
            Entries=self.entries(True) + self.entries(False),
            Associations=[{"SubnetId": s} for s in subnets],
        )

    def permission(self):
        lo, hi = self.ports()
        p = {"IpProtocol": self.random.choice(["tcp", "tcp", "udp", "-1", "icmp"])}
        p.update(IpRanges=[], Ipv6Ranges=[], PrefixListIds=[], UserIdGroupPairs=[])
        if p["IpProtocol"] in ("tcp", "udp"):
            p.update(FromPort=lo, ToPort=hi)
        elif p["IpProtocol"] == "icmp":
            p.update(FromPort=8, ToPort=-1)
        for _ in range(self.random.randint(1, 2)):
            kind = self.random.random()
            everyone = sum(self.groups.values(), [])
            if kind < 0.2 and everyone:
                p["UserIdGroupPairs"].append({"GroupId": self.random.choice([*everyone, *everyone, self.strange[1]])})
            elif kind < 0.22:
                p["PrefixListIds"].append({"PrefixListId": self.strange[0]})
            elif kind < 0.3 and self.d["PrefixLists"]:
                p["PrefixListIds"].append({"PrefixListId": self.random.choice(self.d["PrefixLists"])["PrefixListId"]})
            else:
                source = self.source()
                v6 = ":" in source
                p["Ipv6Ranges" if v6 else "IpRanges"].append({"CidrIpv6" if v6 else "CidrIp": source})
        return p

    def group(self, vpc):
        out = {"IpProtocol": "-1", "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
        out["IpRanges"] = [{"CidrIp": self.random.choice(["0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/9", "8.8.8.0/24"])}]
        g = self.id("sg")
        permissions = [self.permission() for _ in range(self.random.choice([0, 1, 2, 3, 4, 4]))]
        self.add("SecurityGroups", GroupId=g, VpcId=vpc["id"], IpPermissions=permissions, IpPermissionsEgress=[out])
        self.groups.setdefault(vpc["id"], []).append(g)

    def inside(self, vpc):
        vpc["subnets"] = []
        for k in range(self.random.randint(1, 2)):
            s = self.id("subnet")
            network = vpc["cidrs"][0].replace("0.0/16", f"{k}.0/24")
            ipv6 = [c.replace("::/56", f":0:{k}::/64") for c in vpc["ipv6"]]
            vpc["subnets"].append((s, network, ipv6))
            associations = [{"Ipv6CidrBlock": c, "Ipv6CidrBlockState": {"State": "associated"}} for c in ipv6]
            self.add("Subnets", SubnetId=s, VpcId=vpc["id"], CidrBlock=network, Ipv6CidrBlockAssociationSet=associations)
            if self.some(0.6):
                self.table(vpc, s, False)
        self.table(vpc, None, True)
        ids = [s[0] for s in vpc["subnets"]]
        self.appliances(vpc)
        if self.some(0.5):
            self.acl(vpc, ids)
        else:
            for s in ids:
                self.acl(vpc, [s])
        for _ in range(self.random.randint(1, 3)):
            self.group(vpc)
        for k in range(self.random.randint(1, 3)):
            self.instance(vpc, k)

    def appliances(self, vpc):
        for _, box in self.boxes[vpc["id"]]:
            subnet = self.random.choice(vpc["subnets"])[0]
            kind = "GatewayLoadBalancer" if self.some(0.8) else "Interface"
            if self.some(0.1):
                continue
            if box.startswith("vpce"):
                self.add("VpcEndpoints", VpcEndpointId=box, VpcEndpointType=kind, SubnetIds=[subnet])
                continue
            self.add(
                "NetworkInterfaces",
                NetworkInterfaceId=box,
                VpcId=vpc["id"],
                SubnetId=subnet,
                SourceDestCheck=self.some(0.2),
                PrivateIpAddresses=[],
                Ipv6Addresses=[],
                Groups=[],
            )
        igw = [target for key, target in self.targets[vpc["id"]] if target.startswith("igw")]
        if igw and self.boxes[vpc["id"]] and self.some(0.6):
            self.ingress(vpc, igw[0])

    def ingress(self, vpc, igw):
        """The internet gateway's own table."""
        routes = [self.local(c) for c in vpc["cidrs"] if self.some(0.9)]
        for _, network, ipv6 in vpc["subnets"]:
            for to in [network, *ipv6]:
                key, box = self.random.choice(self.boxes[vpc["id"]])
                name = "DestinationIpv6CidrBlock" if ":" in to else "DestinationCidrBlock"
                state = "blackhole" if self.some(0.1) else "active"
                if self.some(0.7):
                    routes.append({name: to, key: box, "Origin": "CreateRoute", "State": state})
        association = {"Main": False, "GatewayId": igw}
        self.add("RouteTables", RouteTableId=self.id("rtb"), VpcId=vpc["id"], Routes=routes, Associations=[association])

    def instance(self, vpc, k):
        i = self.id("i")
        self.add("Reservations", OwnerId="1", Instances=[{"InstanceId": i, "State": {"Name": "running"}}])
        for index in range(self.random.choice([1, 1, 1, 2])):
            subnet, network, ipv6 = self.random.choice(vpc["subnets"])
            host = self.random.choice([10, 200]) + 4 * k + 2 * index
            ips = []
            for extra in range(self.random.choice([1, 1, 2])):
                ip = {"PrivateIpAddress": str(ipaddress.ip_network(network)[host + extra]), "Primary": not extra}
                if self.some(0.5):
                    ip["Association"] = {"PublicIp": f"3.{self.n % 250}.{self.count % 250}.{host + extra}"}
                ips.append(ip)
            delegated = [(4, str(ipaddress.ip_network(network)[224])), (6, str(ipaddress.ip_network(ipv6[0])[0x10000]) if ipv6 else "")]
            taken = {self.d["NetworkInterfaces"][i].get("SubnetId") for i in range(len(self.d["NetworkInterfaces"])) if self.d["NetworkInterfaces"][i].get("Ipv4Prefixes")}
            ranges = {f: a for f, a in delegated if a and subnet not in taken and self.some(0.15)}
            self.add(
                "NetworkInterfaces",
                NetworkInterfaceId=self.id("eni"),
                VpcId=vpc["id"],
                SubnetId=subnet,
                Ipv4Prefixes=[{"Ipv4Prefix": ranges[4] + "/28"}] if 4 in ranges else [],
                Ipv6Prefixes=[{"Ipv6Prefix": ranges[6] + "/112"}] if 6 in ranges else [],
                PrivateIpAddress=ips[0]["PrivateIpAddress"],
                PrivateIpAddresses=ips,
                Ipv6Addresses=[{"Ipv6Address": str(ipaddress.ip_network(c)[host])} for c in ipv6 if self.some(0.7)],
                Attachment={"InstanceId": i, "DeviceIndex": index},
                Groups=[{"GroupId": g} for g in self.random.sample(self.groups[vpc["id"]], 1 + self.some(0.3) * (len(self.groups[vpc["id"]]) > 1))],
            )

    def balancer(self, vpc):
        kind = self.random.choice(["application", "network", "classic"])
        enis = [e for e in self.d["NetworkInterfaces"] if e["VpcId"] == vpc["id"] and "Attachment" in e]
        groups = [] if kind == "network" and self.some(0.5) else [self.random.choice(self.groups[vpc["id"]])]
        scheme = "internet-facing" if self.some(0.7) else "internal"
        port, aimed = self.random.choice([22, 80, 443]), self.random.choice([22, 80, 8080])
        instances = sorted({e["Attachment"]["InstanceId"] for e in enis})
        for g in groups if self.some(0.6) else []:
            everyone = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "PrefixListIds": [], "UserIdGroupPairs": []}
            next(x for x in self.d["SecurityGroups"] if x["GroupId"] == g)["IpPermissions"].append(
                everyone | {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            )
        if kind == "classic":
            listener = {"Protocol": "TCP", "LoadBalancerPort": port, "InstancePort": aimed}
            self.add(
                "LoadBalancerDescriptions",
                LoadBalancerName=self.id("clb"),
                Scheme=scheme,
                VPCId=vpc["id"],
                SecurityGroups=groups,
                Subnets=[s[0] for s in vpc["subnets"]],
                ListenerDescriptions=[{"Listener": listener}],
                Instances=[{"InstanceId": i} for i in instances],
            )
            return
        arn = self.load_balancer(vpc, kind, groups, scheme)
        protocol = "HTTP" if kind == "application" else self.random.choice(["TCP", "UDP"])
        self.listener(vpc, arn, port, aimed, protocol)
        if kind == "application" and self.some(0.5):
            outer_groups = [self.random.choice(self.groups[vpc["id"]])] if self.some(0.5) else []
            outer = self.load_balancer(vpc, "network", outer_groups, "internet-facing")
            self.listener(vpc, outer, 443, self.random.choice([port, port, port + 1]), "TCP", inner=arn)

    def load_balancer(self, vpc, kind, groups, scheme):
        arn = self.id(f"arn:aws:elasticloadbalancing:x:1:loadbalancer/{kind[:3]}")
        zones = []
        for s, network, _ in self.random.sample(vpc["subnets"], self.random.randint(1, len(vpc["subnets"]))):
            nodes = [{"PrivateIPv4Address": str(ipaddress.ip_network(network)[100])}] if self.some(0.5) else []
            zones.append({"SubnetId": s, "LoadBalancerAddresses": nodes})
        stack = self.random.choice(["ipv4", "ipv4", "dualstack", "dualstack-without-public-ipv4"])
        self.add(
            "LoadBalancers",
            LoadBalancerArn=arn,
            LoadBalancerName=arn,
            Scheme=scheme,
            Type=kind,
            VpcId=vpc["id"],
            SecurityGroups=groups,
            AvailabilityZones=zones,
            IpAddressType=stack,
        )
        return arn

    def listener(self, vpc, arn, port, aimed, protocol, inner=None):
        group = self.id("arn:aws:tg")
        enis = [e for e in self.d["NetworkInterfaces"] if "Attachment" in e and (e["VpcId"] == vpc["id"] or self.some(0.8))]
        own = [e for e in enis if e["VpcId"] == vpc["id"]]
        action = {"Type": "forward", "TargetGroupArn": group} if self.some(0.9) else {"Type": "redirect"}
        self.add("Listeners", ListenerArn=arn + "/l", LoadBalancerArn=arn, Port=port, Protocol=protocol, DefaultActions=[action])
        by = "alb" if inner else self.random.choice(["instance", "ip", "ip"])
        self.add("TargetGroups", TargetGroupArn=group, Protocol=protocol, Port=aimed, TargetType=by, VpcId=vpc["id"])
        if self.some(0.2):  # nobody tells
            pass
        elif self.some(0.6):
            self.add("TargetGroupAttributes", TargetGroupArn=group, Attributes=[])
        else:
            keeps = {"Key": "preserve_client_ip.enabled", "Value": self.random.choice(["true", "false"])}
            self.add("TargetGroupAttributes", TargetGroupArn=group, Attributes=[keeps])
        instances = sorted({e["Attachment"]["InstanceId"] for e in own})
        health = []
        for to in [inner] if inner else instances if by == "instance" else [e["PrivateIpAddress"] for e in enis]:
            target = {"Id": to} | ({"Port": 443} if self.some(0.2) else {})
            state = "healthy" if inner else self.random.choice(["healthy", "initial", "unhealthy", "unused"])
            health.append({"Target": target, "TargetHealth": {"State": state}})
        if self.some(0.1):
            health.append({"Target": {"Id": "arn:aws:lambda:x:1:function:f"}, "TargetHealth": {"State": "healthy"}})
        self.add("LoadBalancerTargetHealth", TargetGroupArn=group, TargetHealthDescriptions=health)

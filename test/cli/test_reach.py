"""assay reach: single flows against recorded answers, and open ports against a simulator that tries packets."""

import json
import multiprocessing
import random
import shutil
import subprocess

import pytest
from reach_layouts import Layout
from reach_simulator import Simulator

# What describe calls do not tell: who is beyond a VPN connection or a virtual interface (the recorded answers are of
# networks with such routers), and which public addresses are AWS's (https://ip-ranges.amazonaws.com/ip-ranges.json).
DEVICES = {
    "test-vpn-gateway": {
        "DeviceId": "vpn-03701a53bba3c48b7.txt",
        "VpnConnectionIds": ["vpn-03701a53bba3c48b7"],
        "AdvertisedPrefixes": ["0.0.0.0/0"],
    },
    "test-direct-connect-gateway": {
        "DeviceId": "onprem-router",
        "VpnConnectionIds": ["vpn-dx-test"],
        "VirtualInterfaceIds": ["dxvif-dx01"],
        "Prefixes": ["10.10.0.0/16"],
    },
    "test-direct-connect-private-vif": {
        "DeviceId": "onprem-high",
        "VirtualInterfaceIds": ["dxvif-priv01"],
        "Prefixes": ["10.20.0.0/16"],
    },
}
CLOUD = {"prefixes": [{"ip_prefix": "54.184.0.0/13", "service": "EC2"}]}


@pytest.fixture(scope="module")
def reach(assay):
    def run(folder, *options, text=""):
        done = subprocess.run([assay, "reach", *options, str(folder)], input=text, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 4), done.stderr
        run.partial, run.said = done.returncode == 4, done.stderr
        return done.stdout

    return run


def test_recorded_flows(reach, shared, tmp_path):
    folder = shared / "conformance/aws_reach"
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    assert len(cases) == 30
    wrong = []
    for name in sorted({c["snapshot"] for c in cases}):
        shutil.copytree(folder / "snapshots" / name, tmp_path / name)
        (tmp_path / name / "ip-ranges.json").write_text(json.dumps(CLOUD))
        if name in DEVICES:
            (tmp_path / name / "devices.json").write_text(json.dumps({"CustomerDevices": [DEVICES[name]]}))
        mine = [c for c in cases if c["snapshot"] == name]
        asked = [json.dumps({k: c[k] for k in ("ingress", "src", "dst", "proto", "dport")}) for c in mine]
        answers = reach(tmp_path / name, "--trace", text="\n".join(asked) + "\n").splitlines()
        for case, answer in zip(mine, map(json.loads, answers), strict=True):
            either = {"ACCEPTED_OR_EXITS": ("ACCEPTED", "EXITS_NETWORK")}.get(case["disposition"], (case["disposition"],))
            right = answer["disposition"] in either and answer["path"] == case["path"]
            if case["bidirectional"]:
                right &= answer["reverse_path"] == case["reverse_path"] and answer["reverse_disposition"] == "ACCEPTED"
            if not right:
                wrong.append((case, answer))
    assert not wrong


def account(number, *without, **instead):
    """A VPC with a virtual private gateway beyond which there is nothing: every list, or all but some."""
    v, i, gateway = f"vpc-{number}", f"i-{number}", f"vgw-{number}"
    admit = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.168.0.0/16"}]}
    interface = {"NetworkInterfaceId": f"eni-{number}", "VpcId": v, "SubnetId": f"subnet-{number}", "Groups": [{"GroupId": f"sg-{number}"}]}
    addresses = {"PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5"}], "Attachment": {"InstanceId": i, "DeviceIndex": 0}}
    table = {"RouteTableId": f"rtb-{number}", "VpcId": v, "Associations": [{"Main": True}]}
    lists = {
        "Vpcs": [{"VpcId": v, "CidrBlock": "10.0.0.0/16"}],
        "Subnets": [{"SubnetId": f"subnet-{number}", "VpcId": v, "CidrBlock": "10.0.0.0/24"}],
        "RouteTables": [table | {"Routes": [{"DestinationCidrBlock": "192.168.0.0/16", "GatewayId": gateway}]}],
        "SecurityGroups": [{"GroupId": f"sg-{number}", "VpcId": v, "IpPermissions": [admit]}],
        "NetworkInterfaces": [interface | addresses],
        "Reservations": [{"OwnerId": "1", "Instances": [{"InstanceId": i, "State": {"Name": "running"}}]}],
        "VpnGateways": [{"VpnGatewayId": gateway, "State": "available", "VpcAttachments": [{"VpcId": v, "State": "attached"}]}],
    }
    for name in ("NetworkAcls", "InternetGateways", "VpnConnections", "VirtualInterfaces", "DirectConnectGatewayAssociations"):
        lists[name] = []
    return {name: items for name, items in (lists | instead).items() if name not in without}


PADDING = {"Padding": "x" * (17 << 20)}  # a file that is read piece by piece
SIDE_BY_SIDE = {
    "all": ({"1/x.json": account(1), "2/x.json": account(2)}, set()),
    "one lacks a list": ({"1/x.json": account(1), "2/x.json": account(2, "VpnConnections")}, {"VpnConnections"}),
    "one above": ({"x.json": account(1), "2/x.json": account(2, "VpnConnections")}, {"VpnConnections"}),
    "by service": ({"1/x.json": account(1), "2/a/x.json": account(2, "VpnConnections"), "2/b/x.json": {"VpnConnections": []}}, set()),
    "for both": ({f"{n}/x.json": account(n, "VpnConnections") for n in (1, 2)} | {"x.json": {"VpnConnections": []}}, set()),
    "no gateway": (
        {"1/x.json": account(1), "2/x.json": account(2, "DirectConnectGatewayAssociations", VpnGateways=[], RouteTables=[])},
        set(),
    ),
    "of one not all VPCs": (
        {"1/x.json": account(1), "2/x.json": account(2, "Vpcs", "VpnConnections"), "2/y.json": {"Vpcs": [], "NextToken": "x"}},
        {"Vpcs", "VpnConnections"},
    ),
    "large": ({"x.json": account(1) | PADDING}, set()),
    "large, goes on": ({"x.json": account(1, "Vpcs") | PADDING | {"NextToken": "x"}, "y.json": account(1, "VpnConnections")}, {"VpnConnections"}),
}


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_accounts_side_by_side(reach, tmp_path, name):
    """Of several accounts a list is told where each of them tells it: any address may come by what is not told."""
    files, missing = SIDE_BY_SIDE[name]
    for path, lists in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(json.dumps(lists))
    told = json.loads(reach(tmp_path, "--format", "json"))
    assert {u["list"] for u in told["notDescribed"]} == missing and reach.partial == bool(missing)
    hosts = {r["Instances"][0]["InstanceId"] for lists in files.values() for r in lists.get("Reservations", [])}
    assert {f["instance"] for f in told["findings"]} == (hosts if missing else set())


def test_why_names_what_is_missing(reach, tmp_path):
    """In either format, where the exit code says that something is."""
    one = account(1, "VpnConnections")
    one["SecurityGroups"][0]["IpPermissions"].append({"IpProtocol": "udp", "PrefixListIds": [{"PrefixListId": "pl-1"}]})
    (tmp_path / "x.json").write_text(json.dumps(one))
    missing = ["not described: VpnConnections", "pl-1 is named, but not described"]
    text = reach(tmp_path, "--why", "22", "--instance", "i-1")
    assert reach.partial and all(m in text for m in missing) and not reach.said
    assert json.loads(reach(tmp_path, "--why", "22", "--instance", "i-1", "--format", "json"))
    assert reach.partial and all(m in reach.said for m in missing)


def simulate(number):
    layout = Layout(random.Random(number), number).d
    simulator = Simulator(layout)
    return number, layout, simulator.open(), simulator.ports


def opened(findings, ports):
    """What the program says of the ports that the simulator tried, and what bounds its ranges."""
    found = set()
    for f in findings:
        begin, end = f["openPortRange"]["begin"], f["openPortRange"]["end"]
        assert (begin in ports and begin - 1 in ports or not begin) and (end in ports and end + 1 in ports or end == 65535), f
        proto = {"TCP": 6, "UDP": 17}[f["protocol"]]
        key = f["interface"], f["edge"]["componentId"], f.get("loadBalancer"), proto
        found |= {(*key, port) for port in ports if begin <= port <= end}
    return found


def test_random_layouts(reach, tmp_path):
    """1,000 layouts side by side in one directory, so that the program starts once."""
    with multiprocessing.Pool() as pool:
        simulated = pool.map(simulate, range(1000), chunksize=25)
    for number, layout, _, _ in simulated:
        (tmp_path / f"{number}.json").write_text(json.dumps(layout))
    told = json.loads(reach(tmp_path, "--format", "json"))
    assert reach.partial and all(p.endswith("is named, but not described") for p in told["problems"])
    assert {u["list"] for u in told["notDescribed"]} <= {"Rules", "TransitGatewayRoutes"} and not told["unclearInstances"]
    by_layout = {}
    for f in told["findings"]:
        by_layout.setdefault(int(f["instance"].split("-")[1].split("x")[0]), []).append(f)
    total, edges = 0, set()
    for number, _, expected, ports in simulated:
        found = opened(by_layout.get(number, []), ports)
        assert found == expected, f"layout {number}: {sorted(found ^ expected, key=str)[:5]}"
        total += len(expected)
        edges |= {(e[1].split("-")[0], bool(e[2])) for e in expected}
    ways = {(edge, balanced) for edge in ("igw", "pcx", "vgw", "tgw", "lgw") for balanced in (False, True)}
    assert total > 10000 and edges == ways
    steps = [{s["componentId"].split("-")[0] for s in f["networkPath"]["steps"]} for f in told["findings"]]
    assert sum("vpce" in s for s in steps) > 100  # what else there is to find is there
    layouts = {number: layout for number, layout, _, _ in simulated}
    assert any(is_foreign(layouts, f) for f in told["findings"])
    assert sum(len([s for s in f["networkPath"]["steps"] if "loadbalancer/" in s["componentId"]]) == 2 for f in told["findings"])


def is_foreign(layouts, finding):
    """Whether it is open through a load balancer in another VPC."""
    layout = layouts[int(finding["instance"].split("-")[1].split("x")[0])]
    balancer = next((b for b in layout["LoadBalancers"] if b["LoadBalancerArn"] == finding.get("loadBalancer")), None)
    own = next(e["VpcId"] for e in layout["NetworkInterfaces"] if e["NetworkInterfaceId"] == finding["interface"])
    return bool(balancer) and balancer["VpcId"] != own

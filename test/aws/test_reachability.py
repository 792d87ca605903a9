"""Network findings of an account: what `assay reach` says of the same describe calls."""

import json

from aws_world import KEY
from test_account import account  # noqa: F401
from test_network import REGION, build, reach


def direct_connect(method, path, headers, body):
    """Nothing; moto has none of it."""
    lists = "virtualInterfaces", "directConnectGateways", "directConnectGatewayAssociations"
    return 200, {}, json.dumps({name: [] for name in lists})


def of_reach(found):
    members = "openPortRange", "protocol", "networkPath"
    return {told(f["instance"], f, {member: f[member] for member in members}) for f in found["findings"]}


def of_api(found):
    return {told(f["resources"][0]["id"], f, f["networkReachabilityDetails"]) for f in found}


def told(instance, finding, details):
    return instance, finding["title"], finding["severity"], json.dumps(details, sort_keys=True)


def test_findings_are_what_reach_says(account, aws_probe, moto, assay, fake, tmp_path):  # noqa: F811
    instances, groups = build(moto)
    endpoints = account.options["endpoints"] | {"directconnect": fake(direct_connect).url}
    account.options |= {"regions": [REGION], "endpoints": endpoints}
    account.add()
    probe = aws_probe(KEY | {"region": REGION, "endpoints": endpoints})

    def both(name):
        kinds = {"findingType": "NETWORK_REACHABILITY", "findingStatus": "ACTIVE"}
        criteria = {key: [{"comparison": "EQUALS", "value": value}] for key, value in kinds.items()}
        found = account.server.findings(**criteria)
        return of_reach(reach(assay, tmp_path / name, probe.ask("network")["pages"])), of_api(found)

    wanted, found = both("all")
    assert len(wanted) > 6 and found == wanted
    ec2 = moto.client("ec2", REGION)
    open_443 = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_ingress(GroupId=groups[0], IpPermissions=[open_443])
    ec2.terminate_instances(InstanceIds=instances[:1])
    account.poll()
    less, found = both("less")
    assert found == less and less < wanted

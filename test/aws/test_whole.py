"""An AWS account from an empty store, with real packages in everything: all of it is covered, and has the findings that a scan of
the same contents has; a security group that is edited opens and closes ports, and moves scores."""

import json
import pathlib
import subprocess

import pytest
from aws_disks import agent
from common import npm, wait_for, wheel
from images import Image
from test_account import ACTIVE, archive, call, connected
from test_instances import launch

DEBIAN = ["etc/os-release", "var/lib/dpkg/status"]


@pytest.fixture(scope="module")
def account(make_server, moto, real_db):
    """One for all tests of this file, which run in order."""
    with connected(make_server, moto, db=real_db) as one:
        yield one


class World:
    """What is in the account; `same`: of each resource what a scan by hand is given."""

    def __init__(self, account, folder, bookworm, disk, published):
        self.account, self.folder, self.same = account, folder, {}
        self.python = wheel(published / "Jinja2-2.10-py2.py3-none-any.whl")
        self.node = npm(published / "lodash-4.17.15.tgz", "node_modules/lodash")
        self.node |= npm(published / "minimist-1.2.0.tgz", "node_modules/minimist")
        self.java = {"lib/log4j-core-2.14.1.jar": (published / "log4j-core-2.14.1.jar").read_bytes()}
        self.deps = {f"python/{name}": text for name, text in wheel(published / "requests-2.19.1-py2.py3-none-any.whl").items()}
        self.instances(bookworm, disk)
        self.images(bookworm)
        self.functions()

    def instances(self, bookworm, disk):
        ec2 = self.account.ec2
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        self.group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
        self.disk, _ = launch(self.account, disk, SecurityGroupIds=[self.group])
        self.managed, _ = launch(self.account)
        fields = [dict(line.split(": ", 1) for line in one.splitlines() if ": " in line and line[0] != " ")
                  for one in (bookworm / "var/lib/dpkg/status").read_text().split("\n\n") if one.strip()]
        disks = self.account.front.disks
        disks.managed[self.managed] = agent("Debian GNU/Linux", "12")
        disks.inventories[self.managed] = (60, [inventory_entry(one) for one in fields])
        self.same |= {self.disk: [bookworm], self.managed: [bookworm]}

    def images(self, bookworm):
        self.account.ecr.create_repository(repositoryName="team/app")
        system = {path: (bookworm / path).read_bytes() for path in DEBIAN}
        for tag, files in {"python": self.python, "node": self.node, "java": self.java}.items():
            image = Image(system, {f"srv/{name}": text for name, text in files.items()})
            self.account.push("team/app", tag, image)
            self.same[f"team/app/{image.digest}"] = [layout(self.folder / tag, image)]

    def functions(self):
        layer = self.account.layer("deps", self.deps)
        deps = self.zip("deps", self.deps)
        runtimes = {"python": ("python3.11", self.python), "node": ("nodejs20.x", self.node), "java": ("java17", self.java)}
        for name, (runtime, files) in runtimes.items():
            self.account.deploy(name, files, Runtime=runtime, **({"Layers": [layer]} if name == "python" else {}))
            self.same[name] = [self.zip(name, files)] + ([deps] if name == "python" else [])

    def zip(self, name, files):
        path = self.folder / f"{name}.zip"
        path.write_bytes(archive(files))
        return path


def inventory_entry(package):
    """A package of dpkg as the agent of Systems Manager reports it."""
    name, version, arch = (package[key] for key in ("Package", "Version", "Architecture"))
    named = {"Name": name, "Version": version, "Architecture": {"amd64": "x86_64"}.get(arch, arch)}
    return named | {"PackageId": f"{name}_{version}_{arch}.deb"}


def layout(folder, image):
    """The image as an OCI layout."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for digest, content in (image.blobs | {image.digest: image.manifest}).items():
        (blobs / digest.removeprefix("sha256:")).write_bytes(content)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    manifest = Image.descriptor("application/vnd.oci.image.manifest.v1+json", image.manifest)
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    return folder


@pytest.fixture(scope="module")
def world(account, tmp_path_factory, bookworm, images, published):
    one = World(account, tmp_path_factory.mktemp("world"), pathlib.Path(bookworm), images["ext4"], published)
    account.listen()
    account.add(queues=[account.queue])
    return one


def by_hand(account, assay, targets):
    """(vulnerability, package, version, fixed in) by `assay scan`."""
    found = set()
    for target in targets:
        command = [assay, "scan", "--db", account.server.db, "--all", "--format", "json", target]
        done = subprocess.run(command, capture_output=True, check=False)
        for one in json.loads(done.stdout)["findings"]:
            package = one["package"]
            name = f"{package['namespace']}:{package['name']}" if package["type"] == "maven" else package["name"]
            found.add((one["id"], name, package["version"], one.get("fixed")))
    return found


def by_server(account, resource):
    """The same, as boto3 lists it."""
    found = set()
    kind = [{"comparison": "EQUALS", "value": "PACKAGE_VULNERABILITY"}]
    for one in account.server.findings(findingStatus=ACTIVE, findingType=kind, resourceId=[{"comparison": "EQUALS", "value": resource}]):
        details = one["packageVulnerabilityDetails"]
        for package in details["vulnerablePackages"]:
            epoch = f"{package['epoch']}:" if package.get("epoch") else ""
            release = f"-{package['release']}" if package.get("release") else ""
            fixed = package.get("fixedInVersion")
            fixed = None if fixed == "NotAvailable" else fixed
            found.add((details["vulnerabilityId"], package["name"], f"{epoch}{package['version']}{release}", fixed))
    return found


def test_everything_is_covered(account, world):
    rows = account.server.call_all("/coverage/list", "coveredResources")
    assert {(r["scanStatus"]["statusCode"], r["scanStatus"]["reason"]) for r in rows} == {("ACTIVE", "SUCCESSFUL")}
    modes = {r["resourceId"]: r.get("scanMode") for r in rows if r["scanType"] == "PACKAGE"}
    assert modes[world.disk] == "EC2_AGENTLESS" and modes[world.managed] == "EC2_SSM_AGENT_BASED"
    kinds = {(r["resourceType"], r["scanType"]): 0 for r in rows}
    for r in rows:
        kinds[r["resourceType"], r["scanType"]] += 1
    assert kinds == {
        ("AWS_EC2_INSTANCE", "PACKAGE"): 2,
        ("AWS_EC2_INSTANCE", "NETWORK"): 2,
        ("AWS_ECR_REPOSITORY", "PACKAGE"): 1,
        ("AWS_ECR_CONTAINER_IMAGE", "PACKAGE"): 3,
        ("AWS_LAMBDA_FUNCTION", "PACKAGE"): 3,
    }
    assert set(account.named()) == {*world.same, "team/app"}
    assert not account.state()["state"]["problems"] and not account.waiting()
    (counted,) = account.server.client().list_coverage_statistics(groupBy="SCAN_STATUS_REASON")["countsByGroup"]
    assert counted == {"groupKey": "SUCCESSFUL", "count": len(rows)}


def test_findings_are_those_of_scans_by_hand(account, world, assay):
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": world.managed})  # others may tell sources by now
    account.settle()
    ids = {n: r["resourceId"] for n, r in account.named().items()}
    for name, targets in world.same.items():
        expected = by_hand(account, assay, targets)
        assert len(expected) > 3, name
        assert by_server(account, ids[name]) == expected, name


def test_other_calls_say_the_same(account, world):
    """Aggregations count what lists list; what is exploited is said of the finding."""
    inspector = account.server.client()
    kinds = {"AWS_EC2_INSTANCE": "ec2InstanceAggregation", "AWS_ECR_CONTAINER": "awsEcrContainerAggregation"}
    kinds["AWS_LAMBDA_FUNCTION"] = "lambdaFunctionAggregation"
    listed = {}
    for one in account.server.findings(findingStatus=ACTIVE):
        resource = one["resources"][0]["id"]
        listed[resource] = listed.get(resource, 0) + 1
    for kind, member in kinds.items():
        for row in inspector.list_finding_aggregations(aggregationType=kind)["responses"]:
            one = row[member]
            resource = one.get("instanceId") or one["resourceId"]
            assert one["severityCounts"]["all"] == listed.pop(resource), resource
    assert not listed
    (log4shell,) = account.server.findings(
        vulnerabilityId=[{"comparison": "EQUALS", "value": "CVE-2021-44228"}], resourceType=[{"comparison": "EQUALS", "value": "AWS_LAMBDA_FUNCTION"}]
    )
    (detail,) = inspector.batch_get_finding_details(findingArns=[log4shell["findingArn"]])["findingDetails"]
    assert detail["cisaData"]["dateAdded"] and detail["epssScore"] > 0.9 and log4shell["exploitAvailable"] == "YES"


def scores(account, instance):
    """CVE -> (score, attack vector, reasons) of the findings that an attacker on the network could use."""
    found = {}
    for one in account.server.findings(findingStatus=ACTIVE, resourceId=[{"comparison": "EQUALS", "value": instance}]):
        context = one.get("inspectorScoreDetails", {}).get("adjustedCvss", {})
        base = [c["scoringVector"] for c in one.get("packageVulnerabilityDetails", {}).get("cvss", [])]
        if any("/AV:N" in vector for vector in base):
            vector = dict(part.split(":") for part in context["scoringVector"].split("/"))
            reasons = [(a["metric"], a["reason"]) for a in context.get("adjustments", [])]
            found[one["packageVulnerabilityDetails"]["vulnerabilityId"]] = (one["inspectorScore"], vector["AV"], reasons)
    return found


def test_a_security_group_opens_ports_and_moves_scores(account, world):
    """What the event leads to, and no more; all of it goes back when the rule goes."""
    local = [("AV", "no open network path to the resource")]
    before, other = scores(account, world.disk), scores(account, world.managed)
    moved = {cve for cve, (_, vector, _) in before.items() if vector == "L"}
    assert len(moved) > 10 and all(before[cve][2] == local for cve in moved)
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    account.ec2.authorize_security_group_ingress(GroupId=world.group, IpPermissions=[rule])
    account.front.calls.clear()
    account.tell(call("ec2", "AuthorizeSecurityGroupIngress", groupId=world.group))
    wait_for(lambda: account.ports() == {(world.disk, 443)})
    (finding,) = account.server.findings(findingType=[{"comparison": "EQUALS", "value": "NETWORK_REACHABILITY"}], findingStatus=ACTIVE)
    steps = [step["componentType"] for step in finding["networkReachabilityDetails"]["networkPath"]["steps"]]
    assert finding["severity"] == "LOW" and steps[0] == "AWS::EC2::InternetGateway" and steps[-1] == "AWS::EC2::Instance"
    after = scores(account, world.disk)
    assert after.keys() == before.keys()
    for cve, (score, vector, reasons) in after.items():
        assert (vector, reasons) == ("N", []) and (score > before[cve][0]) == (cve in moved), cve
    assert scores(account, world.managed) == other
    assert {operation for operation, _ in account.front.calls} <= {"DescribeSecurityGroups", "ReceiveMessage", "DeleteMessageBatch"}
    account.ec2.revoke_security_group_ingress(GroupId=world.group, IpPermissions=[rule])
    account.tell(call("ec2", "RevokeSecurityGroupIngress", groupId=world.group))
    wait_for(lambda: not account.ports())
    assert scores(account, world.disk) == before

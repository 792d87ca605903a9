"""An AWS account: what is in it is found, read and kept current."""

import contextlib
import hashlib
import io
import json
import sqlite3
import subprocess
import threading
import time
import urllib.parse
import zipfile
from collections import Counter

import pytest
import tiny
from aws_disks import agent
from aws_front import Front, breaks_off, denied, denied_for, drips, expired, meanwhile, stalls, throttled
from common import wait_for
from images import Image, digest, index
from test_events import Stream

AWS = "123456789012"
REGION = "eu-west-1"
ACTIVE = [{"comparison": "EQUALS", "value": "ACTIVE"}]


def archive(files):
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w") as one:
        for name, content in files.items():
            one.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return to.getvalue()


def application(version="4.17.15"):
    return {"index.js": "", "package-lock.json": tiny.lock({"lodash": version})}


class Account:
    """A server and the AWS account that it reads."""

    def __init__(self, server, moto, front):
        self.server, self.front = server, front
        self.ec2, self.ecr, self.functions = (moto.client(name, REGION) for name in ("ec2", "ecr", "lambda"))
        self.sqs = moto.client("sqs", REGION)
        self.role = moto.client("iam", REGION).create_role(
            RoleName="lambda", AssumeRolePolicyDocument="{}", Path="/"
        )["Role"]["Arn"]
        self.options = {
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "regions": [REGION],
            "endpoints": {"": front.url},
        }
        self.origin = None

    def add(self, settle=True, **options):
        body = {"kind": "AWS_ACCOUNT", "url": f"aws:{AWS}", "options": self.options | options, "secret": "secret"}
        self.origin = self.server.call("POST", "/assay/v1/origins", body)["id"]
        if settle:
            self.settle()

    def poll(self):
        time.sleep(1)  # what is as new as a list is not missed in it
        self.server.call("POST", f"/assay/v1/origins/{self.origin}/poll")
        self.settle()

    def state(self):
        return next(o for o in self.server.call("GET", "/assay/v1/origins")["origins"] if o["id"] == self.origin)

    def settle(self):
        self.server.settle()

    def jobs(self):
        """Kinds of what is left to be done."""
        return {job["kind"] for job in self.server.jobs("READY", "RUNNING")}

    # what is in AWS

    def push(self, repository, tag, *images):
        """An image, or an index of several."""
        for image in images:
            for content in image.blobs.values():
                self.front.keep(content)
        if len(images) == 1:
            self.put(repository, images[0].manifest, imageTag=tag)
            return
        for image in images:
            self.put(repository, image.manifest)
        self.put(repository, index(*images), imageTag=tag)

    def put(self, repository, manifest, **more):
        """With its digest, since moto's are of other things."""
        self.ecr.put_image(repositoryName=repository, imageManifest=manifest.decode(), imageDigest=digest(manifest), **more)

    def deploy(self, name, files, **more):
        code = archive(files)
        self.front.keep(code)
        options = {"Runtime": "nodejs20.x", "Handler": "index.handler", **more}
        self.functions.create_function(FunctionName=name, Role=self.role, Code={"ZipFile": code}, **options)

    def layer(self, name, files):
        content = archive(files)
        self.front.keep(content)
        self.front.layers[name] = content
        version = self.functions.publish_layer_version(LayerName=name, Content={"ZipFile": content})
        return version["LayerVersionArn"]

    def launch(self, **more):
        return self.ec2.run_instances(ImageId="ami-12c6146b", **more, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    def listen(self):
        self.queue = self.sqs.create_queue(QueueName="assay")["QueueUrl"]

    def tell(self, *events):
        for one in events:
            body = one if isinstance(one, str) else json.dumps(one)
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    def waiting(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(map(int, counts.values()))

    def update(self, name, files):
        code = archive(files)
        self.front.keep(code)
        self.functions.update_function_code(FunctionName=name, ZipFile=code)

    # what assay says

    def coverage(self):
        rows = self.server.call_all("/coverage/list", "coveredResources")
        return {r["resourceId"]: r for r in rows}

    def named(self):
        return {name(r): r for r in self.coverage().values()}

    def reasons(self):
        return {name(r): r["scanStatus"]["reason"] for r in self.coverage().values()}

    def detail(self, resource):
        """How a resource is scanned for packages, with the reason in words."""
        path = f"/assay/v1/resources/{urllib.parse.quote(resource, safe='')}/coverage"
        return next(c for c in self.server.call("GET", path)["coverage"] if c["scanType"] == "PACKAGE")

    def errors(self):
        return {name({"id": r}): self.detail(r).get("message", "") for r in self.coverage()}

    def last_event(self):
        with sqlite3.connect(f"file:{self.server.data / 'state.db'}?mode=ro", uri=True, timeout=30) as db:
            return db.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]

    def events(self, after):
        """(kind, of what) of what happened since then, as listeners are told."""
        end, found = self.last_event(), []
        if end == after:
            return found
        stream = Stream(self.server, after)
        for number, kind, data in stream:
            found.append((kind, name(data["finding"]["resources"][0] if "finding" in data else data)))
            if number == end:
                break
        stream.close()
        return found

    def set(self, statement):
        """What else only time would change."""
        with sqlite3.connect(self.server.data / "state.db", timeout=30) as db:
            db.execute(statement)

    def ports(self):
        kind = [{"comparison": "EQUALS", "value": "NETWORK_REACHABILITY"}]
        found = self.server.findings(findingType=kind, findingStatus=ACTIVE)
        return {(name(f["resources"][0]), f["networkReachabilityDetails"]["openPortRange"]["begin"]) for f in found}

    def active(self):
        return {
            (name(f["resources"][0]), f["packageVulnerabilityDetails"]["vulnerabilityId"])
            for f in self.server.findings(findingStatus=ACTIVE)
            if f["type"] == "PACKAGE_VULNERABILITY"
        }


def name(resource):
    """Short, for people: the id's end, without versions."""
    identifier = resource.get("resourceId") or resource["id"]
    return identifier.removesuffix(":$LATEST").split(":function:")[-1].split("repository/")[-1]


def debian():
    return {"etc/os-release": tiny.BUSTER, "var/lib/dpkg/status": tiny.host()["var/lib/dpkg/status"]}


def event(kind, source, **detail):
    return {"version": "0", "id": "1", "detail-type": kind, "source": source, "account": AWS, "region": REGION, "detail": detail}


def call(service, operation, **parameters):
    detail = {"eventSource": f"{service}.amazonaws.com", "eventName": operation, "requestParameters": parameters}
    return event("AWS API Call via CloudTrail", f"aws.{service}", **detail)


def state_event(instance, state):
    return event("EC2 Instance State-change Notification", "aws.ec2", **{"instance-id": instance, "state": state})


def image_event(action, repository, digest, tag):
    detail = {"result": "SUCCESS", "repository-name": repository, "image-digest": digest, "action-type": action, "image-tag": tag}
    return event("ECR Image Action", "aws.ecr", **detail)


@contextlib.contextmanager
def connected(make_server, moto, **options):
    moto.reset()
    server, front = make_server("--account", AWS, **options), Front(moto)
    server.client().enable(resourceTypes=["EC2", "ECR", "LAMBDA"])
    yield Account(server, moto, front)
    server.stop()
    front.stop()


@pytest.fixture
def account(make_server, moto):
    with connected(make_server, moto) as one:
        yield one


def test_everything_is_found(account):
    """From an empty store; and looked at again, nothing is asked for that is known."""
    account.deploy("hello", application(), Tags={"team": "blue"})
    account.ecr.create_repository(repositoryName="team/app")
    image = Image({**debian(), "srv/package-lock.json": tiny.lock({"minimist": "1.2.0"})})
    account.push("team/app", "v1", image)
    instance, stopped = account.launch(), account.launch()
    account.ec2.stop_instances(InstanceIds=[stopped])
    account.add()

    function, container = f"arn:aws:lambda:{REGION}:{AWS}:function:hello:$LATEST", f"team/app/{image.digest}"
    assert {r: reason for r, reason in account.reasons().items() if r not in (instance, stopped)} == {
        "hello": "SUCCESSFUL",
        "team/app": "SUCCESSFUL",
        container: "SUCCESSFUL",
    }
    assert account.reasons()[stopped] == "EC2_INSTANCE_STOPPED"
    assert account.active() == {
        ("hello", "CVE-2021-0001"),
        ("hello", "CVE-2021-0002"),
        (container, "CVE-2021-0003"),
        (container, "CVE-2021-0010"),
        (container, "CVE-2021-0030"),
        (container, "CVE-2021-0031"),
        (container, "EOL-DEBIAN_10"),
    }
    resources = {name(f["resources"][0]): f["resources"][0] for f in account.server.findings()}
    assert resources["hello"]["id"] == function and resources["hello"]["region"] == REGION
    assert resources["hello"]["tags"] == {"team": "blue"}
    details = resources[container]["details"]["awsEcrContainerImage"]
    assert details["registry"] == AWS and details["imageTags"] == ["v1"] and details["repositoryName"] == "team/app"
    assert resources[container]["id"] == f"arn:aws:ecr:{REGION}:{AWS}:repository/{container}"
    state = account.state()["state"]
    assert state["regions"] == [REGION] and not state["problems"] and "error" not in state

    account.front.calls.clear()
    account.poll()
    assert account.front.count("BatchGetImage") == account.front.count("GetDownloadUrlForLayer") == 0
    assert account.front.count("GetFunction") == 0
    assert account.front.count("ListFunctions") == account.front.count("GetResources") == 1


def test_tags_of_functions(account):
    """Page by page; one by one where that is not allowed."""
    for n in range(5):
        account.deploy(f"f{n}", {"index.js": ""}, Tags={"z": "1", "a": str(n)})
    account.add()
    account.front.tags_page = 2
    account.front.calls.clear()
    account.poll()
    asked = {name: account.front.count(name) for name in ("ListFunctions", "GetResources", "GetFunction")}
    assert asked == {"ListFunctions": 1, "GetResources": 3, "GetFunction": 0}

    arn = account.functions.get_function(FunctionName="f3")["Configuration"]["FunctionArn"]
    account.functions.tag_resource(Resource=arn, Tags={"InspectorExclusion": "LambdaStandardScanning"})
    account.poll()
    assert account.reasons()["f3"] == "EXCLUDED_BY_TAG" and account.front.count("GetFunction") == 1
    account.front.faults["GetResources"] = denied
    account.front.calls.clear()
    account.poll()
    assert account.front.count("GetFunction") == 5
    assert "GetResources" in account.state()["state"]["problems"][0]["error"]
    account.functions.untag_resource(Resource=arn, TagKeys=["InspectorExclusion"])
    account.poll()
    assert account.reasons()["f3"] == "SUCCESSFUL"


def test_archived_images(account):
    """Left with their findings closed, until they are back; one that nobody knew is not listed."""
    account.ecr.create_repository(repositoryName="app")
    image, other = Image(application()), Image(application("4.17.21"))
    account.push("app", "v1", image)
    account.push("app", "old", other)
    account.front.archived.add(other.digest)
    account.add()
    container = f"app/{image.digest}"
    assert account.reasons() == {"app": "SUCCESSFUL", container: "SUCCESSFUL"} and account.active()
    account.front.archived.add(image.digest)
    account.poll()
    assert account.reasons()[container] == "IMAGE_ARCHIVED" and not account.active()
    account.front.archived.clear()
    account.poll()
    assert account.reasons()[container] == account.reasons()[f"app/{other.digest}"] == "SUCCESSFUL" and account.active()


def test_images_in_use(account, moto):
    """Counted where tasks run them, by themselves or by their index; what runs, or was pulled, stays in its window."""
    ecs = moto.client("ecs", REGION)
    host = f"{AWS}.dkr.ecr.{REGION}.amazonaws.com"
    account.ecr.create_repository(repositoryName="app")
    image, idle, pulled = Image(application()), Image(application("4.17.20")), Image({"a": "1"})
    amd64, arm64 = Image({"b": "1"}), Image({"c": "1"}, architecture="arm64")
    account.push("app", "v1", image)
    account.push("app", "idle", idle)
    account.push("app", "pulled", pulled)
    account.push("app", "both", amd64, arm64)
    account.front.pulled[pulled.digest] = int(time.time()) - 86400
    cluster = ecs.create_cluster(clusterName="shop")["cluster"]["clusterArn"]
    names = {"web": f"{host}/app:v1", "index": f"{host}/app:both", "foreign": "nginx:1"}
    for family, name_of_image in names.items():
        ecs.register_task_definition(family=family, containerDefinitions=[{"name": "c", "image": name_of_image, "memory": 10}])
    tasks = [ecs.run_task(cluster="shop", taskDefinition=f, launchType="FARGATE", count=n)["tasks"] for f, n in (("web", 2), ("index", 1), ("foreign", 1))]
    account.front.running = {names["web"]: image.digest, names["index"]: digest(index(amd64, arm64)), names["foreign"]: "sha256:" + "0" * 64}
    account.listen()
    account.add(queues=[account.queue])

    def family_event(task):
        arns = {key: task[key] for key in ("clusterArn", "taskDefinitionArn")}
        return event("ECS Task State Change", "aws.ecs", lastStatus="RUNNING", **arns)

    def uses():
        metadata = {n: r["resourceMetadata"].get("ecrImage", {}) for n, r in account.named().items()}
        return {n.removeprefix("app/"): m["inUseCount"] for n, m in metadata.items() if "inUseCount" in m}

    account.poll()
    assert uses() == {image.digest: 2, amd64.digest: 1}
    # An event has its family looked at, and nothing else.
    account.front.calls.clear()
    tasks[0] += ecs.run_task(cluster="shop", taskDefinition="web", launchType="FARGATE", count=1)["tasks"]
    account.tell(family_event(tasks[0][0]))
    wait_for(lambda: uses() == {image.digest: 3, amd64.digest: 1})
    asked = {operation for operation, _ in account.front.calls} - {"ReceiveMessage", "DeleteMessageBatch"}
    assert asked == {"ListTasks", "DescribeTasks"} and b'"web"' in next(b for o, b in account.front.calls if o == "ListTasks")
    ecs.stop_task(cluster="shop", task=tasks[0].pop()["taskArn"])
    account.tell(family_event(tasks[0][0]))
    wait_for(lambda: uses() == {image.digest: 2, amd64.digest: 1})
    client = account.server.client()
    arn = f"arn:aws:ecr:{REGION}:{AWS}:repository/app"
    found = client.get_clusters_for_image(filter={"resourceId": f"{arn}/{image.digest}"})["cluster"]
    assert [(c["clusterArn"], [d["runningUnitCount"] for d in c["clusterDetails"]]) for c in found] == [(cluster, [2])]
    told = found[0]["clusterDetails"][0]["clusterMetadata"]["awsEcsMetadataDetails"]
    assert told["taskDefinitionArn"].endswith("task-definition/web:1") and told["detailsGroup"]
    assert len(client.get_clusters_for_image(filter={"resourceId": arn})["cluster"][0]["clusterDetails"]) == 2
    assert not client.get_clusters_for_image(filter={"resourceId": f"{arn}/{idle.digest}"})["cluster"]
    in_use = {"ecrImageInUseCount": [{"lowerInclusive": 1.0}]}
    assert {name(f["resources"][0]) for f in account.server.findings(**in_use)} == {f"app/{image.digest}"}
    account.set("UPDATE image_use SET region = 'eu-north-1', cluster = 'left'")  # a region that is no longer looked at
    account.poll()
    assert uses() == {image.digest: 2, amd64.digest: 1}
    found = client.get_clusters_for_image(filter={"resourceId": f"{arn}/{image.digest}"})["cluster"]
    assert {c["clusterArn"]: c["clusterDetails"][0]["runningUnitCount"] for c in found} == {cluster: 2, "left": 0}

    with sqlite3.connect(account.server.data / "state.db") as db:
        db.execute("UPDATE resource SET pushed = pushed - 30 * 86400, first_seen = first_seen - 30 * 86400 WHERE type = 1")
    window = {"rescanDuration": "DAYS_14", "pullDateRescanDuration": "DAYS_14", "pullDateRescanMode": "LAST_IN_USE_AT"}
    client.update_configuration(ecrConfiguration=window)
    expired = {f"app/{i.digest}" for i in (idle, arm64)}
    wait_for(lambda: {n for n, r in account.reasons().items() if r == "SCAN_ELIGIBILITY_EXPIRED"} == expired)
    # Findings tell it as it is, and are no others for it; rules that look at it follow.
    account.poll()
    mark = account.last_event()
    for n, one in enumerate(tasks[0]):
        if n:
            unused = {"ecrImageInUseCount": [{"upperInclusive": 0.0}], "ecrImageHash": [{"comparison": "EQUALS", "value": image.digest}]}
            client.create_filter(name="unused", action="SUPPRESS", filterCriteria=unused)
        ecs.stop_task(cluster="shop", task=one["taskArn"])
        account.front.calls.clear()
        account.poll()
        happened = [kind for kind, _ in account.events(mark)]
        assert happened == ["FINDING_SUPPRESSED"] * 2 if n else not happened, happened
    assert uses()[image.digest] == 0 and account.named()[f"app/{image.digest}"]["resourceMetadata"]["ecrImage"]["lastInUseAt"]
    assert account.front.count("ListTasks") == account.front.count("ListClusters") == account.front.count("DescribeTasks")


def test_what_ends_is_closed(account):
    account.deploy("hello", application())
    account.ecr.create_repository(repositoryName="app")
    image = Image(application())
    account.push("app", "v1", image)
    instance = account.launch()
    account.add()
    assert {n for n, _ in account.active()} == {"hello", f"app/{image.digest}"}
    account.functions.delete_function(FunctionName="hello")
    account.ecr.delete_repository(repositoryName="app", force=True)
    account.ec2.terminate_instances(InstanceIds=[instance])
    account.poll()
    assert set(account.reasons().values()) == {"RESOURCE_TERMINATED"} and not account.active()


def test_regions_and_scan_types(account):
    """A region that is no longer looked at is left; a scan type that is enabled is looked for at once."""
    account.server.client().disable(resourceTypes=["ECR"])
    account.deploy("hello", application())
    account.ecr.create_repository(repositoryName="app")
    account.add()
    assert account.reasons() == {"hello": "SUCCESSFUL"}
    account.server.client().enable(resourceTypes=["ECR"])
    wait_for(lambda: account.reasons() == {"hello": "SUCCESSFUL", "app": "SUCCESSFUL"})
    # Where nobody tells of regions, they are those of the last time.
    said = [f"<regionInfo><item><regionName>{REGION}</regionName></item></regionInfo>"]
    account.front.forged["DescribeRegions"] = lambda _: f"<DescribeRegionsResponse>{said[0]}</DescribeRegionsResponse>".encode()
    account.add(regions=[])
    assert "error" not in account.state()["state"]
    said[0] = ""
    account.poll()
    assert account.reasons() == {"hello": "SUCCESSFUL", "app": "SUCCESSFUL"} and "no regions" in account.state()["state"]["error"]
    # What was to be tried again in a region is not once it was left.
    account.front.faults["ListFunctions"] = lambda _: (507, "InsufficientStorage")
    account.server.call("POST", f"/assay/v1/origins/{account.origin}/poll")
    wait_for(lambda: account.state()["state"]["problems"] and account.jobs() <= {"look-lambda"})
    account.add(settle=False, regions=["eu-north-1"])
    wait_for(lambda: set(account.reasons().values()) == {"RESOURCE_TERMINATED"})
    account.front.faults.clear()
    account.settle()
    assert set(account.reasons().values()) == {"RESOURCE_TERMINATED"} and not account.active()


NEW = ["COVERAGE_CHANGED", "FINDING_CREATED", "FINDING_CREATED", "COVERAGE_CHANGED", "SCAN_COMPLETED"]
LOOK = {"DescribeInstances": 2, "DescribeNetworkInterfaces": 1}  # it, and its network
INVENTORY = {"DescribeInstanceInformation": 1, "ListInventoryEntries": 1}


def test_events(account):
    """Each leads to exactly its change: asks AWS for that alone, and tells of nothing else. What comes twice, failed or is no
    event leads to none."""
    front, disks = account.front, account.front.disks
    account.deploy("hello", application("4.17.21"))
    account.deploy("other", application())
    account.ecr.create_repository(repositoryName="app")
    account.push("app", "other", Image(application("4.17.20")))
    instance, other = account.launch(), account.launch()
    for one in (instance, other):
        disks.managed[one] = agent("Debian GNU/Linux", "12")
        disks.inventories[one] = (60, [{"Name": "a", "Version": "1", "PackageId": "a_1_amd64.deb"}])
    group = account.ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    account.listen()
    account.add(queues=[account.queue])

    def leads_to(told, name_of, calls, events):
        mark = account.last_event()
        front.calls.clear()
        account.tell(told)
        wait_for(lambda: account.waiting() == 0)
        account.settle()
        asked = Counter(operation for operation, _ in front.calls)
        assert asked - Counter({"ReceiveMessage": 99, "DeleteMessageBatch": 99}) == Counter(calls), told
        happened = account.events(mark)
        assert [kind for kind, _ in happened] == events and {n for _, n in happened} <= {name_of}, (told, happened)

    for nothing in ("no JSON", "[]", "{}", state_event("i-00000000 or so", "running"), call("ssm", "GetInventory")):
        leads_to(nothing, None, {}, [])
    failed = call("ec2", "AuthorizeSecurityGroupIngress", groupId=group)
    failed["detail"]["errorCode"] = "AccessDenied"
    leads_to(failed, None, {}, [])

    # Instances. Coverage of packages and of the network change together.
    both = ["COVERAGE_CHANGED"] * 2
    account.ec2.stop_instances(InstanceIds=[instance])
    leads_to(state_event(instance, "stopped"), instance, LOOK, both)
    leads_to(state_event(instance, "stopped"), instance, LOOK, [])
    assert account.reasons()[instance] == "EC2_INSTANCE_STOPPED"
    account.ec2.start_instances(InstanceIds=[instance])
    leads_to(state_event(instance, "running"), instance, {**LOOK, **INVENTORY}, both)
    disks.inventories[instance] = (1, [{"Name": "a", "Version": "2", "PackageId": "a_2_amd64.deb"}])
    leads_to(event("Inventory Resource State Change", "aws.ssm", **{"instance-id": instance}), instance, INVENTORY, [])
    assert "a@2" in str(account.server.call("GET", f"/assay/v1/resources/{instance}/inventory"))
    leads_to(call("ssm", "PutInventory", instanceId=instance), instance, INVENTORY, [])
    leads_to(call("ec2", "AuthorizeSecurityGroupIngress", groupId=group), None, {"DescribeSecurityGroups": 1}, [])
    account.ec2.create_tags(Resources=[instance], Tags=[{"Key": "InspectorEc2Exclusion", "Value": ""}])
    leads_to(call("ec2", "CreateTags", resourcesSet={"items": [{"resourceId": instance}]}), instance, LOOK, both)
    assert account.reasons()[instance] == "EXCLUDED_BY_TAG"
    account.ec2.terminate_instances(InstanceIds=[instance])
    leads_to(state_event(instance, "terminated"), instance, LOOK, both)
    assert account.reasons()[instance] == "RESOURCE_TERMINATED"

    # Images: by the tag, then by the digest, what ECR says of it, its configuration and its layer.
    image = Image(application())
    container, push = f"app/{image.digest}", image_event("PUSH", "app", image.digest, "v1")
    account.push("app", "v1", image)
    look = {"BatchGetImage": 2, "DescribeImages": 1}
    leads_to(push, container, {**look, "GetDownloadUrlForLayer": 2}, NEW)
    leads_to(push, container, {**look, "GetDownloadUrlForLayer": 1}, [])
    account.ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": image.digest}])
    gone = {"BatchGetImage": 1}
    closed = ["COVERAGE_CHANGED"] + ["FINDING_CLOSED"] * 2
    leads_to(image_event("DELETE", "app", image.digest, ""), container, gone, closed)
    account.ecr.create_repository(repositoryName="new")
    look = {"GetRegistryScanningConfiguration": 1, "DescribeRepositories": 1}
    leads_to(call("ecr", "CreateRepository", repositoryName="new"), "new", {**look, "DescribeImages": 1}, ["COVERAGE_CHANGED"])
    account.ecr.delete_repository(repositoryName="new")
    leads_to(call("ecr", "DeleteRepository", repositoryName="new"), "new", look, ["COVERAGE_CHANGED"])

    # Functions. Lambda is asked for one, and what nobody has read is downloaded.
    once = {"GetFunction": 1}
    arn = f"arn:aws:lambda:{REGION}:{AWS}:function:fresh"
    account.deploy("fresh", application())
    leads_to(call("lambda", "CreateFunction20150331", functionName="fresh"), "fresh", once, NEW)
    account.functions.delete_function(FunctionName="fresh")
    leads_to(call("lambda", "DeleteFunction20150331", functionName=arn), "fresh", once, closed)
    account.update("hello", application())
    updated = call("lambda", "UpdateFunctionCode20150331v2", functionName="hello")
    leads_to(updated, "hello", once, ["FINDING_CREATED"] * 2)
    leads_to(updated, "hello", once, [])


def test_a_queue_that_cannot_be_read(account, assay):
    """Denied, then gone: the origin says so, and what helps. The clock finds what changes; a queue that is back is listened to,
    and what nobody told of meanwhile is looked for."""

    def trouble(*, empty=False):
        found = account.state()["state"].get("problems", [])
        return not found if empty else [p["error"] for p in found if p["service"] == "sqs" and p["queue"] == account.queue]

    account.listen()
    account.deploy("first", application())
    account.front.faults["ReceiveMessage"] = denied
    account.add(queues=[account.queue])
    wait_for(lambda: trouble() and "sqs:ReceiveMessage and sqs:DeleteMessage" in trouble()[0])
    assert {n for n, _ in account.active()} == {"first"}
    account.sqs.delete_queue(QueueUrl=account.queue)
    account.front.faults.clear()
    wait_for(lambda: trouble() and f"'assay aws setup {AWS}'" in trouble()[0])
    listed = [assay, "aws", "list", "--data", account.server.data]
    assert "assay aws setup" in subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    assert "assay aws setup" in account.state()["state"]["error"]
    account.deploy("second", application())
    account.listen()
    wait_for(lambda: {n for n, _ in account.active()} == {"first", "second"} and trouble(empty=True))
    account.update("second", application("4.17.21"))
    account.tell(call("lambda", "UpdateFunctionCode20150331v2", functionName="second"))
    wait_for(lambda: {n for n, _ in account.active()} == {"first"})
    account.set("INSERT INTO origin_problem SELECT account, id, 'sqs', 'https://left', 'gone', 0 FROM origin")  # by a process that died
    assert trouble(empty=True) and "error" not in account.state()["state"]


def test_faults(account):
    """What is wrong with a part is said of it, and the rest goes on: what is denied, goes meanwhile, lies, or has no name."""
    front = account.front
    for one in ("hidden", "sound", "unmade"):
        account.deploy(one, application())
    account.deploy("old", application(), Runtime="python2.7")
    account.deploy("lied", application("4.17.20"))
    account.deploy("lost", application("4.17.19"))
    layers = [account.layer(one, {"python/a.py": one}) for one in ("deps", "secret", "lying", "unmade")]
    account.deploy("layered", application(), Layers=layers)
    for one in ("gone", "hidden", "lying", "unmade"):
        account.ecr.create_repository(repositoryName=one)
    gone, lying = Image({"a": "1"}), Image(application())
    account.push("gone", "v1", gone)
    account.push("lying", "v1", lying)
    code = {version: hashlib.sha256(archive(application(version))).hexdigest() for version in ("4.17.19", "4.17.20")}
    lost = front.blobs.pop(code["4.17.19"])
    front.lies = {
        code["4.17.20"]: archive(application()),
        lying.layers[0].removeprefix("sha256:"): b"x" * len(lying.blobs[lying.layers[0]]),
        hashlib.sha256(front.layers["lying"]).hexdigest(): b"PK",
    }
    remove = [{"imageDigest": gone.digest}]
    unmade = meanwhile("/unmade", lambda: account.functions.delete_function(FunctionName="unmade"))
    front.faults = {
        "GetFunction": lambda text: denied_for("/hidden")(text) or unmade(text),
        "GetLayerVersion": lambda text: (404, "ResourceNotFoundException") if ":unmade" in text else denied_for("secret")(text),
        "DescribeImages": lambda text: denied_for('"hidden"')(text) or unmade_repository(text),
        "DescribeInstances": denied,
        "ListFunctions": throttled(2),
        "BatchGetImage": meanwhile('"gone"', lambda: account.ecr.batch_delete_image(repositoryName="gone", imageIds=remove)),
    }
    unmade_repository = meanwhile('"unmade"', lambda: account.ecr.delete_repository(repositoryName="unmade"))
    front.forged = {
        "ListFunctions": lambda text: text.replace(b'"Functions": [', b'"Functions": [{"FunctionName": "../../etc", "FunctionArn": "x"}, ', 1),
        "DescribeRepositories": lambda text: text.replace(b'"repositories": [', b'"repositories": [{"repositoryName": "../x\\u001b[31m"}, ', 1),
    }
    account.add()
    assert account.reasons() == {
        "hidden": "ACCESS_DENIED",  # function and repository
        "lied": "INTERNAL_ERROR",
        "lost": "INTERNAL_ERROR",
        "old": "UNSUPPORTED_RUNTIME",
        "sound": "SUCCESSFUL",
        "layered": "SUCCESSFUL",
        "gone": "SUCCESSFUL",
        "lying": "SUCCESSFUL",
        f"lying/{lying.digest}": "INTERNAL_ERROR",
    }
    assert {n for n, _ in account.active()} == {"sound", "layered"}
    errors = account.errors()
    problems = {p["service"]: p["error"] for p in account.state()["state"]["problems"]}
    assert set(problems) == {"ec2", "network", "ecr", "lambda"}
    assert "AccessDenied" in problems["ec2"] and "AccessDenied" in problems["network"]
    assert "no name of a repository" in problems["ecr"] and "function without a name" in problems["lambda"]
    assert errors["layered"].startswith("3 parts") and "layer:secret:1" in errors["layered"] and "AccessDenied" in errors["layered"]
    assert "another digest" in errors["lied"] and "another digest" in errors[f"lying/{lying.digest}"]
    assert "HTTP status 404" in errors["lost"]
    said = account.server.log.read_text() + json.dumps(errors) + json.dumps(problems)
    assert "X-Amz-Signature" not in said and "\x1b" not in said

    front.faults, front.lies, front.forged = {}, {}, {}
    front.keep(lost)
    account.poll()
    for one in ("hidden", "lied", "lost", f"lying/{lying.digest}"):
        assert account.reasons()[one] == "SUCCESSFUL"
    assert not account.state()["state"]["problems"]

    # Nothing is closed for not being seen.
    before, found = account.reasons(), account.active()
    front.faults = {"*": expired}
    account.poll()
    problems = account.state()["state"]["problems"]
    assert {p["service"] for p in problems} >= {"ec2", "network", "ecr", "lambda"}
    assert all("ExpiredToken" in p["error"] for p in problems)
    assert account.reasons() == before and account.active() == found
    front.faults = {}
    front.forged = dict.fromkeys(("DescribeRepositories", "DescribeImages", "ListFunctions"), lambda _: b"{}")
    account.poll()
    said = {p["service"]: p["error"] for p in account.state()["state"]["problems"]}
    assert "without repositories" in said["ecr"] and "without Functions" in said["lambda"]
    assert account.reasons() == before and account.active() == found


def test_slow_services(account):
    """What does not answer is given up and said, wherever it hangs, and hangs nothing else; it is looked at again later."""
    slow = account.front.slow
    for n, how in enumerate((breaks_off, drips, stalls)):
        files = application() | {"index.js": str(n)}
        account.deploy(f"slow{n}", files)
        slow[hashlib.sha256(archive(files)).hexdigest()] = how
    account.deploy("sound", application())
    account.ecr.create_repository(repositoryName="app")
    images = [Image(application("4.17.20"), {"a": str(n)}) for n in range(3)]
    for n, image in enumerate(images):
        account.push("app", str(n), image)
    slow[images[0].layers[0].removeprefix("sha256:")] = drips  # of all three
    account.ecr.create_repository(repositoryName="sound")
    sound = Image(application())
    account.push("sound", "v1", sound)
    account.deploy("throttled", application())
    account.front.faults["GetFunction"] = lambda text: (400, "ThrottlingException") if "/throttled" in text else None
    instance = account.launch()
    slow |= {"DescribeInstanceInformation": drips, "DescribeRouteTables": stalls, "ListClusters": stalls}
    slow["GetRegistryScanningConfiguration"] = stalls  # once, not for each image
    hung = ["slow0", "slow1", "slow2", instance, *(f"app/{one.digest}" for one in images)]
    account.listen()
    account.options |= {"callSeconds": 4, "queues": [account.queue]}
    account.add(settle=False)

    wait_for(lambda: {"sound", f"sound/{sound.digest}"} <= {n for n, _ in account.active()})
    wait_for(lambda: {p["service"] for p in account.state()["state"].get("problems", [])} == {"network", "ecr", "ecs"})
    wait_for(lambda: {account.reasons().get(one) for one in hung} == {"PENDING_INITIAL_SCAN"})
    assert account.front.count("GetRegistryScanningConfiguration") <= 3
    account.update("sound", application("4.17.21"))  # events come through meanwhile
    account.tell(call("lambda", "UpdateFunctionCode20150331v2", functionName="sound"))
    wait_for(lambda: not any(n == "sound" for n, _ in account.active()))

    def given_up():
        account.set("UPDATE job SET attempts = 5, due = 0 WHERE state = 0 AND error IS NOT NULL")
        return {account.reasons().get(one) for one in [*hung, "throttled"]} == {"INTERNAL_ERROR"}

    wait_for(given_up)
    errors = account.errors()
    assert "ThrottlingException" in errors["throttled"]
    assert all("too slow" in errors[one] or "timed out" in errors[one] for one in hung), errors
    slow.clear()
    account.front.faults.clear()
    account.front.disks.managed[instance] = agent("Debian GNU/Linux", "12")
    account.front.disks.inventories[instance] = (60, [{"Name": "a", "Version": "1", "PackageId": "a_1_amd64.deb"}])
    account.poll()
    assert {account.reasons()[one] for one in hung} == {"SUCCESSFUL"} and not account.state()["state"]["problems"]


def test_services_that_hang(account):
    """Keep nobody waiting but themselves, in any region, nor the end of the server."""
    account.deploy("hello", application())
    account.ecr.create_repository(repositoryName="app")
    instance, answers = account.launch(), threading.Event()
    for hung in ("DescribeVpcs", "ListClusters", "ListFunctions"):
        account.front.faults[hung] = lambda _: answers.wait() and None
    account.add(settle=False, regions=["eu-north-1", REGION], callSeconds=600)
    wait_for(lambda: set(account.reasons()) == {instance, "app"} and "look-ecr" not in account.jobs())
    assert account.state()["checking"] and not account.state()["state"]["problems"]
    account.server.stop()
    answers.set()
    account.front.calls.clear()
    account.server.start()
    wait_for(lambda: set(account.reasons()) == {instance, "app", "hello"})
    account.settle()
    assert not account.state()["checking"] and not account.state()["state"]["problems"]
    assert not account.front.count("DescribeRepositories")  # it was done


def test_networks(account):
    """A port that is opened is found by the event, and closed again; an instance that is launched there, too."""
    vpc = account.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = account.ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    gateway = account.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    account.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = account.ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
    account.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    first = account.launch(SecurityGroupIds=[group])
    account.listen()
    account.add(queues=[account.queue])
    assert not account.ports()
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    account.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    account.front.calls.clear()
    account.tell(call("ec2", "AuthorizeSecurityGroupIngress", groupId=group))
    wait_for(lambda: account.ports() == {(first, 22)})
    assert account.front.count("DescribeInstances") == account.front.count("DescribeVpcs") == 0
    second = account.launch(SecurityGroupIds=[group])
    account.tell(state_event(second, "running"))
    wait_for(lambda: account.ports() == {(first, 22), (second, 22)})
    account.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    account.tell(call("ec2", "DeleteRoute", routeTableId=table))
    wait_for(lambda: not account.ports())


def test_from_the_command_line(account, moto, assay):
    """`assay aws`: added, set up so that EventBridge tells of what changes, listed, removed."""

    def aws(verb, *options, text=""):
        command = [assay, "aws", verb, *options, "--data", account.server.data]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=60).stdout

    account.ecr.create_repository(repositoryName="app")
    key = ["--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--region", REGION, "--endpoint", account.front.url]
    assert not aws("add", AWS, *key, text="secret\n")
    wait_for(lambda: account.reasons() == {"app": "SUCCESSFUL"})
    account.settle()
    (listed,) = json.loads(aws("list", "--format", "json"))["accounts"]
    assert listed["account"] == AWS and listed["checked"] and "secret" not in json.dumps(listed)
    (queue,) = aws("setup", AWS).split()
    assert aws("setup", AWS).split() == [queue]
    wait_for(lambda: account.front.count("ReceiveMessage"))
    image = Image(application())
    account.push("app", "v1", image)
    told = image_event("PUSH", "app", image.digest, "v1")
    other = event("Something Else", "aws.ecr", text="not ours")
    moto.client("events", REGION).put_events(
        Entries=[{"Source": e["source"], "DetailType": e["detail-type"], "Detail": json.dumps(e["detail"])} for e in (other, told)]
    )
    wait_for(lambda: len(account.active()) == 2)
    assert "a message that is no event" not in account.server.log.read_text()
    aws("remove", AWS)
    wait_for(lambda: set(account.reasons().values()) == {"RESOURCE_TERMINATED"})
    assert not json.loads(aws("list", "--format", "json"))["accounts"]
    assert "user add NAME --role admin --account 210987654321" in aws("add", "210987654321", *key, text="secret\n")


def test_organization(account, moto):
    """Members become accounts that are read by a role of theirs, and are closed when they leave."""
    organizations = moto.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    member = organizations.create_account(AccountName="blue", Email="blue@example.org")["CreateAccountStatus"]["AccountId"]
    theirs = moto.in_account(member, "ecr", REGION)
    theirs.create_repository(repositoryName="theirs")
    account.listen()
    account.add(organization=True, organizationRole="reader", externalId="secret", queues=[account.queue])
    account.server.run("user", "add", "amy", "--role", "admin", "--account", member)
    key = json.loads(account.server.run("key", "create", "amy", "--account", member, "--format", "json"))
    key = (key["accessKeyId"], key["secretAccessKey"])
    inspector = account.server.client(key=key)

    def rows():
        return {name(r): r["scanStatus"]["reason"] for r in inspector.list_coverage()["coveredResources"]}

    wait_for(lambda: rows() == {"theirs": "SUCCESSFUL"})
    (origin,) = account.server.call("GET", "/assay/v1/origins", key=key)["origins"]
    assert origin["options"]["role"] == f"arn:aws:iam::{member}:role/reader"
    assert origin["options"]["memberOf"] == AWS and origin["options"]["regions"] == [REGION]
    roles = [body.decode() for operation, body in account.front.calls if operation == "AssumeRole"]
    assert roles and all("ExternalId=secret" in one and member in one for one in roles)

    # One that joins is looked at, and nobody else is.
    front = account.front
    wait_for(lambda: account.server.call("GET", "/assay/v1/origins", key=key)["origins"][0].get("checkedAt"))
    joined = organizations.create_account(AccountName="green", Email="green@example.org")["CreateAccountStatus"]["AccountId"]
    front.calls.clear()
    account.tell(call("organizations", "CreateAccount", accountName="green"))
    looks = ("ListAccounts", "DescribeInstances", "DescribeRepositories", "DescribeVpcs", "ListClusters", "ListFunctions")
    wait_for(lambda: all(front.count(one) for one in looks))
    account.settle()
    assert any(joined in body.decode() for operation, body in front.calls if operation == "AssumeRole")
    assert {front.count(one) for one in looks} == {1}

    theirs.create_repository(repositoryName="another")
    account.tell(call("ecr", "CreateRepository", repositoryName="another") | {"account": member})
    wait_for(lambda: rows() == {"theirs": "SUCCESSFUL", "another": "SUCCESSFUL"})
    organizations.remove_account_from_organization(AccountId=member)
    account.tell(call("organizations", "RemoveAccountFromOrganization", accountId=member))
    wait_for(lambda: set(rows().values()) == {"RESOURCE_TERMINATED"})


def test_images_of_several_platforms(account):
    account.ecr.create_repository(repositoryName="app")
    images = [Image(application(), architecture=one) for one in ("amd64", "arm64")]
    account.push("app", "v1", *images)
    account.add()
    assert {n for n, _ in account.active()} == {f"app/{one.digest}" for one in images}
    fixed = Image(application("4.17.21"))
    account.push("app", "v1", fixed)
    account.ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": one.digest} for one in images])
    account.poll()
    assert not account.active()
    assert account.reasons()[f"app/{fixed.digest}"] == "SUCCESSFUL"


def test_how_repositories_are_scanned(account):
    for one in ("app/a", "push/b", "manual/c"):
        account.ecr.create_repository(repositoryName=one)
    rule = lambda frequency, wildcard: {
        "scanFrequency": frequency,
        "repositoryFilters": [{"filter": wildcard, "filterType": "WILDCARD"}],
    }
    account.ecr.put_registry_scanning_configuration(
        scanType="ENHANCED", rules=[rule("SCAN_ON_PUSH", "push/*"), rule("CONTINUOUS_SCAN", "a*p/*")]
    )
    account.add()
    frequencies = {n: r["resourceMetadata"]["ecrRepository"]["scanFrequency"] for n, r in account.named().items()}
    assert frequencies == {"app/a": "CONTINUOUS_SCAN", "push/b": "SCAN_ON_PUSH", "manual/c": "MANUAL"}

    # When the registry does not say, it stays as it was.
    mark = account.last_event()
    account.front.faults["GetRegistryScanningConfiguration"] = denied
    image = Image(application())
    account.push("manual/c", "v1", image)
    account.poll()
    assert account.reasons()["manual/c"] == account.reasons()[f"manual/c/{image.digest}"] == "SCAN_FREQUENCY_MANUAL"
    assert not [of for _, of in account.events(mark) if "/sha256:" not in of]
    assert "GetRegistryScanningConfiguration" in account.state()["state"]["error"]

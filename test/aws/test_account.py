"""An AWS account: what is in it is found, read and kept current."""

import io
import json
import zipfile

import pytest
import tiny
from aws_front import Front, denied, denied_for, throttled
from common import wait_for
from images import Image, index

AWS = "123456789012"
REGION = "eu-west-1"


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
        self.role = moto.client("iam", REGION).create_role(
            RoleName="lambda", AssumeRolePolicyDocument="{}", Path="/"
        )["Role"]["Arn"]
        self.options = {
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "regions": [REGION],
            "endpoints": {"": front.url},
        }
        self.origin = None

    def add(self, **options):
        body = {"kind": "AWS_ACCOUNT", "url": f"aws:{AWS}", "options": self.options | options, "secret": "secret"}
        self.origin = self.server.call("POST", "/assay/v1/origins", body)["id"]
        self.settle()

    def poll(self):
        self.server.call("POST", f"/assay/v1/origins/{self.origin}/poll")
        self.settle()

    def state(self):
        return next(o for o in self.server.call("GET", "/assay/v1/origins")["origins"] if o["id"] == self.origin)

    def settle(self):
        """Until nothing is left to be done."""
        wait_for(lambda: not any(self.server.call("GET", f"/assay/v1/jobs?state={s}")["jobs"] for s in ("READY", "RUNNING")))

    # what is in AWS

    def push(self, repository, tag, *images):
        """An image, or an index of several."""
        for image in images:
            for content in image.blobs.values():
                self.front.keep(content)
        if len(images) == 1:
            self.ecr.put_image(repositoryName=repository, imageManifest=images[0].manifest.decode(), imageTag=tag)
            return
        for image in images:
            self.ecr.put_image(repositoryName=repository, imageManifest=image.manifest.decode(), imageDigest=image.digest)
        self.ecr.put_image(repositoryName=repository, imageManifest=index(*images).decode(), imageTag=tag)

    def deploy(self, name, files, **more):
        code = archive(files)
        self.front.keep(code)
        options = {"Runtime": "nodejs20.x", "Handler": "index.handler"} | more
        self.functions.create_function(FunctionName=name, Role=self.role, Code={"ZipFile": code}, **options)

    def update(self, name, files):
        code = archive(files)
        self.front.keep(code)
        self.functions.update_function_code(FunctionName=name, ZipFile=code)

    # what assay says

    def coverage(self):
        rows = self.server.call_all("/coverage/list", "coveredResources")
        return {r["resourceId"]: r for r in rows}

    def reasons(self):
        return {name(r): r["scanStatus"]["reason"] for r in self.coverage().values()}

    def active(self):
        return {
            (name(f["resources"][0]), f["packageVulnerabilityDetails"]["vulnerabilityId"])
            for f in self.server.findings(findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}])
        }


def name(resource):
    """Short, for people: the id's end, without versions."""
    identifier = resource.get("resourceId") or resource["id"]
    return identifier.removesuffix(":$LATEST").split(":function:")[-1].split("repository/")[-1]


@pytest.fixture
def account(make_server, moto):
    moto.reset()
    server, front = make_server("--account", AWS), Front(moto)
    server.client().enable(resourceTypes=["EC2", "ECR", "LAMBDA"])
    yield Account(server, moto, front)
    server.stop()
    front.stop()


def test_functions(account):
    account.deploy("hello", application(), Tags={"team": "blue"})
    account.add()
    assert account.reasons() == {"hello": "SUCCESSFUL"}
    assert account.active() == {("hello", "CVE-2021-0001"), ("hello", "CVE-2021-0002")}
    finding = account.server.findings()[0]
    resource = finding["resources"][0]
    assert resource["id"] == f"arn:aws:lambda:{REGION}:{AWS}:function:hello:$LATEST"
    assert resource["region"] == REGION and resource["tags"] == {"team": "blue"}

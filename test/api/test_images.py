"""Images: pushed to Debian's registry, found by the poller or by notification, scanned layer by layer."""

import http.server
import json
import threading

import pytest
import tiny
from common import wait_for
from images import Image, Registry

HOST = tiny.host()
DEBIAN = {name: HOST[name] for name in ("etc/os-release", "var/lib/dpkg/status")}


def application(version):
    return {"srv/package-lock.json": tiny.lock({"lodash": version})}


@pytest.fixture
def registry(tmp_path):
    one = Registry(tmp_path)
    yield one
    one.stop()


@pytest.fixture
def watched(server, registry):
    """A server that polls the registry every second; nothing is pushed yet."""
    server.client().enable(resourceTypes=["ECR", "LAMBDA"])
    server.origin = origin(server, registry)
    return server


def origin(server, registry, **options):
    body = {"kind": "REGISTRY", "url": registry.url, "options": {"pollSeconds": 1, **options}}
    return server.call("POST", "/assay/v1/origins", body)["id"]


def poll(server):
    server.call("POST", f"/assay/v1/origins/{server.origin}/poll")


def images(server, repository=None):
    """Coverage of images by digest."""
    found = [r for page in server.client().get_paginator("list_coverage").paginate() for r in page["coveredResources"]]
    return {
        r["resourceId"].rsplit("/", 1)[1]: r
        for r in found
        if r["resourceType"] == "AWS_ECR_CONTAINER_IMAGE" and (not repository or f"/{repository}/sha256:" in r["resourceId"])
    }


def status(server, image):
    row = images(server).get(image.digest)
    return row and (row["scanStatus"]["statusCode"], row["scanStatus"]["reason"])


def scanned(server, image, wanted=("ACTIVE", "SUCCESSFUL")):
    wait_for(lambda: poll(server) or status(server, image) == wanted)


def findings(server, image, **criteria):
    arn = [{"comparison": "EQUALS", "value": next(r["resourceId"] for d, r in images(server).items() if d == image.digest)}]
    return server.findings(resourceId=arn, **criteria)


def active(server, image):
    return {
        f["packageVulnerabilityDetails"]["vulnerabilityId"]: f
        for f in findings(server, image, findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}])
    }


def artefacts_read(server):
    for line in server.request("GET", "/metrics").text.splitlines():
        if line.startswith("assay_artefacts_read"):
            return int(float(line.split()[-1]))
    raise AssertionError("no such metric")


def test_pushed_image_has_findings(watched, registry):
    image = Image(DEBIAN, application("4.17.15"))
    registry.push("team/app", "v1", image)
    scanned(watched, image)
    found = active(watched, image)
    assert {"CVE-2021-0001", "CVE-2021-0002"} <= set(found)
    one = found["CVE-2021-0001"]
    resource = one["resources"][0]
    assert resource["type"] == "AWS_ECR_CONTAINER_IMAGE"
    assert resource["id"] == f"arn:aws:ecr:us-east-1:000000000000:repository/{registry.host}/team/app/{image.digest}"
    details = resource["details"]["awsEcrContainerImage"]
    assert details.pop("pushedAt")
    assert details == {
        "repositoryName": "team/app",
        "imageTags": ["v1"],
        "architecture": "amd64",
        "imageHash": image.digest,
        "registry": registry.host,
        "platform": "DEBIAN_10",
        "author": "somebody",
    }
    assert resource["details"]["image"]["imageDigest"] == image.digest
    (package,) = one["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert package["sourceLayerHash"] == image.layers[1]
    assert package["filePath"] == "srv/package-lock.json"
    # What the operating system's packages lack is of the other layer.
    (package,) = {p["sourceLayerHash"] for f in found.values() for p in f["packageVulnerabilityDetails"]["vulnerablePackages"] if p["packageManager"] == "OS"}
    assert package == image.layers[0]
    repository = {"ecrRepositoryName": [{"comparison": "EQUALS", "value": "team/app"}]}
    rows = watched.client().list_coverage(filterCriteria=repository)["coveredResources"]
    assert [r["resourceMetadata"]["ecrRepository"] for r in rows if "ecrRepository" in r.get("resourceMetadata", {})] == [
        {"name": "team/app", "scanFrequency": "CONTINUOUS_SCAN"}
    ]


def test_layers_are_read_once(watched, registry):
    first, second = Image(DEBIAN, application("4.17.15")), Image(DEBIAN, application("4.17.20"))
    registry.push("one", "v1", first)
    scanned(watched, first)
    assert artefacts_read(watched) == 2
    registry.push("two", "v1", second)
    scanned(watched, second)
    assert artefacts_read(watched) == 3
    registry.push("three", "v1", first)
    wait_for(lambda: poll(watched) or len([r for r in images(watched, "three").values() if r["scanStatus"]["reason"] == "SUCCESSFUL"]) == 1)
    assert artefacts_read(watched) == 3
    assert set(active(watched, second)) < set(active(watched, first))


def test_rescan_of_a_repository_looks_at_its_registry(server, registry):
    server.client().enable(resourceTypes=["ECR"])
    server.origin = origin(server, registry, pollSeconds=86400)
    old, new = Image(application("4.17.15")), Image(application("4.17.20"))
    registry.push("app", "v1", old)
    scanned(server, old)
    registry.push("app", "v2", new)
    rows = server.client().list_coverage()["coveredResources"]
    (repository,) = [r["resourceId"] for r in rows if r["resourceType"] == "AWS_ECR_REPOSITORY"]
    server.call("POST", "/assay/v1/rescan", {"resourceId": repository})
    wait_for(lambda: status(server, new) == ("ACTIVE", "SUCCESSFUL"))
    rows = server.client().list_coverage()["coveredResources"]
    assert [r["scanStatus"]["reason"] for r in rows if r["resourceId"] == repository] == ["SUCCESSFUL"]


def test_moved_tag(watched, registry):
    old, new = Image(application("4.17.15")), Image(application("4.17.21"))
    registry.push("app", "latest", old)
    scanned(watched, old)
    registry.push("app", "latest", new)
    scanned(watched, new)
    tags = {digest: row["resourceMetadata"].get("ecrImage", {}).get("tags", []) for digest, row in images(watched).items()}
    assert tags == {old.digest: [], new.digest: ["latest"]}
    assert active(watched, old) and not active(watched, new)
    assert "imageTags" not in active(watched, old)["CVE-2021-0001"]["resources"][0]["details"]["awsEcrContainerImage"]
    # The old one is still there by its digest, until it is deleted.
    registry.delete("app", old.digest)
    wait_for(lambda: poll(watched) or not active(watched, old))
    assert {f["status"] for f in findings(watched, old)} == {"CLOSED"}
    registry.push("app", "old", old)
    scanned(watched, old)
    assert active(watched, old)


def test_platforms_of_an_index(watched, registry):
    intel, arm = Image(application("4.17.15")), Image(application("4.17.15"), architecture="arm64")
    other = Image(application("4.17.15"), architecture="s390x")
    registry.push("app", "v1", intel, arm, other)
    scanned(watched, intel)
    scanned(watched, arm)
    assert set(images(watched)) == {intel.digest, arm.digest}
    assert {
        f["resources"][0]["details"]["awsEcrContainerImage"]["architecture"] for i in (intel, arm) for f in findings(watched, i)
    } == {"amd64", "arm64"}


def test_what_is_no_image_says_so(watched, registry):
    empty, windows = Image({"hello": "\x7fELF"}), Image({"Files/x": ""}, system="windows")
    registry.push("empty", "v1", empty)
    registry.push("windows", "v1", windows)
    scanned(watched, empty, ("INACTIVE", "UNSUPPORTED_OS"))
    scanned(watched, windows, ("INACTIVE", "UNSUPPORTED_OS"))
    chart = Image({"Chart.yaml": ""})
    chart.config = b'{"name": "chart"}'
    manifest = json.loads(chart.manifest)
    manifest["config"] = Image.descriptor("application/vnd.cncf.helm.config.v1+json", chart.config)
    registry.blob("chart", chart.config)
    for content in chart.blobs.values():
        registry.blob("chart", content)
    registry.put("chart", "v1", json.dumps(manifest).encode())
    broken = Image(b"this is no tar" * 100)
    registry.push("broken", "v1", broken)
    wait_for(lambda: poll(watched) or (status(watched, broken) or ("",))[0] == "INACTIVE")
    assert status(watched, broken) == ("INACTIVE", "INTERNAL_ERROR")
    assert not images(watched, "chart")
    assert not watched.findings()


def test_password(server, tmp_path):
    registry = Registry(tmp_path, user="reader", password="secret words")
    image = Image(application("4.17.15"))
    try:
        registry.push("app", "v1", image)
        server.client().enable(resourceTypes=["ECR"])
        body = {"kind": "REGISTRY", "url": registry.url, "options": {"user": "reader", "pollSeconds": 1}}
        server.origin = server.call("POST", "/assay/v1/origins", body | {"secret": "wrong"})["id"]
        poll(server)
        wait_for(lambda: "401" in server.request("GET", "/assay/v1/origins").text)
        assert not images(server)
        assert server.call("POST", "/assay/v1/origins", body | {"secret": "secret words"})["id"] == server.origin
        scanned(server, image)
        assert "secret words" not in server.request("GET", "/assay/v1/origins").text
    finally:
        registry.stop()


def test_push_is_told_of(server, tmp_path):
    """Debian's registry tells of a push before the tag leads to the image."""
    proof = "Bearer " + server.token("registry")
    registry = Registry(tmp_path, notify=(server.url + "/assay/v1/registry/notifications", proof))
    try:
        server.client().enable(resourceTypes=["ECR"])
        origin(server, registry, pollSeconds=3600)
        for version in ("4.17.15", "4.17.20"):
            image = Image(application(version))
            registry.push("app", "v1", image)
            wait_for(lambda image=image: status(server, image) == ("ACTIVE", "SUCCESSFUL"))
        tags = [row["resourceMetadata"].get("ecrImage", {}).get("tags", []) for row in images(server).values()]
        assert sorted(tags) == [[], ["v1"]]
    finally:
        registry.stop()


class Hostile(http.server.BaseHTTPRequestHandler):
    """A registry that lies, by the name of the repository. Each has an image of its own: a layer is read once."""

    protocol_version = "HTTP/1.1"
    images = {}

    def image(self, repository):
        return self.images.setdefault(repository, Image(application("4.17.15") | {"srv/repository": repository.encode()}))

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/json", length=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def manifest(self, repository):
        manifest = json.loads(self.image(repository).manifest)
        if repository == "many":
            manifest["layers"] *= 5000
        if repository == "large":
            manifest["layers"][0]["size"] = 1 << 60
        if repository == "sizes":
            manifest["layers"][0]["size"] += 1
        if repository == "index":
            entry = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": self.image(repository).digest, "size": 1}
            return {"schemaVersion": 2, "manifests": [entry] * 10}
        return manifest

    def do_GET(self):
        path = self.path.split("?")[0].split("/")
        if self.path.startswith("/v2/_catalog"):
            return self.answer(200, json.dumps({"repositories": sorted(NAMES)}).encode())
        repository = path[2] if len(path) > 2 else ""
        if path[-1] == "list":
            return self.answer(200, json.dumps({"tags": ["v1"]}).encode())
        if "manifests" in path:
            if repository == "denied":
                return self.answer(403)
            if repository == "resets":
                self.close_connection = True
                return self.connection.close()
            return self.answer(200, json.dumps(self.manifest(repository)).encode(), "application/vnd.oci.image.manifest.v1+json")
        image = self.image(repository)
        content = image.blobs.get(path[-1], b"")
        if path[-1] in image.layers and repository == "digests":
            content = content[:-1] + bytes([content[-1] ^ 1])
        if path[-1] in image.layers and repository == "short":
            self.close_connection = True
            return self.answer(200, content[:10], length=len(content))
        return self.answer(200, content)

    do_HEAD = do_GET


NAMES = {
    "many": ("repository", "more than 1000 layers"),
    "large": ("image", "larger than 64 GiB"),
    "sizes": ("image", "as the manifest says"),
    "digests": ("image", "another digest"),
    "index": ("repository", "another digest"),
    "denied": ("repository", "403"),
    "sound": ("image", None),
    "resets": (None, None),
    "short": (None, None),
}


def test_hostile_registry(server):
    """Each lie is told of where it belongs; everything else goes on."""
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    server.client().enable(resourceTypes=["ECR"])
    server.call("POST", "/assay/v1/origins", {"kind": "REGISTRY", "url": f"http://127.0.0.1:{httpd.server_port}"})
    wait_for(lambda: any("/sound/" in r["resourceId"] and r["scanStatus"]["reason"] == "SUCCESSFUL" for r in images(server).values()))
    reasons = {"many": "INTERNAL_ERROR", "large": "IMAGE_SIZE_EXCEEDED", "sizes": "INTERNAL_ERROR", "digests": "INTERNAL_ERROR", "denied": "ACCESS_DENIED"}

    def told():
        rows = [r for page in server.client().get_paginator("list_coverage").paginate() for r in page["coveredResources"]]
        named = [(r["resourceId"].split("/")[2], "sha256" in r["resourceId"], r["scanStatus"]["reason"]) for r in rows]
        return {name: reason for name, is_image, reason in named if is_image == (NAMES[name][0] == "image")}

    wait_for(lambda: reasons.items() <= told().items())
    httpd.shutdown()


def test_two_registries_with_the_same_image(server, tmp_path):
    """Each has it as a resource of its own, and one may lose it while the other keeps it."""
    image = Image(application("4.17.15"))
    registries = []
    server.client().enable(resourceTypes=["ECR"])
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            registries.append(Registry(tmp_path / name))
            registries[-1].push("app", "v1", image)
            registries[-1].origin = origin(server, registries[-1])

        def arns(status):
            found = server.findings(findingStatus=[{"comparison": "EQUALS", "value": status}])
            return {f["resources"][0]["id"] for f in found}

        prefix = "arn:aws:ecr:us-east-1:000000000000:repository/"
        one, two = (f"{prefix}{r.host}/app/{image.digest}" for r in registries)
        wait_for(lambda: arns("ACTIVE") == {one, two})
        registries[0].delete("app", image.digest)
        wait_for(lambda: arns("ACTIVE") == {two} and arns("CLOSED") == {one})
    finally:
        for registry in registries:
            registry.stop()

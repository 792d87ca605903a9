"""Registries as they differ: proofs of identity, TLS, long catalogues, old manifests; and images scanned by name."""

import base64
import http.server
import json
import os
import signal
import subprocess
import threading
import time
import urllib.parse

import pytest
import tiny
from common import wait_for
from images import Image, Registry, authority
from test_images import application, images, poll, scanned

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Fake(http.server.ThreadingHTTPServer):
    """A registry in memory. With `user` it is one whose tokens another server gives out, each for a second."""

    daemon_threads = True

    def __init__(self, user=None, password=None, page=1000, seconds=1):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories = {}  # name -> {tag or digest: (media type, content)}
        self.blobs, self.page, self.seconds = {}, page, seconds
        self.proof = user and base64.b64encode(f"{user}:{password}".encode()).decode()
        self.tokens, self.given, self.requests = {}, [], []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.host = self.url[7:]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()

    def push(self, repository, tag, image):
        self.blobs |= image.blobs
        self.repositories.setdefault(repository, {}).update({tag: (MANIFEST, image.manifest), image.digest: (MANIFEST, image.manifest)})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"{}", **headers):
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | {n.replace("_", "-"): v for n, v in headers.items()}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def token(self, query):
        if self.headers.get("Authorization") != f"Basic {self.server.proof}" or query.get("service") != ["the service"]:
            return self.answer(401)
        scope = query.get("scope", [""])[0]
        token = f"token-{len(self.server.given)}"
        self.server.tokens[token] = (scope, time.monotonic() + self.server.seconds)
        self.server.given.append(scope)
        return self.answer(200, json.dumps({"token": token, "expires_in": self.server.seconds}).encode())

    def allowed(self, scope):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        granted, until = self.server.tokens.get(token, (None, 0))
        return not self.server.proof or (granted == scope and time.monotonic() < until)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        self.server.requests.append((self.command, self.path))
        if url.path == "/token":
            return self.token(query)
        parts = url.path.removeprefix("/v2/").split("/")
        kind = next((k for k in ("manifests", "blobs", "tags") if k in parts), None)
        name = "/".join(parts[: parts.index(kind)]) if kind else ""
        scope = f"repository:{name}:pull" if kind else "registry:catalog:*"
        if not self.allowed(scope):
            challenge = f'Bearer realm="{self.server.url}/token",service="the service",scope="{scope}"'
            return self.answer(401, WWW_Authenticate=challenge)
        if parts == ["_catalog"]:
            names = [n for n in sorted(self.server.repositories) if n > query.get("last", [""])[0]]
            more = {"Link": f'</v2/_catalog?n=1&last={names[self.server.page - 1]}>; rel="next"'} if len(names) > self.server.page else {}
            return self.answer(200, json.dumps({"repositories": names[: self.server.page]}).encode(), **more)
        held = self.server.repositories.get(name, {})
        if kind == "tags":
            return self.answer(200, json.dumps({"tags": [t for t in held if ":" not in t]}).encode())
        if kind == "manifests" and parts[-1] in held:
            return self.answer(200, held[parts[-1]][1], Content_Type=held[parts[-1]][0])
        if kind == "blobs" and parts[-1] in self.server.blobs:
            return self.answer(200, self.server.blobs[parts[-1]])
        return self.answer(404)

    do_HEAD = do_GET


@pytest.fixture
def fake():
    made = []

    def make(**options):
        made.append(Fake(**options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def watch(server, registry, secret="", **options):
    server.client().enable(resourceTypes=["ECR"])
    body = {"kind": "REGISTRY", "url": registry.url, "options": {"pollSeconds": 1, **options}}
    server.origin = server.call("POST", "/assay/v1/origins", body | ({"secret": secret} if secret else {}))["id"]


def test_tokens_of_another_server(server, fake):
    """A token is asked for by scope, with the user's proof, and anew when the registry no longer takes it."""
    registry = fake(user="reader", password="pass:word")
    first, second = Image(application("4.17.15")), Image(application("4.17.20"))
    registry.push("team/app", "v1", first)
    watch(server, registry, secret="pass:word", user="reader")
    scanned(server, first)
    assert {"registry:catalog:*", "repository:team/app:pull"} == set(registry.given)
    given = len(registry.given)
    time.sleep(1.1)  # what was given out is over
    registry.push("team/app", "v2", second)
    scanned(server, second)
    assert len(registry.given) > given


def test_a_wrong_password_is_told_of(server, fake):
    registry = fake(user="reader", password="right")
    registry.push("app", "v1", Image(application("4.17.15")))
    watch(server, registry, secret="wrong", user="reader")
    wait_for(lambda: "no token: 401" in (server.call("GET", "/assay/v1/origins")["origins"][0].get("state") or {}).get("error", ""))
    assert not images(server)


def test_a_catalogue_of_many_pages(server, fake):
    registry = fake(page=3)
    image = Image(application("4.17.15"))
    for i in range(20):
        registry.push(f"app-{i:02}", "v1", image)
    watch(server, registry)
    wait_for(lambda: poll(server) or server.client().list_coverage_statistics(
        filterCriteria={"resourceType": [{"comparison": "EQUALS", "value": "AWS_ECR_CONTAINER_IMAGE"}],
                        "scanStatusReason": [{"comparison": "EQUALS", "value": "SUCCESSFUL"}]})["totalCounts"] == 20)
    registry.repositories["app-07"].clear()
    gone = f"/app-07/{image.digest}"
    wait_for(lambda: poll(server) or any(
        f["status"] == "CLOSED" and f["resources"][0]["id"].endswith(gone) for f in server.findings()))
    assert not any(f["status"] == "CLOSED" and not f["resources"][0]["id"].endswith(gone) for f in server.findings())


def test_the_first_schema_of_docker(server, fake):
    registry = fake()
    old = json.dumps({"schemaVersion": 1, "name": "old", "fsLayers": []}).encode()
    registry.repositories["old"] = {"v1": ("application/vnd.docker.distribution.manifest.v1+prettyjws", old)}
    watch(server, registry)

    def reason():
        rows = server.client().list_coverage()["coveredResources"]
        return [r["scanStatus"]["reason"] for r in rows if r["resourceType"] == "AWS_ECR_REPOSITORY"] == ["UNSUPPORTED_MEDIA_TYPE"]

    wait_for(reason)


def test_an_authority_of_ones_own(server, tmp_path):
    made = authority(tmp_path / "tls")
    registry = Registry(tmp_path, tls=made)
    image = Image(application("4.17.15"))
    try:
        registry.push("app", "v1", image)
        watch(server, registry)
        wait_for(lambda: (server.call("GET", "/assay/v1/origins")["origins"][0].get("state") or {}).get("error"))
        assert not images(server)
        watch(server, registry, ca=(made / "ca.pem").read_text())
        scanned(server, image)
        body = {"kind": "REGISTRY", "url": registry.url, "options": {"ca": "/etc/passwd"}}
        assert server.request("POST", "/assay/v1/origins", body).status_code == 400
    finally:
        registry.stop()


# ---- assay scan and inventory of a name


def run(assay, command, *arguments, code=0, **environment):
    done = subprocess.run([assay, command, *arguments], capture_output=True, text=True, env=os.environ | environment, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr if code > 1 else json.loads(done.stdout)


def packages(inventory):
    return {(p["name"], p["version"], p.get("layer")) for p in inventory["packages"]}


HOST = tiny.host()
DEBIAN = {name: HOST[name] for name in ("etc/os-release", "var/lib/dpkg/status")}


def test_scan_of_a_registry(assay, tiny_db, tmp_path):
    """The same as of the image in a folder."""
    registry = Registry(tmp_path)
    image, arm = Image(DEBIAN, application("4.17.15")), Image(application("4.17.20"), architecture="arm64")
    try:
        registry.push("team/app", "v1", image, arm)
        layout = tmp_path / "layout"
        name = f"{registry.host}/team/app"
        copy = ["skopeo", "copy", "--override-arch", "amd64", "--src-tls-verify=false", f"docker://{name}:v1", f"oci:{layout}:v1"]
        subprocess.run(copy, check=True, capture_output=True)
        options = ["--insecure", "--format", "json", "--platform", "linux/amd64"]
        here = run(assay, "inventory", "--format", "json", layout)
        for target in (f"registry:{name}:v1", f"docker://{name}:v1", f"docker://{name}@{image.digest}", f"docker://{name}:x@{image.digest}"):
            assert packages(run(assay, "inventory", *options, target)) == packages(here) != set()
        scan = ["--db", tiny_db, "--all", "--format", "json"]
        ids = [{f["id"] for f in run(assay, "scan", *scan, *more)["findings"]} for more in ((*options, f"registry:{name}:v1"), (layout,))]
        assert ids[0] == ids[1] != set()
        other = run(assay, "inventory", "--insecure", "--format", "json", "--platform", "linux/arm64", f"registry:{name}:v1")
        assert {p["version"] for p in other["packages"]} == {"4.17.20"}
        assert "but for: linux/amd64, linux/arm64" in run(assay, "scan", "--insecure", "--platform", "linux/s390x", "--db", tiny_db, f"registry:{name}:v1", code=3)
        assert "404 (not there)" in run(assay, "inventory", "--insecure", f"registry:{name}:nothing", code=3)
        assert "plain HTTP is spoken" in run(assay, "inventory", f"registry:{name}:v1", code=3)  # TLS is the default
        assert "on this machine" in run(assay, "inventory", "--insecure", "registry:192.0.2.1/app", code=3)
        assert "no name of a repository" in run(assay, "inventory", f"registry:{registry.host}/UPPER", code=3)
        assert not list(tmp_path.glob("assay-*"))
    finally:
        registry.stop()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_scan_that_is_interrupted_leaves_nothing(assay, tmp_path, end):
    registry, image, going_on = Fake(), Image(application("4.17.15")), threading.Event()
    registry.push("app", "v1", image)
    registry.blobs = Stalling(registry.blobs, image.layers[0], going_on)
    command = [assay, "inventory", "--insecure", f"registry:{registry.host}/app:v1"]
    # A shell has what it runs in the background ignore SIGINT, and so would the child.
    child = subprocess.Popen(
        command, env=os.environ | {"TMPDIR": str(tmp_path)}, stdout=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(end, signal.SIG_DFL))
    try:
        assert registry.blobs.asked.wait(60) and list(tmp_path.iterdir())
        child.send_signal(end)
        assert child.wait(60) == -end and not list(tmp_path.iterdir())
    finally:
        going_on.set()
        child.kill()
        registry.stop()


class Stalling(dict):
    """Blobs, of which one is not answered before it may be."""

    def __init__(self, blobs, slow, going_on):
        super().__init__(blobs)
        self.slow, self.going_on, self.asked = slow, going_on, threading.Event()

    def __getitem__(self, key):
        if key == self.slow:
            self.asked.set()
            self.going_on.wait(60)
        return super().__getitem__(key)


def test_scan_with_the_login_of_docker(assay, tmp_path):
    registry = Registry(tmp_path, user="reader", password="secret:words")
    image = Image(application("4.17.15"))
    folder = tmp_path / "docker"
    folder.mkdir()
    options = ["--insecure", "--format", "json", f"registry:{registry.host}/app:v1"]
    try:
        registry.push("app", "v1", image)
        assert "401 (a login is wanted)" in run(assay, "inventory", *options, code=3, DOCKER_CONFIG=str(folder))
        proof = base64.b64encode(b"reader:secret:words").decode()
        for key in (registry.host, f"https://{registry.host}/v1/"):
            (folder / "config.json").write_text(json.dumps({"auths": {"other": {"auth": "eDp5"}, key: {"auth": proof}}}))
            assert packages(run(assay, "inventory", *options, DOCKER_CONFIG=str(folder)))
        (folder / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": "!"}}}))
        assert "not in base64" in run(assay, "inventory", *options, code=3, DOCKER_CONFIG=str(folder))
    finally:
        registry.stop()

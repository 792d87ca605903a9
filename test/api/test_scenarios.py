"""The server on real things: real packages installed and removed, a real image pushed, a function replaced, a CVE published."""

import json
import os
import subprocess

import pytest
import tiny
from common import fetch, need, wait_for
from images import Registry

PACKAGE = "xxd"  # of the source vim, for which Debian 12 always has open CVEs


def cves_of(assay, db, root, package):
    """What the scanner by hand says of one package: the server must say the same."""
    scan = subprocess.run([assay, "scan", "--db", db, "--all", "--format", "json", root], capture_output=True, check=False)
    return {f["id"] for f in json.loads(scan.stdout)["findings"] if f["package"]["name"] == package}


@pytest.fixture
def machine(bookworm, tmp_path):
    """A copy of a real Debian, to be changed."""
    root = tmp_path / "machine"
    subprocess.run(["cp", "-a", "--reflink=auto", bookworm, root], check=True)
    return root


@pytest.fixture(scope="module")
def deb(tmp_path_factory):
    """A real package, for dpkg."""
    folder = tmp_path_factory.mktemp("deb")
    fetch("apt-get", "download", "-o", "APT::Sandbox::User=root", PACKAGE, cwd=folder)
    return next(folder.glob("*.deb"))


@pytest.fixture
def collector(assay):
    """Starts collectors, which end with the test."""
    running = []

    def start(server, root, state, *options):
        command = [assay, "collect", "--server", server.url, "--token", server.token(), "--state", state, "--root", root, *options]
        running.append(subprocess.Popen(command, stderr=subprocess.PIPE))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def by_status(server, package):
    """status -> CVEs of a package."""
    found = {}
    for finding in server.findings(vulnerablePackages=[{"name": {"comparison": "EQUALS", "value": package}}]):
        details = finding["packageVulnerabilityDetails"]
        if all(p["name"] == package for p in details["vulnerablePackages"]):
            found.setdefault(finding["status"], {})[details["vulnerabilityId"]] = finding
    return found


def test_a_package_comes_goes_and_comes_back(make_server, assay, real_db, machine, deb, collector, tmp_path):
    server = make_server(db=real_db)
    collector(server, machine, tmp_path / "collector")
    wait_for(lambda: server.findings(vulnerablePackages=[{"name": {"comparison": "EQUALS", "value": "openssl"}}]))
    assert by_status(server, PACKAGE) == {}

    dpkg = ["dpkg", f"--root={machine}", "--force-depends"]
    subprocess.run([*dpkg, "--install", deb], check=True, capture_output=True)
    expected = cves_of(assay, real_db, machine, PACKAGE)
    assert expected
    wait_for(lambda: set(by_status(server, PACKAGE).get("ACTIVE", {})) == expected)
    first = by_status(server, PACKAGE)["ACTIVE"]

    subprocess.run([*dpkg, "--purge", PACKAGE], check=True, capture_output=True)
    wait_for(lambda: set(by_status(server, PACKAGE).get("CLOSED", {})) == expected)

    subprocess.run([*dpkg, "--install", deb], check=True, capture_output=True)
    wait_for(lambda: set(by_status(server, PACKAGE).get("ACTIVE", {})) == expected)
    again = by_status(server, PACKAGE)["ACTIVE"]
    for cve in expected:
        assert again[cve]["findingArn"] == first[cve]["findingArn"]
        assert again[cve]["firstObservedAt"] == first[cve]["firstObservedAt"]
        assert again[cve]["updatedAt"] >= first[cve]["updatedAt"]


def metric(server, name):
    for line in server.request("GET", "/metrics").text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


def ids(findings):
    return {(f["packageVulnerabilityDetails"]["vulnerabilityId"], f["status"]) for f in findings}


def test_a_new_cve_reaches_resources_that_nobody_reads_again(assay, tmp_path, make_server):
    feeds = tiny.Feeds()
    mirror = feeds.write(tmp_path / "mirror")
    db = tiny.build(assay, mirror, tmp_path / "tiny.db")
    server = make_server("--mirror", str(mirror), db=db)
    host, key = server.enrol("a" * 32)
    server.report(host, key, tiny.write_files(tmp_path / "root", tiny.app()))
    before = ids(server.findings())
    assert ("CVE-2021-0099", "ACTIVE") not in before

    feeds.npm.append(tiny.osv(tiny.ghsa(99), "ms", "3.0.0", aliases=["CVE-2021-0099"], vector=tiny.V31["high"]))
    feeds.npm = [record for record in feeds.npm if record["id"] != tiny.ghsa(3)]  # and one was withdrawn
    feeds.epss["CVE-2021-0002"] = ("0.75000", "0.98000")
    feeds.write(mirror)
    read = metric(server, "assay_artefacts_read_total")
    server.call("POST", "/assay/v1/advisories/update", {})
    wait_for(lambda: ("CVE-2021-0099", "ACTIVE") in ids(server.findings()))
    wait_for(lambda: ("CVE-2021-0003", "CLOSED") in ids(server.findings()))
    wait_for(lambda: any(f.get("epss", {}).get("score") == 0.75 for f in server.findings()))
    assert metric(server, "assay_artefacts_read_total") == read
    # All the same as if a new server saw all of it for the first time.
    fresh = make_server(db=tiny.build(assay, mirror, tmp_path / "new.db"))
    host, key = fresh.enrol("a" * 32)
    fresh.report(host, key, tmp_path / "root")
    assert ids(fresh.findings()) == {pair for pair in ids(server.findings()) if pair[1] == "ACTIVE"}


def test_the_same_host_said_twice_changes_nothing(server, tmp_path):
    host, key = server.enrol("b" * 32)
    root = tiny.write_files(tmp_path / "root", tiny.host())
    server.report(host, key, root)
    before = server.findings()
    server.report(host, key, root)
    assert server.findings() == before and before


# ---- a real image


def umoci(*command):
    subprocess.run(["umoci", *command], check=True, capture_output=True)


@pytest.fixture(scope="module")
def layout(bookworm, tmp_path_factory):
    """The real Debian as an OCI layout with two images: as it is ("base"), and with a layer that takes Python away ("slim")."""
    need("umoci", "skopeo")
    folder = tmp_path_factory.mktemp("layout")
    layout, rootless = folder / "oci", [] if os.geteuid() == 0 else ["--rootless"]
    small = ["etc/os-release", "usr/lib/os-release", "etc/debian_version", "var/lib/dpkg", "usr/lib/python3"]
    umoci("init", "--layout", layout)
    umoci("new", "--image", f"{layout}:base")
    umoci("unpack", *rootless, "--image", f"{layout}:base", folder / "bundle")
    rootfs = folder / "bundle" / "rootfs"
    for path in small:
        if (bookworm / path).exists():
            (rootfs / path).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", bookworm / path, rootfs / path], check=True)
    umoci("repack", "--image", f"{layout}:base", folder / "bundle")
    umoci("unpack", *rootless, "--image", f"{layout}:base", folder / "again")
    status = folder / "again" / "rootfs" / "var/lib/dpkg/status"
    status.write_text("\n\n".join(p for p in status.read_text().split("\n\n") if "python3.11" not in p))
    umoci("repack", "--image", f"{layout}:slim", folder / "again")
    return layout


def scan_of(assay, db, *target):
    scan = subprocess.run([assay, "scan", "--db", db, "--all", "--format", "json", *target], capture_output=True, check=False)
    return {f["id"] for f in json.loads(scan.stdout)["findings"]}


def digest_of(name):
    inspect = ["skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", f"docker://{name}"]
    return subprocess.run(inspect, check=True, capture_output=True, text=True).stdout.strip()


def test_a_real_image_is_pushed(make_server, assay, real_db, layout, tmp_path):
    server = make_server(db=real_db)
    server.client().enable(resourceTypes=["ECR"])
    proof = "Bearer " + server.token("registry")
    registry = Registry(tmp_path, notify=(server.url + "/assay/v1/registry/notifications", proof))
    name = f"{registry.host}/debian"
    body = {"kind": "REGISTRY", "url": registry.url, "options": {"pollSeconds": 3600}}
    origin = server.call("POST", "/assay/v1/origins", body)["id"]

    def push(tag):
        copy = ["skopeo", "copy", "--dest-tls-verify=false", f"oci:{layout}:{tag}", f"docker://{name}:latest"]
        subprocess.run(copy, check=True, capture_output=True)
        return digest_of(f"{name}:latest")

    def ids_of(digest, status="ACTIVE"):
        found = server.findings(
            ecrImageHash=[{"comparison": "EQUALS", "value": digest}], findingStatus=[{"comparison": "EQUALS", "value": status}]
        )
        return {f["packageVulnerabilityDetails"]["vulnerabilityId"] for f in found}

    try:
        base = push("base")
        expected = scan_of(assay, real_db, "--insecure", f"registry:{name}@{base}")
        assert expected == scan_of(assay, real_db, copied(layout, "base", tmp_path))
        wait_for(lambda: ids_of(base) == expected)
        read = metric(server, "assay_artefacts_read_total")
        slim = push("slim")  # the tag moves
        less = scan_of(assay, real_db, "--insecure", f"registry:{name}:latest")
        assert less < expected
        wait_for(lambda: ids_of(slim) == less)
        assert metric(server, "assay_artefacts_read_total") == read + 1  # the layer below was read
        assert ids_of(base) == expected  # it is still there by its digest
        registry.delete("debian", base)
        server.call("POST", f"/assay/v1/origins/{origin}/poll")
        wait_for(lambda: ids_of(base, "CLOSED") == expected and not ids_of(base))
        assert ids_of(slim) == less
    finally:
        registry.stop()


def copied(layout, tag, folder):
    """One image of the layout by itself."""
    subprocess.run(["skopeo", "copy", f"oci:{layout}:{tag}", f"oci:{folder}/{tag}:{tag}"], check=True, capture_output=True)
    return folder / tag

"""Sources of packages that Systems Manager lists without: the same findings as by the package database itself."""

import gzip
import json
import lzma
import re
import sqlite3
import subprocess

import disks
import pytest
import tiny
from aws_disks import agent
from aws_front import Front
from test_account import AWS, Account
from test_instances import GIB, launch, status

FEEDS = ["debian/tracker", "packages"]


def paragraphs(text):
    for one in re.split(r"\n\n+", text.strip()):
        yield dict(re.findall(r"^(Package|Version|Architecture|Source): (.+)$", one, re.M))


def source_of(package):
    """(name, version)"""
    name, version = re.fullmatch(r"(\S+)(?: \((.+)\))?", package.get("Source", package["Package"])).groups()
    return name, version or package["Version"]


def row(package):
    """As the agent has it."""
    name, version, arch = package["Package"], package["Version"], package["Architecture"]
    epoch, _, rest = version.rpartition(":")
    upstream, _, release = rest.rpartition("-")
    told = {"Name": name, "Version": upstream or rest, "Architecture": "x86_64" if arch == "amd64" else arch}
    told |= {"PackageId": f"{name}_{version}_{arch}.deb"}
    return told | ({"Epoch": epoch} if epoch else {}) | ({"Release": release} if upstream else {})


def flaws(packages):
    """Two of each source, of which one is fixed in a version to come, the other in the one that is there."""
    known = {}
    for n, (name, version) in enumerate(sorted({source_of(p) for p in packages})):
        for offset, fixed in ((10000, version + "+later"), (50000, version)):
            release = {"status": "resolved", "fixed_version": fixed, "urgency": "low", "repositories": {}}
            known.setdefault(re.sub(r"-signed(.*)-a..64$", r"\1", name), {})[f"CVE-2024-{offset + n}"] = {"releases": {"bookworm": release}}
    return known


def index(packages):
    return "".join("".join(f"{k}: {v}\n" for k, v in p.items()) + "\n" for p in packages).encode()


def mirror(folder, packages, *, listed=(), security=()):
    files = {"debian/tracker/data/json.gz": gzip.compress(json.dumps(flaws(packages)).encode())}
    if listed:
        files["packages/bookworm/main/Packages.gz"] = gzip.compress(index(listed))
    if security:
        files["packages/bookworm-security/main/Packages.xz"] = lzma.compress(index(security))
    return tiny.write_files(folder, files)


@pytest.fixture(scope="module")
def installed(bookworm):
    return list(paragraphs((bookworm / "var/lib/dpkg/status").read_text()))


@pytest.fixture
def machine(make_server, moto, assay, tmp_path):
    """machine(packages, **mirror): an account on a server whose advisories are made of these, and its instance."""
    made = []

    def make(packages, **more):
        moto.reset()
        db = tiny.build(assay, mirror(tmp_path / "mirror", packages, **more), tmp_path / "db", feeds=FEEDS)
        made.extend([make_server("--account", AWS, db=db), Front(moto)])
        made[0].client().enable(resourceTypes=["EC2"])
        account = Account(made[0], moto, made[1])
        instance, _ = launch(account)
        account.front.disks.managed[instance] = agent("Debian GNU/Linux", "12")
        account.front.disks.inventories[instance] = (60, [row(p) for p in packages])
        account.add()
        assert status(account, instance) == ("EC2_SSM_AGENT_BASED", "SUCCESSFUL")
        return account, instance, db

    yield make
    for one in made:
        one.stop()


def scanned(assay, db, root):
    done = subprocess.run([assay, "scan", "--db", db, "--format", "json", root], capture_output=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done.stderr
    return {(f["id"], f["package"]["name"], f["verdict"]) for f in json.loads(done.stdout)["findings"]}


def found(account, *instances):
    """(flaw, package) of the server's findings."""
    rows = account.server.call_all("/findings/list", "findings")
    rows = [f for f in rows if not instances or f["resources"][0]["id"] in instances]
    details = [f["packageVulnerabilityDetails"] for f in rows if f["status"] == "ACTIVE" and "packageVulnerabilityDetails" in f]
    return {(d["vulnerabilityId"], p["name"]) for d in details for p in d["vulnerablePackages"]}


def missing(account, instance):
    """What its coverage says is not known."""
    with sqlite3.connect(f"file:{account.server.data / 'state.db'}?mode=ro", uri=True) as db:
        query = "SELECT c.error FROM coverage c JOIN resource r ON r.id = c.resource WHERE r.resource_id = ? AND c.scan_type = 1"
        return db.execute(query, [instance]).fetchone()[0]


def lie(account, package, **lies):
    """As if another inventory of the account had the package, and more."""
    with sqlite3.connect(account.server.data / "state.db") as db:
        names = [c for _, c, *_ in db.execute("PRAGMA table_info(package)") if c not in ("id", "digest", *lies)]
        query = f"INSERT INTO package (digest, {', '.join(lies)}, {', '.join(names)}) SELECT randomblob(32), {', '.join('?' * len(lies))}, "
        query += f"{', '.join(names)} FROM package WHERE name = ? AND source <> '' LIMIT 1"
        made = db.execute(query, [*lies.values(), package]).lastrowid
        db.execute("INSERT INTO package_name SELECT ecosystem, name, ? FROM package_name WHERE name = 'openssl' LIMIT 1", [made])
        db.execute("INSERT INTO holding SELECT account, ?, inventory FROM holding LIMIT 1", [made])


def root(folder, packages):
    """A machine with these."""
    status = "".join("".join(f"{k}: {v}\n" for k, v in p.items()) + "Status: install ok installed\n\n" for p in packages)
    return tiny.write_files(folder, {"etc/os-release": tiny.BOOKWORM, "var/lib/dpkg/status": status})


def test_as_a_scan(machine, installed, assay, bookworm):
    """By an index of other builds: of each package one that differs, where its source's version can be told by it."""
    listed = [p | {"Version": re.sub(r"\+b\d+$", "", p["Version"]) + "+b7", "Source": "%s (%s)" % source_of(p)} for p in installed]
    account, instance, db = machine(installed, listed=listed)
    expected = {(flaw, package) for flaw, package, _ in scanned(assay, db, bookworm)}
    assert len(expected) >= len(installed) > 90
    assert found(account) == expected
    assert missing(account, instance) is None


def test_of_the_security_archive(machine, assay, tmp_path):
    """What came into a release with its security updates alone, only their index lists; both are of the other architecture."""
    listed = [
        {"Package": "linux-image-6.1.0-18-cloud-amd64", "Version": "6.1.76-1", "Source": "linux-signed-amd64 (6.1.76+1)"},
        {"Package": "grub-efi-amd64", "Version": "2.06-13", "Source": "grub2"},
    ]
    security = [
        {"Package": "linux-image-6.12.9+deb12-cloud-amd64", "Version": "6.12.9-1", "Source": "linux-signed-6.12-amd64 (6.12.9+1)"},
        {"Package": "libllvm19", "Version": "1:19.1.7-3~deb12u1", "Source": "llvm-toolchain-19"},
    ]
    packages = [{k: v.replace("amd64", "arm64") for k, v in p.items()} | {"Architecture": "arm64"} for p in listed + security]
    account, instance, db = machine(packages, listed=listed, security=security)
    expected = {(flaw, package) for flaw, package, _ in scanned(assay, db, root(tmp_path / "root", packages))}
    assert {package for _, package in expected} == {p["Package"] for p in packages}
    assert found(account) == expected
    assert missing(account, instance) is None


def test_what_others_tell(machine, assay, tmp_path):
    """Without an index, by the package database of another instance; what is still not known is named."""
    packages = [
        {"Package": "libssl3", "Version": "3.0.9-1", "Architecture": "amd64", "Source": "openssl"},
        {"Package": "dmsetup", "Version": "2:1.02.185-2", "Architecture": "amd64", "Source": "lvm2 (2.03.16-2)"},
        {"Package": "sed", "Version": "4.9-1", "Architecture": "amd64"},
        {"Package": "linux-image-6.12.9+deb12-amd64", "Version": "6.12.9-1", "Architecture": "amd64"},
    ]
    packages[3]["Source"] = "linux-signed-6.12-amd64 (6.12.9+1)"
    account, instance, db = machine(packages)
    assert "of 3 of 4 it is not known: libssl3, dmsetup, sed are" in missing(account, instance)
    assert found(account) == {(flaw, package) for flaw, package, _ in scanned(assay, db, root(tmp_path / "few", packages[2:]))}

    other = disks.ext4(tmp_path / "disk", root(tmp_path / "root", packages), GIB)
    launch(account, other)
    account.poll()
    rows = [row(p) for p in packages if p["Package"] != "dmsetup"]
    rows.append(row(packages[1] | {"Version": "2:1.02.186-1"}))
    account.front.disks.inventories[instance] = (60, rows)
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert "of 1 of 4 it is not known: sed are" in missing(account, instance)
    expected = {(flaw, package) for flaw, package, _ in scanned(assay, db, tmp_path / "root")}
    both = flaws(packages)["lvm2"]  # the version of its source is not told: either may be there
    assert found(account, instance) == expected | {(flaw, "dmsetup") for flaw in both}

    lie(account, "libssl3", source="lvm2")  # who is right cannot be told
    lie(account, "linux-image-6.12.9+deb12-amd64", source="lvm2")  # nobody is asked
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert "of 2 of 4 it is not known: libssl3, sed are" in missing(account, instance)
    assert found(account, instance) == {(f, p) for f, p in expected if p != "libssl3"} | {(flaw, "dmsetup") for flaw in both}

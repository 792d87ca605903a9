"""Findings equal what the feeds say: real packages, in every form of target, against an oracle that reads the feeds.

Needs the feed mirror of the shared folder and, for packages that it fetches, the registries; says what it lacks.
"""

import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import pytest
from common import fetch
from oracle import Osv, Tracker, cves

PYTHON = ["django==3.2.0", "requests==2.19.1", "jinja2==2.10", "numpy==1.21.0", "urllib3==1.24.1", "pillow==9.0.0"]
NODE = ["lodash@4.17.15", "minimist@0.0.8", "axios@0.21.0", "node-fetch@2.6.0", "@babel/traverse@7.20.0", "left-pad@1.3.0"]
JAVA = [
    "org.apache.logging.log4j:log4j-core:2.14.1",
    "com.fasterxml.jackson.core:jackson-databind:2.9.8",
    "commons-collections:commons-collections:3.2.1",
    "org.apache.commons:commons-text:1.9",
]


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options).stdout


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """A folder with real packages as people have them: site-packages, node_modules and jars."""
    root = tmp_path_factory.mktemp("packages")
    site = root / "app" / "site-packages"
    fetch(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--only-binary", ":all:", "--target", site,
          "--python-version", "3.9", "--implementation", "cp", "--platform", "manylinux2014_x86_64", "--upgrade", *PYTHON)
    fetch("npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--prefix",
          root / "app", *NODE)
    jars = root / "app" / "lib"
    jars.mkdir()
    for jar in JAVA:
        fetch("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={jar}", f"-DoutputDirectory={jars}")
    return root


def scan(assay, db, target):
    done = subprocess.run(
        [assay, "scan", "--db", db, "--format", "json", "--all", target], stdout=subprocess.PIPE, check=False
    )
    assert done.returncode in (0, 4), done.returncode
    return json.loads(done.stdout)


def matched(report):
    """(looked up as, compared version, advisory) of what is certainly affected, by feed."""
    return {
        (m["name"], m["compared"], m["advisory"], m["feed"])
        for f in report["findings"]
        for m in f["matches"]
        if m["verdict"] == "affected"
    }


def undecided(report):
    return {
        (m["name"], m["compared"], m["advisory"])
        for f in report["findings"]
        for m in f["matches"]
        if m["verdict"] != "affected"
    }


@pytest.fixture(scope="session")
def languages(mirror):
    osv, gitlab = mirror / "osv", mirror / "osv-gitlab"
    return Osv(*[f / e / "all.zip" for f in (osv, gitlab) for e in ("PyPI", "npm", "Maven")])


def installed(root):
    """What pip, npm and the jars themselves say is there: (ecosystem, name, version)."""
    found = set()
    for metadata in root.rglob("*.dist-info/METADATA"):
        text = metadata.read_text(errors="replace")
        found.add(("PyPI", re.search("^Name: (.*)$", text, re.M)[1], re.search("^Version: (.*)$", text, re.M)[1]))
    listing = json.loads(subprocess.run(
        ["npm", "ls", "--all", "--json", "--prefix", root / "app"], stdout=subprocess.PIPE, check=False).stdout)

    def walk(tree):
        for name, node in tree.get("dependencies", {}).items():
            found.add(("npm", name, node["version"]))
            walk(node)

    walk(listing)
    found.update(("Maven", ":".join(jar.split(":")[:2]), jar.split(":")[2]) for jar in JAVA)
    return found


def test_languages_equal_the_feeds(assay, real_db, packages, languages):
    report = scan(assay, real_db, packages)
    expected, open_questions, records = set(), set(), {}
    for ecosystem, name, version in installed(packages):
        found, unsure = languages.advisories(ecosystem, name, version)
        key = re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name
        expected |= {(key, version, i) for i in found}
        open_questions |= {(key, version, i) for i in unsure}
        records.update(found)
    got = {(n, v, a) for n, v, a, feed in matched(report) if feed.startswith("osv")}
    assert len(expected) > 100, "the oracle sees too little to be one"
    # What a library refuses to compare may be decided by the program; nothing else may differ.
    assert expected - got - undecided(report) == set()
    assert got - expected - open_questions == set()
    assert expected & undecided(report) == set()

    # Each CVE of each advisory is a finding of its package.
    findings = {(m["name"], m["compared"], f["id"]) for f in report["findings"] for m in f["matches"]}
    for name, version, advisory in expected:
        for cve in cves(records[advisory]):
            assert (name, version, cve) in findings, (name, version, advisory, cve)
    known = {f["id"] for f in report["findings"]}
    assert {"CVE-2021-44228", "CVE-2022-42889", "CVE-2021-35042"} <= known


def test_best_known_flaw_is_first_and_explained(assay, real_db, packages):
    report = scan(assay, real_db, packages)
    log4shell = next(f for f in report["findings"] if f["id"] == "CVE-2021-44228")
    assert log4shell["severity"] == "CRITICAL" and log4shell["score"] == 10.0
    assert "kev" in log4shell and report["findings"].index(log4shell) < 3
    why = run(assay, "scan", "--db", real_db, "--why", "CVE-2021-44228", packages).decode()
    assert "AFFECTED" in why and "GHSA-jfh8-c2jp-5v3q" in why and "2.14.1" in why


def identity(report):
    return sorted((f["id"], f["package"]["name"], f["package"]["version"], f.get("fixed", "")) for f in report["findings"])


@pytest.fixture(scope="session")
def forms(packages, tmp_path_factory):
    """The same packages as a zip, as a jar in a zip, and as image archives with the files in two layers."""
    made = tmp_path_factory.mktemp("forms")
    archive = shutil.make_archive(str(made / "function"), "zip", packages)
    for number, folder in enumerate(("site-packages", "node_modules", "lib")):
        with tarfile.open(made / f"layer{number}.tar", "w") as layer:
            layer.add(packages / "app" / folder, f"app/{folder}")
    layout = made / "layout"
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:latest")
    for number in range(3):
        run("umoci", "raw", "add-layer", "--image", f"{layout}:latest", made / f"layer{number}.tar")
    run("skopeo", "copy", "-q", f"oci:{layout}:latest", f"docker-archive:{made}/docker.tar:app:latest")
    run("skopeo", "copy", "-q", f"oci:{layout}:latest", f"oci-archive:{made}/oci.tar:latest")
    return {"zip": pathlib.Path(archive), "layout": layout, "docker": made / "docker.tar", "oci": made / "oci.tar"}


@pytest.mark.parametrize("form", ["zip", "layout", "docker", "oci"])
def test_every_form_of_target_gives_the_same(assay, real_db, packages, forms, form):
    expected = identity(scan(assay, real_db, packages))
    assert len(expected) > 50
    assert identity(scan(assay, real_db, forms[form])) == expected


# ---- distributions ----


def dpkg(*root):
    """(source, version of the source) of what dpkg itself says is installed."""
    listing = run("dpkg-query", *root, "-W", "-f", "${db:Status-Status}\\t${source:Package}\\t${source:Version}\\t${Version}\\n")
    rows = [line.split("\t") for line in listing.decode().splitlines()]
    # Kernels are built from linux and signed in a package of their own; advisories name the first.
    return {
        ("linux", whole) if re.match(r"linux-signed", source) else (source, version)
        for status, source, version, whole in rows
        if status == "installed"
    }


def expected_debian(mirror, rows):
    osv = Osv(mirror / "osv" / "Debian" / "all.zip")
    with gzip.open(mirror / "debian" / "tracker" / "data" / "json.gz") as content:
        tracker = Tracker(content.read(), "bookworm")
    expected = set()
    for source, version in rows:
        found, unsure = osv.advisories("Debian:12", source, version)
        assert not unsure
        expected |= {(source, version, i, "osv/Debian") for i in found}
        expected |= {(source, version, f"DEBIAN:{i}", "debian/tracker") for i in tracker.cves(source, version)}
    return expected


def check_debian(report, expected):
    got = {row for row in matched(report) if row[3] in ("osv/Debian", "debian/tracker")}
    assert len(expected) > 20
    assert expected - got == set()
    assert got - expected == set()


def is_bookworm():
    return "bookworm" in pathlib.Path("/etc/os-release").read_text()


@pytest.mark.skipif(not is_bookworm(), reason="this machine is not Debian 12")
def test_this_machine_equals_the_feeds(assay, real_db, mirror):
    check_debian(scan(assay, real_db, "host"), expected_debian(mirror, dpkg()))


def test_a_root_file_system_equals_the_feeds(assay, real_db, mirror, bookworm):
    report = scan(assay, real_db, bookworm)
    check_debian(report, expected_debian(mirror, dpkg(f"--admindir={bookworm}/var/lib/dpkg")))


def test_an_image_of_it_is_the_same(assay, real_db, bookworm, tmp_path):
    with tarfile.open(tmp_path / "root.tar", "w") as layer:
        layer.add(bookworm, ".")
    layout = tmp_path / "layout"
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:latest")
    run("umoci", "raw", "add-layer", "--image", f"{layout}:latest", tmp_path / "root.tar")
    assert identity(scan(assay, real_db, layout)) == identity(scan(assay, real_db, bookworm))


def test_language_packages_of_the_distribution_are_judged_once(assay, real_db, tmp_path, bookworm):
    """A Python package that dpkg owns is marked and left to Debian's advisories; a stray copy of it is not."""
    report = json.loads(run(assay, "inventory", "--format", "json", bookworm))
    own = [p for p in report["packages"] if p["type"] != "deb" and "owner" not in p]
    assert not own, own[:3]

"""Whole scans against another scanner's reports: the e2e cases, from advisories in the feeds' own formats.

Cases with an input are scanned; of images that are not there the rows of findings.tsv are matched as an inventory.
"""

import csv
import json
import subprocess

import pytest
from buckets import Mirror, add_files, match

GO = "go.mod is not among the ecosystems of this issue"
NOT_READ = "its files are not among the ecosystems of this issue"
LEFT_OUT = {
    ("TestRepository", "gomod with skip files"): GO,
    ("TestRepository", "gomod with skip dirs"): GO,
    ("TestRepository", "gomod with local VEX file"): GO,
    ("TestRepository", "gomod with VEX repository"): GO,
    ("TestRepository", "npm with severity from ubuntu"): "no option says whose rating to take; the findings are those of 'npm'",
    ("TestRepository", "nuget"): NOT_READ,
    ("TestRepository", "dotnet"): NOT_READ,
    ("TestRepository", "pubspec.lock"): NOT_READ,
    ("TestRepository", "conda generating CycloneDX SBOM"): NOT_READ,
    ("TestRepository", "conda environment.yaml generating CycloneDX SBOM"): NOT_READ,
    ("TestRepository", "julia generating SPDX SBOM"): NOT_READ,
    ("TestSBOM", "license check cyclonedx json"): "a check of licences, not of vulnerabilities",
    ("TestTar", "alpine distroless"): "the report goes by the repositories, which are edge; the release is 3.16",
    ("TestTar", "amazon linux 1"): "Amazon Linux 1 has ended; its repositories are not among the feeds",
    ("TestTar", "centos 7 with medium severity"): "no option hides what is less severe",
    ("TestTar", "oracle linux 8"): "no feed of ours carries Oracle's advisories",
}
# Rows of findings.tsv that cannot be, of cases that are held otherwise: (golden, package, id).
ROWS_LEFT_OUT = {
    ("ubi-7-comprehensive.json.golden", "bash", "CVE-2019-18276"):
        "Red Hat's OSV records are of advisories; what it will not fix has none",
}
# Severities that differ: with a vector of NVD's and a word of GitHub's we go by the vector.
BY_VECTOR = {"CVE-2020-8165": "CRITICAL", "CVE-2022-40897": "MEDIUM"}

# Packages more than the reports list: yarn.lock alone does not tell what is for development, so all count as used.
NOT_TOLD_DEV = {("TestRepository", "yarn"): {("promise", "8.0.3", False), ("asap", "2.0.6", False)}}

OS = {  # as findings.tsv names them -> os-release ID, release
    ("alpine", "3.10.2"): ("alpine", "3.10.2"),
    ("amazon", "2 (Karoo)"): ("amzn", "2"),
    ("ubuntu", "18.04"): ("ubuntu", "18.04"),
    ("centos", "7.6.1810"): ("centos", "7"),
    ("redhat", "7.7"): ("rhel", "7.7"),
    ("alma", "8.5"): ("almalinux", "8.5"),
    ("rocky", "8.5"): ("rocky", "8.5"),
    ("photon", "3.0"): ("photon", "3.0"),
    ("cbl-mariner", "1.0"): ("mariner", "1.0.20211027"),
    ("debian", "10.2"): ("debian", "10"),
}
SOURCES = {  # source packages, which the rows do not tell
    "libcrypto1.1": "openssl", "libssl1.1": "openssl", "libidn2-0": "libidn2", "libcom-err2": "e2fsprogs",
    "libext2fs2": "e2fsprogs", "libss2": "e2fsprogs", "curl-libs": "curl", "openssl-libs": "openssl",
    "bind-export-libs": "bind",
}


def table(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "conformance" / "e2e"


@pytest.fixture(scope="module")
def cases(folder):
    return {(c["func"], c["test"]): c for c in map(json.loads, (folder / "cases.jsonl").read_text().splitlines())}


@pytest.fixture(scope="module")
def rows(folder):
    return table(folder / "findings.tsv")


@pytest.fixture(scope="module")
def database(assay, folder, tmp_path_factory):
    made = tmp_path_factory.mktemp("e2e")
    mirror = Mirror(made / "mirror")
    files = [f for f in sorted((folder / "advisories").glob("*.json")) if f.stem not in ("data-source", "k8s")]
    said, unsaid = add_files(mirror, files)
    assert said > 50
    assert unsaid == {
        "amazon linux 1", "Red Hat", "Oracle Linux 8", "cocoapods::GitHub Security Advisory Cocoapods",
        "cargo::Open Source Vulnerability",  # in terms of what is patched; no case has a Cargo.lock
    }
    return mirror.build(assay, made / "e2e.db")


def test_every_case_is_there_or_left_out(cases, rows):
    assert set(LEFT_OUT) <= set(cases) and len(cases) == 38
    known = {(r["golden"], r["package"], r["vulnerability_id"]) for r in rows}
    assert set(ROWS_LEFT_OUT) <= known
    assert set(BY_VECTOR) <= {r["vulnerability_id"] for r in rows}


def kept(cases, with_input):
    return {n: c for n, c in cases.items() if n not in LEFT_OUT and c["input_available"] == with_input}


def name_of(package):
    """As the reports write it."""
    namespace = package.get("namespace") if package["type"] in ("maven", "npm") else ""
    return namespace + {"maven": ":", "npm": "/"}[package["type"]] + package["name"] if namespace else package["name"]


def check_findings(name, golden, rows, findings):
    wanted = {
        (r["package"], r["installed"], r["vulnerability_id"]): r for r in rows
        if r["golden"] == golden and (golden, r["package"], r["vulnerability_id"]) not in ROWS_LEFT_OUT
    }
    got = {(name_of(f["package"]), f["package"]["version"], f["id"]): f for f in findings}
    assert set(got) == set(wanted), name
    for key, row in wanted.items():
        finding = got[key]
        assert finding["verdict"] == "affected", (name, key)
        # The reports list the fixes of all branches; ours is that of the installed one.
        assert finding.get("fixed", "").removeprefix("0:") in row["fixed"].split(", "), (name, key)
        if row["status"] == "affected":
            assert finding.get("fixState", "unfixed") == "unfixed", (name, key)
        if row["severity_source"] in ("nvd", "ghsa"):
            assert finding["severity"] == BY_VECTOR.get(row["vulnerability_id"], row["severity"]), (name, key)
    return len(wanted)


def path_of(folder, case):
    return folder / "input" / case["args"]["input"].removeprefix("testdata/fixtures/")


def test_scans(assay, folder, cases, rows, database):
    checked = 0
    for name, case in kept(cases, True).items():
        done = subprocess.run([assay, "scan", "--db", database, "--format", "json", path_of(folder, case)],
                              stdout=subprocess.PIPE, check=False)
        assert done.returncode == 0, name
        # What is installed beside the lock file is read too; the reports are of the lock files.
        findings = [f for f in json.loads(done.stdout)["findings"] if "node_modules/" not in f["package"].get("path", "")]
        checked += check_findings(name, case["golden"], rows, findings)
    assert checked == 15


def test_packages(assay, folder, cases):
    """Every package of the lock files, and which are for development."""
    listed, compared = table(folder / "packages.tsv"), 0
    for name, case in kept(cases, True).items():
        wanted = [r for r in listed if r["golden"] == case["golden"] and r["relationship"] != "root"]
        if not wanted:
            continue
        done = subprocess.run([assay, "inventory", "--format", "json", path_of(folder, case)],
                              stdout=subprocess.PIPE, check=True)
        packages = [p for p in json.loads(done.stdout)["packages"] if p.get("path") == wanted[0]["target"]]
        if not case["args"].get("includeDevDeps"):
            packages = [p for p in packages if not p.get("dev")]
        got = {(name_of(p), p["version"], p.get("dev", False)) for p in packages}
        expected = {(r["name"], r["version"], r["dev"] == "true") for r in wanted}
        assert got == expected | NOT_TOLD_DEV.get(name, set()), name
        compared += len(wanted)
    assert compared == 34


def type_of(row):
    return row["purl"].removeprefix("pkg:").partition("/")[0]


def inventory(rows, golden):
    own = [r for r in rows if r["golden"] == golden]
    system = next((r["os_family"], r["os_version"]) for r in own if r["os_family"])
    family, version = OS[system]
    packages = []
    for name, installed, kind in dict.fromkeys((r["package"], r["installed"], type_of(r)) for r in own):
        package = {"type": kind, "name": name, "version": installed, "packageManager": "OS"}
        packages.append(package | ({"source": SOURCES[name]} if name in SOURCES else {}))
    return {"os": {"family": family, "version": version}, "packages": packages}


def test_images(assay, cases, rows, database):
    images = kept(cases, False)
    assert len(images) == 13
    reports = match(assay, database, [inventory(rows, case["golden"]) for case in images.values()])
    checked = 0
    for (name, case), report in zip(images.items(), reports):
        findings = report["findings"]
        if case["args"].get("IgnoreUnfixed"):
            findings = [f for f in findings if "fixed" in f]
        checked += check_findings(name, case["golden"], rows, findings)
    assert checked == 29

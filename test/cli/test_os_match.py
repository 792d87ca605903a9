"""Distribution packages against distribution advisories: the os_match cases, through feeds, a database and `assay match`."""

import json
import re
import subprocess

import pytest
from buckets import Mirror, add_files, match, until

NO_FEED = "no feed of ours carries this vendor's advisories"
# Cases that do not apply, with the reason.
LEFT_OUT = {
    ("alpine", "repository is newer than OS version"): "an inventory says which release runs, not which it installs from",
    ("amazon", "amazon linux 1"): "Amazon Linux 1 has ended; its repositories are not among the feeds",
    ("bottlerocket", "not vulnerable - installed version is newer"): "the case lists no packages",
    ("bottlerocket", "vulnerable package with epoch"): "the case lists no packages",
    ("oracle", "with ksplice"): NO_FEED,
    ("oracle", "without ksplice"): NO_FEED,
    ("oracle", "different fixed versions for different arches"): NO_FEED + "; test_architecture has Amazon's",
    ("rapidfort", "RedHat: empty SrcName falls back to Name, no second lookup"): NO_FEED,
    ("rapidfort", "RedHat: fc39 curl routes to the Fedora bucket"): NO_FEED,
    ("rapidfort", "RedHat: patched el9 curl (CVE-2023-27536 fixed, CVE-2024-99999 still open)"): NO_FEED,
    ("rapidfort", "RedHat: source→binary fallback picks up binary-keyed advisory"): NO_FEED,
    ("rapidfort", "Ubuntu: version not in DB returns empty"): NO_FEED,
    ("rapidfort", "RedHat: cross-major .el8 package on RHEL 9 image routes to Red Hat 8 bucket"): NO_FEED,
    ("rapidfort", "Ubuntu: plain-ubuntu package for rf-binutils below ubuntu fix reports the ubuntu-tagged advisory"): NO_FEED,
    ("rapidfort", "Ubuntu: +rf-marked package routes to the RapidFort bucket and matches the rf range"): NO_FEED,
    ("rapidfort", "Ubuntu: vulnerable curl, installed version is below fix"): NO_FEED,
    ("rapidfort", "RedHat: vulnerable el9 curl (below el9 fix)"): NO_FEED,
    ("redhat", "happy path"): "Red Hat's OSV records are of advisories; what it will not fix has none",
    ("rocky", "happy path"): "OSV's Rocky records have no place for an architecture; test_architecture has Amazon's",
    ("rootio", "Ubuntu scanner"): NO_FEED,
    ("seal", "non-Seal package is scanned with the base OS scanner"): NO_FEED,
    ("seal", "RedHat scanner"): NO_FEED,
    ("seal", "Alpine scanner"): NO_FEED,
}
# Where a version does not parse the cases expect silence; we report that we do not know.
UNKNOWN = {
    ("alpine", "happy path"): {("ansible", "CVE-2019-INVALID")},
    ("chainguard", "happy path"): {("ansible", "CVE-2019-INVALID")},
    ("minimos", "happy path"): {("ansible", "CVE-2019-INVALID")},
}
OS = {  # family -> os-release ID, type of package
    "alma": ("almalinux", "rpm"), "alpine": ("alpine", "apk"), "amazon": ("amzn", "rpm"), "azure": ("mariner", "rpm"),
    "chainguard": ("chainguard", "apk"), "debian": ("debian", "deb"), "echo": ("echo", "deb"),
    "minimos": ("minimos", "apk"), "photon": ("photon", "rpm"), "redhat": ("rhel", "rpm"), "ubuntu": ("ubuntu", "deb"),
    "wolfi": ("wolfi", "apk"),
}
SUSE = {"happy path: suse sle micro 15.3": "sle-micro", "happy path: tumbleweed": "opensuse-tumbleweed"}


# What no feed of ours says, by bucket: other releases, secdb's silence about what is not fixed, and Red Hat's about
# what has no advisory.
NOT_SAID = {"amazon linux 1", "amazon linux 2022", "amazon linux 2023", "chainguard", "wolfi", "minimos", "Red Hat"}


def whole(package, prefix=""):
    """[epoch:]version[-release] from the parts."""
    version, release = package.get(f"{prefix}Version", ""), package.get(f"{prefix}Release")
    epoch = package.get(f"{prefix}Epoch")
    return (f"{epoch}:" if epoch else "") + version + (f"-{release}" if release else "")


def inventory(case):
    args = case["args"]
    if case["family"] == "suse":
        family, kind = SUSE[case["test"]], "rpm"
    else:
        family, kind = OS[case["family"]]
    packages = []
    for p in args["pkgs"]:
        packages.append({
            "type": kind, "name": p["Name"], "version": whole(p), "arch": p.get("Arch", ""),
            "source": p.get("SrcName", ""), "sourceVersion": whole(p, "Src"),
            "modularity": p.get("Modularitylabel", ""), "packageManager": "OS",
        })
    return {"os": {"family": family, "version": args.get("osVer", "")}, "packages": packages}


@pytest.fixture(scope="module")
def cases(shared):
    folder = shared / "conformance" / "os_match"
    return {(c["family"], c["test"]): c for c in map(json.loads, (folder / "cases.jsonl").read_text().splitlines())}


@pytest.fixture(scope="module")
def reports(assay, shared, cases, tmp_path_factory):
    folder = tmp_path_factory.mktemp("os_match")
    mirror = Mirror(folder / "mirror")
    kept = {name: case for name, case in cases.items() if name not in LEFT_OUT}
    files = {f for case in kept.values() for f in case["advisories"] if not f.endswith("data-source.json")}
    said, unsaid = add_files(mirror, [shared / "conformance" / "os_match" / "advisories" / f for f in sorted(files)])
    assert unsaid == NOT_SAID and said > 40
    database = mirror.build(assay, folder / "os.db")
    return dict(zip(kept, match(assay, database, [inventory(c) for c in kept.values()])))


def test_every_case_is_there_or_left_out(cases):
    assert set(LEFT_OUT) <= set(cases)
    assert len(cases) == 44 and len(LEFT_OUT) == 23


def severity_of(want):
    text = want.get("Vulnerability", {}).get("Severity")
    return re.search("Severity(.*).String", text["call"])[1].upper() if isinstance(text, dict) else text


def found(report, verdict="affected"):
    return [f for f in report["findings"] if f["verdict"] == verdict]


def test_findings(cases, reports):
    assert len(reports) == len(cases) - len(LEFT_OUT)
    for name, report in reports.items():
        wanted = cases[name]["want"]
        # Mariner writes an epoch of 0, others do not; they are the same version.
        expected = {(w["PkgName"], w["VulnerabilityID"], w["InstalledVersion"], w.get("FixedVersion") or "") for w in wanted}
        got = {(f["package"]["name"], f["id"], f["package"]["version"], f.get("fixed", "").removeprefix("0:"))
               for f in found(report)}
        assert got == expected, name
        assert {(f["package"]["name"], f["id"]) for f in found(report, "unknown")} == UNKNOWN.get(name, set()), name


def test_what_becomes_of_the_fix_and_severity(cases, reports):
    stated = 0
    for name, report in reports.items():
        findings = {(f["package"]["name"], f["id"]): f for f in found(report)}
        for want in cases[name]["want"]:
            finding = findings[want["PkgName"], want["VulnerabilityID"]]
            if want.get("Status") == "StatusWillNotFix":
                assert finding["fixState"] == "ignored", name
                stated += 1
            if severity_of(want) and name[0] != "redhat":  # its OSV records carry vectors, the cases words
                assert finding["severity"] == severity_of(want), name
                stated += 1
    assert stated == 4


# ---- what the cases that are left out are about, in the formats of feeds that we have ----


def test_architecture(assay, tmp_path):
    """Fixed versions that differ by architecture, as Amazon's repositories give them."""
    mirror = Mirror(tmp_path / "mirror")
    for arch, fixed in (("x86_64", "8.24.0-57.amzn2.3"), ("aarch64", "8.24.0-57.amzn2.4")):
        mirror.add_update(f"2/core/latest/{arch}/mirror.list", "ALAS2-2026-1", ["CVE-2022-24903"], [("rsyslog", fixed, arch)])
    database = mirror.build(assay, tmp_path / "a.db")

    def fixed_for(arch, version):
        package = {"type": "rpm", "name": "rsyslog", "version": version, "arch": arch}
        (report,) = match(assay, database, [{"os": {"family": "amzn", "version": "2"}, "packages": [package]}])
        return [(f["id"], f["fixed"]) for f in report["findings"]]

    assert fixed_for("x86_64", "8.24.0-57.amzn2.1") == [("CVE-2022-24903", "8.24.0-57.amzn2.3")]
    assert fixed_for("aarch64", "8.24.0-57.amzn2.1") == [("CVE-2022-24903", "8.24.0-57.amzn2.4")]
    assert fixed_for("x86_64", "8.24.0-57.amzn2.3") == []
    assert fixed_for("aarch64", "8.24.0-57.amzn2.3") == [("CVE-2022-24903", "8.24.0-57.amzn2.4")]


MODULES = [
    # os, title, fixed; package version, label, is it affected?
    ("almalinux", "Important: nodejs:18 security update", "1:18.19.1-1.module_el8.9.0+3742+1",
     "1:18.12.0-1.module_el8.8.0+1+a", "nodejs:18:8080020230306170042:63b34585", True),
    ("almalinux", "Important: nodejs:18 security update", "1:18.19.1-1.module_el8.9.0+3742+1",
     "1:16.20.0-1.module_el8.8.0+1+a", "nodejs:16:8080020230306170042:63b34585", False),
    ("almalinux", "Important: nodejs:18 security update", "1:18.19.1-1.module_el8.9.0+3742+1",
     "1:10.24.0-1.module_el8.3.0+1+a", "nodejs:1:8080020230306170042:63b34585", False),
    ("almalinux", "Important: nodejs:18 security update", "1:18.19.1-1.module_el8.9.0+3742+1", "1:16.0.0-1.el8", "", False),
    # A package database without labels does not tell the stream: it may be the one.
    ("almalinux", "Important: nodejs:18 security update", "1:18.19.1-1.module_el8.9.0+3742+1",
     "1:16.20.0-1.module_el8.8.0+1+a", "", True),
    # Two modules in one advisory.
    ("almalinux", "Moderate: virt:rhel and virt-devel:rhel security update", "6.2.0-40.module_el8.9.0+3681+1",
     "6.2.0-1.module_el8.6.0+1+a", "virt:rhel:8060020220510105858:9edba152", True),
    ("almalinux", "Moderate: virt:rhel and virt-devel:rhel security update", "6.2.0-40.module_el8.9.0+3681+1",
     "6.2.0-1.module_el8.6.0+1+a", "virt-devel:rhel:8060020220510105858:9edba152", True),
    ("almalinux", "Moderate: virt:rhel and virt-devel:rhel security update", "6.2.0-40.module_el8.9.0+3681+1",
     "6.2.0-1.module_el8.6.0+1+a", "virt:av:8060020220510105858:9edba152", False),
    # Rocky writes the release otherwise, and its module builds are told from others all the same.
    ("rocky", "Important: php:7.2 security update", "0:7.2.24-1.module+el8.3.0+1+b",
     "7.2.10-1.module+el8.2.0+313+b04d0a66", "php:7.2:8020020200507003613:2c7ca891", True),
    ("rocky", "Important: php:7.4 security update", "0:7.4.19-1.module+el8.5.0+1+b",
     "7.2.10-1.module+el8.2.0+313+b04d0a66", "php:7.2:8020020200507003613:2c7ca891", False),
    ("rocky", "Important: php security update", "0:7.4.19-1.el8", "7.2.10-1.module+el8.2.0+313+b04d0a66",
     "php:7.2:8020020200507003613:2c7ca891", False),
]


@pytest.mark.parametrize("family, title, fixed, version, label, affected", MODULES)
def test_module(assay, tmp_path, family, title, fixed, version, label, affected):
    directory, prefix = {"almalinux": ("AlmaLinux", "ALSA"), "rocky": ("Rocky Linux", "RLSA")}[family]
    mirror = Mirror(tmp_path / "mirror")
    mirror.add_osv(directory, f"{directory}:8", "thing", "CVE-2026-0001", until(fixed), prefix, summary=title)
    package = {"type": "rpm", "name": "thing", "version": version, "modularity": label}
    (report,) = match(assay, mirror.build(assay, tmp_path / "m.db"),
                      [{"os": {"family": family, "version": "8.9"}, "packages": [package]}])
    assert [f["id"] for f in found(report)] == (["CVE-2026-0001"] if affected else [])


REPOSITORIES = [
    # Version installed; the fixes that count, of those in core and in two topics of the extras.
    ("9.2.24-1.amzn2", {"9.2.24-7.amzn2"}),
    ("14.3-1.amzn2", {"14.6-1.amzn2"}),
    ("13.9-1.amzn2", {"13.10-1.amzn2"}),
    ("10.1-1.amzn2", {"13.10-1.amzn2", "14.6-1.amzn2"}),  # of no repository we know: each may hold it
    ("14.6-1.amzn2", set()),
]


def test_repository(assay, tmp_path):
    """Amazon's extras hold packages of the same names and other versions; the version tells which is installed."""
    mirror = Mirror(tmp_path / "mirror")
    for number, (repository, fixed) in enumerate([("core/latest", "9.2.24-7.amzn2"),
                                                  ("extras/postgresql13/latest", "13.10-1.amzn2"),
                                                  ("extras/postgresql14/latest", "14.6-1.amzn2")]):
        mirror.add_update(f"2/{repository}/x86_64/mirror.list", f"ALAS2-2026-{number}", [f"CVE-2026-000{number}"],
                          [("postgresql", fixed, "x86_64")])
    packages = [{"os": {"family": "amzn", "version": "2"},
                 "packages": [{"type": "rpm", "name": "postgresql", "version": version, "arch": "x86_64"}]}
                for version, _ in REPOSITORIES]
    reports = match(assay, mirror.build(assay, tmp_path / "r.db"), packages)
    assert [{f["fixed"] for f in report["findings"]} for report in reports] == [fixes for _, fixes in REPOSITORIES]

    path = tmp_path / "inventory.json"
    path.write_text(json.dumps(packages[0]))
    why = subprocess.run([assay, "scan", "--db", tmp_path / "r.db", "--why", "CVE-2026-0002", path], check=True,
                         capture_output=True, text=True).stdout
    assert "not affected" in why and "repo=amzn2extra-postgresql14, and the package is not of that repository" in why


NAMING = [
    # Rocky's OSV records name source packages, updateinfo binary ones; SUSE's the source. Either finds the package.
    ("rocky", "8.5", "Rocky Linux:8", "openssl", "openssl-libs"),
    ("rocky", "8.5", "Rocky Linux:8", "openssl-libs", "openssl-libs"),
    ("sles", "15.3", "SUSE:Linux Enterprise Module for Basesystem 15 SP3", "openssl", "openssl-libs"),
    ("sle-micro", "5.3", "SUSE:Linux Enterprise Micro 5.3", "openssl", "openssl-libs"),
    ("rhel", "8.9", "Red Hat:enterprise_linux:8::baseos", "openssl-libs", "openssl-libs"),
    ("opensuse-leap", "15.5", "openSUSE:Leap 15.5", "openssl", "openssl-libs"),
    ("photon", "3.0", "Photon OS:3.0", "openssl", "openssl-libs"),
    ("azurelinux", "3.0.20240101", "Azure Linux:3", "openssl", "openssl-libs"),
]


@pytest.mark.parametrize("family, version, ecosystem, named, installed", NAMING)
def test_naming(assay, tmp_path, family, version, ecosystem, named, installed):
    mirror = Mirror(tmp_path / "mirror")
    mirror.add_osv("SUSE", ecosystem, named, "CVE-2026-0001", until("1:1.1.1k-5"))
    package = {"type": "rpm", "name": installed, "version": "1:1.1.1k-4", "source": "openssl"}
    (report,) = match(assay, mirror.build(assay, tmp_path / "n.db"),
                      [{"os": {"family": family, "version": version}, "packages": [package]}])
    assert [(f["id"], f["fixed"]) for f in report["findings"]] == [("CVE-2026-0001", "1:1.1.1k-5")]

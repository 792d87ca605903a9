"""People's verdicts on another scanner's findings in real images, held against the real feeds.

A label names a package, a version and an advisory, and says whether the finding is true. Two sorts can be asked
without the image: language packages, where the GitHub advisory tells the ecosystem and the whole name, and AlmaLinux,
whose advisories name binary packages. Labels that call a finding false are counted and printed, not asserted: most
are about what the other scanner took a file for, and here the package is given.
"""

import csv
import json
import re
import zipfile

import pytest
from buckets import match
from oracle import Osv

TYPES = {"PyPI": "pypi", "npm": "npm", "Maven": "maven", "RubyGems": "gem", "NuGet": "nuget", "Go": "golang"}
# True by the label, but the advisory's ranges, narrowed since, leave the version out: (package, version) -> advisories.
NARROWED = {
    ("Django", "1.11.29"): {"GHSA-v6rh-hp5x-86rv"},
    ("cryptiles", "2.0.5"): {"GHSA-rq8g-5pc5-wrhr"},
    ("jackson-databind", "2.4.0"): {"GHSA-288c-cq4h-88gq"},
    ("jackson-databind", "2.6.7.3"): {
        "GHSA-5ww9-j83m-q7qx", "GHSA-645p-88qh-w398", "GHSA-85cw-hj65-qqv9", "GHSA-cmfg-87vq-g5g4",
        "GHSA-fmmc-742q-jg75", "GHSA-gjmw-vf9h-g25v", "GHSA-gwp4-hfv6-p7hw", "GHSA-h592-38cm-4ggp",
        "GHSA-h822-r4r5-v8jg", "GHSA-mph4-vhrx-mv67", "GHSA-mx7p-6679-8g3q",
    },
    ("lodash", "2.4.2"): {"GHSA-29mw-wpgm-hmr9", "GHSA-p6mc-m468-83gw", "GHSA-x5rq-j2xg-h7qm"},
    ("lodash", "3.10.1"): {"GHSA-29mw-wpgm-hmr9", "GHSA-x5rq-j2xg-h7qm"},
}


@pytest.fixture(scope="module")
def labels(shared):
    with (shared / "conformance" / "match_labels" / "labels.tsv").open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def records(archive):
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            record = json.loads(opened.read(name))
            if not record.get("withdrawn"):
                yield record


def folded(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def named(mirror):
    """GHSA -> the packages, (ecosystem, name), that the feeds name for it."""
    packages = {}
    for ecosystem in TYPES:
        for record in records(mirror / "osv" / ecosystem / "all.zip"):
            for identifier in (record["id"], *record.get("aliases", ())):
                if identifier.startswith("GHSA-"):
                    affected = (a["package"] for a in record.get("affected", ()) if "package" in a)
                    packages.setdefault(identifier, set()).update((p["ecosystem"], p["name"]) for p in affected)
    return packages


def says(report, identifier):
    return any(
        f["verdict"] == "affected" and identifier in (f["id"], *f.get("aliases", ()), *(m["advisory"] for m in f["matches"]))
        for f in report["findings"]
    )


def tell(capsys, what, false):
    """`false`: whether we, too, report what the labels call false."""
    with capsys.disabled():
        print(f"\n{what}: {sum(false)} of {len(false)} findings that the labels call false are what the feeds say")


def test_language_packages(assay, real_db, mirror, labels, named, capsys):
    asked = {}  # (package, version, advisory) -> the packages it may be, by the feeds
    verdicts = {}
    for row in labels:
        key = (row["package"], row["version"], row["vulnerability_id"])
        candidates = {
            (ecosystem, name) for ecosystem, name in named.get(key[2], ())
            # Jars are labelled by artifact: another group's package of that name may be meant.
            if ecosystem in TYPES and folded(key[0]) in (folded(name), folded(name.split(":")[-1]))
        }
        if candidates and row["label"] != "??":
            asked[key] = sorted(candidates)
            verdicts.setdefault(key, set()).add(row["label"])
    questions = [(key, candidate) for key, candidates in asked.items() for candidate in candidates]
    inventories = []
    for (_, version, _), (ecosystem, name) in questions:
        group, _, artifact = name.rpartition(":") if ecosystem == "Maven" else ("", "", name)
        package = {"type": TYPES[ecosystem], "namespace": group, "name": artifact, "version": version}
        inventories.append({"packages": [package]})
    reports = match(assay, real_db, inventories)
    found = {key for (key, _), report in zip(questions, reports) if says(report, key[2])}

    true = {key for key in asked if verdicts[key] == {"TP"}}
    narrowed = {(*package, identifier) for package, advisories in NARROWED.items() for identifier in advisories}
    assert len(true) > 400 and true - found == narrowed
    tell(capsys, "language packages", [key in found for key in asked if verdicts[key] == {"FP"}])

    # The exceptions are what the feeds say, by an evaluation of their own.
    oracle = Osv(*[mirror / "osv" / ecosystem / "all.zip" for ecosystem in ("PyPI", "npm", "Maven")])
    for package, version, identifier in narrowed:
        for ecosystem, name in asked[package, version, identifier]:
            held, undecided = oracle.advisories(ecosystem, name, version)
            assert not undecided
            assert all(identifier not in (i, *record.get("aliases", ())) for i, record in held.items())


def test_almalinux(assay, real_db, mirror, labels, capsys):
    named = {
        (a["package"]["name"], cve)
        for record in records(mirror / "osv" / "AlmaLinux" / "all.zip")
        for a in record.get("affected", ()) if a["package"]["ecosystem"] == "AlmaLinux:8"
        for cve in (*record.get("related", ()), *record.get("upstream", ()))
    }
    # What AlmaLinux has no advisory for is Red Hat's statement, which the other scanner takes for AlmaLinux, too.
    asked = {
        (row["package"], row["version"], row["effective_cve"] or row["vulnerability_id"]): row["label"]
        for row in labels if row["image"].startswith("docker.io/almalinux")
    }
    asked = {key: label for key, label in asked.items() if (key[0], key[2]) in named}
    system = {"family": "almalinux", "version": "8.5"}
    reports = match(assay, real_db, [
        {"os": system, "packages": [{"type": "rpm", "name": name, "version": version}]} for name, version, _ in asked
    ])
    found = {key for key, report in zip(asked, reports) if says(report, key[2])}
    true = {key for key, label in asked.items() if label == "TP"}
    assert len(true) > 100 and true - found == set()
    tell(capsys, "AlmaLinux", [key in found for key, label in asked.items() if label == "FP"])

"""What weighs a finding: vector, score and severity of real CVEs, chosen again here from the feeds themselves.

The rule: CVSS 3.x before 4.0 before 2.0; of the same standard the publisher of the advisory before NVD before
others, and 3.1 before 3.0. The score is that of the package `cvss`, the severity Inspector's.
"""

import gzip
import json
import subprocess
import zipfile

import pytest
from cvss import CVSS2, CVSS3, CVSS4
from oracle import cves

CVES = 200
STANDARDS = {"CVSS_V2": 2, "CVSS_V3": 3, "CVSS_V4": 4}


def standard(vector):
    """Lower is better."""
    return {"CVSS:3.": 0, "CVSS:4.": 1}.get(vector[:7], 2)


def score_of(vector):
    make = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    return float(make(vector).scores()[0])


def severity_of(score):
    bounds = [(9, "CRITICAL"), (7, "HIGH"), (4, "MEDIUM"), (0.1, "LOW")]
    return next((word for least, word in bounds if score >= least), "INFORMATIONAL")


def osv_vectors(record, affected):
    return [s["score"] for holder in (affected, record) for s in holder.get("severity", ()) if s["type"] in STANDARDS]


def some_version(affected):
    """A version that the entry holds, most likely: one that is listed, else where its last interval begins."""
    if affected.get("versions"):
        return affected["versions"][-1]
    begins = [e["introduced"] for r in affected.get("ranges", ()) if r["type"] != "GIT" for e in r["events"] if "introduced" in e]
    return ("0.0.1" if begins[-1] == "0" else begins[-1]) if begins else None


@pytest.fixture(scope="module")
def nvd(mirror):
    """CVE -> (vector, whether it is NVD's own)."""
    found = {}
    for path in sorted((mirror / "nvd").glob("nvdcve-2.0-*.json.gz")):
        with gzip.open(path) as content:
            for item in json.load(content)["vulnerabilities"]:
                metrics = item["cve"].get("metrics", {})
                rows = [m for name in metrics for m in metrics[name] if "vectorString" in m.get("cvssData", {})]
                found[item["cve"]["id"]] = [(m["cvssData"]["vectorString"], m["source"] == "nvd@nist.gov") for m in rows]
    return found


@pytest.fixture(scope="module")
def chosen(mirror, nvd):
    """(name, version, CVE) of PyPI and npm packages whose records name one CVE, spread over the feeds."""
    rows = []
    for ecosystem in ("PyPI", "npm"):
        with zipfile.ZipFile(mirror / "osv" / ecosystem / "all.zip") as archive:
            for name in archive.namelist():
                record = json.loads(archive.read(name))
                if record.get("withdrawn") or len(cves(record)) != 1:
                    continue
                (cve,) = cves(record)
                for affected in record.get("affected", ())[:1]:
                    version = some_version(affected)
                    if version and affected.get("package") and nvd.get(cve):
                        rows.append((ecosystem, affected["package"]["name"], version, cve))
    rows.sort(key=lambda r: (r[3], r))
    step = max(1, len(rows) // (2 * CVES))
    return rows[::step]


def test_vectors_scores_and_severities(assay, real_db, mirror, nvd, chosen):
    records = {}
    for folder in ("osv", "osv-gitlab"):
        for ecosystem in ("PyPI", "npm"):
            with zipfile.ZipFile(mirror / folder / ecosystem / "all.zip") as archive:
                for name in archive.namelist():
                    record = json.loads(archive.read(name))
                    records.setdefault(record["id"], []).append(record)
    types = {"PyPI": "pypi", "npm": "npm"}
    packages = [{"type": types[e], "name": n, "version": v} for e, n, v, _ in chosen if "/" not in n]
    done = subprocess.run(
        [assay, "match", "--db", real_db], input=json.dumps({"packages": packages}).encode() + b"\n", stdout=subprocess.PIPE,
        check=True,
    )
    wanted = {cve for *_, cve in chosen}
    checked = set()
    for finding in json.loads(done.stdout)["findings"]:
        cve = finding["id"]
        if cve not in wanted or cve not in nvd:
            continue
        publishers = []
        for match in finding["matches"]:
            for record in records.get(match["advisory"], ()):
                for affected in record.get("affected", ()):
                    if affected.get("package", {}).get("name", "").lower().replace("_", "-").replace(".", "-") == match[
                        "name"].lower().replace("_", "-").replace(".", "-"):
                        publishers += osv_vectors(record, affected)
        choices = [(v, 0) for v in publishers] + [(v, 1 if own else 2) for v, own in nvd[cve]]
        best = min((standard(v), rank) for v, rank in choices)
        allowed = {v for v, rank in choices if (standard(v), rank) == best}
        newest = {v for v in allowed if not v.startswith("CVSS:3.0")} or allowed
        assert finding["vector"] in newest, (cve, finding["matches"][0]["advisory"], newest)
        assert finding["score"] == score_of(finding["vector"])
        assert finding["severity"] == severity_of(finding["score"])
        checked.add(cve)
    assert len(checked) >= CVES, len(checked)

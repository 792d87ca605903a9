"""What became of a finding, and why it is one."""

import subprocess
import urllib.parse

import pytest
import tiny
from common import wait_for
from model import equals


def about(server, finding, what, **options):
    return server.request("GET", f"/assay/v1/findings/{urllib.parse.quote(finding['findingArn'], safe='')}/{what}", **options)


def history(server, finding):
    answer = about(server, finding, "history")
    assert answer.ok, answer.text
    assert answer.json()["findingArn"] == finding["findingArn"]
    return answer.json()["history"]


def kinds(server, finding):
    return [step["kind"] for step in history(server, finding)]


@pytest.fixture
def app(tmp_path):
    """Makes an application that has minimist in a version."""
    return lambda version: tiny.write_files(tmp_path / version, {"package-lock.json": tiny.lock({"minimist": version})})


def test_history(make_server, tmp_path, app):
    feeds = tiny.Feeds()
    server = make_server("--mirror", str(feeds.write(tmp_path / "mirror")))
    host, key = server.enrol("ab" * 16)
    server.report(host, key, app("1.2.0"))
    (finding,) = server.findings()
    (made,) = history(server, finding)
    assert made == {"at": finding["firstObservedAt"].timestamp(), "kind": "FINDING_CREATED"}
    server.report(host, key, app("1.2.6"))
    server.report(host, key, app("1.2.0"))
    rule = server.client().create_filter(name="rule", action="SUPPRESS", filterCriteria={"vulnerabilityId": equals("CVE-2021-0003")})["arn"]
    server.client().delete_filter(arn=rule)
    server.report(host, key, app("1.2.1"))  # another package with the same flaw
    life = ["FINDING_CREATED", "FINDING_CLOSED", "FINDING_REOPENED", "FINDING_SUPPRESSED", "FINDING_UNSUPPRESSED", "FINDING_UPDATED"]
    assert kinds(server, finding) == life
    assert history(server, finding)[3]["changes"] == {"filterArn": rule}
    assert history(server, finding)[5]["changes"] == {"packages": True}

    feeds.npm[2]["severity"][0]["score"] = tiny.V31["critical"]
    del feeds.npm[2]["affected"][0]["ranges"][0]["events"][1]
    feeds.epss["CVE-2021-0003"] = ("0.5", "0.9")
    feeds.write(tmp_path / "mirror")
    server.call("POST", "/assay/v1/advisories/update")
    changes = wait_for(lambda: history(server, finding)[6:])[0]["changes"]
    assert changes["severity"] == ["MEDIUM", "CRITICAL"] and changes["inspectorScore"] == [5.3, 9.8]
    assert changes["fixAvailable"] == ["YES", "NO"]
    feeds.epss["CVE-2021-0003"] = ("0.65432", "0.9")  # moves daily, and is not remembered
    feeds.write(tmp_path / "mirror")
    server.call("POST", "/assay/v1/advisories/update")
    wait_for(lambda: server.findings(epssScore=[{"lowerInclusive": 0.65, "upperInclusive": 0.66}]))
    assert len(kinds(server, finding)) == 7


def test_reasons(assay, full, tiny_db, tmp_path):
    """As `assay scan --why` has them."""
    finding = next(f for f in full.findings(vulnerabilityId=equals("CVE-2021-0030")) if f["status"] == "ACTIVE")
    answer = about(full, finding, "reasons").json()
    assert answer["generation"] == full.call("GET", "/assay/v1/advisories")["generation"]
    packages = {p["name"] for p in finding["packageVulnerabilityDetails"]["vulnerablePackages"]}
    assert {m["packageName"] for m in answer["matches"]} == packages == {"libssl1.1", "openssl"}
    why = subprocess.run(
        [assay, "scan", "--db", tiny_db, "--why", "CVE-2021-0030", tiny.write_files(tmp_path, tiny.host())], capture_output=True, text=True, check=False
    ).stdout
    for m in answer["matches"]:
        assert m["verdict"] == "AFFECTED" and m["feed"] == "debian/tracker" and m["ecosystem"] == "Debian:10"
        assert (m["compared"], m["scheme"], m["fixedIn"]) == ("1.1.1d-0+deb10u3", "deb", "1.1.1d-0+deb10u6")
        assert f"{m['advisory']} from feed {m['feed']}" in why and f"{m['compared']} as {m['scheme']}: {m['reason']}" in why
    (end,) = full.findings(vulnerabilityId=equals("EOL-DEBIAN_10"))
    assert about(full, end, "reasons").json()["matches"] == []


def test_who_may_ask(full):
    finding = full.findings()[0]
    for what in ("history", "reasons"):
        assert about(full, finding, what, signed=False).status_code == 403
        for wrong in (finding["findingArn"][:-1] + "x", finding["findingArn"][:-32] + "0" * 32, "nonsense"):
            assert about(full, {"findingArn": wrong}, what).status_code == 404

"""The [days] of the configuration: each reaches what it says, neither half a day early nor late."""

import contextlib
import json
import os
import sqlite3
import time

import pytest
import tiny
from common import wait_for

# None of them the default.
DAYS = {"closed": 20, "gone": 2, "silent": 5, "feeds": 4, "events": 9, "reopen": 11, "reports": 12, "artefact": 13}
HOUSEKEEPING = 7  # the number of the job


def ago(option, more):
    """Half a day before (-0.5) or after (0.5) the option's days are over."""
    return int(time.time() - (DAYS[option] + more) * 86400)


@pytest.fixture(scope="module")
def aged(make_server, tmp_path_factory):
    """A server in which something of everything is a little younger and a little older than it is kept; what is what."""
    folder = tmp_path_factory.mktemp("days")
    config = folder / "assay.toml"
    config.write_text("[days]\n" + "".join(f"{name} = {days}\n" for name, days in DAYS.items()))
    server = make_server("--config", str(config))
    full, empty = tiny.write_files(folder / "full", tiny.host()), tiny.write_files(folder / "empty", {"etc/os-release": tiny.BOOKWORM})
    hosts = [server.enrol(letter * 32, letter) for letter in "abcd"]
    for host, key in hosts:
        server.report(host, key, full)
    for host, key in hosts[:3]:
        server.report(host, key, empty)
    reports = []
    for _ in range(2):
        body = {"reportFormat": "JSON", "s3Destination": {"bucketName": "bucket", "kmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"}}
        reports.append(server.call("POST", "/reporting/create", body)["reportId"])
        wait_for(lambda: server.call("POST", "/reporting/status/get", {"reportId": reports[-1]})["status"] == "SUCCEEDED")

    with contextlib.closing(sqlite3.connect(server.data / "state.db", timeout=30)) as db, db:
        resources = dict(db.execute("SELECT resource_id, id FROM resource"))
        closed = [[row[0] for row in db.execute("SELECT id FROM finding WHERE resource = ? ORDER BY id", [resources[h]])] for h, _ in hosts[:3]]
        for option, gone, findings in (("closed", 0, closed[0]), ("gone", 1, closed[1]), ("reopen", 0, closed[2])):
            for finding, more in zip(findings, (-0.5, 0.5)):
                when = ago(option, more)
                db.execute("UPDATE finding SET gone = ?, closed = ?, first_observed = ? WHERE id = ?", [gone, when, when - 86400, finding])
        db.execute("UPDATE resource_heard SET at = ? WHERE resource = ?", [ago("silent", -0.5), resources[hosts[0][0]]])
        db.execute("UPDATE resource_heard SET at = ? WHERE resource = ?", [ago("silent", 0.5), resources[hosts[1][0]]])
        db.execute("UPDATE event SET at = ?", [ago("events", -0.5)])
        db.execute("UPDATE event SET at = ? WHERE seq <= 3", [ago("events", 0.5)])
        for report, more in zip(reports, (-0.5, 0.5)):
            db.execute("UPDATE report SET created = ?1, finished = ?1 WHERE id = ?2", [ago("reports", more), report])
        for name, more in (("young", -0.5), ("old", 0.5)):
            db.execute("INSERT INTO artefact VALUES (0, ?, 1, x'00', ?)", [name, ago("artefact", more)])
        db.execute("INSERT INTO job (account, kind, subject, state, due, created) VALUES (0, ?, '', 0, 0, 0)", [HOUSEKEEPING])
        keys = [db.execute("SELECT lower(hex(key)) FROM finding WHERE id = ?", [f[i]]).fetchone()[0] for f in closed for i in (0, 1)]
    for name, hours in (("young", 23), ("old", 25)):
        part = server.data / "uploads" / f"mi-0_{name}_10.part"
        part.write_bytes(b"1")
        os.utime(part, (time.time() - hours * 3600,) * 2)
    server.call("POST", "/assay/v1/rescan", {"resourceId": hosts[3][0]})  # wakes the workers
    wait_for(lambda: not asked(server, "SELECT id FROM job WHERE kind = ?", HOUSEKEEPING))
    return server, hosts, keys, reports, full


def asked(server, text, *values):
    with contextlib.closing(sqlite3.connect(server.data / "state.db", timeout=30)) as db:
        return [row[0] for row in db.execute(text, values)]


def kept(aged, first):
    """Of two findings, which there still are."""
    server, keys = aged[0], aged[2][first : first + 2]
    return [bool(asked(server, "SELECT id FROM finding WHERE lower(hex(key)) = ?", key)) for key in keys]


def test_closed(aged):
    assert kept(aged, 0) == [True, False]


def test_gone(aged):
    assert kept(aged, 2) == [True, False]


def test_silent(aged):
    server, hosts, *_ = aged
    reasons = {c["resourceId"]: c["scanStatus"]["reason"] for c in server.client().list_coverage()["coveredResources"]}
    assert [reasons[host] for host, _ in hosts[:2]] == ["UNSUPPORTED_OS", "STALE_INVENTORY"]


def test_events(aged):
    assert asked(aged[0], "SELECT min(seq) FROM event") == [4]


def test_reports(aged):
    server, reports = aged[0], aged[3]
    answers = [server.request("POST", "/reporting/status/get", {"reportId": report}).status_code for report in reports]
    assert answers == [200, 404]


def test_artefact(aged):
    assert asked(aged[0], "SELECT digest FROM artefact WHERE account = 0 AND digest IN ('young', 'old')") == ["young"]


def test_reopen(aged):
    """Within the days the finding goes on, later it begins anew, both under their ARNs."""
    server, hosts, keys, _, full = aged
    server.report(*hosts[2], full)
    first = {f["findingArn"][-32:]: f["firstObservedAt"].timestamp() for f in server.findings()}
    assert first[keys[4]] < time.time() - 86400 < first[keys[5]]


def test_feeds(aged):
    """Scans hold as of now, unless the advisories are stale."""
    server, hosts, _, _, full = aged
    lists = (tiny.host(), tiny.host() | {"var/lib/dpkg/status": tiny.dpkg(("bash", "5.0-4", None))})
    for more, files in zip((-0.5, 0.5), lists):
        with contextlib.closing(sqlite3.connect(server.data / "state.db", timeout=30)) as db, db:
            db.execute("UPDATE property SET value = ? WHERE name IN ('known', 'evaluated')", [str(ago("feeds", more))])
        server.report(*hosts[3], tiny.write_files(full.parent / json.dumps(more), files | {"etc/hostname": ""}))
        rows = server.client().list_coverage(filterCriteria={"resourceId": [{"comparison": "EQUALS", "value": hosts[3][0]}]})
        scanned = rows["coveredResources"][0]["lastScannedAt"].timestamp()
        assert (scanned < time.time() - 86400) == (more > 0)


def test_uploads(aged):
    """Parts that nobody added to for a day; this is no option."""
    assert sorted(p.name for p in (aged[0].data / "uploads").iterdir()) == ["mi-0_young_10.part"]


def test_every_option_is_here():
    with open(os.path.join(os.path.dirname(__file__), "../../man/assay-serve.5.scd"), encoding="utf-8") as page:
        section = page.read().split("## [days]")[1].split("## ")[0]
    assert {line.strip("*\n") for line in section.splitlines() if line.startswith("*")} == set(DAYS)

"""A disk that is full: writers are told, readers go on, and with space again everything catches up."""

import json
import os
import random
import subprocess
import time

import pytest
from common import unavailable, wait_for
from load import HIDDEN, Load, assert_equal, mirror, point
from test_kill import fresh

MIB = 1 << 20


@pytest.fixture
def disk(tmp_path):
    """A file system of 12 MiB."""
    if os.geteuid() != 0:
        unavailable("only root can mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", folder], capture_output=True, check=False).returncode:
        unavailable("no small file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk):
    with open(disk / "ballast", "ab", buffering=0) as file:
        for size in (MIB, 4096):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                pass


def empty(disk):
    (disk / "ballast").unlink()


@pytest.fixture
def loaded(make_server, disk, tmp_path):
    """A server on the small disk with some hosts, and what changes them."""
    server = make_server("--mirror", str(tmp_path / "load" / "mirror"), data=disk / "state")
    (tmp_path / "load").mkdir()
    load = Load(server, tmp_path / "load", 1)
    load.enrol()
    choice = random.Random(1)
    for host in load.hosts:
        load.report(host, choice)
    server.settle()
    yield server, load
    if (disk / "ballast").exists():
        empty(disk)
    server.stop()


def refused(answer):
    assert answer.status_code in (500, 503), (answer.status_code, answer.text)
    assert "Retry-After" in answer.headers
    assert "assay" not in answer.text and "state.db" not in answer.text  # no paths for strangers


def readiness(server):
    answer = server.request("GET", "/assay/v1/ready", signed=False)
    return answer.status_code, answer.json()["writable"]


def test_full(loaded, disk, make_server):
    server, load = loaded
    before = server.findings()
    assert readiness(server) == (200, True)
    fill(disk)
    assert readiness(server) == (503, False)
    assert "\nassay_store_writable 0\n" in server.request("GET", "/metrics", signed=False).text
    texts = [f"PUT /assay/v1/hosts/{h['id']}/inventory" for h in load.hosts]
    answers = []
    for i in range(60):
        host = load.hosts[i % len(load.hosts)]
        answers.append(server.request("PUT", texts[i % len(texts)].split()[1], load.reports[i % len(load.reports)], key=host["key"]))
    failures = [a for a in answers if not a.ok]
    assert failures, "the disk never was full"
    for answer in failures:
        refused(answer)
    # Whoever was told that it worked is right.
    for i, answer in enumerate(answers):
        if answer.ok:
            load.hosts[i % len(load.hosts)]["report"] = load.reports[i % len(load.reports)]
    assert "the disk is full" in (disk / "state.log").read_text() or "No space left" in (disk / "state.log").read_text()
    assert server.request("GET", "/assay/v1/health", signed=False).ok
    assert server.call("POST", "/coverage/list", {})["coveredResources"]
    assert server.process.poll() is None
    if len(failures) == len(answers):
        assert server.findings() == before
    empty(disk)
    assert readiness(server) == (200, True)
    for host, report in zip(load.hosts, load.reports):
        host["report"] = report
        load.send(host)
    server.client().create_filter(name="one", action="SUPPRESS", filterCriteria=HIDDEN["one"])
    load.settle()
    assert_equal(server, fresh(make_server, server, load))


def moments(long):
    return [i * 0.03 for i in range(40 if long else 6)]


def test_full_during_an_advisory_update(loaded, disk, make_server, tmp_path, long):
    """At whatever moment: the old generation or the new one, and in the end the last one everywhere."""
    server, load = loaded
    for i, moment in enumerate(moments(long)):
        known = {server.call("GET", "/assay/v1/advisories")["generation"]}
        point(load.link, mirror(tmp_path / str(i), random.Random(i), 9 + i))
        server.call("POST", "/assay/v1/advisories/update")
        time.sleep(moment)
        fill(disk)
        time.sleep(0.3)
        server.findings()
        assert server.process.poll() is None
        known.add(server.call("GET", "/assay/v1/advisories")["generation"])
        empty(disk)
        server.settle()
        # The job may end only now that there is space; what it took into use stays.
        assert len(known) <= 2
    load.settle()
    assert_equal(server, fresh(make_server, server, load))
    left = [p.name for p in (server.data / "advisories").iterdir() if not p.name.endswith((".db", ".db.cache"))]
    assert not left, left


def test_full_during_an_export(loaded, disk, long):
    """A report is whole or not there."""
    server, _ = loaded
    body = {"reportFormat": "JSON", "s3Destination": {"bucketName": "bucket", "kmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"}}
    ended = []

    def status(report):
        return server.call("POST", "/reporting/status/get", {"reportId": report})["status"]

    for moment in moments(long):
        report = server.call("POST", "/reporting/create", body)["reportId"]
        time.sleep(moment / 10)
        fill(disk)
        time.sleep(0.3)
        empty(disk)
        wait_for(lambda report=report: status(report) != "IN_PROGRESS")
        file = server.data / "reports" / "bucket" / f"{report}.json"
        ended.append(status(report))
        assert file.exists() == (ended[-1] == "SUCCEEDED")
        if file.exists():
            json.loads(file.read_text())
    server.settle()
    assert server.call("POST", "/reporting/create", body)["reportId"]
    server.settle()
    folder = server.data / "reports" / "bucket"
    assert all(p.suffix == ".json" for p in folder.iterdir()), list(folder.iterdir())

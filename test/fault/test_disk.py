"""A disk that is full: writers are told, readers go on, and with space again everything catches up."""

import os
import random
import subprocess

import pytest
import tiny
from common import wait_for
from load import HIDDEN, Load, assert_equal, mirror, point, quiet
from test_kill import fresh

MIB = 1 << 20


@pytest.fixture
def disk(tmp_path):
    """A file system of 12 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", folder], capture_output=True, check=False).returncode:
        pytest.skip("no small file system can be mounted here")
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
    server.log_before = server.log
    (tmp_path / "load").mkdir()
    load = Load(server, tmp_path / "load", 1)
    load.enrol()
    choice = random.Random(1)
    for host in load.hosts:
        load.report(host, choice)
    quiet(server)
    yield server, load
    if (disk / "ballast").exists():
        empty(disk)
    server.stop()


def refused(answer):
    assert answer.status_code in (500, 503), (answer.status_code, answer.text)
    assert "Retry-After" in answer.headers
    assert "assay" not in answer.text and "state.db" not in answer.text  # no paths for strangers


def test_full(loaded, disk, make_server):
    server, load = loaded
    before = server.findings()
    fill(disk)
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
    for host, report in zip(load.hosts, load.reports):
        host["report"] = report
        load.send(host)
    server.client().create_filter(name="one", action="SUPPRESS", filterCriteria=HIDDEN["one"])
    load.settle()
    assert_equal(server, fresh(make_server, server, load))


def test_full_during_an_advisory_update(loaded, disk, make_server, tmp_path):
    server, load = loaded
    before = server.call("GET", "/assay/v1/advisories")
    point(load.link, mirror(tmp_path / "next", random.Random(9), 9))
    fill(disk)
    server.request("POST", "/assay/v1/advisories/update")
    server.findings()
    assert server.call("GET", "/assay/v1/advisories")["generation"] == before["generation"]
    assert server.process.poll() is None
    empty(disk)
    load.settle()
    assert server.call("GET", "/assay/v1/advisories")["generation"] != before["generation"]
    assert_equal(server, fresh(make_server, server, load))
    left = [p.name for p in (server.data / "advisories").iterdir() if not p.name.endswith((".db", ".db.cache"))]
    assert not left, left


def test_full_during_an_export(loaded, disk):
    server, _ = loaded
    body = {"reportFormat": "JSON", "s3Destination": {"bucketName": "b", "kmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"}}
    fill(disk)
    server.request("POST", "/reporting/create", body)
    empty(disk)
    wait_for(lambda: not server.call("GET", "/assay/v1/jobs?state=RUNNING")["jobs"])
    report = server.call("POST", "/reporting/create", body)["reportId"]
    status = wait_for(lambda: (s := server.call("POST", "/reporting/status/get", {"reportId": report})["status"]) != "IN_PROGRESS" and s)
    assert status == "SUCCEEDED"
    files = [p for p in (server.data / "reports").rglob("*") if p.is_file()]
    assert all(p.suffix == ".json" and p.stat().st_size for p in files), files

"""assay collect against a real server."""

import os
import shutil
import signal
import subprocess

import pytest
import tiny
from common import PATIENCE, wait_for

STATUS = "var/lib/dpkg/status"


class Collector:
    def __init__(self, assay, server, folder):
        self.assay, self.server, self.state, self.root = assay, server, folder / "collector", folder / "root"
        self.log = folder / "collector.log"
        self.process = None
        tiny.write_files(self.root, tiny.host())

    def command(self, *options):
        return [
            self.assay, "collect", "--server", self.server.url, "--state", str(self.state), "--root", str(self.root), *options
        ]

    def once(self, *options):
        return subprocess.run(self.command("--once", *options), capture_output=True, text=True, timeout=PATIENCE, check=False)

    def start(self, *options):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(*options), stderr=log)
        return self

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(PATIENCE) == 0
            self.process = None

    def install(self, *packages):
        """As dpkg does it: another file, renamed over the database."""
        new = self.root / (STATUS + "-new")
        new.write_text(tiny.dpkg(*packages) if packages else "")
        new.rename(self.root / STATUS)


@pytest.fixture
def collector(assay, server, tmp_path):
    one = Collector(assay, server, tmp_path)
    yield one
    one.stop()


def active(server):
    return server.findings(findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}])


def packages_of(server):
    found = active(server)
    return {p["name"] for f in found for p in f["packageVulnerabilityDetails"]["vulnerablePackages"]}


def test_once(server, collector):
    done = collector.once("--token", server.token(), "--tag", "team=shop")
    assert done.returncode == 0 and "enrolled with" in done.stderr
    findings = active(server)
    assert findings and {f["resources"][0]["tags"]["team"] for f in findings} == {"shop"}
    again = collector.once("--tag", "team=shop")
    assert again.returncode == 0 and not again.stderr and active(server) == findings
    assert all(oct(p.stat().st_mode)[-3:] == "600" for p in collector.state.iterdir())
    assert oct(collector.state.stat().st_mode)[-3:] == "700"


def test_the_findings_are_those_of_a_scan_of_the_server(server, collector):
    collector.once("--token", server.token())
    by_hand = server.enrol("f" * 32)
    server.report(*by_hand, collector.root)
    found = {}
    for f in active(server):
        found.setdefault(f["resources"][0]["id"], set()).add(f["packageVulnerabilityDetails"]["vulnerabilityId"])
    assert len(found) == 2 and len({frozenset(ids) for ids in found.values()}) == 1


def test_an_install_is_reported(server, collector):
    collector.start("--token", server.token())
    wait_for(lambda: "openssl" in packages_of(server))
    others = {n for n in packages_of(server) if n not in ("openssl", "libssl1.1")}
    collector.install()
    wait_for(lambda: packages_of(server).isdisjoint({"openssl", "libssl1.1"}))
    assert {n for n in others if n == "django"} <= packages_of(server)  # what is not the distribution's stays
    collector.install(("openssl", "1.1.1d-0+deb10u3", None))
    wait_for(lambda: "openssl" in packages_of(server))


def test_a_database_that_comes_later_is_seen(server, collector):
    shutil.rmtree(collector.root / "var")
    collector.start("--token", server.token())
    wait_for(lambda: server.client().list_coverage()["coveredResources"])
    wait_for(lambda: (collector.state / "report.zst").exists())
    (collector.root / "var/lib/dpkg").mkdir(parents=True)
    collector.install(("openssl", "1.1.1d-0+deb10u3", None))
    wait_for(lambda: "openssl" in packages_of(server))
    shutil.rmtree(collector.root / "var")
    wait_for(lambda: "openssl" not in packages_of(server))


def test_a_server_that_is_away_loses_nothing(server, collector):
    server.stay()
    assert collector.once("--token", server.token()).returncode == 0
    server.stop()
    collector.start()
    wait_for(lambda: "trying again" in collector.log.read_text())
    collector.install()
    server.start()
    wait_for(lambda: packages_of(server).isdisjoint({"openssl", "libssl1.1"}))


def test_small_while_it_waits(server, collector):
    collector.start("--token", server.token())
    wait_for(lambda: active(server))
    status = open(f"/proc/{collector.process.pid}/status", encoding="ascii").read()
    resident = int(status.split("VmRSS:")[1].split()[0])
    if "ASSAY_SANITIZED" not in os.environ:
        assert resident < 10 * 1024


def test_quick_reads_the_distribution_alone(server, collector):
    collector.once("--token", server.token())
    before = packages_of(server)
    assert "django" in {n.lower() for n in before}
    shutil.rmtree(collector.root / "opt")
    collector.install(("bash", "5.0-4", None))
    assert collector.once("--quick").returncode == 0
    assert {n.lower() for n in packages_of(server)} == {"django"}
    assert collector.once().returncode == 0
    assert not packages_of(server)


# what can be wrong


def test_without_a_token(collector):
    done = collector.once()
    assert done.returncode == 3 and "--token or --token-file is needed" in done.stderr
    assert subprocess.run(collector.command(), capture_output=True, timeout=PATIENCE, check=False).returncode == 3


def test_a_token_file_that_is_not_there(server, collector, tmp_path):
    """It would be asked for again for ever; a host that is enrolled needs it no more."""
    path = tmp_path / "tokne"
    done = subprocess.run(collector.command("--token-file", path), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 3 and str(path) in done.stderr and done.stderr.count("\n") == 1
    assert collector.once("--token", server.token()).returncode == 0
    assert collector.once("--token-file", str(path)).returncode == 0


def test_a_wrong_token(collector):
    done = collector.once("--token", "assay-" + "a" * 40)
    assert done.returncode == 3 and "The enrolment token is not good" in done.stderr


def test_a_key_that_was_removed(server, collector, tmp_path):
    server.stay()
    collector.once("--token", server.token())
    host = server.client().list_coverage()["coveredResources"][0]["resourceId"]
    server.call("DELETE", f"/assay/v1/users/{host}")
    server.stop()
    server.start()
    collector.install()
    refused = collector.once()
    assert refused.returncode == 3 and "refuses (403)" in refused.stderr
    token = tmp_path / "token"
    token.write_text(server.token() + "\n")
    done = collector.once("--token-file", str(token))
    assert done.returncode == 0 and "enrolling again" in done.stderr
    assert server.client().list_coverage()["coveredResources"][0]["resourceId"] == host


def test_nothing_answers(collector, server):
    server.stop()
    done = collector.once("--token", "assay-x")
    assert done.returncode == 3 and done.stderr.count("\n") == 1 and server.url in done.stderr


def test_plain_http_is_for_this_machine(assay, tmp_path):
    command = [assay, "collect", "--once", "--token", "x", "--state", tmp_path / "state", "--server", "http://192.0.2.1:8440"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "use https, or give --insecure" in done.stderr

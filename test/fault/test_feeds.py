"""A feed server that fails in every way: what is in use stays, and says why; the next good answer is taken."""

import http.server
import threading
import time

import pytest
import tiny
from common import wait_for


class Feeds(http.server.SimpleHTTPRequestHandler):
    """The files of a mirror; what goes wrong, and with which file, is told to the class."""

    protocol_version = "HTTP/1.1"
    fault, file, root = None, "osv/npm/all.zip", None

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.lstrip("/")
        path = self.root / name
        if not path.is_file():
            return self.send_error(404)
        content, status, length = path.read_bytes(), 200, None
        if type(self).fault and name == self.file:
            if self.fault == "resets":
                self.close_connection = True
                return self.connection.close()
            if self.fault == "stalls":
                time.sleep(3)
                self.close_connection = True
                return self.connection.close()
            status = 500 if self.fault == "500" else 200
            length = len(content) + 100 if self.fault == "says more" else len(content) // 2 if self.fault == "says less" else None
            content = b"this is no archive" * 1000 if self.fault == "garbage" else content[: len(content) // 2] if self.fault == "half" else content
            content = b"" if self.fault == "nothing" else content
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)
        self.close_connection = length is not None

    do_HEAD = do_GET


@pytest.fixture(scope="module")
def feeds(make_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    Feeds.root = tiny.Feeds().write(folder / "mirror")
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    one = make_server("--mirror", f"http://127.0.0.1:{httpd.server_port}")
    one.report(*one.enrol("a" * 32), tiny.write_files(folder / "app", tiny.app() | {"etc/os-release": tiny.BUSTER, "var/lib/dpkg/status": tiny.dpkg(("bash", "5.0-4", None))}))
    update(one)
    one.number = 0
    yield one
    httpd.shutdown()
    one.stop()


def state(server):
    return server.call("GET", "/assay/v1/advisories")


def update(server):
    server.call("POST", "/assay/v1/advisories/update")
    server.settle()
    return state(server)


# A feed that stalls takes as long as the patience of the one who asks.
FAULTS = ["500", "resets", pytest.param("stalls", marks=pytest.mark.long), "garbage", "half", "nothing", "says more", "says less"]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_in_use_stays(feeds, fault):
    before = state(feeds)
    findings = {f["findingArn"] for f in feeds.findings()}
    changed = tiny.Feeds()
    feeds.number += 1
    name = f"CVE-2021-{2000 + feeds.number}"
    changed.npm.append(tiny.osv(tiny.ghsa(200 + feeds.number), "ms", aliases=[name]))
    changed.write(Feeds.root)
    Feeds.fault = fault
    try:
        failed = update(feeds)
        assert {f["findingArn"] for f in feeds.findings()} == findings
        assert "npm" in failed.get("updateError", ""), failed
        metrics = feeds.request("GET", "/metrics", signed=False).text
        assert "assay_advisories_update_failed 1" in metrics
        assert f"assay_advisories_stale {int(failed['stale'])}" in metrics
        assert before["stale"] == failed["stale"]
    finally:
        Feeds.fault = None
    good = update(feeds)
    assert not good.get("updateError"), good
    assert good["generation"] != before["generation"]
    wait_for(lambda: any(f["packageVulnerabilityDetails"]["vulnerabilityId"] == name for f in feeds.findings()))

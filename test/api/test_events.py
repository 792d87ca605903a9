"""Live events."""

import contextlib
import json
import sqlite3

import pytest
import tiny
from common import wait_for


class Stream:
    """Server-sent events as a client reads them."""

    def __init__(self, server, last=None, **options):
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        self.answer = server.request("GET", "/assay/v1/events", headers=headers, stream=True, **options)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def __iter__(self):
        event = {}
        for line in self.lines:
            name, _, value = line.partition(": ")
            if name in ("id", "event", "data"):
                event[name] = value
            elif not line and "data" in event:
                yield int(event["id"]), event["event"], json.loads(event["data"])
                event = {}

    def take(self, kind, n):
        """The next n of a kind."""
        found = []
        for identifier, name, data in self:
            assert data["seq"] == identifier and data["kind"] == name
            if name == kind:
                found.append((identifier, data))
            if len(found) == n:
                return found
        raise AssertionError(f"the stream ended after {len(found)} of {n}")

    def close(self):
        self.answer.close()


@pytest.fixture
def roots(tmp_path):
    return tiny.write_files(tmp_path / "host", tiny.host()), tiny.write_files(tmp_path / "empty", {"etc/os-release": tiny.BOOKWORM})


def test_a_stream_begins_with_its_place(server, roots):
    """Who loses it before any event came goes on from there; who signs in is told of it, too."""
    host, key = server.enrol("a" * 32)
    server.report(host, key, roots[0])
    stream = Stream(server)
    block = [next(stream.lines) for _ in range(3)]
    stream.close()
    assert block[0] == "retry: 1000" and block[2] == ""
    place = int(block[1].removeprefix("id: "))
    (last,) = sqlite3.connect(server.data / "state.db").execute("SELECT max(seq) FROM event").fetchone()
    assert place == last > 0
    assert server.call("POST", "/assay/v1/session", {})["lastEventId"] == place


def test_findings_are_told_as_they_come(server, roots):
    stream = Stream(server)
    host, key = server.enrol("a" * 32)
    server.report(host, key, roots[0])
    findings = {f["findingArn"]: f for f in server.call("POST", "/findings/list", {})["findings"]}
    told = [data["finding"] for _, data in stream.take("FINDING_CREATED", len(findings))]
    assert {f["findingArn"]: f for f in told} == findings
    stream.close()


def test_a_listener_that_comes_again_misses_nothing(server, roots):
    stream = Stream(server)
    host, key = server.enrol("a" * 32)
    server.report(host, key, roots[0])
    n = len(server.findings())
    assert n > 1
    (first, _), = stream.take("FINDING_CREATED", 1)
    stream.close()
    again = Stream(server, first)
    rest = again.take("FINDING_CREATED", n - 1)
    assert all(identifier > first for identifier, _ in rest)
    server.report(host, key, roots[1])  # and goes on with what happens from now on
    closed = again.take("FINDING_CLOSED", n)
    assert all(data["finding"]["status"] == "CLOSED" for _, data in closed)
    again.close()


def test_everything_from_the_first_event_on(server, roots):
    host, key = server.enrol("a" * 32)
    server.report(host, key, roots[0])
    stream = Stream(server, 0)
    stream.take("FINDING_CREATED", len(server.findings()))
    stream.close()


def test_who_was_away_for_too_long_is_told(server, roots):
    """Events are not kept for ever; nor is a number that the server never gave taken for one of its own."""
    host, key = server.enrol("a" * 32)
    server.report(host, key, roots[0])
    stream = Stream(server, 0)
    ((seen, _),) = stream.take("FINDING_CREATED", 1)
    stream.close()
    with contextlib.closing(sqlite3.connect(server.data / "state.db")) as db:
        last = db.execute("SELECT max(seq) FROM event").fetchone()[0]
        db.execute("DELETE FROM event WHERE seq < ?", [last])
        db.commit()
    for said, first in ((seen, last), (last + 1000, last + 1)):
        stream = Stream(server, said)
        ((identifier, data),) = stream.take("EVENTS_MISSED", 1)
        assert (data["after"], data["first"]) == (said, first) and identifier == first - 1
        stream.close()
    stream = Stream(server, last - 1)  # missed nothing
    assert next(iter(stream))[0] == last
    stream.close()


def test_coverage_is_told(server, roots):
    stream = Stream(server)
    host, key = server.enrol("a" * 32)
    server.report(host, key, roots[0])
    for _, data in stream.take("COVERAGE_CHANGED", 1):
        assert data["resourceId"] == host and data["scanStatus"]["statusCode"] == "ACTIVE"
    stream.close()


def test_many_listeners(server, roots):
    streams = [Stream(server) for _ in range(50)]
    host, key = server.enrol("a" * 32)
    server.report(host, key, roots[0])
    n = len(server.findings())
    told = [[identifier for identifier, _ in stream.take("FINDING_CREATED", n)] for stream in streams]
    assert all(t == told[0] for t in told)
    assert "assay_events_listeners 50" in server.request("GET", "/metrics", signed=False).text
    for stream in streams:
        stream.close()


def test_who_may_listen(server):
    _, key = server.enrol("a" * 32)
    assert server.request("GET", "/assay/v1/events", signed=False).status_code == 403
    assert server.request("GET", "/assay/v1/events", key=key).status_code == 403
    assert server.request("GET", "/assay/v1/events", headers={"Last-Event-ID": "x"}).status_code == 400


def test_nobody_listens_on_with_a_key_that_is_gone(server):
    made = [server.call("POST", "/assay/v1/keys", {"user": "admin"}) for _ in range(3)]
    keys = [(one["accessKeyId"], one["secretAccessKey"]) for one in made]
    session = server.call("POST", "/assay/v1/session", {}, key=keys[1])
    removed, ended = Stream(server, key=keys[0]), Stream(server, key=(session["accessKeyId"], session["secretAccessKey"]), token=session["sessionToken"])
    kept = Stream(server, key=keys[2])
    server.call("DELETE", f"/assay/v1/keys/{keys[0][0]}")
    server.call("POST", f"/assay/v1/keys/{keys[1][0]}/disable")
    for stream in (removed, ended):
        assert list(stream) == []
    wait_for(lambda: "assay_events_listeners 1\n" in server.request("GET", "/metrics", signed=False).text)
    kept.close()


def test_the_server_stops_with_listeners(server):
    stream = Stream(server)
    server.stop()
    stream.close()
    server.start()

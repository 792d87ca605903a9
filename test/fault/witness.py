"""Who saw what: a listener that comes again after every fall, and triggers that note each real change of a finding."""

import json
import sqlite3
import threading
import time

import requests

# In the transaction of the change itself; `seq` is the last event before it. Columns that only say when are left out, and
# the EPSS, which moves daily.
LOOK = "status severity title score fix exploit score_details vulnerability".split()
RESOURCE = "tags details name hash modified role runtime architecture pushed registry platform".split()


def changed(columns):
    return " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)


NOTE = "INSERT INTO witness_look (finding, seq) VALUES ({}, (SELECT coalesce(max(seq), 0) FROM event));"
TRIGGERS = f"""
CREATE TABLE witness_look (id INTEGER PRIMARY KEY, finding INTEGER NOT NULL, seq INTEGER NOT NULL);
CREATE TRIGGER witness_made AFTER INSERT ON finding BEGIN {NOTE.format("NEW.id")} END;
CREATE TRIGGER witness_changed AFTER UPDATE ON finding WHEN {changed(LOOK)} BEGIN {NOTE.format("NEW.id")} END;
CREATE TRIGGER witness_package AFTER INSERT ON finding_package BEGIN {NOTE.format("NEW.finding")} END;
CREATE TRIGGER witness_resource AFTER UPDATE ON resource WHEN {changed(RESOURCE)} BEGIN
    INSERT INTO witness_look (finding, seq) SELECT id, (SELECT coalesce(max(seq), 0) FROM event) FROM finding
        WHERE resource = NEW.id AND status <> 2; END;
CREATE TRIGGER witness_dropped AFTER DELETE ON finding_package BEGIN {NOTE.format("OLD.finding")} END;
"""
KINDS = "FINDING_CREATED FINDING_UPDATED FINDING_CLOSED FINDING_REOPENED FINDING_SUPPRESSED FINDING_UNSUPPRESSED".split()
# Which event may follow which state, and the state after it.
LIFE = {
    ("none", "FINDING_CREATED"): "active",
    ("closed", "FINDING_CREATED"): "active",
    ("closed", "FINDING_REOPENED"): "active",
    ("active", "FINDING_UPDATED"): "active",
    ("hidden", "FINDING_UPDATED"): "hidden",
    ("active", "FINDING_SUPPRESSED"): "hidden",
    ("hidden", "FINDING_UNSUPPRESSED"): "active",
    ("active", "FINDING_CLOSED"): "closed",
    ("hidden", "FINDING_CLOSED"): "closed",
}
STATUS = {0: "active", 1: "hidden", 2: "closed"}


def install(server):
    """While the server does not run."""
    with sqlite3.connect(server.data / "state.db") as db:
        db.executescript(TRIGGERS)
    db.close()


def check(server, kinds):
    """Each change of a finding has its event, and each event a change before it. Returns how many events that were."""
    db = sqlite3.connect(f"file:{server.data}/state.db?mode=ro", uri=True, timeout=30)
    events, changes = {}, {}
    for seq, kind, subject in db.execute("SELECT seq, kind, subject FROM event ORDER BY seq"):
        if kinds[seq] in KINDS:
            events.setdefault(subject, []).append((seq, kinds[seq]))
    for finding, seq in db.execute("SELECT finding, seq FROM witness_look"):
        changes.setdefault(finding, []).append(seq)
    assert events.keys() == changes.keys()
    states = dict(db.execute("SELECT id, status FROM finding"))
    for finding, told in events.items():
        state, before, seen = "none", 0, sorted(changes[finding])
        for seq, kind in told:
            assert (state, kind) in LIFE, f"finding {finding}: {kind} of what is {state} (event {seq})"
            state = LIFE[state, kind]
            # The life of a finding tells of all others; what happens in one transaction has its events at the end.
            changed = kind != "FINDING_UPDATED" or any(before <= at < seq for at in seen)
            assert changed, f"finding {finding}: event {seq} for no change"
            before = seq
        assert seen[-1] < before, f"finding {finding}: a change after event {seen[-1]} has none"
        assert STATUS[states[finding]] == state
    return sum(map(len, events.values()))


class Listener(threading.Thread):
    """Keeps what it was told last of each finding, and the kind of every event."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.last, self.kinds, self.model = server, 0, {}, {}
        self.stop, self.connections = threading.Event(), 0

    def run(self):
        while not self.stop.is_set():
            try:
                self.listen()
            except (requests.RequestException, AttributeError):
                time.sleep(0.02)

    def listen(self):
        headers = {"Last-Event-ID": str(self.last)}
        with self.server.request("GET", "/assay/v1/events", headers=headers, stream=True) as answer:
            if answer.status_code != 200:
                return
            self.connections += 1
            event = {}
            for line in answer.iter_lines(chunk_size=1):
                if self.stop.is_set():
                    return
                name, _, value = line.partition(b": ")
                if name in (b"id", b"event", b"data"):
                    event[name] = value
                elif not line and b"data" in event:
                    self.take(int(event[b"id"]), json.loads(event[b"data"]))
                    event = {}

    def take(self, seq, data):
        assert seq > self.last
        self.kinds[seq], self.last = data["kind"], seq
        if "finding" in data:
            self.model[data["finding"]["findingArn"]] = data["finding"]

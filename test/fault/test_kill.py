"""kill -9 at random points under load: nothing is lost, nothing is invented, and the end is as a fresh evaluation."""

import os
import random
import shutil
import subprocess
import time

from common import wait_for
from load import Load, assert_equal
from witness import Listener, check, install


def start_and_maybe_kill(server, choice):
    """Now and then it is killed while it starts."""
    while choice.random() < 0.25:
        command = [server.assay, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0", *server.options]
        with open(server.log, "ab") as log:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        time.sleep(choice.random() * 0.15)
        process.kill()
        process.wait()
        yield
    server.start()
    yield


def fresh(make_server, server, load):
    """A new server that is given what the old one was given last."""
    generation = server.call("GET", "/assay/v1/advisories")["generation"]
    db = load.folder / "final.db"
    shutil.copy(server.data / "advisories" / f"{generation}.db", db)
    new = make_server(db=db)
    load.enrol(new)
    for host in load.hosts:
        load.send(host, new)
    load.poll(new)
    for name, criteria in load.rules.items():
        new.client().create_filter(name=name, action="SUPPRESS", filterCriteria=criteria)
    new.settle()
    return new


def test_killed_at_random(make_server, tmp_path, long):
    kills = 200 if long else 15
    seed = int(os.environ.get("FAULT_SEED", "0")) or random.randrange(1 << 30)
    print(f"FAULT_SEED={seed}")
    choice = random.Random(seed)
    server = make_server("--mirror", str(tmp_path / "mirror"))
    load = Load(server, tmp_path, seed)
    server.stop()
    install(server)
    server.start()
    load.enrol()
    listener = Listener(server)
    listener.start()
    load.start()
    done = 0
    while done < kills:
        time.sleep(choice.uniform(0.02, 1.0))
        server.process.kill()
        server.process.wait()
        done += sum(1 for _ in start_and_maybe_kill(server, choice))
        assert not load.faults, load.faults
    load.end()
    assert load.done > 2 * kills
    last = server_last(server)
    wait_for(lambda: listener.last >= last)
    listener.stop.set()
    # Nothing more happens when the same is said again.
    load.settle()
    assert server_last(server) == last
    n = check(server, listener.kinds)
    assert listener.connections > 1
    said = {f["findingArn"]: f for f in server.call_all("/findings/list", "findings")}
    for arn, finding in said.items():
        heard = listener.model[arn]
        if finding["status"] == "CLOSED":  # it does not follow what becomes of its resource
            heard["resources"] = finding["resources"]
        for each in heard, finding:  # the EPSS moves daily, without events
            each.pop("epss", None)
        assert heard == finding, arn
    assert not server.call("GET", "/assay/v1/jobs?state=FAILED")["jobs"]
    print(f"{done} kills, {load.done} actions, {n} events of {len(said)} findings, {listener.connections} connections")
    assert_equal(server, fresh(make_server, server, load))
    server.stop()
    server.start()
    left_over(server)
    server.stop()


def server_last(server):
    line = next(line for line in server.request("GET", "/metrics", signed=False).text.splitlines() if line.startswith("assay_events_seq "))
    return int(line.split()[1])


def left_over(server):
    """What was being written when the process died does not stay for ever."""
    files = {p.name for p in (server.data / "advisories").iterdir()}
    assert all(name.endswith((".db", ".db.cache")) for name in files), files
    assert len(files) <= 4, files

"""People and machines that keep a server busy, and never give up; and what of a server two evaluations must agree on."""

import json
import os
import random
import sqlite3
import subprocess
import threading
import time

import botocore.exceptions
import requests
import tiny
from world import function_zip

VERSIONS = {
    "lodash": ["4.17.15", "4.17.19", "4.17.20", "4.17.21"],
    "minimist": ["1.2.0", "1.2.6"],
    "left-pad": ["1.3.0"],
    "@babel/traverse": ["7.20.0", "7.23.2"],
    "is-odd": ["1.0.0", "2.0.0"],
    "is-even": ["1.0.0"],
}
DEBIAN = {
    "openssl": ["1.1.1d-0+deb10u3", "1.1.1d-0+deb10u6"],
    "python3-django": ["1:1.11.29-1+deb10u1", "1:1.11.29-1+deb10u2"],
}
HIDDEN = {
    "one": {"vulnerabilityId": [{"comparison": "EQUALS", "value": "CVE-2021-0003"}]},
    "low": {"severity": [{"comparison": "EQUALS", "value": "LOW"}]},
    "prefix": {"vulnerablePackages": [{"name": {"comparison": "PREFIX", "value": "lod"}}]},
}
DOWN = (requests.RequestException, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)


def some(choice, versions):
    return {name: choice.choice(all) for name, all in versions.items() if choice.random() < 0.7}


def inventories(assay, folder, choice, n):
    """Reports of n hosts that never were."""
    made = []
    for i in range(n):
        packages = [(name, version, "python-django" if "django" in name else None) for name, version in some(choice, DEBIAN).items()]
        root = tiny.write_files(
            folder / str(i),
            {
                "etc/os-release": tiny.BUSTER,
                "var/lib/dpkg/status": tiny.dpkg(("bash", "5.0-4", None), *packages),
                "srv/package-lock.json": tiny.lock(some(choice, VERSIONS)),
            },
        )
        made.append(subprocess.run([assay, "inventory", "--format", "json", str(root)], capture_output=True, check=False).stdout)
    return made


def mirror(folder, choice, n):
    """Feeds that say something else each time."""
    feeds = tiny.Feeds()
    feeds.npm = [a for a in feeds.npm if choice.random() < 0.8]
    feeds.npm += [tiny.osv(tiny.ghsa(100 + n), "minimist", "1.2.6", aliases=[f"CVE-2021-{1000 + n}"], vector=tiny.V31["high"])]
    feeds.epss["CVE-2021-0001"] = (f"{choice.random():.5f}", "0.99912")
    if choice.random() < 0.5:
        feeds.kev = ["CVE-2021-0002"]
    return feeds.write(folder)


def point(link, to):
    """The link leads there from now on, with no moment between."""
    new = link.with_name(link.name + ".new")
    new.symlink_to(to)
    os.replace(new, link)


def insist(action, stop=None):
    """Again and again, until it is done. What the server refused for good is a fault of the test."""
    while True:
        try:
            answer = action()
        except DOWN as error:
            status = getattr(error, "response", None)
            status = status.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) if isinstance(status, dict) else 0
            assert status == 0 or status >= 429, str(error)
        else:
            status = getattr(answer, "status_code", 200)
            if status < 400:
                return answer
            assert status >= 429, answer.text
        if stop and stop.is_set():
            return None
        time.sleep(0.02)


class Load:
    """Hosts, rules, functions and advisories that change all the time, each on a thread of its own."""

    def __init__(self, server, folder, seed, hosts=5):
        self.server, self.folder = server, folder
        self.stop, self.faults, self.done = threading.Event(), [], 0
        self.rules, self.link, self.functions = {}, folder / "mirror", folder / "functions"
        self.seed = seed
        choice = random.Random(seed)
        (folder / "feeds").mkdir()
        self.reports = inventories(server.assay, folder / "roots", choice, 12)
        self.feeds = [mirror(folder / "feeds" / str(i), choice, i) for i in range(6)]
        point(self.link, self.feeds[0])
        self.functions.mkdir()
        self.put_function("mail", {"lodash": "4.17.15"})
        self.hosts = [{"machine": f"{i:02x}" * 16, "report": None} for i in range(1, hosts + 1)]
        self.threads = []

    def put_function(self, name, packages):
        new = self.functions / (name + ".new")
        new.write_bytes(function_zip(packages))
        os.replace(new, self.functions / (name + ".zip"))

    def enrol(self, server=None):
        server = server or self.server
        for host in self.hosts:
            host["id"], host["key"] = server.enrol(host["machine"], "host " + host["machine"][:2])
        origin = {"kind": "FUNCTION_FOLDER", "url": str(self.functions), "options": {"role": "arn:aws:iam::000000000000:role/run"}}
        self.origin = server.call("POST", "/assay/v1/origins", origin)["id"]

    # What each of them does once.

    def report(self, host, choice):
        host["report"] = choice.choice(self.reports)
        self.send(host)

    def send(self, host, server=None):
        server = server or self.server
        path = f"/assay/v1/hosts/{host['id']}/inventory"
        insist(lambda: server.request("PUT", path, host["report"], key=host["key"]))

    def rule(self, choice, server=None):
        name = choice.choice(list(HIDDEN))
        client = lambda: (server or self.server).client(connect_timeout=2, read_timeout=30)  # noqa: E731
        filters = {f["name"]: f["arn"] for f in insist(lambda: client().list_filters())["filters"]}
        if name in filters:
            try:
                client().delete_filter(arn=filters[name])
                self.rules.pop(name, None)
            except DOWN:
                pass  # done or not: the list says so at the end
        else:
            try:
                client().create_filter(name=name, action="SUPPRESS", filterCriteria=HIDDEN[name])
                self.rules[name] = HIDDEN[name]
            except DOWN:
                pass

    def advise(self, choice):
        point(self.link, choice.choice(self.feeds))
        insist(lambda: self.server.request("POST", "/assay/v1/advisories/update"))

    def deploy(self, choice):
        self.put_function("mail", some(choice, VERSIONS))
        self.put_function(f"job{choice.randrange(3)}", some(choice, VERSIONS))
        self.poll()

    def poll(self, server=None):
        insist(lambda: (server or self.server).request("POST", f"/assay/v1/origins/{self.origin}/poll"))

    # All at once, and an end.

    def repeat(self, action, *arguments, pause=0.0):
        choice = random.Random(self.seed + len(self.threads))
        try:
            while not self.stop.is_set():
                action(*arguments, choice)
                self.done += 1
                self.stop.wait(pause * choice.random())
        except BaseException as error:  # noqa: BLE001
            self.faults.append(error)
            self.stop.set()
            raise

    def start(self):
        actions = [((self.report, host), 0.1) for host in self.hosts]
        actions += [((self.rule,), 0.3), ((self.advise,), 1.0), ((self.deploy,), 0.5)]
        for arguments, pause in actions:
            thread = threading.Thread(target=self.repeat, args=arguments, kwargs={"pause": pause}, daemon=True)
            self.threads.append(thread)
            thread.start()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive()
        assert not self.faults, self.faults
        self.settle()

    def settle(self):
        """The last word of everybody, and the server has nothing left to do."""
        for host in self.hosts:
            self.send(host)
        self.server.call("POST", "/assay/v1/advisories/update")
        self.poll()
        self.server.settle()
        assert not self.server.call("GET", "/assay/v1/advisories").get("updateError")
        self.rules = {f["name"]: f["criteria"] for f in self.server.client().list_filters()["filters"]}


def database(server):
    return sqlite3.connect(f"file:{server.data}/state.db?mode=ro", uri=True, timeout=30)


# ---- what two evaluations must agree on ----

TIMES = ("firstObservedAt", "lastObservedAt", "updatedAt", "findingArn", "lastKnownExploitAt")


def looks(server, closed=False):
    """Findings by resource and vulnerability, without what depends on when they were made."""
    found = {}
    for finding in server.call_all("/findings/list", "findings"):
        if finding["status"] == "CLOSED" and not closed:
            continue
        for name in TIMES:
            finding.pop(name, None)
        key = finding["resources"][0]["id"], finding["packageVulnerabilityDetails"]["vulnerabilityId"]
        assert key not in found, f"twice: {key}"
        finding["resources"][0].pop("details", None)
        details = finding["packageVulnerabilityDetails"]
        details["vulnerablePackages"] = sorted(details["vulnerablePackages"], key=json.dumps)
        found[key] = finding
    return found


def coverage(server):
    rows = server.call_all("/coverage/list", "coveredResources")
    return sorted((r["resourceId"], r["scanType"], r["scanStatus"]["statusCode"], r["scanStatus"]["reason"]) for r in rows)


def counters(server):
    """What aggregations are read from: all but times."""
    db = database(server)
    columns = [row[1] for row in db.execute("PRAGMA table_info(counter)")]
    rows = db.execute(
        f"SELECT {', '.join(columns)} FROM counter WHERE critical OR high OR medium OR total OR exploitable OR fixable OR network"
    )
    return sorted(map(list, rows), key=str)


AGGREGATIONS = ["TITLE", "PACKAGE", "ACCOUNT", "FINDING_TYPE", "AWS_EC2_INSTANCE", "AWS_LAMBDA_FUNCTION"]


def aggregations(server):
    said = {}
    for kind in AGGREGATIONS:
        rows = server.call_all("/findings/aggregation/list", "responses", {"aggregationType": kind})
        said[kind] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    return said


def assert_equal(one, other):
    """Both say the same of the world."""
    a, b = looks(one), looks(other)
    assert a.keys() == b.keys(), (a.keys() - b.keys(), b.keys() - a.keys())
    for key in a:
        assert a[key] == b[key], key
    assert coverage(one) == coverage(other)
    assert counters(one) == counters(other)
    assert aggregations(one) == aggregations(other)

#!/usr/bin/env python3
"""What a server with a fleet does, measured from outside: requests are signed and sent over connections that stay open, times are the
client's. Usage: bench/server.py FOLDER [NAME]...; NAME is start, lists, aggregations, reports, heartbeats, quiet or difference, by
default all. FOLDER has the fleet (bench/run server makes it): state/, base.db, next.mirror/."""

import collections
import datetime
import hashlib
import hmac
import http.client
import itertools
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

LISTS = int(os.environ.get("BENCH_LISTS", "1000"))  # of either kind
ROOT = pathlib.Path(__file__).resolve().parent.parent
ASSAY = os.environ.get("ASSAY", str(ROOT / "build" / "assay"))
SORTS = """AWS_ACCOUNT_ID FINDING_TYPE SEVERITY FIRST_OBSERVED_AT LAST_OBSERVED_AT FINDING_STATUS RESOURCE_TYPE ECR_IMAGE_PUSHED_AT
    ECR_IMAGE_REPOSITORY_NAME ECR_IMAGE_REGISTRY NETWORK_PROTOCOL COMPONENT_TYPE VULNERABILITY_ID VULNERABILITY_SOURCE
    INSPECTOR_SCORE VENDOR_SEVERITY EPSS_SCORE""".split()
AGGREGATIONS = {
    "FINDING_TYPE": "findingTypeAggregation",
    "PACKAGE": "packageAggregation",
    "TITLE": "titleAggregation",
    "REPOSITORY": "repositoryAggregation",
    "AMI": "amiAggregation",
    "AWS_EC2_INSTANCE": "ec2InstanceAggregation",
    "AWS_ECR_CONTAINER": "awsEcrContainerAggregation",
    "IMAGE_LAYER": "imageLayerAggregation",
    "ACCOUNT": "accountAggregation",
    "AWS_LAMBDA_FUNCTION": "lambdaFunctionAggregation",
    "LAMBDA_LAYER": "lambdaLayerAggregation",
}


class Client:
    """One connection; ask() gives the parsed answer and how long it took from the first byte sent to the last received."""

    def __init__(self, url, key):
        self.host, (self.id, self.secret) = url.removeprefix("http://"), key
        self.connection = http.client.HTTPConnection(self.host)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def sign(self, method, path, query, body):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/us-east-1/inspector2/aws4_request"
        canonical = f"{method}\n{path}\n{query}\nhost:{self.host}\nx-amz-date:{now}\n\nhost;x-amz-date\n{hashlib.sha256(body).hexdigest()}"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + self.secret).encode()
        for word in (*scope.split("/"), text):
            key = hmac.digest(key, word.encode(), "sha256")
        signed = f"AWS4-HMAC-SHA256 Credential={self.id}/{scope}, SignedHeaders=host;x-amz-date, Signature={key.hex()}"
        return {"Host": self.host, "X-Amz-Date": now, "Authorization": signed, "Content-Type": "application/json"}

    def send(self, method, path, body=None, query=""):
        content = b"" if body is None else json.dumps(body).encode()
        headers = self.sign(method, path, query, content)
        began = time.perf_counter()
        self.connection.request(method, path + ("?" + query if query else ""), content, headers)
        return self.connection.getresponse(), began

    def ask(self, method, path, body=None, query=""):
        response, began = self.send(method, path, body, query)
        content = response.read()
        seconds = time.perf_counter() - began
        assert response.status == 200, f"{method} {path} {body}: {response.status} {content[:300]}"
        return (json.loads(content) if content[:1] in b"{[" else content.decode()), seconds


class Server:
    def __init__(self, folder, *options):
        self.folder = folder
        command = [ASSAY, "serve", "--data", str(folder / "state"), "--listen", "127.0.0.1:0", "--no-self", "--update-hours", "0"]
        command += ["--db", str(folder / "base.db"), "--mirror", str(folder / "next.mirror"), *options]
        self.log = open(folder / "server.log", "a+")
        self.began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        self.url = self.process.stdout.readline().decode().split()[-1]
        words = (folder / "state" / "credentials").read_text().split()
        self.key = words[words.index("aws_access_key_id") + 2], words[words.index("aws_secret_access_key") + 2]

    def client(self, key=None):
        return Client(self.url, key or self.key)

    def memory(self):
        """MiB: resident, and of that what is no file's."""
        status = dict(line.split(":", 1) for line in open(f"/proc/{self.process.pid}/status"))
        return [int(status[name].split()[0]) // 1024 for name in ("VmRSS", "RssAnon", "VmHWM")]

    def cpu(self):
        return sum(map(int, open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)


def quantile(times, q):
    times = sorted(times)
    return times[min(int(len(times) * q), len(times) - 1)]


def figure(name, what, value, unit, bar=""):
    load = os.getloadavg()[0]
    word = ""
    if bar:
        met = value >= float(bar[1:]) if bar.startswith(">") else value <= float(bar)
        word = f"{'pass' if met else 'MISS'} (bar {bar})"
    print(f"{name:<12} {what:<58} {value:>10,.4g} {unit:<4} {word:<18} load {load:.1f}", flush=True)
    with open(FOLDER / "figures", "a") as f:
        print(name, what, value, unit, bar, round(load, 1), sep="\t", file=f)


def latencies(name, what, times, bar="", q=0.95):
    milli = [t * 1000 for t in times]
    figure(name, f"{what}: p50 of {len(milli)}", quantile(milli, 0.5), "ms")
    figure(name, f"{what}: p{q * 100:g}", quantile(milli, q), "ms", bar)
    figure(name, f"{what}: worst", max(milli), "ms")


# ---- lists ----


def text(value, comparison="EQUALS"):
    return {"comparison": comparison, "value": value}


def shares(values):
    """The most and the least frequent one."""
    counted = collections.Counter(v for v in values if v is not None).most_common()
    return [counted[0][0], counted[-1][0]] if counted else []


def filters(client):
    """(key, entry) with what many, few and no findings have, from a sample of them."""
    sample = []
    for sort, order in itertools.product(("EPSS_SCORE", "VULNERABILITY_ID", "LAST_OBSERVED_AT", "SEVERITY"), ("ASC", "DESC")):
        sample += client.ask("POST", "/findings/list", {"maxResults": 100, "sortCriteria": {"field": sort, "sortOrder": order}})[0]["findings"]
    details = [f["packageVulnerabilityDetails"] for f in sample]
    instances = [f["resources"][0]["details"]["awsEc2Instance"] for f in sample]
    of_sample = {
        "vulnerabilityId": [d["vulnerabilityId"] for d in details],
        "vulnerabilitySource": [d["source"] for d in details],
        "vendorSeverity": [d.get("vendorSeverity") for d in details],
        "title": [f["title"] for f in sample],
        "severity": [f["severity"] for f in sample],
        "resourceId": [f["resources"][0]["id"] for f in sample],
        "ec2InstanceImageId": [i.get("imageId") for i in instances],
        "exploitAvailable": ["YES", "NO"],
        "fixAvailable": ["YES", "NO"],
        "findingStatus": ["ACTIVE", "CLOSED"],
        "findingType": ["PACKAGE_VULNERABILITY", "NETWORK_REACHABILITY"],
        "resourceType": ["AWS_EC2_INSTANCE", "AWS_LAMBDA_FUNCTION"],
        "awsAccountId": ["000000000000", "111111111111"],
        "findingArn": [f["findingArn"] for f in sample],
        "relatedVulnerabilities": [r for d in details for r in d.get("relatedVulnerabilities", [])],
    }
    for key, values in of_sample.items():
        yield from ((key, text(v)) for v in shares(values))
        yield key, text({"severity": "UNTRIAGED", "findingStatus": "SUPPRESSED"}.get(key, "none"))
    for prefix in ("CVE-2019", "CVE-2", "CVE-2023-4"):
        yield "vulnerabilityId", text(prefix, "PREFIX")
        yield "title", text(prefix, "PREFIX")
    yield "severity", text("MEDIUM", "NOT_EQUALS")
    yield "vulnerabilitySource", text("DEBIAN_CVE", "NOT_EQUALS")
    for key, bounds in {"inspectorScore": (0, 7, 9.8, 10), "epssScore": (0, 0.01, 0.5, 0.99)}.items():
        yield from ((key, {"lowerInclusive": b}) for b in bounds)
        yield from ((key, {"upperInclusive": b}) for b in bounds)
    times = sorted(f["firstObservedAt"] for f in sample)
    for key in ("firstObservedAt", "lastObservedAt", "updatedAt"):
        yield from ((key, {"startInclusive": t}) for t in (times[0] - 1, times[len(times) // 2], times[-1] + 86400))
        yield key, {"endInclusive": times[len(times) // 2]}
    for key, value in (("env", "prod"), ("team", "team-17"), ("team", "none")):
        yield "resourceTags", {"comparison": "EQUALS", "key": key, "value": value}
    packages = [p["name"] for d in details for p in d["vulnerablePackages"]]
    for name in (*shares(packages), "none"):
        yield "vulnerablePackages", {"name": text(name)}
    yield "vulnerablePackages", {"name": text("lib", "PREFIX")}
    yield "vulnerablePackages", {"architecture": text("AMD64")}
    for key in ("ecrImageRepositoryName", "ecrImageTags", "lambdaFunctionName", "componentId", "ec2InstanceVpcId"):
        yield key, text("none")


def first_pages(client, name, what, bodies, bar):
    slow, times = [], []
    for body in bodies:
        client.ask("POST", "/findings/list", {**body, "maxResults": 100})  # p95 is not to be that of a disk
        seconds = client.ask("POST", "/findings/list", {**body, "maxResults": 100})[1]
        times.append(seconds)
        if seconds * 1000 > bar:
            slow.append((seconds, body))
    latencies(name, what, times, str(bar))
    for seconds, body in sorted(slow, key=lambda s: -s[0])[:5]:
        print(f"    {seconds * 1000:.0f} ms: {json.dumps(body)}")


def lists(server):
    client = server.client()
    known = list(filters(client))
    sorts = [None, *itertools.product(SORTS, ("ASC", "DESC"))]
    rng = random.Random(1)

    def body(entries, sort):
        criteria = {key: [entry] for key, entry in entries}
        return {"filterCriteria": criteria} | ({"sortCriteria": {"field": sort[0], "sortOrder": sort[1]}} if sort else {})

    one = [body([f], s) for f in known for s in sorts]
    first_pages(client, "lists", "first page, one filter, any sort", rng.sample(one, min(len(one), LISTS)), 25)
    three = []
    while len(three) < LISTS:
        entries = rng.sample(known, 3)
        if len({key for key, _ in entries}) == 3:
            three.append(body(entries, rng.choice(sorts)))
    first_pages(client, "lists", "first page, three filters, any sort", three, 100)


def aggregations(server):
    client, times = server.client(), []
    for kind, member in AGGREGATIONS.items():
        for sort, order in itertools.product(("CRITICAL", "HIGH", "ALL"), ("ASC", "DESC")):
            body = {"aggregationType": kind, "aggregationRequest": {member: {"sortBy": sort, "sortOrder": order}}, "maxResults": 100}
            times += [client.ask("POST", "/findings/aggregation/list", body)[1] for _ in range(5)]
    latencies("aggregations", "dashboard aggregations", times, "150")
    times = []
    for group in ("SCAN_STATUS_CODE", "SCAN_STATUS_REASON", "RESOURCE_TYPE", "ACCOUNT_ID"):
        times += [client.ask("POST", "/coverage/statistics/list", {"groupBy": group})[1] for _ in range(10)]
    latencies("aggregations", "coverage statistics", times, "150")


# ---- reports of hosts ----


def hosts():
    return [line.split() for line in open(FOLDER / "state" / "hosts")]


def as_report(inventory, host):
    """What the server has of a host, as its collector sends it."""
    return {"os": inventory["os"], "packages": inventory["packages"], "host": {"name": host}}


def reports(server):
    """A host that installs a package: from its report to the answer, which comes after the findings."""
    admin, times, cpu = server.client(), [], 0
    for i, (host, key, secret, _) in enumerate(random.Random(2).sample(hosts(), 200)):
        inventory = admin.ask("GET", f"/assay/v1/resources/{host}/inventory")[0]
        client = server.client((key, secret))
        before = server.cpu()
        inventory["packages"][i % len(inventory["packages"])]["version"] += f"+{os.getpid()}"
        body = as_report(inventory, host)
        times.append(client.ask("PUT", f"/assay/v1/hosts/{host}/inventory", body)[1])
        cpu += server.cpu() - before
    latencies("reports", "a host's report with one other package", times, q=0.99)
    figure("reports", "processor time of one", cpu / len(times) * 1000, "ms")


def heartbeats(server):
    out = subprocess.run(
        [ROOT / "build/bench/heartbeat", server.url.rsplit(":", 1)[1], FOLDER / "state" / "hosts", "10"], capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    figure("heartbeats", "unchanged reports", float(re.match(r"\d+", out.stdout)[0]), "/s", ">5000")


# ---- what it costs to be there ----


def quiet(server):
    client = server.client()
    before, began = server.cpu(), time.monotonic()
    time.sleep(20)
    figure("quiet", "processor time of doing nothing", (server.cpu() - before) / (time.monotonic() - began) * 100, "%")
    first = client.ask("GET", "/metrics")[1]
    figure("quiet", "metrics, resources counted", first * 1000, "ms")
    latencies("quiet", "metrics", [client.ask("GET", "/metrics")[1] for _ in range(20)])


# ---- advisories ----


def generation(client):
    return re.search(r'generation="(\w+)"', client.ask("GET", "/metrics")[0])[1]


def difference(server):
    """From the moment the server takes the new generation into use; what the client does not see, it asks for every 10 ms."""
    client, listener = server.client(), server.client()
    old = generation(client)
    response, _ = listener.send("GET", "/assay/v1/events")
    seen, done = [], threading.Event()

    def listen():
        for line in response:
            if line.startswith(b"event: FINDING_CREATED"):
                seen.append(time.perf_counter())
            elif line.startswith(b"event: ADVISORIES_CHANGED"):
                seen.append(time.perf_counter())
                done.set()
                return

    threading.Thread(target=listen, daemon=True).start()
    asked = time.perf_counter()
    client.ask("POST", "/assay/v1/advisories/update", {})
    while generation(client) == old:
        time.sleep(0.01)
    began, before = time.perf_counter(), server.cpu()
    assert done.wait(300)
    figure("difference", "databases built, from the request to the new one in use", began - asked, "s")
    figure("difference", "findings that it made", len(seen) - 1, "")
    figure("difference", "first finding, as an event", seen[0] - began, "s", "1")
    figure("difference", "all findings", seen[-1] - began, "s", "10")
    figure("difference", "… processor time, with the events of all of them", server.cpu() - before, "s")


def memory(server, when):
    resident, anonymous, peak = server.memory()
    figure("memory", f"resident {when}", resident, "MiB", "300")
    figure("memory", f"… of that no file's {when}", anonymous, "MiB")
    figure("memory", f"… most so far {when}", peak, "MiB", "300")


def start(server):
    server.client().ask("POST", "/findings/list", {"maxResults": 1})
    figure("start", "from the start to the first answered list", time.perf_counter() - server.began, "s", "2")


def main(names):
    for name in names:
        server = Server(FOLDER)
        try:
            start(server)
            if name != "start":
                globals()[name](server)
                memory(server, "after " + name)
        finally:
            server.stop()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    FOLDER = pathlib.Path(sys.argv[1])
    main(sys.argv[2:] or ["start", "lists", "aggregations", "reports", "heartbeats", "quiet", "difference"])

"""Our own endpoints: hosts, users and keys, sessions, origins, jobs, advisories, health and metrics."""

import gzip
import hashlib
import json
import re
import subprocess
import time
import urllib.parse
import zipfile

import pytest
import tiny
import zstandard
from common import wait_for

MACHINE = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def inventory(assay, tmp_path):
    root = tiny.write_files(tmp_path / "root", tiny.host())
    done = subprocess.run([assay, "inventory", "--format", "json", str(root)], capture_output=True, check=False)
    return done.stdout


@pytest.fixture
def host(server):
    return server.enrol(MACHINE, "web")


def digest(text):
    return hashlib.sha256(text).hexdigest()


def error(answer):
    return answer.status_code, answer.headers.get("x-amzn-ErrorType")


# enrolment


def enrol(server, **members):
    return server.request("POST", "/assay/v1/enrol", members, signed=False)


def test_enrolling_again_is_the_same_host_with_another_key(server):
    identifier, key = server.enrol(MACHINE)
    again, other = server.enrol(MACHINE)
    assert re.fullmatch(r"mi-[0-9a-f]{17}", identifier) and again == identifier and other != key
    beat = {"digest": "0" * 64}
    path = f"/assay/v1/hosts/{identifier}/heartbeat"
    assert server.call("POST", path, beat, key=other) == {"wanted": True}
    time.sleep(1.1)  # keys are remembered for a second
    assert server.request("POST", path, beat, key=key).status_code == 403
    assert server.enrol("f" * 32)[0] != identifier


def test_an_instance_is_known_by_its_id(server):
    identifier, _ = server.enrol(MACHINE, instanceId="i-0123456789abcdef0")
    assert identifier == "i-0123456789abcdef0"
    assert enrol(server, token=server.token(), machineId=MACHINE, instanceId="x").status_code == 400


def test_a_token_does_not_take_over_a_host(server, host, inventory):
    """Not that of one that has reported, and neither when its key was disabled."""
    identifier, key = host
    assert server.request("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key).ok
    token = json.loads(server.run("token", "create", "--uses", "1", "--format", "json"))["token"]
    answer = enrol(server, token=token, machineId=MACHINE)
    assert error(answer) == (409, "ConflictException") and "--for replacement" in answer.text
    time.sleep(1.1)
    assert server.request("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key).ok
    assert enrol(server, token=token, machineId="f" * 32).ok  # it was not used up
    for token in (
        json.loads(server.run("token", "create", "--for", "replacement", "--format", "json"))["token"],
        server.call("POST", "/assay/v1/tokens", {"purpose": "replace"})["token"],
    ):
        again = enrol(server, token=token, machineId=MACHINE).json()
        assert again["resourceId"] == identifier and again["accessKeyId"] != key[0]
    assert [t["purpose"] for t in server.call("GET", "/assay/v1/tokens")["tokens"]].count("replace") == 2
    server.call("DELETE", f"/assay/v1/users/{identifier}")
    assert enrol(server, token=server.token(), machineId=MACHINE).ok


def test_enrolment_needs_a_token(server):
    assert error(enrol(server, token="assay-" + "a" * 40, machineId=MACHINE)) == (403, "AccessDeniedException")
    token = server.call("POST", "/assay/v1/tokens", {"uses": 1})["token"]
    assert enrol(server, token=token, machineId=MACHINE).ok
    assert enrol(server, token=token, machineId=MACHINE).status_code == 403


def test_an_enrolled_host_is_covered_at_once(server, host):
    covered = server.client().list_coverage()["coveredResources"]
    assert [(c["resourceId"], c["scanStatus"]["reason"]) for c in covered] == [(host[0], "PENDING_INITIAL_SCAN")]


def test_tags_of_the_token_are_those_of_the_host(server):
    token = server.call("POST", "/assay/v1/tokens", {"tags": {"team": "shop"}})["token"]
    assert enrol(server, token=token, machineId=MACHINE).json()["tags"] == {"team": "shop"}


# reports


def test_a_report_makes_findings_and_is_asked_for_once(server, host, inventory):
    identifier, key = host
    beat = f"/assay/v1/hosts/{identifier}/heartbeat"
    assert server.call("POST", beat, {"digest": digest(inventory)}, key=key) == {"wanted": True}
    answer = server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    assert answer == {"received": len(inventory), "complete": True, "digest": digest(inventory), "changed": True}
    findings = server.findings()
    assert findings and {f["resources"][0]["id"] for f in findings} == {identifier}
    assert server.call("POST", beat, {"digest": digest(inventory)}, key=key) == {"wanted": False}
    assert server.call("POST", beat, {"digest": "0" * 64}, key=key) == {"wanted": True}
    again = server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    assert again["complete"] and not again["changed"] and server.findings() == findings


def test_the_digest_is_remembered_over_a_restart(server, host, inventory):
    identifier, key = host
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    server.stop()
    server.start()
    beat = server.call("POST", f"/assay/v1/hosts/{identifier}/heartbeat", {"digest": digest(inventory)}, key=key)
    assert beat == {"wanted": False}


@pytest.mark.parametrize("encoding,pack", [("gzip", gzip.compress), ("zstd", zstandard.compress), ("identity", bytes)])
def test_compressed_reports(server, host, inventory, encoding, pack):
    identifier, key = host
    path = f"/assay/v1/hosts/{identifier}/inventory?digest={digest(inventory)}"
    answer = server.call("PUT", path, pack(inventory), key=key, headers={"Content-Encoding": encoding})
    assert answer["complete"] and answer["digest"] == digest(inventory)
    assert server.findings()


def test_reports_in_parts(server, host, inventory):
    identifier, key = host
    packed = zstandard.compress(inventory)
    cuts = [0, 100, 350, len(packed)]

    def put(start, end):
        query = f"?digest={digest(inventory)}&upload=u1&offset={start}&total={len(packed)}"
        path = f"/assay/v1/hosts/{identifier}/inventory{query}"
        return server.request("PUT", path, packed[start:end], key=key, headers={"Content-Encoding": "zstd"})

    assert put(0, 100).json() == {"received": 100, "complete": False}
    gap = put(350, 400)
    assert gap.status_code == 409 and gap.json() == {"received": 100, "complete": False}
    server.stop()
    server.start()
    assert put(50, 350).json() == {"received": 350, "complete": False}
    last = put(cuts[2], cuts[3]).json()
    assert last["complete"] and last["digest"] == digest(inventory)
    assert server.findings() and not list((server.data / "uploads").iterdir())


def test_what_is_no_report_is_refused(server, host, inventory):
    identifier, key = host
    path = f"/assay/v1/hosts/{identifier}/inventory"

    def put(body, query="", **headers):
        return error(server.request("PUT", path + query, body, key=key, headers=headers))

    invalid = (400, "ValidationException")
    assert put(b"no report") == invalid
    assert put(b"{}") == invalid
    assert put(b"") == invalid
    assert put(inventory, "?digest=" + "0" * 64) == invalid
    assert put(inventory, "?digest=x") == invalid
    assert put(gzip.compress(inventory)[:-4]) == invalid
    assert put(inventory, **{"Content-Encoding": "br"}) == invalid
    assert put(zstandard.compress(bytes(64 << 20))) == invalid  # a bomb
    assert put(inventory, "?upload=u&offset=5") == invalid
    assert put(inventory, "?upload=a.b&offset=0&total=9999999") == invalid
    assert server.findings() == []


def test_a_host_speaks_for_itself_alone(server, host, inventory):
    identifier, key = host
    other, _ = server.enrol("e" * 32)
    denied = (403, "AccessDeniedException")
    assert error(server.request("PUT", f"/assay/v1/hosts/{other}/inventory", inventory, key=key)) == denied
    assert error(server.request("POST", f"/assay/v1/hosts/{other}/heartbeat", {"digest": "0" * 64}, key=key)) == denied
    assert error(server.request("POST", "/findings/list", {}, key=key)) == denied
    assert error(server.request("GET", "/assay/v1/users", key=key)) == denied
    assert server.request("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, signed=False).status_code == 403


def test_facts_of_a_host(server, host, inventory):
    identifier, key = host
    facts = {"name": "web-1", "instanceType": "m5.large", "addresses": ["10.0.0.7", "fd00::7"], "tags": {"team": "shop"}}
    report = json.dumps({"host": facts, **json.loads(inventory)}).encode()
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", report, key=key)
    resource = server.findings()[0]["resources"][0]
    assert resource["tags"] == {"team": "shop"}
    details = resource["details"]["awsEc2Instance"]
    assert details["ipV4Addresses"] == ["10.0.0.7"] and details["type"] == "m5.large"
    by_tag = {"resourceTags": [{"comparison": "EQUALS", "key": "team", "value": "shop"}]}
    assert len(server.findings(**by_tag)) == len(server.findings())


def test_a_host_of_an_unknown_system(server, host):
    identifier, key = host
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", b'{"packages":[]}', key=key)
    covered = wait_for(
        lambda: [c for c in server.client().list_coverage()["coveredResources"] if c["scanStatus"]["statusCode"] == "INACTIVE"]
    )
    assert covered[0]["scanStatus"]["reason"] == "UNSUPPORTED_OS"


# what is in resources


def test_the_inventory_of_a_resource(server, host, inventory):
    identifier, key = host
    path = f"/assay/v1/resources/{identifier}/inventory"
    assert server.request("GET", path).status_code == 404
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    packages = server.call("GET", path)["packages"]
    wanted = json.loads(inventory)["packages"]
    assert {(p["type"], p["name"], p["version"]) for p in packages} == {(p["type"], p["name"], p["version"]) for p in wanted}
    assert server.call("GET", path + "?format=cyclonedx")["bomFormat"] == "CycloneDX"
    assert server.request("GET", path + "?format=pdf").status_code == 400
    assert server.request("GET", "/assay/v1/resources/mi-00000000000000000/inventory").status_code == 404


def test_counts_of_findings(server, host, inventory):
    identifier, key = host
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)

    def count(criteria):
        return server.call("POST", "/assay/v1/findings/count", criteria)

    assert count({}) == {"count": len(server.findings()), "more": False}
    high = {"severity": [{"comparison": "EQUALS", "value": "HIGH"}]}
    assert count({"filterCriteria": high}) == {"count": len(server.findings(**high)), "more": False}
    wrong = server.request("POST", "/assay/v1/findings/count", {"filterCriteria": {"severity": [{"comparison": "X"}]}})
    assert error(wrong) == (400, "ValidationException")


def test_history_counts_what_opened_and_closed(server, host, inventory):
    identifier, key = host
    assert server.call("GET", "/assay/v1/findings/history") == {"days": []}
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    found = len(server.findings())
    empty = json.dumps(json.loads(inventory) | {"packages": []}).encode()
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", empty, key=key)
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    days = server.call("GET", "/assay/v1/findings/history?days=2")["days"]
    assert all(one["day"] % 86400 == 0 for one in days)
    assert (sum(one["opened"] for one in days), sum(one["closed"] for one in days)) == (2 * found - 1, found - 1)  # but its release
    assert server.request("GET", "/assay/v1/findings/history?days=0").status_code == 400


def test_affected_resources(server, host, inventory):
    identifier, key = host
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    finding = server.findings(severity=[{"comparison": "EQUALS", "value": "HIGH"}])[0]

    def affected(**query):
        return server.call("GET", "/assay/v1/findings/affected?" + "&".join(f"{k}={v}" for k, v in query.items()))

    details = finding["packageVulnerabilityDetails"]
    assert affected(vulnerabilityId=details["vulnerabilityId"]) == {"resources": 1, "more": False}
    assert affected(packageName=details["vulnerablePackages"][0]["name"]) == {"resources": 1, "more": False}
    assert affected(title=urllib.parse.quote(finding["title"])) == {"resources": 1, "more": False}
    assert affected(title=urllib.parse.quote(finding["title"] + "x")) == {"resources": 0, "more": False}
    assert affected(packageName="nothing") == {"resources": 0, "more": False}
    assert server.request("GET", "/assay/v1/findings/affected").status_code == 400


def test_affected_resources_by_a_package_with_a_group(server, host, tmp_path):
    server.report(*host, tiny.write_files(tmp_path / "app", tiny.app()))
    answer = server.call("GET", "/assay/v1/findings/affected?packageName=org.example%3Acore")
    assert answer == {"resources": 1, "more": False}


def test_remediations(server, host, inventory):
    identifier, key = host
    assert server.call("GET", "/assay/v1/findings/remediations") == {"remediations": []}
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    client = server.client()
    request = {"packageAggregation": {"sortBy": "CRITICAL", "sortOrder": "DESC"}}
    counted = client.list_finding_aggregations(aggregationType="PACKAGE", aggregationRequest=request)["responses"]
    counted = [one["packageAggregation"] for one in counted]
    found = server.call("GET", "/assay/v1/findings/remediations?max=20")["remediations"]
    assert found and [(one["packageName"], one["severityCounts"]) for one in found] == [(one["packageName"], one["severityCounts"]) for one in counted]
    for one in found:
        ended = {}
        for finding in server.findings(vulnerablePackages=[{"name": {"comparison": "EQUALS", "value": one["packageName"]}}]):
            versions = {each.get("fixedInVersion", "NotAvailable") for each in finding["packageVulnerabilityDetails"]["vulnerablePackages"] if each["name"] == one["packageName"]}
            if version := max(versions - {"NotAvailable"}, default="").removeprefix("0:"):
                ended[version] = ended.get(version, 0) + 1
        assert {each["version"]: each["findings"] for each in one["fixes"]} == ended
        assert (one["resources"], one["more"]) == (1, False)
    assert any(one["fixes"] for one in found)
    assert server.call("GET", "/assay/v1/findings/remediations?max=1")["remediations"] == found[:1]
    assert error(server.request("GET", "/assay/v1/findings/remediations?max=21")) == (400, "ValidationException")


def test_preview_of_a_rule(server, host, inventory):
    identifier, key = host
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    criteria = {"resourceId": [{"comparison": "EQUALS", "value": identifier}]}
    count = server.call("POST", "/assay/v1/filters/preview", {"filterCriteria": criteria})["count"]
    assert count == len(server.findings())
    wrong = server.request("POST", "/assay/v1/filters/preview", {"filterCriteria": {"resourceId": [{"comparison": "X"}]}})
    assert error(wrong) == (400, "ValidationException")


# users, keys, tokens, sessions


def test_users_and_keys(server):
    server.call("POST", "/assay/v1/users", {"name": "ann", "role": "read_only"})
    assert {"ann"} <= {u["name"] for u in server.call("GET", "/assay/v1/users")["users"]}
    made = server.call("POST", "/assay/v1/keys", {"user": "ann"})
    key = made["accessKeyId"], made["secretAccessKey"]
    assert server.request("POST", "/findings/list", {}, key=key).ok
    assert server.request("POST", "/assay/v1/users", {"name": "x", "role": "admin"}, key=key).status_code == 403
    listed = server.call("GET", "/assay/v1/keys?user=ann")["keys"]
    assert [k["accessKeyId"] for k in listed] == [key[0]] and "secretAccessKey" not in listed[0]
    begun = server.call("POST", "/assay/v1/session", {}, key=key)
    session, token = (begun["accessKeyId"], begun["secretAccessKey"]), begun["sessionToken"]
    assert server.request("POST", "/findings/list", {}, key=session, token=token).ok
    server.call("POST", f"/assay/v1/keys/{key[0]}/disable")
    time.sleep(1.1)
    assert server.request("POST", "/findings/list", {}, key=key).status_code == 403
    assert server.request("POST", "/findings/list", {}, key=session, token=token).status_code == 403
    server.call("DELETE", f"/assay/v1/keys/{key[0]}")
    assert server.request("DELETE", f"/assay/v1/keys/{key[0]}").status_code == 404
    server.call("DELETE", "/assay/v1/users/ann")
    assert server.request("DELETE", "/assay/v1/users/ann").status_code == 404
    assert server.request("POST", "/assay/v1/keys", {"user": "ann"}).status_code == 404
    assert server.request("POST", "/assay/v1/users", {"name": "no blanks", "role": "admin"}).status_code == 400


def test_nobody_locks_themselves_out(server):
    own = server.key[0]
    user = next(k["user"] for k in server.call("GET", "/assay/v1/keys")["keys"] if k["accessKeyId"] == own)
    assert server.request("DELETE", f"/assay/v1/keys/{own}").status_code == 409
    assert server.request("DELETE", f"/assay/v1/users/{user}").status_code == 409
    assert server.request("POST", "/assay/v1/users", {"name": user, "role": "read_only"}).status_code == 409


def test_tokens(server):
    token = server.call("POST", "/assay/v1/tokens", {"label": "web", "days": 1, "uses": 3})
    listed = next(t for t in server.call("GET", "/assay/v1/tokens")["tokens"] if t["label"] == "web")
    assert listed["usesLeft"] == 3 and listed["expiresAt"] == token["expiresAt"] and token["token"] not in str(listed)
    server.call("DELETE", f"/assay/v1/tokens/{listed['id']}")
    assert enrol(server, token=token["token"], machineId=MACHINE).status_code == 403


def test_sessions(server):
    session = server.call("POST", "/assay/v1/session", {"durationSeconds": 3600})
    key, token = (session["accessKeyId"], session["secretAccessKey"]), session["sessionToken"]
    assert key[0].startswith("ASIA") and session["expiresAt"] > time.time() + 3500
    assert server.client(key=key, token=token).list_findings()["findings"] == []
    assert server.request("POST", "/findings/list", {}, key=key).status_code == 403  # without its token
    assert error(server.request("POST", "/assay/v1/session", {}, key=key, token=token))[0] == 403
    server.call("DELETE", "/assay/v1/session", key=key, token=token)
    time.sleep(1.1)
    assert server.request("POST", "/findings/list", {}, key=key, token=token).status_code == 403
    assert server.request("POST", "/assay/v1/session", {"durationSeconds": 60}).status_code == 400
    assert server.request("DELETE", "/assay/v1/session").status_code == 400


# origins, jobs, advisories


def test_origins(server, tmp_path):
    body = {"kind": "FUNCTION_FOLDER", "url": str(tmp_path), "options": {"pollSeconds": 3600}}
    origin = server.call("POST", "/assay/v1/origins", body)["id"]
    assert server.call("POST", "/assay/v1/origins", body)["id"] == origin
    registry = {
        "kind": "REGISTRY", "url": "http://127.0.0.1:9/", "secret": "hunter2", "options": {"user": "ann", "insecure": True}
    }
    other = server.call("POST", "/assay/v1/origins", registry)["id"]
    listed = {o["id"]: o for o in server.call("GET", "/assay/v1/origins")["origins"]}
    assert set(listed) == {origin, other} and listed[other]["hasSecret"] and not listed[origin]["hasSecret"]
    assert "hunter2" not in str(listed) and b"hunter2" not in b"".join(p.read_bytes() for p in server.data.glob("*.db*"))
    server.call("POST", f"/assay/v1/origins/{other}/poll")
    wait_for(lambda: not any(o["checking"] for o in server.call("GET", "/assay/v1/origins")["origins"]))
    assert all("checkedAt" in o for o in server.call("GET", "/assay/v1/origins")["origins"])
    server.call("DELETE", f"/assay/v1/origins/{other}")
    assert server.request("DELETE", f"/assay/v1/origins/{other}").status_code == 404
    assert server.request("POST", f"/assay/v1/origins/{other}/poll").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "REGISTRY", "url": "ftp://a"},
        {"kind": "FUNCTION_FOLDER", "url": "relative"},
        {"kind": "NONE", "url": "http://a"},
        {"kind": "REGISTRY", "url": "http://a", "options": {"scanFrequency": "SOMETIMES"}},
    ],
)
def test_wrong_origins(full, body):
    assert error(full.request("POST", "/assay/v1/origins", body)) == (400, "ValidationException")


def test_jobs(server):
    assert server.call("GET", "/assay/v1/jobs") == {"jobs": []}
    assert server.request("GET", "/assay/v1/jobs?state=READY&state=NONE").status_code == 400
    assert server.request("POST", "/assay/v1/jobs/7/retry").status_code == 404
    assert server.request("POST", "/assay/v1/jobs/x/retry").status_code == 400


def test_advisories(full):
    advisories = full.call("GET", "/assay/v1/advisories")
    assert re.fullmatch("[0-9a-f]{32}", advisories["generation"]) and advisories["feeds"]
    assert all(feed["name"] and feed["state"] for feed in advisories["feeds"])


def test_rescan(server, host):
    server.call("POST", "/assay/v1/rescan", {"resourceId": host[0]})
    assert server.request("POST", "/assay/v1/rescan", {"resourceId": "mi-00000000000000000"}).status_code == 404


# health


def test_health_and_readiness(server):
    health = server.call("GET", "/assay/v1/health", signed=False)
    assert health["status"] == "alive" and health["version"]
    assert server.call("GET", "/assay/v1/ready", signed=False) == {"status": "ready", "store": True, "writable": True, "advisories": True}


def test_metrics(server, host, inventory):
    identifier, key = host
    server.call("PUT", f"/assay/v1/hosts/{identifier}/inventory", inventory, key=key)
    text = server.request("GET", "/metrics", signed=False).text
    families = set(re.findall(r"^# TYPE (\S+) (?:gauge|counter)$", text, re.M))
    values = dict(re.findall(r"^(\w+(?:{[^}]*})?) ([-+0-9.e]+)$", text, re.M))
    assert len(values) + 2 * len(families) >= len(text.splitlines()) - 2
    assert {re.sub("{.*", "", name) for name in values} == families
    by_severity = {k: int(v) for k, v in values.items() if k.startswith("assay_findings{")}
    assert sum(by_severity.values()) == len(server.findings(findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}]))
    assert int(values["process_resident_memory_bytes"]) > 1 << 20
    assert float(values["assay_packages_judged_total"]) > 0


def test_what_came_from_a_removed_origin_goes(server, tmp_path):
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as z:
        z.writestr("requirements.txt", "django==3.2.0\n")
    origin = server.call("POST", "/assay/v1/origins", {"kind": "FUNCTION_FOLDER", "url": str(tmp_path)})["id"]

    def active():
        return server.findings(findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}])

    wait_for(active)
    server.call("DELETE", f"/assay/v1/origins/{origin}")
    wait_for(lambda: not active())

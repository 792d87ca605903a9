"""Notifications of registries."""

import pytest

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PATH = "/assay/v1/registry/notifications"


def event(action="push", media=MANIFEST, host="127.0.0.1:9", **target):
    target = {"mediaType": media, "repository": "shop/web", "digest": "sha256:" + "a" * 64, "tag": "v1"} | target
    return {"action": action, "target": target, "request": {"host": host}}


@pytest.fixture
def registry(server):
    """An origin that nothing answers at: its jobs stay in the queue."""
    return server.call("POST", "/assay/v1/origins", {"kind": "REGISTRY", "url": "http://127.0.0.1:9"})["id"]


def notify(server, *events, token=None, path=PATH):
    headers = {"Authorization": f"Bearer {token or server.token('registry')}"}
    return server.request("POST", path, {"events": list(events)}, signed=False, headers=headers)


def jobs(server, kind):
    return [j for j in server.jobs("READY", "RUNNING") if j["kind"] == kind]


def test_a_push_is_scanned(server, registry):
    answer = notify(server, event(), event(media="application/octet-stream"), event(action="mount"))
    assert answer.json() == {"taken": 1, "ignored": 2}
    assert [j["subject"] for j in jobs(server, "scan-image")] == [f"{registry} shop/web v1@sha256:{'a' * 64}"]


def test_the_registry_of_an_event(server, registry):
    assert notify(server, event(host="elsewhere:5000")).json()["taken"] == 1  # the only one there is
    server.call("POST", "/assay/v1/origins", {"kind": "REGISTRY", "url": "http://127.0.0.1:8"})
    assert notify(server, event(host="elsewhere:5000")).json()["taken"] == 0
    assert notify(server, event(host="127.0.0.1:9")).json()["taken"] == 1
    assert notify(server, event(host="elsewhere:5000"), path=f"{PATH}?origin={registry}").json()["taken"] == 1
    assert notify(server, event(), path=f"{PATH}?origin=none").json()["taken"] == 0


def test_the_token_is_not_used_up(server, registry):
    token = server.call("POST", "/assay/v1/tokens", {"uses": 1, "purpose": "notify"})["token"]
    assert notify(server, event(), token=token).ok and notify(server, event(), token=token).ok


def test_a_token_is_for_one_purpose(server, registry):
    """What a registry holds enrols no host, and a host's token notifies of nothing."""
    hosts, notifies = (server.call("POST", "/assay/v1/tokens", {"purpose": p})["token"] for p in ("enrol", "notify"))
    assert notify(server, event(), token=hosts).status_code == 403
    body = {"machineId": "a" * 32, "hostName": "x"}
    assert server.request("POST", "/assay/v1/enrol", body | {"token": notifies}, signed=False).status_code == 403
    assert server.request("POST", "/assay/v1/enrol", body | {"token": hosts}, signed=False).ok
    assert {t["purpose"] for t in server.call("GET", "/assay/v1/tokens")["tokens"]} == {"enrol", "notify"}
    assert server.request("POST", "/assay/v1/tokens", {"purpose": "both"}).status_code == 400


def test_notifications_need_a_token(server, registry):
    assert notify(server, event(), token="assay-" + "a" * 40).status_code == 403
    assert server.request("POST", PATH, {"events": []}, signed=False).status_code == 403
    assert server.request("POST", PATH, {"events": []}).status_code == 403  # signed, but that says nothing here


@pytest.mark.parametrize("body", [{}, {"events": {}}, {"events": [event()] * 1001}])
def test_what_is_no_envelope(server, body):
    headers = {"Authorization": f"Bearer {server.token('registry')}"}
    assert server.request("POST", PATH, body, signed=False, headers=headers).status_code == 400

"""A registry that fails in every way: the image concerned says why, others go on, and recovery scans it."""

import http.server
import json
import threading
import time

import pytest
import tiny
from common import wait_for
from images import Image

FAULTS = ["401", "403", "429", "500", "503", "resets", "stalls", "says more", "says less", "other digest", "garbage", "nothing"]


class Registry(http.server.BaseHTTPRequestHandler):
    """One image a repository; what goes wrong with the layers of "victim" is told to the class."""

    protocol_version = "HTTP/1.1"
    fault, images = None, {}

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/json", length=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = length is not None

    def spoil(self, body):
        if self.fault.isdigit():
            return self.answer(int(self.fault))
        if self.fault in ("resets", "stalls"):
            time.sleep(2 if self.fault == "stalls" else 0)
            self.close_connection = True
            return self.connection.close()
        if self.fault == "says more":
            return self.answer(200, body, length=len(body) + 100)
        if self.fault == "says less":
            return self.answer(200, body, length=len(body) // 2)
        spoilt = {"other digest": body[:-1] + bytes([body[-1] ^ 1]), "garbage": b"no layer" * 100, "nothing": b""}
        return self.answer(200, spoilt[self.fault])

    def do_GET(self):
        path = self.path.split("?")[0].split("/")
        if self.path.startswith("/v2/_catalog"):
            return self.answer(200, json.dumps({"repositories": sorted(self.images)}).encode())
        image = self.images.get(path[2]) if len(path) > 3 else None
        if not image:
            return self.answer(200 if self.path == "/v2/" else 404)
        if path[-1] == "list":
            return self.answer(200, json.dumps({"tags": ["v1"]}).encode())
        if "manifests" in path:
            return self.answer(200, image.manifest, "application/vnd.oci.image.manifest.v1+json")
        if path[-1] not in image.blobs:
            return self.answer(404)
        body = image.blobs[path[-1]]
        if self.fault and path[2] == "victim" and path[-1] in image.layers:
            return self.spoil(body)
        return self.answer(200, body)

    do_HEAD = do_GET


@pytest.fixture(scope="module")
def watched(make_server):
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    one = make_server()
    one.client().enable(resourceTypes=["ECR"])
    body = {"kind": "REGISTRY", "url": f"http://127.0.0.1:{httpd.server_port}", "options": {"pollSeconds": 3600}}
    one.origin, one.number = one.call("POST", "/assay/v1/origins", body)["id"], 0
    yield one
    httpd.shutdown()
    one.stop()


def application(number):
    return Image({"srv/package-lock.json": tiny.lock({"lodash": "4.17.15"}), "number": str(number)})


def status(server, image):
    for row in server.call_all("/coverage/list", "coveredResources"):
        if row["resourceId"].endswith(image.digest):
            return row["scanStatus"]["statusCode"], row["scanStatus"]["reason"]
    return None


def jobs(server):
    return server.jobs("READY", "RUNNING", "FAILED")


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fails_alone(watched, fault):
    watched.number += 2
    victim, other = application(watched.number), application(watched.number + 1)
    Registry.images, Registry.fault = {"other": other, "victim": victim}, fault
    watched.call("POST", f"/assay/v1/origins/{watched.origin}/poll")
    try:
        wait_for(lambda: status(watched, other) == ("ACTIVE", "SUCCESSFUL"))
        # It says why in its coverage, or in the job that will try again.
        wait_for(lambda: (status(watched, victim) or ("",))[0] == "INACTIVE" or any(" victim " in j["subject"] and j.get("error") for j in jobs(watched)))
        assert status(watched, victim) != ("ACTIVE", "SUCCESSFUL")
        print(fault, status(watched, victim), [j.get("error") for j in jobs(watched)])
    finally:
        Registry.fault = None
    # What a repetition may mend is tried again within seconds, the rest within the hour, or at once when told.
    for row in watched.call_all("/coverage/list", "coveredResources"):
        if row["resourceId"].endswith(victim.digest):
            watched.call("POST", "/assay/v1/rescan", {"resourceId": row["resourceId"]})
    wait_for(lambda: status(watched, victim) == ("ACTIVE", "SUCCESSFUL"))

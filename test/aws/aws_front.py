"""What stands before moto: it adds what moto lacks (addresses of layers and code, and what lies there), counts calls, and fails
or lies when it is told to."""

import base64
import hashlib
import http.server
import json
import re
import threading
import urllib.parse

import requests
from aws_disks import EBS, Disks

LAMBDA = [
    (r"GET /[^/]+/functions/?$", "ListFunctions"),
    (r"GET /[^/]+/functions/[^/]+$", "GetFunction"),
    (r"GET /[^/]+/layers/.+/versions/\d+$", "GetLayerVersion"),
]
PASSED = ("authorization", "content-type", "x-amz-target", "x-amz-date", "x-amz-security-token", "accept")


def sha256(content):
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


class Front:
    """One a test: it keeps blobs and faults."""

    def __init__(self, moto):
        self.moto, self.blobs, self.layers = moto, {}, {}
        self.lies = {}  # of a digest: what is given instead
        self.archived = set()  # digests of images
        self.pulled = {}  # of an image's digest: when, last
        self.running = {}  # of an image's name: its digest in tasks
        self.faults = {}  # operation: function(body) -> (status, code) or None
        self.forged = {}  # operation: function(content) -> another
        self.slow = {}  # operation, or digest: stalls, breaks_off or drips
        self.stopped = threading.Event()
        self.calls = []
        self.tags_page = 100  # resources in an answer, at most
        self.disks = Disks(moto.client("ec2", "eu-west-1"))
        self.lock = threading.Lock()
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                try:
                    front.handle(self)
                except OSError:
                    self.close_connection = True  # the client has had enough

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def keep(self, content):
        """What can be downloaded by its digest in hex."""
        self.blobs[hashlib.sha256(content).hexdigest()] = content

    def count(self, operation):
        return sum(name == operation for name, _ in self.calls)

    # requests

    def handle(self, request):
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        path = request.path
        if path.startswith("/blob/"):
            self.send_blob(request, path.removeprefix("/blob/").split("?")[0])
            return
        operation = self.operation_of(request, body)
        with self.lock:
            self.calls.append((operation, body))
        fault = self.faults.get(operation) or self.faults.get("*")
        failed = fault and fault(body.decode() + " " + urllib.parse.unquote(path))
        answered = None if failed else self.disks.answer(operation, path, body)
        if failed:
            self.send_error(request, *failed)
        elif answered:
            status, headers, content = answered
            self.send(request, status, content, slow=self.slow.get(operation), **headers)
        elif operation == "GetDownloadUrlForLayer":
            digest = json.loads(body)["layerDigest"].removeprefix("sha256:")
            self.send(request, 200, json.dumps({"downloadUrl": self.address(digest)}).encode())
        elif operation == "GetLayerVersion":
            self.send_layer(request)
        elif operation == "GetResources":
            self.send_tags(request, json.loads(body))
        else:
            self.forward(request, operation, body)

    @staticmethod
    def operation_of(request, body):
        target = request.headers.get("x-amz-target")
        if target:
            return target.split(".")[-1]
        path = urllib.parse.unquote(urllib.parse.urlsplit(request.path).path)
        for pattern, name in LAMBDA + EBS:
            if re.match(pattern, f"{request.command} {path}"):
                return name
        return urllib.parse.parse_qs(body.decode()).get("Action", [path])[0]

    def forward(self, request, operation, body):
        headers = {k: v for k, v in request.headers.items() if k.lower() in PASSED}
        answer = requests.request(request.command, self.moto.url + request.path, headers=headers, data=body, timeout=60)
        content = answer.content
        if operation == "GetFunction" and answer.ok:
            function = answer.json()
            digest = base64.b64decode(function["Configuration"]["CodeSha256"]).hex()
            function["Code"]["Location"] = self.address(digest)
            content = json.dumps(function).encode()
        elif operation == "DescribeImages" and answer.ok:
            content = json.dumps(self.with_states(json.loads(body), answer.json())).encode()
        elif operation == "DescribeTasks" and answer.ok:
            content = json.dumps(self.with_digests(answer.json())).encode()
        elif operation == "ReceiveMessage" and answer.ok:
            content = json.dumps(self.with_accounts(answer.json())).encode()
        if operation in self.forged:
            content = self.forged[operation](content)
        self.send(request, answer.status_code, content, answer.headers.get("content-type"), self.slow.get(operation))

    def with_states(self, asked, answer):
        """Archived images come when they are asked for."""
        wanted = asked.get("filter", {}).get("imageStatus", "ACTIVE")
        for image in answer["imageDetails"]:
            image["imageStatus"] = "ARCHIVED" if image["imageDigest"] in self.archived else "ACTIVE"
            if image["imageDigest"] in self.pulled:
                image["lastRecordedPullTime"] = self.pulled[image["imageDigest"]]
        listed = [i for i in answer["imageDetails"] if "imageIds" in asked or wanted in ("ANY", i["imageStatus"])]
        return answer | {"imageDetails": listed}

    def with_digests(self, answer):
        """Containers of moto never run, and its tasks end when they were looked at a few times."""
        for task in answer["tasks"]:
            task["attributes"] = [{"name": "ecs.cpu-architecture", "value": "x86_64"}]
            for container in task["containers"]:
                if container["image"] in self.running and task["desiredStatus"] == "RUNNING":
                    container |= {"lastStatus": "RUNNING", "imageDigest": self.running[container["image"]]}
        return answer

    @staticmethod
    def with_accounts(answer):
        """What moto's EventBridge leaves out."""
        for message in answer.get("Messages", []):
            if message["Body"].startswith('{"id"'):
                message["Body"] = json.dumps(json.loads(message["Body"]) | {"account": "123456789012"})
        return answer

    def send_tags(self, request, asked):
        """Of functions, of which moto's tagging knows nothing."""
        region = request.headers["authorization"].split("/")[2]
        functions = self.moto.client("lambda", region)
        assert asked["ResourceTypeFilters"] == ["lambda:function"] and asked["ResourcesPerPage"] == 100
        arns = [f["FunctionArn"] for page in functions.get_paginator("list_functions").paginate() for f in page["Functions"]]
        tags = {arn.removesuffix(":$LATEST"): functions.list_tags(Resource=arn.removesuffix(":$LATEST"))["Tags"] for arn in arns}
        first = int(asked.get("PaginationToken") or 0)
        tagged = [{"ResourceARN": a, "Tags": [{"Key": k, "Value": v} for k, v in t.items()]} for a, t in sorted(tags.items()) if t]
        last = first + self.tags_page
        answer = {"ResourceTagMappingList": tagged[first:last], "PaginationToken": str(last) if len(tagged) > last else ""}
        self.send(request, 200, json.dumps(answer).encode())

    def address(self, digest):
        return f"{self.url}/blob/{digest}?X-Amz-Signature=secret"

    def send_layer(self, request):
        path = urllib.parse.unquote(request.path)
        content = self.layers[re.search(r"layer:([^/]+)/versions", path)[1]]
        place = {"Location": self.address(hashlib.sha256(content).hexdigest()), "CodeSha256": sha256(content), "CodeSize": len(content)}
        self.send(request, 200, json.dumps({"Content": place}).encode())

    def send_blob(self, request, digest):
        content = self.lies.get(digest, self.blobs.get(digest))
        if content is None:
            self.send(request, 404, b"", "text/plain")
        else:
            self.send(request, 200, content, "application/octet-stream", self.slow.get(digest))

    def send_error(self, request, status, code):
        if request.headers.get("x-amz-target") or request.command == "GET":
            content = json.dumps({"__type": code, "message": "because the test says so"}).encode()
        else:
            content = f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>".encode()
        self.send(request, status, content, **{"Retry-After": "0"})

    def send(self, request, status, content, kind="application/json", slow=None, **headers):
        if slow == stalls:
            self.stopped.wait()
        request.send_response(status)
        for name, value in {"Content-Type": kind or "application/json", "Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        if slow:
            slow(self, request, content)
        else:
            request.wfile.write(content)


def stalls(*_):
    """No answer at all."""


def breaks_off(front, request, content):
    """Nothing comes after the first half."""
    request.wfile.write(content[: len(content) // 2])
    front.stopped.wait()


def drips(front, request, content):
    """A byte now and then."""
    for at in range(len(content)):
        request.wfile.write(content[at : at + 1])
        if front.stopped.wait(0.1):
            return


def denied(_):
    return 403, "AccessDeniedException"


def denied_for(name):
    """Only what speaks of this name."""
    return lambda text: (403, "AccessDeniedException") if name in text else None


def expired(_):
    return 400, "ExpiredTokenException"


def throttled(times):
    """So many times, then no more."""
    left = [times]

    def fault(_):
        left[0] -= 1
        return (400, "ThrottlingException") if left[0] >= 0 else None

    return fault


def meanwhile(name, act):
    """Something happens once, just before what speaks of this name."""
    left = [act]

    def fault(text):
        if name in text and left:
            left.pop()()

    return fault

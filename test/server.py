"""A real server as a process, and the clients that people use."""

import configparser
import json
import os
import pathlib
import signal
import socket
import subprocess
import uuid

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import requests
from common import PATIENCE, REGION, wait_for


class Server:
    """assay serve with a data folder of its own. Started anew it finds what it had."""

    def __init__(self, assay, data, db, *options):
        self.assay, self.data, self.db, self.options = assay, pathlib.Path(data), db, list(options)
        self.process = self.url = None
        self.log = self.data.parent / (self.data.name + ".log")

    def start(self, *more):
        command = [self.assay, "serve", "--data", str(self.data), "--listen", "127.0.0.1:0", "--db", str(self.db)]
        command += ["--update-hours", "0", *self.options, *more]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        first = self.process.stdout.readline().decode()
        assert "listening on" in first, first + self.log.read_text()[-3000:]
        self.url = first.split()[-1]
        return self

    def stay(self):
        """Started anew, and from now on always at this address, which nobody else takes meanwhile."""
        self.stop()
        self.held = socket.socket()
        self.held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.held.bind(("127.0.0.1", 0))
        self.options += ["--listen", f"127.0.0.1:{self.held.getsockname()[1]}"]
        return self.start()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                assert self.process.wait(PATIENCE) == 0, self.log.read_text()[-3000:]
            finally:
                self.process.kill()
        self.process = None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    @property
    def key(self):
        """(id, secret) of the first administrator."""
        file = configparser.ConfigParser()
        file.read(self.data / "credentials")
        return file["assay"]["aws_access_key_id"], file["assay"]["aws_secret_access_key"]

    def environment(self):
        """For the AWS CLI and other programs."""
        return os.environ | {
            "AWS_SHARED_CREDENTIALS_FILE": str(self.data / "credentials"),
            "AWS_PROFILE": "assay",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
        }

    def client(self, service="inspector2", key=None, token=None, **options):
        identifier, secret = key or self.key
        options = {"retries": {"max_attempts": 0}} | options
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=identifier,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=botocore.config.Config(**options),
        )

    def request(self, method, path, body=None, key=None, token=None, headers=None, signed=True, **options):
        """A request to one of our own endpoints; a body that is no bytes is sent as JSON."""
        headers = {"amz-sdk-invocation-id": str(uuid.uuid4())} | (headers or {})  # as SDKs do: no two requests are equal
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        request = botocore.awsrequest.AWSRequest(method, self.url + path, headers=headers, data=body)
        if signed:
            identifier, secret = key or self.key
            credentials = botocore.credentials.Credentials(identifier, secret, token)
            botocore.auth.SigV4Auth(credentials, "inspector2", REGION).add_auth(request)
        prepared = request.prepare()
        return requests.request(method, prepared.url, headers=dict(prepared.headers), data=body, timeout=PATIENCE, **options)

    def call(self, method, path, body=None, **options):
        """As request(), for what has to succeed: the parsed answer."""
        answer = self.request(method, path, body, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def call_all(self, path, member, body=None):
        """What is in all pages of a list."""
        rows, page = [], self.call("POST", path, body or {})
        while True:
            rows += page[member]
            if not page.get("nextToken"):
                return rows
            page = self.call("POST", path, (body or {}) | {"nextToken": page["nextToken"]})

    def jobs(self, *states):
        """Those in any of these states, at one moment."""
        return self.call("GET", "/assay/v1/jobs?" + "&".join(f"state={state}" for state in states))["jobs"]

    def settle(self, seconds=PATIENCE):
        """Until nothing is left to be done."""
        wait_for(lambda: not self.jobs("READY", "RUNNING"), seconds)

    def run(self, *arguments):
        """assay COMMAND --data ...: what it prints."""
        command = [self.assay, *arguments, "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def token(self, purpose="hosts"):
        """A token that hosts enrol with, or a "registry" notifies with."""
        return json.loads(self.run("token", "create", "--for", purpose, "--format", "json"))["token"]

    def enrol(self, machine, name="host", **more):
        """A host that reports by hand: its id and key."""
        answer = self.call(
            "POST", "/assay/v1/enrol", {"token": self.token(), "machineId": machine, "hostName": name, **more}, signed=False
        )
        return answer["resourceId"], (answer["accessKeyId"], answer["secretAccessKey"])

    def report(self, host, key, root):
        """Sends the inventory of a folder as that of a host."""
        inventory = subprocess.run(
            [self.assay, "inventory", "--format", "json", str(root)], capture_output=True, timeout=PATIENCE, check=False
        ).stdout
        return self.call("PUT", f"/assay/v1/hosts/{host}/inventory", inventory, key=key)

    def findings(self, **criteria):
        """All findings that match, from all pages."""
        pages = self.client().get_paginator("list_findings").paginate(filterCriteria=criteria)
        return [finding for page in pages for finding in page["findings"]]

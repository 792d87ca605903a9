"""AWS as moto serves it, and the program that asks for src/aws."""

import http.server
import json
import os
import subprocess
import threading

import boto3
import requests
from common import REGION

KEY = {"id": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}


class Moto:
    """AWS as moto serves it, over HTTP. Tests share it: each has regions or names of its own, or calls reset()."""

    def __init__(self, url):
        self.url = url

    def client(self, service, region=REGION, key=None):
        """`key`: what AssumeRole gave as Credentials, to act in another account."""
        identifier, secret, token = (
            (key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]) if key else (KEY["id"], KEY["secret"], None)
        )
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=identifier,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )

    def in_account(self, account, service, region=REGION):
        """A client in another account."""
        role = f"arn:aws:iam::{account}:role/world"
        key = self.client("sts").assume_role(RoleArn=role, RoleSessionName="world")["Credentials"]
        return self.client(service, region, key)

    def reset(self):
        requests.post(f"{self.url}/moto-api/reset", timeout=30).raise_for_status()


class Fake:
    """A server that answers as a function says: answer(method, path, headers, body) -> (status, headers, body). It keeps what
    it was asked."""

    def __init__(self, answer):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked.append((self.command, self.path, dict(self.headers), body))
                try:
                    status, headers, text = answer(self.command, self.path, self.headers, body)
                    text = text if isinstance(text, bytes) else text.encode()
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(text)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    self.close_connection = True  # the client has had enough

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Probe:
    """aws_probe with its options: asks one question after the other."""

    def __init__(self, program, options, environment=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        clean |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
        self.process = subprocess.Popen(
            [program, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean | (environment or {}),
            text=True,
        )
        self.refused = not self.process.stdout.readline()

    def ask(self, do, **question):
        self.process.stdin.write(json.dumps({"do": do} | question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"aws_probe ended with {self.process.wait()}: {self.process.stderr.read()}"
        return json.loads(line)

    def refusal(self):
        """Why it did not take the options."""
        assert self.process.wait(60) == 2
        return self.process.stderr.read()

    def close(self):
        if self.refused:
            return
        self.process.stdin.close()
        assert self.process.wait(60) == 0

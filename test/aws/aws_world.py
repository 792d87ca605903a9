"""AWS as moto serves it, and the program that asks for src/aws."""

import json
import os
import subprocess

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


class Probe:
    """aws_probe with its options: asks one question after the other."""

    def __init__(self, program, options, environment=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        clean |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
        self.process = subprocess.Popen(
            [program, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean | (environment or {}),
            text=True,
        )

    def ask(self, do, **question):
        self.process.stdin.write(json.dumps({"do": do} | question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"aws_probe ended with {self.process.wait()}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0

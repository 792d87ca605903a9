#!/usr/bin/env python3
"""Requests signed by botocore, one a line, for test_sigv4.c: sigv4_vectors.py COUNT >sigv4_vectors.tsv

Every field is percent-encoded: service, region, key id, secret, token, time, method, path, query, headers (NAME=VALUE&...,
as they are sent), body, Authorization.
"""
import datetime
import random
import sys
from unittest import mock
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AWKWARD = ["a", "B", "9", "-", "_", ".", "~", "=", "+", "&", " ", "/", ":", "%", "*", "'", "(", ")", "!", "@", ",", ";", "?", "#", "é",
           "日", "\U0001f600", "[", "]", "{", "|", "\"", "<", "^"]
random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 4)


def word(low=0, high=8):
    return "".join(random.choice(AWKWARD) for _ in range(random.randint(low, high)))


def path(service):
    kind = random.randrange(6)
    if kind == 0:
        arn = f"arn:aws:inspector2:eu-west-1:123456789012:owner/123456789012/filter/{word(1)}"
        return "/tags/" + quote(arn, safe="")
    if kind == 1:
        return random.choice(["/", "/findings/list", "/filters/create", "/coverage/statistics/list"])
    if kind == 2 and service != "s3":
        return random.choice(["//findings//list", "/a/./b/../c/", "/a/b/..", "/../x", "/.", "/a/.", "//"])
    return "/" + "/".join(quote(word(1), safe="" if random.random() < 0.5 else "~") for _ in range(random.randint(1, 4)))


def query():
    pairs = [(word(1, 4), word(0, 6)) for _ in range(random.choice([0, 0, 1, 2, 5]))]
    if pairs and random.random() < 0.5:
        pairs += [(pairs[0][0], word()), (pairs[0][0], "")]
    random.shuffle(pairs)
    return "&".join(f"{quote(k, safe='')}" + (f"={quote(v, safe='')}" if v or random.random() < 0.5 else "") for k, v in pairs)


def headers():
    some = {}
    if random.random() < 0.7:
        some["Content-Type"] = random.choice(["application/json", "text/plain;  charset=utf-8"])
    if random.random() < 0.3:
        some["X-Amz-Meta-" + random.choice("abc")] = random.choice(["  a   b ", "x,  y", "1", ""])
    if random.random() < 0.3:
        some["User-Agent"] = "Boto3/1 md/x  y"
    return some


def encoded(text):
    return quote(text, safe="")


def vector():
    service = random.choice(["inspector2", "inspector2", "s3", "sts", "assay"])
    region = random.choice(["eu-west-1", "us-east-1", "us-gov-west-1"])
    secret = "".join(random.choice("abcXYZ019/+") for _ in range(40))
    token = random.choice(["", "", "IQoJb3JpZ2luX2VjE//+=="])
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=random.randrange(10**9))
    method = random.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
    body = "" if method in ("GET", "HEAD") else random.choice(["", "{}", '{"title":"é ü"}', "x" * 200])
    where, what = path(service), query()
    request = AWSRequest(method, "http://localhost:8440" + where + ("?" + what if what else ""), headers(), body.encode())
    request.headers["Host"] = "localhost:8440"
    key = Credentials("AKIA" + "".join(random.choice("ABCDEFGH234567") for _ in range(16)), secret, token or None)
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda: at):
        signer(key, service, region).add_auth(request)
    authorization = request.headers.pop("Authorization") if hasattr(request.headers, "pop") else request.headers["Authorization"]
    sent = "&".join(f"{encoded(k)}={encoded(v)}" for k, v in request.headers.items() if k != "Authorization")
    fields = [service, region, key.access_key, secret, token, str(int(at.timestamp())), method, where, what, sent, body, authorization]
    return "\t".join(encoded(f) for f in fields)


for _ in range(int(sys.argv[1])):
    print(vector())

"""Where keys are found, compared with botocore in the same environment with the same files."""

import datetime
import json
import os
import re
import stat
import threading
from unittest import mock
from urllib.parse import parse_qs

import botocore.exceptions
import botocore.session
import pytest
from aws_world import KEY

CONFIG = """
# people's files
[default]
region = eu-north-1
[profile plain]
region=eu-west-2
aws_access_key_id = AKIACONFIG
aws_secret_access_key = of the config ; not a comment
[profile "quoted name"]
aws_access_key_id: AKIAQUOTED
aws_secret_access_key: quoted
s3 =
  addressing_style = path
aws_session_token = after
[profile both]
aws_access_key_id = AKIALOSES
aws_secret_access_key = loses
credential_process = PROGRAM "never run"
[profile process]
credential_process = PROGRAM "an argument" 'it''s' back\\ slash
aws_access_key_id = AKIALOSES
aws_secret_access_key = loses
[profile role]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = plain
external_id = a&b=c
role_session_name = me
duration_seconds = 1800
[profile chain]
role_arn = arn:aws:iam::111122223333:role/two
source_profile = role
[profile itself]
role_arn = arn:aws:iam::111122223333:role/three
source_profile = itself
aws_access_key_id = AKIAITSELF
aws_secret_access_key = itself
[profile environment]
role_arn = arn:aws:iam::111122223333:role/four
credential_source = Environment
[profile instance]
role_arn = arn:aws:iam::111122223333:role/five
credential_source = Ec2InstanceMetadata
[profile container]
role_arn = arn:aws:iam::111122223333:role/six
credential_source = EcsContainer
[profile web]
role_arn = arn:aws:iam::111122223333:role/seven
web_identity_token_file = TOKEN
[profile overweb]
role_arn = arn:aws:iam::111122223333:role/eight
source_profile = web
[profile round]
role_arn = arn:aws:iam::111122223333:role/round
source_profile = about
[profile about]
role_arn = arn:aws:iam::111122223333:role/about
source_profile = round
[profile nowhere]
role_arn = arn:aws:iam::111122223333:role/nowhere
source_profile = missing
[profile sourceless]
role_arn = arn:aws:iam::111122223333:role/sourceless
[profile both-sources]
role_arn = arn:aws:iam::111122223333:role/both
source_profile = plain
credential_source = Environment
[profile half]
aws_access_key_id = AKIAHALF
[profile empty]
region = ap-south-1
"""
SECRETS = """[both]
aws_access_key_id = AKIABOTH
aws_secret_access_key = both of them
aws_session_token = token
[shared]
aws_access_key_id = AKIASHARED
aws_secret_access_key = shared
"""
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_SESSION_TOKEN": "of the environment"}


def later(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def sts(method, path, headers, body):
    """Keys that say how they came to be."""
    form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
    signer = re.search(r"Credential=([^/]+)/", headers.get("Authorization", ""))
    asked = [form["Action"], form["RoleArn"], form.get("ExternalId"), form.get("DurationSeconds"), form.get("WebIdentityToken")]
    named = form["RoleSessionName"] if form["RoleSessionName"] in ("me", "robot") else None
    key = "ASIA" + "-".join(str(x) for x in [*asked, named, signer and signer[1], headers.get("X-Amz-Security-Token")]).encode().hex()
    action = form["Action"]
    return (
        200,
        {},
        f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{action}Result><Credentials><AccessKeyId>{key}"
        f"</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>{later(3600)}"
        f"</Expiration></Credentials><AssumedRoleUser><Arn>a</Arn><AssumedRoleId>b</AssumedRoleId></AssumedRoleUser>"
        f"</{action}Result></{action}Response>",
    )


def document(identifier, seconds=3600):
    return json.dumps(
        {"Code": "Success", "AccessKeyId": identifier, "SecretAccessKey": "s", "Token": "t", "Expiration": later(seconds)}
    )


def instance(method, path, headers, body):
    """An instance's metadata, version 2."""
    if path == "/latest/api/token":
        fits = method == "PUT" and 0 < int(headers["X-aws-ec2-metadata-token-ttl-seconds"]) <= 21600
        return (200, {}, "a token") if fits else (400, {}, "")
    if headers.get("X-aws-ec2-metadata-token") != "a token":
        return 401, {}, ""
    below = "/latest/meta-data/iam/security-credentials/"
    said = {below: "the-role", below + "the-role": document("ASIAINSTANCE"), "/latest/meta-data/placement/region": "sa-east-1"}
    return (200, {}, said[path]) if path in said else (404, {}, "")


def container(method, path, headers, body):
    if headers.get("Authorization") not in (None, "Basic abc", "from the file"):
        return 403, {}, ""
    return 200, {}, document("ASIACONTAINER" + (headers.get("Authorization") or "").replace(" ", ""))


@pytest.fixture
def places(fake, tmp_path):
    """Files and servers, and the environment that names them."""
    program = tmp_path / "a program"
    program.write_text(
        '#!/bin/sh\n[ "$#" = 3 ] && [ "$2" = its ] || exit 3\n'
        'echo \'{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "p", "SessionToken": "t"}\'\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    token = tmp_path / "token"
    token.write_text("web token")
    config = CONFIG.replace("PROGRAM", f"'{program}'").replace("TOKEN", str(token))
    (tmp_path / "config").write_text(config)
    (tmp_path / "credentials").write_text(SECRETS)

    service = fake(sts)

    def environment(**more):
        return {
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "AWS_ENDPOINT_URL_STS": service.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": "eu-central-1",
        } | more

    environment.token = str(token)
    return environment


def botocore_finds(environment, profile=None):
    """The key as botocore finds it; None when it finds none, or says why not."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    with mock.patch.dict(os.environ, kept | {"HOME": "/nonexistent"} | environment, clear=True):
        try:
            found = botocore.session.Session(profile=profile).get_credentials()
            frozen = found and found.get_frozen_credentials()
        except (botocore.exceptions.BotoCoreError, ValueError):
            return None
    return frozen and (frozen.access_key, frozen.secret_key, frozen.token)


def we_find(probe):
    if probe.refused:
        return None
    said = probe.ask("credentials")
    if "error" in said:
        assert said["error"] in ("denied", "invalid", "limit", "io"), said
        return None
    return said["id"], said["secret"], said.get("token")


def same(aws_probe, environment, profile=None, found=True):
    probe = aws_probe({"region": "eu-central-1"} | ({"profile": profile} if profile else {}), environment)
    mine, theirs = we_find(probe), botocore_finds(environment, profile)
    assert mine == theirs
    assert (mine is not None) == found
    return mine


GOOD = ["plain", "quoted name", "both", "shared", "process", "role", "chain", "itself", "environment", "web", "overweb"]


@pytest.mark.parametrize("profile", GOOD)
def test_profiles(aws_probe, places, profile):
    more = {k: v for k, v in ENVIRONMENT.items() if profile == "environment"}
    same(aws_probe, places(**more), profile)
    if profile != "environment":
        same(aws_probe, places(AWS_PROFILE=profile))


@pytest.mark.parametrize("profile", ["round", "nowhere", "sourceless", "both-sources", "half", "empty"])
def test_profiles_that_lead_nowhere(aws_probe, places, profile):
    same(aws_probe, places(), profile, found=False)


def test_the_order_of_places(aws_probe, places, fake):
    imds = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": fake(instance).url}
    beside = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": fake(container).url + "/x"}
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": places.token, "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/w", "AWS_ROLE_SESSION_NAME": "robot"}
    steps = [imds, beside, {"AWS_PROFILE": "plain"}, web, {"AWS_PROFILE": "role"}, ENVIRONMENT]
    seen, environment = [], places()
    for step in steps:
        environment |= step
        seen.append(same(aws_probe, environment)[0])
    assert len(set(seen)) == len(steps), seen
    assert seen[0] == "ASIAINSTANCE" and seen[-1] == "AKIAENV"
    # A profile that is named outranks the environment.
    assert same(aws_probe, environment, "plain")[0] == "AKIACONFIG"
    del environment["AWS_SECRET_ACCESS_KEY"]
    same(aws_probe, environment, found=False)
    same(aws_probe, places(), found=False)


def test_places_of_a_profile(aws_probe, places, fake):
    imds = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": fake(instance).url}
    same(aws_probe, places(**imds), "instance")
    same(aws_probe, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=fake(container).url), "container")
    same(aws_probe, places(), "container", found=False)


def test_containers(aws_probe, places, fake, tmp_path):
    url = fake(container).url + "/creds"
    token = tmp_path / "container-token"
    token.write_text("from the file\n")
    same(aws_probe, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=url, AWS_CONTAINER_AUTHORIZATION_TOKEN="Basic abc"))
    both = {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}
    said = aws_probe({}, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=url, **both)).ask("credentials")
    assert said["id"] == "ASIACONTAINERfromthefile"
    for elsewhere in ("http://192.0.2.1/x", "http://169.254.170.2.example.org/x", "http://127.0.0.1.example.org/", "ftp://127.0.0.1/"):
        said = aws_probe({}, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=elsewhere, **both)).ask("credentials")
        assert said["error"] in ("denied", "invalid"), elsewhere
        same(aws_probe, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=elsewhere), found=False)
    refused = places(AWS_CONTAINER_CREDENTIALS_FULL_URI=url, AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong and secret")
    said = aws_probe({}, refused).ask("credentials")
    assert said["error"] == "denied" and "wrong and secret" not in said["text"]


def test_instances_without_a_role_or_that_refuse(aws_probe, places, fake):
    for answer in ((404, {}, ""), (403, {}, ""), (200, {"Content-Length": "100"}, "")):
        imds = fake(lambda *_, answer=answer: answer)
        said = aws_probe({}, places(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=imds.url)).ask("credentials")
        assert said["error"] == "denied" and "no credentials: neither the environment" in said["text"], said
        assert f'status {answer[0]}' in said["text"] or answer[0] != 403
        assert all(path == "/latest/api/token" for _, path, _, _ in imds.asked), "version 1 is not spoken"
    assert "AWS_EC2_METADATA_DISABLED is set" in aws_probe({}, places()).ask("credentials")["text"]


def test_regions(aws_probe, places, fake):
    none = places()
    del none["AWS_DEFAULT_REGION"]
    asked = [
        ({}, {"AWS_PROFILE": "plain"}, "eu-west-2"),
        ({}, {}, "eu-north-1"),
        ({"profile": "plain"}, {"AWS_REGION": "ca-central-1"}, "ca-central-1"),
        ({}, {"AWS_REGION": "ca-central-1", "AWS_DEFAULT_REGION": "us-west-1"}, "ca-central-1"),
        ({"region": "me-south-1"}, {"AWS_REGION": "ca-central-1"}, "me-south-1"),
    ]
    for options, environment, expected in asked:
        assert aws_probe({"region": ""} | options, none | environment).ask("region")["region"] == expected
    imds = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": fake(instance).url, "AWS_PROFILE": "shared"}
    assert aws_probe({"region": ""}, none | imds).ask("region")["region"] == "sa-east-1"
    assert aws_probe({"region": ""}, none | {"AWS_PROFILE": "shared"}).ask("region")["error"] == "missing"
    for wrong in ("evil.example.org/", "eu west", "EU", "x" * 40):
        assert "not a region" in aws_probe({"region": wrong}, none).refusal()
    assert "no profile nobody" in aws_probe({"profile": "nobody"}, none).refusal()


def test_keys_that_have_little_left(aws_probe, places, fake):
    """One that is good for minutes is used, and a place that gives no better one is not asked every time; one that is good
    for seconds is none."""
    for seconds, error in ((300, None), (30, "denied")):
        place = fake(lambda *_, seconds=seconds: (200, {}, document("ASIALITTLE", seconds)))
        probe = aws_probe({}, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=place.url))
        for _ in range(3):
            said = probe.ask("credentials")
            assert said.get("error") == error and (error or said["id"] == "ASIALITTLE")
        assert len(place.asked) == 1
    assert "have expired" in said["text"]


def test_an_expired_key_is_renewed_once(aws_probe, places, fake):
    keys = []

    def beside(method, path, headers, body):
        keys.append(f"ASIA{len(keys)}")
        return 200, {}, document(keys[-1])

    def service(method, path, headers, body):
        if "ASIA0/" in headers["Authorization"]:
            return 400, {}, json.dumps({"__type": "com.amazon.coral.service#ExpiredTokenException", "message": "The token t has expired"})
        return 200, {}, '{"fine": true}'

    one = fake(service)
    environment = places(AWS_CONTAINER_CREDENTIALS_FULL_URI=fake(beside).url)
    probe = aws_probe({"endpoints": {"": one.url}}, environment)
    call = {"service": "sqs", "protocol": "json", "operation": "AmazonSQS.ListQueues"}
    assert probe.ask("call", **call)["document"] == {"fine": True}
    assert probe.ask("call", **call)["document"] == {"fine": True}
    assert len(keys) == 2 and len(one.asked) == 3
    # One that was given stays what it is.
    probe = aws_probe({"id": "ASIA0", "secret": "s", "token": "t", "endpoints": {"": one.url}})
    said = probe.ask("call", **call)
    assert said["error"] == "denied" and said["code"] == "ExpiredTokenException" and len(one.asked) == 4


def test_a_role_outlives_the_key_that_assumed_it(aws_probe, places, fake):
    keys = []

    def beside(method, path, headers, body):
        keys.append(f"ASIA{len(keys)}")
        return 200, {}, document(keys[-1])

    def refuses_the_first(method, path, headers, body):
        if "ASIA0/" in headers["Authorization"]:
            return 403, {}, "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>"
        return sts(method, path, headers, body)

    options = {"role": "arn:aws:iam::111122223333:role/x", "externalId": "42", "endpoints": {"sts": fake(refuses_the_first).url}}
    said = aws_probe(options, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=fake(beside).url)).ask("credentials")
    assert said["id"].startswith("ASIA") and len(keys) == 2
    assert bytes.fromhex(said["id"][4:]).decode().startswith("AssumeRole-arn:aws:iam::111122223333:role/x-42-")


def test_errors_hold_no_secrets(aws_probe, places, tmp_path):
    (tmp_path / "broken").write_text("[default]\naws_secret_access_key\n  VERYSECRET\nVERYSECRET\n")
    assert "VERYSECRET" not in aws_probe({}, places(AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "broken"))).refusal()
    program = tmp_path / "fails"
    program.write_text("#!/bin/sh\necho VERYSECRET; echo VERYSECRET >&2; exit 7\n")
    program.chmod(0o755)
    (tmp_path / "fails.ini").write_text(f"[default]\ncredential_process = {program} VERYSECRET\n")
    said = aws_probe({}, places(AWS_CONFIG_FILE=str(tmp_path / "fails.ini"))).ask("credentials")
    assert said["error"] == "denied" and "ended with 7" in said["text"] and "VERYSECRET" not in said["text"]


def test_threads_share_a_key(aws_probe, places, fake):
    """Asked by many at once, a slow place is asked once."""
    gate = threading.Event()

    def beside(method, path, headers, body):
        gate.wait(10)
        return 200, {}, document("ASIASHARED")

    one = fake(beside)
    probe = aws_probe({}, places(AWS_CONTAINER_CREDENTIALS_FULL_URI=one.url))
    threading.Timer(0.3, gate.set).start()
    said = probe.ask("threads", n=16)
    assert said["ids"] == ["ASIASHARED"] * 16 and len(one.asked) == 1


def test_static_key(aws_probe):
    assert aws_probe(KEY).ask("credentials")["id"] == KEY["id"]

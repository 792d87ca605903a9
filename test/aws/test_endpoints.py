"""Where services answer: AWS's names as botocore knows them, and what is said instead."""

import botocore.awsrequest
import botocore.session
import pytest
from aws_world import KEY

SERVICES = {
    "ec2": "ec2",
    "ecr": "api.ecr",
    "lambda": "lambda",
    "elbv2": "elasticloadbalancing",
    "directconnect": "directconnect",
    "organizations": "organizations",
    "sts": "sts",
    "sqs": "sqs",
    "events": "events",
    "ssm": "ssm",
    "ebs": "ebs",
}


def regions(session):
    return sorted({r for p in session.get_available_partitions() for r in session.get_available_regions("ec2", p)})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_names_of_all_regions(aws_probe):
    probe = aws_probe(KEY)
    session = botocore.session.Session()
    resolver = session.get_component("endpoint_resolver")
    asked = 0
    for region in regions(session):
        partition = resolver.get_partition_for_region(region)
        for prefix in SERVICES.values():
            known = resolver.construct_endpoint(prefix, region, partition)
            if not known or prefix == "organizations":
                continue
            said = probe.ask("endpoint", service=prefix, region=region)
            assert said == {"url": "https://" + known["hostname"], "region": region}, (prefix, region)
            asked += 1
    assert asked > 300


@pytest.mark.parametrize("region", ["eu-central-2", "cn-north-1", "us-gov-east-1"])
def test_names_as_clients_have_them(aws_probe, region):
    """The rules that newer clients follow, and who signs for what is the whole partition's."""
    probe = aws_probe(KEY)
    session = botocore.session.Session()
    for name, prefix in SERVICES.items():
        client = session.create_client(name, region, aws_access_key_id="a", aws_secret_access_key="b")
        signed = []
        client.meta.events.register("before-send", lambda request, **_: signed.append(request) or botocore.awsrequest.AWSResponse("", 400, {}, None))
        call = {"ec2": "describe_vpcs", "ecr": "describe_repositories", "lambda": "list_functions", "elbv2": "describe_rules",
                "directconnect": "describe_connections", "organizations": "list_accounts", "sts": "get_caller_identity",
                "sqs": "list_queues", "events": "list_rules", "ssm": "get_inventory", "ebs": "list_snapshot_blocks"}[name]
        try:
            getattr(client, call)(**({"SnapshotId": "snap-1"} if name == "ebs" else {}))
        except Exception:  # noqa: BLE001: what is sent counts
            pass
        said = probe.ask("endpoint", service=prefix, region=region, version="2015-12-01")
        assert signed[0].url.startswith(said["url"] + "/"), (signed[0].url, said)
        assert f"/{said['region']}/" in signed[0].headers["Authorization"].decode(), (name, said)


CONFIG = """
[profile one]
endpoint_url = http://profile/
services = mine
[services mine]
ec2 =
  endpoint_url = http://profile-ec2
elastic_load_balancing_v2 =
  endpoint_url = http://profile-v2
"""


def test_what_is_said_instead(aws_probe, tmp_path):
    file = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "one"}
    (tmp_path / "config").write_text(CONFIG)
    everywhere = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_EC2": "http://ec2", "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": "http://v2"}
    v2 = {"service": "elasticloadbalancing", "version": "2015-12-01"}
    classic = {"service": "elasticloadbalancing", "version": "2012-06-01"}
    rows = [
        ({}, {}, "ec2", "https://ec2.us-east-1.amazonaws.com"),
        ({}, everywhere, "ec2", "http://ec2"),
        ({}, everywhere, "sqs", "http://all"),
        ({}, everywhere, v2, "http://v2"),
        ({}, everywhere, classic, "http://all"),
        ({}, everywhere | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "sqs", "https://sqs.us-east-1.amazonaws.com"),
        ({"": "http://options"}, everywhere, "ec2", "http://options"),
        ({"": "http://options", "ec2": "http://mine/below/"}, everywhere, "ec2", "http://mine/below"),
        ({"ec2": "http://mine"}, everywhere, "sqs", "http://all"),
        ({}, file, "ec2", "http://profile-ec2"),
        ({}, file, v2, "http://profile-v2"),
        ({}, file, "sqs", "http://profile"),
        ({}, file | {"AWS_ENDPOINT_URL_SQS": "http://sqs"}, "sqs", "http://sqs"),
        ({}, file | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "sqs", "https://sqs.us-east-1.amazonaws.com"),
    ]
    for options, environment, asked, expected in rows:
        question = asked if isinstance(asked, dict) else {"service": asked}
        assert aws_probe(KEY | {"endpoints": options}, environment).ask("endpoint", **question)["url"] == expected, (environment, asked)

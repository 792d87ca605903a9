"""Calls of the three protocols, and what services answer when they refuse."""

import json

import pytest
from aws_world import KEY


@pytest.fixture(scope="module")
def aws(moto, aws_probe):
    return aws_probe(KEY | {"endpoints": {"": moto.url}})


def test_json_protocols(moto, aws):
    moto.client("sqs").create_queue(QueueName="calls")
    said = aws.ask("call", service="sqs", protocol="json", version="1.0", operation="AmazonSQS.ListQueues", body="{}")
    assert any(url.endswith("/calls") for url in said["document"]["QueueUrls"])
    said = aws.ask("call", service="organizations", protocol="json", operation="AWSOrganizationsV20161128.DescribeOrganization")
    assert said["error"] == "invalid" and said["code"] == "AWSOrganizationsNotInUseException"
    said = aws.ask("call", service="lambda", protocol="rest", method="GET", path="/2015-03-31/functions/", operation="ListFunctions")
    assert said["document"]["Functions"] == []
    said = aws.ask(
        "call", service="lambda", protocol="rest", method="GET", path="/2015-03-31/functions/nothing", operation="GetFunction"
    )
    assert said["error"] == "missing" and said["code"] == "ResourceNotFoundException", said
    assert "lambda GetFunction in us-east-1" in said["text"]


def test_query_protocol(aws):
    said = aws.ask("call", service="sts", protocol="query", version="2011-06-15", operation="GetCallerIdentity")
    assert "<Account>123456789012</Account>" in said["document"]
    said = aws.ask(
        "call", service="ec2", protocol="query", version="2016-11-15", operation="DescribeVpcs", body="VpcId.1=vpc-nothing"
    )
    assert said["error"] == "missing" and said["code"] == "InvalidVpcID.NotFound", said
    assert json.dumps(said).count(KEY["secret"]) == 0


def test_roles(moto, aws_probe):
    role = {"role": "arn:aws:iam::210987654321:role/assay", "externalId": "a b"}
    other = aws_probe(KEY | role | {"endpoints": {"": moto.url}})
    said = other.ask("call", service="sts", protocol="query", version="2011-06-15", operation="GetCallerIdentity")
    assert "<Account>210987654321</Account>" in said["document"]

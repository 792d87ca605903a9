"""Organizations, queues, EventBridge and STS, as moto has them."""

import json

import pytest
from aws_world import KEY

ACCOUNT = "123456789012"


@pytest.fixture
def aws(moto, aws_probe):
    moto.reset()
    return aws_probe(KEY | {"endpoints": {"": moto.url}})


def test_identity(aws):
    said = aws.ask("identity")
    assert said["account"] == ACCOUNT and said["arn"].startswith("arn:aws:")


def test_accounts_of_an_organization(moto, aws):
    client = moto.client("organizations")
    client.create_organization(FeatureSet="ALL")
    made = [client.create_account(Email=f"{n}@example.org", AccountName=f"account {n}") for n in range(23)]
    gone = made[5]["CreateAccountStatus"]["AccountId"]
    client.close_account(AccountId=gone)
    said = aws.ask("organization")["accounts"]
    assert len(said) == 23 and ACCOUNT in said and gone not in said
    assert said[made[0]["CreateAccountStatus"]["AccountId"]] == "account 0"


def test_events_come_through_a_queue(moto, aws):
    patterns = {"assay-ec2": '{"source": ["aws.ec2"]}', "assay-ecr": '{"source": ["aws.ecr"]}'}
    url = aws.ask("events", queue="assay", rules=patterns)["url"]
    assert aws.ask("events", queue="assay", rules=patterns)["url"] == url
    policy = moto.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    rules = [f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}" for name in patterns]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rules}}
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Resource"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:assay"
    assert aws.ask("receive", url=url, wait=0)["bodies"] == []
    for n in range(12):
        source = ["aws.ec2", "aws.ecr", "aws.lambda"][n % 3]
        entry = {"Source": source, "DetailType": "x", "Detail": json.dumps({"n": n})}
        moto.client("events").put_events(Entries=[entry])
    bodies = []
    while got := aws.ask("receive", url=url, wait=0)["bodies"]:
        bodies += got
    assert sorted(json.loads(body)["detail"]["n"] for body in bodies) == [n for n in range(12) if n % 3 != 2]
    assert aws.ask("receive", url="http://localhost/123456789012/nothing", wait=0)["error"] == "missing"

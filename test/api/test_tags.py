"""Tags of filters: the ARN in one percent-encoded segment, or with its slashes."""

import urllib.parse

import pytest
from botocore.exceptions import ClientError
from common import ACCOUNT, REGION
from model import fields


@pytest.fixture(scope="module")
def own(make_server):
    return make_server()


@pytest.fixture
def arn(inspector):
    arn = inspector.create_filter(name="tagged", action="NONE", filterCriteria={})["arn"]
    yield arn
    inspector.delete_filter(arn=arn)


def test_life_of_tags(inspector, arn):
    assert inspector.list_tags_for_resource(resourceArn=arn)["tags"] == {}
    inspector.tag_resource(resourceArn=arn, tags={"a": "1", "b c": "ü/&=", "e": ""})
    inspector.tag_resource(resourceArn=arn, tags={"a": "2"})
    assert inspector.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2", "b c": "ü/&=", "e": ""}
    assert inspector.list_filters(arns=[arn])["filters"][0]["tags"] == {"a": "2", "b c": "ü/&=", "e": ""}
    inspector.untag_resource(resourceArn=arn, tagKeys=["a", "b c", "unknown"])
    assert inspector.list_tags_for_resource(resourceArn=arn)["tags"] == {"e": ""}


def test_slashes_may_come_as_they_are(own, inspector, arn):
    inspector.tag_resource(resourceArn=arn, tags={"a": "1"})
    for path in (arn, urllib.parse.quote(arn, safe="")):
        assert own.request("GET", f"/tags/{path}").json() == {"tags": {"a": "1"}}


def test_a_deleted_filter_takes_its_tags_along(inspector):
    arn = inspector.create_filter(name="gone", action="NONE", filterCriteria={}, tags={"a": "1"})["arn"]
    inspector.delete_filter(arn=arn)
    for call in (
        lambda: inspector.list_tags_for_resource(resourceArn=arn),
        lambda: inspector.tag_resource(resourceArn=arn, tags={"a": "1"}),
        lambda: inspector.untag_resource(resourceArn=arn, tagKeys=["a"]),
    ):
        with pytest.raises(inspector.exceptions.ResourceNotFoundException):
            call()


def test_fifty_at_most(inspector, arn):
    inspector.tag_resource(resourceArn=arn, tags={str(i): "x" for i in range(50)})
    inspector.tag_resource(resourceArn=arn, tags={"7": "another value is no other tag"})
    with pytest.raises(ClientError) as error:
        inspector.tag_resource(resourceArn=arn, tags={"one more": "x"})
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    assert len(inspector.list_tags_for_resource(resourceArn=arn)["tags"]) == 50


def test_what_is_refused(inspector, arn):
    for tags, field in (({"aws:x": "y"}, "tags.aws:x"), ({"k" * 129: ""}, "tags." + "k" * 129), ({"k": "v" * 257}, "tags.k")):
        with pytest.raises(ClientError) as error:
            inspector.tag_resource(resourceArn=arn, tags=tags)
        assert list(fields(error)) == [field]
    with pytest.raises(ClientError) as error:
        inspector.untag_resource(resourceArn=arn, tagKeys=[str(i) for i in range(51)])
    assert list(fields(error)) == ["tagKeys"]


def test_other_things_have_no_tags(inspector):
    for arn in ("x", f"arn:aws:inspector2:{REGION}:{ACCOUNT}:finding/" + "0" * 32, "arn:aws:s3:::bucket/%2e%2e/../etc"):
        with pytest.raises(inspector.exceptions.ResourceNotFoundException):
            inspector.list_tags_for_resource(resourceArn=arn)

"""Saved filters and suppression rules: kept as they were sent, and in force at once."""

import datetime
import json

import pytest
import tiny
from botocore.exceptions import ClientError
from common import ACCOUNT, REGION
from model import checked
from model import equals

CRITERIA = {"severity": equals("HIGH"), "title": [{"comparison": "PREFIX", "value": "CVE-2021-0001"}]}


@pytest.fixture(scope="module")
def own(make_server, tmp_path_factory):
    """A server with the findings of one application."""
    server = make_server()
    server.report(*server.enrol("ab" * 16), tiny.write_files(tmp_path_factory.mktemp("app"), tiny.app()))
    return server


@pytest.fixture
def inspector(own):
    client = checked(own.client(parameter_validation=False))
    yield client
    for page in client.get_paginator("list_filters").paginate():
        for one in page["filters"]:
            client.delete_filter(arn=one["arn"])


def one(inspector, arn):
    (found,) = inspector.list_filters(arns=[arn])["filters"]
    return found


def test_life_of_a_filter(inspector):
    arn = inspector.create_filter(
        name="mine.1_a-b", action="NONE", filterCriteria=CRITERIA, description="What I see", reason="mine", tags={"team": "red"}
    )["arn"]
    assert arn.startswith(f"arn:aws:inspector2:{REGION}:{ACCOUNT}:owner/{ACCOUNT}/filter/")
    made = one(inspector, arn)
    assert made["criteria"] == CRITERIA
    assert (made["name"], made["action"], made["description"], made["reason"]) == ("mine.1_a-b", "NONE", "What I see", "mine")
    assert made["tags"] == {"team": "red"} and made["ownerId"] == ACCOUNT
    assert inspector.update_filter(filterArn=arn, description="What we see")["arn"] == arn
    changed = one(inspector, arn)
    assert changed["description"] == "What we see"
    assert {name: changed[name] for name in ("criteria", "name", "action", "reason", "tags", "createdAt")} == {
        name: made[name] for name in ("criteria", "name", "action", "reason", "tags", "createdAt")
    }
    assert inspector.delete_filter(arn=arn)["arn"] == arn
    assert inspector.list_filters(arns=[arn])["filters"] == []


def test_as_many_rules_as_there_may_be(inspector):
    """Each costs by what it changes, so that a full account is no slow one."""
    rules = [
        inspector.create_filter(name=f"rule-{i}", action="SUPPRESS", filterCriteria={"vulnerabilityId": equals(f"CVE-2020-{i}")})["arn"]
        for i in range(500)
    ]
    with pytest.raises(ClientError) as error:
        inspector.create_filter(name="more", action="SUPPRESS", filterCriteria=CRITERIA)
    assert error.value.response["Error"]["Code"] == "ServiceQuotaExceededException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
    saved = inspector.create_filter(name="more", action="NONE", filterCriteria=CRITERIA)["arn"]
    with pytest.raises(ClientError) as error:
        inspector.update_filter(filterArn=saved, action="SUPPRESS")
    assert "500" in error.value.response["Error"]["Message"]
    inspector.delete_filter(arn=rules[0])
    inspector.update_filter(filterArn=saved, action="SUPPRESS")


def test_criteria_come_back_as_they_were_sent(own, inspector):
    """To the byte but for white space: dates with fractions, members that nobody knows, nothing added."""
    criteria = {
        "updatedAt": [{"startInclusive": 1700000000.123, "endInclusive": 1800000000}],
        "epssScore": [{"lowerInclusive": 0.1}],
        "resourceTags": [{"comparison": "EQUALS", "key": "Ümlaut", "value": ""}],
        "vulnerablePackages": [{"name": {"comparison": "EQUALS", "value": "lodash"}, "epoch": {"upperInclusive": 0.0}}],
        "unheardOf": [{"x": 1}],
    }
    body = {"name": "exact", "action": "NONE", "filterCriteria": criteria}
    arn = own.call("POST", "/filters/create", body)["arn"]
    (kept,) = own.call("POST", "/filters/list", {"arns": [arn]})["filters"]
    assert json.dumps(kept["criteria"]) == json.dumps(criteria)
    assert "description" not in kept and "reason" not in kept
    own.call("POST", "/filters/delete", {"arn": arn})


def test_names_are_unique(inspector):
    first = inspector.create_filter(name="same", action="NONE", filterCriteria=CRITERIA)["arn"]
    with pytest.raises(ClientError) as error:
        inspector.create_filter(name="same", action="SUPPRESS", filterCriteria=CRITERIA)
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    second = inspector.create_filter(name="other", action="NONE", filterCriteria=CRITERIA)["arn"]
    with pytest.raises(ClientError) as error:
        inspector.update_filter(filterArn=second, name="same")
    assert error.value.response["Error"]["Code"] == "ValidationException"
    inspector.update_filter(filterArn=first, name="same", description="its own name is no other's")


def test_pages(inspector):
    arns = {inspector.create_filter(name=f"page-{i}", action="NONE", filterCriteria=CRITERIA)["arn"] for i in range(7)}
    pages = list(inspector.get_paginator("list_filters").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["filters"]) for page in pages] == [3, 3, 1]
    assert {f["arn"] for page in pages for f in page["filters"]} == arns
    named = list(inspector.get_paginator("list_filters").paginate(arns=[*arns, "arn:unknown"], PaginationConfig={"PageSize": 4}))
    assert [len(page["filters"]) for page in named] == [4, 3]
    # The last page is full: no token leads to an empty one.
    assert "nextToken" not in inspector.list_filters(maxResults=7)
    assert inspector.list_filters(action="SUPPRESS")["filters"] == []


def statuses(own):
    return {f["packageVulnerabilityDetails"]["vulnerabilityId"]: f["status"] for f in own.findings()}


def test_rules_hold_at_once_and_let_go(own, inspector):
    before = statuses(own)
    assert set(before.values()) == {"ACTIVE"}
    hide = {"vulnerabilityId": equals("CVE-2021-0001", "CVE-2021-0002")}
    arn = inspector.create_filter(name="hide", action="SUPPRESS", filterCriteria=hide)["arn"]
    assert {id for id, status in statuses(own).items() if status == "SUPPRESSED"} == {"CVE-2021-0001", "CVE-2021-0002"}
    inspector.update_filter(filterArn=arn, filterCriteria={"vulnerabilityId": equals("CVE-2021-0002")})
    assert {id for id, status in statuses(own).items() if status == "SUPPRESSED"} == {"CVE-2021-0002"}
    # Another rule still holds what the first lets go.
    other = inspector.create_filter(name="hide-too", action="SUPPRESS", filterCriteria={"vulnerabilityId": equals("CVE-2021-0002")})
    inspector.update_filter(filterArn=arn, action="NONE")
    assert statuses(own)["CVE-2021-0002"] == "SUPPRESSED"
    inspector.delete_filter(arn=other["arn"])
    assert statuses(own) == before


def test_a_rule_that_names_nothing_is_a_mistake(own):
    for criteria in ({}, {"severty": equals("LOW")}):
        body = {"name": "all", "action": "SUPPRESS", "filterCriteria": criteria}
        answer = own.request("POST", "/filters/create", body)
        assert [f["name"] for f in answer.json()["fields"]] == ["filterCriteria"]
        arn = own.call("POST", "/filters/create", body | {"action": "NONE"})["arn"]
        answer = own.request("POST", "/filters/update", {"filterArn": arn, "action": "SUPPRESS"})
        assert [f["name"] for f in answer.json()["fields"]] == ["filterCriteria"]
        own.call("POST", "/filters/delete", {"arn": arn})


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "with blank"}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"action": "HIDE"}, "action"),
        ({"action": None}, "action"),
        ({"filterCriteria": None}, "filterCriteria"),
        ({"filterCriteria": {"severity": []}}, "filterCriteria.severity"),
        ({"filterCriteria": {"severity": equals("LOW") * 21}}, "filterCriteria.severity"),
        ({"filterCriteria": {"severity": [{"comparison": "LIKE", "value": "LOW"}]}}, "filterCriteria.severity[0].comparison"),
        ({"filterCriteria": {"severity": [{"value": "LOW"}]}}, "filterCriteria.severity[0].comparison"),
        ({"description": ""}, "description"),
        ({"description": "x" * 513}, "description"),
        ({"tags": {"aws:mine": "x"}}, "tags.aws:mine"),
        ({"tags": {"k": "x" * 257}}, "tags.k"),
        ({"tags": {str(i): "x" for i in range(51)}}, "tags"),
    ],
)
def test_what_is_refused(own, inspector, arguments, field):
    body = {"name": "good", "action": "NONE", "filterCriteria": CRITERIA} | arguments
    answer = own.request("POST", "/filters/create", {name: value for name, value in body.items() if value is not None})
    assert answer.status_code == 400 and answer.headers["x-amzn-ErrorType"] == "ValidationException"
    assert [f["name"] for f in answer.json()["fields"]] == [field]
    assert field in answer.json()["message"]


def test_missing(inspector):
    unknown = f"arn:aws:inspector2:{REGION}:{ACCOUNT}:owner/{ACCOUNT}/filter/0123456789abcdef"
    for arn in (unknown, "nonsense", unknown.replace(ACCOUNT, "111122223333")):
        with pytest.raises(inspector.exceptions.ResourceNotFoundException):
            inspector.delete_filter(arn=arn)
        with pytest.raises(inspector.exceptions.ResourceNotFoundException):
            inspector.update_filter(filterArn=arn, name="x")
        assert inspector.list_filters(arns=[arn])["filters"] == []


def test_dates_are_dates(inspector):
    arn = inspector.create_filter(name="dated", action="NONE", filterCriteria={"updatedAt": [{"startInclusive": 0}]})["arn"]
    made = one(inspector, arn)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs((now - made["createdAt"]).total_seconds()) < 600

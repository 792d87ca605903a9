"""ListFindingAggregations against the findings themselves."""

import collections

import botocore.session
import pytest
from botocore.exceptions import ClientError
from model import equals
from model import fields

MODEL = botocore.session.get_session().get_service_model("inspector2")
TYPES = MODEL.shape_for("AggregationType").enum


@pytest.fixture(scope="module")
def active(own):
    return own.findings(findingStatus=equals("ACTIVE"))


def groups(inspector, kind, member=None, size=100, **request):
    arguments = {"aggregationType": kind} | ({"aggregationRequest": {member: request}} if member else {})
    paginator = inspector.get_paginator("list_finding_aggregations")
    pages = list(paginator.paginate(**arguments, PaginationConfig={"PageSize": size}))
    assert all(page["responses"] for page in pages[1:])
    assert {page["aggregationType"] for page in pages} == {kind}
    return [next(iter(one.values())) for page in pages for one in page["responses"]]


def counted(findings):
    severities = collections.Counter(f["severity"] for f in findings)
    return {
        "all": len(findings), "critical": severities["CRITICAL"], "high": severities["HIGH"], "medium": severities["MEDIUM"],
    }


def by(findings, keys):
    grouped = collections.defaultdict(list)
    for finding in findings:
        for key in set(keys(finding)):
            grouped[key].append(finding)
    return {key: counted(members) for key, members in grouped.items()}


def packages(finding):
    return [p["name"] for p in finding["packageVulnerabilityDetails"]["vulnerablePackages"]]


def of_type(kind):
    return lambda f: [f["resources"][0]["id"]] if f["resources"][0]["type"] == kind else []


def title(finding):
    return [finding["title"]]


@pytest.mark.parametrize(
    ("kind", "name", "keys"),
    [
        ("PACKAGE", "packageName", packages),
        ("TITLE", "title", title),
        ("AWS_EC2_INSTANCE", "instanceId", of_type("AWS_EC2_INSTANCE")),
        ("VM_INSTANCE", "resourceId", of_type("AWS_EC2_INSTANCE")),
        ("AWS_LAMBDA_FUNCTION", "resourceId", of_type("AWS_LAMBDA_FUNCTION")),
        ("SERVERLESS_FUNCTION", "resourceId", of_type("AWS_LAMBDA_FUNCTION")),
        ("ACCOUNT", "accountId", lambda f: [f["awsAccountId"]]),
        ("FINDING_TYPE", "accountId", lambda f: [f["awsAccountId"]]),
    ],
)
def test_counts(inspector, active, kind, name, keys):
    for size in (1, 100):
        found = groups(inspector, kind, size=size)
        assert {one[name]: one["severityCounts"] for one in found} == by(active, keys)
        assert len(found) == len({one[name] for one in found})


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_answers(inspector, kind):
    groups(inspector, kind)


def test_sums_of_an_account(inspector, active):
    (account,) = groups(inspector, "ACCOUNT")
    assert account["exploitAvailableCount"] == sum(f.get("exploitAvailable") == "YES" for f in active)
    assert account["fixAvailableCount"] == sum(f.get("fixAvailable") == "YES" for f in active)
    (functions,) = groups(inspector, "ACCOUNT", "accountAggregation", resourceType="AWS_LAMBDA_FUNCTION")
    assert functions["severityCounts"] == counted([f for f in active if f["resources"][0]["type"] == "AWS_LAMBDA_FUNCTION"])
    assert groups(inspector, "ACCOUNT", "accountAggregation", findingType="NETWORK_REACHABILITY") == []


@pytest.mark.parametrize("sort", ["CRITICAL", "HIGH", "ALL"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_sort(inspector, sort, order):
    found = groups(inspector, "PACKAGE", "packageAggregation", size=2, sortBy=sort, sortOrder=order)
    counts = [one["severityCounts"][sort.lower()] for one in found]
    assert counts == sorted(counts, reverse=order == "DESC") and len(counts) > 2


def test_filters(inspector, active):
    found = groups(inspector, "PACKAGE", "packageAggregation", packageNames=equals("lodash", "openssl"))
    assert {one["packageName"] for one in found} == {"lodash", "openssl"} & {name for f in active for name in packages(f)}
    found = groups(inspector, "TITLE", "titleAggregation", vulnerabilityIds=equals("CVE-2021-0010"))
    assert found and all(one["vulnerabilityId"] == "CVE-2021-0010" for one in found)
    tagged = [{"comparison": "EQUALS", "key": "team", "value": "red"}]
    (host,) = groups(inspector, "AWS_EC2_INSTANCE", "ec2InstanceAggregation", instanceTags=tagged)
    assert host["instanceTags"]["team"] == "red" and host["operatingSystem"] == "DEBIAN_10"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "aggregationType"),
        ({"aggregationType": "COLOUR"}, "aggregationType"),
        ({"aggregationType": "PACKAGE", "maxResults": 101}, "maxResults"),
        ({"aggregationType": "PACKAGE", "nextToken": "x"}, "nextToken"),
        (
            {"aggregationType": "PACKAGE", "aggregationRequest": {"packageAggregation": {"sortBy": "COLOUR"}}},
            "aggregationRequest.packageAggregation.sortBy",
        ),
        ({"aggregationType": "PACKAGE", "aggregationRequest": {"titleAggregation": {}}}, "aggregationRequest"),
        ({"aggregationType": "PACKAGE", "accountIds": []}, "accountIds"),
    ],
)
def test_what_is_refused(inspector, arguments, field):
    with pytest.raises(ClientError) as error:
        inspector.list_finding_aggregations(**arguments)
    assert list(fields(error)) == [field]

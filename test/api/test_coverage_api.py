"""ListCoverage and ListCoverageStatistics."""

import collections
import sqlite3

import pytest
import tiny
from botocore.exceptions import ClientError
from common import ACCOUNT, REGION, wait_for
from model import equals
from model import fields


def covered(inspector, **criteria):
    pages = list(inspector.get_paginator("list_coverage").paginate(filterCriteria=criteria, PaginationConfig={"PageSize": 2}))
    assert all(page["coveredResources"] for page in pages[1:])
    return [one for page in pages for one in page["coveredResources"]]


def test_every_resource_has_its_row(inspector):
    rows = covered(inspector)
    assert collections.Counter(row["resourceType"] for row in rows) == {"AWS_EC2_INSTANCE": 2, "AWS_LAMBDA_FUNCTION": 2}
    assert len({row["resourceId"] for row in rows}) == 4
    for row in rows:
        assert row["accountId"] == ACCOUNT and row["scanType"] == "PACKAGE"
        assert row["scanStatus"]["statusCode"] == "ACTIVE" and row["scanStatus"]["reason"] == "SUCCESSFUL"
        assert row["lastScannedAt"]


def values(row):
    metadata = row["resourceMetadata"]
    return {
        "scanStatusCode": row["scanStatus"]["statusCode"],
        "scanStatusReason": row["scanStatus"]["reason"],
        "accountId": row["accountId"],
        "resourceId": row["resourceId"],
        "resourceType": row["resourceType"],
        "scanType": row["scanType"],
        "scanMode": row.get("scanMode"),
        "lambdaFunctionName": metadata.get("lambdaFunction", {}).get("functionName"),
        "lambdaFunctionRuntime": metadata.get("lambdaFunction", {}).get("runtime"),
        "cloudProvider": row.get("provider"),
        "cloudProviderRegion": row.get("providerRegion"),
        "cloudProviderAccountId": row.get("providerAccountId"),
    }


def test_strings(inspector):
    rows = covered(inspector)
    for key in values(rows[0]):
        for value in {values(row)[key] for row in rows} - {None} | {"none of them"}:
            same = {row["resourceId"] for row in rows if values(row)[key] == value}
            assert {row["resourceId"] for row in covered(inspector, **{key: equals(value)})} == same, key
            other = [{"comparison": "NOT_EQUALS", "value": value}]
            assert {row["resourceId"] for row in covered(inspector, **{key: other})} == {r["resourceId"] for r in rows} - same, key


def test_tags_and_dates(inspector):
    rows = covered(inspector)
    red = covered(inspector, ec2InstanceTags=[{"comparison": "EQUALS", "key": "team", "value": "red"}])
    assert len(red) == 1 and red[0]["resourceMetadata"]["ec2"]["tags"]["team"] == "red"
    assert len(covered(inspector, ec2InstanceTags=[{"comparison": "EQUALS", "key": "team"}])) == 2
    last = max(row["lastScannedAt"].timestamp() for row in rows)
    assert len(covered(inspector, lastScannedAt=[{"endInclusive": last}])) == 4
    assert covered(inspector, lastScannedAt=[{"startInclusive": last + 1}]) == []


def test_stale_advisories(make_server, tmp_path):
    """They are seen in coverage: the last check was when they were last known to be good."""
    feeds = tiny.Feeds().write(tmp_path / "mirror")
    server = make_server("--mirror", str(feeds))
    host, key = server.enrol("ab" * 16, "host")
    server.report(host, key, tiny.write_files(tmp_path / "host", tiny.host()))

    def last():
        (row,) = server.client().list_coverage()["coveredResources"]
        return int(row["lastScannedAt"].timestamp())

    def set_back(days):
        """Everything happened so much earlier."""
        with sqlite3.connect(server.data / "state.db", timeout=30) as state:
            state.execute("UPDATE property SET value = value - ? WHERE name IN ('known', 'evaluated')", (days * 86400,))
            state.execute("UPDATE coverage SET last_scanned = last_scanned - ?", (days * 86400,))
        state.close()

    scanned = last()
    set_back(1)
    server.call("POST", "/assay/v1/advisories/update")
    wait_for(lambda: last() >= scanned)  # judged by what is known now, and not scanned
    checked = last()
    set_back(4)
    assert last() == checked - 4 * 86400
    old = {"lastScannedAt": [{"endInclusive": checked - 3 * 86400}]}
    assert server.client().list_coverage_statistics(filterCriteria=old)["totalCounts"] == 1
    server.report(host, key, tiny.write_files(tmp_path / "host", tiny.app()))
    assert last() == checked - 4 * 86400  # a scan finds no more than what was known then


def statistics(inspector, **arguments):
    answer = inspector.list_coverage_statistics(**arguments)
    return answer["totalCounts"], {group["groupKey"]: group["count"] for group in answer.get("countsByGroup", [])}


def test_statistics(inspector):
    assert statistics(inspector) == (4, {})
    assert statistics(inspector, groupBy="RESOURCE_TYPE") == (4, {"AWS_EC2_INSTANCE": 2, "AWS_LAMBDA_FUNCTION": 2})
    assert statistics(inspector, groupBy="SCAN_STATUS_CODE") == (4, {"ACTIVE": 4})
    assert statistics(inspector, groupBy="SCAN_STATUS_REASON") == (4, {"SUCCESSFUL": 4})
    assert statistics(inspector, groupBy="ACCOUNT_ID")[1] == {ACCOUNT: 4}
    assert statistics(inspector, groupBy="PROVIDER")[1] == {"AWS": 4}
    assert statistics(inspector, groupBy="PROVIDER_REGION")[1] == {REGION: 4}
    criteria = {"resourceType": equals("AWS_LAMBDA_FUNCTION")}
    assert statistics(inspector, filterCriteria=criteria, groupBy="RESOURCE_TYPE") == (2, {"AWS_LAMBDA_FUNCTION": 2})
    assert statistics(inspector, filterCriteria={"resourceId": equals("none")}) == (0, {})


@pytest.mark.parametrize(
    ("call", "arguments", "field"),
    [
        ("list_coverage", {"maxResults": 201}, "maxResults"),
        ("list_coverage", {"nextToken": "x"}, "nextToken"),
        ("list_coverage", {"filterCriteria": {"resourceId": [{"comparison": "PREFIX", "value": "i"}]}}, "filterCriteria.resourceId[0].comparison"),
        ("list_coverage_statistics", {"groupBy": "COLOUR"}, "groupBy"),
        ("list_coverage_statistics", {"nextToken": "x"}, "nextToken"),
    ],
)
def test_what_is_refused(inspector, call, arguments, field):
    with pytest.raises(ClientError) as error:
        getattr(inspector, call)(**arguments)
    assert list(fields(error)) == [field]

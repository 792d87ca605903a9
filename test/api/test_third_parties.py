"""What programs that people point at Inspector call, as they call it, and what they read of the answers."""

import pytest
from common import ACCOUNT
from model import checked, equals


@pytest.fixture(scope="module")
def account(own):
    return own.client("sts").get_caller_identity()["Account"]


def test_prowler(inspector, account):
    """Is it on, of which types; and is anything active."""
    state = inspector.batch_get_account_status(accountIds=[account])["accounts"][0]
    assert state["state"]["status"] == "ENABLED"
    types = {name: state["resourceState"][name]["status"] for name in ("ec2", "ecr", "lambda")}
    assert types == {"ec2": "ENABLED", "ecr": "ENABLED", "lambda": "ENABLED"}
    assert state["resourceState"].get("lambdaCode", {}).get("status") == "DISABLED"
    criteria = {"awsAccountId": equals(account), "findingStatus": equals("ACTIVE")}
    assert len(inspector.list_findings(filterCriteria=criteria, maxResults=1)["findings"]) == 1
    pages = inspector.get_paginator("list_findings").paginate(filterCriteria={"awsAccountId": equals(account)})
    for finding in (f for page in pages for f in page["findings"]):
        assert finding["findingArn"] and finding["severity"] and finding["status"] and finding["title"]
    for page in inspector.get_paginator("list_coverage").paginate(filterCriteria={"accountId": equals(account)}):
        assert {(c["resourceType"], c["scanType"]) for c in page["coveredResources"]} <= {("AWS_EC2_INSTANCE", "PACKAGE"), ("AWS_LAMBDA_FUNCTION", "PACKAGE")}


def package_of(one):
    """A node of the graph: these members make its id."""
    return f"{one['name']}|{one.get('arch')}|{one['version']}|{one.get('release')}|{one.get('epoch')}"


def test_cartography(inspector, account):
    """Members first; then of each account what is not closed, a batch a status and type."""
    members = [m for page in inspector.get_paginator("list_members").paginate(onlyAssociated=True) for m in page["members"]]
    assert members == []
    seen, nodes = [], set()
    for status in ("ACTIVE", "SUPPRESSED"):
        for kind in ("NETWORK_REACHABILITY", "PACKAGE_VULNERABILITY"):
            criteria = {"awsAccountId": equals(account), "findingStatus": equals(status), "findingType": equals(kind)}
            pages = inspector.get_paginator("list_findings").paginate(filterCriteria=criteria, PaginationConfig={"PageSize": 100})
            for finding in (f for page in pages for f in page["findings"]):
                assert (finding["status"], finding["type"], finding["awsAccountId"]) == (status, kind, ACCOUNT)
                resource = finding["resources"][0]
                assert resource["id"] and resource["type"] and finding["firstObservedAt"] and finding["updatedAt"]
                details = finding["packageVulnerabilityDetails"]
                assert details["vulnerabilityId"] and details["source"]
                nodes |= {package_of(one) for one in details["vulnerablePackages"]}
                seen.append(finding["findingArn"])
    everything = inspector.get_paginator("list_findings").paginate(filterCriteria={"findingStatus": [{"comparison": "NOT_EQUALS", "value": "CLOSED"}]})
    assert sorted(seen) == sorted(f["findingArn"] for page in everything for f in page["findings"])
    assert nodes and not any("|None|None|None|None" in node for node in nodes)


def test_steampipe_and_cloudquery(own):
    """Tables of all findings, coverage and members with the largest pages, with and without a filter on severity."""
    inspector = checked(own.client())
    for criteria in ({}, {"severity": equals("HIGH", "CRITICAL")}):
        found = inspector.list_findings(filterCriteria=criteria, maxResults=100)
        assert found["findings"] and "nextToken" not in found
    assert inspector.list_coverage(maxResults=200)["coveredResources"]
    assert inspector.list_coverage_statistics(groupBy="RESOURCE_TYPE")["totalCounts"]
    assert inspector.list_members(maxResults=50)["members"] == []

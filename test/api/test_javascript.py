"""AWS's SDK for JavaScript, which reads answers by the model and fails on what does not fit it."""

import json
import pathlib
import shutil
import subprocess

import pytest
from common import fetch

FOLDER = pathlib.Path(__file__).parent / "sdk"


@pytest.fixture(scope="module")
def sdk(full, tmp_path_factory):
    """Runs operations: [(name, input)] -> what came of each."""
    folder = tmp_path_factory.mktemp("sdk")
    for name in ("package.json", "package-lock.json", "call.mjs"):
        shutil.copy(FOLDER / name, folder)
    fetch("npm", "ci", "--no-audit", "--no-fund", cwd=folder)

    def call(*calls):
        identifier, secret = full.key
        environment = full.environment() | {"AWS_ACCESS_KEY_ID": identifier, "AWS_SECRET_ACCESS_KEY": secret}
        done = subprocess.run(
            ["node", "call.mjs"], cwd=folder, env=environment, input=json.dumps(calls).encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return call


def test_findings(sdk):
    [listed] = sdk(["ListFindings", {"maxResults": 5, "sortCriteria": {"field": "SEVERITY", "sortOrder": "DESC"}}])
    assert listed["status"] == 200
    findings = listed["answer"]["findings"]
    assert len(findings) == 5 and listed["answer"]["nextToken"]
    assert findings[0]["severity"] == "CRITICAL"
    assert findings[0]["firstObservedAt"]["date"] > 1.7e9
    arns = [finding["findingArn"] for finding in findings]
    [details] = sdk(["BatchGetFindingDetails", {"findingArns": arns}])
    known = [detail["findingArn"] for detail in details["answer"]["findingDetails"]]
    assert known and {e["findingArn"] for e in details["answer"]["errors"]} | set(known) == set(arns)


def test_reading_operations(sdk):
    calls = [
        ["BatchGetAccountStatus", {}],
        ["ListAccountPermissions", {}],
        ["ListFindingAggregations", {"aggregationType": "PACKAGE"}],
        ["ListFindingAggregations", {"aggregationType": "AWS_EC2_INSTANCE"}],
        ["ListFilters", {}],
        ["ListCoverage", {}],
        ["ListCoverageStatistics", {"groupBy": "RESOURCE_TYPE"}],
        ["ListMembers", {}],
        ["ListDelegatedAdminAccounts", {}],
        ["DescribeOrganizationConfiguration", {}],
        ["ListUsageTotals", {}],
        ["BatchGetFreeTrialInfo", {"accountIds": ["000000000000"]}],
        ["GetConfiguration", {}],
        ["SearchVulnerabilities", {"filterCriteria": {"vulnerabilityIds": ["CVE-2021-0001"]}}],
    ]
    for (operation, _), result in zip(calls, sdk(*calls), strict=True):
        assert result["status"] == 200, (operation, result)


def test_errors_have_their_class(sdk):
    wrong, missing = sdk(
        ["ListFindings", {"filterCriteria": {"severity": [{"comparison": "LIKE", "value": "HIGH"}]}}],
        ["DeleteFilter", {"arn": "arn:aws:inspector2:us-east-1:000000000000:owner/000000000000/filter/0123456789abcdef"}],
    )
    assert (wrong["status"], wrong["error"]) == (400, "ValidationException")
    assert wrong["fields"][0]["name"] == "filterCriteria.severity[0].comparison"
    assert (missing["status"], missing["error"]) == (404, "ResourceNotFoundException")

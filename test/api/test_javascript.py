"""AWS's SDK for JavaScript, which reads answers by the model and fails on what does not fit it."""

import json
import pathlib
import shutil
import subprocess

import botocore.session
import pytest
from common import ACCOUNT, fetch
from model import COMMON, check

FOLDER = pathlib.Path(__file__).parent / "sdk"


@pytest.fixture(scope="module")
def sdk(full, tmp_path_factory):
    """Runs operations: [(name, input)] -> what came of each."""
    folder = tmp_path_factory.mktemp("sdk")
    for name in ("package.json", "package-lock.json", "call.mjs"):
        shutil.copy(FOLDER / name, folder)
    fetch("npm", "ci", "--no-audit", "--no-fund", cwd=folder)

    def call(*calls, to=full):
        identifier, secret = to.key
        environment = to.environment() | {"AWS_ACCESS_KEY_ID": identifier, "AWS_SECRET_ACCESS_KEY": secret}
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


MODEL = botocore.session.get_session().get_service_model("inspector2")


def plain(value):
    """Dates as they are on the wire."""
    if isinstance(value, dict):
        return value["date"] if list(value) == ["date"] else {name: plain(v) for name, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def check_result(operation, result):
    """By the model: the answer's shape, or an error that the operation may give."""
    shape = MODEL.operation_model(operation)
    if result["status"] == 200:
        check(shape.output_shape, plain(result["answer"]), operation)
    else:
        assert result["error"] in COMMON | {error.name for error in shape.error_shapes}, (operation, result)


def test_every_operation(sdk, server):
    """Groups 1 to 9: each once, with an answer or the error of an account that stands alone."""
    other, location = "111122223333", {"bucketName": "bucket", "kmsKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"}
    criteria = {"severity": [{"comparison": "EQUALS", "value": "LOW"}]}
    first = [
        ["Enable", {"resourceTypes": ["EC2", "ECR", "LAMBDA"]}],
        ["CreateFilter", {"action": "NONE", "name": "one", "filterCriteria": criteria, "tags": {"a": "b"}}],
        ["CreateFindingsReport", {"reportFormat": "CSV", "s3Destination": location, "filterCriteria": criteria}],
    ]
    made = sdk(*first, to=server)
    arn, report = made[1]["answer"]["arn"], made[2]["answer"]["reportId"]
    unknown = f"arn:aws:inspector2:us-east-1:{ACCOUNT}:finding/" + "0" * 32
    second = [
        ["BatchGetAccountStatus", {"accountIds": [ACCOUNT]}], ["ListAccountPermissions", {"service": "EC2"}],
        ["ListFindings", {}], ["ListFindingAggregations", {"aggregationType": "TITLE"}],
        ["BatchGetFindingDetails", {"findingArns": [unknown]}], ["BatchGetCodeSnippet", {"findingArns": [unknown]}],
        ["ListFilters", {"arns": [arn]}], ["UpdateFilter", {"filterArn": arn, "description": "two"}],
        ["ListTagsForResource", {"resourceArn": arn}], ["TagResource", {"resourceArn": arn, "tags": {"c": "d"}}],
        ["UntagResource", {"resourceArn": arn, "tagKeys": ["a", "c"]}], ["DeleteFilter", {"arn": arn}],
        ["ListCoverage", {}], ["ListCoverageStatistics", {}],
        ["EnableDelegatedAdminAccount", {"delegatedAdminAccountId": other}],
        ["DisableDelegatedAdminAccount", {"delegatedAdminAccountId": other}],
        ["GetDelegatedAdminAccount", {}], ["ListDelegatedAdminAccounts", {}], ["DescribeOrganizationConfiguration", {}],
        ["UpdateOrganizationConfiguration", {"autoEnable": {"ec2": True, "ecr": True}}],
        ["AssociateMember", {"accountId": other}], ["DisassociateMember", {"accountId": other}], ["GetMember", {"accountId": other}],
        ["ListMembers", {"onlyAssociated": False}], ["ListUsageTotals", {}], ["BatchGetFreeTrialInfo", {"accountIds": [ACCOUNT]}],
        ["GetFindingsReportStatus", {"reportId": report}], ["CancelFindingsReport", {"reportId": report}],
        ["UpdateConfiguration", {"ecrConfiguration": {"rescanDuration": "DAYS_30"}}], ["GetConfiguration", {}],
        ["Disable", {"resourceTypes": ["LAMBDA"]}],
    ]
    results = made + sdk(*second, to=server)
    called = {operation: result for (operation, _), result in zip(first + second, results, strict=True)}
    assert len(called) == 34
    for operation, result in called.items():
        check_result(operation, result)
    alone = {
        "EnableDelegatedAdminAccount", "DisableDelegatedAdminAccount", "GetDelegatedAdminAccount", "UpdateOrganizationConfiguration",
        "AssociateMember", "DisassociateMember", "GetMember",
    }
    ended = {"CancelFindingsReport"}  # it was done before
    assert {operation for operation, result in called.items() if result["status"] != 200} - ended == alone, called


def test_errors_have_their_class(sdk):
    wrong, missing = sdk(
        ["ListFindings", {"filterCriteria": {"severity": [{"comparison": "LIKE", "value": "HIGH"}]}}],
        ["DeleteFilter", {"arn": "arn:aws:inspector2:us-east-1:000000000000:owner/000000000000/filter/0123456789abcdef"}],
    )
    assert (wrong["status"], wrong["error"]) == (400, "ValidationException")
    assert wrong["fields"][0]["name"] == "filterCriteria.severity[0].comparison"
    assert (missing["status"], missing["error"]) == (404, "ResourceNotFoundException")

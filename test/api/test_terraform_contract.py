"""What hashicorp/aws calls for each of its aws_inspector2_* resources, call by call, and what it needs to hear."""

import pytest
from common import ACCOUNT, wait_for
from model import checked
from model import equals

OTHER = "111122223333"


@pytest.fixture(scope="module")
def own(make_server):
    return make_server()


@pytest.fixture
def inspector(own):
    return checked(own.client())


def account_state(inspector):
    """The provider's reading of BatchGetAccountStatus, once nothing is on its way."""
    answer = inspector.batch_get_account_status(accountIds=[ACCOUNT])
    assert not answer["failedAccounts"]
    (account,) = answer["accounts"]
    types = {name: account["resourceState"][name]["status"] for name in ("ec2", "ecr", "lambda", "lambdaCode", "codeRepository")}
    return account["state"]["status"], types


def settled(inspector):
    moving = {"ENABLING", "DISABLING", "SUSPENDING"}
    return wait_for(lambda: (lambda s: None if moving & {s[0], *s[1].values()} else s)(account_state(inspector)))


def test_provider_starts(own):
    identity = own.client("sts").get_caller_identity()
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"].startswith(f"arn:aws:iam::{ACCOUNT}:user/")
    assert identity["UserId"]


def test_enabler(inspector):
    every = {"EC2": "ec2", "ECR": "ecr", "LAMBDA": "lambda", "LAMBDA_CODE": "lambdaCode", "CODE_REPOSITORY": "codeRepository"}
    for wanted in (["EC2", "ECR"], ["LAMBDA"]):  # create, then update
        assert not inspector.enable(accountIds=[ACCOUNT], resourceTypes=wanted, clientToken="terraform-1")["failedAccounts"]
        overall, types = settled(inspector)
        assert overall == "ENABLED" and "ENABLED" in types.values()
        rest = [name for name in every if name not in wanted]
        assert not inspector.disable(accountIds=[ACCOUNT], resourceTypes=rest)["failedAccounts"]
        overall, types = settled(inspector)
        assert {name for name, state in types.items() if state == "ENABLED"} == {every[name] for name in wanted}
    inspector.disable(accountIds=[ACCOUNT], resourceTypes=["LAMBDA"])  # destroy
    assert settled(inspector)[0] == "DISABLED"
    assert not inspector.disable(accountIds=[ACCOUNT], resourceTypes=["LAMBDA"])["failedAccounts"]


def test_enabler_of_what_is_not_scanned_ends_with_a_reason(inspector):
    """The provider tries again for ever when every code is one of these."""
    again = {
        "ACCESS_DENIED", "SSM_THROTTLED", "EVENTBRIDGE_THROTTLED", "ENABLE_IN_PROGRESS", "DISABLE_IN_PROGRESS", "SUSPEND_IN_PROGRESS",
    }
    (failed,) = inspector.enable(accountIds=[ACCOUNT], resourceTypes=["LAMBDA_CODE"])["failedAccounts"]
    assert failed["errorCode"] not in again and failed["errorMessage"]


def test_filter(inspector):
    criteria = {
        "awsAccountId": equals(ACCOUNT),
        "firstObservedAt": [{"startInclusive": 1609459200.0, "endInclusive": 1640995199.0}],
        "portRange": [{"beginInclusive": 22, "endInclusive": 22}],
        "vulnerablePackages": [{"name": equals("x")[0], "filePath": equals("/a")[0], "epoch": {"lowerInclusive": 0.0}}],
        "ecrImageInUseCount": [{"lowerInclusive": 1.0, "upperInclusive": 2.0}],
    }
    wire = criteria | {"firstObservedAt": [{"startInclusive": 1609459200, "endInclusive": 1640995199}]}
    arn = inspector.create_filter(action="NONE", name="tf", filterCriteria=criteria, description="d", tags={"k": "v"})["arn"]
    (read,) = inspector.list_filters(arns=[arn])["filters"]
    assert set(read["criteria"]) == set(wire), "absent keys stay absent"
    dates = read["criteria"].pop("firstObservedAt")
    assert [int(d["startInclusive"].timestamp()) for d in dates] == [1609459200]
    assert read["criteria"] == {k: v for k, v in criteria.items() if k != "firstObservedAt"}
    assert inspector.list_tags_for_resource(resourceArn=arn)["tags"] == {"k": "v"}
    inspector.update_filter(filterArn=arn, action="SUPPRESS", name="tf2", filterCriteria={"severity": equals("LOW")}, reason="r")
    (read,) = inspector.list_filters(arns=[arn])["filters"]
    assert (read["action"], read["name"], read["reason"]) == ("SUPPRESS", "tf2", "r")
    assert read["criteria"] == {"severity": equals("LOW")}
    inspector.tag_resource(resourceArn=arn, tags={"k2": "v2"})
    inspector.untag_resource(resourceArn=arn, tagKeys=["k"])
    assert inspector.list_filters(arns=[arn])["filters"][0]["tags"] == {"k2": "v2"}
    inspector.delete_filter(arn=arn)
    assert inspector.list_filters(arns=[arn])["filters"] == []
    with pytest.raises(inspector.exceptions.ResourceNotFoundException):
        inspector.delete_filter(arn=arn)


def test_organization_configuration(inspector):
    every = ("ec2", "ecr", "lambda", "lambdaCode", "codeRepository")
    for _ in range(2):
        described = inspector.describe_organization_configuration()
        assert described == described | {"autoEnable": dict.fromkeys(every, False), "maxAccountLimitReached": False}
    off = dict.fromkeys(every, False)
    assert inspector.update_organization_configuration(autoEnable=off)["autoEnable"] == off  # destroy
    with pytest.raises(inspector.exceptions.AccessDeniedException, match="standalone"):
        inspector.update_organization_configuration(autoEnable=off | {"ec2": True})


def test_member_association(inspector):
    with pytest.raises(inspector.exceptions.AccessDeniedException, match="standalone"):
        inspector.associate_member(accountId=OTHER)
    with pytest.raises(inspector.exceptions.ResourceNotFoundException):
        inspector.get_member(accountId=OTHER)
    with pytest.raises(inspector.exceptions.ValidationException, match="is not yet associated to it"):
        inspector.disassociate_member(accountId=OTHER)
    assert inspector.list_members(onlyAssociated=False)["members"] == []


def test_delegated_admin(inspector):
    with pytest.raises(inspector.exceptions.AccessDeniedException, match="standalone"):
        inspector.enable_delegated_admin_account(delegatedAdminAccountId=OTHER, clientToken="x")
    assert inspector.list_delegated_admin_accounts()["delegatedAdminAccounts"] == []
    for call in (
        lambda: inspector.get_delegated_admin_account(),
        lambda: inspector.disable_delegated_admin_account(delegatedAdminAccountId=OTHER),
    ):
        with pytest.raises(inspector.exceptions.ResourceNotFoundException):
            call()


def configuration(inspector):
    answer = inspector.get_configuration()
    ec2, ecr = answer["ec2Configuration"], answer["ecrConfiguration"]["rescanDurationState"]
    assert (ec2["scanModeState"]["scanModeStatus"], ec2["vmScannerState"]["status"], ecr["status"]) == ("SUCCESS",) * 3
    return (
        ec2["scanModeState"]["scanMode"], ec2["vmScannerState"]["activated"],
        ecr["rescanDuration"], ecr["pullDateRescanDuration"], ecr["pullDateRescanMode"],
    )


def test_configuration(inspector):
    inspector.update_configuration(
        ec2Configuration={"scanMode": "EC2_SSM_AGENT_BASED", "activateVMScanner": True},
        ecrConfiguration={"rescanDuration": "DAYS_30", "pullDateRescanDuration": "DAYS_7", "pullDateRescanMode": "LAST_PULL_DATE"},
    )
    assert configuration(inspector) == ("EC2_SSM_AGENT_BASED", True, "DAYS_30", "DAYS_7", "LAST_PULL_DATE")
    # What is not sent stays as it is.
    inspector.update_configuration(ecrConfiguration={"rescanDuration": "DAYS_3"})
    inspector.update_configuration(ec2Configuration={"scanMode": "EC2_HYBRID"})
    assert configuration(inspector) == ("EC2_HYBRID", True, "DAYS_3", "DAYS_7", "LAST_PULL_DATE")
    inspector.update_configuration(
        ec2Configuration={"scanMode": "EC2_HYBRID", "activateVMScanner": False},
        ecrConfiguration={"rescanDuration": "LIFETIME", "pullDateRescanDuration": "DAYS_90", "pullDateRescanMode": "LAST_IN_USE_AT"},
    )
    assert configuration(inspector) == ("EC2_HYBRID", False, "LIFETIME", "DAYS_90", "LAST_IN_USE_AT")


def test_prowler(inspector):
    """It reads these members without asking whether they are there."""
    account = inspector.batch_get_account_status(accountIds=[ACCOUNT])["accounts"][0]
    assert account["state"]["status"]
    assert all(account["resourceState"][name]["status"] for name in ("ec2", "ecr", "lambda", "lambdaCode"))
    criteria = {"awsAccountId": equals(ACCOUNT), "findingStatus": equals("ACTIVE")}
    assert inspector.list_findings(filterCriteria=criteria, maxResults=1)["findings"] == []

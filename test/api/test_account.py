"""Activation of scan types: idempotent, by type, and truthful about what is not there."""

import pytest
from botocore.exceptions import ClientError
from common import ACCOUNT
from model import checked
from model import fields

TYPES = {"EC2": "ec2", "ECR": "ecr", "LAMBDA": "lambda", "LAMBDA_CODE": "lambdaCode", "CODE_REPOSITORY": "codeRepository"}
HERE = ["EC2", "ECR", "LAMBDA"]
OTHER = "111122223333"


@pytest.fixture(scope="module")
def inspector(make_server):
    return checked(make_server().client(parameter_validation=False))


@pytest.fixture(autouse=True)
def off(inspector):
    inspector.disable()


def states(inspector):
    account = inspector.batch_get_account_status()["accounts"][0]
    assert account["accountId"] == ACCOUNT
    return account["state"]["status"], {name: state["status"] for name, state in account["resourceState"].items()}


def test_nothing_is_on(inspector):
    assert states(inspector) == ("DISABLED", dict.fromkeys(TYPES.values(), "DISABLED"))


def test_types_are_switched_one_by_one(inspector):
    answer = inspector.enable(resourceTypes=["EC2", "ECR"])
    assert answer["failedAccounts"] == []
    assert answer["accounts"][0]["resourceStatus"] == {
        "ec2": "ENABLED", "ecr": "ENABLED", "lambda": "DISABLED", "lambdaCode": "DISABLED", "codeRepository": "DISABLED",
    }
    inspector.disable(resourceTypes=["ECR"])
    overall, by_type = states(inspector)
    assert overall == "ENABLED"
    assert [name for name, state in by_type.items() if state == "ENABLED"] == ["ec2"]
    inspector.disable(resourceTypes=["EC2"])
    assert states(inspector)[0] == "DISABLED"


def test_again_changes_nothing(inspector):
    for _ in range(2):
        assert inspector.enable(resourceTypes=HERE, clientToken="once")["failedAccounts"] == []
    first = states(inspector)
    for _ in range(2):
        assert inspector.disable(resourceTypes=["LAMBDA_CODE", "CODE_REPOSITORY"])["failedAccounts"] == []
    assert states(inspector) == first
    for _ in range(2):
        assert inspector.disable(resourceTypes=list(TYPES))["accounts"][0]["status"] == "DISABLED"


def test_code_is_not_scanned_and_no_state_says_so(inspector):
    answer = inspector.enable(resourceTypes=["EC2", "LAMBDA_CODE", "CODE_REPOSITORY"])
    assert answer["accounts"][0]["resourceStatus"]["ec2"] == "ENABLED"
    assert {failed["errorMessage"].split(":")[0] for failed in answer["failedAccounts"]} == {"LAMBDA_CODE", "CODE_REPOSITORY"}
    assert {failed["errorCode"] for failed in answer["failedAccounts"]} == {"RESOURCE_NOT_FOUND"}
    assert states(inspector)[1]["lambdaCode"] == "DISABLED"


def test_other_accounts_are_not_ours(inspector):
    for call in (
        lambda: inspector.enable(accountIds=[OTHER, OTHER], resourceTypes=["EC2"]),
        lambda: inspector.disable(accountIds=[OTHER]),
        lambda: inspector.batch_get_account_status(accountIds=[OTHER]),
    ):
        answer = call()
        assert answer["accounts"] == []
        assert [(failed["accountId"], failed["errorCode"]) for failed in answer["failedAccounts"]] == [(OTHER, "ACCESS_DENIED")]
    assert states(inspector)[0] == "DISABLED"
    answer = inspector.enable(accountIds=[ACCOUNT, OTHER], resourceTypes=["EC2"])
    assert [account["accountId"] for account in answer["accounts"]] == [ACCOUNT]
    assert len(answer["failedAccounts"]) == 1


def test_permissions(inspector):
    every = inspector.list_account_permissions()["permissions"]
    assert len(every) == 8
    ecr = inspector.list_account_permissions(service="ECR")["permissions"]
    assert {p["operation"] for p in ecr} == {"ENABLE_SCANNING", "DISABLE_SCANNING", "ENABLE_REPOSITORY", "DISABLE_REPOSITORY"}
    pages = list(inspector.get_paginator("list_account_permissions").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["permissions"]) for page in pages] == [3, 3, 2]
    assert [p for page in pages for p in page["permissions"]] == every


@pytest.mark.parametrize(
    ("call", "arguments", "field"),
    [
        ("enable", {}, "resourceTypes"),
        ("enable", {"resourceTypes": []}, "resourceTypes"),
        ("enable", {"resourceTypes": ["EC2", "VM"]}, "resourceTypes[1]"),
        ("enable", {"resourceTypes": ["EC2"], "accountIds": ["12345678901"]}, "accountIds[0]"),
        ("enable", {"resourceTypes": ["EC2"], "clientToken": "x" * 65}, "clientToken"),
        ("disable", {"accountIds": [OTHER] * 101}, "accountIds"),
        ("batch_get_account_status", {"accountIds": ["12345678901x"]}, "accountIds[0]"),
        ("list_account_permissions", {"maxResults": 1025}, "maxResults"),
        ("list_account_permissions", {"service": "EKS"}, "service"),
        ("list_account_permissions", {"nextToken": "garbage"}, "nextToken"),
    ],
)
def test_what_is_refused(inspector, call, arguments, field):
    with pytest.raises(ClientError) as error:
        getattr(inspector, call)(**arguments)
    assert list(fields(error)) == [field]

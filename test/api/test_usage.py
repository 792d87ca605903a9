"""Usage, its price, and trials."""

import pytest
from botocore.exceptions import ClientError
from common import ACCOUNT
from model import fields
from world import populate

OTHER = "111122223333"


def test_usage(inspector):
    (total,) = inspector.list_usage_totals()["totals"]
    assert total["accountId"] == ACCOUNT
    usage = {one["type"]: one for one in total["usage"]}
    assert {one["currency"] for one in usage.values()} == {"USD"}
    hosts = usage["EC2_INSTANCE_HOURS"]
    # Two hosts, for a few seconds so far: a month of both, at list price.
    assert 0 <= hosts["total"] < 2
    assert hosts["estimatedMonthlyCost"] == pytest.approx(2 * 1.25, rel=0.05)
    assert usage["LAMBDA_FUNCTION_HOURS"]["estimatedMonthlyCost"] == pytest.approx(2 * 0.30, rel=0.05)
    assert usage["ECR_INITIAL_SCAN"]["total"] == 0


def test_prices_of_the_configuration(make_server, tmp_path):
    (tmp_path / "assay.toml").write_text("[prices]\nec2_instance_hour = 1\nlambda_function_hour = 0.5\n")
    own = populate(make_server("--config", str(tmp_path / "assay.toml")), tmp_path)
    usage = {one["type"]: one for one in own.client().list_usage_totals()["totals"][0]["usage"]}
    assert usage["EC2_INSTANCE_HOURS"]["estimatedMonthlyCost"] == pytest.approx(2 * 720, rel=0.05)
    assert usage["LAMBDA_FUNCTION_HOURS"]["estimatedMonthlyCost"] == pytest.approx(2 * 360, rel=0.05)


def test_accounts(inspector):
    assert len(inspector.list_usage_totals(accountIds=[ACCOUNT, OTHER])["totals"]) == 1
    assert inspector.list_usage_totals(accountIds=[OTHER])["totals"] == []


def test_trials(inspector):
    answer = inspector.batch_get_free_trial_info(accountIds=[ACCOUNT, OTHER])
    (account,) = answer["accounts"]
    trials = {trial["type"]: trial for trial in account["freeTrialInfo"]}
    assert "EC2" in trials and "LAMBDA_CODE" not in trials
    assert (trials["EC2"]["end"] - trials["EC2"]["start"]).days == 15
    assert trials["EC2"]["status"] == "ACTIVE"
    assert [(failed["accountId"], failed["code"]) for failed in answer["failedAccounts"]] == [(OTHER, "ACCESS_DENIED")]
    # It runs on when the type is switched off, and does not begin anew.
    inspector.disable(resourceTypes=["EC2"])
    inspector.enable(resourceTypes=["EC2"])
    (again,) = inspector.batch_get_free_trial_info(accountIds=[ACCOUNT])["accounts"]
    assert {t["type"]: t for t in again["freeTrialInfo"]}["EC2"] == trials["EC2"]


@pytest.mark.parametrize(
    ("call", "arguments", "field"),
    [
        ("list_usage_totals", {"maxResults": 501}, "maxResults"),
        ("list_usage_totals", {"accountIds": []}, "accountIds"),
        ("list_usage_totals", {"accountIds": ["x"]}, "accountIds[0]"),
        ("batch_get_free_trial_info", {}, "accountIds"),
        ("batch_get_free_trial_info", {"accountIds": [ACCOUNT] * 101}, "accountIds"),
    ],
)
def test_what_is_refused(inspector, call, arguments, field):
    with pytest.raises(ClientError) as error:
        getattr(inspector, call)(**arguments)
    assert list(fields(error)) == [field]

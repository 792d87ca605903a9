"""Exports of findings, to the folder that stands for buckets."""

import csv
import json

import pytest
from botocore.exceptions import ClientError
from common import wait_for
from model import equals
from model import fields

WHERE = {"bucketName": "reports", "keyPrefix": "weekly", "kmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"}


def finished(inspector, identifier):
    def status():
        answer = inspector.get_findings_report_status(reportId=identifier)
        return None if answer["status"] == "IN_PROGRESS" else answer

    return wait_for(status)


def made(own, inspector, **arguments):
    identifier = inspector.create_findings_report(s3Destination=WHERE, **arguments)["reportId"]
    answer = finished(inspector, identifier)
    assert answer["status"] == "SUCCEEDED", answer
    assert answer["destination"] == WHERE
    (file,) = (path for path in (own.data / "reports" / "reports").rglob("*") if identifier in path.name)
    return answer, file.read_text()


def test_json(own, inspector):
    answer, text = made(own, inspector, reportFormat="JSON")
    assert answer["filterCriteria"] == {"findingStatus": equals("ACTIVE")}
    report = json.loads(text)
    findings = report if isinstance(report, list) else report["findings"]
    assert {f["findingArn"] for f in findings} == {f["findingArn"] for f in own.findings(findingStatus=equals("ACTIVE"))}


def test_csv(own, inspector):
    criteria = {"findingStatus": equals("CLOSED", "SUPPRESSED"), "severity": equals("CRITICAL", "MEDIUM", "HIGH")}
    answer, text = made(own, inspector, reportFormat="CSV", filterCriteria=criteria)
    assert answer["filterCriteria"] == criteria
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows[0]) == 55
    assert {row["Finding ARN"] for row in rows} == {f["findingArn"] for f in own.findings(**criteria)}


def test_the_latest_is_told_without_an_id(own, inspector):
    identifier = made(own, inspector, reportFormat="CSV")[0]["reportId"]
    assert inspector.get_findings_report_status()["reportId"] == identifier


def test_what_is_done_cannot_be_cancelled(own, inspector):
    identifier = made(own, inspector, reportFormat="CSV")[0]["reportId"]
    with pytest.raises(ClientError) as error:
        inspector.cancel_findings_report(reportId=identifier)
    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_unknown_reports(inspector):
    for identifier in ("00000000-0000-4000-8000-000000000000", "nonsense"):
        with pytest.raises(inspector.exceptions.ResourceNotFoundException):
            inspector.get_findings_report_status(reportId=identifier)
        with pytest.raises(inspector.exceptions.ResourceNotFoundException):
            inspector.cancel_findings_report(reportId=identifier)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"reportFormat": "PDF"}, "reportFormat"),
        ({"s3Destination": None}, "s3Destination"),
        ({"s3Destination": WHERE | {"bucketName": "../etc"}}, "s3Destination.bucketName"),
        ({"s3Destination": {"bucketName": "reports"}}, "s3Destination.kmsKeyArn"),
        ({"filterCriteria": {"severity": []}}, "filterCriteria.severity"),
    ],
)
def test_what_is_refused(inspector, arguments, field):
    good = {"reportFormat": "CSV", "s3Destination": WHERE}
    with pytest.raises(ClientError) as error:
        inspector.create_findings_report(**{k: v for k, v in (good | arguments).items() if v is not None})
    assert list(fields(error)) == [field]

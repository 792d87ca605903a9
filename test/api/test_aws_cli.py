"""The AWS command line interface as people install it, pointed at the server by its environment alone."""

import json
import pathlib
import subprocess
import sys

import pytest

AWS = pathlib.Path(sys.executable).parent / "aws"


@pytest.fixture
def aws(full):
    def run(*arguments, fails=False):
        done = subprocess.run([AWS, "--output", "json", *arguments], env=full.environment(), capture_output=True, text=True, check=False)
        if fails:
            assert done.returncode != 0, done.stdout
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_who_am_i(aws):
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"


def test_findings_by_severity(aws):
    criteria = json.dumps({"severity": [{"comparison": "EQUALS", "value": "CRITICAL"}]})
    findings = aws("inspector2", "list-findings", "--filter-criteria", criteria)["findings"]
    assert findings and {finding["severity"] for finding in findings} == {"CRITICAL"}


def test_pages_join(aws):
    whole = aws("inspector2", "list-findings")["findings"]
    paged = aws("inspector2", "list-findings", "--page-size", "3")["findings"]
    assert [f["findingArn"] for f in paged] == [f["findingArn"] for f in whole]
    assert len({f["findingArn"] for f in whole}) == len(whole) > 6


def test_a_filter_and_its_tags(aws):
    criteria = json.dumps({"severity": [{"comparison": "EQUALS", "value": "LOW"}]})
    arn = aws("inspector2", "create-filter", "--action", "NONE", "--name", "cli", "--filter-criteria", criteria, "--tags", "team=red")["arn"]
    assert aws("inspector2", "list-tags-for-resource", "--resource-arn", arn)["tags"] == {"team": "red"}
    aws("inspector2", "tag-resource", "--resource-arn", arn, "--tags", json.dumps({"a b": "c/d"}))
    aws("inspector2", "untag-resource", "--resource-arn", arn, "--tag-keys", "team")
    assert aws("inspector2", "list-tags-for-resource", "--resource-arn", arn)["tags"] == {"a b": "c/d"}
    aws("inspector2", "delete-filter", "--arn", arn)
    assert aws("inspector2", "list-filters")["filters"] == []


def test_errors_are_named(aws):
    said = aws("inspector2", "get-member", "--account-id", "111111111111", fails=True)
    assert "ResourceNotFoundException" in said
    said = aws("inspector2", "list-findings", "--max-items", "1", "--page-size", "500", fails=True)
    assert "ValidationException" in said

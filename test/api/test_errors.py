"""The forms of errors on the wire, signatures, roles, and what this server does not support."""

import concurrent.futures
import datetime
import json
import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import pytest
import requests
from botocore.exceptions import ClientError
from common import REGION, wait_for
from model import checked

MODEL = botocore.session.get_session().get_service_model("inspector2")
SUPPORTED = {
    "Enable", "Disable", "BatchGetAccountStatus", "ListAccountPermissions", "ListFindings", "ListFindingAggregations",
    "BatchGetFindingDetails", "BatchGetCodeSnippet", "CreateFilter", "ListFilters", "UpdateFilter", "DeleteFilter", "ListCoverage",
    "ListCoverageStatistics", "EnableDelegatedAdminAccount", "DisableDelegatedAdminAccount", "GetDelegatedAdminAccount",
    "ListDelegatedAdminAccounts", "DescribeOrganizationConfiguration", "UpdateOrganizationConfiguration", "AssociateMember",
    "DisassociateMember", "GetMember", "ListMembers", "ListUsageTotals", "BatchGetFreeTrialInfo", "CreateFindingsReport",
    "GetFindingsReportStatus", "CancelFindingsReport", "GetConfiguration", "UpdateConfiguration", "ListTagsForResource", "TagResource",
    "UntagResource", "SearchVulnerabilities", "GetClustersForImage",
}


@pytest.fixture(scope="module")
def own(make_server):
    return make_server()


def refused(answer, status, name):
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (status, name), answer.text
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-amzn-RequestId"])
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body["message"]
    return body


def test_unknown_operations(own):
    refused(own.request("POST", "/findings/burn", {}), 404, "UnknownOperationException")
    refused(own.request("POST", "/findings/list/", {}), 404, "UnknownOperationException")
    answer = own.request("GET", "/findings/list")
    refused(answer, 405, "UnknownOperationException")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'"x"', b"{} x", b"\xff", b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a":' + b"[" * 100000]
)
def test_what_cannot_be_read(own, body):
    answer = refused(own.request("POST", "/findings/list", body), 400, "ValidationException")
    assert answer["reason"] == "CANNOT_PARSE" and "fields" not in answer


def test_fields_are_named(own):
    body = {"maxResults": 1000, "sortCriteria": {"field": "x"}, "nextToken": 1}
    answer = refused(own.request("POST", "/findings/list", body), 400, "ValidationException")
    assert answer["reason"] == "FIELD_VALIDATION_FAILED"
    assert [f["name"] for f in answer["fields"]] == ["maxResults", "nextToken"]
    assert "maxResults must be 1 to 100" in answer["message"]


@pytest.mark.parametrize("name", [name for name in MODEL.operation_names if name not in SUPPORTED])
def test_what_is_not_supported_says_so(inspector, name):
    shape = MODEL.operation_model(name).input_shape
    strings = [m for m in (shape.required_members if shape else []) if shape.members[m].type_name == "string"]
    given = dict.fromkeys(strings, "x")
    with pytest.raises(ClientError, match=f"{name} is not supported by this server") as error:
        inspector._make_api_call(name, given)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"


def signed(own, change=lambda request: None, key=None, service="inspector2", region=REGION, body=b"{}", at=None):
    """A request to ListFindings that is changed after it was signed."""
    request = botocore.awsrequest.AWSRequest("POST", own.url + "/findings/list", data=body)
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(*(key or own.key)), service, region)
    if at:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(botocore.auth, "get_current_datetime", lambda: at)
            signer.add_auth(request)
    else:
        signer.add_auth(request)
    change(request)
    prepared = request.prepare()
    return requests.post(prepared.url, headers=dict(prepared.headers), data=prepared.body, timeout=60)


def alter(name, value):
    def change(request):
        del request.headers[name]
        if value is not None:
            request.headers[name] = value

    return change


def test_signatures(own):
    identifier, secret = own.key
    assert signed(own).status_code == 200
    for name, answer in {
        "MissingAuthenticationTokenException": [signed(own, alter("Authorization", None))],
        "IncompleteSignatureException": [
            signed(own, alter("Authorization", "AWS4-HMAC-SHA256 Credential=x")), signed(own, alter("Authorization", "Bearer x")),
        ],
        "InvalidSignatureException": [
            signed(own, key=(identifier, secret[:-1] + ("a" if secret[-1] != "a" else "b"))),
            signed(own, service="s3"),
            signed(own, region="eu-west-3"),
            signed(own, lambda request: setattr(request, "data", b'{"maxResults":1}')),
            signed(own, at=datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(minutes=6)),
        ],
        "UnrecognizedClientException": [signed(own, key=("AKIA" + "A" * 16, secret))],
    }.items():
        for one in answer:
            refused(one, 403, name)


def test_a_request_is_taken_once(own):
    """An equal one of the same second is told to sign anew when it comes late, as SDKs do by themselves."""
    request = botocore.awsrequest.AWSRequest("POST", own.url + "/findings/list", data=b"{}")
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(*own.key), "inspector2", REGION).add_auth(request)

    def send():
        return requests.post(request.url, headers=dict(request.headers), data=b"{}", timeout=60)

    answers = [send()]
    assert answers[0].status_code == 200
    wait_for(lambda: answers.append(send()) or not answers[-1].ok)
    refused(answers[-1], 429, "ThrottlingException")
    assert answers[-1].headers["Retry-After"] == "1"


def test_presigned_requests_are_refused(own):
    request = botocore.awsrequest.AWSRequest("POST", own.url + "/findings/list", data=b"{}")
    botocore.auth.SigV4QueryAuth(botocore.credentials.Credentials(*own.key), "inspector2", REGION).add_auth(request)
    assert requests.post(request.prepare().url, data=b"{}", timeout=60).status_code == 403


def new_key(own, name, role):
    own.call("POST", "/assay/v1/users", {"name": name, "role": role})
    made = own.call("POST", "/assay/v1/keys", {"user": name})
    return made["accessKeyId"], made["secretAccessKey"]


def test_roles(own):
    reader = checked(own.client(key=new_key(own, "reader", "read_only")))
    assert reader.list_findings()["findings"] == []
    assert reader.list_account_permissions()["permissions"] == []
    for call in (
        lambda: reader.create_filter(name="x", action="NONE", filterCriteria={}),
        lambda: reader.enable(resourceTypes=["EC2"]),
        lambda: reader.update_configuration(ec2Configuration={"scanMode": "EC2_HYBRID"}),
    ):
        with pytest.raises(ClientError, match="user/reader is not authorized to perform: inspector2:") as error:
            call()
        assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    host, key = own.enrol("cd" * 16)
    with pytest.raises(ClientError) as error:
        own.client(key=key).list_findings()
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_key_ends_within_a_second(own):
    key = new_key(own, "leaver", "admin")
    client = checked(own.client(key=key))
    client.list_findings()
    own.call("POST", f"/assay/v1/keys/{key[0]}/disable", {})

    def is_refused():
        try:
            client.list_findings()
        except ClientError as error:
            return error.response["Error"]["Code"]

    assert wait_for(is_refused, 5) == "UnrecognizedClientException"


def test_sts_has_its_own_forms(own):
    sts = own.client("sts", key=("AKIA" + "A" * 16, "x" * 40))
    with pytest.raises(ClientError) as error:
        sts.get_caller_identity()
    assert error.value.response["Error"]["Code"] == "InvalidClientTokenId"
    with pytest.raises(ClientError) as error:
        own.client("sts", key=(own.key[0], "x" * 40)).get_caller_identity()
    assert error.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    with pytest.raises(ClientError) as error:
        own.client("sts").get_session_token()
    assert error.value.response["Error"]["Code"] == "InvalidAction"


def test_rate(make_server, tmp_path):
    (tmp_path / "assay.toml").write_text("[limits]\nrequests_per_second = 5\n")
    slow = make_server("--config", str(tmp_path / "assay.toml"))

    def call(number):
        answer = slow.request("POST", "/findings/list", {"x": number})
        return answer.status_code, answer.headers.get("Retry-After"), answer.headers.get("x-amzn-ErrorType")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(call, range(40)))
    assert answers == {(200, None, None), (429, "1", "ThrottlingException")}


def test_bodies_are_limited(own):
    answer = own.request("POST", "/findings/list", json.dumps({"nextToken": "x" * (2 << 20)}).encode())
    assert answer.status_code == 413


def test_reply_dates_are_numbers(own):
    arn = own.call("POST", "/filters/create", {"name": "n", "action": "NONE", "filterCriteria": {}})["arn"]
    (one,) = own.call("POST", "/filters/list", {"arns": [arn]})["filters"]
    assert isinstance(one["createdAt"], (int, float))

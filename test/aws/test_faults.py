"""What services do wrong: throttle, break, refuse, lie."""

import json
import threading

import pytest
from aws_world import KEY

CALL = {"service": "sqs", "protocol": "json", "operation": "AmazonSQS.ListQueues"}
NOW = {"Retry-After": "0"}
EC2_ERROR = "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>1</RequestID></Response>"
ELB_ERROR = "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"


def in_turn(*answers):
    """Answers one after the other, then the last one."""
    left = list(answers)
    lock = threading.Lock()

    def answer(*_):
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


def refusal(code, message="", status=400, headers=NOW):
    return status, headers, json.dumps({"__type": f"com.amazonaws#{code}", "message": message})


FINE = 200, {}, '{"fine": true}'


@pytest.fixture
def ask(aws_probe, fake):
    """Asks a server that answers so: ask(answer, do, **question) -> what is said, and what it was asked."""

    def run(answer, do="call", **question):
        one = fake(answer)
        said = aws_probe(KEY | {"token": "SESSIONTOKEN", "endpoints": {"": one.url}}).ask(do, **(question or CALL))
        return said, one.asked

    return run


@pytest.mark.parametrize(
    "first",
    [
        refusal("ThrottlingException"),
        refusal("RequestLimitExceeded", status=503),
        refusal("TooManyRequestsException", status=429),
        (400, NOW, EC2_ERROR.format("RequestLimitExceeded", "")),
        (400, NOW, ELB_ERROR.format("Throttling", "Rate exceeded")),
        (503, NOW, "<html>Slow Down</html>"),
        (500, NOW, ""),
        (400, NOW | {"x-amzn-ErrorType": "ThrottlingException:http://internal.amazon.com/"}, "{}"),
    ],
)
def test_what_passes_is_tried_again(ask, first):
    said, asked = ask(in_turn(first, first, FINE))
    assert said["document"] == {"fine": True} and len(asked) == 3
    # Signed anew each time, and the same otherwise.
    assert len({body for *_, body in asked}) == 1


def test_throttled_for_good(ask):
    said, asked = ask(in_turn(refusal("ThrottlingException", "Rate exceeded")))
    assert said["error"] == "io" and said["code"] == "ThrottlingException" and len(asked) == 5
    assert said["text"] == "sqs AmazonSQS.ListQueues in us-east-1: HTTP status 400 ThrottlingException: Rate exceeded"


def test_told_to_come_much_later(ask):
    """Longer than it is worth to wait for."""
    said, asked = ask(in_turn(refusal("ThrottlingException", headers={"Retry-After": "600"})))
    assert said["error"] == "io" and len(asked) == 1


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (refusal("AccessDeniedException", "User: arn:x is not authorized"), "denied", "AccessDeniedException"),
        ((403, {}, EC2_ERROR.format("UnauthorizedOperation", "no")), "denied", "UnauthorizedOperation"),
        ((403, {}, ""), "denied", None),
        (refusal("UnrecognizedClientException"), "denied", "UnrecognizedClientException"),
        ((401, {}, EC2_ERROR.format("AuthFailure", "")), "denied", "AuthFailure"),
        (refusal("ExpiredTokenException"), "denied", "ExpiredTokenException"),
        ((400, {}, EC2_ERROR.format("RequestExpired", "")), "denied", "RequestExpired"),
        (refusal("RepositoryNotFoundException"), "missing", "RepositoryNotFoundException"),
        ((400, {}, EC2_ERROR.format("InvalidInstanceID.NotFound", "")), "missing", "InvalidInstanceID.NotFound"),
        ((400, {}, ELB_ERROR.format("LoadBalancerNotFound", "")), "missing", "LoadBalancerNotFound"),
        ((400, {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"}, "{}"), "missing", "AWS.SimpleQueueService.NonExistentQueue"),
        ((404, {}, "nothing here"), "missing", None),
        (refusal("ValidationException", "bad"), "invalid", "ValidationException"),
        ((400, {}, "<broken"), "invalid", None),
        ((400, {}, "{broken"), "invalid", None),
        ((501, {}, ""), "io", None),
        ((307, {"Location": "http://127.0.0.1:1/"}, ""), "invalid", None),
        ((200, {}, "{broken"), "invalid", None),
        ((200, {}, '{"a": "' + "x" * 70000 + '"}'), "limit", None),
        ((400, {}, json.dumps({"__type": "A\u0000\nB<script>" + "c" * 300, "message": 5})), "invalid", "ABscript" + "c" * 119),
    ],
)
def test_what_is_refused(ask, answer, error, code):
    said, asked = ask(lambda *_: answer, "call", **CALL, cap=65536)
    assert said["error"] == error, said
    assert said.get("code") == code
    assert len(asked) == 1


def test_no_list_is_not_an_empty_one(ask):
    said, _ = ask(lambda *_: (200, {}, "{}"), "direct", operation="DescribeDirectConnectGateways")
    assert said["error"] == "invalid" and "without directConnectGateways" in said["text"]


def test_what_is_said_of_a_refusal_is_short_and_no_secret(ask):
    """AWS repeats what was signed when a signature is wrong: with the session's token."""
    long = "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been 'SESSIONTOKEN'"
    said, _ = ask(lambda *_: refusal("InvalidSignatureException", long))
    assert "does not match." in said["text"] and "SESSIONTOKEN" not in said["text"]
    for secret in (KEY["secret"], "SESSIONTOKEN"):
        said, _ = ask(lambda *_, secret=secret: refusal("AccessDeniedException", f"you are {secret}"))
        assert said["error"] == "denied" and secret not in said["text"]
    said, _ = ask(lambda *_: refusal("AccessDeniedException", "a\r\n\x1b[31mé" + "x" * 5000))
    assert said["text"].isprintable() and len(said["text"]) < 500


def test_nobody_answers(aws_probe, fake):
    gone = fake(lambda *_: FINE)
    gone.stop()
    said = aws_probe(KEY | {"endpoints": {"": gone.url}}).ask("call", **CALL)
    assert said["error"] == "io" and "code" not in said


def page(token):
    return f"<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet><nextToken>{token}</nextToken></DescribeVpcsResponse>"


def test_lists_that_do_not_end(ask):
    for tokens in (["a"], ["a", "b", "c", "a"]):
        said, asked = ask(in_turn(*((200, {}, page(token)) for token in tokens)), "describe", api="ec2", operation="DescribeVpcs")
        assert said["error"] == "invalid" and "leads back" in said["text"]
        assert len(asked) == len(set(tokens)) + 1
    said, asked = ask(in_turn((200, {}, '{"Accounts": [], "NextToken": "x"}')), "organization", x=1)
    assert said["error"] == "invalid" and len(asked) == 2


def test_all_pages_are_asked_for(ask):
    pages = [(200, {}, page(token)) for token in ("a+/=&amp;", "b", "")]
    said, asked = ask(in_turn(*pages), "describe", api="ec2", operation="DescribeVpcs", form="Filter.1.Name=a")
    assert len(said["pages"]) == 3 and all(p == {"Vpcs": [{"VpcId": "vpc-1"}]} for p in said["pages"])
    bodies = [body.decode() for *_, body in asked]
    assert bodies[0] == "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=a&MaxResults=1000"
    assert bodies[1] == bodies[0] + "&NextToken=a%2B%2F%3D%26" and bodies[2] == bodies[0] + "&NextToken=b"
    _, asked = ask(lambda *_: pages[2], "describe", api="ec2", operation="DescribeVpcs", form="VpcId.1=vpc-1")
    assert b"MaxResults" not in asked[0][3], "EC2 takes ids or a size"


def test_pages_of_direct_connect(ask):
    pages = [(200, {}, json.dumps({"directConnectGateways": [{"directConnectGatewayId": "é"}], "nextToken": token})) for token in ('"x', "")]
    said, asked = ask(in_turn(*pages), "direct", operation="DescribeDirectConnectGateways", body='{"directConnectGatewayId": "0a"}')
    assert said["pages"] == [{"directConnectGateways": [{"directConnectGatewayId": "é"}]}] * 2
    assert [json.loads(body) for *_, body in asked] == [
        {"directConnectGatewayId": "0a"},
        {"directConnectGatewayId": "0a", "nextToken": '"x'},
    ]


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<html></html>",
        "<DescribeSubnetsResponse/>",
        "<DescribeVpcsResponse><vpcSet>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><DescribeVpcsResponse>&a;</DescribeVpcsResponse>",
        "<DescribeVpcsResponse>" + "<a>" * 100 + "</a>" * 100 + "</DescribeVpcsResponse>",
        "<DescribeVpcsResponse><vpcSet><item><vpcId>" + "x" * (2 << 20) + "</vpcId></item></vpcSet></DescribeVpcsResponse>",
    ],
)
def test_answers_that_are_none(ask, xml):
    said, _ = ask(lambda *_: (200, {}, xml), "describe", api="ec2", operation="DescribeVpcs")
    assert said["error"] in ("invalid", "limit") and said["pages"] == []
    assert "DescribeVpcs" in said["text"]


def test_no_organization(ask):
    said, _ = ask(lambda *_: refusal("AWSOrganizationsNotInUseException", "Your account is not a member"), "organization", x=1)
    assert said["error"] == "missing"
    said, _ = ask(lambda *_: (200, {}, '{"Accounts": [{"Id": "../../x", "Status": "ACTIVE"}]}'), "organization", x=1)
    assert said["error"] == "invalid"


def empty(body):
    """An empty list of whatever is asked for."""
    name = body.decode().split("&")[0].removeprefix("Action=")
    return 200, {}, f"<{name}Response xmlns='x'><{name}Result></{name}Result></{name}Response>"


def test_a_network_without_some_permissions(ask):
    def answer(method, path, headers, body):
        text = body.decode()
        if "elasticloadbalancing" in headers["Authorization"]:
            return 403, {}, ELB_ERROR.format("AccessDenied", "no load balancers")
        if "DescribeNetworkAcls" in text:
            return 403, {}, EC2_ERROR.format("UnauthorizedOperation", "no filters")
        return empty(body)

    said, asked = ask(answer, "network", x=1)
    assert "error" not in said and len(said["pages"]) > 10
    assert set(said["gaps"]) == {
        "ec2:DescribeNetworkAcls",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
    }
    assert all(text.startswith("denied: ") for text in said["gaps"].values())


def test_more_routes_than_are_told(ask):
    def answer(method, path, headers, body):
        if b"Action=DescribeTransitGatewayRouteTables" in body:
            inner = "<item><transitGatewayRouteTableId>tgw-rtb-1</transitGatewayRouteTableId></item>"
            name = "DescribeTransitGatewayRouteTables"
            return 200, {}, f"<{name}Response><transitGatewayRouteTables>{inner}</transitGatewayRouteTables></{name}Response>"
        if b"Action=SearchTransitGatewayRoutes" in body:
            name = "SearchTransitGatewayRoutesResponse"
            return 200, {}, f"<{name}><routeSet/><additionalRoutesAvailable>true</additionalRoutesAvailable></{name}>"
        return empty(body)

    said, _ = ask(answer, "network", x=1)
    assert said["gaps"] == {"ec2:SearchTransitGatewayRoutes": "limit: tgw-rtb-1: not all of its routes can be read"}
    routes = {"TransitGatewayRouteTableId": "tgw-rtb-1", "Routes": [], "AdditionalRoutesAvailable": True}
    assert {"TransitGatewayRoutes": [routes]} in said["pages"]


def test_policy_tables_of_peerings(ask):
    """They are asked for where a peering has no route table."""
    inner = {
        "DescribeTransitGatewayAttachments": "<transitGatewayAttachments><item><transitGatewayAttachmentId>tgw-attach-1"
        "</transitGatewayAttachmentId><resourceType>peering</resourceType></item></transitGatewayAttachments>",
        "DescribeTransitGatewayPolicyTables": "<transitGatewayPolicyTables><item><transitGatewayPolicyTableId>tgw-ptb-1"
        "</transitGatewayPolicyTableId><transitGatewayId>tgw-1</transitGatewayId></item></transitGatewayPolicyTables>",
        "GetTransitGatewayPolicyTableAssociations": "<associations><item><transitGatewayAttachmentId>tgw-attach-1"
        "</transitGatewayAttachmentId><state>associated</state></item></associations>",
        "GetTransitGatewayPolicyTableEntries": "<transitGatewayPolicyTableEntries><item><policyRuleNumber>1</policyRuleNumber>"
        "<targetRouteTableId>tgw-rtb-1</targetRouteTableId></item></transitGatewayPolicyTableEntries>",
    }

    def answer(method, path, headers, body):
        for name, text in inner.items():
            if f"Action={name}&" in body.decode() + "&":
                return 200, {}, f"<{name}Response>{text}</{name}Response>"
        return empty(body)

    said, _ = ask(answer, "network", x=1)
    tables = [table for page in said["pages"] for table in page.get("TransitGatewayPolicyTables", [])]
    of = {"TransitGatewayPolicyTableId": "tgw-ptb-1"}
    assert tables == [
        of | {"TransitGatewayId": "tgw-1"},
        of | {"Associations": [{"TransitGatewayAttachmentId": "tgw-attach-1", "State": "associated"}]},
        of | {"TransitGatewayPolicyTableEntries": [{"PolicyRuleNumber": "1", "TargetRouteTableId": "tgw-rtb-1"}]},
    ]


def test_a_network_that_cannot_be_read(ask):
    said, _ = ask(lambda *_: (403, {}, EC2_ERROR.format("UnauthorizedOperation", "nothing")), "network", x=1)
    assert said["error"] == "denied" and said["pages"] == []
    said, _ = ask(lambda *_: (503, {"Retry-After": "600"}, ""), "network", x=1)
    assert said["error"] == "io"

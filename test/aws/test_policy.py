"""The policies of docs/aws.md allow what the sources call, and nothing else."""

import json
import re

from common import ROOT

# Services by what their operations stand behind in X-Amz-Target.
TARGETS = {
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "AWSOrganizationsV20161128": "organizations",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "AmazonSSM": "ssm",
    "ResourceGroupsTaggingAPI_20170126": "tag",
}
# Services without one: the file that calls them, and who allows it.
FILES = {"aws/lambda.c": "lambda", "aws/ebs.c": "ebs"}
# Actions that have another name than the operation, or none.
NAMES = {"sqs:DeleteMessageBatch": "sqs:DeleteMessage"}
# What is needed for what is said beside the operation.
BESIDE = {"ec2:CreateSnapshots": "ec2:CreateTags"}
FREE = {"sts:GetCallerIdentity", "sts:AssumeRoleWithWebIdentity"}


def sources():
    return {f"{file.parent.name}/{file.name}": file.read_text() for file in (ROOT / "src").glob("*/*.c")}


def called(probe):
    """Actions of all calls."""
    texts = sources()
    everything = "\n".join(texts.values())
    actions = {f"{TARGETS[target]}:{name}" for target, name in re.findall(r'"(\w+)\.([A-Z]\w+)"', everything) if target in TARGETS}
    for file, service in FILES.items():
        actions |= {f"{service}:{name}" for name in re.findall(r'"((?:List|Get|Invoke)[A-Z]\w+)"', texts.get(file, ""))}
    tables = probe.ask("tables")
    for api, service in (("ec2", "ec2"), ("elb", "elasticloadbalancing"), ("elbv2", "elasticloadbalancing")):
        actions |= {f"{service}:{name}" for name in tables[api]}
    actions |= {f"directconnect:{name}" for name in re.findall(r'\{"(Describe\w+)"', texts["aws/directconnect.c"])}
    actions |= {f"sts:{name}" for name in re.findall(r'"((?:AssumeRole|Get)[A-Za-z]*)"', texts["aws/credentials_role.c"] + texts["aws/sts.c"])}
    actions |= {beside for action, beside in BESIDE.items() if action in actions}
    return {NAMES.get(action, action) for action in actions} - FREE


def allowed():
    found = set()
    for block in re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "aws.md").read_text(), re.DOTALL):
        policy = json.loads(block)
        for statement in policy.get("Statement", []):
            actions = statement["Action"]
            listed = [actions] if isinstance(actions, str) else actions
            assert not found & set(listed), "an action is allowed once"
            found |= set(listed)
    return found


def test_the_policies_allow_what_is_called(aws_probe):
    probe = aws_probe({})
    assert allowed() == called(probe)


def test_every_operation_of_the_tables_is_called(aws_probe):
    """Outside of the tables somebody names it."""
    tables = re.compile(r"^aws/(ec2|elb).*\.c$")
    rest = "\n".join(text for name, text in sources().items() if not tables.match(name))
    for operations in aws_probe({}).ask("tables").values():
        for name in operations:
            assert f'"{name}"' in rest, f"nothing calls {name}"

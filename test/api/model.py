"""Answers as they are on the wire, against the model that botocore has of the service."""

import json
import re

# Members that the model requires and that only a state that failed has; values that the model's enumeration lags behind; what
# is a value of the group where the model speaks of the kind of group.
NOT_STATED = {("State", "errorCode"), ("State", "errorMessage")}
OPEN_ENUMS = {"Runtime", "GroupKey"}
# Machines outside of EC2 have ids as Systems Manager gives them.
HYBRID = {"ResourceId": "mi-[0-9a-f]{17}"}
# The model bounds it by 25 where a page has up to 100.
OPEN_LISTS = {"FindingList"}
# Errors that any call may get before it is looked at (AWS, "Common errors").
COMMON = {
    "AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "UnrecognizedClientException",
}
NUMBERS = {"integer": int, "long": int, "double": (int, float), "float": (int, float), "timestamp": (int, float)}


def check_bounds(shape, size, where):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    assert low is None or size >= low, f"{where}: {size} < {low}"
    assert high is None or size <= high or shape.name in OPEN_LISTS, f"{where}: {size} > {high}"


def check_structure(shape, value, where):
    assert isinstance(value, dict), where
    names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    for name in shape.required_members:
        wire = shape.members[name].serialization.get("name", name)
        assert wire in value or (shape.name, name) in NOT_STATED, f"{where}.{wire} is missing"
    for name, member in value.items():
        assert name in names, f"{where}.{name} is not in the model"
        check(names[name], member, f"{where}.{name}")


def check(shape, value, where="answer"):
    """Fails unless the parsed JSON is what the shape says."""
    kind = shape.type_name
    if kind == "structure":
        check_structure(shape, value, where)
    elif kind == "list":
        assert isinstance(value, list), where
        check_bounds(shape, len(value), where)
        for at, item in enumerate(value):
            check(shape.member, item, f"{where}[{at}]")
    elif kind == "map":
        assert isinstance(value, dict), where
        for key, item in value.items():
            check(shape.key, key, f"{where} key")
            check(shape.value, item, f"{where}.{key}")
    elif kind == "string":
        assert isinstance(value, str), where
        check_bounds(shape, len(value), where)
        assert not shape.enum or value in shape.enum or shape.name in OPEN_ENUMS, f"{where}: {value}"
        pattern = shape.metadata.get("pattern")
        echoed = ".errors[" in where  # what was asked for, right or wrong
        hybrid = shape.name in HYBRID and re.fullmatch(HYBRID[shape.name], value)
        assert not pattern or hybrid or echoed or re.fullmatch(pattern, value), f"{where}: {value} does not match {pattern}"
    elif kind == "boolean":
        assert isinstance(value, bool), where
    elif kind in NUMBERS:
        assert isinstance(value, NUMBERS[kind]) and not isinstance(value, bool), f"{where}: {value!r}"
    else:
        raise AssertionError(f"{where}: {kind}")


def check_error(operation, headers, body):
    name = headers["x-amzn-errortype"]
    shapes = {shape.name: shape for shape in operation.error_shapes}
    assert name in shapes or name in COMMON, f"{operation.name} has no {name}"
    assert isinstance(body["message"], str) and body["message"]
    if name in shapes:
        shape = shapes[name]
        wire = {n: v for n, v in body.items() if n in shape.members}
        assert set(wire) == set(body), f"{name}: {set(body)}"
        for member in shape.required_members:
            assert member in body or shape.members[member].serialization.get("location") == "header", f"{name}.{member}"


def checked(client):
    """The client, whose every answer is checked."""

    def look(operation_model, response_dict, **_):
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        assert len(headers["x-amzn-requestid"]) == 36
        assert headers["content-type"] == "application/json"
        body = json.loads(response_dict["body"])
        if response_dict["status_code"] < 300:
            assert response_dict["status_code"] == 200
            check(operation_model.output_shape, body, operation_model.name)
        else:
            check_error(operation_model, headers, body)

    client.meta.events.register("before-parse.inspector2", look)
    return client


def fields(error):
    """{name: message} of a ValidationException."""
    assert error.value.response["Error"]["Code"] == "ValidationException", error.value
    return {field["name"]: field["message"] for field in error.value.response.get("fields", [])}


def equals(*values):
    return [{"comparison": "EQUALS", "value": value} for value in values]

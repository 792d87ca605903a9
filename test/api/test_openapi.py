"""docs/openapi.yaml is sound, and says of our own endpoints what the server's table says."""

import pathlib
import re

import openapi_spec_validator
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DESCRIPTION = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
METHODS = {"get", "post", "put", "delete"}


def described():
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in DESCRIPTION["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def table():
    text = "".join(p.read_text() for p in sorted((ROOT / "src" / "api").glob("native_*.c")))
    rows = re.findall(r'\{"(\w+)",\s*"(\w+)",\s*"([^"]+)"', text)
    return {name: (method, path) for name, method, path in rows}


def test_the_description_is_valid():
    openapi_spec_validator.validate(DESCRIPTION)


def test_operations_are_those_of_the_table():
    assert len(table()) > 30
    assert described() == table()


def test_path_parameters_are_described():
    for path, item in DESCRIPTION["paths"].items():
        for operation in item.values():
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path


def test_the_server_gives_it(server):
    text = server.request("GET", "/assay/v1/openapi.yaml", signed=False)
    assert text.text == (ROOT / "docs" / "openapi.yaml").read_text()
    assert server.call("GET", "/assay/v1/openapi.json", signed=False) == DESCRIPTION


def bodies():
    """Operations with a JSON object as body, and that schema."""
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").split("/")[-1]
            if name and name not in ("HostReport", "Notifications"):
                yield pytest.param(method.upper(), path, DESCRIPTION["components"]["schemas"][name], id=operation["operationId"])


WRONG = {"string": 1, "integer": "x", "object": [], "array": {}}


@pytest.mark.parametrize("method,path,schema", list(bodies()))
def test_wrong_bodies_are_refused(full, method, path, schema):
    path = path.replace("{hostId}", "mi-00000000000000000")
    for name, member in schema["properties"].items():
        if "$ref" in member:
            member = DESCRIPTION["components"]["schemas"][member["$ref"].split("/")[-1]]
        if name not in schema.get("required", []):
            continue
        for body in ({}, {name: WRONG[member["type"]]}):
            answer = full.request(method, path, body)
            assert answer.status_code == 400, (body, answer.text)
            assert answer.headers["x-amzn-ErrorType"] == "ValidationException"
            assert name in str(answer.json()["fields"])
    for body in (b"[]", b"{", b"\xff", b"1"):
        answer = full.request(method, path, body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (body, answer.text)

"""Functions of a folder: deployed, changed, removed; real packages from PyPI and npm."""

import json
import os
import subprocess
import zipfile

import pytest
import tiny
from common import npm, wait_for, wheel


def pack(path, files):
    """Appears whole, as a deployment does."""
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    os.rename(part, path)


def metadata(name, version):
    return {f"python/{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}


@pytest.fixture
def functions(server, tmp_path):
    """A folder of functions that a server watches."""
    folder = tmp_path / "functions"
    folder.mkdir()
    server.client().enable(resourceTypes=["LAMBDA"])
    server.origin = server.call("POST", "/assay/v1/origins", {"kind": "FUNCTION_FOLDER", "url": str(folder)})["id"]
    return folder


def coverage(server):
    rows = server.client().list_coverage()["coveredResources"]
    return {r["resourceId"].split(":")[-2]: r for r in rows}


def settled(server, name, reason="SUCCESSFUL"):
    def look():
        server.call("POST", f"/assay/v1/origins/{server.origin}/poll")
        row = coverage(server).get(name)
        return row and row["scanStatus"]["reason"] == reason

    wait_for(look)


def active(server):
    found = server.findings(findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}])
    return {f["packageVulnerabilityDetails"]["vulnerabilityId"]: f for f in found}


def test_deployment_and_its_difference(server, functions):
    pack(functions / "hello.zip", {"index.js": "", "package-lock.json": tiny.lock({"lodash": "4.17.15", "minimist": "1.2.0"})})
    settled(server, "hello")
    found = active(server)
    assert {"CVE-2021-0001", "CVE-2021-0002", "CVE-2021-0003"} == set(found)
    resource = found["CVE-2021-0001"]["resources"][0]
    assert resource["type"] == "AWS_LAMBDA_FUNCTION"
    assert resource["id"] == "arn:aws:lambda:us-east-1:000000000000:function:hello:$LATEST"
    details = resource["details"]["awsLambdaFunction"]
    assert details.pop("lastModifiedAt") and details.pop("codeSha256")
    assert details == {
        "functionName": "hello",
        "runtime": "NODEJS",
        "version": "$LATEST",
        "executionRoleArn": "arn:aws:iam::000000000000:role/not-stated",
        "packageType": "ZIP",
        "architectures": ["X86_64"],
    }
    assert resource["details"]["serverlessFunction"]["serverlessFunctionName"] == "hello"
    pack(functions / "hello.zip", {"index.js": "", "package-lock.json": tiny.lock({"lodash": "4.17.15", "minimist": "1.2.6"})})
    wait_for(lambda: settled(server, "hello") or set(active(server)) == {"CVE-2021-0001", "CVE-2021-0002"})
    assert active(server)["CVE-2021-0001"]["firstObservedAt"] == found["CVE-2021-0001"]["firstObservedAt"]
    (functions / "hello.zip").unlink()
    settled(server, "hello", "RESOURCE_TERMINATED")
    assert not active(server)


def test_the_same_name_in_two_folders(server, functions, tmp_path):
    """Two functions, each with its own life."""
    other = tmp_path / "other"
    other.mkdir()
    pack(functions / "work.zip", {"package-lock.json": tiny.lock({"minimist": "1.2.0"})})
    settled(server, "work")
    pack(other / "work.zip", {"package-lock.json": tiny.lock({"lodash": "4.17.20"})})
    first, server.origin = server.origin, server.call("POST", "/assay/v1/origins", {"kind": "FUNCTION_FOLDER", "url": str(other)})["id"]
    second = f"work-{server.origin[:8]}"
    settled(server, second)

    def found():
        return {cve: f["resources"][0]["id"].split(":")[-2] for cve, f in active(server).items()}

    assert found() == {"CVE-2021-0003": "work", "CVE-2021-0001": second}
    names = {r["resourceMetadata"]["lambdaFunction"]["functionName"] for r in coverage(server).values()}
    assert set(coverage(server)) == {"work", second} and names == {"work"}
    pack(functions / "work.zip", {"package-lock.json": tiny.lock({"left-pad": "1.3.0"})})
    os.unlink(other / "work.zip")
    settled(server, second, "RESOURCE_TERMINATED")
    server.origin = first
    server.call("POST", f"/assay/v1/origins/{first}/poll")
    wait_for(lambda: set(found().values()) == {"work"} and "CVE-2021-0003" not in found())
    os.unlink(functions / "work.zip")
    settled(server, "work", "RESOURCE_TERMINATED")
    assert not active(server)


def test_sidecar_and_layers(server, functions):
    stated = {
        "runtime": "python3.11",
        "layers": ["deps.zip"],
        "architectures": ["arm64"],
        "role": "arn:aws:iam::000000000000:role/worker",
        "tags": {"team": "blue"},
        "lastModified": "2026-11-01T00:00:00Z",
    }
    (functions / "work.json").write_text(json.dumps(stated))
    pack(functions / "deps.zip", metadata("Django", "3.2.0"))
    pack(functions / "work.zip", {"main.py": "", "package-lock.json": tiny.lock({"minimist": "1.2.0"})})
    settled(server, "work")
    assert set(coverage(server)) == {"work"}  # a layer is no function
    found = active(server)
    layers = {
        p.get("sourceLambdaLayerArn")
        for f in found.values()
        for p in f["packageVulnerabilityDetails"]["vulnerablePackages"]
    }
    layer = "arn:aws:lambda:us-east-1:000000000000:layer:deps:1"
    assert layers == {None, layer}
    resource = found["CVE-2021-0003"]["resources"][0]
    details = resource["details"]["awsLambdaFunction"]
    assert details["runtime"] == "PYTHON_3_11" and details["layers"] == [layer] and details["architectures"] == ["ARM64"]
    assert details["executionRoleArn"].endswith("role/worker") and resource["tags"] == {"team": "blue"}
    pack(functions / "deps.zip", metadata("Django", "9.9.9"))
    wait_for(lambda: settled(server, "work") or set(active(server)) == {"CVE-2021-0003"})
    (functions / "work.json").write_text(json.dumps(stated | {"tags": {"InspectorExclusion": "LambdaStandardScanning"}}))
    settled(server, "work", "EXCLUDED_BY_TAG")
    assert not active(server)
    (functions / "work.json").write_text(json.dumps(stated))
    settled(server, "work")
    assert set(active(server)) == {"CVE-2021-0003"}


def test_what_cannot_be_scanned(server, functions):
    (functions / "text.zip").write_text("this is no zip")
    pack(functions / "old.zip", {"main.py": ""})
    (functions / "old.json").write_text('{"runtime": "python2.7"}')
    pack(functions / "sound.zip", {"main.js": ""})
    (functions / "sound.json").write_text("{")
    settled(server, "text", "UNSUPPORTED_CODE_ARTIFACTS")
    settled(server, "old", "UNSUPPORTED_RUNTIME")
    settled(server, "sound")


def test_published_packages_are_found(server, functions, published, assay):
    """The same as a scan by hand finds in the zip."""
    files = wheel(published / "Jinja2-2.10-py2.py3-none-any.whl") | npm(published / "lodash-4.17.15.tgz", "node_modules/lodash")
    pack(functions / "real.zip", files | {"lib/log4j.jar": (published / "log4j-core-2.14.1.jar").read_bytes()})
    settled(server, "real")
    scan = subprocess.run(
        [assay, "scan", "--db", server.db, "--all", "--format", "json", functions / "real.zip"], capture_output=True, check=False
    )
    assert set(active(server)) == {f["id"] for f in json.loads(scan.stdout)["findings"]} != set()


def test_a_function_becomes_a_layer(server, functions):
    """Its zip was there before the function that uses it."""
    pack(functions / "deps.zip", metadata("Django", "3.2.0"))
    settled(server, "deps")
    assert active(server)
    (functions / "work.json").write_text(json.dumps({"runtime": "python3.11", "layers": ["deps.zip"]}))
    pack(functions / "work.zip", {"main.py": ""})
    settled(server, "work")
    settled(server, "deps", "RESOURCE_TERMINATED")
    assert {f["resources"][0]["details"]["awsLambdaFunction"]["functionName"] for f in active(server).values()} == {"work"}
    (functions / "work.json").unlink()
    settled(server, "deps")

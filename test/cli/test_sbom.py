"""CycloneDX and SPDX out of `assay inventory`, against the official schemas and validators, and back in."""

import json
import os
import subprocess

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

LOCK = {
    "name": "app",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "version": "1.0.0"},
        "node_modules/lodash": {"version": "4.17.15"},
        "node_modules/@babel/core": {"version": "7.0.0", "dev": True, "license": "MIT"},
        "node_modules/JSONStream": {"version": "1.3.5"},
    },
}
STATUS = """Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl (3.0.11-1)
Version: 3.0.11-1~deb12u2

Package: base-files
Status: install ok installed
Architecture: amd64
Version: 12.4+deb12u5
"""
OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    for path, text in {
        "etc/os-release": OS_RELEASE,
        "var/lib/dpkg/status": STATUS,
        "srv/app/package-lock.json": json.dumps(LOCK),
        "srv/app/requirements.txt": "Django==3.2.0\nrequests>=2\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture(scope="module")
def written(assay, root):
    """Runs `assay inventory` on a target; the text of a format. The clock is fixed."""

    def run(form, target=root):
        done = subprocess.run(
            [assay, "inventory", str(target), "--format", form],
            env=dict(os.environ, SOURCE_DATE_EPOCH="1700000000"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def purls(text):
    document = json.loads(text)
    if document.get("bomFormat"):
        return sorted(c["purl"] for c in document["components"] if "purl" in c)
    return sorted(
        reference["referenceLocator"]
        for package in document["packages"]
        for reference in package.get("externalRefs", [])
        if reference["referenceType"] == "purl"
    )


EXPECTED = sorted(
    [
        "pkg:deb/debian/base-files@12.4%2Bdeb12u5?arch=amd64&distro=debian-12",
        "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl%403.0.11-1",
        "pkg:npm/%40babel/core@7.0.0",
        "pkg:npm/JSONStream@1.3.5",
        "pkg:npm/lodash@4.17.15",
        "pkg:pypi/django@3.2.0",
        "pkg:pypi/requests",
    ]
)


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_purls(written, form):
    assert purls(written(form)) == EXPECTED


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_same_bytes_again(written, form):
    text = written(form)
    assert text == written(form)
    assert "2023-11-14T22:13:20Z" in text


def test_cyclonedx_schema(written):
    validator = JsonStrictValidator(SchemaVersion.V1_5)
    assert validator.validate_str(written("cyclonedx")) is None
    assert validator.validate_str(written("cyclonedx").replace('"library"', '"nonsense"')) is not None


def test_spdx_validator(written, tmp_path):
    path = tmp_path / "scan.spdx.json"
    path.write_text(written("spdx"))
    document = parse_file(str(path))
    assert [m.validation_message for m in validate_full_spdx_document(document)] == []
    assert len(document.packages) == len(EXPECTED) + 2


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_read_back(written, tmp_path, form):
    path = tmp_path / f"{form}.json"
    path.write_text(written(form))
    assert purls(written("cyclonedx", path)) == EXPECTED
    before, after = json.loads(written("json")), json.loads(written("json", path))
    assert after["os"]["family"] == "debian"
    assert after["os"]["version"] == "12"
    if form == "cyclonedx":
        assert after["packages"] == before["packages"]
        assert after["os"] == before["os"]

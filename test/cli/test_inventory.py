"""assay inventory: what a target is, and that an inventory in JSON reads back as itself."""

import json
import subprocess
import zipfile

import pytest

STATUS = "Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\nSource: bash (5.2)\n\n"
LOCK = {
    "name": "x",
    "lockfileVersion": 3,
    "packages": {"": {"name": "x"}, "node_modules/lodash": {"version": "4.17.15"}},
}


@pytest.fixture
def inventory(assay):
    def run(target, code=0, *options):
        done = subprocess.run([assay, "inventory", "--format", "json", *options, str(target)], capture_output=True)
        assert done.returncode == code, done.stderr.decode()
        return json.loads(done.stdout) if code in (0, 4) else done.stderr.decode()

    return run


def purls(found):
    return sorted(p["purl"] for p in found.get("packages", []))


@pytest.fixture
def root(tmp_path):
    files = {
        "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
        "var/lib/dpkg/status": STATUS,
        "srv/app/package-lock.json": json.dumps(LOCK),
    }
    for name, content in files.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "root"


def test_directory(inventory, root):
    found = inventory(root)
    assert found["kind"] == "directory" and found["os"]["family"] == "debian"
    assert [p["name"] for p in found["packages"]] == ["bash", "lodash"]


def test_zip(inventory, root, tmp_path):
    with zipfile.ZipFile(tmp_path / "function", "w", zipfile.ZIP_DEFLATED) as z:
        z.write(root / "srv/app/package-lock.json", "package-lock.json")
    found = inventory(tmp_path / "function")
    assert found["kind"] == "archive" and purls(found) == ["pkg:npm/lodash@4.17.15"]
    assert found["packages"][0]["path"] == "package-lock.json"


def test_zip_behind_a_script(inventory, root, tmp_path):
    with zipfile.ZipFile(tmp_path / "z", "w") as z:
        z.write(root / "srv/app/package-lock.json", "package-lock.json")
    (tmp_path / "app.bin").write_bytes(b"#!/bin/sh\nexit\n" + (tmp_path / "z").read_bytes())
    assert purls(inventory(tmp_path / "app.bin")) == ["pkg:npm/lodash@4.17.15"]


def test_single_files(inventory, root):
    found = inventory(root / "srv/app/package-lock.json")
    assert found["kind"] == "file" and purls(found) == ["pkg:npm/lodash@4.17.15"]
    found = inventory(root / "var/lib/dpkg/status")
    assert [p["name"] for p in found["packages"]] == ["bash"]


def test_json_reads_back(assay, inventory, root, tmp_path):
    first = subprocess.run([assay, "inventory", "--format", "json", str(root)], capture_output=True).stdout
    (tmp_path / "inventory.json").write_bytes(first)
    second = subprocess.run(
        [assay, "inventory", "--format", "json", str(tmp_path / "inventory.json")], capture_output=True
    ).stdout
    assert second == first


def test_sbom_reads_back(assay, inventory, root, tmp_path):
    for kind in ("cyclonedx", "spdx"):
        sbom = tmp_path / f"{kind}.json"
        sbom.write_bytes(subprocess.run([assay, "inventory", "--format", kind, str(root)], capture_output=True).stdout)
        assert purls(inventory(sbom)) == purls(inventory(root))


@pytest.mark.parametrize(
    "content,says",
    [
        (b"", "an empty file"),
        (b"\x7fELF\x02", "a program"),
        (b"hello", "text"),
        (b"{}", "no list of packages"),
        (b'{"packages":[{"name":"x"}]}', "package 1 lacks its type or name"),
        (b'{"packages":[{"name":"x","type":"npm","layer":"sha256:0"}]}', "no layer sha256:0"),
        (b"PK\x03\x04", "no central directory"),
        (b"\x1f\x8b\x08", "gzip data ends early"),
    ],
)
def test_says_what_it_found_instead(inventory, tmp_path, content, says):
    (tmp_path / "odd").write_bytes(content)
    assert says in inventory(tmp_path / "odd", 3)


def test_absent(inventory, tmp_path):
    assert "no such file" in inventory(tmp_path / "absent", 3)
    assert "neither a file nor a directory" in inventory("/dev/null", 3)


def test_usage(assay):
    for arguments in (["a", "b"], [], ["--format", "sarif", "a"], ["--nonsense", "a"]):
        assert subprocess.run([assay, "inventory", *arguments], capture_output=True).returncode == 2

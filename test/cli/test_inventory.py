"""assay inventory: what a target is, and that an inventory in JSON reads back as itself."""

import json
import subprocess
import zipfile

import pytest
import tiny

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


# ---- what was read once gives the same findings again ----


def found(report):
    """The findings without what only the target itself knows."""
    rows = []
    for f in report["findings"]:
        p = f["package"]
        rows.append((f["id"], p["purl"], p.get("path", ""), f["verdict"], f.get("fixed", ""), f["severity"], f.get("score")))
    return sorted(rows, key=str)


def scan(assay, db, target):
    done = subprocess.run([assay, "scan", "--db", db, "--format", "json", target], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def listed(assay, target, form):
    return subprocess.run([assay, "inventory", "--format", form, target], stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture(params=["app", "host"])
def tree(request, tmp_path):
    return tiny.write_files(tmp_path / "tree", getattr(tiny, request.param)())


def test_inventory_is_exactly_what_is_there(assay, tmp_path):
    tree = tiny.write_files(tmp_path / "tree", tiny.app())
    assert [(p["type"], p.get("namespace"), p["name"], p.get("version"), p["path"]) for p in
            json.loads(listed(assay, tree, "json"))["packages"]] == [
        ("maven", "org.example", "core", "2.14.1", "lib/core.jar"),
        ("npm", None, "is-even", "1.0.0", "package-lock.json"),
        ("npm", None, "is-odd", "1.0.0", "package-lock.json"),
        ("npm", None, "left-pad", "1.3.0", "package-lock.json"),
        ("npm", None, "lodash", "4.17.15", "package-lock.json"),
        ("npm", None, "minimist", "1.2.0", "package-lock.json"),
        ("npm", None, "ms", "2.1.3", "package-lock.json"),
        ("npm", "@babel", "traverse", "7.20.0", "package-lock.json"),
        ("pypi", None, "django", "3.2.0", "requirements.txt"),
        ("pypi", None, "requests", None, "requirements.txt"),
    ]


def test_match_of_an_inventory_is_the_scan(assay, tiny_db, tree):
    expected = scan(assay, tiny_db, tree)
    pretty = listed(assay, tree, "json")
    for text in (pretty, json.dumps(json.loads(pretty)).encode() + b"\n", pretty + b"\n" + pretty):
        done = subprocess.run([assay, "match", "--db", tiny_db], input=text, stdout=subprocess.PIPE, check=True)
        for line in done.stdout.splitlines():
            report = json.loads(line)
            assert found(report) == found(expected)
            assert report["summary"]["findings"] == expected["summary"]["findings"]
    assert len(done.stdout.splitlines()) == 2


def test_match_goes_on_after_a_line_that_is_none(assay, tiny_db):
    good = b'{"packages":[{"type":"npm","name":"lodash","version":"1.0.0"}]}\n'
    done = subprocess.run(
        [assay, "match", "--db", tiny_db], input=b"nonsense\n" + good + b"{\n}\n{\n" + good, capture_output=True, check=False
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 3 and ["error" in a for a in answers] == [True, False, True, True]


@pytest.mark.parametrize("form", ["json", "cyclonedx", "spdx"])
def test_scan_of_a_list_is_the_scan(assay, tiny_db, tree, tmp_path, form):
    (tmp_path / "list.json").write_bytes(listed(assay, tree, form))
    again, expected = found(scan(assay, tiny_db, tmp_path / "list.json")), found(scan(assay, tiny_db, tree))
    assert expected
    if form == "spdx":  # has no place for paths and owners: what the distribution brought is judged, too, never less
        again, expected = ({(r[0], r[1], *r[3:]) for r in rows} for rows in (again, expected))
    assert again == expected

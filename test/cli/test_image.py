"""Images made by the real tools (umoci, skopeo): each form gives what a scan of the unpacked root gives."""

import json
import os
import shutil
import subprocess
import tarfile

import pytest
from common import need, unavailable


def run(*command):
    subprocess.run([str(c) for c in command], check=True, capture_output=True)


def inventory(assay, target, code=0, *options):
    done = subprocess.run([assay, "inventory", "--format", "json", *options, str(target)], capture_output=True)
    assert done.returncode == code, done.stderr.decode()
    return json.loads(done.stdout) if code in (0, 4) else done.stderr.decode()


def facts(found):
    return sorted((p["purl"], p["path"]) for p in found["packages"])


def status(*names):
    return "".join(
        f"Package: {n}\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: amd64\n\n" for n in names
    )


def put(root, name, content):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def module(root, where, name, version):
    put(root, f"{where}/node_modules/{name}/package.json", json.dumps({"name": name, "version": version}))


def first(root):
    put(root, "usr/lib/os-release", 'ID=debian\nVERSION_ID="12"\n')
    (root / "etc").mkdir()
    os.symlink("../usr/lib/os-release", root / "etc/os-release")
    put(root, "var/lib/dpkg/status", status("bash", "perl"))
    module(root, "srv/a", "lodash", "4.17.15")
    module(root, "srv/a", "minimist", "1.2.0")
    module(root, "srv/b", "qs", "6.0.0")
    module(root, "srv/c", "ws", "7.0.0")


def second(root):
    put(root, "var/lib/dpkg/status", status("bash", "perl", "curl"))
    (root / "srv/a/node_modules/minimist/package.json").unlink()
    shutil.rmtree(root / "srv/b")
    module(root, "srv/b", "express", "4.0.0")


def third(root):
    shutil.rmtree(root / "srv/c")
    put(root, "srv/c", "a file where a folder was")
    os.makedirs(root / "srv/d/node_modules/lodash")
    os.link(root / "srv/a/node_modules/lodash/package.json", root / "srv/d/node_modules/lodash/package.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The layout's path, the unpacked root's, and the number of layers."""
    need("umoci", "skopeo")
    top = tmp_path_factory.mktemp("image")
    layout = top / "oci"
    rootless = [] if os.geteuid() == 0 else ["--rootless"]
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:made")
    for i, change in enumerate((first, second, third)):
        bundle = top / f"bundle{i}"
        run("umoci", "unpack", *rootless, "--image", f"{layout}:made", bundle)
        change(bundle / "rootfs")
        run("umoci", "repack", "--image", f"{layout}:made", bundle)
    run("umoci", "unpack", *rootless, "--image", f"{layout}:made", top / "last")
    clean = top / "clean"  # one image without its history, as `umoci repack` moves the tag
    run("skopeo", "copy", f"oci:{layout}:made", f"oci:{clean}:made")
    return clean, top / "last" / "rootfs", 3


def check(assay, target, made):
    _, root, layers = made
    found = inventory(assay, target)
    assert found["kind"] == "image" and found["os"]["family"] == "debian"
    assert facts(found) == facts(inventory(assay, root))
    assert len(found["layers"]) == layers
    by_name = {p["name"]: found["layers"].index(p["layer"]) for p in found["packages"]}
    assert by_name["curl"] == 1 and by_name["express"] == 1
    return found


def test_root_is_as_intended(assay, made):
    names = sorted(p["name"] for p in inventory(assay, made[1])["packages"])
    assert names == ["bash", "curl", "express", "lodash", "lodash", "perl"]


def test_layout(assay, made):
    check(assay, made[0], made)


def test_layout_tar(assay, made, tmp_path):
    run("tar", "-C", made[0], "-cf", tmp_path / "oci.tar", ".")
    check(assay, tmp_path / "oci.tar", made)
    run("gzip", tmp_path / "oci.tar")
    check(assay, tmp_path / "oci.tar.gz", made)


def test_oci_archive(assay, made, tmp_path):
    run("skopeo", "copy", f"oci:{made[0]}:made", f"oci-archive:{tmp_path}/oci.tar:made")
    check(assay, tmp_path / "oci.tar", made)


def test_docker_archive(assay, made, tmp_path):
    run("skopeo", "copy", f"oci:{made[0]}:made", f"docker-archive:{tmp_path}/docker.tar:made:1")
    check(assay, tmp_path / "docker.tar", made)


def test_zstd(assay, made, tmp_path):
    run("skopeo", "copy", "--dest-compress-format", "zstd", "--dest-compress", f"oci:{made[0]}:made", f"dir:{tmp_path}/dir")
    run("skopeo", "copy", f"dir:{tmp_path}/dir", f"oci:{tmp_path}/zstd:made")
    blobs = [p.read_bytes()[:4] for p in (tmp_path / "zstd/blobs/sha256").iterdir()]
    if b"\x28\xb5\x2f\xfd" not in blobs:
        unavailable("this skopeo writes no zstd")
    check(assay, tmp_path / "zstd", made)


def test_platform(assay, made):
    here = json.loads(
        subprocess.run(["skopeo", "inspect", f"oci:{made[0]}:made"], capture_output=True, check=True).stdout
    )
    right = f"{here['Os']}/{here['Architecture']}"
    assert facts(inventory(assay, made[0], 0, "--platform", right)) == facts(inventory(assay, made[1]))
    assert f"for: {right}" in inventory(assay, made[0], 3, "--platform", "plan9/mips")


def test_truncated(assay, made, tmp_path):
    copy = tmp_path / "cut"
    shutil.copytree(made[0], copy)
    index = json.loads((copy / "index.json").read_text())
    blob = lambda digest: copy / "blobs/sha256" / digest.split(":")[1]
    manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
    lowest = blob(manifest["layers"][0]["digest"])
    lowest.write_bytes(lowest.read_bytes()[:-20])
    found = inventory(assay, copy, 4)
    assert [p["path"] for p in found["problems"]] == [f"layer {found['layers'][0]}"]
    assert "curl" in [p["name"] for p in found["packages"]]  # the upper layers are read


def test_names_a_layer_that_is_no_tar(assay, made, tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as t:
        t.add(__file__, "not-an-image")
    assert "not an image" in inventory(assay, tmp_path / "x.tar", 3)


def test_a_layer_without_its_last_fill(assay, tmp_path):
    """umoci writes no blocks after the last file, which loses nothing."""
    need("umoci")
    put(tmp_path, "requirements.txt", "django==3.2.0\n")
    layout = tmp_path / "layout"
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:app")
    run("umoci", "insert", "--image", f"{layout}:app", tmp_path / "requirements.txt", "/app/requirements.txt")
    found = inventory(assay, layout)
    assert facts(found) == [("pkg:pypi/django@3.2.0", "app/requirements.txt")]

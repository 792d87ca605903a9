"""Java archives from Maven Central as they are published, plain, inside a war, inside a zip."""

import json
import shutil
import subprocess
import zipfile

import pytest
from common import fetch

JARS = {
    "log4j-core-2.14.1.jar": ("org.apache.logging.log4j", "log4j-core", "2.14.1"),
    # Built with Gradle: no pom.properties, the manifest and the name say it.
    "spring-beans-5.3.17.jar": ("org.springframework", "spring-beans", "5.3.17"),
    "commons-text-1.9.jar": ("org.apache.commons", "commons-text", "1.9"),
}


@pytest.fixture(scope="module")
def jars(tmp_path_factory):
    """A folder with the archives, fetched by Maven."""
    folder = tmp_path_factory.mktemp("jars")
    for group, artifact, version in JARS.values():
        fetch("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={group}:{artifact}:{version}",
              f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true", cwd=folder)
    return folder


def packages(assay, target):
    """(group, artifact, version, path) of all packages in a target."""
    done = subprocess.run([assay, "inventory", str(target), "--format", "json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["packages"]
    return {(p.get("namespace", ""), p["name"], p.get("version", ""), p["path"]) for p in found}


def test_folder(assay, jars):
    assert packages(assay, jars) == {(*identity, name) for name, identity in JARS.items()}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_nested(assay, jars, tmp_path, method):
    """As Spring Boot packs them, and that again in the zip of a function."""
    with zipfile.ZipFile(tmp_path / "app.war", "w", method) as war:
        war.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n\r\n")
        war.writestr("META-INF/maven/org.example/app/pom.properties", "groupId=org.example\nartifactId=app\nversion=7\n")
        for name in JARS:
            war.write(jars / name, f"WEB-INF/lib/{name}")
    expected = {(*identity, f"app.war!/WEB-INF/lib/{name}") for name, identity in JARS.items()}
    expected.add(("org.example", "app", "7", "app.war"))
    (tmp_path / "root").mkdir()
    (tmp_path / "app.war").rename(tmp_path / "root" / "app.war")
    assert packages(assay, tmp_path / "root") == expected
    with zipfile.ZipFile(tmp_path / "function.zip", "w", method) as outer:
        outer.write(tmp_path / "root" / "app.war", "app.war")
    assert {p[:3] for p in packages(assay, tmp_path / "function.zip")} == {p[:3] for p in expected}


def test_cut_short(assay, jars, tmp_path):
    """Half a jar is a problem that is named, and the others are still read."""
    whole = (jars / "log4j-core-2.14.1.jar").read_bytes()
    (tmp_path / "half.jar").write_bytes(whole[: len(whole) // 2])
    shutil.copy(jars / "commons-text-1.9.jar", tmp_path)
    done = subprocess.run([assay, "inventory", str(tmp_path), "--format", "json"], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    report = json.loads(done.stdout)
    assert [p["name"] for p in report["packages"]] == ["commons-text"]
    assert [p["path"] for p in report["problems"]] == ["half.jar"]

"""Real Python and Node packages from their registries: what `assay inventory` finds is what pip and npm themselves list."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from common import fetch

PYTHON = ["django==3.2.0", "requests==2.25.0", "jinja2==2.11.2"]
NODE = {
    "dependencies": {
        "lodash": "4.17.15",
        "minimist": "1.2.0",
        "express": "4.16.0",
        "aliased": "npm:string-width@4.2.0",
    },
    "devDependencies": {"mkdirp": "0.5.1"},
}


def run(arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="session")
def inventory(assay):
    """The packages of a target of one purl type, nothing in it being unreadable."""

    def read(target, kind):
        done = run([assay, "inventory", str(target), "--format", "json"])
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert not result.get("problems")
        return [package for package in result["packages"] if package["type"] == kind]

    return read


def normalised(name):
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_pairs(packages):
    return {(package["name"], package["version"]) for package in packages}


def node_pairs(packages):
    return {
        ("/".join(filter(None, [package.get("namespace"), package["name"]])), package["version"]) for package in packages
    }


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder of installed distributions, and what pip lists of it."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip"]
    fetch(*pip, "install", "-q", "--only-binary", ":all:", "--target", str(folder), *PYTHON)
    listed = json.loads(run([*pip, "list", "--format", "json", "--path", str(folder)]).stdout)
    return folder, {(normalised(package["name"]), package["version"]) for package in listed}


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project with its node_modules, and what npm lists of it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text(json.dumps({"name": "project", "version": "1.0.0", **NODE}))
    fetch("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
    pairs, todo = set(), [json.loads(run(["npm", "ls", "--all", "--long", "--json"], cwd=folder).stdout)]
    while todo:
        for entry in todo.pop().get("dependencies", {}).values():
            if "version" in entry:
                pairs.add((entry["name"], entry["version"]))
                todo.append(entry)
    return folder, pairs


def test_installed_distributions(inventory, site):
    folder, listed = site
    assert ("django", "3.2") in listed
    found = inventory(folder, "pypi")
    assert python_pairs(found) == listed
    assert {package["packageManager"] for package in found} == {"PYTHONPKG"}


def test_wheel(inventory, tmp_path):
    fetch(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path), "django==3.2.0")
    wheel = next(tmp_path.glob("*.whl"))
    for target in (tmp_path, wheel):  # in a folder, and by itself
        assert python_pairs(inventory(target, "pypi")) == {("django", "3.2")}


def test_node_modules(inventory, project, tmp_path):
    folder, listed = project
    assert {("lodash", "4.17.15"), ("string-width", "4.2.0")} <= listed
    shutil.copytree(folder / "node_modules", tmp_path / "node_modules", symlinks=True)
    (tmp_path / "node_modules" / ".package-lock.json").unlink()
    found = inventory(tmp_path, "npm")
    assert node_pairs(found) == listed
    assert {package["packageManager"] for package in found} == {"NODEPKG"}


@pytest.mark.parametrize("name", ["package-lock.json", "node_modules/.package-lock.json"])
def test_package_lock(inventory, project, tmp_path, name):
    folder, listed = project
    to = tmp_path / name
    to.parent.mkdir(exist_ok=True)
    shutil.copy(folder / name, to)
    found = inventory(tmp_path, "npm")
    assert node_pairs(found) == listed
    assert {package["name"] for package in found if package.get("dev")} == {"mkdirp"} | (
        {"minimist"} if ("minimist", "0.0.8") in listed else set()
    )
    assert all(package["digest"].startswith("sha512:") for package in found)

"""What tests of all kinds share. The program under test is $ASSAY, else build/assay."""

import fcntl
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
import tiny
from common import ROOT, fetch
from server import Server

GOLDEN = ROOT / "test" / "golden"


def pytest_addoption(parser):
    parser.addoption("--golden", action="store_true", help="write test/golden anew from what the program prints")
    parser.addoption("--long", action="store_true", help="faults as often and as much as a release is held to")


def pytest_collection_modifyitems(config, items):
    """What is marked `long` runs with --long only."""
    if not config.getoption("--long"):
        config.hook.pytest_deselected(items=[one for one in items if one.get_closest_marker("long")])
        items[:] = [one for one in items if not one.get_closest_marker("long")]


@pytest.fixture
def golden(request):
    """Compares text with test/golden/NAME; with --golden writes it there, to be read before it is committed."""

    def check(name, text):
        path = GOLDEN / name
        if request.config.getoption("--golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"no {path}: make it with --golden"
        assert text == path.read_text()

    return check


@pytest.fixture(scope="session")
def assay():
    """The path of the program."""
    path = pathlib.Path(os.environ.get("ASSAY", ROOT / "build" / "assay")).resolve()
    if not path.exists():
        pytest.fail(f"no program at {path}: build it, or name it in $ASSAY")
    return str(path)


@pytest.fixture(scope="session")
def shared():
    """The folder of conformance data, $ASSAY_SHARED or beside the source tree; tests that need it skip without it."""
    path = pathlib.Path(os.environ.get("ASSAY_SHARED", ROOT / ".." / "shared")).resolve()
    if not (path / "conformance").is_dir():
        pytest.skip(f"the conformance data is not at {path}")
    return path


@pytest.fixture(scope="session")
def batch(assay):
    """Runs a command on lines of standard input and gives back one JSON object a line, and the exit code."""

    def run(command, lines):
        arguments = [command] if isinstance(command, str) else list(command)
        done = subprocess.run(
            [assay, *arguments],
            input="".join(line + "\n" for line in lines).encode(),
            stdout=subprocess.PIPE,
            check=False,
        )
        return [json.loads(line) for line in done.stdout.splitlines()], done.returncode

    return run


@pytest.fixture(scope="session")
def mirror(shared, tmp_path_factory):
    """The shared folder's feed mirror, laid out as the publishers serve it."""
    if not (shared / "feeds" / "unpack").exists():
        pytest.skip(f"the feed mirror is not at {shared}/feeds")
    folder = tmp_path_factory.mktemp("mirror")
    subprocess.run([shared / "feeds" / "unpack", folder], check=True)
    return folder / "feeds"


@pytest.fixture(scope="session")
def real_db(assay, mirror, tmp_path_factory):
    """An advisory database of the whole mirror."""
    path = tmp_path_factory.mktemp("db") / "advisories.db"
    subprocess.run([assay, "db", "build", "--from", mirror, "--output", path], check=True, stderr=subprocess.PIPE)
    return path


@pytest.fixture(scope="session")
def tiny_db(assay, tmp_path_factory):
    """An advisory database of the tiny world."""
    folder = tmp_path_factory.mktemp("tiny")
    return tiny.build(assay, tiny.Feeds().write(folder / "mirror"), folder / "tiny.db")


def made_at(file):
    """When it was finished; 0: never."""
    file.seek(0)
    return float(file.read() or 0)


def alone(file, made):
    """Whether nobody else uses it, or could: who finds none waits for whoever makes it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if made else 0))
    except BlockingIOError:
        return False
    return made_at(file) == made


@pytest.fixture(scope="session")
def bookworm():
    """A Debian 12 as debootstrap makes it, kept for a day and while anybody uses it: tests that change it work on a copy."""
    root = ROOT / "build" / "roots" / "bookworm"
    root.parent.mkdir(parents=True, exist_ok=True)
    with open(root.with_suffix(".made"), "a+") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        made = made_at(file)
        if time.time() - made > 86400 and alone(file, made):
            file.truncate(0)
            fetch("debootstrap", "--variant=minbase", "--include=openssl,curl,python3-minimal", "bookworm", root, into=root)
            file.write(str(time.time()))
            file.flush()
        fcntl.flock(file, fcntl.LOCK_SH)
        yield root


PUBLISHED = {
    "Jinja2-2.10-py2.py3-none-any.whl": "Jinja2==2.10",
    "requests-2.19.1-py2.py3-none-any.whl": "requests==2.19.1",
    "lodash-4.17.15.tgz": "lodash@4.17.15",
    "minimist-1.2.0.tgz": "minimist@1.2.0",
    "log4j-core-2.14.1.jar": "org.apache.logging.log4j:log4j-core:2.14.1",
}


@pytest.fixture(scope="session")
def published():
    """A folder of packages as PyPI, npm and Maven Central give them, old enough to have flaws; fetched once."""
    folder = ROOT / "build" / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, wanted in PUBLISHED.items():
            if (folder / name).exists():
                continue
            if name.endswith(".whl"):
                fetch(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-q", "-d", folder, wanted)
            elif name.endswith(".tgz"):
                fetch("npm", "pack", "--silent", wanted, cwd=folder)
            else:
                fetch("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={wanted}", f"-DoutputDirectory={folder}",
                      "-Dmdep.useBaseVersion=true", cwd=folder)
    return folder


@pytest.fixture(scope="session")
def make_server(assay, tiny_db, tmp_path_factory):
    """Makes servers that end with the test run."""
    made = []

    def make(*options, db=tiny_db, data=None):
        server = Server(assay, data or tmp_path_factory.mktemp("server") / "state", db, "--no-self", *options)
        made.append(server)
        return server.start()

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def server(make_server):
    """An empty server of the test's own."""
    one = make_server()
    yield one
    one.stop()

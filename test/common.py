"""What tests of all kinds use beside fixtures."""

import os
import pathlib
import shutil
import subprocess
import tarfile
import time
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT = "000000000000"


def unavailable(reason):
    """What the test needs cannot be had here: it is skipped and says why. CI must have all of it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def need(*programs):
    """Programs that `./dev deps test` installs."""
    for program in programs:
        if not shutil.which(program):
            unavailable(f"needs {program}")


def fetch(*command, **options):
    """Runs an installer of real packages."""
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=600, **options)
    except (subprocess.SubprocessError, FileNotFoundError) as error:
        said = (getattr(error, "stderr", None) or getattr(error, "output", None) or str(error).encode())[-300:]
        unavailable(f"cannot fetch with {command[0]}: {said.decode(errors='replace')}")


def wait_for(condition, seconds=30):
    """What the condition gives once that is true; tests fail when it never is."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, f"still not after {seconds} s"
        time.sleep(0.05)
    return result


def wheel(path):
    """The files of a Python package, as pip lays them out."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def npm(path, where):
    """The files of a package of npm, installed at `where`."""
    with tarfile.open(path) as archive:
        files = [entry for entry in archive if entry.isfile()]
        return {f"{where}/{entry.name.split('/', 1)[1]}": archive.extractfile(entry).read() for entry in files}

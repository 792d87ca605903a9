"""What tests of all kinds use beside fixtures."""

import fcntl
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
PATIENCE = 120  # seconds: only a test that fails waits so long, however busy the machine is


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


PAUSES = (3, 20)  # seconds before it is tried again


def fetch(*command, into=None, **options):
    """Runs an installer of real packages: one of its kind at a time, since runs of tests share its cache; and again when it
    fails, as networks do. `into`: a folder that it makes anew."""
    locks = ROOT / "build" / "fetching"
    locks.mkdir(parents=True, exist_ok=True)
    for pause in (*PAUSES, None):
        if into:
            shutil.rmtree(into, ignore_errors=True)
        try:
            with open(locks / pathlib.Path(command[0]).name, "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                subprocess.run(command, check=True, capture_output=True, timeout=600, **options)
            return
        except FileNotFoundError as error:
            unavailable(str(error))
        except subprocess.SubprocessError as error:
            if pause is None:
                said = (error.stderr or error.output or str(error).encode())[-300:]
                unavailable(f"cannot fetch with {command[0]}: {said.decode(errors='replace')}")
            time.sleep(pause)


def wait_for(condition, seconds=PATIENCE):
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

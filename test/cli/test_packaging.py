"""What is installed beside the program."""

import json
import pathlib
import re
import subprocess

import pytest

from common import ROOT, unavailable


@pytest.fixture(scope="module")
def build(assay):
    folder = pathlib.Path(assay).parent
    if not (folder / "packaging").exists():
        unavailable(f"{assay} is not in its build folder")
    return folder


@pytest.mark.parametrize("name", ["collect", "serve"])
def test_units_start_the_program_that_is_installed(build, name):
    options = json.loads(subprocess.run(["meson", "introspect", "--buildoptions", build], capture_output=True, check=True).stdout)
    value = {o["name"]: o["value"] for o in options}
    unit = (build / "packaging" / f"assay-{name}.service").read_text()
    assert f"\nExecStart={value['prefix']}/{value['bindir']}/assay {name} " in unit


def test_the_server_may_confine_its_children(build):
    """A call that the filter lacks ends the child by a signal: no image and no function would be read."""
    unit = (build / "packaging" / "assay-serve.service").read_text()
    allowed = re.search("^SystemCallFilter=(.*)$", unit, re.M).group(1).split()
    needed = set(re.findall(r"SYS_(landlock_\w+)", (ROOT / "src/source/confine.c").read_text()))
    assert len(needed) == 3 and needed < set(allowed)

"""What tests of src/aws share."""

import pathlib

import disks
import pytest
from aws_world import Fake, Moto, Probe
from common import REGION
from moto.server import ThreadedMotoServer


@pytest.fixture(scope="session")
def moto():
    """One for all tests of a run."""
    one = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    one.start()
    host, port = one.get_host_and_port()
    yield Moto(f"http://{host}:{port}")
    one.stop()


@pytest.fixture
def fake():
    """Starts small servers: fake(answer)."""
    made = []

    def start(answer):
        made.append(Fake(answer))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture(scope="session")
def aws_probe(assay):
    """Starts aws_probe: probe(options, environment)."""
    program = pathlib.Path(assay).parent / "test" / "aws" / "aws_probe"
    if not program.exists():
        pytest.fail(f"no {program}: build with -Dtests=enabled")
    made = []

    def start(options, environment=None):
        made.append(Probe(program, {"region": REGION} | options, environment))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def images(bookworm, tmp_path_factory):
    """A Debian, as an image by each kind of file system: ext4 in a partition, XFS on the whole disk."""
    folder, size = tmp_path_factory.mktemp("disks"), 8 << 30
    one = disks.ext4(folder / "ext4.img", bookworm, size, start=disks.MIB)
    disks.partition(one, (disks.MIB, size - disks.MIB))
    return {"ext4": one, "xfs": disks.xfs(folder / "xfs.img", bookworm, size)}

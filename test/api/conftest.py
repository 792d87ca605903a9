"""Servers that tests of the API share."""

import pytest
import tiny
from model import checked
from world import populate


@pytest.fixture(scope="session")
def full(make_server, tmp_path_factory):
    """A server that tests share and do not change: two hosts with the tiny world's findings."""
    one = make_server()
    for name, files in {"debian": tiny.host(), "application": tiny.app()}.items():
        root = tiny.write_files(tmp_path_factory.mktemp(name), files)
        one.report(*one.enrol(name.encode().hex().ljust(32, "0"), name), root)
    return one


@pytest.fixture(scope="module")
def own(make_server, tmp_path_factory):
    """The server of a file of tests: world.py's, unless the file makes another."""
    return populate(make_server(), tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def inspector(own):
    """A client of that server, whose every answer is checked."""
    return checked(own.client(parameter_validation=False))

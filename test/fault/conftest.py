"""Faults: what the world does to a server. `--long` asks for the counts that a release is held to."""

import pytest
from api.conftest import full  # noqa: F401


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="as often and as much as a release is held to")


@pytest.fixture
def long(request):
    return request.config.getoption("--long")

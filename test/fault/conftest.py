"""Faults: what the world does to a server. `--long` asks for the counts that a release is held to."""

import pytest
from api.conftest import full  # noqa: F401


@pytest.fixture
def long(request):
    return request.config.getoption("--long")

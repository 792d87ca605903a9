"""A browser, and servers for it to look at."""

import os
import pathlib

import pytest
from browser import Console, add_hosts, add_images_and_functions, populate
from common import unavailable
from images import Registry
from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def browser():
    if not pathlib.Path(CHROMIUM).exists():
        unavailable(f"no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture
def open_console(browser):
    """Opens tabs; at the end nothing may have broken the policy, and nobody else been asked."""
    opened = []

    def open_one(server, **options):
        one = Console(browser, server, **options)
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        assert not [text for text in one.complaints if not text.startswith("Failed to load resource")], one.complaints
        assert one.hosts <= {one.server.url.split("/")[2], "data"}
        one.context.close()


@pytest.fixture(scope="session")
def world(make_server, tmp_path_factory):
    """A server that tests share and do not change: hosts, an image, a function."""
    registry = Registry(tmp_path_factory.mktemp("registry"))
    server = populate(make_server(), tmp_path_factory.mktemp("hosts"))
    yield add_images_and_functions(server, tmp_path_factory.mktemp("more"), registry)
    registry.stop()


@pytest.fixture(scope="session")
def fleet(make_server, tmp_path_factory):
    """A server with more hosts than any page shows, and more findings than the API gives at once."""
    return add_hosts(make_server(), tmp_path_factory.mktemp("fleet"), 60)


@pytest.fixture
def console(open_console, world):
    return open_console(world).sign_in()


@pytest.fixture(scope="session")
def first_finding(world):
    return world.client().list_findings(maxResults=1, sortCriteria={"field": "INSPECTOR_SCORE", "sortOrder": "DESC"})["findings"][0]

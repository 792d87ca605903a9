"""Getting in and out; the files themselves."""

import gzip
import json
import pathlib
import re

import pytest
import requests
from browser import add_hosts
from common import PATIENCE, ROOT, wait_for
from playwright.sync_api import expect

SCRIPT_MOST = 450_000


def session_of(console):
    kept = console.page.evaluate("JSON.parse(sessionStorage.getItem('assay.session'))")
    return {"key": (kept["accessKeyId"], kept["secretAccessKey"]), "token": kept["sessionToken"]}


def refused(server, session):
    """The server remembers keys for some seconds."""
    return server.request("GET", "/assay/v1/advisories", **session).status_code == 403


def test_sign_in_says_what_is_wrong(open_console, world):
    one = open_console(world)
    identifier, _ = world.key
    one.page.get_by_label("Access key ID").fill(identifier)
    one.page.locator("input[type=password]").fill("wrong")
    one.page.keyboard.press("Enter")
    one.page.get_by_text("The server does not accept this key").wait_for()


def test_sign_out_ends_the_session(console, world):
    session = session_of(console)
    assert world.request("GET", "/assay/v1/advisories", **session).ok
    console.page.get_by_role("button", name="admin").first.click()
    console.page.get_by_role("menuitem", name="Sign out").click()
    console.page.get_by_label("Access key ID").wait_for()
    assert console.page.evaluate("sessionStorage.getItem('assay.session')") is None
    wait_for(lambda: refused(world, session))


def test_a_session_that_ended_leads_to_sign_in(console, world):
    session = session_of(console)
    world.call("DELETE", "/assay/v1/session", **session)
    wait_for(lambda: refused(world, session))
    console.page.goto(world.url + "/#/findings")
    console.page.get_by_text("Your session has ended").wait_for()


def test_a_session_that_ended_before_anything_was_drawn_leads_to_sign_in(console, world):
    session = session_of(console)
    world.call("DELETE", "/assay/v1/session", **session)
    wait_for(lambda: refused(world, session))
    console.page.reload()
    console.page.get_by_text("Your session has ended").wait_for()
    console.sign_in().settle()
    expect(console.page.get_by_role("heading", name="Environment coverage")).to_be_visible()
    expect(console.page.get_by_text("This could not be loaded")).to_have_count(0)


def test_other_regions_are_learnt_from_the_server(open_console, make_server):
    server = make_server("--region", "ap-northeast-1")
    open_console(server).sign_in().go("#/findings").get_by_text("No findings").wait_for()
    server.stop()


def test_all_scripts_together_are_small(world):
    """Of every page and both languages: no page can load more."""
    scripts = sorted((ROOT / "build" / "console" / "assets").glob("*.js"))
    assert len(scripts) > 10
    sent = [requests.head(f"{world.url}/assets/{one.name}", headers={"Accept-Encoding": "gzip"}, timeout=PATIENCE) for one in scripts]
    assert {answer.headers["Content-Encoding"] for answer in sent} == {"gzip"}
    assert sum(int(answer.headers["Content-Length"]) for answer in sent) < SCRIPT_MOST


def test_a_page_loads_its_own_scripts_alone(open_console, world):
    one = open_console(world).sign_in()
    one.go("#/usage")
    assert not [url for url in one.scripts if "/findings-" in url or "/coverage-" in url or "/ja-" in url]
    one.go("#/findings")
    assert [url for url in one.scripts if "/findings-" in url]


def test_headers(world):
    page = requests.get(world.url + "/", timeout=PATIENCE)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Content-Encoding"] == "gzip"
    again = requests.get(world.url + "/", headers={"If-None-Match": page.headers["ETag"]}, timeout=PATIENCE)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("encoding", ["identity", "gzip", "gzip;q=0, *;q=0.1", "br, gzip;q=0.5"])
def test_every_asset_in_every_coding(world, encoding):
    names = re.findall(r'"/(assets/[^"]+)"', requests.get(world.url + "/", timeout=PATIENCE).text)
    assert len(names) >= 2
    for name in names:
        answer = requests.get(f"{world.url}/{name}", headers={"Accept-Encoding": encoding}, timeout=PATIENCE, stream=True)
        body = answer.raw.read(decode_content=False)
        packed = "Content-Encoding" in answer.headers
        assert packed == (encoding in ("gzip", "br, gzip;q=0.5"))
        assert "immutable" in answer.headers["Cache-Control"]
        assert (gzip.decompress(body) if packed else body) == pathlib.Path(ROOT / "build" / "console" / name).read_bytes()
        head = requests.head(f"{world.url}/{name}", headers={"Accept-Encoding": encoding}, timeout=PATIENCE)
        assert head.headers["Content-Length"] == str(len(body)) and not head.content


def test_what_is_not_there(world):
    assert requests.get(world.url + "/assets/none.js", timeout=PATIENCE).status_code == 404
    assert requests.get(world.url + "/assets/../etc/passwd", timeout=PATIENCE).status_code == 404


def test_what_was_opened_is_drawn_by_day(console, world):
    """The chart's days are told to who cannot point at them."""
    page = console.go("#/")
    chart = page.get_by_role("img", name="Findings opened and closed")
    said = page.locator("figcaption")
    total = len(world.findings())
    expect(said).to_contain_text(f"Opened {total}")
    chart.press("ArrowLeft")
    expect(said).to_contain_text("Opened 0")
    chart.press("ArrowRight")
    expect(said).to_contain_text(f"Opened {total}")
    expect(said).not_to_contain_text("30 days") # but that day


def test_an_empty_server_says_how_to_begin(open_console, server):
    page = open_console(server).sign_in().go("#/")
    expect(page.get_by_text("Nothing is scanned yet")).to_be_visible()
    page.get_by_role("link", name="Enrol a host").click()
    expect(page.get_by_role("button", name="Enrol a host")).to_be_visible()
    server.enrol("aa" * 16, "one")
    page.get_by_role("link", name="Dashboard").click()
    page.get_by_role("link", name="Instance", exact=True).click()
    expect(page.get_by_role("link", name="one", exact=True).or_(page.get_by_text("mi-")).first).to_be_visible()
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("heading", name="Environment coverage")).to_be_visible()
    expect(page.get_by_text("Nothing is scanned yet")).to_have_count(0)


def test_a_session_that_ends_is_noticed_by_a_page_that_only_listens(console, world):
    console.go("#/findings")
    session = session_of(console)
    world.call("DELETE", "/assay/v1/session", **session)
    console.page.get_by_text("Your session has ended").wait_for()


def test_what_is_further_down_is_asked_for_when_it_is_seen(console):
    asked = []
    console.page.on("request", lambda request: asked.append(request.url))
    page = console.go("#/usage")
    page = console.go("#/")
    first = len(asked)
    assert page.get_by_role("heading", name="AMIs with most critical findings").count() == 0
    page.mouse.move(700, 600)
    page.mouse.wheel(0, 10000)
    page.get_by_role("heading", name="AMIs with most critical findings").wait_for()
    assert len(asked) > first


def test_a_day_is_chosen_in_the_browsers_calendar(console):
    page = console.go("#/findings")
    box = page.get_by_role("combobox", name="Filter findings")
    box.click()
    box.press_sequentially("First seen")
    operators = page.get_by_role("option")
    expect(operators).to_have_text(["First seen >=Greater than or equal", "First seen <=Less than or equal"])
    operators.first.click()
    page.get_by_label("Day").fill("2020-01-02")
    page.get_by_role("button", name="Apply").first.click()
    expect(page).to_have_url(re.compile("startInclusive%22%3A1577923200"))


def test_a_day_is_that_of_who_reads_it(open_console, world):
    """Here it begins nine hours earlier."""
    page = open_console(world, zone="Asia/Tokyo").sign_in().go("#/findings?filter=" + json.dumps({"firstObservedAt": [{"startInclusive": 1577890800, "endInclusive": 1577977199}]}))
    for text in ("First seen >= 2020-01-02", "First seen <= 2020-01-02"):
        expect(page.get_by_text(text)).to_be_visible()
    # What no Date of the browser reaches is a time nevertheless.
    far = open_console(world).sign_in()
    expect(far.go("#/findings?filter=" + json.dumps({"firstObservedAt": [{"endInclusive": 10**15}]})).get_by_text("First seen <= +275760-09-13")).to_be_visible()
    one = open_console(world, zone="America/New_York").sign_in()
    # What CISA says of a day is that day everywhere.
    known = {"vulnerabilities": [{"id": "CVE-2021-0001", "cisaData": {"dateAdded": 1639094400, "dateDue": 1640304000}}]}
    one.page.route("**/vulnerabilities/search", lambda route: route.fulfill(json=known))
    expect(one.go("#/search?id=CVE-2021-0001").get_by_text("since Dec 10, 2021; to be mended by Dec 24, 2021.")).to_be_visible()


def test_what_changes_before_the_stream_of_changes_is_open_is_shown(open_console, make_server, tmp_path):
    """The first answers are there, nobody listens yet; then somebody does, and nothing changes any more."""
    server = add_hosts(make_server(), tmp_path, 1)
    one = open_console(server).sign_in()
    page = one.go("#/findings")
    held = []
    page.route("**/assay/v1/events**", lambda route: route.continue_() if held else held.append(route))
    page.reload()
    page.locator("tbody tr th a").first.wait_for()
    rule = {"action": "SUPPRESS", "filterCriteria": {"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]}}
    server.client().create_filter(name="all", **rule)
    held[0].continue_()
    expect(page.get_by_text("No findings")).to_be_visible()
    server.stop()

"""Findings as files: exactly what is shown, whatever happens on the way; and reports that the server writes."""

import csv
import json
import pathlib
import re
import urllib.parse

import pytest
from browser import add_hosts, criteria
from playwright.sync_api import expect

SHOWN = ["vulnerability", "title", "status", "arn"]


def view(filter_text="", **query):
    return "#/findings?" + urllib.parse.urlencode({**({"filter": filter_text} if filter_text else {}), **query})


def choose(page, form):
    page.get_by_role("button", name="Export").click()
    page.get_by_role("menuitem", name=form).click()


def export(page, form):
    with page.expect_download() as download:
        choose(page, form.upper())
    with open(download.value.path(), newline="") as file:
        return list(csv.DictReader(file)) if form == "csv" else json.load(file)


@pytest.fixture
def of_many(open_console, fleet):
    return open_console(fleet).sign_in()


@pytest.fixture
def columns(console):
    """Other columns than at first, in another order."""
    kept = {"pageSize": 100, "wrapLines": False, "stripedRows": False, "contentDensity": "compact", "shown": SHOWN}
    console.page.evaluate("(kept) => localStorage.setItem('assay.findings.preferences', kept)", json.dumps(kept))
    return console


@pytest.mark.parametrize("filtered, status", [({}, "ALL"), ({"severity": "HIGH"}, "ACTIVE")])
def test_csv_has_the_rows_and_columns_that_are_shown(columns, filtered, status):
    page = columns.go(view(criteria(**filtered) if filtered else "", status=status, sort="VULNERABILITY_ID:DESC"))
    page.locator("tbody tr").first.wait_for()
    header = [text for text in page.locator("thead th").all_text_contents() if text][: len(SHOWN)]
    shown = [row.locator("th, td").all_text_contents()[-len(SHOWN) :] for row in page.locator("tbody tr").all()]
    rows = export(page, "csv")
    assert list(rows[0]) == header == ["Vulnerability ID", "Title", "Status", "Finding ARN"]
    # Words of enumerations are the API's in the file, and people's in the table.
    assert [[one.upper() if at == 2 else one for at, one in enumerate(row)] for row in shown] == [list(row.values()) for row in rows]


def test_json_is_what_the_api_gives(console, world):
    wanted = {"severity": [{"comparison": "EQUALS", "value": "HIGH"}], "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]}
    page = console.go(view(criteria(severity="HIGH"), sort="VULNERABILITY_ID:ASC"))
    body = {"filterCriteria": wanted, "sortCriteria": {"field": "VULNERABILITY_ID", "sortOrder": "ASC"}}
    want = world.call_all("/findings/list", "findings", body)
    got = export(page, "json")
    assert [one["findingArn"] for one in got] == [one["findingArn"] for one in want]
    assert [sorted(one) for one in got] == [sorted(one) for one in want]
    assert got[0]["packageVulnerabilityDetails"]["cvss"] == want[0]["packageVulnerabilityDetails"]["cvss"]


def test_all_pages_are_in_the_file(of_many, fleet):
    total = len(fleet.findings())
    assert total > 400
    got = export(of_many.go("#/findings?status=ALL&sort=RESOURCE_TYPE%3AASC"), "json")
    assert len({one["findingArn"] for one in got}) == len(got) == total


def test_more_than_any_page_of_the_console_holds(console):
    """More than a hundred thousand, where exports once were cut."""
    page = console.go("#/findings")
    given = iter(range(11))

    def many(route):
        turn = next(given)
        findings = [{"findingArn": f"arn:{turn}-{i}", "title": "one"} for i in range(10000)]
        route.fulfill(json={"findings": findings, **({"nextToken": "more"} if turn < 10 else {})})

    page.route("**/findings/list", many)
    with page.expect_download() as download:
        choose(page, "CSV")
    assert pathlib.Path(download.value.path()).read_bytes().count(b"\r\n") == 110_001
    expect(page.get_by_text("Export: ")).to_have_count(0)


def test_an_export_goes_on_while_people_do_other_things_and_can_be_cancelled(console):
    page = console.go("#/findings")
    held = []
    page.route("**/findings/list", lambda route: held.append(route))
    choose(page, "CSV")
    expect(page.get_by_text(re.compile("Export: 0 of [0-9]+ findings"))).to_be_visible()
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    assert held
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Export: ")).to_have_count(0)


def test_what_failed_on_the_way_goes_on_from_there(of_many, fleet):
    page = of_many.go("#/findings?status=ALL")
    broken = []

    def fail_after_the_first(route):
        if "nextToken" in route.request.post_data_json and len(broken) < 5:
            broken.append(route.request.post_data_json["nextToken"])
            return route.fulfill(status=500, json={"message": "out of order"})
        return route.continue_()

    page.route("**/findings/list", fail_after_the_first)
    with page.expect_download() as download:
        choose(page, "JSON")
        expect(page.get_by_text("It stands still: out of order")).to_be_visible()
        page.get_by_role("button", name="Go on").click()
    assert len(set(broken)) == 1
    arns = [one["findingArn"] for one in json.loads(pathlib.Path(download.value.path()).read_text())]
    assert len(arns) == len(set(arns)) == len(fleet.findings())


def test_a_session_that_ends_on_the_way_is_renewed(of_many, fleet):
    page = of_many.go("#/findings?status=ALL")
    ended = []

    def end_once(route):
        if "nextToken" in route.request.post_data_json and not ended:
            ended.append(True)
            return route.fulfill(status=403, headers={"x-amzn-ErrorType": "ExpiredTokenException"}, json={"message": "expired"})
        return route.continue_()

    page.route("**/findings/list", end_once)
    choose(page, "JSON")
    page.get_by_text("Your session has ended").wait_for()
    with page.expect_download() as download:
        of_many.sign_in()
    arns = [one["findingArn"] for one in json.loads(pathlib.Path(download.value.path()).read_text())]
    assert len(arns) == len(set(arns)) == len(fleet.findings())


def test_nobody_gets_what_another_began(open_console, make_server, tmp_path):
    server = add_hosts(make_server(), tmp_path, 1)
    server.call("POST", "/assay/v1/users", {"name": "reader", "role": "read_only"})
    made = server.call("POST", "/assay/v1/keys", {"user": "reader"})
    one = open_console(server).sign_in()
    page = one.go("#/findings")
    held = []
    page.route("**/findings/list", lambda route: held.append(route))
    choose(page, "JSON")
    expect(page.get_by_text("Export: ")).to_be_visible()
    page.route("**/usage/list", lambda route: route.fulfill(status=403, headers={"x-amzn-ErrorType": "ExpiredTokenException"}, json={"message": "expired"}))
    page.get_by_role("link", name="Usage").click()
    page.get_by_text("Your session has ended").wait_for()
    page.unroute("**/usage/list")
    one.sign_in((made["accessKeyId"], made["secretAccessKey"]))
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    expect(page.get_by_text("Export: ")).to_have_count(0)
    server.stop()


def test_the_server_writes_a_report(console, world):
    page = console.go(view(criteria(severity="HIGH"), status="ALL"))
    choose(page, "Report")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Bucket").fill("x")
    dialog.get_by_role("button", name="Write the report").click()
    expect(dialog.get_by_text("3").or_(dialog.get_by_text("must")).first).to_be_visible()
    dialog.get_by_label("Bucket").fill("weekly")
    dialog.get_by_label("Prefix").fill("high")
    dialog.get_by_role("button", name="Write the report").click()
    expect(dialog.get_by_text("Done.")).to_be_visible()
    assert not console.axe()
    place = dialog.get_by_text("weekly/high/").text_content()
    (file,) = (world.data / "reports" / "weekly" / "high").iterdir()
    assert place == f"weekly/high/{file.stem}"
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert {row["Finding ARN"] for row in rows} == {one["findingArn"] for one in world.findings(severity=[{"comparison": "EQUALS", "value": "HIGH"}])}

"""Suppression rules, account management, search, usage and settings, as people use them."""

import contextlib
import re
import sqlite3
import urllib.parse

import pytest
import requests
import tiny
from browser import criteria, populate
from common import ROOT, wait_for
from images import Image, Registry
from playwright.sync_api import expect


@pytest.fixture
def own(server, tmp_path, open_console):
    """A console on a server that the test may change."""
    return open_console(populate(server, tmp_path)).sign_in()


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def dialog(page):
    return page.get_by_role("dialog")


def test_a_rule_hides_and_lets_go(own):
    server = own.server
    severity = server.findings(findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}])[0]["severity"]
    active = {"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}], "severity": [{"comparison": "EQUALS", "value": severity}]}
    count = len(server.findings(**active))
    page = own.go("#/rules/create?filter=" + criteria(severity=severity))
    expect(page.get_by_text(f"This rule would hide {count} findings")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("not/a name")
    button(page, "Save").click()
    expect(page.get_by_text("pattern").or_(page.get_by_text("must ")).first).to_be_visible()
    page.get_by_label("Name", exact=True).fill("accepted")
    page.get_by_label("Reason").fill("Accepted until the next release")
    button(page, "Save").click()
    link = page.get_by_role("link", name=f"{count} findings suppressed by accepted")
    expect(link).to_be_visible()
    expect(page.get_by_text("Accepted until the next release")).to_be_visible()
    assert server.findings(**active) == []
    button(page, "Delete accepted").click()
    dialog(page).get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No suppression rules")).to_be_visible()
    assert len(server.findings(**active)) == count


def test_a_rule_is_edited(own):
    filters = own.server.client()
    arn = filters.create_filter(
        name="one", action="SUPPRESS", filterCriteria={"severity": [{"comparison": "EQUALS", "value": "HIGH"}]}, tags={"owner": "web", "a/b": "1", "x": "&"}
    )["arn"]
    hidden = len(own.server.findings(findingStatus=[{"comparison": "EQUALS", "value": "SUPPRESSED"}]))
    assert hidden
    page = own.go("#/rules")
    expect(page.get_by_text("owner=web")).to_be_visible()
    page.get_by_role("link", name="Edit one").click()
    # What it hides already is what it would hide.
    expect(page.get_by_text(f"This rule would hide {hidden} findings")).to_be_visible()
    expect(page.get_by_role("table", name="Examples of findings").locator("tbody tr")).to_have_count(min(5, hidden))
    page.get_by_label("Description").fill("High ones")
    page.get_by_label("Tags").fill("owner=db = 2\n\nreview")
    button(page, "Save").click()
    expect(page.get_by_text("High ones")).to_be_visible()
    expect(page.get_by_text("owner=db = 2")).to_be_visible()
    assert filters.list_filters()["filters"][0]["description"] == "High ones"
    assert filters.list_tags_for_resource(resourceArn=arn)["tags"] == {"owner": "db = 2", "review": ""}


def test_a_host_enrols_with_the_copied_command(own):
    page = own.go("#/coverage/instances")
    button(page, "Enrol a host").click()
    dialog(page).get_by_label("Label").fill("Tokyo")
    button(dialog(page), "Show the commands").click()
    command = dialog(page).get_by_text("sudo assay collect").text_content()
    words = command.split()
    assert words[words.index("--server") + 1] == own.server.url
    token = words[words.index("--token") + 1]
    enrolment = {"token": token, "machineId": "cc" * 16, "hostName": "new"}
    host = own.server.call("POST", "/assay/v1/enrol", enrolment, signed=False)["resourceId"]
    button(dialog(page), "Close").last.click()
    expect(page.get_by_text(host)).to_be_visible()


def test_a_resource_is_explained_and_scanned_again(own):
    page = own.go("#/coverage/instances")
    page.get_by_role("link", name="web", exact=True).click()  # an application without a distribution
    expect(page.get_by_text("Neither dpkg, rpm, apk nor opkg").first).to_be_visible()
    expect(page.get_by_role("heading", name="Packages")).to_be_visible()
    page.get_by_role("link", name="db", exact=True).click()
    expect(page.get_by_text("It was scanned, and is judged again").first).to_be_visible()
    expect(page.get_by_role("cell", name="openssl").or_(page.get_by_role("gridcell", name="openssl")).first).to_be_visible()
    button(page, "Rescan now").click()
    expect(page.get_by_text("The scan has been asked for")).to_be_visible()
    button(page, "Not scanning").or_(page.get_by_label("Not scanning")).first.click()
    expect(page.get_by_role("link", name="db", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="web", exact=True)).to_be_visible()


def test_a_url_names_a_resource_on_whichever_page_it_is(open_console, fleet):
    last = fleet.call_all("/coverage/list", "coveredResources")[-1]["resourceId"]
    page = open_console(fleet).sign_in().go("#/coverage/instances?resource=" + last)
    expect(page.locator("tbody").get_by_text(last)).to_have_count(0)
    expect(button(page, "Rescan now")).to_be_visible()
    expect(page.get_by_text(last).first).to_be_visible()


def test_coverage_is_filtered_by_every_key(console, world):
    """In the URL and in the field; the counter counts what is listed."""
    page = console.go("#/coverage/instances")
    expect(page.get_by_role("heading", name="Instances (2)")).to_be_visible()
    box = page.get_by_role("combobox", name="Filter resources")
    box.click()
    box.press_sequentially("Monitored using")
    page.get_by_role("option", name="Monitored using = Equals").click()
    page.get_by_role("option", name="Monitored using = Agent").click()
    expect(page.get_by_role("heading", name="Instances (2)")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("Agent")
    for name, kept in {"scanMode!=EC2_SSM_AGENT_BASED": 0, "lastScannedAt>=2020-01-01": 1, "lastScannedAt>=2020-01-01\nlastScannedAt<=2020-12-31": 0, "accountId=1": 0}.items():
        page = console.go("#/coverage/instances?" + urllib.parse.urlencode({"filter": name}))
        expect(page.locator("tbody tr td").get_by_text("mi-")).to_have_count(0)
        expect(page.locator("tbody tr th")).to_have_count(kept)
    for place in ("images", "functions"):
        page = console.go(f"#/coverage/{place}?" + urllib.parse.urlencode({"filter": "lastScannedAt>=2020-01-01"}))
        expect(page.locator("tbody tr th")).to_have_count(1)


def test_what_the_server_says_of_a_resource_is_shown(console, world):
    page = console.page
    said = {"scanType": "PACKAGE", "scanStatus": {"statusCode": "INACTIVE", "reason": "INTERNAL_ERROR"}, "message": "vol-1: a damaged inode", "nextScanAt": 1800000000}
    page.route("**/assay/v1/resources/*/coverage", lambda route: route.fulfill(json={"coverage": [said]}))
    console.go("#/coverage/instances").get_by_role("link", name="db", exact=True).click()
    expect(page.get_by_text("vol-1: a damaged inode")).to_be_visible()
    expect(page.get_by_text("It is tried again: Jan 15, 2027")).to_be_visible()


def test_every_reason_has_its_words():
    """Those that docs/api.md says there are."""
    table = (ROOT / "docs" / "api.md").read_text().split("## Why a resource is (not) covered")[1].split("These never occur")[0]
    reasons = {reason for row in re.findall(r"^\| (`.*?) \|", table, re.M) for reason in re.findall(r"`([A-Z_0-9]+)`", row)}
    assert len(reasons) > 20
    words = (ROOT / "console" / "src" / "i18n" / "en" / "coverage.ts").read_text()
    assert {reason for reason in reasons if any(f'"{kind}.{reason}":' not in words for kind in ("reason", "meaning", "remedy"))} == set()


def test_every_kind_of_job_has_its_words():
    sources = [path.read_text() for path in (ROOT / "src" / "monitor").glob("job_*.c")]
    kinds = {name for text in sources if "const struct job_kind" in text for name in re.findall(r'\.name = "([a-z-]+[a-z])"', text)}
    kinds |= {f"look-{name}" for text in sources for name in re.findall(r"^KIND\((\w+),", text, re.M)}
    assert len(kinds) > 15
    words = (ROOT / "console" / "src" / "i18n" / "en" / "settings.ts").read_text()
    assert {kind for kind in kinds if f'"job.{kind}":' not in words} == set()


def test_what_an_aws_account_refuses_is_shown_part_by_part(console, world):
    problems = [{"service": "ecr", "region": "us-east-1", "error": "AccessDenied: no"}, {"service": "sqs", "queue": "https://q", "error": "gone"}]
    origin = {"id": "1", "kind": "AWS_ACCOUNT", "url": "aws:1", "options": {}, "hasSecret": False, "createdAt": 0, "checking": False}
    console.page.route("**/assay/v1/origins", lambda route: route.fulfill(json={"origins": [origin | {"state": {"error": "gone", "problems": problems}}]}))
    page = console.go("#/coverage/sources")
    expect(page.get_by_text("ecr, us-east-1: AccessDenied: no")).to_be_visible()
    expect(page.get_by_text("gone", exact=True)).to_have_count(1)


def test_sources_come_and_go(own, tmp_path):
    page = own.go("#/coverage/sources")
    button(page, "Add functions").click()
    dialog(page).get_by_label("Folder on the server").fill("relative/folder")
    button(dialog(page), "Add").click()
    expect(dialog(page).get_by_text("relative/folder")).to_be_visible()
    dialog(page).get_by_label("Folder on the server").fill(str(tmp_path / "none"))
    button(dialog(page), "Add").click()
    row = page.get_by_role("row").filter(has_text=str(tmp_path / "none"))
    expect(row.get_by_text("none: ").or_(row.get_by_text("No such file")).first).to_be_visible()
    (tmp_path / "none").mkdir()
    button(row, f"Check now: {tmp_path / 'none'}").click()
    expect(row.get_by_text("It answers")).to_be_visible()
    button(row, f"Remove {tmp_path / 'none'}").click()
    button(dialog(page), "Remove").click()
    expect(page.get_by_text("No sources")).to_be_visible()


def test_a_source_is_edited(own):
    """What the form does not ask for stays; a secret has to be given again."""
    server = own.server
    url = "http://127.0.0.1:1"
    server.call("POST", "/assay/v1/origins", {"kind": "REGISTRY", "url": url, "secret": "s", "options": {"user": "reader", "repositories": ["a/*", "b"], "insecure": True}})
    page = own.go("#/coverage/sources")
    row = page.get_by_role("row").filter(has_text=url)
    expect(row).to_contain_text("Repositories: a/*, b")
    button(page, f"Edit {url}").click()
    expect(dialog(page).get_by_label("Repositories")).to_have_value("a/*, b")
    dialog(page).get_by_label("Repositories").fill("c/*")
    expect(button(dialog(page), "Save")).to_be_disabled()
    dialog(page).get_by_label("Password or token").fill("t")
    button(dialog(page), "Save").click()
    expect(row).to_contain_text("Repositories: c/*")
    (origin,) = server.call("GET", "/assay/v1/origins")["origins"]
    assert origin["hasSecret"]
    assert origin["options"] == {"user": "reader", "repositories": ["c/*"], "insecure": True, "scanFrequency": "CONTINUOUS_SCAN"}


def test_a_registry_is_added_and_its_images_are_scanned(own, tmp_path):
    (tmp_path / "registry").mkdir()
    registry = Registry(tmp_path / "registry", user="reader", password="pass:word")
    registry.push("shop/web", "1.0", Image(tiny.host()))
    page = own.go("#/coverage/sources")
    button(page, "Add registry").click()
    dialog(page).get_by_label("Address").fill(registry.url)
    dialog(page).get_by_label("User").fill("reader")
    dialog(page).get_by_label("Password or token").fill("wrong")
    button(dialog(page), "Add").click()
    row = page.get_by_role("row").filter(has_text=registry.url)
    expect(row.get_by_text("401").or_(row.get_by_text("refuses")).or_(row.get_by_text("denied")).first).to_be_visible()
    button(page, "Add registry").click()
    dialog(page).get_by_label("Address").fill(registry.url)
    dialog(page).get_by_label("User").fill("reader")
    dialog(page).get_by_label("Password or token").fill("pass:word")
    button(dialog(page), "Add").click()
    expect(row.get_by_text("It answers")).to_be_visible()
    page.get_by_role("tab", name="Container images").click()
    expect(page.get_by_role("link", name="shop/web:1.0")).to_be_visible()
    registry.stop()


def test_an_aws_account_is_added(own):
    page = own.go("#/coverage/sources")
    button(page, "Add AWS account").click()
    expect(dialog(page).get_by_label("Account", exact=True)).to_have_value("aws:000000000000")
    dialog(page).get_by_label("Profile").fill("absent")
    dialog(page).get_by_label("Role to assume").fill("arn:aws:iam::000000000000:role/assay")
    dialog(page).get_by_label("Regions").fill("us-east-1, eu-west-1")
    expect(dialog(page).get_by_text("assay aws setup 000000000000")).to_be_visible()
    button(dialog(page), "Add").click()
    row = page.get_by_role("row").filter(has_text="aws:000000000000")
    expect(row.get_by_text("AWS account")).to_be_visible()
    expect(row.get_by_text("there is no profile absent")).to_be_visible()
    (origin,) = own.server.call("GET", "/assay/v1/origins")["origins"]
    want = {"profile": "absent", "role": "arn:aws:iam::000000000000:role/assay", "regions": ["us-east-1", "eu-west-1"]}
    assert (origin["kind"], origin["options"]) == ("AWS_ACCOUNT", want)


def test_a_job_that_was_set_aside_is_tried_again(server, open_console):
    """What fails for good is shown with its error."""
    server.stop()
    with contextlib.closing(sqlite3.connect(server.data / "state.db")) as db, db:
        db.execute(
            "INSERT INTO job (account, kind, subject, state, due, attempts, created, error)"
            " VALUES (0, 8, 'a-thing', 2, 0, 6, 0, 'no space left')"
        )
    server.start()
    page = open_console(server).sign_in().go("#/settings/jobs")
    row = page.get_by_role("row").filter(has_text="a-thing")
    expect(row).to_contain_text("no space left")
    button(row, "Try a-thing again").click()
    expect(page.get_by_text("No jobs").first).to_be_visible()


def test_scan_types_are_switched(own):
    page = own.go("#/coverage")
    switch = page.get_by_role("checkbox", name="Function scanning")
    switch.click()
    button(dialog(page), "Stop scanning").click()
    expect(switch).not_to_be_checked()
    inspector = own.server.client()
    wait_for(lambda: inspector.batch_get_account_status()["accounts"][0]["resourceState"]["lambda"]["status"] == "DISABLED")
    switch.click()
    expect(switch).to_be_checked()


def test_vulnerabilities_are_found(console, world):
    finding = world.findings(vulnerabilityId=[{"comparison": "PREFIX", "value": "CVE-"}])[0]["packageVulnerabilityDetails"]["vulnerabilityId"]
    page = console.go("#/search")
    page.get_by_label("CVE ID").fill("Heartbleed")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A CVE ID looks like")).to_be_visible()
    page.get_by_label("CVE ID").fill(finding.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=finding)).to_be_visible()
    page.get_by_role("link", name="Show the findings").click()
    expect(page.get_by_role("link", name=finding).first).to_be_visible()


def test_settings_persist(own):
    page = own.go("#/settings")
    page.get_by_label("Agent-based").click()
    button(page, "Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    configuration = own.server.client().get_configuration()
    assert configuration["ec2Configuration"]["scanModeState"]["scanMode"] == "EC2_SSM_AGENT_BASED"
    page.reload()
    expect(page.get_by_label("Agent-based")).to_be_checked()


def test_a_key_is_made_shown_once_and_ended(own):
    page = own.go("#/settings/access")
    button(page, "Create access key").click()
    button(dialog(page), "Create").click()
    expect(dialog(page).get_by_text("The secret is shown this once")).to_be_visible()
    key = dialog(page).get_by_text("AKIA").first.text_content()
    button(dialog(page), "Close").last.click()
    button(page, f"Disable {key}").click()
    button(dialog(page), "Disable").click()
    row = page.get_by_role("row").filter(has_text=key)
    expect(row.get_by_text("Disabled", exact=True).first).to_be_visible()
    button(row, f"Remove {key}").click()
    button(dialog(page), "Remove").click()
    expect(page.get_by_text(key)).to_have_count(0)


def test_a_registry_gets_a_token_for_its_notifications(own):
    page = own.go("#/settings/access")
    button(page, "Token for notifications").click()
    dialog(page).get_by_label("Label").fill("harbor")
    button(dialog(page), "Create").click()
    bearer = dialog(page).get_by_text("Bearer ").text_content()
    address = dialog(page).get_by_text("/assay/v1/registry/notifications").text_content()
    button(dialog(page), "Close").last.click()
    expect(page.get_by_role("row").filter(has_text="harbor")).to_contain_text("Notifications")
    assert requests.post(address, json={"events": []}, headers={"Authorization": bearer}, timeout=10).ok
    assert requests.post(address, json={"events": []}, headers={"Authorization": bearer + "x"}, timeout=10).status_code == 403


def test_who_reads_only_sees_why(open_console, server):
    server.call("POST", "/assay/v1/users", {"name": "reader", "role": "read_only"})
    made = server.call("POST", "/assay/v1/keys", {"user": "reader"})
    one = open_console(server).sign_in((made["accessKeyId"], made["secretAccessKey"]))
    page = one.go("#/rules")
    create = page.get_by_role("button", name="Create suppression rule").or_(page.get_by_role("link", name="Create suppression rule"))
    expect(create).to_have_attribute("aria-disabled", "true")
    create.focus()
    expect(page.get_by_text("Your role reads only").first).to_be_attached()
    page = one.go("#/coverage")
    expect(page.get_by_label("Function scanning")).to_be_disabled()

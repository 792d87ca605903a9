"""Lists of findings, and one finding in full."""

import json
import re
import urllib.parse

import pytest
import tiny
from common import ROOT
from browser import NETWORK_PATH, criteria, open_port, populate
from playwright.sync_api import expect

GROUPS = ["vulnerability", "instance", "image", "repository", "function", "account"]


def test_all_active_findings_with_their_count(console, world):
    page = console.go("#/findings")
    active = world.findings(findingStatus=[{"comparison": "EQUALS", "value": "ACTIVE"}])
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"({len(active)})")
    expect(page.locator("tbody tr")).to_have_count(len(active))


def test_a_filter_is_in_the_url_and_the_url_is_the_filter(console, world):
    page = console.go("#/findings")
    box = page.get_by_role("combobox", name="Filter findings")
    box.click()
    box.press_sequentially("Severity")
    page.get_by_role("option", name="Severity = Equals").click()
    page.get_by_role("option", name="Severity = Critical").click()
    expect(page.locator("tbody tr")).to_have_count(len(world.findings(severity=[{"comparison": "EQUALS", "value": "CRITICAL"}])))
    address = page.url
    assert json.loads(urllib.parse.parse_qs(address.split("?")[1])["filter"][0]) == json.loads(criteria(severity="CRITICAL"))
    titles = console.titles()
    page.reload()
    console.settle()
    expect(page.locator("tbody tr")).to_have_count(len(titles))
    assert console.titles() == titles


# Of what nothing in the world is: instances of AWS, layers, networks, code.
WITHOUT = re.compile("ec2Instance|cloudVm|cloudProviderOrgId|LayerArn|lambdaFunctionLayers|component|code|vendorSeverity")


def text_properties():
    """Their labels, of those whose values are not an enumeration's."""
    source = (ROOT / "console" / "src" / "findings" / "criteria.ts").read_text().split("export const properties")[1].split("\n];")[0]
    words = (ROOT / "console" / "src" / "i18n" / "en" / "criteria.ts").read_text()
    names = [name for name in re.findall(r'"?([\w.]+)"?: "(?:text|tag)"', source) if not WITHOUT.search(name)]
    return [re.search(rf'"key\.{re.escape(name)}": "(.*)"', words)[1] for name in names]


def test_every_property_suggests_values(console):
    page = console.go("#/findings?status=ALL")
    box = page.get_by_role("combobox", name="Filter findings")
    labels = text_properties()
    assert len(labels) > 25
    for label in labels:
        box.fill(f"{label} = ")
        expect(page.get_by_role("option").filter(has_text=re.compile(f"^{re.escape(label)} = .")).first).to_be_visible()
    box.fill("Package file path = srv/l")
    expect(page.get_by_role("option").filter(has_text=re.compile("^Package file path"))).to_have_text(["Package file path = srv/lib/core.jar"])


def test_sorting_is_the_servers_and_is_kept(console, world):
    page = console.go("#/findings")
    page.locator("thead").get_by_role("button", name="Score").first.press("Enter")
    expect(page).to_have_url(world.url + "/#/findings?sort=INSPECTOR_SCORE%3AASC")
    want = world.client().list_findings(
        sortCriteria={"field": "INSPECTOR_SCORE", "sortOrder": "ASC"},
        filterCriteria={"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]},
    )["findings"]
    expect(page.locator("tbody tr th a").first).to_have_text(want[0]["title"])
    assert console.titles() == [finding["title"] for finding in want]
    console.go("#/").get_by_role("link", name="All findings").click()
    expect(page.locator("tbody tr th a").first).to_have_text(want[0]["title"])


def test_status_toggle(console):
    page = console.go("#/findings")
    page.get_by_role("button", name="Closed").click()
    page.get_by_text("No findings").wait_for()
    page.get_by_role("button", name="All", exact=True).click()
    page.locator("tbody tr th a").first.wait_for()


def test_one_finding_in_full(console, first_finding, world):
    page = console.go("#/findings")
    page.get_by_role("link", name=first_finding["title"]).first.click()
    packages = page.get_by_role("table", name="Affected packages")
    one = first_finding["packageVulnerabilityDetails"]["vulnerablePackages"][0]
    expect(packages).to_contain_text(one["fixedInVersion"])
    page.reload()
    expect(packages).to_contain_text(one["fixedInVersion"])
    expect(page.get_by_role("button", name="Copy Remediation").first).to_be_visible()
    for fact in ("First seen", "Last seen", "Updated at"):
        expect(page.get_by_text(fact, exact=True).last).to_be_visible()
    page.get_by_role("tab", name="Scores").click()
    expect(page.get_by_role("table", name="Metrics")).to_contain_text("Attack vector")
    page.get_by_role("tab", name="Intelligence").click()
    page.get_by_role("table", name="Evidence").wait_for()


def test_why_it_matched_and_what_became_of_it(open_console, make_server, tmp_path):
    server = populate(make_server(), tmp_path)
    (finding,) = server.findings(vulnerabilityId=[{"comparison": "EQUALS", "value": "CVE-2021-0001"}])
    one = open_console(server).sign_in()
    page = one.go("#/findings?status=ALL&finding=" + urllib.parse.quote(finding["findingArn"], safe=""))
    expect(page.get_by_text("lodash 4.17.15 is affected: GHSA-aaaa-bbbb-0001 of osv/npm names lodash in npm.")).to_be_visible()
    steps = page.get_by_role("list", name="History").get_by_role("listitem")
    expect(steps).to_have_count(1)
    expect(steps).to_contain_text("Found")
    rule = {"action": "SUPPRESS", "filterCriteria": {"vulnerabilityId": [{"comparison": "EQUALS", "value": "CVE-2021-0001"}]}}
    server.client().create_filter(name="hidden", **rule)
    expect(steps).to_have_count(2)
    steps.filter(has_text="Hidden by a rule").get_by_role("link", name="The rule").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("hidden")
    server.stop()


def test_pages(open_console, make_server, tmp_path):
    server = make_server()
    server.report(*server.enrol("aa" * 16, "one"), tiny.write_files(tmp_path / "host", tiny.app()))
    total = len(server.findings())
    one = open_console(server).sign_in()
    one.page.evaluate(
        """localStorage.setItem('assay.findings.preferences', JSON.stringify(
            {pageSize: 2, wrapLines: false, stripedRows: false, contentDensity: 'compact', shown: ['title']}))"""
    )
    page = one.go("#/findings")
    seen = []
    while True:
        expect(page.locator("tbody tr th a")).to_have_count(min(2, total - len(seen)))
        seen += one.titles()
        if len(seen) == total:
            break
        page.get_by_role("button", name="Next page").click()
        expect(page.locator("tbody tr th a").first).not_to_have_text(seen[-2])
    assert len(set(seen)) == total
    page.get_by_role("button", name="Page 1", exact=False).first.click()
    expect(page.locator("tbody tr th a").first).to_have_text(seen[0])
    server.stop()


def test_saved_filters(console, world):
    page = console.go("#/findings?filter=" + urllib.parse.quote(criteria(severity="HIGH")))
    page.get_by_role("button", name="Saved filters").click()
    page.get_by_role("menuitem", name="Save this filter").click()
    page.get_by_label("Name").fill("only-high")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="only-high").wait_for()
    saved = world.client().list_filters(action="NONE")["filters"]
    assert [(one["name"], one["criteria"]) for one in saved] == [("only-high", json.loads(criteria(severity="HIGH")))]
    console.go("#/findings").get_by_role("button", name="Saved filters").click()
    page.get_by_role("menuitem", name="only-high").click()
    page.get_by_role("button", name="only-high").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Saved filters").wait_for()
    assert world.client().list_filters(action="NONE")["filters"] == []


@pytest.mark.parametrize("name", GROUPS)
def test_groups_lead_to_their_findings(console, world, name):
    page = console.go(f"#/findings/by-{name}")
    page.locator("tbody tr").first.wait_for()
    links = page.locator("tbody tr th a")
    row = page.locator("tbody tr").first
    number = int(row.locator("td").nth(1).text_content())
    # Critical, high, medium, and the rest.
    assert sum(map(int, row.locator("td").nth(0).text_content().split())) == number
    links.first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"({number})")


def test_an_image_its_layers_and_their_findings(console, world):
    image = world.findings(resourceType=[{"comparison": "EQUALS", "value": "AWS_ECR_CONTAINER_IMAGE"}])[0]["resources"][0]
    page = console.go("#/coverage/images")
    page.get_by_role("link", name="shop/web:1.0").click()
    layers = page.get_by_role("grid", name="Layers with findings")
    expect(layers.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_text("In use by").last).to_be_visible()
    row = layers.locator("tbody tr").last
    digest, number = row.get_by_role("link").text_content(), int(row.locator("td").nth(2).text_content())
    assert digest in image["details"]["awsEcrContainerImage"]["imageHash"] or digest.startswith("sha256:")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"({number})")
    page.locator("tbody tr th a").first.click()
    expect(page.get_by_role("table", name="Affected packages")).to_contain_text(digest)
    expect(page.get_by_text("shop/web", exact=True).first).to_be_visible()


def test_clusters_that_run_an_image(console):
    """As the API tells of them; of an image that nobody runs they are not asked for."""
    page = console.page
    task = {"awsEcsMetadataDetails": {"detailsGroup": "service:shop", "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/shop:7"}}
    details = [{"lastInUse": 1700000000, "runningUnitCount": 3, "clusterMetadata": task}]
    answer = {"cluster": [{"clusterArn": "arn:aws:ecs:us-east-1:1:cluster/prod", "clusterDetails": details}]}
    page.route("**/cluster/get", lambda route: route.fulfill(json=answer))
    clusters = page.get_by_role("grid", name="Clusters that run it")
    console.go("#/coverage/images").get_by_role("link", name="shop/web:1.0").click()
    expect(page.get_by_role("grid", name="Layers with findings")).to_be_visible()
    expect(clusters).to_have_count(0)

    def in_use(route):
        found = route.fetch().json()
        for one in found["coveredResources"]:
            one["resourceMetadata"]["ecrImage"]["inUseCount"] = 3
        route.fulfill(json=found)

    page.route("**/coverage/list", in_use)
    page.reload()
    expect(clusters).to_contain_text("arn:aws:ecs:us-east-1:1:cluster/prod")
    expect(clusters).to_contain_text("service:shop, shop:7")


def test_a_function_and_its_findings(console, world):
    page = console.go("#/coverage/functions")
    page.get_by_role("link", name="checkout").click()
    expect(page.get_by_role("heading", name="Packages")).to_be_visible()
    page.get_by_role("link", name="Show the findings").or_(page.get_by_role("link", name="Findings", exact=True)).first.click()
    page.locator("tbody tr th a", has_text="lodash").first.click()
    expect(page.get_by_text("Execution role").or_(page.get_by_text("Runtime")).first).to_be_visible()


def test_a_network_path_is_drawn_step_by_step(open_console, make_server, tmp_path):
    server = populate(make_server(), tmp_path)
    arn = open_port(server)
    one = open_console(server).sign_in()
    page = one.go("#/findings?finding=" + urllib.parse.quote(arn, safe=""))
    steps = page.get_by_role("list", name="Open network path").get_by_role("listitem")
    expect(steps).to_have_count(len(NETWORK_PATH))
    for step, part in zip(steps.all(), NETWORK_PATH, strict=True):
        expect(step).to_contain_text(part["componentId"])
    expect(steps.first).to_contain_text("Internet Gateway")
    expect(steps.first).to_contain_text(NETWORK_PATH[0]["componentArn"])
    expect(page.get_by_text("22", exact=True).first).to_be_visible()
    one.shot("network-path")
    assert not one.axe()
    steps.nth(2).get_by_role("link").click()
    expect(page).to_have_url(re.compile("componentId.*sg-0e3f"))
    server.stop()


def test_a_changed_inventory_appears_by_itself(open_console, make_server, tmp_path):
    server = make_server()
    host, key = server.enrol("aa" * 16, "one")
    server.report(host, key, tiny.write_files(tmp_path / "before", tiny.host()))
    one = open_console(server).sign_in()
    page = one.go("#/findings?filter=" + urllib.parse.quote(json.dumps({"vulnerablePackages": [{"name": {"comparison": "EQUALS", "value": "lodash"}}]})))
    page.get_by_text("No finding matches").wait_for()
    server.report(host, key, tiny.write_files(tmp_path / "after", tiny.host() | tiny.app()))
    page.locator("tbody tr th a", has_text="lodash").first.wait_for()
    server.stop()

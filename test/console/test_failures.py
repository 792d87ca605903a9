"""A server that refuses, breaks, or is not there: asked again, said when it goes on, and mended by one button."""

import itertools

import pytest
from browser import add_hosts, criteria
from playwright.sync_api import expect

BROKEN = {
    "throttled": lambda route: route.fulfill(status=429, headers={"x-amzn-ErrorType": "ThrottlingException", "Retry-After": "0"}, json={"message": "slower"}),
    "unavailable": lambda route: route.fulfill(status=503, headers={"Retry-After": "0"}, body="starting"),
    "broken": lambda route: route.fulfill(status=500, json={"message": "out of order"}),
    "unreachable": lambda route: route.abort(),
}


def front(page, places, times, how):
    """What stands before the server answers so many requests itself; gives what it counts by."""
    turn = itertools.count(1)
    asked = []

    def pass_on(route):
        asked.append(route.request.url)
        return BROKEN[how](route) if next(turn) <= times else route.continue_()

    page.route(places, pass_on)
    return asked


@pytest.fixture
def elsewhere(console):
    """On a page that asks for none of what others ask for."""
    console.go("#/usage")
    return console


FINDINGS, ADVISORIES = ("#/findings", "**/findings/list"), ("#/settings/advisories", "**/assay/v1/advisories")


@pytest.mark.parametrize("how, where", [("throttled", FINDINGS), ("unavailable", ADVISORIES), ("broken", ADVISORIES), ("unreachable", FINDINGS)])
def test_what_fails_for_a_moment_is_not_seen(elsewhere, how, where):
    place, requests = where
    asked = front(elsewhere.page, requests, 3, how)
    page = elsewhere.go(place)
    page.locator("tbody tr").first.wait_for()
    assert len(asked) >= 4
    expect(page.get_by_text("This could not be loaded")).to_have_count(0)


@pytest.mark.parametrize("how, said", [("throttled", "too much to do"), ("unreachable", "cannot be reached"), ("broken", "out of order")])
def test_what_goes_on_failing_is_said_and_tried_again(elsewhere, how, said):
    asked = front(elsewhere.page, "**/findings/list", 5, how)
    page = elsewhere.go("#/findings")
    expect(page.get_by_text(said)).to_be_visible()
    assert len(asked) == 5
    page.get_by_role("button", name="Try again").click()
    page.locator("tbody tr th a").first.wait_for()
    expect(page.get_by_text(said)).to_have_count(0)


def test_what_is_shown_stays_and_is_said_to_be_old(console):
    page = console.go("#/findings")
    number = page.locator("tbody tr").count()
    asked = front(page, "**/findings/list", 5, "broken")
    page.locator("thead").get_by_role("button", name="Score").first.press("Enter")
    expect(page.get_by_text("What is shown is not the latest")).to_be_visible()
    expect(page.get_by_text("out of order")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(number)
    assert not console.axe()
    assert len(asked) == 5
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("What is shown is not the latest")).to_have_count(0)
    assert len(asked) == 6


def test_what_changes_something_is_not_done_twice(console):
    """After a 500 nobody knows whether it was done; after 429 it was not."""
    page = console.go("#/rules/create?filter=" + criteria(severity="LOW"))
    page.get_by_label("Name", exact=True).fill("one")
    broken = front(page, "**/filters/create", 2, "broken")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("out of order")).to_be_visible()
    assert len(broken) == 1
    page.unroute_all()
    refused = []

    def refuse(route):
        refused.append(route)
        return BROKEN["throttled"](route)

    page.route("**/filters/create", refuse)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("too much to do")).to_be_visible()
    assert len(refused) == 5


def test_nothing_is_removed_twice_whatever_it_is_called(console):
    page = console.page
    page.route("**/assay/v1/users", lambda route: route.fulfill(json={"users": [{"name": "gadget", "role": "read_only", "createdAt": 0}]}))
    console.go("#/settings/access")
    asked = front(page, "**/assay/v1/users/gadget", 2, "broken")
    page.get_by_role("button", name="Remove gadget").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("out of order")).to_be_visible()
    assert len(asked) == 1


def test_signing_out_waits_for_nobody(console):
    """Nor is who signs in next thrown out when the server says what it thinks of the keys of before."""
    page = console.page
    held = []
    page.route("**/assay/v1/session", lambda route: held.append(route) if route.request.method == "DELETE" else route.continue_())
    page.get_by_role("button", name="admin").first.click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_label("Access key ID").wait_for()
    console.sign_in().settle()
    held[0].fulfill(status=403, headers={"x-amzn-ErrorType": "UnrecognizedClientException"}, json={"message": "gone"})
    console.go("#/usage")
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()


def test_signing_in_says_that_there_is_no_server(open_console, world):
    one = open_console(world)
    one.page.route("**/assay/v1/session", lambda route: route.abort())
    one.page.get_by_label("Access key ID").fill("AKIA")
    one.page.locator("input[type=password]").fill("secret")
    one.page.keyboard.press("Enter")
    expect(one.page.get_by_text("cannot be reached")).to_be_visible()
    expect(one.page.get_by_text("does not accept this key")).to_have_count(0)


def test_a_server_that_went_away_is_missed_and_found_again(open_console, make_server, tmp_path):
    """Nobody asks for anything meanwhile; what changed is shown when it is back. Once people are told, the next try is theirs
    alone here: the console's own would take the button away, sooner or later."""
    theirs = "() => { const real = setTimeout; Math.random = () => 0.5; window.setTimeout = (act, wait) => (wait < 4000 ? real(act, wait) : 0); }"
    server = add_hosts(make_server().stay(), tmp_path, 1)
    page = open_console(server).sign_in().go("#/findings")
    page.locator("tbody tr th a").first.wait_for()
    page.evaluate(theirs)
    server.stop()
    expect(page.get_by_text("What is shown is not the latest")).to_be_visible()
    expect(page.locator("tbody tr th a").first).to_be_visible()
    server.start()
    rule = {"action": "SUPPRESS", "filterCriteria": {"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]}}
    server.client().create_filter(name="all", **rule)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("What is shown is not the latest")).to_have_count(0)
    expect(page.get_by_text("No findings")).to_be_visible()
    server.stop()


def test_what_is_beside_a_list_fails_and_is_tried_again_by_itself(open_console, fleet):
    """A resource that is on no page of the list that is shown; then one that nobody knows."""
    last = fleet.call_all("/coverage/list", "coveredResources")[-1]["resourceId"]
    one = open_console(fleet).sign_in()
    page = one.page
    one.go("#/usage")

    def fail_for_one(route):
        return BROKEN["broken"](route) if "resourceId" in route.request.post_data_json["filterCriteria"] else route.continue_()

    page.route("**/coverage/list", fail_for_one)
    one.go("#/coverage/instances?resource=" + last)
    expect(page.get_by_text("out of order")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert not one.axe()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Rescan now")).to_be_visible()
    one.go("#/coverage/instances?resource=mi-none")
    expect(page.get_by_text("There is no such resource any more")).to_be_visible()


def test_each_list_of_a_page_fails_by_itself(console):
    page = console.page
    page.route("**/assay/v1/keys", lambda route: BROKEN["broken"](route))
    console.go("#/settings/access")
    expect(page.get_by_role("heading", name="Access keys")).to_be_visible()
    expect(page.get_by_text("out of order")).to_have_count(1)
    expect(page.get_by_role("row").filter(has_text="admin")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("row").filter(has_text="AKIA").first).to_be_visible()

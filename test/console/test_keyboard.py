"""Without a mouse."""

from playwright.sync_api import expect

IN_PANEL = "document.activeElement.closest('[class*=awsui_split-panel]') !== null"


def test_a_finding_is_opened_read_and_left(console):
    page = console.go("#/findings")
    link = page.locator("tbody tr th a").nth(1)
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Details")).to_be_visible()
    assert page.evaluate(IN_PANEL)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "tab":
            break
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("table", name="Scores")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("tab", name="Details")).to_have_count(0)
    expect(link).to_be_focused()


def test_a_resource_is_opened_and_left(console):
    page = console.go("#/coverage/instances")
    link = page.get_by_role("link", name="db", exact=True)
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Rescan now")).to_be_visible()
    assert page.evaluate(IN_PANEL)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Rescan now")).to_have_count(0)
    expect(link).to_be_focused()


def test_focus_goes_through_a_page_in_its_order_and_is_seen(console):
    """From what is above the page to the list; each thing that has the focus is drawn so."""
    page = console.go("#/findings")
    page.evaluate("document.activeElement.blur()")
    seen = []
    look = """
    () => {
      const at = document.activeElement, box = at.getBoundingClientRect();
      const rings = [at, at.parentElement, at.parentElement?.parentElement].flatMap((one) => one ? [null, "::before", "::after"].map((part) => getComputedStyle(one, part)) : []);
      const ring = rings.some((style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none");
      return {name: at.getAttribute("aria-label") ?? at.innerText ?? at.tagName, y: box.y, shown: box.width > 0 && ring};
    }
    """
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(look))
        if page.evaluate("document.activeElement.closest('tbody') !== null"):
            break
    else:
        raise AssertionError("the list is not reached")
    names = [one["name"].strip() for one in seen]
    order = [names.index(name) for name in ("assay", "English", "All findings", "Saved filters", "Export", "Active", "Filter findings", "Preferences")]
    assert order == sorted(order)
    assert not [one for one in seen if not one["shown"]], seen

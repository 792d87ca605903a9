"""Every page, in both themes, both languages and on a telephone: axe finds nothing serious, nothing runs over the edge."""

import urllib.parse

import pytest

PAGES = {
    "dashboard": "#/",
    "findings": "#/findings",
    "by-vulnerability": "#/findings/by-vulnerability",
    "by-instance": "#/findings/by-instance",
    "by-image": "#/findings/by-image",
    "by-repository": "#/findings/by-repository",
    "by-function": "#/findings/by-function",
    "by-account": "#/findings/by-account",
    "rules": "#/rules",
    "coverage": "#/coverage",
    "search": "#/search",
    "usage": "#/usage",
    "settings": "#/settings",
}


@pytest.mark.parametrize(
    "theme, width, locale", [("light", 1280, "en-US"), ("dark", 390, "en-US"), ("dark", 1280, "ja-JP"), ("light", 390, "ja-JP")]
)
def test_pages(open_console, world, first_finding, theme, width, locale):
    one = open_console(world, width=width, theme=theme, locale=locale).sign_in()
    finding = "#/findings?finding=" + urllib.parse.quote(first_finding["findingArn"], safe="")
    faults = {}
    for name, place in {**PAGES, "finding": finding}.items():
        page = one.go(place)
        one.shot(f"{name}-{width}-{theme}-{locale[:2]}")
        if found := one.axe():
            faults[name] = found
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            faults[name + " is too wide"] = over
        if "undefined" in page.inner_text("body"):
            faults[name + " says undefined"] = True
    assert not faults

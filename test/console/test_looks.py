"""Every page, in both themes, both languages and two widths: axe finds nothing serious, nothing runs over the edge, nothing is
left untranslated."""

import re
import urllib.parse

import pytest
from browser import criteria
from playwright.sync_api import expect

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
    "rule-create": "#/rules/create?filter=" + criteria(severity="HIGH"),
    "accounts": "#/coverage",
    "instances": "#/coverage/instances",
    "repositories": "#/coverage/repositories",
    "images": "#/coverage/images",
    "functions": "#/coverage/functions",
    "sources": "#/coverage/sources",
    "search": "#/search",
    "vulnerability": "#/search?id=CVE-2021-0001",
    "usage": "#/usage",
    "settings": "#/settings",
    "advisories": "#/settings/advisories",
    "access": "#/settings/access",
    "jobs": "#/settings/jobs",
    "about": "#/settings/about",
}
WIDTHS, THEMES = (1280, 390), ("light", "dark")
# What is called the same in Japanese.
NAMES = re.compile(r"^(assay|English|admin|CVE-.*|NVD 3\.1|API|openapi\.yaml|CSV|JSON|CycloneDX|SPDX|CVSS|CWE|EPSS|AMI|VPC|ARN|URL|CVE ID|ID|SHA-256|[A-Z]+_[A-Z_]+|[\W\d]*)$")
# The words of headings, columns, fields, buttons and what is said to those who do not see; not those of data.
CHROME = """
() => {
  const shown = (node) => node.checkVisibility() && !node.closest("tbody, pre, code, [class*=awsui_value], [data-data]");
  const words = [...document.querySelectorAll("h1, h2, h3, h4, th, label, button, [role=tab], nav a, [class*=awsui_key-label], [class*=awsui_alert] [class*=awsui_header]")]
    .filter(shown).map((node) => node.innerText);
  const said = [...document.querySelectorAll("[aria-label], [placeholder]")].filter(shown)
    .flatMap((node) => [node.getAttribute("aria-label"), node.getAttribute("placeholder")]);
  return [...new Set([...words, ...said].flatMap((text) => (text ?? "").split("\\n")).map((text) => text.trim()))];
}
"""


def use_dark(page, dark):
    page.evaluate(
        """(dark) => {
          document.body.classList.toggle("awsui-dark-mode", dark);
          document.documentElement.style.colorScheme = dark ? "dark" : "light";
        }""",
        dark,
    )


def untranslated_words(page):
    return [text for text in page.evaluate(CHROME) if not re.search("[\u3040-\u30ff\u4e00-\u9fff]", text) and not NAMES.match(text)]


def faults(console, name):
    page = console.page
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [
        *console.axe(),
        *([f"{over} pixels too wide"] if over > 0 else []),
        *([f"says {word}" for word in ("undefined", "NaN", "[object") if word in page.inner_text("body")]),
    ]


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_pages(open_console, world, first_finding, locale):
    one = open_console(world).sign_in()
    if locale == "ja":
        one.page.get_by_role("button", name="English").click()
        one.page.get_by_role("menuitem", name="日本語").click()
        expect(one.page.get_by_role("link", name="ダッシュボード").first).to_be_visible()
    finding = "#/findings?finding=" + urllib.parse.quote(first_finding["findingArn"], safe="")
    found, untranslated = {}, {}
    for name, place in {**PAGES, "finding": finding}.items():
        for width in WIDTHS:
            one.page.set_viewport_size({"width": width, "height": 900})
            page = one.go(place)
            for theme in THEMES:
                use_dark(page, theme == "dark")
                one.shot(f"{name}-{width}-{theme}-{locale}")
                if wrong := faults(one, name):
                    found[f"{name} {width} {theme}"] = wrong
            use_dark(page, False)
            if locale == "ja" and (left := untranslated_words(page)):
                untranslated[f"{name} {width}"] = left
    assert not found
    assert not untranslated


def test_the_theme_is_chosen_and_kept(console):
    page = console.page
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("body.awsui-dark-mode")).to_be_attached()
    page.reload()
    expect(page.locator("body.awsui-dark-mode")).to_be_attached()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("body.awsui-dark-mode")).to_have_count(0)

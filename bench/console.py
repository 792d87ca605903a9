#!/usr/bin/env python3
"""How fast the console is on a store of a million findings, as a browser sees it. Usage: bench/console.py FOLDER [PAGE|interactions|CSV|JSON]...

FOLDER/state/state.db is what build/bench/lists made. Each page is opened five times in a new browser context, with nothing in its
cache: "shown" is from the navigation until the page has its heading, nothing turns any more and every question has its
answer; "computed" is the time that the page's main thread had a processor meanwhile. An interaction is measured twice: until
the browser has painted what it led to at once (Event Timing), and until what it asked the server for is shown. CSV and JSON
export all findings."""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent
ASSAY = os.environ.get("ASSAY", str(ROOT / "build" / "assay"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def filtered(**keys):
    return "?filter=" + urllib.parse.quote(json.dumps({key: [{"comparison": "EQUALS", "value": value}] for key, value in keys.items()}))


PAGES = {
    "dashboard": "#/",
    "findings": "#/findings",
    "findings, one filter": "#/findings" + filtered(severity="CRITICAL"),
    "findings, all states": "#/findings?status=ALL",
    "by vulnerability": "#/findings/by-vulnerability",
    "by instance": "#/findings/by-instance",
    "by image": "#/findings/by-image",
    "by repository": "#/findings/by-repository",
    "by function": "#/findings/by-function",
    "by account": "#/findings/by-account",
    "rules": "#/rules",
    "rule with preview": "#/rules/create" + filtered(severity="MEDIUM"),
    "accounts": "#/coverage",
    "instances": "#/coverage/instances",
    "images": "#/coverage/images",
    "functions": "#/coverage/functions",
    "usage": "#/usage",
    "settings": "#/settings",
}

# Runs in the page before its own scripts. since(t) is when, after t, the page was first at rest.
PROBE = """
(() => {
  const fetchIt = window.fetch;
  const probe = (window.probe = { open: 0, expected: 0, asked: [], painted: 0, rest: [] });
  window.fetch = async (...args) => {
    const url = String(args[0]?.url ?? args[0]);
    if (url.includes("/events")) return fetchIt(...args);
    probe.open++;
    const begun = performance.now();
    try {
      const answer = await fetchIt(...args);
      const copy = answer.clone();
      void copy.arrayBuffer().then((body) => probe.asked.push([new URL(url).pathname, performance.now() - begun, body.byteLength]));
      return answer;
    } finally {
      setTimeout(() => probe.open--, 0);
    }
  };
  const frame = () => {
    const busy = probe.open || probe.asked.length < probe.expected || !document.querySelector("h1") || document.querySelector("[class*=awsui_spinner]");
    probe.rest.push([performance.now(), !busy]);
    if (probe.rest.length > 5000) probe.rest.splice(0, 2500);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (one.interactionId) probe.painted = Math.max(probe.painted, one.duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  // At rest for four frames: the first of them.
  probe.since = (t) => {
    const frames = probe.rest.filter(([at]) => at > t);
    for (let i = 0; i + 4 <= frames.length; i++)
      if (frames.slice(i, i + 4).every(([, rest]) => rest)) return frames[i][0] - t;
  };
})();
"""


class Server:
    def __init__(self, folder):
        command = [ASSAY, "serve", "--data", str(folder / "state"), "--listen", "127.0.0.1:0", "--no-self", "--update-hours", "0"]
        self.process = subprocess.Popen([*command, "--account", "123456789012"], stdout=subprocess.PIPE, stderr=open(folder / "server.log", "a"))
        self.url = self.process.stdout.readline().decode().split()[-1]
        words = (folder / "state" / "credentials").read_text().split()
        self.key = words[words.index("aws_access_key_id") + 2], words[words.index("aws_secret_access_key") + 2]
        self.settle()

    def used(self):
        """s of a processor that the server had."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """MB that it has at present."""
        (line,) = [line for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1000

    def settle(self):
        """A store that was just made is first judged by the server's advisories: minutes of work beside what is measured."""
        before = self.used()
        while True:
            time.sleep(3)
            now = self.used()
            if now - before < 0.1:
                return
            before = now


def figure(what, times, bar=None):
    times = sorted(times)
    word = "" if bar is None else ("pass" if times[-1] <= bar else "MISS") + f" (bar {bar})"
    print(f"{what:<44} p50 {times[len(times) // 2]:>7.0f} ms  worst {times[-1]:>7.0f} ms  {word:<16} load {os.getloadavg()[0]:.1f}", flush=True)


class Tab:
    def __init__(self, browser, server, session=None):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        self.context.add_init_script(PROBE)
        if session:
            self.context.add_init_script(f"sessionStorage.setItem('assay.session', {json.dumps(session)})")
        self.page, self.server = self.context.new_page(), server
        self.page.set_default_timeout(120000)
        self.devtools = self.context.new_cdp_session(self.page)
        self.devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def rest(self, since=0):
        return self.page.wait_for_function("(t) => window.probe?.since(t)", arg=since, polling=20).json_value()

    def show(self, place):
        self.page.goto(self.server.url + "/" + place, wait_until="commit")
        return self.rest()

    def computed(self):
        """ms of a processor that the page's main thread had."""
        metrics = self.devtools.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration") * 1000

    def act(self, action, expected):
        """(until painted, until what was asked for is shown)"""
        page = self.page
        self.rest(page.evaluate("performance.now()"))
        page.evaluate("(n) => Object.assign(probe, { painted: 0, asked: [], expected: n, began: performance.now() })", expected)
        action(page)
        shown = page.wait_for_function("() => probe.since(probe.began)", polling=20).json_value()
        page.wait_for_timeout(100)
        return page.evaluate("probe.painted") or 16, shown


def sign_in(browser, server):
    tab = Tab(browser, server)
    tab.page.goto(server.url)
    tab.page.get_by_label("Access key ID").fill(server.key[0])
    tab.page.locator("input[type=password]").fill(server.key[1])
    tab.page.keyboard.press("Enter")
    tab.page.get_by_role("navigation").first.wait_for(state="attached")
    session = tab.page.evaluate("sessionStorage.getItem('assay.session')")
    tab.context.close()
    return session


def pages(browser, server, session, names):
    for name in names:
        times, computed = [], []
        for _ in range(RUNS):
            tab = Tab(browser, server, session)
            times.append(tab.show(PAGES[name]))
            computed.append(tab.computed())
            asked = tab.page.evaluate("probe.asked")
            tab.context.close()
        figure(name, times, 1000)
        figure("    computed", computed)
        slowest = sorted(asked, key=lambda one: -one[1])[:3]
        print(f"    {len(asked)} questions, {sum(size for *_, size in asked) / 1000:.0f} kB; " + ", ".join(f"{path} {ms:.0f} ms" for path, ms, _ in slowest))


def interactions(browser, server, session):
    steps = {  # where, what, and how many questions it leads to
        "sort by score": ("#/findings", lambda p: p.locator("thead").get_by_role("button", name="Score").first.press("Enter"), 1),
        "next page": ("#/findings", lambda p: p.get_by_role("button", name="Next page").click(), 1),
        "open a finding": ("#/findings", lambda p: p.locator("tbody tr th a").first.click(), 1),
        "closed ones": ("#/findings", lambda p: p.get_by_role("button", name="Closed").click(), 2),
        "type in the filter": ("#/findings", lambda p: p.get_by_role("combobox", name="Filter findings").press_sequentially("Sev"), 0),
        "another page": ("#/findings", lambda p: p.get_by_role("link", name="By instance").click(), 1),
        "the other theme": ("#/findings", lambda p: p.get_by_role("button", name="Dark").first.click(), 0),
        "next page of instances": ("#/coverage/instances", lambda p: p.get_by_role("button", name="Next page").click(), 1),
        "sort instances": ("#/findings/by-instance", lambda p: p.locator("thead").get_by_role("button", name="All").first.press("Enter"), 1),
    }
    for name, (place, action, expected) in steps.items():
        painted, shown = [], []
        for _ in range(RUNS):
            tab = Tab(browser, server, session)
            tab.show(place)
            a, b = tab.act(action, expected)
            painted.append(a)
            shown.append(b)
            tab.context.close()
        figure(f"{name}: painted", painted, 100)
        if expected:
            figure(f"{name}: shown", shown)


# The longest that the page's main thread was held up, in ms.
PAUSES = """() => {
  window.held = 0;
  let last = performance.now();
  setInterval(() => { const now = performance.now(); held = Math.max(held, now - last - 50); last = now; }, 50);
}"""


def exports(browser, server, session, forms):
    """All findings of all states as a file, as the menu gives it."""
    for form in forms:
        tab = Tab(browser, server, session)
        tab.show("#/findings?status=ALL")
        page, files = tab.page, []
        page.evaluate(PAUSES)
        page.on("download", lambda file: files.append(file))
        computed, used, begun, heaps = tab.computed(), server.used(), time.time(), []
        page.get_by_role("button", name="Export").click()
        page.get_by_role("menuitem", name=form).click()
        while not files:
            page.wait_for_timeout(1000)
            heaps.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
        took = time.time() - begun
        with open(files[0].path(), "rb") as file:
            size, lines = 0, 0
            while part := file.read(1 << 20):
                size, lines = size + len(part), lines + part.count(b"\n")
        print(
            f"{form}: {took:.0f} s, {size / 1e6:.0f} MB in {lines} lines; processor: page {(tab.computed() - computed) / 1000:.0f} s, server"
            f" {server.used() - used:.0f} s; heap of the page at most {max(heaps):.0f} MB, server {server.memory():.0f} MB;"
            f" longest pause {page.evaluate('held'):.0f} ms; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        tab.context.close()


def main(folder, names):
    server = Server(pathlib.Path(folder))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            session = sign_in(browser, server)
            pages(browser, server, session, [name for name in names if name in PAGES] or ([] if names else PAGES))
            if not names or "interactions" in names:
                interactions(browser, server, session)
            exports(browser, server, session, [form for form in ("CSV", "JSON") if form in names])
            browser.close()
    finally:
        server.process.terminate()
        server.process.wait(120)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])

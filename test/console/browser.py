"""A tab of a real browser with the console of a real server. Screenshots go to $ASSAY_SCREENSHOTS, when that is set."""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess

import tiny
from common import PATIENCE, ROOT, wait_for
from images import Image
from playwright.sync_api import expect
from world import function_zip

AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
# Cloudscape says of its own bar for telephones which way it lies, which such a bar need not say.
CLOUDSCAPE = ("aria-allowed-attr", True)
expect.set_options(timeout=PATIENCE * 1000)


class Console:
    """A signed-in tab. What the browser complains of, and every address it asks, is kept."""

    def __init__(self, browser, server, width=1280, theme="light", locale="en-US", zone="UTC"):
        self.server, self.complaints, self.hosts, self.scripts = server, [], set(), {}
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, locale=locale, timezone_id=zone, accept_downloads=True
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2] if "://" in request.url else "data"))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self.note_script)
        self.page.goto(server.url)

    def note_script(self, response):
        if response.url.endswith(".js"):
            self.scripts[response.url] = int(response.headers["content-length"])

    def sign_in(self, key=None):
        identifier, secret = key or self.server.key
        self.page.get_by_label("Access key ID").or_(self.page.get_by_label("アクセスキー ID")).fill(identifier)
        self.page.locator("input[type=password]").fill(secret)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("navigation").first.wait_for(state="attached")
        return self

    def go(self, place):
        """To a place of the console, "#/findings", and until nothing is being loaded there."""
        self.page.goto(self.server.url + "/" + place)
        # In what way the words of its query are encoded does not matter.
        shown = "[location.hash, document.documentElement.dataset.place].map((text) => decodeURIComponent(text ?? '').replaceAll('+', ' '))"
        wait_for(lambda: len(set(self.page.evaluate(shown))) == 1)
        self.page.get_by_role("heading", level=1).first.wait_for()
        self.settle()
        return self.page

    def settle(self):
        # What fades in has other colours on its way. (Playwright's own waiting would need eval.)
        quiet = "!document.querySelector('[class*=awsui_spinner]') && document.getAnimations().every((one) => one.playState !== 'running')"
        wait_for(lambda: self.page.evaluate(quiet))

    def axe(self):
        """What axe finds that is serious."""
        self.settle()
        self.page.evaluate(AXE.read_text() + "; undefined") if not self.page.evaluate("!!window.axe") else None
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        nodes = [(one["id"], node["html"][:300]) for one in serious for node in one["nodes"]]
        return [(rule, html) for rule, html in nodes if (rule, "mobile-toolbar" in html) != CLOUDSCAPE]

    def shot(self, name):
        folder = os.environ.get("ASSAY_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=pathlib.Path(folder) / f"{name}.png")

    def titles(self):
        """Of the findings in the list."""
        return self.page.locator("tbody tr th a").all_text_contents()


def populate(server, folder):
    """Two hosts with findings of every severity."""
    for name, machine, files in (("web", "aa" * 16, tiny.app()), ("db", "bb" * 16, tiny.host())):
        server.report(*server.enrol(machine, name, tags={"Name": name}), tiny.write_files(folder / name, files))
    return server


def add_hosts(server, folder, number):
    """Hosts that have the same in them."""
    tiny.write_files(folder, tiny.app() | tiny.host())
    inventory = subprocess.run([server.assay, "inventory", "--format", "json", str(folder)], capture_output=True, check=True).stdout
    token = server.token()
    for i in range(number):
        enrolment = {"token": token, "machineId": f"{i:032x}", "hostName": f"host-{i}"}
        host = server.call("POST", "/assay/v1/enrol", enrolment, signed=False)
        key = host["accessKeyId"], host["secretAccessKey"]
        server.call("PUT", f"/assay/v1/hosts/{host['resourceId']}/inventory", inventory, key=key)
    return server


def add_images_and_functions(server, folder, registry):
    """An image in a registry, and a function with a layer in a folder."""
    registry.push("shop/web", "1.0", Image(tiny.host(), {f"srv/{name}": text for name, text in tiny.app().items()}))
    functions = folder / "functions"
    functions.mkdir()
    (functions / "checkout.zip").write_bytes(function_zip({"lodash": "4.17.15"}))
    for kind, url in (("REGISTRY", registry.url), ("FUNCTION_FOLDER", str(functions))):
        server.call("POST", "/assay/v1/origins", {"kind": kind, "url": url})
    for kind in ("AWS_ECR_CONTAINER_IMAGE", "AWS_LAMBDA_FUNCTION"):
        wait_for(lambda: server.findings(resourceType=[{"comparison": "EQUALS", "value": kind}]))
    return server


NETWORK_PATH = [
    {"componentId": "igw-0a1b", "componentType": "AWS::EC2::InternetGateway", "componentArn": "arn:aws:ec2:us-east-1:000000000000:internet-gateway/igw-0a1b"},
    {"componentId": "acl-0c2d", "componentType": "AWS::EC2::NetworkAcl"},
    {"componentId": "sg-0e3f", "componentType": "AWS::EC2::SecurityGroup"},
    {"componentId": "eni-0a4b", "componentType": "AWS::EC2::NetworkInterface"},
    {"componentId": "i-0c5d", "componentType": "AWS::EC2::Instance"},
]


def open_port(server):
    """One of the findings becomes an open port, as a network makes them; the server is started anew. Its ARN."""
    server.stop()
    with contextlib.closing(sqlite3.connect(server.data / "state.db")) as db, db:
        (one,) = db.execute("SELECT min(id) FROM finding").fetchone()
        db.execute("DELETE FROM finding_package WHERE finding = ?", [one])
        db.execute(
            "UPDATE finding SET type = 0, vulnerability = NULL, vulnerability_id = NULL, protocol = 0, port_begin = 22, port_end = 22,"
            " title = 'Port 22 is reachable from an Internet Gateway - TCP', component_type = ?, network = ? WHERE id = ?",
            [NETWORK_PATH[0]["componentType"], json.dumps(NETWORK_PATH), one],
        )
        rows = [[0, one, step, part["componentId"], part["componentType"]] for step, part in enumerate(NETWORK_PATH)]
        db.executemany("INSERT INTO finding_step (account, finding, step, component_id, component_type) VALUES (?, ?, ?, ?, ?)", rows)
    server.start()
    return next(f["findingArn"] for f in server.findings() if f["type"] == "NETWORK_REACHABILITY")


def criteria(**keys):
    """As a URL has them."""
    return json.dumps({key: [{"comparison": "EQUALS", "value": value}] for key, value in keys.items()}, separators=(",", ":"))

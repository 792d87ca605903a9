#!/usr/bin/env python3
"""pictures.py FOLDER: the pictures of docs/, docs/console-*.png, of a small company's server with the advisories that ship with
the program."""

import contextlib
import os
import pathlib
import random
import sqlite3
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "api")]

import tiny
from browser import Console
from common import ROOT, wait_for
from images import Image, Registry
from playwright.sync_api import sync_playwright
from server import Server
from world import function_zip

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
BULLSEYE = BOOKWORM.replace("12", "11").replace("bookworm", "bullseye")
PACKAGES = {
    BOOKWORM: [
        ("libssl3", "3.0.9-1", "openssl"), ("openssl", "3.0.9-1", None), ("curl", "7.88.1-10", None), ("libcurl4", "7.88.1-10", "curl"),
        ("libxml2", "2.9.14+dfsg-1.2", None), ("libwebp7", "1.2.4-0.1", "libwebp"), ("nginx", "1.22.1-9", None), ("bash", "5.2.15-2", None),
        ("liblzma5", "5.4.1-0.2", "xz-utils"), ("git", "1:2.39.2-1.1", None), ("libexpat1", "2.5.0-1", "expat"), ("sudo", "1.9.13p3-1", None),
        ("openssh-server", "1:9.2p1-2", "openssh"), ("libc6", "2.36-9", "glibc"), ("zlib1g", "1:1.2.13.dfsg-1", "zlib"),
    ],
    BULLSEYE: [
        ("libssl1.1", "1.1.1n-0+deb11u3", "openssl"), ("openssl", "1.1.1n-0+deb11u3", None), ("postgresql-13", "13.9-0+deb11u1", None),
        ("libxml2", "2.9.10+dfsg-6.7", None), ("sudo", "1.9.5p2-3", None), ("libc6", "2.31-13+deb11u5", "glibc"), ("vim", "2:8.2.2434-3", None),
        ("openssh-server", "1:8.4p1-5", "openssh"), ("libexpat1", "2.2.10-2", "expat"), ("curl", "7.74.0-1.3", None), ("redis", "5:6.0.16-1", None),
    ],
}  # fmt: skip
HOSTS = [(f"web-{i}", BOOKWORM) for i in range(1, 7)] + [("db-1", BULLSEYE), ("db-2", BULLSEYE), ("cache-1", BULLSEYE), ("build-1", BOOKWORM)]
LOCKS = {
    "shop/web": {"lodash": "4.17.15", "axios": "0.21.1", "express": "4.17.1", "jsonwebtoken": "8.5.1", "minimist": "1.2.5"},
    "shop/api": {"node-forge": "1.2.1", "ws": "7.4.2", "lodash": "4.17.20", "vm2": "3.9.11"},
    "tools/report": {"handlebars": "4.7.6", "ejs": "3.1.6", "tar": "6.1.0"},
}
FUNCTIONS = {
    "checkout": {"lodash": "4.17.15", "axios": "0.21.1"},
    "thumbnail": {"semver": "7.3.4", "tar": "6.1.0"},
    "mail": {"nodemailer": "6.4.15", "minimist": "1.2.0"},
    "invoice": {"handlebars": "4.7.6", "vm2": "3.9.11"},
}


def populate(server, folder, registry):
    dice = random.Random(7)
    for number, (name, system) in enumerate(HOSTS):
        files = {"etc/os-release": system, "var/lib/dpkg/status": tiny.dpkg(*dice.sample(PACKAGES[system], len(PACKAGES[system]) - 3))}
        if number % 4 == 1:
            files["srv/app/lib/log4j-core-2.14.1.jar"] = tiny.jar("org.apache.logging.log4j", "log4j-core", "2.14.1")
        if number % 3 == 0:
            files["srv/app/package-lock.json"] = tiny.lock(LOCKS["shop/web"])
        team = "data" if system == BULLSEYE else "shop"
        server.report(*server.enrol(f"{number:032x}", name, tags={"Name": name, "team": team}), tiny.write_files(folder / name, files))
    for repository, lock in LOCKS.items():
        base = {"etc/os-release": BOOKWORM, "var/lib/dpkg/status": tiny.dpkg(*PACKAGES[BOOKWORM][:8])}
        for tag in ("1.4", "1.5"):
            registry.push(repository, tag, Image(base, {"srv/package-lock.json": tiny.lock(lock), "srv/version": tag}))
    functions = folder / "functions"
    functions.mkdir()
    for name, packages in FUNCTIONS.items():
        (functions / f"{name}.zip").write_bytes(function_zip(packages))
    for kind, url in (("REGISTRY", registry.url), ("FUNCTION_FOLDER", str(functions))):
        server.call("POST", "/assay/v1/origins", {"kind": kind, "url": url})
    count = {"AWS_ECR_CONTAINER_IMAGE": 6, "AWS_LAMBDA_FUNCTION": len(FUNCTIONS)}

    def scanned():
        rows = server.client().list_coverage(maxResults=200)["coveredResources"]
        return all(sum(r["resourceType"] == kind and r["scanStatus"]["reason"] == "SUCCESSFUL" for r in rows) == n for kind, n in count.items())

    wait_for(scanned)


def age(server):
    """A month has passed: findings were opened and closed all along."""
    server.stop()
    dice = random.Random(3)
    today = int(time.time()) // 86400
    with contextlib.closing(sqlite3.connect(server.data / "state.db")) as db, db:
        (account, total) = db.execute("SELECT account, count(*) FROM finding").fetchone()
        db.execute("DELETE FROM finding_day")
        for back in range(30):
            opened = dice.randint(2, total // 20) if back % 7 not in (5, 6) else dice.randint(0, 4)
            row = [account, today - back, opened, dice.randint(0, max(1, opened))]
            db.execute("INSERT INTO finding_day (account, day, opened, closed) VALUES (?, ?, ?, ?)", row)
        db.execute("UPDATE finding SET first_observed = first_observed - (id * 7919) % 2592000")
    server.start()


def main(folder):
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        work = pathlib.Path(name)
        (work / "registry").mkdir()
        registry = Registry(work / "registry")
        stack.callback(registry.stop)
        assay = os.environ.get("ASSAY", str(ROOT / "build" / "assay"))
        server = Server(assay, work / "state", ROOT / "build" / "data" / "advisories.db", "--no-self").start()
        stack.callback(server.stop)
        populate(server, work, registry)
        age(server)
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        worst = server.client().list_findings(maxResults=1, sortCriteria={"field": "INSPECTOR_SCORE", "sortOrder": "DESC"})["findings"][0]
        finding = "#/findings?sort=INSPECTOR_SCORE%3ADESC&finding=" + urllib.parse.quote(worst["findingArn"], safe="")
        for theme in ("light", "dark"):
            one = Console(browser, server, theme=theme).sign_in()
            for picture, place, height in (("dashboard", "#/", 1250), ("finding", finding, 1250), *OTHERS):
                one.page.set_viewport_size({"width": 1280, "height": height})
                one.go(place)
                one.page.wait_for_timeout(500)
                one.page.screenshot(path=pathlib.Path(folder) / f"console-{picture}{'' if theme == 'light' else '-dark'}.png")


# Looked at, and not kept.
OTHERS = (
    [
        (place.strip("#/").replace("/", "-"), place, 860)
        for place in ("#/findings/by-vulnerability", "#/findings/by-instance", "#/findings/by-image", "#/rules", "#/coverage", "#/coverage/images", "#/usage")
    ]
    if os.environ.get("ALL")
    else []
)

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])

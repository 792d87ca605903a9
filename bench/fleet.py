#!/usr/bin/env python3
"""What the fleet of bench/fleet.c is made of, from real lists and feeds.

  fleet.py packages FILE             Debian 12's packages as apt on this machine knows them, most popular first
  fleet.py mirror FEEDS FOLDER KEEP  a mirror with Debian's advisories for KEEP of 1,000 CVEs, the other feeds for them whole
  fleet.py changed MIRROR FOLDER N   another one: N packages, each held by 0.4 to 0.6 % of the fleet (their names on standard
                                     input), have one more flaw

Popularity: essential and important packages are on every host; the others are ranked by how many packages depend on them.
"""

import collections
import glob
import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile
import zlib

OTHERS = ["nvd", "epss", "kev"]
DEBIAN = "osv/Debian/all.zip"


def paragraphs(text):
    for paragraph in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and not line.startswith(" "))
        if "Package" in fields:
            yield fields


def packages(path):
    versions, always, wanted, about = collections.defaultdict(list), set(), collections.Counter(), {}
    for list_ in sorted(glob.glob("/var/lib/apt/lists/*bookworm*_main_binary-amd64_Packages*")):
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", list_], capture_output=True, check=True).stdout.decode()
        for p in paragraphs(text):
            name, source = p["Package"], re.fullmatch(r"(\S+)(?: \((.*)\))?", p.get("Source", p["Package"]))
            versions[name].append((p["Version"], source[1], source[2] or p["Version"]))
            about[name] = p["Architecture"]
            if p.get("Priority") in ("required", "important"):
                always.add(name)
            wanted.update(re.findall(r"(?:^|[,|] *)([a-z0-9][a-z0-9+.-]+)", p.get("Depends", "")))
    if not versions:
        sys.exit("fleet.py: apt on this machine knows no packages of Debian 12")
    ranked = sorted(versions, key=lambda name: (name not in always, -wanted[name], zlib.crc32(name.encode())))
    with open(path, "w") as out:
        for name in ranked:
            newest_last = [word for version in versions[name] for word in version]
            print("always" if name in always else "drawn", name, about[name], *newest_last, sep="\t", file=out)


def cve_of(record):
    return (record.get("upstream") or [record["id"]])[0]


def copy(source, to, change):
    """Debian's advisories through `change`; links to the other feeds."""
    to.mkdir(parents=True, exist_ok=True)
    for other in OTHERS:
        if not (to / other).exists():
            os.symlink((source / other).resolve(), to / other)
    (to / DEBIAN).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(source / DEBIAN) as old, zipfile.ZipFile(to / DEBIAN, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if change(json.loads(content)):
                new.writestr(name, content)
        return new.filename


def mirror(feeds, to, keep):
    copy(feeds, to, lambda record: zlib.crc32(cve_of(record).encode()) % 1000 < keep)


def changed(source, to, names):
    copy(source, to, lambda record: True)
    with zipfile.ZipFile(to / DEBIAN, "a", zipfile.ZIP_DEFLATED) as new:
        for i, name in enumerate(names):
            cve = f"CVE-2026-{90000 + i}"
            record = {
                "id": "DEBIAN-" + cve,
                "upstream": [cve],
                "published": "2026-11-01T00:00:00Z",
                "modified": "2026-11-01T00:00:00Z",
                "details": "A flaw that was found.",
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
                "affected": [
                    {
                        "package": {"ecosystem": "Debian:12", "name": name},
                        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
                    }
                ],
            }
            new.writestr(record["id"] + ".json", json.dumps(record))


def main():
    match sys.argv[1:]:
        case ["packages", path]:
            packages(path)
        case ["mirror", feeds, folder, keep]:
            mirror(pathlib.Path(feeds), pathlib.Path(folder), int(keep))
        case ["changed", source, folder, count]:
            changed(pathlib.Path(source), pathlib.Path(folder), sys.stdin.read().split()[: int(count)])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A package-lock.json of 10,000 packages with real names and versions, from OSV's npm feed:
make_lock.py ALL.ZIP PACKAGE-LOCK.JSON

Every name has advisories, so that no package is dismissed by its name alone. Most have a version that fixed one of them
and is affected by none that the feed lists by version; one in forty a version that is affected. When the names are used
up, they come again with other versions inside of other packages, as npm nests them. Malware, that never had a good
version, is left out."""

import base64
import hashlib
import itertools
import json
import sys
import zipfile

PACKAGES, STALE = 10000, 40


def read(feed):
    """name -> (affected versions, versions with a fix), in the order of the feed."""
    found = {}
    with zipfile.ZipFile(feed) as z:
        for file in sorted(z.namelist()):
            record = json.loads(z.read(file))
            if file.startswith("MAL-") or "withdrawn" in record:
                continue
            for affected in record.get("affected", []):
                if affected["package"]["ecosystem"] != "npm":
                    continue
                bad, good = found.setdefault(affected["package"]["name"], ({}, {}))
                events = [e for r in affected.get("ranges", []) for e in r.get("events", [])]
                good.update(dict.fromkeys(e["fixed"] for e in events if "fixed" in e))
                bad.update(dict.fromkeys(e["introduced"] for e in events if e.get("introduced", "0") != "0"))
                bad.update(dict.fromkeys(affected.get("versions", [])))
    return {name: (list(bad), [v for v in good if v not in bad]) for name, (bad, good) in found.items()}


def entry(name, version):
    digest = hashlib.sha512(f"{name}@{version}".encode()).digest()
    return {
        "version": version,
        "resolved": f"https://registry.example/{name}/-/{name.split('/')[-1]}-{version}.tgz",
        "integrity": "sha512-" + base64.b64encode(digest).decode(),
        "license": "MIT",
    }


def main(feed, out):
    found = {name: v for name, v in read(feed).items() if v[1]}
    names = sorted(found)
    packages = {"": {"name": "bench", "version": "1.0.0"}}
    for i, name in zip(range(PACKAGES), itertools.cycle(names)):
        bad, good = found[name]
        turn = i // len(names)  # round 0 is at the top, the others inside another package
        outer = f"node_modules/{names[(i * 7 + turn) % len(names)]}/" if turn else ""
        version = bad[0] if bad and i % STALE == 0 else good[turn % len(good)]
        packages[f"{outer}node_modules/{name}"] = entry(name, version)
    with open(out, "w", encoding="utf-8") as f:
        json.dump({"name": "bench", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}, f, indent=2)


main(*sys.argv[1:])

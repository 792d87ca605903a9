#!/usr/bin/env python3
"""Writes data/SOURCES.md: what is in the snapshot, from which feeds, of what date, under which licence.

usage: snapshot_sources.py INFO.json BYTES OPTIONS
"""

import collections
import json
import sys

GROUPS = {
    "alpine": ("Alpine security database, aports", "https://secdb.alpinelinux.org/"),
    "amazon": ("Amazon Linux Security Center, updateinfo", "https://alas.aws.amazon.com/"),
    "nvd": ("NVD", "https://nvd.nist.gov/vuln/data-feeds"),
    "cve5": ("CVE records with CISA's additions (vulnrichment)", "https://github.com/cisagov/vulnrichment"),
    "kev": ("CISA known exploited vulnerabilities", "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"),
    "epss": ("EPSS by FIRST.org, https://www.first.org/epss/", "https://www.first.org/epss/"),
    "debian": ("Debian security tracker", "https://security-tracker.debian.org/"),
}


def main():
    info = json.load(open(sys.argv[1], encoding="utf-8"))
    out = [
        "# What the snapshot holds, and from whom",
        "",
        "`advisories.db.zst` is made by `tools/snapshot` from public feeds. It holds facts only: identifiers, affected",
        "packages and version ranges, severity vectors and ratings, dates, CWE, CISA KEV and SSVC, EPSS, reference",
        "addresses. Titles, descriptions and other prose are left out"
        + (f"; also made with `{sys.argv[3]}`." if sys.argv[3] else "."),
        "",
        f"- {info['advisories']:,} advisories on {info['packages']:,} packages in {info['affected']:,} entries",
        f"- {info['vulnerabilities']:,} CVE records, {info['kev']:,} of them in CISA KEV",
        f"- {info['epss']:,} EPSS scores",
        f"- generation {info['generation']}, {int(sys.argv[2]):,} bytes compressed, {info['bytes']:,} unpacked",
        "",
        "The Debian security tracker, Amazon's updateinfo and Alpine's aports state no licence of their own for these data;",
        "bare facts from them are given here with their source. EPSS asks to be named: scores are from FIRST.org.",
        "",
        "A date is the publisher's own, else that of the newest advisory in the feed's files.",
        "",
        "| feed | files | date | licence | from |",
        "|---|---|---|---|---|",
    ]
    rows = collections.OrderedDict()
    for feed in info["feeds"]:
        group = feed["name"].split("/")[0]
        name = feed["name"] if group not in GROUPS else group
        rows.setdefault((name, feed.get("licence") or "none stated"), []).append(feed)
    for (name, licence), feeds in sorted(rows.items()):
        dates = sorted(f["date"][:10] for f in feeds if f.get("date"))
        when = "not stated" if not dates else dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
        if dates and len(dates) < len(feeds):
            when += f", {len(feeds) - len(dates)} not stated"
        title, url = GROUPS.get(name, (name, feeds[0].get("url") or ""))
        out.append(f"| {title} | {len(feeds)} | {when} | {licence} | {url} |")
    bad = [f"- {f['name']}: {f['state']}" for f in info["feeds"] if not f["state"].startswith("ok")]
    if bad:
        out += ["", "Not in it, or not in its newest state:", "", *bad]
    print("\n".join(out))


if __name__ == "__main__":
    main()

"""What the feeds say of a package, read directly from them: an independent evaluation to hold the program against.

It follows the OSV schema's "Evaluation" section and the fields of Debian's tracker, with versions compared by
other people's libraries.
"""

import collections
import json
import re
import zipfile

from packaging.version import InvalidVersion, Version
from univers.versions import DebianVersion, InvalidVersion as InvalidUnivers, MavenVersion, SemverVersion

SCHEMES = {"PyPI": Version, "npm": SemverVersion, "Maven": MavenVersion, "Debian": DebianVersion}
ERRATA = re.compile(r"(DSA|DLA|DTSA)-")


class Undecided(Exception):
    """A version that the library refuses: the oracle has no opinion."""


def normalised(ecosystem, name):
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


def parse(ecosystem, text):
    try:
        return SCHEMES[ecosystem.split(":")[0]](text)
    except (InvalidVersion, InvalidUnivers, ValueError, TypeError) as error:
        raise Undecided(text) from error


def in_range(ecosystem, version, events):
    """Whether the version is affected by one range: events in version order, each switching the state."""

    def key(event):
        bound = next(iter(event.values()))
        return (0,) if bound == "0" else (1, parse(ecosystem, bound))

    affected = False
    for event in sorted(events, key=key):
        kind, bound = next(iter(event.items()))
        if kind == "introduced":
            if bound == "0" or version >= parse(ecosystem, bound):
                affected = True
        elif kind == "fixed" and version >= parse(ecosystem, bound):
            affected = False
        elif kind == "last_affected" and version > parse(ecosystem, bound):
            affected = False
    return affected


def holds(ecosystem, text, affected):
    if text in affected.get("versions", ()):
        return True
    version = parse(ecosystem, text)
    return any(
        in_range(ecosystem, version, r["events"])
        for r in affected.get("ranges", ())
        if r["type"] in ("ECOSYSTEM", "SEMVER")
    )


class Osv:
    """The records of one or more all.zip, by (ecosystem, name)."""

    def __init__(self, *archives):
        self.entries = collections.defaultdict(list)
        for archive in archives:
            with zipfile.ZipFile(archive) as opened:
                for name in opened.namelist():
                    record = json.loads(opened.read(name))
                    for affected in record.get("affected", ()):
                        package = affected.get("package")
                        if package and not record.get("withdrawn"):
                            base = package["ecosystem"]
                            self.entries[base, normalised(base, package["name"])].append((record, affected))

    def advisories(self, ecosystem, name, version):
        """Ids of the records that hold the version, with the records, and the ids it cannot decide."""
        found, undecided = {}, set()
        for record, affected in self.entries.get((ecosystem, normalised(ecosystem, name)), ()):
            try:
                if holds(ecosystem, version, affected):
                    found[record["id"]] = record
            except Undecided:
                undecided.add(record["id"])
        return found, undecided - set(found)


def cves(record):
    """The CVEs that a record is about."""
    ids = [record["id"], *record.get("aliases", ()), *record.get("upstream", ())]
    named = {i for i in ids if i.startswith("CVE-")}
    if not named and ERRATA.match(record["id"]):
        named = {i for i in record.get("related", ()) if i.startswith("CVE-")}
    return named


class Tracker:
    """Debian's security tracker: source package -> CVE -> releases -> status."""

    def __init__(self, content, release):
        self.data = json.loads(content)
        self.release = release

    def cves(self, source, version):
        found = set()
        for cve, entry in self.data.get(source, {}).items():
            state = entry["releases"].get(self.release)
            if not state:
                continue
            fixed = state.get("fixed_version")
            if state["status"] == "open" or (
                state["status"] == "resolved" and fixed != "0" and DebianVersion(version) < DebianVersion(fixed)
            ):
                found.add(cve)
        return found

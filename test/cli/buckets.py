"""Feed mirrors made from advisories in trivy-db's bucket form, in the formats in which the publishers serve them.

A bucket file is a list of nested buckets; its leaves are (bucket, package, id) -> facts: FixedVersion, perhaps
AffectedVersion (the first affected), VulnerableVersions and PatchedVersions, Status, Severity, Entries by architecture.
"""

import collections
import gzip
import json
import re
import subprocess
import zipfile

SEVERITIES = ["unknown", "low", "medium", "high", "critical"]
WILL_NOT_FIX, END_OF_LIFE = 5, 7  # trivy-db's Status
DEBIAN = {"9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm"}
LANGUAGES = {
    "composer": "Packagist", "conan": "ConanCenter", "erlang": "Hex", "go": "Go", "maven": "Maven", "npm": "npm",
    "nuget": "NuGet", "pip": "PyPI", "pub": "Pub", "rubygems": "RubyGems", "swift": "SwiftURL",
}


def leaves(path):
    """(bucket, package, id, facts) of a file; facts may be empty."""

    def walk(node, names):
        for pair in node.get("pairs") or []:
            if "bucket" in pair:
                yield from walk(pair, [*names, pair["bucket"]])
            else:
                yield (*names, pair["key"], pair.get("value") or {})

    for top in json.loads(path.read_text()):
        yield from walk(top, [top["bucket"]])


class Mirror:
    """A directory laid out as `assay db build --from` reads it."""

    def __init__(self, folder):
        self.folder = folder
        self.osv = collections.defaultdict(list)  # directory -> records
        self.secdb = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
        self.tracker = collections.defaultdict(dict)  # source package -> CVE -> statement
        self.updates = collections.defaultdict(list)  # repository -> updates in XML
        self.nvd = collections.defaultdict(list)  # year -> CVEs
        self.cpes = {}  # number -> CPE, of Red Hat's products
        self.about = {}  # CVE -> what vendors say of it

    def add_osv(self, directory, ecosystem, package, identifier, events, prefix="TEST", **record):
        """One record about one package. A CVE is what the record is about, not its own id."""
        number = sum(len(records) for records in self.osv.values()) + 1
        about = {"upstream": [identifier]} if identifier.startswith("CVE-") else {"id": identifier}
        affected = {"package": {"ecosystem": ecosystem, "name": package}, **record.pop("affected", {})}
        affected["ranges"] = [{"type": record.pop("type", "ECOSYSTEM"), "events": e} for e in events]
        for known in self.osv[directory]:
            if known["id"] == about.get("id"):
                known["affected"].append(affected)
                return
        self.osv[directory].append({
            "id": f"{prefix}-2026:{number:04}", "schema_version": "1.7.0", "modified": "2026-01-01T00:00:00Z",
            **about, **record, "affected": [affected],
        })

    def add_secdb(self, path, package, fixed, identifier):
        self.secdb[path][package][fixed].append(identifier)

    def add_tracker(self, package, cve, release, **state):
        releases = self.tracker[package].setdefault(cve, {"releases": {}})["releases"]
        releases[release] = {"repositories": {}, "urgency": "not yet assigned", **state}

    def add_update(self, repository, identifier, cves, packages, severity="medium"):
        """`packages` are (name, [epoch:]version-release, architecture)."""
        listed = ""
        for name, evr, arch in packages:
            epoch, version, release = re.fullmatch(r"(?:(\d+):)?([^-]*)-(.*)", evr).groups()
            listed += (f'<package name="{name}" epoch="{epoch or 0}" version="{version}" release="{release}" '
                       f'arch="{arch}"><filename>Packages/{name}.rpm</filename></package>')
        references = "".join(f'<reference href="" id="{cve}" title="{cve}" type="cve"/>' for cve in cves)
        self.updates[repository].append(
            f'<update status="final" type="security" version="1.4"><id>{identifier}</id><title>{identifier}</title>'
            f'<issued date="2026-01-01 00:00:00"/><updated date="2026-01-01 00:00:00"/><severity>{severity}</severity>'
            f"<description>A test.</description><references>{references}</references><pkglist>"
            f'<collection short="test"><name>test</name>{listed}</collection></pkglist></update>'
        )

    def add_nvd(self, cve, cvss):
        """`cvss` maps a member of NVD's "metrics" to vectors, all of NVD's own."""
        metrics = {
            member: [{"source": "nvd@nist.gov", "type": "Primary", "cvssData": {"vectorString": vector}}]
            for member, vector in cvss.items() if vector
        }
        self.nvd[cve.split("-")[1]].append({"cve": {
            "id": cve, "vulnStatus": "Analyzed", "published": "2026-01-01T00:00:00.000",
            "lastModified": "2026-01-01T00:00:00.000", "metrics": metrics, "descriptions": [], "references": [],
        }})

    def _write(self, path, content):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def _write_updates(self):
        host = "cdn.amazonlinux.com"
        for repository, updates in self.updates.items():
            base = f"{repository.removesuffix('/mirror.list')}/0123abcd"
            self._write(f"amazon/{host}/{repository}", f"https://{host}/{base}\n")
            self._write(f"amazon/{host}/{base}/repodata/repomd.xml",
                        '<?xml version="1.0"?><repomd><data type="updateinfo">'
                        '<location href="repodata/updateinfo.xml.gz"/></data></repomd>')
            self._write(f"amazon/{host}/{base}/repodata/updateinfo.xml.gz",
                        gzip.compress(f"<?xml version=\"1.0\"?><updates>{''.join(updates)}</updates>".encode()))

    def write(self):
        for directory, records in self.osv.items():
            path = self.folder / "osv" / directory / "all.zip"
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(path, "w") as archive:
                for record in records:
                    archive.writestr(f"{record['id'].replace(':', '-')}.json", json.dumps(record))
        for path, packages in self.secdb.items():
            self._write(path, json.dumps({"packages": [
                {"pkg": {"name": name, "secfixes": fixes}} for name, fixes in packages.items()]}))
        if self.tracker:
            self._write("debian/tracker/data/json.gz", gzip.compress(json.dumps(self.tracker).encode()))
        for year, cves in self.nvd.items():
            self._write(f"nvd/nvdcve-2.0-{year}.json.gz", gzip.compress(json.dumps({"vulnerabilities": cves}).encode()))
        self._write_updates()

    def build(self, assay, database):
        """The database of what was added. Files that the mirror lacks are told and leave exit code 4."""
        self.write()
        done = subprocess.run([assay, "db", "build", "--quiet", "--from", self.folder, "--output", database],
                              capture_output=True, text=True, check=False)
        assert done.returncode in (0, 4) and database.exists(), done.stderr
        lost = [line for line in done.stderr.splitlines() if "not there" not in line]
        assert not lost, lost
        return database


def match(assay, database, inventories):
    """The reports of `assay match`, one for each inventory."""
    lines = "".join(json.dumps(inventory) + "\n" for inventory in inventories)
    done = subprocess.run([assay, "match", "--db", database], input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == len(inventories)
    return reports


def until(fixed, introduced="0"):
    """The events of a range; open when nothing fixes it."""
    return [[{"introduced": introduced}, *([{"fixed": fixed}] if fixed else [])]]


def alpine(mirror, release, package, identifier, facts):
    fixed, branch = facts.get("FixedVersion"), release if release == "edge" else f"v{release}"
    if fixed:
        mirror.add_secdb(f"alpine/{branch}/main.json", package, fixed, identifier)
    else:  # secdb tells what is fixed only
        events = until("", facts.get("AffectedVersion", "0"))
        mirror.add_osv("Alpine", f"Alpine:{branch}", package, identifier, events, "ALPINE")


def debian(mirror, release, package, identifier, facts):
    fixed = facts.get("FixedVersion")
    state = {"status": "resolved", "fixed_version": fixed} if fixed else {"status": "open"}
    if facts.get("Status") == WILL_NOT_FIX:
        state |= {"nodsa": "", "nodsa_reason": "ignored"}
    if "State" in facts:
        state |= {"nodsa": "", "nodsa_reason": facts["State"]}
    if "Severity" in facts:
        state["urgency"] = SEVERITIES[int(facts["Severity"])]
    if facts.get("Status") == END_OF_LIFE:
        state["urgency"] = "end-of-life"
    mirror.add_tracker(package, identifier, DEBIAN[release], **state)


def ubuntu(mirror, release, package, identifier, facts):
    fixed, lts = facts.get("FixedVersion"), ":LTS" if re.fullmatch(r"\d[02468]\.04", release) else ""
    mirror.add_osv("Ubuntu", f"Ubuntu:{release}{lts}", package, identifier, until(fixed), "UBUNTU",
                   affected={} if fixed else {"ecosystem_specific": {"status": "needed"}})


def errata(directory, prefix):
    def add(mirror, release, package, identifier, facts):
        stream, _, name = package.rpartition("::")
        mirror.add_osv(directory, f"{directory}:{release}", name, identifier, until(facts["FixedVersion"]), prefix,
                       summary=f"Important: {stream or name} security update")

    return add


def osv(directory, ecosystem, prefix):
    def add(mirror, release, package, identifier, facts):
        severity = SEVERITIES[facts["Severity"]] if "Severity" in facts else ""
        mirror.add_osv(directory, ecosystem.format(release=release, major=release[:1]), package, identifier,
                       until(facts.get("FixedVersion")), prefix, affected={"ecosystem_specific": {"severity": severity}})

    return add


def secdb(path):
    def add(mirror, _, package, identifier, facts):
        if not facts.get("FixedVersion"):  # the format has no word for it
            return False
        mirror.add_secdb(path, package, facts["FixedVersion"], identifier)

    return add


def minimos(mirror, release, package, identifier, facts):
    # MinimOS's own database is a secdb, which OSV's records are made from.
    return facts.get("FixedVersion", "") != "" and osv("MinimOS", "MinimOS", "MINI")(mirror, release, package, identifier, facts)


def amazon(mirror, release, package, identifier, facts):
    if release != "2":
        return False
    mirror.add_update("2/core/latest/x86_64/mirror.list", f"ALAS2-{identifier}-{package}", [identifier],
                      [(package, facts["FixedVersion"], "x86_64")])


def red_hat(mirror, _, package, identifier, facts):
    """Red Hat's OSV records speak of advisories, by CPE; what has no advisory has no record."""
    stream, _, name = package.rpartition("::")
    for entry in facts["Entries"]:
        if not entry.get("FixedVersion"):
            return False
        products = {mirror.cpes[number] for number in entry["Affected"] if number in mirror.cpes}
        for product in products:
            ecosystem = "Red Hat:" + product.removeprefix("cpe:/").partition("redhat:")[2]
            for cve in entry["Cves"]:
                mirror.add_osv("Red Hat", ecosystem, name, cve["ID"], until(entry["FixedVersion"]), "RHSA",
                               summary=f"Red Hat Security Advisory: {stream or name} security update")


DISTRIBUTIONS = {  # bucket -> what puts one of its facts into a feed; which says False when the feed's format cannot
    r"alma (\d+)": errata("AlmaLinux", "ALSA"),
    r"alpine (\S+)": alpine,
    r"amazon linux (\d+)": amazon,
    r"CBL-Mariner (\S+)": osv("Azure Linux", "Azure Linux:{major}", "AZL"),
    r"Azure Linux (\S+)": osv("Azure Linux", "Azure Linux:{major}", "AZL"),
    r"chainguard()": secdb("chainguard/security.json"),
    r"debian (\d+)": debian,
    r"echo()": osv("Echo", "Echo", "ECHO"),
    r"minimos()": minimos,
    # An ecosystem of the OSV schema without a zip of its own; any zip may hold its records.
    r"Photon OS (\S+)": osv("SUSE", "Photon OS:{release}", "PHSA"),
    r"Red Hat()": red_hat,
    r"rocky (\d+)": errata("Rocky Linux", "RLSA"),
    r"SUSE Linux Enterprise Micro (\S+)": osv("SUSE", "SUSE:Linux Enterprise Micro {release}", "SUSE-SU"),
    r"SUSE Linux Enterprise (\d+)[.-]S?P?(\d)": osv("SUSE", "SUSE:Linux Enterprise Server {release}", "SUSE-SU"),
    r"openSUSE Tumbleweed()": osv("openSUSE", "openSUSE:Tumbleweed", "openSUSE-SU"),
    r"openSUSE (Leap \S+)": osv("openSUSE", "openSUSE:{release}", "openSUSE-SU"),
    r"ubuntu (\S+)": ubuntu,
    r"wolfi()": secdb("wolfi/security.json"),
}


def interval(text, patched):
    """The events of one of GitHub's or Maven's intervals; `patched` is the first version without the flaw."""
    maven = re.fullmatch(r"\[([^,]*),([^,]*)\)", text)
    if maven:
        return [{"introduced": maven[1]}, {"fixed": maven[2]}]
    bounds = {sign: version for sign, version in re.findall(r"(>=|<=|<)\s*(\S+?)(?:,|$)", text)}
    events = [{"introduced": bounds.get(">=", "0")}]
    if "<" in bounds:
        events.append({"fixed": bounds["<"]})
    elif "<=" in bounds:
        events.append({"fixed": patched} if patched else {"last_affected": bounds["<="]})
    return events


def add_language(mirror, bucket, package, identifier, facts):
    ecosystem, vulnerable = LANGUAGES.get(bucket.partition("::")[0]), facts.get("VulnerableVersions")
    if not ecosystem or not vulnerable:
        return False
    patched = facts.get("PatchedVersions", [])
    events = [interval(text, patched[i] if i < len(patched) else None) for i, text in enumerate(vulnerable)]
    about = mirror.about.get(identifier, {})
    vector, word = about.get("CVSS", {}).get("ghsa", {}).get("V3Vector"), about.get("VendorSeverity") or {}
    mirror.add_osv(ecosystem, ecosystem, package, identifier, events, "GHSA",
                   severity=[{"type": "CVSS_V3", "score": vector}] if vector else [],
                   database_specific={"severity": SEVERITIES[int(word.get("ghsa", 0))].upper()})


def add_about(mirror, identifier, facts):
    """What NVD says of a CVE."""
    vectors = facts.get("CVSS", {}).get("nvd")
    if vectors and identifier.startswith("CVE-"):
        version = "V30" if vectors.get("V3Vector", "").startswith("CVSS:3.0") else "V31"
        mirror.add_nvd(identifier, {f"cvssMetric{version}": vectors.get("V3Vector"), "cvssMetricV2": vectors.get("V2Vector")})


def add_files(mirror, files):
    """Puts the facts of bucket files into the mirror: how many, and the buckets of those that no feed of ours says."""
    rows = [row for file in files for row in leaves(file)]
    mirror.cpes = {int(row[2]): row[3] for row in rows if row[:2] == ("Red Hat CPE", "cpe")}
    mirror.about = {row[1]: row[2] for row in rows if row[0] == "vulnerability"}
    said, unsaid = 0, set()
    for identifier, facts in mirror.about.items():
        add_about(mirror, identifier, facts)
    for bucket, package, identifier, facts in (row for row in rows if len(row) == 4 and row[0] != "Red Hat CPE"):
        release, add = "", add_language
        for pattern, function in DISTRIBUTIONS.items():
            named = re.fullmatch(pattern, bucket)
            if named:
                release, add = " SP".join(named.groups()), function
                break
        arguments = (mirror, bucket) if add is add_language else (mirror, release)
        if add(*arguments, package, identifier, facts) is False:
            unsaid.add(bucket)
        else:
            said += 1
    return said, unsaid

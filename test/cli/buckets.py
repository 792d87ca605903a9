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
WILL_NOT_FIX = 5  # trivy-db's Status


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

    def add_osv(self, directory, ecosystem, package, identifier, events, prefix="TEST", **record):
        """One record about one package. A CVE is what the record is about, not its own id."""
        number = sum(len(records) for records in self.osv.values()) + 1
        about = {"upstream": [identifier]} if identifier.startswith("CVE-") else {"id": identifier}
        affected = {"package": {"ecosystem": ecosystem, "name": package}, **record.pop("affected", {})}
        affected["ranges"] = [{"type": record.pop("type", "ECOSYSTEM"), "events": e} for e in events]
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

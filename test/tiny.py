"""A tiny world made by hand: feeds in the layout of a mirror, and targets whose findings can be told by heart."""

import gzip
import io
import json
import os
import pathlib
import subprocess
import zipfile

FEEDS = ["osv/npm", "osv/PyPI", "osv/Maven", "debian/tracker", "nvd/2021", "kev", "epss"]
# 2021-06-01T00:00:00Z: the age of the feeds must not depend on when the test runs.
MADE = 1622505600

V31 = {
    "critical": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",  # 9.8
    "high": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",  # 7.5
    "medium": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",  # 5.3
    "low": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N",  # 3.3
    "none": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",  # 0.0
}


def ghsa(number):
    return f"GHSA-aaaa-bbbb-{number:04}"


def osv(identifier, package, fixed=None, ecosystem="npm", aliases=(), vector=None, details=None, **more):
    events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
    record = {
        "id": identifier,
        "modified": "2021-02-02T00:00:00Z",
        "published": "2021-02-01T00:00:00Z",
        "aliases": list(aliases),
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": package},
                "ranges": [{"type": "SEMVER" if ecosystem == "npm" else "ECOSYSTEM", "events": events}],
            }
        ],
    }
    if vector:
        kind = "CVSS_V4" if vector.startswith("CVSS:4") else "CVSS_V3"
        record["severity"] = [{"type": kind, "score": vector}]
    if details:
        record["details"] = details
    record.update(more)
    return record


def npm():
    return [
        osv(ghsa(1), "lodash", "4.17.21", aliases=["CVE-2021-0001"], vector=V31["critical"], details="Lodash runs what it is told."),
        osv(ghsa(2), "lodash", "4.17.19", aliases=["CVE-2021-0002"], details="Lodash never ends."),
        osv(ghsa(3), "minimist", "1.2.6", aliases=["CVE-2021-0003"], vector=V31["medium"]),
        osv(ghsa(4), "left-pad", vector=V31["low"], details="Left-pad pads on the left."),
        osv(ghsa(5), "lodash", "9.0.0", withdrawn="2021-03-01T00:00:00Z", aliases=["CVE-2021-0005"]),
        osv(ghsa(6), "@babel/traverse", "7.23.2", aliases=["CVE-2021-0006"], vector=V31["high"]),
        osv(ghsa(7), "is-odd", "2.0.0", vector=V31["none"]),
        osv(ghsa(8), "is-even", "2.0.0"),
    ]


def pypi():
    return [
        osv("PYSEC-2021-1", "django", "3.2.1", "PyPI", ["CVE-2021-0010", ghsa(10)]),
        osv(ghsa(10), "django", "3.2.1", "PyPI", ["CVE-2021-0010", "PYSEC-2021-1"], V31["high"], "Django trusts too much."),
    ]


def maven():
    return [osv(ghsa(20), "org.example:core", "2.15.0", "Maven", ["CVE-2021-0020"], V31["critical"])]


def tracker():
    def release(status, fixed=None, **more):
        return {"status": status, "urgency": "not yet assigned", "repositories": {}, **more} | (
            {"fixed_version": fixed} if fixed else {}
        )

    return {
        "openssl": {
            "CVE-2021-0030": {"releases": {"buster": release("resolved", "1.1.1d-0+deb10u6"), "bookworm": release("resolved", "3.0.9-1")}},
            "CVE-2021-0031": {"releases": {"buster": release("open"), "bookworm": release("open", nodsa="Minor", nodsa_reason="")}},
        },
        "python-django": {"CVE-2021-0010": {"releases": {"buster": release("resolved", "1:1.11.29-1+deb10u2")}}},
    }


def nvd():
    def cve(identifier, vector=None, text=None, source="nvd@nist.gov"):
        entry = {"id": identifier, "published": "2021-01-01T00:00:00.000", "lastModified": "2021-01-02T00:00:00.000"}
        entry["descriptions"] = [{"lang": "en", "value": text}] if text else []
        if vector:
            data = {"version": "3.1", "vectorString": vector}
            entry["metrics"] = {"cvssMetricV31": [{"source": source, "type": "Primary", "cvssData": data}]}
        return {"cve": entry}

    return [
        cve("CVE-2021-0001", V31["medium"], "A flaw of lodash as NVD tells it."),
        cve("CVE-2021-0002", V31["high"]),
        cve("CVE-2021-0030", V31["high"], "OpenSSL reads past the end of a buffer."),
        cve("CVE-2021-0031", V31["low"]),
    ]


def epss():
    return {"CVE-2021-0001": ("0.97421", "0.99912"), "CVE-2021-0002": ("0.00150", "0.35000"), "CVE-2021-0030": ("0.12000", "0.95000")}


def zip_of(records):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            archive.writestr(record["id"] + ".json", json.dumps(record))
    return out.getvalue()


class Feeds:
    """The records of every feed, to be changed before they are written."""

    def __init__(self):
        self.npm, self.pypi, self.maven = npm(), pypi(), maven()
        self.tracker, self.nvd, self.epss, self.kev = tracker(), nvd(), epss(), ["CVE-2021-0001"]

    def write(self, folder):
        rows = "".join(f"{cve},{score},{percentile}\n" for cve, (score, percentile) in self.epss.items())
        head = "#model_version:v1,score_date:2021-06-01T00:00:00+0000\ncve,epss,percentile\n"
        kev = [{"cveID": c, "dateAdded": "2021-05-01", "dueDate": "2021-05-22", "requiredAction": "Upgrade."} for c in self.kev]
        files = {
            "osv/npm/all.zip": zip_of(self.npm),
            "osv/PyPI/all.zip": zip_of(self.pypi),
            "osv/Maven/all.zip": zip_of(self.maven),
            "debian/tracker/data/json.gz": gzip.compress(json.dumps(self.tracker).encode()),
            "nvd/nvdcve-2.0-2021.json.gz": gzip.compress(json.dumps({"format": "NVD_CVE", "vulnerabilities": self.nvd}).encode()),
            "kev/known_exploited_vulnerabilities.json": json.dumps({"dateReleased": "2021-06-01T00:00:00Z", "vulnerabilities": kev}).encode(),
            "epss/epss_scores-current.csv.gz": gzip.compress((head + rows).encode()),
        }
        for name, content in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (MADE, MADE))
        return folder


def build(assay, mirror, path, *options, feeds=FEEDS):
    named = [word for feed in feeds for word in ("--feed", feed)]
    command = [assay, "db", "build", "--from", str(mirror), "--output", str(path), "--quiet", *named, *options]
    subprocess.run(command, check=True)
    return path


def write_files(folder, files):
    for name, content in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def lock(packages):
    """package-lock.json of {name: version}."""
    tree = {"": {"name": "app", "version": "1.0.0"}} | {f"node_modules/{n}": {"version": v} for n, v in packages.items()}
    return json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": tree})


def dpkg(*packages):
    """A dpkg status file of (name, version, source)."""
    return "".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        + (f"Source: {source}\n" if source else "") + "\n"
        for name, version, source in packages
    )


def jar(group, name, version):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            f"META-INF/maven/{group}/{name}/pom.properties", f"groupId={group}\nartifactId={name}\nversion={version}\n"
        )
    return out.getvalue()


# Out of support, which a server reports as a finding; and one that is not.
BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
BUSTER = 'PRETTY_NAME="Debian GNU/Linux 10 (buster)"\nID=debian\nVERSION_ID="10"\nVERSION_CODENAME=buster\n'
DIST = "usr/lib/python3/dist-packages/Django-3.2.0.egg-info"


def app():
    """An application: every severity, a range that cannot be compared, requirements without a version."""
    return {
        "package-lock.json": lock({
            "lodash": "4.17.15", "minimist": "1.2.0", "left-pad": "1.3.0", "@babel/traverse": "7.20.0", "is-odd": "1.0.0",
            "is-even": "1.0.0", "ms": "2.1.3",
        }),
        "requirements.txt": "django==3.2.0\nrequests>=2.0\n",
        "lib/core.jar": jar("org.example", "core", "2.14.1"),
    }


def host():
    """A Debian 10 with a Python package that Debian brought, and one that it did not."""
    django = "Metadata-Version: 1.1\nName: Django\nVersion: 3.2.0\n"
    return {
        "etc/os-release": BUSTER,
        "var/lib/dpkg/status": dpkg(
            ("libssl1.1", "1.1.1d-0+deb10u3", "openssl"), ("openssl", "1.1.1d-0+deb10u3", None),
            ("python3-django", "1:1.11.29-1+deb10u1", "python-django"), ("bash", "5.0-4", None),
        ),
        "var/lib/dpkg/info/python3-django.list": f"/.\n/usr\n/{DIST}\n/{DIST}/PKG-INFO\n",
        f"{DIST}/PKG-INFO": django,
        "opt/venv/lib/python3.7/site-packages/Django-3.2.0.dist-info/METADATA": django,
    }

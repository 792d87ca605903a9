"""assay db: build, info, show, diff, verify, on a tiny mirror made by hand."""

import json
import re
import subprocess

import pytest
import tiny


class Db:
    """`assay db` on one file."""

    def __init__(self, assay, path):
        self.assay, self.path = assay, path

    def run(self, *arguments, code=0):
        done = subprocess.run([self.assay, "db", *arguments, "--db", self.path], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--format", "json"))

    @property
    def generation(self):
        return self.json("info")["generation"]


@pytest.fixture
def db(assay, tiny_db):
    return Db(assay, tiny_db)


@pytest.fixture
def make(assay, tmp_path):
    """Builds a database from feeds, under a name."""

    def make(world, name, *options, **more):
        mirror = world.write(tmp_path / (name + ".mirror"))
        return Db(assay, tiny.build(assay, mirror, tmp_path / name, *options, **more))

    return make


# ---- info ----


def test_info(db, golden):
    text = re.sub(r"(?m)^(generation|built|size)( +).*$", r"\1\2...", db.run("info"))
    golden("db/info.txt", text)


def test_info_json(db):
    info = db.json("info")
    assert {k: info[k] for k in ("factsOnly", "packages", "advisories", "vulnerabilities", "kev", "epss")} == {
        "factsOnly": False, "packages": 11, "advisories": 14, "vulnerabilities": 4, "kev": 1, "epss": 3,
    }
    assert sorted(f["name"] for f in info["feeds"]) == sorted(tiny.FEEDS)
    assert {f["state"] for f in info["feeds"]} == {"ok"}
    # The youngest record tells how old a feed is; the tracker's records have no dates.
    assert {f["name"]: f.get("date", "")[:10] for f in info["feeds"]} == {
        "debian/tracker": "", "epss": "2021-06-01", "kev": "2021-06-01", "nvd/2021": "2021-01-02",
        "osv/npm": "2021-02-02", "osv/PyPI": "2021-02-02", "osv/Maven": "2021-02-02",
    }
    assert re.fullmatch("[0-9a-f]{32}", info["generation"])


def test_a_record_that_makes_no_sense_is_told(make):
    feeds = tiny.Feeds()
    feeds.npm.append({"id": 7, "affected": "everything"})
    del feeds.npm[-1]["id"]
    feeds.npm[-1]["id"] = "GHSA-broken"
    feeds.epss["CVE-2021-0004"] = ("often", "1")
    states = {f["name"]: f["state"] for f in make(feeds, "odd.db").json("info")["feeds"]}
    assert "skipped" in states["epss"], states


# ---- show ----

SHOWN = {
    "cve.txt": "CVE-2021-0001",
    "ghsa.txt": tiny.ghsa(1),
    "alias.txt": "CVE-2021-0010",
    "npm.txt": "npm/lodash",
    "debian.txt": "Debian:10/openssl",
    "every-debian.txt": "debian/openssl",
    "scoped.txt": "npm/@babel/traverse",
    "withdrawn.txt": tiny.ghsa(5),
}


@pytest.mark.parametrize("name", SHOWN)
def test_show(db, golden, name):
    golden(f"db/show-{name}", db.run("show", SHOWN[name]))


@pytest.mark.parametrize(
    "typed,same",
    [
        ("cve-2021-0001", "CVE-2021-0001"),
        ("ghsa-aaaa-bbbb-0001", tiny.ghsa(1)),
        ("GHSA-AAAA-BBBB-0001", tiny.ghsa(1)),
        ("pysec-2021-1", "PYSEC-2021-1"),
        ("pkg:npm/lodash", "npm/lodash"),
        ("pkg:npm/lodash@4.17.15", "npm/lodash"),
        ("pkg:npm/%40babel/traverse", "npm/@babel/traverse"),
        ("@babel/traverse", "npm/@babel/traverse"),
        ("lodash", "npm/lodash"),
        ("NPM/Lodash", "npm/lodash"),
        ("pkg:pypi/Django", "PyPI/django"),
        ("pkg:maven/org.example/core", "Maven/org.example:core"),
        ("pkg:deb/debian/openssl?distro=debian-10", "Debian:10/openssl"),
        ("pkg:deb/debian/openssl?distro=debian-10.3", "Debian:10/openssl"),
        ("pkg:deb/debian/openssl", "debian/openssl"),
    ],
)
def test_show_what_people_type(db, typed, same):
    assert db.run("show", typed) == db.run("show", same)


def test_show_json(db):
    (own, advisory) = db.json("show", "CVE-2021-0001")["records"]
    assert own["id"] == "CVE-2021-0001" and own["kev"]["added"].startswith("2021-05-01")
    assert own["epss"] == {"score": 0.97421, "percentile": 0.99912}
    assert advisory["id"] == tiny.ghsa(1) and advisory["feed"] == "osv/npm"
    assert advisory["affected"] == [
        {"ecosystem": "npm", "name": "lodash", "scheme": "semver", "fix": advisory["affected"][0]["fix"],
         "ranges": [{"introduced": "0", "fixed": "4.17.21"}]}
    ]
    (package,) = db.json("show", "npm/lodash")["packages"]
    assert [a["id"] for a in package["advisories"]] == [tiny.ghsa(1), tiny.ghsa(2), tiny.ghsa(5)]


@pytest.mark.parametrize("query", ["CVE-1999-9999", "npm/nothing", "Debian:99/openssl", "pkg:npm/nothing", "nothing", ""])
def test_show_unknown(db, query):
    assert "knows neither" in db.run("show", query, code=3)


def test_show_broken_purl(db):
    assert "purl" in db.run("show", "pkg:npm", code=3)


def test_hostile_text_is_made_harmless(make):
    """Advisories are text of strangers: it does not reach the terminal as control characters."""
    feeds = tiny.Feeds()
    feeds.npm[0]["details"] = "red \x1b[31m alert\x07 and \u202etxet"
    feeds.npm[0]["affected"][0]["package"]["name"] = "lod\x1b]0;ash"
    shown = make(feeds, "hostile.db").run("show", tiny.ghsa(1))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)


# ---- build ----


def test_build_is_the_same_whatever_the_order(make):
    first = make(tiny.Feeds(), "a.db")
    assert make(tiny.Feeds(), "b.db").generation == first.generation
    assert make(tiny.Feeds(), "c.db", feeds=tiny.FEEDS[::-1]).generation == first.generation
    mixed = tiny.Feeds()
    mixed.npm.reverse()
    mixed.nvd.reverse()
    mixed.tracker = dict(reversed(mixed.tracker.items()))
    mixed.epss = dict(reversed(mixed.epss.items()))
    other = make(mixed, "d.db")
    assert diff(first, other)["changes"] == []


def test_facts_only_has_no_prose(assay, make, tmp_path):
    facts = make(tiny.Feeds(), "facts.db", "--facts-only")
    assert facts.json("info")["factsOnly"] is True
    for identifier in ("CVE-2021-0001", tiny.ghsa(4), "CVE-2021-0030"):
        for record in facts.json("show", identifier)["records"]:
            assert "details" not in record and "summary" not in record
    app = tiny.write_files(tmp_path / "app", tiny.app())
    done = subprocess.run([assay, "scan", "--db", facts.path, "--format", "json", app], stdout=subprocess.PIPE, check=True)
    findings = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    assert findings["CVE-2021-0001"]["description"] == (
        "lodash 4.17.15 is affected by CVE-2021-0001 (npm: < 4.17.21). Fixed in 4.17.21. CISA lists it as exploited."
    )
    assert findings[tiny.ghsa(4)]["description"] == (
        f"left-pad 1.3.0 is affected by {tiny.ghsa(4)} (npm: every version). No fix is known."
    )


# ---- diff ----


def diff(old, new):
    done = subprocess.run(
        [old.assay, "db", "diff", old.path, new.path, "--format", "json"], stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def changes(found, kind):
    return sorted((c["change"], c.get("ecosystem"), c.get("name") or c["id"]) for c in found["changes"] if c["kind"] == kind)


@pytest.fixture
def two(make):
    new = tiny.Feeds()
    new.npm[1]["affected"][0]["ranges"][0]["events"][1]["fixed"] = "4.17.20"  # another fix of lodash
    del new.npm[3]  # left-pad is forgiven
    new.npm.append(tiny.osv(tiny.ghsa(9), "debug", "2.6.9"))
    new.kev.append("CVE-2021-0030")
    new.epss["CVE-2021-0001"] = ("0.97422", "0.99912")
    new.epss["CVE-2021-0003"] = ("0.01000", "0.50000")
    del new.epss["CVE-2021-0030"]
    return make(tiny.Feeds(), "old.db"), make(new, "new.db")


def test_diff(two):
    old, new = two
    found = diff(old, new)
    assert found["old"] == old.generation and found["new"] == new.generation
    assert changes(found, "package") == [
        ("added", "npm", "debug"), ("changed", "npm", "lodash"), ("removed", "npm", "left-pad"),
    ]
    assert changes(found, "record") == [
        ("added", None, tiny.ghsa(9)), ("changed", None, "CVE-2021-0030"), ("removed", None, tiny.ghsa(4)),
    ]  # what GHSA 2 says of lodash is a change of the package
    assert changes(found, "epss") == [
        ("added", None, "CVE-2021-0003"), ("changed", None, "CVE-2021-0001"), ("removed", None, "CVE-2021-0030"),
    ]
    assert found["package"] == {"added": 1, "removed": 1, "changed": 1}
    assert found["record"] == {"added": 1, "removed": 1, "changed": 1}
    assert found["epss"] == {"added": 1, "removed": 1, "changed": 1}


def test_diff_for_people(two, golden):
    old, new = two
    done = subprocess.run([old.assay, "db", "diff", old.path, new.path], stdout=subprocess.PIPE, text=True, check=True)
    golden("db/diff.txt", done.stdout)


def test_diff_is_its_own_opposite(two):
    old, new = two
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    forth, back = diff(old, new), diff(new, old)
    turned = [dict(c, change=opposite[c["change"]]) for c in back["changes"]]
    assert sorted(map(str, forth["changes"])) == sorted(map(str, turned))
    assert diff(old, old)["changes"] == []


def test_diff_takes_two(db):
    assert "2 arguments" in db.run("diff", db.path, code=2)
    assert "no such file" in db.run("diff", db.path, str(db.path) + ".absent", code=3)


# ---- verify ----


def test_verify(db):
    assert db.run("verify") == f"whole: generation {db.generation}\n"


def test_verify_truncated(assay, db, tmp_path):
    whole = db.path.read_bytes()
    for size in [0, 1, 15, 16, 100, len(whole) // 2, len(whole) - 1]:
        (tmp_path / "cut.db").write_bytes(whole[:size])
        text = Db(assay, tmp_path / "cut.db").run("verify", code=3)
        assert "cut.db: " in text and text.count("\n") == 1


def test_verify_longer(assay, db, tmp_path):
    (tmp_path / "long.db").write_bytes(db.path.read_bytes() + b"x")
    Db(assay, tmp_path / "long.db").run("verify", code=3)


def test_verify_flipped(assay, db, tmp_path):
    """A flipped bit anywhere is found, and where it lies in a section that is named."""
    whole = db.path.read_bytes()
    flipped = Db(assay, tmp_path / "flipped.db")
    named = set()
    for at in range(0, len(whole), 23):
        content = bytearray(whole)
        content[at] ^= 1 << at % 8
        flipped.path.write_bytes(content)
        text = flipped.run("verify", code=3)
        named.update(re.findall("section '(.*)'", text))
    assert {"ids", "records", "text", "prose", "feeds"} <= named and any("EPSS" in n for n in named), named


def test_a_damaged_database_never_breaks_a_scan(assay, db, tmp_path):
    """Sections are not checked when it is opened: a scan gives an answer or says that it is damaged."""
    whole = db.path.read_bytes()
    app = tiny.write_files(tmp_path / "app", tiny.app())
    for at in range(5, len(whole), 61):
        content = bytearray(whole)
        content[at] ^= 0xFF
        (tmp_path / "bad.db").write_bytes(content)
        done = subprocess.run([assay, "scan", "--db", tmp_path / "bad.db", app], capture_output=True, check=False)
        assert done.returncode in (0, 3), (at, done.returncode, done.stderr)
        assert done.returncode == 0 or done.stderr


@pytest.mark.parametrize("content,says", [(b"", "not an advisory database"), (b"SQLite format 3\0" * 99, "not an advisory database")])
def test_something_else(assay, tmp_path, content, says):
    (tmp_path / "other.db").write_bytes(content)
    assert says in Db(assay, tmp_path / "other.db").run("info", code=3)


# ---- while it is replaced ----


def test_replaced_while_it_is_read(assay, make, tmp_path):
    """A reader keeps the generation that it opened; the next one sees the new."""
    db = make(tiny.Feeds(), "live.db")
    before = db.generation
    line = json.dumps({"packages": [{"type": "npm", "name": "lodash", "version": "4.17.20"}]}) + "\n"

    def ids(answer):
        report = json.loads(answer)
        return report["database"]["generation"], [f["id"] for f in report["findings"]]

    reader = subprocess.Popen([assay, "match", "--db", db.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    reader.stdin.write(line)
    reader.stdin.flush()
    first = ids(reader.stdout.readline())
    feeds = tiny.Feeds()
    feeds.npm = [tiny.osv(tiny.ghsa(77), "lodash", "5.0.0")]
    make(feeds, "live.db")
    reader.stdin.write(line)
    reader.stdin.close()
    second = ids(reader.stdout.readline())
    assert reader.wait() == 0
    assert first == second == (before, ["CVE-2021-0001"])
    after = subprocess.run([assay, "match", "--db", db.path], input=line, stdout=subprocess.PIPE, text=True, check=True)
    assert ids(after.stdout) == (db.generation, [tiny.ghsa(77)]) and db.generation != before


def test_a_build_that_fails_leaves_the_old_one(assay, make, tmp_path):
    db = make(tiny.Feeds(), "kept.db")
    before = db.path.read_bytes()
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [assay, "db", "build", "--from", tmp_path / "empty", "--output", db.path], stderr=subprocess.PIPE, check=False
    )
    assert done.returncode == 3 and b"no feed could be read" in done.stderr
    assert db.path.read_bytes() == before
    assert [p.name for p in tmp_path.glob("kept.db*tmp")] == []

"""assay scan over tiny targets and a tiny database: every format, option and exit code."""

import csv
import fcntl
import io
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import unicodedata

import pytest
import tiny

SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED"]


class Scan:
    def __init__(self, assay, db, folder):
        self.assay, self.db, self.folder = assay, db, folder

    def target(self, name, files):
        tiny.write_files(self.folder / name, files)
        return name

    def done(self, *arguments, **options):
        return subprocess.run(
            [self.assay, "scan", "--db", self.db, *arguments], capture_output=True, cwd=self.folder, check=False, **options
        )

    def run(self, *arguments, code=0, **options):
        done = self.done(*arguments, **options)
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode()

    def json(self, *arguments, code=0):
        return json.loads(self.run("--format", "json", *arguments, code=code))


@pytest.fixture
def scan(assay, tiny_db, tmp_path):
    s = Scan(assay, tiny_db, tmp_path)
    s.target("app", tiny.app())
    s.target("debian", tiny.host())
    return s


def ids(report, ignored=False):
    return sorted({f["id"] for f in report["findings"] if ignored == ("ignored" in f)})


APP = {
    "CVE-2021-0001": "CRITICAL", "CVE-2021-0002": "HIGH", "CVE-2021-0003": "MEDIUM", "CVE-2021-0006": "HIGH",
    "CVE-2021-0010": "HIGH", "CVE-2021-0020": "CRITICAL", tiny.ghsa(4): "LOW", tiny.ghsa(7): "INFORMATIONAL",
    tiny.ghsa(8): "UNTRIAGED",
}

# ---- formats ----


def test_json(scan):
    report = scan.json("app")
    assert {f["id"]: f["severity"] for f in report["findings"]} == APP
    assert report["findings"][0]["id"] == "CVE-2021-0001", "known exploited first"
    scores = [f.get("score", -1) for f in report["findings"][1:]]
    assert scores == sorted(scores, reverse=True)
    assert report["target"] == "app" and report["kind"] == "directory"
    summary = report["summary"]
    assert summary["packages"] == {
        "total": 10, "owned": 0, "unresolved": 1, "notCovered": 0, "byType": {"maven": 1, "npm": 7, "pypi": 2},
    }
    assert summary["findings"]["total"] == 9 and summary["findings"]["fixable"] == 8
    assert summary["findings"]["bySeverity"] == dict(zip(SEVERITIES, [2, 3, 1, 1, 1, 1]))
    first = report["findings"][0]
    assert first["kev"] == {"added": "2021-05-01", "due": "2021-05-22"}
    assert first["epss"] == {"score": 0.97421, "percentile": 0.99912}
    assert first["score"] == 9.8 and first["vector"] == tiny.V31["critical"]
    assert first["aliases"] == [tiny.ghsa(1)] and first["fixed"] == "4.17.21"
    assert first["remediation"] == "npm install lodash@4.17.21"
    (match,) = first["matches"]
    assert match == {
        "advisory": tiny.ghsa(1), "feed": "osv/npm", "verdict": "affected", "ecosystem": "npm", "name": "lodash",
        "compared": "4.17.15", "scheme": "npm", "range": "< 4.17.21", "fixState": "fixed", "fixed": "4.17.21",
    }


def test_csv(scan):
    text = scan.run("--format", "csv", "app")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    report = scan.json("app")
    assert [(r["id"], r["severity"]) for r in rows] == [(f["id"], f["severity"]) for f in report["findings"]]
    for row, f in zip(rows, report["findings"]):
        assert None not in row and None not in row.values(), "as many cells as columns"
        assert row["version"] == f["package"]["version"] and row["fixed"] == f.get("fixed", "")
        assert row["package"].endswith(f["package"]["name"]) and row["purl"] == f["package"]["purl"]
        assert row["score"] == (f"{f['score']:.1f}" if "score" in f else "")
    assert text.count("\r\n") == len(rows) + 1


def test_sarif(scan):
    """The members that SARIF 2.1.0 requires, and that what refers to something finds it."""
    log = json.loads(scan.run("--format", "sarif", "app"))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "assay"
    assert len({r["id"] for r in rules}) == len(rules) == len(APP)
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        score = rule["properties"].get("security-severity")
        assert score is None or 0 <= float(score) <= 10
    assert len(run["results"]) == len(APP)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"] and result["level"] in ("error", "warning", "note") and result["kind"] == "fail"
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert (scan.folder / "app" / uri).exists() and not uri.startswith("/")
        assert location["physicalLocation"]["region"]["startLine"] == 1
        assert result["partialFingerprints"]
    assert len({json.dumps(r["partialFingerprints"]) for r in run["results"]}) == len(APP)
    assert run["invocations"][0]["executionSuccessful"] is True


def test_cyclonedx(scan):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = scan.run("--format", "cyclonedx", "app")
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None
    bom = json.loads(text)
    refs = {c["bom-ref"] for c in bom["components"]}
    assert {v["id"] for v in bom["vulnerabilities"]} == set(APP)
    assert {a["ref"] for v in bom["vulnerabilities"] for a in v["affects"]} <= refs


def test_spdx(scan):
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    (scan.folder / "out.spdx.json").write_text(scan.run("--format", "spdx", "app"))
    document = parse_file(str(scan.folder / "out.spdx.json"))
    assert validate_full_spdx_document(document) == []
    comments = [r.comment for p in document.packages for r in p.external_references if r.reference_type == "advisory"]
    assert sorted(c.split()[0] for c in comments) == sorted(APP)


def test_unknown_format(scan):
    assert b"no format 'xml'" in scan.done("--format", "xml", "app").stderr
    scan.run("--format", "xml", "app", code=2)


# ---- exit codes ----


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("least", SEVERITIES)
def test_fail_on(scan, severity, least):
    package = {"CRITICAL": "core", "HIGH": "@babel/traverse", "MEDIUM": "minimist", "LOW": "left-pad",
               "INFORMATIONAL": "is-odd", "UNTRIAGED": "is-even"}[severity]
    if severity == "CRITICAL":
        target = scan.target("one", {"core.jar": tiny.jar("org.example", "core", "2.14.1")})
    else:
        target = scan.target("one", {"package-lock.json": tiny.lock({package: "1.0.0"})})
    reached = SEVERITIES.index(severity) <= SEVERITIES.index(least)
    scan.run("--fail-on", least.lower(), target, code=1 if reached else 0)


def test_fail_on_nonsense(scan):
    scan.run("--fail-on", "severe", "app", code=2)


def test_fail_on_counts_what_could_not_be_judged(scan):
    """Whoever guards a gate with it would rather look once too often."""
    target = scan.target("odd", {"x-1.dist-info/METADATA": "Name: django\nVersion: one.two\n"})
    scan.run("--fail-on", "high", target, code=1)


def test_problems_exit_4_and_are_told(scan):
    target = scan.target("broken", {"package-lock.json": '{"lockfileVersion": 3, "packages"', "ok/package-lock.json": tiny.lock({"minimist": "1.2.0"})})
    report = scan.json(target, code=4)
    assert ids(report) == ["CVE-2021-0003"]
    assert [p["path"] for p in report["problems"]] == ["package-lock.json"]
    assert "Could not be read" in scan.run(target, code=4)
    log = json.loads(scan.run("--format", "sarif", target, code=4))
    assert "package-lock.json" in log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_found_goes_before_problems(scan):
    """With findings that reach --fail-on the exit code is 1, whatever else could not be read."""
    target = scan.target("broken", {"package-lock.json": "{", "ok/package-lock.json": tiny.lock({"minimist": "1.2.0"})})
    scan.run("--fail-on", "medium", target, code=1)
    scan.run("--fail-on", "high", target, code=4)


def test_cannot_be_read(scan):
    assert b"no such file" in scan.done("absent").stderr
    scan.run("absent", code=3)
    scan.run("--db", "absent.db", "app", code=3)
    scan.run("--ignore", "absent.toml", "app", code=3)


# ---- what is left out ----


def test_only_fixed(scan):
    report = scan.json("--only-fixed", "app")
    assert set(ids(report)) == set(APP) - {tiny.ghsa(4)}
    assert report["summary"]["findings"]["leftOut"] == 1
    scan.run("--only-fixed", "--fail-on", "low", scan.target("pad", {"package-lock.json": tiny.lock({"left-pad": "1.0.0"})}))
    table = scan.run("--only-fixed", "pad")
    assert "No known vulnerabilities" not in table and "1 finding without a fix left out" in table


def ignore(scan, *rules):
    path = scan.folder / "ignore.toml"
    path.write_text("\n".join("[[ignore]]\n" + rule for rule in rules))
    return ["--ignore", "ignore.toml"]


@pytest.mark.parametrize(
    "rule,ignored",
    [
        ('id = "CVE-2021-0001"', ["CVE-2021-0001"]),
        (f'id = "{tiny.ghsa(1)}"', ["CVE-2021-0001"]),
        ('id = "PYSEC-2021-*"', ["CVE-2021-0010"]),
        ('package = "lodash"', ["CVE-2021-0001", "CVE-2021-0002"]),
        ('package = "lo*"', ["CVE-2021-0001", "CVE-2021-0002"]),
        ('package = "@babel/traverse"', ["CVE-2021-0006"]),
        ('package = "@babel/*"', ["CVE-2021-0006"]),
        ('package = "org.example:core"', ["CVE-2021-0020"]),
        ('package = "core"', ["CVE-2021-0020"]),
        ('path = "lib/*.jar"', ["CVE-2021-0020"]),
        ('path = "**/core.jar"', ["CVE-2021-0020"]),
        ('path = "*.jar"', []),
        ('id = "CVE-2021-0001"\npackage = "minimist"', []),
        ('id = "CVE-2021-0001"\nexpires = 2999-01-01', ["CVE-2021-0001"]),
        ('id = "CVE-2021-0001"\nexpires = 2021-01-01', []),
        ('id = "CVE-2021-0001"\nexpires = "2021-01-01"', []),
    ],
)
def test_ignore(scan, rule, ignored):
    report = scan.json(*ignore(scan, rule + '\nreason = "we do not call it"'), "app")
    assert ids(report, ignored=True) == ignored
    assert {f["ignored"] for f in report["findings"] if "ignored" in f} <= {"we do not call it"}
    assert set(ids(report)) | set(ignored) == set(APP)
    assert report["summary"]["findings"]["ignored"] == len(ignored)
    assert report["summary"]["findings"]["total"] == len(APP) - len(ignored)


def test_ignored_source_package(scan):
    report = scan.json(*ignore(scan, 'package = "openssl"\nreason = "x"'), "debian")
    assert ids(report, ignored=True) == ["CVE-2021-0030", "CVE-2021-0031"] and "CVE-2021-0030" not in ids(report)


def test_ignored_findings_do_not_fail(scan):
    target = scan.target("one", {"package-lock.json": tiny.lock({"minimist": "1.2.0"})})
    rule = 'id = "CVE-2021-0003"\nreason = "not reached"'
    scan.run("--fail-on", "untriaged", target, code=1)
    scan.run("--fail-on", "untriaged", *ignore(scan, rule), target)
    table = scan.run(*ignore(scan, rule), target)
    assert "1 finding ignored by rule." in table and "No other known vulnerabilities" in table
    log = json.loads(scan.run("--format", "sarif", *ignore(scan, rule), target))
    assert log["runs"][0]["results"][0]["suppressions"] == [{"kind": "external", "justification": "not reached"}]
    (row,) = csv.DictReader(io.StringIO(scan.run("--format", "csv", *ignore(scan, rule), target)))
    assert row["ignored"] == "not reached"


def test_expired_rules_are_told(scan):
    done = scan.done(*ignore(scan, 'id = "CVE-2021-0001"\nreason = "x"\nexpires = 2021-01-01'), "app")
    assert b"expired" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        '[[ignore]]\nid = "CVE-1"\n',
        '[[ignore]]\nreason = "all"\n',
        '[[ignore]]\nid = ""\nreason = "all"\n',
        '[[ignore]]\nid = "CVE-1"\npackage = ["a", "b"]\nreason = "x"\n',
        '[[ignore]]\nid = "CVE-1"\ncve = "x"\nreason = "x"\n',
        '[[ignore]]\nid = "CVE-1"\nreason = "x"\nexpires = "soon"\n',
        '[ignore]\nid = "CVE-1"\nreason = "x"\n',
        '[[ignores]]\nid = "CVE-1"\nreason = "x"\n',
        'ignore = 1\n',
        "[[ignore",
    ],
)
def test_rules_that_are_wrong_are_refused(scan, text):
    """A rule that is not understood must neither ignore more nor be passed over in silence."""
    (scan.folder / "bad.toml").write_text(text)
    done = scan.done("--ignore", "bad.toml", "app")
    assert done.returncode == 3 and done.stderr.startswith(b"assay: ") and not done.stdout


# ---- what is not judged ----


def test_unknown_versions_are_reported(scan):
    target = scan.target("odd", {"x-1.dist-info/METADATA": "Name: django\nVersion: one.two\n"})
    report = scan.json(target)
    (finding,) = report["findings"]
    assert finding["id"] == "CVE-2021-0010" and finding["verdict"] == "unknown"
    assert report["summary"]["findings"]["unknown"] == 1
    assert "Could not be judged" in scan.run(target)


def test_owned_packages_are_judged_once(scan):
    report = scan.json("debian")
    found = [(f["package"]["type"], f["package"].get("path", "")) for f in report["findings"] if f["id"] == "CVE-2021-0010"]
    assert sorted(t for t, _ in found) == ["deb", "pypi"], found
    assert dict(found)["pypi"].startswith("opt/venv/")
    assert report["summary"]["packages"]["owned"] == 1


def test_requirements_without_a_version_are_counted(scan):
    assert scan.json("app")["summary"]["packages"]["unresolved"] == 1
    assert "1 package without one version, so not judged." in scan.run("app")


@pytest.mark.parametrize("name", ["go.mod", "Gemfile.lock", "App.deps.json"])
def test_lock_files_that_are_not_read_are_told_of(scan, name):
    """No finding in a project of Go must not mean that there is none."""
    target = scan.target("unread", {f"service/{name}": "?"})
    (problem,) = scan.json(target, code=4)["problems"]
    assert problem["path"] == f"service/{name}" and problem["error"] == "unsupported"
    shutil.rmtree(scan.folder / target)
    # what a package brings along of its author's says nothing of what is here
    scan.run(scan.target("unread", {f"node_modules/a/{name}": "?"}))
    scan.run(scan.target("stratagems", {f"stratagems/{name}": "?"}), code=4)


POETRY = '[tool.poetry.dependencies]\npython = "^3.9"\n'
GRADLE = "dependencies { implementation 'a:b:1.+' }"
CRATE = '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+x"\n'
PHP = '{"packages": [{"name": "a/b", "version": "1.0.0"}]}'


@pytest.mark.parametrize(
    "name,text,settles,content",
    [
        ("package.json", '{"dependencies": {"a": "^1"}}', "package-lock.json", tiny.lock({"a": "1.0.0"})),
        ("package.json", '{"dependencies": {"a": "^1"}}', "node_modules/a/package.json", '{"name": "a", "version": "1.0.0"}'),
        ("composer.json", '{"require": {"php": ">=8", "a/b": "^1"}}', "composer.lock", PHP),
        ("composer.json", '{"require": {"a/b": "^1"}}', "vendor/composer/installed.json", PHP),
        ("Cargo.toml", '[dependencies]\na = "1"\n', "Cargo.lock", CRATE),
        ("Cargo.toml", '[target."cfg(unix)".dependencies]\na = "1"\n', "Cargo.lock", CRATE),
        ("pyproject.toml", POETRY + 'a = "^1"\n', ".venv/lib/python3.12/site-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n"),
        ("Pipfile", '[packages]\na = "*"\n', "Pipfile.lock", '{"default": {"a": {"version": "==1.0"}}}'),
        ("build.gradle", GRADLE, "gradle.lockfile", "a:b:1.0=compileClasspath\n"),
        ("build.gradle.kts", GRADLE, "gradle.lockfile", "a:b:1.0=compileClasspath\n"),
    ],
)
def test_projects_without_versions_are_told_of(scan, name, text, settles, content):
    """No finding in a project that was never installed must not mean that there is none."""
    for project in ("service/", ""):
        target = scan.target(f"alone-{project}", {project + name: text})
        (problem,) = scan.json(target, code=4)["problems"]
        assert problem["path"] == project + name and problem["error"] == "missing"
        target = scan.target(f"locked-{project}", {project + name: text, project + settles: content})
        assert "problems" not in scan.json(target)
    # a workspace has them above; another project's say nothing, nor do those of a folder below
    assert "problems" not in scan.json(scan.target("workspace", {f"packages/one/{name}": text, settles: content}))
    for other in ("other/", "service/other/"):
        target = scan.target("others-" + other.replace("/", "-"), {f"service/{name}": text, other + settles: content})
        assert len(scan.json(target, code=4)["problems"]) == 1
    for installed in ("node_modules/x/", "vendor/x/", "usr/local/cargo/registry/src/x/"):
        assert "problems" not in scan.json(scan.target("installed", {installed + name: text}))


@pytest.mark.parametrize(
    "name,text",
    [
        ("package.json", '{"type": "module", "dependencies": {"own": "workspace:*"}, "devDependencies": {"a": "1"}}'),
        ("composer.json", '{"require": {"php": ">=8", "ext-json": "*"}}'),
        ("Cargo.toml", '[dependencies]\nown = { path = "../own" }\n'),
        ("pyproject.toml", POETRY),
        ("build.gradle", "plugins { id 'base' }"),
    ],
)
def test_projects_that_need_no_packages(scan, name, text):
    assert "problems" not in scan.json(scan.target("needs-none", {name: text}))


def test_projects_of_distribution_packages_are_its_concern(scan):
    """As Debian installs modules of Node.js: what they need are other packages of it."""
    module = {
        "usr/share/nodejs/a/package.json": '{"dependencies": {"b": "^1"}}',
        "var/lib/dpkg/info/node-a.list": "/usr/share/nodejs/a/package.json\n",
    }
    assert "problems" not in scan.json(scan.target("modules", tiny.host() | module))
    # half of it is not
    assert scan.json(scan.target("module", {"usr/share/nodejs/a/package.json": "{"}), code=4)["problems"]


def test_nothing_here(scan):
    target = scan.target("empty", {"README": "nothing"})
    assert "No packages were found here" in scan.run(target)
    target = scan.target("other", {"requirements.txt": "django>=1\n"})
    assert "None of the packages could be judged" in scan.run(target)
    target = scan.target("clean", {"package-lock.json": tiny.lock({"ms": "2.1.3"})})
    assert "No known vulnerabilities" in scan.run(target)


# ---- why ----


@pytest.mark.parametrize(
    "name,identifier,target",
    [
        ("affected", "CVE-2021-0001", "app"),
        ("affected", "cve-2021-0001", "app"),
        ("affected", "ghsa-aaaa-bbbb-0001", "app"),
        ("not-affected", "CVE-2021-0002", "newer"),
        ("unknown", "CVE-2021-0010", "odd"),
        ("withdrawn", "CVE-2021-0005", "app"),
        ("owned", "PYSEC-2021-1", "debian"),
        ("elsewhere", "CVE-2021-0020", "newer"),
    ],
)
def test_why(scan, golden, name, identifier, target):
    scan.target("newer", {"package-lock.json": tiny.lock({"lodash": "4.17.19"})})
    scan.target("odd", {"x-1.dist-info/METADATA": "Name: django\nVersion: one.two\n"})
    text = scan.run("--why", identifier, target)
    golden(f"why/{name}.txt", text.replace(identifier, identifier.upper()) if name == "elsewhere" else text)


def test_why_unknown_id(scan):
    assert b"CVE-1999-0001 is not in the advisory database" in scan.done("--why", "CVE-1999-0001", "app").stderr
    scan.run("--why", "CVE-1999-0001", "app", code=3)


# ---- where it goes ----


def test_output(scan):
    assert scan.run("--format", "json", "--output", "out.json", "app") == ""
    out = json.loads((scan.folder / "out.json").read_text())
    assert set(ids(out)) == set(APP)
    scan.run("--output", "out.json", "app")
    assert (scan.folder / "out.json").read_text().startswith("app\n"), "replaced as a whole"
    assert sorted(p.name for p in scan.folder.iterdir() if "tmp" in p.name) == []


def test_output_that_cannot_be_written(scan):
    scan.run("--output", "absent/out.json", "app", code=3)
    scan.run("--output", "app", "app", code=3)
    done = scan.done("--output", "/dev/full", "--format", "json", "app")
    assert done.returncode == 3 and b"/dev/full" in done.stderr
    assert subprocess.run(
        [scan.assay, "scan", "--db", scan.db, "--format", "json", "app"], cwd=scan.folder, stdout=open("/dev/full", "wb"),
        stderr=subprocess.PIPE, check=False,
    ).returncode == 3


def test_output_is_whole_or_not_there(scan):
    """When the disk is full (here: a limit on the size of files) the old report stays."""
    (scan.folder / "out.json").write_text("old")
    done = scan.done("--output", "out.json", "--format", "json", "app", preexec_fn=small_files)
    assert done.returncode == 3 and b"out.json" in done.stderr
    assert (scan.folder / "out.json").read_text() == "old"
    assert [p.name for p in scan.folder.iterdir() if "tmp" in p.name] == []


def small_files():
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_output_to_a_pipe_by_name(scan):
    assert set(ids(json.loads(scan.run("--format", "json", "--output", "/dev/stdout", "app")))) == set(APP)


def test_a_report_that_cannot_be_written_is_told_of_once(scan):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([scan.assay, "scan", "--db", scan.db, "app"], cwd=scan.folder, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3 and done.stderr == b"assay: standard output: No space left on device\n"
    done = scan.done("--output", "absent/report", "app")
    assert done.returncode == 3 and done.stderr == b"assay: absent/report: No such file or directory\n"


def test_targets_that_are_names_of_images(scan):
    for name, hint in (("alpine", True), ("alpine:3.18", True), ("./alpine", False), ("/absent", False)):
        done = scan.done(name)
        assert done.returncode == 3 and (b"registry:HOST/NAME:TAG" in done.stderr) == hint, done.stderr


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_reader_that_leaves(scan, form):
    """`assay scan | head -1` says nothing of it, and does not claim to have failed for another reason."""
    packages = {f"p{i}/node_modules/lodash": "4.17.15" for i in range(2000)}
    target = scan.target("many", {"package-lock.json": tiny.lock(packages)})
    child = subprocess.Popen(
        [scan.assay, "scan", "--db", scan.db, "--all", "--format", form, target], cwd=scan.folder, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    child.stdout.readline()
    child.stdout.close()
    assert child.stderr.read() == b""
    assert child.wait() in (0, -signal.SIGPIPE)


# ---- the table ----


def on_terminal(command, columns, **env):
    """What the command prints on a terminal so wide."""
    leader, follower = pty.openpty()
    attributes = termios.tcgetattr(follower)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(follower, termios.TCSANOW, attributes)
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LC_ALL", "LANG", "LC_CTYPE")}
    child = subprocess.Popen(command, stdout=follower, env=environment | {"TERM": "xterm"} | env)
    os.close(follower)
    text = b""
    try:
        while part := os.read(leader, 65536):
            text += part
    except OSError:  # the end of a terminal
        pass
    os.close(leader)
    child.wait()
    return text.decode()


def without_times(text):
    text = re.sub(r"\d+\.\d\d s", "0.00 s", text)
    return re.sub(r"\d+ days old", "N days old", text)


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def commands(line):
    """Commands are told whole, even over the edge: they are there to be copied."""
    return re.match(r"   (npm|pip|use|apt-get|poetry) ", line)


@pytest.mark.parametrize("colour", [True, False], ids=["colour", "plain"])
@pytest.mark.parametrize("charset", ["C.UTF-8", "C"])
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("target", ["app", "debian", "hostile"])
def test_table(scan, golden, target, columns, charset, colour):
    scan.target("hostile", hostile())
    env = {"LC_ALL": charset} | ({} if colour else {"NO_COLOR": "1"})
    command = [scan.assay, "scan", "--db", scan.db, "--all", str(target)]
    os.chdir(scan.folder)
    text = without_times(on_terminal(command, columns, **env))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert (text != plain) == colour
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", plain)
    for line in plain.splitlines():
        assert width(line) <= columns or commands(line), line
        assert line == line.rstrip() or "\u2500" in line, line
    if charset == "C":
        plain.encode("ascii")
    golden(f"table/{target}-{columns}-{charset.lower().replace('.', '')}{'-colour' if colour else ''}.txt", text)


def hostile():
    """Names that people would not choose."""
    return {
        "package-lock.json": tiny.lock({"lodash": "4.17.15-\x1b[31mred", "left-pad": "1" * 300, "minimist": "1.2.0"}),
        "\u8def\u5f84/\u202egnp.exe/package-lock.json": tiny.lock({"is-odd": "1.0.0"}),
        ("long/" * 40) + "package-lock.json": tiny.lock({"is-even": "1.0.0"}),
        "bad\x1b]0;title\x07/package-lock.json": "{",
    }


@pytest.mark.parametrize("how,env,coloured", [("always", {"NO_COLOR": "1"}, True), ("never", {}, False), ("auto", {}, False)])
def test_colour_in_a_pipe(scan, how, env, coloured):
    text = scan.run("--color", how, "app", env=os.environ | env)
    assert ("\x1b[" in text) == coloured


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": ""}, {"NO_COLOR": "1"}], ids=str)
def test_no_colour_on_a_terminal(scan, env):
    os.chdir(scan.folder)
    assert "\x1b" not in on_terminal([scan.assay, "scan", "--db", scan.db, "app"], 80, **env)


def test_colour_nonsense(scan):
    scan.run("--color", "sometimes", "app", code=2)

"""What the program, its --help, its manual pages, the README and the guides say of each other."""

import json
import re
import shutil
import subprocess
import zipfile

import pytest

from common import ROOT, need

COMMANDS = ["aws", "collect", "cvss", "db", "inventory", "key", "match", "purl", "reach", "scan", "serve", "token", "user", "version"]
WITH_SUBCOMMANDS = ["aws", "db", "key", "token", "user"]  # which take their own options
ADVISORY = {
    "id": "PYSEC-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "aliases": ["CVE-2026-0001"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "flawed"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }
    ],
}


@pytest.fixture(scope="module")
def run(assay):
    def run(*arguments, text="", **options):
        return subprocess.run(
            [assay, *map(str, arguments)], input=text, capture_output=True, text=True, check=False, **options
        )

    return run


@pytest.fixture(scope="module")
def helps(run):
    """The help of each command; that of the program is under None."""
    return {None: run("--help").stdout} | {c: run(c, "--help").stdout for c in COMMANDS}


def options_of(text):
    """Options that begin a line of a help, and whether they take a value."""
    found = re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]+)( [A-Z])?", text, re.M)
    return {name: bool(value) for name, value in found}


def subcommands_of(text):
    part = re.search(r"^subcommands:\n(.*?)\n\n", text, re.M | re.S)
    return re.findall(r"^  ([a-z]+)", part[1], re.M) if part else []


# --help


def test_every_command_is_listed(helps):
    listed = re.search(r"^commands:\n(.*?)\n\n", helps[None], re.M | re.S)[1]
    sources = {p.stem for p in (ROOT / "src" / "cmd").glob("*.c") if "const struct command command_" in p.read_text()}
    assert re.findall(r"^  (\w+)", listed, re.M) == COMMANDS == sorted(sources)


@pytest.mark.parametrize("command", COMMANDS)
def test_help(run, command):
    asked = [run(command, "--help"), run(command, "-h"), run("help", command)]
    assert all(a.returncode == 0 and not a.stderr for a in asked)
    text = asked[0].stdout
    assert {a.stdout for a in asked} == {text}
    assert text.startswith(f"usage: assay {command}")
    for part in ("\n  -h, --help", "\nexit codes:\n", "\nexample"):
        assert part in text
    assert not [line for line in text.splitlines() if len(line) > 79]


def test_help_of_the_program(run, helps):
    assert run("help").stdout == run("-h").stdout == helps[None]
    assert not [line for line in helps[None].splitlines() if len(line) > 79]
    bare = run()
    assert bare.returncode == 2 and bare.stderr == helps[None] and not bare.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_options_of_the_help_are_taken(run, helps, command):
    for option, value in options_of(helps[command]).items():
        if option == "--help":
            continue
        attempts = [[command, sub] for sub in subcommands_of(helps[command])] if command in WITH_SUBCOMMANDS else [[command]]
        said = [run(*a, f"{option}=x" if value else option, "--nonsense") for a in attempts]
        assert all(s.returncode == 2 for s in said)  # nothing was done
        assert any(f"'{option}" not in s.stderr or "no option" not in s.stderr for s in said), option


@pytest.mark.parametrize("command", COMMANDS)
def test_options_of_the_program_are_in_the_help(helps, command):
    sources = sorted((ROOT / "src" / "cmd").glob(f"{command}*.c"))
    taken = {f"--{o}" for s in sources for o in re.findall(r'\{"([a-z-]+)", (?:required|no)_argument', s.read_text())}
    assert taken | {"--help"} == set(options_of(helps[command]))


# manual pages


def page_of(command):
    return ROOT / "man" / f"assay{'-' + command if command else ''}.1.scd"


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_manual_page_has_the_options_of_the_help(helps, command):
    page = page_of(command).read_text()
    lines = [line for line in page.splitlines() if re.match(r"\*-", line)]
    named = {o for line in lines for o in re.findall(r"\*(--[a-z-]+)\*", line)}
    assert named == set(options_of(helps[command]))


@pytest.mark.parametrize("command", COMMANDS)
def test_manual_page_has_the_exit_codes_of_the_help(helps, command):
    codes = re.findall(r"^  ([0-4])  ", helps[command].split("exit codes:\n")[1], re.M)
    status = page_of(command).read_text().split("# EXIT STATUS")[1].split("\n# ")[0]
    assert codes and codes == re.findall(r"^\*([0-4])\*$", status, re.M)


def test_manual_pages_are_built():
    built = re.findall(r"'(assay[a-z-]*\.\d)'", (ROOT / "man" / "meson.build").read_text())
    assert sorted(p.name for p in (ROOT / "man").glob("*.scd")) == sorted(f"{page}.scd" for page in built)
    named = set(re.findall(r"\*(assay[a-z-]*)\*\((\d)\)", "".join(p.read_text() for p in (ROOT / "man").glob("*.scd"))))
    assert {f"{name}.{section}" for name, section in named} == set(built)


def test_manual_pages_are_sound():
    need("scdoc")
    for page in (ROOT / "man").glob("*.scd"):
        done = subprocess.run(["scdoc"], input=page.read_bytes(), capture_output=True, check=False)
        assert done.returncode == 0, f"{page.name}: {done.stderr.decode()}"


# the README and the guides


def documents():
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def commands_in(path):
    """The command lines of code blocks: indented lines that begin with the program, a prompt or another command before it or not."""
    for line in path.read_text().splitlines():
        if line.startswith("    "):
            yield from re.findall(r"(?:^    |\| |&& |; |- run: |\$ |build/)((?:assay|\./dev) [^|&#>)]*)", line)


@pytest.mark.parametrize("path", documents(), ids=lambda p: p.name)
def test_commands_of_the_documents_exist(helps, path):
    dev = subprocess.run([ROOT / "dev"], capture_output=True, text=True, check=True).stdout
    for line in commands_in(path):
        words = line.split()
        if words[0] == "./dev":
            assert re.search(rf"^  {words[1]} ", dev, re.M), line
            continue
        if words[1] == "COMMAND":
            continue
        assert words[1] in COMMANDS, line
        subcommands = subcommands_of(helps[words[1]])
        assert not subcommands or words[2] in subcommands, line
        for word in words[2:]:
            if word.startswith("--"):
                assert word.split("=")[0] in options_of(helps[words[1]]), line


def test_the_readme_has_commands():
    assert len(list(commands_in(ROOT / "README.md"))) > 15


@pytest.mark.parametrize("path", documents(), ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target


# errors


@pytest.mark.parametrize(
    "arguments,says",
    [
        (["nonsense"], "no command 'nonsense'"),
        (["scna", "a"], "no command 'scna'; did you mean 'scan'?"),
        (["scan", "--formt=json", "a"], "no option '--formt=json'; did you mean '--format'?"),
        (["db", "updaet"], "no subcommand 'updaet'; did you mean 'update'?"),
        (["aws", "add", "12345678901"], "an account is twelve digits, not '12345678901'"),
        (["user", "lst"], "no subcommand 'lst'; did you mean 'list'?"),
        (["version"], "assay's own version: assay --version"),
        (["help", "nonsense"], "no command 'nonsense'"),
        (["scan"], "which target?"),
        (["scan", "a", "b"], "one target at a time"),
        (["scan", "--nonsense", "a"], "no option '--nonsense'"),
        (["scan", "-z", "a"], "no option '-z'"),
        (["scan", "a", "--format"], "option '--format' needs a value"),
        (["scan", "a", "-f"], "option '-f' needs a value"),
        (["scan", "--format", "pdf", "a"], "no format 'pdf': table, json, csv, sarif, cyclonedx or spdx"),
        (["scan", "--fail-on", "bad", "a"], "critical, high, medium, low, informational or untriaged, not 'bad'"),
        (["scan", "--color", "blue", "a"], "auto, always or never, not 'blue'"),
        (["inventory"], "which target?"),
        (["inventory", "--format", "sarif", "a"], "table, json, cyclonedx or spdx"),
        (["match", "a"], "inventories come from standard input"),
        (["db"], "which of its subcommands?"),
        (["db", "nonsense"], "no subcommand 'nonsense'"),
        (["db", "show"], "'show' takes 1 argument, not 0"),
        (["db", "diff", "a"], "'diff' takes 2 arguments, not 1"),
        (["db", "info", "a", "b"], "'info' takes at most 1 argument, not 2"),
        (["db", "update", "--attempts", "x"], "--attempts takes a number from 1 on, not 'x'"),
        (["db", "build"], "'build' needs --from DIRECTORY"),
        (["version"], "which of its subcommands?"),
        (["user"], "which of its subcommands?"),
        (["key", "nonsense"], "no subcommand 'nonsense'"),
        (["key", "create"], "'create' takes 1 argument, not 0"),
        (["token", "create", "a", "b"], "'create' takes at most 1 argument, not 2"),
        (["token", "list", "--format", "credentials"], "no format 'credentials': table or json"),
        (["version", "compare", "nonsense", "1", "2"], "no version scheme 'nonsense'; see 'assay version schemes'"),
        (["cvss", "a", "b"], "one VECTOR"),
        (["purl", "--nonsense"], "one PURL"),
    ],
    ids=" ".join,
)
def test_usage_errors(run, arguments, says):
    done = run(*arguments)
    assert done.returncode == 2 and not done.stdout
    assert says in done.stderr and re.search(r"See 'assay( \w+)? --help'\.\n$", done.stderr)


def test_a_target_without_a_command(run, tmp_path):
    done = run(tmp_path)
    assert done.returncode == 2 and f"assay scan {tmp_path}\n" in done.stderr


# exit codes


@pytest.fixture(scope="module")
def feeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    (folder / "osv/PyPI").mkdir(parents=True)
    with zipfile.ZipFile(folder / "osv/PyPI/all.zip", "w") as z:
        z.writestr("PYSEC-2026-1.json", json.dumps(ADVISORY))
    return folder


@pytest.fixture(scope="module")
def db(run, feeds):
    done = run("db", "build", "--from", feeds, "--feed", "osv/PyPI", "--output", feeds / "a.db")
    assert done.returncode == 0, done.stderr
    return feeds / "a.db"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "requirements.txt").write_text("flawed==1.0\n")
    return tmp_path


def test_exit_codes_of_scan(run, db, project):
    def scan(*arguments):
        return run("scan", "--db", db, *arguments)

    assert scan(project).returncode == 0
    assert scan("--fail-on", "high", project).returncode == 1  # 7.5
    assert scan("--fail-on", "Critical", project).returncode == 0
    assert scan("--fail-on", "untriaged", project).returncode == 1
    assert scan(project / "absent").returncode == 3
    assert run("scan", "--db", project / "absent", project).returncode == 3
    assert scan("--output", project / "absent/report", project).returncode == 3
    assert scan("--why", "cve-2026-0001", project).returncode == 0
    assert scan("--why", "CVE-2026-9999", project).returncode == 3
    (project / "broken.jar").write_text("no jar")
    partial = scan(project)
    assert partial.returncode == 4 and "broken.jar" in partial.stdout and "CVE-2026-0001" in partial.stdout
    assert max(map(len, partial.stdout.splitlines())) <= 80
    assert scan("--fail-on", "high", project).returncode == 1  # before 4
    assert run("inventory", project).returncode == 4


def test_exit_codes_of_ignored_findings(run, db, project):
    rules = project / "ignore.toml"

    def scan(text):
        rules.write_text(text)
        return run("scan", "--db", db, "--fail-on", "low", "--ignore", rules, project)

    fitting = '[[ignore]]\nid = "CVE-2026-0001"\npackage = "flaw*"\npath = "**/*.txt"\nreason = "a test"\n'
    assert scan(fitting).returncode == 0
    assert scan(fitting.replace("flaw*", "other")).returncode == 1
    assert scan(fitting + "expires = 2099-01-01\n").returncode == 0
    expired = scan(fitting + "expires = 2020-01-01\n")
    assert expired.returncode == 1 and "1 rule has expired and no longer counts" in expired.stderr
    for text, says in [
        (fitting.replace("package", "pakage"), "no such member 'pakage'"),
        (fitting.replace('reason = "a test"\n', ""), "gives no reason"),
        ('[[ignore]]\nreason = "all"\n', "it would ignore everything"),
        (fitting.replace("[[ignore]]", "[[ignored]]"), "each rule begins with [[ignore]]"),
        (fitting.replace("[[ignore]]", "[ignore]"), "each rule begins with [[ignore]]"),
        ("[[ignore", "line 1"),
    ]:
        wrong = scan(text)
        assert wrong.returncode == 3 and says in wrong.stderr and str(rules) in wrong.stderr


def test_exit_codes_of_db(run, db, feeds, tmp_path):
    def build(*names):
        wanted = [word for name in names for word in ("--feed", name)]
        return run("db", "build", "--from", feeds, *wanted, "--output", tmp_path / "b.db")

    assert build("osv/PyPI").returncode == 0
    partly = build("osv/PyPI", "kev")
    assert partly.returncode == 4 and "kev" in partly.stderr
    assert build("kev").returncode == 3
    assert build("nonsense").returncode == 3
    absent = run("db", "update", "--from", tmp_path / "absent", "--db", tmp_path / "c.db")
    assert absent.returncode == 3 and absent.stderr.count("\n") == 1
    assert run("db", "info", tmp_path / "b.db").returncode == 0
    assert run("db", "show", "--db", db, "CVE-2026-0001").returncode == 0
    assert run("db", "show", "--db", db, "CVE-2026-9999").returncode == 3
    assert run("db", "diff", db, tmp_path / "b.db").returncode == 0
    assert run("db", "verify", db).returncode == 0
    whole = db.read_bytes()
    (tmp_path / "half.db").write_bytes(whole[: len(whole) // 2])
    assert run("db", "verify", tmp_path / "half.db").returncode == 3


def test_skipped_records_are_told_and_not_out_of_date(run, feeds, project):
    source = project / "feeds"
    shutil.copytree(feeds, source)
    with zipfile.ZipFile(source / "osv/PyPI/all.zip", "a") as z:
        z.writestr("no-id.json", "{}")
    run("db", "build", "--from", source, "--feed", "osv/PyPI", "--output", project / "b.db")
    info, table = run("db", "info", project / "b.db").stdout, run("scan", "--db", project / "b.db", project).stdout
    assert "ok, see below" in info and "1 records skipped: an OSV record without an id" in info
    assert "CVE-2026-0001" in table and "Not up to date" not in table


COMPLETIONS = [
    (["sc"], "scan"),
    (["scan", "--why"], "--why"),
    (["scan", "--fail-on", "h"], "high"),
    (["db", "up"], "update"),
    (["version", "comp"], "compare"),
    (["inventory", "--format", "cy"], "cyclonedx"),
    (["key", "create", "--format", "cr"], "credentials"),
    (["user", "add", "amy", "--role", "re"], "read-only"),
]


@pytest.mark.parametrize("words,expected", COMPLETIONS, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_completion_of_bash(assay, words, expected):
    script = (
        'assay() { "$ASSAY" "$@"; }; . "$COMPLETION"; COMP_WORDS=(assay "$@"); COMP_CWORD=$#; _assay; echo "${COMPREPLY[*]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", *words],
        env={"ASSAY": assay, "COMPLETION": ROOT / "packaging/completions/assay.bash", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [expected]


def test_no_database(run, project):
    done = run("scan", project, env={"ASSAY_DB": str(project / "absent")})
    assert done.returncode == 3 and "no such advisory database, which ASSAY_DB names" in done.stderr


def test_exit_codes_of_batches(run, db):
    assert run("match", "--db", db, text='{"packages":[{"type":"pypi","name":"flawed","version":"1"}]}\n').returncode == 0
    assert run("match", "--db", db, text="nonsense\n").returncode == 3
    for command, right in (
        (["version", "compare", "deb"], "1\t2"),
        (["cvss"], "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
        (["purl"], "pkg:npm/a@1"),
    ):
        assert run(*command, text=right + "\n").returncode == 0
        assert run(*command, text=right + "\nnonsense\n").returncode == 1
    assert run("cvss", "nonsense").returncode == run("purl", "nonsense").returncode == 3


def test_nothing_judged_is_not_no_vulnerabilities(run, db, tmp_path):
    (tmp_path / "Cargo.lock").write_text('version = 3\n[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+x"\n')
    text = run("scan", "--db", db, tmp_path).stdout
    assert "None of the packages could be judged" in text and "No known vulnerabilities" not in text

"""assay user, key and token on the data of a server."""

import configparser
import datetime
import io
import json
import os
import re
import sqlite3
import stat
import subprocess

import pytest

from common import ROOT

ACCOUNT = 123456789012


@pytest.fixture
def data(tmp_path):
    """A server's data with one account, as a server that has just started leaves it."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    add_state(folder / "state.db")
    return folder


def add_state(path, *accounts):
    steps = sorted((ROOT / "src/store/sqlite").glob("*.sql"))
    with sqlite3.connect(path) as db:
        for step in steps:
            db.executescript(step.read_text())
        db.execute(f"PRAGMA user_version = {len(steps)}")
        db.execute(f"PRAGMA application_id = {int.from_bytes(b'assy', 'big')}")
        for account in accounts or [ACCOUNT]:
            db.execute("INSERT INTO account VALUES (?, 0)", [account])


@pytest.fixture
def run(assay, data):
    def run(*arguments, code=0, folder=data):
        command = [assay, *arguments, "--data", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    return run


def listed(run, what):
    return json.loads(run(what, "list", "--format", "json"))[what + "s"]


def test_users(run):
    assert run("user", "add", "amy", "--role", "admin") == ""
    run("user", "add", "bob@example.org")
    assert [(u["name"], u["role"]) for u in listed(run, "user")] == [("amy", "admin"), ("bob@example.org", "read-only")]
    run("user", "add", "amy", "--role", "read-only")
    assert {u["role"] for u in listed(run, "user")} == {"read-only"}
    table = run("user", "list")
    assert re.search(r"^amy +read-only +20\d\d-", table, re.M)
    run("user", "remove", "amy")
    assert "no user 'amy'" in run("user", "remove", "amy", code=3)
    assert "letters, digits" in run("user", "add", "a b", code=3)
    assert "enrols with a token" in run("user", "add", "a", "--role", "collector", code=3)
    assert "no role 'boss'" in run("user", "add", "a", "--role", "boss", code=2)


def test_keys(run, data):
    assert "no user 'amy'" in run("key", "create", "amy", code=3)
    run("user", "add", "amy", "--role", "admin")
    shown = run("key", "create", "amy")
    first = re.search(r"\bAKIA[A-Z2-7]{16}\b", shown)[0]
    assert "not shown again" in shown
    file = configparser.ConfigParser()
    file.read_file(io.StringIO(run("key", "create", "amy", "--format", "credentials")))
    assert len(file["assay"]["aws_access_key_id"]) == 20 and len(file["assay"]["aws_secret_access_key"]) == 40
    made = json.loads(run("key", "create", "amy", "--format", "json"))
    assert made["role"] == "admin" and len(made["secretAccessKey"]) == 40
    keys = listed(run, "key")
    assert len(keys) == 3 and not any("secretAccessKey" in k for k in keys)
    master = data / "master.key"
    assert stat.S_IMODE(os.stat(master).st_mode) == 0o600 and master.stat().st_size == 32
    run("key", "disable", first)
    assert {k["accessKeyId"]: k["disabled"] for k in listed(run, "key")}[first]
    assert re.search(rf"^{first} +amy +admin +disabled$", run("key", "list"), re.M)
    run("key", "remove", first)
    assert "no access key" in run("key", "remove", first, code=3)
    assert "no access key" in run("key", "disable", first, code=3)
    os.chmod(master, 0o644)
    assert "others may read" in run("key", "create", "amy", code=3)
    assert len(listed(run, "key")) == 2
    assert "no format 'credentials'" in run("key", "list", "--format", "credentials", code=2)
    run("user", "remove", "amy")
    assert not listed(run, "key")


def test_tokens(run, data):
    token = run("token", "create").strip()
    assert re.fullmatch(r"assay-[a-z2-7]{40}", token)
    made = json.loads(
        run("token", "create", "web", "--expires", "2h", "--uses", "3", "--tag", "a=b=c", "--tag", "d=", "--format", "json")
    )
    until = datetime.datetime.fromisoformat(made["expires"].replace("Z", "+00:00"))
    assert 7100 < (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds() < 7300
    tokens = {t["label"]: t for t in listed(run, "token") if "label" in t}
    assert tokens["web"]["usesLeft"] == 3 and len(listed(run, "token")) == 2
    table = run("token", "list")
    assert re.search(r"^[0-9a-f]{16} +hosts +web +3 +20", table, re.M) and "any number" in table and token not in table
    assert json.loads(run("token", "create", "--expires", "never", "--format", "json")).keys() == {"token"}
    run("token", "create", "--expires", "2099-01-01")
    run("token", "create", "harbor", "--for", "registry")
    assert {t["for"] for t in listed(run, "token") if t.get("label") == "harbor"} == {"registry"}
    with sqlite3.connect(data / "state.db") as db:
        assert db.execute("SELECT tags FROM enrol_token WHERE label = 'web'").fetchone() == ('{"a":"b=c","d":""}',)
        assert token.encode() not in b"".join(p.read_bytes() for p in data.glob("state.db*"))
    run("token", "remove", tokens["web"]["id"])
    assert "no token" in run("token", "remove", tokens["web"]["id"], code=3)
    for option, value in (("--expires", "soon"), ("--expires", "0d"), ("--uses", "0"), ("--for", "x"), ("--tag", "x"), ("--account", "12")):
        assert f"not '{value}'" in run("token", "create", option, value, code=2)


def test_which_data_and_account(run, tmp_path):
    assert "no server's data" in run("user", "list", code=3, folder=tmp_path / "absent")
    assert not (tmp_path / "absent").exists()
    (tmp_path / "text").mkdir()
    (tmp_path / "text/state.db").write_text("nonsense " * 1000)
    assert "not a state" in run("user", "list", code=3, folder=tmp_path / "text")
    two = tmp_path / "two"
    two.mkdir()
    add_state(two / "state.db", 1, 2)
    assert "which one? (--account)" in run("user", "list", code=3, folder=two)
    run("user", "add", "amy", "--account", "000000000002", folder=two)
    assert "amy" in run("user", "list", "--account", "000000000002", folder=two)
    assert "amy" not in run("user", "list", "--account", "000000000001", folder=two)
    assert "no account 000000000003" in run("user", "list", "--account", "000000000003", code=3, folder=two)


def test_while_the_state_is_in_use(run, data):
    """Who reads for long keeps nobody from writing, and a writer only for as long as it writes."""
    run("user", "list")  # as a server leaves it: with its log beside it
    with sqlite3.connect(data / "state.db", isolation_level=None) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM account_user").fetchone()
        run("user", "add", "amy")
        assert db.execute("SELECT count(*) FROM account_user").fetchone() == (0,)
        db.execute("COMMIT")
        assert db.execute("SELECT count(*) FROM account_user").fetchone() == (1,)
    db.close()

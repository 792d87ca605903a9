"""The server as a process: starting, stopping, dying, what it refuses."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest
import tiny
from common import PATIENCE, wait_for
from images import authority


def refused(assay, *arguments, code=3):
    done = subprocess.run([assay, "serve", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    assert "listening" not in done.stdout
    return done.stderr


def test_start_and_stop(server):
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*", server.url)
    for name in ("credentials", "master.key", "state.db"):
        assert (server.data / name).stat().st_mode & 0o077 == 0, name
    assert server.data.stat().st_mode & 0o077 == 0
    key = server.key
    assert server.findings() == []
    server.stop()
    server.start()
    assert server.key == key and server.findings() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_well(server, number):
    server.process.send_signal(number)
    assert server.process.wait(PATIENCE) == 0


def test_the_end_waits_for_no_registry(server):
    """One that takes connections and says nothing; that it was not waited for is no fault of it."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        server.client().enable(resourceTypes=["ECR"])
        server.call("POST", "/assay/v1/origins", {"kind": "REGISTRY", "url": f"http://127.0.0.1:{deaf.getsockname()[1]}"})
        with deaf.accept()[0]:
            begin = time.monotonic()
            server.stop()
            assert time.monotonic() - begin < 30  # a request has 60
        server.start()
        with deaf.accept()[0]:
            assert "error" not in (server.call("GET", "/assay/v1/origins")["origins"][0].get("state") or {})


def test_hangup_is_no_end(server):
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "reloaded" in server.log.read_text())
    assert server.findings() == []


def test_the_default_folder(assay, tiny_db):
    """Of somebody who is not root: all that is kept is there, of this machine, too."""
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder) / "home"
        home.mkdir()
        for path in assay, tiny_db:
            shutil.copy(path, folder)
        root = os.geteuid() == 0
        if root:
            os.chmod(folder, 0o755)
            os.chown(home, 65534, 65534)
        program, db = (pathlib.Path(folder) / pathlib.Path(path).name for path in (assay, tiny_db))
        os.chmod(db, 0o644)
        process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--db", db, "--update-hours", "0"],
            stdout=subprocess.PIPE,
            cwd=home,
            env={"XDG_DATA_HOME": str(home)},
            user=65534 if root else None,
            extra_groups=[] if root else None,
        )
        try:
            assert b"listening on" in process.stdout.readline()
            data = home / "assay" / "server"
            assert (data / "credentials").exists()
            wait_for(lambda: (data / "start").exists())
        finally:
            process.terminate()
            process.communicate(timeout=60)
        assert os.listdir(home) == ["assay"]


def test_a_folder_has_one_server(server, assay, tiny_db):
    says = refused(assay, "--data", server.data, "--listen", "127.0.0.1:0", "--db", tiny_db, "--no-self")
    assert "another server" in says and str(server.process.pid) in says
    server.kill()
    server.start()  # nothing is left behind that keeps it from starting


def test_what_was_there_before_it_was_killed(server, tmp_path):
    root = tiny.write_files(tmp_path / "root", tiny.host())
    host, key = server.enrol("0" * 32)
    server.report(host, key, root)
    before = {f["findingArn"]: f["firstObservedAt"] for f in server.findings()}
    assert before
    server.kill()
    server.start()
    assert {f["findingArn"]: f["firstObservedAt"] for f in server.findings()} == before


def test_this_machine_is_a_host(assay, tiny_db, tmp_path, make_server):
    one = make_server(data=tmp_path / "state")
    one.stop()
    one.process = subprocess.Popen(
        [assay, "serve", "--data", one.data, "--listen", "127.0.0.1:0", "--db", tiny_db, "--update-hours", "0"],
        stdout=subprocess.PIPE,
        stderr=open(one.log, "ab"),
    )
    one.url = one.process.stdout.readline().decode().split()[-1]

    def scanned():
        covered = one.client().list_coverage()["coveredResources"]
        return [c for c in covered if c["scanStatus"]["reason"] == "SUCCESSFUL"]

    (covered,) = wait_for(scanned, 900)  # as long as a scan of all that is on it may take
    assert re.fullmatch("mi-[0-9a-f]{17}", covered["resourceId"]) and covered["resourceType"] == "AWS_EC2_INSTANCE"
    one.stop()


def test_addresses_that_are_not_loopback_take_tls(assay, tmp_path, tiny_db, make_server):
    for address in ("0.0.0.0:0", ":0", "[::]:0"):
        says = refused(assay, "--data", tmp_path / "state", "--listen", address, "--db", tiny_db)
        assert "--tls-cert" in says and "--insecure" in says
    make_server("--insecure").stop()


def test_bad_addresses(assay, tmp_path, tiny_db):
    for address in ("127.0.0.1:99999", "127.0.0.1", "nonsense", "8440"):
        for more in (["--insecure"], []):
            assert "such as 127.0.0.1:8440" in refused(assay, "--data", tmp_path / "state", "--listen", address, "--db", tiny_db, *more)


def test_certificates_that_cannot_be_served(assay, tmp_path, tiny_db):
    files = authority(tmp_path / "tls")
    for certificate, key, says in (
        ("server.key", "server.key", "server.key: no certificate in PEM"),
        ("server.pem", "server.pem", "server.pem: no private key in PEM, or one with a password"),
        ("server.pem", "ca.key", "ca.key: not the key of the first certificate in"),
        ("server.pem", "absent", "absent: no such file"),
    ):
        options = ["--tls-cert", files / certificate, "--tls-key", files / key]
        assert says in refused(assay, "--data", tmp_path / "state", "--listen", "127.0.0.1:0", "--db", tiny_db, *options)


@pytest.mark.parametrize(
    "text,says",
    [
        ("nonsense = 1\n", "line 1: nonsense: there is no such setting"),
        ("\n[days]\nclosed = 1\nopen = 1\n", "line 4: days.open: there is no such setting"),
        ("[day]\n", "day: there is no such section"),
        ("[days]\nclosed = 'x'\n", "line 2: days.closed: a whole number is wanted"),
        ("[days]\nclosed = 0\n", "line 2: days.closed: a number from 1"),
        ("[prices]\necr_rescan = 'x'\n", "line 2: prices.ecr_rescan: a number is wanted"),
        ("[prices]\necr_rescan = -0.5\n", "line 2: prices.ecr_rescan: a price from 0"),
        ("region = 1\n", "line 1: region: a string is wanted"),
        ("insecure = 'yes'\n", "line 1: insecure: true or false is wanted"),
        ("[s3\n", "line 1"),
    ],
)
def test_bad_configurations(assay, tmp_path, text, says):
    file = tmp_path / "assay.toml"
    file.write_text(text)
    said = refused(assay, "--config", file, "--data", tmp_path / "state")
    assert str(file) in said and says in said
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "arguments,says",
    [
        (["--account", "1"], "twelve digits"),
        (["--log-level", "loud"], "error, warning, notice, info or debug"),
        (["--log-format", "xml"], "text or json"),
        (["--tls-cert", "a"], "a certificate and a key"),
        (["--update-hours", "x"], "a number is wanted"),
        (["--update-hours", "99999"], "a number from 0 to"),
        (["here"], "no argument is wanted"),
    ],
)
def test_bad_options(assay, tmp_path, arguments, says):
    assert says in refused(assay, "--data", tmp_path / "state", *arguments, code=2)


def test_the_configuration_is_obeyed_and_options_win(assay, tmp_path, tiny_db, make_server):
    file = tmp_path / "assay.toml"
    file.write_text('region = "eu-west-1"\naccount = "123456789012"\n[log]\nformat = "json"\nlevel = "debug"\n')
    one = make_server("--config", str(file), "--region", "eu-north-1")
    one.stop()
    assert '"message":"stopping"' in one.log.read_text()
    assert "region = eu-north-1" in (one.data / "credentials").read_text()


def test_the_documented_configuration_is_whole():
    """assay-serve(5) has every setting, and no other."""
    root = pathlib.Path(__file__).parents[2]
    section, documented = "", set()
    for line in (root / "man/assay-serve.5.scd").read_text().split("# EXAMPLES")[0].splitlines():
        if match := re.fullmatch(r"## \[(\w+)\]", line):
            section = match[1]
        elif re.match(r"\*\w+\*", line):
            documented |= {(section, key) for key in re.findall(r"\*(\w+)\*", line)}
    source = (root / "src/cmd/serve_config.c").read_text()
    known = re.findall(r'^    \{(?:"[a-z-]+"|NULL), (?:"(\w+)"|NULL), "(\w+)", ', source, re.MULTILINE)
    assert len(known) > 30 and documented == set(known)


def test_a_database_that_is_none(assay, tmp_path):
    (tmp_path / "a.db").write_text("nonsense")
    assert "a.db" in refused(assay, "--data", tmp_path / "state", "--db", tmp_path / "a.db", "--listen", "127.0.0.1:0")
    assert "absent.db" in refused(assay, "--data", tmp_path / "s", "--db", tmp_path / "absent.db", "--listen", "127.0.0.1:0")


def test_secrets_are_nowhere_in_the_clear(server, tmp_path):
    """Neither in the log nor in the state: secrets of keys, tokens, passwords of origins; nor in the metrics."""
    host, (_, collector) = server.enrol("0" * 32)
    secrets = [collector, server.token(), "pass-word-of-the-registry"]
    server.call("POST", "/assay/v1/users", {"name": "reader", "role": "read_only"})
    secrets.append(server.call("POST", "/assay/v1/keys", {"user": "reader"})["secretAccessKey"])
    origin = {"kind": "REGISTRY", "url": "http://127.0.0.1:1", "secret": "me:" + secrets[2]}
    added = server.request("POST", "/assay/v1/origins", origin)
    assert added.ok, added.text
    server.request("GET", "/findings/list?x=" + secrets[1])
    metrics = server.request("GET", "/metrics").content
    server.stop()
    secrets.append(server.key[1])
    files = [f for f in [server.log, *server.data.rglob("*")] if f.is_file() and f.name != "credentials"]
    for secret in secrets:
        for file in files:
            assert secret.encode() not in file.read_bytes(), file
        assert secret.encode() not in metrics


def test_systemd_is_told(tmp_path, make_server):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(str(path))
        notices.settimeout(30)
        os.environ["NOTIFY_SOCKET"] = str(path)
        try:
            one = make_server()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        assert notices.recv(100) == b"READY=1"
        one.stop()
        assert notices.recv(100) == b"STOPPING=1"

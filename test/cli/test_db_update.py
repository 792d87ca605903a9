"""assay db build and assay db update, against an honest little server that can also lie.

The mirror is made here, from hand-made records, in the layout of the feeds. Each test says how the server is to behave
for one path; what must hold afterwards is read from the database with `assay db info` and `assay db show`.
"""

import gzip
import hashlib
import http.server
import io
import json
import lzma
import os
import pathlib
import ssl
import subprocess
import tarfile
import threading
import urllib.parse
import zipfile

import pytest


def osv(identifier, fixed, ecosystem="npm", name="left-pad"):
    return {
        "id": identifier,
        "modified": "2024-01-01T00:00:00Z",
        "aliases": ["CVE-2024-0001"],
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
            }
        ],
    }


def zip_of(records):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for record in records:
            z.writestr(record["id"] + ".json", json.dumps(record))
    return out.getvalue()


def nvd(*cves):
    return json.dumps({"format": "NVD_CVE", "vulnerabilities": [{"cve": {"id": c}} for c in cves]}).encode()


NPM = "osv/npm/all.zip"
KEV = "kev/known_exploited_vulnerabilities.json"
EPSS = "epss/epss_scores-current.csv.gz"
NVD = "nvd/nvdcve-2.0-2024.json.gz"
META = "nvd/nvdcve-2.0-2024.meta"
FEEDS = ["osv/npm", "kev", "epss", "nvd/2024"]


@pytest.fixture
def files():
    kev = {
        "dateReleased": "2025-08-25T00:00:00Z",
        "vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2024-02-01", "dueDate": "2024-02-22"}],
    }
    year = nvd("CVE-2024-0001")
    return {
        NPM: zip_of([osv("GHSA-aaaa-bbbb-cccc", "1.3.0")]),
        KEV: json.dumps(kev).encode(),
        EPSS: gzip.compress(b"#model_version:v1,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\n"
                            b"CVE-2024-0001,0.5,0.9\n"),
        NVD: gzip.compress(year),
        META: f"size:{len(year)}\r\nsha256:{hashlib.sha256(year).hexdigest().upper()}\r\n".encode(),
    }


class Server:
    """Serves `files`; `faults[path]` is a list of names of faults, one used up by each request. Asked for whole URLs it
    answers as a proxy would, and notes them in `urls`."""

    def __init__(self, files, certificate=None):
        self.files, self.faults, self.log, self.urls = files, {}, [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.answer(self)

            def do_CONNECT(self):
                outer.urls.append(self.path)
                outer.send(self, 403, b"no tunnels")

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is each connection's own affair: a client that refuses must not end the server.
            self.httpd.socket = context.wrap_socket(self.httpd.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.httpd.server_port}"
        self.stop = threading.Event()
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def close(self):
        self.stop.set()
        self.httpd.shutdown()
        self.httpd.server_close()

    def answer(self, h):
        path = urllib.parse.urlsplit(h.path).path.lstrip("/").replace("%20", " ")
        self.urls.append(h.path)
        self.log.append((path, dict(h.headers)))
        fault = self.faults[path].pop(0) if self.faults.get(path) else None
        if fault == "500":
            return self.send(h, 500, b"oops")
        if fault == "404" or path not in self.files:
            return self.send(h, 404, b"<html>no</html>")
        if fault == "busy":
            return self.send(h, 503, b"later", {"Retry-After": "0"})
        if fault == "loop":
            return self.send(h, 302, b"", {"Location": h.path})
        if fault == "moved":
            return self.send(h, 302, b"", {"Location": "/" + path.replace(" ", "%20")})
        if fault == "plain":
            return self.send(h, 302, b"", {"Location": f"http://127.0.0.1:{self.plain.httpd.server_port}/{path}"})
        if fault == "file":
            return self.send(h, 302, b"", {"Location": "file:///etc/passwd"})
        body = self.files[path]
        etag = '"' + hashlib.md5(body).hexdigest() + '"'
        headers = {"ETag": etag}
        if fault == "garbage":
            return self.send(h, 200, b"<html>maintenance</html>" * 40, headers)
        if fault == "truncated":  # a whole answer, but not a whole file
            return self.send(h, 200, body[: len(body) // 2], headers)
        if fault == "part":  # promises all and hangs up half way
            return self.send(h, 200, body[: len(body) // 2], headers, promised=len(body))
        if fault == "stall":
            self.send(h, 200, body[: len(body) // 2], headers, promised=len(body), keep=True)
            self.stop.wait(30)
            h.close_connection = True
            return None
        if h.headers.get("If-None-Match") == etag:
            return self.send(h, 304, b"", headers)
        start = h.headers.get("Range", "")
        if start.startswith("bytes=") and h.headers.get("If-Range") == etag:
            at = int(start[6:].rstrip("-"))
            if fault == "wrong range":
                at = 0
            headers["Content-Range"] = f"bytes {at}-{len(body) - 1}/{len(body)}"
            return self.send(h, 206, body[at:], headers)
        return self.send(h, 200, body, headers)

    @staticmethod
    def send(h, status, body, headers=None, promised=None, keep=False):
        h.send_response(status)
        for name, value in (headers or {}).items():
            h.send_header(name, value)
        if status != 304:
            h.send_header("Content-Length", str(len(body) if promised is None else promised))
        h.end_headers()
        try:
            h.wfile.write(body)
            h.wfile.flush()
        except OSError:
            pass
        if promised is not None and not keep:
            h.close_connection = True

    def requests(self, path):
        return [headers for p, headers in self.log if p == path]


@pytest.fixture
def server(files):
    s = Server(files)
    yield s
    s.close()


@pytest.fixture
def run(assay, tmp_path):
    """Runs `assay db ...` on the database of the test."""
    db = tmp_path / "state" / "advisories.db"

    class Run:
        path = db
        cache = pathlib.Path(str(db) + ".cache")

        @staticmethod
        def update(source, *options, feeds=FEEDS, code=0, **variables):
            command = [assay, "db", "update", "--db", str(db), "--from", str(source), "--stall-seconds", "1", *options]
            for feed in feeds:
                command += ["--feed", feed]
            env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | variables
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=env, check=False)
            assert done.returncode == code, done.stderr
            return done.stderr

        @staticmethod
        def json(*command):
            done = subprocess.run(
                [assay, "db", *command, "--db", str(db), "--format", "json"], stdout=subprocess.PIPE, check=False
            )
            return json.loads(done.stdout) if done.returncode == 0 else None

        @classmethod
        def states(cls):
            return {f["name"]: f["state"] for f in cls.json("info")["feeds"]}

        @staticmethod
        def leftovers():
            return [p for s in ("*.new", "*.part", "*.part.state", "*.tmp*") for p in Run.cache.rglob(s)]

    return Run


def test_first_update_then_nothing_new(run, server):
    run.update(server.url)
    assert run.states() == dict.fromkeys(FEEDS, "ok")
    assert run.json("show", "GHSA-aaaa-bbbb-cccc")
    assert run.leftovers() == []
    generation = run.json("info")["generation"]
    server.log.clear()
    text = run.update(server.url)
    assert "0 of them new" in text
    assert run.json("info")["generation"] == generation
    for path in (NPM, KEV, EPSS, NVD):
        (headers,) = server.requests(path)
        assert headers["If-None-Match"]


def test_changed_file_is_taken(run, server):
    run.update(server.url)
    server.files[NPM] = zip_of([osv("GHSA-dddd-eeee-ffff", "2.0.0")])
    assert "1 of them new" in run.update(server.url)
    assert run.json("show", "GHSA-dddd-eeee-ffff")


@pytest.mark.parametrize("fault", ["garbage", "truncated", "404", "loop", "file"])
@pytest.mark.parametrize("path,feed", [(NPM, "osv/npm"), (EPSS, "epss"), (NVD, "nvd/2024"), (KEV, "kev")])
def test_failing_feed_leaves_its_last_good_state(run, server, path, feed, fault):
    run.update(server.url)
    before = (run.cache / path).read_bytes()
    if path != NVD:
        server.files[path] = server.files[path] + b" "
    else:
        server.files[META] = b"sha256:" + b"0" * 64
        server.files[NVD] = gzip.compress(nvd("CVE-2024-0002"))
    server.faults[path] = [fault] * 20
    text = run.update(server.url, "--attempts", "1", code=4)
    assert feed in text
    states = run.states()
    assert "is used" in states.pop(feed)
    assert set(states.values()) == {"ok"}
    assert run.json("show", "GHSA-aaaa-bbbb-cccc")
    assert (run.cache / path).read_bytes() == before
    assert run.leftovers() == []


def test_checksum_is_verified(run, server):
    server.files[META] = b"lastModifiedDate:x\r\nsha256:" + b"A" * 64 + b"\r\n"
    text = run.update(server.url, code=4)
    assert "checksum differs" in text
    states = run.states()
    assert "checksum" in states["nvd/2024"] and states["kev"] == "ok"


@pytest.mark.parametrize("fault", ["500", "busy", "part", "stall"])
def test_retries(run, server, fault):
    server.faults[NPM] = [fault]
    run.update(server.url)
    assert run.states()["osv/npm"] == "ok"
    assert len(server.requests(NPM)) == 2
    assert run.leftovers() == []


@pytest.mark.parametrize("fault", ["part", "stall"])
def test_resumes_in_a_later_process(run, server, fault):
    run.update(server.url)
    server.files[NPM] = zip_of([osv(f"GHSA-{i:04}-xxxx-yyyy", "2.0.0") for i in range(400)])
    server.faults[NPM] = [fault]
    run.update(server.url, "--attempts", "1", code=4)
    assert (run.cache / (NPM + ".new.part")).stat().st_size > 0
    assert run.json("show", "GHSA-aaaa-bbbb-cccc"), "the last good copy is in use"
    server.log.clear()
    run.update(server.url)
    (headers,) = server.requests(NPM)
    assert headers["Range"].startswith("bytes=") and headers["If-Range"]
    assert (run.cache / NPM).read_bytes() == server.files[NPM]
    assert run.json("show", "GHSA-0399-xxxx-yyyy")


def test_a_part_of_something_else_is_not_resumed(run, server):
    server.files[NPM] = zip_of([osv(f"GHSA-{i:04}-xxxx-yyyy", "2.0.0") for i in range(400)])
    server.faults[NPM] = ["part"]
    run.update(server.url, "--attempts", "1", code=4)
    server.files[NPM] = zip_of([osv("GHSA-aaaa-bbbb-cccc", "1.3.0")])
    run.update(server.url)
    assert (run.cache / NPM).read_bytes() == server.files[NPM]


def test_a_wrong_range_is_not_taken(run, server):
    server.files[NPM] = zip_of([osv(f"GHSA-{i:04}-xxxx-yyyy", "2.0.0") for i in range(400)])
    server.faults[NPM] = ["part", "wrong range"]
    run.update(server.url)
    assert (run.cache / NPM).read_bytes() == server.files[NPM]


def test_redirect_is_followed(run, server):
    server.faults[NPM] = ["moved"]
    run.update(server.url)
    assert run.states()["osv/npm"] == "ok"


def test_nothing_at_all_leaves_the_old_database(run, server):
    run.update(server.url)
    before = run.path.read_bytes()
    for path in list(server.files):
        del server.files[path]
        (run.cache / path).unlink(missing_ok=True)
    assert "no feed could be read" in run.update(server.url, code=3)
    assert run.path.read_bytes() == before


def test_server_that_is_not_there(run):
    assert "no feed could be read" in run.update("http://127.0.0.1:9", "--attempts", "1", code=3)
    assert not run.path.exists()


def test_unknown_feed(run, server):
    assert "no feed is called 'nope'" in run.update(server.url, feeds=["nope"], code=3)


def certificate(folder, name):
    """A self-signed certificate for `name` and its key, in one file."""
    pem, key = folder / "server.pem", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(pem)],
        check=True, stderr=subprocess.DEVNULL,
    )
    pem.write_bytes(pem.read_bytes() + key.read_bytes())
    return str(pem)


@pytest.fixture
def secure(files, tmp_path):
    s = Server(files, certificate(tmp_path, "IP:127.0.0.1"))
    s.pem = str(tmp_path / "server.pem")
    yield s
    s.close()


def test_unknown_certificate_is_refused(run, secure):
    text = run.update(secure.url, "--attempts", "3", code=3)
    assert "certificate" in text and not run.path.exists() and not secure.log
    run.update(secure.url, SSL_CERT_FILE=secure.pem)
    assert run.states() == dict.fromkeys(FEEDS, "ok")


def test_certificate_of_another_name_is_refused(run, files, tmp_path):
    s = Server(files, certificate(tmp_path, "DNS:feeds.example"))
    try:
        text = run.update(s.url, "--attempts", "1", code=3, SSL_CERT_FILE=str(tmp_path / "server.pem"))
    finally:
        s.close()
    assert "127.0.0.1" in text and not run.path.exists() and not s.log


def test_https_does_not_lead_to_http(run, secure, server):
    secure.plain = server
    secure.faults[NPM] = ["plain"]
    text = run.update(secure.url, "--attempts", "1", code=4, SSL_CERT_FILE=secure.pem)
    assert "osv/npm: nothing is used" in text and not server.log


def test_proxy(run, server):
    """The host does not exist: only the proxy can have answered."""
    run.update("http://feeds.invalid", http_proxy=server.url)
    assert run.states() == dict.fromkeys(FEEDS, "ok")
    assert all(url.startswith("http://feeds.invalid/") for url in server.urls) and server.urls


def test_no_proxy(run, server):
    run.update(server.url, http_proxy="http://127.0.0.1:9", no_proxy="127.0.0.1")
    assert run.states() == dict.fromkeys(FEEDS, "ok")


def test_https_goes_through_its_proxy(run, server):
    text = run.update("https://feeds.invalid", "--attempts", "1", code=3, https_proxy=server.url)
    assert "403" in text and set(server.urls) == {"feeds.invalid:443"}


def test_who_describes_a_cve(run, server):
    """NVD's text and name stand for a CVE, whatever else is read of it; what the others add is added."""
    cve = {"id": "CVE-2024-0001", "descriptions": [{"lang": "en", "value": "from NVD"}]}
    year = json.dumps({"format": "NVD_CVE", "vulnerabilities": [{"cve": cve}]}).encode()
    server.files[NVD] = gzip.compress(year)
    server.files[META] = b"sha256:" + hashlib.sha256(year).hexdigest().encode()
    kev = json.loads(server.files[KEV])
    kev["vulnerabilities"][0]["shortDescription"] = "from KEV"
    server.files[KEV] = json.dumps(kev).encode()
    exploits = "exploits/exploitdb/files_exploits.csv"
    server.files[exploits] = b"id,codes\n1,CVE-2024-0001\n"
    run.update(server.url, feeds=[*FEEDS, "exploits/exploitdb"])
    record = run.json("show", "CVE-2024-0001")
    text = json.dumps(record)
    assert "from NVD" in text and "from KEV" not in text
    assert '"nvd/2024"' in text and "2024-02-22" in text and "exploit-db.com" in text


def test_dates_of_feeds(run, server):
    """The publisher's, else the newest advisory's, else none: never that of the mirror."""
    server.files["exploits/exploitdb/files_exploits.csv"] = b"id,codes\n1,CVE-2024-0001\n"
    server.files[NPM] = zip_of([osv("GHSA-aaaa-bbbb-cccc", "1.3.0"),
                                osv("GHSA-dddd-eeee-ffff", "1.3.0") | {"modified": "2024-03-01T00:00:00Z"},
                                osv("GHSA-gggg-hhhh-iiii", "1.3.0") | {"modified": "9024-03-01T00:00:00Z"}])
    run.update(server.url, feeds=["osv/npm", "kev", "epss", "exploits/exploitdb"])
    dates = {f["name"]: f.get("date", "")[:10] for f in run.json("info")["feeds"]}
    assert dates == {"osv/npm": "2024-03-01", "kev": "2025-08-25", "epss": "2026-08-16", "exploits/exploitdb": ""}


def write_mirror(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


CVE5 = "cve5/vulnrichment-cves.tar.zst"


def tar_of(records, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        link = tarfile.TarInfo("vulnrichment/last.json")
        link.type, link.linkname = tarfile.SYMTYPE, "CVE-2024-0000.json"
        t.addfile(link)
        for record in records:
            text = json.dumps(record).encode()
            entry = tarfile.TarInfo(f"vulnrichment/{'long/' * 30}{record['cveMetadata']['cveId']}.json")
            entry.size = len(text)
            t.addfile(entry, io.BytesIO(text))
    return out.getvalue()


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:xz"])
def test_tar_of_records(run, tmp_path, mode):
    """Each record of a tar is read, compressed or not; one that was cut short is refused as a whole."""
    records = [{"cveMetadata": {"cveId": f"CVE-2024-{i:04}"}, "containers": {"cna": {}}} for i in range(300)]
    good = tar_of(records, mode)
    write_mirror(tmp_path / "mirror", {CVE5: good})
    run.update(tmp_path / "mirror", feeds=["cve5"])
    assert run.json("show", "CVE-2024-0000") and run.json("show", "CVE-2024-0299")
    for bad in (good[: len(good) // 2], good[: len(good) // 2] + b"\xff" * 512 + good[len(good) // 2 + 512 :]):
        write_mirror(tmp_path / "mirror", {CVE5: bad})
        assert "is used" in run.update(tmp_path / "mirror", feeds=["cve5"], code=4)
        assert run.json("show", "CVE-2024-0299")


def test_index_in_xz(run, tmp_path):
    """Debian's security archive serves .xz alone: it is asked for with what is known of the copy, and a damaged one is refused."""
    path = "packages/bookworm-security/main/Packages.xz"
    good = lzma.compress(b"Package: libllvm19\nSource: llvm-toolchain-19\nVersion: 1:19.1.7-3~deb12u1\n\n" * 1000)
    server = Server({path: good})
    try:
        run.update(server.url, feeds=["packages"])
        assert run.json("info")["sources"] == 1
        assert "0 of them new" in run.update(server.url, feeds=["packages"])
        assert server.requests(path)[-1]["If-None-Match"]
        for bad in (good[:-20], good[:60] + b"\xff" + good[61:], good + b"more", b"\xfd7zXZ\0"):
            server.files[path] = bad
            assert "is used" in run.update(server.url, feeds=["packages"], code=4)
            assert run.json("info")["sources"] == 1
    finally:
        server.close()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_with_a_damaged_entry_is_refused(run, tmp_path):
    good = zip_of([osv(f"GHSA-{i:04}-xxxx-yyyy", "2.0.0") for i in range(20)])
    write_mirror(tmp_path / "mirror", {NPM: good})
    run.update(tmp_path / "mirror", feeds=["osv/npm"])
    at = good.index(b"GHSA-0011-xxxx-yyyy.json") + 60
    for bad in (good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :], zip_of([osv("GHSA-a", "1")] * 2), zip_of([])):
        write_mirror(tmp_path / "mirror", {NPM: bad})
        assert "is used" in run.update(tmp_path / "mirror", feeds=["osv/npm"], code=4)
        assert run.json("show", "GHSA-0019-xxxx-yyyy")


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_directory_mirror(run, files, tmp_path, scheme):
    mirror = tmp_path / "mirror"
    write_mirror(mirror, files)
    run.update(scheme + str(mirror))
    assert run.states() == dict.fromkeys(FEEDS, "ok")
    assert "0 of them new" in run.update(scheme + str(mirror))
    (mirror / NPM).write_bytes(b"PK")
    run.update(scheme + str(mirror), code=4)
    assert run.json("show", "GHSA-aaaa-bbbb-cccc")


def test_two_updates_at_once_are_refused(run, server, assay):
    server.faults[NPM] = ["stall"] * 3
    first = subprocess.Popen(
        [assay, "db", "update", "--db", str(run.path), "--from", server.url, "--feed", "osv/npm", "--stall-seconds", "20"],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not server.requests(NPM):
            assert first.poll() is None
        assert "another update" in run.update(server.url, code=3)
    finally:
        first.kill()
        first.wait()


def test_build_is_reproducible(assay, files, tmp_path):
    mirror = tmp_path / "mirror"
    write_mirror(mirror, files)
    generations = []
    for name in ("a.db", "b.db"):
        command = [assay, "db", "build", "--from", str(mirror), "--output", str(tmp_path / name), "--quiet"]
        for feed in FEEDS:
            command += ["--feed", feed]
        subprocess.run(command, check=True)
        done = subprocess.run(
            [assay, "db", "info", "--db", str(tmp_path / name), "--format", "json"], stdout=subprocess.PIPE, check=True
        )
        generations.append(json.loads(done.stdout)["generation"])
    assert generations[0] == generations[1]


def test_real_feeds(assay, tmp_path):
    """All real feeds: every record of every OSV zip is in the database."""
    shared = pathlib.Path(os.environ.get("ASSAY_SHARED", pathlib.Path(__file__).parents[3] / "shared"))
    if not (shared / "feeds" / "unpack").exists():
        pytest.skip(f"no feeds at {shared / 'feeds'}: the test reads all of them")
    subprocess.run([str(shared / "feeds" / "unpack"), str(tmp_path)], check=True, stdout=subprocess.DEVNULL)
    db = tmp_path / "all.db"
    done = subprocess.run(
        [assay, "db", "build", "--from", str(tmp_path / "feeds"), "-o", str(db)],
        stderr=subprocess.PIPE, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    subprocess.run([assay, "db", "verify", str(db)], check=True, stdout=subprocess.DEVNULL)
    info = subprocess.run([assay, "db", "info", "--db", str(db), "--format", "json"], stdout=subprocess.PIPE, check=True)
    info = json.loads(info.stdout)
    assert {f["state"] for f in info["feeds"]} == {"ok"}
    ids = set()
    for archive in (tmp_path / "feeds").glob("osv*/*/all.zip"):
        with zipfile.ZipFile(archive) as z:
            ids.update(json.loads(z.read(n))["id"] for n in z.namelist()[::97])
    assert len(ids) > 1000
    for identifier in sorted(ids)[::40]:
        subprocess.run([assay, "db", "show", identifier, "--db", str(db)], check=True, stdout=subprocess.DEVNULL)

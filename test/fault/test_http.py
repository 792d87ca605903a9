"""Peers that are slow, rude or many, on the real server."""

import contextlib
import resource
import selectors
import socket
import threading
import time
import uuid

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import tiny
from common import PATIENCE, REGION, unavailable, wait_for

HEAD = b"POST /findings/list HTTP/1.1\r\nHost: localhost\r\n"


def connect(server):
    host, port = server.url.split("//")[1].split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


WITHOUT_WAITING = 15  # seconds: half of what a silent peer is given, and far more than an answer takes on a busy machine


def quick(server):
    """Somebody else is answered, and waits for no peer that is slow."""
    begin = time.monotonic()
    assert server.call("POST", "/findings/list", {}) is not None
    assert server.request("GET", "/assay/v1/health", signed=False).ok
    assert time.monotonic() - begin < WITHOUT_WAITING


def room_for(connections):
    """The test holds the other ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < connections + 500:
        unavailable(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, connections + 500), hard))


REFUSED = {
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "the same length twice": HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": HEAD + b"Content-Length: 2, 2\r\n\r\n{}",
    "a signed length": HEAD + b"Content-Length: +2\r\n\r\n{}",
    "length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two encodings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "unknown encoding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "encoding in disguise": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two hosts": HEAD + b"Host: elsewhere\r\nContent-Length: 2\r\n\r\n{}",
    "no host": b"POST /findings/list HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    "blank before the colon": HEAD + b"Content-Length : 2\r\n\r\n{}",
    "chunk size with a sign": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "chunk size that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "chunk size without end": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "chunk that is longer than it says": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "whole address": b"POST http://elsewhere/findings/list HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
    "folded line": HEAD + b"X-A: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "folded with a tab": HEAD + b"X-A: a\r\n\tb\r\nContent-Length: 2\r\n\r\n{}",
    "folded twice": HEAD + b"X-A: a\r\n b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
    "folded into blanks": HEAD + b"X-A: a\r\n  \r\nContent-Length: 2\r\n\r\n{}",
    "folded length": HEAD + b"Content-Length:\r\n 2\r\n\r\n{}",
    "zero byte in a value": HEAD + b"X-A: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "zero byte behind a value": HEAD + b"X-A: a\0\r\nContent-Length: 2\r\n\r\n{}",
    "zero byte in the last value": HEAD + b"Content-Length: 2\r\nX-A: a\0b\r\n\r\n{}",
    "zero byte in a length": HEAD + b"Content-Length: 2\0 1\r\n\r\n{}",
    "return in a value": HEAD + b"X-A: a\rb\r\nContent-Length: 2\r\n\r\n{}",
    "large header": HEAD + b"X-A: " + b"a" * 100000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: a\r\n" % i for i in range(1000)) + b"\r\n",
    "long target": b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "large body": HEAD + b"Content-Length: 99999999999\r\n\r\n",
    "other protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(full, name):
    """Refused, and nothing behind it is taken for a request of its own."""
    behind = b"GET /assay/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(full) as s:
        answer = b""
        with contextlib.suppress(OSError):
            s.sendall(REFUSED[name] + behind)
            s.shutdown(socket.SHUT_WR)
            while more := s.recv(65536):
                answer += more
    assert b" 200 " not in answer, answer
    assert not answer or 400 <= int(answer.split()[1]) < 500 or answer.split()[1] in (b"501", b"505"), answer
    quick(full)


def test_deep_json(full):
    for body in (b"[" * 1000000, b'{"filterCriteria":' * 100000, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"):
        assert full.request("POST", "/findings/list", body, headers={"Content-Type": "application/json"}).status_code in (400, 413)
    quick(full)


def drip(sockets, parts, stop):
    """A byte to each, now and then."""
    at = 0
    while not stop.is_set() and sockets:
        for s in list(sockets):
            try:
                s.send(parts[at % len(parts) : at % len(parts) + 1])
            except OSError:
                sockets.remove(s)
        at += 1
        stop.wait(1)


def test_slow_loris(full, long):
    """Headers and bodies drip by drip, from more peers than there are threads; in the long form until all are thrown out."""
    begins = [b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", HEAD + b"Content-Length: 100000\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n"]
    sockets, stop = [], threading.Event()
    for i in range(600 if long else 150):
        s = connect(full)
        s.sendall(begins[i % 3])
        s.setblocking(False)
        sockets.append(s)
    thread = threading.Thread(target=drip, args=(sockets, b"a", stop), daemon=True)
    thread.start()
    for _ in range(10):
        quick(full)
        time.sleep(0.2)
    if long:
        wait_for(lambda: not sockets)
    stop.set()
    thread.join()
    for s in sockets:
        s.close()


def test_many_connections(full, long):
    """All are held, idle, while others are answered; the first and the last are still good."""
    n = 10000 if long else 2000
    room_for(n)
    held = []
    try:
        for _ in range(n):
            held.append(connect(full))
        times = []
        for _ in range(20):
            begin = time.monotonic()
            full.call("POST", "/findings/list", {})
            times.append(time.monotonic() - begin)
        times.sort()
        print(f"{n} connections held: median {times[10] * 1000:.1f} ms, worst {times[-1] * 1000:.1f} ms")
        assert times[-1] < WITHOUT_WAITING
        for s in (held[0], held[n // 2], held[-1]):
            s.sendall(b"GET /assay/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert s.recv(1000).startswith(b"HTTP/1.1 200")
    finally:
        for s in held:
            s.close()


def listen(server, path="/assay/v1/events"):
    """A raw connection that listens to events. Like no other: what is signed alike and comes late is refused."""
    request = botocore.awsrequest.AWSRequest("GET", server.url + path, headers={"amz-sdk-invocation-id": str(uuid.uuid4())})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(*server.key), "inspector2", REGION).add_auth(request)
    prepared = request.prepare()
    s = connect(server)
    lines = "".join(f"{name}: {value}\r\n" for name, value in prepared.headers.items())
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.url.split('//')[1]}\r\n{lines}\r\n".encode())
    return s


def listeners(server):
    text = server.request("GET", "/metrics", signed=False).text
    return int(next(line for line in text.splitlines() if line.startswith("assay_events_listeners ")).split()[1])


def test_many_listeners(server, tmp_path, long):
    """Each of them is told."""
    n = 5000 if long else 1000
    room_for(n)
    held = []
    try:
        for _ in range(n):
            held.append(listen(server))
        wait_for(lambda: listeners(server) == n)
        root = tiny.write_files(tmp_path / "host", tiny.host())
        server.report(*server.enrol("a" * 32), root)
        quick(server)
        selector = selectors.DefaultSelector()
        for s in held:
            s.setblocking(False)
            selector.register(s, selectors.EVENT_READ)
        heard, got = set(), {}
        end = time.monotonic() + PATIENCE
        while len(heard) < n and time.monotonic() < end:
            for key, _ in selector.select(1):
                got[key.fd] = (got.get(key.fd, b"") + key.fileobj.recv(65536))[-100000:]
                if b"FINDING_CREATED" in got[key.fd]:
                    heard.add(key.fd)
                    selector.unregister(key.fileobj)
        assert len(heard) == n
    finally:
        for s in held:
            s.close()
    wait_for(lambda: listeners(server) == 0)


def test_who_never_reads(server, tmp_path):
    """A listener that does not read, an upload that does not end, an answer that nobody takes: nobody waits for them."""
    deaf = [listen(server) for _ in range(20)]
    for s in deaf:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    wait_for(lambda: listeners(server) == 20)
    stuck = []
    for _ in range(20):
        s = connect(server)
        s.sendall(b"PUT /assay/v1/hosts/mi-00000000000000000/inventory HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{")
        stuck.append(s)
    one, other = tiny.write_files(tmp_path / "one", tiny.host()), tiny.write_files(tmp_path / "other", {"etc/os-release": tiny.BOOKWORM})
    host, key = server.enrol("a" * 32)
    for i in range(30):
        begin = time.monotonic()
        server.report(host, key, one if i % 2 else other)
        assert time.monotonic() - begin < WITHOUT_WAITING
    quick(server)
    for s in deaf + stuck:
        s.close()
    wait_for(lambda: listeners(server) == 0)

"""What the tests of hostile input share: running the program under caps, and making archives and images by hand."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

GOOD = json.dumps({"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.15"}}}).encode()
ADVISORY = {
    "id": "GHSA-p6mc-m468-83gw",
    "modified": "2024-01-01T00:00:00Z",
    "aliases": ["CVE-2020-8203"],
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "lodash"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "3.7.0"}, {"fixed": "4.17.19"}]}],
        }
    ],
}

# Runs a command and says on the last line of standard error what it used. A process of its own, because the peak that
# the kernel reports begins with that of the process that forks.
WATCH = """
import json, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
done = subprocess.run(sys.argv[2:], timeout=float(sys.argv[1]), stdin=subprocess.DEVNULL, check=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": done.returncode, "mib": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}),
      file=sys.stderr)
"""
HANGS = 300  # seconds, however busy the machine is
SANITIZED = bool(os.environ.get("ASSAY_SANITIZED"))  # its memory is not the program's


class Result:
    def __init__(self, out, err, used):
        self.out, self.err, self.used, self.code = out, err, used, used["code"]
        self.report = json.loads(out) if out.lstrip().startswith(b"{") else None

    def problems(self):
        return [(p["path"], p["error"], p["text"]) for p in self.report.get("problems", [])]

    def paths(self):
        """Where the good lock file was found."""
        return [f["package"]["path"] for f in self.report["findings"] if f["id"] == "CVE-2020-8203"]


def run(*command, mib=256, seconds=60, uid=None):
    """Runs under a cap on the resident memory, in MiB, and on the processor time."""
    python = shutil.which("python3", path="/usr/bin") or sys.executable  # one that any user can run
    watch = [python, "-I", "-S", "-c", WATCH, str(HANGS), *map(str, command)]
    done = subprocess.run(watch, capture_output=True, check=False, user=uid)
    *err, last = done.stderr.decode(errors="replace").splitlines()
    assert last.startswith("{"), done.stderr.decode(errors="replace")[-2000:]
    r = Result(done.stdout, "\n".join(err), json.loads(last))
    assert r.code in (0, 1, 2, 3, 4), (r.code, r.err[-2000:])  # not by a signal
    assert SANITIZED or r.used["mib"] < mib, r.used
    assert SANITIZED or r.used["cpu"] < seconds, r.used
    return r


def database(assay, folder):
    """A database with the one advisory that the good lock file is for."""
    (folder / "mirror/osv/npm").mkdir(parents=True)
    with zipfile.ZipFile(folder / "mirror/osv/npm/all.zip", "w") as z:
        z.writestr("GHSA-p6mc-m468-83gw.json", json.dumps(ADVISORY))
    path = folder / "small.db"
    subprocess.run(
        [assay, "db", "build", "--from", folder / "mirror", "--output", path], capture_output=True, check=False
    )
    return path


# ── zip archives ──


class RawZip:
    """Writes records as told, true or not; `n` entries of any size."""

    def __init__(self, path):
        self.file, self.directory, self.n = open(path, "wb"), [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        at, size = self.file.tell(), 0
        for record in self.directory:
            size += self.file.write(record)
        if self.n > 0xFFFE or at > 0xFFFFFFFE:
            end = self.file.tell()
            self.file.write(struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, self.n, self.n, size, at))
            self.file.write(struct.pack("<IIQI", 0x07064B50, 0, end, 1))
        n = min(self.n, 0xFFFF)
        self.file.write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, n, n, size, min(at, 0xFFFFFFFF), 0))
        self.file.close()

    @staticmethod
    def fields(name, crc, packed, size, method):
        return struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0x5821, crc, packed, size, len(name), 0)

    def local(self, name, data, crc, size, method):
        at = self.file.tell()
        self.file.write(b"PK\3\4" + self.fields(name, crc, len(data), size, method) + name + data)
        return at

    def record(self, name, at, crc, packed, size, method):
        """Only in the directory."""
        head = b"PK\1\2" + struct.pack("<H", 20) + self.fields(name, crc, packed, size, method)
        self.directory.append(head + struct.pack("<HHHII", 0, 0, 0, 0, at) + name)
        self.n += 1

    def add(self, name, content):
        crc = zlib.crc32(content)
        at = self.local(name, content, crc, len(content), 0)
        self.record(name, at, crc, len(content), len(content), 0)


def jar(*entries, compression=zipfile.ZIP_STORED):
    """Bytes of an archive of (name, content)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as z:
        for name, content in entries:
            z.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return out.getvalue()


# ── tar layers and images ──


def member(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def symlink(name, target):
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name, target):
    return member(name, type=tarfile.LNKTYPE, linkname=target)


def tar(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as t:
        for info, content in members:
            t.addfile(info, io.BytesIO(content))
    return out.getvalue()


GOOD_LAYER = tar(member("srv/good/package-lock.json", GOOD))


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layout:
    """An OCI layout folder; the layers are given lowest first."""

    def __init__(self, path):
        self.path, self.layers, self.diff_ids = pathlib.Path(path), [], []
        (self.path / "blobs/sha256").mkdir(parents=True)

    def blob(self, data, digest=None):
        digest = digest or sha256(data)
        (self.path / "blobs/sha256" / digest[7:]).write_bytes(data)
        return {"digest": digest, "size": len(data)}

    def add(self, data, diff_id=None, digest=None, kind="tar+gzip"):
        """A layer as it lies there; its diff id is computed where none is given."""
        if diff_id is None:
            diff_id = sha256(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        self.layers.append(dict(self.blob(data, digest), mediaType=f"application/vnd.oci.image.layer.v1.{kind}"))
        self.diff_ids.append(diff_id)
        return self

    def add_file(self, path, digest, diff_id):
        """A layer that is too large to hold; it is moved into the layout."""
        os.rename(path, self.path / "blobs/sha256" / digest[7:])
        self.layers.append(
            {"digest": digest, "size": 1, "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}
        )
        self.diff_ids.append(diff_id)
        return self

    def write(self):
        config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": self.diff_ids}}
        manifest = {"schemaVersion": 2, "config": self.blob(json.dumps(config).encode()), "layers": self.layers}
        index = {"schemaVersion": 2, "manifests": [self.blob(json.dumps(manifest).encode())]}
        (self.path / "index.json").write_text(json.dumps(index))
        (self.path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return self.path


def layout(path, *tars):
    """An image of honest gzip layers."""
    made = Layout(path)
    for data in tars:
        made.add(gzip.compress(data, 1))
    return made.write()


def has(problems, error, text):
    """Whether a problem of this kind is among them whose text matches."""
    return any(p[1] == error and re.search(text, p[2]) for p in problems)

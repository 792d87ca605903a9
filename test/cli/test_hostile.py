"""Hostile input, through the program: a named problem, little memory, little time, and whatever else is in the target is
still reported. Every target holds one good lock file, whose finding must come out."""

import gzip
import json
import os
import random
import shutil
import socket
import subprocess
import zipfile
import zlib

import pytest
from common import need
from hostile import (
    GOOD,
    GOOD_LAYER,
    Layout,
    RawZip,
    database,
    hard_link,
    has,
    jar,
    layout,
    member,
    run,
    sha256,
    symlink,
    tar,
)


@pytest.fixture(scope="module")
def db(assay, tmp_path_factory):
    return database(assay, tmp_path_factory.mktemp("hostile-db"))


@pytest.fixture
def scan(assay, db):
    def go(target, code=4, good=None, **limits):
        r = run(assay, "scan", "--db", db, "--format", "json", target, **limits)
        assert r.code == code, (r.code, r.err[-500:], r.report and r.problems()[:5])
        if code in (0, 4):
            assert r.paths() == ([good] if isinstance(good, str) else good or ["good/package-lock.json"])
        return r

    return go


@pytest.fixture
def folder(tmp_path):
    """A folder with the good lock file, removed at once as some get large."""
    path = tmp_path / "target"
    (path / "good").mkdir(parents=True)
    (path / "good/package-lock.json").write_bytes(GOOD)
    yield path
    shutil.rmtree(tmp_path, ignore_errors=True)


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def zeros(n):
    """`n` zero bytes as raw deflate, without holding them."""
    z, out = zlib.compressobj(9, zlib.DEFLATED, -15), []
    crc, piece = 0, bytes(1 << 20)
    for _ in range(n >> 20):
        out.append(z.compress(piece))
        crc = zlib.crc32(piece, crc)
    out.append(z.flush())
    return b"".join(out), crc


# ── archives ──


def test_zip_bomb(scan, folder):
    data, crc = zeros(1 << 30)
    with RawZip(folder.parent / "x.zip") as z:
        for name in (b"a/package-lock.json", b"a/bomb.jar", b"a/lying.jar"):
            size = 1 << 20 if b"lying" in name else 1 << 30
            z.record(name, z.local(name, data, crc, size, 8), crc, len(data), size, 8)
        z.add(b"good/package-lock.json", GOOD)
    r = scan(folder.parent / "x.zip")
    assert has(r.problems(), "limit", "larger than 67108864 bytes")
    assert has(r.problems(), "limit", "more than 200 times its size|larger than")
    assert has(r.problems(), "invalid", "more bytes than the stated 1048576")


def bomb_of_jars(levels, width, leaf):
    data = leaf
    for _ in range(levels):
        data = jar(*((f"x{i}.jar", data) for i in range(width)), compression=zipfile.ZIP_DEFLATED)
    return data


def test_zip_bomb_of_many_levels(scan, folder):
    """10^5 jars of 10 MB each in a few hundred kilobytes; the good file stands behind it in the archive."""
    leaf = jar(("META-INF/MANIFEST.MF", b"\n" * (10 << 20)), compression=zipfile.ZIP_DEFLATED)
    data = bomb_of_jars(5, 10, leaf)
    (folder.parent / "x.zip").write_bytes(jar(("bomb.jar", data), ("good/package-lock.json", GOOD)))
    r = scan(folder.parent / "x.zip")
    assert has(r.problems(), "limit", "times its size|more than")
    assert len(r.problems()) <= 10001


def test_fan_of_tiny_jars(scan, folder):
    """What a zip quine comes to: each archive leads to ten more, and nothing gets large."""
    put(folder, "fan.jar", bomb_of_jars(9, 10, jar(("META-INF/MANIFEST.MF", b"\n"))))
    r = scan(folder)
    assert has(r.problems(), "limit", "archives nested deeper than")
    assert has(r.problems(), "limit", "more than 10000 problems") and len(r.problems()) == 10001


def test_jars_100_deep(scan, folder):
    data = jar(("good/package-lock.json", GOOD))
    for i in range(100):
        data = jar((f"{i}.jar", data))
    put(folder, "deep.jar", data)
    assert has(scan(folder).problems(), "limit", "nested deeper than")


def test_overlapping_entries(scan, folder):
    """One deflated megabyte under 50,000 names (D. Fifield, "A better zip bomb")."""
    data, crc = zeros(1 << 20)
    with RawZip(folder.parent / "x.zip") as z:
        at = z.local(b"0/package-lock.json", data, crc, 1 << 20, 8)
        for i in range(50000):
            z.record(b"%d/package-lock.json" % i, at, crc, len(data), 1 << 20, 8)
        z.add(b"good/package-lock.json", GOOD)
    r = scan(folder.parent / "x.zip")
    assert has(r.problems(), "invalid", "overlaps")
    assert has(r.problems(), "limit", "more than 10000 problems") and len(r.problems()) == 10001


def test_zip_of_three_million_entries(scan, folder):
    """All 14 digits of a name: its record differs in nothing else."""
    path, n = folder.parent / "x.zip", 3_000_000
    tail = RawZip.fields(b"0" * 14, 0, 0, 0, 0)
    with RawZip(path) as z:
        z.add(b"good/package-lock.json", GOOD)
        head, rest = b"PK\1\2\x14\0" + tail, bytes(10) + z.file.tell().to_bytes(4, "little")
        z.file.write(b"PK\3\4" + tail + b"0" * 14)
        for start in range(0, n, 100000):
            z.directory.append(b"".join(head + rest + b"%014d" % i for i in range(start, start + 100000)))
        z.n += n
    r = scan(path, code=0, mib=64)
    assert r.report["summary"]["files"] == n + 1


def test_damaged_zips(scan, folder):
    """Each a copy with one byte changed, or cut short; none may end the scan or hang it."""
    whole = jar(
        *((f"META-INF/maven/g/a{i}/pom.properties", b"groupId=g\nartifactId=a\nversion=1\n" * 20) for i in range(4)),
        ("inner.jar", jar(("META-INF/MANIFEST.MF", b"Implementation-Version: 1\n"))),
        compression=zipfile.ZIP_DEFLATED,
    )
    chance = random.Random(1)
    for i in range(300):
        bent = bytearray(whole)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        put(folder, f"bent/{i}.jar", bytes(bent))
        put(folder, f"cut/{i}.jar", whole[: chance.randrange(len(whole))])
    scan(folder)


# ── directories ──


def test_links_out_and_around(scan, folder):
    put(folder.parent, "secret/package-lock.json", GOOD.replace(b"4.17.15", b"4.17.14"))
    for name, target in (
        ("self", "self"),
        ("up", ".."),
        ("a/b/loop", "../../a"),
        ("out", "../secret"),
        ("abs", str(folder.parent / "secret")),
        ("one/package-lock.json", "../../secret/package-lock.json"),
        ("two/package-lock.json", str(folder.parent / "secret/package-lock.json")),
        ("three/package-lock.json", "package-lock.json"),
        ("proc/package-lock.json", "/proc/self/environ"),
        ("var/lib/dpkg/status", "/../../../../../../../../etc/passwd"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)
    r = scan(folder, code=0)
    assert [p["version"] for f in r.report["findings"] for p in [f["package"]]] == ["4.17.15"]


def test_things_that_are_no_files(scan, folder):
    for name in ("fifo", "socket", "device"):
        (folder / name).mkdir()
    os.mkfifo(folder / "fifo/package-lock.json")
    os.mkfifo(folder / "fifo/x.jar")
    (folder / "linked").mkdir()
    (folder / "linked/package-lock.json").symlink_to("../fifo/package-lock.json")
    s = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(folder / "socket")
    s.bind("package-lock.json")
    os.chdir(here)
    try:
        os.mknod(folder / "device/package-lock.json", 0o20666, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        pass
    (folder / "folder/package-lock.json").mkdir(parents=True)
    scan(folder, code=0)
    s.close()


@pytest.mark.parametrize("name", ["fifo", "socket", "device"])
def test_target_that_is_no_file(assay, db, tmp_path, name):
    path, s = tmp_path / name, socket.socket(socket.AF_UNIX)
    if name == "fifo":
        os.mkfifo(path)
    elif name == "socket":
        s.bind(str(path)[-100:] if len(str(path)) < 100 else pytest.skip("path too long for a socket"))
    else:
        path = "/dev/zero"
    r = run(assay, "scan", "--db", db, path, seconds=5)
    assert r.code == 3 and "neither a file nor a directory" in r.err
    s.close()


def test_unreadable(assay, scan, folder, db):
    put(folder, "shut/package-lock.json", GOOD)
    put(folder, "closed/in/package-lock.json", GOOD)
    os.chmod(folder / "shut/package-lock.json", 0)
    os.chmod(folder / "closed", 0)
    uid = 65534 if os.geteuid() == 0 else None
    for path in [folder, *folder.parents]:
        if uid and not path.stat().st_mode & 0o001 and path != folder / "closed":
            os.chmod(path, path.stat().st_mode | 0o011)
    program = folder.parent / "assay"  # where another user can run it
    shutil.copy(assay, program)
    r = run(program, "scan", "--db", shutil.copy(db, folder.parent), "--format", "json", folder, uid=uid)
    assert r.code == 4 and r.paths() == ["good/package-lock.json"]
    assert {p[0] for p in r.problems()} == {"shut/package-lock.json", "closed"}
    assert all(p[1] == "io" and "Permission denied" in p[2] for p in r.problems())
    os.chmod(folder / "closed", 0o700)


def test_deep_directories(scan, folder):
    """Deeper than the longest path that can be opened by name."""
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
    with open("package-lock.json", "wb") as f:
        f.write(GOOD)
    os.chdir(here)
    r = scan(folder)
    assert has(r.problems(), "limit", "deep|longer")
    subprocess.run(["rm", "-rf", folder / "d"], check=True)


def test_hundreds_of_thousands_of_files(scan, folder):
    for i in range(300):
        (folder / f"{i}").mkdir()
        at = os.open(folder / f"{i}", os.O_DIRECTORY)
        for k in range(1000):
            os.close(os.open(f"{k}.txt", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=at))
        os.close(at)
    r = scan(folder, code=0, mib=32)
    assert r.report["summary"]["files"] == 300001


def test_vanishes_midway(assay, scan, folder, db):
    """Files come and go while they are read: some are missed, and that is all."""
    for i in range(2000):
        put(folder, f"n/{i}/package-lock.json", GOOD)
    gone = subprocess.Popen(["rm", "-rf", str(folder / "n")])
    while gone.poll() is None:
        r = run(assay, "scan", "--db", db, "--format", "json", folder)
        assert r.code in (0, 4) and "good/package-lock.json" in r.paths()
        assert all(p[1] == "io" for p in r.problems())
    shutil.rmtree(folder)
    assert run(assay, "scan", "--db", db, folder).code == 3


# ── names ──

NAMES = [b"\x1b[2J\x1b]0;owned\x07", b"new\nline", b"cr\rback", b"bad\xff\xfeutf8", "\u202egnp.exe".encode(), b"\xc2\x9b31m", b"=cmd|'x'!A1"]


@pytest.mark.parametrize("form", ["table", "csv", "json", "sarif", "cyclonedx", "spdx"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_reach_no_terminal(assay, db, folder, form, locale):
    for i, name in enumerate(NAMES):
        at = os.path.join(os.fsencode(folder), b"%d" % i, name)
        os.makedirs(at)
        with open(at + b"/package-lock.json", "wb") as f:
            f.write(GOOD)
        with open(at + b"/yarn.lock", "wb") as f:
            f.write(b"\xff\n  \x1b[31m:\n")
        with open(at + b"/npm-shrinkwrap.json", "wb") as f:
            f.write(b'{"dependencies": {"\\u001b[31mred": {"version": "1.\\u001b[0m"}, "x": {"version": "\xff"}')
    r = run("env", f"LC_ALL={locale}", assay, "scan", "--db", db, "--all", "--color", "always", "--format", form, folder)
    assert r.code == 4
    text = r.out.decode(errors="strict")
    if form == "table":
        import re

        text = re.sub(r"\x1b\[[0-9;]*m", "", text)  # the colours
        assert not [c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c == "\u202e"]
        assert "owned" in text and "31mred" not in text
    elif form == "csv":
        assert not [c for c in text if ord(c) < 32 and c not in "\r\n"]
        assert "'=cmd" in text or "5/=cmd" in text or "6/=cmd" in text
    else:
        assert not [c for c in text if ord(c) < 32 and c != "\n"]
        json.loads(text)


def test_csv_formulas(assay, db, folder):
    put(folder, "=HYPERLINK(1)/package-lock.json", GOOD)
    put(folder, "@SUM(1)/package-lock.json", GOOD)
    r = run(assay, "scan", "--db", db, "--format", "csv", folder)
    cells = r.out.decode()
    assert "\"'=HYPERLINK(1)" in cells and "\"'@SUM(1)" in cells


# ── what the ecosystems read ──


def nested(opening, closing, depth):
    return opening * depth + closing * depth


def test_one_line_of_a_gigabyte(scan, folder):
    with open(folder / "package-lock.json", "wb") as f:
        f.write(b'{"x": "')
        f.seek(1 << 30)
        f.write(b'"}')
    r = scan(folder, mib=64)
    assert has(r.problems(), "limit", "larger than")


def test_as_large_as_is_read(scan, folder):
    """64 MB of what costs a parser most for each byte."""
    size = (64 << 20) - 16
    put(folder, "a/package-lock.json", b"[" + b"0," * (size // 2) + b"0]")
    put(folder, "b/package-lock.json", b'{"packages":{' + b'"":{},' * (size // 6 - 4) + b'"":{}}}')
    put(folder, "c/yarn.lock", b"a@1:\n" * (size // 5))
    put(folder, "d/poetry.lock", b"[[package]]\n" * (size // 12))
    put(folder, "e/pnpm-lock.yaml", b"- " * (1 << 20) + b"\n- {}" * (size // 8))
    put(folder, "f/requirements.txt", b"a\n" * (2 << 20))
    r = scan(folder, mib=512)
    assert has(r.problems(), "limit", "more than 16777216 values")
    assert has(r.problems(), "limit", "lists more than 200000 packages")


@pytest.mark.parametrize(
    "name,content",
    [
        ("package-lock.json", nested(b"[", b"]", 5_000_000)),
        ("npm-shrinkwrap.json", nested(b'{"dependencies":{"a":', b"}}", 20000).replace(b":}", b":{}}")),
        ("poetry.lock", b"x = " + nested(b"[", b"]", 2_000_000)),
        ("uv.lock", b"[" + b"a." * 2_000_000 + b"a]\n"),
        ("Cargo.lock", b"x = " + nested(b"{a=", b"}", 1_000_000).replace(b"=}", b"=1}")),
        ("pnpm-lock.yaml", nested(b"[", b"]", 1_000_000)),
        ("pnpm-lock.yaml", b"a: &a [x]\n" + b"".join(b"b%d: &b%d [*a,*a,*a]\n" % (i, i) for i in range(100))),
        ("pom.xml", nested(b"<a>", b"</a>", 1_000_000)),
        ("pom.xml", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><project>&b;</project>'),
        ("bun.lock", nested(b"[", b"]", 1_000_000)),
        ("composer.lock", nested(b"[", b"]", 5_000_000)),
    ],
    ids=lambda x: x if isinstance(x, str) else f"{len(x)}",
)
def test_deep_nesting(scan, folder, name, content):
    put(folder, "deep/" + name, content)
    r = scan(folder, mib=512)
    assert [p[0] for p in r.problems()] == ["deep/" + name] and r.problems()[0][1] in ("limit", "invalid", "unsupported")


def dpkg(n, name="x"):
    return b"Package: %s%d\nStatus: install ok installed\nVersion: 1\n\n" % (name.encode(), n)


@pytest.mark.parametrize(
    "what,content,code",
    [
        ("giant field", dpkg(1) + b"Package: y\nDescription: " + b"z" * (100 << 20) + b"\n\n" + dpkg(2), 0),
        ("giant version", b"Package: x1\nStatus: install ok installed\nVersion: 1" + b"0" * (10 << 20) + b"\n\n" + dpkg(2), 0),
        ("nul bytes", dpkg(1) + b"\0" * 1000 + b"\n\n" + dpkg(2), 4),
        ("no newline at the end", dpkg(1) + dpkg(2).rstrip(), 0),
        ("no field", dpkg(1) + b"hello\n\n" + dpkg(2), 4),
        ("carriage returns", (dpkg(1) + dpkg(2)).replace(b"\n", b"\r\n"), 0),
        ("too large", b"\n" * (257 << 20), 4),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_dpkg_status(scan, folder, what, content, code):
    put(folder, "var/lib/dpkg/status", content)
    put(folder, "etc/os-release", b"ID=debian\nVERSION_ID=12\n")
    r = scan(folder, code=code, mib=512)
    if what == "too large":
        assert has(r.problems(), "limit", "larger than 268435456 bytes")
    else:
        assert r.report["summary"]["packages"]["byType"]["deb"] == 2


def test_rpm_databases(scan, folder):
    """Headers that promise what is not there, in all three kinds, and noise behind each magic number."""
    chance = random.Random(2)
    noise = bytes(chance.getrandbits(8) for _ in range(1 << 20))
    heads = {
        "sqlite": ("usr/lib/sysimage/rpm/rpmdb.sqlite", b"SQLite format 3\0\x10\0\1\1\0\x40\x20\x20"),
        "ndb": ("usr/lib/sysimage/rpm/Packages.db", b"RpmP\0\0\0\0\1\0\0\0\xff\xff\0\0"),
        "bdb": ("var/lib/rpm/Packages", bytes(12) + b"\x61\x15\x06\0\x09\0\0\0\0\x10\0\0"),
        "cut": ("var/lib/rpm/rpmdb.sqlite", b"SQLite"),
    }
    for name, head in heads.values():
        put(folder, name, head + noise if len(head) > 6 else head)
    r = scan(folder)
    assert {p[0] for p in r.problems()} == {name for name, _ in heads.values()}


# ── images ──

LAYERS = "srv/good/package-lock.json"


def test_layers_that_lead_out(scan, folder):
    """Names with "..", absolute ones, links and hard links to outside, and folders that are links."""
    bad = GOOD.replace(b"4.17.15", b"4.17.14")
    put(folder.parent, "secret/package-lock.json", bad)
    secret = str(folder.parent / "secret/package-lock.json")
    evil = tar(
        symlink("l1/package-lock.json", "../../../../../../.." + secret),
        symlink("l2/package-lock.json", secret),
        symlink("l3/package-lock.json", "l3/package-lock.json"),
        symlink("l4/package-lock.json", "/l5/package-lock.json"),
        symlink("l5/package-lock.json", "/l4/package-lock.json"),
        hard_link("h1/package-lock.json", ".." + secret),
        hard_link("h2/package-lock.json", secret),
        hard_link("h3/package-lock.json", "h3/package-lock.json"),
        symlink("parent", "/tmp"),
        symlink("passwd", "/etc"),
        symlink("var/lib/dpkg/status", "/etc/passwd"),
    )
    r = scan(layout(folder / "i", GOOD_LAYER, evil), good=LAYERS)
    assert {p[0] for p in r.problems()} <= {f"h{i}/package-lock.json" for i in (1, 2, 3)}
    assert has(r.problems(), "missing", "which its layer lacks")


def test_names_that_climb_stay_inside(scan, folder):
    climbing = tar(
        member("../../../up/package-lock.json", GOOD),
        member("/absolute/package-lock.json", GOOD),
        member("./a/./b/../package-lock.json", GOOD),
    )
    scan(
        layout(folder / "i", climbing), code=0,
        good=["a/package-lock.json", "absolute/package-lock.json", "up/package-lock.json"],
    )


def test_whiteouts(scan, folder):
    """Those of the layer itself hide nothing in it; names that only look like one do no harm."""
    below = tar(member("a/package-lock.json", GOOD), member("b/package-lock.json", GOOD), member("c/package-lock.json", GOOD))
    above = tar(
        member(".wh.a"),
        member("b/.wh..wh..opq"),
        member("b/x/package-lock.json", GOOD),
        member("c/.wh."),
        member("srv/.wh..."),
        member("c/.wh.."),
        member("c/.wh.package-lock.json/y"),
        member("../.wh.d"),
        member(".wh..wh.plnk"),
    )
    r = scan(
        layout(folder / "i", GOOD_LAYER, below, above),
        good=["b/x/package-lock.json", "c/package-lock.json", LAYERS],
    )
    assert [p[2] for p in r.problems()] == ["a whiteout that names no file"] * 3


def test_bomb_in_a_layer(scan, folder):
    """A gigabyte of zeros, gzipped twice as much as is allowed; the other layer is still read."""
    z, piece = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    data = b"".join(z.compress(piece) for _ in range(1024)) + z.flush()
    made = Layout(folder / "i").add(gzip.compress(GOOD_LAYER)).add(data, diff_id="sha256:" + "0" * 64).write()
    r = scan(made, good=LAYERS, mib=64)
    assert r.problems()


def test_gigabyte_of_json_in_a_layer(scan, folder):
    info, _ = member("x/package-lock.json")
    info.size = 1 << 30
    noise = random.Random(3).randbytes(1 << 18)
    member_of_16 = gzip.compress(noise * 64, 1)
    data = gzip.compress(info.tobuf()) + member_of_16 * 64 + gzip.compress(bytes(1024))
    made = Layout(folder / "i").add(gzip.compress(GOOD_LAYER)).add(data, diff_id="sha256:" + "0" * 64).write()
    r = scan(made, good=LAYERS, mib=64)
    assert has(r.problems(), "limit", "larger than|times its size")


@pytest.mark.parametrize("packer", ["gzip", "zstd", "plain"])
def test_damaged_layers(scan, folder, packer):
    """Cut short and with single bits flipped; what was read before the damage stays, and the good layer."""
    whole = tar(*(member(f"d{i}/package.json", os.urandom(2000)) for i in range(200)))
    if packer == "gzip":
        packed = gzip.compress(whole)
    elif packer == "zstd":
        need("zstd")
        packed = subprocess.run(["zstd", "-c"], input=whole, capture_output=True, check=True).stdout
    else:
        packed = whole
    chance = random.Random(4)
    for i in range(24):
        bent = bytearray(packed)
        if i % 2:
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        else:
            del bent[chance.randrange(len(bent)) :]
        made = Layout(folder / f"{i}").add(gzip.compress(GOOD_LAYER))
        made.add(bytes(bent), diff_id=sha256(whole), kind="tar+zstd" if packer == "zstd" else "tar+gzip")
        r = scan(made.write(), good=LAYERS)
        assert any(p[0].startswith("layer sha256:") for p in r.problems())


def test_layers_that_lie(scan, folder):
    made = Layout(folder / "digest").add(gzip.compress(GOOD_LAYER), digest="sha256:" + "1" * 64).write()
    assert has(scan(made, good=LAYERS).problems(), "invalid", "does not have the digest")
    made = Layout(folder / "diff").add(gzip.compress(GOOD_LAYER), diff_id="sha256:" + "2" * 64).write()
    assert has(scan(made, good=LAYERS).problems(), "invalid", "does not have the diff id")
    made = Layout(folder / "absent").add(gzip.compress(GOOD_LAYER)).add(gzip.compress(tar()))
    (made.path / "blobs/sha256" / made.layers[1]["digest"][7:]).unlink()
    assert has(scan(made.write(), good=LAYERS).problems(), "missing", "lacks")


def test_layer_of_three_million_files(scan, folder):
    """Above another layer, so that every name has to be remembered. The names' digits and their complements have one
    sum, and so all headers have one checksum."""
    import hashlib

    n, block = 3_000_000, 100000
    head = member("%07d%07d" % (0, 9999999))[0].tobuf()
    path, z, packed, plain = folder / "big", zlib.compressobj(1, zlib.DEFLATED, 31), hashlib.sha256(), hashlib.sha256()
    with open(path, "wb") as f:

        def write(data, last=False):
            plain.update(data)
            out = z.compress(data) + (z.flush() if last else b"")
            packed.update(out)
            f.write(out)

        for start in range(0, n, block):
            write(b"".join(b"%07d%07d" % (i, 9999999 - i) + head[14:] for i in range(start, start + block)))
        write(bytes(1024), last=True)
    made = Layout(folder / "i").add(gzip.compress(GOOD_LAYER))
    made.add_file(path, "sha256:" + packed.hexdigest(), "sha256:" + plain.hexdigest())
    r = scan(made.write(), code=0, good=LAYERS, mib=128)
    assert r.report["summary"]["files"] == n + 1


def test_tar_of_endless_headers(scan, folder):
    """Extended headers without an end, and one of a stated size beyond everything."""
    long_name = member("x", type=b"L")[0].tobuf()
    huge, _ = member("y/package-lock.json")
    huge.size = 1 << 60
    for i, data in enumerate((long_name * 10000, huge.tobuf(), b"\xff" * 5120)):
        r = scan(layout(folder / f"{i}", GOOD_LAYER, data), good=LAYERS)
        assert 1 <= len(r.problems()) <= 2


# ── the database ──


def test_damaged_database(assay, db, folder):
    """Refused, or read safely; never a crash. Damage of what stands in front is always refused."""
    whole, bad = db.read_bytes(), folder.parent / "bad.db"
    chance = random.Random(5)
    for content in (b"", b"x", whole[:7], bytes(len(whole)), whole[: len(whole) // 2], whole[:-1], whole + b"x" * 4096):
        bad.write_bytes(content)
        r = run(assay, "scan", "--db", bad, folder)
        assert r.code == 3 and "bad.db" in r.err, (len(content), r.err)
    for _ in range(60):
        bent = bytearray(whole)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        bad.write_bytes(bent)
        assert run(assay, "scan", "--db", bad, folder).code in (0, 3)
    for path in (folder.parent / "absent.db", folder, "/dev/null"):
        assert run(assay, "scan", "--db", path, folder, seconds=5).code == 3
    fifo = folder.parent / "fifo.db"
    os.mkfifo(fifo)
    assert run(assay, "scan", "--db", fifo, folder, seconds=5).code == 3

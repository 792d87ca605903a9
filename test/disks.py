"""Disk images of folders, made without mounting anything, with blocks of nothing left out."""

import os
import pathlib
import stat
import struct
import subprocess

MIB = 1 << 20


def blank(path, size):
    with open(path, "wb") as f:
        f.truncate(size)


def ext4(path, root, size, start=0):
    """The file system begins at `start`."""
    blank(path, size)
    options = ["-E", f"offset={start}"] if start else []
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", root, *options, path, f"{(size - start) // 1024}k"], check=True)
    return path


def prototype(folder, lines):
    """What mkfs.xfs(8) calls a prototype. It has no way to say names with blanks."""
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        mode = entry.stat(follow_symlinks=False).st_mode
        if " " in entry.path:
            continue
        permissions = f"--{mode & 0o777:03o} 0 0"
        if stat.S_ISDIR(mode):
            lines.append(f"{entry.name} d{permissions}")
            prototype(entry.path, lines)
            lines.append("$")
        elif stat.S_ISLNK(mode):
            lines.append(f"{entry.name} l{permissions} {os.readlink(entry.path)}")
        elif stat.S_ISREG(mode):
            lines.append(f"{entry.name} -{permissions} {entry.path}")


def xfs(path, root, size):
    blank(path, size)
    lines = ["/", "0 0", "d--755 0 0"]
    prototype(root, lines)
    text = pathlib.Path(f"{path}.prototype")
    text.write_text("\n".join([*lines, "$", ""]))
    subprocess.run(["mkfs.xfs", "-q", "-p", text, path], check=True)
    text.unlink()
    return path


def partition(path, *partitions):
    """A master boot record of (start, size) in bytes."""
    table = b"".join(
        struct.pack("<B3sB3sII", 0, b"\0" * 3, 0x83, b"\0" * 3, start // 512, size // 512) for start, size in partitions
    )
    with open(path, "r+b") as f:
        f.seek(440)
        f.write(b"\x01\x02\x03\x04\0\0" + table.ljust(64, b"\0") + b"\x55\xaa")
    return path

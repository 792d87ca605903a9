#!/usr/bin/env python3
"""An OCI layout of gzip layers, 800 MB together, from this machine's own files: make_image.py LAYOUT

The lowest layer is the Debian root that is given with --root; above it come files of /usr, round and round under other
names until there is enough. Layers are packed with zlib's level 6, as registries have them."""

import argparse
import hashlib
import json
import multiprocessing
import os
import pathlib
import shutil
import tarfile
import zlib

LAYERS, LAYER_BYTES = 8, 100 << 20


class Packed:
    """What tarfile writes to: packs and digests as it goes."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.zlib = zlib.compressobj(6, zlib.DEFLATED, 31)
        self.plain, self.packed, self.size = hashlib.sha256(), hashlib.sha256(), 0

    def emit(self, data):
        self.packed.update(data)
        self.size += self.file.write(data)

    def write(self, data):
        self.plain.update(data)
        self.emit(self.zlib.compress(data))
        return len(data)

    def close(self):
        self.emit(self.zlib.flush())
        self.file.close()


def files_below(top):
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) or os.path.islink(path):
                yield path


def add(tar, path, name):
    try:
        tar.add(path, name, recursive=False)
    except OSError:
        pass


def layer(job):
    number, root, temp = job
    out = Packed(temp)
    with tarfile.open(fileobj=out, mode="w|", bufsize=1 << 20) as tar:
        if number == 0 and root:
            for path in files_below(root):
                add(tar, path, os.path.relpath(path, root))
        rounds = 0
        usr = list(files_below("/usr"))
        while out.size < LAYER_BYTES:  # each layer begins elsewhere in /usr
            for path in usr[len(usr) * number // LAYERS :] if rounds == 0 else usr:
                add(tar, path, f"opt/{number}-{rounds}{path}")
                if out.size >= LAYER_BYTES:
                    break
            rounds += 1
    out.close()
    return out.packed.hexdigest(), out.plain.hexdigest(), out.size


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root")
    parser.add_argument("layout", type=pathlib.Path)
    o = parser.parse_args()
    shutil.rmtree(o.layout, ignore_errors=True)
    blobs = o.layout / "blobs/sha256"
    blobs.mkdir(parents=True)

    def blob(value):
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    jobs = [(i, o.root, str(o.layout / f"layer{i}")) for i in range(LAYERS)]
    with multiprocessing.Pool() as pool:
        made = pool.map(layer, jobs, chunksize=1)
    layers = []
    for (_, _, temp), (packed, _, size) in zip(jobs, made):
        os.rename(temp, blobs / packed)
        kind = "application/vnd.oci.image.layer.v1.tar+gzip"
        layers.append({"mediaType": kind, "digest": "sha256:" + packed, "size": size})
    diff_ids = ["sha256:" + plain for _, plain, _ in made]
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    manifest = blob({"schemaVersion": 2, "config": blob(config), "layers": layers})
    (o.layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    (o.layout / "layers").write_text("".join(f"{blobs}/{packed}\n" for packed, _, _ in made))
    (o.layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')  # last: the layout is whole


main()

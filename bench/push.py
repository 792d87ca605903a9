#!/usr/bin/env python3
"""How long from the end of a push until the finding can be listed: PUSHES images, each with a layer of its own over a common
base, to Debian's docker-registry, which notifies the server. Usage: bench/push.py [PUSHES]"""

import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test" / "api"), str(ROOT / "test")]

import tiny
from conftest import Server
from images import Image, Registry


def main(pushes):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-bench-"))
    assay = str(ROOT / "build" / "assay")
    db = tiny.build(assay, tiny.Feeds().write(folder / "mirror"), folder / "tiny.db")
    server = Server(assay, folder / "state", db, "--no-self").start()
    base = {"etc/os-release": tiny.BUSTER, "var/lib/dpkg/status": tiny.host()["var/lib/dpkg/status"]}
    base |= {f"usr/share/doc/{i}": "x" * 1000 for i in range(5000)}
    client = server.client()
    client.enable(resourceTypes=["ECR"])
    registry = Registry(folder, notify=notification(server))
    body = {"kind": "REGISTRY", "url": registry.url, "options": {"pollSeconds": 3600}}
    server.call("POST", "/assay/v1/origins", body)
    times = []
    try:
        for i in range(pushes + 1):
            image = Image(base, {"srv/package-lock.json": tiny.lock({"lodash": "4.17.15"}), "srv/number": str(i)})
            registry.push("app", f"v{i}", image)
            began = time.monotonic()
            wanted = {"ecrImageHash": [{"comparison": "EQUALS", "value": image.digest}]}
            while not client.list_findings(filterCriteria=wanted, maxResults=1)["findings"]:
                assert time.monotonic() < began + 30, "no finding after 30 s"
                time.sleep(0.002)
            times.append(time.monotonic() - began)
    finally:
        registry.stop()
        server.stop()
        shutil.rmtree(folder)
    first, *times = times  # the first one reads the base, too
    times.sort()
    print(f"{pushes} pushes: p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms, "
          f"worst {times[-1] * 1000:.0f} ms; the first, whose base is read: {first * 1000:.0f} ms")


def notification(server):
    """Where the registry tells of pushes, and with what proof."""
    return server.url + "/assay/v1/registry/notifications", "Bearer " + server.token("registry")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

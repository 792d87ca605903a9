#!/usr/bin/env python3
"""How long from the event of a deployment until the finding can be listed: DEPLOYMENTS times, the code of a Lambda function is
changed in moto and the event put into the queue. Usage: bench/deploy.py [DEPLOYMENTS], in build/venv"""

import logging
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test" / one) for one in ("aws", "api")] + [str(ROOT / "test")]

import tiny
from aws_front import Front
from aws_world import Moto
from moto.server import ThreadedMotoServer
from server import Server
from test_account import AWS, Account, application, call


def main(deployments):
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-bench-"))
    assay = str(ROOT / "build" / "assay")
    db = tiny.build(assay, tiny.Feeds().write(folder / "mirror"), folder / "tiny.db")
    server = Server(assay, folder / "state", db, "--no-self", "--account", AWS).start()
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    host, port = aws.get_host_and_port()
    moto = Moto(f"http://{host}:{port}")
    front = Front(moto)
    server.client().enable(resourceTypes=["LAMBDA"])
    account = Account(server, moto, front)
    times = []
    try:
        account.deploy("hello", application("4.17.21"))
        account.listen()
        account.add(queues=[account.queue])
        time.sleep(6)  # the listener is there
        for i in range(2 * deployments):
            flawed = i % 2 == 0
            account.update("hello", application("4.17.15" if flawed else "4.17.21") | {"number": str(i)})
            began = time.monotonic()
            account.tell(call("lambda", "UpdateFunctionCode20150331v2", functionName="hello"))
            while bool(account.active()) != flawed:
                assert time.monotonic() < began + 30, "nothing changed for 30 s"
                time.sleep(0.002)
            if flawed:
                times.append(time.monotonic() - began)
    finally:
        server.stop()
        front.stop()
        aws.stop()
        shutil.rmtree(folder)
    times.sort()
    print(f"{deployments} deployments: p50 {times[len(times) // 2] * 1000:.0f} ms, "
          f"p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

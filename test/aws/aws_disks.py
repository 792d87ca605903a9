"""What moto lacks of instances: Systems Manager's inventory, and EBS's blocks of real size. Snapshots are moto's; what their
volumes hold is an image."""

import base64
import hashlib
import json
import os
import re
import time
import urllib.parse

BLOCK = 512 << 10
EXPIRES = 4102444800
EBS = [
    (r"GET /snapshots/[^/]+/blocks/?$", "ListSnapshotBlocks"),
    (r"GET /snapshots/[^/]+/blocks/\d+$", "GetSnapshotBlock"),
]


def agent(name, version, kind="Linux"):
    """What the agent says of its machine."""
    return {"PingStatus": "Online", "PlatformType": kind, "PlatformName": name, "PlatformVersion": version}


class Disks:
    """One a front."""

    def __init__(self, ec2):
        self.ec2 = ec2
        self.images = {}  # by volume; one without has nothing on it
        self.managed = {}  # by instance: agent()
        self.inventories = {}  # by instance: (seconds ago, entries)
        self.page = 1000  # blocks in an answer, at most
        self.volumes = {}  # of snapshots
        self.lies = 0  # so many blocks that are not what their checksum says
        self.fetched = []  # (volume, index)

    def answer(self, operation, path, body):
        """(status, headers, content), or None for what moto answers."""
        known = {
            "DescribeInstanceInformation": self.describe,
            "ListInventoryEntries": self.inventory,
            "ListSnapshotBlocks": self.blocks,
            "GetSnapshotBlock": self.block,
        }.get(operation)
        return known(path, body) if known else None

    # Systems Manager

    def describe(self, _, body):
        wanted = json.loads(body)["Filters"][0]["Values"]
        found = [{"InstanceId": i, **self.managed[i]} for i in wanted if i in self.managed]
        return reply({"InstanceInformationList": found})

    def inventory(self, _, body):
        request = json.loads(body)
        ago, entries = self.inventories.get(request["InstanceId"], (0, []))
        assert request["TypeName"] == "AWS:Application"
        first = int(request.get("NextToken", "0"))
        last = first + min(request["MaxResults"], 50)
        captured = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))
        answer = {"InstanceId": request["InstanceId"], "TypeName": "AWS:Application", "CaptureTime": captured}
        answer["Entries"] = entries[first:last]
        return reply(answer | ({"NextToken": str(last)} if last < len(entries) else {}))

    # EBS

    def volume(self, snapshot):
        """(volume, image, size)"""
        if snapshot not in self.volumes:
            self.volumes[snapshot] = self.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]
        found = self.volumes[snapshot]
        image = self.images.get(found["VolumeId"])
        return found["VolumeId"], image, os.stat(image).st_size if image else found["VolumeSize"] << 30

    def blocks(self, path, _):
        where, query = split(path)
        _, image, size = self.volume(where[1])
        first = int(query.get("pageToken") or query.get("startingBlockIndex") or 0)
        most = min(int(query.get("maxResults", 10000)), self.page)
        found = present(image, first, most + 1) if image else []
        answer = {"VolumeSize": size >> 30, "BlockSize": BLOCK, "ExpiryTime": EXPIRES}
        answer["Blocks"] = [{"BlockIndex": i, "BlockToken": token(where[1], i)} for i in found[:most]]
        return reply(answer | ({"NextToken": str(found[most])} if len(found) > most else {}))

    def block(self, path, _):
        where, query = split(path)
        volume, image, _ = self.volume(where[1])
        index = int(where[3])
        if query["blockToken"] != token(where[1], index):
            return reply({"__type": "ValidationException", "message": "the token is of another block"}, 400)
        self.fetched.append((volume, index))
        with open(image, "rb") as f:
            f.seek(index * BLOCK)
            content = f.read(BLOCK).ljust(BLOCK, b"\0")
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        if self.lies:
            self.lies -= 1
            content = bytes(BLOCK)
        headers = {"x-amz-Data-Length": str(BLOCK), "x-amz-Checksum": checksum, "x-amz-Checksum-Algorithm": "SHA256"}
        return 200, headers, content


def token(snapshot, index):
    return base64.b64encode(f"{snapshot}/{index}+".encode()).decode()


def split(path):
    parts = urllib.parse.urlsplit(path)
    query = {k: v[0] for k, v in urllib.parse.parse_qs(parts.query).items()}
    return re.findall(r"[^/]+", urllib.parse.unquote(parts.path)), query


def reply(document, status=200):
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def present(image, first=0, most=None):
    """The blocks from `first` on that have anything in them, as far as the file system tells."""
    found = []
    with open(image, "rb") as f:
        end = os.fstat(f.fileno()).st_size
        at = first * BLOCK
        while at < end and (most is None or len(found) < most):
            try:
                at = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            found.append(at // BLOCK)
            at = (at // BLOCK + 1) * BLOCK
    return found

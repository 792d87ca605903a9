"""What is in instances: by Systems Manager's inventory, and by snapshots of their volumes."""

import json
import subprocess
import time

import disks
import pytest
import tiny
from aws_disks import BLOCK, agent, present, reply
from aws_front import denied
from common import wait_for
from test_account import account  # noqa: F401, a fixture

GIB = 1 << 30
LINUX = "ami-1e749f67"  # of those that moto knows


def launch(account, image=None, size=8, **more):
    """An instance and its root volume."""
    device = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": size}}
    found = account.ec2.run_instances(ImageId=LINUX, MinCount=1, MaxCount=1, BlockDeviceMappings=[device], **more)["Instances"][0]
    instance = found["InstanceId"]
    found = account.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    volume = found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    if image:
        account.front.disks.images[volume] = image
    return instance, volume


def attach(account, instance, device, image=None, size=1):
    """One more volume."""
    volume = account.ec2.create_volume(AvailabilityZone="eu-west-1a", Size=size)["VolumeId"]
    account.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=device)
    if image:
        account.front.disks.images[volume] = image
    return volume


def packages(document):
    return sorted((p["purl"], p["path"]) for p in document["packages"])


def read(assay, target):
    """The packages of a folder or an image."""
    done = subprocess.run([assay, "inventory", "--format", "json", target], capture_output=True, check=True, timeout=120)
    return packages(json.loads(done.stdout))


def snapshots(account):
    ours = [{"Name": "tag-key", "Values": ["InspectorScan"]}]
    return [s["SnapshotId"] for s in account.ec2.describe_snapshots(Filters=ours)["Snapshots"]]


def known(account, instance):
    """The packages that the server knows of."""
    return packages(account.server.call("GET", f"/assay/v1/resources/{instance}/inventory"))


def status(account, instance):
    covered = account.coverage()[instance]
    return covered["scanMode"], covered["scanStatus"]["reason"]


def set_mode(account, mode):
    account.server.client().update_configuration(ec2Configuration={"scanMode": mode})


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A machine of few packages."""
    folder = tmp_path_factory.mktemp("small")
    root = folder / "root"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (root / "var/lib/dpkg/status").write_text(
        "Package: sed\nStatus: install ok installed\nVersion: 4.9-1\nArchitecture: amd64\n\n"
    )
    return disks.ext4(folder / "small.img", root, GIB)


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_disk_as_its_folder(account, assay, images, bookworm, kind):
    """The same packages as a scan of the folder, from less than one block in twenty, each fetched once."""
    expected = read(assay, bookworm)
    assert len(expected) > 90 and read(assay, images[kind]) == expected
    instance, _ = launch(account, images[kind])
    account.add()
    assert status(account, instance) == ("EC2_AGENTLESS", "SUCCESSFUL")
    assert known(account, instance) == expected
    fetched = account.front.disks.fetched
    print(f"{kind}: {len(fetched)} of {8 * GIB // BLOCK} blocks, of {len(present(images[kind]))} with anything in them")
    assert len(fetched) == len(set(fetched)) < 8 * GIB // BLOCK / 20
    assert not snapshots(account)


def test_inventory_of_systems_manager(account, small):
    """It goes before snapshots; what it does not tell is said."""
    instance, _ = launch(account, small)
    account.front.disks.managed[instance] = agent("Debian GNU/Linux", "12")
    entries = [
        {"Name": f"lib{n}", "Version": f"1.{n}", "Release": "2+deb12u1", "Architecture": "x86_64", "PackageId": f"lib{n}_1:1.{n}-2+deb12u1_amd64.deb"}
        for n in range(120)
    ]
    account.front.disks.inventories[instance] = (60, entries)
    account.add()
    assert status(account, instance) == ("EC2_SSM_AGENT_BASED", "SUCCESSFUL")
    found = account.server.call("GET", f"/assay/v1/resources/{instance}/inventory")
    assert found["os"]["family"] == "debian" and len(found["packages"]) == 120
    assert found["packages"][0]["purl"].startswith("pkg:deb/debian/lib0@1:1.0-2%2Bdeb12u1?arch=amd64")
    assert not account.front.disks.fetched

    rpm = {"Name": "openssl-libs", "Version": "3.0.7", "Release": "27.el9", "Epoch": "1", "Architecture": "x86_64"}
    rpm |= {"Publisher": "Red Hat, Inc.", "PackageId": "openssl-3.0.7-27.el9.src.rpm"}
    account.front.disks.managed[instance] = agent("Red Hat Enterprise Linux", "9.4")
    account.front.disks.inventories[instance] = (60, [rpm])
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    found = account.server.call("GET", f"/assay/v1/resources/{instance}/inventory")
    assert [p["purl"] for p in found["packages"]] == [
        "pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=rhel-9.4&epoch=1&upstream=openssl"
    ]


def test_reasons(account, small):
    """Without hybrid mode, what Systems Manager lacks is the reason; with it, what snapshots lack."""
    front = account.front.disks
    named = {name: launch(account, small) for name in ("unmanaged", "empty", "stale", "windows", "large", "many")}
    named["limit"] = launch(account, small)
    named["blank"] = launch(account)
    front.managed |= {named[n][0]: agent("Ubuntu", "22.04") for n in ("empty", "stale")}
    front.managed[named["windows"][0]] = agent("Microsoft Windows Server", "10.0", "Windows")
    front.inventories[named["stale"][0]] = (8 * 86400, [{"Name": "a", "Version": "1", "PackageId": "a_1_amd64.deb"}])
    attach(account, named["large"][0], "/dev/sdf", size=1193)
    attach(account, named["limit"][0], "/dev/sdf", size=1192)
    for letter in "fghijklm":
        attach(account, named["many"][0], f"/dev/sd{letter}")
    set_mode(account, "EC2_SSM_AGENT_BASED")
    account.add()
    reasons = {n: status(account, i)[1] for n, (i, _) in named.items()}
    assert reasons == {
        "unmanaged": "UNMANAGED_EC2_INSTANCE",
        "empty": "NO_INVENTORY",
        "stale": "STALE_INVENTORY",
        "windows": "UNSUPPORTED_OS",
        "large": "UNMANAGED_EC2_INSTANCE",
        "many": "UNMANAGED_EC2_INSTANCE",
        "limit": "UNMANAGED_EC2_INSTANCE",
        "blank": "UNMANAGED_EC2_INSTANCE",
    }
    assert not front.fetched

    set_mode(account, "EC2_HYBRID")
    account.front.faults["GetSnapshotBlock"] = None
    for instance, _ in named.values():
        account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    reasons = {n: status(account, i)[1] for n, (i, _) in named.items()}
    assert reasons == {
        "unmanaged": "SUCCESSFUL",
        "empty": "SUCCESSFUL",
        "stale": "SUCCESSFUL",
        "windows": "UNSUPPORTED_OS",
        "large": "AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED",
        "many": "AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED",
        "limit": "SUCCESSFUL",
        "blank": "UNSUPPORTED_OS",
    }
    assert known(account, named["stale"][0]) == known(account, named["unmanaged"][0])
    assert not snapshots(account)


def test_hopeless_disks_are_let_be(account, small):
    """No snapshots for nothing: after a day, then two, at last a week; at once when the instance changes."""
    day = 86400
    instance, _ = launch(account)  # nothing is on its volume

    def tries():
        assert status(account, instance) == ("EC2_AGENTLESS", "UNSUPPORTED_OS") and not snapshots(account)
        wait = account.detail(instance)["nextScanAt"] - time.time()
        return account.front.count("CreateSnapshots"), round(wait / day, 1)

    account.add()
    assert tries() == (1, 1)
    detail = account.detail(instance)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(detail["nextScanAt"]))
    assert until in detail["message"] and detail["scanStatus"]["statusCode"] == "INACTIVE"
    account.poll()
    assert tries() == (1, 1)
    account.set(f"UPDATE instance_wait SET due = 0, seconds = {4 * day}")
    account.poll()
    assert tries() == (2, 7)

    volume = account.ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    account.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    account.poll()
    assert tries() == (3, 1)
    # Systems Manager is asked all the same, and what it says ends it.
    account.front.disks.managed[instance] = agent("Debian GNU/Linux", "12")
    account.front.disks.inventories[instance] = (60, [{"Name": "a", "Version": "1", "PackageId": "a_1_amd64.deb"}])
    account.poll()
    assert status(account, instance) == ("EC2_SSM_AGENT_BASED", "SUCCESSFUL")
    assert account.front.count("CreateSnapshots") == 3 and "nextScanAt" not in account.detail(instance)


def test_disks_that_fail_are_let_be(account, small):
    """What may pass is tried a few times with the same snapshots, and then as seldom as what will not."""
    instance, _ = launch(account, small)
    front = account.front
    front.faults["GetSnapshotBlock"] = lambda _: (507, "InsufficientStorage")

    def given_up():
        account.set("UPDATE job SET attempts = 5, due = 0 WHERE state = 0 AND error IS NOT NULL")
        return account.reasons().get(instance) == "INTERNAL_ERROR"

    account.add(settle=False)
    wait_for(given_up)
    account.settle()
    detail = account.detail(instance)
    assert "InsufficientStorage" in detail["message"] and detail["nextScanAt"] > time.time() + 86000
    assert front.count("CreateSnapshots") == 1 and not snapshots(account)
    account.poll()
    assert front.count("CreateSnapshots") == 1 and status(account, instance)[1] == "INTERNAL_ERROR"
    assert not account.server.call("GET", "/assay/v1/jobs?state=FAILED")["jobs"]
    front.faults.clear()
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert status(account, instance) == ("EC2_AGENTLESS", "SUCCESSFUL") and "nextScanAt" not in account.detail(instance)


def test_systems_manager_meanwhile(account, small):
    """Snapshots that were begun are gone on with while it does not answer, and removed when it tells all."""
    instance, _ = launch(account, small)
    front = account.front
    front.faults["DescribeInstanceInformation"] = lambda _: (507, "InsufficientStorage") if front.count("CreateSnapshots") else None
    account.add()
    assert status(account, instance) == ("EC2_AGENTLESS", "SUCCESSFUL")
    assert front.count("CreateSnapshots") == 1 and not snapshots(account)

    def installed(_):
        front.disks.managed[instance] = agent("Debian GNU/Linux", "12")
        front.disks.inventories[instance] = (60, [{"Name": "a", "Version": "1", "PackageId": "a_1_amd64.deb"}])

    front.faults = {"CreateSnapshots": installed}
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert status(account, instance) == ("EC2_SSM_AGENT_BASED", "SUCCESSFUL")
    assert front.count("CreateSnapshots") == 2 and not snapshots(account)


def test_answers_without_their_list(account, small):
    """They are no sign of there being nothing."""
    instance, _ = launch(account, small)
    front = account.front.disks
    front.managed[instance] = agent("Debian GNU/Linux", "12")
    front.inventories[instance] = (60, [{"Name": f"a{n}", "Version": "1", "PackageId": f"a{n}_1_amd64.deb"} for n in range(60)])
    account.add()
    before, inventory, blocks = known(account, instance), front.inventory, front.blocks
    assert len(before) == 60

    def said(what):
        return any(what in job.get("error", "") for job in account.server.jobs("READY"))

    def second_page(path, body):
        return reply({}) if b"NextToken" in body else inventory(path, body)

    for operation, lie, missing in (("describe", lambda *_: reply({}), "InstanceInformationList"), ("inventory", second_page, "Entries")):
        setattr(front, operation, lie)
        account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
        wait_for(lambda missing=missing: said(f"without {missing}"))
        assert status(account, instance) == ("EC2_SSM_AGENT_BASED", "SUCCESSFUL") and known(account, instance) == before
        delattr(front, operation)
        account.settle()
    assert not account.front.count("CreateSnapshots")

    def later_page(path, body):
        return blocks(path, body) if "maxResults=100&" in path else reply({"VolumeSize": 1, "BlockSize": BLOCK})

    front.managed.clear()
    front.blocks = later_page
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert status(account, instance)[1] == "INTERNAL_ERROR" and "without Blocks" in account.detail(instance)["message"]
    assert not snapshots(account)


def test_a_collector_on_it(account, small, tmp_path):
    """Coverage says who looked last; while the collector reports, nobody else does."""
    instance, _ = launch(account, small)
    account.add()
    assert status(account, instance) == ("EC2_AGENTLESS", "SUCCESSFUL")
    host, key = account.server.enrol("a" * 32, instanceId=instance)
    assert host == instance
    status_file = tiny.dpkg(("bash", "5.2-1", None), ("sed", "4.9-1", None))
    account.server.report(host, key, tiny.write_files(tmp_path, {"etc/os-release": tiny.BOOKWORM, "var/lib/dpkg/status": status_file}))
    assert status(account, instance) == ("EC2_SSM_AGENT_BASED", "SUCCESSFUL")
    reported = known(account, instance)
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert len(reported) == 2 and known(account, instance) == reported and account.front.count("CreateSnapshots") == 1

    # It was not heard of for a day; that AWS tells of the instance is no sign of it.
    account.set("UPDATE resource_heard SET reported = reported - 90000")
    account.ec2.create_tags(Resources=[instance], Tags=[{"Key": "team", "Value": "blue"}])
    account.poll()
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert status(account, instance) == ("EC2_AGENTLESS", "SUCCESSFUL")
    assert len(known(account, instance)) == 1


def test_volumes(account, assay, tmp_path):
    """The package database lies on a volume of its own, which the fstab calls by its device; others have another system."""
    root, var, old = (tmp_path / n for n in ("root", "var", "old"))
    for folder in (root / "etc", root / "var", var / "lib/dpkg", old / "etc"):
        folder.mkdir(parents=True)
    for folder in (root, old):
        (folder / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (root / "etc/fstab").write_text("/dev/nvme0n1p1 / ext4 defaults 0 1\n/dev/xvdf /var xfs defaults 0 2\n")
    (var / "lib/dpkg/status").write_text("Package: sed\nStatus: install ok installed\nVersion: 4.9-1\nArchitecture: amd64\n\n")
    first = disks.ext4(tmp_path / "root.img", root, GIB, start=disks.MIB)
    disks.partition(first, (disks.MIB, GIB - disks.MIB))
    instance, _ = launch(account, first)
    attach(account, instance, "/dev/sdb", disks.ext4(tmp_path / "old.img", old, GIB))
    attach(account, instance, "/dev/sdf", disks.xfs(tmp_path / "var.img", var, GIB))
    account.add()
    assert status(account, instance) == ("EC2_AGENTLESS", "SUCCESSFUL")
    assert [p for p, _ in known(account, instance)] == ["pkg:deb/debian/sed@4.9-1?arch=amd64&distro=debian-12"]
    found = account.server.call("GET", f"/assay/v1/resources/{instance}/coverage")
    assert "a second operating system, which is not read" in json.dumps(found), found


def test_time_limit(account, small):
    """Whatever brings blocks too slowly is left; what was begun is removed."""
    instance, _ = launch(account, small)
    account.front.faults["GetSnapshotBlock"] = lambda _: time.sleep(0.4)
    account.add(readSeconds=1)
    assert status(account, instance)[1] == "AGENTLESS_INSTANCE_COLLECTION_TIME_LIMIT_EXCEEDED"
    assert not snapshots(account) and account.front.count("CreateSnapshots") == 1
    found = account.coverage()[instance]["scanStatus"]
    assert found["statusCode"] == "INACTIVE"


def test_refusals(account, small):
    """Whatever is refused, its snapshots do not stay."""
    instance, _ = launch(account, small)
    front = account.front
    front.faults["GetSnapshotBlock"] = lambda _: (403, "KMSAccessDenied")
    account.add()
    assert status(account, instance)[1] == "ACCESS_DENIED_TO_ENCRYPTION_KEY" and not snapshots(account)
    front.faults["GetSnapshotBlock"] = denied
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert status(account, instance)[1] == "ACCESS_DENIED" and not snapshots(account)
    front.faults["GetSnapshotBlock"] = None
    front.disks.lies = 2
    account.server.call("POST", "/assay/v1/rescan", {"resourceId": instance})
    account.settle()
    assert status(account, instance)[1] == "SUCCESSFUL" and not snapshots(account)


def test_what_a_dead_server_left(account, small):
    """It goes on with its snapshots, and says which volume came later; those of instances that are gone are removed."""
    instance, volume = launch(account, small)
    account.front.faults["GetSnapshotBlock"] = lambda _: account.server.kill()
    with pytest.raises(Exception):  # noqa: B017, the server is gone
        account.add()
    assert len(snapshots(account)) == 1
    attach(account, instance, "/dev/sdf")
    account.front.faults["GetSnapshotBlock"] = None
    account.server.start()
    account.settle()
    assert status(account, instance)[1] == "SUCCESSFUL"
    assert not snapshots(account) and account.front.count("CreateSnapshots") == 1
    assert {v for v, _ in account.front.disks.fetched} == {volume}
    found = account.server.call("GET", f"/assay/v1/resources/{instance}/coverage")
    assert "no snapshot of this volume" in json.dumps(found), found

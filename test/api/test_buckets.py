"""Buckets with S3's interface: functions that lie in one, findings that are reported to one."""

import http.server
import io
import json
import threading
import zipfile

import boto3
import pytest
import tiny
from common import REGION, wait_for
from moto.server import ThreadedMotoServer
from test_functions import active, coverage, metadata, settled

KEY = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@pytest.fixture(scope="module")
def moto():
    one = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    one.start()
    host, port = one.get_host_and_port()
    yield f"http://{host}:{port}"
    one.stop()


@pytest.fixture
def s3(moto, request):
    """A bucket of the test's own."""
    client = boto3.client("s3", endpoint_url=moto, region_name=REGION, **KEY)
    client.bucket = request.node.name.replace("_", "-")
    client.create_bucket(Bucket=client.bucket)
    return client


def packed(files):
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return to.getvalue()


def put(s3, name, files):
    s3.put_object(Bucket=s3.bucket, Key=name, Body=packed(files))


def test_functions_of_a_bucket(server, moto, s3):
    server.client().enable(resourceTypes=["LAMBDA"])
    put(s3, "live/hello.zip", {"index.js": "", "package-lock.json": tiny.lock({"lodash": "4.17.15", "minimist": "1.2.0"})})
    put(s3, "live/deps.zip", metadata("Django", "3.2.0"))
    put(s3, "live/work.zip", {"main.py": ""})
    s3.put_object(Bucket=s3.bucket, Key="live/work.json", Body=json.dumps({"runtime": "python3.11", "layers": ["deps.zip"]}))
    put(s3, "elsewhere/other.zip", {"index.js": ""})
    put(s3, "live/deeper/other.zip", {"index.js": ""})
    body = {
        "kind": "FUNCTION_BUCKET",
        "url": f"{moto}/{s3.bucket}",
        "options": {"accessKeyId": "testing", "prefix": "live/", "region": REGION},
        "secret": "testing",
    }
    server.origin = server.call("POST", "/assay/v1/origins", body)["id"]
    settled(server, "hello")
    settled(server, "work")
    assert set(coverage(server)) == {"hello", "work"}
    before = active(server)
    assert {"CVE-2021-0001", "CVE-2021-0002", "CVE-2021-0003"} < set(before)

    put(s3, "live/hello.zip", {"index.js": "", "package-lock.json": tiny.lock({"lodash": "4.17.15", "minimist": "1.2.6"})})
    wait_for(lambda: settled(server, "hello") or set(active(server)) == set(before) - {"CVE-2021-0003"})
    after = active(server)
    assert all(after[cve]["updatedAt"] == before[cve]["updatedAt"] for cve in after if "work" in str(after[cve]["resources"]))

    s3.delete_object(Bucket=s3.bucket, Key="live/hello.zip")
    settled(server, "hello", "RESOURCE_TERMINATED")
    assert {f["resources"][0]["details"]["awsLambdaFunction"]["functionName"] for f in active(server).values()} == {"work"}

    s3.delete_object(Bucket=s3.bucket, Key="live/work.zip")
    settled(server, "work", "RESOURCE_TERMINATED")
    settled(server, "deps")  # which is nobody's layer now


def test_a_bucket_that_is_not_there(server, moto):
    server.client().enable(resourceTypes=["LAMBDA"])
    body = {"kind": "FUNCTION_BUCKET", "url": f"{moto}/nowhere", "options": {"accessKeyId": "testing"}, "secret": "testing"}
    server.call("POST", "/assay/v1/origins", body)
    wait_for(lambda: (server.call("GET", "/assay/v1/origins")["origins"][0].get("state") or {}).get("error"))
    assert "testing" not in json.dumps(server.call("GET", "/assay/v1/origins")["origins"][0]["state"])


class Refusing(http.server.BaseHTTPRequestHandler):
    """A bucket that lists what one may not read."""

    objects = {"work.zip": packed({"main.py": ""}), "work.json": json.dumps({"runtime": "python3.11", "layers": ["deps.zip"]}).encode()}

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.split("?")[0].split("/")[2:]
        names = [*self.objects, "deps.zip"]
        entries = "".join(f'<Contents><Key>{n}</Key><ETag>"{n}"</ETag><Size>1</Size></Contents>' for n in names)
        body = self.objects.get(name[0]) if name and name[0] else f"<ListBucketResult>{entries}</ListBucketResult>".encode()
        self.send_response(200 if body is not None else 403)
        body = body if body is not None else b"<Error><Code>AccessDenied</Code></Error>"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_layer_that_may_not_be_read(server):
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    server.client().enable(resourceTypes=["LAMBDA"])
    body = {"kind": "FUNCTION_BUCKET", "url": f"http://127.0.0.1:{httpd.server_port}/live", "options": {"accessKeyId": "testing"}, "secret": "testing"}
    server.origin = server.call("POST", "/assay/v1/origins", body)["id"]
    settled(server, "work", "ACCESS_DENIED")
    httpd.shutdown()


def test_a_report_to_a_bucket(make_server, moto, s3, tmp_path):
    config = tmp_path / "assay.toml"
    config.write_text(f'[s3]\nendpoint = "{moto}"\nregion = "{REGION}"\naccess_key = "testing"\nsecret_key = "testing"\n')
    config.chmod(0o600)
    server = make_server("--config", str(config))
    server.report(*server.enrol("a" * 32), tiny.write_files(tmp_path / "root", tiny.app()))
    inspector = server.client()

    def made(bucket):
        where = {"bucketName": bucket, "keyPrefix": "weekly", "kmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"}
        identifier = inspector.create_findings_report(reportFormat="JSON", s3Destination=where)["reportId"]
        return identifier, wait_for(
            lambda: (a := inspector.get_findings_report_status(reportId=identifier))["status"] != "IN_PROGRESS" and a
        )

    identifier, answer = made(s3.bucket)
    assert answer["status"] == "SUCCEEDED", answer
    (name,) = (o["Key"] for o in s3.list_objects_v2(Bucket=s3.bucket)["Contents"])
    assert name.startswith("weekly/") and identifier in name
    report = json.loads(s3.get_object(Bucket=s3.bucket, Key=name)["Body"].read())
    found = {f["findingArn"] for f in server.findings()}
    assert {f["findingArn"] for f in report["findings"]} == found != set()
    _, answer = made("nowhere")
    assert (answer["status"], answer["errorCode"]) == ("FAILED", "BUCKET_NOT_FOUND")
    server.stop()

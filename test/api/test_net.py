"""The unit tests of net/ that need another implementation beside them: moto's S3, botocore's signatures."""

import os
import pathlib
import subprocess
import sys

import boto3
import pytest
from common import ROOT, unavailable
from moto.server import ThreadedMotoServer


def unit_test(assay, name, **environment):
    program = pathlib.Path(assay).parent / "test" / "unit" / f"test_{name}"
    if not program.exists():
        unavailable(f"no {program}: meson test builds it")
    done = subprocess.run([program], env={**os.environ, "ASSAY_SOURCE": str(ROOT), **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_buckets(assay):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="testing",
                     aws_secret_access_key="testing").create_bucket(Bucket="assay-test")
        said = unit_test(assay, "client", ASSAY_TEST_S3=url)
        assert "SKIPPED" not in said
    finally:
        server.stop()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_signatures_of_botocore(assay, tmp_path, seed):
    vectors = tmp_path / "vectors.tsv"
    with open(vectors, "wb") as file:
        subprocess.run([sys.executable, ROOT / "test/unit/sigv4_vectors.py", "2000", str(seed)], stdout=file, check=True)
    unit_test(assay, "sigv4", ASSAY_SIGV4_VECTORS=str(vectors))

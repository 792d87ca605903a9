"""A server with two hosts and two functions, whose findings the tests of lists ask for."""

import io
import json
import zipfile

import tiny
from common import wait_for


def function_zip(packages):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.js", "exports.handler = async () => 1\n")
        archive.writestr("package-lock.json", tiny.lock(packages))
        for name, version in packages.items():
            archive.writestr(f"node_modules/{name}/package.json", json.dumps({"name": name, "version": version}))
    return out.getvalue()


def populate(server, folder):
    """Hosts, functions, and a rule that hides one vulnerability; a package of one host is upgraded at the end."""
    distribution = {"etc/os-release": tiny.BUSTER, "var/lib/dpkg/status": tiny.dpkg(("bash", "5.0-4", None))}
    app = tiny.write_files(folder / "app", tiny.app() | distribution)
    server.report(*server.enrol("de" * 16, "debian", tags={"team": "red", "Name": "d"}), tiny.write_files(folder / "debian", tiny.host()))
    host, key = server.enrol("ab" * 16, "application", tags={"team": "blue"})
    server.report(host, key, app)
    functions = folder / "functions"
    functions.mkdir()
    (functions / "checkout.zip").write_bytes(function_zip({"lodash": "4.17.15"}))
    (functions / "mail.zip").write_bytes(function_zip({"minimist": "1.2.0", "left-pad": "1.3.0"}))
    origin = {"kind": "FUNCTION_FOLDER", "url": str(functions), "options": {"role": "arn:aws:iam::000000000000:role/run"}}
    identifier = server.call("POST", "/assay/v1/origins", origin)["id"]
    server.call("POST", f"/assay/v1/origins/{identifier}/poll", {})
    wait_for(lambda: len(server.findings(resourceType=[{"comparison": "EQUALS", "value": "AWS_LAMBDA_FUNCTION"}])) >= 4)
    server.client().create_filter(
        name="hidden", action="SUPPRESS", filterCriteria={"vulnerabilityId": [{"comparison": "EQUALS", "value": "CVE-2021-0003"}]}
    )
    fixed = {"package-lock.json": tiny.lock({"minimist": "1.2.0", "left-pad": "1.3.0", "@babel/traverse": "7.20.0"})}
    server.report(host, key, tiny.write_files(app, fixed))
    return server

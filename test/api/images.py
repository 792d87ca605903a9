"""Images made by hand, and Debian's registry to push them to."""

import gzip
import hashlib
import io
import json
import pathlib
import re
import subprocess
import tarfile

import requests
from common import need, wait_for


def layer(files):
    """A layer of these files: a content, or None for one that the layer takes away."""
    to = io.BytesIO()
    with tarfile.open(fileobj=to, mode="w") as tar:
        for name, content in files.items():
            path = pathlib.PurePosixPath(name)
            if content is None:
                path, content = path.with_name(".wh." + path.name), b""
            entry = tarfile.TarInfo(str(path))
            content = content.encode() if isinstance(content, str) else content
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return to.getvalue()


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Image:
    """The blobs of an image of one platform."""

    def __init__(self, *layers, architecture="amd64", system="linux", author="somebody"):
        plain = [layer(files) if isinstance(files, dict) else files for files in layers]
        packed = [gzip.compress(content, mtime=0) for content in plain]
        self.config = json.dumps(
            {
                "os": system,
                "architecture": architecture,
                "author": author,
                "rootfs": {"type": "layers", "diff_ids": [digest(content) for content in plain]},
            }
        ).encode()
        self.blobs = {digest(content): content for content in [*packed, self.config]}
        self.layers = [digest(content) for content in packed]
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": self.descriptor("application/vnd.oci.image.config.v1+json", self.config),
                "layers": [self.descriptor("application/vnd.oci.image.layer.v1.tar+gzip", content) for content in packed],
            }
        ).encode()
        self.platform = {"os": system, "architecture": architecture}
        self.digest = digest(self.manifest)

    @staticmethod
    def descriptor(kind, content, **more):
        return {"mediaType": kind, "digest": digest(content), "size": len(content), **more}


def index(*images):
    """An index of images, with a statement about the first as build tools add it."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    entries = [Image.descriptor(kind, image.manifest, platform=image.platform) for image in images]
    nowhere = {"os": "unknown", "architecture": "unknown"}
    entries.append(Image.descriptor(kind, b"a statement", platform=nowhere))
    return json.dumps(
        {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
    ).encode()


class Registry:
    """docker-registry on a port of its own."""

    def __init__(self, folder, user=None, password=None, notify=None, tls=None):
        """tls: a folder that authority() made."""
        need("docker-registry", "htpasswd")
        self.folder, self.auth = pathlib.Path(folder), (user, password) if user else None
        self.verify = str(tls / "ca.pem") if tls else True
        config = f"""
version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {self.folder}/data}}
  delete: {{enabled: true}}
http:
  addr: 127.0.0.1:0
"""
        if tls:
            config += f"  tls: {{certificate: {tls}/server.pem, key: {tls}/server.key}}\n"
        if user:
            lines = subprocess.run(["htpasswd", "-Bbn", user, password], capture_output=True, check=True).stdout
            (self.folder / "htpasswd").write_bytes(lines)
            config += f"auth: {{htpasswd: {{realm: test, path: {self.folder}/htpasswd}}}}\n"
        if notify:
            config += f"""
notifications:
  endpoints:
    - name: assay
      url: {notify[0]}
      headers: {{Authorization: ["{notify[1]}"]}}
      timeout: 5s
      threshold: 3
      backoff: 1s
"""
        (self.folder / "config.yml").write_text(config)
        self.log = self.folder / "registry.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", str(self.folder / "config.yml")], stdout=log, stderr=log)
        self.host = wait_for(self.listens)[1]
        self.url = ("https://" if tls else "http://") + self.host

    def listens(self):
        """It says where in its log."""
        said = self.log.read_text()
        assert self.process.poll() is None, f"docker-registry does not start: {said}"
        return re.search(r'msg="listening on ([0-9.:]+)[,"]', said)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def request(self, method, path, **options):
        answer = requests.request(method, self.url + path, auth=self.auth, timeout=60, verify=self.verify, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def blob(self, repository, content):
        name = digest(content)
        if requests.head(f"{self.url}/v2/{repository}/blobs/{name}", auth=self.auth, timeout=60, verify=self.verify).ok:
            return
        place = self.request("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
        place += ("&" if "?" in place else "?") + "digest=" + name
        answer = requests.put(
            place, data=content, auth=self.auth, timeout=60, verify=self.verify, headers={"Content-Type": "application/octet-stream"}
        )
        assert answer.status_code == 201, answer.text

    def put(self, repository, reference, manifest):
        kind = json.loads(manifest)["mediaType"]
        self.request("PUT", f"/v2/{repository}/manifests/{reference}", data=manifest, headers={"Content-Type": kind})

    def push(self, repository, tag, *images):
        """One image under the tag, or several as an index."""
        for image in images:
            for content in image.blobs.values():
                self.blob(repository, content)
            self.put(repository, image.digest if len(images) > 1 else tag, image.manifest)
        if len(images) > 1:
            self.blob(repository, b"a statement")
            manifest = json.loads(index(*images))
            manifest["manifests"].pop()  # the registry wants all that an index names
            self.put(repository, tag, json.dumps(manifest).encode())

    def delete(self, repository, name):
        self.request("DELETE", f"/v2/{repository}/manifests/{name}")


def authority(folder):
    """Makes an authority (ca.pem) and what it vouches for: a server at 127.0.0.1 (server.pem, server.key)."""
    need("openssl")
    folder.mkdir()

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2")
    openssl(*new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names", "-out", "server.pem")
    return folder

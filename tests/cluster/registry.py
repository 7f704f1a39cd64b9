"""A registry on loopback whose images follow from their names: `PORT/win/17763-20348-linux:1` is an index of these platforms.

`slow/…` answers after five seconds, `down/…` with 503, `none/…` with 404; `arm64-26100` is for arm64. Usage: registry.py PORT
"""

import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# No engine pulls an image without a layer.
LAYER = "sha256:" + hashlib.sha256(b"layer").hexdigest()
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONTENT = {}


def keep(document):
    data = json.dumps(document).encode()
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    CONTENT[digest] = data
    return digest, data


def index(name):
    entries = []
    for platform in name.split("-"):
        architecture, build = ("arm64", platform[5:]) if platform.startswith("arm64") else ("amd64", platform)
        what = {"os": "windows", "architecture": architecture, "os.version": f"10.0.{build}.1"}
        if platform == "linux":
            what = {"os": "linux", "architecture": "amd64"}
        config, data = keep({**what, "rootfs": {"type": "layers", "diff_ids": [LAYER]}, "config": {}})
        described = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": len(data)}
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": LAYER, "size": 1}
        manifest, data = keep({"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": [layer]})
        entries.append({"mediaType": MANIFEST, "digest": manifest, "size": len(data), "platform": what})
    return keep({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, data, kind="application/json", digest=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def do_GET(self):
        parts = self.path.split("/")  # "", v2, place, name, manifests or blobs, reference
        if len(parts) != 6:
            return self.answer(200, b"{}")
        _, _, place, name, kind, reference = parts
        if place == "slow":
            time.sleep(5)
        if place == "down":
            return self.answer(503, b"{}")
        if place == "none":
            return self.answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
        if kind == "manifests" and not reference.startswith("sha256:"):
            digest, data = index(name)
            return self.answer(200, data, INDEX, digest)
        if reference not in CONTENT:
            return self.answer(404, b"{}")
        data = CONTENT[reference]
        is_manifest = kind == "manifests"
        self.answer(200, data, json.loads(data)["mediaType"] if is_manifest else "application/octet-stream", reference)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

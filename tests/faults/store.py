"""What the scripts in this folder share: images, a registry on loopback that serves them, and what a store must be."""

import gzip
import hashlib
import http.server
import io
import json
import os
import random
import tarfile
import threading
import time

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
NAME = "org.opencontainers.image.ref.name"


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(media_type, content):
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def layer(name, size):
    """A layer with one file that does not compress: the compressed bytes, and the digest of what is in them."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo(f"Files/{name}.bin")
        member.size = size
        tar.addfile(member, io.BytesIO(random.Random(name).randbytes(size)))
    return gzip.compress(archive.getvalue(), 1, mtime=0), digest_of(archive.getvalue())


class Images:
    """Manifests and blobs of the repository `app`, by tag and digest."""

    def __init__(self):
        self.manifests = {}
        self.blobs = {}

    def image(self, tag, version, layers):
        """An index with one entry for Linux and one for Windows; returns the digests that the Windows image needs."""
        contents = [content for content, _ in layers]
        entries = []
        for os_name, has in (("linux", []), ("windows", layers)):
            config = {"os": os_name, "architecture": "amd64", "config": {},
                      "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in has]}}
            platform = {"os": os_name, "architecture": "amd64"}
            if os_name == "windows":
                config["os.version"] = platform["os.version"] = version
            config = json.dumps(config).encode()
            manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, config),
                                   "layers": [descriptor(LAYER, content) for content, _ in has]}).encode()
            self.manifests[digest_of(manifest)] = (MANIFEST, manifest)
            self.blobs[digest_of(config)] = config
            entries.append({**descriptor(MANIFEST, manifest), "platform": platform})
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        self.manifests[tag] = self.manifests[digest_of(index)] = (INDEX, index)
        self.blobs.update((digest_of(content), content) for content in contents)
        return [digest_of(manifest), digest_of(config)] + [digest_of(content) for content in contents]


class Registry:
    """A registry for these images; `pause` is the seconds before each 16 KiB of a blob."""

    def __init__(self, images, pause=0.0):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, content, headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                for start in range(0, len(content), 16384):
                    if pause and "/blobs/" in self.path:
                        time.sleep(pause)
                    self.wfile.write(content[start:start + 16384])

            def do_GET(self):
                try:
                    self.get()
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def get(self):
                kind, _, name = self.path.removeprefix("/v2/app/").partition("/")
                if kind == "manifests" and name in images.manifests:
                    media_type, content = images.manifests[name]
                    return self.answer(200, content, {"Content-Type": media_type, "Docker-Content-Digest": digest_of(content)})
                if kind == "blobs" and name in images.blobs:
                    content = images.blobs[name]
                    first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
                    if first:
                        ranged = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}
                        return self.answer(206, content[first:], ranged)
                    return self.answer(200, content, {"Content-Type": "application/octet-stream"})
                return self.answer(404, b"{}", {"Content-Type": "application/json"})

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                """A client that was killed."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def program():
    """The path of the program under test: $WINCOMPAT, or the one that `cargo build` makes."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.environ.get("WINCOMPAT", os.path.join(here, "../../target/debug/wincompat"))
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path} is no program: run `cargo build` first, or name one with WINCOMPAT")
    return os.path.realpath(path)


def environment(folder):
    """Nothing of this machine's: home, cache and store are below the folder."""
    return {"PATH": "/usr/bin:/bin", "HOME": f"{folder}/home", "WINCOMPAT_CACHE": f"{folder}/files/cache",
            "WINCOMPAT_ROOT": f"{folder}/files/store", "RUST_BACKTRACE": "0"}


def listed(store):
    """The digests of the images that a store lists, by name."""
    with open(f"{store}/index.json", "rb") as file:
        entries = json.load(file)["manifests"]
    return {entry["annotations"][NAME]: entry["digest"] for entry in entries}


def missing(store, digest):
    """What the content with this digest needs, at any depth, and is not there or not what its name says."""
    try:
        with open(f"{store}/blobs/sha256/{digest.removeprefix('sha256:')}", "rb") as file:
            content = file.read()
    except OSError as error:
        return [f"{digest}: {error.strerror}"]
    if digest_of(content) != digest:
        return [f"{digest} holds other content"]
    try:
        document = json.loads(content)
    except ValueError:
        return []
    if not isinstance(document, dict):
        return []
    needs = document.get("manifests", []) + document.get("layers", [])
    needs += [document["config"]] if "layers" in document else []
    return [lack for need in needs for lack in missing(store, need["digest"])]


def unsound(store):
    """Everything that is wrong with a store: a list that cannot be read, an image that lacks something."""
    try:
        images = listed(store)
    except (OSError, ValueError, KeyError) as error:
        return [f"the list cannot be read: {error!r}"]
    wrong = [f"{name} lacks {lack}" for name, digest in images.items() for lack in missing(store, digest)]
    for name in os.listdir(f"{store}/blobs/sha256"):
        with open(f"{store}/blobs/sha256/{name}", "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != name:
                wrong.append(f"the blob {name} holds other content")
    return wrong

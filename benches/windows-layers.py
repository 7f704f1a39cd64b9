"""Writes an OCI layout with one Windows image of these layers, named `image`: windows-layers.py FOLDER LAYER.tar.gz…"""
import gzip, hashlib, json, os, sys

folder, paths = sys.argv[1], sys.argv[2:]
os.makedirs(f"{folder}/blobs/sha256", exist_ok=True)


def digest_of(file):
    return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def document(media_type, **content):
    content = json.dumps(content).encode()
    digest = hashlib.sha256(content).hexdigest()
    with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
        file.write(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


layers, diff_ids = [], []
for path in paths:
    with open(path, "rb") as file:
        digest = digest_of(file)
    with gzip.open(path) as tar:
        diff_ids.append(digest_of(tar))
    os.link(path, f"{folder}/blobs/sha256/{digest.removeprefix('sha256:')}")
    layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": os.path.getsize(path)})
config = document("application/vnd.oci.image.config.v1+json", architecture="amd64", os="windows", config={},
                  **{"os.version": "10.0.20348.2402"}, rootfs={"type": "layers", "diff_ids": diff_ids})
manifest = document("application/vnd.oci.image.manifest.v1+json", schemaVersion=2,
                    mediaType="application/vnd.oci.image.manifest.v1+json", config=config, layers=layers)
manifest["annotations"] = {"org.opencontainers.image.ref.name": "image"}

with open(f"{folder}/oci-layout", "w") as file:
    json.dump({"imageLayoutVersion": "1.0.0"}, file)
with open(f"{folder}/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)

"""Writes an OCI layout with small Windows images, each in an index of its own: windows-images.py FOLDER NUMBER."""
import hashlib, io, json, os, sys, tarfile

folder, number = sys.argv[1], int(sys.argv[2])
os.makedirs(f"{folder}/blobs/sha256", exist_ok=True)


def put(media_type, content):
    digest = hashlib.sha256(content).hexdigest()
    with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
        file.write(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def document(media_type, **content):
    return put(media_type, json.dumps(content).encode())


entries = []
for image in range(number):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(f"Files/{image}.txt")
        tar.addfile(member)
    layer = put("application/vnd.oci.image.layer.v1.tar", buffer.getvalue())
    version = f"10.0.20348.{1000 + image}"
    config = document("application/vnd.oci.image.config.v1+json", architecture="amd64", os="windows",
                      **{"os.version": version}, rootfs={"type": "layers", "diff_ids": [layer["digest"]]})
    manifest = document("application/vnd.oci.image.manifest.v1+json", schemaVersion=2,
                        mediaType="application/vnd.oci.image.manifest.v1+json", config=config, layers=[layer])
    manifest["platform"] = {"architecture": "amd64", "os": "windows", "os.version": version}
    index = document("application/vnd.oci.image.index.v1+json", schemaVersion=2,
                     mediaType="application/vnd.oci.image.index.v1+json", manifests=[manifest])
    entries.append(index | {"annotations": {"org.opencontainers.image.ref.name": str(image)}})

with open(f"{folder}/oci-layout", "w") as file:
    json.dump({"imageLayoutVersion": "1.0.0"}, file)
with open(f"{folder}/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": entries}, file)

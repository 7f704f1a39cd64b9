"""Writes a tree of files and a list of nodes: scan-tree.py FOLDER FILES REGISTRY IMAGES.

Of 10 files, 2 are Dockerfiles with one image each, one is a Compose file or a manifest with two, and the others name none: sources,
pages, and YAML of other kinds. So 5,000 files have 2,000 references, a quarter of which is in pods."""
import json, os, sys

folder, files, registry, images = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
tree = f"{folder}/tree"
count = references = 0


def image():
    global references
    references += 1
    return f"{registry}/app{references * 7 % images}:1"


def write(name, text):
    global count
    path = f"{tree}/part{count // 50}/unit{count}/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    count += 1


def manifest():
    containers = "".join(f"        - name: c{number}\n          image: {image()}\n" for number in range(2))
    return ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
            "      nodeSelector: {kubernetes.io/os: windows}\n      containers:\n" + containers)


def compose():
    return "services:\n" + "".join(f"  s{number}:\n    image: {image()}\n    isolation: hyperv\n" for number in range(2))


for number in range(files // 10):
    for _ in range(2):
        write("Dockerfile", f"# escape=`\nFROM {image()}\nSHELL [\"powershell\"]\n" + "RUN Write-Host step\n" * 20)
    write("deploy.yaml" if number % 2 else "compose.yaml", manifest() if number % 2 else compose())
    write("values.yaml", "".join(f"key{line}: value\n" for line in range(40)))
    for ending in ("cs", "md", "ps1", "json", "csproj", "txt"):
        write(f"source.{ending}", "// FROM here on, text that names no image\n" * 60)

builds = [(17763, "Windows Server 2019 Datacenter"), (20348, "Windows Server 2022 Datacenter"), (26100, "Windows Server 2025 Datacenter"),
          (25398, "Windows Server Version 23H2 Datacenter"), (19042, "Windows Server Version 20H2 Datacenter"), (14393, "Windows Server 2016 Datacenter")]
nodes = []
for number in range(1000):
    build, name = builds[number % len(builds)]
    nodes.append({"metadata": {"name": f"node{number}", "labels": {"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64",
                  "node.kubernetes.io/windows-build": f"10.0.{build}"}},
                  "status": {"nodeInfo": {"operatingSystem": "windows", "architecture": "amd64", "kernelVersion": f"10.0.{build}.1",
                             "osImage": name, "containerRuntimeVersion": "containerd://2.1.5", "kubeletVersion": "v1.34.0"}}})
with open(f"{folder}/nodes.json", "w") as file:
    json.dump({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Node", **node} for node in nodes]}, file)
print(f"{count} files, {references} references to {min(images, references)} images, {len(nodes)} nodes of {len(builds)} builds")

"""Objects for an API server: cluster-objects.py ADDRESS CA CERTIFICATE KEY NODES PODS

Nodes of three builds; a Deployment and its ReplicaSet for every ten pods, of which nine are theirs and the tenth stands alone. Twelve selectors
and tolerations, and eight images, are mixed.
"""

import http.client
import json
import ssl
import sys
import threading

address, authority, certificate, key, nodes, pods = sys.argv[1:]
NODES, PODS, THREADS = int(nodes), int(pods), 8
BUILDS = ["10.0.17763", "10.0.20348", "10.0.26100"]
IMAGES = [f"mcr.microsoft.com/windows/{base}:{tag}" for base in ("nanoserver", "servercore") for tag in ("1809", "ltsc2019", "ltsc2022", "ltsc2025")]
WINDOWS = {"kubernetes.io/os": "windows"}
SELECTORS = [WINDOWS, {**WINDOWS, "pool": "a"}, {**WINDOWS, "pool": "b"}, *({**WINDOWS, "node.kubernetes.io/windows-build": build} for build in BUILDS)]
TOLERATIONS = [[], [{"key": "spot", "operator": "Exists"}]]


def node(number):
    build = BUILDS[number % 3]
    labels = {**WINDOWS, "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": f"node{number:05}", "pool": "ab"[number % 2],
              "node.kubernetes.io/windows-build": build, **{f"example.test/label-{more}": f"value-{more}" for more in range(12)}}
    info = {"operatingSystem": "windows", "architecture": "amd64", "kernelVersion": f"{build}.{number % 7}", "osImage": "made", "machineID": "", "systemUUID": "",
            "bootID": "", "kubeProxyVersion": "v1", "kubeletVersion": "v1", "containerRuntimeVersion": "containerd://2.0.4"}
    taints = [{"key": "spot", "value": "yes", "effect": "NoSchedule"}] if number % 5 == 0 else []
    return "/api/v1/nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": f"node{number:05}", "labels": labels}, "spec": {"taints": taints},
                             "status": {"nodeInfo": info, "conditions": [{"type": "Ready", "status": "True"}]}}


def spec(number):
    return {"nodeSelector": SELECTORS[number % 6], "tolerations": TOLERATIONS[number % 2],
            "containers": [{"name": "app", "image": IMAGES[number % 8]}, {"name": "side", "image": IMAGES[number // 8 % 8]}]}


def owner(kind, name):
    version = "v1" if kind == "none" else "apps/v1"
    return {"ownerReferences": [{"apiVersion": version, "kind": kind, "name": name, "uid": "8f5d8ea0-0000-4000-8000-000000000000", "controller": True}]}


def workload(kind, number):
    name = f"app{number:05}" + ("-1" if kind == "ReplicaSet" else "")
    metadata = {"name": name, "namespace": "shop", **(owner("Deployment", name[:-2]) if kind == "ReplicaSet" else {})}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec(number)}
    return f"/apis/apps/v1/namespaces/shop/{kind.lower()}s", {"kind": kind, "apiVersion": "apps/v1", "metadata": metadata,
                                                             "spec": {"replicas": 9, "selector": {"matchLabels": {"app": name}}, "template": template}}


def pod(number):
    made = owner("ReplicaSet", f"app{number // 10:05}-1") if number % 10 else {}
    metadata = {"name": f"pod{number:05}", "namespace": "shop", **made}
    return "/api/v1/namespaces/shop/pods", {"kind": "Pod", "apiVersion": "v1", "metadata": metadata,
                                            "spec": {**spec(number // 10), "nodeName": f"node{number % NODES:05}"}}


OBJECTS = [node(number) for number in range(NODES)]
OBJECTS += [workload(kind, number) for kind in ("Deployment", "ReplicaSet") for number in range(PODS // 10)]
OBJECTS += [pod(number) for number in range(PODS)]
context = ssl.create_default_context(cafile=authority)
context.load_cert_chain(certificate, key)
failed = []


def create(thread):
    connection = http.client.HTTPSConnection(address, context=context)
    for path, document in OBJECTS[thread::THREADS]:
        connection.request("POST", path, json.dumps(document), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 201:
            failed.append(said)


threads = [threading.Thread(target=create, args=(thread,)) for thread in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(f"{len(failed)} of {len(OBJECTS)} are not created: {failed[0]}" if failed else 0)

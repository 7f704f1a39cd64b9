"""An API server on loopback with made nodes of three builds and no RuntimeClasses: webhook-api.py PORT NODES [CHANGES]

A watch of the nodes tells of CHANGES a second (0 if not given): a node is closed or opened, and the others say that they are alive.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUILDS = ["10.0.17763", "10.0.20348", "10.0.26100"]
CHANGES = int(sys.argv[3]) if len(sys.argv) > 3 else 0
SECONDS = 240


def node(number, version="1", closed=False):
    build = BUILDS[number % 3]
    labels = {"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64", "node.kubernetes.io/windows-build": build}
    info = {"operatingSystem": "windows", "architecture": "amd64", "kernelVersion": build + ".1000", "osImage": "made"}
    spec = {"unschedulable": True, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]} if closed else {}
    alive = [{"type": "Ready", "status": "True", "lastHeartbeatTime": version}]
    metadata = {"name": f"node{number:05}", "labels": labels, "resourceVersion": version}
    return {"metadata": metadata, "spec": spec, "status": {"nodeInfo": info, "conditions": alive}}


NODES = [node(number) for number in range(int(sys.argv[2]))]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        is_nodes = "/nodes" in self.path
        if "watch=" in self.path:
            return self.watch(CHANGES if is_nodes else 0)
        items = NODES if is_nodes else []
        self.send({"kind": "List", "metadata": {"resourceVersion": "1"}, "items": items})

    def watch(self, changes):
        for second in range(SECONDS):
            time.sleep(1)
            for change in range(changes):
                number, version = (second * changes + change) // 2 % len(NODES), str(time.time_ns())
                # Of two changes one closes the node or opens it, and the other says nothing that counts.
                changed = node(number, version, change % 2 == 0 and second % 2 == 0)
                self.send({"type": "MODIFIED", "object": changed})

    def send(self, document):
        self.wfile.write(json.dumps(document).encode() + b"\n")
        self.wfile.flush()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

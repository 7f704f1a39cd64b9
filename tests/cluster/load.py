"""Pods for a namespace, created again and again as a dry run, from several threads. Usage: load.py KUBECONFIG NAMESPACE IMAGE STOP

Ends once the file STOP is there, and prints the number of requests; fails if one was refused, or changed in another way than the first.
"""

import http.client
import json
import os
import re
import ssl
import sys
import threading

config, namespace, image, stop = sys.argv[1:]
text = open(config).read()
found = {key: re.search(rf'{key}: "([^"]*)"', text).group(1) for key in ("server", "certificate-authority", "client-certificate", "client-key")}
context = ssl.create_default_context(cafile=found["certificate-authority"])
context.load_cert_chain(found["client-certificate"], found["client-key"])
pod = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "load-"},
    "spec": {"nodeSelector": {"kubernetes.io/os": "windows"}, "containers": [{"name": "app", "image": image}]},
}
requests, wrong, steered = [], [], set()


def work():
    connection = http.client.HTTPSConnection(found["server"].removeprefix("https://"), context=context, timeout=60)
    while not os.path.exists(stop):
        path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
        connection.request("POST", path, json.dumps(pod), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        requests.append(answer.status)
        if answer.status != 201:
            wrong.append(body.get("message"))
        else:
            steered.add(json.dumps(body["spec"].get("affinity")))


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(requests), "requests")
if wrong or len(steered) != 1 or "null" in steered:
    sys.exit(f"{len(wrong)} failed: {wrong[:3]}; affinities: {steered}")

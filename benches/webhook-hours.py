"""Questions for a webhook at a steady rate, and its memory meanwhile: webhook-hours.py PORT HEALTH CA REGISTRY PROCESS MINUTES RATE

Half of the pods have one of 50 images that stay the same, half one of a new name; one in 500 has a megabyte of annotations. A line a minute:
minutes, questions so far, failures, memory in KiB, images kept.
"""

import http.client
import json
import ssl
import sys
import threading
import time
import urllib.request

port, health, authority, registry, process, minutes, rate = sys.argv[1:]
REVIEW = json.load(open("fixtures/admission/create-pod-of-deployment.json"))
PLATFORMS = ["17763", "20348", "26100", "20348-26100", "17763-20348-26100"]
THREADS = 4
end = time.monotonic() + 60 * float(minutes)
lock, asked, failed = threading.Lock(), 0, 0


def question(number):
    known = number % 2 == 0
    tag = f"known{number // 10 % 10}" if known else f"new{number}"
    REVIEW["request"]["object"]["spec"]["containers"][0]["image"] = f"127.0.0.1:{registry}/win/{PLATFORMS[number % 5]}:{tag}"
    REVIEW["request"]["object"]["metadata"]["annotations"] = {"large": "x" * (1 << 20)} if number % 500 == 0 else {}
    return json.dumps(REVIEW)


def ask(thread):
    global asked, failed
    context = ssl.create_default_context(cafile=authority)
    connection, number, due = None, thread, time.monotonic()
    while time.monotonic() < end:
        with lock:
            body = question(number)
        try:
            connection = connection or http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=10)
            connection.request("POST", "/mutate", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            right = answer["response"]["allowed"] is True
        except (OSError, http.client.HTTPException, KeyError, ValueError):
            connection, right = None, False
        with lock:
            asked, failed = asked + 1, failed + (not right)
        number, due = number + THREADS, due + THREADS / float(rate)
        time.sleep(max(0, due - time.monotonic()))


def line(begun):
    status = open(f"/proc/{process}/status").read()
    memory = next(row.split()[1] for row in status.splitlines() if row.startswith("VmRSS"))
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{health}/metrics").read().decode().splitlines()
    images = next(row.split()[1] for row in metrics if row.startswith("wincompat_webhook_images "))
    print(f"{(time.monotonic() - begun) / 60:.0f} {asked} {failed} {memory} {images}", flush=True)


begun = time.monotonic()
for thread in range(THREADS):
    threading.Thread(target=ask, args=(thread,), daemon=True).start()
line(begun)
while time.monotonic() < end:
    time.sleep(min(60, max(1, end - time.monotonic())))
    line(begun)

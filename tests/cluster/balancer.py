"""What a Service of Kubernetes does for two servers: each connection goes to one that says that it is ready.

Usage: balancer.py PORT SERVER:HEALTH…, all of them ports on loopback.
"""

import http.client
import itertools
import socket
import sys
import threading
import time

servers = [tuple(map(int, pair.split(":"))) for pair in sys.argv[2:]]
ready = set()


def look():
    while True:
        for server, health in servers:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", health, timeout=1)
                connection.request("GET", "/readyz")
                good = connection.getresponse().status == 200
            except OSError:
                good = False
            (ready.add if good else ready.discard)(server)
        time.sleep(0.2)


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


threading.Thread(target=look, daemon=True).start()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
for number in itertools.count():
    client, _ = listener.accept()
    choice = sorted(ready)
    if not choice:
        client.close()
        continue
    server = socket.create_connection(("127.0.0.1", choice[number % len(choice)]))
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    threading.Thread(target=pump, args=(server, client), daemon=True).start()

#!/usr/bin/env bash
# `wincompat cluster check` of a large cluster: time, peak memory, requests. The objects are made, and a real API server holds them.
#
#   benches/cluster.sh BINARIES [NODES] [PODS]     a folder as for tests/cluster.sh; WINCOMPAT names the program, else target/dist/wincompat
#
# Nodes, a Deployment and a ReplicaSet for every ten pods, and the pods (benches/cluster-objects.py). Needs openssl and Python 3.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export WINCOMPAT=${WINCOMPAT:-target/dist/wincompat}
audited=reader
source tests/control_plane.sh
nodes=${2:-5000} pods=${3:-20000}
# Nothing is to be scheduled or collected.
end kube-scheduler
end kube-controller-manager
begun=$SECONDS
python3 benches/cluster-objects.py "127.0.0.1:$api" "$state/ca.crt" "$state/admin.crt" "$state/admin.key" "$nodes" "$pods"
echo "$nodes nodes and $pods pods made in $((SECONDS - begun)) s"
kubectl create clusterrolebinding reader --clusterrole view --user reader >/dev/null
sed -n '/^```yaml$/,/^```$/p' docs/kubernetes.md | sed '1d;$d' | kubectl apply -f - >/dev/null
kubectl create clusterrolebinding reads --clusterrole wincompat-check --user reader >/dev/null
sed "s|client-certificate: .*|token: reader-token}}]|" "$KUBECONFIG" >"$state/reader"
touch "$state/audit.log"
for format in text json; do
    python3 - "$program" "$state" "$format" <<'PYTHON'
import json, resource, subprocess, sys, time
program, state, form = sys.argv[1:]
log = lambda: sum(1 for _ in open(f"{state}/audit.log"))
before, begun = log(), time.monotonic()
answer = subprocess.run([program, "cluster", "check", "-n", "shop", "--offline", "--format", form, "--kubeconfig", f"{state}/reader", "--context", "test"],
                        stdout=open(f"{state}/answer.{form}", "w"), stderr=subprocess.DEVNULL)
took, used = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
time.sleep(1)
print(f"{form}: exit code {answer.returncode}, {took:.1f} s ({used.ru_utime + used.ru_stime:.1f} s of processor), peak {used.ru_maxrss >> 10} MiB, {log() - before} requests")
PYTHON
done
tail -n 1 "$state/answer.text"

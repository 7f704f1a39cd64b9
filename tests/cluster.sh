#!/usr/bin/env bash
# `wincompat cluster` against a real control plane on loopback: etcd, kube-apiserver, kube-scheduler, kube-controller-manager.
#
#   tests/cluster.sh BINARIES        a folder with these four programs and kubectl (1.20 or later)
#
# No kubelet runs: pods are bound to nodes, and stay Pending. First each workload of tests/cluster/workloads.yaml has the finding that it is
# named after, and what is named `fits` has none; then the patches are applied, and the scheduler binds every pod to a node that fits.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binaries=$(cd "${1:?usage: tests/cluster.sh BINARIES}" && pwd)
program=${WINCOMPAT:-target/debug/wincompat}
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
state=$(mktemp -d)
started=()

finish() {
    # Only what was started here, by its number.
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$state"
}
trap finish EXIT

die() { echo "cluster.sh: $*" >&2; tail -n 3 "$state"/*.log >&2 2>/dev/null || true; exit 1; }

# begin NAME ARGUMENTS…: a program of the control plane, ended with this script or after ten minutes.
begin() {
    local name=$1
    shift
    timeout 600 "$binaries/$name" "$@" >"$state/$name.log" 2>&1 </dev/null &
    started+=($!)
}

# until_true SECONDS COMMAND…: waits for it.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || die "this did not come true in time: $*"
        sleep 0.2
    done
}

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# --- certificates: an authority, the server, and a client that may do everything
for name in apiserver admin; do
    [[ -f $state/ca.crt ]] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
        -keyout "$state/ca.key" -out "$state/ca.crt" 2>/dev/null
    subject=/CN=$name
    [[ $name != admin ]] || subject=/O=system:masters/CN=admin
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" -keyout "$state/$name.key" -out "$state/$name.csr" 2>/dev/null
    openssl x509 -req -in "$state/$name.csr" -CA "$state/ca.crt" -CAkey "$state/ca.key" -CAcreateserial -days 2 -out "$state/$name.crt" \
        -extfile <(echo 'subjectAltName=IP:127.0.0.1'; echo 'extendedKeyUsage=serverAuth,clientAuth') 2>/dev/null
done
openssl genrsa -out "$state/accounts.key" 2048 2>/dev/null
openssl rsa -in "$state/accounts.key" -pubout -out "$state/accounts.pub" 2>/dev/null

# --- the control plane
etcd=$(port) peer=$(port) api=$(port)
export KUBECONFIG=$state/config PATH=$binaries:$PATH WINCOMPAT_CACHE=$state/cache
(
    umask 077
    cat >"$KUBECONFIG" <<YAML
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: admin, namespace: shop}}]
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$api", certificate-authority: "$state/ca.crt"}}]
users: [{name: admin, user: {client-certificate: "$state/admin.crt", client-key: "$state/admin.key"}}]
YAML
    echo "reader-token,reader,reader" >"$state/tokens.csv"
)
begin etcd --data-dir "$state/etcd" --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
    --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
    --initial-cluster "default=http://127.0.0.1:$peer"
cat >"$state/audit.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata, users: [reader]}]
YAML
begin kube-apiserver --etcd-servers "http://127.0.0.1:$etcd" --bind-address 127.0.0.1 --secure-port "$api" --advertise-address 127.0.0.1 \
    --endpoint-reconciler-type none --service-cluster-ip-range 10.96.0.0/16 --cert-dir "$state" --tls-cert-file "$state/apiserver.crt" \
    --tls-private-key-file "$state/apiserver.key" --client-ca-file "$state/ca.crt" --token-auth-file "$state/tokens.csv" \
    --authorization-mode RBAC --service-account-key-file "$state/accounts.pub" --service-account-signing-key-file "$state/accounts.key" \
    --service-account-issuer https://kubernetes.default.svc --audit-policy-file "$state/audit.yaml" --audit-log-path "$state/audit.log"
until_true 60 kubectl get --raw /readyz
begin kube-scheduler --kubeconfig "$KUBECONFIG" --leader-elect=false --secure-port "$(port)" --bind-address 127.0.0.1 --cert-dir "$state"
begin kube-controller-manager --kubeconfig "$KUBECONFIG" --leader-elect=false --secure-port "$(port)" --bind-address 127.0.0.1 \
    --cert-dir "$state" --controllers '*,-nodelifecycle,-nodeipam,-route,-service' \
    --service-account-private-key-file "$state/accounts.key" --root-ca-file "$state/ca.crt"

# --- nodes and workloads
node() { # name, system, processor, kernel, more labels, taints
    local build=
    [[ $2 != windows ]] || build=", \"node.kubernetes.io/windows-build\": \"${4%.*}\""
    cat <<JSON
{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "$1", "labels": {"kubernetes.io/os": "$2", "kubernetes.io/arch": "$3"$build${5:+, $5}}},
 "spec": {"taints": [${6:-}]}, "status": {"allocatable": {"cpu": "8", "memory": "16Gi", "pods": "50"}, "capacity": {"cpu": "8", "memory": "16Gi", "pods": "50"},
 "conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"operatingSystem": "$2", "architecture": "$3", "kernelVersion": "$4",
 "osImage": "made", "kubeletVersion": "v1.33.1", "containerRuntimeVersion": "containerd://2.0.4", "machineID": "", "systemUUID": "", "bootID": "", "kubeProxyVersion": ""}}}
JSON
}
azure='"kubernetes.azure.com/mode": "user"'
{
    node ws2019-0 windows amd64 10.0.17763.8389 "$azure"
    node ws2022-0 windows amd64 10.0.20348.5386 "$azure"
    node ws2022-1 windows amd64 10.0.20348.2655 '"eks.amazonaws.com/nodegroup": "windows"' '{"key": "os", "value": "windows", "effect": "NoSchedule"}'
    node ws2025-0 windows amd64 10.0.26100.32995 "$azure"
    node win-arm64-0 windows arm64 10.0.26100.4061
    node linux-0 linux amd64 5.15.0 "$azure"
} | kubectl create --validate=false -f - >/dev/null
# A new node has it until a controller has seen its kubelet, which is not there.
kubectl taint nodes --all node.kubernetes.io/not-ready- >/dev/null 2>&1 || true
kubectl create namespace shop >/dev/null
until_true 60 kubectl -n shop get serviceaccount default
until_true 60 kubectl -n shop run probe --image=probe --restart=Never --dry-run=server
kubectl apply -n shop -f tests/cluster/workloads.yaml >/dev/null

# --- the check: names are findings
status=0
"$program" cluster check --offline --format json >"$state/before.json" 2>"$state/check.log" || status=$?
((status == 1)) || die "the check ends with $status"
python3 - "$state/before.json" <<'PYTHON'
import json, sys
report, wrong = json.load(open(sys.argv[1])), []
for workload in report["workloads"]:
    name = workload["object"].rsplit("/", 1)[-1]
    codes = [finding["code"] for finding in workload["findings"]]
    expected = {"terms": "some-nodes-fit"}.get(name, name)
    if not (workload["ok"] is True if name.startswith("fits") else expected in codes):
        wrong.append((name, workload["ok"], codes))
sys.exit(f"not as named: {wrong}" if wrong or len(report["workloads"]) < 12 else 0)
PYTHON

# --- a user with the rules of docs/kubernetes.md is enough, and uses no others
sed -n '/^```yaml$/,/^```$/p' docs/kubernetes.md | sed '1d;$d' | kubectl apply -f - >/dev/null
"$binaries/kubectl" create clusterrolebinding reader --clusterrole wincompat-check --user reader >/dev/null
sed "s|client-certificate: .*|token: reader-token}}]|" "$KUBECONFIG" >"$state/reader"
status=0
"$program" cluster check --offline -A --kubeconfig "$state/reader" --context test >"$state/reader.txt" || status=$?
((status == 1)) && ! grep -q '^ERROR' "$state/reader.txt" || die "a reader is denied something: $(grep ERROR "$state/reader.txt")"
used=$(python3 -c '
import json, sys
entries = [json.loads(line) for line in open(sys.argv[1])]
print(" ".join(sorted({entry["verb"] for entry in entries})))' "$state/audit.log")
[[ $used == list ]] || die "a reader used other verbs than list: $used"

# --- the plan: what it says of the nodes of then is what the check says once they are there
status=0
"$program" cluster plan --offline --add windows-server-2022 --retire 17763 --format json >"$state/plan.json" 2>"$state/plan.log" || status=$?
((status == 1)) || die "the plan ends with $status"
node new-0 windows amd64 10.0.20348.5386 '"kubernetes.azure.com/mode": "system"' | kubectl create --validate=false -f - >/dev/null
kubectl taint nodes new-0 node.kubernetes.io/not-ready- >/dev/null 2>&1 || true
kubectl get node ws2019-0 -o json >"$state/ws2019.json"
kubectl delete node ws2019-0 >/dev/null
"$program" cluster check --offline --format json >"$state/then.json" 2>/dev/null || true
python3 - "$state" <<'PYTHON'
import json, sys
plan, then = (json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("plan", "then"))
def said(workload):
    return sorted(finding["code"] for finding in workload["findings"])
now = {workload["object"]: said(workload) for workload in then["workloads"]}
wrong = [(w["object"], said(w), now.get(w["object"])) for w in plan["workloads"] if said(w) != now.get(w["object"])]
effects = {w["object"].rsplit("/", 1)[-1]: w["effect"] for w in plan["workloads"]}
expected = {"fits-2019": "breaks", "fits": "works", "fits-alone": "works", "no-node-fits": "fails"}
wrong += [(name, effects.get(name), effect) for name, effect in expected.items() if effects.get(name) != effect]
sys.exit(f"planned and not so: {wrong}" if wrong else 0)
PYTHON
kubectl delete node new-0 >/dev/null
kubectl create --validate=false -f "$state/ws2019.json" >/dev/null
kubectl taint nodes ws2019-0 node.kubernetes.io/not-ready- >/dev/null 2>&1 || true

# --- the patches: applied, every pod of theirs is bound to a node that fits
"$program" cluster patch --offline >"$state/patches.yaml" || true
python3 - "$state" <<'PYTHON'
import sys
state = sys.argv[1]
documents = [part for part in open(f"{state}/patches.yaml").read().split("---\n") if "kind:" in part]
for number, part in enumerate(documents):
    open(f"{state}/patch-{number}.yaml", "w").write(part)
PYTHON
for patch in "$state"/patch-*.yaml; do
    object=$(sed -n 's/^# [^ ]* \([A-Za-z]*\) shop\/\(.*\)$/\1\/\2/p' "$patch" | head -1)
    kubectl -n shop patch "$object" --type strategic --patch-file "$patch" >/dev/null || die "$object cannot be patched"
done
settled() {
    local status=0
    "$program" cluster check --offline --format json >"$state/after.json" 2>/dev/null || status=$?
    kubectl get pods -n shop -o json >"$state/pods.json"
    python3 - "$state" <<'PYTHON'
import json, sys
state = sys.argv[1]
after = json.load(open(f"{state}/after.json"))
fits = {w["object"].rsplit("/", 1)[-1]: {n for l in w["lands"] for n in after["groups"][l["group"]]["nodes"]} for w in after["workloads"] if w["ok"]}
patched = {line.rsplit("/", 1)[-1].strip() for line in open(f"{state}/patches.yaml") if line.startswith("# ") and ": " not in line}
seen = set()
for pod in json.load(open(f"{state}/pods.json"))["items"]:
    app = pod["metadata"].get("labels", {}).get("app")
    # An old pod may be on its way out.
    if app in patched and "deletionTimestamp" not in pod["metadata"]:
        if pod["spec"].get("nodeName") not in fits.get(app, ()):
            sys.exit(1)
        seen.add(app)
sys.exit(0 if seen == patched and len(seen) >= 5 else 1)
PYTHON
}
# Nothing makes pods ready here, so a rollout does not end by itself: the old ones go by hand.
kubectl delete pods -n shop --all --force --grace-period=0 --wait=false >/dev/null 2>&1 || true
kubectl delete replicasets -n shop --all --wait=false >/dev/null 2>&1 || true
until_true 60 settled
echo "cluster.sh: all passed in $SECONDS s"

#!/usr/bin/env bash
# What `wincompat webhook manifest` installs, taken by a real API server on loopback: `kubectl apply --dry-run=server` of the YAML, of the base of
# Kustomize, and of the chart by Helm. Each object also holds by the schemas of Kubernetes 1.25 to 1.37.
#
#   tests/deploy.sh BINARIES        a folder with etcd, kube-apiserver and kubectl (1.20 or later), Helm and the checker: tests/control-plane.sh
#
# Before 1.21 a PodDisruptionBudget is of policy/v1beta1: it is sent as that.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binaries=$(cd "${1:?usage: tests/deploy.sh BINARIES}" && pwd)
program=${WINCOMPAT:-target/debug/wincompat}
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
helm=$binaries/python/bin/helm checker=$binaries/python/bin/kubernetes-validate
state=$(mktemp -d)
started=()

finish() {
    # Only what was started here, by its number, the last one first: a newer API server does not end without etcd.
    for ((at = ${#started[@]} - 1; at >= 0; at--)); do
        kill "${started[at]}" 2>/dev/null || true
        wait "${started[at]}" 2>/dev/null || true
    done
    rm -rf "$state"
}
trap finish EXIT

die() { echo "deploy.sh: $*" >&2; exit 1; }
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# --- an API server that lets one token do everything
etcd=$(port) peer=$(port) api=$(port)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$state/tls.key" -out "$state/tls.crt" 2>/dev/null
openssl genrsa -out "$state/accounts.key" 2048 2>/dev/null
openssl rsa -in "$state/accounts.key" -pubout -out "$state/accounts.pub" 2>/dev/null
token=$(openssl rand -hex 16)
(umask 077; echo "$token,admin,admin,system:masters" >"$state/tokens.csv")
timeout --kill-after=30 300 "$binaries/etcd" --data-dir "$state/etcd" --listen-client-urls "http://127.0.0.1:$etcd" \
    --advertise-client-urls "http://127.0.0.1:$etcd" --listen-peer-urls "http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "default=http://127.0.0.1:$peer" >"$state/etcd.log" 2>&1 </dev/null &
started+=($!)
timeout --kill-after=30 300 "$binaries/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd" --bind-address 127.0.0.1 --secure-port "$api" \
    --advertise-address 127.0.0.1 --endpoint-reconciler-type none --service-cluster-ip-range 10.96.0.0/16 --cert-dir "$state" \
    --tls-cert-file "$state/tls.crt" --tls-private-key-file "$state/tls.key" --token-auth-file "$state/tokens.csv" --authorization-mode RBAC \
    --service-account-key-file "$state/accounts.pub" --service-account-signing-key-file "$state/accounts.key" \
    --service-account-issuer https://kubernetes.default.svc >"$state/kube-apiserver.log" 2>&1 </dev/null &
started+=($!)
kubectl() {
    "$binaries/kubectl" --kubeconfig /dev/null --server "https://127.0.0.1:$api" --certificate-authority "$state/tls.crt" --token "$token" "$@"
}
end=$((SECONDS + 60))
until kubectl get --raw /readyz >/dev/null 2>&1; do
    ((SECONDS < end)) || die "the API server does not come up: $(tail -n 3 "$state/kube-apiserver.log")"
    sleep 0.2
done
minor=$(kubectl get --raw /version | sed -n 's/.*"minor": "\([0-9]*\).*/\1/p')
if kubectl get --raw /apis/policy/v1 >/dev/null 2>&1; then budget=policy/v1; else budget=policy/v1beta1; fi

# taken NAME: the objects of $state/NAME.yaml are taken, each of them.
taken() {
    local name=$1 expected
    sed "s|^apiVersion: policy/v1\$|apiVersion: $budget|" "$state/$name.yaml" >"$state/$name.sent.yaml"
    kubectl apply --dry-run=server -f "$state/$name.sent.yaml" >"$state/$name.txt" 2>&1 || die "$name is refused: $(cat "$state/$name.txt")"
    ! grep -qi warning "$state/$name.txt" || die "$name: $(cat "$state/$name.txt")"
    expected=$(grep -c '^kind:' "$state/$name.yaml")
    [[ $(grep -c 'server dry run' "$state/$name.txt") == "$expected" ]] || die "$name: not every object: $(cat "$state/$name.txt")"
    echo "$name: $expected objects are taken"
}

# Every third minor version of Kubernetes 1 whose schemas the checker has, and the newest.
schemas=$("$binaries/python/bin/python" -c '
import kubernetes_validate, pathlib
folder = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
minors = sorted(int(path.name.split(".")[1]) for path in folder.glob("v1.*-local-strict"))
print(*sorted({*minors[::3], minors[-1]}))')

# valid NAME [FIRST]: the objects of $state/NAME.yaml hold by the schemas from this minor version on.
valid() {
    local name=$1 first=${2:-0} minor checked=0
    for minor in $schemas; do
        ((minor >= first)) || continue
        "$checker" --strict --quiet --kubernetes-version "1.$minor" "$state/$name.yaml" >"$state/$name.txt" 2>&1 ||
            die "$name does not hold by the schemas of 1.$minor: $(grep -v passed "$state/$name.txt")"
        checked=$((checked + 1))
    done
    ((checked >= 4)) || die "only $checked versions have schemas"
    echo "$name: holds by the schemas of $checked versions"
}

# A dry run makes no namespace for the others.
kubectl create namespace wincompat --save-config >/dev/null
manifest() { "$program" webhook manifest --image registry.example/wincompat:1 "$@"; }
manifest >"$state/plain.yaml"
manifest --mode enforce --failure-policy fail --expect ltsc2025 --exempt a,b --replicas 3 \
    --registry-secret registries --private-registry '*.corp.example' >"$state/settings.yaml"
manifest --match-conditions >"$state/conditions.yaml"
manifest --certificates files --ca-bundle "$state/tls.crt" >"$state/files.yaml"
"$binaries/kubectl" kustomize deploy/kustomize >"$state/kustomize.yaml"
"$helm" lint --strict --quiet deploy/helm
"$helm" template wincompat deploy/helm --namespace wincompat >"$state/helm.yaml"
"$helm" template wincompat deploy/helm --namespace wincompat --set 'exempt={a,b}' --set 'expect={20348,ltsc2025}' --set registrySecret=registries \
    --set 'privateRegistries={*.corp.example}' >"$state/values.yaml"
for value in mode=deny replica=3 image=; do
    ! "$helm" template wincompat deploy/helm --set "$value" >"$state/refused.txt" 2>&1 || die "the chart takes $value"
    grep -q "values don't meet the specifications" "$state/refused.txt" || die "$value is refused for another reason: $(cat "$state/refused.txt")"
done
for name in plain settings files kustomize helm values; do
    taken "$name"
    valid "$name"
done
((minor < 28)) || taken conditions
valid conditions 28

# The checker sees a mistake.
sed 's/maxUnavailable:/mostUnavailable:/' "$state/plain.yaml" >"$state/wrong.yaml"
! "$checker" --strict --quiet --kubernetes-version 1.30 "$state/wrong.yaml" >"$state/wrong.txt" 2>&1 || die "the checker takes any field"
grep -q mostUnavailable "$state/wrong.txt" || die "the checker fails by itself: $(cat "$state/wrong.txt")"
echo "deploy.sh: all passed in $SECONDS s"

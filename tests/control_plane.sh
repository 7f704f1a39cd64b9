# A real control plane on loopback, for the scripts beside this file: etcd, kube-apiserver, kube-scheduler, kube-controller-manager, and six
# nodes without kubelets. To be sourced from the root of the repository, with the folder of the programs as $1.
#
# It sets `binaries`, `program`, `state` (a folder that goes at the end), `cronjobs` (the version of the API that has them) and KUBECONFIG. Set
# before: `audited`, the users whose requests are in $state/audit.log. Everything started by `begin` ends with the script.

name=$(basename "$0")
binaries=$(cd "${1:?usage: tests/$name BINARIES}" && pwd)
program=${WINCOMPAT:-target/debug/wincompat}
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
state=$(mktemp -d)
# The numbers of processes by their names.
declare -A started=()

finish() {
    # Only what was started here, by its number. etcd is the last: a newer API server does not end without it.
    local etcd=${started[etcd]:-}
    unset "started[etcd]"
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    for process in "${started[@]}"; do wait "$process" 2>/dev/null || true; done
    [[ -z $etcd ]] || kill "$etcd" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$state"
}
trap finish EXIT

die() { echo "$name: $*" >&2; tail -n 3 "$state"/*.log >&2 2>/dev/null || true; exit 1; }

# begin NAME COMMAND…: a program, ended with this script or after ten minutes; by force if that takes it half a minute. What it writes is in
# $state/NAME.log.
begin() {
    local as=$1
    shift
    timeout --kill-after=30 600 "$@" >>"$state/$as.log" 2>&1 </dev/null &
    started[$as]=$!
}

# end NAME: ends a program in order, and waits for it.
end() {
    kill "${started[$1]}" 2>/dev/null || true
    wait "${started[$1]}" 2>/dev/null || true
    unset "started[$1]"
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
for who in apiserver admin; do
    [[ -f $state/ca.crt ]] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
        -keyout "$state/ca.key" -out "$state/ca.crt" 2>/dev/null
    subject=/CN=$who
    [[ $who != admin ]] || subject=/O=system:masters/CN=admin
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" -keyout "$state/$who.key" -out "$state/$who.csr" 2>/dev/null
    openssl x509 -req -in "$state/$who.csr" -CA "$state/ca.crt" -CAkey "$state/ca.key" -CAcreateserial -days 2 -out "$state/$who.crt" \
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
    for user in ${audited//,/ }; do echo "$user-token,$user,$user"; done >"$state/tokens.csv"
)
begin etcd "$binaries/etcd" --data-dir "$state/etcd" --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
    --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
    --initial-cluster "default=http://127.0.0.1:$peer"
cat >"$state/audit.yaml" <<YAML
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata, users: [${audited:?}]}]
YAML
# A newer API server that ends waits a minute for those who watch, unless it may tell them.
newer=()
[[ $("$binaries/kube-apiserver" --help) != *--shutdown-watch-termination-grace-period* ]] || newer=(--shutdown-watch-termination-grace-period 1s)
start_apiserver() {
    begin kube-apiserver "$binaries/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd" --bind-address 127.0.0.1 --secure-port "$api" --advertise-address 127.0.0.1 \
        --endpoint-reconciler-type none --service-cluster-ip-range 10.96.0.0/16 --cert-dir "$state" --tls-cert-file "$state/apiserver.crt" \
        --tls-private-key-file "$state/apiserver.key" --client-ca-file "$state/ca.crt" --token-auth-file "$state/tokens.csv" \
        --authorization-mode RBAC --service-account-key-file "$state/accounts.pub" --service-account-signing-key-file "$state/accounts.key" \
        --service-account-issuer https://kubernetes.default.svc --audit-policy-file "$state/audit.yaml" --audit-log-path "$state/audit.log" "${newer[@]}"
}
start_apiserver
until_true 60 kubectl get --raw /readyz
# Before 1.21 a CronJob is of batch/v1beta1.
if [[ $(kubectl get --raw /apis/batch/v1) == *'"cronjobs"'* ]]; then cronjobs=batch/v1; else cronjobs=batch/v1beta1; fi
# Before 1.24 both listen on a second port, on all addresses, if they are not told otherwise.
for as in kube-scheduler kube-controller-manager; do
    listen=(--secure-port "$(port)" --bind-address 127.0.0.1 --cert-dir "$state")
    ! "$binaries/$as" --help 2>&1 | grep -e '--port int' >/dev/null || listen+=(--port 0)
    own=()
    [[ $as != kube-controller-manager ]] || own=(--controllers '*,-nodelifecycle,-nodeipam,-route,-service'
        --service-account-private-key-file "$state/accounts.key" --root-ca-file "$state/ca.crt")
    begin "$as" "$binaries/$as" --kubeconfig "$KUBECONFIG" --leader-elect=false "${listen[@]}" "${own[@]}"
done

# --- nodes
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

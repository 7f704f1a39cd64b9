#!/usr/bin/env bash
# Questions a second that `wincompat webhook serve` answers with a warm cache, beside a server that allows everything, in one run.
#
#   benches/webhook.sh [SECONDS] [NODES]                 WINCOMPAT and LOAD name the programs; else those of the profile dist are built
#   benches/webhook.sh memory MINUTES [RATE] [NODES]     its memory instead, a line a minute (benches/webhook-hours.py), at RATE questions a second
#
# An API server that lists NODES nodes, and a registry, are Python on loopback. Needs openssl, curl and Python 3.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ ${1:-} == memory ]]; then
    what=memory minutes=${2:?} rate=${3:-50} nodes=${4:-100} changes=4
else
    what=speed minutes=10 seconds=${1:-5} nodes=${2:-100} changes=0
fi
if [[ -z ${WINCOMPAT:-} || -z ${LOAD:-} ]]; then
    cargo build --locked --profile dist
    cargo build --locked --profile dist --example webhook_load
fi
program=${WINCOMPAT:-target/dist/wincompat} load=${LOAD:-target/dist/examples/webhook_load}
state=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$state"' EXIT
# Everything ends by itself, whatever becomes of this script.
begin() { timeout $((minutes * 60 + 300)) "$@" >>"$state/log" 2>&1 </dev/null & started+=($!); }
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
api=$(port) registry=$(port) webhook=$(port) health=$(port) allow=$(port)

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout "$state/ca.key" -out "$state/ca.crt" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=w -keyout "$state/tls.key" -out "$state/tls.csr" 2>/dev/null
openssl x509 -req -in "$state/tls.csr" -CA "$state/ca.crt" -CAkey "$state/ca.key" -CAcreateserial -days 2 -out "$state/tls.crt" \
    -extfile <(echo subjectAltName=IP:127.0.0.1) 2>/dev/null
cat >"$state/config" <<YAML
{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: c}}], users: [{name: c, user: {token: t}}],
 clusters: [{name: c, cluster: {server: "http://127.0.0.1:$api"}}]}
YAML
python3 - "127.0.0.1:$registry/win/20348:1" >"$state/question.json" <<'PYTHON'
import json, sys
review = json.load(open("fixtures/admission/create-pod-of-deployment.json"))
review["request"]["object"]["spec"]["containers"][0]["image"] = sys.argv[1]
print(json.dumps(review))
PYTHON
begin python3 benches/webhook-api.py "$api" "$nodes" "$changes"
begin python3 tests/cluster/registry.py "$registry"
begin "$load" allow "127.0.0.1:$allow" "$state/tls.crt" "$state/tls.key"
begin "$program" webhook serve --mode steer --no-cache --private-registry 127.0.0.1 --namespace wincompat --kubeconfig "$state/config" --listen "127.0.0.1:$webhook" \
    --health-listen "127.0.0.1:$health" --tls-cert "$state/tls.crt" --tls-key "$state/tls.key"
until curl -fsS "http://127.0.0.1:$health/readyz" >/dev/null 2>&1; do sleep 0.2; done
serving=$(pgrep -P "${started[-1]}" || echo "${started[-1]}")
if [[ $what == memory ]]; then
    python3 benches/webhook-hours.py "$webhook" "$health" "$state/ca.crt" "$registry" "$serving" "$minutes" "$rate"
    exit
fi
measure() { "$load" ask "127.0.0.1:$1" "$state/ca.crt" "$state/question.json" 8 "$2"; }
measure "$webhook" 1 >/dev/null
for round in 1 2 3; do
    echo "$round allow everything: $(measure "$allow" "$seconds")"
    echo "$round webhook serve, $nodes nodes: $(measure "$webhook" "$seconds")"
done
echo "memory of webhook serve: $(awk '/VmRSS/ {print $2 " " $3}' "/proc/$serving/status")"

#!/usr/bin/env bash
# `wincompat webhook serve` called by a real API server on loopback (tests/control_plane.sh).
#
#   tests/webhook.sh BINARIES        a folder with etcd, kube-apiserver, kube-scheduler, kube-controller-manager and kubectl (1.20 or later)
#
# Images come from a registry on loopback, and follow from their names (tests/cluster/registry.py). In each mode pods of every kind of workload
# are created; those that are steered are bound by the real scheduler, and have to be on nodes that fit. Then everything around the server goes
# away and comes back under load: the API server, one of two servers, the certificate.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

audited=webhook,keeper
source tests/control_plane.sh

registry=$(port)
begin registry python3 tests/cluster/registry.py "$registry"
image() { echo "127.0.0.1:$registry/${2:-win}/$1:1"; }

# --- the rules that the server needs, and no others
kubectl apply -f - >/dev/null <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: webhook}
rules:
- {apiGroups: [""], resources: [nodes], verbs: [list, watch]}
- {apiGroups: [node.k8s.io], resources: [runtimeclasses], verbs: [list, watch]}
YAML
kubectl create clusterrolebinding webhook --clusterrole webhook --user webhook >/dev/null
sed "s|client-certificate: .*|token: webhook-token}}]|" "$KUBECONFIG" >"$state/webhook.config"

# --- a certificate of the authority that the configurations name
certificate() { # name, subject names
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=webhook -keyout "$state/$1.key" -out "$state/$1.csr" 2>/dev/null
    openssl x509 -req -in "$state/$1.csr" -CA "$state/ca.crt" -CAkey "$state/ca.key" -CAcreateserial -days 2 -out "$state/$1.crt" \
        -extfile <(echo "subjectAltName=IP:127.0.0.1") 2>/dev/null
}
certificate first
cp "$state/first.crt" "$state/tls.crt"
cp "$state/first.key" "$state/tls.key"

# serve NAME PORT HEALTH ARGUMENTS…: a server, once it is ready.
serve() {
    local as=$1 listen=$2 health=$3
    shift 3
    begin "$as" "$program" webhook serve --listen "127.0.0.1:$listen" --health-listen "127.0.0.1:$health" --no-cache --private-registry 127.0.0.1 \
        --kubeconfig "$state/webhook.config" --namespace wincompat --tls-cert "$state/tls.crt" --tls-key "$state/tls.key" "$@"
    until_true 30 curl -fsS "http://127.0.0.1:$health/readyz"
}
webhook=$(port) health=$(port)

configured() { # address, policy
    local client="clientConfig: {url: \"https://$1\", caBundle: $(base64 -w0 <"$state/ca.crt")}"
    cat <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: wincompat}
webhooks:
- name: pods.wincompat.example
  ${client/\",/\/mutate\",}
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [pods, pods/ephemeralcontainers], operations: [CREATE, UPDATE]}]
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 5
  failurePolicy: $2
  reinvocationPolicy: IfNeeded
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: wincompat}
webhooks:
- name: workloads.wincompat.example
  ${client/\",/\/validate\",}
  rules:
  - {apiGroups: [apps], apiVersions: [v1], resources: [deployments, statefulsets, daemonsets, replicasets], operations: [CREATE, UPDATE]}
  - {apiGroups: [batch], apiVersions: [v1, v1beta1], resources: [jobs, cronjobs], operations: [CREATE, UPDATE]}
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 5
  failurePolicy: $2
YAML
}

pod() { # image, more of the spec
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: bare-, labels: {app: bare}}\nspec: {containers: [{name: app, image: "%s"}]%s}\n' "$1" "${2:+, $2}"
}
windows='nodeSelector: {kubernetes.io/os: windows}'

# said WORD COMMAND…: the command succeeds, and a warning has this word.
said() {
    local word=$1
    shift
    "$@" >"$state/said" 2>&1 || die "$* fails: $(cat "$state/said")"
    grep -q "^Warning: wincompat: .*$word" "$state/said" || die "no warning with '$word' from $*: $(cat "$state/said")"
}

# silent COMMAND…: the command succeeds without a warning.
silent() {
    "$@" >"$state/said" 2>&1 || die "$* fails: $(cat "$state/said")"
    ! grep -q Warning "$state/said" || die "a warning from $*: $(cat "$state/said")"
}

# denied WORD COMMAND…: the command is refused by the webhook, with this word.
denied() {
    local word=$1
    shift
    ! "$@" >"$state/said" 2>&1 || die "$* is not denied"
    grep -q "denied the request: wincompat: .*$word" "$state/said" || die "denied in other words: $(cat "$state/said")"
}
create() { kubectl create -n shop -f - "$@"; }
create_pod() { pod "$1" "${2:-}" | create -o "jsonpath={.spec.affinity}" "${@:3}"; }

# --- warn: authors are told, and nothing else
serve server "$webhook" "$health"
configured "127.0.0.1:$webhook" Fail | kubectl apply -f - >/dev/null
until_true 20 bash -c "kubectl -n shop run probe --image=$(image linux) --restart=Never --dry-run=server && curl -fsS http://127.0.0.1:$health/metrics | grep -q decisions_total{"
said some-nodes-fit create_pod "$(image 20348)" "$windows"
[[ $(create_pod "$(image 20348)" "$windows" 2>/dev/null) == "" ]] || die "a pod is changed in the mode warn"
said no-node-fits create_pod "$(image 14393)" "$windows"
silent create_pod "$(image 17763-20348-26100-arm6426100)" "$windows"
silent create_pod "$(image 14393)" 'nodeSelector: {kubernetes.io/os: linux}'
said "not judged" create_pod "$(image 20348 none)" "$windows"
said some-nodes-fit kubectl create -n shop -f - <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: warned}
spec: {replicas: 0, selector: {matchLabels: {app: warned}}, template: {metadata: {labels: {app: warned}}, spec: {$windows, containers: [{name: app, image: "$(image 20348)"}]}}}
YAML
end server

# --- steer: pods of every kind are bound to nodes that fit
kubectl delete pods -n shop --all --force --grace-period=0 >/dev/null 2>&1
serve server "$webhook" "$health" --mode steer --expect 10.0.18363
template="metadata: {labels: {app: steered}}, spec: {$windows, containers: [{name: app, image: \"$(image 20348)\"}]"
applied() { kubectl apply -n shop -f - >"$state/said" 2>&1 || die "not applied: $(cat "$state/said")"; }
applied <<YAML
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: steered}, spec: {replicas: 3, selector: {matchLabels: {app: steered}}, template: {$template}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: steered}, spec: {serviceName: x, selector: {matchLabels: {app: steered}}, template: {$template}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: steered}, spec: {template: {$template, restartPolicy: Never}}}}
---
{apiVersion: $cronjobs, kind: CronJob, metadata: {name: steered}, spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {$template, restartPolicy: Never}}}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: everywhere}, spec: {selector: {matchLabels: {app: everywhere}}, template: {metadata: {labels: {app: everywhere}}, spec: {nodeSelector: {kubernetes.io/os: windows, kubernetes.io/arch: amd64}, containers: [{name: app, image: "$(image 17763-20348-26100)"}]}}}}
YAML
kubectl create job -n shop steered-by-cron --from=cronjob/steered >/dev/null 2>&1
terms='affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [windows]}]}, {matchFields: [{key: metadata.name, operator: In, values: [ws2022-0]}]}]}}}'
for spec in "$windows" "$terms" ""; do silent create_pod "$(image 20348)" "$spec"; done
grep -c '"In"' "$state/said" >/dev/null || die "the last pod was not steered"
bound() {
    kubectl get pods -n shop -o json >"$state/pods.json"
    python3 - "$state/pods.json" <<'PYTHON'
import json, sys
pods = [pod for pod in json.load(open(sys.argv[1]))["items"] if "deletionTimestamp" not in pod["metadata"]]
named = {}
for pod in pods:
    named.setdefault(pod["metadata"]["labels"].get("app") or pod["metadata"]["labels"]["job-name"], []).append(pod["spec"].get("nodeName"))
steered = named.get("steered", []) + named.get("bare", []) + named.get("steered-by-cron", [])
right = all(node in ("ws2022-0", "ws2025-0") for node in steered) and len(steered) >= 9
sys.exit(0 if right and sorted(named.get("everywhere", [])) == ["ws2019-0", "ws2022-0", "ws2025-0"] else f"{named}")
PYTHON
}
until_true 60 bound
silent create_pod "$(image 18363)" "$windows"
grep -q 10.0.18363 "$state/said" || die "a pod for an expected Windows is not led to it: $(cat "$state/said")"
[[ $(pod "$(image 20348)" "$windows" | create --dry-run=server -o yaml | grep -c windows-build) == 1 ]] || die "a dry run is not steered"
said no-node-fits create_pod "$(image 19041)" "$windows"
# A RuntimeClass has put its selector into the pod by then.
kubectl apply -f - >/dev/null <<'YAML'
---
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: windows}, handler: runhcs-wcow-process, scheduling: {nodeSelector: {kubernetes.io/os: windows, kubernetes.io/arch: amd64}}}
YAML
sleep 1
silent create_pod "$(image 20348)" 'runtimeClassName: windows'
grep -q 10.0.20348 "$state/said" || die "a pod with a RuntimeClass is not steered: $(cat "$state/said")"
! create_pod "$(image 20348)" 'runtimeClassName: windows, nodeSelector: {kubernetes.io/arch: arm64}' >"$state/said" 2>&1 || die "a conflict is admitted"
grep -q "conflict" "$state/said" || die "a conflict with a RuntimeClass reads: $(cat "$state/said")"
# An image that changes is judged by the node that the pod has.
on=$(pod "$(image 20348)" "nodeName: ws2022-0" | create -o name)
silent kubectl set image -n shop "$on" "app=$(image 20348-26100)"
said "not\|no-node\|selector" kubectl set image -n shop "$on" "app=$(image 17763)"
silent kubectl label -n shop "$on" changed=yes
end server

# --- enforce: what fits nowhere is denied, and the event of the ReplicaSet says why
serve server "$webhook" "$health" --mode enforce --exempt free
denied "10.0.14393.*nodes .*ws2022-0 (10.0.20348, amd64).*; use images" create_pod "$(image 14393)" "$windows"
applied <<YAML
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: denied}, spec: {replicas: 1, selector: {matchLabels: {app: denied}}, template: {metadata: {labels: {app: denied}}, spec: {$windows, containers: [{name: app, image: "$(image 14393)"}]}}}}
YAML
grep -q "^Warning: wincompat: " "$state/said" || die "no warning at a Deployment that will be denied: $(cat "$state/said")"
event() { kubectl get events -n shop --field-selector reason=FailedCreate -o jsonpath='{.items[*].message}' | grep -q "wincompat: .*10.0.14393"; }
until_true 30 event
kubectl delete deployment -n shop denied >/dev/null
kubectl create namespace free >/dev/null
until_true 30 kubectl get -n free serviceaccount default
silent bash -c "kubectl create -n free -f - <<<'$(pod "$(image 14393)" "$windows")'"
# What is not known is never denied, and nobody waits longer than the budget.
for place in slow down none; do
    before=$(date +%s%N)
    said "not judged" create_pod "$(image 14393 "$place")" "$windows"
    (($(date +%s%N) - before < 4000000000)) || die "a pod waited too long for a registry that is $place"
done
silent create_pod "$(image 20348)" "$windows"
grep -q 10.0.20348 "$state/said" || die "a pod is not steered in the mode enforce"

# --- the API server goes and comes back: what happens meanwhile is seen
end kube-apiserver
start_apiserver
until_true 60 kubectl get --raw /readyz
until_true 30 kubectl get nodes
kubectl label node ws2019-0 seen=yes >/dev/null
node ws1909-0 windows amd64 10.0.18363.1556 | kubectl create --validate=false -f - >/dev/null
kubectl taint nodes ws1909-0 node.kubernetes.io/not-ready- >/dev/null 2>&1 || true
steered_there() { [[ $(pod "$(image 18363)" "$windows" | create --dry-run=server -o yaml 2>/dev/null | grep -c 10.0.18363) -ge 1 ]]; }
until_true 60 steered_there
kubectl delete node ws1909-0 >/dev/null
# Its build is expected from now on: a pool may be at zero.
sleep 1
steered_there || die "the build of a node that is gone is not expected"

# --- two servers: one is ended, and certificates are replaced, under load; no request fails
second=$(port) second_health=$(port) shared=$(port)
serve second "$second" "$second_health" --mode enforce
begin balancer python3 tests/cluster/balancer.py "$shared" "$webhook:$health" "$second:$second_health"
sleep 1
configured "127.0.0.1:$shared" Fail | kubectl apply -f - >/dev/null
sleep 2
python3 tests/cluster/load.py "$KUBECONFIG" shop "$(image 20348)" "$state/stop" >"$state/load.txt" 2>&1 &
load=$!
sleep 3
certificate second
cp "$state/second.crt" "$state/tls.crt"
sleep 1
cp "$state/second.key" "$state/tls.key"
sleep 4
served=$(openssl s_client -connect "127.0.0.1:$webhook" </dev/null 2>/dev/null | openssl x509 -noout -serial)
[[ $served == "$(openssl x509 -noout -serial -in "$state/second.crt")" ]] || die "the new certificate is not shown"
end server
sleep 2
touch "$state/stop"
wait "$load" || die "under load: $(cat "$state/load.txt")"
grep -q '"what":"ended"' "$state/server.log" || die "the server did not end in order"

# --- a certificate of its own: two servers agree on the one in a Secret, and the API server trusts it by the caBundle that they write
end second
kubectl create namespace wincompat >/dev/null
kubectl apply -f - >/dev/null <<YAML
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: keeper}, rules: [
 {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations], resourceNames: [wincompat], verbs: [get, patch]}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: keeper, namespace: wincompat}, rules: [
 {apiGroups: [""], resources: [secrets], verbs: [create]}, {apiGroups: [""], resources: [secrets], resourceNames: [wincompat-webhook-tls], verbs: [get, update]}]}
---
{apiVersion: v1, kind: Service, metadata: {name: wincompat-webhook, namespace: wincompat}, spec: {type: ExternalName, externalName: localhost}}
YAML
for role in webhook keeper; do kubectl create clusterrolebinding "keeper-$role" --clusterrole "$role" --user keeper >/dev/null; done
kubectl create rolebinding -n wincompat keeper --role keeper --user keeper >/dev/null
sed "s|client-certificate: .*|token: keeper-token}}]|" "$KUBECONFIG" >"$state/keeper.config"
configured localhost Fail | sed "s|url: \"https://localhost/\([a-z]*\)\", caBundle: [^}]*|service: {name: wincompat-webhook, namespace: wincompat, path: /\1, port: $webhook}|" |
    kubectl replace -f - >/dev/null
keep() { # name, port, health
    begin "$1" "$program" webhook serve --listen "127.0.0.1:$2" --health-listen "127.0.0.1:$3" --no-cache --private-registry 127.0.0.1 --mode steer --kubeconfig "$state/keeper.config" \
        --namespace wincompat --tls-secret wincompat-webhook-tls --service wincompat-webhook --configuration wincompat
}
keep own "$webhook" "$health"
keep own-second "$second" "$second_health"
for place in "$health" "$second_health"; do until_true 60 curl -fsS "http://127.0.0.1:$place/readyz"; done
trusted() { create_pod "$(image 20348)" "$windows" | grep -q 10.0.20348; }
until_true 60 trusted
shown() { openssl s_client -connect "127.0.0.1:$1" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
[[ $(shown "$webhook") == "$(shown "$second")" ]] || die "two servers show two certificates"
kubectl get secret -n wincompat wincompat-webhook-tls -o jsonpath='{.data.ca\.crt}' >"$state/bundle"
bundles() { kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations wincompat -o jsonpath='{.items[*].webhooks[*].clientConfig.caBundle}'; }
[[ $(bundles) == "$(cat "$state/bundle") $(cat "$state/bundle")" ]] || die "the configurations do not have the authority of the Secret"

# --- rights: those above, and no others
end own
end own-second
used=$(python3 - "$state/audit.log" <<'PYTHON'
import json, sys
entries = [json.loads(line) for line in open(sys.argv[1])]
used = sorted({(e["user"]["username"], e["verb"] + ":" + e["objectRef"]["resource"]) for e in entries})
for user in "webhook", "keeper":
    print(user, *(what for who, what in used if who == user))
PYTHON
)
follows="list:nodes list:runtimeclasses" watches="watch:nodes watch:runtimeclasses"
[[ $used == "webhook $follows $watches
keeper create:secrets get:mutatingwebhookconfigurations get:secrets get:validatingwebhookconfigurations $follows patch:mutatingwebhookconfigurations patch:validatingwebhookconfigurations $watches" ]] ||
    die "the servers used other rights: $used"
! grep -q "webhook-token\|keeper-token\|PRIVATE KEY" "$state/server.log" "$state/second.log" "$state/own.log" || die "a token is in the log"
echo "$name: all passed in $SECONDS s; under load $(cat "$state/load.txt")"

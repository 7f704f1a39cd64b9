#!/usr/bin/env bash
# `wincompat cluster` against a real control plane on loopback (tests/control_plane.sh).
#
#   tests/cluster.sh BINARIES        a folder with these four programs and kubectl (1.20 or later)
#
# No kubelet runs: pods are bound to nodes, and stay Pending. First each workload of tests/cluster/workloads.yaml has the finding that it is
# named after, and what is named `fits` has none; then the patches are applied, and the scheduler binds every pod to a node that fits.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

audited=reader
source tests/control_plane.sh

# --- workloads
sed "s|^apiVersion: batch/v1\$|apiVersion: $cronjobs|" tests/cluster/workloads.yaml | kubectl apply -n shop -f - >/dev/null

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
kubectl create clusterrolebinding reader --clusterrole wincompat-check --user reader >/dev/null
sed "s|client-certificate: .*|token: reader-token}}]|" "$KUBECONFIG" >"$state/reader"
status=0
"$program" cluster check --offline -A --kubeconfig "$state/reader" --context test >"$state/reader.txt" || status=$?
((status == 1)) && ! grep -q '^ERROR' "$state/reader.txt" || die "a reader is denied something: $(grep ERROR "$state/reader.txt")"
used=$(python3 -c '
import json, sys
entries = [json.loads(line) for line in open(sys.argv[1])]
print(" ".join(sorted({entry["verb"] for entry in entries})))' "$state/audit.log")
[[ $used == list ]] || die "a reader used other verbs than list: $used"

# --- the report again after a change that counts, and not after others
sed 's/verbs: \[list\]/verbs: [list, watch]/' <(sed -n '/^```yaml$/,/^```$/p' docs/kubernetes.md | sed '1d;$d') | kubectl apply -f - >/dev/null
timeout 300 "$program" cluster check --offline -n shop --watch --kubeconfig "$state/reader" --context test >"$state/watch.txt" 2>"$state/watch.log" &
watching=$!
started[watch]=$watching
reports() { (($(grep -cE ' nodes? in ' "$state/watch.txt") == $1)); }
until_true 30 reports 1
kubectl annotate node ws2019-0 nothing=changed >/dev/null
kubectl scale -n shop deployment/some-nodes-fit --replicas 5 >/dev/null
sleep 5
reports 1 || die "a report without a change: $(grep changed: "$state/watch.txt")"
kubectl taint nodes ws2019-0 busy=yes:NoSchedule >/dev/null
until_true 30 reports 2
end kube-apiserver
sleep 2
start_apiserver
until_true 60 kubectl get --raw /readyz
until_true 60 kubectl taint nodes ws2019-0 busy-
until_true 60 reports 3
grep -q 'not followed at the moment' "$state/watch.log" || die "nothing says that the API server is away"
kubectl scale -n shop deployment/some-nodes-fit --replicas 4 >/dev/null
status=0
kill -INT "$watching"
wait "$watching" || status=$?
unset "started[watch]"
((status == 1)) || die "a check that goes on ends with $status: $(tail -n 3 "$state/watch.log")"
used=$(python3 -c '
import json, sys
entries = [json.loads(line) for line in open(sys.argv[1])]
print(" ".join(sorted({entry["verb"] for entry in entries})))' "$state/audit.log")
[[ $used == "list watch" ]] || die "a reader that goes on used other verbs than list and watch: $used"

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
import json, re, sys
state = sys.argv[1]
after = json.load(open(f"{state}/after.json"))
fits = {w["object"].rsplit("/", 1)[-1]: {n for l in w["lands"] for n in after["groups"][l["group"]]["nodes"]} for w in after["workloads"] if w["ok"]}
patched = set(re.findall(r"^# \S+ [A-Za-z]+ shop/(\S+)$", open(f"{state}/patches.yaml").read(), re.M))
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
echo "$name: all passed in $SECONDS s"

#!/usr/bin/env bash
# benches/pull.sh [ROUNDS [LAYERS]]: pull and decode of a 1 GiB image in four layers from a local registry, beside `skopeo copy`
# followed by `umoci raw unpack`, and beside `sha256sum` and `gzip -dc | sha256sum` of the four layers side by side. Needs
# docker-registry, skopeo, umoci, python3 and GNU time; everything stays on loopback. TMPDIR says on which disk; about 6 GiB are
# needed. LAYERS is a folder that keeps the generated layers for the next time.
#
# Wall-clock time depends on the disk and on who else computes, so processor time stands beside it: that of the program with its
# children, and that of the registry while it ran.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
folder=$(mktemp -d)
layers=${2:-$folder/layers}
servers=()
trap '((${#servers[@]} == 0)) || kill "${servers[@]}"; rm -rf "$folder"' EXIT
cargo build --locked --profile dist --quiet --bin wincompat --example pull_and_decode
program=${CARGO_TARGET_DIR:-target}/dist/examples/pull_and_decode
compgen -G "$layers/*.tar.gz" >/dev/null || cargo bench --locked --quiet --bench decode -- --generate --keep "$layers"
mkdir -p "$folder/layers"
[[ $layers == "$folder/layers" ]] || cp "$layers"/*.tar.gz "$folder/layers"
python3 benches/windows-layers.py "$folder/layout" "$folder"/layers/*.tar.gz

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/registry.yml" <<END
version: 0.1
log: {accesslog: {disabled: true}, level: error}
storage: {filesystem: {rootdirectory: $folder/registry}, cache: {blobdescriptor: inmemory}}
http: {addr: 127.0.0.1:$port}
END
docker-registry serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 &
servers+=($!)
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
image=127.0.0.1:$port/app:1
skopeo copy --quiet --insecure-policy --dest-tls-verify=false "oci:$folder/layout:image" "docker://$image"

ours() { "$program" "$image" "$folder/store" "$folder/transports"; }
pull() { "${program%/examples/*}/wincompat" pull --no-cache --quiet --root "$folder/store" "$image"; }
two_passes() { "$program" "$image" "$folder/store" "$folder/transports" two-passes; }
skopeo_and_umoci() {
    skopeo --override-os windows copy --quiet --insecure-policy --src-tls-verify=false "docker://$image" "oci:$folder/copy:image"
    umoci raw unpack --rootless --image "$folder/copy:image" "$folder/bundle"
}
coreutils() { # what a shell would do to verify the layers, were they here
    local layer
    for layer in "$folder"/layers/*.tar.gz; do
        (sha256sum "$layer"; gzip -dc "$layer" | sha256sum) &
        waited+=($!)
    done
    wait "${waited[@]}"
}
ticks() { awk '{ print $14 + $15 }' "/proc/${servers[0]}/stat"; }
export -f ours two_passes pull skopeo_and_umoci coreutils
export program image folder

# measure NAME: one run of a function, into NAME's times.
measure() {
    local before
    rm -rf "$folder"/{store,transports,copy,bundle}
    sync
    before=$(ticks)
    /usr/bin/time -f '%e %U %S %M' -o "$folder/time" bash -c "waited=(); $1" >"$folder/$1.out" 2>&1 || { cat "$folder/$1.out"; exit 1; }
    echo "$(tail -1 "$folder/time") $(($(ticks) - before))" >>"$folder/$1.times"
}
echo "load before: $(cut -d ' ' -f 1-3 /proc/loadavg), $(nproc) processors"
for ((round = 0; round < rounds; round++)); do
    for what in ours two_passes skopeo_and_umoci coreutils pull; do measure "$what"; done
done
echo "load after: $(cut -d ' ' -f 1-3 /proc/loadavg)"
python3 - "$folder" "$(getconf CLK_TCK)" <<'END'
import statistics, sys
folder, ticks = sys.argv[1], int(sys.argv[2])
def read(name):
    return [[float(word) for word in line.split()] for line in open(f"{folder}/{name}.times")]
names = {"ours": "pull and decode", "two_passes": "pull, then decode", "skopeo_and_umoci": "skopeo copy and umoci raw unpack",
         "coreutils": "sha256sum and gzip -dc | sha256sum", "pull": "wincompat pull alone"}
medians = {}
for name, label in names.items():
    runs = read(name)
    wall = statistics.median(run[0] for run in runs)
    cpu = statistics.median(run[1] + run[2] for run in runs)
    server = statistics.median(run[4] for run in runs) / ticks
    medians[name] = wall, cpu
    walls = ", ".join(f"{run[0]:.2f}" for run in runs)
    print(f"{label}: {wall:.2f} s (of {walls}), processors {cpu:.2f} s + registry {server:.2f} s, peak {max(run[3] for run in runs) / 1024:.0f} MiB")
for name in ("two_passes", "skopeo_and_umoci", "coreutils"):
    print(f"pull and decode beside {names[name]}: {medians[name][0] / medians['ours'][0]:.2f} times as fast, processors {medians[name][1] / medians['ours'][1]:.2f}")
END
tail -1 "$folder/ours.out"

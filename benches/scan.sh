#!/usr/bin/env bash
# benches/scan.sh [PROGRAM]: a scan of 5,000 files with 2,000 references to 300 images against 1,000 nodes of 6 builds, cold and warm,
# with peak memory and requests; the same for 10 times as many files; and the files alone (`--offline`, an empty cache) beside `grep -rc FROM`, or
# `rg -c FROM` where it is installed. Needs docker-registry, skopeo, python3 and GNU time; everything stays on loopback.
set -euo pipefail
cd "$(dirname "$0")/.."
images=300
wincompat=${1:-}
if [ -z "$wincompat" ]; then
    cargo build --locked --profile dist --quiet
    wincompat=${CARGO_TARGET_DIR:-target}/dist/wincompat
fi
wincompat=$(realpath "$wincompat")
folder=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}"; rm -rf "$folder"' EXIT

# Two servers over the same storage: one for speed, and one that writes down every request.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
serve() { # NAME PORT DISABLED
    cat >"$folder/$1.yml" <<END
version: 0.1
log: {accesslog: {disabled: $3}, level: error}
storage: {filesystem: {rootdirectory: $folder/registry}, cache: {blobdescriptor: inmemory}}
http: {addr: 127.0.0.1:$2}
END
    docker-registry serve "$folder/$1.yml" >"$folder/$1.log" 2>&1 &
    servers+=($!)
    until (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; do sleep 0.1; done
}
port=$(free_port)
serve fast "$port" true
counted_port=$(free_port)
serve counted "$counted_port" false

python3 benches/windows-images.py "$folder/images" $images
seq 0 $((images - 1)) | xargs -P 8 -I{} \
    skopeo copy --quiet --all --dest-tls-verify=false "oci:$folder/images:{}" "docker://127.0.0.1:$port/app{}:1"
for size in small large; do
    mkdir "$folder/$size"
    printf '%s: ' "$size"
    python3 benches/scan-tree.py "$folder/$size" "$([ $size = small ] && echo 5000 || echo 50000)" registry.test $images
done

scan() { # SIZE PORT ARGUMENT…: images run on some of the nodes and not on others, so the exit code is 1
    local size=$1 port=$2 code=0
    shift 2
    "$wincompat" scan --hosts "$folder/$size/nodes.json" --cache "$folder/cache" --mirror "registry.test=http://127.0.0.1:$port" \
        --no-config --quiet --format json "$@" "$folder/$size/tree" >"$folder/report" 2>"$folder/errors" || code=$?
    # 2 is for references that were not found offline.
    [ "$code" -le 2 ] || { tail -5 "$folder/errors" >&2; return 1; }
}
answered() { # the numbers of results and errors of the last scan
    python3 -c 'import json, sys; report = json.load(open(sys.argv[1])); print(len(report["results"]), "results,", len(report["errors"]), "errors")' "$folder/report"
}
requests() {
    local before
    before=$(grep -c '"GET /v2/' "$folder/counted.log" || true)
    scan small "$counted_port"
    sleep 1
    echo $(($(grep -c '"GET /v2/' "$folder/counted.log" || true) - before))
}
seconds() { local started=$EPOCHREALTIME; "$@"; python3 -c "print(f'{$EPOCHREALTIME - $started:.3f}')"; }
median() { python3 -c "import statistics, sys; print(f'{statistics.median(map(float, sys.argv[1:])):.3f}')" "$@"; }
peak() { # SIZE
    /usr/bin/time -f '%M' -o "$folder/peak" "$wincompat" scan --hosts "$folder/$1/nodes.json" --cache "$folder/cache" \
        --mirror "registry.test=http://127.0.0.1:$port" --no-config --quiet --format json "$folder/$1/tree" >"$folder/report" 2>/dev/null || true
    echo "$(($(tail -1 "$folder/peak") / 1024)) MiB"
}
search() { if command -v rg >/dev/null; then rg -c FROM "$folder/$1/tree"; else grep -rc FROM "$folder/$1/tree"; fi >/dev/null; }

rm -rf "$folder/cache"
cold_requests=$(requests)
answered
[ "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["errors"]))' "$folder/report")" = 0 ]
warm_requests=$(requests)
python3 -c "print(f'requests for each image: cold {$cold_requests / $images:.2f}, warm {$warm_requests / $images:.2f}')"
for size in small large; do
    cold=() warm=() alone=() search=()
    for _ in 1 2 3; do
        rm -rf "$folder/cache"
        cold+=("$(seconds scan $size "$port")")
        warm+=("$(seconds scan $size "$port")")
        alone+=("$(seconds scan $size "$port" --offline --no-cache)")
        search+=("$(seconds search $size)")
    done
    echo "$size: cold $(median "${cold[@]}") s, warm $(median "${warm[@]}") s (medians of 3), peak memory $(peak $size)"
    python3 - "$(median "${alone[@]}")" "$(median "${search[@]}")" "$(command -v rg >/dev/null && echo rg || echo grep)" <<'END'
import sys
alone, search = map(float, sys.argv[1:3])
print(f"  the files alone {alone:.3f} s, {sys.argv[3]} {search:.3f} s: {alone / search:.1f} times as long")
END
done

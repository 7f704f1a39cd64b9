#!/usr/bin/env bash
# benches/scan.sh [PROGRAM]: a scan of 5,000 files with 2,000 references to 300 images against 1,000 nodes of 6 builds, cold and warm, with
# the text report (and once as JSON), with peak memory and requests; the same for 10 times as many files; and the files alone (`--offline`, an empty cache) beside `grep -rc FROM`, or
# `rg -c FROM` where it is installed. Needs docker-registry, skopeo, python3 and GNU time; everything stays on loopback.
set -euo pipefail
cd "$(dirname "$0")/.."
images=300
source benches/registries.sh
wincompat=$(program "${1:-}")

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
        --no-config --quiet "$@" "$folder/$size/tree" >"$folder/report" 2>"$folder/errors" || code=$?
    # 2 is for references that were not found offline.
    [ "$code" -le 2 ] || { tail -5 "$folder/errors" >&2; return 1; }
}
answered() { # the numbers of results and errors of a scan
    scan small "$port" --format json
    python3 -c 'import json, sys; report = json.load(open(sys.argv[1])); print(len(report["results"]), "results,", len(report["errors"]), "errors")' "$folder/report"
}
requests() {
    local before
    before=$(counted)
    scan small "$counted_port"
    sleep 1
    echo $(($(counted) - before))
}
peak() { # SIZE
    /usr/bin/time -f '%M' -o "$folder/peak" "$wincompat" scan --hosts "$folder/$1/nodes.json" --cache "$folder/cache" \
        --mirror "registry.test=http://127.0.0.1:$port" --no-config --quiet "$folder/$1/tree" >"$folder/report" 2>/dev/null || true
    echo "$(($(tail -1 "$folder/peak") / 1024)) MiB"
}
search() { if command -v rg >/dev/null; then rg -c FROM "$folder/$1/tree"; else grep -rc FROM "$folder/$1/tree"; fi >/dev/null; }

whole() { # each reference of the last scan, which wrote JSON, was answered on each build
    python3 - "$folder/report" "$1" <<'END'
import json, sys
report, results = json.load(open(sys.argv[1])), int(sys.argv[2])
if len(report["results"]) != results or report["errors"]:
    sys.exit(f"{len(report['results'])} results, {len(report['errors'])} errors instead of {results} results")
END
}

rm -rf "$folder/cache"
cold_requests=$(requests)
answered
warm_requests=$(requests)
python3 -c "print(f'requests for each image: cold {$cold_requests / $images:.2f}, warm {$warm_requests / $images:.2f}')"
for size in small large; do
    cold=() warm=() json=() alone=() search=()
    for _ in 1 2 3; do
        rm -rf "$folder/cache"
        cold+=("$(seconds scan $size "$port")")
        warm+=("$(seconds scan $size "$port")")
        json+=("$(seconds scan $size "$port" --format json)")
        whole "$([ $size = small ] && echo 12000 || echo 120000)"
        alone+=("$(seconds scan $size "$port" --offline --no-cache)")
        search+=("$(seconds search $size)")
    done
    echo "$size: cold $(median "${cold[@]}") s, warm $(median "${warm[@]}") s, warm as JSON $(median "${json[@]}") s (medians of 3), peak memory $(peak $size)"
    python3 - "$(median "${alone[@]}")" "$(median "${search[@]}")" "$(command -v rg >/dev/null && echo rg || echo grep)" <<'END'
import sys
alone, search = map(float, sys.argv[1:3])
print(f"  the files alone {alone:.3f} s, {sys.argv[3]} {search:.3f} s: {alone / search:.1f} times as long")
END
done

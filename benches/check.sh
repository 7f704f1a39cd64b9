#!/usr/bin/env bash
# benches/check.sh: 100 images in one call beside `skopeo inspect` called 100 times, requests counted, one image as a whole
# process, start-up, peak memory. Beside the cold call stands what no client can do without: `curl` fetching the same documents, and
# the registry's own processor time. Needs docker-registry, skopeo, curl, python3, hyperfine and GNU time; everything stays on
# loopback.
set -euo pipefail
cd "$(dirname "$0")/.."
images=100
folder=$(mktemp -d)
cargo build --locked --profile dist --quiet
wincompat=${CARGO_TARGET_DIR:-target}/dist/wincompat

# Two servers over the same storage: one for speed, and one that writes down every request, which takes it most of its time.
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
servers=()
trap 'kill "${servers[@]}"; rm -rf "$folder"' EXIT
port=$(free_port)
serve fast "$port" true
counted_port=$(free_port)
serve counted "$counted_port" false

python3 benches/windows-images.py "$folder/images" $images
for ((image = 0; image < images; image++)); do
    skopeo copy --quiet --all --dest-tls-verify=false "oci:$folder/images:$image" "docker://127.0.0.1:$port/app$image:1"
    echo "127.0.0.1:$port/app$image:1" >>"$folder/list"
    echo "127.0.0.1:$counted_port/app$image:1" >>"$folder/counted"
done

check() { "$wincompat" check --host windows-server-2022 --cache "$folder/cache" --from "$folder/${1-list}" >"$folder/report"; }
requests() { # of one more check
    local before
    before=$(grep -c '"GET /v2/' "$folder/counted.log" || true)
    check counted
    sleep 1
    echo $(($(grep -c '"GET /v2/' "$folder/counted.log") - before))
}
skopeo_all() { while read -r image; do skopeo inspect --override-os windows --tls-verify=false "docker://$image"; done <"$folder/list" >"$folder/inspected"; }
seconds() { local started=$EPOCHREALTIME; "$@"; python3 -c "print($EPOCHREALTIME - $started)"; }
median() { python3 -c "import statistics, sys; print(statistics.median(map(float, sys.argv[1:])))" "$@"; }

ticks() { awk '{ print $14 + $15 }' "/proc/${servers[0]}/stat"; } # of the fast registry
floor() { curl --silent --no-progress-meter --fail --parallel --parallel-max 32 --config "$folder/documents" >"$folder/fetched"; }

rm -rf "$folder/cache"
cold_requests=$(requests)
warm_requests=$(requests)
# The documents of the cold call, from the fast registry.
{
    echo 'header = "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"'
    grep -o '"GET /v2/app[^ ]*' "$folder/counted.log" | head -n "$cold_requests" | sed "s|^\"GET \(.*\)|url = \"http://127.0.0.1:$port\1\"|"
} >"$folder/documents"

cold=() warm=() skopeo=() floor=() registry=()
for _ in 1 2 3 4 5; do
    rm -rf "$folder/cache"
    before=$(ticks)
    cold+=("$(seconds check)")
    registry+=($(($(ticks) - before)))
    warm+=("$(seconds check)")
    floor+=("$(seconds floor)")
done
for _ in 1 2 3; do skopeo+=("$(seconds skopeo_all)"); done
python3 - "$images" "$(median "${cold[@]}")" "$(median "${warm[@]}")" "$(median "${skopeo[@]}")" "$cold_requests" "$warm_requests" \
    "$(median "${floor[@]}")" "$(median "${registry[@]}")" "$(getconf CLK_TCK)" <<'END'
import sys
images, cold, warm, skopeo, cold_requests, warm_requests, floor, registry, ticks = map(float, sys.argv[1:])
print(f"{images:.0f} images in one call:  cold {cold:.3f} s, warm {warm:.3f} s (medians of 5)")
print(f"skopeo inspect, {images:.0f} calls: {skopeo:.3f} s (median of 3): {skopeo / cold:.0f} times the cold call, {skopeo / warm:.0f} times the warm one")
print(f"curl, the same {cold_requests:.0f} documents side by side: {floor:.3f} s: {skopeo / floor:.0f} times; the registry computes {registry / ticks:.2f} s for a cold call")
print(f"requests an image: cold {cold_requests / images:.2f}, warm {warm_requests / images:.2f}")
END
echo "peak memory, 100 images cold:"
rm -rf "$folder/cache"
/usr/bin/time -f '  %M KiB' "$wincompat" check --host windows-server-2022 --cache "$folder/cache" --from "$folder/list" >/dev/null
one=$(head -1 "$folder/list")
hyperfine --shell=none --warmup 5 --min-runs 100 --export-json "$folder/times" \
    "$wincompat check --host windows-server-2022 --cache $folder/cache $one" "$wincompat explain build-mismatch" >/dev/null 2>&1
python3 - "$folder/times" <<'END'
import json, sys
for result, name in zip(json.load(open(sys.argv[1]))["results"], ("one image, whole process, warm", "start-up, explain build-mismatch")):
    print(f"{name}: median {result['median'] * 1000:.1f} ms, fastest {result['min'] * 1000:.1f} ms")
END

#!/usr/bin/env bash
# benches/check.sh [PROGRAM]: 100 images in one call beside `skopeo inspect` called 100 times, requests counted, one image as a whole
# process, start-up, peak memory. Beside the cold call stands what no client can do without: `curl` fetching the same documents, and
# the registry's own processor time. Needs docker-registry, skopeo, curl, python3, hyperfine and GNU time; everything stays on
# loopback.
set -euo pipefail
cd "$(dirname "$0")/.."
images=100
source benches/registries.sh
wincompat=$(program "${1:-}")

python3 benches/windows-images.py "$folder/images" $images
for ((image = 0; image < images; image++)); do
    skopeo copy --quiet --all --dest-tls-verify=false "oci:$folder/images:$image" "docker://127.0.0.1:$port/app$image:1"
    echo "127.0.0.1:$port/app$image:1" >>"$folder/list"
    echo "127.0.0.1:$counted_port/app$image:1" >>"$folder/counted"
done

check() { "$wincompat" check --host windows-server-2022 --cache "$folder/cache" --from "$folder/${1-list}" >"$folder/report"; }
requests() { # of one more check
    local before
    before=$(counted)
    check counted
    sleep 1
    echo $(($(counted) - before))
}
skopeo_all() { while read -r image; do skopeo inspect --override-os windows --tls-verify=false "docker://$image"; done <"$folder/list" >"$folder/inspected"; }

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

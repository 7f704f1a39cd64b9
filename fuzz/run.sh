#!/usr/bin/env bash
# fuzz/run.sh [SECONDS]: builds every target and runs each for that long (60 unless said), two at a time, with bounded memory.
# Needs `cargo install cargo-fuzz`. Stable Rust will do. Ends with 1 if any target found something; it is then in fuzz/artifacts.
set -uo pipefail
cd "$(dirname "$0")"
export RUSTC_BOOTSTRAP=1 seconds=${1:-60}
cargo fuzz build || exit
run() {
    local log
    log=$(cargo fuzz run "$1" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=65536 2>&1)
    local status=$?
    echo "$1: $(grep -oE 'Done [0-9]+ runs' <<<"$log" || tail -3 <<<"$log")"
    return $status
}
export -f run
cargo fuzz list | xargs -P 2 -I{} bash -c 'run {}'

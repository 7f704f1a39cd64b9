#!/usr/bin/env bash
# fuzz/run.sh [SECONDS]: builds every target and runs each for that long (60 unless said), two at a time, with bounded memory.
# Needs `cargo install cargo-fuzz`. Stable Rust will do. Ends with 1 if any target found something; it is then in fuzz/artifacts.
set -uo pipefail
cd "$(dirname "$0")"
export RUSTC_BOOTSTRAP=1 seconds=${1:-60}
# Folders and files that live for a moment.
[[ -w /dev/shm ]] && export TMPDIR=/dev/shm
cargo fuzz build || exit
run() {
    local log options=()
    # What takes milliseconds grows no long input from an empty one in a minute: it begins with some of chance.
    if [[ $1 == conversation || $1 == store ]]; then
        options=(-len_control=0)
        mkdir -p "corpus/$1"
        for number in {1..40}; do
            head -c $((RANDOM % 1500 + 100)) /dev/urandom > "corpus/$1/chance-$number"
        done
    fi
    log=$(cargo fuzz run "$1" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=65536 "${options[@]}" 2>&1)
    local status=$?
    echo "$1: $(grep -oE 'Done [0-9]+ runs' <<<"$log" || tail -3 <<<"$log")"
    return $status
}
export -f run
cargo fuzz list | xargs -P 2 -I{} bash -c 'run {}'

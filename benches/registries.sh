# benches/registries.sh: what benches/check.sh and benches/scan.sh share: the program, and two registries over the same images, one for
# speed, and one that writes down every request, which takes it most of its time. Read by `source`; needs docker-registry and python3.

# The program: the first argument, else the one of the profile dist, which is built.
program() {
    if [ -n "${1:-}" ]; then
        realpath "$1"
    else
        cargo build --locked --profile dist --quiet
        realpath "${CARGO_TARGET_DIR:-target}/dist/wincompat"
    fi
}

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

# The number of requests that the second registry was asked so far.
counted() { grep -c '"GET /v2/' "$folder/counted.log" || true; }

seconds() { local started=$EPOCHREALTIME; "$@"; python3 -c "print(f'{$EPOCHREALTIME - $started:.3f}')"; }
median() { python3 -c "import statistics, sys; print(f'{statistics.median(map(float, sys.argv[1:])):.3f}')" "$@"; }

folder=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}"; rm -rf "$folder"' EXIT
port=$(free_port)
serve fast "$port" true
counted_port=$(free_port)
serve counted "$counted_port" false

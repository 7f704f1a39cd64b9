#!/usr/bin/env bash
# .github/notes.sh v1.2.3: what CHANGELOG.md says of this release. Fails if it says nothing, or if Cargo.toml has another version.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1#v}
if ! grep -qFx "version = \"$version\"" Cargo.toml; then
    echo "error: the tag says $version, Cargo.toml does not" >&2
    exit 1
fi
notes=$(awk -v heading="## [$version]" '
    index($0, "## ") == 1 { inside = index($0, heading) == 1; next }
    inside' CHANGELOG.md)
if [[ -z ${notes//[[:space:]]/} ]]; then
    echo "error: CHANGELOG.md has no section \"## [$version]\"" >&2
    exit 1
fi
echo "$notes"

#!/usr/bin/env bash
# The HTML report in a browser: tests/html.sh FOLDER, on Debian 12. Installs Debian's chromium if it is missing, as root.
#
# The pages of tests/all/formats/ are written to FOLDER, opened in chromium without a window, and used: a filter is typed, a cell
# clicked, the keyboard tried, dark mode, no scripts, print. An error on the console, a request for anything, or another outcome than
# expected fails. Screenshots and PDFs stay in FOLDER, to be looked at.

set -euo pipefail
folder=$(realpath -m "${1:?a folder for pages, screenshots and PDFs is missing}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p "$folder"
if ! command -v chromium >/dev/null; then
    apt-get -o DPkg::Lock::Timeout=600 -q update
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qy --no-install-recommends install chromium
fi
HTML_PAGES=$folder cargo test --locked --test all -- formats::pages::
exec python3 tests/html/browser.py "$folder"

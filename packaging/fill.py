#!/usr/bin/env python3
"""Fills the package manifests for a release: packaging/fill.py VERSION OWNER/REPOSITORY SHA256SUMS FOLDER

VERSION has no leading v. SHA256SUMS is the file of the release. The filled manifests are written to FOLDER.
"""

import re
import sys
from pathlib import Path

version, repository, sums, folder = sys.argv[1:]
if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?", version):
    sys.exit(f"error: {version} is not a version such as 0.2.0")
hashes = {}
for line in Path(sums).read_text(encoding="ascii").splitlines():
    digest, name = line.split()
    hashes[name.lstrip("*")] = digest
values = {"VERSION": version, "REPOSITORY": repository, "PUBLISHER": repository.split("/")[0]}


def value(match):
    """The value of one name between at signs; a hash is that of the archive for a target."""
    name = match.group(1)
    if name.startswith("SHA256:"):
        archive = f"wincompat-v{version}-{name.removeprefix('SHA256:')}"
        if archive not in hashes:
            sys.exit(f"error: {sums} has no checksum of {archive}")
        return hashes[archive]
    return values[name]


def filled(text):
    """The text with its values."""
    return re.sub(r"@([A-Z0-9]+(?::[\w.-]+)?)@", value, text)


for template in sorted(Path(__file__).parent.glob("*/*wincompat.*")):
    text = filled(template.read_text(encoding="utf-8"))
    # winget wants files with the name of the package.
    place = Path(folder) / template.parent.name / filled(template.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    print(place)

"""A file system in which the n-th operation fails, for every n: `tests/faults.sh files`.

Each command runs once for every operation that it does on files of its cache and store, and that one operation fails; then once
more for each, with all later ones failing too. Whichever it is, the exit code must be right, nothing that a listed image needs may
be lost, no JSON may say a wrong yes, and the same command without a failure must then do its work. Prints a table.

`files.py FAILING [COMMAND…]`: FAILING is the program made of failing.c. A COMMAND is a whole name of the table, or its first word.
"""

import collections
import concurrent.futures
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import store

ERRORS = [errno.EIO, errno.ENOSPC, errno.EACCES]
WORKERS = 4
NO_HINT = "an error without a hint"
KEPT, APP, BAD = "registry.test/app:kept", "registry.test/app:1", "registry.test/app:bad"


class World:
    """Images, their registry, and the cache and store that each command finds."""

    def __init__(self, root):
        self.root = root
        self.images = store.Images()
        base = store.layer("base", 40_000)
        self.images.image("kept", "10.0.20348.2031", [base, store.layer("kept", 9_000)])
        self.images.image("1", "10.0.20348.4294", [base, store.layer("top", 30_000)])
        self.images.image("bad", "10.0.26100.4061", [base])
        self.registry = store.Registry(self.images)
        self.mirror = ["--mirror", f"registry.test={self.registry.url}"]
        self.host = "--host=ltsc2022"
        self.one = self.template("one", [KEPT])
        self.two = self.template("two", [KEPT, APP])
        self.littered = self.template("littered", [KEPT, APP])
        self.litter(f"{self.littered}/files/store")
        self.damaged = self.template("damaged", [KEPT, APP])
        self.damage(f"{self.damaged}/files/store")

    def template(self, name, images):
        folder = f"{self.root}/{name}"
        os.makedirs(f"{folder}/home")
        for image in images:
            for command in (["check", self.host], ["pull", self.host]):
                self.run(folder, [*command, *self.mirror, image]).check_returncode()
        return folder

    @staticmethod
    def litter(folder):
        """What killed commands leave: a blob that no image needs, a part of another that nobody goes on with."""
        orphan = b"nobody needs this"
        with open(f"{folder}/blobs/sha256/{store.digest_of(orphan).removeprefix('sha256:')}", "wb") as file:
            file.write(orphan)
        part = f"{folder}/ingest/{'0' * 64}.part"
        with open(part, "wb") as file:
            file.write(b"the beginning")
        os.utime(part, (time.time() - 1_000_000,) * 2)

    @staticmethod
    def damage(folder):
        """One byte of the largest layer is another one."""
        blobs = f"{folder}/blobs/sha256"
        largest = max(os.listdir(blobs), key=lambda name: os.path.getsize(f"{blobs}/{name}"))
        with open(f"{blobs}/{largest}", "r+b") as file:
            file.seek(1000)
            byte = file.read(1)[0]
            file.seek(1000)
            file.write(bytes([byte ^ 1]))

    @staticmethod
    def run(folder, arguments, before=()):
        command = [*before, store.program(), *arguments]
        return subprocess.run(command, env=store.environment(folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=300)


class Scene:
    """A command with the files it finds; `truth` is its exit code when nothing fails."""

    def __init__(self, name, folder, arguments, truth, image=None):
        self.name, self.folder, self.arguments, self.truth, self.image = name, folder, arguments, truth, image
        # What is wrong with the store before.
        self.known = store.unsound(f"{folder}/files/store")


def scenes(world):
    check = ["check", world.host, "--format=json", "--timeout=20", *world.mirror]
    return [
        Scene("check", world.one, [*check, APP], 0, APP),
        Scene("check, cached", world.two, [*check, APP], 0, APP),
        Scene("check --offline", world.two, [*check, "--offline", APP], 0, APP),
        Scene("check, not ok", world.one, [*check, BAD], 1, BAD),
        Scene("pull", world.one, ["pull", world.host, *world.mirror, APP], 0, APP),
        Scene("pull, there", world.two, ["pull", world.host, *world.mirror, APP], 0, APP),
        Scene("rmi", world.two, ["rmi", APP], 0, APP),
        Scene("images", world.two, ["images", "--format=json"], 0),
        Scene("images --verify", world.two, ["images", "--verify"], 0),
        Scene("images --verify, damaged", world.damaged, ["images", "--verify"], 2),
        Scene("prune", world.littered, ["prune"], 0),
        Scene("prune --cache", world.two, ["prune", "--cache"], 0),
    ]


def says_yes(output):
    report = json.loads(output)
    return any(result["ok"] is True for result in report["results"])


def is_layer(path):
    if "/blobs/sha256/" not in path:
        return False
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def judge(scene, ran, files, failed=()):
    """What is wrong after one run, in which these operations failed."""
    store_folder = f"{files}/store"
    wrong = [why for why in store.unsound(store_folder) if why not in scene.known]
    error = ran.stderr.decode(errors="replace")
    if ran.returncode not in (scene.truth, 2):
        wrong.append(f"exit code {ran.returncode}")
    if "panicked" in error:
        wrong.append("a panic")
    if ran.returncode == 2 and "hint: " not in error and not scene.name.startswith("check"):
        wrong.append(NO_HINT)
    if wrong and wrong[0].startswith("the list"):
        return wrong
    names = store.listed(store_folder)
    if KEPT not in names:
        wrong.append("the image that nobody named is gone")
    if scene.name.startswith("check"):
        if says_yes(ran.stdout) != (ran.returncode == 0):
            wrong.append("the JSON and the exit code differ")
    elif scene.name.startswith("pull") and ran.returncode == 0 and APP not in names:
        wrong.append("done, and the image is not listed")
    elif scene.name == "rmi" and ran.returncode == 0 and APP in names:
        wrong.append("done, and the image is still listed")
    elif not scene.name.startswith(("pull", "rmi")) or scene.name == "pull, there":
        if APP not in names:
            wrong.append("an image is gone")
    if scene.name.startswith("images --verify") and ran.returncode == 0:
        # Documents are read for the list, too, and once more after that failed; layers are read only to verify them.
        unread = [line for line in failed if line.startswith(("open", "read", "pread")) and is_layer(line.split(" ", 1)[1])]
        wrong += [f"whole, and this was not read: {line}" for line in unread]
    if scene.name == "prune --cache" and ran.returncode == 0 and os.listdir(f"{files}/cache/blobs/sha256"):
        wrong.append("done, and the cache is not empty")
    return wrong


def attempt(world, failing, scene, number, error):
    """One run with a failure, and one without. Returns the operations, those that failed, the exit code and what is wrong."""
    folder = tempfile.mkdtemp(dir=world.root)
    shutil.copytree(scene.folder, folder, dirs_exist_ok=True)
    report = f"{folder}/report"
    before = [failing, number, str(error), f"{folder}/files", report]
    ran = world.run(folder, scene.arguments, before)
    with open(report, encoding="utf-8") as file:
        *failed, counted = file.read().splitlines()
    operations = int(counted.split()[1].rstrip(","))
    store_folder = f"{folder}/files/store"
    wrong = judge(scene, ran, f"{folder}/files", failed)
    try:
        removed = scene.name == "rmi" and APP not in store.listed(store_folder)
    except (OSError, ValueError):
        removed = False
    again = world.run(folder, scene.arguments)
    if again.returncode != (2 if removed else scene.truth):
        wrong.append(f"the next command without a failure gives {again.returncode}: {again.stderr.decode(errors='replace')}")
    elif not removed:
        wrong += [f"after the next command: {lack}" for lack in judge(scene, again, f"{folder}/files")]
    said = ran.stderr.decode(errors="replace").replace("\n", " | ").replace(folder, "FOLDER")
    shutil.rmtree(folder)
    failed = [line.replace(folder, "FOLDER") for line in failed]
    return operations, failed, ran.returncode, [why.replace(folder, "FOLDER") for why in wrong], said


COLUMNS = (("command", 26), ("fails", 10), ("operations", 11), ("runs", 6), ("done", 6), ("not done", 9), ("wrong", 6),
           ("no hint", 8), ("never came", 11))


def print_row(cells):
    texts = [str(cell).ljust(width) if at < 2 else str(cell).rjust(width) for at, (cell, (_, width)) in enumerate(zip(cells, COLUMNS))]
    print("".join(texts), flush=True)


def strike(world, failing, scene, operations, mode, faults):
    """All runs of a scene in which one operation fails, or one and all after it; prints their row."""
    if mode == "one":
        jobs = [(f"{number}", error) for number in range(1, operations + 1) for error in ERRORS]
    else:
        jobs = [(f"{number}+", ERRORS[number % len(ERRORS)]) for number in range(1, operations + 1)]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(lambda job: attempt(world, failing, scene, *job), jobs))
    outcomes = collections.Counter()
    for (number, error), (_, failed, code, wrong, said) in zip(jobs, results):
        unhinted = wrong == [NO_HINT]
        outcomes["no hint"] += unhinted
        outcomes["wrong" if wrong and not unhinted else "done" if code == scene.truth else "not done"] += 1
        outcomes["never came"] += not failed
        for why in wrong:
            faults[(scene.name, why)].append(f"{number} {errno.errorcode[error]} {failed[:1]}, exit code {code}: {said}")
    print_row([scene.name, mode, operations, len(jobs), *(outcomes[column] for column, _ in COLUMNS[4:])])


def main():
    failing, *wanted = sys.argv[1:]
    faults = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as root:
        world = World(os.path.realpath(root))
        print_row([column for column, _ in COLUMNS])
        for scene in scenes(world):
            if wanted and not {scene.name, scene.name.split(",")[0].split()[0]} & set(wanted):
                continue
            operations, _, code, wrong, said = attempt(world, failing, scene, "0", errno.EIO)
            if wrong or code != scene.truth:
                raise SystemExit(f"{scene.name} fails without a failure: exit code {code}, {wrong}: {said}")
            for mode in ("one", "all after"):
                strike(world, failing, scene, operations, mode, faults)
    for (name, why), examples in faults.items():
        print(f"{len(examples)} times {name}: {why}; the first: {examples[0]}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

"""Commands that are killed at any moment while others run on the same store: `tests/faults.sh kills`.

In each round a few of pull, check, rmi and prune run at once, and one of them is killed (SIGKILL) after a random time. When the others
have ended, the store must be sound: its list readable, every listed image whole, the image that no round touches still there; nobody
else may have failed for it. Ends after 200 kills, then pulls everything once more and looks for what is left over.

`kills.py [SEED [KILLS]]`: the seed is printed, and stands in every fault.
"""

import collections
import os
import random
import subprocess
import sys
import tempfile
import time

import store

TAGS = {"1": "10.0.20348.4294", "2": "10.0.20348.3091"}
KEPT = "registry.test/app:kept"


class Arena:
    """One store, one cache, and a registry that takes its time."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(f"{folder}/home")
        images = store.Images()
        base = store.layer("base", 300_000)
        self.needs = {KEPT: images.image("kept", "10.0.20348.2031", [store.layer("kept", 50_000)])}
        for tag, version in TAGS.items():
            layers = [base, store.layer(f"top of {tag}", 200_000), store.layer(f"more of {tag}", 60_000)]
            self.needs[f"registry.test/app:{tag}"] = images.image(tag, version, layers)
        self.mirror = ["--mirror", f"registry.test={store.Registry(images, pause=0.004).url}", "--host=ltsc2022"]
        self.start(["pull", *self.mirror, KEPT]).communicate()

    def start(self, arguments):
        return subprocess.Popen([store.program(), *arguments], env=store.environment(self.folder), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def any_command(self, chance):
        image = f"registry.test/app:{chance.choice(list(TAGS))}"
        return chance.choice([
            ("pull", ["pull", *self.mirror, image]),
            ("pull", ["pull", *self.mirror, image]),
            ("check", ["check", "--timeout=60", *self.mirror, image]),
            ("rmi", ["rmi", image]),
            ("prune", ["prune"]),
        ])

    @property
    def store(self):
        return f"{self.folder}/files/store"


# Codes that a command may end with while others pull and remove what it is about.
CODES = {"pull": {0, 2}, "check": {0}, "rmi": {0, 2}, "prune": {0}}


def round_of(arena, chance, counts):
    """One round; returns what was wrong, and whether somebody was killed while running."""
    running = []
    for _ in range(chance.randint(2, 5)):
        time.sleep(chance.random() * 0.03)
        name, arguments = arena.any_command(chance)
        running.append((name, arena.start(arguments)))
    # The last one has just begun: the quick commands would be over else.
    name, victim = chance.choice([running[-1], running[-1], *running])
    time.sleep(chance.random() * (0.3 if name == "pull" else 0.02))
    victim.kill()
    wrong = []
    for other, process in running:
        _, error = process.communicate(timeout=300)
        error = error.decode(errors="replace")
        if process is victim and process.returncode == -9:
            continue
        counts[f"{other} ended with {process.returncode}"] += 1
        if process.returncode not in CODES[other] or "panicked" in error:
            wrong.append(f"{other} ended with {process.returncode}: {error}")
        elif process.returncode == 2 and other == "pull":
            wrong.append(f"a pull failed for others: {error}")
    killed = victim.returncode == -9
    if killed:
        counts[f"killed: {name}"] += 1
    wrong += store.unsound(arena.store)
    if KEPT not in store.listed(arena.store):
        wrong.append("the image that no round touches is gone")
    return wrong, killed


def aftermath(arena):
    """Everything pulled once more and what nobody needs removed: then the store holds what its images need, and nothing else."""
    wrong = []
    for image in arena.needs:
        process = arena.start(["pull", *arena.mirror, image])
        _, error = process.communicate(timeout=300)
        if process.returncode != 0:
            wrong.append(f"the last pull of {image} gives {process.returncode}: {error.decode(errors='replace')}")
    # Parts of pulls are kept for a day.
    for name in os.listdir(f"{arena.store}/ingest"):
        os.utime(f"{arena.store}/ingest/{name}", (time.time() - 1_000_000,) * 2)
    process = arena.start(["prune"])
    _, error = process.communicate(timeout=300)
    if process.returncode != 0:
        wrong.append(f"the last prune gives {process.returncode}: {error.decode(errors='replace')}")
    wrong += store.unsound(arena.store)
    needed = {digest.removeprefix("sha256:") for needs in arena.needs.values() for digest in needs}
    left = set(os.listdir(f"{arena.store}/blobs/sha256")) - needed
    if left:
        wrong.append(f"blobs that nobody needs are left: {sorted(left)}")
    if os.listdir(f"{arena.store}/ingest"):
        wrong.append(f"left in ingest: {os.listdir(f'{arena.store}/ingest')}")
    if set(store.listed(arena.store)) != set(arena.needs):
        wrong.append(f"the list is {store.listed(arena.store)}")
    return wrong


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print(f"seed {seed}")
    chance, counts, faults = random.Random(seed), collections.Counter(), []
    with tempfile.TemporaryDirectory() as root:
        arena = Arena(os.path.realpath(root))
        killed = rounds = 0
        while killed < kills:
            rounds += 1
            if rounds > 10 * kills:
                raise SystemExit(f"seed {seed}: {rounds} rounds, and only {killed} kills met a running command")
            wrong, met = round_of(arena, chance, counts)
            killed += met
            faults += [f"seed {seed}, round {rounds}: {why}" for why in wrong]
        faults += [f"seed {seed}, at the end: {why}" for why in aftermath(arena)]
    print(f"{killed} kills in {rounds} rounds, the store verified after each; {len(faults)} wrong")
    for what, count in sorted(counts.items()):
        print(f"{count:>6} {what}")
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

"""What the program opens below a folder in which links lead out: `tests/opens.sh`.

Each command runs under strace once on sound folders, and once for each place of its folder at which a link stands: to a folder outside
with the same content, and to one that is not there. A call on something below the folder must be relative to a handle, name one thing,
and not follow; nothing may be opened outside, and nothing there may change. Prints a table.
"""

import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

import store

WORKERS = 2
APP, KEPT = "registry.test/app:1", "registry.test/app:kept"
CONTAINER = "c" * 64

# Calls that name a file: the places of a descriptor and of the name behind it, or of a path alone; then the flag that follows no link,
# None for those that never follow.
CALLS = {
    "open": (None, 0, "O_NOFOLLOW"), "creat": (None, 0, "none"), "openat": (0, 1, "O_NOFOLLOW"), "openat2": (0, 1, "O_NOFOLLOW"),
    "stat": (None, 0, "none"), "lstat": (None, 0, None), "newfstatat": (0, 1, "AT_SYMLINK_NOFOLLOW"),
    "statx": (0, 1, "AT_SYMLINK_NOFOLLOW"), "access": (None, 0, "none"), "faccessat": (0, 1, "AT_SYMLINK_NOFOLLOW"),
    "faccessat2": (0, 1, "AT_SYMLINK_NOFOLLOW"), "statfs": (None, 0, "none"), "readlink": (None, 0, None),
    "readlinkat": (0, 1, None), "mkdir": (None, 0, None), "mkdirat": (0, 1, None), "rmdir": (None, 0, None),
    "unlink": (None, 0, None), "unlinkat": (0, 1, None), "rename": (None, 0, None), "renameat": (0, 1, None),
    "renameat2": (0, 1, None), "link": (None, 0, None), "linkat": (0, 1, None), "symlinkat": (1, 2, None),
    "chmod": (None, 0, "none"), "fchmodat": (0, 1, "AT_SYMLINK_NOFOLLOW"), "truncate": (None, 0, "none"),
    "utimensat": (0, 1, "AT_SYMLINK_NOFOLLOW"), "chdir": (None, 0, "none"), "inotify_add_watch": (None, 1, "IN_DONT_FOLLOW"),
}
# These name two things: the second name is looked at as well.
SECOND = {"rename": (None, 1), "renameat": (2, 3), "renameat2": (2, 3), "link": (None, 1), "linkat": (2, 3)}
OPENS = {"open", "creat", "openat", "openat2"}

LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+|\?)(?:<(.*?)>)?( .*)?$")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?:\.\.\.)?|\{[^}]*\}|<[^>]*>|[^,"{<]+|,')


def arguments_of(text):
    """The arguments of a call as strace prints them."""
    arguments, current = [], ""
    for token in TOKEN.findall(text):
        if token == ",":
            arguments.append(current.strip())
            current = ""
        else:
            current += token
    return [*arguments, current.strip()]


def path_of(arguments, at_descriptor, at_name):
    """The folder of a handle, or None for a path by itself, and the name."""
    name = arguments[at_name].strip('"')
    if at_descriptor is None or name.startswith("/"):
        return None, name
    descriptor = arguments[at_descriptor]
    if descriptor.startswith("AT_FDCWD"):
        return None, name
    return descriptor.partition("<")[2].rstrip(">"), name


def is_below(path, folder):
    return path.startswith(f"{folder}/")


def faults_of(trace, roots, outside):
    """What is wrong in a trace, the calls and the opens below the roots."""
    wrong, calls, opens = [], 0, 0
    for line in unfinished_joined(trace):
        parsed = LINE.match(line)
        if not parsed or parsed[1] not in CALLS:
            continue
        call, arguments = parsed[1], arguments_of(parsed[2])
        at_descriptor, at_name, flag = CALLS[call]
        for where in filter(None, [(at_descriptor, at_name), SECOND.get(call)]):
            folder, name = path_of(arguments, *where)
            path = os.path.normpath(f"{folder or os.getcwd()}/{name}" if not name.startswith("/") else name)
            if is_below(path, outside) or (parsed[4] and is_below(parsed[4], outside)):
                wrong.append(f"outside: {line}")
            if not any(is_below(path, root) for root in roots):
                continue
            calls += 1
            opens += call in OPENS
            if folder is None:
                wrong.append(f"not relative: {line}")
            elif "/" in name or name == "..":
                wrong.append(f"more than one name: {line}")
            elif flag and flag not in parsed[2] and name not in (".", ""):
                wrong.append(f"follows: {line}")
    return wrong, calls, opens


def unfinished_joined(trace):
    """The lines of a trace, with calls that were interrupted by other threads put together again."""
    begun = {}
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.rstrip("\n")
            thread = line.split(" ", 1)[0]
            if line.endswith("<unfinished ...>"):
                begun[thread] = line.removesuffix("<unfinished ...>").rstrip()
            elif " resumed>" in line:
                yield begun.pop(thread, "") + line.partition(" resumed>")[2]
            else:
                yield line


class World:
    """Sound folders: a cache and a store with two images, a container and a part of a pull, and the same images as a layout."""

    def __init__(self, root):
        self.root = root
        images = store.Images()
        base = store.layer("base", 20_000)
        images.image("kept", "10.0.20348.2031", [base, store.layer("kept", 3_000)])
        self.digests = images.image("1", "10.0.20348.4294", [base, store.layer("top", 9_000)])
        self.mirror = ["--mirror", f"registry.test={store.Registry(images).url}"]
        self.sound = f"{root}/sound"
        os.makedirs(f"{self.sound}/home")
        for image in (KEPT, APP):
            for command in ("check", "pull"):
                self.run(self.sound, [command, "--host=ltsc2022", *self.mirror, image]).check_returncode()
        files = f"{self.sound}/files"
        os.makedirs(f"{files}/store/containers/{CONTAINER}")
        for name in ("state.json", "owner.lock"):
            with open(f"{files}/store/containers/{CONTAINER}/{name}", "w", encoding="utf-8") as file:
                file.write("{}")
        os.makedirs(f"{files}/store/layers/{CONTAINER}")
        for name in (f"layers/{CONTAINER}.lock", f"ingest/{'0' * 64}.part", "ingest/1-1.new"):
            with open(f"{files}/store/{name}", "w", encoding="utf-8") as file:
                file.write("the beginning")
            os.utime(f"{files}/store/{name}", (1, 1))
        shutil.copytree(f"{files}/store", f"{files}/layout")
        os.remove(f"{files}/layout/wincompat.json")

    @staticmethod
    def run(folder, arguments, before=()):
        command = [*before, store.program(), *arguments]
        return subprocess.run(command, env=store.environment(folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=300)

    def places(self, kind):
        """The places below a folder of this kind at which a link can stand: every file and folder that is there, of like ones one."""
        folder, seen = f"{self.sound}/files/{kind}", {}
        for parent, folders, names in os.walk(folder):
            for name in folders + names:
                path = os.path.relpath(f"{parent}/{name}", folder)
                is_needed = any(digest.endswith(name) for digest in self.digests)
                seen.setdefault(path if is_needed else re.sub("[0-9a-f]{64}", "HEX", path), path)
        return sorted(seen.values())


def commands(world):
    """Each command with its name and the folder that it is about."""
    check = ["check", "--host=ltsc2022", "--timeout=20"]
    return [
        ("check", "cache", [*check, *world.mirror, APP]),
        ("check --offline", "cache", [*check, "--offline", APP]),
        ("check oci:", "layout", [*check, "--offline", "--no-cache", "oci:FILES/layout:registry.test/app:1"]),
        ("pull", "store", ["pull", "--host=ltsc2022", "--no-cache", "--timeout=20", *world.mirror, APP]),
        ("images", "store", ["images"]),
        ("images --verify", "store", ["images", "--verify"]),
        ("ps", "store", ["ps", "-a"]),
        ("rmi", "store", ["rmi", APP]),
        ("prune", "store", ["prune"]),
        ("prune --cache", "cache", ["prune", "--cache"]),
    ]


def content(folder):
    """All that is below a folder, by path."""
    found = {}
    for parent, folders, names in os.walk(folder):
        for name in folders:
            found[os.path.join(parent, name)] = None
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                found[os.path.join(parent, name)] = file.read()
    return found


def attempt(world, kind, arguments, place, leads):
    """One run with a link at this place. Returns its exit code, the calls, the opens, and what is wrong."""
    folder = tempfile.mkdtemp(dir=world.root)
    outside, files = f"{folder}/outside", f"{folder}/files"
    shutil.copytree(world.sound, folder, dirs_exist_ok=True)
    shutil.copytree(f"{files}/{kind}", outside)
    if place:
        path = f"{files}/{kind}/{place}"
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        os.symlink(f"{outside}/{place}" if leads else f"{outside}/none", path)
    before = content(outside)
    trace = f"{folder}/trace"
    arguments = [argument.replace("FILES", files) for argument in arguments]
    ran = world.run(folder, arguments, ["strace", "-f", "-y", "-s", "4096", "-e", "signal=none", "-e", f"trace={','.join('?' + call for call in CALLS)}", "-o", trace])
    wrong, calls, opens = faults_of(trace, [f"{files}/{name}" for name in ("cache", "store", "layout")], outside)
    if content(outside) != before:
        wrong.append("something outside has changed")
    if ran.returncode not in (0, 2) or b"panicked" in ran.stderr:
        wrong.append(f"exit code {ran.returncode}: {ran.stderr.decode(errors='replace')}")
    shutil.rmtree(folder)
    return ran.returncode, calls, opens, [why.replace(folder, "FOLDER") for why in wrong]


COLUMNS = (("command", 17), ("folder", 8), ("links", 6), ("runs", 6), ("done", 6), ("refused", 8), ("calls", 8), ("opens", 8), ("wrong", 7))


def print_row(cells):
    texts = [str(cell).ljust(width) if at < 2 else str(cell).rjust(width) for at, (cell, (_, width)) in enumerate(zip(cells, COLUMNS))]
    print("".join(texts), flush=True)


def main():
    wanted, faults = sys.argv[1:], collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as root, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        world = World(os.path.realpath(root))
        print_row([column for column, _ in COLUMNS])
        for name, kind, arguments in commands(world):
            if wanted and name.split()[0] not in wanted:
                continue
            places = world.places(kind)
            jobs = [(None, True)] + [(place, leads) for place in places for leads in (True, False)]
            results = list(pool.map(lambda job: attempt(world, kind, arguments, *job), jobs))
            if results[0][0] != 0 or results[0][2] == 0:
                raise SystemExit(f"{name} on sound folders ends with {results[0][0]} after {results[0][2]} opens: {results[0][3]}")
            for (place, _), result in zip(jobs, results):
                for why in result[3]:
                    faults[name].append(f"a link at {place}: {why}")
            done = sum(code == 0 for code, *_ in results)
            calls, opens = (sum(result[at] for result in results) for at in (1, 2))
            wrong = sum(bool(result[3]) for result in results)
            print_row([name, kind, len(places), len(jobs), done, len(jobs) - done, calls, opens, wrong])
    for name, found in faults.items():
        print(f"{len(found)} wrong in {name}; the first: " + "\n  ".join(found[:5]))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

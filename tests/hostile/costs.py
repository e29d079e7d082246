"""What hostile input costs at one size: ``python tests/hostile/costs.py [--kib 256] [--only WORD] [--deeds text,html,svg]``.

Prints CPU seconds and megabytes of every shape and of everything that is done with it: reports, pictures of the model, fixes.
Each runs in a process of its own with all modules imported. Goal: 2 s and 300 MB at 256 KiB; what is above is marked. Read by
people; nothing here is a test.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import resource
import shutil
import tempfile
from pathlib import Path

from elsewhere import FURTHER
from measure import NEIGHBOUR, SMALL, warm, written
from shapes import SHAPES, Files, Shape

from dindguard.cli import main as dindguard

SECONDS, MEGABYTES = 2.0, 300
LONGEST = 120
DEEDS = {
    **{form: ["scan", "--profile", "all", "-f", form] for form in ("text", "json", "sarif", "html")},
    **{form: ["model", "-f", form] for form in ("svg", "dot", "mermaid")},
    "fix": ["fix"],
}
"""By name: the arguments of the command line that do it."""
DEEPEST = 400
"""Folders in folders: a path has an end, and so has the standard library when it takes them away."""


def weight(files: Files) -> int:
    """Return how many bytes the texts have."""
    return sum(len(text.encode()) for text in files.values())


def fitted(shape: Shape, most: int) -> Files:
    """Return a shape as large as it may be."""
    small, large = 1, 2
    while weight(shape.files(large)) < most and large < 1_000_000:
        small, large = large, large * 2
    while large - small > max(1, small // 100):
        middle = (small + large) // 2
        small, large = (middle, large) if weight(shape.files(middle)) < most else (small, middle)
    return shape.files(min(small, DEEPEST) if shape.name == "folders in folders" else small)


def cost(folder: Path, arguments: list[str]) -> tuple[float, float, str]:
    """Return seconds of CPU, megabytes, and what went wrong, of one command in a process of its own.

    User and system time of that process alone, by the kernel's accounts; the cycle collector is off in it, as it is in the
    command line's own process.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, done(folder, arguments).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        wrong = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if status:
        wrong = f"ended by signal {os.WTERMSIG(status)}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, wrong


def done(folder: Path, arguments: list[str]) -> str:
    """Run one command in a folder, and return what went wrong."""
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
    os.chdir(folder)
    gc.disable()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            dindguard([*arguments, "."])
        except SystemExit as end:
            return "" if end.code in (0, 1, 3, None) else f"exit code {end.code}"
        except BaseException as error:
            return f"{type(error).__name__}: {error}"[:100]
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kib", type=int, default=256)
    parser.add_argument("--only", action="append", default=[], help="shapes whose name holds this word (repeatable)")
    parser.add_argument("--deeds", default=",".join(DEEDS), help="what to do with each, with commas between")
    options = parser.parse_args()
    warm()
    deeds = options.deeds.split(",")
    print("seconds / megabytes".ljust(50), *(deed.rjust(14) for deed in deeds))
    for shape in [*SHAPES, *FURTHER]:
        if options.only and not any(word in shape.name for word in options.only):
            continue
        folder = Path(tempfile.mkdtemp())
        written(folder, fitted(shape, options.kib * 1024) | {NEIGHBOUR: SMALL})
        cells, wrongs = [], []
        for deed in deeds:
            spent, peak, wrong = cost(folder, DEEDS[deed])
            over = "!" if spent > SECONDS or peak > MEGABYTES else " "
            cells.append(f"{spent:6.2f} /{peak:4.0f} {over}")
            wrongs += [f"{deed}: {wrong}"] if wrong else []
        print(shape.name.ljust(50), *(cell.rjust(14) for cell in cells), *wrongs, flush=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

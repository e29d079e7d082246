"""What hostile input costs at one size: ``python tests/hostile/costs.py [--kib 256] [--only WORD] [--deeds text,html,svg]``.

Prints CPU seconds and megabytes of every shape and of everything that is done with it: reports, pictures of the model, fixes.
Each runs in a process of its own with all modules imported. Goal: 2 s and 300 MB at 256 KiB; what is above is measured three
times (the one in the middle counts) and marked. Read by people; nothing here is a test.

What else a machine does makes the same work take up to three times as long, in CPU time too. So each measurement stands
between two of a fixed piece of work, the yardstick, and is told in seconds of a core that does this one in 21 ms.

It takes an hour and more. ``--keep FILE`` adds each measurement to a file and leaves out those that are there already;
``--part 1/3`` measures every third shape; ``--page FILE...`` puts what such files hold into ``docs/hostile-input.md``.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import yaml
from elsewhere import FURTHER
from measure import NEIGHBOUR, SMALL, warm, written
from shapes import SHAPES, Files, Shape, weight

from dindguard.cli import main as dindguard

Cell: TypeAlias = tuple[float, float, str]
"""Seconds, megabytes, and what went wrong."""
Table: TypeAlias = dict[str, dict[str, Cell]]
"""Measurements by shape and deed."""

PAGE = Path(__file__).parent.parent.parent / "docs/hostile-input.md"
BEGIN, END = "<!-- costs: python tests/hostile/costs.py --page -->", "<!-- end of costs -->"
SECONDS, MEGABYTES = 2.0, 300
LONGEST = 120
DEEDS = {
    **{form: ["scan", "--profile", "all", "-f", form] for form in ("text", "json", "sarif", "html")},
    **{form: ["model", "-f", form] for form in ("svg", "dot", "mermaid")},
    "fix": ["fix"],
}
"""By name: the arguments of the command line that do it."""
YARDSTICK = "services:\n" + "".join(
    f"  s{i}: {{image: 'docker:dind', privileged: true, volumes: ['/a:/b', \"c:/d\"]}}\n" for i in range(100)
)
"""A text that PyYAML composes in Python: no code of ours, and it allocates as ours does."""
YARDS = 8
YARDSTICK_SECONDS = 0.021
"""What that takes on a core that has nothing else to do: the one that the table was first measured on."""
DEEPEST = 400
"""Folders in folders: a path has an end, and so has the standard library when it takes them away."""


def fitted(shape: Shape, most: int) -> Files:
    """Return a shape as large as it may be."""
    small, large = 1, 2
    while weight(shape.files(large)) < most and large < 1_000_000:
        small, large = large, large * 2
    while large - small > max(1, small // 100):
        middle = (small + large) // 2
        small, large = (middle, large) if weight(shape.files(middle)) < most else (small, middle)
    return shape.files(min(small, DEEPEST) if shape.name == "folders in folders" else small)


def cost(folder: Path, arguments: list[str]) -> Cell:
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


def yardstick() -> float:
    """Return what the yardstick takes now, of how long it takes on a core that has nothing else to do."""
    start = time.process_time()
    for _ in range(YARDS):
        yaml.compose(YARDSTICK, yaml.SafeLoader)
    return (time.process_time() - start) / YARDS / YARDSTICK_SECONDS


def weighed(folder: Path, deed: str) -> Cell:
    """Return what a deed costs, in seconds of the yardstick's core."""
    before = yardstick()
    seconds, megabytes, wrong = cost(folder, DEEDS[deed])
    return seconds * 2 / (before + yardstick()), megabytes, wrong


def measured(folder: Path, deed: str) -> Cell:
    """Return what a deed costs; one that is above the goals is done three times, and the one in the middle counts."""
    tries = [weighed(folder, deed)]
    if over(*tries[0][:2]):
        tries = sorted([*tries, weighed(folder, deed), weighed(folder, deed)])
    return tries[len(tries) // 2]


def over(seconds: float, megabytes: float) -> bool:
    """Whether a deed costs more than it may at 256 KiB."""
    return seconds > SECONDS or megabytes > MEGABYTES


def shown(cell: Cell | None) -> str:
    """Return a measurement in words; of none a dash."""
    return "-" if cell is None else f"{cell[0]:.2f} / {cell[1]:.0f}{' !' if over(*cell[:2]) else '  '}"


def row(shape: Shape, kib: int, deeds: Sequence[str], kept: Table) -> dict[str, Cell]:
    """Measure the deeds of a shape that are not kept yet, and return all of them."""
    found = dict(kept.get(shape.name, {}))
    wanted = [deed for deed in deeds if deed not in found]
    if wanted:
        folder = Path(tempfile.mkdtemp())
        written(folder, fitted(shape, kib * 1024) | {NEIGHBOUR: SMALL})
        found |= {deed: measured(folder, deed) for deed in wanted}
        shutil.rmtree(folder, ignore_errors=True)
    return found


def read(files: Iterable[str]) -> Table:
    """Return the measurements that files keep; of a shape and a deed the last."""
    table: Table = {}
    for name in files:
        for line in Path(name).read_text("utf-8").splitlines() if Path(name).exists() else ():
            shape, cells = json.loads(line)
            table.setdefault(shape, {}).update({deed: tuple(cell) for deed, cell in cells.items()})
    return table


def markdown(table: Table) -> str:
    """Return measurements as a Markdown table, in the order of the shapes; of deeds that were measured at all."""
    deeds = [deed for deed in DEEDS if any(deed in cells for cells in table.values())]
    rows = [f"| shape | {' | '.join(deeds)} |", f"|---|{'---|' * len(deeds)}"]
    rows += [
        f"| {shape.name} | {' | '.join(shown(table[shape.name].get(deed)).strip() for deed in deeds)} |"
        for shape in [*SHAPES, *FURTHER]
        if shape.name in table
    ]
    return "\n".join(rows) + "\n"


def put_into_page(table: Table) -> None:
    """Replace the table of costs in the page; every shape has to be measured."""
    missing = [shape.name for shape in [*SHAPES, *FURTHER] if shape.name not in table]
    if missing:
        raise SystemExit(f"not measured yet: {', '.join(missing)}")
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{markdown(table)}\n{END}{rest.partition(END)[2]}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kib", type=int, default=256)
    parser.add_argument("--only", action="append", default=[], help="shapes whose name holds this word (repeatable)")
    parser.add_argument("--deeds", default=",".join(DEEDS), help="what to do with each, with commas between")
    parser.add_argument("--keep", help="file of measurements: those in it are not taken again")
    parser.add_argument("--part", default="1/1", help="1/3: the first of every three shapes")
    parser.add_argument("--page", nargs="+", help="files of measurements that go into the page; nothing is measured")
    options = parser.parse_args()
    if options.page:
        put_into_page(read(options.page))
        return
    warm()
    deeds = options.deeds.split(",")
    kept = read([options.keep] if options.keep else [])
    number, parts = map(int, options.part.split("/"))
    print("seconds / megabytes".ljust(50), *(deed.rjust(14) for deed in deeds))
    for shape in [*SHAPES, *FURTHER][number - 1 :: parts]:
        if options.only and not any(word in shape.name for word in options.only):
            continue
        cells = row(shape, options.kib, deeds, kept)
        if options.keep:
            with Path(options.keep).open("a", encoding="utf-8") as file:
                file.write(json.dumps([shape.name, cells]) + "\n")
        wrongs = [f"{deed}: {cells[deed][2]}" for deed in deeds if cells[deed][2]]
        print(shape.name.ljust(50), *(shown(cells[deed]).rjust(14) for deed in deeds), *wrongs, flush=True)


if __name__ == "__main__":
    main()

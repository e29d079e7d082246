"""What dindguard costs against what nobody can do without: ratios of CPU time, in turn, in one run.

    python -m benchmarks [FOLDER...] [--only PART...] [--repetitions N] [--files N]

From the checkout's own folder. A FOLDER is measured as a tree; without one, trees with the proportions of real repositories
are made. The machine may be busy: only ratios of one run say something, seconds say nothing elsewhere. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import trees
from benchmarks.inputs import GROWING, SMALL, services, write
from benchmarks.measuring import ENVIRONMENT, Costs, dindguard, in_turn, python
from dindguard.reports import FORMATS

FLOOR = "python -c 'import click, yaml'"
IMPORTS = python("import click, yaml")
TREE_FLOOR = [sys.executable, str(Path(__file__).with_name("floor.py"))]
SCAN = ("scan", "--exit-zero", "--untrusted")
GOALS = {"Compose, one finding": 1.3, "sarif": 2.4, "html": 1.6, "--help": 0.8, "--version": 0.8}


def row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def table(*heads: str) -> None:
    print()
    row(*heads)
    row(*("---" for _ in heads))


def ratio(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def files(repetitions: int, _: argparse.Namespace) -> None:
    """One file, in eight formats."""
    table(f"one file, against `{FLOOR}`", "CPU ratio (least-most)", "goal")
    for name, (file, text) in SMALL.items():
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), file, text)
            taken = in_turn({"floor": IMPORTS, "scan": dindguard(*SCAN, file)}, folder, repetitions)
        row(name, ratio(taken["scan"].ratios(taken["floor"])), GOALS.get(name, 1.6))


def forms(repetitions: int, _: argparse.Namespace) -> None:
    """Reports of one file, and what needs no file."""
    table(f"one command, against `{FLOOR}`", "CPU ratio (least-most)", "goal")
    file, text = SMALL["Compose, several findings"]
    commands = {form: dindguard(*SCAN, "-f", form, file) for form in ("json", "sarif", "html")}
    commands |= {option: dindguard(option) for option in ("--help", "--version")}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), file, text)
        taken = in_turn({"floor": IMPORTS, **commands}, folder, repetitions)
    for name in commands:
        row(name, ratio(taken[name].ratios(taken["floor"])), GOALS.get(name, 1.6))


def tree(repetitions: int, given: argparse.Namespace) -> None:
    """Trees: those that are given, else three that are made."""
    table("a tree, against its floor", "files", "CPU ratio (least-most)", "with click imported", "MiB", "goal")
    for name, folder, count in _folders(given):
        floor = [*TREE_FLOOR, folder]
        commands = {
            "floor": floor,
            "with click": [*floor, "--click"],
            "scan": dindguard(*SCAN, "-o", os.devnull, folder),
        }
        taken = in_turn(commands, folder, max(3, repetitions // (1 + count // 2000)))
        scan = taken["scan"]
        both = statistics.median(scan.ratios(taken["with click"]))
        goal = "1.5, with click" if count < 300 else "1.0" if count < 5000 else "2.0"
        row(name, count, ratio(scan.ratios(taken["floor"])), f"{both:.2f}", f"{scan.memory:.0f}", goal)


def _folders(given: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    for folder in given.folders:
        yield Path(folder).name, os.path.realpath(folder), sum(len(names) for _, _, names in os.walk(folder))
    if not given.folders:
        for count in (140, 600, given.files):
            with tempfile.TemporaryDirectory() as folder:
                trees.make(Path(folder), count)
                yield "made", folder, count


def memory(_: int, given: argparse.Namespace) -> None:
    """What more files, and more findings, take."""
    table("memory beyond the start", "KiB")
    few, many = (_scanned(lambda folder, n=n: trees.make(folder, n)) for n in (given.files // 4, given.files))
    row(
        f"a further file of a tree, from {given.files // 4} to {given.files}",
        _further(few, many, given.files * 3 // 4),
    )
    few, many = (_scanned(lambda folder, n=n: _dense(folder, n)) for n in SMALL_AND_LARGE)
    reports = [_reported(count) for count in SMALL_AND_LARGE]
    findings = reports[1]["findings"] - reports[0]["findings"]
    row("a further finding: its place, its part of the model, itself", _further(few, many, findings))
    for form in FORMATS:
        row(
            f"a further finding: the report, as {form}",
            f"{(reports[1][form] - reports[0][form]) / findings / 1024:.2f}",
        )


def _further(few: Costs, many: Costs, count: int) -> str:
    return f"{(many.memory - few.memory) * 1024 / count:.1f}"


SMALL_AND_LARGE = (25, 150)
"""Files that are nothing but findings."""

REPORTING = """
import json, sys, tracemalloc
from dindguard import reports
from dindguard.scanning import Options, scan
report = scan(Options(paths=(".",), untrusted=True))
told = {"findings": len(report.findings)}
for form in reports.FORMATS:
    for _ in reports.pieces(form, report, reports.Options()): pass
    tracemalloc.start()
    for _ in reports.pieces(form, report, reports.Options()): pass
    told[form] = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
print(json.dumps(told))
"""


def _dense(folder: Path, files: int) -> None:
    for n in range(files):
        write(folder / f"d{n}", "compose.yaml", services(20, f"s{n}-"))


def _reported(files: int) -> dict[str, int]:
    """Return the findings of so many files, and the most bytes that each report needs beyond them while it is made."""
    with tempfile.TemporaryDirectory() as folder:
        _dense(Path(folder), files)
        done = subprocess.run(
            python(REPORTING), cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True
        )
    told: dict[str, int] = json.loads(done.stdout)
    return told


def _scanned(make: Callable[[Path], object]) -> Costs:
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        return in_turn({"scan": dindguard(*SCAN, "-o", os.devnull, ".")}, folder, 1)["scan"]


def jobs(repetitions: int, given: argparse.Namespace) -> None:
    """The time that passes with two processes, against one."""
    help_text = subprocess.run(
        dindguard("scan", "--help"), capture_output=True, text=True, check=True, env=ENVIRONMENT
    ).stdout
    table("two processes against one", "files", "wall ratio", "CPU ratio", "goal (two idle cores)")
    if "--jobs" not in help_text:
        row("this version has no --jobs", "", "", "", "0.6")
        return
    for name, folder, count in _folders(given):
        commands = {str(n): dindguard(*SCAN, "--jobs", str(n), "-o", os.devnull, folder) for n in (1, 2)}
        taken = in_turn(commands, folder, max(3, repetitions // (1 + count // 2000)))
        row(name, count, f"{taken['2'].wall / taken['1'].wall:.2f}", f"{taken['2'].cpu / taken['1'].cpu:.2f}", "0.6")


def slopes(repetitions: int, _: argparse.Namespace) -> None:
    """How cost grows over 16 times the size, the start off: an exponent of 1 is linear."""
    table("growth, the start off", "1x", "4x", "16x (CPU s)", "exponent", "bytes at 16x")
    for name, (file, make, size) in GROWING.items():
        with tempfile.TemporaryDirectory() as top:
            texts = {factor: make(size * factor) for factor in (0, 1, 4, 16)}
            for factor, text in texts.items():
                write(Path(top), f"{factor}/{file}", text)
            commands = {str(factor): dindguard(*SCAN, "-o", os.devnull, str(factor)) for factor in texts}
            taken = in_turn(commands, top, max(3, repetitions // 3))
        costs = [max(taken[str(factor)].cpu - taken["0"].cpu, 0.005) for factor in (1, 4, 16)]
        exponent = math.log(costs[2] / costs[1], 4)
        row(name, *(f"{cost:.3f}" for cost in costs), f"{exponent:.2f}", len(texts[16]))


PARTS: dict[str, Callable[[int, argparse.Namespace], None]] = {
    "files": files, "forms": forms, "tree": tree, "memory": memory, "jobs": jobs, "slopes": slopes,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="a tree to measure")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--repetitions", type=int, default=15, metavar="N", help="of each command, in turn (15)")
    parser.add_argument(
        "--files", type=int, default=4000, metavar="N", help="of the largest tree that is made (4000)"
    )
    given = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"Python {sys.version.split()[0]} on {sys.platform}, {os.cpu_count()} processors, load {load}")
    for name in given.only or PARTS:
        PARTS[name](given.repetitions, given)


if __name__ == "__main__":
    main()

"""How much CPU a keystroke costs: random edits in the file of a project that holds most containers.

    python benchmarks/editing.py FOLDER [EDITS] [FILES]

Prints the median, the 95th percentile and the worst of the CPU seconds from an edit to the report on the whole project, and
those of the first report and of a scan from nothing, for comparison. Garbage is collected as the server does it for somebody
who never pauses, and counts. FILES are how many files are edited, those with most containers first (1). Every second edit
begins from the saved text, so that the file can be read; the others add up, and soon nobody can read it.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator

from dindguard.language_server.garbage import Garbage
from dindguard.language_server.project import Project
from dindguard.model.container import Container
from dindguard.scanning import Options, scan

TYPED = ("a", " ", "\n", "x: y", "#", '"', "privileged: true\n")


def main(folder: str, edits: int, files: int) -> None:
    project = Project(folder, Options(untrusted=True))
    first = clock(project.check)
    report = project.check()
    again = clock(lambda: scan(Options(paths=(folder,), root=project.root, untrusted=True)))
    held = Counter(each.span.path for each in report.model.each(Container))
    print(f"first report {first:.3f} s, scan from nothing {again:.3f} s, {len(report.findings)} findings")
    garbage = Garbage()
    garbage.collect_new()
    for path, count in held.most_common(files):
        costs = sorted(edited(project, path, edits, garbage))
        print(f"{edits} edits of {path} ({count} containers): median {costs[len(costs) // 2]:.3f} s, ", end="")
        print(f"95 % {costs[int(len(costs) * 0.95)]:.3f} s, worst {costs[-1]:.3f} s of CPU", flush=True)


def edited(project: Project, path: str, edits: int, garbage: Garbage) -> Iterator[float]:
    """Yield what each of some edits of a file costs; the file is left as it was."""
    saved = damaged = project.text(path) or ""
    rng = random.Random(1)
    for number in range(edits):
        text = damaged if number % 2 else saved
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(TYPED) + text[at:] if rng.random() < 0.6 else text[:at] + text[at + 1 :]
        damaged = text if number % 2 else damaged
        project.edit(path, text)
        yield clock(project.check) + clock(garbage.collect_new)
    project.edit(path, saved)


def clock(action: object) -> float:
    start = time.process_time()
    action()  # type: ignore[operator]  # it is one of ours
    return time.process_time() - start


if __name__ == "__main__":
    main(sys.argv[1], *map(int, (*sys.argv[2:], *(200, 1)[len(sys.argv) - 2 :])))

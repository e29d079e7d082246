"""Random edits of real files, as an editor makes them: ``python tests/fuzz/edits.py --edits 500 FOLDER...``

Each folder is copied, and judged again after every edit; every ``--every`` edits its state is written elsewhere, and a scan
from nothing has to say the same, to the last place. Exit code 1 when it does not, or when something was raised. Half of the
edits begin from a file's saved text, so that it can be read; the others add up.
"""

from __future__ import annotations

import argparse
import difflib
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from dindguard.language_server.project import Project
from dindguard.model.container import Container
from dindguard.scanning import Options, scan
from editor_states import said, typed

HOT = 30
"""So many files with most containers get three fifths of the edits."""


class Edited:
    """A copy of a folder, edited at random."""

    def __init__(self, folder: Path, scratch: Path, seed: int) -> None:
        self.live, self.cold = scratch / "live", scratch / "cold"
        shutil.copytree(folder, self.live, symlinks=True)
        shutil.copytree(folder, self.cold, symlinks=True)
        self.project = Project(str(self.live), Options(untrusted=True))
        self._random = random.Random(seed)
        self._texts: dict[str, str] = {}
        report = self.project.check()
        held = Counter(each.span.path for each in report.model.each(Container))
        self._hot = [path for path, _ in held.most_common(HOT)]
        self._all = sorted(path for path in report.sources if not (self.live / path).is_symlink())

    def edit(self) -> str:
        """Edit a file and judge the project; return its path."""
        rng = self._random
        path = rng.choice(self._hot if self._hot and rng.random() < 0.6 else self._all)
        saved = (self.live / path).read_text("utf-8", errors="replace")
        text = saved if rng.random() < 0.5 else self._texts.get(path, saved)
        self._texts[path] = typed(text, rng)
        self.project.edit(path, self._texts[path])
        self.project.check()
        return path

    def differences(self) -> list[str]:
        """Return what a scan from nothing says otherwise, as lines of a diff."""
        for path, text in self._texts.items():
            (self.cold / path).write_bytes(text.encode())
        now = said(self.project.check())
        new = said(scan(Options(paths=(self.cold,), root=self.cold, untrusted=True)))
        return [*difflib.unified_diff(new, now, "from nothing", "edited", n=0, lineterm="")]


def run(folder: Path, edits: int, every: int, seed: int) -> int:
    """Edit one folder; return how many faults were found."""
    faults, start = 0, time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        edited = Edited(folder, Path(scratch), seed)
        for number in range(1, edits + 1):
            path = "?"
            try:
                path = edited.edit()
                found = edited.differences() if number % every == 0 else []
            except Exception:
                found = traceback.format_exc().splitlines()
            if found:
                faults += 1
                print(
                    f"{folder.name}, edit {number} ({path}):", *(f"  {line[:300]}" for line in found[:12]), sep="\n"
                )
    print(f"{folder.name}: {edits} edits, {faults} faults, {time.process_time() - start:.0f} s of CPU", flush=True)
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=500, help="for each folder")
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return int(sum(run(each, given.edits, given.every, given.seed) for each in given.folders) > 0)


if __name__ == "__main__":
    raise SystemExit(main())

"""Watches the scans of a process that a test starts, as ``watching`` does those of the suite itself.

Python runs this at its start in every process that inherits the suite's ``PYTHONPATH``. It imports nothing until that
process is about to scan, so that what a start costs can still be measured; without ``WATCHED_SCANS`` it does nothing.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

FIRST = {"dindguard.scanning": "watch_scans", "dindguard.reports": "watch_reports"}
"""What of ours is watched, and by which function of ``watching``, as soon as it has been imported."""


class Finder:
    """Finds the modules to watch as everybody else would, and has them watched once they have run."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: ModuleType | None = None) -> Any:
        if name not in FIRST:
            return None
        others = (each for each in sys.meta_path if each is not Finder)
        spec = next(filter(None, (each.find_spec(name, path, target) for each in others)), None)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_watch(module: ModuleType) -> None:
                run(module)
                watch(name, module)

            spec.loader.exec_module = run_and_watch  # type: ignore[method-assign]
        return spec


def watch(name: str, module: ModuleType) -> None:
    """Have a module of ours watched; what is seen goes to the suite's file."""
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        import watching
    finally:
        del sys.path[0]
    watching.in_a_process_of_a_test(os.environ["WATCHED_SCANS"])
    getattr(watching, FIRST[name])(module)


if "WATCHED_SCANS" in os.environ:
    sys.meta_path.insert(0, Finder)

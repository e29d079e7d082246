"""Scan shapes and tell what they cost: reads lines ``NUMBER SIZE`` of shapes, writes a line of JSON for each (of no shape: -1 0).

Every scan happens in a forked process of its own, after one small scan has imported what a scan imports, so that what
is measured is the work that the input makes, with empty caches.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from shapes import SHAPES, Files, weight

import dindguard
from dindguard import reports
from dindguard.report import Report
from dindguard.rules import Profile, Severity
from dindguard.scanning import Options, scan

MOST_SECONDS = 60
"""A scan that takes longer is ended."""
PARTS = tuple(f"dindguard.{part}" for part in ("documents", "formats", "infer", "policy", "reports", "scripts"))
SETTINGS = reports.Options(verbose=True, silenced=True, fail_on=Severity.HIGH)
NEIGHBOUR = "zz/neighbour.compose.yaml"
SMALL = "services:\n  n:\n    image: docker:29-dind\n    privileged: true\n"


def written(folder: Path, files: Files) -> Path:
    """Write files, also those whose path is longer than a call takes, and return the folder."""
    here = os.getcwd()
    try:
        for name, text in files.items():
            os.chdir(folder)
            *parts, last = name.split("/")
            for part in parts:
                os.makedirs(part, exist_ok=True)
                os.chdir(part)
            Path(last).write_text(text, "utf-8")
    finally:
        os.chdir(here)
    return folder


def judged(folder: Path) -> tuple[Report, int]:
    """Scan a folder and write two reports; return the report, and how long the others came out."""
    report = scan(Options(paths=(folder,), root=folder, profile=Profile.ALL))
    return report, sum(len(reports.render(form, report, SETTINGS)) for form in ("text", "json"))


def told(folder: Path) -> dict[str, Any]:
    """Return what a scan costs, and what came of it."""
    start = time.process_time()
    report, length = judged(folder)
    return {
        "seconds": time.process_time() - start,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "findings": len(report.findings),
        "neighbour": any(finding.span.path == NEIGHBOUR for finding in report.findings),
        "budgets": sorted({notice.message for notice in report.notices if notice.kind == "budget"}),
        "faults": [n.message for n in report.notices if n.kind == "rule-crashed" or "dindguard's own" in n.message],
        "length": length,
    }


def forked(folder: Path) -> dict[str, Any]:
    """Scan in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        try:
            answer = told(folder)
        except BaseException as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said else {"error": f"ended by signal {os.WTERMSIG(status)}"}


def warm() -> None:
    """Import all that any scan imports, and compile what a small one compiles."""
    for module in pkgutil.walk_packages(dindguard.__path__, "dindguard."):
        if module.name.startswith(PARTS):
            importlib.import_module(module.name)
    with tempfile.TemporaryDirectory() as name:
        judged(written(Path(name), {NEIGHBOUR: SMALL, "run.sh": "docker run --privileged x\n"}))


def main() -> None:
    warm()
    for line in sys.stdin:
        number, size = map(int, line.split())
        files = SHAPES[number].files(size) if number >= 0 else {}
        with tempfile.TemporaryDirectory() as name:
            folder = written(Path(name), files | {NEIGHBOUR: SMALL})
            answer = forked(folder) | {"bytes": weight(files)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

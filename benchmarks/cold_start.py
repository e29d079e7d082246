"""What a scan costs before it reads anything: one small Compose file, against the libraries it cannot do without.

``python benchmarks/cold_start.py [REPETITIONS]`` runs both in turn, many times, and prints the times of this machine and
their ratio. Only the ratio says something elsewhere.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Byte code is part of an installation: without it every start would compile the package."""

COMPOSE = "services:\n  dind:\n    image: docker:29-dind\n    privileged: true\n"


def seconds(command: list[str], folder: str) -> float:
    """Return how long a process takes, its start and end included."""
    start = time.perf_counter()
    subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - start


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "compose.yaml").write_text(COMPOSE)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "python -c 'import click, yaml'": [sys.executable, "-c", "import click, yaml"],
            "dindguard scan compose.yaml": [
                sys.executable, "-c", "from dindguard.__main__ import main; main()", "scan", "compose.yaml",
            ],
        }  # fmt: skip
        times: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds(command, folder)  # writes the byte code
        for _ in range(repetitions):
            for name, command in commands.items():
                times[name].append(seconds(command, folder))
    print(f"{repetitions} repetitions in turn, load {os.getloadavg()[0]:.1f}\n{'':34} {'min':>8} {'median':>8}")
    for name, taken in times.items():
        print(f"{name:34} {1000 * min(taken):6.1f} ms {1000 * statistics.median(taken):5.1f} ms")
    _, floor, scan = times.values()
    ratios = (min(scan) / min(floor), statistics.median(scan) / statistics.median(floor))
    print(f"{'scan against imports':34} {ratios[0]:6.2f} x {ratios[1]:6.2f} x")


if __name__ == "__main__":
    main()

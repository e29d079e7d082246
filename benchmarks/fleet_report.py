"""What a report over a fleet costs, by the number of repositories and by the form.

``python benchmarks/fleet_report.py [REPOSITORIES…]`` makes datasets directly as Parquet (1,000 and 10,000 repositories unless
told otherwise, with two to three findings each) and prints CPU seconds and the most memory of one process for each report.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import fleet_data as data

RULES = (
    ("host-engine-socket", "critical"), ("privileged-engine", "critical"), ("open-engine", "critical"),
    ("near-privileged", "high"), ("plaintext-engine-client", "high"), ("end-of-life-engine", "high"),
    ("host-namespace", "medium"), ("floating-image", "low"),
)  # fmt: skip
TEAMS = ("payments", "search", "platform", "mobile", "data", "billing", "identity", "growth", "")
PATHS = ("compose.yaml", ".gitlab-ci.yml", ".github/workflows/ci.yml", "deploy/runner.yaml")
WAY = "code in service 'web' → the host's engine obeys it → a new container with / mounted is root there → root on the host"
VERSIONS = ("", "20.10.24", "24.0.7", "27.3.1", "29.1.0")


def dataset(folder: Path, count: int) -> Path:
    """Write the dataset of so many repositories, the same each time."""
    chance = random.Random(count)
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(count):
        _repository(tables, f"group-{number % 40}/project-{number:06}", chance)
    return data.write(folder, tables)


def _repository(tables: dict[str, list[dict[str, Any]]], name: str, chance: random.Random) -> None:
    standing = chance.choices(("scanned", "incomplete", "quarantined"), (96, 3, 1))[0]
    found = 0 if standing == "quarantined" else chance.choices((0, 1, 2, 4, 12), (30, 25, 20, 15, 10))[0]
    counts: dict[str, int] = defaultdict(int)
    for index in range(found):
        rule, severity = chance.choice(RULES)
        counts[severity] += 1
        _finding(tables, name, index, rule, severity, chance)
    blind = chance.choices((0, 1, 5), (80, 15, 5))[0]
    for index in range(blind):
        tables["coverage"].append(data.file(name, f"run-{index}.conf", "blind-spot", words="--privileged", line=3))
    for index in range(8):
        tables["coverage"].append(data.file(name, f"deploy/{index}.yaml", "understood", what="kubernetes"))
    tables["repositories"].append(
        data.repository(
            name, chance.choice(TEAMS), standing, labels={"tier": chance.choice("123")}, blind_spots=blind,
            ways_to_root=counts["critical"] + counts["high"], revision=f"{chance.getrandbits(160):040x}",
            **{f"open_{severity}": number for severity, number in counts.items()},
        )
    )  # fmt: skip


def _finding(
    tables: dict[str, list[dict[str, Any]]], name: str, index: int, rule: str, severity: str, chance: random.Random
) -> None:
    path, service = chance.choice(PATHS), f"service-{index}"
    address = f"services.{service}"
    grave = severity in ("critical", "high")
    version = chance.choice(VERSIONS)
    tables["findings"].append(data.finding(name, rule, severity, path, address=f"{address}.privileged"))
    tables["containers"].append(
        data.container(
            name, service, WAY if grave else "", path, runner=chance.choice(("", "build-1", "build-2")),
            hosted=chance.random() < 0.3, engine="docker" if version else "", engine_version=version,
            engine_version_sort=".".join(part.zfill(5) for part in version.split(".")) if version else "",
        )
    )  # fmt: skip
    if rule == "host-engine-socket":
        tables["accesses"].append(data.access(name, who_address=address, who_path=path))
    if chance.random() < 0.1:
        expires = data.TODAY + dt.timedelta(days=chance.randint(-30, 200))
        tables["waivers"].append(data.waiver(name, rule, expires, path=path, address=f"{address}.privileged"))


def main() -> None:
    if sys.argv[1:2] == ["--make"]:
        dataset(Path(sys.argv[2]), int(sys.argv[3]))
        return
    counts = [int(each) for each in sys.argv[1:]] or [1_000, 10_000]
    with tempfile.TemporaryDirectory() as scratch:
        for count in counts:
            folder = Path(scratch) / str(count)
            # In a process of its own: the most memory of a child is at least what its parent held.
            subprocess.run([sys.executable, __file__, "--make", folder, str(count)], check=True)
            for form in ("html", "csv", "json", "prometheus"):
                _measure(count, form, [str(folder), "-f", form])
            _measure(count, "html --against", [str(folder), "--against", str(folder)])


def _measure(count: int, what: str, arguments: list[str]) -> None:
    """Run one report in a process of its own, and print what it took and how much it wrote."""
    with tempfile.NamedTemporaryFile() as output:
        command = [sys.executable, "-m", "dindguard", "fleet", "report", *arguments, "-o", output.name]
        pid = os.posix_spawn(sys.executable, command, os.environ)
        _, status, usage = os.wait4(pid, 0)
        assert status == 0, what
        size = os.path.getsize(output.name)
    seconds = usage.ru_utime + usage.ru_stime
    print(
        f"{count:>7} repositories  {what:<15} {seconds:6.2f} s CPU  {usage.ru_maxrss / 1024:6.0f} MiB  {size:>12,} bytes"
    )


if __name__ == "__main__":
    main()

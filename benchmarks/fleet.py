"""What a fleet's scan costs, and what it survives, measured on generated repositories.

``python benchmarks/fleet.py cpu [COUNT]``     sum of CPU against plain scan processes over the same repositories
``python benchmarks/fleet.py wall [COUNT]``    wall time of two workers against one, median of 5 (on an idle machine)
``python benchmarks/fleet.py memory [COUNT…]`` the driver's memory at 100, 1,000 and 10,000 repositories
``python benchmarks/fleet.py hostile [COUNT]`` of 1,000 repositories 20 hostile: what is said of them and of the others
``python benchmarks/fleet.py again [COUNT]``   a second run that finds nothing to do

Repositories are made of the fixtures: 20 files each, one in five of them configuration.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOOKS = ROOT / "tests" / "fleet_hooks"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
WORDS = ("def", "return", "value", "self", "import", "request", "config", "result", "for", "item", "in", "None")


def generate(folder: Path, count: int, files: int = 20, large: bool = False) -> Path:
    """Write ``count`` repositories of ``files`` files; every fifth file is a fixture, the others code and prose."""
    chance = random.Random(20261128)
    fixtures = sorted(path for path in (ROOT / "fixtures").rglob("*.y*ml") if path.stat().st_size < 20_000)
    for number in range(count):
        home = folder / f"r{number:06}"
        for index in range(files):
            if index % 5 == 0:
                fixture = chance.choice(fixtures)
                path = home / f"deploy{index}" / fixture.name.partition(".")[2]
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fixture, path)
            else:
                path = home / "src" / f"module{index}.{chance.choice(('py', 'md', 'go', 'json', 'sh', 'txt'))}"
                path.parent.mkdir(parents=True, exist_ok=True)
                text = " ".join(chance.choices(WORDS, k=chance.randrange(100, 1500)))
                path.write_text(json.dumps({"text": text}) if path.suffix == ".json" else text + "\n")
        if large:
            services = "".join(f"  s{each}: {{image: 'a:{each}', privileged: true}}\n" for each in range(400))
            (home / "compose.yaml").write_text(f"services:\n{services}")
    return folder


def measured(command: list[str], **more: str) -> tuple[float, float, int]:
    """Return wall and CPU seconds of a process and those that it waits for, and its exit code."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, env={**ENVIRONMENT, **more}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode not in (0, 1, 3):
        sys.exit(done.stderr.decode())
    return wall, cpu, done.returncode


def fleet(sources: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "dindguard", "fleet", "scan", str(sources), "--out", str(out), *more]


def cpu(folder: Path, count: int) -> None:
    sources = generate(folder / "r", count)
    plain = [sys.executable, "-c", "from dindguard.cli import main; main()", "scan", "--untrusted"]
    repositories = sorted(sources.iterdir())
    measured([*plain, str(repositories[0])])
    alone, ours = 0.0, []
    half = len(repositories) // 2
    alone += sum(measured([*plain, str(each)])[1] for each in repositories[:half])
    ours.append(measured(fleet(sources, folder / "o1", "--workers", "2"))[1])
    alone += sum(measured([*plain, str(each)])[1] for each in repositories[half:])
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"plain scans of {count} repositories   {alone:8.2f} s of CPU, {1000 * alone / count:6.1f} ms each")
    print(f"fleet scan, driver and dataset too  {ours[0]:8.2f} s of CPU, {1000 * ours[0] / count:6.1f} ms each")
    print(f"ratio {ours[0] / alone:.3f}")


def wall(folder: Path, count: int) -> None:
    sources = generate(folder / "r", count, large=True)
    taken: dict[str, list[float]] = {"1": [], "2": []}
    for turn in range(5):
        for workers, times in taken.items():
            times.append(measured(fleet(sources, folder / f"o{turn}{workers}", "--workers", workers))[0])
    for workers, times in taken.items():
        print(
            f"{workers} worker(s): {' '.join(f'{each:.1f}' for each in times)} s, median {statistics.median(times):.1f} s"
        )
    one, two = (statistics.median(times) for times in taken.values())
    print(f"load {os.getloadavg()[0]:.1f}; ratio {two / one:.3f}")


def memory(folder: Path, counts: list[int]) -> None:
    for count in counts:
        sources = generate(folder / f"r{count}", count)
        code = (
            "import resource, sys\nfrom dindguard.cli import main\ncode = 0\n"
            "try: main(sys.argv[1:])\nexcept SystemExit as error: code = error.code\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, code)"
        )
        start = time.perf_counter()
        command = [sys.executable, "-c", code, *fleet(sources, folder / f"o{count}", "--workers", "2")[3:]]
        done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
        most, status = done.stdout.split()
        taken = time.perf_counter() - start
        staged = sum(path.stat().st_size for path in (folder / f"o{count}/staged").rglob("*.gz"))
        dataset = sum(path.stat().st_size for path in (folder / f"o{count}/dataset").rglob("*.parquet"))
        print(
            f"{count:6,} repositories: driver's peak {int(most) / 1024:6.1f} MiB, {taken:8.1f} s, exit {status}; staged "
            f"{staged / 1e6:.1f} MB, dataset {dataset / 1e6:.1f} MB",
            flush=True,
        )
        shutil.rmtree(sources)


def hostile(folder: Path, count: int) -> None:
    import io
    import tarfile

    sources = generate(folder / "r", count - 20)
    compose = "services: {runner: {image: 'app:1', volumes: ['/var/run/docker.sock:/var/run/docker.sock']}}\n"
    for number in range(4):
        for fault in ("crash", "endless", "large"):
            home = sources / f"{fault}-{number}"
            home.mkdir()
            (home / "compose.yaml").write_text(compose)
        (sources / f"bomb-{number}.tar.gz").write_bytes(_bomb())
        with tarfile.open(sources / f"escape-{number}.tar", "w") as archive:
            member = tarfile.TarInfo("../../../tmp/escaped")
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
    taken = measured(
        fleet(sources, folder / "o", "--workers", "2", "--cpu-seconds", "5"),
        PYTHONPATH=os.pathsep.join(filter(None, (str(HOOKS), os.environ.get("PYTHONPATH")))),
    )
    rows = _repositories(folder / "o")
    strangers = [row for row in rows if not row["repository"].startswith("r0")]
    print(f"{len(rows)} repositories in {taken[0]:.0f} s, exit {taken[2]}")
    print("hostile:", dict(Counter((row["repository"].partition("-")[0], row["reason"]) for row in strangers)))
    good = [row for row in rows if row["repository"].startswith("r0")]
    alone = folder / "alone"
    alone.mkdir()
    for row in good[: count // 5]:
        (sources / str(row["repository"])).rename(alone / str(row["repository"]))
    measured(fleet(alone, folder / "o2", "--workers", "2"))
    aside = {"run": "", "source": ""}
    undisturbed = [{**row, **aside} for row in _repositories(folder / "o2")]
    same = [{**row, **aside} for row in good[: count // 5]] == undisturbed
    print(f"others: {len(good)}, {Counter(row['standing'] for row in good)}")
    print(f"{len(undisturbed)} of them scanned again without the hostile ones: the same rows: {same}")


def _bomb() -> bytes:
    """Return an archive of 30 MB that would be 30 GB: it is refused when it has shown 8."""
    import gzip
    import tarfile

    member = tarfile.TarInfo("zeros.yaml")
    member.size = 30 << 30
    block = gzip.compress(b"\0" * (64 << 20), 9)
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT)) + block * 480


def _repositories(out: Path) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    measured_ones = {"scanned_at", "seconds", "cpu_seconds", "peak_memory"}
    rows = pq.read_table(out / "dataset/repositories/part-1-of-1-00000.parquet", partitioning=None).to_pylist()
    return [{name: value for name, value in row.items() if name not in measured_ones} for row in rows]


def again(folder: Path, count: int) -> None:
    sources = generate(folder / "r", count)
    for turn in ("first", "again"):
        taken = measured(fleet(sources, folder / "o", "--workers", "2"))
        print(f"{turn}: {taken[0]:.1f} s, {taken[1]:.1f} s of CPU, {1000 * taken[1] / count:.1f} ms each")


def main() -> None:
    what, *numbers = sys.argv[1:] or [""]
    usual = {"cpu": 100, "wall": 20, "memory": 0, "hostile": 1000, "again": 200}
    if what not in usual:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        if what == "memory":
            memory(Path(folder), [int(each) for each in numbers] or [100, 1_000, 10_000])
        else:
            globals()[what](Path(folder), int(numbers[0]) if numbers else usual[what])


if __name__ == "__main__":
    main()

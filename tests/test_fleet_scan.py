"""A fleet scanned from the command line: whole, again, after an interrupt, in shards, with hostile ones among the others."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import fleet_repositories as made
from dindguard.fleet import layout
from dindguard.fleet.progress import Progress, duration
from dindguard.fleet.schema import TABLES

pq = pytest.importorskip("pyarrow.parquet", reason="the extra 'fleet' is not installed")
pytest.importorskip("distributed", reason="the extra 'fleet' is not installed")

HOOKS = Path(__file__).parent / "fleet_hooks"
COMMAND = [sys.executable, "-m", "dindguard", "fleet", "scan"]


def fleet(*arguments: str | Path, hostile: bool = False) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"PYTHONPATH": str(HOOKS)} if hostile else {})}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, env=environment, check=False
    )


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table in the order of the dataset, without what is measured."""
    manifest = json.loads((out / "manifest.json").read_text())
    files = [part["file"] for part in manifest["parts"] if f"/{table}/" in part["file"]]
    found = [row for file in files for row in pq.read_table(out / file, partitioning=None).to_pylist()]
    return [{name: value for name, value in row.items() if name not in TABLES[table].measured} for row in found]


def everything(out: Path) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(out, table) for table in TABLES}


@pytest.fixture
def repositories(tmp_path: Path) -> Path:
    """Give six repositories: trees, a bare one, archives."""
    folder = tmp_path / "repositories"
    made.tree(folder / "engine", compose_yaml=made.ENGINE)
    made.tree(folder / "safe", compose_yaml=made.SAFE)
    made.tree(folder / "socket", compose_yaml=made.SOCKET)
    work = made.tree(tmp_path / "work", compose_yaml=made.SOCKET)
    made.committed(work)
    made.git(tmp_path, "clone", "-q", "--bare", "work", str(folder / "mirror.git"))
    made.git(work, "archive", "-o", str(folder / "packed.tar.gz"), "HEAD")
    made.zipped(folder / "zipped.zip", compose_yaml=made.ENGINE)
    return folder


def test_a_folder_becomes_a_dataset(repositories: Path, tmp_path: Path) -> None:
    done = fleet(repositories, "--out", tmp_path / "out", "--workers", "2")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "6 repositories scanned" in done.stderr
    found = {row["repository"]: row for row in rows(tmp_path / "out", "repositories")}
    assert list(found) == ["engine", "mirror", "packed", "safe", "socket", "zipped"]
    assert [row["source_kind"] for row in found.values()] == ["tree", "git", "archive", "tree", "tree", "archive"]
    assert {row["standing"] for row in found.values()} == {"scanned"}
    assert found["mirror"]["revision"] == found["packed"]["revision"] != ""
    ways = [
        (row["repository"], row["address"])
        for row in rows(tmp_path / "out", "findings")
        if row["rule"] == "host-engine-socket"
    ]
    assert [name for name, _ in ways] == ["mirror", "packed", "socket"]

    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert (manifest["version"], manifest["repositories"], manifest["scanned"]) == (1, 6, 6)
    for table in TABLES:
        [part] = [each for each in manifest["parts"] if f"/{table}/" in each["file"]]
        read = pq.ParquetFile(tmp_path / "out" / part["file"])
        assert read.metadata.num_rows == part["rows"] == len(rows(tmp_path / "out", table))
        assert read.schema_arrow.names == list(TABLES[table].names())
        assert read.schema_arrow.metadata[b"dindguard.dataset"] == b"1"
    assert not list((tmp_path / "out").rglob("*.tmp"))


def test_a_second_run_does_only_what_changed(repositories: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fleet(repositories, "--out", out)
    before = everything(out)
    again = fleet(repositories, "--out", out)
    assert "0 repositories scanned · 6 unchanged since they were" in again.stderr
    assert everything(out) == before
    made.tree(repositories / "safe", compose_yaml=made.ENGINE)
    changed = fleet(repositories, "--out", out)
    assert "1 repository scanned · 5 unchanged" in changed.stderr
    fresh = fleet(repositories, "--out", tmp_path / "fresh")
    assert fresh.returncode == 0
    assert everything(out) == everything(tmp_path / "fresh")


def test_shards_put_into_one_folder_are_the_whole(repositories: Path, tmp_path: Path) -> None:
    fleet(repositories, "--out", tmp_path / "whole")
    for index in (1, 2, 3):
        assert fleet(repositories, "--out", tmp_path / f"s{index}", "--shard", f"{index}/3").returncode == 0
        subprocess.run(["cp", "-r", f"{tmp_path}/s{index}/.", tmp_path / "joined"], check=True)
    manifests = [json.loads(path.read_text()) for path in sorted((tmp_path / "joined").glob("manifest*.json"))]
    assert [each["shard"] for each in manifests] == ["1-of-3", "2-of-3", "3-of-3"]
    assert len({each["run"] for each in manifests}) == 1
    whole = everything(tmp_path / "whole")
    for table in TABLES:
        files = sorted((tmp_path / "joined/dataset" / table).iterdir())
        joined = [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]
        kept = [{name: value for name, value in row.items() if name not in TABLES[table].measured} for row in joined]
        assert sorted(map(repr, kept)) == sorted(map(repr, whole[table]))
    again = fleet(repositories, "--out", tmp_path / "joined")
    assert "0 repositories scanned · 6 unchanged" in again.stderr
    assert everything(tmp_path / "joined") == whole


def test_hostile_repositories_are_quarantined_and_the_others_right(tmp_path: Path) -> None:
    folder = tmp_path / "repositories"
    faults = ("crash", "abort", "endless", "memory", "large")
    for number in range(10):
        made.tree(folder / f"good-{number}", compose_yaml=made.SOCKET)
    for fault in faults:
        made.tree(folder / fault, compose_yaml=made.SOCKET)
    made.tarball(folder / "out.tar", ("../../etc/cron.d/x", b"* * * * * root true"))
    options = ("--cpu-seconds", "10", "--memory", "1024", "--fail-on", "low")
    done = fleet(folder, "--out", tmp_path / "out", *options, hostile=True)
    assert done.returncode == 3, done.stderr
    assert "6 quarantined" in done.stderr
    assert "Traceback" not in done.stderr
    reasons = {row["repository"]: row["reason"] for row in rows(tmp_path / "out", "repositories")}
    assert {name: reason for name, reason in reasons.items() if reason} == {
        "crash": "crash", "abort": "signal", "endless": "cpu-time", "memory": "memory", "large": "output", "out": "refused",
    }  # fmt: skip
    found = [row["repository"] for row in rows(tmp_path / "out", "findings") if row["rule"] == "host-engine-socket"]
    assert found == [f"good-{number}" for number in range(10)]
    again = fleet(folder, "--out", tmp_path / "out", "--retry")
    assert "5 repositories scanned" not in again.stderr
    assert "6 repositories scanned · 10 unchanged since they were · 1 quarantined" in again.stderr


def test_an_interrupt_ends_with_3_and_the_command_that_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "repositories"
    for number in range(12):
        made.tree(folder / f"good-{number:02}", compose_yaml=made.SOCKET)
    made.tree(folder / "asleep", compose_yaml=made.SOCKET)
    out = tmp_path / "out"
    arguments = [*map(str, (folder, "--out", out, "--workers", "2"))]
    started = subprocess.Popen(
        [*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(HOOKS)}
    )
    deadline = time.monotonic() + 120
    while len(list(out.rglob("*.jsonl.gz"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    started.send_signal(signal.SIGTERM)
    said = started.communicate(timeout=60)[1]
    assert started.returncode == 3
    assert "interrupted\n" in said
    assert f"go on with:\n  dindguard fleet scan {shlex.join(arguments)}" in said
    assert "Traceback" not in said
    assert not (out / "manifest.json").exists()
    kept = len(list(out.rglob("*.jsonl.gz")))
    assert 3 <= kept < 13
    finished = fleet(*arguments)
    assert finished.returncode == 0
    assert f"{13 - kept} repositories scanned · {kept} unchanged" in finished.stderr
    fleet(folder, "--out", tmp_path / "undisturbed")
    assert everything(out) == everything(tmp_path / "undisturbed")


def test_a_staged_file_that_was_tampered_with_is_not_believed(repositories: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fleet(repositories, "--out", out)
    before = everything(out)
    key = next(row["key"] for row in before["repositories"] if row["repository"] == "safe")
    other = next(row["key"] for row in before["repositories"] if row["repository"] == "socket")
    staged = Path(layout.staged(str(out), key))
    lines = gzip.decompress(Path(layout.staged(str(out), other)).read_bytes())
    staged.write_bytes(gzip.compress(lines.replace(other.encode(), key.encode())))
    done = fleet(repositories, "--out", out)
    assert done.returncode == 3
    assert "1 staged results were damaged" in done.stderr
    assert fleet(repositories, "--out", out).returncode == 0
    assert everything(out) == before


@pytest.mark.parametrize(("severity", "code"), [("critical", 1), ("low", 1), (None, 0)])
def test_fail_on_is_for_a_nightly_job(tmp_path: Path, severity: str | None, code: int) -> None:
    made.tree(tmp_path / "r/socket", compose_yaml=made.SOCKET)
    option = ("--fail-on", severity) if severity else ()
    assert fleet(tmp_path / "r", "--out", tmp_path / "out", *option).returncode == code


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["{r}/none", "--out", "{o}"], "none: cannot be read: No such file"),
        (["{r}", "--out", "{o}"], "there is no repository"),
        (["{r}", "--out", "{o}", "--shard", "3/2"], "--shard 3/2: write I/N"),
        (["{r}", "--out", "{o}", "--workers", "1", "--scheduler", "tcp://127.0.0.1:1"], "leave one of them out"),
        (["{r}/a", "--out", "{o}", "--policy", "{r}/none"], "--policy"),
        (["{r}/a", "--out", "/dev/null/x"], "--out"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_done(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    if "{r}/a" in arguments:
        made.committed(made.tree(folder / "a", compose_yaml=made.SAFE))
    done = fleet(*(each.format(r=folder, o=tmp_path / "out") for each in arguments))
    assert done.returncode == 2, done.stderr
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    made.tree(tmp_path / "r/a", compose_yaml=made.SAFE)
    code = (
        "import importlib.util as u, sys\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'distributed' else find(name, *a)\n"
        "from dindguard.cli import main\nmain(sys.argv[1:])"
    )
    arguments = ["fleet", "scan", str(tmp_path / "r"), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        == "dindguard: error: 'dindguard fleet' needs Dask and PyArrow: pip install 'dindguard[fleet]'"
    )


def test_the_help_loads_neither_dask_nor_arrow() -> None:
    code = (
        "import sys\nfrom dindguard.cli import main\n"
        "try: main(['fleet', 'scan', '--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'dask', 'distributed', 'pyarrow'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_progress_says_done_failed_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress(10_000)
    assert progress.line() == "0 of 10,000 repositories"
    now[0] += 60
    progress.done, progress.quarantined, progress.failed = 1_200, 3, 1
    progress.tick()
    assert (
        progress.line() == "1,200 of 10,000 repositories · 3 quarantined · 1 to be tried again · 20.0/s · 7 min left"
    )
    assert [duration(each) for each in (40, 89, 700, 12_000)] == ["40 s", "89 s", "12 min", "3 h 20 min"]

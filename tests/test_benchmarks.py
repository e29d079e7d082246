"""What the benchmarks measure is what they say: files with findings, trees with the proportions of real ones."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from dindguard import Options, scan

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import floor, inputs, measuring, trees


@pytest.mark.parametrize("name", inputs.SMALL)
def test_each_small_file_has_findings(name: str, tmp_path: Path) -> None:
    inputs.write(tmp_path, *inputs.SMALL[name])
    report = scan(Options(paths=(tmp_path,), untrusted=True))
    assert report.findings
    assert not report.incomplete
    if name == "Compose, one finding":
        assert len(report.findings) == 1


def test_a_tree_has_the_proportions_of_real_ones_and_is_the_same_every_time(tmp_path: Path) -> None:
    sizes = [trees.make(tmp_path / name, 400) for name in "ab"]
    assert sizes[0] == sizes[1]
    ends = Counter(path.suffix for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert sum(ends.values()) == 400
    assert 0.65 < ends[".py"] / 400 < 0.8
    assert ends[".yaml"] > ends[".json"] > 0
    assert scan(Options(paths=(tmp_path / "a",), untrusted=True)).findings


def test_the_floor_looks_at_what_could_matter_only(tmp_path: Path) -> None:
    for name in ("compose.yaml", "Dockerfile.dev", "a.py", "node_modules/b.yaml", "x/y.json"):
        inputs.write(tmp_path, name, "services: {a: {privileged: true}}\n")
    told = sorted(Path(path).relative_to(tmp_path).as_posix() for path in floor.candidates(str(tmp_path)))
    assert told == ["Dockerfile.dev", "compose.yaml", "x/y.json"]
    floor.main(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="costs are measured on Linux and macOS")
def test_costs_are_those_of_the_process_and_failing_ones_are_not_counted(tmp_path: Path) -> None:
    idle, busy = (measuring.cost(measuring.python(code), str(tmp_path)) for code in ("pass", "sum(range(10**7))"))
    assert busy.cpu > idle.cpu
    assert idle.memory > 1
    with pytest.raises(SystemExit, match="ended with 7"):
        measuring.cost(measuring.python("raise SystemExit(7)"), str(tmp_path))

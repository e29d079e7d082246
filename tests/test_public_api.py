"""What ``import dindguard`` offers, and that it costs nothing until it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dindguard
from dindguard import api


def test_all_is_there_and_sorted() -> None:
    for module in (dindguard, api):
        assert sorted(module.__all__) == list(module.__all__)
        assert all(getattr(module, name) is not None for name in module.__all__)


def test_a_scan_through_the_api(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: nginx, privileged: true}}\n")
    report = dindguard.scan(dindguard.Options(paths=(tmp_path,), root=tmp_path))
    (finding,) = report.findings
    assert isinstance(finding, dindguard.Finding)
    assert finding.severity is dindguard.Severity.CRITICAL


def test_importing_it_loads_nothing_else() -> None:
    code = "import dindguard, sys; print([m for m in sys.modules if m.startswith('dindguard.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""What fuzzing found stays mended: each file is read again as the fuzzer's target of that name reads it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "fuzz"))

from targets import TARGETS, put  # noqa: E402 - it lies beside the fuzzer

FINDS = sorted((HERE / "finds").iterdir())


@pytest.mark.parametrize("find", FINDS, ids=lambda find: find.name)
def test_a_find_stays_mended(find: Path, tmp_path: Path) -> None:
    put(TARGETS[find.name.rpartition("-")[0]], find.read_bytes(), tmp_path)

"""The shapes in other formats are files that dindguard reads, and a neighbour's finding comes out beside each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from elsewhere import FURTHER  # noqa: E402 - beside this file
from measure import NEIGHBOUR, SMALL, written  # noqa: E402
from shapes import SHAPES, Shape  # noqa: E402

from dindguard import Options, scan  # noqa: E402
from dindguard.coverage import State  # noqa: E402


@pytest.mark.parametrize("shape", FURTHER, ids=lambda shape: shape.id)
@pytest.mark.parametrize("size", [2, 30])
def test_it_is_read_and_harms_nobody(shape: Shape, size: int, tmp_path: Path) -> None:
    written(tmp_path, shape.files(size) | {NEIGHBOUR: SMALL})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert not [
        each.message for each in report.notices if each.kind == "rule-crashed" or "dindguard's own" in each.message
    ]
    assert any(each.span.path == NEIGHBOUR for each in report.findings)
    states = {each.path: each.state for each in report.coverage.every()}
    assert states[next(iter(shape.files(size)))] in (State.UNDERSTOOD, State.BROKEN)  # over a limit counts as broken


def test_the_page_says_what_every_shape_costs() -> None:
    page = (HERE.parent.parent / "docs/hostile-input.md").read_text("utf-8")
    assert [
        shape.name for shape in [*SHAPES, *FURTHER] if f"\n| {shape.name} | " not in page.split("## The shapes")[0]
    ] == []

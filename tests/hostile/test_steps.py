"""Squares that a clock sees only in large inputs: lines of Python that run for a shape, as many on every machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from measure import judged, written  # noqa: E402 - beside this file
from shapes import SHAPES  # noqa: E402

from dindguard.model.engine import Engine  # noqa: E402
from support import steps  # noqa: E402

SIZES = {
    "patches of a kustomization": 100, "merges of a kustomization": 100, "merges and removals of a kustomization": 40,
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_steps_grow_with_the_input(name: str, tmp_path: Path) -> None:
    shape = next(shape for shape in SHAPES if shape.name == name)
    folders = [tmp_path / str(factor) for factor in (1, 4, 16)]
    for folder, factor in zip(folders, (1, 4, 16), strict=True):
        folder.mkdir()
        written(folder, shape.files(SIZES[name] * factor // 4))
    judged(folders[0])
    small, middle, large = (steps(lambda folder=folder: judged(folder)) for folder in folders)  # type: ignore[misc]
    assert large - middle < 4 * (middle - small) * 1.1, (small, middle, large)


def test_an_engine_is_asked_once_for_what_all_its_listeners_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = next(shape for shape in SHAPES if shape.name == "addresses of an engine")
    settings = Engine.written_settings.fget  # type: ignore[attr-defined]
    asked = []
    monkeypatch.setattr(Engine, "written_settings", property(lambda engine: asked.append(engine) or settings(engine)))
    for size in (1, 50):
        report, _ = judged(written(tmp_path, shape.files(size)))
        asked.append(None)
    assert len(report.findings) == 50
    once, often = "".join("." if each else "|" for each in asked).split("|")[:2]
    assert once == often

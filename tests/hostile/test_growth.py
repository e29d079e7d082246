"""Work grows with the input and no faster: each shape at 1, 4 and 16 times its size, by CPU time, the start-up off.

The one kind of timed test there is: exponents, never seconds. Each size is scanned in a process of its own; of several tries
the quickest counts, which on a busy machine is the truest.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from shapes import GROUPS, SHAPES, Shape, table, weight  # noqa: E402 - beside this file

STEEP = 1.5
"""An exponent of 1 is linear. What lies between 1.15 and this is looked at, and no failure."""
NOTHING = 0.02
"""Seconds below which a difference is noise."""
TRIES = 3
MEMORY = 300
"""Megabytes that an input of at most 256 KiB may take."""
PAGE = HERE.parent.parent / "docs/hostile-input.md"


class Scales:
    """Asks the measuring process what a shape costs at a size."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "measure.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.start = min(self.weigh(-1, 0)["seconds"] for _ in range(5))

    def weigh(self, number: int, size: int) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{number} {size}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())  # type: ignore[no-any-return]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def scales() -> Iterator[Scales]:
    scales = Scales()
    yield scales
    scales.close()


def exponent(small: float, large: float) -> float:
    """Return how cost grows over four times the size; below :data:`NOTHING` nothing is known to grow."""
    return math.log(max(large, NOTHING) / max(small, NOTHING), 4)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.id)
def test_work_grows_with_the_input(shape: Shape, scales: Scales) -> None:
    number = SHAPES.index(shape)
    told = [scales.weigh(number, shape.size * factor) for factor in (1, 4, 16)]
    for each in told:
        assert "error" not in each, each
        assert not each["faults"]
        assert each["neighbour"], "the file beside it was lost"
        assert each["bytes"] > 256 * 1024 or each["megabytes"] < MEMORY
    costs = [each["seconds"] - scales.start for each in told]
    for _ in range(TRIES):
        steepest = max(exponent(*costs[:2]), exponent(*costs[1:]))
        if steepest < STEEP:
            return
        again = [scales.weigh(number, shape.size * factor)["seconds"] - scales.start for factor in (1, 4, 16)]
        costs = [min(pair) for pair in zip(costs, again, strict=True)]
    pytest.fail(f"{shape.name}: {costs} seconds at {shape.size}, and 4 and 16 times of it: exponent {steepest:.2f}")


def test_there_are_enough_shapes_and_each_has_a_name_of_its_own() -> None:
    assert len({shape.id for shape in SHAPES}) == len(SHAPES) >= 60
    assert all(len(rows) >= 20 for rows in GROUPS.values())


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.id)
def test_a_shape_is_the_same_every_time_and_grows(shape: Shape) -> None:
    small = shape.files(shape.size)
    assert small == shape.files(shape.size)
    larger = shape.files(4 * shape.size)
    before, after = weight(small), weight(larger)
    assert 1.1 * before < after < 8 * before


def test_the_page_lists_them() -> None:
    assert table() in PAGE.read_text("utf-8"), "run python tests/hostile/shapes.py and put its table into the page"

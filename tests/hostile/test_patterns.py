"""Every regular expression stays linear on strings that are built against it, at 2, 8 and 32 KB."""

from __future__ import annotations

import json
import math
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from attacks import Attack, attacks  # noqa: E402 - beside this file

SIZES = (2048, 8192, 32768)
SUSPICIOUS = 0.0004
"""Seconds that 2 KB take when each character costs a hundred others; a linear search takes a tenth of that."""
STEEP = 1.5
ROUNDS = 20
"""So often the sizes are measured before a search counts as steep; a linear one seldom needs a second round."""
ENOUGH = 2.0
"""Seconds after which one search is given up."""
PLENTY = 4.0
"""Seconds after which two rounds are enough: what takes so long at 32 KB is no linear search that was disturbed."""

NOT_THEIR_TEXT = {
    "src/dindguard/reports/page.py": "the pages of rules, which the command line chooses",
    "src/dindguard/environment/": "the environment's own files, and what its engine prints",
    "src/dindguard/installation.py": "the address that this package was installed from",
    "src/dindguard/audit/": "what the engine of the user answers",
}
"""Whose patterns are not asked about a scanned tree, and what they read."""


def made() -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, str(HERE / "patterns_of.py")], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def patterns() -> list[dict[str, Any]]:
    return made()


class TooLongError(Exception):
    """A search that has gone on for long enough."""


@pytest.fixture
def limited() -> Iterator[None]:
    """End a search that takes more than :data:`ENOUGH` seconds of CPU."""

    def stop(*_: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def seconds(ask: Callable[[str], object], text: str, repeats: int = 1) -> float:
    """Return the least CPU time of some tries."""
    best = math.inf
    for _ in range(repeats):
        start = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, ENOUGH)
        try:
            ask(text)
        except TooLongError:
            return ENOUGH
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        best = min(best, time.process_time() - start)
    return best


def asking(pattern: re.Pattern[str], how: str) -> Callable[[str], object]:
    if how in ("match", "fullmatch", "search"):
        return getattr(pattern, how)  # type: ignore[no-any-return]
    return lambda text: [None for _ in pattern.finditer(text)]


TICK = 1e-7
"""In seconds: what the clock cannot tell from nothing costs so much."""
CONTROL = re.compile(r"[^\0]\0\Z")
"""A search that is linear whatever the machine is busy with."""


class Growth:
    """The exponent of a search's cost between the larger two sizes, beside that of a linear one in the same moments.

    A busy machine makes some measurements longer and none shorter: of each size the least of many rounds counts, and the
    sizes take turns in each round, so that a slow spell meets them all.
    """

    def __init__(self, ask: Callable[[str], object], attack: Attack) -> None:
        self._texts = [attack.text(size) for size in SIZES[1:]]
        self._even = ["a" * size for size in SIZES[1:]]
        self._ask = ask
        self._costs = [math.inf, math.inf]
        self._control = [math.inf, math.inf]

    def measure(self) -> float:
        """Measure all sizes once more, and return how much steeper than linear the search seems by now, from 1 up."""
        for number in (0, 1):
            self._costs[number] = min(self._costs[number], seconds(self._ask, self._texts[number]))
            self._control[number] = min(self._control[number], seconds(CONTROL.search, self._even[number]))
        return _exponent(self._costs) - max(_exponent(self._control) - 1, 0)

    @property
    def endless(self) -> bool:
        """Whether the larger text was given up each time."""
        return self._costs[1] >= ENOUGH


def _exponent(costs: Sequence[float]) -> float:
    small, large = (max(cost, TICK) for cost in costs)
    return math.log(large / small, SIZES[2] / SIZES[1])


def steepness(ask: Callable[[str], object], attack: Attack) -> float:
    """Return the exponent of a search's cost; as soon as that is below :data:`STEEP` nothing more is measured."""
    growth = Growth(ask, attack)
    begun = time.process_time()
    for count in range(1, ROUNDS + 1):
        exponent = growth.measure()
        if not growth.endless and exponent < STEEP:
            break
        if count >= 2 and (growth.endless or time.process_time() - begun > PLENTY):
            break
    return math.inf if growth.endless else exponent


def found_against(pattern: re.Pattern[str], how: str) -> list[tuple[float, Attack]]:
    """Return a string on which a pattern is steep, with its exponent; none if there is none."""
    ask = asking(pattern, how)
    for attack in attacks(pattern):
        if seconds(ask, attack.text(SIZES[0])) < SUSPICIOUS or seconds(ask, attack.text(SIZES[0]), 3) < SUSPICIOUS:
            continue
        exponent = steepness(ask, attack)
        if exponent >= STEEP:
            return [(exponent, attack)]
    return []


def test_every_pattern_is_found_where_it_is_made(patterns: list[dict[str, Any]]) -> None:
    lost = [each for each in patterns if each["pattern"] is None]
    assert [each["path"] for each in lost] == ["src/dindguard/surfaces.py"], (
        lost
    )  # the rows' words, which are found there
    assert len(patterns) > 300


@pytest.mark.usefixtures("limited")
def test_no_pattern_is_steep(patterns: list[dict[str, Any]]) -> None:
    faults = []
    for each in patterns:
        if each["pattern"] is None or each["path"].startswith(tuple(NOT_THEIR_TEXT)):
            continue
        pattern = re.compile(each["pattern"], each["flags"] & ~re.ASCII if each.get("bytes") else each["flags"])
        for how in sorted({"finditer" if how in ("findall", "sub", "subn", "split") else how for how in each["how"]}):
            for exponent, attack in found_against(pattern, how):
                faults.append(f"{each['path']}:{each['line']} {each.get('name', '')} {how} {exponent:.2f} {attack}")
    assert not faults, "\n".join(faults)


STEEP_ONES = {
    r"\s+$": "search", r"(a+)+b": "match", r"a\w*-": "search", r"docker:\{\{\s*.*?\s*\}\}": "search",
    r"(?:x|x)*y": "match", r"\d*\d*z": "match", r"a(?:a|b)*-": "finditer",
}  # fmt: skip
EVEN_ONES = {
    r"(?<!\s)\s++$": "search", r"a[^ab]*b": "search", r"\d++[a-z]": "match", r"(?<!\d)\d++z": "search", r"\w+\s+=": "match",
}  # fmt: skip


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(("text", "how"), STEEP_ONES.items())
def test_a_steep_pattern_is_noticed(text: str, how: str) -> None:
    assert found_against(re.compile(text), how)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(("text", "how"), EVEN_ONES.items())
def test_an_even_pattern_is_not(text: str, how: str) -> None:
    assert not found_against(re.compile(text), how)


@pytest.mark.parametrize(("power", "steep"), [(1.0, False), (1.2, False), (2.0, True)])
def test_a_busy_machine_changes_no_answer(monkeypatch: pytest.MonkeyPatch, power: float, steep: bool) -> None:
    chance = random.Random(7)

    def busy(ask: Callable[[str], object], text: str, repeats: int = 1) -> float:
        cost = 1e-7 * len(text) ** (1.0 if ask == CONTROL.search else power)
        return min(cost * chance.choice((1.0, 1.3, 2.0, 5.0, 9.0)) for _ in range(repeats))

    monkeypatch.setattr(sys.modules[__name__], "seconds", busy)
    asked = asking(re.compile("a"), "search")
    answers = {steepness(asked, Attack("", "a", "")) >= STEEP for _ in range(300)}
    assert answers == {steep}

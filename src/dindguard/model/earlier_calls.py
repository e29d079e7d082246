"""The engine calls that stand before a container's start in its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dindguard.model.invocation import Invocation

    Test = Callable[[Invocation], bool]


class FileCalls:
    """The engine calls of one file in their order; how many of them pass a test is counted once."""

    __slots__ = ("_counts", "calls")

    def __init__(self, calls: Iterable[Invocation] = ()) -> None:
        self.calls = tuple(calls)
        self._counts: dict[Test, list[int]] = {}

    def any_between(self, start: int, end: int, test: Test) -> bool:
        """Whether one of the calls ``[start, end)`` passes a test, which must be a function of the call alone."""
        if test not in self._counts:
            counts = [0]
            for call in self.calls:
                counts.append(counts[-1] + test(call))
            self._counts[test] = counts
        counts = self._counts[test]
        return counts[max(start, end)] > counts[start]


class EarlierCalls:
    """The first ``count`` calls of a file."""

    __slots__ = ("_count", "_file")

    def __init__(self, file: FileCalls | None = None, count: int = 0) -> None:
        self._file = file
        self._count = count

    def __len__(self) -> int:
        return self._count

    def any_since(self, other: EarlierCalls, test: Test) -> bool:
        """Whether one of these calls that is none of ``other`` passes a test."""
        if self._file is None:
            return False
        start = other._count if other._file is self._file else 0
        return self._file.any_between(start, self._count, test)

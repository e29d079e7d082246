"""Counting what limits bound, and the ledger that tells which of them were met.

Whoever asks counts by itself, for each file or text; what many small files could multiply is counted for all files of the scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import TypeVar

from dindguard.budget.limit import Limit
from dindguard.source import HasSpan, Notice

_Item = TypeVar("_Item")


Met = tuple[tuple[Limit, HasSpan], ...]
"""Limits that were met, and where."""


class Ledger:
    """The limits that were met while it was open: a notice for each limit and file, at the first place."""

    def __init__(self) -> None:
        self._notices: dict[tuple[str, str], Notice] = {}
        self._met: list[tuple[Limit, HasSpan]] = []
        self._stocks: dict[str, Stock] = {}

    def stock(self, limit: Limit) -> Stock:
        """Return what all files have in common under a limit."""
        if limit.name not in self._stocks:
            self._stocks[limit.name] = Stock(limit)
        return self._stocks[limit.name]

    @property
    def shares(self) -> bool:
        """Whether a file took something of a stock, so that others may have less."""
        return any(stock.taken for stock in self._stocks.values())

    def met(self, limit: Limit, at: HasSpan) -> None:
        """Note that ``limit`` was met at ``at``."""
        key = (limit.name, at.span.path)
        if key not in self._notices:
            self._notices[key] = limit.notice(at)
            self._met.append((limit, at))

    @property
    def met_limits(self) -> Met:
        """What was met, and where, in that order."""
        return tuple(self._met)

    @property
    def notices(self) -> list[Notice]:
        """What was noted, in the order in which it was met."""
        return list(self._notices.values())


class Stock:
    """How much more of something the files of a scan may have together, in the order in which they are read.

    What a file may have by its size is its own, and no other takes it away; what goes beyond that is counted here.
    """

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self.taken = 0
        """So much was asked for beyond what is each file's own."""

    def holds(self, beyond: int) -> bool:
        """Count further things that are beyond their file's own, and return whether they fit."""
        self.taken += beyond
        return not beyond or self.taken <= self._limit.most

    def take(self, beyond: int, at: HasSpan) -> bool:
        """Count further things as :meth:`holds`; if they do not fit, the open ledger notes the place ``at``."""
        if self.holds(beyond):
            return True
        met(self._limit, at)
        return False


class Share:
    """What one file may have of something: so much of its own, and of the stock that all files have beyond that."""

    def __init__(self, limit: Limit, own: int) -> None:
        self._limit = limit
        self._own = own
        self._stock = stock(limit)

    def left(self, at: HasSpan, *, own: bool = True) -> bool:
        """Whether there is anything left, of the file's own or (not ``own``) of the stock; if not, the ledger notes ``at``."""
        if self._stock.taken < self._limit.most or (own and self._own > 0):
            return True
        met(self._limit, at)
        return False

    def take(self, count: int) -> None:
        """Count what was read."""
        self._stock.holds(max(count - max(self._own, 0), 0))
        self._own -= count


class Shared:
    """Counts what files of one kind share: one that has been read is read once more in the place of each that uses it.

    ``size`` is how many characters all files of that kind have.
    """

    def __init__(self, limit: Limit, size: int) -> None:
        self._limit = limit
        self._most = SHARED_TIMES * size
        self._read: set[str] = set()
        self._again = 0
        self._said = False

    def fits(self, path: str, size: int, at: HasSpan) -> bool:
        """Whether a file of that size may be read at ``at``: the first time it always may."""
        if path not in self._read:
            self._read.add(path)
            return True
        self._again += size
        if self._again <= max(self._most, self._limit.most):
            return True
        if not self._said:  # whatever uses one from here on is the rest
            self._said = True
            met(self._limit, at)
        return False


SHARED_TIMES = 4
"""What files share may come to so many times what they have."""


class _Open(local):
    ledger: Ledger | None = None


_OPEN = _Open()
"""The ledger of each thread."""


@contextmanager
def opened() -> Iterator[Ledger]:
    """Keep what is met inside the block; an inner ledger keeps its own."""
    outer, _OPEN.ledger = _OPEN.ledger, (ledger := Ledger())
    try:
        yield ledger
    finally:
        _OPEN.ledger = outer


def meet(limits: Met) -> None:
    """Note limits that were met by what is used again, as they were when it was made."""
    for limit, at in limits:
        met(limit, at)


def stock(limit: Limit) -> Stock:
    """Return what the open ledger's files have in common under a limit; without a ledger, a stock of one's own."""
    ledger = _OPEN.ledger
    return Stock(limit) if ledger is None else ledger.stock(limit)


def within(limit: Limit, count: int, at: HasSpan) -> bool:
    """Whether ``count`` is not above the limit; if it is, the open ledger notes the place ``at``."""
    if count <= limit.most:
        return True
    met(limit, at)
    return False


def met(limit: Limit, at: HasSpan) -> None:
    """Note that the limit was met at ``at``, for who had to stop counting before it knew the place."""
    ledger = _OPEN.ledger
    if ledger is not None:
        ledger.met(limit, at)


def fitting(limit: Limit, given: list[_Item], times: int, at: HasSpan) -> list[_Item]:
    """Return as many of ``given`` as fit in the limit when each of them counts ``times`` times."""
    return given if within(limit, len(given) * times, at) else given[: limit.most // times]

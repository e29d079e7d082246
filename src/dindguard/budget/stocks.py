"""What the files of a scan have in common: many small ones could multiply what each may have by itself."""

from __future__ import annotations

from dindguard.budget.limit import Limit, met, shares, taken_beyond
from dindguard.source import HasSpan


class Stock:
    """How much more of something the files of a scan may have together, in the order in which they are read.

    What a file may have by its size is its own, and no other takes it away; what goes beyond that is counted here.
    """

    def __init__(self, limit: Limit, taken: dict[str, int]) -> None:
        self._limit = limit
        self._taken = taken

    @property
    def taken(self) -> int:
        """So much was asked for beyond what is each file's own."""
        return self._taken.get(self._limit.name, 0)

    def holds(self, beyond: int) -> bool:
        """Count further things that are beyond their file's own, and return whether they fit."""
        if beyond:
            self._taken[self._limit.name] = self.taken + beyond
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

    def takes(self, count: int) -> bool:
        """Count something, and return whether there was any room for it."""
        room = self._own > 0 or self._stock.taken < self._limit.most
        self.take(count if room else 0)
        return room

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


def stock(limit: Limit) -> Stock:
    """Return what the open ledger's files have in common under a limit; without a ledger, a stock of one's own."""
    return Stock(limit, taken_beyond())


def share_of(limit: Limit, text: object, own: int) -> Share:
    """Return what is left for one text under a limit, of which so much is its own."""
    known = shares()
    found: Share | None = known.get((limit.name, text))
    if found is None:
        found = known[limit.name, text] = Share(limit, own)
    return found

"""What a limit is, and the ledger that tells which were met: whoever asks counts by itself, for each file or text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any, TypeVar

from dindguard.enumerations import StrEnum
from dindguard.records import record
from dindguard.source import Gravity, HasSpan, Notice

_Item = TypeVar("_Item")


class Loss(StrEnum):
    """What is lost when a limit is met. It alone decides how grave that is, so that all limits of a kind count alike."""

    UNREAD = "unread"
    """Something that is written was not looked at: the scan is incomplete."""
    UNKNOWN = "unknown"
    """A value or a condition is unknown, as one is that no file gives: what it would have decided is noted as undecided."""
    REFUSED = "refused"
    """The system that is configured refuses it as well: nothing runs there."""
    UNSHOWN = "unshown"
    """All was looked at, and part of what was found is not listed."""


_GRAVITY = {
    Loss.UNREAD: Gravity.ERROR,
    Loss.UNKNOWN: Gravity.WARNING,
    Loss.REFUSED: Gravity.WARNING,
    Loss.UNSHOWN: Gravity.NOTE,
}


@record(kw_only=True)
class Limit:
    """One limit. ``what`` tells how it was met, ``lost`` what was not looked at, ``remedy`` what to do."""

    name: str
    most: int
    what: str
    lost: str
    remedy: str = "split the file"
    loss: Loss = Loss.UNREAD

    @property
    def gravity(self) -> Gravity:
        """How grave it is to meet the limit."""
        return _GRAVITY[self.loss]

    def notice(self, at: HasSpan) -> Notice:
        """Return what is said when the limit is met at ``at``."""
        return Notice(
            "budget", f"{self.what.format(most=self.most)}; {self.lost}", at.span, self.gravity, self.remedy
        )


Met = tuple[tuple[Limit, HasSpan], ...]
"""Limits that were met, and where."""


class Ledger:
    """The limits that were met while it was open: a notice for each limit and file, at the first place."""

    def __init__(self) -> None:
        self._notices: dict[tuple[str, str], Notice] = {}
        self._met: list[tuple[Limit, HasSpan]] = []
        self.beyond: dict[str, int] = {}
        """By the names of limits: what files took beyond their own, so that others may have less."""
        self.described: dict[str, int] = {}
        """By paths: how many of the containers that are a file's own, by its size, have been described."""
        self.shares: dict[tuple[str, object], Any] = {}
        """By the names of limits, and by texts: what is left of what a text may have."""

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


def taken_beyond() -> dict[str, int]:
    """Return what the open ledger's files took beyond their own; without a ledger, nothing that anybody else sees."""
    ledger = _OPEN.ledger
    return {} if ledger is None else ledger.beyond


def described() -> dict[str, int]:
    """Return, by paths, how many of their own containers the open ledger's files have described."""
    ledger = _OPEN.ledger
    return {} if ledger is None else ledger.described


def shares() -> dict[tuple[str, object], Any]:
    """Return what is left, by limits and texts, of what texts may have; without a ledger, nothing that anybody else sees."""
    ledger = _OPEN.ledger
    return {} if ledger is None else ledger.shares


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

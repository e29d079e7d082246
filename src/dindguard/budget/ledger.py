"""What is noted of limits that were met."""

from __future__ import annotations

from dindguard.budget.limit import Limit
from dindguard.source import HasSpan, Notice

Met = tuple[tuple[Limit, HasSpan], ...]
"""Limits that were met, and where."""


class Ledger:
    """The limits that were met while it was open: a notice for each limit and file, at the first place."""

    def __init__(self) -> None:
        self._notices: dict[tuple[str, str], Notice] = {}
        self._met: list[tuple[Limit, HasSpan]] = []

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

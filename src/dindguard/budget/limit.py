"""What a limit is."""

from __future__ import annotations

from dindguard.enumerations import StrEnum
from dindguard.records import record
from dindguard.source import Gravity, HasSpan, Notice


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

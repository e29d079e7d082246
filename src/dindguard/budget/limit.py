"""What a limit is."""

from __future__ import annotations

from dindguard.records import record
from dindguard.source import Gravity, HasSpan, Notice


@record(kw_only=True)
class Limit:
    """One limit. ``what`` tells how it was met, ``lost`` what was not looked at, ``remedy`` what to do."""

    name: str
    most: int
    what: str
    lost: str
    remedy: str = "split the file"
    gravity: Gravity = Gravity.ERROR

    def notice(self, at: HasSpan) -> Notice:
        """Return what is said when the limit is met at ``at``."""
        return Notice(
            "budget", f"{self.what.format(most=self.most)}; {self.lost}", at.span, self.gravity, self.remedy
        )

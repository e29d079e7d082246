"""What is kept from one scan to the next, with what it asked of other files, and when it is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dindguard import budget
from dindguard.budget import Met
from dindguard.memory import same

T = TypeVar("T")

Questions = dict[tuple[str, str], Any]
"""What was asked of other files (which question, about what), and the answers."""

SCANS = 2
"""For so many scans something is kept that nobody asks for: one keystroke breaks a file, and the next mends it."""


class _Kept:
    """What was made, of what; what was asked, used of what is kept, and met of limits meanwhile; the last scan that used it."""

    __slots__ = ("about", "limits", "made", "questions", "scan", "used")

    def __init__(self, about: tuple[Any, ...], made: Any, meanwhile: _Meanwhile, limits: Met) -> None:
        self.about = about  # held, so that their places in memory are nobody else's
        self.made = made
        self.questions = meanwhile.questions
        self.used = meanwhile.used
        self.limits = limits
        self.scan = 0


class _Meanwhile:
    """What is asked, and what is used of what is kept, while something is made."""

    __slots__ = ("questions", "used")

    def __init__(self) -> None:
        self.questions: Questions = {}
        self.used: dict[Any, None] = {}


class Memory:
    """What is kept for one project."""

    def __init__(self) -> None:
        self.scan = 0
        self._kept: dict[Any, _Kept] = {}
        self._aside: dict[Any, _Kept] | None = None
        self._making: list[_Meanwhile] = []

    def begin(self, *, aside: bool) -> None:
        """Count a scan, unless it is one that somebody makes aside from those that follow each other."""
        self._aside = {} if aside else None
        self.scan += not aside

    def have(
        self,
        key: Any,
        about: tuple[Any, ...],
        make: Callable[[], Any],
        answers: Callable[[tuple[str, str]], Any] | None = None,
    ) -> Any:
        """Return what ``make`` makes of ``about``: what it made before, if the same questions have the same answers."""
        if self._making:
            self._making[-1].used[key] = None
        kept = self._known(key)
        if kept is None or not _the_same(kept.questions, answers):
            meanwhile = _Meanwhile()
            self._making.append(meanwhile)
            try:
                with budget.opened() as ledger:
                    made = make()
            finally:
                self._making.pop()
            kept = _Kept(about, made, meanwhile, ledger.met_limits)
            (self._kept if self._aside is None else self._aside)[key] = kept
        self._use(kept)
        budget.meet(kept.limits)
        return kept.made

    def _known(self, key: Any) -> _Kept | None:
        return self._kept.get(key) if self._aside is None else self._aside.get(key) or self._kept.get(key)

    def _use(self, kept: _Kept) -> None:
        """Note that this scan has a use for something, and so for all that it was made with: it may be made again soon."""
        if kept.scan == self.scan:
            return
        kept.scan = self.scan
        for key in kept.used:
            if (used := self._known(key)) is not None:
                self._use(used)

    def asked(self, question: str, about: str, answer: T) -> T:
        """Note a question to other files, for everything that is being made; return the answer."""
        for meanwhile in self._making:
            meanwhile.questions[question, about] = answer
        return answer

    def tidy(self) -> None:
        """Forget what no scan has had a use for lately, and what was made aside."""
        self._aside = None
        last = self.scan - SCANS
        for key in [key for key, kept in self._kept.items() if kept.scan < last]:
            del self._kept[key]


def _the_same(questions: Mapping[tuple[str, str], Any], answers: Callable[[tuple[str, str]], Any] | None) -> bool:
    """Whether every question is answered as before: by the same object, or by the same names."""
    if answers is None:
        return not questions
    return all(same(answers(question), before) for question, before in questions.items())

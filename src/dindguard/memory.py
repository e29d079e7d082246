"""What was made of texts that have not changed, kept from one scan to the next: only where somebody opens a memory.

What is kept knows what it asked of other files while it was made, and is made again when any of the answers is another
one. A text is the same one as long as its file's source is the same object: whoever keeps the sources of files (an
editor's project) makes a new one when a file changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any, TypeVar

from dindguard import budget
from dindguard.budget import Met
from dindguard.source import Source

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


def same(answer: Any, before: Any) -> bool:
    """Whether an answer is the one that was given before: the same object, or the same names."""
    return answer is before or (type(answer) is tuple and answer == before)


class _Open(local):
    memory: Memory | None = None


_OPEN = _Open()
"""The memory of each thread."""


@contextmanager
def opened(memory: Memory, *, aside: bool = False) -> Iterator[None]:
    """Use a memory for the scan inside the block; of one ``aside``, as a proof of a fix is, nothing new is kept."""
    outer, _OPEN.memory = _OPEN.memory, memory
    memory.begin(aside=aside)
    try:
        yield
    finally:
        _OPEN.memory = outer
        memory.tidy()


def kept() -> bool:
    """Whether a memory is open: what it holds must stay whole."""
    return _OPEN.memory is not None


def asked(question: str, about: str, answer: T) -> T:
    """Note what was asked of other files, and the answer, where a memory is open; return the answer."""
    memory = _OPEN.memory
    return answer if memory is None else memory.asked(question, about, answer)


def have(
    kind: object,
    about: Iterable[Any],
    make: Callable[[], T],
    answers: Callable[[tuple[str, str]], Any] | None = None,
) -> T:
    """Return what ``make`` makes of some objects, from the memory if they are the same ones and what it asked of other
    files has the same answers: ``answers`` gives those of today."""
    memory = _OPEN.memory
    if memory is None:
        return make()
    held = tuple(about)
    value: T = memory.have((kind, *map(id, held)), held, make, answers)
    return value


def of(kind: object, source: Source, make: Callable[[], T]) -> T:
    """Return what ``make`` makes of a text alone, from the memory if it is there; an embedded text is known by what it says
    and by where that stands."""
    memory = _OPEN.memory
    if memory is None:
        return make()
    value: T = memory.have((kind, key_of(source)), (source.file,), make)
    return value


def key_of(source: Source) -> object:
    """Return what tells texts apart: of a file itself, of an embedded one what it says and where that stands."""
    if source.parent is None:
        return id(source)
    spans = tuple((each.start, each.origin, each.length) for each in source.segments)
    return source.hint, source.text, spans, key_of(source.parent)

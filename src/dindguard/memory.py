"""What was made of texts that have not changed, kept from one scan to the next: only where somebody opens a memory.

What is kept knows what it asked of other files while it was made, and is made again when any of the answers is another
one. A text is the same one as long as its file's source is the same object: whoever keeps the sources of files (an
editor's project) makes a new one when a file changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import local
from typing import TYPE_CHECKING, Any, TypeVar

from dindguard.compact import packed
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.remembering import Memory

T = TypeVar("T")


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
    spans = [number for each in source.segments for number in (each.start, each.origin, each.length)]
    return source.hint, source.text, packed(spans), key_of(source.parent)


def same(answer: Any, before: Any) -> bool:
    """Whether an answer is the one that was given before: the same object, or the same names."""
    return answer is before or (type(answer) is tuple and answer == before)

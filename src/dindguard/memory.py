"""What was read of a text that has not changed, kept from one scan to the next: only where somebody opens a memory.

A text is the same one as long as its file's source is the same object: whoever keeps the sources of files (an editor's
project) makes a new one when a file changes. What depends on other files as well is never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from dindguard import budget
from dindguard.source import Source

T = TypeVar("T")

Memory = dict[Any, tuple[Any, Any]]
"""What was made of each text; the file's source is kept with it, so that its place in memory is nobody else's."""

_OPEN: ContextVar[Memory | None] = ContextVar("memory", default=None)


@contextmanager
def opened(memory: Memory) -> Iterator[None]:
    """Use a memory inside the block."""
    token = _OPEN.set(memory)
    try:
        yield
    finally:
        _OPEN.reset(token)


def kept() -> bool:
    """Whether a memory is open: what it holds must stay whole."""
    return _OPEN.get() is not None


def of(kind: object, source: Source, make: Callable[[], T]) -> T:
    """Return what ``make`` makes of a text, from the memory if it is there; what meets a limit is made each time."""
    memory = _OPEN.get()
    if memory is None:
        return make()
    key = (kind, _key(source))
    if key not in memory:
        with budget.opened() as ledger:
            made = make()
        if ledger.notices:
            return make()
        memory[key] = (source.file, made)
    value: T = memory[key][1]
    return value


def forget(memory: Memory, source: Source) -> None:
    """Drop what was made of a file that has changed."""
    for key in [key for key, (file, _) in memory.items() if file is source]:
        del memory[key]


def _key(source: Source) -> object:
    if source.parent is None:
        return id(source)
    spans = tuple((each.start, each.origin, each.length) for each in source.segments)
    return source.hint, source.text, spans, _key(source.parent)

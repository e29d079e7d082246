"""In which turn files are read: what charts' templates take from others is known when the templates have been read."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard import memory
from dindguard.files import Files
from dindguard.patterns import regex
from dindguard.source import Source

_VALUES = regex(r"values[^/]*\.ya?ml$")
"""Names of files that charts' templates take values from."""

_DEFINES = regex(r"(?:\s|\{\{-?\s*/\*[^*]*\*+(?:[^/*][^*]*\*+)*/\s*-?\}\})*\{\{-?\s*define\b")
"""The beginning of a file of named templates."""


def in_turn(sources: Iterable[Source], files: Files) -> tuple[list[Source], list[Source]]:
    """Return the sources in two turns."""
    turns: tuple[list[Source], list[Source]] = ([], [])
    for source in sources:
        rested, later = source.rests, comes_later(source)
        turns[later].append(source)
        if (rested or (later and not memory.kept())) and not source.rests:
            files.rest(source.path, read=False)
    return turns


def comes_later(source: Source) -> bool:
    """Whether charts' templates may take something from a file, so that it is judged when they have been read."""
    if "values" in source.name and _VALUES.search(source.name) is not None:
        return True
    return "templates/" in source.path and _DEFINES.match(source.text) is not None

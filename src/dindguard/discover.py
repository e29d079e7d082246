"""Files to sources: which files below the given paths are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeAlias

from dindguard.files import Entry, Files
from dindguard.source import Notice, Source

Interest: TypeAlias = Callable[[str, bytes], bool]
"""Tells from a file's path and bytes whether it can matter."""


class Found:
    """What discovery gives: sources in the order of their paths, and what was left out."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.notices: list[Notice] = []
        self.without_interest = 0

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of the sources."""
        return frozenset(source.path for source in self.sources)


def discover(
    entries: Iterable[Entry],
    files: Files,
    *,
    could_be_ours: Callable[[str], bool] = lambda _: True,
    interest: Interest = lambda *_: True,
) -> Found:
    """Return the sources among a provider's files that could be ours.

    ``could_be_ours`` tells from a path alone whether any format could read it, ``interest`` from its bytes as well.
    A file that is named itself is read whatever its name.
    """
    found = Found()
    for entry in entries:
        if entry.named or could_be_ours(entry.path):
            _take(entry.path, files, found, interest)
        else:
            found.without_interest += 1
    found.sources.sort(key=lambda source: source.path)
    found.notices.extend(files.notices)
    return found


def _take(name: str, files: Files, found: Found, interest: Interest) -> None:
    """Add one file to what was found, unless it is binary or its bytes say that it cannot matter."""
    data = files.read_bytes(name)
    if data is None:
        return
    source = files.adopt(name, data) if interest(name, data) else None
    if source is None:
        found.without_interest += 1
    else:
        found.sources.append(source)

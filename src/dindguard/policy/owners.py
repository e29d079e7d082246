"""CODEOWNERS: who owns a file, as GitHub and GitLab read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dindguard.records import record
from dindguard.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pathspec

    from dindguard.files import Files
    from dindguard.source import Source

_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>.*)$")
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


@record
class Ownership:
    """The owners of a file as they are written, and the last line that says so."""

    owners: frozenset[str]
    span: Span


def owners_of(path: str, files: Files) -> frozenset[str] | None:
    """Return the owners of a file as they are written; ``None`` without a CODEOWNERS file."""
    found = ownership(path, files)
    return None if found is None else found.owners


def ownership(path: str, files: Files) -> Ownership | None:
    """Return who owns a file, and where that stands; ``None`` without a CODEOWNERS file."""
    source = next((found for place in PLACES if (found := files.open(place)) is not None), None)
    return None if source is None else Owners(source).ownership(path)


class Owners:
    """A CODEOWNERS file, read once for many questions; ``None`` is the lack of one.

    The last pattern that matches counts, in each of GitLab's sections (``[name] @owners``); patterns are those of
    ``.gitignore``.
    """

    def __init__(self, source: Source | None) -> None:
        self._path = source.path if source is not None else ""
        self._lines = tuple(_lines(source.text)) if source is not None else ()
        self._known: dict[str, list[str]] = {}

    @classmethod
    def among(cls, files: Files) -> Owners:
        """Return the owners that a tree's files tell."""
        return cls(next((found for place in PLACES if (found := files.open(place)) is not None), None))

    def of(self, path: str) -> list[str]:
        """Return the owners of a file, sorted."""
        if not self._lines:
            return []
        if path not in self._known:
            self._known[path] = sorted(self.ownership(path).owners)
        return self._known[path]

    def ownership(self, path: str) -> Ownership:
        """Return who owns a file, and where that stands."""
        sections: dict[str, frozenset[str]] = {}
        last = 1
        for line in self._lines:
            if line.matches(path):
                sections[line.section] = line.owners
                last = line.number
        return Ownership(frozenset().union(*sections.values()), Span(self._path, last, 1, last, 1))


class _Line:
    """One line: a pattern, compiled when it is first asked, and who owns what it matches."""

    def __init__(self, number: int, section: str, pattern: str, owners: frozenset[str]) -> None:
        self.number = number
        self.section = section
        self.owners = owners
        self._pattern = pattern
        self._spec: pathspec.GitIgnoreSpec | None = None

    def matches(self, path: str) -> bool:
        if self._spec is None:
            import pathspec

            try:
                self._spec = pathspec.GitIgnoreSpec.from_lines([self._pattern])
            except ValueError:
                self._spec = pathspec.GitIgnoreSpec.from_lines([])
        return self._spec.match_file(path)


def _lines(text: str) -> Iterator[_Line]:
    section = ""
    usual: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(" #", 1)[0].strip()
        header = _SECTION.match(words)
        if header is not None:
            section, usual = header["name"].casefold(), header["owners"].split()
        elif words and not words.startswith("#"):
            pattern, *names = re.split(r"(?<!\\)\s+", words)
            owners = frozenset(() if pattern.startswith("!") else names or usual)
            yield _Line(number, section, pattern.removeprefix("!"), owners)

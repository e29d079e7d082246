"""CODEOWNERS: who owns a file, as GitHub and GitLab read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dindguard.records import record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.files import Files

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
    """Return who owns a file, and where that stands; ``None`` without a CODEOWNERS file.

    The last pattern that matches counts, in each of GitLab's sections (``[name] @owners``); patterns are those of
    ``.gitignore``.
    """
    source = next((found for place in PLACES if (found := files.open(place)) is not None), None)
    if source is None:
        return None
    sections: dict[str, frozenset[str]] = {}
    section = ""
    usual: list[str] = []
    last = 1
    for number, line in enumerate(source.text.splitlines(), 1):
        text = line.split(" #", 1)[0].strip()
        header = _SECTION.match(text)
        if header is not None:
            section, usual = header["name"].casefold(), header["owners"].split()
        elif text and not text.startswith("#"):
            pattern, *names = re.split(r"(?<!\\)\s+", text)
            if _matches(pattern.removeprefix("!"), path):
                sections[section] = frozenset(() if pattern.startswith("!") else names or usual)
                last = number
    return Ownership(frozenset().union(*sections.values()), Span(source.path, last, 1, last, 1))


def _matches(pattern: str, path: str) -> bool:
    import pathspec

    try:
        return pathspec.GitIgnoreSpec.from_lines([pattern]).match_file(path)
    except ValueError:
        return False

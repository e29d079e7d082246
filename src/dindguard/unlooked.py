"""Files that Git tracks and that an ignore rule keeps from being looked at: nobody expects that."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from dindguard import budget, phrases, surfaces
from dindguard.git_index import tracked
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    from dindguard.files import Files
    from dindguard.formats.recognition import Recogniser

SHOWN = 3
"""So many files are named; the others are counted."""


def notices(files: Files, ignored: Collection[str], recogniser: Recogniser) -> list[Notice]:
    """Return a notice when tracked files are among ``ignored`` paths (folders end with ``/``) that would matter."""
    with budget.opened() as ledger:
        found = [path for path in _among(files.root, ignored) if _matters(path, files, recogniser)] if ignored else []
    if not found:
        return ledger.notices
    names = ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
    count = f"{len(found)} files that Git tracks were" if len(found) > 1 else "a file that Git tracks was"
    message = f"{count} not looked at, because an ignore rule names {'them' if len(found) > 1 else 'it'}: {names}"
    remedy = "take the rule back, or name the files when scanning"
    return [Notice("ignored", message, Span(found[0]), Gravity.WARNING, remedy)]


def _matters(path: str, files: Files, recogniser: Recogniser) -> bool:
    """Whether a format could read a file, or its kind is known.

    One below tests, or of somebody else's, has to say something dangerous: whole trees of them are ignored.
    """
    if not (recogniser.could_be_ours(path) or surfaces.by_name(path)):
        return False
    if surfaces.is_beside(path.lower()):
        source = files.open(path)
        return source is not None and phrases.spoken(source.text) is not None
    return not surfaces.is_other(path)


def _among(root: str, ignored: Collection[str]) -> Iterator[str]:
    for path in tracked(root):
        if path in ignored or any(path[: end + 1] in ignored for end in _slashes(path)):
            yield path


def _slashes(path: str) -> Iterator[int]:
    at = path.find("/")
    while at >= 0:
        yield at
        at = path.find("/", at + 1)

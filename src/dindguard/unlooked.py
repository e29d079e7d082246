"""Files that Git tracks and that an ignore rule keeps from being looked at: nobody expects that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from dindguard import budget
from dindguard.git_index import tracked
from dindguard.source import Gravity, Notice, Span

SHOWN = 3
"""So many files are named; the others are counted."""


def notices(root: str, ignored: Collection[str], matters: Callable[[str], bool]) -> list[Notice]:
    """Return a notice when tracked files are among ``ignored`` paths (folders end with ``/``) that ``matters`` is true of."""
    with budget.opened() as ledger:
        found = [path for path in _among(root, ignored) if matters(path)] if ignored else []
    if not found:
        return ledger.notices
    names = ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
    count = f"{len(found)} files that Git tracks were" if len(found) > 1 else "a file that Git tracks was"
    message = f"{count} not looked at, because an ignore rule names {'them' if len(found) > 1 else 'it'}: {names}"
    remedy = "take the rule back, or name the files when scanning"
    return [Notice("ignored", message, Span(found[0]), Gravity.WARNING, remedy)]


def _among(root: str, ignored: Collection[str]) -> Iterator[str]:
    for path in tracked(root):
        if path in ignored or any(path[: end + 1] in ignored for end in _slashes(path)):
            yield path


def _slashes(path: str) -> Iterator[int]:
    at = path.find("/")
    while at >= 0:
        yield at
        at = path.find("/", at + 1)

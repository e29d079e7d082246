"""What each format reads, in words: for the command that lists formats, and for the page of them."""

from __future__ import annotations

import importlib

from dindguard.formats import registry
from dindguard.formats.row import FormatRow
from dindguard.records import record


@record(kw_only=True)
class Description:
    """What people need to know of one format.

    ``reads`` says what of its files becomes part of the model, ``known_by`` by what a file is known whatever it is
    called, ``names`` (an expression) which paths say it by themselves, ``not_read`` what dindguard leaves out.
    """

    name: str
    title: str
    syntaxes: tuple[str, ...]
    reads: str
    known_by: str
    names: str
    not_read: tuple[str, ...]


def descriptions() -> list[Description]:
    """Return what is to be said of every format, by title; all of it stands in the formats' own packages."""
    return [_of(row) for row in sorted(registry.declared(), key=lambda row: row.title.lower())]


def _of(row: FormatRow) -> Description:
    module = importlib.import_module(f"dindguard.formats.{row.package}")
    unread = dict.fromkeys((*row.not_read, *(what for _, _, what in row.unmodelled)))
    return Description(
        name=row.name,
        title=row.title,
        syntaxes=row.syntaxes,
        reads=_sentence(module.__doc__ or ""),
        known_by=_known_by(row),
        names=row.names,
        not_read=tuple(unread),
    )


def _known_by(row: FormatRow) -> str:
    """Return what a file is known by: what its shape says of itself, else its name and its first line."""
    if row.shape is not None:
        said = _sentence(row.shape.__doc__ or "").removesuffix(".")
        return said.removeprefix("Whether ")
    if row.installed and not row.names:
        return "where it lies on a machine"
    return "its name" + (", or its first line" if row.first_line else "")


def _sentence(text: str) -> str:
    """Return a docstring's first paragraph, on one line."""
    return " ".join(text.strip().partition("\n\n")[0].split()).replace("``", "`")

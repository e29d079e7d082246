"""The formats that there are: their rows, from the index or from their packages, and their modules.

``docs/generate.py`` writes the index, so that a scan need not import every package to learn its row. It is taken only
when it lists just the packages that are there: a new format works before anybody has written it.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from dindguard import formats
from dindguard.formats.row import Evidence, FormatRow, learn, literals_of
from dindguard.records import maker, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType
    from typing import Protocol

    from dindguard.documents.changes import Change
    from dindguard.documents.tree import Node
    from dindguard.edits import Edit
    from dindguard.formats import Context, Document, Reading
    from dindguard.source import Source

    class Format(Protocol):
        """The module ``reader`` of a format's package."""

        def look(self, document: Document) -> object:
            """Return what one document says by itself, where the row tells of it; ``read`` gets it with the document."""

        def read(self, documents: Sequence[Document], context: Context) -> Reading:
            """Read all documents of this format in one scan (or one round of embedded ones)."""

    class Writer(Protocol):
        """The module ``writing`` of a format's package: how settings of the model are written in it.

        A chain leads from a document's root to the node that marks an object: a service's name, a mount's target.
        """

        def changes(self, edit: Edit, chain: tuple[Node, ...]) -> Iterable[Change]:
            """Return the changes that make an edit; none where the format has no such setting."""

        def entries(self, chain: tuple[Node, ...]) -> Sequence[Node]:
            """Return what has to go when the last of a chain goes: a variable's item, not only its value.

            None when it cannot go by itself.
            """


@cache
def rows() -> tuple[FormatRow, ...]:
    """Return every format's row: better evidence first, then by name."""
    indexed = _indexed()
    known = {row.package for row in indexed}
    found = indexed if known == _folders() or known == set(_packages()) else declared()
    return tuple(sorted(found, key=lambda row: (row.evidence, row.name)))


def declared() -> list[FormatRow]:
    """Return the rows as the packages declare them, in the order of the packages' names."""
    return [
        replace(importlib.import_module(f"dindguard.formats.{package}").FORMAT, package=package)
        for package in _packages()
    ]


def by_name(name: str) -> FormatRow | None:
    """Return the row of a format; ``None`` when there is none of that name."""
    return _by_name().get(name)


@cache
def _by_name() -> dict[str, FormatRow]:
    return {row.name: row for row in rows()}


def configures_an_engine(path: str) -> bool:
    """Whether a file of that path configures, or starts, the engine of whoever has it."""
    return any(row.installs(path) for row in having("installed"))


@cache
def written_in(syntax: str) -> tuple[FormatRow, ...]:
    """Return the rows of the formats that are written in a syntax, in the order of :func:`rows`."""
    return tuple(row for row in rows() if syntax in row.syntaxes)


@cache
def _by_key(syntax: str) -> tuple[frozenset[str], dict[str, set[str]]]:
    """Return which formats of a syntax may claim a document whatever its keys are, and those that a key tells, by that."""
    always: set[str] = set()
    found: dict[str, set[str]] = {}
    for row in written_in(syntax):
        if row.shape is None or not row.keys or row.hidden or row.within:
            always.add(row.name)
        for key in row.keys:
            found.setdefault(key, set()).add(row.name)
    return frozenset(always), found


def perhaps_claiming(syntax: str, keys: Iterable[str]) -> set[str]:
    """Return the names of the formats that may claim a document with these keys at its top; most formats tell by one."""
    always, known = _by_key(syntax)
    return set(always).union(*(known[key] for key in keys if key in known))


@cache
def having(name: str) -> tuple[FormatRow, ...]:
    """Return the rows that say something in a field, in the order of :func:`rows`: few do in most."""
    return tuple(row for row in rows() if getattr(row, name))


def perhaps_named(path: str) -> Sequence[FormatRow]:
    """Return the rows of the formats that a path's name may tell, in the order of :func:`rows`; most paths have none."""
    known = literals()
    if not known or not path.isascii():
        return rows()
    lowered = path.lower()
    told = [literal for literal in known if literal in lowered]
    if not told:
        return ()
    found = set().union(*(_named_with()[literal] for literal in told))
    return [row for row in rows() if row.name in found]


@cache
def _named_with() -> dict[str, set[str]]:
    """Return the formats whose files' names hold a literal, by that."""
    found: dict[str, set[str]] = {}
    for row in rows():
        for literal in literals_of(row.names) if row.names else ():
            found.setdefault(literal, set()).add(row.name)
    return found


@cache
def literals() -> tuple[str, ...]:
    """Return literals in lower case, one of which every ASCII path holds that is some format's by name.

    There are none when the index does not know all rows.
    """
    told = [literals_of(row.names) for row in rows() if row.names]
    return tuple(dict.fromkeys(each for found in told for each in found)) if all(told) else ()


def names() -> tuple[str, ...]:
    """Return the names of all formats, sorted."""
    return tuple(sorted(row.name for row in rows()))


def load(row: FormatRow) -> Format:
    """Import and return the module that reads a format."""
    return cast("Format", _module(f"{row.package}.reader"))


@cache
def _module(name: str) -> ModuleType:
    """Import a module of a format: asked for each file, and each asking of the import system costs as much as a short file."""
    return importlib.import_module(f"dindguard.formats.{name}")


def writer(row: FormatRow) -> Writer | None:
    """Import and return the module that writes settings in a format; ``None`` for one that has none."""
    return cast("Writer", importlib.import_module(f"dindguard.formats.{row.package}.writing")) if row.writes else None


def index_row(row: FormatRow) -> dict[str, Any]:
    """Return what the index holds of a row: plain values, its functions by name."""
    values = {name: getattr(row, name) for name in _PLAIN if getattr(row, name)}
    functions = {name: getattr(row, name).__name__ for name in _FUNCTIONS if getattr(row, name) is not None}
    return {**values, **functions, "evidence": int(row.evidence)}


_PLAIN = (
    "name",
    "title",
    "package",
    "syntaxes",
    "names",
    "refuses",
    "perhaps",
    "always",
    "first_line",
    "beginning",
    "keys",
    "within",
    "usual",
    "words",
    "installed",
    "idle_outline",
    "unmodelled",
    "writes",
    "hidden",
    "apart",
    "looks",
    "observed",
)
_FUNCTIONS = ("shape", "part", "idle")

OF_PATHS = ("names", "refuses", "perhaps", "usual", "installed")
"""The fields of a row that are expressions of paths."""


class _Deferred:
    """A function of a format's package, which is imported when it is called for the first time."""

    def __init__(self, package: str, name: str) -> None:
        self._package = package
        self.__name__ = name

    def __call__(self, source: Source, node: Node) -> bool:
        return bool(getattr(_module(self._package), self.__name__)(source, node))


def _indexed() -> list[FormatRow]:
    try:
        index = importlib.import_module("dindguard.formats._index")
    except ModuleNotFoundError:
        return []
    learn(getattr(index, "LITERALS", {}), getattr(index, "NAMES", {}))  # an index of another version may lack them
    make = maker(FormatRow)
    return [make(_from_index(row)) for row in index.ROWS]


def _from_index(row: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a row."""
    functions = {name: _Deferred(row["package"], row[name]) for name in _FUNCTIONS if name in row}
    return {**row, **functions, "evidence": Evidence(row["evidence"])}


def _folders() -> set[str]:
    """Return the names of the folders below."""
    found = set()
    for folder in formats.__path__:
        with os.scandir(folder) as entries:
            found |= {each.name for each in entries if each.name[0] != "_" and each.is_dir()}
    return found


def _packages() -> list[str]:
    """Return the names of the packages below; folders are read, because ``pkgutil`` costs more than that."""
    found = []
    for folder in formats.__path__:
        with os.scandir(folder) as entries:
            found += [each.name for each in entries if os.path.isfile(os.path.join(each.path, "__init__.py"))]
    return sorted(found)

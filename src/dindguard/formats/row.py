"""The row in which a format declares itself: all that anybody else knows about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from dindguard.documents.syntax import without_template
from dindguard.enumerations import IntEnum
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import Source

if TYPE_CHECKING:
    import re

    from dindguard.documents.tree import Node

    Shape: TypeAlias = Callable[[Source, Node], bool]
    Word: TypeAlias = str | tuple[str, str]


SHELL_ENDINGS = "sh|bash|zsh|ksh|bats"
"""Endings that make a shell script of a file whatever stands before them (``jenkinsfile.bats``)."""


_RECENT = 512
"""So many answers about paths are held: many questions about one path follow each other."""


class Evidence(IntEnum):
    """How a shape tells a document; of two formats that claim one, the better evidence wins."""

    DECLARED = 1
    """The document says what it is, or its name does."""
    LIKENESS = 2
    """Its keys look like it."""
    PART = 3
    """It is something else, and holds a part of that kind."""


@record(kw_only=True)
class FormatRow:
    """One format. Patterns are regular expressions, kept as text so that an index can hold them.

    ``syntaxes`` are names of :mod:`dindguard.documents.syntax` for formats that get a tree, the first being the usual
    one; the name of its own syntax for a format that reads texts itself. ``names`` finds the paths whose name says by
    itself that a file is of this format: not being able to read one is an error, and ``always`` has it read whatever
    its bytes say. ``refuses`` takes some of them back; of those, ``perhaps`` finds the ones that are of this format all the
    same when ``beginning`` says so (``Dockerfile.py``). ``first_line`` tells a file without an extension, ``beginning`` finds
    in the first part of a file what says that it is of this format, for files that cannot be read as a whole.

    A document is of this format when ``shape`` says so, with ``evidence``; where ``keys`` are given, it is only asked
    about a mapping that has one of them at the top, a list of such mappings, one that has a key of ``within`` anywhere, and
    files of this format by name. Without a shape, any mapping in a file of its name is. ``usual`` are paths about whose
    documents ``shape`` is asked whatever their keys, and that say no more than that. ``part`` is asked when no shape has said
    yes; where there is one, ``within`` are the keys of which such a part has one, and nothing to ``shape``. A text that has
    none of all that is not even composed. ``idle`` is asked last: it tells documents of this kind that start no container and
    command no engine. ``idle_outline`` tells some of them by their lines in the first column
    (:mod:`dindguard.documents.yaml_outline`): a literal that they hold, and an expression that has to match them as a whole.
    Such documents are not composed either.

    ``words`` are those without which no file of this format can give a finding, in lower case: a literal, or a literal
    and the exact expression that has to match as well, also in lower case. ``unmodelled`` are words of dangers in files of
    this format that it does not read yet: a literal, the exact expression, and what it is.
    """

    name: str
    title: str
    syntaxes: tuple[str, ...]
    names: str = ""
    refuses: str = ""
    perhaps: str = ""
    always: bool = False
    first_line: str = ""
    beginning: str = ""
    keys: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    usual: str = ""
    evidence: Evidence = Evidence.LIKENESS
    words: tuple[Word, ...] = ()
    shape: Shape | None = None
    part: Shape | None = None
    idle: Shape | None = None
    idle_outline: tuple[str, str] | None = None
    installed: str = ""
    """Paths at which its files configure or start the engine of whoever has them, as an image does that copies one in."""
    unmodelled: tuple[tuple[str, str, str], ...] = ()
    not_read: tuple[str, ...] = ()
    """What of such files is no part of the model, in words for people; what a text can tell of it is in ``unmodelled``."""
    package: str = ""
    writes: bool = False
    """Whether its package says, in ``writing.py``, how settings are written in it."""

    hidden: bool = False
    """Whether a key at the top that begins with a dot is one of ``keys``, whatever it is."""

    apart: bool = False
    """Whether all that its reader makes of a file comes from that file and what is always the same: no other document of the
    scan changes it, and of several documents it makes what it makes of each, one after the other."""

    looks: bool = False
    """Whether its reader says of a document, when that is recognised, what others ask of it (``look``): its nodes can go then."""

    observed: bool = False
    """Whether its files tell what was found running: there is nothing to mend in them."""

    def named(self, path: str) -> bool:
        """Whether a path's name, or what a template of that name is made into, says that a file is of this format."""
        made = without_template(path)
        return self._named(path) or (made != path and self._named(made))

    def _named(self, path: str) -> bool:
        if not self.names or not _occurs(self.names, path):
            return False
        return not (self.refuses and _occurs(self.refuses, path))

    def may_be(self, path: str) -> bool:
        """Whether a file of that name is of this format if its beginning says so."""
        return bool(self.perhaps) and _occurs(self.perhaps, path)

    def installs(self, path: str) -> bool:
        """Whether a file at that path of a container or a machine configures or starts its engine."""
        return bool(self.installed) and _occurs(self.installed, path)

    def starts(self, line: str) -> bool:
        """Whether the first line of a file says that it is of this format."""
        return bool(self.first_line) and self._pattern("first_line").match(line) is not None

    def begins(self, head: str) -> bool:
        """Whether the first part of a file says that it is of this format."""
        return bool(self.beginning) and self._pattern("beginning").search(head) is not None

    def matches(self, source: Source, node: Node) -> bool:
        """Whether a document has this format's shape; whoever asks has looked at :attr:`keys`, and at names."""
        if self.shape is None:
            return node.is_mapping and self.named(source.hint or source.path)
        return self.shape(source, node)

    def idle_by(self, outline: str) -> bool:
        """Whether a YAML document's lines in the first column say that it starts no container and commands no engine."""
        return self.idle_outline is not None and _compiled(self.idle_outline[1]).fullmatch(outline) is not None

    def usually(self, path: str) -> bool:
        """Whether files of this format are often called so, and many others as well."""
        return bool(self.usual) and _occurs(self.usual, without_template(path))

    def has_a_key(self, node: Node) -> bool:
        """Whether a document, or an item of one that is a list, has one of the keys without which it is of no such format."""
        if node.is_mapping:
            return node.has_any(self.keys) or (self.hidden and any(key.startswith(".") for key in node.keys()))
        return node.is_sequence and any(each.is_mapping and self.has_a_key(each) for each in node.items())

    def may_hold(self, node: Node) -> bool:
        """Whether a document that has no key of this format at the top may be of it for one that stands elsewhere."""
        return (
            bool(self.within)
            and self.part is None
            and (node.every_key is None or not node.every_key.isdisjoint(self.within))
        )

    def _pattern(self, name: str) -> re.Pattern[str]:
        return _compiled(getattr(self, name))


@lru_cache(_RECENT)
def _occurs(expression: str, path: str) -> bool:
    """Whether an expression occurs in a path; compiled, which costs more, only if one of its literals does."""
    literals = literals_of(expression)
    if literals and path.isascii():
        lowered = path.lower()
        if not any(literal in lowered for literal in literals):
            return False
    if path.rpartition("/")[2] in _NAMES.get(expression, ()):
        return True
    return _compiled(expression).search(path) is not None


def learn(literals: Mapping[str, tuple[str, ...]], names: Mapping[str, tuple[str, ...]]) -> None:
    """Take in what the index knows of expressions of paths.

    That is literals in lower case, of which every ASCII path that matches has one, and names of files that match in any folder.
    """
    _LITERALS.update(literals)
    _NAMES.update(names)


def literals_of(expression: str) -> tuple[str, ...]:
    """Return what is known so of an expression; nothing when nobody has told."""
    return _LITERALS.get(expression, ())


def _compiled(text: str) -> re.Pattern[str]:
    if text not in _PATTERNS:
        _PATTERNS[text] = regex(text)
    return _PATTERNS[text]


_LITERALS: dict[str, tuple[str, ...]] = {}
_NAMES: dict[str, tuple[str, ...]] = {}
_PATTERNS: dict[str, re.Pattern[str]] = {}

"""What a Dockerfile holds: instructions, flags, words, here-documents and stages, with their places."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.dockerfile.text import LogicalLine
from dindguard.documents.dockerfile.words import Piece
from dindguard.records import record
from dindguard.source import Notice, Source, Span

PAIRS = frozenset({"ENV", "LABEL"})
"""Instructions that take ``name=value``, or one name and a value after a blank."""


@record
class Word:
    """One word. ``text`` keeps quotes and ``$VARIABLES`` as they were typed; strings of a JSON array are
    unescaped. ``start`` is its 0-based offset in the instruction's ``arguments``."""

    text: str
    span: Span
    start: int


@record
class BuildFlag:
    """``--name=value`` before the arguments; ``value`` is ``None`` without ``=``."""

    name: str
    value: str | None
    span: Span


@record
class Heredoc:
    """A here-document. ``body`` is without the closing line and, for ``<<-``, without leading tabs.

    ``destination`` is what COPY or ADD writes to, as typed (a folder when it ends in ``/``).
    """

    delimiter: str
    expand: bool
    strip_tabs: bool
    body: Source
    destination: Word | None


@record
class Pair:
    """``name=value`` of ENV, LABEL or ARG; ``value`` is ``None`` for an ARG without default.

    An empty value has the place of the whole pair.
    """

    name: Word
    value: Word | None


@record
class Instruction:
    """One instruction; for ``ONBUILD X …`` it is X, with ``onbuild`` set.

    ``name`` is in upper case, and stands at ``name_at`` of its ``line``. ``arguments`` is the text after name
    and flags. ``form`` is ``exec`` when that is a JSON array of strings. ``words`` are empty for the shell
    form of RUN, CMD, ENTRYPOINT, SHELL and HEALTHCHECK: a shell splits those. ``stage`` counts from 0, and is
    -1 before the first FROM. ``kind`` is the first word of HEALTHCHECK (``CMD``, ``NONE``), which
    ``arguments`` leave out. ``script`` is what a shell reads for the shell form of RUN, CMD, ENTRYPOINT and
    HEALTHCHECK, here-documents included.
    """

    name: str
    line: LogicalLine
    name_at: tuple[int, int]
    flags: tuple[BuildFlag, ...]
    arguments: Source
    form: str
    words: tuple[Word, ...]
    heredocs: tuple[Heredoc, ...]
    onbuild: bool
    stage: int
    kind: str = ""
    script: Source | None = None

    @property
    def span(self) -> Span:
        """Where it is written, with its continuation lines and without the bodies of its here-documents."""
        return self.line.span

    @property
    def name_span(self) -> Span:
        """Where its name is written."""
        return self.line.source.span(*self.name_at)

    @property
    def last_line(self) -> int:
        """The last line of the file that belongs to it."""
        return self.line.last_line

    def flag(self, name: str) -> BuildFlag | None:
        """Return the last flag of that name (without ``--``)."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)

    def pairs(self) -> Iterator[Pair]:
        """Yield the pairs of ENV, LABEL and ARG; nothing for other instructions."""
        if self.name == "ARG":
            yield from (self._pair(word) for word in self.words)
        elif self.name in PAIRS and self.words:
            if "=" in self.words[0].text:
                yield from (self._pair(word) for word in self.words if "=" in word.text)
            elif len(self.words) > 1:
                yield Pair(self.words[0], self.words[1])

    def _pair(self, word: Word) -> Pair:
        name, equals, value = word.text.partition("=")
        first = self._word(Piece(name, word.start, word.start + len(name)))
        at = word.start + len(name) + 1
        if value or not equals:
            return Pair(first, self._word(Piece(value, at, at + len(value))) if equals else None)
        return Pair(first, Word("", word.span, at))

    def _word(self, piece: Piece) -> Word:
        return Word(piece.text, self.arguments.span(piece.start, piece.end), piece.start)


@record
class Stage:
    """A build stage: ``FROM [--platform=P] base [AS name]`` (``name`` in lower case) and what follows.

    ``instructions`` start with the FROM itself. ``base`` is ``None`` when FROM names nothing.
    """

    index: int
    name: str | None
    base: Word | None
    platform: BuildFlag | None
    instructions: tuple[Instruction, ...]

    @property
    def span(self) -> Span:
        """Where its FROM is written."""
        return self.instructions[0].span


@record
class Dockerfile:
    """A Dockerfile that was read: ``directives`` (``syntax``, ``escape``, ``check``), instructions in order,
    stages, and notices about what BuildKit would refuse or nobody could read."""

    source: Source
    directives: dict[str, str]
    escape: str
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    notices: tuple[Notice, ...]

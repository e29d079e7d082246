"""Values that know where they were written and how they came to be; *unknown* is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from dindguard.enumerations import StrEnum
from dindguard.records import record, replace
from dindguard.source import Span, Step

UNKNOWN_PIECE = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in :attr:`Text.partial` for a piece that the files do not decide."""


class How(StrEnum):
    """How a value came to be."""

    WRITTEN = "written"
    """It stands in the file as it is."""
    VARIABLE = "variable"
    """A variable holds it, and the files say what (``.env``, an assignment, ``variables:``)."""
    DEFAULT = "default"
    """The default of an interpolation: ``${P:-true}``."""
    INHERITED = "inherited"
    """Nobody wrote it: the image, the platform or the engine decides."""
    UNKNOWN = "unknown"
    """The files do not decide it."""


@record(slots=True)
class Text:
    """A string that knows where it was written.

    ``value`` is ``None`` when a variable that the files do not decide is part of it; ``partial`` then has
    the known pieces, with :data:`UNKNOWN_PIECE` for each unknown one, and ``variable`` the first unknown
    name. ``raw`` is what was typed. ``span.trail`` leads to the variable's definition or the alias's use.
    """

    value: str | None
    span: Span
    how: How = How.WRITTEN
    partial: str = ""
    variable: str = ""
    raw: str = ""

    @property
    def known(self) -> bool:
        """Whether the files decide the value."""
        return self.value is not None

    @property
    def unknown(self) -> bool:
        """Whether a variable that the files do not decide is part of the value."""
        return self.value is None

    @property
    def written(self) -> bool:
        """Whether somebody wrote it, in whatever way."""
        return self.how is not How.INHERITED

    @property
    def pattern(self) -> str:
        """The value, with :data:`UNKNOWN_PIECE` for what is not known."""
        return self.partial if self.value is None else self.value

    def part(self, start: int, end: int) -> Text:
        """Return ``value[start:end]`` as a text of its own (0-based, in code points).

        Its span covers just those characters when what was typed is the value, on one line; otherwise the
        span of the whole text.
        """
        piece = self.pattern[start:end]
        unknown = self.value is None and UNKNOWN_PIECE in piece
        return Text(
            value=None if unknown else piece,
            span=self.span_of(start, end),
            how=How.UNKNOWN if unknown else (How.WRITTEN if self.how is How.UNKNOWN else self.how),
            partial=piece if unknown else "",
            variable=self.variable if unknown else "",
            raw=piece,
        )

    def span_of(self, start: int, end: int) -> Span:
        """Return where ``value[start:end]`` is written: exact when the typed text is the value, on one line."""
        span = self.span
        width = span.end_column - span.column
        quotes = width - len(self.pattern)
        plain = span.line == span.end_line and self.how is How.WRITTEN and quotes in (0, 2)
        if not plain or self.raw not in ("", self.pattern):
            return span
        first = span.column + (1 if quotes else 0)
        return Span(span.path, span.line, first + start, span.end_line, first + end, span.route, span.trail)

    def used_at(self, *spans: Span, what: str = "used here") -> Text:
        """Return the same text with places added to its trail."""
        return replace(self, span=self.span.with_trail(*(Step(what, span) for span in spans)))

    def __str__(self) -> str:
        if self.value is not None:
            return self.value
        shown = self.variable if self.variable.startswith(("$", "%")) else f"${{{self.variable}}}"
        return self.raw.replace(UNKNOWN_PIECE, shown)


def written(value: str, span: Span) -> Text:
    """Return a text that stands in the file as it is."""
    return Text(value, span)


def inherited(value: str, span: Span) -> Text:
    """Return a text that nobody wrote; ``span`` is the object that has it."""
    return Text(value, span, How.INHERITED)


def unknown(span: Span, variable: str, raw: str = "") -> Text:
    """Return a text that the files do not decide because of ``variable``."""
    return Text(None, span, How.UNKNOWN, UNKNOWN_PIECE, variable, raw)


class _ThreeValued:
    """Refuses to be tested for truth, so that nobody forgets the third answer."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("a Flag has three values: ask for .on, .off or .unknown")


@record(slots=True)
class Flag(_ThreeValued):
    """Yes, no, or not known: ``state`` is ``None`` when ``variable`` decides and the files do not tell.

    ``name`` is the setting as people know it (``privileged``), for messages and addresses.
    """

    state: bool | None
    span: Span
    how: How = How.WRITTEN
    name: str = ""
    variable: str = ""
    non_portable: bool = False
    """Some readers of the same file take the typed text for something else (``yes``, ``"true"``)."""

    @property
    def on(self) -> bool:
        """Known to be on."""
        return self.state is True

    @property
    def off(self) -> bool:
        """Known to be off."""
        return self.state is False

    @property
    def unknown(self) -> bool:
        """Not decided by the files."""
        return self.state is None

    @property
    def set(self) -> bool:
        """Whether somebody wrote it, in whatever way."""
        return self.how is not How.INHERITED

    @property
    def address(self) -> str:
        """Its name inside its container, for finding identities."""
        return self.name


_TRUE = frozenset({"true", "yes", "on", "y", "1", "t"})
_FALSE = frozenset({"false", "no", "off", "n", "0", "f", ""})


def flag(text: Text, name: str = "") -> Flag:
    """Read a text as a flag; where the readers of a format differ, the worse reading counts.

    A text that is neither a yes nor a no is *unknown*.
    """
    state: bool | None = None
    if text.value is not None:
        word = text.value.strip().lower()
        state = True if word in _TRUE else False if word in _FALSE else None
    portable = text.value is None or text.value in ("true", "false")
    return Flag(state, text.span, text.how, name, text.variable, not portable)


def unset(span: Span, name: str, state: bool = False) -> Flag:
    """Return a flag that nobody wrote; ``span`` is the object that has it."""
    return Flag(state, span, How.INHERITED, name)


def how_written(texts: Sequence[Text]) -> How:
    """Return the weakest provenance among ``texts``: unknown before default, variable and written."""
    order = (How.UNKNOWN, How.DEFAULT, How.VARIABLE, How.INHERITED, How.WRITTEN)
    return next((how for how in order if any(text.how is how for text in texts)), How.WRITTEN)

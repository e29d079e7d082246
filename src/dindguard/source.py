"""Source text, and where things are written in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from dindguard.compact import compact, joined, line_starts, shared, shared_number
from dindguard.enumerations import StrEnum
from dindguard.errors import UserError
from dindguard.records import field, record


@record(slots=True)
class Step:
    """A further place that explains a span: where an alias is used, where a variable was set."""

    what: str
    span: Span
    off: bool = False
    """A condition that does not hold as long as nobody asks for other values than the files give."""
    asks_for: str = ""
    """The value that a condition asks about by name alone (``privileged`` of ``pod.privileged``), if it may not hold."""
    condition: str = ""
    """The condition under which a template writes what it explains, and the ``decision`` of which it is a branch; else empty."""
    decision: str = ""


SET_HERE = "set here"
"""What a step says that leads from a value's use to the place that gives it: a variable's, a values file's."""


@record(slots=True)
class Span:
    """Where something is written: 1-based lines and columns in code points, the end exclusive. A path alone is the whole file.

    ``path`` is relative to the scan's root, with ``/``. ``route`` is the way to the place in the
    document (``services.web.volumes[0]``). ``trail`` holds the places that explain this one. Spans are
    equal when they cover the same characters.
    """

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    route: str = field(default="", compare=False)
    trail: tuple[Step, ...] = field(default=(), compare=False)

    @property
    def span(self) -> Span:
        """Itself, so that a bare span can stand where a rule may point."""
        return self

    def with_trail(self, *steps: Step) -> Span:
        """Return this span with ``steps`` added to its trail; those already there are kept once."""
        return self.explained(steps)

    def explained(self, steps: tuple[Step, ...]) -> Span:
        """Return the same; many spans of one document are explained by one and the same tuple."""
        trail = joined(self.trail, steps, _step_key)
        return Span(self.path, self.line, self.column, self.end_line, self.end_column, self.route, trail)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


def _step_key(step: Step) -> tuple[object, ...]:
    """Return plain values: a record's own hash is slow, and this is called for very many."""
    at = step.span
    return (step.what, at.path, at.line, at.column, at.end_line, at.end_column)


class HasSpan(Protocol):
    """Anything a finding may point at."""

    @property
    def span(self) -> Span:
        """Where it is written."""


class Gravity(StrEnum):
    """How grave a notice is: only ``ERROR`` makes a scan incomplete (exit code 3)."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@record(slots=True)
class Notice:
    """Something that the tool could not do or know. Never an opinion about the user's files.

    ``kind`` is a stable word for reports: ``unreadable``, ``skipped``, ``undecided``, ``unresolved``,
    ``rule-crashed``, ``budget`` … ``remedy`` says what to do, when something can be done. ``also`` are further places
    of which the very same is to be said.
    """

    kind: str
    message: str
    span: Span
    gravity: Gravity = Gravity.NOTE
    remedy: str = ""
    also: tuple[Span, ...] = ()


@record(slots=True)
class Segment:
    """``length`` characters at ``start`` of an embedded text stand at ``origin`` of its parent."""

    start: int
    origin: int
    length: int


MARK = "dindguard:"
"""What comments for us begin with."""


class ChangedError(UserError):
    """A file is another one than it was when it was read."""


class Source:
    """One text: a file, or a document written inside another one.

    ``path`` is relative to the scan's root. ``hint`` is what the surrounding document says the text is
    (``shell``, ``dockerfile``, ``daemon.json``, or a file name); empty for files. An embedded source has
    a ``parent`` and ``segments``, which map its characters to the parent's; offsets are 0-based code points.

    A text may rest (:meth:`rest`): it is dropped, and had again from where it came when somebody asks for it.
    """

    __slots__ = (
        "_again", "_hash", "_machine", "_size", "_speaks", "_starts", "hint", "parent", "path", "rests", "segments", "text",
    )  # fmt: skip
    text: str
    rests: bool
    """Whether the text is not held at present."""
    conditions: Callable[[int], tuple[Step, ...]] | None = None
    """Gives the conditions under which a template, the parent, writes a character; ``None`` for any other text."""

    def __init__(
        self,
        path: str,
        text: str,
        *,
        hint: str = "",
        parent: Source | None = None,
        segments: tuple[Segment, ...] = (),
    ) -> None:
        self.path, self.text, self.hint = path, text, hint
        self.parent, self.segments = parent, segments
        self._starts: Sequence[int] | None = None  # of lines; in an embedded text, of segments
        self._speaks: bool | None = None
        self._hash: int | None = None
        self._again: Callable[[Source], str | None] | None = None
        self._machine = ""
        self._size, self.rests = 0, False

    def for_machine(self, name: str) -> Source:
        """Say that this text is for machines of its own, unlike the rest of the file; return it."""
        self._machine = name
        return self

    @property
    def embedded(self) -> bool:
        """Whether the text is a document inside another one."""
        return self.parent is not None

    @property
    def machine(self) -> str:
        """What part of its file is for the same machines; empty for the whole file."""
        return self._machine or (self.parent.machine if self.parent is not None else "")

    def __repr__(self) -> str:
        return f"Source({self.path!r}, {len(self.text)} characters{', ' + self.hint if self.hint else ''})"

    @classmethod
    def resting(
        cls, path: str, again: Callable[[Source], str | None], *, size: int, speaks: bool, mark: int | None
    ) -> Source:
        """Return the source of a file whose text somebody else has read; ``mark`` is its hash, if it must stay the same."""
        source = cls(path, "")
        source.rest(again, read=False)
        source._size, source._speaks, source._hash = size, speaks, mark
        return source

    def rest(self, again: Callable[[Source], str | None], *, read: bool = True) -> None:
        """Drop the text until somebody asks for it; ``again`` gives it then, or ``None`` when it is there no more.

        Of a text that was ``read``, its lines are kept, and it must be the same one then: :class:`ChangedError`.
        """
        self._again, self._size = again, self.size
        if read and self._hash is None:
            self._hash, self._speaks = hash(self.text), self.speaks
        if type(self._starts) is list:
            self._starts = compact(self._starts)
        if not self.rests:
            del self.text
            self.rests = True

    def __getattr__(self, name: str) -> Any:
        """Have a text that rests, and what went with it; a text that is there is found without asking here."""
        if name not in ("text", "segments") or self._again is None:
            raise AttributeError(name)
        text = self._again(self)
        if text is None or self._hash not in (None, hash(text)):
            raise ChangedError(f"{self.path} changed while it was scanned: scan it again")
        self.text, self.rests = text, False
        return object.__getattribute__(self, name)

    @property
    def unchanged(self) -> bool:
        """Whether the text can be had as it was read."""
        try:
            return self.text is not None
        except ChangedError:
            return False

    @property
    def size(self) -> int:
        """How many characters the text has."""
        return self._size if self.rests else len(self.text)

    @property
    def speaks(self) -> bool:
        """Whether the text holds a word that comments for us begin with."""
        if self._speaks is None:
            self._speaks = MARK in self.text
        return self._speaks

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return self.path.rpartition("/")[2]

    @property
    def file(self) -> Source:
        """The file that holds this text: itself, unless it is embedded."""
        return self if self.parent is None else self.parent.file

    def origin(self, offset: int) -> int:
        """Return the offset in the parent for ``offset`` here (the nearest mapped character before it)."""
        segments, index = self.segments, 0
        if not segments:
            return 0
        if len(segments) > 1:
            index = max(bisect_right(self._starts or self._beginnings(), offset) - 1, 0)
        segment = segments[index]
        within = offset - segment.start
        return segment.origin + (0 if within < 0 else min(within, segment.length))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column (1-based) in the file for a 0-based ``offset`` in this text."""
        if self.parent is not None:
            return self.parent.position(self.origin(offset))
        starts = self._starts or self._beginnings()
        line = bisect_right(starts, offset) - 1
        return line + 1, offset - starts[line] + 1

    def segments_of(self, start: int, end: int) -> Sequence[Segment]:
        """Return the segments in which the characters ``[start, end)`` of an embedded text may stand."""
        if len(self.segments) < 2:
            return self.segments
        starts = self._starts or self._beginnings()
        return self.segments[max(bisect_right(starts, start) - 1, 0) : bisect_left(starts, end)]

    def _beginnings(self) -> Sequence[int]:
        """Where the lines of a file begin, or the segments of an embedded text."""
        if self._starts is None:
            self._starts = line_starts(self.text) if self.parent is None else [each.start for each in self.segments]
        return self._starts

    def offset(self, line: int, column: int) -> int:
        """Return the 0-based offset of a place of the file, given as :meth:`position` does."""
        starts = self.file._beginnings()
        return starts[line - 1] + column - 1 if line <= len(starts) else len(self.file.text)

    def span(self, start: int, end: int, route: str = "", trail: tuple[Step, ...] = ()) -> Span:
        """Return the span of the characters ``[start, end)`` of this text, in the file that holds it."""
        source, last, beyond = self, end, 0
        if self.parent is not None:
            beyond = int(end > start)  # the end is the character after the last one, and may be mapped elsewhere
            last -= beyond
            while source.parent is not None:
                held, start, last = source.conditions, source.origin(start), source.origin(last)
                if held is not None:
                    trail = (*held(start), *trail)
                source = source.parent
        starts = source._starts or source._beginnings()
        line = end_line = shared_number(bisect_right(starts, start))
        if last < start or (line < len(starts) and last >= starts[line]):
            end_line = shared_number(bisect_right(starts, last))
        column, end_column = start - starts[line - 1] + 1, last - starts[end_line - 1] + 1 + beyond
        once = trail if len(trail) < 2 else joined((), trail, _step_key)
        return Span(self.path, line, column, end_line, end_column, route and shared(route), once)

    def whole(self) -> Span:
        """Return a span for the text as a whole: its first line."""
        breaks = (found for end in "\n\r" if (found := self.text.find(end)) >= 0)
        return self.span(0, min(breaks, default=len(self.text)))

    def line_text(self, line: int) -> str:
        """Return the text of a 1-based line of the *file*, without its line break; ``""`` outside."""
        source = self.file
        starts = source._beginnings()
        if not 1 <= line <= len(starts):
            return ""
        return source.text[starts[line - 1] : starts[line] if line < len(starts) else None].rstrip("\r\n")

    def part(self, start: int, end: int, *, hint: str = "") -> Source:
        """Return ``text[start:end]`` as an embedded source."""
        segment = Segment(0, start, end - start)
        return Source(self.path, self.text[start:end], hint=hint, parent=self, segments=(segment,))


@record(slots=True)
class Embedded:
    """A document found inside another one, for ``scan`` to recognise and read like any other.

    ``owner`` is the container that executes or reads it (a CI job's script, a mounted configuration), or ``None``. It is an
    object so that ``source`` need not know the model; what a script writes in a container has the command that leads there until
    its meaning is read. ``content`` is a tree of the format that the hint names, for what is written in another syntax.
    """

    source: Source
    owner: object | None = None
    content: object | None = None

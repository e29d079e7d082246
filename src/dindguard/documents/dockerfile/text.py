"""Dockerfile text made regular: one line for each instruction, as BuildKit joins them.

The rules are those of BuildKit's parser (``frontend/dockerfile/parser`` of moby/buildkit): parser
directives stand at the top only; comments and blank lines inside a continued instruction are left out;
blanks may follow the escape character; here-documents belong to RUN, COPY and ADD. Every character of a
line keeps its place in the file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.dockerfile.head import split_head, split_name
from dindguard.documents.dockerfile.lexer import SPACE, TooDeepError
from dindguard.documents.dockerfile.words import HeredocWord, heredoc_words, string_array
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import Gravity, Notice, Segment, Source, Span

_DIRECTIVE = regex(rf"#[{SPACE}]*([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*+(.*[^\t\f\r ])")
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


@record
class Body:
    """The text of one here-document: ``[start, end)`` of the file, the closing line left out."""

    word: HeredocWord
    start: int
    end: int


@record
class LogicalLine:
    """One instruction on one line.

    ``source`` is the line (white space around it removed), mapped to the file. ``start`` and ``end`` are
    the 0-based offsets of its first and past its last character in the file, ``close`` the end of the
    last file line that belongs to it: a comment in it, or the line that closes its last here-document.
    """

    source: Source
    start: int
    end: int
    close: int
    bodies: tuple[Body, ...]

    @property
    def span(self) -> Span:
        """Where it is written, with its continuation lines."""
        return self._file.span(self.start, self.end)

    @property
    def last_line(self) -> int:
        """The last line of the file that belongs to it."""
        return self._file.position(self.close)[0]

    def rest(self, start: int, *, hint: str = "") -> Source:
        """Return the line from ``start`` on; straight from the file if it isn't continued, which spares a look-up."""
        line = self.source
        if len(line.segments) != 1:
            return line.part(start, len(line.text), hint=hint)
        origin = line.segments[0].origin
        return self._file.part(origin + start, origin + len(line.text), hint=hint)

    @property
    def _file(self) -> Source:
        assert self.source.parent is not None
        return self.source.parent


class LogicalLines:
    """Iterates over a Dockerfile's instructions, and gathers what BuildKit would refuse.

    ``directives`` (lower-case names) and ``escape`` are complete from the start; ``notices`` grow while
    the lines are read.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.directives: dict[str, str] = {}
        self.escape = "\\"
        self.notices: list[Notice] = []
        self._offset = self._first = 1 if source.text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}") else 0
        self._lines = source.text[self._offset :].split("\n")
        self._next = 0
        self._index: dict[bool, dict[str, list[int]]] = {}
        self._offsets: list[int] = []
        self._read_directives()

    def __iter__(self) -> Iterator[LogicalLine]:
        while self._next < len(self._lines):
            line = self._joined()
            if line is not None:
                yield line

    def _read_directives(self) -> None:
        """Read ``# name=value`` lines until the first line that is none; a ``#!`` line may come first."""
        offset = self._offset
        lines = self._lines
        shebang = lines[0].startswith("#!")
        offset += (len(lines[0]) + 1) * shebang
        for line in lines[shebang:]:
            bare = line.lstrip(SPACE)
            match = _DIRECTIVE.match(bare) if bare.startswith("#") else None
            name = match[1].lower() if match else ""
            if match is None or name not in ("syntax", "escape", "check"):
                return
            problem = self._directive(name, match[2], shebang)
            if problem:
                span = self.source.span(offset, offset + len(line.rstrip("\r")))
                self.notices.append(refused(problem, span))
            offset += len(line) + 1

    def _directive(self, name: str, value: str, shebang: bool) -> str:
        """Keep one directive, and return what is wrong with it."""
        if shebang and name == "escape":
            return ""  # BuildKit looks past "#!" for a frontend and its checks, not for the escape character.
        if name in self.directives:
            return f"only one '{name}' directive can be used"
        self.directives[name] = value
        if name == "escape":
            if value not in ("\\", "`"):
                return "the 'escape' directive must be \\ or `"
            self.escape = value
        return ""

    def _refuse(self, message: str, start: int, end: int) -> None:
        remedy = "BuildKit refuses this file; fix it and scan again"
        self.notices.append(Notice("unreadable", message, self.source.span(start, end), Gravity.WARNING, remedy))

    def _take(self) -> tuple[int, str]:
        """Return the next physical line and its offset, and step over it."""
        offset, line = self._offset, self._lines[self._next]
        self._next += 1
        self._offset += len(line) + 1
        return offset, line.rstrip("\r")

    def _joined(self) -> LogicalLine | None:
        """Join one instruction; return ``None`` for a blank line or a comment."""
        offset, text = self._take()
        blanks = len(text) - len(text.lstrip(SPACE))
        start, text = offset + blanks, text[blanks:]
        close = offset + blanks + len(text)
        if not text or text.startswith("#"):
            return None
        pieces: list[tuple[int, str]] = []
        kept = self._without_escape(text)
        pieces.append((start, text if kept is None else kept))
        while kept is not None and self._next < len(self._lines):
            offset, text = self._take()
            close = offset + len(text) if text or self._next < len(self._lines) else close
            bare = text.lstrip(SPACE)
            if not bare or bare.startswith("#"):
                continue
            kept = self._without_escape(text)
            pieces.append((offset, text if kept is None else kept))
        return self._line(start, close, pieces)

    def _without_escape(self, text: str) -> str | None:
        """Return ``text`` without its final escape character, or ``None`` when it isn't continued."""
        bare = text.rstrip(" \t")
        escape = self.escape
        if not bare.endswith(escape) or bare.endswith(escape * 2):
            return None
        return bare[:-1]

    def _line(self, start: int, close: int, pieces: list[tuple[int, str]]) -> LogicalLine | None:
        joined = "".join(text for _, text in pieces)
        text = joined.strip(SPACE)
        if not text:
            return None
        cut = len(joined) - len(joined.lstrip(SPACE))
        source = Source(self.source.path, text, parent=self.source, segments=_segments(pieces, cut, len(text)))
        end = source.origin(len(text) - 1) + 1
        bodies = self._bodies(source)
        if bodies:
            close = self._offset - 1
        return LogicalLine(source, start, end, close, bodies)

    def _bodies(self, line: Source) -> tuple[Body, ...]:
        """Take the here-documents that ``line`` opens."""
        text = line.text
        if "<<" not in text or not _may_open_heredocs(text, self.escape):
            return ()
        bodies = []
        try:
            words = heredoc_words(text)
        except TooDeepError:
            budget.met(budget.DOCKERFILE_NESTING, line.span(0, len(text)))
            return ()
        for word in words:
            close = self._closing_line(word)
            if close is not None:
                start = self._offset
                self._next = close + 1
                self._offset = self._offsets[close] + len(self._lines[close]) + 1
                bodies.append(Body(word, start, self._offsets[close]))
            elif not word.spaced:
                # Before BuildKit 0.22 "<< WORD" opened nothing, and "$(( 1 << 2 ))" is no here-document.
                span = line.span(0, len(text))
                self.notices.append(refused(f"the here-document {word.delimiter!r} is never closed", span))
        return tuple(bodies)

    def _closing_line(self, word: HeredocWord) -> int | None:
        """Return the number (0-based) of the line that closes ``word``, from the next line on.

        An index makes a file of unclosed here-documents cost no more than its size.
        """
        if not self._offsets:
            offset = self._first
            for line in self._lines:
                self._offsets.append(offset)
                offset += len(line) + 1
        index = self._index.get(word.strip_tabs)
        if index is None:
            index = self._index[word.strip_tabs] = {}
            for number, line in enumerate(self._lines):
                bare = line.rstrip("\r")
                index.setdefault(bare.lstrip("\t") if word.strip_tabs else bare, []).append(number)
        numbers = index.get(word.delimiter, [])
        place = bisect_left(numbers, self._next)
        return numbers[place] if place < len(numbers) else None


def refused(message: str, span: Span) -> Notice:
    """Return the notice for something that BuildKit refuses; the rest of the file is read all the same."""
    return Notice("malformed", message, span, Gravity.WARNING, "no image can be built from it: fix the line")


def _may_open_heredocs(text: str, escape: str) -> bool:
    head = split_head(text, split_name(text)[1], escape)
    return head.name.upper() in _WITH_HEREDOCS and string_array(text[head.rest :]) is None


def _segments(pieces: list[tuple[int, str]], cut: int, length: int) -> tuple[Segment, ...]:
    """Map ``length`` characters after the first ``cut`` of the joined pieces."""
    segments = []
    at = -cut
    for origin, text in pieces:
        first, last = max(at, 0), min(at + len(text), length)
        if last > first:
            segments.append(Segment(first, origin + first - at, last - first))
        at += len(text)
    return tuple(segments)

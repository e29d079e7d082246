"""Runs of characters that remember where they were written, and the words made of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

from dindguard import budget
from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.records import field, record, replace
from dindguard.source import Segment, Source, Span, Step

_NO_NAME = regex(r"[^\w.() -]")


class Place(Protocol):
    """A text whose characters can be pointed at: a :class:`Source`, or a located value."""

    def span(self, start: int, end: int) -> Span:
        """Return where the characters ``[start, end)`` (0-based) are written."""


class LocatedText:
    """A :class:`Text` as a place, for scripts that another document holds as a value."""

    __slots__ = ("text",)

    def __init__(self, text: Text) -> None:
        self.text = text

    def span(self, start: int, end: int) -> Span:
        """Return where ``[start, end)`` of the value is written."""
        return self.text.span_of(start, end)


class Piece(NamedTuple):
    """Characters of a word, and the ``[start, end)`` of ``place`` that holds them.

    A piece that the files do not decide has the text :data:`UNKNOWN_PIECE`, ``how`` UNKNOWN and the
    ``variable``'s name; ``many`` says that it may be no word, or several. An ``optional`` piece is either
    there or not, as ``variable`` decides.
    """

    text: str
    place: Place
    start: int
    end: int
    how: How = How.WRITTEN
    variable: str = ""
    optional: bool = False
    many: bool = False
    trail: tuple[Step, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether the files do not decide it."""
        return self.how is How.UNKNOWN

    @property
    def span(self) -> Span:
        """Where it is written, with the places that explain it."""
        span = self.place.span(self.start, self.end)
        return span.explained(self.trail) if self.trail else span

    def cut(self, start: int, end: int) -> Piece:
        """Return the characters ``[start, end)`` of this piece."""
        if start == 0 and end == len(self.text):
            return self
        first, last = self.extent(start, end)
        text = self.text[start:end]
        return Piece(text, self.place, first, last, self.how, self.variable, self.optional, self.many, self.trail)

    def extent(self, start: int, end: int) -> tuple[int, int]:
        """Return where its characters ``[start, end)`` are in its place: all of it where they have none of their own."""
        own = len(self.text) == self.end - self.start
        return (self.start + start, self.start + end) if own else (self.start, self.end)

    def used(self, step: Step, how: How = How.VARIABLE) -> Piece:
        """Return it as the value of a variable that is used at ``step``."""
        more = budget.within(budget.STEPS_SHOWN, len(self.trail) + 1, step)
        trail = (*self.trail, step) if more else self.trail
        return self._replace(how=how if self.how is How.WRITTEN else self.how, trail=trail)


Pieces = Sequence[Piece]


def text_of(pieces: Iterable[Piece]) -> str:
    """Return the characters of the pieces."""
    return "".join(piece.text for piece in pieces)


def known(pieces: Iterable[Piece]) -> bool:
    """Whether the files decide all of the pieces."""
    return not any(piece.unknown or piece.optional for piece in pieces)


def joined_span(pieces: Pieces) -> Span:
    """Return the span from the first piece to the last one.

    Where a variable brought in a part of them only, it is the span in the text that uses the variable.
    """
    first, last = pieces[0], pieces[-1]
    if first is last:
        return first.span
    if first.place is last.place and first.trail == last.trail and last.end >= first.start:
        span = first.place.span(first.start, last.end)
        return span.explained(first.trail) if first.trail else span
    start, end = _use(first), _use(last)
    if start.path != end.path or (end.end_line, end.end_column) < (start.line, start.column):
        return start
    return Span(start.path, start.line, start.column, end.end_line, end.end_column, start.route)


def _use(piece: Piece) -> Span:
    """Return where a piece stands in the text that is read: where its variable is used, if one brought it in."""
    return piece.trail[-1].span if piece.trail else piece.span


def cut(pieces: Pieces, start: int, end: int) -> list[Piece]:
    """Return the characters ``[start, end)`` of the pieces."""
    if len(pieces) == 1:
        last = min(end, len(pieces[0].text))
        return [pieces[0].cut(start, last)] if start < last else []
    found: list[Piece] = []
    offset = 0
    for piece in pieces:
        length = len(piece.text)
        low, high = max(start - offset, 0), min(end - offset, length)
        if low < high:
            found.append(piece.cut(low, high))
        offset += length
        if offset >= end:
            break
    return found


class Script:
    """A text to be read as shell, made of pieces that may stand in several places."""

    __slots__ = ("_starts", "pieces", "text")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces: list[Piece] = []
        self.text = ""
        self._starts: list[int] = []
        self._add(pieces)

    def _add(self, pieces: Iterable[Piece]) -> None:
        more = [piece for piece in pieces if piece.text]
        offset = len(self.text)
        for piece in more:
            self._starts.append(offset)
            offset += len(piece.text)
        self.pieces += more
        self.text += text_of(more)

    def followed_by(self, pieces: Iterable[Piece]) -> Script:
        """Return a longer text: this one, and then ``pieces``."""
        longer = Script(())
        longer.pieces, longer.text, longer._starts = [*self.pieces], self.text, [*self._starts]
        longer._add(pieces)
        return longer

    @classmethod
    def of(cls, source: Source) -> Script:
        """Return a whole source as a script."""
        return cls((Piece(source.text, source, 0, len(source.text)),))

    @classmethod
    def of_text(cls, text: Text) -> Script:
        """Return a located value as a script."""
        if isinstance(text, Word):
            return cls(text.pieces)
        place = LocatedText(text)
        how = How.WRITTEN if text.unknown else text.how
        pieces: list[Piece] = []
        start = 0
        for index, piece in enumerate(text.pattern.split(UNKNOWN_PIECE)):
            if index:
                pieces.append(unknown_piece(place, start - 1, start, text.variable, many=True))
            pieces.append(Piece(piece, place, start, start + len(piece), how))
            start += len(piece) + 1
        return cls(pieces)

    def piece_at(self, offset: int) -> Piece:
        """Return the piece that holds the character at ``offset``."""
        return self.pieces[max(bisect_right(self._starts, offset) - 1, 0)]

    def cut(self, start: int, end: int) -> list[Piece]:
        """Return the characters ``[start, end)`` as pieces."""
        if len(self.pieces) == 1:
            return [self.pieces[0].cut(start, end)] if start < end else []
        found: list[Piece] = []
        index = max(bisect_right(self._starts, start) - 1, 0)
        while index < len(self.pieces) and self._starts[index] < end:
            piece, offset = self.pieces[index], self._starts[index]
            low, high = max(start - offset, 0), min(end - offset, len(piece.text))
            if low < high:
                found.append(piece.cut(low, high))
            index += 1
        return found

    def span(self, start: int, end: int) -> Span:
        """Return where the characters ``[start, end)`` are written."""
        if not self.pieces:
            raise ValueError("an empty script has no place")
        end = max(end, start + 1)
        if len(self.pieces) == 1:  # as most are
            (only,) = self.pieces
            span = only.place.span(*only.extent(start, end))
            return span.explained(only.trail) if only.trail else span
        return joined_span(self.cut(start, end) or [self.pieces[-1]])


def unknown_piece(place: Place, start: int, end: int, variable: str, *, many: bool) -> Piece:
    """Return the piece for something that the files do not decide."""
    return Piece(UNKNOWN_PIECE, place, start, end, How.UNKNOWN, variable, many=many)


@record(slots=True)
class Word(Text):
    """A text that can point at each of its characters, also where a variable brought them in.

    A word with no ``value`` whose ``partial`` has no unknown piece is there as a whole, or not at all.
    """

    pieces: tuple[Piece, ...] = field(default=(), compare=False, repr=False)
    quoted: bool = False
    """Part of it was quoted, so that it is one word whatever its variables hold."""

    @property
    def optional(self) -> bool:
        """Whether ``variable`` decides if the word is there; its text is :attr:`partial`."""
        return self.value is None and bool(self.pieces) and UNKNOWN_PIECE not in self.partial

    @property
    def many(self) -> bool:
        """Whether it may be no word, or several: ``$OPTS`` or ``"$@"`` that the file does not decide."""
        pieces = self.pieces
        return pieces[0].many and all(piece.many for piece in pieces) if pieces else False

    def part(self, start: int, end: int) -> Text:
        """Return ``pattern[start:end]`` as a word of its own, with its exact span."""
        if not self.pieces:
            return Text.part(self, start, end)
        pieces = cut(self.pieces, start, end)
        if not pieces:
            return replace(self, value="", span=self.span_of(start, start), partial="", raw="", pieces=())
        return word(pieces, joined_span(pieces), quoted=True)

    def span_of(self, start: int, end: int) -> Span:
        """Return where ``pattern[start:end]`` is written."""
        pieces = cut(self.pieces, start, max(end, start + 1))
        if not pieces:
            return self.span
        if start == end:
            return pieces[0].place.span(pieces[0].start, pieces[0].start)
        return joined_span(pieces)


def word(pieces: Pieces, span: Span, *, raw: str = "", quoted: bool = False) -> Word:
    """Return the word made of ``pieces``, which stands at ``span``."""
    if len(pieces) == 1 and not pieces[0].optional:  # as most are
        (only,) = pieces
        if only.how is not How.UNKNOWN:
            return Word(only.text, span, only.how, "", "", "" if raw == only.text else raw, tuple(pieces), quoted)
        raw = raw if raw and UNKNOWN_PIECE not in raw else f"${{{only.variable}}}"
        return Word(None, span, only.how, only.text, only.variable, raw, tuple(pieces), quoted)
    optional = [piece for piece in pieces if piece.optional]
    if optional and len(optional) != len(pieces):
        pieces = [
            piece._replace(text=UNKNOWN_PIECE, how=How.UNKNOWN, optional=False) if piece.optional else piece
            for piece in pieces
        ]
        optional = []
    undecided = optional or [piece for piece in pieces if piece.unknown]
    text = text_of(pieces)
    if undecided and (not raw or UNKNOWN_PIECE in raw):
        raw = "".join(f"${{{piece.variable}}}" if piece.unknown else piece.text for piece in pieces)
    hows = {piece.how for piece in pieces}
    if undecided:
        how = How.UNKNOWN
    else:
        how = next((one for one in (How.DEFAULT, How.VARIABLE, How.INHERITED) if one in hows), How.WRITTEN)
    return Word(
        value=None if undecided else text,
        span=span,
        how=how,
        partial=text if undecided else "",
        variable=undecided[0].variable if undecided else "",
        raw="" if raw == text and not undecided else raw,
        pieces=tuple(pieces),
        quoted=quoted,
    )


def embedded_source(pieces: Pieces, hint: str) -> Source | None:
    """Return the pieces as a document of its own; ``None`` when they do not stand in one source."""
    root = next((piece.place for piece in pieces if isinstance(piece.place, Source)), None)
    if not isinstance(root, Source):
        return None
    segments: list[Segment] = []
    texts: list[str] = []
    offset = 0
    for piece in pieces:
        if piece.place is not root:
            return None
        text = _as_written(root.text[piece.start : piece.end], piece) if piece.unknown else piece.text
        segments.append(Segment(offset, piece.start, min(len(text), piece.end - piece.start)))
        texts.append(text)
        offset += len(text)
    return Source(root.path, "".join(texts), hint=hint, parent=root, segments=tuple(segments))


def _as_written(text: str, piece: Piece) -> str:
    """Return what stands for an unknown piece in a document: what was written, but a command, whose quotes would end values."""
    return f"${{{_NO_NAME.sub('', piece.variable)}}}" if text.startswith(("$(", "`")) else text

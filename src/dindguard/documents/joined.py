"""Embedded documents that are put together from several places of one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.source import HasSpan, Segment, Source

if TYPE_CHECKING:
    from dindguard.budget.stocks import Share


class Joined:
    """Collects pieces of one file; each character keeps its place there."""

    def __init__(self, parent: Source) -> None:
        self.parent = parent
        self._text: list[str] = []
        self._length = 0
        self._segments: list[Segment] = []

    @property
    def empty(self) -> bool:
        """Whether nothing was added."""
        return not self._length

    def add(self, text: str, start: int, end: int) -> None:
        """Add ``text``, which is or stands for the characters ``[start, end)`` of the parent (0-based).

        Where the lengths differ, the text's last character is that of the place, and all before it its first.
        """
        if not text:
            return
        if len(text) == end - start:
            self._segments.append(Segment(self._length, start, len(text)))
        else:
            self._segments.append(Segment(self._length, start, 0))
            self._segments.append(Segment(self._length + len(text) - 1, max(end - 1, start), 1))
        self._append(text)

    def insert(self, text: str, start: int, end: int) -> None:
        """Add what a variable at ``[start, end)`` of the parent stands for; one that is used too often is unknown there."""
        more = len(text) - (end - start)
        if more > 0 and not self._own.takes(more):
            budget.met(budget.INSERTED_TEXT, self.parent.span(start, end))
            text = UNKNOWN_PIECE
        self.add(text, start, end)

    def repeats(self, text: str, at: HasSpan) -> bool:
        """Whether a text may be put into a script that stands ``at`` another place of the parent: all of it counts."""
        if self._own.takes(len(text)):
            return True
        budget.met(budget.INSERTED_TEXT, at)
        return False

    @cached_property
    def _own(self) -> Share:
        """What variables may put into scripts of the parent."""
        from dindguard.budget.stocks import share_of

        return share_of(budget.INSERTED_TEXT, self.parent, self.parent.size // 4)

    def add_glue(self, text: str) -> None:
        """Add characters that nobody wrote, such as the line break between two commands."""
        self._append(text)

    def add_node(
        self,
        node: Node,
        pattern: re.Pattern[str],
        replacement: Callable[[re.Match[str]], str | None],
    ) -> None:
        """Add a scalar's text, with the matches of ``pattern`` replaced where ``replacement`` gives a text."""
        document = node.document()
        text = document.text
        at = 0
        for match in pattern.finditer(text):
            value = replacement(match)
            if value is None:
                continue
            self.add_slice(document, at, match.start())
            start, last = document.origin(match.start()), document.origin(match.end() - 1)
            self.insert(value, start, max(last, start) + 1)
            at = match.end()
        self.add_slice(document, at, len(text))

    def add_quoted(self, document: Source) -> None:
        """Add a document's text as one word of a shell; its quotes stand where the first and last characters do."""
        if not document.text:
            self.add_glue("''")
            return
        pieces = document.text.split("'")
        self.add_quote(document, 0)
        at = 0
        for index, piece in enumerate(pieces):
            if index:
                self.add("'\\''", document.origin(at - 1), document.origin(at - 1) + 1)
            self.add_slice(document, at, at + len(piece))
            at += len(piece) + 1
        self.add_quote(document, len(document.text) - 1)

    def add_quote(self, document: Source, at: int) -> None:
        """Add a quote that stands where a character of a document does."""
        self.add("'", document.origin(at), document.origin(at) + 1)

    def source(self, hint: str) -> Source:
        """Return what was added as one embedded source."""
        text = "".join(self._text)
        return Source(self.parent.path, text, hint=hint, parent=self.parent, segments=tuple(self._segments))

    def add_slice(self, document: Source, start: int, end: int) -> None:
        """Add the characters ``[start, end)`` of a document embedded in the parent."""
        shift = self._length - start
        for segment in document.segments_of(start, end):
            first, last = max(segment.start, start), min(segment.start + segment.length, end)
            if first < last:
                origin = segment.origin + first - segment.start
                self._segments.append(Segment(first + shift, origin, last - first))
        self._append(document.text[start:end])

    def _append(self, text: str) -> None:
        if text:
            self._text.append(text)
            self._length += len(text)


def joined_scripts(
    items: Sequence[Node],
    hint: str,
    pattern: re.Pattern[str],
    replacement: Callable[[Node, re.Match[str]], str | None],
) -> list[Source]:
    """Return scalars, read as consecutive lines, as one source for each run of them from the same file.

    Matches of ``pattern`` are replaced where ``replacement`` gives a text.
    """
    found: list[Joined] = []
    for item in items:
        if not item.is_scalar or item.is_null or not item.content.strip():
            continue
        if not found or found[-1].parent is not item.source:
            found.append(Joined(item.source))
        elif not found[-1].empty:
            found[-1].add_glue("\n")
        found[-1].add_node(item, pattern, partial(replacement, item))
    return [joined.source(hint) for joined in found]

"""A template's text with its actions neutralised: of the same length, so that every character keeps its offset.

What prints nothing becomes blanks, or filler in the middle of a value. What prints a value becomes filler, so that
the value is there and is recognised. What prints whole lines becomes blanks, and a *graft*: the place where those
lines belong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dindguard.documents.template.actions import Act, Action, Dialect
from dindguard.documents.template.blocks import Block
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.patterns import regex
from dindguard.records import record

FILLERS = ("\N{CURRENCY SIGN}", "\N{NOT SIGN}", "\N{BROKEN BAR}", UNKNOWN_PIECE)
"""What can stand for each character of an action whose value belongs where it is written: the first that the text has
nowhere. The first ones keep a text of Latin letters at one byte a character.
"""

_INDENTED = regex(r"\b(?P<word>n?indent)\b\s*\(?\s*(?:width\s*=\s*)?(?P<columns>\d{1,3})?")
_LINES = regex(r"\b(?:toYaml|to_nice_yaml|to_yaml)\b")
_NOT_BREAKS = regex(r"[^\n\r]")
_HOLDS_VALUE = regex(r"(?::|(?:^|\s)-)\s*$")
_KEY = regex(r"\s*(?:-\s+)*[\"']?[\w./-]+[\"']?:$")
_PRINTED = "\0"
_TAIL = 64


@record(eq=False)
class Graft:
    """Lines that an action prints. ``column`` is where they begin, 0-based; ``inline`` that they are a key's or an
    item's value, which stands before the action on the same line.
    """

    action: Action
    column: int
    inline: bool


class Neutral:
    """What is left of a template's text, and the grafts that belong into it, in order."""

    def __init__(self, text: str, actions: Sequence[Action], dialect: Dialect) -> None:
        self.grafts: list[Graft] = []
        self.filler = next((each for each in FILLERS if each not in text), UNKNOWN_PIECE)
        self._source = text
        self._dialect = dialect
        pieces: list[str] = []
        at = 0
        for line in _lines(text, actions):
            for action, piece in zip(line, self._line(line), strict=True):
                pieces += (text[at : action.start], piece)
                at = action.end
        pieces.append(text[at:])
        self.text = "".join(pieces)

    def without(self, blocks: Iterable[Block], start: int, end: int) -> str:
        """Return the text ``[start, end)`` with blocks blanked, which come in the order of their beginnings."""
        pieces: list[str] = []
        at = start
        for block in blocks:
            if at <= block.start < end:
                pieces += (self.text[at : block.start], blank(self.text[block.start : min(block.end, end)]))
                at = min(block.end, end)
        if not pieces:
            return self.text[start:end]
        pieces.append(self.text[at:end])
        return "".join(pieces)

    def _line(self, line: list[Action]) -> Iterator[str]:
        """Yield what stands for each action of one line."""
        text = self._source
        first = text.rfind("\n", 0, line[0].start) + 1
        before = _Before(text[first : line[0].start])
        nothing_behind = self._behind(line)
        blanked = _emptied if before.blank and nothing_behind[0] else blank
        for index, action in enumerate(line):
            written = text[action.start : action.end]
            graft = None
            if action.act is Act.OUTPUT and nothing_behind[index]:
                graft = self._graft(action, action.start - first, before)
            if graft is not None:
                self.grafts.append(graft)
            if action.act is not Act.OUTPUT and before.glued:
                yield _filled(written, self.filler)
            elif graft is not None or action.act is not Act.OUTPUT:
                yield blanked(written)
            else:
                yield written if self._dialect is Dialect.ENVSUBST else _filled(written, self.filler)
                before.add(_PRINTED)
            if index + 1 < len(line):
                before.add(text[action.end : line[index + 1].start])

    def _behind(self, line: list[Action]) -> list[bool]:
        """Return for each action of a line whether nothing but actions follows it there."""
        end = self._source.find("\n", line[-1].end)
        rest = self._source[line[-1].end : end if end >= 0 else len(self._source)]
        empty = not rest.strip() or (rest[0] in " \t" and rest.lstrip()[0] == "#")
        found = [empty]
        for action, after in zip(reversed(line[:-1]), reversed(line[1:]), strict=True):
            empty = empty and not self._source[action.end : after.start].strip()
            found.append(empty)
        return found[::-1]

    def _graft(self, action: Action, column: int, before: _Before) -> Graft | None:
        """Return the graft that an action is which nothing follows on its line; ``None`` for a value."""
        indented = _INDENTED.search(action.expression) if "indent" in action.expression else None
        go = self._dialect is Dialect.GO
        if before.blank:
            return Graft(action, _first_column(column, indented if go else None), inline=False)
        if (go and indented is not None) or (before.holds_value and _LINES.search(action.expression)):
            return Graft(action, _first_column(0, indented), inline=before.holds_value)
        return None


class _Before:
    """What stands before an action on its line, actions that print nothing there left out."""

    def __init__(self, text: str) -> None:
        self.blank = not text.strip()
        self._tail = text[-_TAIL:]

    def add(self, text: str) -> None:
        """Go on behind an action."""
        self.blank = self.blank and not text.strip()
        self._tail = (self._tail + text)[-_TAIL:]

    @property
    def glued(self) -> bool:
        """Whether a part of a value stands directly before, so that blanks would cut it in two."""
        tail = self._tail
        return tail[-1:] not in ("", " ", "\t", "\r", "[", "{", ",", "(", _PRINTED) and _KEY.match(tail) is None

    @property
    def holds_value(self) -> bool:
        """Whether a key or an item's dash stands last, whose value may follow."""
        return _HOLDS_VALUE.search(self._tail) is not None


def _first_column(own: int, indented: re.Match[str] | None) -> int:
    """Return the column at which the lines of an action begin; ``indent`` does not indent the first, people mean it."""
    columns = int(indented["columns"] or 0) if indented is not None else 0
    return own if indented is None else columns if indented["word"] == "nindent" or not own else own + columns


def _lines(text: str, actions: Sequence[Action]) -> Iterator[list[Action]]:
    """Yield the actions that begin on one line, or where one of that line ends."""
    line: list[Action] = []
    for action in actions:
        if line and text.find("\n", line[-1].end, action.start) >= 0:
            yield line
            line = []
        line.append(action)
    if line:
        yield line


def blank(text: str) -> str:
    """Return blanks of a text's length, its line breaks kept."""
    if "\n" not in text and "\r" not in text:
        return " " * len(text)
    return _NOT_BREAKS.sub(" ", text)


def _emptied(text: str) -> str:
    """Return line breaks of a text's length: what blanks at the head of a block scalar would do to its indentation."""
    return "\n" * len(text)


def _filled(text: str, filler: str) -> str:
    """Return filler of a text's length; behind a line break blanks, so that a plain scalar ends with the line."""
    first, line_break, _ = text.partition("\n")

    head = len(first.removesuffix("\r")) if line_break else len(first)
    return filler * head + blank(text[head:])

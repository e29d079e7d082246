"""PowerShell's hashtables (``@{ hosts = @('tcp://…') }``), as the JSON that ``ConvertTo-Json`` makes of them.

Source: Microsoft's ``about_Hash_Tables`` and the page of ``ConvertTo-Json``. What a value is that the file does not decide
stays unknown; a table that comes from elsewhere is known by what is put into it here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.patterns import regex
from dindguard.scripts.shell.pieces import Piece
from dindguard.scripts.windows.words import COMMENT, WordReader, variable_name

TO_JSON = "convertto-json"
MEMBER = regex(r"\$(\w+)(?:\.([\w-]+)|\.['\"]([\w-]+)['\"]|\[['\"]([\w-]+)['\"]\])[ \t]*=(?!=)")
"""``$settings.hosts = …`` and ``$settings["hosts"] = …``."""

_OPENING = regex(r"(?:\[[\w.]+\][ \t]*)?@\{")
_KEY = regex(r"[\w-]+")
_LITERALS = regex(r"\$(true|false|null)\b", 2)
_NUMBER = regex(r"\d+(?=[\s;,)}]|\Z)")
_CAST = regex(r"\[[\w.]+(?:\[\])?\][ \t]*(?=@)")

Table = dict[str, list[Piece]]


class Hashtables:
    """The hashtables of one script, by their variables."""

    def __init__(self, words: WordReader) -> None:
        self._words = words
        self._text = words.text
        self._known: dict[str, Table] = {}
        self._depth = 0

    def begins(self, at: int) -> bool:
        """Whether a hashtable stands at an offset."""
        return _OPENING.match(self._text, at) is not None

    def assign(self, name: str, at: int) -> int:
        """Take in the hashtable at ``at`` as a variable's value; return the offset after it."""
        table, after = self._table(at)
        self._known[variable_name(name)] = table
        return after

    def forget(self, name: str) -> None:
        """Note that a variable holds something else now."""
        self._known.pop(variable_name(name), None)

    def put(self, at: int) -> int:
        """Take in ``$name.key = value`` at ``at``; return the offset after it."""
        found = MEMBER.match(self._text, at)
        assert found is not None
        value, after = self._value(self._words.blanks(found.end()))
        self._known.setdefault(variable_name(found[1]), {})[found[2] or found[3] or found[4]] = value
        return after

    def json_at(self, at: int) -> tuple[list[Piece], int]:
        """Return the hashtable at ``at`` as JSON, and the offset after it."""
        table, after = self._table(at)
        return self._object(table, at), after

    def json_of(self, pieces: Sequence[Piece]) -> list[Piece] | None:
        """Return what a variable holds as JSON; ``None`` if that is no hashtable of this script."""
        if len(pieces) != 1 or not pieces[0].unknown:
            return None
        table = self._known.get(variable_name(pieces[0].variable))
        return [*self._glued(_joined(table), pieces[0])] if table else None

    # -- reading ----------------------------------------------------------------------------------------

    def _table(self, at: int) -> tuple[Table, int]:
        found = _OPENING.match(self._text, at)
        at = found.end() if found else at
        table: Table = {}
        while True:
            at = self._between(at, ";")
            if self._text[at : at + 1] in ("", "}"):
                return table, at + 1
            item, after = self._words.item(at, "", operand=True) if self._text[at] in "'\"" else (None, at)
            bare = _KEY.match(self._text, at)
            key = item.words[0].pattern if item is not None and item.words else bare[0] if bare else ""
            at = self._words.blanks(after if item is not None else bare.end() if bare else at + 1)
            if self._text[at : at + 1] == "=" and key:
                table[key], at = self._value(self._between(at + 1))

    def _between(self, at: int, signs: str = "") -> int:
        """Return where blanks, comments, ends of lines and ``signs`` end."""
        while True:
            at = self._words.blanks(at)
            found = COMMENT.match(self._text, at)
            if found is not None:
                at = found.end()
            elif self._text[at : at + 1] == "\n" or (signs and self._text[at : at + 1] in tuple(signs)):
                at += 1
            else:
                return at

    def _value(self, at: int) -> tuple[list[Piece], int]:
        """Return a value as JSON, and the offset after it."""
        cast = _CAST.match(self._text, at)
        at = cast.end() if cast else at
        literal = _LITERALS.match(self._text, at)
        number = _NUMBER.match(self._text, at)
        if literal is not None:
            first = self._words.script.cut(literal.start(), literal.end())[0]
            return [first._replace(text=literal[1].lower())], literal.end()
        if number is not None:
            return self._words.script.cut(number.start(), number.end()), number.end()
        self._depth += 1
        more = budget.within(budget.SCRIPT_NESTING, self._depth, self._words.script.span(at, at + 1))
        found: tuple[list[Piece], int] = ([], len(self._text))
        if more and at < len(self._text):
            table, listed = self.begins(at), self._text.startswith("@(", at)
            found = self.json_at(at) if table else self._list(at) if listed else self._plain(at)
        self._depth -= 1
        return found

    def _list(self, at: int) -> tuple[list[Piece], int]:
        start, at = at, at + 2
        values: list[list[Piece]] = []
        while True:
            at = self._between(at, ",;")
            if self._text[at : at + 1] in ("", ")"):
                return [*self._glued(_listed(values), self._place(start))], at + 1
            if self.begins(at) or self._text.startswith("@(", at):
                value, after = self._value(at)
                values.append(value)
            else:
                texts, after = self._texts(at, ")")
                values += texts
            at = max(after, at + 1)

    def _plain(self, at: int) -> tuple[list[Piece], int]:
        """Read strings, variables, and lists that only commas make."""
        texts, after = self._texts(at, "}")
        if len(texts) == 1:
            return texts[0], max(after, at + 1)
        return [*self._glued(_listed(texts), self._place(at))], max(after, at + 1)

    def _texts(self, at: int, end: str) -> tuple[list[list[Piece]], int]:
        item, after = self._words.values(at, end)
        return [[*self._glued(_quoted(each.pieces), self._place(at))] for each in item.words], after

    def _object(self, table: Table, at: int) -> list[Piece]:
        return [*self._glued(_joined(table), self._place(at))]

    def _place(self, at: int) -> Piece:
        return self._words.script.cut(at, at + 1)[0]

    @staticmethod
    def _glued(parts: Iterator[str | Piece], at: Piece) -> Iterator[Piece]:
        """Yield pieces with the signs between them, which nobody wrote there."""
        last = at
        for part in parts:
            if isinstance(part, str):
                yield Piece(part, last.place, last.start, last.start)
            else:
                yield part
                last = part


def _joined(table: Table) -> Iterator[str | Piece]:
    yield "{"
    for index, (key, value) in enumerate(table.items()):
        yield f'{", " if index else ""}"{key}": '
        yield from value
    yield "}"


def _listed(values: Sequence[Sequence[Piece]]) -> Iterator[str | Piece]:
    yield "["
    for index, value in enumerate(values):
        if index:
            yield ", "
        yield from value
    yield "]"


def _quoted(pieces: Sequence[Piece]) -> Iterator[str | Piece]:
    """Yield a string's pieces in JSON's quotes."""
    yield '"'
    for piece in pieces:
        yield piece if piece.unknown else piece._replace(text=json.dumps(piece.text, ensure_ascii=False)[1:-1])
    yield '"'

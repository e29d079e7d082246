"""Words of PowerShell: quoting, here-strings, variables, arrays and what is put together from them.

Source: Microsoft's ``about_Quoting_Rules``, ``about_Parsing``, ``about_Arrays`` and ``about_Splatting``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dindguard import budget
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.scripts.command import USED
from dindguard.scripts.shell.expansion import used
from dindguard.scripts.shell.pieces import Piece, Script, Word, unknown_piece, word
from dindguard.scripts.shell.variables import Scopes, Variable
from dindguard.source import Step

BLANK = regex(r"(?:[ \t\r\f\v\ufeff]|`\r?\n|<#(?:[^#]|#(?!>))*+(?:#>|\Z))+")
COMMENT = regex(r"#[^\n]*")
ASSIGNMENT = regex(
    r"(?:\[[^\]\n]{0,200}+\]++[ \t]*+){0,8}+\$(?:\{([^}\n]{1,200}+)\}|((?:env|global|script|local|private|using):\w+|\w+))"
    r"[ \t]*(\+?=)(?!=)",
    re.IGNORECASE,
)
_BARE = regex(r"[^\s`'\"$|;&(){}]+")
_HERE = regex(r"@(['\"])[ \t]*\r?\n")
_VARIABLE = regex(r"\$(?:\{([^}\n]+)\}|((?:env|global|script|local|private|using):\w+|\w+|[?^$]))", re.IGNORECASE)
_CAST = regex(r"\[[\w.]+(?:\[\])?\][ \t]*(?=[$'\"@(])")
_MEMBER = regex(r"(?:\.\w+|\[[^\]\n]*\]|::\w+)+")
_SCOPE = regex(r"(?:global|script|local|private|using):", re.IGNORECASE)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CLOSERS = "|;&)}\n"


class Item(NamedTuple):
    """One expression or argument: the words that it gives; ``bare`` when it was typed without quotes."""

    words: tuple[Word, ...]
    bare: bool = False


def variable_name(name: str) -> str:
    """Return a variable's name as scopes hold it: PowerShell's names know no case, the environment's are told apart."""
    name = _SCOPE.sub("", name)
    lowered = name.lower()
    return name[4:].upper() if lowered.startswith("env:") else f"${lowered}"


class WordReader:
    """Reads words of one script; ``inner`` reads the commands between parentheses."""

    def __init__(self, script: Script, scopes: Scopes, inner: Callable[[int, str], int]) -> None:
        self.script = script
        self.text = script.text
        self._scopes = scopes
        self._inner = inner
        self._depth = 0

    def blanks(self, at: int) -> int:
        """Return where the blanks and comments in a line end; a backtick continues the line."""
        found = BLANK.match(self.text, at)
        return found.end() if found else at

    def item(self, at: int, end: str = "", *, operand: bool = False) -> tuple[Item, int]:
        """Read one argument at ``at``, and what stands after it; ``end`` closes what it is in.

        As the ``operand`` of an expression a string or a variable ends where it does; as an argument, what touches it
        belongs to it.
        """
        cast = _CAST.match(self.text, at)
        at = cast.end() if cast else at
        text = self.text
        here = _HERE.match(text, at)
        if here:
            return self._here(here)
        if text.startswith("@(", at):
            return self._nested(self._array, at + 2)
        if text.startswith("@", at) and text[at + 1 : at + 2].isidentifier():
            return self._splat(at)
        if text.startswith("(", at):
            item, after = self._nested(self._group, at)
            member = _MEMBER.match(text, after)
            return (item, after) if member is None else self._undecided(at, member.end(), "(…)")
        return self._word(at, end, operand=operand)

    def values(self, at: int, end: str) -> tuple[Item, int]:
        """Read an expression: items joined by ``+``, or listed with commas."""
        first, at = self.item(at, end, operand=True)
        words = list(first.words)
        while True:
            after = self._skipped(at, end)
            sign = self.text[after : after + 1]
            if sign not in ("+", ",") or self.text.startswith("+=", after):
                return Item(tuple(words)), at
            more, at = self.item(self._skipped(after + 1, end), end, operand=True)
            words = self._joined(words, more.words) if sign == "+" else [*words, *more.words]
            if not budget.within(budget.WORD_FIELDS, len(words), self.script.span(after, after + 1)):
                return Item(()), at

    def _skipped(self, at: int, end: str) -> int:
        at = self.blanks(at)
        while end == ")" and self.text.startswith(("\n", "#"), at):
            found = COMMENT.match(self.text, at)
            at = self.blanks(found.end() if found else at + 1)
        return at

    def _joined(self, left: list[Word], right: tuple[Word, ...]) -> list[Word]:
        """``"a" + "b"`` is one word; a list with something added is a longer list."""
        if len(left) != 1 or len(right) != 1:
            return [*left, *right]
        pieces = [*left[0].pieces, *right[0].pieces]
        return [word(pieces, left[0].span, quoted=True)]

    # -- lists ------------------------------------------------------------------------------------------

    def _array(self, at: int) -> tuple[Item, int]:
        words: list[Word] = []
        while at < len(self.text):
            at = self._skipped(at, ")")
            char = self.text[at : at + 1]
            if char in ("", ")"):
                break
            if char in ",;|&{}":
                at += 1
                continue
            item, after = self.values(at, ")")
            at = max(after, at + 1)
            words += item.words
        return Item(tuple(words)), at + 1

    def _splat(self, at: int) -> tuple[Item, int]:
        found = _VARIABLE.match(f"${self.text[at + 1 : at + 100]}")
        name = found[2] if found and found[2] else ""
        end = at + 1 + len(name)
        variable = self._scopes.use(variable_name(name))
        return Item(self._elements(variable, at, end, name)), end

    def _elements(self, variable: Variable | None, start: int, end: int, name: str) -> tuple[Word, ...]:
        span = self.script.span(start, end)
        if variable is None or variable.fields is None:
            return (word([self._unknown(start, end, name, many=True)], span, raw=self.text[start:end]),)
        step = Step(USED, span)
        fields = ([used(piece, step, name, many=False) for piece in field] for field in variable.fields)
        return tuple(word(field, field[0].span if field else span, quoted=True) for field in fields)

    def _nested(self, read: Callable[[int], tuple[Item, int]], at: int) -> tuple[Item, int]:
        """Read what stands between parentheses; what nests too deep is not read."""
        self._depth += 1
        if budget.within(budget.SCRIPT_NESTING, self._depth, self.script.span(max(at - 1, 0), max(at, 1))):
            found = read(at)
        else:
            found = self._undecided(max(at - 1, 0), len(self.text), "(…)")
        self._depth -= 1
        return found

    def _group(self, at: int) -> tuple[Item, int]:
        """``(…)``: an expression gives a value; of commands nobody knows what they print."""
        inside = self._skipped(at + 1, ")")
        begins = self.text[inside : inside + 1] in ("'", '"', "@", "$") and not self.text.startswith("$(", inside)
        if begins and ASSIGNMENT.match(self.text, inside) is None:
            item, inside = self.values(inside, ")")
            inside = self._skipped(inside, ")")
            if self.text.startswith(")", inside):
                return item, inside + 1
        return self._undecided(at, self._inner(inside, ")"), "(…)")

    def _undecided(self, start: int, end: int, name: str) -> tuple[Item, int]:
        return Item((word([self._unknown(start, end, name)], self.script.span(start, end)),)), end

    # -- words ------------------------------------------------------------------------------------------

    def _here(self, opening: re.Match[str]) -> tuple[Item, int]:
        start = opening.end()
        quote = opening[1]
        close = self.text.find(f"\n{quote}@", start - 1)
        close = len(self.text) if close < 0 else close
        stop = close - 1 if self.text[close - 1 : close] == "\r" else close
        pieces = self._double(start, stop) if quote == '"' else self.script.cut(start, max(stop, start))
        span = self.script.span(start, max(stop, start + 1))
        return Item((word(pieces, span, quoted=True),)), min(close + 3, len(self.text))

    def _word(self, at: int, end: str, *, operand: bool) -> tuple[Item, int]:
        text, start = self.text, at
        pieces: list[Piece] = []
        elements: tuple[Word, ...] | None = None
        bare, quoted = True, False
        while at < len(text):
            char = text[at]
            if operand and pieces and text[start] in "'\"$":
                break
            if char in "'\"":
                bare, quoted = False, True
                inner, at = self._quoted(at)
                pieces += inner
            elif char == "$":
                before = at
                inner, at, variable, name = self._dollar(at)
                elements = self._elements(variable, before, at, name) if variable and variable.array else None
                bare = bare and before > start
                pieces += inner
            elif char == "`" and at + 1 < len(text) and text[at + 1] not in "\r\n":
                pieces += self._escaped(at)
                at += 2
            elif char == "{" and at > start:
                pieces += self.script.cut(at, at + 1)
                at += 1
            elif char in _CLOSERS or char.isspace() or char in "(`{" or (char == "," and at > start and not bare):
                break
            else:
                found = _BARE.match(text, at)
                stop = found.end() if found else at + 1
                stop = _listed(text, at, stop, end)
                if stop == at:
                    break
                pieces += self.script.cut(at, stop)
                at = stop
        at = max(at, start + 1)
        if elements is not None and len(pieces) == 0:
            return Item(elements), at
        span = self.script.span(start, at)
        return Item((word(pieces, span, raw=text[start:at], quoted=quoted),), bare), at

    def _quoted(self, at: int) -> tuple[list[Piece], int]:
        """Read ``'…'`` or ``"…"``; a doubled quote is one."""
        quote, start = self.text[at], at + 1
        pieces: list[Piece] = []
        end = start
        while end < len(self.text):
            char = self.text[end]
            if char == "`" and quote == '"':
                end += 2
            elif char == quote and self.text.startswith(quote, end + 1):
                pieces += self._text(start, end + 1, quote)
                start = end = end + 2
            elif char == quote:
                break
            elif quote == '"' and self.text.startswith("$(", end):
                end = _balanced(self.text, end + 2)
            else:
                end += 1
        end = min(end, len(self.text))
        return [*pieces, *self._text(start, end, quote)], min(end + 1, len(self.text))

    def _text(self, start: int, end: int, quote: str) -> list[Piece]:
        return self._double(start, end) if quote == '"' else self.script.cut(start, end)

    def _double(self, start: int, end: int) -> list[Piece]:
        """Return the inside of double quotes: variables count, and the backtick escapes."""
        pieces: list[Piece] = []
        at = start
        while at < end:
            char = self.text[at]
            if char not in "$`":
                at += 1
                continue
            pieces += self.script.cut(start, at)
            if char == "`":
                pieces += self._escaped(at)
                at += 2
            else:
                inner, at, variable, _ = self._dollar(at, inside=True)
                pieces += inner if not (variable and variable.array) else []
            start = at
        return [*pieces, *self.script.cut(start, end)] if start < end else pieces

    def _escaped(self, at: int) -> list[Piece]:
        pieces = self.script.cut(at, at + 2)
        char = self.text[at + 1 : at + 2]
        return [pieces[0]._replace(text=_ESCAPES.get(char, char), end=pieces[-1].end)] if pieces and char else []

    def _dollar(self, at: int, *, inside: bool = False) -> tuple[list[Piece], int, Variable | None, str]:
        """Read ``$name``, ``${name}``, ``$env:NAME`` or ``$(…)``: pieces, end, and the variable when it is an array."""
        if self.text.startswith("$(", at):
            item, end = self._nested(self._group, at + 1)
            pieces = [piece for each in item.words[:1] for piece in each.pieces]
            return pieces if len(item.words) == 1 else [self._unknown(at, end, "$(…)")], end, None, ""
        found = _VARIABLE.match(self.text, at)
        if found is None:
            return self.script.cut(at, at + 1), at + 1, None, ""
        name = found[1] or found[2]
        end = found.end()
        member = None if inside else _MEMBER.match(self.text, end)
        if member is not None:
            end = self._inner(member.end() + 1, ")") if self.text.startswith("(", member.end()) else member.end()
            return [self._unknown(at, end, self.text[at + 1 : member.end()])], end, None, name
        variable = self._scopes.use(variable_name(name))
        if variable is None or variable.fields is None:
            return [self._unknown(at, end, name)], end, None, name
        if variable.array and not inside:
            return [], end, variable, name
        step = Step(USED, self.script.span(at, end))
        return [used(piece, step, name, many=False) for piece in variable.scalar], end, variable, name

    def _unknown(self, start: int, end: int, name: str, *, many: bool = False) -> Piece:
        pieces = self.script.cut(start, max(end, start + 1))
        first, last = pieces[0], pieces[-1]
        stop = last.end if last.place is first.place else first.end
        return unknown_piece(first.place, first.start, stop, name, many=many)


def _listed(text: str, start: int, stop: int, end: str) -> int:
    """Return where a bare word ends: in a list at a comma, elsewhere only at one that a blank follows."""
    comma = text.find(",", start, stop)
    while comma >= 0:
        following = text[comma + 1 : comma + 2]
        if end == ")" or following.isspace() or following in ("", "'", '"', "$", "`"):
            return comma
        comma = text.find(",", comma + 1, stop)
    return stop


def _balanced(text: str, at: int) -> int:
    """Return the offset after the parenthesis that closes the one before ``at``."""
    level = 1
    while at < len(text) and level:
        level += (text[at] == "(") - (text[at] == ")")
        at += 1
    return at

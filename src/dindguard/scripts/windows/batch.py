"""Batch files: logical lines, variables between percent signs, and the programs that they start.

Source: Microsoft's command reference (``set``, ``call``, ``start``, ``if``, ``for``): a caret continues a line and takes a
character as it is, double quotes keep blanks together, and every variable is in the environment of what is started.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.patterns import regex
from dindguard.scripts.command import USED, Export, base_name
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.expansion import used
from dindguard.scripts.shell.interpreter import start_words
from dindguard.scripts.shell.pieces import Piece, Script, Word, joined_span, unknown_piece, word
from dindguard.scripts.shell.variables import UNDECIDED, Scopes, Variable, scalar
from dindguard.scripts.windows.cmdlets import inner_command, line_words, written
from dindguard.scripts.windows.shells import Shell, Shells
from dindguard.source import Span, Step
from dindguard.vocabulary import POWERSHELLS

_BLANK = regex(r"(?:[ \t\r\f\v\ufeff]|\^\r?\n)+")
_ASIDE = regex(r"@?[ \t]*(?:rem(?![^\s\"])|::|:\w)[^\n]*", re.IGNORECASE)
_REDIRECT = regex(r"\d?(?:>>|>|<)[ \t]*(&\d)?")
_PLAIN = regex(r"[^\s^\"%!&|()<>]+")
_PERCENT = regex(r"%%~?\w+|%~\w*\d|%[\d*]|%([^%\n:=]+)(?::[^%\n]*)?%")
_DELAYED = regex(r"!(\w+)(?::[^!\n]*)?!")
_SET = regex(r"set[ \t]+(?P<quote>\"?)(?P<name>[^\s=\"/][^=\"\n&|]*+)=", re.IGNORECASE)
_NO_BLANK = regex(r"\S+")
_ECHO = regex(r"echo[. \t]", re.IGNORECASE)
_INTO = regex(r"(?<![>\d])>[ \t]*(?=[^>&\s])")
_TEST = frozenset({"equ", "neq", "lss", "leq", "gtr", "geq", "=="})
_ONE = frozenset({"exist", "defined", "errorlevel", "cmdextversion"})


class Batch:
    """Reads one batch file, or a line for ``cmd /c``."""

    def __init__(self, script: Script, collected: Collected, scopes: Scopes, shells: Shells) -> None:
        self._script = script
        self._text = script.text
        self._out = collected
        self._scopes = scopes
        self._shells = shells
        self._open = 0

    def run(self) -> None:
        """Read the whole text."""
        at = 0
        while at < len(self._text):
            at = self._blanks(at)
            char = self._text[at : at + 1]
            if char == "(":
                self._open += 1
                self._scopes.push()
                at += 1
            elif char == ")":
                self._close()
                at += 1
            elif char in "\n&|@" or not char:
                at += 1
            else:
                at = max(self._command(at), at + 1)
        while self._open:
            self._close()

    def _close(self) -> None:
        if self._open:
            self._open -= 1
            self._scopes.merge([self._scopes.pop()], exhaustive=False)

    def _blanks(self, at: int) -> int:
        found = _BLANK.match(self._text, at)
        return found.end() if found else at

    # -- commands ---------------------------------------------------------------------------------------

    def _command(self, at: int) -> int:
        """Read one command; return where it ends."""
        aside = _ASIDE.match(self._text, at)
        if aside is not None:
            return aside.end()
        echo = _ECHO.match(self._text, at)
        if echo is not None:
            return self._echo(echo.end())
        assignment = _SET.match(self._text, at)
        if assignment is not None:
            return self._set(assignment)
        words, end = self._words(at)
        if words and words[0].pattern.lower() in ("if", "for", "else", "do"):
            words = _after_control(words)
        if words:
            self._run(words)
        return end

    def _echo(self, at: int) -> int:
        """``echo`` prints what stands there, quotes and all, perhaps into a file."""
        end = self._end_of_line(at, quoted=False)
        redirect = _INTO.search(self._text, at, end)
        if redirect is not None:
            pieces = self._expanded(at, at + len(self._text[at : redirect.start()].rstrip()))
            embedded = written(self._word(redirect.end())[0], pieces)
            self._out.embedded += [embedded] if embedded is not None else []
        return end

    def _words(self, at: int) -> tuple[list[Word], int]:
        """Return the words of a command, and where it ends."""
        words: list[Word] = []
        control = False
        while True:
            at = self._blanks(at)
            char = self._text[at : at + 1]
            if char in "\n&|":
                return words, at
            control = control or (len(words) == 1 and words[0].pattern.lower() == "for")
            if char in "()" and not (control and words[-1].pattern.lower() != "do"):
                if char == "(" and words and words[0].pattern.lower() not in ("if", "else", "for"):
                    at += 1
                    continue
                return words, at
            redirect = _REDIRECT.match(self._text, at)
            if redirect is not None:
                at = redirect.end()
                if redirect[1] is None:
                    _, at = self._word(at)
                continue
            if char in "()":
                at += 1
                continue
            each, after = self._word(at)
            words += _split(each, self._script.span(at, after))
            at = max(after, at + 1)
            if control and len(words) > 1 and each.pattern.lower() == "do":
                return words, at

    def _word(self, at: int) -> tuple[Word, int]:
        start, quoted = at, False
        pieces: list[Piece] = []
        text = self._text
        while at < len(text):
            char = text[at]
            if char == '"':
                line = self._line_end(at)
                close = text.find('"', at + 1, line)
                close = close if close >= 0 else line
                pieces += self._expanded(at + 1, close)
                at, quoted = close + 1, True
            elif char == "^" and text[at + 1 : at + 2] not in ("", "\n", "\r"):
                pieces += self._script.cut(at + 1, at + 2)
                at += 2
            elif char in "%!":
                inner, at = self._variable(at)
                pieces += inner
            elif char.isspace() or char in "&|<>^" or (char in "()" and (self._open or at == start)):
                break
            else:
                found = _PLAIN.match(text, at)
                stop = found.end() if found else at + 1
                pieces += self._script.cut(at, stop)
                at = stop
        at = max(at, start + 1)
        span = self._script.span(start, min(at, len(text)) if start < len(text) else start)
        return word(pieces, span, raw=text[start:at], quoted=quoted), at

    def _expanded(self, start: int, end: int) -> list[Piece]:
        pieces: list[Piece] = []
        at = start
        while at < end:
            if self._text[at] not in "%!":
                at += 1
                continue
            pieces += self._script.cut(start, at)
            inner, at = self._variable(at)
            pieces += inner
            start = at
        return [*pieces, *self._script.cut(start, end)] if start < end else pieces

    def _variable(self, at: int) -> tuple[list[Piece], int]:
        """Read ``%NAME%``, ``!NAME!`` or a parameter; a sign that begins none stands for itself."""
        found = _PERCENT.match(self._text, at) or _DELAYED.match(self._text, at)
        if found is None:
            return self._script.cut(at, at + 1), at + 1
        name = found[1].upper() if found[1] else ""
        variable = self._scopes.use(name) if name and ":" not in found[0] else None
        step = Step(USED, self._script.span(found.start(), found.end()))
        if variable is not None and variable.fields is not None:
            return [used(piece, step, name, many=True) for piece in variable.scalar], found.end()
        place = self._script.cut(found.start(), found.end())
        piece = unknown_piece(place[0].place, place[0].start, place[-1].end, found[1] or found[0], many=True)
        return [piece], found.end()

    def _line_end(self, at: int) -> int:
        end = self._text.find("\n", at)
        return end if end >= 0 else len(self._text)

    # -- what they mean ---------------------------------------------------------------------------------

    def _set(self, found: re.Match[str]) -> int:
        """``set NAME=value``, and ``set "NAME=value"``, whose quotes are no part of it."""
        start = found.end()
        end = self._end_of_line(start, quoted=bool(found["quote"]))
        value = self._expanded(start, end)
        self._assign(found["name"].rstrip(), scalar(value), found.start(), end)
        return end + bool(found["quote"])

    def _end_of_line(self, at: int, *, quoted: bool) -> int:
        line = self._line_end(at)
        close = self._text.rfind('"', at, line) if quoted else -1
        if close >= 0:
            return close
        inside = False
        for index in range(at, line):
            char = self._text[index]
            inside = inside != (char == '"')
            if not inside and (char in "&|" or (char == ")" and self._open)) and self._text[index - 1] != "^":
                line = index
                break
        return at + len(self._text[at:line].rstrip())

    def _assign(self, name: str, value: Variable, start: int, end: int) -> None:
        name = name.upper()
        self._scopes.assign(name, value)
        span = self._script.span(start, max(end, start + 1))
        self._scopes.export(name, span)
        if value.fields is not None and value.scalar:
            self._out.exports.append(Export(name, word(value.scalar, joined_span(value.scalar)), span))

    def _run(self, words: Sequence[Word]) -> None:
        words = _started(words)
        if not words:
            return
        program = base_name(words[0].pattern).lower()
        if program == "setx" and len(words) > 2:
            self._assign(words[1].pattern, scalar(words[2].pieces), 0, 1)
        elif program == "set" and len(words) > 1:
            self._assign(words[-1].pattern.partition("=")[0], UNDECIDED, 0, 1)
        elif program in POWERSHELLS:
            self._shells.read(Shell.POWERSHELL, inner_command(words[1:]), self._out, self._scopes)
        else:
            start_words(words, self._out, self._scopes)


def _split(each: Word, span: Span) -> list[Word]:
    """Return the words that a word without quotes becomes: a variable may hold several, or none."""
    if each.quoted or not any(piece.trail for piece in each.pieces):
        return [each]
    script = Script(each.pieces)
    parts = [script.cut(*found.span()) for found in _NO_BLANK.finditer(script.text)]
    return [word(part, joined_span(part) if len(parts) > 1 else span) for part in parts]


def _after_control(words: list[Word]) -> list[Word]:
    """Return the command after the condition of an ``if``, or the list of a ``for``."""
    first = words[0].pattern.lower()
    if first in ("else", "do"):
        return _nested(words[1:])
    if first == "for":
        return []
    at = 1
    while at < len(words) and words[at].pattern.lower() in ("/i", "not"):
        at += 1
    if at < len(words) and words[at].pattern.lower() in _ONE:
        at += 2
    elif at + 1 < len(words) and words[at + 1].pattern.lower() in _TEST:
        at += 3
    else:
        at += 1
    return _nested(words[at:])


def _nested(words: list[Word]) -> list[Word]:
    return _after_control(words) if words and words[0].pattern.lower() in ("if", "for") else words


def _started(words: Sequence[Word]) -> Sequence[Word]:
    """Take off ``call``, ``start`` with its title and switches, and ``cmd /c``."""
    while words:
        program = base_name(words[0].pattern).lower()
        rest = list(words[1:])
        if program == "start":
            if rest and rest[0].quoted:
                rest = rest[1:]
            while rest and rest[0].pattern.startswith("/"):
                rest = rest[1:]
        elif program == "cmd":
            switches = [index for index, each in enumerate(rest) if each.pattern.lower() in ("/c", "/k")]
            rest = rest[switches[0] + 1 :] if switches else []
            rest = line_words(rest[0]) if len(rest) == 1 and rest[0].quoted else rest
        elif program != "call":
            return words
        words = rest
    return words

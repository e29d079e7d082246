"""Simple commands: words, redirections, heredocs and arrays."""

from __future__ import annotations

import re
from abc import abstractmethod

from dindguard.patterns import regex
from dindguard.scripts.shell.lexer import Lexer
from dindguard.scripts.shell.syntax import Function, Kind, Node, Part, RawRedirect, RawWord, Simple

BLANK = regex(r"(?:[ \t\r\f\v]|\\\r?\n)+")
BLANKS = frozenset(" \t\r\f\v\\")
"""What a blank begins with."""
_FUNCTION = regex(r"[ \t]*\([ \t]*\)")
_ARRAY = regex(r"(?<!\w)[A-Za-z_]\w*+\+?=\Z")
_REDIRECT = regex(r"(?:\d{1,3}|\{\w+\})?(<<<|<<-|<<|<&|<>|<(?!\()|&>>|&>|>>|>&|>\||>(?!\())")
_REDIRECTS = frozenset("0123456789{<>&")
"""What a redirection begins with."""
_COMMENT = regex(r"#[^\n]*")


class CommandReader(Lexer):
    """Reads simple commands; what may surround them is the parser's."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._pending: list[RawRedirect] = []

    @abstractmethod
    def _function_body(self, name: str) -> Function:
        """Read the body of a function whose name and parentheses were read."""

    def _blanks(self) -> None:
        text, pos = self.text, self.pos
        if text[pos : pos + 1] not in BLANKS or pos >= self.limit:
            return
        if text[pos] == " " and text[pos + 1 : pos + 2] not in BLANKS:  # between most words
            self.pos = pos + 1
        elif blank := BLANK.match(text, pos, self.limit):
            self.pos = blank.end()

    def _comment(self) -> None:
        found = _COMMENT.match(self.text, self.pos, self.limit)
        self.pos = found.end() if found else self.limit

    def _newline(self) -> None:
        """Step over a line break, and over the bodies of heredocs that wait for it."""
        self.pos += 1
        pending, self._pending = self._pending, []
        for redirect in pending:
            self._heredoc(redirect)

    def _heredoc(self, redirect: RawRedirect) -> None:
        """Read the lines up to the delimiter; without one, all of the text, as a shell does."""
        delimiter = "".join(self.text[part.start : part.end] for part in redirect.target.parts)
        expand = not any(part.quoted for part in redirect.target.parts)
        strip = redirect.operator == "<<-"
        indent = "[ \t]*" if strip else ""
        end = re.compile(rf"^{indent}{re.escape(delimiter)}[ \t\r]*$", re.MULTILINE)
        found = end.search(self.text, self.pos, self.limit)
        start, stop = self.pos, found.start() if found else self.limit
        parts: list[Part] = []
        for low, high in _lines(self.text, start, stop) if strip else ((start, stop),):
            parts += self.heredoc_parts(low, high) if expand else [Part(Kind.LITERAL, low, high, quoted=True)]
        redirect.body = RawWord(start, stop, parts)
        self.pos = min(found.end() + 1, self.limit) if found else self.limit

    def _simple(self) -> Node | None:
        text = self.text
        simple = Simple(self.pos)
        while True:
            self._blanks()
            if self.pos >= self.limit:
                break
            char = text[self.pos]
            redirect = _REDIRECT.match(text, self.pos, self.limit) if char in _REDIRECTS else None
            if redirect:
                self.pos = redirect.end()
                simple.redirects.append(self._redirect(redirect.group(1)))
                simple.end = self.pos
                continue
            if char in "\n;&|)(#" or (char in "<>" and not text.startswith("(", self.pos + 1)):
                break
            word = self.word()
            if self.pos == word.start:
                break
            if not simple.words and self._opens_function(word):
                self.pos = text.index(")", self.pos) + 1
                return self._function_body(text[word.start : word.end])
            if text.startswith("(", self.pos) and _ARRAY.search(text[word.start : self.pos]):
                word.items = self._array()
                word.end = self.pos
            simple.words.append(word)
            simple.end = self.pos
        if text.startswith("#", self.pos) and self.pos < self.limit:
            self._comment()
        return simple if simple.words or simple.redirects else None

    def _opens_function(self, word: RawWord) -> bool:
        """Whether parentheses behind a command's first word make it a function's name."""
        return (
            self.text.startswith(("(", " ", "\t"), self.pos)
            and _FUNCTION.match(self.text, self.pos, self.limit) is not None
            and all(part.kind is Kind.LITERAL and not part.quoted for part in word.parts)
            and "=" not in (self.text[word.start : word.end])
        )

    def _array(self) -> list[RawWord]:
        """Read the words of ``( … )`` after ``NAME=``."""
        self.pos += 1
        words: list[RawWord] = []
        while self.pos < self.limit:
            self._blanks()
            if self.pos >= self.limit:
                break
            char = self.text[self.pos]
            if char == ")":
                self.pos += 1
                break
            if char == "\n":
                self._newline()
            elif char == "#":
                self._comment()
            else:
                word = self.word()
                if self.pos == word.start:
                    self.pos += 1
                else:
                    words.append(word)
        return words

    def _redirect(self, operator: str) -> RawRedirect:
        self._blanks()
        redirect = RawRedirect(operator, self.word())
        if operator in {"<<", "<<-"}:
            self._pending.append(redirect)
        return redirect

    def _redirects(self, found: list[RawRedirect]) -> None:
        while True:
            self._blanks()
            match = _REDIRECT.match(self.text, self.pos, self.limit)
            if match is None:
                return
            self.pos = match.end()
            found.append(self._redirect(match.group(1)))


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the extents of the lines in ``[start, end)`` without their leading tabs."""
    found = []
    while start < end:
        stop = text.find("\n", start, end) + 1 or end
        while start < stop and text[start] == "\t":
            start += 1
        if start < stop:
            found.append((start, stop))
        start = stop
    return found

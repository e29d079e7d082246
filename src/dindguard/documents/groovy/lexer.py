"""Tokens of a Groovy text, or of a Kotlin one, whose strings differ. Offsets are 0-based, ends exclusive.

Sources: the Groovy 4 language documentation, "Syntax" (strings, comments, when a slash opens a string); the Kotlin language
documentation, "Strings" (what stands between three quotation marks is raw).
"""

from __future__ import annotations

import re

from dindguard import budget
from dindguard.documents.faults import TooDeepError, UnreadableError
from dindguard.documents.tokens import Kind, Token, plain_token
from dindguard.patterns import regex
from dindguard.source import Segment

_BLANK = regex(r"(?:[ \t\f\r\ufeff]++|\\\r?\n|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)++")
_NAME = regex(r"[^\W\d][\w$]*|\$\w[\w$]*")
_NUMBER = regex(r"\d[\w]*(?:\.\d\w*)?")
_SIGN = regex(r"->|\?\.|\*\.|\.\.|==~|=~|==|!=|<=|>=|&&|\|\||\+=|-=|<<|\?:|.", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "s": " ", "\n": ""}
_PATH = regex(r"\$([^\W\d]\w*(?:\.[^\W\d]\w*)*)")
_BEFORE_SLASHY = frozenset(
    {
        "(", ",", "=", "[", "!", "~", "?", ":", "{", ";", "&", "|", "<", ">", "+", "&&", "||", "==", "!=", "=~", "==~",
        "+=", "<<", "?:", "->",
    }
)  # fmt: skip
_WORDS_BEFORE_SLASHY = frozenset({"return", "in", "case", "assert"})
_QUOTES = ("'''", '"""', "$/", "'", '"')
_KOTLIN_QUOTES = ('"""', "'", '"')
_KOTLIN_NAME = regex(r"\$([^\W\d]\w*)")
_DOLLARS = frozenset({"'$'", '"$"'})
"""Expressions that Kotlin's raw strings, in which nothing is escaped, write a dollar with."""


def tokens(text: str, *, kotlin: bool = False) -> list[Token]:
    """Return the tokens of a text, the last one an ``END``. Raises :class:`UnreadableError` for an open string."""
    found: list[Token] = []
    at = text.index("\n") if text.startswith("#!") and "\n" in text else 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            found.append(Token(Kind.END, "", len(text), len(text)))
            return found
        token = _token(text, at, found[-1] if found else None, kotlin=kotlin)
        found.append(token)
        at = token.end


def _token(text: str, at: int, before: Token | None, *, kotlin: bool) -> Token:
    if text[at] == "\n":
        return Token(Kind.LINE, "\n", at, at + 1)
    quote = next((quote for quote in (_KOTLIN_QUOTES if kotlin else _QUOTES) if text.startswith(quote, at)), "")
    if not quote and text[at] == "/" and not kotlin and _opens_string(before):
        quote = "/"
    if quote:
        return _String(text, at, quote, kotlin=kotlin).read()
    return plain_token(text, at, _NAME, _NUMBER, _SIGN)


def _opens_string(before: Token | None) -> bool:
    """Whether a slash after ``before`` begins a string; after a value, it divides."""
    if before is None or before.kind is Kind.LINE:
        return before is None
    if before.kind is Kind.NAME:
        return before.text in _WORDS_BEFORE_SLASHY
    return before.kind is Kind.SIGN and before.text in _BEFORE_SLASHY


class _String:
    """Reads one string literal, and keeps where its characters and expressions are written."""

    def __init__(self, text: str, start: int, quote: str, depth: int = 0, *, kotlin: bool) -> None:
        if depth > budget.GROOVY_NESTING.most:
            raise TooDeepError("strings in strings nest too deeply", start)
        self._depth = depth
        self._text = text
        self._start = start
        self._quote = quote
        self._closing = "/$" if quote == "$/" else quote
        self._interpolates = "'" not in quote
        self._kotlin = kotlin
        self._value: list[str] = []
        self._length = 0
        self._plain = start + len(quote)
        """Where the characters begin that stand for themselves and are in no segment yet."""
        self._segments: list[Segment] = []
        self._holes: list[tuple[int, int, str]] = []

    def read(self) -> Token:
        text, at = self._text, self._plain
        stop = regex_of(self._quote, raw=self._kotlin)
        while True:
            match = stop.search(text, at)
            if match is None:
                raise UnreadableError("this string has no end", self._start)
            sign = match.group()
            if sign == self._closing:
                self._keep(match.start())
                return self._token(match.end())
            if sign == "\n":
                raise UnreadableError("this string has no end", self._start)
            at = self._special(match.start(), sign)

    def _token(self, end: int) -> Token:
        return Token(
            Kind.STRING,
            "".join(self._value),
            self._start,
            end,
            tuple(self._holes),
            tuple(self._segments),
            self._quote,
        )

    def _special(self, at: int, sign: str) -> int:
        """Read an escape or an expression, and return where it ends."""
        if sign.startswith("$") and not sign[1:]:
            return self._expression(at) if self._interpolates else at + 1
        if self._quote == "$/":
            return self._escape(sign[1:], at, at + 2)
        if self._quote == "/":
            return self._escape("/", at, at + 2) if self._text.startswith("\\/", at) else at + 1
        following = self._text[at + 1 : at + 2]
        if following == "u" and re.match(r"[0-9A-Fa-f]{4}", self._text[at + 2 : at + 6]):
            return self._escape(chr(int(self._text[at + 2 : at + 6], 16)), at, at + 6)
        return self._escape(_ESCAPES.get(following, following), at, at + 2)

    def _expression(self, at: int) -> int:
        """Note an expression, which stays in the text, and return where it ends."""
        if self._text.startswith("{", at + 1):
            end = expression_end(self._text, at + 2, self._depth + 1, kotlin=self._kotlin)
            inner = self._text[at + 2 : end - 1].strip()
            if inner in _DOLLARS:
                return self._escape("$", at, end)
        else:
            match = (_KOTLIN_NAME if self._kotlin else _PATH).match(self._text, at)
            if match is None:
                return at + 1
            end, inner = match.end(), match.group(1)
        before = self._length - self._plain
        self._holes.append((before + at, before + end, inner))
        return end

    def _escape(self, value: str, start: int, end: int) -> int:
        """Add what ``[start, end)`` of the text stands for, and return its end."""
        self._keep(start)
        self._plain = end
        if value:
            self._segments.append(Segment(self._length, start, end - start if end - start == len(value) else 0))
            self._value.append(value)
            self._length += len(value)
        return end

    def _keep(self, end: int) -> None:
        """Add the characters up to ``end`` that stand for themselves."""
        if self._plain < end:
            self._segments.append(Segment(self._length, self._plain, end - self._plain))
            self._value.append(self._text[self._plain : end])
            self._length += end - self._plain


_STOPS = {
    "'": regex(r"['\n]|\\"),
    '"': regex(r'["\n$]|\\'),
    "'''": regex(r"'''|\\"),
    '"""': regex(r'"""|\$|\\'),
    "/": regex(r"/|\$|\\"),
    "$/": regex(r"/\$|\$[$/]|\$"),
}


_RAW = regex(r'"""(?!")|\$')


def regex_of(quote: str, *, raw: bool = False) -> re.Pattern[str]:
    """Return the pattern of what ends a run of plain characters in a string with this quote; of a long one that is ``raw``."""
    return _RAW if raw and quote == '"""' else _STOPS[quote]


_IN_EXPRESSION = regex(r"'''|\"\"\"|['\"{}]")


def expression_end(text: str, at: int, depth: int = 0, *, kotlin: bool = False) -> int:
    """Return where the ``${`` expression whose content begins at ``at`` ends, after its brace."""
    level, begin = 1, at - 2
    while level:
        match = _IN_EXPRESSION.search(text, at)
        if match is None:
            raise UnreadableError("this ${ has no end", begin)
        sign = match.group()
        if sign in ("{", "}"):
            level += 1 if sign == "{" else -1
            at = match.end()
        else:
            at = _String(text, match.start(), sign, depth, kotlin=kotlin).read().end
    return at

"""Tokens of an HCL text. Offsets are 0-based, ends exclusive.

Source: hashicorp/hcl, ``hclsyntax/spec.md`` (identifiers, comments, quoted templates, heredocs).
"""

from __future__ import annotations

import re

from dindguard import budget
from dindguard.documents.faults import TooDeepError, UnreadableError
from dindguard.documents.tokens import Kind, Token, plain_token
from dindguard.patterns import regex
from dindguard.source import Segment

_BLANK = regex(r"(?:[ \t\r\ufeff]++|#[^\n]*+|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)++")
_NAME = regex(r"[^\W\d][\w-]*")
_NUMBER = regex(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SIGN = regex(r"\.\.\.|=>|==|!=|<=|>=|&&|\|\||.", re.DOTALL)
_HEREDOC = regex(r"<<(-?)([^\W\d][\w-]*)\r?\n")
_QUOTED_STOP = regex(r'"|\n|\\|[$%]{2}\{|[$%]\{')
_HEREDOC_STOP = regex(r"[$%]{2}\{|[$%]\{")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_IN_TEMPLATE = regex(r'["{}]|\\"(?:[^"\\\n]|\\[^"\n])*\\"|#[^\n]*|//[^\n]*')


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text, the last one an ``END``. Raises :class:`UnreadableError` for an open string."""
    found: list[Token] = []
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            found.append(Token(Kind.END, "", len(text), len(text)))
            return found
        token = _token(text, at)
        found.append(token)
        at = token.end


def _token(text: str, at: int) -> Token:
    char = text[at]
    if char == "\n":
        return Token(Kind.LINE, "\n", at, at + 1)
    if char == '"':
        return quoted(text, at, 0)
    if char == "<" and (heredoc := _HEREDOC.match(text, at)):
        return _heredoc(text, at, heredoc)
    return plain_token(text, at, _NAME, _NUMBER, _SIGN)


class _Template:
    """The value of a string in the making."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.length = 0
        self.value: list[str] = []
        self.segments: list[Segment] = []
        self.holes: list[tuple[int, int, str]] = []

    def run(self, start: int, end: int) -> None:
        """Add characters that stand for themselves."""
        if start < end:
            self.add(self.text[start:end], start, end)

    def add(self, value: str, start: int, end: int) -> None:
        """Add ``value``, which ``[start, end)`` of the text stands for."""
        self.segments.append(Segment(self.length, start, end - start if end - start == len(value) else 0))
        self.value.append(value)
        self.length += len(value)

    def hole(self, start: int, depth: int) -> int:
        """Add the expression whose ``${`` or ``%{`` is at ``start``, and return where it ends."""
        end = template_end(self.text, start + 2, depth + 1)
        self.holes.append((self.length, self.length + end - start, self.text[start + 2 : end - 1].strip("~ \t\r\n")))
        self.run(start, end)
        return end

    def token(self, start: int, end: int) -> Token:
        """Return the string as a token."""
        return Token(Kind.STRING, "".join(self.value), start, end, tuple(self.holes), tuple(self.segments))


def quoted(text: str, start: int, depth: int) -> Token:
    """Return the quoted string that begins at ``start``."""
    if depth > budget.HCL_NESTING.most:
        raise TooDeepError("strings in strings nest too deeply", start)
    template, at = _Template(text), start + 1
    while True:
        match = _QUOTED_STOP.search(text, at)
        if match is None or match.group() == "\n":
            raise UnreadableError("this string has no end", start)
        template.run(at, match.start())
        sign, begin = match.group(), match.start()
        if sign == '"':
            return template.token(start, match.end())
        at = _escape(template, begin) if sign == "\\" else _dollar(template, sign, begin, depth)


def _dollar(template: _Template, sign: str, at: int, depth: int) -> int:
    if len(sign) == 3:  # ``$${`` stands for ``${``
        template.add(sign[1:], at, at + 3)
        return at + 3
    return template.hole(at, depth)


def _escape(template: _Template, at: int) -> int:
    text = template.text
    following = text[at + 1 : at + 2]
    digits = {"u": 4, "U": 8}.get(following, 0)
    word = text[at + 2 : at + 2 + digits]
    if digits and re.fullmatch(r"[0-9A-Fa-f]+", word) and len(word) == digits and int(word, 16) < 0x110000:
        template.add(chr(int(word, 16)), at, at + 2 + digits)
        return at + 2 + digits
    template.add(_ESCAPES.get(following, following), at, at + 2)
    return at + 2


def _heredoc(text: str, start: int, opening: re.Match[str]) -> Token:
    """Return a heredoc; ``<<-`` takes the smallest indentation off every line."""
    closing = re.compile(rf"^[ \t]*{re.escape(opening.group(2))}[ \t\r]*$", re.MULTILINE).search(text, opening.end())
    if closing is None:
        raise UnreadableError(f"this heredoc has no line '{opening.group(2)}' at its end", start)
    lines = _lines(text, opening.end(), closing.start())
    indent = 0
    if opening.group(1):
        widths = [len(text[a:b]) - len(text[a:b].lstrip(" \t")) for a, b in lines if text[a:b].strip()]
        indent = min(widths, default=0)
    template, at = _Template(text), 0
    for begin, end in lines:
        at = max(at, min(begin + indent, end))
        while at < end:
            match = _HEREDOC_STOP.search(text, at, end)
            template.run(at, match.start() if match else end)
            at = _dollar(template, match.group(), match.start(), 0) if match else end
    return template.token(start, closing.end())


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop + 1
        found.append((start, stop))
        start = stop
    return found


def template_end(text: str, at: int, depth: int) -> int:
    """Return where the ``${`` or ``%{`` whose content begins at ``at`` ends, after its brace.

    Terraform up to 0.11 let one escape the quotes of a string in there (``"${join(\\",\\", a)}"``); no later one does.
    """
    level, begin = 1, at - 2
    while level:
        match = _IN_TEMPLATE.search(text, at)
        if match is None:
            raise UnreadableError(f"this {text[begin : begin + 2]} has no end", begin)
        sign = match.group()
        at = quoted(text, match.start(), depth).end if sign == '"' else match.end()
        level += (sign == "{") - (sign == "}")
    return at

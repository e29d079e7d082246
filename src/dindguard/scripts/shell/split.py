"""Words of a command line that no shell reads: quotes count, variables and operators do not."""

from __future__ import annotations

import re

from dindguard.patterns import regex
from dindguard.scripts.shell.pieces import Piece, Script, Word, word

_TOKEN = regex(
    r"""(?P<blank>\s+)|"(?P<double>(?:[^"\\]|\\.)*)"?|'(?P<single>[^']*)'?|\\(?P<escape>.)|(?P<plain>[^\s"'\\]+|\\)""",
    re.DOTALL,
)
_ESCAPE = regex(r'\\([\\"$`])')


def split(script: Script) -> list[Word]:
    """Return the words of ``script``."""
    words: list[Word] = []
    pieces: list[Piece] = []
    start = -1
    quoted = False
    end = 0
    for token in _TOKEN.finditer(script.text):
        kind = token.lastgroup or ""
        if kind == "blank":
            if start >= 0:
                words.append(_word(script, pieces, start, token.start(), quoted=quoted))
            pieces, start, quoted = [], -1, False
            continue
        start = token.start() if start < 0 else start
        end = token.end()
        quoted = quoted or kind in ("single", "double")
        low, high = token.span(kind)
        pieces += _unescaped(script, low, high) if kind == "double" else script.cut(low, high)
    if start >= 0:
        words.append(_word(script, pieces, start, end, quoted=quoted))
    return words


def _word(script: Script, pieces: list[Piece], start: int, end: int, *, quoted: bool) -> Word:
    typed = script.text[start:end]
    plain = len(pieces) == 1 and pieces[0].text == typed
    return word(pieces, pieces[0].span if plain else script.span(start, end), raw=typed, quoted=quoted)


def _unescaped(script: Script, start: int, end: int) -> list[Piece]:
    """Return ``[start, end)`` without the backslashes that protect a character."""
    pieces: list[Piece] = []
    for match in _ESCAPE.finditer(script.text, start, end):
        pieces += script.cut(start, match.start())
        start = match.start(1)
    return pieces + script.cut(start, end)

"""The words of a Dockerfile instruction, split as BuildKit splits them.

Offsets are 0-based, in the text that was given. Nothing here raises for bad content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dindguard.documents.dockerfile.lexer import SPACE, Lexer, LexError, TooDeepError
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex

_BLANKS = regex(r"[\t\v\f\r ]+")
_ASCII_SPACE = "\t\n\v\f\r "
_STRING = regex(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_HEREDOC = regex(r"([0-9]*)<<(-?)([\t\n\f\r ]*)([^<]*)\Z")


class Piece(NamedTuple):
    """A word's text, and the range ``[start, end)`` it was written in."""

    text: str
    start: int
    end: int


class HeredocWord(NamedTuple):
    """What ``<<WORD`` says: ``expand`` unless it is quoted; ``spaced`` when blanks stand before the word."""

    delimiter: str
    expand: bool
    strip_tabs: bool
    spaced: bool


def _patterns(escape: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a word and of a flag. Only in flags can a single-quoted quote be escaped."""
    e = re.escape(escape)
    double = rf'"(?:[^"{e}]|{e}.)*+(?:"|{e}?\Z)'
    word = rf"(?:[^{SPACE}'\"{e}]|{e}.|'[^']*+(?:'|\Z)|{double}|{e}\Z)++"
    single = rf"'(?:[^'{e}]|{e}.)*+(?:'|{e}?\Z)"
    flag = rf"(?:[^\t-\r '\"{e}]|{e}.|{single}|{double}|{e}\Z)++"
    return regex(word, re.DOTALL), regex(flag, re.DOTALL)


_PATTERNS = {escape: _patterns(escape) for escape in ("\\", "`")}


def split_flags(text: str, start: int, escape: str) -> tuple[list[Piece], int]:
    """Return the ``--flag=value`` words from ``start`` on, unquoted, and where the arguments start."""
    pattern = _PATTERNS[escape][1]
    flags: list[Piece] = []
    at = start
    while True:
        at = _skip(text, at)
        if not text.startswith("--", at):
            return flags, at
        match = pattern.match(text, at)
        assert match is not None
        word = _unquoted(match[0], escape)
        at = match.end()
        if word == "--":
            return flags, _skip(text, at)
        flags.append(Piece(word, match.start(), at))


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _ASCII_SPACE:
        at += 1
    return at


def _unquoted(word: str, escape: str) -> str:
    if escape not in word and '"' not in word and "'" not in word:
        return word
    out: list[str] = []
    quote = ""
    chars = iter(word)
    for char in chars:
        if char == escape:
            out.append(next(chars, ""))
        elif char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        else:
            out.append(char)
    return "".join(out)


def quoted_words(text: str, escape: str) -> Iterator[Piece]:
    """Split as ENV, LABEL and ARG do: at white space outside quotes; quotes and escapes are kept."""
    for match in _PATTERNS[escape][0].finditer(text):
        word = match[0]
        if match.end() == len(text) and _ends_in_escape(word, escape):
            word = word[:-1]
        if word:
            yield Piece(word, match.start(), match.start() + len(word))


def _ends_in_escape(word: str, escape: str) -> bool:
    """Whether the last character is an escape character that escapes nothing."""
    if not word.endswith(escape):
        return False
    quote, index = "", 0
    while index < len(word):
        char = word[index]
        if char == escape and quote != "'":
            if index + 1 == len(word):
                return True
            index += 1
        elif char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        index += 1
    return False


def plain_words(text: str) -> Iterator[Piece]:
    """Split at blanks, as FROM, COPY, EXPOSE and VOLUME do: quotes mean nothing."""
    at = 0
    for match in _BLANKS.finditer(text):
        if match.start() > at:
            yield Piece(text[at : match.start()], at, match.start())
        at = match.end()
    if at < len(text):
        yield Piece(text[at:], at, len(text))


def legacy_pair(text: str) -> tuple[Piece, Piece] | None:
    """Split ``ENV NAME the rest``; ``None`` when there is no rest."""
    match = _BLANKS.search(text)
    if match is None:
        return None
    name = Piece(text[: match.start()], 0, match.start())
    return name, Piece(text[match.end() :], match.end(), len(text))


def string_array(text: str) -> list[Piece] | None:
    """Return the strings of a JSON array of strings (ranges with their quotes); ``None`` if it isn't one."""
    if not text.startswith("["):
        return None
    words: list[Piece] = []
    at = _json_space(text, 1)
    while not (text.startswith("]", at) and not words):
        match = _STRING.match(text, at)
        if match is None:
            return None
        words.append(Piece(_json_text(match[0]), at, match.end()))
        at = _json_space(text, match.end())
        if text.startswith(",", at):
            at = _json_space(text, at + 1)
        elif text.startswith("]", at):
            break
        else:
            return None
    return words if _json_space(text, at + 1) == len(text) else None


def _json_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _json_text(literal: str) -> str:
    if "\\" not in literal:
        return literal[1:-1]
    import json

    text: str = json.loads(literal)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_array_of_others(text: str) -> bool:
    """Whether ``text`` is a JSON array that holds something else than strings, which BuildKit refuses."""
    if not text.startswith("[") or string_array(text) is not None:
        return False
    import json

    try:
        json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return False
    return True


def _not_json(constant: str) -> None:
    raise ValueError(constant)


def heredoc_words(line: str) -> list[HeredocWord]:
    """Return the here-documents that an instruction's line opens, in order.

    BuildKit splits the line with ``\\`` as escape, whatever the ``escape`` directive says, and finds no
    here-document at all in a line that it can't split. Raises :class:`TooDeepError`.
    """
    try:
        _, words = Lexer(line, "\\", _keep, raw_quotes=True, raw_escapes=True).process()
    except TooDeepError:
        raise
    except LexError:
        return []
    return [found for word in words if (found := _heredoc_word(word)) is not None]


def is_heredoc_word(text: str) -> bool:
    """Whether ``text`` as a whole is one ``<<WORD``."""
    return _heredoc_word(text) is not None


def _keep(_name: str, _operator: str, _word: str) -> None:
    """Leave a variable as it was written."""


def _heredoc_word(word: str) -> HeredocWord | None:
    match = _HEREDOC.match(word)
    if match is None or not match[4]:
        return None
    try:
        _, words = Lexer(match[4], "\\", _keep).process()
        _, raw = Lexer(match[4], "\\", _keep, raw_quotes=True).process()
    except LexError:
        return None
    if len(words) != 1 or len(raw) != 1:
        return None
    expand = _quotes(words[0]) == _quotes(raw[0])
    return HeredocWord(words[0], expand, match[2] == "-", bool(match[3]))


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')

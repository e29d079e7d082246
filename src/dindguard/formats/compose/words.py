"""Commands written as one string, split as Compose splits them."""

from __future__ import annotations

from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex

_PLAIN = {"": regex(r"""[^\\'" \t\r\n;&|<>]+"""), "'": regex(r"[^']+"), '"': regex(r'[^\\"]+')}
"""What means only itself, by the quote around it."""


def shell_words(text: Text) -> list[tuple[Text, int, int]]:
    """Split a command as Compose does: at blanks, quotes kept together, ending at ``;``, ``&``, ``|``, ``<``, ``>``.

    Each word comes with where it starts and ends in ``text.pattern``, quotes included. Compose starts no shell
    for it, so what stands behind an operator never runs (mattn/go-shellwords).
    """
    value = text.pattern
    found: list[tuple[Text, int, int]] = []
    start = -1
    word: list[str] = []
    quote = ""
    index = 0
    while index < len(value):
        plain = _PLAIN[quote].match(value, index)
        if plain is not None:
            start = index if start < 0 else start
            word.append(plain[0])
            index = plain.end()
            continue
        char = value[index]
        if char == "\\" and quote != "'" and index + 1 < len(value):
            start = index if start < 0 else start
            word.append(value[index + 1])
            index += 2
            continue
        if quote:
            if char == quote:
                quote = ""
            else:
                word.append(char)
        elif char in "'\"":
            quote = char
            start = index if start < 0 else start
        elif char in " \t\r\n":
            if start >= 0:
                found.append((_word(text, "".join(word), start, index), start, index))
            start, word = -1, []
        elif char in ";&|<>":
            break
        else:
            start = index if start < 0 else start
            word.append(char)
        index += 1
    if start >= 0:
        found.append((_word(text, "".join(word), start, index), start, index))
    return found


def _word(text: Text, word: str, start: int, end: int) -> Text:
    part = text.part(start, end)
    if part.pattern == word:
        return part
    unknown = text.unknown and UNKNOWN_PIECE in word
    return Text(
        None if unknown else word, part.span, part.how, word if unknown else "",
        text.variable if unknown else "", part.raw,
    )  # fmt: skip

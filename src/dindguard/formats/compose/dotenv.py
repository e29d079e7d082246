"""``.env`` and ``env_file`` files: names to values that know their line.

The grammar is that of compose-go's ``dotenv`` package: ``export``, ``NAME=value`` and ``NAME: value``, single
quotes verbatim, double quotes with escapes, comments after a blank, ``${…}`` in all but single quotes.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping

from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.model.values import Text, unknown
from dindguard.patterns import regex
from dindguard.source import Source

_NAME = regex(r"(?:export[ \t\v\f\r]+)?([^=:\n#]*)([=:]?)[ \t\v\f\r]*")
_ESCAPE = regex(r"""\\(?:[abcfnrtv$"\\]|0\d{0,3})""")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


def read_variables(source: Source, outer: Mapping[str, Text] | None = None) -> dict[str, Text]:
    """Return the variables of a file by name, each with the span of its name and value.

    ``outer`` are variables that its values may use; they win over the file's own while it is read. A line
    that is none is passed over: Compose would refuse the file.
    """
    found: dict[str, Text] = {}
    scope = ComposeScope(ChainMap(dict(outer or {}), found))
    text = source.text
    at = 0
    while at < len(text):
        at = _next_statement(text, at)
        match = _NAME.match(text, at)
        assert match is not None  # every part of it may be empty
        name, start = match[1].rstrip(), match.start(1)
        if not match[2] and name and " " not in name:
            _inherit(found, outer, name, source, start)
        if not match[2] or not name or " " in name:
            at = _line_end(text, at) + 1
            continue
        raw, end, quote = _raw_value(text, match.end())
        value = Text(raw, source.span(start, end, name), raw=raw)
        found[name] = value if quote == "'" else scope.resolve(value)
        at = end if quote else _line_end(text, end)
    return found


def is_plain(text: str) -> bool:
    """Whether a file says the same to everybody: it names no variable of who reads it."""
    lines = (line.strip() for line in text.splitlines())
    return "$" not in text and all(
        "=" in line.partition("#")[0] or not line or line.startswith("#") for line in lines
    )


def _inherit(found: dict[str, Text], outer: Mapping[str, Text] | None, name: str, source: Source, start: int) -> None:
    """A bare name takes its value from the caller's environment, which the files do not know."""
    known = (outer or {}).get(name)
    found[name] = known if known is not None else unknown(source.span(start, start + len(name), name), name)


def _next_statement(text: str, at: int) -> int:
    while at < len(text):
        if text[at].isspace() or text[at] == "\ufeff":
            at += 1
        elif text[at] == "#":
            at = _line_end(text, at)
        else:
            break
    return at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _raw_value(text: str, at: int) -> tuple[str, int, str]:
    """Return a value before interpolation, where it ends, and its quote (``""`` without)."""
    quote = text[at : at + 1]
    if quote in ("'", '"') and (quoted := _quoted(text, at, quote)):
        value, end = quoted
        return (value if quote == "'" else _ESCAPE.sub(_unescape, value)), end, quote
    line = text[at : _line_end(text, at)].partition(" #")[0].rstrip()
    return line, at + len(line), ""


def _quoted(text: str, at: int, quote: str) -> tuple[str, int] | None:
    chars: list[str] = []
    index = at + 1
    while index < len(text):
        char = text[index]
        if char == quote:
            return "".join(chars), index + 1
        if char == "\\" and text[index + 1 : index + 2] == quote:
            char = quote
            index += 1
        elif char == "\\":
            char += text[index + 1 : index + 2]
            index += 1
        chars.append(char)
        index += 1
    return None


def _unescape(match: re.Match[str]) -> str:
    word = match.group()[1:]
    if word == "$":
        return "$$"  # the escape of the interpolation that follows
    if word.startswith("0"):
        return chr(int(word, 8) & 0xFF) if len(word) == 4 and word.strip("01234567") == "" else match.group()
    return _ESCAPES.get(word, match.group())

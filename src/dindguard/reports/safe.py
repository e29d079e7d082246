"""Text from files made harmless for the place where it is printed. No input may inject into a report.

Every function takes any string and returns one that is valid Unicode. Control, format and direction
characters never survive: they become visible stand-ins.
"""

from __future__ import annotations

import re

from dindguard.patterns import regex

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_LOG_COMMAND = regex(r"##(?=\[|vso\[|teamcity\[)")
"""How logs of Azure Pipelines, GitHub's older runners and TeamCity start a command, anywhere in a line."""

_WORKFLOW_COMMAND = regex(r"^([^\S\n]*+):(?=:[A-Za-z-]+(?: .*)?::)", re.MULTILINE)
"""How GitHub's runner starts a command, at the start of a line."""


def visible(text: str) -> str:
    """Return ``text`` with one printable character for each character: ``\\x1b`` becomes ``␛``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _stand_in(char) for char in text)


def _stand_in(char: str) -> str:
    code = ord(char)
    if char in "\u00a0\u3000\u2003\u2002\u2009\u202f":
        return " "
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else REPLACEMENT


def one_line(text: str) -> str:
    """Return ``text`` on one line, blanks joined, every character printable."""
    return visible(" ".join(text.split()))


def log(document: str) -> str:
    """Return a document in which no CI system finds a command for its log; no character more or less."""
    if "##" in document:
        document = _LOG_COMMAND.sub("#\N{MUSIC SHARP SIGN}", document)
    if "::" in document:
        document = _WORKFLOW_COMMAND.sub("\\1\N{RATIO}", document)
    return document


def log_markup(document: str) -> str:
    """Do the same for HTML and XML, where entities keep the meaning."""
    if "##" in document:
        document = _LOG_COMMAND.sub("#&#35;", document)
    return _WORKFLOW_COMMAND.sub(r"\1&#58;", document) if "::" in document else document


def json_text(document: str) -> str:
    """Return a JSON document, or whole strings of one, in which none starts a log command; it means the same."""
    return _LOG_COMMAND.sub(r"#\\u0023", document) if "##" in document else document


def valid(text: str) -> str:
    """Return ``text`` without lone surrogates, which strict readers of JSON and UTF-8 refuse."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(REPLACEMENT if 0xD800 <= ord(char) < 0xE000 else char for char in text)
    return text


def markup(text: str) -> str:
    """Return text for HTML and XML, content and quoted attributes alike."""
    text = "\n".join(visible(line) for line in text.split("\n"))
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(char, entity)
    return text


_MARKDOWN = regex(r"[\\`*_\[\]<>|~&$]|^[#+=-]|(?<=^\d)[.)]")
_MARKDOWN_LINKS = regex(r"@|#(?=\d)|://|\bwww(?=\.)")


def markdown(text: str) -> str:
    """Return text for the middle of a Markdown line: no markup, link, mention or issue reference comes of it."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", one_line(text))
    # An invisible character keeps hosts from linking what they think are addresses, people and issues.
    return _MARKDOWN_LINKS.sub(lambda found: f"{found[0][0]}\u200b{found[0][1:]}", escaped)


def code_span(text: str) -> str:
    """Return text as a Markdown code span."""
    text = one_line(text)
    ticks = "`" * (_longest_run(text, "`") + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return log(f"{ticks}{pad}{text}{pad}{ticks}")


def fenced(lines: list[str], language: str = "") -> str:
    """Return lines as a Markdown code block, fenced by more backticks than they hold."""
    body = "\n".join(visible(line) for line in lines)
    fence = "`" * max(3, _longest_run(body, "`") + 1)
    return f"{fence}{language}\n{log(body)}\n{fence}"


def _longest_run(text: str, char: str) -> int:
    return max(map(len, re.findall(f"{re.escape(char)}+", text)), default=0)


def annotation(text: str) -> str:
    """Return the data of a GitHub workflow command."""
    text = "\n".join(visible(line) for line in text.split("\n"))
    return log(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def annotation_property(text: str) -> str:
    """Return a property of a GitHub workflow command."""
    return annotation(text).replace(":", "%3A").replace("\N{RATIO}", "%3A").replace(",", "%2C")


_URI = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def uri(path: str) -> str:
    """Return a path with ``/`` as a URI reference, percent-encoded; undecodable bytes keep their values."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = path.encode("utf-8", "replace")
    return "".join(chr(byte) if byte in _URI else f"%{byte:02X}" for byte in data)

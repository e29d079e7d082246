"""What the terminal can show: colours, links, width; and the words for them."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from dindguard.records import record
from dindguard.rules import Severity

NARROW, WIDE = 40, 110
"""Text is wrapped at the terminal's width, but never outside these bounds."""

GLUE = "\N{NO-BREAK SPACE}"

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "magenta": "35",
    "bold red": "1;31",
    "bold magenta": "1;35",
    "white on magenta": "1;97;45",
    "white on red": "1;97;41",
    "black on yellow": "30;43",
    "black on cyan": "30;46",
    "black on white": "30;47",
}
"""Foregrounds alone are those that can be read on a dark and on a light background; others bring their own."""

SEVERITY_STYLES = {
    Severity.CRITICAL: "white on magenta",
    Severity.HIGH: "white on red",
    Severity.MEDIUM: "black on yellow",
    Severity.LOW: "black on cyan",
    Severity.INFO: "black on white",
}

MARK_STYLES = {Severity.CRITICAL: "bold magenta", Severity.HIGH: "bold red"}
"""What colours the carets below a finding of such a severity; all others are bold."""


@record
class Terminal:
    """A place where text is shown. ``width`` is in columns."""

    width: int = 80
    colour: bool = False
    links: bool = False
    unicode: bool = True
    interactive: bool = False

    def paint(self, text: str, style: str) -> str:
        """Return ``text`` in a style of this module, or as it is where there are no colours."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour and text else text

    def link(self, text: str, target: str) -> str:
        """Return ``text`` as a link (OSC 8) to a URI that is already percent-encoded."""
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\" if self.links else text

    @property
    def glyphs(self) -> Glyphs:
        """The signs that this terminal can print."""
        return Glyphs() if self.unicode else Glyphs("|", "...", "-", "...", "-", "->")


@record
class Glyphs:
    """Signs that have an ASCII stand-in."""

    bar: str = "│"
    gap: str = "⋮"
    dot: str = "·"
    cut: str = "…"
    rule: str = "─"
    arrow: str = "→"


def detect(stream: TextIO, environ: dict[str, str] | None = None) -> Terminal:
    """Look at a stream and at ``NO_COLOR``, ``FORCE_COLOR``, ``FORCE_HYPERLINK``, ``TERM`` and ``COLUMNS``."""
    env = os.environ if environ is None else environ
    interactive = stream.isatty()
    dumb = env.get("TERM") == "dumb"
    colour = interactive and not dumb
    if env.get("FORCE_COLOR"):
        colour = env["FORCE_COLOR"] not in ("0", "false")
    if env.get("NO_COLOR"):
        colour = False
    links = interactive and colour and env.get("TERM") != "linux" and not env.get("CI")
    if env.get("FORCE_HYPERLINK"):
        links = env["FORCE_HYPERLINK"] != "0"
    return Terminal(_width(stream, interactive, env), colour, links, _speaks_unicode(stream), interactive)


def _width(stream: TextIO, interactive: bool, env: os._Environ[str] | dict[str, str]) -> int:
    width = 80
    if env.get("COLUMNS", "").isdecimal():
        width = int(env["COLUMNS"])
    elif interactive:
        try:
            width = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            width = 80
    return min(max(width, NARROW), WIDE)


def _speaks_unicode(stream: TextIO) -> bool:
    try:
        "│⋮·…─→".encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def stdout() -> Terminal:
    """Look at standard output."""
    return detect(sys.stdout)


def wrapped(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """Wrap a paragraph by display width; ``first`` is the first line's indent.

    Long words are not broken, and lines do not break at :data:`GLUE`, which prints as a space.
    """
    lines: list[str] = []
    line, used = (indent if first is None else first), cells(indent if first is None else first)
    empty = True
    for word in text.split(" "):
        if not word:
            continue
        size = cells(word)
        if not empty and used + 1 + size > width:
            lines.append(line)
            line, used, empty = indent, cells(indent), True
        word = word.replace(GLUE, " ")  # noqa: PLW2901 - as it prints
        line += word if empty else f" {word}"
        used += size + (0 if empty else 1)
        empty = False
    lines.append(line)
    return lines


def cells(text: str) -> int:
    """Return how many columns ``text`` takes: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum(map(cell, text))


def cell(char: str) -> int:
    """Return how many columns one printable character takes."""
    if char < "\u0300":
        return 1
    import unicodedata

    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1

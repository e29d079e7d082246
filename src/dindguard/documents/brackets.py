"""Where the brackets close that lines open, in TOML, JSON and HCL: strings, heredocs and comments hold none."""

from __future__ import annotations

import re

from dindguard.patterns import regex

BRACKETED = frozenset({"toml", "json", "hcl"})
"""Syntaxes whose blocks are bracketed, and whose indentation means nothing."""
_TOKEN = regex(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*+"?|(?<!\w)\'[^\'\n]*+\'|(?:\#|//)[^\n]*+|/\*.*?(?:\*/|\Z)'
    r"|<<-?(?P<word>\w+)[ \t]*(?=\n).*?(?:\n[ \t]*(?P=word)\b|\Z)|(?P<open>[\[{(])|(?P<close>[\]})])|\n",
    re.DOTALL,
)
"""What nothing closes goes on to the end, so that it is looked for once."""


def closings(text: str) -> dict[int, int]:
    """Return, by the number of a line from 0 that opens a block, the number of the line that closes it, if it is another."""
    found: dict[int, int] = {}
    opened: list[int] = []
    line = 0
    for token in _TOKEN.finditer(text):
        if token["open"]:
            opened.append(line)
        elif token["close"]:
            first = opened.pop() if opened else line
            if first != line and (not opened or opened[-1] != first):
                found[first] = line
        else:
            line += token[0].count("\n")
    return found

"""What commands print, and the documents that they write into files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex
from dindguard.scripts.command import Redirect, base_name
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.expansion import Expander
from dindguard.scripts.shell.pieces import Piece, Script, Word, embedded_source
from dindguard.scripts.shell.syntax import RawRedirect, Simple
from dindguard.scripts.shell.wrappers import joined, unwrap
from dindguard.source import Embedded

WRITERS = frozenset({"cat", "echo", "printf", "tee"})
"""The commands whose output is known."""

_STDIN_FILES = frozenset({"-", "/dev/stdin"})
_TO_FILE = frozenset({">", ">>", ">|", "&>"})
_STRUCTURED = regex(r"\.(json|ya?ml|toml|xml|md)$|Dockerfile|Containerfile", re.IGNORECASE)
_ECHO_OPTION = regex(r"-[neE]+\Z")
_PRINTF_DIRECTIVE = regex(r"(?:%[sb](?:\\n)?)+\Z")


class Redirections:
    """Reads the redirections of a script, and what is written through them."""

    def __init__(self, script: Script, expander: Expander, collected: Collected) -> None:
        self._script = script
        self._expander = expander
        self._out = collected

    def all(self, node: Simple) -> tuple[Redirect, ...]:
        """Return a command's redirections."""
        return tuple(
            Redirect(raw.operator, self._target(raw), embedded_source(self._body(raw), "") if raw.body else None)
            for raw in node.redirects
        )

    def given(self, node: Simple) -> Sequence[Piece] | None:
        """Return what the last heredoc or here-string gives to a command; ``None`` without one."""
        for raw in reversed(node.redirects):
            if raw.operator == "<<<":
                return [piece for one in self._expander.words(raw.target) for piece in one.pieces]
            if raw.body is not None:
                return self._body(raw)
        return None

    def printed(self, words: Sequence[Word], node: Simple, stdin: Sequence[Piece] | None) -> Sequence[Piece] | None:
        """Return what a writing command prints; what it writes into a file becomes a document."""
        while words and (layer := unwrap(words)) is not None and layer.words:
            words = layer.words
        program = base_name(words[0].pattern) if words else ""
        if program not in WRITERS:
            return None
        targets = [(self._target(raw), raw.operator == ">>") for raw in node.redirects if raw.operator in _TO_FILE]
        files = [one for one in words[1:] if not one.pattern.startswith("-")]
        printed: Sequence[Piece] | None = stdin
        if program == "tee":
            appends = any(one.pattern in ("-a", "--append") for one in words[1:])
            targets += [(file, appends) for file in files]
        elif program in ("echo", "printf"):
            printed = _echoed(program, words[1:])
        elif any(file.pattern not in _STDIN_FILES for file in files):
            printed = None
        if printed and not self._out.muted:
            for target, appends in targets:
                self._write(printed, target, appends=appends)
        return None if targets and program != "tee" else printed

    def _write(self, pieces: Sequence[Piece], target: Text, *, appends: bool) -> None:
        hint = target.pattern.rpartition(UNKNOWN_PIECE)[2] or f"${target.variable}"
        if appends and _STRUCTURED.search(hint):
            return  # a fragment of a document is none
        source = embedded_source(pieces, hint)
        if source is not None and hint not in ("$", "/dev/null"):
            self._out.embedded.append(Embedded(source))

    def _target(self, raw: RawRedirect) -> Text:
        words = self._expander.words(raw.target)
        return words[0] if words else Text("", self._script.span(raw.target.start, raw.target.end))

    def _body(self, raw: RawRedirect) -> list[Piece]:
        return self._expander.pieces(raw.body.parts, raw.body) if raw.body is not None else []


def _echoed(program: str, words: Sequence[Word]) -> list[Piece]:
    """Return what ``echo`` or ``printf`` prints."""
    rest = list(words)
    while program == "echo" and rest and _ECHO_OPTION.match(rest[0].pattern):
        rest.pop(0)
    if program == "printf" and len(rest) > 1 and _PRINTF_DIRECTIVE.match(rest[0].pattern):
        rest.pop(0)
    pieces = list(joined(rest))
    if pieces:
        last = pieces[-1]
        pieces.append(Piece("\n", last.place, last.end, last.end))
    return pieces

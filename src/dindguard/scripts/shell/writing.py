"""What commands print, and the documents that they write into files."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from dindguard import budget
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex
from dindguard.scripts.command import Command, Redirect, base_name
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.expansion import Expander
from dindguard.scripts.shell.pieces import Piece, Script, Word, embedded_source, joined_span, text_of
from dindguard.scripts.shell.syntax import RawRedirect, Simple
from dindguard.scripts.shell.wrappers import joined, unwrap
from dindguard.source import Embedded, Notice
from dindguard.vocabulary import ENGINES_FILES, STANDARD_INPUT

WRITERS = frozenset({"cat", "echo", "printf", "tee"})
"""The commands whose output is known."""
PRINTS = regex(r"echo|print|log|info|debug|warn", re.IGNORECASE)
"""How variables are called that may hold a command which only prints what follows."""
EDITORS = frozenset({"sed", "perl"})
"""The commands that change files."""

FRAGMENT = "fragment"
"""What is added to a document: nobody reads it, but it may speak."""
_TO_FILE = frozenset({">", ">>", ">|", "&>"})
_STRUCTURED = regex(r"\.(json|ya?ml|toml|xml|md)$|Dockerfile|Containerfile", re.IGNORECASE)
_ECHO_OPTION = regex(r"-[neE]+\Z")
_DIRECTIVE = regex(r"%%|%[-+ 0#]*+\d*+(?:\.\d++)?[a-zA-Z]")
_ESCAPE = regex(r"\\(?:(?P<letter>[abefnrtv\\\"'])|0?(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9A-Fa-f]{1,2}))")
_ESCAPED = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {
    c: c for c in "\\\"'"
}


_UNITS = "/etc/systemd/system"
_MOVERS = frozenset({"mv", "cp", "install"})
COPIERS = frozenset({"cp", "install", "dd", "sponge"})
"""The commands that may copy what they are given into a file."""
_PRINT_NOTHING = _MOVERS | {":", "true", "rm", "touch", "mkdir", "chmod", "chown"}
_ENGINES_FILE = regex("|".join(ENGINES_FILES.values()))
_IS_ENGINES_FILE = regex(rf"[/\\](?:{'|'.join(ENGINES_FILES.values())})(?:(?<=\.service)\.d/[^/]+\.conf)?\Z")
_MOVE = regex(r"\b(?:mv|cp|install)\b")


def is_engines_file(path: Text) -> bool:
    """Whether a path is one at which an engine's settings, unit or variables lie."""
    return _IS_ENGINES_FILE.search(path.pattern) is not None


def not_seen(file: Text) -> Notice:
    """Say that nobody sees here what a command writes into an engine's file."""
    message = f"what is written into '{file}' is not known here: that engine's settings are not judged"
    return Notice("undecided", message, file.span)


class Redirections:
    """Reads the redirections of a script, and what is written through them."""

    def __init__(
        self, script: Script, expander: Expander, collected: Collected, inside: Command | None = None
    ) -> None:  # fmt: skip
        self._script = script
        self._expander = expander
        self._out = collected
        self._inside = inside
        """The command in whose container the script runs: what is written is that container's."""

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
        if not node.redirects and words and words[0].pattern == UNKNOWN_PIECE:
            return None
        for count in itertools.count(1):
            layer = unwrap(words) if words and budget.within(budget.WRAPPERS, count, words[0]) else None
            if layer is None or not layer.words:
                break
            words = layer.words
        words = _past_wrapper(words)
        program = base_name(words[0].pattern) if words else ""
        if program in EDITORS:
            self._edited(words[1:], node, perl=program == "perl")
        if program == "systemctl" and not self._out.muted:
            self._edits_unit(words[1:], stdin)
        if program not in WRITERS:
            self._copied(program, node, words, stdin)
            return None
        targets = [(self._target(raw), raw.operator == ">>") for raw in node.redirects if raw.operator in _TO_FILE]
        files = [one for one in words[1:] if not one.pattern.startswith("-")]
        printed: Sequence[Piece] | None = stdin
        if program == "tee":
            appends = any(one.pattern in ("-a", "--append") for one in words[1:])
            targets += [(file, appends) for file in files]
        elif program in ("echo", "printf"):
            printed = _echoed(words[1:]) if program == "echo" else _printed(words[1:])
        elif any(file.pattern not in STANDARD_INPUT for file in files):
            printed = None
        if not self._out.muted:
            for target, appends in targets:
                self._write(printed, target, appends=appends)
        return None if targets and program != "tee" else printed

    def _copied(self, program: str, node: Simple, words: Sequence[Word], stdin: Sequence[Piece] | None) -> None:
        """Read what a program that only copies is given as the file that it becomes."""
        target = _copied_to(program, words) if stdin is not None and program in COPIERS else None
        if target is None:
            self.unseen(program, node, words)
        elif not self._out.muted:
            self._write(stdin, target, appends=False)

    def _edits_unit(self, words: Sequence[Word], stdin: Sequence[Piece] | None) -> None:
        """Read what ``systemctl edit --stdin`` is given as the drop-in, or with ``--full`` the unit, that it becomes."""
        typed = [one.pattern for one in words]
        units = [one for one in words if not one.pattern.startswith("-")]
        if "--stdin" not in typed or len(units) < 2 or units[0].pattern != "edit":
            return
        name = units[1].pattern if "." in units[1].pattern else f"{units[1].pattern}.service"
        path = f"{_UNITS}/{name}" if "--full" in typed else f"{_UNITS}/{name}.d/override.conf"
        self._write(stdin, Text(path, units[1].span), appends=False)

    def _edited(self, words: Sequence[Word], node: Simple, *, perl: bool) -> None:
        """Add what an edit of an engine's files brings into them."""
        if self._out.muted:
            return
        from dindguard.scripts.shell.editing import edits, of_perl, script_and_files  # few scripts edit anything

        if perl and not of_perl(words):
            return
        scripts, files, in_place = script_and_files(words)
        targets = files if in_place else [self._target(raw) for raw in node.redirects if raw.operator in _TO_FILE]
        for file in targets:
            for edit in (edit for script in scripts for edit in edits(script, file.pattern, perl=perl)):
                source = embedded_source(edit.pieces, file.pattern) if edit.pieces is not None else None
                if source is not None:
                    self._out.embedded.append(Embedded(source, self._inside))
                else:
                    message = f"what '{file}' says after this edit could not be decided"
                    self._out.notices.append(Notice("undecided", message, joined_span(edit.brought)))

    def _write(self, pieces: Sequence[Piece] | None, target: Text, *, appends: bool) -> None:
        self._out.files[target.pattern] = pieces
        if pieces is None:
            self._not_seen(target)
            return
        hint = target.pattern.rpartition(UNKNOWN_PIECE)[2] or f"${target.variable}"
        if all(piece.unknown or not piece.text.strip() for piece in pieces) or not self._expander.reads(pieces):
            self._not_seen(target)
            return
        if appends and _STRUCTURED.search(hint) and not _whole(hint, text_of(pieces)):
            if hint.endswith(".md"):
                return
            hint = FRAGMENT
        source = embedded_source(pieces, hint)
        if source is not None and hint not in ("$", "/dev/null"):
            self._out.embedded.append(Embedded(source, self._inside))

    def unseen(self, program: str, node: Simple, words: Sequence[Word] = ()) -> None:
        """Say of an engine's file that nobody sees here what a program writes into it."""
        if self._out.muted:
            return
        if program in _MOVERS and self._moves:
            self._moved(words or [word for raw in node.words for word in self._expander.words(raw)])
        if program in _PRINT_NOTHING:
            return
        for raw in node.redirects:
            if raw.operator not in _TO_FILE:
                continue
            if self._moves or "docker" in self._script.text[raw.target.start : raw.target.end]:
                target = self._target(raw)
                self._out.files[target.pattern] = None
                self._not_seen(target)

    @cached_property
    def _moves(self) -> bool:
        """Whether the script may put a file where an engine looks for its own."""
        text = self._script.text
        return _MOVE.search(text) is not None and _ENGINES_FILE.search(text) is not None

    def _moved(self, words: Sequence[Word]) -> None:
        """Read what was written into a file as what it becomes: ``mv /tmp/settings /etc/docker/daemon.json``."""
        names = [one for one in words[1:] if not one.pattern.startswith("-")]
        if len(names) < 2 or not is_engines_file(names[-1]) or names[-2].pattern not in self._out.files:
            return
        pieces = self._out.files[names[-2].pattern]
        source = embedded_source(pieces, names[-1].pattern) if pieces is not None else None
        if source is None:
            self._not_seen(names[-1])
        else:
            kept = (each for each in self._out.embedded if each.source.segments != source.segments)
            self._out.embedded[:] = [*kept, Embedded(source, self._inside)]

    def _not_seen(self, target: Text) -> None:
        if is_engines_file(target):
            self._out.notices.append(not_seen(target))

    def _target(self, raw: RawRedirect) -> Text:
        words = self._expander.words(raw.target)
        return words[0] if words else Text("", self._script.span(raw.target.start, raw.target.end))

    def _body(self, raw: RawRedirect) -> list[Piece]:
        return self._expander.pieces(raw.body.parts, raw.body) if raw.body is not None else []


def _copied_to(program: str, words: Sequence[Word]) -> Text | None:
    """Return the file that a program copies its standard input to: ``install -m 644 /dev/stdin FILE``, ``dd of=FILE``."""
    if program == "dd":
        given = {name: one for one in words[1:] for name in ("if=", "of=") if one.pattern.startswith(name)}
        return given["of="].part(3, len(given["of="].pattern)) if given.keys() == {"of="} else None
    names = [one for one in words[1:] if not one.pattern.startswith("-")]
    if program == "sponge":
        return names[-1] if names else None
    return names[-1] if len(names) > 1 and names[-2].pattern == "/dev/stdin" else None


def _past_wrapper(words: Sequence[Word]) -> Sequence[Word]:
    """Return a writing command without an undecided word before it (``$SUDO echo …``), unless that may be what prints it."""
    if len(words) < 2 or words[0].partial != UNKNOWN_PIECE or PRINTS.search(words[0].variable):
        return words
    return words[1:] if base_name(words[1].pattern) in WRITERS | EDITORS else words


def _echoed(words: Sequence[Word]) -> list[Piece]:
    """Return what ``echo`` prints: escapes count with ``-e``, and where they end the lines of a document.

    The ``sh`` of Debian and zsh take them without ``-e``; the line that bash makes of such a text means nothing to anybody.
    """
    rest, escapes = list(words), False
    while rest and _ECHO_OPTION.match(rest[0].pattern):
        escapes = escapes or "e" in rest[0].pattern
        rest.pop(0)
    pieces = joined(rest)
    return _line(_decoded(pieces) if escapes or _ends_lines(text_of(pieces)) else list(pieces))


def _ends_lines(text: str) -> bool:
    """Whether a text has an escaped end of a line outside of double quotes, in which JSON has its own."""
    end = text.find("\\n")
    return end >= 0 and text.count('"', 0, end) % 2 == 0


def _printed(words: Sequence[Word]) -> list[Piece]:
    """Return what ``printf`` prints: its format once for all words, or again and again while any are left."""
    if not words:
        return []
    form, rest = _decoded(words[0].pieces), list(words[1:])
    found: list[Piece] = []
    while True:
        before = len(rest)
        found += _formatted(form, rest)
        if not rest or len(rest) == before or not budget.within(budget.WORD_FIELDS, len(found), words[0]):
            return _line(found)


def _formatted(form: Sequence[Piece], words: list[Word]) -> Iterator[Piece]:
    """Yield a format's pieces with its directives replaced by words, which are taken from the list."""
    for piece in form:
        at = 0
        for match in _DIRECTIVE.finditer(piece.text) if not piece.unknown else ():
            yield piece.cut(at, match.start())
            at = match.end()
            if match[0] == "%%":
                yield piece.cut(at - 1, at)
            elif words:
                taken = words.pop(0)
                yield from _decoded(taken.pieces) if match[0].endswith("b") else taken.pieces
        yield piece.cut(at, len(piece.text)) if at else piece


def _decoded(pieces: Iterable[Piece]) -> list[Piece]:
    """Return pieces with their backslash escapes replaced by what they stand for.

    An escape may lie in two pieces: in double quotes the shell takes a backslash for itself, whatever follows.
    """
    script = Script(pieces)
    found: list[Piece] = []
    at = 0
    for match in _ESCAPE.finditer(script.text):
        found += script.cut(at, match.start())
        written = script.cut(*match.span())
        found.append(written[0]._replace(text=_character(match), end=max(written[0].end, written[-1].end)))
        at = match.end()
    return [*found, *script.cut(at, len(script.text))]


def _character(match: re.Match[str]) -> str:
    if match["octal"] or match["hex"]:
        return chr(int(match["octal"], 8) if match["octal"] else int(match["hex"], 16))
    return _ESCAPED[match["letter"]]


def _line(pieces: list[Piece]) -> list[Piece]:
    """Return what is printed with the end of its last line."""
    if pieces and not pieces[-1].text.endswith("\n"):
        last = pieces[-1]
        pieces.append(Piece("\n", last.place, last.end, last.end))
    return pieces


def _whole(name: str, text: str) -> bool:
    """Whether what is added to a file is a document of its own all the same."""
    text = text.strip()
    return name.endswith(".json") and text.startswith("{") and text.endswith("}")

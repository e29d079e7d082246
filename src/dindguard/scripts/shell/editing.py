"""What ``sed`` and ``perl -p`` put into an engine's files: a unit's options, settings of a configuration or of variables.

What an edit leaves of the file is not shown: it is unknown, not absent. Syntax: POSIX ``sed``, GNU sed's ``-i``; perlrun(1),
perlop(1), of which substitutions are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.scripts.shell.pieces import Piece, Word, cut, joined_span, text_of
from dindguard.scripts.shell.pieces import word as as_word
from dindguard.vocabulary import ENGINES_FILES, UNSEEN

_IN_PLACE = regex(r"-(?:-in-place(?:=.*)?|[a-zA-Z]*i.*)\Z", re.DOTALL)
_SCRIPT = regex(r"-(?:[a-zA-Z]*e|-expression)\Z")
_ADDRESS = regex(r"[\d$,~+!\s;{}]+|(?P<sign>/|\\[^\n])")
_ESCAPE = regex(r"\\(?:(?P<group>\d)|(?P<kept>.))|(?P<whole>&)", re.DOTALL)
_ESCAPE_OF_PERL = regex(r"\\(?:(?P<group>\d)|(?P<kept>.))|(?P<whole>\$(?:[&\d]|\{\w+\}))", re.DOTALL)
_LOOPS = regex(r"-[a-zA-Z0-9]*[pn]")
_CLOSERS = {"{": "}", "(": ")", "[": "]", "<": ">"}
"""Perl's delimiters that close with another sign than they open with."""
_UNIT = regex(r"(^|/)[\w@.-]+\.service(\.d/[^/]+\.conf)?\Z")
_ENGINES_UNIT = regex(rf"(^|/){ENGINES_FILES['unit']}(\.d/[^/]+\.conf)?\Z")
_SETTINGS = regex(rf"{ENGINES_FILES['settings']}\Z")
_VARIABLES = regex(rf"(^|/){ENGINES_FILES['variables']}\Z")
_START = regex(r"ExecStart[ \t]*=")
_PROGRAM = regex(r"(?<!\S)\S*\bdockerd\b")
_ASSIGNED = regex(r"""\s*+(?:export\s++)?+\w*+\s*+=\s*+["']?""")
_OPTION = regex(r"(?:^|\s)-")
_SPEAKS = regex(r"dockerd|tcp://|hosts|-H\b|tls")
_REST = f" ${UNSEEN} "
"""A word that nobody sets: what else the command line has."""
_TO_THE_END = regex(r"(\.\*|\$)\Z")


class Edit(NamedTuple):
    """What an edit puts into a file, as a document of the file's kind; ``None`` if that cannot be told."""

    pieces: Sequence[Piece] | None
    brought: Sequence[Piece]


def script_and_files(words: Sequence[Word]) -> tuple[list[Word], list[Word], bool]:
    """Return the scripts and the files of a call of ``sed``, and whether it writes into the files."""
    scripts: list[Word] = []
    files: list[Word] = []
    in_place = following = False
    for word in words:
        pattern = word.pattern
        if following:
            scripts.append(word)
            following = False
        elif _SCRIPT.match(pattern):
            following = True
        elif pattern.startswith("--expression="):
            pieces = cut(word.pieces, len("--expression="), len(pattern))
            scripts += [as_word(pieces, joined_span(pieces))] if pieces else []
        elif pattern.startswith("-") and pattern != "-":
            in_place = in_place or _IN_PLACE.match(pattern) is not None
        else:
            files.append(word)
    if in_place and files and not files[0].pattern:
        files.pop(0)  # BSD's -i takes an ending, and an empty one keeps no copy
    if not scripts and files:
        scripts = [files.pop(0)]
    return scripts, files, in_place


def of_perl(words: Sequence[Word]) -> bool:
    """Whether a call of ``perl`` runs a script of its command line over every line, as ``sed`` does."""
    patterns = [word.pattern for word in words]
    return any(_SCRIPT.match(each) for each in patterns) and any(_LOOPS.match(each) for each in patterns)


def edits(script: Word, file: str, *, perl: bool = False) -> Iterator[Edit]:
    """Yield what the commands of a script bring into an engine's file; nothing for other files."""
    make = _unit if _UNIT.search(file) else _json if _SETTINGS.search(file) else None
    make = _variables if _VARIABLES.search(file) else make
    if make is None:
        return
    escape = _ESCAPE_OF_PERL if perl else _ESCAPE
    for start, end, replaced in _texts(script.pattern):
        brought = _decoded(cut(script.pieces, start, end), escape)
        if brought and not text_of(brought).lstrip().startswith("#"):
            keeps = any(not match["kept"] for match in escape.finditer(script.pattern, start, end))
            made = (
                _unit(brought, file, whole=not keeps and _is_line(replaced)) if make is _unit else make(brought, file)
            )
            if made is not None or _SPEAKS.search(text_of(brought)):
                yield Edit(made, brought)


def _is_line(replaced: str) -> bool:
    """Whether what an edit replaces by a whole ``ExecStart=`` reaches the end of its line.

    So it does if it does not name the key: it stands for the old line then (``xargs -I``, a variable).
    """
    return _TO_THE_END.search(replaced) is not None or "Exec" not in replaced


def _texts(script: str) -> Iterator[tuple[int, int, str]]:
    """Yield the ranges of what a script's commands insert: replacements, and the text of ``a``, ``c`` and ``i``.

    With each comes the pattern of what it replaces, empty for a line of its own.
    """
    at = 0
    while at < len(script):
        address = _ADDRESS.match(script, at)
        if address is not None:
            at = address.end()
            if address["sign"]:
                at = _after(script, at, address["sign"][-1])
            continue
        command, at = script[at], at + 1
        if command in "sy" and at < len(script):
            sign = script[at]
            start = _after(script, at + 1, _CLOSERS.get(sign, sign))
            replaced = script[at + 1 : start - 1]
            if sign in _CLOSERS:
                sign = _CLOSERS.get(script[start : start + 1], sign)
                start += 1
            end = _after(script, start, sign)
            if command == "s":
                yield start, end - 1, replaced
            at = _line_end(script, end, flags=True)
        elif command in "aci":
            start = at
            while start < len(script) and script[start] in " \t\\\n":
                start += 1
            at = _line_end(script, start)
            yield start, at, ""
        elif command not in "dDpPgGhHxnNlqQ=IM":
            return


def _after(script: str, at: int, sign: str) -> int:
    """Return the offset behind the next ``sign`` that no backslash protects."""
    while at < len(script) and script[at] != sign:
        at += 2 if script[at] == "\\" else 1
    return min(at, len(script)) + 1


def _line_end(script: str, at: int, *, flags: bool = False) -> int:
    stop = "\n;}" if flags else "\n"
    while at < len(script) and script[at] not in stop:
        at += 2 if script[at] == "\\" else 1
    return min(at, len(script))


def _decoded(pieces: Sequence[Piece], escape: re.Pattern[str]) -> list[Piece]:
    """Return inserted text as it will stand in the file; what it takes over from there is left out."""
    found: list[Piece] = []
    for piece in pieces:
        at = 0
        for match in escape.finditer(piece.text) if not piece.unknown else ():
            found.append(piece.cut(at, match.start()))
            at = match.end()
            if match["kept"]:
                kept = {"n": "\n", "t": "\t"}.get(match["kept"], match["kept"])
                found.append(piece.cut(match.start(), at)._replace(text=kept))
        found.append(piece.cut(at, len(piece.text)) if at else piece)
    return [piece for piece in found if piece.text]


def _unit(brought: Sequence[Piece], file: str, *, whole: bool = False) -> list[Piece] | None:
    """Return a unit that starts what the edit shows of its command line; all of it if it brings a whole line."""
    text = text_of(brought)
    starts = list(_START.finditer(text))  # an empty one takes back what stands before it: the last one counts
    at = starts[-1].end() if starts else 0
    end = text.find("\n", at)
    line = cut(brought, at, len(text) if end < 0 else end)
    program = _PROGRAM.search(text_of(line))
    if program is not None:
        begin, rest = cut(line, *program.span()), cut(line, program.end(), len(text_of(line)))
    elif _ENGINES_UNIT.search(file) and (starts or _OPTION.search(text)):
        begin, rest = [_glue("dockerd", line[0])] if line else [], line
    else:
        return None
    if not line:
        return None
    rest = rest if whole and starts and program is not None else [_glue(_REST, line[0]), *rest]
    return [_glue("[Service]\nExecStart=", line[0]), *begin, *rest, _glue("\n", line[-1])]


def _json(brought: Sequence[Piece], file: str) -> list[Piece] | None:
    """Return the settings that the edit brings as a configuration of their own."""
    del file
    text = text_of(brought)
    start = len(text) - len(text.lstrip(" \t\n,{"))
    inner = text[start:].rstrip(" \t\n,")
    if not _loads("{" + inner + "}") and inner.endswith("}"):
        inner = inner[:-1]
    if not inner.startswith('"') or not _loads("{" + inner + "}"):
        return None
    kept = cut(brought, start, start + len(inner))
    return [_glue("{", kept[0]), *kept, _glue("}", kept[-1])]


def _variables(brought: Sequence[Piece], file: str) -> list[Piece] | None:
    """Return the options that the edit brings as the variable of the init script, whatever part of its name is shown."""
    del file
    text = text_of(brought)
    named = _ASSIGNED.match(text)
    value = cut(brought, named.end() if named is not None else 0, len(text.rstrip(" \t\n\"'")))
    if not value or not _OPTION.search(text_of(value)):
        return None
    return [_glue('DOCKER_OPTS="', value[0]), *value, _glue('"\n', value[-1])]


def _glue(text: str, beside: Piece) -> Piece:
    return Piece(text, beside.place, beside.end, beside.end)


def _loads(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False

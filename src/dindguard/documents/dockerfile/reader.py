"""Dockerfiles: instructions, flags, words, here-documents and stages, each with its exact place.

``dockerfile-parse`` tells the instructions apart. By itself it knows no here-documents, ends an
instruction at a blank line and has no columns; so it is given a stand-in of the text with one plain line
for each instruction (:mod:`dindguard.documents.dockerfile.text`), and what it finds is mapped back.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from io import BytesIO

from dindguard.documents.dockerfile.head import skip_space, split_head, split_name
from dindguard.documents.dockerfile.heredoc import body_text, script
from dindguard.documents.dockerfile.syntax import (
    PAIRS,
    BuildFlag,
    Dockerfile,
    Heredoc,
    Instruction,
    Pair,
    Stage,
    Word,
)
from dindguard.documents.dockerfile.text import LogicalLine, LogicalLines, refused
from dindguard.documents.dockerfile.words import (
    Piece,
    is_array_of_others,
    legacy_pair,
    plain_words,
    quoted_words,
    string_array,
)
from dindguard.patterns import regex
from dindguard.source import Notice, Source, Span

__all__ = ["BuildFlag", "Dockerfile", "Heredoc", "Instruction", "Pair", "Stage", "Word", "read"]

_COMMANDS = frozenset({"RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK"})
_ARRAYS = _COMMANDS | {"COPY", "ADD", "VOLUME"}
_WHOLE = frozenset({"USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"})
_PLAIN = frozenset({"FROM", "COPY", "ADD", "EXPOSE", "VOLUME"})
_KNOWN = _ARRAYS | PAIRS | _WHOLE | _PLAIN | {"ARG", "ONBUILD"}

_PLACEHOLDER = regex(r"(?:%%|@@?|__)[A-Z0-9_]+(?:%%|@@?|__)")
"""A line that whoever makes the Dockerfile of this template replaces."""
_NOT_PLAIN = regex(r"[^ -~]")


def read(source: Source) -> Dockerfile:
    """Read a Dockerfile. Bad content never raises: it becomes notices, and the rest is read."""
    logical = LogicalLines(source)
    lines = list(logical)
    reader = _Reader(source, logical.escape, logical.notices)
    instructions = [reader.instruction(lines[index], value) for index, value in _parsed(lines, logical.escape)]
    reader.finish(instructions)
    return Dockerfile(
        source,
        logical.directives,
        logical.escape,
        tuple(instructions),
        _stages(instructions),
        tuple(sorted(reader.notices, key=lambda notice: (notice.span.line, notice.span.column))),
    )


def _parsed(lines: list[LogicalLine], escape: str) -> Iterator[tuple[int, int]]:
    """Yield each line's index, and the length of the value that ``dockerfile-parse`` found in it."""
    stand_in = [_stand_in(line.source.text, escape) for line in lines]
    lengths = {
        text: _LENGTHS.get((escape, text), _UNKNOWN) for text in stand_in
    }  # other threads may forget all meanwhile
    if unknown := [text for text, length in lengths.items() if length == _UNKNOWN]:
        told = _lengths(unknown, escape)
        lengths.update(told)
        if len(_LENGTHS) > LINES_HELD:
            _LENGTHS.clear()
        _LENGTHS.update(((escape, text), length) for text, length in told.items() if len(text) <= LONGEST_HELD)
    for index, text in enumerate(stand_in):
        if (length := lengths[text]) is not None:
            yield index, length


LINES_HELD = 4_000
"""So many lines are remembered: stages of Dockerfiles begin alike, and each reading costs as much as a short file."""
LONGEST_HELD = 100
"""A line of so few characters may come again."""

_LENGTHS: dict[tuple[str, str], int | None] = {}
"""What is known of lines by the escape character and their text; ``None`` of what is no instruction."""
_UNKNOWN = -1


def _stand_in(text: str, escape: str) -> str:
    """Return a line in which nothing is taken for something else, character by character.

    White space that is none to BuildKit (and the reverse), and an escape character at the end of a line.
    """
    text = text if text.isascii() and text.isprintable() else _NOT_PLAIN.sub(_plain, text)
    return text[:-1] + "_" if text.endswith(escape) else text


def _lengths(lines: list[str], escape: str) -> dict[str, int | None]:
    """Return the length of the value in each line, ``None`` in what is no instruction: one line tells nothing of another."""
    from dockerfile_parse import DockerfileParser

    text = "\n".join([f"# escape={escape}", *lines, ""])
    found = DockerfileParser(fileobj=BytesIO(text.encode("ascii"))).structure
    # The first line is the directive, which comes back as a comment.
    told = {lines[item["startline"] - 1]: len(item["value"]) for item in found if item["startline"] > 0}
    return {line: told.get(line) for line in lines}


def _plain(match: re.Match[str]) -> str:
    return " " if match[0] in "\t\v\f\r" else "_"


class _Reader:
    """Turns logical lines into instructions, and gathers notices."""

    def __init__(self, source: Source, escape: str, notices: list[Notice]) -> None:
        self.source = source
        self.escape = escape
        self.notices = notices
        self._stage = -1
        self._strange: list[Span] = []

    def instruction(self, line: LogicalLine, length: int) -> Instruction:
        """Read one line, whose last ``length`` characters are the instruction's value."""
        text = line.source
        head = split_head(text.text, len(text.text) - length, self.escape)
        name = head.name.upper()
        if name == "FROM" and not head.onbuild:
            self._stage += 1
        kind, at = "", head.rest
        if name == "HEALTHCHECK":
            kind, at = split_name(text.text, at)
            at = skip_space(text.text, at)
        arguments = line.rest(at)
        form, words = self._words(name, arguments)
        instruction = Instruction(
            name,
            line,
            (head.start, head.start + len(head.name)),
            tuple(_flag(text, piece) for piece in head.flags),
            arguments,
            form,
            words,
            self._heredocs(name, line, words),
            head.onbuild,
            self._stage,
            kind.upper(),
            script(self.source, line, at) if name in _COMMANDS and form == "shell" else None,
        )
        self._check(instruction)
        return instruction

    def _words(self, name: str, arguments: Source) -> tuple[str, tuple[Word, ...]]:
        text = arguments.text
        pieces = string_array(text) if name in _ARRAYS else None
        if pieces is not None:
            return "exec", _located(arguments, pieces)
        if name in _ARRAYS and is_array_of_others(text):
            self.notices.append(
                refused("a JSON array of arguments must hold strings only", arguments.span(0, len(text)))
            )
        return "shell", _located(arguments, self._shell_words(name, arguments))

    def _shell_words(self, name: str, arguments: Source) -> list[Piece]:
        text = arguments.text
        if name in _PLAIN:
            return list(plain_words(text))
        if name in _WHOLE:
            return [Piece(text, 0, len(text))] if text else []
        if name == "ARG":
            return list(quoted_words(text, self.escape))
        if name not in PAIRS:
            return []
        words = list(quoted_words(text, self.escape))
        if words and "=" not in words[0].text:
            return list(legacy_pair(text) or words)
        return words

    def _heredocs(self, name: str, line: LogicalLine, words: tuple[Word, ...]) -> tuple[Heredoc, ...]:
        target = words[-1] if name in ("COPY", "ADD") and words else None
        return tuple(
            Heredoc(
                body.word.delimiter,
                body.word.expand,
                body.word.strip_tabs,
                body_text(self.source, body),
                target,
            )
            for body in line.bodies
        )

    def _check(self, instruction: Instruction) -> None:
        """Gather notices about what BuildKit refuses in one instruction."""
        name, words = instruction.name, instruction.words
        if name not in _KNOWN:
            if not _PLACEHOLDER.fullmatch(name):
                self._strange.append(instruction.name_span)
        elif instruction.stage < 0 and name != "ARG":
            self.notices.append(refused(f"{name} stands before the first FROM", instruction.span))
        elif name == "FROM" and not _is_from(words):
            self.notices.append(refused("FROM takes an image and, perhaps, 'AS name'", instruction.span))
        elif name in PAIRS and words:
            legacy = "=" not in words[0].text
            if len(words) == 1 if legacy else any("=" not in word.text for word in words):
                self.notices.append(refused(f"{name} takes name=value", instruction.span))

    def finish(self, instructions: list[Instruction]) -> None:
        """Gather notices about the file as a whole; a piece that a script or a task writes into one has no FROM, and none."""
        whole = any(instruction.name == "FROM" for instruction in instructions)
        if self.source.embedded and not whole:
            self.notices.clear()
            return
        if self._strange:
            more = f", and {len(self._strange) - 1} more" if len(self._strange) > 1 else ""
            self.notices.append(refused(f"a line starts with no Dockerfile instruction{more}", self._strange[0]))
        if not whole:
            self.notices.append(refused("there is no FROM, so no image is described", self.source.whole()))


def _flag(line: Source, piece: Piece) -> BuildFlag:
    name, equals, value = piece.text.removeprefix("--").partition("=")
    return BuildFlag(name, value if equals else None, line.span(piece.start, piece.end))


def _located(arguments: Source, pieces: list[Piece]) -> tuple[Word, ...]:
    return tuple(Word(text, arguments.span(start, end), start) for text, start, end in pieces)


def _is_from(words: tuple[Word, ...]) -> bool:
    return len(words) == 1 or (len(words) == 3 and words[1].text.lower() == "as")


def _stages(instructions: list[Instruction]) -> tuple[Stage, ...]:
    starts = [i for i, one in enumerate(instructions) if one.name == "FROM" and not one.onbuild]
    stages = []
    for index, (start, end) in enumerate(itertools.pairwise([*starts, len(instructions)])):
        first = instructions[start]
        words = first.words
        name = words[2].text.lower() if len(words) == 3 and words[1].text.lower() == "as" else None
        base = words[0] if words else None
        content = tuple(instructions[start:end])
        stages.append(Stage(index, name, base, first.flag("platform"), content))
    return tuple(stages)

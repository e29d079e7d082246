"""Wrappers with a grammar of their own: ``find -exec``, ``start-stop-daemon``, and what completes a command from its input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dindguard.model.values import Text
from dindguard.scripts.shell.pieces import Piece, Word, joined_span, unknown_piece, word


def executed(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return what ``find … -exec PROGRAM … ;`` starts for what it finds."""
    for index, one in enumerate(words):
        if one.pattern in ("-exec", "-execdir", "-ok", "-okdir") and index + 1 < len(words):
            rest = words[index + 1 :]
            end = next((i for i, one in enumerate(rest) if one.pattern in (";", "+")), len(rest))
            return tuple(rest[:end])
    return ()


def managed(words: Sequence[Word]) -> tuple[Word, ...]:
    """``start-stop-daemon --start --exec PROGRAM … -- ARGUMENTS``."""
    texts = [word.pattern for word in words]
    if "--start" not in texts and "-S" not in texts:
        return ()
    program = None
    for index, text in enumerate(texts[:-1]):
        if text == "--":
            break
        if text in ("--exec", "-x", "--startas", "-a"):
            program = words[index + 1]
    if program is None:
        return ()
    end = texts.index("--") + 1 if "--" in texts else len(texts)
    return (program, *words[end:])


def completed(name: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """Return a command with the words that are read from elsewhere: each is one that the file does not tell."""
    command = tuple(words[: next((index for index, one in enumerate(words) if one.pattern.startswith(":::")), None)])
    first = command[0].pieces[:1] if command else ()
    if not first or any("{}" in one.pattern for one in command):
        return command
    given = unknown_piece(first[0].place, first[0].start, first[0].end, f"what {name} reads", many=True)
    return (*command, word([given], given.span))


def own_options(pieces: Sequence[Piece], before: Word) -> Text:
    """Return the options that a wrapper takes for itself as one text; they stand before ``before``."""
    return word(pieces, joined_span(pieces)) if pieces else Text("", before.span)


LAYERS: Mapping[str, Callable[[Sequence[Word]], tuple[Word, ...]]] = {"find": executed, "start-stop-daemon": managed}
"""Programs of which an option holds the command."""

"""What PowerShell's own commands do with their arguments: start a program, run a text, write a file."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.patterns import regex
from dindguard.scripts.command import base_name
from dindguard.scripts.shell.pieces import Piece, Script, Word, embedded_source, word
from dindguard.scripts.shell.wrappers import joined
from dindguard.source import Embedded

TO_FILE = frozenset({"set-content", "out-file", "sc", "new-item", "ni"})
"""Commands that write their input, or ``-Value``, into a file."""

_RUNS = regex(r"(?:exec|invoke|run|execute|call|start)(?:$|[-_.]|(?<=.)[a-z])")
_COMMAND = regex(r"\s*(?:&\s*)?(?:docker|podman|nerdctl)(?:-compose)?(?:\.exe)?\s")
_TEXT_NAME = regex(r"cmd|command")
_ARGUMENT = regex(r'(?P<blank>\s+)|"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+)')
_SWITCHES = frozenset(
    {"-wait", "-nonewwindow", "-passthru", "-force", "-append", "-noprofile", "-noninteractive", "-nologo"}
)
"""Parameters that take no value."""
_FIRST = 4
"""So many words of a call are looked at for the program that a function is given."""


def named(words: Sequence[Word], *names: str) -> list[Word]:
    """Return the values after a parameter, given by any beginning of its name that tells it: ``-Arg``."""
    for index, each in enumerate(words):
        own = each.pattern.lower()
        if len(own) > 1 and own.startswith("-") and any(name.startswith(own[1:].rstrip(":")) for name in names):
            rest = list(words[index + 1 :])
            end = next((at for at, word in enumerate(rest) if _is_parameter(word)), len(rest))
            return rest[:end]
    return []


def _is_parameter(each: Word) -> bool:
    return not each.quoted and each.pattern[:1] == "-" and each.pattern[1:2].isupper()


def _positional(words: Sequence[Word]) -> list[Word]:
    found: list[Word] = []
    skip = False
    for each in words:
        if _is_parameter(each):
            skip = each.pattern.lower() not in _SWITCHES
        elif skip:
            skip = False
        else:
            found.append(each)
    return found


def process_words(words: Sequence[Word]) -> list[Word]:
    """Return the program that ``Start-Process`` starts, with its arguments: a list, or one text that is split."""
    program = named(words, "filepath")[:1] or _positional(words)[:1]
    arguments = named(words, "argumentlist", "args")
    if not arguments:
        arguments = _positional(words)[0 if named(words, "filepath") else 1 :]
    return [*program, *(part for each in arguments for part in line_words(each))] if program else []


def line_words(text: Word) -> list[Word]:
    """Return the words of a command line, by the quoting rules of Windows programs: double quotes only."""
    script = Script(text.pieces)
    found: list[Word] = []
    pieces: list[Piece] = []
    for token in _ARGUMENT.finditer(script.text):
        if token.lastgroup == "blank":
            found += [_made(pieces)] if pieces else []
            pieces = []
        else:
            pieces += script.cut(*token.span(token.lastgroup or 0))
    return [*found, _made(pieces)] if pieces else found


def _made(pieces: Sequence[Piece]) -> Word:
    span = Script(pieces).span(0, sum(len(piece.text) for piece in pieces))
    return word(pieces, span)


def inner_command(words: Sequence[Word]) -> tuple[Piece, ...]:
    """Return the text that another PowerShell is told to run: after ``-Command``, or all that is no parameter."""
    for index, each in enumerate(words):
        own = each.pattern.lower()
        if own.startswith("-") and len(own) > 1 and ("command".startswith(own[1:]) or own == "-commandwithargs"):
            return joined(words[index + 1 :])
        if own.startswith("-f"):
            return ()
    return joined(_positional(words)) if any(each.quoted for each in _positional(words)) else ()


def argument_words(words: Sequence[Word], programs: frozenset[str]) -> Sequence[Word] | None:
    """Return the command among the arguments of a function that runs what it is given; ``None`` when it is none."""
    name = words[0].pattern.lower()
    if base_name(name) in programs or _RUNS.match(name) is None:
        return None
    for index, each in enumerate(words[1:_FIRST], start=1):
        if each.quoted and (_COMMAND.match(each.pattern) or _names_a_text(each)):
            return [each]
        if base_name(each.pattern) in programs:
            return words[index:]
    return None


def _names_a_text(each: Word) -> bool:
    """Whether a text begins with a variable that is named after a command, whose value is not known here."""
    return (
        bool(each.pieces)
        and each.pieces[0].unknown
        and _TEXT_NAME.search(each.pieces[0].variable.lower()) is not None
    )


def file_and_value(words: Sequence[Word]) -> tuple[Word | None, Sequence[Piece]]:
    """Return the file that a command writes, and the text that it is given as a parameter."""
    files = named(words, "path", "filepath", "literalpath") or _positional(words)
    values = named(words, "value") or (_positional(words)[1:] if not named(words, "path") else [])
    return (files[0] if files else None), (values[0].pieces if values else ())


def written(file: Word | None, pieces: Sequence[Piece]) -> Embedded | None:
    """Return the document that a text becomes in a file of that name; of what a command prints nobody sees it here."""
    if file is None or all(piece.unknown or not piece.text.strip() for piece in pieces):
        return None
    hint = file.pattern.replace("\\", "/").rpartition("/")[2]
    source = embedded_source(pieces, hint)
    return Embedded(source) if source is not None and hint else None

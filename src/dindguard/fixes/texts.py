"""Edits of what is one text: command lines, Dockerfiles, and short forms inside of scalars."""

from __future__ import annotations

from dindguard.edits import Edit, Give, Remove, RemovePart, Rename, Set
from dindguard.fixes import dockerfile, words
from dindguard.fixes.file import ACTIONS, File
from dindguard.fixes.locating import Chain
from dindguard.fixes.splices import RefusedError, Splice
from dindguard.model.values import Flag, Text
from dindguard.scripts.engine_cli.spec_edits import published_on, with_access, without_option
from dindguard.source import Span

_NO_SETTING = "this kind of file has no such setting that is written by itself"


def splice(file: File, edit: Edit, span: Span) -> Splice:
    """Return the splice of an edit in a file that is no tree; raises :class:`RefusedError`."""
    text, (start, end) = file.source.text, file.offsets(span)
    if isinstance(edit, Remove):
        if file.syntax == "dockerfile" and dockerfile.is_lone_variable(text, span.line):
            return dockerfile.without_line(text, span.line)
        return words.cut_option(text, start, end, 0, len(text))
    if isinstance(edit, Set):
        old = typed(edit, text[start:end])
        if file.syntax == "dockerfile" and dockerfile.sets(text, span.line):
            return dockerfile.set_value(text, span.line, old, str(edit.value))
        return part(file, edit, start, end)
    return _in_words(text, edit, start, end, 0, len(text))


def splice_in(file: File, edit: Edit, span: Span, chain: Chain) -> Splice:
    """Return the splice of an edit in a scalar that is a command line."""
    leaf = chain[-1]
    if not leaf.is_scalar:
        raise RefusedError(_NO_SETTING)
    start, end = file.offsets(span)
    quote = 1 if leaf.style in ("single", "double") else 0
    return _in_words(file.source.text, edit, start, end, leaf.start + quote, leaf.end - quote)


def _in_words(text: str, edit: Edit, start: int, end: int, first: int, last: int) -> Splice:
    if isinstance(edit, Rename):
        return renamed(text, edit, start, end)
    begin, stop = words.word_at(text, start, end, first, last)
    name, equals, spec = text[begin:stop].rpartition("=")
    made: str | None = None
    if isinstance(edit, RemovePart):
        made = without_option(spec, edit.word)
    elif isinstance(edit, Give) and edit.attribute == "host_address":
        made = published_on(spec, str(edit.value))
    elif isinstance(edit, Give) and edit.attribute == "read_only":
        made = with_access(spec, read_only=bool(edit.value))
    if made is None:
        raise RefusedError(_NO_SETTING)
    return Splice(begin, stop, f"{name}{equals}{made}")


def part(file: File, edit: Set, start: int, end: int) -> Splice:
    """Return the splice that writes another value for a part of a text."""
    typed(edit, file.source.text[start:end])
    if not words.is_simple(str(edit.value)) or not words.is_simple(file.source.text[start:end]):
        raise RefusedError("it is written with quotes or variables")
    return Splice(start, end, str(edit.value))


def renamed(text: str, edit: Rename, start: int, end: int) -> Splice:
    """Return the splice that writes another name for the option at a place, or before it."""
    for old, new in ((f"--{edit.old}", f"--{edit.new}"), (edit.old, edit.new)):
        found = text.rfind(old, max(0, start - len(old) - 4), end)
        behind = text[found + len(old) : found + len(old) + 1]
        if found >= 0 and not (behind.isalnum() or behind == "-"):
            return Splice(found, found + len(old), new)
    raise RefusedError("the option's name is written elsewhere")


def typed(edit: Set, old: str) -> str:
    """Return what stands at an edit's place; refuse when the model's value is made of something else."""
    at = edit.at
    value = at.value if isinstance(at, Text) else None
    if (value is not None and value != old) or "${" in old or any(mark in old for mark in ACTIONS):
        raise RefusedError("it is written with variables")
    if isinstance(at, (Text, Flag)) and at.how != "written":
        raise RefusedError("it is written with variables")
    return old

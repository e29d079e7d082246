"""Commands that change variables: assignments, ``export``, ``local``, ``read``, ``unset``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.model.values import Text, unknown
from dindguard.patterns import regex
from dindguard.scripts.command import Export
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.expansion import Expander
from dindguard.scripts.shell.pieces import Script, joined_span, word
from dindguard.scripts.shell.syntax import Kind, RawWord
from dindguard.scripts.shell.variables import UNDECIDED, Scopes, Variable, appended, array

_ASSIGNMENT = regex(r"([A-Za-z_]\w*)(?:\[[^\]]*\])?(\+?=)")
_DECLARATIONS = frozenset({"export", "declare", "typeset", "local", "readonly"})
_FORGETTERS = frozenset({"read", "mapfile", "readarray", "getopts", "unset"})
BUILTINS = _DECLARATIONS | _FORGETTERS | {":", "true"}
"""The commands that :meth:`Assignments.builtin` carries out."""


class Assignments:
    """Carries out the assignments of one script."""

    def __init__(self, script: Script, scopes: Scopes, expander: Expander, collected: Collected) -> None:
        self._script = script
        self._scopes = scopes
        self._expander = expander
        self._out = collected
        self.locals: set[str] = set()
        """The names that were declared local since it was last emptied."""

    def leading(self, words: Sequence[RawWord]) -> int:
        """Return how many of a command's first words are assignments."""
        for index, raw in enumerate(words):
            if self._match(raw) is None:
                return index
        return len(words)

    def assign(self, raw: RawWord, *, export: bool = False) -> None:
        """Carry out ``NAME=value``."""
        found = self.value(raw)
        if found is None:
            return
        name, value = found
        self._scopes.assign(name, value)
        if export:
            self._export(name, value, raw)

    def value(self, raw: RawWord) -> tuple[str, Variable] | None:
        """Return name and new value of ``NAME=value``; ``None`` for a word that is no assignment."""
        found = self._match(raw)
        if found is None:
            return None
        name, operator = found.group(1), found.group(2)
        if raw.items is not None:
            words = [word for item in raw.items for word in self._expander.words(item)]
            value = array(tuple(word.pieces for word in words))
        elif "[" in found.group():
            return name, UNDECIDED
        else:
            value = self._expander.scalar(raw, found.end() - raw.start)
        if operator == "+=":
            value = appended(self._scopes.get(name), value)
        return name, value

    def prefix(self, raws: Sequence[RawWord]) -> list[tuple[str, Text]]:
        """Return the variables that stand before a command, for this command alone."""
        named = ((raw, self.value(raw)) for raw in raws)
        return [(found[0], self._text(*found, raw)) for raw, found in named if found is not None]

    def builtin(self, program: str, raws: Sequence[RawWord]) -> bool:
        """Carry out a command that declares or forgets variables; tell whether it is one."""
        if program in _DECLARATIONS:
            self._declare(program, raws)
        elif program in _FORGETTERS:
            self._forget(program, raws)
        elif program in (":", "true"):
            for raw in raws:
                self._expander.words(raw)
        else:
            return False
        return True

    def _match(self, raw: RawWord) -> re.Match[str] | None:
        first = raw.parts[0] if raw.parts else None
        if first is None or first.kind is not Kind.LITERAL or first.quoted:
            return None
        if self._script.text.find("=", raw.start, raw.end) < 0:  # most words are looked at for this alone
            return None
        return _ASSIGNMENT.match(self._script.text, raw.start, raw.end)

    def _text(self, name: str, value: Variable, raw: RawWord) -> Text:
        span = self._script.span(raw.start, raw.end)
        if value.fields is None:
            return unknown(span, name)
        return word(value.scalar, joined_span(value.scalar) if value.scalar else span)

    def _export(self, name: str, value: Variable, raw: RawWord) -> None:
        span = self._script.span(raw.start, raw.end)
        self._scopes.export(name, span)
        if not self._out.muted:
            self._out.exports.append(Export(name, self._text(name, value, raw), span))

    def _declare(self, program: str, raws: Sequence[RawWord]) -> None:
        text = self._script.text
        options = "".join(text[raw.start : raw.end] for raw in raws if text.startswith("-", raw.start))
        export = program == "export" or "x" in options
        for raw in raws:
            found = self._match(raw)
            name = found.group(1) if found else text[raw.start : raw.end]
            if program not in ("export", "readonly"):
                self.locals.add(name)
            value = self._scopes.get(name)
            if found:
                self.assign(raw, export=export)
            elif export and value is not None:
                self._export(name, value, raw)

    def _forget(self, program: str, raws: Sequence[RawWord]) -> None:
        for raw in raws:
            name = self._script.text[raw.start : raw.end]
            if name.isidentifier():
                self._scopes.assign(name, Variable(((),)) if program == "unset" else UNDECIDED)

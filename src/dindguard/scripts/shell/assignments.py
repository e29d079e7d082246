"""Commands that change variables: assignments, ``export``, ``local``, ``read``, ``unset``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from dindguard.model.values import Text, unknown
from dindguard.patterns import regex
from dindguard.scripts.command import Export
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.expansion import Expander
from dindguard.scripts.shell.pieces import Piece, Script, joined_span, text_of, word
from dindguard.scripts.shell.syntax import Kind, RawWord, Simple
from dindguard.scripts.shell.variables import UNDECIDED, Scopes, Variable, appended, array, scalar
from dindguard.vocabulary import ENGINE_VARIABLES

Given: TypeAlias = "Callable[[Simple], Sequence[Piece] | None]"

_ASSIGNMENT = regex(r"([A-Za-z_]\w*)(?:\[[^\]]*\])?(\+?=)")
_DECLARATIONS = frozenset({"export", "declare", "typeset", "local", "readonly"})
_VALUED = frozenset("adinNptu")
"""Options of ``read`` that have a value (bash, "Bash Builtin Commands")."""
_FORGETTERS = frozenset({"mapfile", "readarray", "getopts", "unset"})
BUILTINS = _DECLARATIONS | _FORGETTERS | {":", "true", "read"}
"""The commands that :meth:`Assignments.builtin` carries out."""


class Assignments:
    """Carries out the assignments of one script."""

    def __init__(
        self, script: Script, scopes: Scopes, expander: Expander, given: Given, collected: Collected
    ) -> None:  # fmt: skip
        """``given`` tells what a command reads from a heredoc or a here-string."""
        self._script = script
        self._scopes = scopes
        self._expander = expander
        self._given = given
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

    def builtin(self, program: str, raws: Sequence[RawWord], node: Simple) -> bool:
        """Carry out a command that declares or forgets variables; tell whether it is one."""
        if program in _DECLARATIONS:
            self._declare(program, raws)
        elif program == "read":
            self._read(raws, node)
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

    def _read(self, raws: Sequence[RawWord], node: Simple) -> None:
        """Carry out ``read``: one variable holds the first line that it is given, or all of it (``-d ''``).

        What several variables hold is undecided.
        """
        self._forget("read", raws)
        options, names = _read_words([self._script.text[raw.start : raw.end] for raw in raws])
        given = self._given(node) if len(names) == 1 and names[0].isidentifier() else None
        if given is None or not options.keys().isdisjoint("anN"):
            return
        text = text_of(given)
        whole = options.get("d", "\n") in ("''", '""', "$'\\0'")
        end = len(text.rstrip()) if whole else (text + "\n").index("\n")
        self._scopes.assign(names[0], scalar(Script(given).cut(0, end)))

    def _forget(self, program: str, raws: Sequence[RawWord]) -> None:
        for raw in raws:
            name = self._script.text[raw.start : raw.end]
            if name.isidentifier():
                self._scopes.assign(name, Variable(((),)) if program == "unset" else UNDECIDED)
                if program == "unset" and name.startswith(ENGINE_VARIABLES):
                    self._scopes.export(name, self._script.span(raw.start, raw.end))


def _read_words(typed: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options of ``read`` by their letters, each with its value as typed, and the names behind them."""
    options: dict[str, str] = {}
    at = 0
    while at < len(typed) and typed[at].startswith("-") and len(typed[at]) > 1:
        word, at = typed[at], at + 1
        if word == "--":
            break
        for index, letter in enumerate(word[1:], start=1):
            if letter not in _VALUED:
                options[letter] = ""
                continue
            options[letter] = word[index + 1 :] or next(iter(typed[at : at + 1]), "")
            at += index + 1 == len(word)
            break
    return options, typed[at:]

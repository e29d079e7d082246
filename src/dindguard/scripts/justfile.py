"""Justfiles: the recipes as shell scripts, with the file's variables put in where it decides them.

Source: casey/just, README ("Quick start", "Strings", "Substitutions", "Shebang recipes", "Settings") and ``GRAMMAR.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dindguard import budget
from dindguard.model.values import How
from dindguard.patterns import regex
from dindguard.scripts.command import USED, Export
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.interpreter import read_script
from dindguard.scripts.shell.pieces import Piece, Script, joined_span, word
from dindguard.scripts.shell.variables import Scopes, Spending, scalar
from dindguard.source import Source, Step
from dindguard.vocabulary import POWERSHELLS, SHELLS

_ASSIGNMENT = regex(r"(export[ \t]+)?([A-Za-z_][\w-]*)[ \t]*:=[ \t]*")
_SETTING = regex(r"set[ \t]+([\w-]+)(?:[ \t]*+:=[ \t]*+(.*))?$")
_RECIPE = regex(r"@?[A-Za-z_][\w-]*(?:[ \t][^:\n]*)?:(?!=)")
_PARAMETER = regex(r"(?<![\w+*$-])[+*$]*+([A-Za-z_][\w-]*+)[ \t]*+=[ \t]*+(?=['\"])")
_SHEBANG = regex(r"[ \t]*#![ \t]*(?:\S*/env[ \t]+(?:-\S+[ \t]+)*)?(?:\S*/)?([\w.-]+)")
_PREFIX = regex(r"[@\-]+[ \t]*")
_INTERPOLATION = regex(r"\{\{\{\{|\{\{[ \t]*([A-Za-z_][\w-]*)[ \t]*\}\}")
_STRING = regex(r"'''(.*?)'''|\"\"\"(.*?)\"\"\"|'([^']*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_DEFAULT = regex(r"(?:env|env_var_or_default)\([ \t]*(?:'[^']*'|\"[^\"]*\")[ \t]*,[ \t]*")
_BACKTICKS = regex(r"```(.*?)```|`([^`\n]*)`", re.DOTALL)
_NAME = regex(r"[A-Za-z_][\w-]*")
_BETWEEN = regex(r"[ \t]*(\+|/)[ \t]*")


def read_justfile(source: Source, collected: Collected) -> None:
    """Collect what the recipes of ``source``, and the commands in its variables, run."""
    Justfile(source, collected).run()


class Justfile:
    """One justfile; its variables are known everywhere in it, and a recipe's parameters hide them."""

    def __init__(self, source: Source, collected: Collected) -> None:
        self._source = source
        self._text = source.text
        self._out = collected
        self._values: dict[str, list[Piece] | None] = {}
        self._exported: dict[str, tuple[int, int]] = {}
        self._settings: dict[str, str] = {}
        self._spending = Spending(budget.EXPANSIONS)
        self._spending.length = len(self._text)
        self._recipes: list[tuple[tuple[int, int], list[tuple[int, int]]]] = []

    def run(self) -> None:
        """Read the file, then its recipes."""
        self._read_lines()
        for header, lines in self._recipes:
            self._recipe(header, lines)

    # -- lines ------------------------------------------------------------------------------------------

    def _read_lines(self) -> None:
        body: list[tuple[int, int]] | None = None
        skip = 0
        for start, end in _lines(self._text):
            if start < skip:
                continue
            if self._text[start : start + 1] in (" ", "\t") and body is not None:
                body.append((start, end))
                continue
            if not self._text[start:end].strip():
                if body is not None:
                    body.append((start, end))
                continue
            body = None
            found = _ASSIGNMENT.match(self._text, start)
            setting = _SETTING.match(self._text[start:end])
            if found is not None:
                skip = self._assign(found)
            elif setting is not None:
                self._settings[setting[1]] = setting[2] or "true"
            elif _RECIPE.match(self._text, start, end):
                body = []
                self._recipes.append(((start, end), body))

    def _assign(self, found: re.Match[str]) -> int:
        name = found[2]
        value, end = self._expression(found.end())
        self._values[name] = value if value is not None and scalar(value).fields is not None else None
        if found[1]:
            self._exported[name] = (found.start(2), found.end(2))
        return end

    def _expression(self, at: int) -> tuple[list[Piece] | None, int]:
        """Return the value of strings, variables and their concatenations; ``None`` for anything else."""
        line = _line_end(self._text, at)
        for command in _BACKTICKS.finditer(self._text, at, line):
            group = 1 if command[1] is not None else 2
            read_script(Script(self._range(command.start(group), command.end(group))), self._out)
        pieces: list[Piece] = []
        while True:
            part, end = self._operand(at)
            if part is None:
                return None, max(end, line)
            pieces += part
            joint = _BETWEEN.match(self._text, end)
            if joint is None:
                return pieces if not self._text[end:line].split("#")[0].strip() else None, max(end, line)
            if joint[1] == "/":
                pieces.append(Piece("/", self._source, joint.start(1), joint.end(1)))
            at = joint.end()

    def _operand(self, at: int) -> tuple[list[Piece] | None, int]:
        string = _STRING.match(self._text, at)
        if string is not None:
            group = string.lastindex or 1
            return self._range(string.start(group), string.end(group)), string.end()
        default = _DEFAULT.match(self._text, at)
        inner = _STRING.match(self._text, default.end()) if default is not None else None
        if inner is not None and self._text[inner.end() :].lstrip().startswith(")"):
            group = inner.lastindex or 1
            pieces = self._range(inner.start(group), inner.end(group))
            return [piece._replace(how=How.DEFAULT) for piece in pieces], self._text.index(")", inner.end()) + 1
        name = _NAME.match(self._text, at)
        if name is None or self._text.startswith("(", name.end()):
            return None, at
        known = self._values.get(name[0])
        return (self._used(known, name.start(), name.end()) if known is not None else None), name.end()

    def _used(self, pieces: list[Piece], start: int, end: int) -> list[Piece]:
        step = Step(USED, self._source.span(start, end))
        return [piece.used(step) for piece in pieces]

    def _range(self, start: int, end: int) -> list[Piece]:
        return [Piece(self._text[start:end], self._source, start, end)] if start < end else []

    # -- recipes ----------------------------------------------------------------------------------------

    def _recipe(self, header: tuple[int, int], lines: list[tuple[int, int]]) -> None:
        while lines and not self._text[slice(*lines[-1])].strip():
            lines = lines[:-1]
        if not lines:
            return
        parameters = self._parameters(header)
        shebang = _SHEBANG.match(self._text, lines[0][0], lines[0][1])
        if shebang is not None:
            whole = [
                piece
                for start, end in lines
                for piece in self._pieces(start, min(end + 1, len(self._text)), parameters)
            ]
            self._run(whole, shebang[1].removesuffix(".exe"))
            return
        for pieces in self._commands(lines, parameters):
            self._run(pieces, self._shell())

    def _commands(
        self, lines: list[tuple[int, int]], parameters: dict[str, list[Piece] | None]
    ) -> Iterator[list[Piece]]:
        """Yield the lines of a recipe, those that end in a backslash with the next one: each has a shell of its own."""
        pieces: list[Piece] = []
        for start, end in lines:
            blank = len(self._text[start:end]) - len(self._text[start:end].lstrip())
            prefix = _PREFIX.match(self._text, start + blank, end) if not pieces else None
            pieces += self._pieces(prefix.end() if prefix else start + blank, end, parameters)
            if self._text[start:end].rstrip("\r").endswith("\\"):
                pieces += self._range(end, min(end + 1, len(self._text)))
                continue
            yield pieces
            pieces = []
        if pieces:
            yield pieces

    def _parameters(self, header: tuple[int, int]) -> dict[str, list[Piece] | None]:
        """Return the defaults of a recipe's parameters; those without one are unknown."""
        start, end = header
        names = self._text[start:end].partition(":")[0].split()[1:]
        found: dict[str, list[Piece] | None] = {each.lstrip("+*$").partition("=")[0]: None for each in names}
        for parameter in _PARAMETER.finditer(self._text, start, end):
            string = _STRING.match(self._text, parameter.end(), end)
            if string is not None:
                group = string.lastindex or 1
                pieces = self._range(string.start(group), string.end(group))
                found[parameter[1]] = [piece._replace(how=How.DEFAULT) for piece in pieces]
        return found

    def _pieces(self, start: int, end: int, parameters: dict[str, list[Piece] | None]) -> list[Piece]:
        """Return a part of a recipe with the values of variables in place of ``{{name}}``."""
        pieces: list[Piece] = []
        for found in _INTERPOLATION.finditer(self._text, start, end):
            name = found[1] or ""
            value = parameters[name] if name in parameters else self._values.get(name)
            used = self._used(value, found.start(), found.end()) if value is not None else None
            if used is None or not self._spending.reads(used):
                continue  # it stays as it is written: an expression that nobody knows
            pieces += [*self._range(start, found.start()), *used]
            start = found.end()
        return [*pieces, *self._range(start, end)]

    def _shell(self) -> str:
        setting = self._settings.get("shell", "") or self._settings.get("windows-shell", "")
        return next((each for each in (*POWERSHELLS, "cmd", "python", "nu", "fish") if each in setting), "sh")

    def _run(self, pieces: list[Piece], program: str) -> None:
        """Hand a script to the reader of its language; what no shell reads is left aside."""
        if not pieces or not budget.within(budget.VALUE_TEXT, sum(len(piece.text) for piece in pieces), pieces[0]):
            return
        if program in SHELLS:
            read_script(Script(pieces), self._out, scopes=self._scopes())
        elif program in POWERSHELLS:
            from dindguard.scripts.windows import Shell, read_windows

            read_windows(Shell.POWERSHELL, Script(pieces), self._out)

    def _scopes(self) -> Scopes:
        """Return the variables that recipes find in their environment."""
        scopes = Scopes()
        everything = self._settings.get("export", "") == "true"
        names = dict(self._exported) if not everything else dict.fromkeys(self._values, (0, 0))
        for name in names:
            pieces = self._values.get(name)
            if pieces:
                place = self._source.span(*self._exported.get(name, (pieces[0].start, pieces[0].end)))
                scopes.assign(name, scalar(pieces))
                scopes.export(name, place)
                if name.startswith("DOCKER_") and not any(each.name == name for each in self._out.exports):
                    self._out.exports.append(Export(name, word(pieces, joined_span(pieces)), place))
        return scopes


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = _line_end(text, start)
        yield start, end
        start = end + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)

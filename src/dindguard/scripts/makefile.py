"""Makefiles: the recipes as shell scripts, with the variables of Make put in where the file decides them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from dindguard import budget
from dindguard.model.values import How
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.scripts.command import USED, Export
from dindguard.scripts.makefile_text import CLOSING, balanced, commas_in, logical_lines
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.expansion import used
from dindguard.scripts.shell.interpreter import read_script
from dindguard.scripts.shell.pieces import Piece, Script, joined_span, unknown_piece, word
from dindguard.scripts.shell.variables import UNDECIDED, Scopes, Spending, Variable, either, scalar
from dindguard.source import Source, Step

_ASSIGNMENT = regex(
    r"[ ]*((?:(?:export|override|private)[ \t]+)*)([^\s:#=!?+(){}$]+)[ \t]*(\?=|::?:?=|\+=|!=|=)[ \t]*"
)
_TARGET_ASSIGNMENT = regex(r"[^\t#=:][^#=:]*::?[ \t]*(?=(?:export[ \t]+)?[\w.-]+[ \t]*(?:\?=|::?=|\+=|=))")
_EXPORT = regex(r"[ ]*export[ \t]++(\w[\w \t]*+)$")
_CONDITIONAL = regex(r"[ ]*(ifeq|ifneq|ifdef|ifndef|else|endif)\b")
_DEFINE = regex(r"[ ]*(?:(?:override|export)[ \t]+)*define[ \t]+\S")
_PREFIX = regex(r"[@+\-\s]*")
_REFERENCE = regex(r"\$(.)", re.DOTALL)
_SIMPLE_NAME = regex(r"[\w.-]+\Z")
_FUNCTION = regex(r"(shell|if|strip|or|and|call|foreach|patsubst|subst|addprefix|addsuffix|wildcard)\s+")
_GIVING = {"if": (1, 2), "foreach": (2,)}
"""Functions that give what their last arguments say: with so many commas, the first of them before those arguments."""
_CONTINUATION = regex(r"(?:(?<![ \t])[ \t]++)?\\\r?\n[ \t]*+")


class Value(NamedTuple):
    """What one assignment gives: text that is not expanded yet."""

    script: Script
    default: bool


def read_makefile(source: Source, collected: Collected) -> None:
    """Collect what the recipes of ``source`` run."""
    Makefile(source, collected).run()


class Makefile:
    """One Makefile; its variables have the values of its end, as recipes are expanded last."""

    def __init__(self, source: Source, collected: Collected) -> None:
        self._source = source
        self._out = collected
        self._values: dict[str, list[Value]] = {}
        self._expanded: dict[str, Variable | None] = {}
        self._recipes: list[Script] = []
        self._exported: dict[str, tuple[int, int]] = {}
        self._running: set[str] = set()
        self._at_once: dict[str, None] = {}
        """Variables for which a command runs when the file is read, whoever uses them."""
        self._one_shell = False
        self._spending = Spending(budget.MAKE_EXPANSIONS)
        self._spending.length = len(source.text)

    def run(self) -> None:
        """Read the file, then its recipes."""
        self._read_lines()
        exported = self._exports()
        for name in self._at_once:
            self._variable(name, 0)
        for recipe in self._recipes:
            pieces = self._expand(recipe, 0)
            scopes = Scopes()
            scopes.inherit(exported)
            read_script(Script(pieces), self._out, scopes=scopes)

    # -- lines ------------------------------------------------------------------------------------------

    def _read_lines(self) -> None:
        text = self._source.text
        conditions = 0
        in_rule = in_define = False
        rule_lines: list[Piece] = []
        for start, end in logical_lines(text):
            if in_define:
                in_define = not text[start:end].lstrip().startswith("endef")
                if in_define:
                    self._recipe(start, end, rule_lines)
                continue
            if text.startswith("\t", start) and in_rule:
                self._recipe(start, end, rule_lines)
                continue
            conditional = _CONDITIONAL.match(text, start, end)
            if conditional:
                conditions += {"endif": -1, "else": 0}.get(conditional.group(1), 1)
                continue
            if _DEFINE.match(text, start, end):
                in_define = True
            elif self._assignment(start, end, conditional=conditions > 0):
                continue
            elif text.startswith(".ONESHELL", start):
                self._one_shell = True
            elif text.find(":", start, end) >= 0 and not text.startswith(("#", "\t"), start):
                self._flush(rule_lines)
                in_rule = True
                self._rule(start, end, rule_lines)
        self._flush(rule_lines)

    def _rule(self, start: int, end: int, lines: list[Piece]) -> None:
        """A rule's line may have a recipe after a semicolon."""
        semicolon = self._source.text.find(";", start, end)
        if semicolon >= 0:
            self._recipe(semicolon + 1, end, lines)

    def _recipe(self, start: int, end: int, lines: list[Piece]) -> None:
        pieces = self._recipe_pieces(start, end)
        if self._one_shell:
            lines += [*pieces, *self._range(end, min(end + 1, len(self._source.text)))]
        elif pieces:
            self._recipes.append(Script(pieces))

    def _flush(self, lines: list[Piece]) -> None:
        if lines:
            self._recipes.append(Script(lines))
            lines.clear()

    def _recipe_pieces(self, start: int, end: int) -> list[Piece]:
        """Return a recipe line without its prefix, and without the tabs of continued lines."""
        text = self._source.text
        prefix = _PREFIX.match(text, start, end)
        start = prefix.end() if prefix else start
        pieces: list[Piece] = []
        while start < end:
            stop = text.find("\n", start, end)
            stop = end if stop < 0 else stop + 1
            pieces += self._range(start, stop)
            start = stop + 1 if text.startswith("\t", stop) and stop < end else stop
        return pieces

    def _range(self, start: int, end: int) -> list[Piece]:
        return [Piece(self._source.text[start:end], self._source, start, end)] if start < end else []

    def _assignment(self, start: int, end: int, *, conditional: bool) -> bool:
        text = self._source.text
        target = _TARGET_ASSIGNMENT.match(text, start, end)
        if target:
            start, conditional = target.end(), True
        found = _ASSIGNMENT.match(text, start, end)
        if found is None:
            exported = _EXPORT.match(text, start, end)
            for name in exported.group(1).split() if exported else ():
                self._exported[name] = (start, end)
            return exported is not None
        name, operator = found.group(2), found.group(3)
        if "export" in found.group(1):
            self._exported[name] = (start, end)
        script = Script(self._value_pieces(found.end(), end))
        if operator in (":=", "::=") and "(shell" in script.text:
            self._at_once[name] = None
        if operator == "!=":
            self._recipes.append(script)
            self._values[name] = []
            return True
        self._set(name, operator, script, conditional=conditional)
        return True

    def _set(self, name: str, operator: str, script: Script, *, conditional: bool) -> None:
        before = self._values.get(name)
        if operator == "?=":
            if before is None or conditional:
                self._values.setdefault(name, []).append(Value(script, default=True))
        elif operator == "+=" and before:
            pieces = sum(len(value.script.pieces) for value in before)
            if script.pieces and not budget.within(budget.VALUE_PIECES, pieces, script.pieces[0]):
                self._values[name] = []
                return
            added = [Value(_concatenated(value.script, script), value.default) for value in before]
            self._values[name] = [*before, *added] if conditional else added
        elif conditional and before is not None:
            before.append(Value(script, default=False))
        else:
            self._values[name] = [Value(script, default=False)]

    def _value_pieces(self, start: int, end: int) -> list[Piece]:
        """Return an assignment's value: continued lines are joined by one blank, a comment ends it."""
        text = self._source.text
        comment = re.compile(r"(?<!\\)#").search(text, start, end)
        end = comment.start() if comment else end
        while end > start and text[end - 1] in " \t\r":
            end -= 1
        pieces: list[Piece] = []
        for joint in _CONTINUATION.finditer(text, start, end):
            pieces += self._range(start, joint.start())
            pieces.append(Piece(" ", self._source, joint.start(), joint.start()))
            start = joint.end()
        return pieces + self._range(start, end)

    # -- expansion --------------------------------------------------------------------------------------

    def _exports(self) -> Scopes:
        scopes = Scopes()
        for name, (start, end) in self._exported.items():
            variable = self._variable(name, 0)
            if variable is not None and variable.fields is not None and variable.scalar:
                value = word(variable.scalar, joined_span(variable.scalar))
                place = self._source.span(start, end)
                scopes.assign(name, variable)
                scopes.export(name, place)
                self._out.exports.append(Export(name, value, place))
        return scopes

    def _expand(self, script: Script, depth: int) -> list[Piece]:
        """Return ``script`` with the variables of Make replaced; ``$$`` is a dollar for the shell."""
        text = script.text
        pieces: list[Piece] = []
        start = 0
        while True:
            found = _REFERENCE.search(text, start)
            if found is None:
                return pieces + script.cut(start, len(text))
            pieces += script.cut(start, found.start())
            opener = found.group(1)
            start = found.end()
            if opener == "$":
                dollar = script.cut(found.start(), found.end())
                pieces.append(dollar[0]._replace(text="$", end=dollar[-1].end))
                continue
            inner = opener
            if opener in CLOSING:
                end = balanced(text, found.end(), opener)
                if end < 0:
                    return pieces + script.cut(found.start(), len(text))
                inner, start = text[found.end() : end], end + 1
            pieces += self._reference(script, found.start(), start, inner, depth)

    def _reference(self, script: Script, start: int, end: int, inner: str, depth: int) -> list[Piece]:
        """Return the pieces for ``$(inner)``, which stands at ``[start, end)`` of ``script``."""
        step = Step(USED, script.span(start, end))
        if not budget.within(budget.MAKE_VARIABLES, depth, step):
            return [_unknown(script, start, end, inner)]
        if _SIMPLE_NAME.match(inner):
            variable = self._variable(inner, depth)
            if variable is not None and variable.fields is not None and self._may_use(inner, variable, step):
                return [used(piece, step, inner, many=True) for piece in variable.scalar]
            return [_unknown(script, start, end, inner)]
        function = _FUNCTION.match(inner)
        if function is None:
            return [_unknown(script, start, end, inner)]
        first = start + 2 + function.end()
        name = function.group(1)
        if name == "shell":
            read_script(Script(self._expand(Script(script.cut(first, end - 1)), depth + 1)), self._out)
        elif name == "strip":
            return self._expand(Script(script.cut(first, end - 1)), depth + 1)
        elif name in _GIVING:
            commas = commas_in(script.text, first, end - 1)
            if len(commas) in _GIVING[name]:
                option = name == "if" and start > 0  # at its beginning it is all of a line
                ends = [*commas[_GIVING[name][0] - 1 :], end - 1]
                pieces = self._parts(script, ends, " " if option else "\n", depth)
                return [piece._replace(optional=True, variable=inner) if option else piece for piece in pieces]
        return [_unknown(script, start, end, f"{name} …")]

    def _parts(self, script: Script, ends: Sequence[int], joint: str, depth: int) -> list[Piece]:
        """Return what a function may give: its last arguments, which lie between ``ends``, with a ``joint`` between them."""
        pieces: list[Piece] = []
        for before, end in pairwise(ends):
            chosen = self._expand(Script(script.cut(before + 1, end)), depth + 1)
            between = [Piece(joint, piece.place, piece.start, piece.start) for piece in chosen[:1]] if pieces else []
            pieces += between + chosen
        return pieces

    def _may_use(self, name: str, variable: Variable, step: Step) -> bool:
        """Whether a variable is brought in once more; shells read all of its text anew."""
        self._spending.text_of(name, variable)
        return self._spending.fits(step)

    def _variable(self, name: str, depth: int) -> Variable | None:
        """Return what a variable holds in the end; ``None`` if the file does not set it."""
        if name in self._expanded:
            return self._expanded[name]
        if name not in self._values or name in self._running:
            return None if name not in self._values else UNDECIDED
        self._running.add(name)
        candidates = []
        for value in self._values[name]:
            pieces = self._expand(value.script, depth + 1)
            if value.default:
                pieces = [piece if piece.unknown else piece._replace(how=How.DEFAULT) for piece in pieces]
            candidates.append(scalar(pieces))
        self._running.discard(name)
        found = either(candidates, name) if candidates else UNDECIDED
        self._expanded[name] = found
        return found


def _unknown(script: Script, start: int, end: int, name: str) -> Piece:
    pieces = script.cut(start, end)
    return unknown_piece(pieces[0].place, pieces[0].start, pieces[-1].end, name, many=True)


def _concatenated(first: Script, second: Script) -> Script:
    joint = [Piece(" ", piece.place, piece.start, piece.start) for piece in second.pieces[:1]]
    return first.followed_by([*joint, *second.pieces])

"""The variables of a Dockerfile: which are in force where, and what a word becomes with them.

The dialect is BuildKit's: an ARG before the first FROM is visible in FROM only; a stage sees its own ARG
(which may take over such a default) and ENV, which wins, and the ENV of the stage it is based on. What the
base image sets, nobody knows here: a variable that the file doesn't declare is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dindguard import budget
from dindguard.documents.dockerfile.lexer import Lexer, LexError, TooDeepError
from dindguard.documents.dockerfile.reader import Dockerfile, Instruction, Word
from dindguard.model.values import UNKNOWN_PIECE, How, Text, unknown, written
from dindguard.source import SET_HERE, Step

_SET_BY_THE_BUILDER = frozenset(
    f"{where}{what}" for where in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "ARCH", "VARIANT")
)


class _Spent:
    """How much one file's variables expanded and its stages inherited so far."""

    __slots__ = ("expanded", "inherited")

    def __init__(self) -> None:
        self.expanded = 0
        self.inherited = 0


class Scope:
    """The variables in force at one place; ``resolve`` makes it an interpolation dialect.

    ``environment`` holds the ENV variables by name, those of the stage this one is based on included.
    """

    def __init__(self, escape: str, spent: _Spent, environment: Mapping[str, Text] | None = None) -> None:
        self.environment: Mapping[str, Text] = environment or {}
        self.arguments: dict[str, Text | None] = {}
        self._escape = escape
        self._spent = spent
        self._own: dict[str, Text] | None = None

    def set(self, name: str, value: Text) -> None:
        """Set an ENV variable. The mapping that this scope was made with stays as it is."""
        if self._own is None:
            self._spent.inherited += len(self.environment)
            allowed = budget.within(budget.DOCKERFILE_INHERITED, self._spent.inherited, value)
            self._own = dict(self.environment) if allowed else {}
            self.environment = self._own
        self._own[name] = value

    def resolve(self, text: Text) -> Text:
        """Return ``text`` without quotes and escapes and with its variables replaced."""
        raw = text.pattern
        if not any(char in raw for char in ("$", "'", '"', self._escape)):
            return text
        return _Expansion(self, text, self._spent).result(raw, self._escape)


class _Expansion:
    """Expands one text, and notes how its value came to be."""

    def __init__(self, scope: Scope, text: Text, spent: _Spent) -> None:
        self._scope = scope
        self._text = text
        self._spent = spent
        self._how = How.WRITTEN
        self._unknown = ""
        self._trail: list[Step] = []

    def result(self, raw: str, escape: str) -> Text:
        """Return the expanded text; unknown as a whole when BuildKit would refuse it."""
        try:
            value, _ = Lexer(raw, escape, self._substitute).process()
        except LexError as error:
            if isinstance(error, TooDeepError):
                budget.met(budget.DOCKERFILE_NESTING, self._text)
            return unknown(self._text.span, "", raw)
        span = self._text.span.with_trail(*self._trail[: budget.STEPS_SHOWN.most])
        if self._unknown:
            return Text(None, span, How.UNKNOWN, value, self._unknown, raw)
        return Text(value, span, self._how, raw=raw)

    def _substitute(self, name: str, operator: str, word: str) -> str:
        declared, held = self._look_up(name)
        if held is not None:
            return self._with_operator(name, held, operator, word)
        decided = operator in ("-", ":-") or (declared and operator in ("+", ":+"))
        if not decided or name in _SET_BY_THE_BUILDER:
            return self._undecided(name, UNKNOWN_PIECE)
        self._how = How.DEFAULT
        return word if operator.endswith("-") else ""

    def _look_up(self, name: str) -> tuple[bool, Text | None]:
        """Return whether a variable is declared, and what it holds, if anything."""
        held = self._scope.environment.get(name)
        if held is not None:
            return True, held
        arguments = self._scope.arguments
        return name in arguments, arguments.get(name)

    def _with_operator(self, name: str, held: Text, operator: str, word: str) -> str:
        if operator not in ("", "?", ":?", "-", ":-", "+", ":+"):
            return self._undecided(name, UNKNOWN_PIECE)  # ${V#…}, ${V%…}, ${V/…}: not worked out here
        self._use(held)
        if operator in ("", "?", ":?"):
            return self._value(name, held)
        if held.value is None and operator != "+":
            return self._undecided(held.variable or name, held.pattern if operator == "-" else UNKNOWN_PIECE)
        present = bool(held.value) or not operator.startswith(":")
        if operator.endswith("+"):
            return word if present else ""
        return self._value(name, held) if present else word

    def _use(self, held: Text) -> None:
        span = held.span
        self._trail += [Step(SET_HERE, span), *span.trail]
        if held.how is How.DEFAULT or self._how is How.DEFAULT:
            self._how = How.DEFAULT
        else:
            self._how = How.VARIABLE

    def _value(self, name: str, held: Text) -> str:
        pattern = held.pattern
        self._spent.expanded += len(pattern)
        if not budget.within(budget.DOCKERFILE_TEXT, self._spent.expanded, self._text):
            return self._undecided(name, UNKNOWN_PIECE)
        return self._undecided(held.variable or name, pattern) if held.unknown else pattern

    def _undecided(self, name: str, pattern: str) -> str:
        self._unknown = self._unknown or name
        return pattern


def expand(word: Word, scope: Scope) -> Text:
    """Return what ``word`` becomes: without quotes and escapes, and with its variables replaced."""
    return scope.resolve(written(word.text, word.span))


class Walk:
    """Iterates over ``(instruction, scope)``: the scope in force before the instruction.

    For a FROM that is the scope of the file's top. A scope is good until the next step. ``ends`` has, by
    index, the scope at the end of each stage that was walked through.
    """

    def __init__(self, dockerfile: Dockerfile) -> None:
        self.ends: dict[int, Scope] = {}
        self._dockerfile = dockerfile
        self._spent = _Spent()
        self._top = Scope(dockerfile.escape, self._spent)
        self._names: dict[str, int] = {}

    def __iter__(self) -> Iterator[tuple[Instruction, Scope]]:
        scope = self._top
        for instruction in self._dockerfile.instructions:
            if instruction.name == "FROM" and not instruction.onbuild:
                yield instruction, self._top
                scope = self._start(instruction)
                continue
            yield instruction, scope
            if not instruction.onbuild:  # an ONBUILD instruction changes nothing in its own build
                _apply(instruction, scope, self._top)

    def _start(self, instruction: Instruction) -> Scope:
        """Start a stage, with the environment of the earlier stage that FROM names, if it names one."""
        base = expand(instruction.words[0], self._top).value if instruction.words else None
        earlier = self._names.get(base.lower()) if base else None
        environment = None if earlier is None else self.ends[earlier].environment
        scope = self.ends[instruction.stage] = Scope(self._dockerfile.escape, self._spent, environment)
        name = self._dockerfile.stages[instruction.stage].name
        if name:
            self._names[name] = instruction.stage
        return scope


def _apply(instruction: Instruction, scope: Scope, top: Scope) -> None:
    """Let an ENV or ARG take effect. All its pairs see the variables as they were before it."""
    if instruction.name == "ENV":
        pairs = [
            (expand(pair.name, scope).pattern, expand(pair.value, scope))
            for pair in instruction.pairs()
            if pair.value is not None
        ]
        for name, value in pairs:
            scope.set(name, value)
    elif instruction.name == "ARG":
        for pair in instruction.pairs():
            name = expand(pair.name, scope).pattern
            if pair.value is not None:
                scope.arguments[name] = _default(expand(pair.value, scope))
            else:
                scope.arguments[name] = top.arguments.get(name)


def _default(text: Text) -> Text:
    """Mark a text as what holds unless somebody says otherwise on the command line."""
    if text.unknown:
        return text
    return Text(text.value, text.span, How.DEFAULT, raw=text.raw)

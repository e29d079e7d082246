"""Rules made of expressions: each is checked when it is loaded, and is then a rule like any other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dindguard.errors import RuleError, UserError
from dindguard.expressions import language, schema
from dindguard.expressions.gates import Gate
from dindguard.expressions.language import Compiled, ExpressionError
from dindguard.expressions.needs import Need, UnequalKindsError, looked_at
from dindguard.expressions.schema import Shape
from dindguard.expressions.values import Data, TooMuchError, walked, words
from dindguard.model.model import KINDS
from dindguard.model.values import Flag, Text
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.rules import Problem, Rule, Undecided, nearest
from dindguard.source import HasSpan, Source, Span

if TYPE_CHECKING:
    from dindguard.policy.declared import Declared

_PLACEHOLDER = regex(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_PATH = regex(r"[a-z_]\w*(?:\.[a-z_]\w*)*")
_SNAKE = regex(r"(?<=[a-z])(?=[A-Z])")


def variables() -> dict[str, str]:
    """Return what rules may be about: the name in an expression, and the record of the model."""
    return {_SNAKE.sub("_", kind).lower(): kind for kind in KINDS}


def made(declared: Sequence[Declared], known: Collection[str]) -> tuple[Rule, ...]:
    """Return the rules that are declared; ``known`` are the ids that there are already.

    Raises :class:`UserError` for the first that cannot be: with file, line, and column of the expression.
    """
    taken = set(known)
    found = []
    subjects: dict[str, _Subjects] = {}
    for each in declared:
        if each.id in taken:
            raise UserError(f"{each.span}: there is a rule '{each.id}' already: call this one something else")
        taken.add(each.id)
        found.append(_rule(each, subjects))
    return tuple(found)


def _rule(declared: Declared, subjects: dict[str, _Subjects]) -> Rule:
    kind = variables().get(declared.each)
    if kind is None:
        near = nearest(declared.each, variables())
        raise UserError(f"{declared.span}: 'each: {declared.each}' is none of {', '.join(variables())}{near}")
    compiled, need, gates = _compiled(declared.when, declared.each, kind)
    at = _path(declared.at, declared.each, kind) if declared.at is not None else ()
    about = subjects.setdefault(declared.each, _Subjects(declared.each, kind))
    about.need.join(need)
    message = _message(declared.message, declared.each, kind)
    check = _Check(declared, about, compiled, message, (at,) if at else tuple(need.paths()))
    return Rule(
        id=declared.id,
        each=KINDS[kind],
        severity=declared.severity,
        category=declared.category,
        since="",
        check=check,
        cwe=declared.cwe,
        profile=declared.profile,
        needs_approval=declared.needs_approval,
        pack=declared.span.path,
        text=declared.page,
        among=partial(about.left, gates),
    )


def _compiled(when: Source, variable: str, kind: str) -> tuple[Compiled, Need, tuple[Gate, ...]]:
    try:
        compiled = language.compiled(when.text, variable, kind)
        return compiled, *looked_at(compiled.tree, variable)
    except UnequalKindsError as error:
        place, problem = when.span(error.offset, error.offset + 1), str(error)
    except ExpressionError as error:
        lines = when.text.split("\n")
        offset = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1 if error.line else 0
        place, problem = when.span(min(offset, len(when.text)), min(offset + 1, len(when.text))), str(error)
    raise UserError(f"{place}: this expression cannot be used: {problem}")


# -- places and messages ------------------------------------------------------------------------------------------


def _path(written: Source, variable: str, kind: str) -> tuple[str, ...]:
    """Return the attributes of a way such as ``container.image.tag``; raises :class:`UserError` for one that is none."""
    text = written.text.strip()
    if _PATH.fullmatch(text) is None or text.partition(".")[0] != variable:
        raise UserError(f"{written.whole()}: '{text}' must be '{variable}', or attributes of it: '{variable}.name'")
    names = tuple(text.split(".")[1:])
    shape = Shape("record", name=kind)
    for name in names:
        known = schema.fields(shape.name) if shape.kind == "record" else {}
        if name not in known:
            lacks = f"there is no attribute '{name}' in {shape.name or f'a {shape.kind}'}{nearest(name, known)}"
            raise UserError(f"{written.whole()}: {lacks}; see docs/model.md")
        shape = known[name]
    return names


def _message(written: Source, variable: str, kind: str) -> Callable[[Any], str]:
    """Return the function that fills a message's ``{container.image}``; two braces stand for one."""
    pieces: list[str | tuple[str, ...]] = []
    end = 0
    for match in _PLACEHOLDER.finditer(written.text):
        pieces.append(written.text[end : match.start()])
        end = match.end()
        if match.group() in ("{{", "}}"):
            pieces.append(match.group()[0])
        elif match[1] is None:
            raise UserError(
                f"{written.span(match.start(), end)}: a brace alone: write two of them for one in the message"
            )
        else:
            pieces.append(_path(written.part(match.start() + 1, end - 1), variable, kind))
    pieces.append(written.text[end:])

    def filled(subject: Any) -> str:
        return "".join(each if isinstance(each, str) else _shown(subject, each) for each in pieces)

    return filled


def _shown(subject: Any, path: tuple[str, ...]) -> str:
    values = walked(subject, path)
    return words(values[-1] if len(values) == len(path) and path else subject if not path else None)


class _Subjects:
    """The objects of one kind as all expressions about them need them: each is handed over once, not once a rule."""

    def __init__(self, variable: str, kind: str) -> None:
        self.need = Need()
        self._variable = variable
        self._shape = Shape("record", name=kind)
        self._every: Sequence[Any] = ()
        self._open: dict[Gate, set[Any]] = {}
        self._known: dict[Any, tuple[Any, Mapping[str, Text | Flag | None]] | None] = {}

    def left(self, gates: Sequence[Gate], subjects: Sequence[Any]) -> Sequence[Any]:
        """Return the subjects for which every gate is open; each gate is asked once, whatever the number of rules."""
        if subjects != self._every:
            self._every, self._open = subjects, {}
        for gate in gates:
            opened = self._open.get(gate)
            if opened is None:
                opened = self._open[gate] = {subject for subject in self._every if not gate.closed(subject)}
            subjects = [subject for subject in subjects if subject in opened]
        return subjects

    def of(self, subject: Any) -> tuple[Any, Mapping[str, Text | Flag | None]] | None:
        """Return an object's data and what was left out of them; ``None`` when they are too many."""
        if subject not in self._known:
            self._known[subject] = self._handed_over(subject)
        return self._known[subject]

    def _handed_over(self, subject: Any) -> tuple[Any, Mapping[str, Text | Flag | None]] | None:
        data = Data(getattr(subject, "span", None) or Span(""))
        try:
            values = data.of(subject, self._shape, self.need)
        except TooMuchError:
            return None
        return language.handed_over(self._variable, values), data.lost


@record(eq=False)
class _Check:
    """What a declared rule says of one object."""

    declared: Declared
    subjects: _Subjects
    compiled: Compiled
    message: Callable[[Any], str]
    places: tuple[tuple[str, ...], ...]

    def __call__(self, subject: Any) -> Iterable[Problem | Undecided]:
        """Return a problem where the expression holds, a doubt where nobody knows, and nothing else."""
        known = self.subjects.of(subject)
        if known is None:
            return ()
        about, lost = known
        try:
            if not language.answer(self.compiled, about):
                return ()
        except ExpressionError as error:
            key = language.missing_key(error)
            if key not in lost:
                problem = f"its expression cannot be evaluated here: {language.in_words(error)}"
                raise RuleError(problem, self._remedy(error)) from None
            return (self._doubt(subject, lost[key]),)
        return (Problem(self._place(subject), self.message(subject), instead=self.declared.instead),)

    def _doubt(self, subject: Any, value: Text | Flag | None) -> Undecided:
        return Undecided(
            value if value is not None else self._place(subject), value.variable if value is not None else ""
        )

    def _remedy(self, error: ExpressionError) -> str:
        absent = any(sign in str(error).lower() for sign in ("overload", "non-message"))
        hint = "what is absent is null: ask has(…) first; " if absent else ""
        return f"{hint}fix the rule at {self.declared.when.whole()}"

    def _place(self, subject: Any) -> HasSpan:
        """Return what the rule points at: what it names, else the first attribute that the expression looks at."""
        return next((place for way in self.places if (place := _placed(walked(subject, way))) is not None), subject)


def _placed(values: Iterable[Any]) -> HasSpan | None:
    """Return the last of the values along a way that stands somewhere; of a list, its only item."""
    return next((place for value in reversed(list(values)) for place in _places(value)), None)


def _places(value: Any) -> Iterator[HasSpan]:
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if getattr(value, "span", None) is None or (isinstance(value, Flag) and not value.set and not value.unknown):
        return
    yield value

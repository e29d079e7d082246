"""Rules run over a model: what each says of the objects that concern it, crashes and undecided values told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from dindguard import budget
from dindguard.budget.limit import Limit
from dindguard.errors import RuleError
from dindguard.model.container import Capabilities, Confinement, Container, Environment, Namespaces
from dindguard.model.engine import Engine
from dindguard.model.model import Model
from dindguard.model.values import Flag
from dindguard.model.workload import Workload
from dindguard.records import field, record, replace, values
from dindguard.rules import Problem, Rule, Severity, Undecided, Verdict, blamed
from dindguard.source import Gravity, Notice, Span


@record
class Judgement:
    """What rules say of a model: their verdicts in order, what they could not decide, and a notice for each crash."""

    verdicts: list[Verdict] = field(default_factory=list)
    doubts: list[Verdict] = field(default_factory=list)
    """Each as the problem that it may be; it is never a finding."""
    notices: list[Notice] = field(default_factory=list)


def run(model: Model, rules: Iterable[Rule], size_of: Callable[[str], int] = lambda _: 0) -> Judgement:
    """Run rules over a model; ``size_of`` gives the characters of a file, by which it may have more findings."""
    found = Judgement()
    known: dict[tuple[str, str], Sequence[Any]] = {}
    asked = _Asked()
    for each in rules:
        quota = _Quota(size_of)
        for subject in _concerned(each, model, known, asked):
            if quota.spent_by(subject):
                continue
            try:
                _judge(each, subject, found, quota)
            except Exception as error:
                found.notices.append(_crash(each, subject, error))
    return replace(found, verdicts=_without_replaced(found.verdicts), notices=list(dict.fromkeys(found.notices)))


@record(eq=False)
class _Way:
    """One part of what a rule asks for: a way of attributes, and the word that the text at its end has to be."""

    names: tuple[str, ...]
    word: str | None
    negated: bool


@lru_cache(maxsize=512)
def _ways(ask: str) -> tuple[_Way, ...]:
    """Return the parts that ``and`` joins. ``not way`` turns an answer round; ``way is word`` compares with a text."""
    found = []
    for part in ask.split(" and "):
        way, compared, word = part.removeprefix("not ").partition(" is ")
        found.append(_Way(tuple(way.split(".")), word if compared else None, part.startswith("not ")))
    return tuple(found)


REACHED_HELD = 24
"""So many ways have what they lead to remembered, for all subjects: rules that ask for the same lie near each other."""

_NONE: Any = ()
"""What most fields with several values have: Python makes one empty tuple."""


class _Asked:
    """Tells which subjects have what rules ask for.

    What the ways of many rules begin with is looked up once for all subjects. What lies behind an engine or a workload is
    looked at once, too: a thousand containers may lead to the same one.
    """

    def __init__(self) -> None:
        self._behind: dict[_Way, dict[tuple[int, int], bool]] = {}
        self._reached: dict[tuple[int, tuple[str, ...]], _Reached] = {}

    def having(self, subjects: Sequence[Any], ask: str) -> Sequence[Any]:
        """Return the subjects that have each part of what a rule asks for."""
        first, *further = _ways(ask)
        steps, values = self._shared(subjects, first.names[: None if first.word is None else 1])
        having = self._keep(subjects, values, first, steps)
        for way in further:
            having = self._keep(having, _attributes(having, way.names[0]), way, 1)
        return having

    def _shared(self, subjects: Sequence[Any], names: tuple[str, ...]) -> tuple[int, list[Any]]:
        """Return how many steps of a way all subjects can go at once, and what they reach by them."""
        reached = self._step(subjects, names[:1], subjects)
        steps = 1
        while steps < len(names) and reached.plain:
            steps += 1
            reached = self._step(subjects, names[:steps], reached.values)
        return steps, reached.values

    def _step(self, subjects: Sequence[Any], names: tuple[str, ...], values: Sequence[Any]) -> _Reached:
        key = (id(subjects), names)
        found = self._reached.get(key)
        if found is None:
            found = _Reached(subjects, _attributes(values, names[-1]))
            self._reached[key] = found
            if len(self._reached) > REACHED_HELD:
                del self._reached[next(iter(self._reached))]
        return found

    def _keep(self, subjects: Sequence[Any], values: list[Any], way: _Way, steps: int) -> Sequence[Any]:
        """Return the subjects for which a part holds; ``values`` are what its first steps lead to."""
        behind = self._behind.setdefault(way, {})
        pairs = zip(subjects, values, strict=True)
        if steps == len(way.names) and way.word is not None and not way.negated:
            return [each for each, value in pairs if type(value) is not tuple and str(value) == way.word]
        if way.word is not None or way.negated:
            return [each for each, value in pairs if _leads(value, way, steps, behind) is not way.negated]
        if steps < len(way.names):  # most parts, of which most subjects have nothing
            return [
                each
                for each, value in pairs
                if value is not None and value is not _NONE and _leads(value, way, steps, behind)
            ]
        return [
            each for each, value in pairs if value is not None and value is not _NONE and _TESTS[type(value)](value)
        ]


class _Reached:
    """What a way leads to, of each subject; the subjects are held, so that their id stays their own."""

    __slots__ = ("plain", "subjects", "values")

    def __init__(self, subjects: Sequence[Any], values: list[Any]) -> None:
        self.subjects = subjects
        self.values = values
        self.plain = _MANY.isdisjoint(map(type, values))
        """Whether the next step leads to one thing each, and to no thing to which many lead."""


_FEW = 8
"""So many objects are asked one after another."""

_MANY = frozenset({tuple, Engine, Workload})


def _attributes(values: Sequence[Any], name: str) -> list[Any]:
    """Return an attribute of each value, ``None`` of those that lack it."""
    try:
        return list(map(attrgetter(name), values))  # most often none does: this takes a third of the time
    except AttributeError:
        return [None if value is None else getattr(value, name, None) for value in values]


def _leads(value: Any, way: _Way, step: int, behind: dict[tuple[int, int], bool]) -> bool:
    """Whether anything is written at the end of the way: not absent, empty, or a flag that nobody set.

    Of several objects on the way any will do.
    """
    for name in way.names[step:]:
        if value is None:
            return False
        if type(value) is tuple:
            if len(value) > _FEW:
                return _any_leads(value, way.names[step:], way.word)
            for each in value:  # noqa: SIM110 - a generator would cost more than what it asks
                if _leads(each, way, step, behind):
                    return True
            return False
        if isinstance(value, (Engine, Workload)):
            return _behind(value, way, step, behind)
        value = getattr(value, name, None)
        step += 1
    if way.word is not None:
        return str(value) == way.word
    return _written(value)


def _any_leads(values: Sequence[Any], names: tuple[str, ...], word: str | None) -> bool:
    """Whether the way leads on from any of many objects: step by step for all of them, each that is met once."""
    for name in names[:-1]:
        found = [each for each in _attributes(values, name) if each is not None and each is not _NONE]
        if not _MANY.isdisjoint(map(type, found)):
            flat = (one for each in found for one in (each if type(each) is tuple else (each,)))
            found = [*{id(each): each for each in flat}.values()]
        values = found
    ends = _attributes(values, names[-1])
    return any(map(_written, ends)) if word is None else any(str(each) == word for each in ends)


def _behind(value: Engine | Workload, way: _Way, step: int, known: dict[tuple[int, int], bool]) -> bool:
    """Whether the way leads on from an object to which many others lead."""
    key = (id(value), step)  # the model holds it, so that its id stays its own
    found = known.get(key)
    if found is None:
        found = known[key] = _leads(getattr(value, way.names[step], None), way, step + 1, known)
    return found


def _written(value: Any) -> bool:
    return _TESTS[type(value)](value)


def _flag_written(flag: Flag) -> bool:
    return flag.set or not flag.off


def _there(_: object) -> bool:
    return True


def _any_written(fields: Any) -> bool:
    return any(map(_written, values(fields)))


class _Tests(dict[type, Callable[[Any], bool]]):
    """By type: what tells whether a value of it is written. A class is looked at once, however many values it has."""

    def __missing__(self, kind: type) -> Callable[[Any], bool]:
        test: Callable[[Any], bool] = _there
        if issubclass(kind, Flag):
            test = _flag_written
        elif issubclass(kind, (bool, tuple, str, frozenset, Environment)):
            test = bool
        elif issubclass(kind, (Confinement, Namespaces, Capabilities)):
            test = _any_written
        self[kind] = test
        return test


_TESTS = _Tests({type(None): bool})


def _concerned(each: Rule, model: Model, known: dict[tuple[str, str], Sequence[Any]], asked: _Asked) -> Iterable[Any]:
    """Return the subjects that have any of what a rule asks for; all of them when it asks for nothing.

    ``known`` remembers which subjects have what, because many rules ask for the same.
    """
    subjects = tuple(model.each(each.each))
    if each.among is not None:
        return each.among(subjects)
    if not each.asks:
        return subjects
    found = []
    for way in each.asks:
        key = (each.each.__name__, way)
        if key not in known:
            known[key] = asked.having(subjects, way)
        found.append(known[key])
    some = [having for having in found if having]
    if len(some) < 2:
        return some[0] if some else ()
    any_of = set().union(*some)
    return [subject for subject in subjects if subject in any_of]


class _Quota:
    """What one rule may say of each file: a text that is nothing but findings must not cost more than it weighs."""

    def __init__(self, size_of: Callable[[str], int]) -> None:
        self._size_of = size_of
        self._places: dict[str, set[tuple[int, int]]] = {}
        self._subjects: dict[str, int] = {}
        self._spent: set[str] = set()

    def spent_by(self, subject: Any) -> bool:
        """Whether all is used up that may be said of the file in which a thing is written."""
        return bool(self._spent) and getattr(getattr(subject, "span", None), "path", None) in self._spent

    def takes(self, at: Span) -> bool:
        """Whether something may still be said at a place; it counts."""
        places = self._places.setdefault(at.path, set())
        places.add((at.line, at.column))
        count = self._subjects[at.path] = self._subjects.get(at.path, 0) + 1
        if self._within(budget.RULE_FINDINGS, len(places), at) and self._within(budget.RULE_SUBJECTS, count, at):
            return True
        self._spent.add(at.path)
        return False

    def _within(self, limit: Limit, count: int, at: Span) -> bool:
        return count <= limit.most or count <= self._size_of(at.path) // 1024 or budget.within(limit, count, at)


def _judge(each: Rule, subject: Any, found: Judgement, quota: _Quota) -> None:
    for said in each.check(subject):
        if not quota.takes(said.at.span):
            return
        if isinstance(said, Undecided):
            variable = said.variable or "a variable"
            message = f"{each.id} could not decide: {variable} is not known here"
            about = said.subject or subject
            found.doubts.append(Verdict(each, about, Problem(said.at, message, severity=Severity.INFO)))
        else:
            verdict = Verdict(each, said.subject or subject, said, subject)
            hash(verdict.subject)  # whom a problem is about tells problems apart: what cannot is the rule's fault
            found.verdicts.append(verdict)


def _crash(each: Rule, subject: Any, error: Exception) -> Notice:
    span = getattr(subject, "span", None) or Span("")
    # A record's text would show all it holds, secrets included.
    kind: Any = type(subject)
    about = str(subject) if kind.__str__ is not object.__str__ else kind.__name__.lower()
    if isinstance(error, RuleError):
        return Notice("rule-failed", f"rule {each.id} failed on {about}: {error}", span, Gravity.ERROR, error.remedy)
    message = f"rule {each.id} failed on {about}: {type(error).__name__}: {error}"
    return Notice("rule-crashed", message, span, Gravity.ERROR, "please report this as a bug, with the file")


def _without_replaced(verdicts: list[Verdict]) -> list[Verdict]:
    """Drop what a composite rule replaces: one root cause is one finding."""
    replaced = {(name, blamed(verdict.subject)) for verdict in verdicts for name in verdict.rule.replaces}
    names = {name for name, _ in replaced}
    return [
        verdict
        for verdict in verdicts
        if verdict.rule.id not in names or not any((verdict.rule.id, each) in replaced for each in _causes(verdict))
    ]


def _causes(verdict: Verdict) -> tuple[Any, ...]:
    """Return whom a verdict is about, and the runner's default that gave it its settings, if one did."""
    about = blamed(verdict.subject)
    given = about.given_by if isinstance(about, Container) else None
    return (about,) if given is None else (about, given)

"""The variables that a GitLab job, its services and its script see, as far as the files decide them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from dindguard import budget
from dindguard.documents.placeholders import differing, substitute
from dindguard.documents.places import entry_span
from dindguard.documents.tree import Node
from dindguard.model.container import Environment, EnvVar
from dindguard.model.values import Text, unknown
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import Span

_REFERENCE = regex(r"\$\$|\$\{(?P<braced>\w+)\}|\$(?P<plain>[A-Za-z_]\w*)|%(?P<percent>[A-Za-z_]\w*)%")
Resolve = Callable[[Node], Node]


class Variable:
    """One variable as written: ``expand`` tells whether variables in its value are replaced.

    ``resolved`` remembers what it came to in the last job, and with which other variables: most jobs of a project
    see the same ones.
    """

    __slots__ = ("expand", "name", "resolved", "span", "value")

    def __init__(self, name: str, value: Text, span: Span, expand: bool = True) -> None:
        self.name = name
        self.value = value
        self.span = span
        self.expand = expand
        self.resolved: tuple[EnvVar, Uses] | None = None


class Uses:
    """The variables that a value is made of, by name; ``None`` for those that the files do not set.

    Only a few are kept: a chain of variables would otherwise keep all before it for each of them. A value that uses more is
    worked out again in the next job.
    """

    __slots__ = ("_found", "_whole")

    def __init__(self) -> None:
        self._found: dict[str, Variable | None] = {}
        self._whole = True

    def add(self, name: str, variable: Variable | None) -> None:
        """Add a variable that is used."""
        if self._whole:
            self._found[name] = variable
            self._forget_many()

    def take(self, other: Uses) -> None:
        """Add what something that is used is made of itself."""
        self._whole = self._whole and other._whole
        self._found.update(other._found)
        self._forget_many()

    def _forget_many(self) -> None:
        self._whole = self._whole and len(self._found) <= _REMEMBERED
        if not self._whole:
            self._found = {}

    def hold(self, variables: Mapping[str, Variable]) -> bool:
        """Whether they are all the same in another job, as far as they were kept."""
        return self._whole and all(variables.get(name) is other for name, other in self._found.items())


_REMEMBERED = 40


def written_variables(node: Node, resolve: Resolve) -> dict[str, Variable]:
    """Return the variables of a ``variables:`` mapping, each a value or ``{value: …, expand: …}``."""
    found = {}
    for key, entry in resolve(node).pairs():
        value, expand = resolve(entry), True
        if value.is_mapping:
            expand = not value["expand"].flag().off or not value["expand"].present
            value = resolve(value["value"])
        if value.is_scalar:
            text = Text("", value.span) if value.is_null else value.value
        else:
            text = unknown(entry.span, key.content)  # described only: the one who starts the pipeline fills it in
        found[key.content] = Variable(key.content, text, entry_span(key, value if value.present else entry), expand)
    return found


@record
class Matrix:
    """The values that ``parallel: matrix:`` gives to each variable, and where each is first named."""

    values: Mapping[str, list[Text]]
    places: Mapping[str, Span]

    def variables(self, chosen: Mapping[str, Text] = MappingProxyType({})) -> dict[str, Variable]:
        """Return the variables; those with several values are unknown, unless one is ``chosen``."""
        return {
            name: Variable(name, chosen.get(name) or differing(texts, self.places[name], name), self.places[name])
            for name, texts in self.values.items()
        }


class Matrices:
    """Reads matrices, each once: an alias or ``extends`` may give one to all jobs."""

    def __init__(self) -> None:
        self._read: dict[object, Matrix] = {}

    def of(self, parallel: Node, resolve: Resolve) -> Matrix:
        """Return the matrix of a job's ``parallel:``; ``resolve`` tells what a node of the job stands for."""
        node = resolve(parallel["matrix"])
        if not node.present:
            return _NO_MATRIX
        place = node.source, node.start, node.end, node.scope
        if place not in self._read:
            self._read[place] = _matrix(node, resolve)
        return self._read[place]


_NO_MATRIX = Matrix({}, {})
"""What most jobs have."""


def _matrix(node: Node, resolve: Resolve) -> Matrix:
    values: dict[str, list[Text]] = {}
    places: dict[str, Span] = {}
    for entry in node.listed():
        for key, value in resolve(entry).pairs():
            texts = [item.value for item in resolve(value).listed()]
            places.setdefault(key.content, entry_span(key, value))
            if texts:
                values.setdefault(key.content, []).extend(texts)
    return Matrix(values, places)


def names_in(text: str) -> list[str]:
    """Return the names of the variables in a text."""
    found = (match["braced"] or match["plain"] or match["percent"] for match in _REFERENCE.finditer(text))
    return [name for name in found if name]


def conditional_variables(rules: Iterable[Node], resolve: Resolve) -> dict[str, list[Variable]]:
    """Return the variables that ``rules:`` set under a condition, by name."""
    found: dict[str, list[Variable]] = {}
    for rule in rules:
        for variable in written_variables(rule["variables"], resolve).values():
            found.setdefault(variable.name, []).append(variable)
    return found


def either(variables: Mapping[str, Variable], conditional: Mapping[str, list[Variable]]) -> dict[str, Variable]:
    """Return ``variables`` with those made unknown that a rule may set to something else."""
    merged = dict(variables)
    for name, others in conditional.items():
        base = merged.get(name)
        if base is None:
            first = others[0]
            merged[name] = Variable(name, unknown(first.value.span, name), first.span)
            continue
        value = differing([base.value, *(other.value for other in others)], base.value.span, name)
        merged[name] = Variable(name, value, base.span, base.expand)
    return merged


class LongTexts:
    """What the long values of a project's variables come to: those made of each other may double in every line."""

    def __init__(self) -> None:
        self._characters = 0

    def allow(self, text: Text) -> bool:
        """Whether a value that was put together may be kept."""
        length = len(text.pattern)
        if length < _COUNTED_FROM:
            return True
        self._characters += length
        return budget.within(budget.GITLAB_VARIABLE_TEXT, self._characters, text)


_COUNTED_FROM = 1_000
"""Shorter values are not counted: there are as many of them as somebody wrote."""


class Variables:
    """The variables in force in one place; resolves ``$VAR``, ``${VAR}`` and ``%VAR%``.

    A variable that the files do not set is unknown: the project, the group or the runner may set it.
    """

    def __init__(self, variables: Mapping[str, Variable], long_texts: LongTexts | None = None) -> None:
        self._variables = variables
        self._long_texts = long_texts or LongTexts()
        self._environment: Environment | None = None
        self._known: dict[str, tuple[EnvVar, Uses]] = {}
        """What was worked out here, also inside another value: each variable once, or two uses of each would double."""

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables replaced as far as the files decide them."""
        return self._resolve(text, (), Uses())

    def environment(self) -> Environment:
        """Return them as a container's environment."""
        if self._environment is None:
            self._environment = Environment(self._variable(each, (), Uses()) for each in self._variables.values())
        return self._environment

    def with_own(self, variables: Mapping[str, Variable]) -> Variables:
        """Return these variables overridden by ``variables``."""
        return Variables({**self._variables, **variables}, self._long_texts) if variables else self

    def _resolve(self, text: Text, path: tuple[str, ...], uses: Uses) -> Text:
        pattern = text.pattern
        if "$" not in pattern and "%" not in pattern:
            return text

        def lookup(match: re.Match[str]) -> Text | str:
            if match[0] == "$$":
                return "$"
            name = match["braced"] or match["plain"] or match["percent"]
            variable = self._variables.get(name)
            uses.add(name, variable)
            if match["percent"] and variable is None:
                return match[0]
            if variable is None or name in path or not budget.within(budget.GITLAB_VARIABLES, len(path), text):
                return unknown(text.span, name, match[0])
            return self._variable(variable, path, uses).value

        found = substitute(text, _REFERENCE, lookup)
        return found if self._long_texts.allow(found) else unknown(text.span, found.variable, pattern)

    def _variable(self, variable: Variable, path: tuple[str, ...], uses: Uses) -> EnvVar:
        """Return a variable's value, and add to ``uses`` what it is made of."""
        known = self._known.get(variable.name)
        if known is not None and self._variables.get(variable.name) is variable:
            uses.take(known[1])
            return known[0]
        if variable.resolved is not None:
            found, used = variable.resolved
            if used.hold(self._variables):
                uses.take(used)
                return found
        own = Uses()
        value = variable.value
        if variable.expand:
            value = self._resolve(value, (*path, variable.name), own)
        found = EnvVar(variable.name, value, variable.span)
        self._known[variable.name] = found, own
        if not path:  # inside another value, a cycle may have cut it short
            variable.resolved = found, own
        uses.take(own)
        return found

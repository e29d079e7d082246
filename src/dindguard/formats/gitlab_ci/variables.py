"""The variables that a GitLab job, its services and its script see, as far as the files decide them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from dindguard.documents.placeholders import differing, substitute
from dindguard.documents.tree import Node
from dindguard.model.container import Environment, EnvVar
from dindguard.model.values import Text, unknown
from dindguard.records import record
from dindguard.source import Span

_REFERENCE = re.compile(r"\$\$|\$\{(?P<braced>\w+)\}|\$(?P<plain>[A-Za-z_]\w*)|%(?P<percent>[A-Za-z_]\w*)%")
Resolve = Callable[[Node], Node]


@record
class Variable:
    """One variable as written: ``expand`` tells whether variables in its value are replaced."""

    name: str
    value: Text
    span: Span
    expand: bool = True


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


def entry_span(key: Node, value: Node) -> Span:
    """Return the span of ``key: value`` where it stands on one line of one file; else the key's."""
    first = key.span
    last = value.span
    if key.source is not value.source or first.line != last.end_line or first.column > last.column:
        return first
    whole = Span(first.path, first.line, first.column, last.end_line, last.end_column, value.route)
    return whole.with_trail(*last.trail)


def matrix_variables(parallel: Node, resolve: Resolve) -> dict[str, Variable]:
    """Return the variables of ``parallel: matrix:``; those with several values are unknown."""
    values: dict[str, list[Text]] = {}
    places: dict[str, Span] = {}
    entries = resolve(parallel["matrix"]).listed()
    for entry in entries:
        for key, value in resolve(entry).pairs():
            places.setdefault(key.content, entry_span(key, value))
            values.setdefault(key.content, []).extend(item.value for item in resolve(value).listed())
    return {
        name: Variable(name, differing(texts, places[name], name), places[name])
        for name, texts in values.items()
        if texts
    }


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


class Variables:
    """The variables in force in one place; resolves ``$VAR``, ``${VAR}`` and ``%VAR%``.

    A variable that the files do not set is unknown: the project, the group or the runner may set it.
    """

    def __init__(self, variables: Mapping[str, Variable]) -> None:
        self._variables = variables
        self._resolved: dict[str, Text] = {}

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables replaced as far as the files decide them."""
        return self._resolve(text, ())

    def _resolve(self, text: Text, path: tuple[str, ...]) -> Text:
        pattern = text.pattern
        if "$" not in pattern and "%" not in pattern:
            return text

        def lookup(match: re.Match[str]) -> Text | str:
            if match[0] == "$$":
                return "$"
            name = match["braced"] or match["plain"] or match["percent"]
            if match["percent"] and name not in self._variables:
                return match[0]
            if name in path or len(path) > 20:
                return unknown(text.span, name, match[0])
            return self._value(name, path) or unknown(text.span, name, match[0])

        return substitute(text, _REFERENCE, lookup)

    def _value(self, name: str, path: tuple[str, ...]) -> Text | None:
        variable = self._variables.get(name)
        if variable is None:
            return None
        if not variable.expand:
            return variable.value
        if path:
            return self._resolve(variable.value, (*path, name))  # a cycle may have cut it short
        if name not in self._resolved:
            self._resolved[name] = self._resolve(variable.value, (name,))
        return self._resolved[name]

    def environment(self) -> Environment:
        """Return them as a container's environment."""
        return Environment(
            EnvVar(name, self._value(name, ()) or variable.value, variable.span)
            for name, variable in self._variables.items()
        )

    def with_own(self, variables: Mapping[str, Variable]) -> Variables:
        """Return these variables overridden by ``variables``."""
        return Variables({**self._variables, **variables})

"""Variables: a mapping, or a list of names with values and of templates that hold more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dindguard import budget
from dindguard.budget.stocks import Shared
from dindguard.documents.placeholders import differing
from dindguard.formats import Context
from dindguard.formats.azure_pipelines.names import Names
from dindguard.formats.azure_pipelines.parts import Part
from dindguard.formats.azure_pipelines.templates import template_path
from dindguard.model.container import EnvVar
from dindguard.model.values import Text
from dindguard.records import record


def written_variables(part: Part, context: Context, shared: Shared) -> dict[str, Text]:
    """Return the variables that a file, a stage or a job sets. Those of groups are in no file."""
    written = _Templates(context, shared).variables(part, 0)
    known = {name: value.value for name, value in written.items()}
    within: dict[Names, Names] = {}  # values of one list share their names: these are extended once
    found = dict(known)
    for name, value in written.items():
        if value.plain:
            continue
        names = within.get(value.names)
        if names is None:
            names = within[value.names] = value.names.with_variables(known)
        found[name] = value.naming(names).value
    return found


class _Templates:
    """Templates of variables, each read once for all the places of a part that use it."""

    def __init__(self, context: Context, shared: Shared) -> None:
        self._context = context
        self._shared = shared
        self._read: dict[str, tuple[Names, dict[str, Part]]] = {}

    def variables(self, part: Part, level: int) -> dict[str, Part]:
        """Return what a mapping or a list of variables sets, by name."""
        own = {name: value for name, value in part.pairs().items() if value.raw.is_scalar and not value.raw.is_null}
        given: list[tuple[object, dict[str, Part]]] = [(part, own)]
        for item in part.items():
            name = item["name"].text
            if name and item["value"].raw.is_scalar:
                given.append((item, {name: item["value"]}))
            elif "template" in item and budget.within(budget.AZURE_TEMPLATE_LEVELS, level + 1, item.raw):
                path = template_path(item["template"].text, item.raw.source.path)
                given.append(((path, item.names), self._of_template(path, item, level + 1)))
        return _put_together(given)

    def _of_template(self, path: str, item: Part, level: int) -> dict[str, Part]:
        names, found = self._read.get(path, (None, {}))
        if names is item.names:
            return found
        self._read[path] = item.names, {}  # while it is read
        tree = self._context.tree(path)
        for root in tree.documents[:1] if tree is not None else ():
            if self._shared.fits(path, root.source.size, item.raw):
                found = self.variables(Part(root["variables"], item.names), level)
        self._read[path] = item.names, found
        return found


def _put_together(given: Sequence[tuple[object, dict[str, Part]]]) -> dict[str, Part]:
    """Return what several give one after the other: each name where it first comes, with the value that comes last.

    Each comes with what it is known by: a template that is used a thousand times is looked at once for the one and once
    for the other.
    """
    places = {name: None for each in dict(given).values() for name in each}
    last: dict[str, Part] = {}
    for each in dict(reversed(given)).values():
        for name, value in each.items():
            last.setdefault(name, value)
    return {name: last[name] for name in places}


def as_environment(variables: Mapping[str, Text]) -> tuple[EnvVar, ...]:
    """Return variables as scripts see them: in capitals, with underscores for dots and blanks."""
    return tuple(
        EnvVar(name.upper().replace(".", "_").replace(" ", "_"), text, text.span) for name, text in variables.items()
    )


@record
class Leg:
    """One job of a matrix: its name, and the variables that it is given."""

    name: str
    variables: Mapping[str, Text]


def legs_of(strategy: Part) -> list[Leg]:
    """Return the jobs that a matrix makes; none if there is no matrix or an expression makes it."""
    found = []
    for name, leg in strategy["matrix"].pairs().items():
        values = {key: part.value for key, part in leg.pairs().items() if part.raw.is_scalar}
        found.append(Leg(name, values))
    return found


def in_all(legs: Iterable[Leg]) -> dict[str, Text]:
    """Return what a matrix sets in each of its jobs; what differs among them is unknown."""
    values: dict[str, list[Text]] = {}
    for leg in legs:
        for name, text in leg.variables.items():
            values.setdefault(name, []).append(text)
    return {name: differing(texts, texts[0].span, name) for name, texts in values.items()}

"""Other sets of values that a chart's folder offers (``values-prod.yaml``): each alone on top of ``values.yaml``.

A document that describes pods counts with such a set where it takes a value from it that may decide what they may do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.documents.template.charts import Chart, Compose, Files
from dindguard.documents.tree import Node
from dindguard.model.condition import Condition
from dindguard.patterns import regex
from dindguard.records import record

_NAME = regex(r"(?:^|[-_.])values(?=[-_.])")
_BESIDE = regex(
    r"(?:^|\.)(?:replicas|image|imagePull\w+|resources|nodeSelector|tolerations|affinity|annotations|labels|metadata|name"
    r"|strategy|updateStrategy|topologySpreadConstraints|ports|\w+Probe|selector|schedule|priorityClassName)(?:[.\[]|$)"
)
"""Settings of pods that decide nothing about their privileges."""


@record(eq=False)
class ValueSet:
    """One set: the file that it stands in, and the chart with it."""

    path: str
    chart: Chart
    condition: Condition


class ValueSets:
    """The sets of the charts of a scan, each looked for once."""

    def __init__(self, files: Files, compose: Compose) -> None:
        self._files = files
        self._compose = compose
        self._sets: dict[str, tuple[ValueSet, ...]] = {}

    def of(self, chart: Chart) -> tuple[ValueSet, ...]:
        """Return the sets that a chart may be rendered with beside its own values; a dependency's are its parent's."""
        if chart.folder not in self._sets:
            self._sets[chart.folder] = tuple(self._below(chart) if chart.parent is not None else self._own(chart))
        return self._sets[chart.folder]

    def _below(self, chart: Chart) -> Iterator[ValueSet]:
        assert chart.parent is not None
        for above in self.of(chart.parent):
            below = Chart(chart.folder, self._files, self._compose, above.chart)
            yield ValueSet(above.path, below, above.condition)

    def _own(self, chart: Chart) -> Iterator[ValueSet]:
        found = 0
        for name in self._files.listing(chart.folder or "."):
            values = self._values(f"{chart.folder}/{name}".lstrip("/")) if is_value_set(name) else None
            if values is None:
                continue
            found += 1
            if not budget.within(budget.VALUE_SETS, found, values):
                return
            yield ValueSet(values.source.path, chart.given(values), _condition(chart, name, values, found))

    def _values(self, path: str) -> Node | None:
        source = self._files.open(path)
        found = self._compose(source) if source is not None else None
        return found if found is not None and found.is_mapping else None


def default_condition(sets: Sequence[ValueSet]) -> tuple[Condition, ...]:
    """Return what holds for documents with the chart's own values where there are other sets: none of those is given."""
    if not sets:
        return ()
    at = sets[0].condition
    return (Condition("values.yaml", at.span, True, at.decision, chooses_values=True),)


def takes_from(node: Node, path: str) -> bool:
    """Whether a document that describes pods takes a value from a file that may decide what they may do."""
    pods, taken = False, False
    for each in node.walk():
        pods = pods or each["containers"].is_sequence
        taken = taken or (_comes_from(each, path) and _BESIDE.search(each.route) is None)
        if pods and taken:
            return True
    return False


def _comes_from(node: Node, path: str) -> bool:
    trail = (*node.trail, *(node.filled.span.trail if node.filled is not None else ()))
    return node.source.path == path or any(step.span.path == path for step in trail)


def _condition(chart: Chart, name: str, values: Node, number: int) -> Condition:
    return Condition(name, values.span, True, f"{chart.folder}: values", number, chooses_values=True)


def is_value_set(name: str) -> bool:
    """Whether a file is one of values for some of a chart's installations, by its name."""
    return name != "values.yaml" and name.endswith((".yaml", ".yml")) and _NAME.search(name) is not None

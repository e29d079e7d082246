"""What of a chart's values no template of it asks for: nothing comes of that, whatever it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.documents.template.charts import Chart
from dindguard.documents.tree import Node
from dindguard.patterns import regex
from dindguard.source import Source

_ASKED = regex(r"\.Values\b(?P<path>(?:\.\w+)*)")

Path = tuple[str, ...]


def places(chart: Chart, texts: Iterable[Source], values: Source) -> list[tuple[int, int]]:
    """Return the ranges of a chart's values file that no template names.

    None where somebody else may get the values: a chart below, or a helper to which all of them are handed.
    """
    if chart.values is None or chart.dependencies() or chart.has_charts_below:
        return []
    asked = {
        tuple(match["path"].split(".")[1:])
        for text in texts
        if ".Values" in text.text
        for match in _ASKED.finditer(text.text)
    }
    return [] if () in asked else [*_unasked(chart.values, (), _prefixes(asked), asked, values)]


def _prefixes(asked: Iterable[Path]) -> frozenset[Path]:
    return frozenset(path[:length] for path in asked for length in range(1, len(path)))


def _unasked(
    node: Node, path: Path, above: frozenset[Path], asked: set[Path], values: Source
) -> Iterator[tuple[int, int]]:
    for key, value in node.pairs():
        own = (*path, key.content)
        if own in asked or value.source.path != values.path:
            continue
        if own in above:
            yield from _unasked(value, own, above, asked, values)
        else:
            yield key.start, value.end

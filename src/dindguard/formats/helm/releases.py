"""Lists of releases: Helmfile's own, and those that others hand on in its form.

Source: helmfile/helmfile, ``docs/index.md`` (``values`` are files, relative to the list's, or mappings, later ones on top;
``set`` comes last).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dindguard import budget
from dindguard.budget.stocks import Shared
from dindguard.documents.built import mapping
from dindguard.documents.template.charts import overlaid
from dindguard.documents.tree import Node
from dindguard.formats import Context
from dindguard.formats.helm.own_chart import Templates, templates_of
from dindguard.formats.helm.release import Release
from dindguard.patterns import regex

_STEP = regex(r"(?:[^.\\\[]|\\.)+")


def releases(root: Node, context: Context, shared: Shared) -> Iterator[Release]:
    """Yield the releases of a list that are given values, as far as values that several have are not too many."""
    charts: dict[str, Templates | None] = {}
    for item in root["releases"].items():
        if not item.is_mapping or (item["installed"].present and item["installed"].flag("installed").off):
            continue
        layers = _bounded((*_layers(item["values"], root, context, shared), *_set(item["set"])), item)
        if layers:
            values = layers[0]
            for layer in layers[1:]:
                values = overlaid(values, layer)
            chart = item["chart"].text.rstrip("/")
            if chart not in charts:
                charts[chart] = templates_of(chart, root.source.path, context)
            yield Release(
                values, layers, item["name"], item["namespace"], chart.rpartition("/")[2], templates=charts[chart]
            )  # fmt: skip


def _bounded(layers: tuple[Node, ...], item: Node) -> tuple[Node, ...]:
    most = budget.RELEASE_LAYERS
    return layers if budget.within(most, len(layers), item) else layers[: most.most]


def _layers(items: Node, root: Node, context: Context, shared: Shared) -> Iterator[Node]:
    for item in items.listed():
        values = item
        if item.is_scalar and item.text.endswith((".yaml", ".yml")):
            tree = context.tree(_path(item.text, root.source.path))
            values = tree.documents[0] if tree is not None and tree.documents else item
        if values.is_mapping and shared.fits(f"{values.source.path}:{values.start}", values.end - values.start, item):
            yield values


def _path(written: str, listed_in: str) -> str:
    """Return where a file of values is; those with a slash in front count from the root."""
    joined = written[1:] if written.startswith("/") else posixpath.join(posixpath.dirname(listed_in), written)
    return posixpath.normpath(joined)


def _set(items: Node) -> Iterator[Node]:
    """Yield each ``name: a.b`` and ``value: c`` as the values that they are: ``{a: {b: c}}``; without a name the value itself."""
    for item in items.items():
        steps = _STEP.findall(item["name"].text)
        value = item["value"]
        named = bool(steps) and "[" not in item["name"].text
        if not value.present or not (named or (value.is_mapping and not steps)):
            continue
        for step in reversed(steps):
            value = mapping(item, {step.replace("\\", ""): value})
        yield value

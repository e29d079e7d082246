"""Reads values and releases: what each chart makes of them is handed on as the documents that it writes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence, Set

from dindguard import budget
from dindguard.budget.stocks import Shared
from dindguard.documents.built import mapping
from dindguard.documents.remainder import Remainder
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.helm import (
    app_template,
    generic,
    gitlab_runner_chart,
    image_builder,
    jenkins_chart,
    scale_set,
    shapes,
)
from dindguard.formats.helm.release import Found, Release, whole
from dindguard.formats.helm.releases import releases
from dindguard.records import replace
from dindguard.source import Embedded, Source

_Chart = tuple[str, Callable[[Node], bool], Callable[[Release], Found]]
_CHARTS: tuple[_Chart, ...] = (
    ("gha-runner-scale-set", shapes.is_scale_set, scale_set.read),
    ("gitlab-runner", shapes.is_gitlab_runner, gitlab_runner_chart.read),
    ("jenkins", shapes.is_jenkins, jenkins_chart.read),
    ("app-template", shapes.is_app_template, app_template.read),
    ("binderhub", shapes.is_image_builder, image_builder.read),
)
"""Charts by the last part of their name, or by values that only they take."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all values and releases of a scan."""
    reading = Reading()
    shared = Shared(budget.SHARED_FILES, sum(document.source.size for document in documents))
    for document in documents:
        root = document.content
        rest = Remainder(root)
        listed = "releases" in root
        rendered = not listed and _has_templates(document, context)
        for release in releases(root, context, shared) if listed else [_alone(root, rendered)]:
            found = _read(release)
            reading.embedded += [
                each if each.owner else replace(each, owner=document.owner) for each in found.embedded
            ]
            rest.take(*found.taken)
            for layer in release.layers:
                if layer.source.parent is None and layer.source.path != root.source.path:
                    _file(layer, found, reading)
        reading.unread.append(
            Unread(rest.source(), "part of a Helm release" if listed else "part of Helm values", True)
        )
    return reading


def _file(layer: Node, found: Found, reading: Reading) -> None:
    """Note what a release's file of values says that nothing was made of."""
    rest = Remainder(layer)
    rest.take(*found.taken)
    reading.taken.append(layer.source.path)
    reading.unread.append(Unread(rest.source(), "part of Helm values", True))


def _alone(root: Node, rendered: bool) -> Release:
    nobody = root.hole("name")
    return Release(root, (root,), nobody, nobody, rendered=rendered)


def _has_templates(document: Document, context: Context) -> bool:
    """Whether a chart's templates, which the scan has, take these values."""
    source = document.source
    if source.parent is not None or "values" not in source.name:
        return False
    folder = posixpath.dirname(source.path)
    return "Chart.yaml" in context.listing(folder or ".") and bool(
        context.listing(posixpath.join(folder, "templates"))
    )


def _read(release: Release) -> Found:
    """Return what the release's chart makes of its values, and what its dependencies make of theirs."""
    found = _of_chart(release)
    if not found.taken:
        for key, value in release.values.pairs():
            if value.is_mapping and value["install"].present and value["install"].flag("install").off:
                found.taken.append(value)  # the GitLab chart's word for a dependency that is left out
            elif value.is_mapping:
                found.add(_of_chart(release.below(key.content)))
    if not release.rendered:
        for layer in release.layers:
            rest = _without(layer, found.taken)
            found.add(generic.read(release, rest))
            found.add(_any_pod(release, rest))
    return found


def _of_chart(release: Release) -> Found:
    named = next((each for each in _CHARTS if each[0] == release.chart), None)
    told = named or next((each for each in _CHARTS if each[1](release.values)), None)
    if told is None or (named is None and release.rendered and told[0] == "gha-runner-scale-set"):
        return Found()
    return told[2](release)


def _any_pod(release: Release, layer: Node) -> Found:
    """Return values in which pods' specifications stand, as an object of no known kind."""
    pods = [node for node in layer.walk() if any(item["image"].is_scalar for item in node["containers"].items())]
    if not pods:
        return Found()
    metadata = mapping(layer, {"name": release.name, "namespace": release.namespace})
    content = mapping(layer, {**{key.content: value for key, value in layer.pairs()}, "metadata": metadata})
    return Found([Embedded(whole(layer, "kubernetes"), content=content)], pods)


def _without(node: Node, taken: Sequence[Node]) -> Node:
    """Return values without the settings that a chart's reader has taken, on the first two levels."""
    places = {(each.source, each.start, each.end) for each in taken}
    return node.with_pairs([*_kept(node, places, 2)]) if node.is_mapping else node


def _kept(at: Node, places: Set[tuple[Source, int, int]], depth: int) -> Iterator[tuple[Node, Node]]:
    for key, value in at.pairs():
        if (value.source, value.start, value.end) not in places:
            deeper = depth and value.is_mapping
            yield key, value.with_pairs([*_kept(value, places, depth - 1)]) if deeper else value

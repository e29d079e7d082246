"""What values of any chart add to its pods: containers beside its own, and volumes of the node that it mounts."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.built import mapping, word
from dindguard.documents.tree import Kind, Node
from dindguard.formats.helm import shapes
from dindguard.formats.helm.release import Found, Release, image_of
from dindguard.model.condition import Condition
from dindguard.source import Step

_NO_NAMES = frozenset({"values", "mounts", "volumes", "persistence", "pod", "global", "extra"})
"""Keys that say what is below them, and not whose it is."""


def read(release: Release, layer: Node) -> Found:
    """Return a pod for each mapping of ``layer`` that adds something to one of the chart's."""
    found = Found()
    for node in shapes.additions(layer):
        containers = _containers(node, shapes.CONTAINERS, release)
        first = _containers(node, shapes.INIT_CONTAINERS, release)
        engine = node["dind"]
        if shapes.is_engine(engine):
            containers.append(_engine(engine))
            found.taken.append(engine)
        mounts = _mounts(node)
        if mounts:
            containers.append(_own(node, mounts, _name(release, node).text))
        pod = mapping(
            node,
            {
                "containers": node.with_items(containers or first),
                "initContainers": node.with_items(first if containers else []),
                "volumes": node.with_items([*_volumes(node)]),
            },
        )
        found.embedded.append(release.workload("Pod", _name(release, node), pod))
        lists = (*shapes.CONTAINERS, *shapes.INIT_CONTAINERS, *(name for pair in shapes.VOLUMES for name in pair))
        found.taken += [node[key] for key in lists]
    return found


def _name(release: Release, node: Node) -> Node:
    """Return what names the pod: the key above if that is a name, the release, or the chart."""
    if node.key is not None and node.key.content not in _NO_NAMES:
        return node.key
    chart = word(node, release.chart or "chart")
    return release.named(chart) if node.key is None or release.name.text or release.chart else node.key


def _containers(node: Node, lists: tuple[str, ...], release: Release) -> list[Node]:
    return [_as_written(item, release) for key in lists for item in node[key].items() if item["image"].present]


def _as_written(item: Node, release: Release) -> Node:
    """Return a container as the chart writes it: its image in one word, and no permission that its templates leave out."""
    pairs = {key.content: value for key, value in item.pairs()}
    context, templates = item["securityContext"], release.templates
    if context.is_mapping and templates is not None:
        kept = [(key, value) for key, value in context.pairs() if templates.write(key.content)]
        pairs["securityContext"] = context.with_pairs(kept)
    return mapping(item, {**pairs, "image": image_of(item["image"])})


def _engine(dind: Node) -> Node:
    """Return the container that values under ``dind`` describe; there only if they are switched on."""
    context = dind["securityContext"]
    if not context.is_mapping:
        context = mapping(dind, {"privileged": dind["privileged"]})
    keys = ("command", "args", "env", "resources", "volumeMounts")
    found = mapping(
        dind,
        {
            "name": word(dind, "dind"),
            "image": image_of(dind["image"]),
            "securityContext": context,
            **{key: dind[key] for key in keys},
        },
    )
    enabled = dind["enabled"]
    if not enabled.present or not enabled.flag("enabled").off:
        return found
    text = enabled.route or "dind.enabled"
    off = Condition(text, enabled.span, False, f"{enabled.span.path}: {text}")
    pairs = found.explained(Step(off.words, enabled.span)).pairs()
    return Node(
        Kind.MAPPING, dind.source, dind.start, dind.end, route=dind.route, key=dind.key, conditions=(off,),
        children=lambda _: pairs,
    )  # fmt: skip


def _volumes(node: Node) -> Iterator[Node]:
    for volumes, _ in shapes.VOLUMES:
        yield from node[volumes].items()


def _mounts(node: Node) -> list[Node]:
    """Return the mounts of the chart's own container, as far as they show the node's files."""
    return [
        mount
        for volumes, mounts in shapes.VOLUMES
        if any(item["hostPath"]["path"].is_scalar for item in node[volumes].items())
        for mount in node[mounts].items()
    ]


def _own(node: Node, mounts: list[Node], name: str) -> Node:
    """Return the container that only the chart describes, with what is known of it."""
    image = image_of(node["image"])
    return mapping(
        mounts[0],
        {
            "name": word(mounts[0], name if node.key is not None else "main"),
            "image": image,
            "volumeMounts": node.with_items(mounts),
            "securityContext": node["containerSecurityContext"],
        },
    )

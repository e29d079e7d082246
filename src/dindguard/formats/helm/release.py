"""A release: a chart and the values it is given, or values alone; and what reading them came to."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.built import held, mapping, word
from dindguard.documents.tree import Node
from dindguard.formats.helm.own_chart import Templates
from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.records import record
from dindguard.source import Embedded, Source

_API = {"Pod": "v1", "CronJob": "batch/v1", "Job": "batch/v1", "AutoscalingRunnerSet": "actions.github.com/v1alpha1"}
_TEMPLATE = "template"


@record(eq=False)
class Release:
    """One release. ``values`` are all that it is given, later ones on top; ``layers`` each by itself.

    ``name``, ``namespace`` and ``chart`` are holes where nobody wrote them. ``rendered`` tells that the scan has the
    templates that take the values, and reads them; ``templates`` are those of a chart of this repository.
    """

    values: Node
    layers: tuple[Node, ...]
    name: Node
    namespace: Node
    chart: str = ""
    rendered: bool = False
    templates: Templates | None = None

    def below(self, key: str) -> Release:
        """Return the part of a dependency."""
        layers = tuple(layer[key] for layer in self.layers if layer[key].is_mapping)
        return Release(self.values[key], layers, self.name, self.namespace, key, self.rendered, self.templates)

    def named(self, fallback: Node) -> Node:
        """Return the node that names what is made of the release: its own name, or what stands for one."""
        return self.name if self.name.text else fallback

    def workload(self, kind: str, name: Node, spec: Node) -> Embedded:
        """Return an object of the cluster that starts pods of this specification, to be read like any other."""
        at = self.values
        pod = mapping(spec, {"spec": spec})
        inner = {
            "Pod": spec,
            "CronJob": mapping(spec, {"jobTemplate": mapping(spec, {"spec": mapping(spec, {_TEMPLATE: pod})})}),
        }.get(kind) or mapping(spec, {_TEMPLATE: pod})
        made = mapping(
            at,
            {
                "apiVersion": word(at, _API.get(kind, "apps/v1")),
                "kind": word(at, kind),
                "metadata": mapping(name, {"name": name, "namespace": self.namespace}),
                "spec": inner,
            },
        )
        return Embedded(held(made, "kubernetes"), content=made)


class Found:
    """What a chart makes of values: documents for other formats, and the settings that were understood."""

    def __init__(self, embedded: Sequence[Embedded] = (), taken: Sequence[Node] = ()) -> None:
        self.embedded = [*embedded]
        self.taken = [*taken]

    def hand_on(self, node: Node, hint: str) -> None:
        """Hand on a text that is a document."""
        if node.is_scalar and node.content.strip():
            self.embedded.append(Embedded(node.document(hint)))
            self.taken.append(node)

    def add(self, other: Found) -> None:
        """Take over what was found elsewhere."""
        self.embedded += other.embedded
        self.taken += other.taken


def image_of(node: Node) -> Node:
    """Return an image that charts write in one word, or in parts (``repository``, ``tag``), as one scalar."""
    repository = node["repository"]
    if not node.is_mapping or not repository.is_scalar:
        return node if node.is_scalar else node.hole("image")
    registry = node["registry"].text or node["imageRegistry"].text
    tag, digest = node["tag"].text, node["digest"].text
    name = f"{registry}/{repository.text}" if registry else repository.text
    name += (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    if tag or digest:
        return word(repository, Text(name, repository.span))
    default = Text(None, repository.span, How.UNKNOWN, f"{name}:{UNKNOWN_PIECE}", f"{node.name or 'image'}.tag")
    return word(repository, default)


def whole(node: Node, hint: str) -> Source:
    """Return the text that a node stands in as a document of a format, every character at its place."""
    return node.source.part(0, len(node.source.text), hint=hint)

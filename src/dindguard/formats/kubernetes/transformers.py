"""What a kustomization changes without a patch: images, replicas, and the ConfigMaps it generates."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from dindguard import budget
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.formats import Context
from dindguard.formats.kubernetes.placeholders import scope_of
from dindguard.formats.kubernetes.podspecs import is_pod_spec
from dindguard.formats.kubernetes.resources import Resource


class Transformers:
    """The images and replicas of a kustomization, by name: many resources are asked for them."""

    def __init__(self, kustomization: Node) -> None:
        self._images = {item["name"].content: item for item in kustomization["images"] if item["name"].is_scalar}
        self._counts = {
            item["name"].content: item["count"] for item in kustomization["replicas"] if item["count"].is_scalar
        }

    def concern(self, name: str) -> bool:
        """Whether they may change the resource of a name."""
        return bool(self._images) or name in self._counts

    def transformed(self, node: Node, name: str) -> Node:
        """Return a resource with images and replicas replaced; the very same node when nothing changes."""
        if self._images:
            node = _Images(self._images).replaced(node)
        count = self._counts.get(name)
        if count is not None and node["spec"]["replicas"].present:
            node = _replaced(node, "spec", _replaced(node["spec"], "replicas", count))
        return node


def _replaced(node: Node, name: str, value: Node) -> Node:
    return _mapped(node, lambda key, old: value if key == name else old)


def _mapped(node: Node, change: Callable[[str, Node], Node]) -> Node:
    pairs = [(key, change(key.content, value)) for key, value in node.pairs()]
    same = all(new is old for (_, new), (_, old) in zip(pairs, node.pairs(), strict=True))
    return node if same else node.with_pairs(pairs)


class _Images:
    """The replacement of images by name, and how many nodes may still be searched for them."""

    def __init__(self, images: dict[str, Node]) -> None:
        self._images = images
        self._nodes = 0

    def replaced(self, node: Node, depth: int = 0) -> Node:
        """Return a node with the images of all containers below it replaced; the very same when there are none."""
        self._nodes += 1
        if not budget.within(budget.IMAGE_SEARCH, self._nodes, node):
            return node
        if not budget.within(budget.IMAGE_DEPTH, depth, node):
            return node
        if node.is_sequence:
            items = [self.replaced(item, depth + 1) for item in node.items()]
            same = all(new is old for new, old in zip(items, node.items(), strict=True))
            return node if same else node.with_items(items)
        if not node.is_mapping:
            return node
        lists = ("containers", "initContainers") if is_pod_spec(node) else ()

        def change(key: str, value: Node) -> Node:
            if key in lists:
                containers = [_with_image(item, self._images) for item in value.items()]
                same = all(new is old for new, old in zip(containers, value.items(), strict=True))
                return value if same else value.with_items(containers)
            return value if value.is_scalar else self.replaced(value, depth + 1)

        return _mapped(node, change)


def _with_image(container: Node, images: dict[str, Node]) -> Node:
    if not container.is_mapping:
        return container
    name, tag, digest = _split(container["image"].content)
    override = images.get(name)
    if override is None:
        return container
    new_tag, new_digest = override["newTag"], override["digest"]
    place = next(
        (n for n in (override["newName"], new_digest, new_tag) if n.is_scalar and n.content), override["name"]
    )  # fmt: skip
    if new_digest.content:
        suffix = "@" + new_digest.content
    elif new_tag.content:
        suffix = ":" + new_tag.content
    else:
        suffix = (":" + tag if tag else "") + ("@" + digest if digest else "")
    text = (override["newName"].content or name) + suffix
    image = Node(
        Kind.SCALAR, place.source, place.start, place.end, route=place.route, content=text, style="double",
        key=container["image"].key, trail=container["image"].trail, scope=scope_of(container),
    )  # fmt: skip
    return _replaced(container, "image", image)


def _split(image: str) -> tuple[str, str, str]:
    name, _, digest = image.partition("@")
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    return (name, "", digest) if colon < 0 else (name[:colon], name[colon + 1 :], digest)


def generated(folder: str, kustomization: Node, context: Context) -> Iterator[Resource]:
    """Yield the ConfigMaps and Secrets that a kustomization makes of literals and files."""
    for kind, key in (("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")):
        for item in kustomization[key]:
            if item["name"].content:
                yield _generated(folder, kind, item, context)


def _generated(folder: str, kind: str, item: Node, context: Context) -> Resource:
    pairs: Pairs = []
    for literal in item["literals"]:
        key, separator, value = literal.content.partition("=")
        if separator:
            pairs.append(_entry(key, _at(literal, value)))
    for file in item["files"]:
        pairs.extend(_file(folder, file, context))
    node = item.with_pairs([(_at(item, "data"), item.with_pairs(pairs))])
    return Resource(
        node=node, source=item.source, kind=kind, group="", name=item["name"].content,
        namespace=item["namespace"].content, unit=folder,
    )  # fmt: skip


def _file(folder: str, file: Node, context: Context) -> Iterator[tuple[Node, Node]]:
    key, separator, path = file.content.partition("=")
    path = path if separator else key
    where = posixpath.normpath(posixpath.join(folder, path))
    source = context.open(where) if not where.startswith("..") else None
    if source is not None:
        name = key if separator else path.rpartition("/")[2]
        value = Node(Kind.SCALAR, source, 0, len(source.text), content=source.text, style="literal")
        yield _entry(name, value)


def _entry(name: str, value: Node) -> tuple[Node, Node]:
    return _at(value, name), value


def _at(node: Node, content: str) -> Node:
    return Node(
        Kind.SCALAR, node.source, node.start, node.end, route=node.route, content=content, scope=scope_of(node)
    )

"""Reads bake files: every target is a build, with the entitlements that it asks for and the network of its steps.

Source: docker/buildx, ``bake/bake.go`` and the Bake file reference. An entitlement is only asked for here: ``--allow``
consents to it. A target has what those that it inherits ask for as well (``Target.Merge``: entitlements add up, of networks
the last one counts, its own above all); one written over several files is judged where the setting stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dindguard import budget
from dindguard.documents.hcl.reader import BLOCK
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Build, Container, ContainerKind
from dindguard.model.values import How, Text
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.records import record, replace
from dindguard.source import Embedded


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every bake file of a scan."""
    del context  # a file stands by itself: which others are given with it is said on the command line
    reading = Reading()
    for document in documents:
        root = document.content
        _put_in(root)
        targets = [*_targets(root)]
        named = {target.name.content: target for target in targets}
        containers = [found for target in targets if (found := _container(target, named)) is not None]
        if containers:
            reading.workloads.append(_workload(root, tuple(containers)))
        for target in targets:
            reading.embedded += [Embedded(each.document("dockerfile")) for each in _inline(target.body)]
    return reading


@record
class _Target:
    """A target as it is written, and the names of those that it inherits."""

    name: Node
    body: Node
    inherited: Sequence[str]


def _put_in(root: Node) -> None:
    """Put the defaults of variables into the expressions that name them."""
    if isinstance(root.scope, Holes) and isinstance(root.scope.values, dict):
        for key, value in root.pairs():
            for name, body in value.pairs() if key.content == "variable" else ():
                default = body["default"]
                if default.is_scalar and not default.is_null and default.typed.known:
                    root.scope.values[name.content] = replace(default.typed, how=How.DEFAULT)


def _targets(root: Node) -> Iterator[_Target]:
    """Yield the targets: a block each in HCL, a mapping of all in JSON."""
    for key, value in root.pairs():
        if key.content == "target" and value.is_mapping and value.tag != BLOCK:
            for name, body in value.pairs():
                if body.is_mapping:
                    yield _Target(name, body, [text.pattern for text in _texts(body["inherits"])])


def _container(target: _Target, named: Mapping[str, _Target]) -> Container | None:
    """Return a build that asks for anything; ``None`` for an ordinary one."""
    name, body = target.name, target.body
    lines = [*_line(target, named)]
    entitlements = tuple(text for each in lines for text in _texts(each["entitlements"]))
    network = next((each["network"] for each in reversed(lines) if each["network"].is_scalar), body.hole("network"))
    if not entitlements and not network.is_scalar:
        return None
    return Container(
        name=name.content,
        address=f"target.{name.content}",
        kind=ContainerKind.IMAGE,
        span=name.span,
        build=Build(
            span=entitlements[0].span if entitlements else network.span,
            entitlements=entitlements,
            only_asks=True,
            network=network.value if network.is_scalar and not network.is_null else None,
        ),
    )


def _line(target: _Target, named: Mapping[str, _Target]) -> Iterator[Node]:
    """Yield what a target is made of, each part once: those that it inherits in their order, itself last."""
    waiting: list[tuple[_Target, bool]] = [(target, False)]
    seen: set[str] = set()
    while waiting:
        part, done = waiting.pop()
        name = part.name.content
        if done:
            yield part.body
        elif name not in seen and budget.within(budget.INHERITED_TARGETS, len(seen) + 1, part.body):
            seen.add(name)
            waiting.append((part, True))
            waiting += [(named[each], False) for each in reversed(part.inherited) if each in named]


def _texts(node: Node) -> Iterator[Text]:
    return (item.value for item in node.listed() if item.is_scalar and not item.is_null)


def _inline(body: Node) -> Iterator[Node]:
    inline = body["dockerfile-inline"]
    if inline.is_scalar and inline.style != "expression" and inline.content.strip():
        yield inline


def _workload(root: Node, containers: tuple[Container, ...]) -> Workload:
    return Workload(
        name=root.source.name,
        address="bake",
        kind=WorkloadKind.IMAGE_BUILD,
        platform=Platform.NONE,
        span=containers[0].span,
        containers=containers,
    )

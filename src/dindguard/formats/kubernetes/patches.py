"""Patches of Kustomize and Argo: a strategic merge by names, and JSON patches (RFC 6902).

Both make a new tree and leave the old one as it is. Every value keeps the place it is written at: what a patch
brings stands in the patch, and its trail leads to what it was patched into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dindguard import budget
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import decimal
from dindguard.source import Span, Step

_LIST_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "ports": ("containerPort", "port"),
    "hostAliases": ("ip",),
}
"""Lists whose items are merged by a key (patchMergeKey in the Kubernetes API); all others are replaced."""

_REPLACED_BY = "replaces"
_ADDED_TO = "is added to"


class BudgetError(Exception):
    """A patch touches more places than any real one; the open ledger has the notice."""


def merge(base: Node, patch: Node, by_name: bool = True) -> Node | None:
    """Return ``base`` with a strategic merge patch applied; ``None`` when the patch deletes it.

    ``by_name=False`` replaces all lists, as kinds without a known schema are patched. Raises
    :class:`BudgetError` for a patch that never ends.
    """
    return _Merger(by_name).merge(base, patch, 0)


class _Merger:
    """One merge, and how many steps it may still take."""

    def __init__(self, by_name: bool) -> None:
        self._by_name = by_name
        self._steps = 0

    def merge(self, base: Node, patch: Node, depth: int) -> Node | None:
        """Return what a place becomes."""
        self._steps += 1
        allowed = budget.within(budget.PATCH_STEPS, self._steps, patch)
        if not allowed or not budget.within(budget.PATCH_DEPTH, depth, patch):
            raise BudgetError
        directive = patch["$patch"].content if patch.is_mapping else ""
        if directive == "delete":
            return None
        if base.is_scalar and patch.is_scalar and (base.content, base.style) == (patch.content, patch.style):
            return base  # a name that only says what is patched
        if not (base.is_mapping and patch.is_mapping):
            return patch.explained(Step(_REPLACED_BY, base.span))
        if directive == "replace":
            kept = [(key, value) for key, value in patch.pairs() if not key.content.startswith("$")]
            return patch.with_pairs(kept).explained(Step(_REPLACED_BY, _anchor(base)))
        return base.with_pairs(self._pairs(base, patch, depth + 1))

    def _pairs(self, base: Node, patch: Node, depth: int) -> Pairs:
        pairs: Pairs = []
        for key, value in base.pairs():
            change = patch[key.content]
            if not change.present:
                pairs.append((key, value))
            elif not change.is_null:
                merged = self._value(key.content, value, change, depth)
                if merged is not None:
                    pairs.append((key, merged))
        step = Step(_ADDED_TO, _anchor(base))
        for key, value in patch.pairs():
            if key.content not in base and not key.content.startswith("$") and not value.is_null:
                pairs.append((key, value.explained(step)))
        return pairs

    def _value(self, name: str, base: Node, patch: Node, depth: int) -> Node | None:
        if base.is_sequence and patch.is_sequence:
            keys = _LIST_KEYS.get(name) if self._by_name else None
            return (
                self._list(base, patch, keys, depth) if keys else patch.explained(Step(_REPLACED_BY, _anchor(base)))
            )
        return self.merge(base, patch, depth)

    def _list(self, base: Node, patch: Node, keys: tuple[str, ...], depth: int) -> Node:
        key = next((key for key in keys if any(key in item for item in (*base, *patch))), keys[0])
        if any(item["$patch"].content == "replace" for item in patch):
            return patch.with_items([item for item in patch if "$patch" not in item])
        changes = {item[key].content: item for item in patch if item.is_mapping}
        items = []
        for item in base:
            change = changes.pop(item[key].content, None)
            merged = item if change is None else self.merge(item, change, depth)
            if merged is not None:
                items.append(merged)
        step = Step(_ADDED_TO, _anchor(base))
        items.extend(item.explained(step) for item in changes.values() if item["$patch"].content != "delete")
        return base.with_items(items)


class Operation(NamedTuple):
    """One operation of RFC 6902: its kind, the steps of its pointers, its value and where it is written."""

    kind: str
    path: list[str]
    origin: list[str]
    value: Node
    at: Node


def operations(patch: Node) -> list[Operation]:
    """Return the operations of a patch that have a place to change."""
    found = []
    for each in patch:
        path, origin = _pointer(each["path"].content), _pointer(each["from"].content)
        if path:
            found.append(Operation(each["op"].content, path, origin, each["value"], each["path"]))
    return found


def json_patch(base: Node, steps: Sequence[Operation], at: Node) -> Node:
    """Return ``base`` with RFC 6902 operations applied; an operation that finds no place changes nothing.

    ``at`` is where they are written. Raises :class:`BudgetError` for more than :data:`~dindguard.budget.PATCH_COPIES`.
    """
    copies = sum(each.kind in ("copy", "move") for each in steps)
    if not budget.within(budget.PATCH_COPIES, copies, at):
        raise BudgetError
    for kind, path, origin, given, place in steps:
        value = given
        if kind in ("copy", "move"):
            found = _look(base, origin) if origin else None
            if found is None:
                continue
            value = found.explained(Step("copied here", place.span))
            if kind == "move":
                base = _edit(base, origin, _removal) or base
        if kind in ("add", "copy", "move") and value.present:
            base = _edit(base, path, _addition(value), insert=True) or base
        elif kind == "replace" and value.present:
            base = _edit(base, path, _replacement(value)) or base
        elif kind == "remove":
            base = _edit(base, path, _removal) or base
    return base


Change = Callable[[Node | None, Node], Node | None]
"""From what stands at a place, or ``None``, and what is around it, to what shall stand there."""


def _addition(value: Node) -> Change:
    return lambda _, parent: value.explained(Step(_ADDED_TO, _anchor(parent)))


def _replacement(value: Node) -> Change:
    return lambda old, _: value.explained(Step(_REPLACED_BY, old.span)) if old is not None else None


def _removal(_old: Node | None, _parent: Node) -> None:
    return None


def _pointer(path: str) -> list[str]:
    """Return a JSON pointer's steps; none for one that leads nowhere, or deeper than any manifest."""
    if path.count("/") > budget.PATCH_DEPTH.most:
        return []
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _look(node: Node, path: list[str]) -> Node | None:
    for step in path:
        if node.is_sequence:
            index = decimal(step)
            node = node[index] if index is not None else node.hole(step)
        else:
            node = node[step]
    return node if node.present else None


def _edit(node: Node, path: list[str], change: Change, insert: bool = False) -> Node | None:
    """Return ``node`` with the place at ``path`` changed, or ``None`` when there is no such place."""
    step, rest = path[0], path[1:]
    if node.is_sequence:
        return _edit_sequence(node, step, rest, change, insert)
    if not node.is_mapping:
        return None
    child = node[step]
    if rest:
        new = _edit(child, rest, change, insert) if child.present else None
        return None if new is None else _with(node, step, new)
    return _with(node, step, change(child if child.present else None, node))


def _edit_sequence(node: Node, step: str, rest: list[str], change: Change, insert: bool) -> Node | None:
    items = list(node.items())
    index = len(items) if step == "-" and not rest and insert else decimal(step)
    if index is None:
        return None
    if rest:
        new = _edit(items[index], rest, change, insert) if index < len(items) else None
        if new is None:
            return None
        items[index] = new
    elif insert:
        added = change(None, node)
        if added is not None:
            items.insert(index, added)
    elif index < len(items):
        new = change(items[index], node)
        items[index : index + 1] = [] if new is None else [new]
    return node.with_items(items)


def _with(node: Node, name: str, value: Node | None) -> Node:
    pairs = [(key, value if key.content == name else old) for key, old in node.pairs()]
    kept = [(key, new) for key, new in pairs if new is not None]
    if value is not None and name not in node:
        kept.append((_key(value, name), value))
    return node.with_pairs(kept)


def _key(value: Node, name: str) -> Node:
    return Node(Kind.SCALAR, value.source, value.start, value.start, route=value.route, content=name)


def _anchor(node: Node) -> Span:
    """Return a short place that stands for a mapping or a list: its name, else its key."""
    name = node["name"] if node.is_mapping else node
    return name.span if name.is_scalar else node.key_span

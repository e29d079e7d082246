"""Patches of Kustomize and Argo: a strategic merge by names, and JSON patches (RFC 6902).

Both change a draft, once it is known that they end. Every value keeps the place it is written at: what a
patch brings stands in the patch, and its trail leads to what it was patched into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from dindguard import budget
from dindguard.documents.tree import Kind, Node
from dindguard.formats.kubernetes.drafts import Draft, Items, Members, Place, Value, finished, member, opened
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


def merge(base: Node, patch: Node) -> Node | None:
    """Return ``base`` with a strategic merge patch applied; ``None`` when the patch deletes it.

    Raises :class:`BudgetError` for a patch that never ends.
    """
    merged = merging(opened(base), patch)()
    return None if merged is None else finished(merged)


Work = Callable[[], Value | None]
"""Changes a draft as a patch says, and returns what is there then; ``None`` where that is deleted."""


def merging(base: Value, patch: Node, by_name: bool = True) -> Work:
    """Return how a strategic merge patch changes a draft.

    ``by_name=False`` replaces all lists, as kinds without a known schema are patched. Raises
    :class:`BudgetError` for a patch that never ends.
    """
    merger = _Merger(by_name)
    merged = merger.merge(base, patch, 0)

    def work() -> Value | None:
        for change in merger.changes:
            change()
        return opened(merged) if isinstance(merged, Node) else merged

    return work


class _Merger:
    """One merge: how many steps it may still take, and what it is going to change."""

    def __init__(self, by_name: bool) -> None:
        self._by_name = by_name
        self._steps = 0
        self.changes: list[Callable[[], None]] = []

    def merge(self, base: Value, patch: Node, depth: int) -> Value | None:
        """Return what a place becomes."""
        self._steps += 1
        allowed = budget.within(budget.PATCH_STEPS, self._steps, patch)
        if not allowed or not budget.within(budget.PATCH_DEPTH, depth, patch):
            raise BudgetError
        directive = patch["$patch"].content if patch.is_mapping else ""
        if directive == "delete":
            return None
        if isinstance(base, Members) and patch.is_mapping:
            if directive != "replace":
                self._members(base, patch, depth + 1)
                return base
            kept = [(key, value) for key, value in patch.pairs() if not key.content.startswith("$")]
            return patch.with_pairs(kept).explained(Step(_REPLACED_BY, _anchor(base)))
        node = base.node if isinstance(base, Draft) else base
        if node.is_scalar and patch.is_scalar and (node.content, node.style) == (patch.content, patch.style):
            return base  # a name that only says what is patched
        return patch.explained(Step(_REPLACED_BY, node.span))

    def _members(self, base: Members, patch: Node, depth: int) -> None:
        step = Step(_ADDED_TO, _anchor(base))
        for key, change in patch.pairs():
            if key.content in base.values:
                value = base.opened(key.content)
                merged = None if change.is_null else self._value(key.content, value, change, depth)
                self.changes.append(partial(base.name, key, merged))
            elif not key.content.startswith("$") and not change.is_null:
                self.changes.append(partial(base.name, key, change.explained(step)))

    def _value(self, name: str, base: Value, patch: Node, depth: int) -> Value | None:
        if isinstance(base, Items) and patch.is_sequence:
            keys = _LIST_KEYS.get(name) if self._by_name else None
            return (
                self._list(base, patch, keys, depth) if keys else patch.explained(Step(_REPLACED_BY, _anchor(base)))
            )
        return self.merge(base, patch, depth)

    def _list(self, base: Items, patch: Node, keys: tuple[str, ...], depth: int) -> Value:
        key = next((key for key in keys if base.has(key) or any(key in item for item in patch)), keys[0])
        if any(item["$patch"].content == "replace" for item in patch):
            return patch.with_items([item for item in patch if "$patch" not in item])
        step = Step(_ADDED_TO, _anchor(base))
        for name, change in {item[key].content: item for item in patch if item.is_mapping}.items():
            place = base.find(key, name)
            if place is not None:
                self.changes.append(partial(base.put, place, self.merge(base.opened(place), change, depth)))
            elif change["$patch"].content != "delete":
                self.changes.append(partial(base.add, change.explained(step)))
        return base


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


def editing(base: Value, steps: Sequence[Operation], at: Node) -> Work:
    """Return how RFC 6902 operations change a draft; an operation that finds no place changes nothing.

    ``at`` is where they are written. Raises :class:`BudgetError` for more than :data:`~dindguard.budget.PATCH_COPIES`.
    """
    copies = sum(each.kind in ("copy", "move") for each in steps)
    if not budget.within(budget.PATCH_COPIES, copies, at):
        raise BudgetError
    return partial(_edited, base, steps)


def _edited(base: Value, steps: Sequence[Operation]) -> Value:
    for kind, path, origin, given, place in steps:
        value, copied = given, tuple[Step, ...]()
        if kind in ("copy", "move"):
            found = _look(base, origin) if origin else None
            if found is None:
                continue
            value, copied = finished(found), (Step("copied here", place.span),)
            if kind == "move":
                _edit(base, origin, _removal)
        if kind in ("add", "copy", "move") and value.present:
            _edit(base, path, _addition(value, *copied), insert=True)
        elif kind == "replace" and value.present:
            _edit(base, path, _replacement(value))
        elif kind == "remove":
            _edit(base, path, _removal)
    return base


Change = Callable[[Value | None, Draft], Node | None]
"""From what stands at a place, or ``None``, and what is around it, to what shall stand there."""


def _addition(value: Node, *steps: Step) -> Change:
    return lambda _, parent: value.explained(*steps, Step(_ADDED_TO, _anchor(parent)))


def _replacement(value: Node) -> Change:
    return lambda old, _: value.explained(Step(_REPLACED_BY, _node(old).span)) if old is not None else None


def _removal(_old: Value | None, _parent: Draft) -> None:
    return None


def _pointer(path: str) -> list[str]:
    """Return a JSON pointer's steps; none for one that leads nowhere, or deeper than any manifest."""
    if path.count("/") > budget.PATCH_DEPTH.most:
        return []
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _look(base: Value, path: list[str]) -> Value | None:
    """Return what stands at a place, if anything does."""
    value: Value | None = base
    for step in path:
        place = _place(value, step)
        if not isinstance(value, Draft) or place is None:
            return None
        value = value.opened(place)
    return value if isinstance(value, Draft) or (value is not None and value.present) else None


def _place(parent: Value | None, step: str, below: str = "") -> Place | None:
    """Return where a step of a pointer leads in a draft; ``below`` is the next."""
    if isinstance(parent, Members):
        return step if step in parent.values else None
    number = decimal(step) if isinstance(parent, Items) else None
    return parent.numbered(number, below) if isinstance(parent, Items) and number is not None else None


def _edit(base: Value, path: list[str], change: Change, insert: bool = False) -> None:
    """Change the place at ``path``; nothing when there is no such place."""
    parent: Value | None = base
    for step, below in pairwise(path):
        place = _place(parent, step, below)
        if not isinstance(parent, Draft) or place is None:
            return
        parent = parent.opened(place)
    step = path[-1]
    if isinstance(parent, Items):
        _edit_items(parent, step, change, insert)
    elif isinstance(parent, Members):
        old = member(parent, step)
        new = change(old if _node(old).present else None, parent)
        parent.name(_key(new or parent.node, step), new)


def _edit_items(parent: Items, step: str, change: Change, insert: bool) -> None:
    number = decimal(step)
    if insert:
        added = change(None, parent) if step == "-" or number is not None else None
        if added is not None:
            parent.add(added, number)
    elif number is not None and (place := parent.numbered(number, None)) is not None:
        parent.put(place, change(parent.values[place], parent))


def _key(value: Node, name: str) -> Node:
    return Node(Kind.SCALAR, value.source, value.start, value.start, route=value.route, content=name)


def _node(value: Value) -> Node:
    return value.node if isinstance(value, Draft) else value


def _anchor(value: Value) -> Span:
    """Return a short place that stands for a mapping or a list: its name, else its key."""
    node = _node(value)
    name = member(value, "name") if node.is_mapping else node
    return name.span if isinstance(name, Node) and name.is_scalar else node.key_span

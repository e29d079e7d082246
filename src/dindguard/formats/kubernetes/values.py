"""How Kubernetes reads a scalar, where that differs from other readers of YAML."""

from __future__ import annotations

from dindguard.documents.tree import Node
from dindguard.model.values import Flag, How, Text
from dindguard.records import replace


def boolean(node: Node, name: str) -> Flag:
    """Return a boolean field. The API server rejects a quoted one; what its author meant counts here."""
    flag = node.flag(name)
    if flag.set and not flag.unknown and node.style in ("single", "double"):
        return replace(flag, non_portable=True)
    return flag


def negated(flag: Flag, name: str) -> Flag:
    """Return the flag that says the opposite, at the same place."""
    return replace(flag, state=None if flag.state is None else not flag.state, name=name)


def meaning(node: Node, value: str) -> Text:
    """Return ``value`` as what the scalar at ``node`` says in the model's words."""
    return Text(value, node.value.span, How.WRITTEN, raw=node.content)


def present(*texts: Text | None) -> tuple[Text, ...]:
    """Return those that are written."""
    return tuple(text for text in texts if text is not None)

"""One look at settings that Compose lets people write in several ways: a list, a mapping, a short string."""

from __future__ import annotations

import posixpath
from functools import lru_cache

from dindguard.documents.tree import Kind, Node
from dindguard.model.values import Text
from dindguard.source import Span


def key_values(node: Node) -> list[Node]:
    """Return the entries of a list of ``KEY=VALUE``, or the values of a mapping; the latter have a ``key``."""
    if node.is_mapping:
        return node.values()
    if node.is_scalar:
        return [] if node.is_null else [_without_key(node)]
    return node.items()


def name_of(item: Node) -> str:
    """Return an entry's name: its key, or what stands before ``=``."""
    if item.key is not None:
        return item.key.content
    return _pattern(item).partition("=")[0]


def _pattern(item: Node) -> str:
    """Return what an entry says: where no variable changes it, nobody need ask where it is written."""
    return item.content if item.filled is None and "$" not in item.content else item.value.pattern


def as_mapping(node: Node) -> Node:
    """Return a list of names as a mapping from them to null; a mapping is returned as it is."""
    if not node.is_sequence:
        return node
    return node.with_pairs([(item, _null(item)) for item in node.items() if item.is_scalar])


def build_mapping(node: Node) -> Node:
    """Return a ``build`` that is only a path as the mapping it stands for."""
    if not node.is_scalar or node.is_null:
        return node
    return node.with_pairs([(key_node("context", node), _without_key(node))])


def key_node(name: str, at: Node) -> Node:
    """Return a key that nobody wrote, at the place of ``at``."""
    return Node(
        Kind.SCALAR, at.source, at.start, at.end, route=at.route, content=name, trail=at.trail, scope=at.scope
    )  # fmt: skip


def _without_key(node: Node) -> Node:
    return Node(
        node.kind, node.source, node.start, node.end, route=node.route, content=node.content, style=node.style,
        tag=node.tag, trail=node.trail, scope=node.scope, mapping=node.mapping, filled=node.filled,
        conditions=node.conditions,
    )  # fmt: skip


def _null(key: Node) -> Node:
    return Node(
        Kind.SCALAR, key.source, key.start, key.end, route=key.route, key=key, trail=key.trail, scope=key.scope
    )  # fmt: skip


def volume_target(item: Node) -> str:
    """Return where in the container a volume entry is mounted, in one spelling."""
    if item.is_mapping:
        return clean(_pattern(item["target"]))
    if item.filled is None and "$" not in item.content:  # every service may have it: read its text once
        return _target_of(item.content)
    from dindguard.scripts.engine_cli import specs

    return clean(specs.volume_spec(item.value).target.pattern)


@lru_cache(maxsize=1024)
def _target_of(volume: str) -> str:
    """Return the target of a volume that no variable changes."""
    from dindguard.scripts.engine_cli import specs

    return clean(specs.volume_spec(Text(volume, _NOWHERE)).target.pattern)


_NOWHERE = Span("", 1, 1, 1, 1)


def device_target(item: Node) -> str:
    """Return the path in the container of a device entry."""
    if item.is_mapping:
        return _pattern(item["target"])
    fields = _pattern(item).split(":")
    return fields[1] if len(fields) > 1 else fields[0]


def grant_key(item: Node) -> str:
    """Return where a config or secret is mounted, as far as that tells two grants apart."""
    if not item.is_mapping:
        return "/" + _pattern(item)
    target = item["target"]
    return _pattern(target) if target.present else "/" + _pattern(item["source"])


def file_path(item: Node) -> str:
    """Return the path of an ``env_file`` entry."""
    return _pattern(item["path"] if item.is_mapping else item)


def port_key(item: Node) -> object:
    """Return what makes two published ports one: address, both ports and protocol."""
    if item.is_mapping:
        words = [_pattern(item[name]) for name in ("host_ip", "published", "target", "protocol")]
    else:
        from dindguard.scripts.engine_cli import specs

        port = specs.port_spec(item.value)
        words = [part.pattern if part else "" for part in (port.address, port.published, port.target, port.protocol)]
    return (words[0] or "0.0.0.0", words[1], words[2], words[3] or "tcp")  # noqa: S104 - a key, not a listener


def clean(path: str) -> str:
    """Return a path in the container in one spelling."""
    plain = not path.startswith("/") or not ("//" in path or "/." in path or (len(path) > 1 and path.endswith("/")))
    return path if plain else "/" + posixpath.normpath(path).lstrip("/")

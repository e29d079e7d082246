"""``helm_release``: a chart, and the values that its settings, its files and its expressions give it.

Source: hashicorp/terraform-provider-helm, ``docs/resources/release.md`` (``set`` is a block, since version 3 a list of objects;
it comes on top of ``values``). Handed on as a list of releases.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dindguard.documents.built import mapping, word
from dindguard.documents.tree import Node
from dindguard.formats.terraform.module import Block, Module, bodies, file_named, unwrapped

_SETS = ("set", "set_sensitive")


def release(block: Block, module: Module) -> Node | None:
    """Return a list of the one release; ``None`` when it is given nothing but texts, which are read for themselves."""
    body = block.body
    items = unwrapped(body["values"]).items()
    values = [node for item in items if (node := _values(module.followed(item), module)) is not None]
    given = [each for name in _SETS for each in bodies(body, name) if each["name"].text]
    if not (values or given):
        return None
    parts = {name: body[name] for name in ("name", "chart", "namespace")}
    parts |= {"values": body.with_items(values)} if values else {}
    parts |= {"set": body.with_items(given)} if given else {}
    return mapping(body, {"releases": body.with_items([mapping(body, parts)])})


def texts(block: Block, module: Module) -> Iterator[Node]:
    """Yield what a release is given as text."""
    for item in unwrapped(block.body["values"]).items():
        node = module.followed(item)
        if _values(node, module) is None:
            yield node


def _values(node: Node, module: Module) -> Node | None:
    """Return an expression's mapping, or the path of a file of values, counted from the scan's root."""
    inner = module.followed(unwrapped(node))
    if inner.is_mapping and not inner.tag:
        return module.settled(inner)
    name = file_named(node)
    path = posixpath.normpath(posixpath.join(module.folder, name)) if name.endswith((".yaml", ".yml")) else ".."
    return word(node, f"/{path}") if not path.startswith("..") else None

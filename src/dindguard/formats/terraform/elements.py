"""What is in a collection that ``for_each`` names: written there, in ``locals``, or the default of a variable.

Source: the Terraform language documentation ("The for_each Meta-Argument", "For Expressions", and the collection functions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.built import with_pairs, word
from dindguard.documents.hcl.reader import CALL
from dindguard.documents.tree import Node
from dindguard.formats.terraform.conditions import chosen
from dindguard.model.values import How
from dindguard.patterns import regex
from dindguard.records import replace

if TYPE_CHECKING:
    from dindguard.budget.stocks import Share

Elements = list[tuple[str, Node]]
"""Elements, each with its key; an element of a list has its number."""

_SAME = ("toset", "tolist", "tomap", "try", "sensitive", "distinct", "compact", "values")
"""Functions of a collection that lead to the same elements."""
_TOGETHER = ("concat", "merge", "setunion")
_BY_ATTRIBUTE = regex(
    r"\{\s*for\s+(?P<each>\w+)\s+in\s+(?P<of>(?:local|var)\.[\w-]+)\s*:\s*(?P=each)(?:\.(?P<key>[\w-]+))?\s*=>\s*(?P=each)\s*\}"
)
"""The usual way to make a map of a list: by what tells its elements apart."""
_LENGTH = 8
"""So many characters of a default are one element's worth of work."""


class Collections:
    """The collections of one module.

    ``named`` gives what ``local.name`` or ``var.name`` is, as far as the files tell, and whether that is a default. What is
    looked at comes out of ``share``.
    """

    def __init__(self, named: Callable[[str], tuple[Node, bool] | None], share: Share) -> None:
        self._named = named
        self._share = share

    def elements(self, of: Node, depth: int = 0) -> Elements | None:
        """Return what a collection holds; ``None`` if the files don't tell, or leave it to whoever calls the module."""
        if not budget.within(budget.LOCALS_DEPTH, depth, of) or not self._share.left(of):
            return None
        name = chosen(of) or (of.content if of.style == "expression" else "")
        named = self._named(name) if name.startswith(("local.", "var.")) else None
        if named is not None:
            node, is_default = named
            found = self.elements(node, depth + 1)
            return self._as_default(node, found or []) if is_default else found
        if of.is_scalar:
            return self._by_attribute(of, depth) if of.style == "expression" else None
        found = self._of_call(of, depth) if of.tag == CALL else _written(of)
        self._share.take(1 + len(found or ()))
        return found

    def _as_default(self, node: Node, found: Elements) -> Elements | None:
        """Return elements as what a caller may have otherwise; ``None`` for none, for then a caller has some."""
        self._share.take((node.end - node.start) // _LENGTH)
        return [(key, _default(value)) for key, value in found] or None

    def _of_call(self, call: Node, depth: int) -> Elements | None:
        name, arguments = call.keys()[0], call.values()[0].items()
        if name in _SAME and arguments:
            return self.elements(arguments[0], depth + 1)
        if name not in _TOGETHER:
            return None
        parts = [self.elements(each, depth + 1) for each in arguments]
        return None if None in parts else [each for part in parts if part is not None for each in part]

    def _by_attribute(self, node: Node, depth: int) -> Elements | None:
        match = _BY_ATTRIBUTE.fullmatch(node.content)
        if match is None:
            return None
        of = word(node, match["of"])
        of.style = "expression"
        found, attribute = self.elements(of, depth + 1), match["key"]
        return (
            None if found is None else [((each[attribute] if attribute else each).content, each) for _, each in found]
        )


def _written(node: Node) -> Elements | None:
    if node.is_sequence:
        return [(item.content if item.is_scalar else str(number), item) for number, item in enumerate(node.items())]
    return [(key.content, value) for key, value in node.pairs()] if node.is_mapping else None


def _default(node: Node) -> Node:
    """Return what a variable's default says, which whoever calls the module may have otherwise."""
    if node.is_scalar:
        return word(node, replace(node.value, how=How.DEFAULT)) if node.value.known and not node.is_null else node
    if node.is_sequence:
        return node.with_items([_default(item) for item in node.items()])
    return with_pairs(node, [(key, _default(value)) for key, value in node.pairs()])

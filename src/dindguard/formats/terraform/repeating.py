"""Blocks that are written once and made several times, as far as the files say of what: ``dynamic`` and ``for_each``.

Source: the Terraform language documentation ("dynamic Blocks": ``for_each``, ``iterator``, ``content``, and the iterator's
``key`` and ``value``; "The for_each Meta-Argument": ``each.key`` and ``each.value``).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, cast

from dindguard.documents.built import with_pairs, word
from dindguard.documents.hcl.reader import CALL
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node, Pairs
from dindguard.formats.terraform.conditions import if_asked
from dindguard.formats.terraform.elements import Collections
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.budget.stocks import Share

_DYNAMIC = "dynamic"
_CHOOSING = ("try", "coalesce")
_STEP = regex(r"\.([A-Za-z_][\w-]*)|\[\s*\"([^\"]+)\"\s*\]|\[\s*(\d{1,9})\s*\]|(?s:.)")


class Repeating:
    """Writes out the repeated blocks of a module. ``collections`` tell what is in what ``for_each`` names, ``share`` how much
    may be written out."""

    def __init__(self, collections: Collections, share: Share) -> None:
        self._collections = collections
        self._share = share

    def bodies(self, body: Node) -> Iterator[tuple[str, Node]]:
        """Yield a block's body for each thing that its ``for_each`` names, with that one's key.

        Itself, with no key, where none of it is that thing's, or nothing tells what there is.
        """
        each = "for_each" in body and _holds(body, "each.")
        elements = self._collections.elements(body["for_each"]) if each else None
        if elements is None:
            yield "", self._written_out(body)
            return
        one = with_pairs(body, [(key, value) for key, value in body.pairs() if key.content != "for_each"])
        for key, value in elements:
            if not self._share.left(body):
                return
            yield key, self._written_out(self._filled(one, _Element("each", key, value)))

    def _written_out(self, body: Node) -> Node:
        """Return a body with one block for each thing that its ``dynamic`` blocks, and those inside, are made of."""
        if not body.is_mapping or body.tag == CALL:
            return body
        if not any(key.content == _DYNAMIC or _holds(value, _DYNAMIC) for key, value in body.pairs()):
            return body
        pairs: Pairs = []
        for key, value in body.pairs():
            made = self._made(value) if key.content == _DYNAMIC and value.is_mapping else None
            pairs += [(key, self._written_out(value))] if made is None else made
        return with_pairs(body, pairs)

    def _made(self, dynamic: Node) -> Pairs | None:
        """Return the blocks that a ``dynamic`` block makes; ``None`` if nothing tells what of."""
        name, block = next(iter(dynamic.pairs()), (dynamic, dynamic))
        content, of = block["content"], block["for_each"]
        elements = self._collections.elements(of) if content.is_mapping else None
        if elements is None:
            return None
        iterator = block["iterator"].content or name.content
        made: Pairs = []
        for key, value in elements:
            if not self._share.left(block):
                break
            filled = self._written_out(self._filled(content, _Element(iterator, key, value)))
            made.append((name, if_asked(filled, of)))
        return made

    def _filled(self, node: Node, element: _Element) -> Node:
        """Return what is written of an element with what that one is."""
        self._share.take(1)
        if node.is_scalar:
            return element.scalar(node)
        if node.is_sequence:
            return node.with_items([self._part(item, element) for item in node.items()])
        if node.tag == CALL:
            chosen = element.chosen(node)
            if chosen is not None:
                return chosen
        return with_pairs(node, [(key, self._part(value, element)) for key, value in node.pairs()])

    def _part(self, node: Node, element: _Element) -> Node:
        return self._filled(node, element) if _holds(node, f"{element.name}.") else node


@record
class _Element:
    """One of the things that a block is made for: ``name.key`` and ``name.value`` in what is written of it."""

    name: str
    key: str
    value: Node

    def scalar(self, node: Node) -> Node:
        """Return a scalar with what the element says; where it asks for that alone, the node that says so."""
        if node.style == "expression" and (found := self._found(node.content)) is not None:
            return found
        scope = node.scope
        if not isinstance(scope, Holes):
            return node
        said = {expression: self._found(expression) for _, _, expression in scope.places}
        own = {each: found.value for each, found in said.items() if found is not None and found.is_scalar}
        if not own:
            return node
        values = ChainMap(own, cast("MutableMapping[str, Text]", scope.values))  # which nobody writes into
        return node.scoped(Holes(scope.places, values))

    def chosen(self, call: Node) -> Node | None:
        """Return what ``try``, ``coalesce`` or ``lookup`` gives: the element's attribute, or else the default behind it."""
        function, arguments = call.keys()[0], call.values()[0].items()
        if function == "lookup" and len(arguments) > 1:
            of = self._found(arguments[0].content)
            if of is None or not of.is_mapping:
                return None
            found = of[arguments[1].content]
            return found if found.present else next(iter(arguments[2:3]), None)
        if function not in _CHOOSING:
            return None
        for argument in arguments:
            if not argument.is_scalar or argument.style != "expression":
                return argument
            found = self._found(argument.content) or argument.hole("")
            if found.present and not found.is_null:
                return found
            if not argument.content.startswith(f"{self.name}."):
                return argument
        return None

    def _found(self, expression: str) -> Node | None:
        """Return what ``name.key``, or ``name.value`` with further steps, is; ``None`` if the element does not say so."""
        if expression == f"{self.name}.key":
            is_itself = self.value.is_scalar and self.value.content == self.key
            return self.value if is_itself else word(self.value, Text(self.key, self.value.key_span))
        way = f"{self.name}.value"
        if not expression.startswith(way):
            return None
        node = self.value
        for step in _STEP.finditer(expression, len(way)):
            name, quoted, number = step.groups()
            if not (name or quoted or number):
                return None
            node = node[int(number) if number else name or quoted]
        return node if node.present else None


def _holds(node: Node, word: str) -> bool:
    """Whether a word stands in what is written of a node."""
    return node.source.text.find(word, node.start, node.end) >= 0

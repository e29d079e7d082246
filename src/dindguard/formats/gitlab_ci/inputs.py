"""``spec: inputs:`` of a file that is included like a template, and ``$[[ inputs.x ]]`` in it."""

from __future__ import annotations

import re

from dindguard.documents.placeholders import substitute, undecided
from dindguard.documents.tree import Node
from dindguard.model.values import UNKNOWN_PIECE, How, Text, unknown
from dindguard.patterns import regex
from dindguard.records import replace

PLACEHOLDER = regex(r"\$\[\[\s*inputs\.([\w-]+)\s*((?:\|[^\[\]]*)?)\]\]")


class Inputs:
    """The inputs of one file, as one ``include`` gives them: an interpolation scope.

    ``spec`` is the mapping below ``spec: inputs:``, ``given`` the one below the include's ``inputs:``.
    """

    def __init__(self, spec: Node, given: Node | None = None) -> None:
        self._nodes: dict[str, Node] = {}
        self._defaults: set[str] = set()
        for key, declared in spec.pairs():
            if given is not None and given[key.content].present:
                self._nodes[key.content] = given[key.content]
            elif declared["default"].present:
                self._nodes[key.content] = declared["default"]
                self._defaults.add(key.content)

    def node(self, node: Node) -> Node:
        """Return what a scalar stands for as a whole: the list that an input holds, or the scalar itself."""
        match = PLACEHOLDER.fullmatch(node.content.strip()) if node.is_scalar and "$[[" in node.content else None
        if match is None or match[2]:
            return node
        value = self._nodes.get(match[1])
        return value if value is not None and not value.is_scalar else node

    def concerns(self, content: str) -> bool:
        """Whether a scalar may hold a placeholder."""
        return "$[[" in content

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its inputs replaced; one without a default is unknown."""
        if "$[[" not in text.pattern:
            return text
        return substitute(text, PLACEHOLDER, lambda match: self._lookup(match, text))

    def replacement(self, match: re.Match[str]) -> str | None:
        """Return the known value of a placeholder, or ``None``."""
        node = self._nodes.get(match[1])
        if node is None or not node.is_scalar or not _plain(match[2]):
            return None
        return node.value.value

    def _lookup(self, match: re.Match[str], text: Text) -> Text:
        name = f"inputs.{match[1]}"
        node = self._nodes.get(match[1])
        if node is None or not node.is_scalar:
            return unknown(text.span, name, match[0])
        value = node.value
        if not _plain(match[2]):
            return undecided(value, name)
        if match[1] in self._defaults and value.known:
            return replace(value, how=How.DEFAULT)
        return value


def _plain(functions: str) -> bool:
    """Whether an interpolation's functions leave the value as it is, at least in what matters here."""
    return functions.strip("| \t") in ("", "expand_vars")


def key_with_inputs(key: Node, inputs: Inputs) -> Node:
    """Return a mapping's key with its inputs replaced, as far as they are known."""
    if "$[[" not in key.content:
        return key
    text = inputs.resolve(key.typed)
    name = text.pattern.replace(UNKNOWN_PIECE, "?") if text.known else key.content
    copied = key.moved(key.route)
    copied.content = name
    return copied

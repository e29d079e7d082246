"""JSON text into a located tree; comments and trailing commas are accepted, as in ``devcontainer.json``.

The tree is the one that YAML is read into, so that formats need not know which of both they are given.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder

from dindguard import budget
from dindguard.documents.faults import TooDeepError, UnreadableError, notice_of
from dindguard.documents.routes import join_route, route_key
from dindguard.documents.syntax import may_be_filled
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.documents.yaml import Tree
from dindguard.patterns import regex
from dindguard.source import Segment, Source

_STRINGS = JSONDecoder(strict=False)

_BLANK = regex(r"(?:[ \t\r\n\ufeff]++|//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_PLAIN = regex(r"true|false|null|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_VARIABLE = regex(r"\$(?:\w++|\{[^{}\n]*+\}|\([^()\n]*+\))")
"""What stands for a value in a document that a script or a tool fills in: in a file, by the file's name."""
_ESCAPE = regex(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)


def read(source: Source) -> Tree:
    """Read the document of ``source``; what is no JSON becomes an error notice with its place. Never raises.

    A text of blanks and comments has no document.
    """
    tree = Tree(source)
    reader = _Reader(source)
    try:
        start = reader.blank(0)
        if start < len(source.text):
            node, end = reader.value(start, "", None, 0)
            end = reader.blank(end)
            if end < len(source.text):
                raise UnreadableError("more text after the end of the document", end)
            tree.documents.append(node)
    except UnreadableError as error:
        tree.notices.append(notice_of(error, source, "JSON", budget.JSON_NESTING))
    return tree


class _Reader:
    """A recursive descent over one text; each method takes an offset and returns what it read and its end."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.filled = may_be_filled(source)

    def blank(self, at: int) -> int:
        """Return where the blanks and comments at ``at`` end."""
        match = _BLANK.match(self.text, at)
        return match.end() if match else at

    def value(self, at: int, route: str, key: Node | None, depth: int) -> tuple[Node, int]:
        """Read the value at ``at``, where no blank is."""
        char = self.text[at : at + 1]
        if char == '"':
            return self.string(at, route, key)
        if char in ("{", "["):
            if depth >= budget.JSON_NESTING.most:
                raise TooDeepError("it nests too deeply", at)
            return self.object(at, route, key, depth) if char == "{" else self.array(at, route, key, depth)
        match = _PLAIN.match(self.text, at)
        named = _VARIABLE.match(self.text, at) if match is None and self.filled else None
        if named is not None:
            from dindguard.documents.unknown import variable  # few documents are filled in

            return variable(self.source, *named.span(), route, key), named.end()
        if match is None:
            raise UnreadableError("a value is missing" if char else "it ends too early", at)
        node = Node(
            Kind.SCALAR,
            self.source,
            at,
            match.end(),
            route=route,
            content=match[0],
            key=key,
        )
        return node, match.end()

    def string(self, at: int, route: str, key: Node | None) -> tuple[Node, int]:
        """Read the string whose quote stands at ``at``."""
        try:
            content, end = _STRINGS.raw_decode(self.text, at)
        except JSONDecodeError as error:
            raise UnreadableError(error.msg[:1].lower() + error.msg[1:], error.pos) from None
        node = Node(
            Kind.SCALAR, self.source, at, end, route=route, content=content, style="double", key=key,
            mapping=_string_segments,
        )  # fmt: skip
        return node, end

    def object(self, start: int, route: str, key: Node | None, depth: int) -> tuple[Node, int]:
        """Read the object whose brace stands at ``start``."""
        pairs: Pairs = []
        at = self.blank(start + 1)
        while self.text[at : at + 1] != "}":
            if self.text[at : at + 1] != '"':
                raise UnreadableError("a name in double quotes is missing", at)
            name, at = self.string(at, route, None)
            below = join_route(route, route_key(name.content))
            name.route = below
            at = self.blank(at)
            if self.text[at : at + 1] != ":":
                raise UnreadableError("':' is missing after a name", at)
            value, at = self.value(self.blank(at + 1), below, name, depth + 1)
            pairs.append((name, value))
            at = self._after_item(at, "}")
        node = Node(
            Kind.MAPPING, self.source, start, at + 1, route=route, style="flow", key=key, children=lambda _: pairs
        )
        return node, at + 1

    def array(self, start: int, route: str, key: Node | None, depth: int) -> tuple[Node, int]:
        """Read the array whose bracket stands at ``start``."""
        items: list[Node] = []
        at = self.blank(start + 1)
        while self.text[at : at + 1] != "]":
            value, at = self.value(at, f"{route}[{len(items)}]", None, depth + 1)
            items.append(value)
            at = self._after_item(at, "]")
        node = Node(
            Kind.SEQUENCE, self.source, start, at + 1, route=route, style="flow", key=key, children=lambda _: items
        )
        return node, at + 1

    def _after_item(self, at: int, closing: str) -> int:
        at = self.blank(at)
        char = self.text[at : at + 1]
        if char == ",":
            return self.blank(at + 1)
        if char != closing:
            raise UnreadableError(f"',' or '{closing}' is missing" if char else "it ends too early", at)
        return at


def _string_segments(node: Node) -> tuple[Segment, ...]:
    return _segments(node.source.text, node.start + 1, node.end - 1)


def _segments(text: str, start: int, end: int) -> tuple[Segment, ...]:
    """Map a string's value to the characters between its quotes, one run without escapes at a time."""
    found: list[Segment] = []
    at, origin = 0, start
    for match in _ESCAPE.finditer(text, start, end):
        run = match.start() - origin
        found.append(Segment(at, origin, run))
        found.append(Segment(at + run, match.start(), 0))
        at, origin = at + run + 1, match.end()
    found.append(Segment(at, origin, end - origin))
    return tuple(segment for index, segment in enumerate(found) if segment.length or index % 2 or len(found) == 1)

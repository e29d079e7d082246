"""HCL text into a located tree.

* ``name = value`` → ``name: value``; a block ``type "a" "b" { … }`` → ``type: {a: {b: {…}}}``, its body tagged
  :data:`BLOCK`. A body is a mapping of its attributes and blocks in their order, repetitions kept.
* Lists are sequences, objects mappings; a call ``f(x, y)`` is a mapping ``f: [x, y]`` tagged :data:`CALL`.
* Everything else is an expression: a scalar that only ``values`` decide, else unknown under the expression as typed.
"""

from __future__ import annotations

from collections.abc import Mapping

from dindguard import budget
from dindguard.documents.built import loaded, routed
from dindguard.documents.faults import TooDeepError, UnreadableError, notice_of
from dindguard.documents.hcl.lexer import tokens
from dindguard.documents.placeholders import Holes
from dindguard.documents.tokens import LITERALS, Kind, Token, closing_brackets
from dindguard.documents.tree import Kind as NodeKind
from dindguard.documents.tree import Node, Pairs
from dindguard.documents.yaml import Tree
from dindguard.model.values import Text
from dindguard.source import Segment, Source

BLOCK = "!block"
"""The tag of a block's body, which an object of an attribute lacks."""

CALL = "!call"
"""The tag of a function call: a mapping of the function's name to its arguments."""

_ENDS = frozenset({",", ")", "]", "}", ":", "=", "=>"})


def read(source: Source, values: Mapping[str, Text] | None = None) -> Tree:
    """Read the one document of ``source``, a mapping; faults become an error notice with their place. Never raises.

    ``values`` gives what expressions such as ``var.image`` stand for; it may be filled after reading, also through the
    scope of the document.
    """
    tree = Tree(source)
    try:
        tree.documents.append(_Reader(source, {} if values is None else values).document())
    except UnreadableError as error:
        tree.notices.append(notice_of(error, source, "HCL", budget.HCL_NESTING))
    return tree


class _Reader:
    """A recursive descent over the tokens of one text. Brackets are known to be balanced."""

    def __init__(self, source: Source, values: Mapping[str, Text]) -> None:
        self._source = source
        self._values = values
        self._tokens = tokens(source.text)
        self._closes = closing_brackets(self._tokens)
        self._index = 0
        self._depth = 0

    # -- tokens -----------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._index]

    @property
    def _last(self) -> Token:
        return self._tokens[max(self._index - 1, 0)]

    def _take(self) -> Token:
        token = self._next
        if token.kind is not Kind.END:
            self._index += 1
        return token

    def _is(self, *signs: str) -> bool:
        return self._next.kind is Kind.SIGN and self._next.text in signs

    def _skip_lines(self) -> None:
        while self._next.kind is Kind.LINE:
            self._take()

    def _open(self) -> int:
        """Pass an opening bracket, one level deeper, and return which token closes it."""
        self._depth += 1
        if self._depth > budget.HCL_NESTING.most:
            raise TooDeepError("it nests too deeply", self._next.start)
        self._index += 1
        return self._closes[self._index - 1]

    def _close(self, closing: int) -> None:
        """Go on behind a closing bracket, past what was not understood before it."""
        self._depth -= 1
        self._index = closing + 1

    # -- bodies -----------------------------------------------------------------------------------------

    def document(self) -> Node:
        """Return the whole text."""
        pairs: Pairs = []
        while self._next.kind is not Kind.END:
            pairs += self._body(len(self._tokens) - 1)
        root = self._mapping(pairs, 0, len(self._source.text), None)
        root.scope = Holes((), self._values)
        return routed(root, "")

    def _body(self, end: int) -> Pairs:
        """Read attributes and blocks up to the token ``end``."""
        pairs: Pairs = []
        while True:
            self._skip_lines()
            if self._index >= end:
                return pairs
            before = self._index
            if self._next.kind in (Kind.NAME, Kind.STRING):
                self._statement(pairs)
            if self._index == before:
                self._pass_over()

    def _pass_over(self) -> None:
        """Pass over a token that begins nothing, with all that it opens."""
        if self._index in self._closes:
            self._close(self._open())
        else:
            self._take()

    def _statement(self, pairs: Pairs) -> None:
        key = self._key(self._take())
        if self._is("="):
            self._take()
            pairs.append((key, self._value(key)))
            return
        labels = []
        while self._next.kind in (Kind.NAME, Kind.STRING):
            labels.append(self._key(self._take()))
        if self._is("{"):
            start = self._next.start
            closing = self._open()
            body = self._body(closing)
            self._close(closing)
            value = self._mapping(body, start, self._last.end, labels[-1] if labels else key)
            value.tag = BLOCK
            pairs.append(self._labelled([key, *labels], value))

    def _labelled(self, keys: list[Node], value: Node) -> tuple[Node, Node]:
        for outer, inner in zip(keys[-2::-1], keys[:0:-1], strict=False):
            value = self._mapping([(inner, value)], outer.start, value.end, outer)
        return keys[0], value

    # -- values -----------------------------------------------------------------------------------------

    def _value(self, key: Node | None) -> Node:
        """Read one value; with operators between several it is an expression."""
        start, first = self._index, self._next
        value = self._operand(key)
        several, conditions = False, 0
        while not self._ends() or (self._is(":") and conditions):
            several = True
            conditions += self._is("?") - self._is(":")
            self._pass_over()
        if not several:
            return value
        return self._expression(first.start, self._tokens[max(self._index - 1, start)].end, key)

    def _ends(self) -> bool:
        return self._next.kind in (Kind.LINE, Kind.END) or (self._next.kind is Kind.SIGN and self._next.text in _ENDS)

    def _operand(self, key: Node | None) -> Node:
        token = self._next
        if token.kind is Kind.STRING:
            return self._string(self._take(), key)
        if token.kind is Kind.NUMBER or (token.kind is Kind.NAME and token.text in LITERALS):
            self._take()
            return Node(NodeKind.SCALAR, self._source, token.start, token.end, content=token.text, key=key)
        if token.kind is Kind.NAME:
            return self._reference(key)
        if self._is("["):
            return self._list(key)
        if self._is("{"):
            return self._object(key)
        self._pass_over()
        return self._expression(token.start, self._last.end, key)

    def _reference(self, key: Node | None) -> Node:
        """Read ``a.b[0].c``, or a call."""
        name = self._take()
        if self._is("("):
            return self._call(name, key)
        while self._is(".", "["):
            if self._is("["):
                self._pass_over()
            else:
                self._take()
                if self._next.kind in (Kind.NAME, Kind.NUMBER) or self._is("*"):
                    self._take()
        return self._expression(name.start, self._last.end, key)

    def _call(self, name: Token, key: Node | None) -> Node:
        start = self._next.start
        items = self._items()
        arguments = loaded(Node(NodeKind.SEQUENCE, self._source, start, self._last.end), items)
        call = self._mapping([(self._key(name), arguments)], name.start, self._last.end, key)
        call.tag = CALL
        return call

    def _list(self, key: Node | None) -> Node:
        start = self._next.start
        if self._begins_for():
            self._pass_over()
            return self._expression(start, self._last.end, key)
        items = self._items()
        return loaded(Node(NodeKind.SEQUENCE, self._source, start, self._last.end, style="flow", key=key), items)

    def _items(self) -> list[Node]:
        closing = self._open()
        items = []
        while True:
            self._skip_lines()
            if self._index >= closing:
                break
            before = self._index
            items.append(self._value(None))
            self._skip_lines()
            if self._is(","):
                self._take()
            elif self._index == before or self._index < closing:
                self._pass_over()
        self._close(closing)
        return items

    def _object(self, key: Node | None) -> Node:
        start = self._next.start
        if self._begins_for():
            self._pass_over()
            return self._expression(start, self._last.end, key)
        closing = self._open()
        pairs: Pairs = []
        while True:
            self._skip_lines()
            if self._index >= closing:
                break
            self._entry(pairs)
        self._close(closing)
        return self._mapping(pairs, start, self._last.end, key)

    def _entry(self, pairs: Pairs) -> None:
        """Read ``key = value`` or ``key : value`` of an object."""
        token = self._next
        if token.kind in (Kind.NAME, Kind.STRING):
            name = self._key(self._take())
            while self._is("."):  # ``var.x = …`` is no name that anybody could look up
                self._take()
                self._take()
                name.content = ""
        else:
            self._pass_over()
            name = Node(NodeKind.SCALAR, self._source, token.start, self._last.end)
        if self._is("=", ":", "=>"):
            self._take()
            self._skip_lines()
            pairs.append((name, self._value(name)))
        if self._is(","):
            self._take()

    def _begins_for(self) -> bool:
        """Whether a bracket holds a ``for`` expression."""
        ahead = self._index + 1
        while self._tokens[ahead].kind is Kind.LINE:
            ahead += 1
        return self._tokens[ahead].kind is Kind.NAME and self._tokens[ahead].text == "for"

    # -- nodes ------------------------------------------------------------------------------------------

    def _mapping(self, pairs: Pairs, start: int, end: int, key: Node | None) -> Node:
        return loaded(Node(NodeKind.MAPPING, self._source, start, end, key=key), pairs)

    def _key(self, token: Token) -> Node:
        return Node(NodeKind.SCALAR, self._source, token.start, token.end, content=token.text)

    def _string(self, token: Token, key: Node | None) -> Node:
        return Node(
            NodeKind.SCALAR, self._source, token.start, token.end, content=token.text, style="double", key=key,
            scope=Holes(token.holes, self._values) if token.holes else None,
            mapping=lambda _: token.segments or (Segment(0, token.start + 1, 0),),
        )  # fmt: skip

    def _expression(self, start: int, end: int, key: Node | None) -> Node:
        text = self._source.text[start:end]
        return Node(
            NodeKind.SCALAR, self._source, start, end, content=text, style="expression", key=key,
            scope=Holes(((0, len(text), text),), self._values),
        )  # fmt: skip

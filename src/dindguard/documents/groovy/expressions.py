"""Values and calls of a Groovy text."""

from __future__ import annotations

from collections.abc import Callable

from dindguard.documents.built import loaded
from dindguard.documents.groovy.cursor import JOINS, Cursor, operator_word
from dindguard.documents.groovy.nodes import Nodes
from dindguard.documents.tokens import LITERALS, Kind
from dindguard.documents.tree import Kind as NodeKind
from dindguard.documents.tree import Node, Pairs

_LEAVES_A_TEXT = frozenset(
    {"normalize", "stripIndent", "stripMargin", "toString", "trim", "trimIndent", "trimMargin"}
)
"""Methods of a string that leave it as it is, but for the blanks around its lines."""


class Arguments:
    """The arguments of one call, and the statements of its closure."""

    def __init__(self) -> None:
        self.positional: list[Node] = []
        self.named: Pairs = []
        self.body: Pairs | None = None

    def node(self, make: Nodes, start: int, end: int, key: Node | None, receiver: Node | None) -> Node:
        """Return them as one value: the only argument itself, or a mapping."""
        if len(self.positional) == 1 and not self.named and self.body is None and receiver is None:
            only = self.positional[0]
            only.key = key
            return only
        pairs: Pairs = []
        for index, value in enumerate(self.positional):
            name = Node(NodeKind.SCALAR, make.source, value.start, value.end, content=str(index))
            pairs.append((name, value))
        pairs += self.named
        if receiver is not None:
            pairs.append(make.received(receiver))
        pairs += self.body or ()
        return make.mapping(pairs, start, end, key)


class Expressions:
    """Reads values and calls at a cursor; ``statements`` reads what stands in a closure."""

    def __init__(self, cursor: Cursor, make: Nodes, statements: Callable[[], Pairs]) -> None:
        self._cursor = cursor
        self._make = make
        self._statements = statements
        self._aside: Pairs = []

    def aside(self) -> Pairs:
        """Return the calls in expressions of which no value is made, since this was asked last: ``x ? sh('a') : sh('b')``."""
        found, self._aside = self._aside, []
        return found

    def chain(self, *, statement: bool) -> tuple[Node, Node] | None:
        """Read ``a.b(…).c(…) {…}``; ``None`` for a path that calls nothing."""
        words = self._cursor.path()
        receiver: Node | None = None
        while True:
            self._cursor.skip_indexes()
            start = words[-1].start
            key = self._make.path(words)
            arguments = Arguments()
            called = self._arguments(arguments, statement=statement and receiver is None)
            self._cursor.skip_indexes()
            if not called:
                return (
                    None
                    if receiver is None
                    else (key, self._make.mapping([self._make.received(receiver)], start, start, key))
                )
            value = arguments.node(self._make, start, self._cursor.last.end, key, receiver)
            ahead = self._cursor.lines_ahead()
            if not (self._cursor.peek(ahead).text in JOINS and self._cursor.peek(ahead + 1).kind is Kind.NAME):
                return key, value
            self._cursor.index += ahead + 1
            words = self._cursor.path()
            receiver = self._make.mapping([(key, value)], start, value.end, None)

    def _arguments(self, into: Arguments, *, statement: bool) -> bool:
        """Read the arguments that stand here; tell whether there are any."""
        called = False
        if self._cursor.at("("):
            self.arguments_in(into)
            called = True
        elif statement and self._begins_argument():
            self._list_of_arguments(into, frozenset({"}", ";", ")", "]"}), lines=False)
            called = True
        while self._cursor.at("{"):
            body = self.closure()
            into.body = [*(into.body or ()), *body]
            called = True
        return called

    def _begins_argument(self) -> bool:
        token = self._cursor.next
        if token.kind in (Kind.STRING, Kind.NUMBER):
            return True
        if token.kind is Kind.NAME:
            return not operator_word(token)
        return token.kind is Kind.SIGN and (token.text == "[" and self._cursor.last.end < token.start)

    def arguments_in(self, into: Arguments) -> None:
        """Read what stands in parentheses."""
        closing = self._cursor.open()
        self._list_of_arguments(into, frozenset(")"), lines=True)
        self._cursor.close(closing)

    def _list_of_arguments(self, into: Arguments, closing: frozenset[str], *, lines: bool) -> None:
        while True:
            if lines:
                self._cursor.skip_lines()
            if self._cursor.next.kind in (Kind.END, Kind.LINE) or (
                self._cursor.next.kind is Kind.SIGN and self._cursor.next.text in closing
            ):
                return
            before = self._cursor.index
            self._argument(into)
            if lines:
                self._cursor.skip_lines()
            if self._cursor.at(","):
                self._cursor.take()
                self._cursor.skip_lines()
            elif self._cursor.index == before:
                self._cursor.take()
            elif not lines:
                if self._cursor.next.kind is Kind.NAME and self._named():
                    continue  # ``key value`` pairs on one line
                return

    def _named(self) -> bool:
        return (
            self._cursor.next.kind in (Kind.NAME, Kind.STRING)
            and self._cursor.peek().text == ":"
            and self._cursor.peek().kind is Kind.SIGN
        )

    def _argument(self, into: Arguments) -> None:
        if self._named():
            key = self._make.key(self._cursor.take())
            self._cursor.take()
            self._cursor.skip_lines()
            into.named.append((key, self.value(key)))
        else:
            into.positional.append(self.value(None))

    def closure(self) -> Pairs:
        """Read the statements of a closure."""
        closing = self._cursor.open()
        self._parameters()
        with self._cursor.deeper():
            body = self._statements()
        self._cursor.close(closing)
        return body

    def _parameters(self) -> None:
        """Skip ``a, b ->`` at the beginning of a closure."""
        ahead = 0
        while self._cursor.peek(ahead).kind in (Kind.NAME, Kind.LINE) or self._cursor.peek(ahead).text == ",":
            ahead += 1
        if self._cursor.peek(ahead).text == "->":
            self._cursor.index += ahead + 1

    def value(self, key: Node | None) -> Node:
        """Read one value; with operators between several it is an expression, unless all are added strings."""
        with self._cursor.deeper():
            return self._operands(key)

    def _operands(self, key: Node | None) -> Node:
        first = self._cursor.next
        start = self._cursor.index
        value = self._primary(key)
        parts = [value]
        added = value.is_scalar and first.kind is Kind.STRING
        while self._continues():
            plus = self._cursor.at("+")
            self._cursor.take()
            self._cursor.skip_lines()
            token = self._cursor.next
            part = self._primary(None)
            added = added and plus
            parts.append(part)
            if token.kind is Kind.END:
                break
        if len(parts) == 1:
            return value
        end = self._cursor.tokens[max(self._cursor.index - 1, start)].end
        self._aside += [call for part in parts if part.is_mapping for call in part.pairs()]
        if added:
            return self._make.added(parts, key, first.start, end)
        return self._make.expression(first.start, end, key)

    def _continues(self) -> bool:
        token = self._cursor.next
        if token.kind is Kind.NAME:
            return token.text in ("in", "instanceof", "as")
        if token.kind is not Kind.SIGN or token.text in (",", ")", "]", "}", ";", ":", "{", "->", "@"):
            if token.kind is Kind.SIGN and token.text == ":":
                return self._ternary
            return False
        self._ternary = token.text == "?" or (self._ternary and token.text != "?")
        return True

    _ternary = False

    def _primary(self, key: Node | None) -> Node:
        token = self._cursor.next
        if token.kind is Kind.STRING:
            text = self._make.string(self._cursor.take(), key)
            while self._method() in _LEAVES_A_TEXT:
                self._skip_call()
            return text
        if token.kind is Kind.NUMBER or (token.kind is Kind.NAME and token.text in LITERALS):
            self._cursor.take()
            return Node(NodeKind.SCALAR, self._make.source, token.start, token.end, content=token.text, key=key)
        if token.kind is Kind.SIGN and token.text == "[":
            return self._brackets(key)
        if token.kind is Kind.SIGN and token.text == "{":
            body = self.closure()
            return self._make.mapping(body, token.start, self._cursor.last.end, key)
        if token.kind is Kind.SIGN and token.text == "(":
            return self._parenthesis(key)
        if token.kind is Kind.NAME:
            return self._name(key)
        if token.kind is Kind.SIGN and token.text in ("!", "-", "+", "~"):
            self._cursor.take()
            inner = self._primary(None)
            self._aside += inner.pairs()
            return self._make.expression(token.start, max(inner.end, token.end), key)
        return self._make.expression(token.start, token.start, key)

    def _method(self) -> str:
        """Return the name of the method that is called on what was read last; ``""`` if none is."""
        ahead = self._cursor.lines_ahead()
        called = self._cursor.peek(ahead).text in JOINS and self._cursor.peek(ahead + 2).text == "("
        return self._cursor.peek(ahead + 1).text if called else ""

    def _skip_call(self) -> None:
        """Go on behind ``.name(…)``."""
        self._cursor.index += self._cursor.lines_ahead() + 2
        self._cursor.close(self._cursor.open())

    def _parenthesis(self, key: Node | None) -> Node:
        closing = self._cursor.open()
        self._cursor.skip_lines()
        inner = self.value(key)
        self._cursor.close(closing)
        return inner

    def _name(self, key: Node | None) -> Node:
        token = self._cursor.next
        if token.text == "new":
            self._cursor.take()
        begin = self._cursor.index
        found = self.chain(statement=False) if self._cursor.next.kind is Kind.NAME else None
        if found is None:
            return self._make.expression(
                token.start, self._cursor.tokens[max(self._cursor.index - 1, begin)].end, key
            )
        name, value = found
        return self._make.mapping([(name, value)], token.start, self._cursor.last.end, key)

    def _brackets(self, key: Node | None) -> Node:
        opened = self._cursor.next
        closing = self._cursor.open()
        found = Arguments()
        self._list_of_arguments(found, frozenset("]"), lines=True)
        end = self._cursor.close(closing)
        if found.named and not found.positional:
            return self._make.mapping(found.named, opened.start, end.end, key)
        items = found.positional
        separator = self._cursor.peek(self._cursor.lines_ahead() + 3)
        if (
            items
            and self._method() == "join"
            and separator.kind is Kind.STRING
            and all(each.is_scalar for each in items)
        ):
            self._skip_call()
            between = self._make.string(separator, None)
            parts = [part for item in items for part in (between, item)][1:]
            return self._make.added(parts, key, opened.start, self._cursor.last.end)
        node = Node(NodeKind.SEQUENCE, self._make.source, opened.start, end.end, style="flow", key=key)
        return loaded(node, items)

"""Groovy text into a located tree.

A block is a mapping of its statements, in their order and with repetitions: a call's name leads to its arguments.

* ``image 'x'`` → ``image: x``; ``name(a: 1, b: 2)`` → ``name: {a: 1, b: 2}``; ``stage('x') { … }`` → ``stage: {0: x, …}``.
* ``a.b('x').c('y') { … }`` → ``c: {0: y, receiver: {a.b: x}, …}``.
* ``x = 'y'`` and ``def x = 'y'`` → ``x: y``, the value tagged :data:`ASSIGNED`.
* What is neither literal, list, map, closure nor call is an expression: a scalar whose value only the document's
  own assignments of literals decide, else unknown under the expression as typed.
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.documents.groovy.lexer import GroovyError, Kind, Token, TooDeepError, closing_brackets, tokens
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Kind as NodeKind
from dindguard.documents.tree import Node, Pairs, join_route, route_key
from dindguard.documents.yaml import Tree
from dindguard.model.values import How, Text
from dindguard.source import Gravity, Notice, Segment, Source

ASSIGNED = "!assigned"
"""The tag of a value that a name was given, not of a call's arguments."""

DEFINED = "!defined"
"""The tag of the body of a function or class that the text defines."""

_LITERAL_NAMES = frozenset({"true", "false", "null"})
_SKIPPED_LINES = frozenset({"import", "package"})
_MODIFIERS = frozenset({"static", "final", "private", "public", "protected", "abstract", "synchronized"})
_PREFIXES = frozenset({"return", "new", "throw", "do", "assert", "case", "default"})
_JOINS = frozenset({".", "?.", "*."})


def read(source: Source) -> Tree:
    """Read the one document of ``source``, a mapping; faults become an error notice with their place. Never raises."""
    tree = Tree(source)
    try:
        reader = _Reader(source)
        tree.documents.append(reader.document())
    except TooDeepError as error:
        tree.notices.append(budget.GROOVY_NESTING.notice(source.span(error.position, error.position)))
    except GroovyError as error:
        span = source.span(error.position, error.position)
        message = f"this Groovy cannot be read: {error.problem}"
        tree.notices.append(Notice("unreadable", message, span, Gravity.ERROR, "mend the syntax or exclude the file"))
    return tree


class _Values(dict[str, Text]):
    """What names stand for, where the text gives them one literal; a name that is given two values is unknown."""

    def __init__(self) -> None:
        super().__init__()
        self._several: set[str] = set()

    def give(self, name: str, value: Node) -> None:
        known = value.is_scalar and value.scope is None and name not in self and name not in self._several
        if known:
            self[name] = Text(value.content, value.span, How.VARIABLE, raw=value.content)
        else:
            self.pop(name, None)
            self._several.add(name)


class _Arguments:
    """The arguments of one call, and the statements of its closure."""

    def __init__(self) -> None:
        self.positional: list[Node] = []
        self.named: Pairs = []
        self.body: Pairs | None = None

    def node(self, make: _Reader, start: int, end: int, key: Node | None, receiver: Node | None) -> Node:
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


class _Reader:
    """A recursive descent over the tokens of one text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._tokens = tokens(source.text)
        self._closes = closing_brackets(self._tokens)
        self._at = 0
        self._depth = 0
        self._values = _Values()

    # -- tokens -----------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _peek(self, ahead: int = 1) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def _is(self, *signs: str) -> bool:
        token = self._next
        return token.kind is Kind.SIGN and token.text in signs

    def _skip_lines(self) -> None:
        while self._next.kind is Kind.LINE or self._is(";"):
            self._take()

    def _open(self) -> int:
        """Pass an opening bracket, and return which token closes it."""
        self._at += 1
        return self._closes[self._at - 1]

    def _close(self, closing: int) -> Token:
        """Go on behind a closing bracket, past what was not understood before it."""
        self._at = closing + 1
        return self._tokens[closing]

    def _skip_indexes(self) -> None:
        """Pass over ``[0]`` and the like right behind a value."""
        while self._is("[") and self._at and self._tokens[self._at - 1].end == self._next.start:
            self._close(self._open())

    # -- statements -------------------------------------------------------------------------------------

    def document(self) -> Node:
        """Return the whole text."""
        pairs = self._statements()
        return _routed(self.mapping(pairs, 0, len(self.source.text), None), "")

    def _statements(self) -> Pairs:
        self._depth += 1
        if self._depth > budget.GROOVY_NESTING.most:
            raise TooDeepError("it nests too deeply", self._next.start)
        pairs: Pairs = []
        while True:
            self._skip_lines()
            if self._next.kind is Kind.END or (self._is("}", ")", "]") and self._depth > 1):
                break
            before = self._at
            self._statement(pairs)
            if self._at == before:
                self._take()
        self._depth -= 1
        return pairs

    def _statement(self, pairs: Pairs) -> None:
        token = self._next
        if token.kind is Kind.SIGN and token.text == "@":
            self._annotation()
            return
        if token.kind is not Kind.NAME:
            self._loose(pairs)
            return
        if token.text in _SKIPPED_LINES:
            while self._next.kind not in (Kind.LINE, Kind.END):
                self._take()
            return
        while self._next.text in _MODIFIERS and self._peek().kind is Kind.NAME:
            self._take()
        if self._next.text in ("class", "interface", "enum") and self._peek().kind is Kind.NAME:
            self._class(pairs)
        elif self._next.text in _PREFIXES and not _binds(self._peek()):
            self._take()
        elif not self._assignment(pairs):
            self._call(pairs)

    def _annotation(self) -> None:
        self._take()
        while self._next.kind is Kind.NAME or self._is("."):
            self._take()
        if self._is("("):
            self._arguments_in(_Arguments())
        if self._next.text == "_":
            self._take()

    def _class(self, pairs: Pairs) -> None:
        self._take()
        name = self._take()
        while not self._is("{") and self._next.kind is not Kind.END:
            self._take()
        if not self._is("{"):
            return
        start = self._next.start
        value = self.mapping(self._closure(), start, self._tokens[self._at - 1].end, self._key(name))
        value.tag = DEFINED
        pairs.append((self._key(name), value))

    def _assignment(self, pairs: Pairs) -> bool:
        """Read ``[type] name[.name…] = value``, or a function's definition; tell whether one stands here."""
        begin = self._at
        words = self._dotted()
        if words and self._next.kind is Kind.NAME and not _operator_word(self._next):
            self._generics()
            words = self._dotted()
            if words and self._is("(") and self._defines():
                self._function(words[-1], pairs)
                return True
        if words and self._is("=", "+="):
            sign = self._take()
            self._skip_newlines()
            key = self._path_key(words)
            value = self._value(key)
            value.tag = ASSIGNED
            if sign.text == "=":
                self._values.give(key.content, value)
                self._values.give(key.content.removeprefix("env."), value) if "." in key.content else None
            pairs.append((key, value))
            return True
        self._at = begin
        return False

    def _defines(self) -> bool:
        """Whether the parenthesis here is followed by a body: ``def f(a, b) {``."""
        return self._tokens[self._closes[self._at] + 1].text == "{"

    def _function(self, name: Token, pairs: Pairs) -> None:
        self._arguments_in(_Arguments())
        start = self._next.start
        value = self.mapping(self._closure(), start, self._tokens[self._at - 1].end, self._key(name))
        value.tag = DEFINED
        pairs.append((self._key(name), value))

    def _dotted(self) -> list[Token]:
        words: list[Token] = []
        while self._next.kind is Kind.NAME:
            words.append(self._take())
            if not (self._is(*_JOINS) and self._peek().kind is Kind.NAME):
                break
            self._take()
        return words

    def _generics(self) -> None:
        while self._is("<", ">", ",", "?", "[", "]") and self._next.kind is not Kind.END:
            self._take()

    def _loose(self, pairs: Pairs) -> None:
        """Read a statement that is no call: a literal, a bracket, a closure; what it holds counts."""
        value = self._value(None)
        if value.is_mapping:
            pairs += value.pairs()

    # -- calls ------------------------------------------------------------------------------------------

    def _call(self, pairs: Pairs) -> None:
        """Read a statement that begins with a name: a call with or without parentheses, and what is chained to it."""
        found = self._chain(statement=True)
        if found is None:
            self._rest()
            return
        key, value = found
        pairs.append((key, value))
        self._rest(pairs)

    def _chain(self, *, statement: bool) -> tuple[Node, Node] | None:
        """Read ``a.b(…).c(…) {…}``; ``None`` for a path that calls nothing."""
        words = self._dotted()
        receiver: Node | None = None
        while True:
            self._skip_indexes()
            start = words[-1].start
            key = self._path_key(words)
            arguments = _Arguments()
            called = self._arguments(arguments, statement=statement and receiver is None)
            self._skip_indexes()
            if not called:
                return None if receiver is None else (key, self.mapping([self.received(receiver)], start, start, key))
            value = arguments.node(self, start, self._tokens[self._at - 1].end, key, receiver)
            ahead = self._past_lines()
            if not (self._peek(ahead).text in _JOINS and self._peek(ahead + 1).kind is Kind.NAME):
                return key, value
            self._at += ahead + 1
            words = self._dotted()
            receiver = self.mapping([(key, value)], start, value.end, None)

    def _past_lines(self) -> int:
        ahead = 0
        while self._peek(ahead).kind is Kind.LINE:
            ahead += 1
        return ahead

    def _arguments(self, into: _Arguments, *, statement: bool) -> bool:
        """Read the arguments that stand here; tell whether there are any."""
        called = False
        if self._is("("):
            self._arguments_in(into)
            called = True
        elif statement and self._begins_argument():
            self._list_of_arguments(into, frozenset({"}", ";", ")", "]"}), lines=False)
            called = True
        while self._is("{"):
            body = self._closure()
            into.body = [*(into.body or ()), *body]
            called = True
        return called

    def _begins_argument(self) -> bool:
        token = self._next
        if token.kind in (Kind.STRING, Kind.NUMBER):
            return True
        if token.kind is Kind.NAME:
            return not _operator_word(token)
        return token.kind is Kind.SIGN and (token.text == "[" and self._tokens[self._at - 1].end < token.start)

    def _arguments_in(self, into: _Arguments) -> None:
        closing = self._open()
        self._list_of_arguments(into, frozenset(")"), lines=True)
        self._close(closing)

    def _list_of_arguments(self, into: _Arguments, closing: frozenset[str], *, lines: bool) -> None:
        while True:
            if lines:
                self._skip_newlines()
            if self._next.kind in (Kind.END, Kind.LINE) or (
                self._next.kind is Kind.SIGN and self._next.text in closing
            ):
                return
            before = self._at
            self._argument(into)
            if lines:
                self._skip_newlines()
            if self._is(","):
                self._take()
                self._skip_newlines()
            elif self._at == before:
                self._take()
            elif not lines:
                if self._next.kind is Kind.NAME and self._named():
                    continue  # ``key value`` pairs on one line
                return

    def _named(self) -> bool:
        return (
            self._next.kind in (Kind.NAME, Kind.STRING)
            and self._peek().text == ":"
            and self._peek().kind is Kind.SIGN
        )

    def _argument(self, into: _Arguments) -> None:
        if self._named():
            key = self._key(self._take())
            self._take()
            self._skip_newlines()
            into.named.append((key, self._value(key)))
        else:
            into.positional.append(self._value(None))

    def _closure(self) -> Pairs:
        closing = self._open()
        self._parameters()
        body = self._statements()
        self._close(closing)
        return body

    def _parameters(self) -> None:
        """Skip ``a, b ->`` at the beginning of a closure."""
        ahead = 0
        while self._peek(ahead).kind in (Kind.NAME, Kind.LINE) or self._peek(ahead).text == ",":
            ahead += 1
        if self._peek(ahead).text == "->":
            self._at += ahead + 1

    def _rest(self, pairs: Pairs | None = None) -> None:
        """Pass over what follows on the line, and keep the calls in closures and brackets there."""
        while not (self._next.kind in (Kind.LINE, Kind.END) or self._is(";", "}", ")", "]")):
            if self._next.kind is Kind.NAME and pairs is not None and not _operator_word(self._next):
                found = self._chain(statement=True)  # ``image 'x' label 'y'`` on one line, or an ``else``
                pairs += [found] if found is not None else []
            elif self._is("{") and pairs is not None:
                pairs += self._closure()
            elif self._is("(", "[", "{"):
                self._value(None)
            else:
                self._take()

    # -- values -----------------------------------------------------------------------------------------

    def _value(self, key: Node | None) -> Node:
        """Read one value; with operators between several it is an expression, unless all are added strings."""
        self._depth += 1
        if self._depth > budget.GROOVY_NESTING.most:
            raise TooDeepError("it nests too deeply", self._next.start)
        try:
            return self._operands(key)
        finally:
            self._depth -= 1

    def _operands(self, key: Node | None) -> Node:
        first = self._next
        start = self._at
        value = self._primary(key)
        parts = [value]
        added = value.is_scalar and first.kind is Kind.STRING
        while self._continues():
            plus = self._is("+")
            self._take()
            self._skip_newlines()
            token = self._next
            part = self._primary(None)
            added = added and plus
            parts.append(part)
            if token.kind is Kind.END:
                break
        if len(parts) == 1:
            return value
        end = self._tokens[max(self._at - 1, start)].end
        if added:
            return self._added(parts, key, first.start, end)
        return self._expression(first.start, end, key)

    def _continues(self) -> bool:
        token = self._next
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
        token = self._next
        if token.kind is Kind.STRING:
            return self._string(self._take(), key)
        if token.kind is Kind.NUMBER or (token.kind is Kind.NAME and token.text in _LITERAL_NAMES):
            self._take()
            return Node(NodeKind.SCALAR, self.source, token.start, token.end, content=token.text, key=key)
        if token.kind is Kind.SIGN and token.text == "[":
            return self._brackets(key)
        if token.kind is Kind.SIGN and token.text == "{":
            body = self._closure()
            return self.mapping(body, token.start, self._tokens[self._at - 1].end, key)
        if token.kind is Kind.SIGN and token.text == "(":
            return self._parenthesis(key)
        if token.kind is Kind.NAME:
            return self._name(key)
        if token.kind is Kind.SIGN and token.text in ("!", "-", "+", "~"):
            self._take()
            inner = self._primary(None)
            return self._expression(token.start, max(inner.end, token.end), key)
        return self._expression(token.start, token.start, key)

    def _parenthesis(self, key: Node | None) -> Node:
        closing = self._open()
        self._skip_newlines()
        inner = self._value(key)
        self._close(closing)
        return inner

    def _name(self, key: Node | None) -> Node:
        token = self._next
        if token.text == "new":
            self._take()
        begin = self._at
        found = self._chain(statement=False) if self._next.kind is Kind.NAME else None
        if found is None:
            return self._expression(token.start, self._tokens[max(self._at - 1, begin)].end, key)
        name, value = found
        return self.mapping([(name, value)], token.start, self._tokens[self._at - 1].end, key)

    def _brackets(self, key: Node | None) -> Node:
        opened = self._next
        closing = self._open()
        found = _Arguments()
        self._list_of_arguments(found, frozenset("]"), lines=True)
        end = self._close(closing)
        if found.named and not found.positional:
            return self.mapping(found.named, opened.start, end.end, key)
        items = found.positional
        node = Node(NodeKind.SEQUENCE, self.source, opened.start, end.end, style="flow", key=key)
        return _loaded(node, items)

    # -- nodes ------------------------------------------------------------------------------------------

    def mapping(self, pairs: Pairs, start: int, end: int, key: Node | None) -> Node:
        """Return a mapping of ``pairs``."""
        return _loaded(Node(NodeKind.MAPPING, self.source, start, end, key=key), pairs)

    def received(self, receiver: Node) -> tuple[Node, Node]:
        """Return the pair that holds what a chained call was made on."""
        return Node(NodeKind.SCALAR, self.source, receiver.start, receiver.start, content="receiver"), receiver

    def _key(self, token: Token) -> Node:
        return Node(NodeKind.SCALAR, self.source, token.start, token.end, content=token.text)

    def _path_key(self, words: Sequence[Token]) -> Node:
        name = ".".join(word.text for word in words)
        return Node(NodeKind.SCALAR, self.source, words[-1].start, words[-1].end, content=name)

    def _string(self, token: Token, key: Node | None) -> Node:
        return Node(
            NodeKind.SCALAR, self.source, token.start, token.end, content=token.text, style=token.quote, key=key,
            scope=Holes(token.holes, self._values) if token.holes else None,
            mapping=lambda _: token.segments or (Segment(0, token.start + len(token.quote), 0),),
        )  # fmt: skip

    def _expression(self, start: int, end: int, key: Node | None) -> Node:
        text = self.source.text[start:end]
        return Node(
            NodeKind.SCALAR, self.source, start, end, content=text, style="expression", key=key,
            scope=Holes(((0, len(text), text),), self._values),
        )  # fmt: skip

    def _added(self, parts: Sequence[Node], key: Node | None, start: int, end: int) -> Node:
        """Return ``'a' + b + "c"`` as one string with an expression in it."""
        content, segments, holes = "", [], []
        for part in parts:
            if isinstance(part.scope, Holes):
                holes += [(at + len(content), to + len(content), name) for at, to, name in part.scope.places]
            elif not part.is_scalar:
                text = self.source.text[part.start : part.end]
                holes.append((len(content), len(content) + len(text), text))
            own = part.document().segments if part.is_scalar else (Segment(0, part.start, part.end - part.start),)
            segments += [Segment(each.start + len(content), each.origin, each.length) for each in own]
            content += part.content if part.is_scalar else self.source.text[part.start : part.end]
        return Node(
            NodeKind.SCALAR, self.source, start, end, content=content, style="+", key=key,
            scope=Holes(holes, self._values) if holes else None, mapping=lambda _: tuple(segments),
        )  # fmt: skip

    def _skip_newlines(self) -> None:
        while self._next.kind is Kind.LINE:
            self._take()


def _loaded(node: Node, children: Pairs | list[Node]) -> Node:
    return node.with_pairs(children) if node.is_mapping else node.with_items(children)  # type: ignore[arg-type]


def _binds(token: Token) -> bool:
    return token.kind is Kind.SIGN and token.text in ("=", ".", "(", "+=")


def _operator_word(token: Token) -> bool:
    return token.text in ("in", "instanceof", "as")


def _routed(root: Node, route: str) -> Node:
    """Give every node below ``root`` its route; routes of repeated names are equal."""
    stack = [(root, route)]
    while stack:
        node, way = stack.pop()
        node.route = way
        for key, value in node.pairs():
            below = join_route(way, route_key(key.content))
            key.route = below
            value.key = value.key or key
            stack.append((value, below))
        stack.extend((item, f"{way}[{index}]") for index, item in enumerate(node.items()))
    return root

"""Groovy text into a located tree.

A block is a mapping of its statements, in their order and with repetitions: a call's name leads to its arguments.

* ``image 'x'`` → ``image: x``; ``name(a: 1, b: 2)`` → ``name: {a: 1, b: 2}``; ``stage('x') { … }`` → ``stage: {0: x, …}``.
* ``a.b('x').c('y') { … }`` → ``c: {0: y, receiver: {a.b: x}, …}``.
* ``x = 'y'`` and ``def x = 'y'`` → ``x: y``, the value tagged :data:`~dindguard.documents.groovy.nodes.ASSIGNED`.
* What is neither literal, list, map, closure nor call is an expression: a scalar whose value only the document's
  own assignments of literals decide, else unknown under the expression as typed.
"""

from __future__ import annotations

from dindguard import budget
from dindguard.documents.built import routed
from dindguard.documents.faults import UnreadableError, notice_of
from dindguard.documents.groovy.cursor import Cursor, operator_word
from dindguard.documents.groovy.expressions import Arguments, Expressions
from dindguard.documents.groovy.nodes import ASSIGNED, DEFINED, Nodes
from dindguard.documents.tokens import Kind, Token
from dindguard.documents.tree import Node, Pairs
from dindguard.documents.yaml import Tree
from dindguard.source import Source

_SKIPPED_LINES = frozenset({"import", "package"})
_MODIFIERS = frozenset({"static", "final", "private", "public", "protected", "abstract", "synchronized"})
_PREFIXES = frozenset({"return", "new", "throw", "do", "assert", "case", "default"})


def read(source: Source) -> Tree:
    """Read the one document of ``source``, a mapping; faults become an error notice with their place. Never raises."""
    return _read(source, "Groovy")


def read_kotlin(source: Source) -> Tree:
    """Read a Kotlin text that is made of calls, closures and assignments, as settings in Kotlin are: they are written alike."""
    return _read(source, "Kotlin")


def _read(source: Source, language: str) -> Tree:
    tree = Tree(source)
    try:
        tree.documents.append(_Statements(source, kotlin=language == "Kotlin").document())
    except UnreadableError as error:
        tree.notices.append(notice_of(error, source, language, budget.GROOVY_NESTING))
    return tree


class _Statements:
    """Reads the statements of one text."""

    def __init__(self, source: Source, *, kotlin: bool) -> None:
        self._cursor = Cursor(source.text, kotlin=kotlin)
        self._make = Nodes(source)
        self._read = Expressions(self._cursor, self._make, self.statements)

    def document(self) -> Node:
        """Return the whole text."""
        pairs = self.statements()
        return routed(self._make.mapping(pairs, 0, len(self._make.source.text), None), "")

    def statements(self) -> Pairs:
        pairs: Pairs = []
        while True:
            self._cursor.skip_separators()
            if self._cursor.next.kind is Kind.END or (self._cursor.at("}", ")", "]") and self._cursor.depth):
                break
            before = self._cursor.index
            self._statement(pairs)
            pairs += self._read.aside()
            if self._cursor.index == before:
                self._cursor.take()
        return pairs

    def _statement(self, pairs: Pairs) -> None:
        token = self._cursor.next
        if token.kind is Kind.SIGN and token.text == "@":
            self._annotation()
            return
        if token.kind is not Kind.NAME:
            self._loose(pairs)
            return
        if token.text in _SKIPPED_LINES:
            while self._cursor.next.kind not in (Kind.LINE, Kind.END):
                self._cursor.take()
            return
        while self._cursor.next.text in _MODIFIERS and self._cursor.peek().kind is Kind.NAME:
            self._cursor.take()
        if self._cursor.next.text in ("class", "interface", "enum") and self._cursor.peek().kind is Kind.NAME:
            self._class(pairs)
        elif self._cursor.next.text in _PREFIXES and not _binds(self._cursor.peek()):
            self._cursor.take()
        elif not self._assignment(pairs):
            self._call(pairs)

    def _annotation(self) -> None:
        self._cursor.take()
        while self._cursor.next.kind is Kind.NAME or self._cursor.at("."):
            self._cursor.take()
        if self._cursor.at("("):
            self._read.arguments_in(Arguments())
        if self._cursor.next.text == "_":
            self._cursor.take()

    def _class(self, pairs: Pairs) -> None:
        self._cursor.take()
        name = self._cursor.take()
        while not self._cursor.at("{") and self._cursor.next.kind is not Kind.END:
            self._cursor.take()
        if not self._cursor.at("{"):
            return
        start = self._cursor.next.start
        value = self._make.mapping(self._read.closure(), start, self._cursor.last.end, self._make.key(name))
        value.tag = DEFINED
        pairs.append((self._make.key(name), value))

    def _assignment(self, pairs: Pairs) -> bool:
        """Read ``[type] name[.name…] = value``, or a function's definition; tell whether one stands here."""
        begin = self._cursor.index
        words = self._cursor.path()
        if words and self._cursor.next.kind is Kind.NAME and not operator_word(self._cursor.next):
            self._cursor.skip_type_arguments()
            words = self._cursor.path()
            if words and self._cursor.at("(") and self._defines():
                self._function(words[-1], pairs)
                return True
        if words and self._cursor.at("=", "+="):
            sign = self._cursor.take()
            self._cursor.skip_lines()
            key = self._make.path(words)
            value = self._read.value(key)
            value.tag = ASSIGNED
            if sign.text == "=":
                self._make.values.give(key.content, value)
                self._make.values.give(key.content.removeprefix("env."), value) if "." in key.content else None
            pairs.append((key, value))
            return True
        self._cursor.index = begin
        return False

    def _defines(self) -> bool:
        """Whether the parenthesis here is followed by a body: ``def f(a, b) {``."""
        return self._cursor.tokens[self._cursor.closes[self._cursor.index] + 1].text == "{"

    def _function(self, name: Token, pairs: Pairs) -> None:
        self._read.arguments_in(Arguments())
        start = self._cursor.next.start
        value = self._make.mapping(self._read.closure(), start, self._cursor.last.end, self._make.key(name))
        value.tag = DEFINED
        pairs.append((self._make.key(name), value))

    def _definition(self, name: Token) -> tuple[Node, Node]:
        """Read the body of a function or class."""
        key, start = self._make.key(name), self._cursor.next.start
        body = self._read.closure()
        value = self._make.mapping(body, start, self._cursor.last.end, key)
        value.tag = DEFINED
        return key, value

    def _loose(self, pairs: Pairs) -> None:
        """Read a statement that is no call: a literal, a bracket, a closure; what it holds counts."""
        value = self._read.value(None)
        if value.is_mapping:
            pairs += value.pairs()

    def _call(self, pairs: Pairs) -> None:
        """Read a statement that begins with a name: a call with or without parentheses, and what is chained to it."""
        found = self._read.chain(statement=True)
        if found is None:
            self._rest(pairs)
            return
        key, value = found
        pairs.append((key, value))
        self._rest(pairs)

    def _rest(self, pairs: Pairs) -> None:
        """Pass over what follows on the line, and keep the calls in closures and brackets there."""
        while not (self._cursor.next.kind in (Kind.LINE, Kind.END) or self._cursor.at(";", "}", ")", "]")):
            if self._cursor.next.kind is Kind.NAME and not operator_word(self._cursor.next):
                found = self._read.chain(statement=True)  # ``image 'x' label 'y'`` on one line, or an ``else``
                pairs += [found] if found is not None else []
            elif self._cursor.at("{"):
                pairs += self._read.closure()
            elif self._cursor.at("(", "["):
                pairs += self._read.value(None).pairs()
            else:
                self._cursor.take()


def _binds(token: Token) -> bool:
    return token.kind is Kind.SIGN and token.text in ("=", ".", "(", "+=")

"""A place among the tokens of a Groovy text, and the steps from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dindguard import budget
from dindguard.documents.faults import TooDeepError
from dindguard.documents.groovy.lexer import tokens
from dindguard.documents.tokens import Kind, Token, closing_brackets

JOINS = frozenset({".", "?.", "*."})
"""What joins the names of a path."""


class Cursor:
    """``index`` is the token that comes next. Brackets are known to be balanced."""

    def __init__(self, text: str, *, kotlin: bool = False) -> None:
        self.tokens = tokens(text, kotlin=kotlin)
        self.closes = closing_brackets(self.tokens)
        self.index = 0
        self.depth = 0
        """How many closures and values are open."""

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Read something inside something else. Raises ``TooDeepError`` beyond the limit."""
        if self.depth >= budget.GROOVY_NESTING.most:
            raise TooDeepError("it nests too deeply", self.next.start)
        self.depth += 1
        yield
        self.depth -= 1

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.index]

    @property
    def last(self) -> Token:
        """The token that was taken last."""
        return self.tokens[max(self.index - 1, 0)]

    def peek(self, ahead: int = 1) -> Token:
        """Return the token that many places ahead."""
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and go on; at the end, stay there."""
        token = self.tokens[self.index]
        if token.kind is not Kind.END:
            self.index += 1
        return token

    def at(self, *signs: str) -> bool:
        """Whether one of these signs comes next."""
        token = self.next
        return token.kind is Kind.SIGN and token.text in signs

    def skip_separators(self) -> None:
        """Go to where the next statement begins."""
        while self.next.kind is Kind.LINE or self.at(";"):
            self.take()

    def open(self) -> int:
        """Pass an opening bracket, and return which token closes it."""
        self.index += 1
        return self.closes[self.index - 1]

    def close(self, closing: int) -> Token:
        """Go on behind a closing bracket, past what was not understood before it."""
        self.index = closing + 1
        return self.tokens[closing]

    def skip_indexes(self) -> None:
        """Pass over ``[0]`` and the like right behind a value."""
        while self.at("[") and self.index and self.last.end == self.next.start:
            self.close(self.open())

    def skip_lines(self) -> None:
        """Pass over line breaks."""
        while self.next.kind is Kind.LINE:
            self.take()

    def lines_ahead(self) -> int:
        """Return how many line breaks come next."""
        ahead = 0
        while self.peek(ahead).kind is Kind.LINE:
            ahead += 1
        return ahead

    def path(self) -> list[Token]:
        """Read ``a.b.c``; nothing if no name comes next."""
        words: list[Token] = []
        while self.next.kind is Kind.NAME:
            words.append(self.take())
            if not (self.at(*JOINS) and self.peek().kind is Kind.NAME):
                break
            self.take()
        return words

    def skip_type_arguments(self) -> None:
        """Pass over ``<String, ?>`` and ``[]`` after a type."""
        while self.at("<", ">", ",", "?", "[", "]") and self.next.kind is not Kind.END:
            self.take()


def operator_word(token: Token) -> bool:
    """Whether a name is an operator."""
    return token.text in ("in", "instanceof", "as")

"""Expressions of Jinja into terms: ``x | default(true)`` is a call of ``default`` with two arguments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dindguard import budget
from dindguard.documents.template.terms import (
    Call,
    Field,
    Literal,
    NotUnderstoodError,
    Opaque,
    Term,
    TooDeepError,
    Variable,
)
from dindguard.patterns import regex

_TOKEN = regex(
    r"\s+|(?P<string>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|(?P<number>\d+(?:\.\d+)?)(?!\w)"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<sign>==|!=|<=|>=|[-+*/%~|.,:()\[\]{}<>=])"
)
_ESCAPE = regex(r"\\(.)")
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None, "omit": None}
_COMPARED = {"==": "eq", "!=": "ne"}

Token = tuple[str, str]


@lru_cache(maxsize=4096)
def parse(expression: str) -> Term:
    """Return the term that an expression stands for; :class:`Opaque` for what this reader does not understand."""
    try:
        parser = _Parser([*_tokens(expression)])
        term = parser.choice(0)
        if not parser.done:
            raise NotUnderstoodError
    except NotUnderstoodError as error:
        return Opaque(expression, isinstance(error, TooDeepError))
    return term


def _tokens(expression: str) -> Iterator[Token]:
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise NotUnderstoodError
        position = match.end()
        if match.lastgroup is not None:
            yield match.lastgroup, match.group()


class _Parser:
    """Reads tokens one after the other, from the loosest operator to the tightest."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._next >= len(self._tokens)

    def _ahead(self, *texts: str) -> bool:
        return not self.done and self._tokens[self._next][0] != "string" and self._tokens[self._next][1] in texts

    def _took(self, *texts: str) -> str:
        """Take the next token if it is one of ``texts``; empty otherwise."""
        if not self._ahead(*texts):
            return ""
        self._next += 1
        return self._tokens[self._next - 1][1]

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise NotUnderstoodError

    def choice(self, depth: int) -> Term:
        """Read ``a if c else b``."""
        if depth > budget.EXPRESSION_NESTING.most:
            raise TooDeepError
        term = self._operators(depth, 0)
        if self._took("if"):
            test = self._operators(depth, 0)
            other = self.choice(depth + 1) if self._took("else") else Literal(None)
            return Call("ternary", (test, term, other))
        return term

    def _operators(self, depth: int, level: int) -> Term:
        if level == len(_LEVELS):
            return self._filtered(depth)
        if level == _NOT and self._took("not"):
            return (
                Call("not", (self._operators(depth + 1, level),))
                if depth < budget.EXPRESSION_NESTING.most
                else self.choice(depth + 1)
            )
        term = self._operators(depth, level + 1)
        while sign := self._took(*_LEVELS[level]):
            name = _COMPARED.get(sign, "concat" if sign == "~" else sign)
            term = Call(name, (term, self._operators(depth, level + 1)))
        return self._tested(term) if level == _NOT and self._took("is") else term

    def _tested(self, term: Term) -> Term:
        negated = self._took("not")
        kind, name = self._tokens[self._next] if not self.done else ("", "")
        self._next += 1
        if kind != "word":
            raise NotUnderstoodError
        if name in _CONSTANTS:
            test = Call(_COMPARED["=="], (term, Literal(_CONSTANTS[name])))
        else:
            test = Call(f"is {name}", (term,))
        return Call("not", (test,)) if negated else test

    def _filtered(self, depth: int) -> Term:
        term = self._primary(depth)
        while self._took("|"):
            name = self._word()
            while self._took("."):
                name = self._word()
            term = Call(name, (term, *(self._arguments(depth) if self._took("(") else ())))
        return term

    def _word(self) -> str:
        if self.done or self._tokens[self._next][0] != "word":
            raise NotUnderstoodError
        self._next += 1
        return self._tokens[self._next - 1][1]

    def _arguments(self, depth: int, closing: str = ")") -> tuple[Term, ...]:
        """Read what stands between brackets; a keyword argument counts as one in its place."""
        found: list[Term] = []
        while not self._took(closing):
            term = self.choice(depth + 1)
            if self._took("=", ":"):
                found += [term] if closing == "}" else []
                term = self.choice(depth + 1)
            found.append(term)
            if not self._took(",") and not self._ahead(closing):
                raise NotUnderstoodError
        return tuple(found)

    def _primary(self, depth: int) -> Term:
        if self.done:
            raise NotUnderstoodError
        kind, text = self._tokens[self._next]
        self._next += 1
        if kind == "string":
            term: Term = Literal(_ESCAPE.sub(r"\1", text[1:-1]))
        elif kind == "number":
            term = Literal(float(text) if "." in text else int(text))
        elif kind == "word":
            term = Literal(_CONSTANTS[text]) if text in _CONSTANTS else Variable(text)
        elif text in "([{":
            term = self._bracketed(text, depth)
        else:
            raise NotUnderstoodError
        return self._below(term, depth)

    def _bracketed(self, opening: str, depth: int) -> Term:
        if opening == "(":
            term = self.choice(depth + 1)
            self._expect(")")
            return term
        return Call(
            "sequence" if opening == "[" else "mapping", self._arguments(depth, "]" if opening == "[" else "}")
        )

    def _below(self, term: Term, depth: int) -> Term:
        while sign := self._took(".", "[", "("):
            if sign == ".":
                term = Field(term, (self._word(),))
            elif sign == "(":
                name = term.name if isinstance(term, Variable) else "method"
                term = Call(f"{name}()", self._arguments(depth))
            else:
                index = self.choice(depth + 1)
                self._expect("]")
                known = isinstance(index, Literal) and isinstance(index.value, str)
                term = Field(term, (str(index.value),)) if known and isinstance(index, Literal) else Opaque("index")
        return term


_LEVELS: tuple[tuple[str, ...], ...] = (("or",), ("and",), (), ("==", "!=", "<", ">", "<=", ">=", "in"), ("~", "+"))
_NOT = 2

"""Pipelines of Go templates into terms: ``.Values.a | default "x"`` is a call of ``default`` with two arguments."""

from __future__ import annotations

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
    r"\s++|(?P<string>\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\")|(?P<raw>`[^`]*+`)|(?P<char>'(?:\\.|[^'\\\n])')"
    r"|(?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?))(?![\w.])"
    r"|(?P<field>(?:\$\w*)?(?:\.\w+)+|\$\w*)|(?P<word>[A-Za-z_]\w*(?:\.\w+)*)|(?P<sign>[().|,]|:?=)"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = regex(r"\\(.)")

Token = tuple[str, str]


@lru_cache(maxsize=4096)
def parse(expression: str) -> Term:
    """Return the term that a pipeline stands for; :class:`Opaque` for what this reader does not understand."""
    try:
        parser = _Parser(_tokens(expression))
        term = parser.pipeline(0)
        if parser.ahead is not _END:
            raise NotUnderstoodError
    except NotUnderstoodError as error:
        return Opaque(expression, isinstance(error, TooDeepError))
    return term


def assigned(expression: str) -> tuple[tuple[str, ...], str] | None:
    """Return the variables that an assignment or a ``range`` sets, and the expression; ``None`` for no assignment."""
    match = _ASSIGNED.match(expression) if expression.startswith("$") else None
    if match is None:
        return None
    names = tuple(name.strip() for name in match["names"].split(","))
    return names, expression[match.end() :].strip()


_ASSIGNED = regex(r"(?P<names>\$\w+(?:\s*,\s*\$\w+)?)\s*:?=(?!=)")


_END: Token = ("", "")
"""Stands behind the last token."""


def _tokens(expression: str) -> list[Token]:
    found: list[Token] = []
    position, length = 0, len(expression)
    while position < length:
        match = _TOKEN.match(expression, position)
        if match is None:
            if expression[position] == ".":
                found.append(("field", "."))
                position += 1
                continue
            raise NotUnderstoodError
        kind, text = match.lastgroup, match.group()
        if kind == "field" and text[0] == "." and position and expression[position - 1] == ")":
            kind = "chain"  # of what the parentheses hold; behind a blank it is a word of its own
        position = match.end()
        if kind is not None:
            found.append((kind, text))
    found.append(_END)
    return found


class _Parser:
    """Reads tokens one after the other."""

    def __init__(self, tokens: list[Token]) -> None:
        self._left = iter(tokens)
        self.ahead = next(self._left)
        """The next token, which nobody has taken."""

    def _take(self) -> Token:
        taken, self.ahead = self.ahead, next(self._left, _END)
        return taken

    def pipeline(self, depth: int) -> Term:
        """Read commands joined by ``|``: each gets the one before as its last argument."""
        if depth > budget.EXPRESSION_NESTING.most:
            raise TooDeepError
        term = self._command(depth, None)
        while self.ahead == ("sign", "|"):
            self._take()
            term = self._command(depth, term)
        return term

    def _command(self, depth: int, piped: Term | None) -> Term:
        operands: list[Term] = []
        name = ""
        if self.ahead[0] == "word" and self.ahead[1] not in _CONSTANTS:
            name = self._take()[1]
        while self.ahead[1] not in _AFTER_OPERANDS:
            operands.append(self._operand(depth))
        if name:
            return Call(name, (*operands, *((piped,) if piped is not None else ())))
        if len(operands) != 1 or piped is not None:
            raise NotUnderstoodError
        return operands[0]

    def _operand(self, depth: int) -> Term:
        kind, text = self._take()
        if kind == "sign":
            if text == ".":
                return Variable("")
            if text != "(":
                raise NotUnderstoodError
            term = self.pipeline(depth + 1)
            if self._take() != ("sign", ")"):
                raise NotUnderstoodError
            if self.ahead[0] == "chain" and self.ahead[1].startswith("."):
                term = Field(term, tuple(self._take()[1][1:].split(".")))
            return term
        return _leaf(kind, text)


_AFTER_OPERANDS = frozenset({"|", ")", ",", "=", ":=", _END[1]})
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "nil": None}


def _leaf(kind: str, text: str) -> Term:
    if kind == "field":
        variable, *path = text.split(".")
        term = Variable(variable)
        steps = tuple(step for step in path if step)
        return Field(term, steps) if steps else term
    if kind == "number":
        digits = text.replace("_", "")
        return Literal(
            int(digits, 0) if digits.lstrip("+-").isdigit() and not digits.startswith("0") else _number(digits)
        )
    if kind == "word":
        return Literal(_CONSTANTS[text]) if text in _CONSTANTS else Call(text, ())
    if kind == "raw":
        return Literal(text[1:-1])
    if "\\" not in text:
        return Literal(text[1:-1])
    return Literal(_ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1]))


def _number(text: str) -> int | float:
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise NotUnderstoodError from None

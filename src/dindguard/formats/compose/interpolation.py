"""Compose's ``${…}``: values only, never keys; what the files do not decide stays unknown.

The grammar is compose-go's ``template`` package: ``$NAME``, ``${NAME}``, the operators ``:-`` ``-`` ``:?`` ``?``
``:+`` ``+``, nested in each other's words, and ``$$`` for a dollar sign.
"""

from __future__ import annotations

from collections.abc import Mapping

from dindguard import budget
from dindguard.model.values import UNKNOWN_PIECE, How, Text, how_written, unknown
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.source import HasSpan, Span, Step

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = regex(r":?[-?+]")
_BRACE = regex(r"[{}]")


class _Result:
    """The pieces of an interpolated text: known ones, and ``None`` for each that nobody decides."""

    __slots__ = ("defaulted", "parts", "pieces", "variable")

    def __init__(self) -> None:
        self.pieces: list[str | None] = []
        self.parts: list[Text] = []
        self.variable = ""
        self.defaulted = False

    def unknown(self, name: str) -> None:
        self.pieces.append(None)
        self.variable = self.variable or name

    def add(self, other: _Result) -> None:
        self.pieces += other.pieces
        self.parts += other.parts
        self.variable = self.variable or other.variable
        self.defaulted = self.defaulted or other.defaulted


class ComposeScope:
    """The variables of one ``.env`` (or of one ``include`` with its own), and where relative paths start.

    ``directory`` is the folder, relative to the scan's root, that relative paths of the file count from.
    """

    __slots__ = ("directory", "variables")

    def __init__(self, variables: Mapping[str, Text], directory: str = "") -> None:
        self.variables = variables
        self.directory = directory

    def concerns(self, content: str) -> bool:  # noqa: ARG002 - other dialects ask it
        """Whether a scalar has to know the scope: each does, whose paths begin in its folder."""
        return True

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables replaced as far as the files decide them."""
        if "$" not in text.pattern:
            return text
        result = substitute(text.pattern, self.variables, text)
        length = sum(len(piece) for piece in result.pieces if piece is not None)
        if not budget.within(budget.VALUE_TEXT, length, text):
            return unknown(text.span, result.variable, text.raw)
        steps = [Step(_set_where(part.span), part.span) for part in result.parts]
        span = text.span.with_trail(*steps) if steps else text.span
        if None in result.pieces:
            partial = "".join(UNKNOWN_PIECE if piece is None else piece for piece in result.pieces)
            return Text(None, span, How.UNKNOWN, partial, result.variable, text.raw)
        how = How.DEFAULT if result.defaulted else how_written(result.parts)
        how = How.VARIABLE if how is How.WRITTEN and result.parts else how
        return replace(text, value="".join(piece or "" for piece in result.pieces), span=span, how=how, partial="")

    def within(self, directory: str) -> ComposeScope:
        """Return the same variables for a file whose relative paths start elsewhere."""
        return self if directory == self.directory else ComposeScope(self.variables, directory)


EXAMPLES = (".env.example", ".env.sample", ".env.dist", ".env.template", "example.env", "env.example", ".env.default")
"""Files that people copy to ``.env``: what they say is likely, and told as such."""


def _set_where(span: Span) -> str:
    return "set in the example here" if span.path.rpartition("/")[2] in EXAMPLES else "set here"


def substitute(text: str, variables: Mapping[str, Text], at_fault: HasSpan, depth: int = 0) -> _Result:
    """Interpolate ``text``. What Compose refuses (``${1}``, an open brace) stays as it is typed."""
    result = _Result()
    closing = _closing_braces(text)
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        result.pieces.append(text[at:dollar])
        at = dollar + 1
        if text.startswith("$", at):
            result.pieces.append("$")
            at += 1
        elif text.startswith("{", at):
            end = closing.get(at, -1)
            name = _NAME.match(text, at + 1)
            if end < 0 or name is None or not budget.within(budget.COMPOSE_WORDS, depth, at_fault):
                result.pieces.append("$")
                continue
            result.add(_braced(name.group(), text[name.end() : end], variables, at_fault, depth))
            at = end + 1
        elif name := _NAME.match(text, at):
            _value(name.group(), variables, result)
            at = name.end()
        else:
            result.pieces.append("$")
    result.pieces.append(text[at:])
    return result


def _closing_braces(text: str) -> dict[int, int]:
    """Return where each brace that closes does so, by where it opens."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for match in _BRACE.finditer(text):
        if match.group() == "{":
            waiting.append(match.start())
        elif waiting:
            found[waiting.pop()] = match.start()
    return found


def _value(name: str, variables: Mapping[str, Text], result: _Result) -> None:
    found = variables.get(name)
    if found is None or found.value is None:
        result.unknown(name)
    else:
        result.pieces.append(found.value)
        result.parts.append(found)


def _braced(name: str, rest: str, variables: Mapping[str, Text], at_fault: HasSpan, depth: int) -> _Result:
    result = _Result()
    operator = _OPERATOR.match(rest)
    found = variables.get(name)
    if operator is None or (found is not None and found.value is None):
        _value(name, variables, result)
        return result
    kind = operator.group()[-1]
    set_here = found is not None and (found.value != "" or not operator.group().startswith(":"))
    if kind == "-" and not set_here:
        result.add(substitute(rest[operator.end() :], variables, at_fault, depth + 1))
        result.defaulted = True
    elif kind == "+" and set_here:
        assert found is not None
        result.parts.append(found)
        result.add(substitute(rest[operator.end() :], variables, at_fault, depth + 1))
    else:
        _value(name, variables, result)
    return result

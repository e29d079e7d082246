"""GitHub's workflow expressions, as far as workflows and actions of this project use them.

Written after "Evaluate expressions in workflows and actions" of GitHub's documentation: operators, literals,
coercion, and the functions below. A test compares it with GitHub's own evaluator where that is installed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?))|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>==|!=|<=|>=|&&|\|\||[!<>()\[\].,*]))"
)
LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))

Functions = Mapping[str, Callable[..., Any]]


def evaluate(text: str, context: Mapping[str, Any], functions: Functions | None = None) -> Any:
    """Return what an expression (with or without ``${{ }}`` around it) is in a context."""
    inner = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", text, re.DOTALL)
    return _Parser(inner[1] if inner else text, context, {**STANDARD, **(functions or {})}).whole()


def filled(text: str, context: Mapping[str, Any], functions: Functions | None = None) -> str:
    """Return a string with each ``${{ … }}`` in it replaced."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda m: as_string(evaluate(m[1], context, functions)), text, flags=re.DOTALL)


def condition(text: str, context: Mapping[str, Any], functions: Functions) -> bool:
    """Return whether a step's ``if`` holds: without a status function it also asks for success()."""
    holds = truth(evaluate(text, context, functions))
    if re.search(r"\b(success|failure|always|cancelled)\s*\(", text):
        return holds
    return holds and truth(functions["success"]())


def truth(value: Any) -> bool:
    """Return whether a value counts as true."""
    return not (value is None or value is False or value == "" or (_number(value) and (value == 0 or value != value)))


def as_string(value: Any) -> str:
    """Return a value as it stands in a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if _number(value):
        return str(int(value)) if value == int(value) else repr(value)
    return value if isinstance(value, str) else type(value).__name__


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_number(value: Any) -> float:
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or _number(value):
        return float(value)
    try:
        return float(int(value, 0) if value.startswith("0x") else value) if isinstance(value, str) else math.nan
    except ValueError:
        return math.nan


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.upper() == right.upper()
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return left is right
    if type(left) is type(right):
        return bool(left == right)
    return _as_number(left) == _as_number(right)


def _compare(sign: str, left: Any, right: Any) -> bool:
    if sign == "==":
        return _equal(left, right)
    if sign == "!=":
        return not _equal(left, right)
    if isinstance(left, str) and isinstance(right, str):
        a: Any = left.upper()
        b: Any = right.upper()
    else:
        a, b = _as_number(left), _as_number(right)
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign])


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, list):
        return any(_equal(each, what) for each in where)
    return as_string(what).upper() in as_string(where).upper()


def _format(template: str, *values: Any) -> str:
    return re.sub(r"\{\{|\}\}|\{(\d+)\}", lambda m: as_string(values[int(m[1])]) if m[1] else m[0][0], template)


STANDARD: Functions = {
    "contains": _contains,
    "startswith": lambda text, start: as_string(text).upper().startswith(as_string(start).upper()),
    "endswith": lambda text, end: as_string(text).upper().endswith(as_string(end).upper()),
    "format": _format,
    "join": lambda items, sign=",": as_string(sign).join(map(as_string, items)),
    "tojson": lambda value: json.dumps(value, indent=2),
    "fromjson": json.loads,
}


class _Parser:
    """Recursive descent over the tokens; it evaluates as it goes, both sides of ``&&`` and ``||`` included."""

    def __init__(self, text: str, context: Mapping[str, Any], functions: Functions) -> None:
        self.tokens = _tokens(text)
        self.context = context
        self.functions = functions

    def whole(self) -> Any:
        value = self.level(0)
        if self.tokens:
            raise ValueError(f"unexpected {self.tokens[0]}")
        return value

    def level(self, depth: int) -> Any:
        if depth == len(LEVELS):
            return self.unary()
        left = self.level(depth + 1)
        while self.tokens and self.tokens[0][1] in LEVELS[depth] and self.tokens[0][0] == "sign":
            sign = self.tokens.pop(0)[1]
            right = self.level(depth + 1)
            if sign == "||":
                left = left if truth(left) else right
            elif sign == "&&":
                left = right if truth(left) else left
            else:
                left = _compare(sign, left, right)
        return left

    def unary(self) -> Any:
        if self.tokens[0] == ("sign", "!"):
            self.tokens.pop(0)
            return not truth(self.unary())
        return self.postfix()

    def postfix(self) -> Any:
        value = self.primary()
        while self.tokens and self.tokens[0] in (("sign", "."), ("sign", "[")):
            if self.tokens.pop(0)[1] == ".":
                value = _member(value, self.tokens.pop(0)[1])
            else:
                value = _member(value, self.level(0))
                self.take("]")
        return value

    def primary(self) -> Any:
        kind, text = self.tokens.pop(0)
        if kind == "number":
            return float(int(text, 16)) if "x" in text else float(text)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if text == "(":
            value = self.level(0)
            self.take(")")
            return value
        if kind != "name":
            raise ValueError(f"unexpected {text}")
        if self.tokens and self.tokens[0] == ("sign", "("):
            return self.functions[text.lower()](*self.arguments())
        constants = {"true": True, "false": False, "null": None}
        if text in constants:
            return constants[text]
        return self.context[text]  # an unknown context is an error, on GitHub as well

    def arguments(self) -> Sequence[Any]:
        self.take("(")
        found = []
        while self.tokens[0] != ("sign", ")"):
            found.append(self.level(0))
            if self.tokens[0] == ("sign", ","):
                self.tokens.pop(0)
        self.take(")")
        return found

    def take(self, sign: str) -> None:
        if self.tokens.pop(0) != ("sign", sign):
            raise ValueError(f"{sign} expected")


def _member(value: Any, name: Any) -> Any:
    """Return a property, whatever its case; nothing where there is none."""
    if isinstance(value, list):
        return value[int(name)] if _number(name) and 0 <= name < len(value) else None
    if not isinstance(value, Mapping):
        return None
    return next((found for key, found in value.items() if key.lower() == as_string(name).lower()), None)


def _tokens(text: str) -> list[tuple[str, str]]:
    found = []
    position = 0
    while text[position:].strip():
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"cannot read {text[position:]!r}")
        assert match.lastgroup is not None
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found

"""``${{ }}``, ``$( )`` and ``$[ ]`` expressions, as far as the files decide them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.formats.azure_pipelines.names import Names
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import HasSpan

_EXPRESSION = regex(r"\$\{\{((?:[^}$]|\$(?!\{\{)|\}(?!\}))*+)\}\}|\$\(([A-Za-z_][\w. -]*)\)")
_WHOLE = regex(r"\s*\$\{\{((?:[^}]|\}(?!\}))*+)\}\}\s*")
_CALL = regex(r"(\w+)\s*\((.*)\)", re.DOTALL)
_DIRECTIVE = regex(r"\s*\$\{\{\s*(if|elseif|else|each|insert)\b((?:[^}]|\}(?!\}))*+)\}\}\s*")
_LOOP = regex(r"\s*(\w+)\s+in\s+(.*?)\s*", re.DOTALL)


def located(node: Node, names: Names) -> Node:
    """Return a scalar whose expressions are known to be ones, with the values that they have here."""
    if plain(node):
        return node
    places = list(_places(node.content, names))
    values = {name: text for _, _, name in places if (text := names.text(_looked_up(name))) is not None}
    return node.scoped(Holes(places, values)) if places else node


def plain(node: Node) -> bool:
    """Whether a scalar certainly holds no expression, so that it says the same whatever names are in force."""
    return "$" not in node.content


def _places(content: str, names: Names) -> Iterator[tuple[int, int, str]]:
    """Yield the expressions in a text. ``$(pwd)`` is one only if there is such a variable: shells know it too."""
    if content.startswith("$[") and content.rstrip().endswith("]"):
        yield 0, len(content), content.rstrip()[2:-1].strip()
        return
    for match in _EXPRESSION.finditer(content):
        name = match[1].strip() if match[1] is not None else match[0]
        if match[2] is None or "." in match[2] or names.text(_looked_up(name)) is not None:
            yield match.start(), match.end(), name


def _looked_up(name: str) -> str:
    """Return the name by which a value is looked up: ``$(x)``, which messages show as it is, is a variable's."""
    return f"variables.{name[2:-1].strip()}" if name.startswith("$(") else name


def whole_expression(node: Node) -> str:
    """Return the expression that a scalar consists of; ``""`` for any other text."""
    match = _WHOLE.fullmatch(node.content) if node.is_scalar and "${{" in node.content else None
    return match[1].strip() if match is not None else ""


@record
class Directive:
    """A key that is no key: ``if``, ``elseif``, ``else``, ``each`` or ``insert``, with what stands behind the word."""

    kind: str
    argument: str

    @property
    def loop(self) -> tuple[str, str]:
        """The variable of an ``each``, and what it goes over."""
        match = _LOOP.fullmatch(self.argument)
        return (match[1], match[2]) if match is not None else ("", "")


def directive(key: Node) -> Directive | None:
    """Return what a key directs, if it is an expression in the place of one."""
    match = _DIRECTIVE.fullmatch(key.content) if "${{" in key.content else None
    return Directive(match[1], match[2].strip()) if match is not None else None


def holds(expression: str, names: Names, at: HasSpan) -> bool | None:
    """Return whether a condition written at ``at`` holds; ``None`` when the files do not decide it."""
    return _truth(expression, names) if budget.within(budget.AZURE_CALLS, expression.count("("), at) else None


def _truth(expression: str, names: Names) -> bool | None:
    call = _CALL.fullmatch(expression.strip())
    if call is None:
        word = _word(expression, names)
        return None if word is None else word not in ("false", "", "0")
    name, arguments = call[1].lower(), list(_arguments(call[2]))
    if name in ("eq", "ne") and len(arguments) == 2:
        one, other = (_word(each, names) for each in arguments)
        return None if one is None or other is None else (one == other) is (name == "eq")
    if name not in ("not", "and", "or"):
        return None
    found = [_truth(each, names) for each in arguments]
    if name == "not":
        return None if found[:1] in ([], [None]) else not found[0]
    decisive = name == "or"
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _word(expression: str, names: Names) -> str | None:
    text = names.text(expression.strip())
    return text.value.lower() if text is not None and text.value is not None else None


def _arguments(text: str) -> Iterator[str]:
    """Yield what stands between the commas of a call, but for those in inner calls and in quotes."""
    depth, quoted, start = 0, False, 0
    for index, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif not quoted and character == "," and not depth:
            yield text[start:index]
            start = index + 1
    yield text[start:]

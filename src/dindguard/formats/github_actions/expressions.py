"""``${{ }}`` expressions, as far as the files decide them."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping

from dindguard import budget
from dindguard.documents.placeholders import differing, substitute
from dindguard.documents.places import entry_span
from dindguard.documents.tree import Node
from dindguard.model.container import EnvVar
from dindguard.model.container_fields import NOWHERE
from dindguard.model.values import How, Text, unknown
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.source import Span

EXPRESSION = regex(r"\$\{\{((?:[^}$]|\}(?!\})|\$(?!\{\{))*+)\}\}")
"""An expression in its braces; possessive, so that braces that nobody closes cost what they are long."""
_INDEX = regex(r"\[\s*'([^'\]]*)'\s*\]")
_PATH = regex(r"(?:github\.event\.)?(?P<path>(?:env|inputs|matrix)\.[\w.-]+)")
_LITERAL = regex(r"'([^']*)'")


class Expressions:
    """What ``env.X``, ``inputs.x`` and ``matrix.x`` stand for; an interpolation scope.

    Everything else (secrets, variables of the organisation, functions, operators) is unknown.
    """

    def __init__(self, known: Mapping[str, Text] | None = None) -> None:
        self._known = known if isinstance(known, ChainMap) else ChainMap(dict(known or {}))

    def knowing(self, known: Mapping[str, Text]) -> Expressions:
        """Return expressions that know more; what is given here wins. What is known already is shared, not copied."""
        if not known:
            return self
        return Expressions(self._known.new_child({_folded(name): text for name, text in known.items()}))

    def with_env(self, variables: Iterable[EnvVar]) -> Expressions:
        """Return expressions that know these environment variables as ``env.X``."""
        return self.knowing({f"env.{variable.name}": variable.value for variable in variables})

    def without_inputs(self) -> Expressions:
        """Return expressions that know all but the inputs: those of an action are its own."""
        return Expressions({name: text for name, text in self._known.items() if not name.startswith("inputs.")})

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its expressions replaced as far as the files decide them."""
        if "${{" not in text.pattern:
            return text
        return substitute(text, EXPRESSION, lambda match: self.evaluate(match[1], text.span))

    def replacement(self, match: re.Match[str]) -> str | None:
        """Return what an expression stands for in a script, or ``None`` when it is not known."""
        return self.evaluate(match[1], NOWHERE).value

    def evaluate(self, expression: str, span: Span) -> Text:
        """Return the value of an expression without its braces; an unknown text at ``span`` if need be."""
        expression = expression.strip()
        literal = _LITERAL.fullmatch(expression)
        if literal is not None:
            return Text(literal[1], span)
        path = _PATH.fullmatch(_INDEX.sub(r".\1", expression))
        found = self._known.get(_folded(path["path"])) if path is not None else None
        return found if found is not None else unknown(span, expression, f"${{{{ {expression} }}}}")


def _folded(path: str) -> str:
    """Return a path for comparison: names of inputs and matrix keys have no case."""
    return path if path.startswith("env.") else path.lower()


def choices_of(typed: str) -> list[str]:
    """Return the values that ``${{ a && 'x' || 'y' }}`` chooses from; none if any of them is no literal text."""
    whole = EXPRESSION.fullmatch(typed.strip())
    if whole is None or "||" not in whole[1]:
        return []
    found = [_LITERAL.fullmatch(each.rpartition("&&")[2].strip()) for each in whole[1].split("||")]
    return [match[1] for match in found if match is not None] if None not in found else []


def environment(node: Node, expressions: Expressions) -> tuple[EnvVar, ...]:
    """Return the variables of an ``env:`` mapping."""
    found = []
    for key, value in node.pairs():
        if value.is_scalar:
            text = Text("", value.span) if value.is_null else expressions.resolve(value.value)
            found.append(EnvVar(key.content, text, entry_span(key, value)))
    return tuple(found)


def matrix(strategy: Node) -> dict[str, Text]:
    """Return what ``matrix.x`` stands for, for every key that has one value in all jobs of the matrix."""
    return {path: differing(texts, texts[0].span, path) for path, texts in matrix_values(strategy).items()}


def names_in(texts: Iterable[str]) -> list[str]:
    """Return the names of the plain lookups in expressions: ``matrix.version``."""
    inner = (match[1].strip() for text in texts for match in EXPRESSION.finditer(text))
    paths = (_PATH.fullmatch(_INDEX.sub(r".\1", each)) for each in inner)
    return [_folded(path["path"]) for path in paths if path is not None]


def matrix_values(strategy: Node) -> dict[str, list[Text]]:
    """Return the values of ``matrix.x`` in the jobs of the matrix, for every key that all of them have."""
    node = strategy["matrix"]
    values: dict[str, list[Text]] = {}
    axes = [(key.content, axis.items()) for key, axis in node.pairs() if key.content not in ("include", "exclude")]
    for name, items in axes:
        values.update(_in_all(f"matrix.{name}", items))
    included = [entry for entry in node["include"].items() if entry.is_mapping]
    for path, texts in _leaves("matrix", included).items():
        if path in values:
            values[path] += texts
        elif not axes and len(texts) == len(included):
            values[path] = texts
    return {path: texts for path, texts in values.items() if all("${{" not in text.pattern for text in texts)}


def _in_all(path: str, items: list[Node]) -> dict[str, list[Text]]:
    """Return the values below ``path`` that every item has."""
    return {below: texts for below, texts in _leaves(path, items).items() if len(texts) == len(items)}


def _leaves(path: str, items: list[Node]) -> dict[str, list[Text]]:
    """Return all scalars in ``items`` by their path below ``path``."""
    values: dict[str, list[Text]] = {}
    pending = [(path, item) for item in reversed(items)]
    looked_at = 0
    while pending and budget.within(budget.MATRIX_VALUES, looked_at + 1, pending[-1][1]):
        looked_at += 1
        below, node = pending.pop()
        if node.is_scalar:
            values.setdefault(below, []).append(node.value)
        elif budget.within(budget.MATRIX_LEVELS, below.count("."), node):
            pending += [(f"{below}.{key.content}", value) for key, value in reversed(node.pairs())]
    return values


def input_values(declared: Node, given: Iterable[Mapping[str, Text]]) -> dict[str, Text]:
    """Return what ``inputs.x`` stands for: what all known callers give, or the default, or unknown.

    ``declared`` is the mapping below ``inputs:``; ``given`` has the values of each caller that was read.
    """
    callers = list(given)
    found = {}
    for key, node in declared.pairs():
        name, default = key.content, node["default"]
        fallback = replace(default.value, how=How.DEFAULT) if default.is_scalar else None
        values = [text for caller in callers if (text := caller.get(name, fallback)) is not None]
        if not callers and fallback is not None:
            values = [fallback]
        if values and len(values) == max(len(callers), 1):
            found[f"inputs.{name}"] = differing(values, key.span, f"inputs.{name}")
    return found

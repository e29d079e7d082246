"""``${{ }}`` expressions, as far as the files decide them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dindguard.documents.placeholders import differing, substitute
from dindguard.documents.tree import Node
from dindguard.model.container import EnvVar
from dindguard.model.values import How, Text, unknown
from dindguard.records import replace
from dindguard.source import Span

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_INDEX = re.compile(r"\[\s*'([^'\]]*)'\s*\]")
_PATH = re.compile(r"(?:github\.event\.)?(?P<path>(?:env|inputs|matrix)\.[\w.-]+)")
_LITERAL = re.compile(r"'([^']*)'")


class Expressions:
    """What ``env.X``, ``inputs.x`` and ``matrix.x`` stand for; an interpolation scope.

    Everything else (secrets, variables of the organisation, functions, operators) is unknown.
    """

    def __init__(self, known: Mapping[str, Text] | None = None) -> None:
        self._known = dict(known or {})

    def knowing(self, known: Mapping[str, Text]) -> Expressions:
        """Return expressions that know more; what is given here wins."""
        return Expressions({**self._known, **{_folded(name): text for name, text in known.items()}})

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
        return self.evaluate(match[1], _NOWHERE).value

    def evaluate(self, expression: str, span: Span) -> Text:
        """Return the value of an expression without its braces; an unknown text at ``span`` if need be."""
        expression = expression.strip()
        literal = _LITERAL.fullmatch(expression)
        if literal is not None:
            return Text(literal[1], span)
        path = _PATH.fullmatch(_INDEX.sub(r".\1", expression))
        found = self._known.get(_folded(path["path"])) if path is not None else None
        return found if found is not None else unknown(span, expression, f"${{{{ {expression} }}}}")


_NOWHERE = Span("", 1, 1, 1, 1)


def _folded(path: str) -> str:
    """Return a path for comparison: names of inputs and matrix keys have no case."""
    return path if path.startswith("env.") else path.lower()


def environment(node: Node, expressions: Expressions) -> tuple[EnvVar, ...]:
    """Return the variables of an ``env:`` mapping (or of a list of ``NAME=value``)."""
    found = []
    for key, value in node.pairs():
        if value.is_scalar:
            text = Text("", value.span) if value.is_null else expressions.resolve(value.value)
            found.append(EnvVar(key.content, text, entry_span(key, value)))
    for item in node.items():
        name, equals, _ = item.content.partition("=")
        if item.is_scalar and equals:
            text = expressions.resolve(item.value)
            start = text.pattern.find("=") + 1
            found.append(EnvVar(name, text.part(start, len(text.pattern)), item.span))
    return tuple(found)


def entry_span(key: Node, value: Node) -> Span:
    """Return the span of ``key: value`` where it stands on one line; else the key's."""
    first, last = key.span, value.span
    if key.source is not value.source or first.line != last.end_line or first.column > last.column:
        return first
    return Span(first.path, first.line, first.column, last.end_line, last.end_column, value.route, last.trail)


def matrix(strategy: Node) -> dict[str, Text]:
    """Return what ``matrix.x`` stands for, for every key that has one value in all jobs of the matrix."""
    node = strategy["matrix"]
    values: dict[str, list[Text]] = {}
    combinations = 0
    for key, listed in node.pairs():
        if key.content in ("include", "exclude") or not listed.is_sequence:
            continue
        combinations += 1
        for item in listed.items():
            _collect(f"matrix.{key.content}", item, values)
    included = [entry for entry in node["include"].items() if entry.is_mapping]
    bases = set(values)
    extra: dict[str, list[Text]] = {}
    for entry in included:
        _collect("matrix", entry, extra)
    for path, texts in extra.items():
        if path in bases:
            values[path] += texts
        elif not combinations and len(texts) == len(included):
            values[path] = texts
    return {
        path: differing(texts, texts[0].span, path)
        for path, texts in values.items()
        if all("${{" not in text.pattern for text in texts)
    }


def _collect(path: str, node: Node, values: dict[str, list[Text]], levels: int = 4) -> None:
    if node.is_scalar:
        values.setdefault(path, []).append(node.value)
    elif node.is_mapping and levels:
        for key, value in node.pairs():
            _collect(f"{path}.{key.content}", value, values, levels - 1)


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

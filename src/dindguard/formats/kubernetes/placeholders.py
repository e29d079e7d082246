"""What stands in manifests for a value that something else fills in.

Kubernetes itself expands nothing but ``$(NAME)`` in commands, arguments and variables. All else that looks like
a variable is filled in before the manifest reaches it: ``${NAME}`` by envsubst, Flux or an OpenShift template,
``$(params.x)`` by Tekton, ``{{inputs.parameters.x}}`` by Argo Workflows. Such a value is not decided by the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.source import Step

_PLACEHOLDER = re.compile(
    r"\{\{-?\s*(?P<braces>.*?)\s*-?\}\}"
    r"|\$\{\{(?P<typed>[^{}]*)\}\}"
    r"|\$\{(?P<shell>[A-Za-z_]\w*)(?::?[-=](?P<default>[^{}]*)|[^{}]*)\}"
    r"|\$\((?P<task>[A-Za-z_][\w.\-]*\.[\w.\-]+)(?:\[[^\]]*\])?\)"
    r"|(?<![$\w])\$(?P<plain>[A-Z_][A-Z0-9_]*)\b"
)
_REFERENCE = re.compile(r"\$(?P<escaped>\$)?\((?P<name>[A-Za-z_.\-][\w.\-]*)\)")
_NAMES = ("braces", "typed", "shell", "task", "plain")


class Placeholders:
    """The interpolation scope of a manifest: ``values`` are the defaults that the files give."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, Text] | None = None) -> None:
        self.values = values or {}

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with what the files decide filled in, and the rest unknown."""
        value = text.value
        if value is None or ("$" not in value and "{{" not in value):
            return text

        def found(match: re.Match[str]) -> Text | None:
            name = next(match[group] for group in _NAMES if match[group] is not None)
            value = self.values.get(name.strip())
            if value is None and match["default"]:
                return Text(match["default"], text.span, How.DEFAULT)
            return value

        return _replaced(text, _PLACEHOLDER, found)


def expand(text: Text, lookup: Callable[[str], Text | str | None]) -> Text:
    """Expand ``$(NAME)`` as Kubernetes does in commands, arguments and variables.

    ``lookup`` returns the variable's text, ``None`` when it exists but is not known, or the name itself when
    there is no such variable: the reference then stays as it is.
    """
    if text.value is None or "$(" not in text.value:
        return text

    def found(match: re.Match[str]) -> Text | str | None:
        if match["escaped"]:
            return match[0][1:]
        value = lookup(match["name"])
        return match[0] if isinstance(value, str) else value

    return _replaced(text, _REFERENCE, found)


def _replaced(text: Text, pattern: re.Pattern[str], lookup: Callable[[re.Match[str]], Text | str | None]) -> Text:
    assert text.value is not None
    pieces: list[str] = []
    steps: list[Step] = []
    at, how, variable = 0, text.how, ""
    for match in pattern.finditer(text.value):
        pieces.append(text.value[at : match.start()])
        at = match.end()
        found = lookup(match)
        if isinstance(found, str):
            pieces.append(found)
        elif found is None or found.value is None:
            pieces.append(UNKNOWN_PIECE if found is None else found.pattern)
            variable = variable or match[0]
        else:
            pieces.append(found.value)
            how = How.DEFAULT if found.how is How.DEFAULT else How.VARIABLE
            if found.span != text.span:
                steps.append(Step("set here", found.span))
    if not pieces:
        return text
    result = "".join(pieces) + text.value[at:]
    span = text.span.with_trail(*steps) if steps else text.span
    if variable:
        return replace(text, value=None, span=span, how=How.UNKNOWN, partial=result, variable=variable)
    return replace(text, value=result, span=span, how=how)

"""What stands in manifests for a value that something else fills in.

Kubernetes itself expands nothing but ``$(NAME)`` in commands, arguments and variables. All else that looks like
a variable is filled in before the manifest reaches it: ``${NAME}`` by envsubst, Flux or an OpenShift template,
``$(params.x)`` by Tekton, ``{{inputs.parameters.x}}`` by Argo Workflows. The file does not decide such a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from dindguard.documents.placeholders import substitute, undecided
from dindguard.documents.tree import Node, Scope
from dindguard.model.values import How, Text
from dindguard.patterns import regex

_PLACEHOLDER = regex(
    r"\{\{-?(?P<braces>(?:(?!\}\}|\{\{).)*+)\}\}"
    r"|\$\{\{(?P<typed>[^{}]*)\}\}"
    r"|\$\{(?P<shell>[A-Za-z_]\w*+)(?::?[-=](?P<default>[^{}]*+)|[^{}]*+)\}"
    r"|\$\((?P<task>[A-Za-z_](?=[\w\-]*+\.[\w.\-])[\w.\-]++)(?:\[[^\]$]*+\])?\)"
    r"|(?<![$\w])\$(?P<plain>[A-Z_][A-Z0-9_]*)\b"
)
_NAMES = ("braces", "typed", "shell", "task", "plain")
_REFERENCE = regex(r"\$(?P<escaped>\$)?\((?P<name>[A-Za-z_.\-][\w.\-]*)\)")


_NO_VALUES: Mapping[str, Text] = {}


class Placeholders:
    """The interpolation scope of a manifest: ``values`` are the defaults that the files give."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, Text] | None = None) -> None:
        self.values = values or _NO_VALUES

    def concerns(self, content: str) -> bool:
        """Whether a scalar may hold a placeholder."""
        return "$" in content or "{{" in content

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with what the files decide filled in, and the rest unknown."""
        if text.value is None or ("$" not in text.value and "{{" not in text.value):
            return text

        def found(match: re.Match[str]) -> Text:
            name = next(match[group] for group in _NAMES if match[group] is not None).removesuffix("-").strip()
            value = self.values.get(name)
            if value is not None:
                return value
            return Text(match["default"], text.span, How.DEFAULT) if match["default"] else undecided(text, name)

        return substitute(text, _PLACEHOLDER, found)


def scope_of(node: Node) -> Scope:
    """Return the scope of a manifest, for what is written elsewhere and goes into it."""
    return node.scope or Placeholders()


@lru_cache(maxsize=4)  # every document of a file asks
def may_hold_any(text: str) -> bool:
    """Whether a text can hold a placeholder, be it spelt with escapes; few manifests do, and scopes cost copies."""
    return any(mark in text for mark in ("$", "{{", "\\"))


def expand(text: Text, lookup: Callable[[str], Text | None]) -> Text:
    """Expand ``$(NAME)`` as Kubernetes does in commands, arguments and variables.

    ``lookup`` returns a variable's text, or ``None`` when there is none: the reference then stays as it is.
    """
    if "$(" not in text.pattern:
        return text

    def found(match: re.Match[str]) -> Text | str:
        value = None if match["escaped"] else lookup(match["name"])
        return match[0].removeprefix("$" if match["escaped"] else "") if value is None else value

    return substitute(text, _REFERENCE, found)

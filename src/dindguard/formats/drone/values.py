"""What stands for variables: both systems put values in before they read a pipeline (``${NAME}``; ``$$`` is a dollar).

Sources: drone/envsubst (``${NAME:-default}``, ``${NAME##prefix}``); woodpecker-ci/woodpecker, ``pipeline/frontend/yaml/matrix``
(axes, or entries of ``include``; the values are variables of the pipeline).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dindguard.documents.alternatives import Choice, combinations
from dindguard.documents.placeholders import differing, substitute
from dindguard.documents.tree import Node
from dindguard.model.values import How, Text, unknown
from dindguard.patterns import regex

_VARIABLE = regex(r"\$\$|\$\{(?P<name>\w++)(?P<default>:?[-=][^{}]{0,500}+)?+[^{}]{0,500}+\}")


class Filled:
    """The scope of a pipeline with these values: those that differ among its runs are unknown."""

    def __init__(self, values: Mapping[str, Text]) -> None:
        self._values = values

    def concerns(self, content: str) -> bool:
        """Whether a scalar may hold a variable."""
        return "$" in content

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with what its variables stand for."""
        return substitute(text, _VARIABLE, lambda match: self._of(match, text)) if "$" in text.pattern else text

    def _of(self, match: re.Match[str], text: Text) -> Text | str:
        if match[0] == "$$":
            return "$"
        name, default = match["name"], match["default"]
        if name in self._values:
            return self._values[name]
        if default is not None:
            return Text(default.lstrip(":")[1:], text.span, How.DEFAULT)
        return unknown(text.span, name, match[0])


def values_of(matrix: Node) -> dict[str, list[Text]]:
    """Return the values that a matrix gives to each of its variables."""
    entries = [entry for entry in matrix["include"].items() if entry.is_mapping]
    if not entries:
        axes = ((key.content, axis.listed()) for key, axis in matrix.pairs())
        return {name: found for name, items in axes if (found := [item.value for item in items if item.is_scalar])}
    values: dict[str, list[Text]] = {}
    for entry in entries:
        for key, value in entry.pairs():
            if value.is_scalar:
                values.setdefault(key.content, []).append(value.value)
    return values


def common(values: Mapping[str, list[Text]]) -> dict[str, Text]:
    """Return one value for each variable, unknown where a matrix gives several."""
    return {name: differing(texts, texts[0].span, name) for name, texts in values.items()}


def choices(values: Mapping[str, list[Text]], images: Iterable[Node], at: Node) -> list[Choice]:
    """Return the combinations of values that a matrix gives to images."""
    texts = [image.content for image in images if image.is_scalar]
    names = [match["name"] for text in texts for match in _VARIABLE.finditer(text) if match["name"]]
    return combinations(values, names, at) if names else []

"""Values of a pipeline: what the agent puts in for variables when it uploads it, and for the values of a matrix.

Source: buildkite/interpolate (``$X``, ``${X:-default}``, ``$$X`` for one that is left to the step) and the matrix reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dindguard.documents.placeholders import Holes, differing
from dindguard.documents.tree import Node
from dindguard.model.values import How, Text
from dindguard.patterns import regex
from dindguard.records import replace

_MATRIX = r"\{\{\s*(?P<matrix>matrix(?:\.[\w-]+)?)\s*\}\}"
_VARIABLE = regex(
    rf"\$\$|\\\$|\$\{{(?P<name>\w++)(?P<default>:?-[^}}]{{0,500}}+)?+[^}}]{{0,500}}+\}}|\$(?P<plain>\w+)|{_MATRIX}"
)
_ESCAPE = regex(rf"\$\$|\\\$|{_MATRIX}")


class Values:
    """What is known of variables and of a step's matrix."""

    def __init__(self, variables: Mapping[str, Text], matrix: Mapping[str, Text] | None = None) -> None:
        self._variables = variables
        self._matrix = dict(matrix or {})

    def of_step(self, matrix: Node) -> Values:
        """Return the values in a step with this matrix: those that differ among its jobs are unknown."""
        lists = {"matrix": matrix} if matrix.is_sequence else {"matrix": matrix["setup"]}
        lists |= {f"matrix.{key.content}": value for key, value in matrix["setup"].pairs()}
        texts = {name: [item.value for item in node.items() if item.is_scalar] for name, node in lists.items()}
        return Values(
            self._variables, {name: differing(found, found[0].span, name) for name, found in texts.items() if found}
        )

    def setting(self, node: Node) -> Node:
        """Return a scalar of a plugin's settings with what variables stand for in it."""
        return self._located(node, _VARIABLE)

    def script(self, node: Node) -> Node:
        """Return a command; the shell that runs it reads its variables, once they are no longer escaped."""
        return self._located(node, _ESCAPE)

    def _located(self, node: Node, pattern: re.Pattern[str]) -> Node:
        if not node.is_scalar or ("$" not in node.content and "{{" not in node.content):
            return node
        matches = list(pattern.finditer(node.content))
        texts = {match[0]: text for match in matches if (text := self._text(match, node)) is not None}
        return node.scoped(Holes([(*match.span(), match[0]) for match in matches], texts)) if matches else node

    def _text(self, match: re.Match[str], node: Node) -> Text | None:
        if match[0] in ("$$", "\\$"):
            return Text("$", node.span)
        if match["matrix"] is not None:
            return self._matrix.get(match["matrix"])
        groups = match.groupdict()
        found = self._variables.get(groups["name"] or groups["plain"] or "")
        default = groups["default"]
        if found is None and default is not None:
            return Text(default.partition("-")[2], node.span, How.DEFAULT)
        return found


def written(env: Node) -> dict[str, Text]:
    """Return the variables that an ``env`` block sets."""
    return {key.content: replace(value.value, raw="") for key, value in env.pairs() if value.is_scalar}

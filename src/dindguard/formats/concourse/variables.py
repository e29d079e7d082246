"""Variables of pipelines and tasks: ``((name))``, and ``{{name}}`` until Concourse 5.

They are put in when a pipeline is set or a build starts; a step tells those of the task's file that it names.
"""

from __future__ import annotations

from collections.abc import Mapping

from dindguard.documents.joined import Joined
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.scripts.located import add_exports, add_script
from dindguard.source import Source

_VARIABLE = regex(r"\(\(([\w.:/\"-]{1,200}+)\)\)|\{\{([\w-]{1,200}+)\}\}")


class Variables:
    """What is known of variables: mostly nothing."""

    def __init__(self, given: Mapping[str, Text] | None = None) -> None:
        self._given = given or {}

    def of_step(self, step: Node) -> Variables:
        """Return the variables of the file that a step names."""
        return Variables({key.content: self.value(value) for key, value in step["vars"].pairs() if value.is_scalar})

    def value(self, node: Node) -> Text:
        """Return a scalar with what variables stand for in it."""
        return self.located(node).value

    def located(self, node: Node) -> Node:
        """Return a scalar whose variables are holes in it."""
        found = [(*match.span(), match[1] or match[2]) for match in _VARIABLE.finditer(node.content)]
        return node.scoped(Holes(found, self._given)) if found else node

    def script(self, node: Node, exported: Node) -> Source:
        """Return a scalar as a script that sees exported variables."""
        joined = Joined(node.source)
        add_exports(joined, ((key.content, self.located(value)) for key, value in exported.pairs()))
        add_script(joined, self.located(node))
        return joined.source("shell")

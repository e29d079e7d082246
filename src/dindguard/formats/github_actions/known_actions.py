"""Actions that command or set up a container engine, in the words of the command lines they stand for.

The inputs are those that the actions' own ``action.yml`` files declare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dindguard.documents.docker_options import options_of
from dindguard.documents.tree import Node
from dindguard.formats import Reading
from dindguard.formats.github_actions.containers import option_words
from dindguard.formats.github_actions.expressions import Expressions
from dindguard.model.container import Container, EnvVar
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Text
from dindguard.source import Embedded

_SEPARATED = {",": ",", "\n": "\n"}


@dataclass(slots=True)
class Use:
    """One step that uses an action."""

    step: Node
    uses: Text
    expressions: Expressions
    owner: Container
    variables: tuple[EnvVar, ...]
    address: str
    cached_paths: list[Text] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)

    def input(self, *names: str) -> Node:
        """Return the first of these inputs that is given; older names come last."""
        given = self.step["with"]
        return next((given[name] for name in names if given[name].present), given[names[0]])

    def text(self, *names: str) -> Text | None:
        """Return an input's value, or ``None`` when it is not given or empty."""
        node = self.input(*names)
        if not node.is_scalar or node.is_null:
            return None
        text = self.expressions.resolve(node.value)
        return text if text.pattern.strip() else None
"""

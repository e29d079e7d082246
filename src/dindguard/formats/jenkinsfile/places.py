"""Where steps run: which container, with which variables, in which workload."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard.documents.groovy.nodes import ASSIGNED
from dindguard.documents.tree import Node
from dindguard.model.container import Container, Environment, EnvVar
from dindguard.model.workload import Replicas
from dindguard.records import field, record
from dindguard.scripts.layers import Layers
from dindguard.source import Span

_HOLDERS = frozenset({"context", "ctx", "dsl", "jenkins", "pipeline", "script", "step", "steps", "this"})
"""What classes of libraries call the pipeline that they are given, whose steps they run."""


def without_holder(name: str) -> str:
    """Return a step's name without what it is called on: ``this.steps.sh`` is ``sh``."""
    while "." in name and name.partition(".")[0] in _HOLDERS:
        name = name.partition(".")[2]
    return name


class Variables(Layers[EnvVar]):
    """The variables of the blocks around steps."""

    _environment: Environment | None = None

    def give(self, name: str, value: EnvVar) -> None:
        """Give one of this block's own a value from here on."""
        super().give(name, value)
        self._environment = None

    @property
    def environment(self) -> Environment:
        """All of them, as the containers have them that are started here."""
        if self._environment is None:
            self._environment = Environment(self.values())
        return self._environment


@record
class Place:
    """What surrounds steps.

    ``owner`` is the container (or machine) that they run in, ``address`` the named way to it, ``pod`` the containers
    that ``container('name')`` can choose, ``variables`` those of the blocks around; ``pod_text`` is where further containers
    of the pod are described, and ``runs`` how many of it there are.
    """

    owner: Container
    address: str
    variables: Variables = field(default_factory=Variables)
    pod: Mapping[str, Container] = field(default_factory=dict)
    pod_text: Span | None = None
    runs: Replicas | None = None


def variables_of(block: Node) -> dict[str, EnvVar]:
    """Return the variables of an ``environment`` block by their names: ``NAME = value``."""
    found = (
        EnvVar(key.content.removeprefix("env."), value.value, key.span)
        for key, value in block.pairs()
        if value.tag == ASSIGNED and value.is_scalar
    )
    return {variable.name: variable for variable in found}


def listed_variables(items: Node) -> dict[str, EnvVar]:
    """Return the variables of ``withEnv(['NAME=value', …])`` by their names."""
    found: dict[str, EnvVar] = {}
    for item in items.listed():
        text = item.value
        name, equals, _ = text.pattern.partition("=")
        if equals:
            found[name] = EnvVar(name, text.part(len(name) + 1, len(text.pattern)), item.span)
    return found

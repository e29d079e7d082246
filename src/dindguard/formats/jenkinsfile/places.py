"""Where steps run: which container, with which variables, in which workload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain

from dindguard.documents.groovy.nodes import ASSIGNED
from dindguard.documents.tree import Node
from dindguard.model.container import Container, Environment, EnvVar
from dindguard.model.workload import Replicas
from dindguard.records import field, record, replace
from dindguard.source import Span

_HOLDERS = frozenset({"context", "ctx", "dsl", "jenkins", "pipeline", "script", "step", "steps", "this"})
"""What classes of libraries call the pipeline that they are given, whose steps they run."""


def without_holder(name: str) -> str:
    """Return a step's name without what it is called on: ``this.steps.sh`` is ``sh``."""
    while "." in name and name.partition(".")[0] in _HOLDERS:
        name = name.partition(".")[2]
    return name


_ENGINES = ("DOCKER_", "CONTAINER_", "BUILDKIT_", "COMPOSE_")
"""How the variables begin that an engine's clients look for."""


class Variables:
    """Some variables over those of the blocks around, which stay what they are: a script may set thousands, one by one."""

    def __init__(self, own: Sequence[EnvVar] = (), around: Variables | None = None) -> None:
        self._own = own
        self._around = around
        engines = tuple(each for each in own if each.name.startswith(_ENGINES))
        self.of_engines: tuple[EnvVar, ...] = (*(around.of_engines if around is not None else ()), *engines)

    @cached_property
    def environment(self) -> Environment:
        """All of them, as containers have them."""
        found: list[Sequence[EnvVar]] = []
        each: Variables | None = self
        while each is not None:
            found.append(each._own)
            each = each._around
        return Environment(chain.from_iterable(reversed(found)))


@record
class Place:
    """What surrounds steps.

    ``owner`` is the container (or machine) that they run in, ``address`` the named way to it, ``pod`` the containers
    that ``container('name')`` can choose, ``variables`` those of the blocks around; ``pod_text`` is where further containers
    of the pod are described, and ``runs`` how many of it there are.
    """

    owner: Container
    address: str
    variables: Variables = Variables()
    pod: Mapping[str, Container] = field(default_factory=dict)
    pod_text: Span | None = None
    runs: Replicas | None = None

    def having(self, more: Sequence[EnvVar]) -> Place:
        """Return the place with further variables."""
        return replace(self, variables=Variables(more, self.variables)) if more else self


def variables_of(block: Node) -> tuple[EnvVar, ...]:
    """Return the variables of an ``environment`` block, or of what stands for one: ``NAME = value``."""
    return tuple(
        EnvVar(key.content.removeprefix("env."), value.value, key.span)
        for key, value in block.pairs()
        if value.tag == ASSIGNED and value.is_scalar
    )


def listed_variables(items: Node) -> tuple[EnvVar, ...]:
    """Return the variables of ``withEnv(['NAME=value', …])``."""
    found = []
    for item in items.listed():
        text = item.value
        name, equals, _ = text.pattern.partition("=")
        if equals:
            found.append(EnvVar(name, text.part(len(name) + 1, len(text.pattern)), item.span))
    return tuple(found)

"""Everything a scan knows, frozen: what rules are run over."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, TypeVar, cast

from dindguard.model.access import Access
from dindguard.model.build_grant import BuildGrant
from dindguard.model.container import Container
from dindguard.model.engine import Engine, Owner
from dindguard.model.invocation import Invocation
from dindguard.model.mount import Storage
from dindguard.model.policy import Policy
from dindguard.model.workload import Workload
from dindguard.records import field, record

T = TypeVar("T")


@record(eq=False, kw_only=True)
class Model:
    """The whole scan: every workload with its containers, the engines, who can command them, what is run."""

    workloads: tuple[Workload, ...] = ()
    """What lives together: projects, pods, jobs, scripts."""
    engines: tuple[Engine, ...] = ()
    """Every engine: of containers, of images, of machines."""
    accesses: tuple[Access, ...] = ()
    """Who can command which engine."""
    storages: tuple[Storage, ...] = ()
    """Volumes, claims, host directories and memory, each once."""
    invocations: tuple[Invocation, ...] = ()
    """Commands about engines in scripts, jobs and image builds."""
    build_grants: tuple[BuildGrant, ...] = ()
    """Power over the machine that image builds get."""
    policy: Policy = field(default_factory=Policy)
    """What the organisation says that no file shows."""

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """All containers, in the order of their workloads."""
        return tuple(container for workload in self.workloads for container in workload.containers)

    @property
    def machine_engines(self) -> tuple[Engine, ...]:
        """The engines of machines."""
        return tuple(engine for engine in self.engines if engine.owned_by is Owner.MACHINE)

    @property
    def address(self) -> str:
        """The model as a subject has no name of its own."""
        return ""

    def each(self, kind: type[T]) -> Iterable[T]:
        """Return every object of a kind that a rule may ask for with ``each=``.

        Raises ``KeyError`` for anything else.
        """
        found: dict[type[Any], Iterable[Any]] = {
            Container: self.containers,
            Workload: self.workloads,
            Engine: self.engines,
            Access: self.accesses,
            Storage: self.storages,
            Invocation: self.invocations,
            BuildGrant: self.build_grants,
            Model: (self,),
        }
        return cast("Iterable[T]", found[kind])


KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Container, Workload, Engine, Access, Storage, Invocation, BuildGrant, Model,
    )
}  # fmt: skip
"""What a rule may ask for with ``each=``, by name."""

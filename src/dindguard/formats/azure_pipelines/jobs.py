"""Jobs: each a workload of the machine or container that its steps run in, its services, and steps' own containers."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard import budget
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats.azure_pipelines.containers import Declared, container
from dindguard.formats.azure_pipelines.parts import Part
from dindguard.formats.azure_pipelines.tasks import command_of, script_of
from dindguard.formats.azure_pipelines.variables import Leg, as_environment, in_all, legs_of
from dindguard.model.container import Container, ContainerKind, Environment
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind
from dindguard.records import field, record
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.located import add_exports, add_script
from dindguard.source import Embedded, Notice, Span

_HOSTED_POOLS = ("azure pipelines", "hosted ")


@record
class Surroundings:
    """What jobs inherit: declared containers, the pool and the variables of their file or stage."""

    declared: Declared
    pool: Part | None = None
    variables: Mapping[str, Text] = field(default_factory=dict)


class Job:
    """Reads one job. Steps are given to it one by one, in the names that are in force at each."""

    def __init__(self, part: Part, name: str, address: str, around: Surroundings) -> None:
        self.name = name
        self.address = address
        self.embedded: list[Embedded] = []
        self._around = around
        self._legs = legs_of(part["strategy"])
        shared = in_all(self._legs)
        self.part = part.naming(part.names.with_variables(shared))
        self._pool = around.pool
        self._windows = _is_windows(self._pool)
        self._environment = as_environment({**around.variables, **shared})
        self._volumes = Volumes(f"{part.raw.source.path}:{address}")
        first = self._legs[0] if self._legs and self._has_several_images() else None
        self._services = self._service_containers(self.part, address, self._volumes)
        self._owner = self._main(self._chosen(first), address, self._volumes)
        self._steps: dict[str, Container] = {}

    def step(self, part: Part) -> None:
        """Read one step: the script or the command line that it runs, in its container."""
        found = script_of(part, windows=self._windows)
        if found is not None:
            hint, written = found
            if not part.names.script_fits(len(written.raw.content), written.raw):
                return
            script = Joined(written.raw.source)
            if hint == "shell":
                add_exports(script, ((name, value.node) for name, value in part["env"].pairs().items()))
            add_script(script, written.node)
            self._embed(script, hint, part)
            return
        command = command_of(part)
        if command is not None:
            self._embed(command, "shell", part)

    def workloads(self) -> list[Workload]:
        """Return what was read: nothing for a job that has no container and runs nothing that is known."""
        containers = (*self._services, self._owner, *self._steps.values())
        if len(containers) == 1 and self._owner.image is None and not self.embedded:
            return []
        found = [self._workload(self.address, containers, self._volumes)]
        if self._has_several_images():
            found += [self._again(leg) for leg in self._legs[1 : budget.MATRIX_IMAGES.most] if self._within(leg)]
        return found

    def notices(self) -> list[Notice]:
        """Return what the file does not decide: whether the agent maps its engine's socket."""
        return [
            Notice("undecided", _SOCKET_UNKNOWN, each.engine_api.span, remedy=_SOCKET_REMEDY)
            for each in (self._owner, *self._steps.values())
            if each.engine_api.unknown
        ]

    # -- containers -------------------------------------------------------------------------------------

    def _main(self, part: Part, address: str, volumes: Volumes) -> Container:
        """Return the container that steps run in; the agent's machine itself if the job names none."""
        found = container(
            part["container"], self._around.declared, volumes, name=self.name, address=address, kind=ContainerKind.JOB,
            span=part["container"].raw.key_span, outer=self._environment, socket=self._maps_socket(),
        )  # fmt: skip
        if found is not None:
            return found
        return Container(
            name=self.name, address=address, kind=ContainerKind.JOB, span=_span_of(part),
            environment=Environment(self._environment), conditions=part.conditions,
        )  # fmt: skip

    def _service_containers(self, part: Part, address: str, volumes: Volumes) -> list[Container]:
        found = (
            container(
                written, self._around.declared, volumes, name=name, address=f"{address}.services.{name}",
                kind=ContainerKind.JOB_SERVICE, span=written.raw.key_span,
            )
            for name, written in part["services"].pairs().items()
        )  # fmt: skip
        return [each for each in found if each is not None]

    def _owner_of(self, step: Part) -> Container:
        """Return where a step runs: in the container that it names as its target, else where the job's steps do."""
        if "target" not in step:
            return self._owner
        target = step["target"]
        written = target["container"] if target.raw.is_mapping else target
        name = written.text
        if not name or name == "host":
            return self._owner
        if name not in self._steps:
            found = container(
                written, self._around.declared, self._volumes, name=name, address=f"{self.address}.targets.{name}",
                kind=ContainerKind.STEP, span=written.span, outer=self._environment, socket=self._maps_socket(),
            )  # fmt: skip
            if found is None:
                return self._owner
            self._steps[name] = found
        return self._steps[name]

    def _maps_socket(self) -> bool | None:
        """Whether agents map their engine's socket where nothing is written: not on Windows; else nobody knows.

        A hosted machine ends with the job, whose script commands that engine anyway.
        """
        return False if self._windows or _hosted(self._pool) is not None else None

    # -- the matrix -------------------------------------------------------------------------------------

    def _has_several_images(self) -> bool:
        """Whether the jobs of the matrix differ in the container that they run in."""
        written = self.part["container"]
        image = written["image"] if written.raw.is_mapping else written
        return len(self._legs) > 1 and image.raw.is_scalar and image.present and image.value.unknown

    def _chosen(self, leg: Leg | None) -> Part:
        return self.part.naming(self.part.names.with_variables(leg.variables)) if leg is not None else self.part

    def _within(self, leg: Leg) -> bool:
        return budget.within(budget.MATRIX_IMAGES, self._legs.index(leg) + 1, self.part.raw)

    def _again(self, leg: Leg) -> Workload:
        """Read the job's container once more, for another job of its matrix."""
        address = f"{self.address}[{leg.name}]"
        volumes = Volumes(f"{self.part.raw.source.path}:{address}")
        return self._workload(address, (self._main(self._chosen(leg), address, volumes),), volumes)

    def _workload(self, address: str, containers: tuple[Container, ...], volumes: Volumes) -> Workload:
        return Workload(
            name=self.name,
            address=address,
            kind=WorkloadKind.JOB,
            platform=Platform.AZURE,
            span=_span_of(self.part),
            containers=containers,
            storages=volumes.storages,
            hosted=_hosted(self._pool),
            replicas=self._replicas(),
        )

    def _replicas(self) -> Replicas | None:
        most = self.part["strategy"]["maxParallel"].node.integer
        count = min(len(self._legs), most) if most is not None else len(self._legs)
        return Replicas(count, self.part["strategy"]["matrix"].raw.key_span) if count > 1 else None

    def _embed(self, script: Joined, hint: str, step: Part) -> None:
        if not script.empty:
            self.embedded.append(Embedded(script.source(hint), self._owner_of(step)))


_SOCKET_UNKNOWN = "whether the agent maps its engine's socket into this container is not written: its version decides"
_SOCKET_REMEDY = "write 'mapDockerSocket: false' with the container, or true if its steps need the engine"


def _span_of(part: Part) -> Span:
    """Return where a job is named: at its name, else where it begins."""
    named = next((part[key] for key in ("job", "deployment") if part[key].present), None)
    return named.span if named is not None else part["steps"].raw.key_span


def _hosted(pool: Part | None) -> Text | None:
    """Return what says that Microsoft hosts the machine, which ends with the job; ``None`` for one of somebody's own."""
    if pool is None or not pool.present:
        return None
    name = pool["name"] if pool.raw.is_mapping else pool
    if name.present:
        return name.value if name.text.lower().startswith(_HOSTED_POOLS) else None
    return pool["vmImage"].value if pool["vmImage"].raw.is_scalar else None


def _is_windows(pool: Part | None) -> bool:
    """Whether a pool's machines run Windows, by the name of their image."""
    if pool is None:
        return False
    image: Node = (pool["vmImage"] if pool.raw.is_mapping else pool).raw
    return "win" in image.content.lower() or image.content.lower().startswith("vs")

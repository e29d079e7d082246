"""What lives together: a Compose project, a pod, a CI job with its services, a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dindguard.enumerations import StrEnum
from dindguard.model.container import Container, ContainerKind
from dindguard.model.container_kinds import Platform
from dindguard.model.facts import Assignment, settle
from dindguard.model.neighbourhood import Neighbourhood
from dindguard.model.path_spelling import inside, path_of
from dindguard.model.replicas import Replicas
from dindguard.model.values import Flag, Text
from dindguard.records import field, record
from dindguard.source import Span
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.model.isolation import Isolation
    from dindguard.model.mount import Storage
    from dindguard.model.node_parts import NodePart


class WorkloadKind(StrEnum):
    """What holds the containers together."""

    PROJECT = "project"
    STACK = "stack"
    POD = "pod"
    TASK = "task"
    """Containers that a cloud's scheduler starts together on a machine (ECS)."""
    JOB = "job"
    COMMANDS = "commands"
    IMAGE_BUILD = "image build"
    RUNNER = "runner"
    HOST = "host"
    DEV_CONTAINER = "dev container"


@record(kw_only=True, slots=True)
class Network:
    """A network of a workload. ``internal`` has no way out; ``subnets`` in CIDR notation."""

    name: str
    span: Span
    internal: bool = False
    external: bool = False
    host: bool = False
    subnets: tuple[Text, ...] = ()


@record(kw_only=True, slots=True)
class Placement:
    """Where a pod may run, and what its surroundings allow it."""

    namespace: str = ""
    node_selector: Mapping[str, Text] = field(default_factory=dict)
    has_affinity: bool = False
    tolerations: tuple[Span, ...] = ()
    service_account_token: Flag | None = None
    namespace_labels: Mapping[str, Text] = field(default_factory=dict)
    namespace_span: Span | None = None

    @property
    def admission_level(self) -> Text | None:
        """The level that its namespace enforces (``baseline``, ``restricted``), where the scan has the namespace."""
        return self.namespace_labels.get("pod-security.kubernetes.io/enforce")


class _Remembering:
    """Has room for what a slotted record works out once (cached properties), and takes none until it does."""


@record(eq=False, kw_only=True, slots=True)
class Workload(_Remembering):
    """Containers that share a lifecycle, with their networks and volumes."""

    name: str
    """Its name in the file; empty where it has none."""
    address: str
    """Its named way in the file, which stays when lines move."""
    kind: WorkloadKind
    """A project, a pod, a job, a script …"""
    platform: Platform
    """Who starts its containers."""
    span: Span
    """Where it begins."""
    containers: tuple[Container, ...] = ()
    """Its containers, in the order of the file."""
    networks: tuple[Network, ...] = ()
    """The networks that it declares or that its platform gives it."""
    storages: tuple[Storage, ...] = ()
    """Its volumes, claims and host directories."""
    shared_network: bool = False
    """Whether all containers are in one network namespace (a pod)."""
    shared_processes: Flag | None = None
    """Whether its containers see each other's processes (``shareProcessNamespace``)."""
    replicas: Replicas | None = None
    """How many copies of it run at once."""
    isolation: Isolation | None = None
    """What network policies let connect to it; ``None`` when none is known to select it."""
    placement: Placement | None = None
    """Which nodes it may run on, and what its namespace allows."""
    concurrency: Text | None = None
    """How many jobs run at once on the same runner."""
    disposable: Text | None = None
    """The setting that gives every job a machine of its own, which is thrown away afterwards."""
    dormant: str = ""
    """What tells that nobody starts it where it lies, in words: a workflow outside its folder, what a policy is tried on."""
    revised_by: tuple[str, ...] = ()
    """What builds upon it, where it is a base: all of the scan that do so change it, and are judged by themselves."""
    for_debugging: Text | None = None
    """The node or pod that somebody looks into with it by hand (``kubectl debug``); it is left when that ends."""
    for_tests: Text | None = None
    """The tool that makes it as a test's machine and removes it after the test."""
    runner_labels: tuple[Text, ...] = ()
    """The labels by which a CI system chooses the runner of a job."""
    hosted: Text | None = None
    """The label of a CI provider's own machine, on which the job's script is the administrator."""
    cached_paths: tuple[Text, ...] = ()
    """Paths that a CI system saves after a job and restores before the next."""
    ends_with_its_containers: bool = False
    """It is done when all of its containers have ended (a Job): one that never ends keeps it running."""
    serves: Platform | None = None
    """Whose jobs a runner takes; its defaults are given to those that the scan has."""
    service_default: Container | None = None
    """What a CI runner gives to the services of its jobs; what it gives to the jobs is its first container."""
    wrapped: bool = False
    """Read by its shape alone: its wrapper is not a kind that dindguard knows."""
    told_as: str = ""
    """Kind, namespace and name, where a container's own name does not tell which one is meant: a cluster's list."""
    engine_data_root: Text | None = None
    """Where the engine that runs the containers keeps its state, when that engine was asked."""
    engine_socket: Text | None = None
    """Where the engine that runs the containers was asked: whoever mounts that socket, at any path, commands it."""
    engine_product: EngineProduct | None = None
    """What the engine that runs the containers is, when that engine was asked."""
    starts_cluster: bool = False
    """Whether a job starts a cluster on its own machine (kind, minikube, k3d), which ends with it."""
    sent_by: Container | None = field(repr=False, default=None)
    """The container whose commands give a cluster these pods, where they are written in the commands themselves."""
    runs_in: Container | None = field(repr=False, default=None)
    """The container whose script starts these, when a document inside its text was read."""
    pod_text: Span | None = field(repr=False, default=None)
    """Where the pod is described in whose container of the same name a job's steps run: a text in its file, or another file."""

    assignment: Assignment = field(init=False, repr=False, default=Assignment())
    """What ``infer`` concludes: which CI runner runs which jobs."""

    def __post_init__(self) -> None:
        for container in self.containers:
            container.join(self)
        if self.service_default is not None:
            self.service_default.join(self)

    def settle(self, facts: Assignment) -> None:
        """Take what ``infer`` concluded; it comes once."""
        settle(self, "assignment", facts)

    @property
    def runner(self) -> Workload | None:
        """The CI runner of the scan that runs this job."""
        return self.assignment.runner

    @property
    def jobs(self) -> tuple[Workload, ...]:
        """The jobs of the scan that this CI runner runs."""
        return self.assignment.jobs

    @property
    def path(self) -> str:
        """The file it is written in."""
        return self.span.path

    def socket_behind(self, path: str) -> str:
        """Return the engine's own socket if a mount of the normalised host ``path`` hands it over; else nothing.

        The whole root file system is a danger of its own, and is told as one.
        """
        own = path_of(self.engine_socket) if self.engine_socket is not None else ""
        return own if own and path != "/" and inside(own, path) else ""

    def standard_path(self, path: str) -> str:
        """Return a normalised host path as it would be if the engine kept its state at the default place.

        A folder above the engine's data root holds all of it.
        """
        root = path_of(self.engine_data_root) if self.engine_data_root is not None else ""
        if not root:
            return path
        from dindguard.model import paths

        if paths.data_root_of(root) or paths.classify(path) is not paths.HostPath.OTHER:
            return path
        if inside(path, root):
            return f"/var/lib/docker{path[len(root) :]}"
        return "/var/lib/docker" if inside(root, path) else path

    @property
    def label(self) -> str:
        """Kind and name, for messages."""
        return f"{self.kind} '{self.name}'" if self.name else str(self.kind)

    def __str__(self) -> str:
        return self.label

    def find(self, name: str) -> Container | None:
        """Return the container that ``name`` reaches inside the workload: its name, host name or an alias."""
        if len(self.containers) > _FEW:
            return self._by_name.get(name)
        return next((each for each in self.containers if name in _names(each)), None)

    def starts_engine_beside(self, container: Container) -> bool:
        """Whether another of its containers runs an engine by its image."""
        return len(self.containers) > 1 and any(each is not container for each in self._engine_images)

    @cached_property
    def _engine_images(self) -> tuple[Container, ...]:
        """The containers whose images run an engine: looked at once for the scripts of all others."""
        engines = ((each, each.image.engine if each.image is not None else None) for each in self.containers)
        return tuple(each for each, engine in engines if engine is not None and engine.runs_engine)

    @cached_property
    def node_part(self) -> NodePart | None:
        """What part of its node a pod is, by what it mounts: a storage driver, a network plugin, a device plugin."""
        if self.platform is not Platform.KUBERNETES:
            return None
        from dindguard.model.node_parts import node_part  # asked of few: what mounts a system's paths

        return node_part(self.containers)

    def mounts_for_others(self, container: Container) -> Text | None:
        """Return the setting by which one of a pod's containers mounts for other pods (``Bidirectional``).

        Kubernetes refuses that to whoever is not privileged.
        """
        of_pod = self.platform is Platform.KUBERNETES
        ways = (each.propagation for each in container.mounts if of_pod and each.host_path is not None)
        return next((way for way in ways if way is not None and way.value == "rshared"), None)

    @property
    def network_plugin(self) -> NodePart | None:
        """The same, if it is a network plugin."""
        part = self.node_part
        return part if part is not None and part.what == "network plugin" else None

    @property
    def neighbourhood(self) -> Neighbourhood:
        """Which of its containers can talk to each other."""
        if len(self.containers) > 1:
            return self._neighbourhood
        return Neighbourhood(self)  # quicker made again than kept: most pods have one container

    @cached_property
    def _neighbourhood(self) -> Neighbourhood:
        return Neighbourhood(self)

    @cached_property
    def _by_name(self) -> dict[str, Container]:
        """The containers by each of their names; the first of several has it."""
        found: dict[str, Container] = {}
        for container in self.containers:
            for name in _names(container):
                found.setdefault(name, container)
        return found


_FEW = 4
"""The names of so few containers are looked through as quickly as looked up."""


def _names(container: Container) -> Sequence[str]:
    """Return the names that reach a container inside its workload: a CI system gives a job's own container none."""
    if container.kind is ContainerKind.JOB:
        return ()
    hostname = (container.hostname.value or "",) if container.hostname is not None else ()
    return (container.name, *(alias.value or "" for alias in container.aliases if alias.known), *hostname)


def alone(container: Container, kind: WorkloadKind, platform: Platform, **further: Any) -> Workload:
    """Return what holds one container by itself: called, addressed and found as that is; ``further`` are other fields."""
    return Workload(
        name=container.name,
        address=container.address,
        kind=kind,
        platform=platform,
        span=container.span,
        containers=(container,),
        **further,
    )


__all__ = ["Network", "Placement", "Platform", "Replicas", "Workload", "WorkloadKind", "alone"]

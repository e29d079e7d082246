"""A container, started or describable; its parts can be imported from here too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.model.condition import exclude_each_other
from dindguard.model.confinement import Capabilities, Confinement, Namespaces
from dindguard.model.container_fields import (
    Belongings,
    Isolation,
    Making,
    Naming,
    Presence,
    Process,
    Wiring,
    complete,
)
from dindguard.model.container_kinds import ContainerKind, Role, Sandbox
from dindguard.model.container_parts import (
    Build,
    Copied,
    Dependency,
    Device,
    Environment,
    EnvVar,
    HealthCheck,
    Limits,
    OuterName,
    Port,
    Words,
)
from dindguard.model.facts import ContainerFacts, give
from dindguard.model.mount import Mount, MountKind
from dindguard.model.replicas import Replicas
from dindguard.model.values import Flag, Text
from dindguard.patterns import decimal
from dindguard.records import field, record
from dindguard.source import HasSpan

if TYPE_CHECKING:
    from collections.abc import Callable

    from dindguard.model.workload import Network, Workload

__all__ = [
    "Build",
    "Capabilities",
    "Confinement",
    "Container",
    "ContainerKind",
    "Copied",
    "Dependency",
    "Device",
    "EnvVar",
    "Environment",
    "HealthCheck",
    "Limits",
    "Namespaces",
    "OuterName",
    "Port",
    "Role",
    "Sandbox",
    "Words",
]


@record(eq=False, kw_only=True, slots=True)
class Container(Naming, Making, Process, Isolation, Belongings, Wiring, Presence, ContainerFacts):
    """One container: what files say of it, in groups, and what ``infer`` concludes from that.

    What nobody wrote is ``None``, empty, or a flag whose ``how`` is *inherited*.

    ``address`` names it inside its file and does not move with lines: ``services.dind``,
    ``Deployment/ci/agent.containers.dind``. ``span`` is its name's place.
    """

    workload: Workload = field(init=False, repr=False)
    """What it lives in; the workload says so when it is made."""

    def __post_init__(self) -> None:
        complete(self)

    def join(self, workload: Workload) -> None:
        """Belong to a workload, which has just been made; a copy of it takes its containers along."""
        give(self, "workload", workload)

    @property
    def label(self) -> str:
        """Kind and name, as messages begin: ``service 'dind'``, ``container 'main' of Deployment 'ci/runner'``."""
        own = f"{self.kind.words(self.client)} '{self.name}'" if self.name else self.kind.unnamed(self.client)
        workload = getattr(self, "workload", None)
        return f"{own} of {workload.told_as}" if workload is not None and workload.told_as else own

    def __str__(self) -> str:
        return self.label

    @property
    def started(self) -> bool:
        """Whether anything in the files starts it; an image is only built."""
        return self.kind is not ContainerKind.IMAGE

    @property
    def sysbox(self) -> Text | None:
        """The setting that makes Sysbox its runtime; ``None`` for every other runtime."""
        runtime = self.runtime
        if runtime is None or not runtime.known or not runtime.pattern.rpartition("/")[2].startswith("sysbox"):
            return None
        return runtime

    @property
    def unrestricted(self) -> bool:
        """Privileged, with nothing between it and the host's kernel: whatever else it is given adds nothing."""
        return self.privileged.on and self.sandbox is Sandbox.NONE

    @property
    def privileged_product(self) -> str | None:
        """The well-known product that it runs, if it is privileged as that product's own instructions have it."""
        return self.image.privileged_user if self.image is not None and self.privileged.on else None

    @property
    def powerful_product(self) -> str | None:
        """The well-known product that it runs, whose own instructions ask for its privilege, or to look into the host."""
        return self.privileged_product or (self.image.host_agent if self.image is not None else None)

    @property
    def root_by_design(self) -> str | None:
        """The well-known product that it runs, if that is root on the host by its own instructions: its socket, its privilege."""
        commands = self.known_socket_user is not None and any(access.is_whole_host for access in self.accesses)
        return self.privileged_product or (self.known_socket_user if commands else None)

    @property
    def user_of_host(self) -> bool:
        """Whether its root is an ordinary user of the host, who reads, writes and signals what is that user's alone."""
        return (self.rootless_host is not None and self.rootless_host.on) or self.keeps_users_id

    @property
    def ordinary_user(self) -> bool:
        """Whether its program starts as an ordinary user, whom the files of root keep out: an added capability is not held.

        The engine puts what is added, in privileged mode all there are, into the bounding set alone then (capabilities(7),
        moby ``oci.SetCapabilities``).
        """
        reads_all = self.capabilities.adding("DAC_OVERRIDE", "DAC_READ_SEARCH", "ALL") is not None
        return self.as_root.off and not reads_all

    @property
    def keeps_users_id(self) -> bool:
        """Whether it keeps its user's id: a rootless Podman's container (podman-run(1) ``--userns``; Docker refuses it).

        A container of the system's own Podman is in a user namespace then, and a format that knows so says that.
        """
        user = self.namespaces.user
        return (
            user is not None
            and self.user_namespace is None
            and user.pattern.partition(":")[0] in ("keep-id", "nomap")
        )

    @property
    def engine_in_sandbox(self) -> bool:
        """Whether containers run inside it, and a sandbox holds them all: what it is given ends there."""
        return self.runs_containers and self.sandbox is not Sandbox.NONE

    @property
    def rootless_engine(self) -> Flag:
        """Whether what runs containers inside it does so as an ordinary user."""
        if self.engine is not None:
            return self.engine.rootless
        root = self.as_root
        return Flag(None if root.unknown else root.off, root.span, root.how, "rootless", root.variable)

    @property
    def uses_rootlesskit(self) -> bool:
        """Whether it starts RootlessKit, by its image: a rootless engine, or a builder that starts one per build."""
        engine = self.image.engine if self.image is not None else None
        if engine is None or engine.variant != "rootless" or not self.rootless_engine.on:
            return False
        words = (*(self.entrypoint or ()), *(self.command or ()))
        return self.engine is not None or any("buildctl-daemonless" in word.pattern for word in words)

    @property
    def opt_outs_expected(self) -> bool:
        """Whether seccomp, AppArmor, SELinux and masked paths may be off, because that is how it is meant to run.

        A rootless engine or a daemonless builder needs that to make its user namespace (moby/buildkit
        ``docs/rootless.md``), an engine in a sandbox is held by the sandbox, and Sysbox ignores such settings.
        """
        if self.sysbox is not None:
            return True
        if not self.runs_containers:
            return False
        return self.engine_in_sandbox or self.engine is None or not self.engine.rootless.off

    def comes_with_an_engine(self, setting: Text) -> bool:
        """Whether nobody wrote the setting: what hands over an engine brings it, and only to make that engine usable."""
        return not setting.written and any(
            mount.span == setting.span and mount.socket() is not None for mount in self.mounts
        )

    def keeps_state_in(self, mount: Mount) -> bool:
        """Whether ``mount`` holds the state of this container's engine, or a part of it."""
        engine = self.engine
        return engine is not None and (mount is engine.data_mount or mount in engine.partial_mounts)

    def runs_beside(self, other: Container) -> bool:
        """Whether both may run at once: not in profiles that differ, and neither waits for the other's end.

        Branches of one condition of a template never do, and what is written once is one container, in whatever projects.
        """
        if other is self or other.span == self.span or self.stopped or other.stopped or self.excludes(other):
            return False
        if self.workload.runner is not None and self.workload is not other.workload:
            return False  # how many jobs of a runner run at once is told by its concurrency
        for one, two in ((self, other), (other, self)):
            if any(after.name == two.name and after.condition == "completed" for after in one.depends_on):
                return False
        own, theirs = {str(name) for name in self.profiles}, {str(name) for name in other.profiles}
        return not own or not theirs or bool(own & theirs)

    @property
    def has_several_copies(self) -> bool:
        """Whether more than one copy is known to run, apart from the overlap of an update."""
        several = self.several_at_once
        return several is not None and not (isinstance(several, Replicas) and not several.several)

    @property
    def prunes(self) -> bool:
        """Whether a script of its workload removes unused images or caches."""
        return any(
            "prune" in invocation.action
            for container in self.workload.containers
            for invocation in container.invocations
        )

    @property
    def several_at_once(self) -> HasSpan | None:
        """What makes several copies of it run at once on the same volumes; ``None`` when nothing does.

        Jobs on a hosted machine have one each.
        """
        if self.workload.hosted is not None:
            return None
        if self.activity.scaled is not None:
            return self.activity.scaled
        for replicas in (self.replicas, self.workload.replicas):
            if replicas is not None and (replicas.several or replicas.overlap or replicas.per_run):
                return replicas
        concurrency = self.workload.concurrency
        if concurrency is not None and (decimal(concurrency.value or "") or 0) > 1:
            return concurrency
        return None

    def several_on(self, mount: Mount) -> HasSpan | None:
        """Return what makes several copies of it run at once on what a mount holds; ``None`` when nothing does.

        One for each node has each node's folder to itself, and a claim together.
        """
        replicas = self.workload.replicas
        if replicas is not None and replicas.per_node and mount.kind is MountKind.CLAIM:
            return replicas
        return self.several_at_once

    @property
    def hosted_machine(self) -> Text | None:
        """The label of the hosted machine it runs on, which ends with the job; ``None`` for somebody's own."""
        runs_in, sent_by = self.workload.runs_in, self.workload.sent_by
        hosted = self.workload.hosted or (runs_in.workload.hosted if runs_in is not None else None)
        if sent_by is not None and sent_by.workload.starts_cluster:
            hosted = sent_by.workload.hosted
        fact, label = self.activity.sandbox_fact, self.sandbox_evidence
        if hosted is None and fact is not None and fact.ephemeral and isinstance(label, Text):
            return label
        return hosted

    @property
    def is_its_machine(self) -> bool:
        """Whether it is a job without a container: its commands run on the machine itself."""
        return self.kind is ContainerKind.JOB and self.image is None and self.workload.platform.jobs_own_localhost

    @property
    def host_mounts(self) -> tuple[Mount, ...]:
        """Mounts of paths of the host."""
        return tuple([mount for mount in self.mounts if mount.host_text is not None]) if self.mounts else ()

    def has_through_wider(self, mount: Mount, told: Callable[[str], bool]) -> bool:
        """Whether a mount of `/`, or of a folder above that is ``told``, gives it all that ``mount`` does, in the same mode."""
        others = [(each, each.host_path or "") for each in self.host_mounts if each is not mount]
        wider = [each for each, path in others if path == "/" or (told(path) and each.is_above(mount))]
        return any(each.read_only.off or not mount.read_only.off for each in wider)

    def mount_at(self, path: str) -> Mount | None:
        """Return the mount that provides ``path`` (absolute, inside the container): the deepest at or above it."""
        covering = [mount for mount in self.mounts if mount.provides(path)] if self.mounts else ()
        return max(covering, key=lambda mount: len(mount.target.pattern)) if covering else None

    def joins(self, namespace: str) -> Container | None:
        """Return the container of the same workload whose namespace (``pid``, ``network``) it lives in."""
        mode: Text | None = getattr(self.namespaces, namespace)
        kind, _, name = ("" if mode is None or mode.value is None else mode.value).partition(":")
        return self.workload.find(name) if kind in ("service", "container") and name else None

    def in_hosts(self, namespace: str) -> Text | None:
        """Return the text that puts it into the host's namespace: its own, or how it joins a container that is in it."""
        current: Container | None = self
        seen: set[Container] = set()
        while current is not None and current not in seen:
            if current.namespaces.host(namespace) is not None:
                own: Text | None = getattr(self.namespaces, namespace)
                return own
            seen.add(current)
            current = current.joins(namespace)
        return None

    def excludes(self, other: Container) -> bool:
        """Whether both can never exist together: they are branches of one condition of a template."""
        return bool(self.conditions) and exclude_each_other(self.conditions, other.conditions)

    @property
    def attached_networks(self) -> tuple[Network, ...]:
        """The declared networks that it is on: those it names, or its workload's default one."""
        if self.namespaces.network is not None:
            return ()
        names = {text.value for text in self.networks} or {"default"}
        return tuple(network for network in self.workload.networks if network.name in names)

    def published(self, port: int) -> Port | None:
        """Return how ``port`` of this container is published, if it is."""
        return next((found for found in self.ports if found.covers(port)), None)

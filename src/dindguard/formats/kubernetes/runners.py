"""The runners of the older Actions Runner Controller (``actions.summerwind.dev``), which adds an engine by itself.

Unless told otherwise it puts a privileged container ``docker`` beside the runner
(actions-runner-controller controllers/actions.summerwind.net/runner_controller.go, newRunnerPodWithContainerMode).
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.podspecs import Member, PodTemplate, members
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.kubernetes.values import boolean, written
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.values import Flag, inherited, unset
from dindguard.records import record, replace
from dindguard.source import Span

GROUP = "actions.summerwind.dev"
_PATHS = {
    "Runner": ("spec",),
    "RunnerDeployment": ("spec", "template", "spec"),
    "RunnerReplicaSet": ("spec", "template", "spec"),
}
_RUNNER, _ENGINE = "runner", "docker"
_SOCKET = "unix:///run/docker.sock"
_SOCKET_FOLDER = "/run"


def runner_templates(resource: Resource) -> Iterator[PodTemplate]:
    """Yield the pod of a runner; a RunnerSet's own settings stand beside its pod template."""
    if resource.group != GROUP:
        return
    if resource.kind == "RunnerSet":
        holder = resource.node["spec"]["template"]
        settings, spec = resource.node["spec"], holder["spec"]
    elif resource.kind in _PATHS:
        settings = spec = resource.node.at(*_PATHS[resource.kind])
        holder = resource.node.at(*_PATHS[resource.kind][:-1])
    else:
        return
    if not spec.is_mapping:
        return
    found = members(spec)
    if not any(member.name == _RUNNER for member in found):
        found = (Member(_runner(spec), "containers", ContainerKind.POD_MEMBER, len(found), _RUNNER), *found)
    yield PodTemplate(
        resource, resource.address, resource.name, resource.span, spec, holder["metadata"], found,
        claims=resource.node["spec"]["volumeClaimTemplates"], platform=RunnerPod(settings, spec, resource),
    )  # fmt: skip


def _runner(spec: Node) -> Node:
    """Return the runner's own container: a RunnerSpec has the keys of both, and ``securityContext`` is the pod's."""
    keys = ("image", "env", "envFrom", "resources", "volumeMounts", "imagePullPolicy")
    return spec.with_pairs([(key, value) for key, value in spec.pairs() if key.content in keys])


@record
class RunnerPod:
    """What the controller makes of a runner's settings."""

    settings: Node
    spec: Node
    resource: Resource

    @property
    def _kubernetes_mode(self) -> bool:
        return self.settings["containerMode"].content == "kubernetes"

    @property
    def _inside(self) -> Flag:
        """Whether the engine runs in the runner's own container."""
        if self._kubernetes_mode:
            return unset(self.resource.span, "dockerdWithinRunnerContainer")
        return boolean(self.settings["dockerdWithinRunnerContainer"], "dockerdWithinRunnerContainer")

    @property
    def _beside(self) -> Flag:
        """Whether the engine has a container of its own: it has by default."""
        if self._kubernetes_mode or self._inside.on:
            return unset(self.resource.span, "dockerEnabled")
        node = self.settings["dockerEnabled"]
        return (
            boolean(node, "dockerEnabled")
            if written(node)
            else unset(self.resource.span, "dockerEnabled", state=True)
        )

    def _privileged(self, flag: Flag) -> Flag:
        """Return the privilege that comes with an engine; SELinux options switch it off."""
        if self.spec["securityContext"]["seLinuxOptions"].present:
            return unset(flag.span, flag.name)
        return flag

    def adjusted(self, container: Container) -> Container:
        """Return a container with what the controller changes about it."""
        if container.name == _RUNNER:
            return self._with_runner_defaults(container)
        if container.name == _ENGINE and not self._beside.off:
            return self._with_engine_defaults(container)
        return container

    def added(self, address: str, containers: tuple[Container, ...]) -> tuple[Container, ...]:
        """Return the containers that the controller adds."""
        if self._beside.off or any(container.name == _ENGINE for container in containers):
            return ()
        engine = Container(
            name=_ENGINE,
            address=f"{address}.containers.{_ENGINE}",
            kind=ContainerKind.POD_MEMBER,
            span=self._beside.span,
            privileged=self._privileged(self._beside),
        )
        return (self._with_engine_defaults(engine),)

    def _with_runner_defaults(self, container: Container) -> Container:
        span = container.span
        image = container.image or Image.parse(inherited("summerwind/actions-runner:latest", span))
        if self._inside.on or self._inside.unknown:
            privileged = container.privileged if container.privileged.on else self._privileged(self._inside)
            return replace(container, image=image, privileged=privileged)
        if self._beside.off:
            return replace(container, image=image)
        host = EnvVar("DOCKER_HOST", inherited(_SOCKET, span), span)
        return replace(
            container,
            image=image,
            environment=Environment((host,)).beneath(container.environment),
            mounts=(*container.mounts, self._socket_folder(span)),
        )

    def _with_engine_defaults(self, container: Container) -> Container:
        span = container.span
        words = ("dockerd", f"--host={_SOCKET}")
        own = container.command.words if container.command is not None else ()
        privileged = container.privileged if container.privileged.set else self._privileged(self._beside)
        return replace(
            container,
            image=container.image or Image.parse(inherited("docker:dind", span)),
            privileged=privileged,
            command=Words((*(inherited(word, span) for word in words), *own), span),
            mounts=(*container.mounts, self._socket_folder(span)),
        )

    def _socket_folder(self, span: Span) -> Mount:
        storage = Storage(
            identity=f"kubernetes:{self.resource.scope}:{self.resource.address}:var-run", name="var-run",
            kind=MountKind.EMPTY_DIR, span=span, medium=Medium.MEMORY, per_replica=True,
        )  # fmt: skip
        return Mount(
            kind=MountKind.EMPTY_DIR, source=inherited("var-run", span), target=inherited(_SOCKET_FOLDER, span),
            span=span, read_only=unset(span, "readOnly"), storage=storage, through="controller",
        )  # fmt: skip

"""The runners of the older Actions Runner Controller (``actions.summerwind.dev``), which adds an engine by itself.

Unless told otherwise it puts a privileged container ``docker`` beside the runner
(actions-runner-controller controllers/actions.summerwind.net/runner_controller.go, newRunnerPodWithContainerMode).
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.podspecs import Member, PodTemplate, members
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.kubernetes.values import boolean
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.values import Flag, Text, inherited, unset
from dindguard.records import record, replace
from dindguard.source import Span

GROUP = "actions.summerwind.dev"
_PATHS = {
    "Runner": ("spec",),
    "RunnerDeployment": ("spec", "template", "spec"),
    "RunnerReplicaSet": ("spec", "template", "spec"),
}
_CONTROLLER = "the runners' controller"
_RUNNER, _ENGINE = "runner", "docker"
_SOCKET = "unix:///run/docker.sock"
_SOCKET_FOLDER = "/run"
_ENGINES_KEYS = {"dockerVolumeMounts": "volumeMounts", "dockerEnv": "env", "dockerdContainerResources": "resources"}
"""Settings of a runner that are the engine's container's, and their names there."""


def runner_templates(resource: Resource) -> Iterator[PodTemplate]:
    """Yield the pod of a runner; a RunnerSet's own settings stand beside its pod template."""
    if resource.group != GROUP:
        return
    if resource.kind == "RunnerSet":
        settings = resource.node["spec"]
        holder = settings["template"]
        spec = holder["spec"] if holder["spec"].present or not holder.is_mapping else holder.with_pairs([])
    elif resource.kind in _PATHS:
        settings = spec = resource.node.at(*_PATHS[resource.kind])
        holder = resource.node.at(*_PATHS[resource.kind][:-1])
    else:
        return
    if not spec.is_mapping:
        return
    found = (*members(spec), *_sidecars(spec))
    if not any(member.name == _RUNNER for member in found):
        found = (Member(_runner(spec), "containers", ContainerKind.POD_MEMBER, len(found), _RUNNER), *found)
    own = next((member.node for member in found if member.name == _ENGINE), None)
    pod = RunnerPod(settings, spec, resource, own)
    if pod.removes_engine:
        found = tuple(member for member in found if member.name != _ENGINE)
    elif own is None and not pod.beside.off:
        found = (*found, Member(_engine(settings), "containers", ContainerKind.POD_MEMBER, len(found), _ENGINE))
    yield PodTemplate(
        resource, resource.address, resource.name, resource.span, spec, holder["metadata"], found,
        claims=resource.node["spec"]["volumeClaimTemplates"], platform=pod,
    )  # fmt: skip


def _sidecars(spec: Node) -> tuple[Member, ...]:
    """Return the containers that a RunnerSpec has beside those of a pod."""
    items = [item for item in spec["sidecarContainers"].listed() if item.is_mapping]
    return tuple(
        Member(item, "sidecarContainers", ContainerKind.POD_MEMBER, index) for index, item in enumerate(items)
    )


def _engine(settings: Node) -> Node:
    """Return the engine's container as the settings describe it."""
    pairs = [
        (_renamed(key, _ENGINES_KEYS[key.content]), value)
        for key, value in settings.pairs()
        if key.content in _ENGINES_KEYS
    ]
    return settings.with_pairs(pairs)


def _renamed(key: Node, name: str) -> Node:
    return Node(key.kind, key.source, key.start, key.end, route=key.route, content=name, style=key.style)


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
    own: Node | None = None
    """The engine's container, where somebody wrote one."""

    @property
    def removes_engine(self) -> bool:
        """Whether the controller takes out an engine's container that somebody wrote."""
        return self._kubernetes_mode

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
    def beside(self) -> Flag:
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
        if container.name == _ENGINE and not self.beside.off:
            return self._with_engine_defaults(container)
        return container

    def added(self, address: str, containers: tuple[Container, ...]) -> tuple[Container, ...]:
        """Return the containers that the controller adds: the engine's is read from the settings already."""
        del address, containers
        return ()

    def _with_runner_defaults(self, container: Container) -> Container:
        span = container.span
        image = container.image or self._runner_image(span)
        if self._inside.on or self._inside.unknown:
            privileged = container.privileged if container.privileged.on else self._privileged(self._inside)
            return replace(container, image=image, privileged=privileged)
        if self.beside.off:
            return replace(container, image=image)
        host = EnvVar("DOCKER_HOST", inherited(_SOCKET, span), span)
        return replace(
            container,
            image=image,
            environment=Environment((host,)).beneath(container.environment),
            mounts=(*container.mounts, self._socket_folder(span)),
        )

    def _runner_image(self, span: Span) -> Image:
        """Return the image that the settings name, which a RunnerSet has beside its template, else the controller's."""
        written_image = self.settings["image"]
        if written_image.is_scalar and not written_image.is_null:
            return Image.parse(written_image.value)
        return Image.parse(inherited("summerwind/actions-runner:latest", span))

    def _options(self, span: Span) -> Iterator[Text]:
        """Yield what the controller puts behind the engine's own arguments."""
        for key, option in (("dockerMTU", "--mtu"), ("dockerRegistryMirror", "--registry-mirror")):
            value = self.settings[key]
            if value.is_scalar and not value.is_null:
                yield inherited(option, span)
                yield value.value

    def _with_engine_defaults(self, container: Container) -> Container:
        span = container.span if self.own is not None else self.beside.span
        words = ("dockerd", f"--host={_SOCKET}")
        own = container.command.words if container.command is not None else ()
        privileged = container.privileged
        if self.own is None or not self.own["securityContext"].present:
            privileged = self._privileged(self.beside)
        return replace(
            container,
            span=span,
            image=container.image or Image.parse(inherited("docker:dind", span)),
            privileged=privileged,
            added_by="" if self.own is not None else _CONTROLLER,
            command=Words((*(inherited(word, span) for word in words), *own, *self._options(span)), span),
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

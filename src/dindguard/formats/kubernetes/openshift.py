"""OpenShift's builds: the documents that a BuildConfig holds, and the pod of a custom build.

A custom build's image runs privileged, and with the host's socket where ``exposeDockerSocket`` says so
(openshift/openshift-controller-manager ``pkg/build/controller/strategy/custom.go`` and ``util.go``). What the other
strategies start is OpenShift's own: a builder for a Dockerfile or for sources, or Jenkins for a pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.built import mapping, word
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.podspecs import Member, PodTemplate
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.kubernetes.values import boolean
from dindguard.model.container import Container, ContainerKind
from dindguard.model.values import unset
from dindguard.records import record, replace
from dindguard.source import Embedded, Span

_GROUP = "build.openshift.io"
_KINDS = frozenset({"BuildConfig", "Build"})
_CONTAINER = "custom-build"
_SOCKET, _VOLUME = "/var/run/docker.sock", "docker-socket"


def is_build(resource: Resource) -> bool:
    """Whether an object describes a build; until OpenShift 3.6 these had no group of their own (``v1``)."""
    return resource.kind in _KINDS and resource.group in (_GROUP, "")


def held_by(resource: Resource) -> Iterator[Embedded]:
    """Yield the texts of a build that other formats read: its pipeline, its Dockerfile, the script that tries the image."""
    if not is_build(resource):
        return
    spec = resource.node["spec"]
    texts = {
        "jenkinsfile": spec["strategy"]["jenkinsPipelineStrategy"]["jenkinsfile"],
        "dockerfile": spec["source"]["dockerfile"],
        "shell": spec["postCommit"]["script"],
    }
    for hint, text in texts.items():
        if text.is_scalar and not text.is_null:
            yield Embedded(text.document(hint))


def build_templates(resource: Resource) -> Iterator[PodTemplate]:
    """Yield the pod of a custom build, with what the build's controller writes into it."""
    strategy = resource.node["spec"]["strategy"]["customStrategy"]
    if not is_build(resource) or not strategy.is_mapping:
        return
    socket = strategy["exposeDockerSocket"]
    exposed = boolean(socket, "exposeDockerSocket")
    at = strategy.key or strategy
    container = {
        "name": word(at, _CONTAINER),
        "image": _image(strategy["from"]),
        "env": strategy["env"],
        "resources": resource.node["spec"]["resources"],
    }
    pod = {"nodeSelector": resource.node["spec"]["nodeSelector"]}
    if exposed.on:
        mounted = mapping(socket, {"name": word(socket, _VOLUME), "mountPath": word(socket, _SOCKET)})
        host_path = mapping(socket, {"path": word(socket, _SOCKET)})
        container["volumeMounts"] = socket.with_items([mounted])
        pod["volumes"] = socket.with_items([mapping(socket, {"name": word(socket, _VOLUME), "hostPath": host_path})])
    member = Member(mapping(strategy, container), "customStrategy", ContainerKind.POD_MEMBER, 0, alone=True)
    yield PodTemplate(
        resource, resource.address, resource.name, resource.span, mapping(strategy, pod), strategy.hole("metadata"), (member,),
        platform=_Controller(strategy.key_span),
    )  # fmt: skip


@record
class _Controller:
    """What the controller of builds makes of a custom build: ``span`` is where somebody asks for one."""

    span: Span

    def adjusted(self, container: Container) -> Container:
        """Return the container as it is started: privileged, and no setting says otherwise."""
        privileged = unset(self.span, "privileged", state=True)
        return replace(container, span=self.span, privileged=privileged, added_by="OpenShift")

    def added(self, address: str, containers: tuple[Container, ...]) -> tuple[Container, ...]:
        """Return the containers that the controller adds beside it: none that holds what somebody wrote."""
        del address, containers
        return ()


def _image(origin: Node) -> Node:
    """Return the name of an image; a tag of an image stream is none that an engine could be asked for."""
    return origin["name"] if origin["kind"].content == "DockerImage" else origin.hole("name")

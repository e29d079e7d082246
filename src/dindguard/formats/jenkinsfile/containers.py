"""Containers that a pipeline's steps run in: the docker plugin's agents and ``inside``.

Source: jenkinsci/docker-workflow-plugin, ``WithContainerStep`` (``docker run -t -d -u UID:GID ARGS … IMAGE cat``: the image's
entry point does not decide what runs) and ``Docker.groovy``.
"""

from __future__ import annotations

import posixpath
from typing import Any

from dindguard.documents.groovy.nodes import ASSIGNED
from dindguard.documents.tree import Node
from dindguard.formats.jenkinsfile.places import Place
from dindguard.model.container import Build, Container, ContainerKind, Environment, Words
from dindguard.model.image import Image
from dindguard.model.values import Text, inherited
from dindguard.model.workload import Platform, Workload, WorkloadKind, alone
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import run_attributes
from dindguard.scripts.located import option_words
from dindguard.source import Span

_OF_CONTAINERS = regex(r"(?i)docker|container|podman")
_OPTIONS = regex(r"\s*--?[a-z]")


def machine(name: str, address: str, span: Span, place: Place | None = None) -> tuple[Workload, Container]:
    """Return the machine that runs steps without a container, or what stands for a container that only a pod's text tells."""
    container = Container(name=name, address=address, kind=ContainerKind.JOB, span=span)
    workload = job(container, ())
    return (workload if place is None else replace(workload, pod_text=place.pod_text, replicas=place.runs)), container


def job(container: Container, storages: tuple[Any, ...]) -> Workload:
    """Return a workload of one container that steps run in."""
    return alone(container, WorkloadKind.JOB, Platform.OTHER_CI, storages=storages)


def started(image: Node, arguments: Node, place: Place, *, build: Build | None = None) -> tuple[Workload, Container]:
    """Return the container that steps run in: an image, or one that is built, and the options of ``docker run``."""
    volumes = Volumes(f"{arguments.source.path}:{place.address}")
    settings = run_attributes(option_words(arguments), volumes, place.address)
    own = settings.pop("environment")
    around = place.variables.environment
    given = around.beneath(Environment(own)) if own else around
    text = image.value if image.is_scalar and not image.is_null else None
    span = image.span if image.present else arguments.span
    host = given["DOCKER_HOST"]
    container = Container(
        name=str(text) if text is not None else "",
        address=place.address,
        kind=ContainerKind.JOB,
        span=span,
        image=Image.parse(text) if text is not None else None,
        build=build,
        environment=given,
        entrypoint=settings.pop("entrypoint", None),
        command=Words((inherited("cat", span),), span),
        started_by=host.value if host is not None else None,
        **settings,
    )
    return job(container, volumes.storages), container


def options_given(name: str, call: Node) -> Node | None:
    """Return the options of ``docker run`` that a library's own step is given: ``inDocker('image', '--network=host') { … }``.

    What such a step does is its own affair; that it starts a container is told by its name and by what it is given.
    """
    if _OF_CONTAINERS.search(name) is None:
        return None
    given = (value for value in call.values() if value.is_scalar and value.tag != ASSIGNED)
    return next((each for each in given if _OPTIONS.match(each.value.value or "")), None)


def build_of(agent: Node) -> Build:
    """Return how ``agent { dockerfile … }`` builds its image, relative to the scan's root."""
    folder = _path(agent["dir"])
    name = _path(agent["filename"]) or "Dockerfile"
    return Build(span=agent.span, context=folder or ".", dockerfile=posixpath.normpath(posixpath.join(folder, name)))


def _path(node: Node) -> str:
    text: Text | None = node.value if node.is_scalar else None
    return (text.value or "").removeprefix("./") if text is not None else ""

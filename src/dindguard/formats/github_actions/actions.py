"""Actions: composite ones run their steps where they are used, Docker ones are containers."""

from __future__ import annotations

import posixpath

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.github_actions.containers import scripts_of, words_of
from dindguard.formats.github_actions.expressions import Expressions, environment, input_values
from dindguard.formats.github_actions.steps import Place, StepReader
from dindguard.formats.github_actions.workflows import repository_root
from dindguard.model.container import Build, Container, ContainerKind, Environment
from dindguard.model.image import Image
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.source import Embedded

_SCHEME = "docker://"


def read_action(document: Document, reading: Reading, context: Context) -> None:
    """Read an ``action.yml`` by itself: with its inputs' defaults, in a job of which nothing is known."""
    action: Node = document.content
    runs = action["runs"]
    using = runs["using"].text
    expressions = Expressions(input_values(action["inputs"], []))
    if using == "composite":
        _composite(action, expressions, reading, context)
    elif using == "docker":
        container = _docker(action, expressions)
        reading.workloads.append(_workload(action, (container,)))
        reading.embedded += [Embedded(script, container) for script in scripts_of(container)]


def _composite(action: Node, expressions: Expressions, reading: Reading, context: Context) -> None:
    path = action.source.path
    owner = Container(name=_name(action), address="runs", kind=ContainerKind.JOB, span=action["runs"].key_span)
    volumes = Volumes(f"{path}:runs")
    steps = StepReader(reading, context, repository_root(path), volumes)
    steps.read(action.at("runs", "steps").items(), Place(owner, "runs", expressions, files=(path,)))
    workload = _workload(action, (owner, *steps.containers), steps)
    reading.workloads.append(workload)


def _workload(action: Node, containers: tuple[Container, ...], steps: StepReader | None = None) -> Workload:
    return Workload(
        name=_name(action),
        address="runs",
        kind=WorkloadKind.JOB,
        platform=Platform.GITHUB,
        span=action["runs"].key_span,
        containers=containers,
        storages=steps.volumes.storages if steps is not None else (),
        cached_paths=tuple(steps.cached_paths) if steps is not None else (),
    )


def _docker(action: Node, expressions: Expressions) -> Container:
    """Return the container of an action with ``using: docker``: an image, or one built from a Dockerfile."""
    runs = action["runs"]
    image = expressions.resolve(runs["image"].value)
    build = None
    if not image.pattern.startswith(_SCHEME) and image.known:
        folder = posixpath.dirname(action.source.path)
        dockerfile = posixpath.normpath(posixpath.join(folder, image.pattern))
        build = Build(span=runs["image"].span, context=folder or ".", dockerfile=dockerfile)
    known = build is None and image.pattern
    return Container(
        name=_name(action),
        address="runs",
        kind=ContainerKind.STEP,
        span=runs.key_span,
        image=Image.parse(image.part(len(_SCHEME), len(image.pattern))) if known else None,
        build=build,
        environment=Environment(environment(runs["env"], expressions)),
        entrypoint=words_of(runs["entrypoint"], expressions) if runs["entrypoint"].present else None,
        command=words_of(runs["args"], expressions) if runs["args"].present else None,
    )


def _name(action: Node) -> str:
    """Return an action's name: its folder's, as others use it, or what it calls itself."""
    folder = posixpath.basename(posixpath.dirname(action.source.path))
    return folder or action["name"].text or "action"

"""Model objects for tests, written in a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dindguard.formats import Reading
from dindguard.infer import infer
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.model import Model
from dindguard.model.mount import Mount, MountKind, Storage
from dindguard.model.values import Flag, Text, unset, written
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.source import Span

_line = 0


def span(path: str = "test.yaml") -> Span:
    """Return a place of its own: every call gives another line."""
    global _line  # noqa: PLW0603 - a counter
    _line += 1
    return Span(path, _line, 1, _line, 10)


def text(value: str) -> Text:
    return written(value, span())


def words(*values: str) -> Words:
    return Words(tuple(text(value) for value in values), span())


def container(
    image: str | None = None,
    command: Sequence[str] | None = None,
    entrypoint: Sequence[str] | None = None,
    env: dict[str, str | None] | None = None,
    name: str = "it",
    **fields: Any,
) -> Container:
    """Return a container; an environment value of ``None`` is one that the caller decides."""
    variables = [
        EnvVar(key, text(value) if value is not None else Text(None, span(), variable=key), span())
        for key, value in (env or {}).items()
    ]
    return Container(
        name=name,
        address=f"services.{name}",
        kind=fields.pop("kind", ContainerKind.SERVICE),
        span=span(),
        image=Image.parse(text(image)) if image else None,
        command=words(*command) if command is not None else None,
        entrypoint=words(*entrypoint) if entrypoint is not None else None,
        environment=Environment(variables),
        **fields,
    )


def on(name: str = "privileged") -> Flag:
    return Flag(True, span(), name=name)


def volume(name: str, target: str, **fields: Any) -> Mount:
    place = span()
    storage = Storage(identity=f"test:{name}", name=name, kind=MountKind.VOLUME, span=place, **fields)
    return Mount(
        kind=MountKind.VOLUME, source=text(name), target=text(target), span=place,
        read_only=unset(place, "read_only"), storage=storage,
    )  # fmt: skip


def bind(source: str, target: str, read_only: bool = False) -> Mount:
    place = span()
    return Mount(
        kind=MountKind.HOST, source=text(source), target=text(target), span=place,
        read_only=Flag(read_only, place, name="read_only"),
    )  # fmt: skip


def model(*containers: Container, **fields: Any) -> Model:
    """Return the model of one project that holds these containers."""
    workload = Workload(
        name="test", address="test", kind=WorkloadKind.PROJECT, platform=Platform.ENGINE, span=span(),
        containers=containers, **fields,
    )  # fmt: skip
    return infer([Reading(workloads=[workload])])

"""Containers of jobs, services and steps: ``resources.containers``, an image, or a mapping.

Sources: microsoft/azure-pipelines-agent, ``ContainerInfo.cs`` and ``DockerCommandManager.cs`` (``docker create`` with the
options as they are, then a command of the agent's own, so that the image's entry point does not decide what runs);
the schema reference of ``resources.containers``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dindguard.formats.azure_pipelines.parts import Part
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.values import Flag, How, Text, inherited, unknown
from dindguard.records import replace
from dindguard.scripts.engine_cli.mounts import Volumes, port
from dindguard.scripts.engine_cli.options import run_attributes
from dindguard.scripts.located import option_words
from dindguard.source import Span

_SOCKET = "/var/run/docker.sock"


class Declared:
    """The containers that a pipeline's resources declare, by their alias. ``whole`` is false for a template alone."""

    def __init__(self, resources: Mapping[str, Part], *, whole: bool) -> None:
        self._resources = resources
        self._whole = whole

    def find(self, written: Part) -> Part:
        """Return what a name stands for: a declared container; else itself, an image or a mapping."""
        if not written.raw.is_scalar:
            return written
        return self._resources.get(written.text) or written

    def image(self, written: Part) -> Text | None:
        """Return the image of what was found; unknown for a bare name that another file may declare."""
        image = written["image"] if written.raw.is_mapping else written
        if not image.raw.is_scalar or not image.present:
            return unknown(written.span, "image") if written.raw.is_mapping and "type" in written else None
        text = image.value
        bare = written is image and not self._whole and not any(each in text.pattern for each in "/:.")
        return unknown(text.span, text.pattern, text.raw) if bare else text


def container(
    written: Part,
    declared: Declared,
    volumes: Volumes,
    *,
    name: str,
    address: str,
    kind: ContainerKind,
    span: Span,
    outer: tuple[EnvVar, ...] = (),
    socket: bool | None = False,
) -> Container | None:
    """Return the container that a job, a service or a step is given; ``None`` if none is.

    ``socket`` tells whether the agent maps its engine's socket where nothing is written; ``None``: its version decides.
    """
    found = declared.find(written)
    image = declared.image(found)
    if image is None:
        return None
    settings = run_attributes(option_words(found["options"].node), volumes, address)
    settings["environment"] = Environment((*outer, *settings["environment"], *variables(found["env"])))
    settings["mounts"] += tuple(_mounts(found, volumes, address))
    settings["ports"] = (*settings["ports"], *(port(each.value) for each in _scalars(found["ports"])))
    if kind is ContainerKind.JOB_SERVICE and settings["health"] is not None:
        settings["health"] = replace(settings["health"], gates_start=True)  # the agent waits for it
    if kind is not ContainerKind.JOB_SERVICE:
        settings["command"] = Words((inherited("sleep", written.span),), written.span)
        _map_socket(settings, found["mapDockerSocket"], written.span if socket is None else None, volumes, address)
    return Container(
        name=name, address=address, kind=kind, span=span, image=Image.parse(image),
        conditions=(*written.conditions, *found.conditions) if found is not written else written.conditions, **settings,
    )  # fmt: skip


def _map_socket(
    settings: dict[str, Any], mapped: Part, undecided: Span | None, volumes: Volumes, address: str
) -> None:
    """Add the engine's socket to what a container is given, if the agent maps it; ``undecided`` is where nobody says."""
    flag = mapped.node.flag("mapDockerSocket")
    if not mapped.present:
        if undecided is not None:
            settings["engine_api"] = Flag(None, undecided, How.UNKNOWN, flag.name, flag.name)
    elif flag.on:
        text = Text(f"{_SOCKET}:{_SOCKET}", mapped.span, raw=mapped.raw.content)
        settings["mounts"] = (volumes.volume(text, address), *settings["mounts"])
    elif flag.unknown:
        settings["engine_api"] = flag


def _mounts(found: Part, volumes: Volumes, address: str) -> Iterator[Mount]:
    for each in _scalars(found["volumes"]):
        text = each.value
        source, colon, mode = text.pattern.rpartition(":")
        if colon and mode == "ro" and ":" not in source:
            yield volumes.volume(text.part(0, len(source)), address)
        else:
            yield volumes.volume(text, address)


def variables(mapping: Part) -> tuple[EnvVar, ...]:
    """Return the variables of an ``env`` mapping."""
    return tuple(
        EnvVar(name, part.value if part.present else Text("", part.span), part.raw.key_span)
        for name, part in mapping.pairs().items()
        if part.raw.is_scalar
    )


def _scalars(part: Part) -> Iterator[Part]:
    return (each for each in part.items() if each.raw.is_scalar and each.present)

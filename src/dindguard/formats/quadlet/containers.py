"""Sections of Quadlet's units as options of ``podman run``, and what these make.

Source: Podman's ``pkg/systemd/quadlet/quadlet.go``: each key is an option, and ``PodmanArgs`` come after all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dindguard.formats.quadlet.entries import Rights, Section
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import Flag, How, Text
from dindguard.scripts.commands import split_words
from dindguard.scripts.engine_cli.flags import ACTIONS
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option, options_of
from dindguard.source import Span

_ONCE = {
    "User": "user", "UserNS": "userns", "HostName": "hostname", "Memory": "memory", "PidsLimit": "pids-limit",
    "StopTimeout": "stop-timeout", "RemapUsers": "userns", "HealthCmd": "health-cmd", "ReadOnly": "read-only", "RunInit": "init",
}  # fmt: skip
_REPEATED = {
    "Volume": "volume", "Mount": "mount", "Network": "network", "PublishPort": "publish", "ExposeHostPort": "expose",
    "Tmpfs": "tmpfs", "GroupAdd": "group-add", "NetworkAlias": "network-alias",
}  # fmt: skip
_LISTED = {"AddCapability": "cap-add", "DropCapability": "cap-drop"}
_SECURITY = {
    "SeccompProfile": "seccomp={}", "AppArmor": "apparmor={}", "SecurityLabelType": "label=type:{}",
    "SecurityLabelLevel": "label=level:{}", "SecurityLabelFileType": "label=filetype:{}",
}  # fmt: skip
_SWITCHES = {
    "SecurityLabelDisable": "label=disable", "SecurityLabelNested": "label=nested", "NoNewPrivileges": "no-new-privileges",
}  # fmt: skip
_NAMESPACED = ("auto", "keep-id", "nomap", "private")
_MAPPINGS = ("UIDMap", "GIDMap", "SubUIDMap", "SubGIDMap")


def container_of(
    section: Section, name: str, address: str, span: Span, volumes: Volumes, rights: Rights
) -> Container:
    """Return the container that a ``[Container]`` or ``[Pod]`` section makes; a pod's is the one that holds its namespaces."""
    settings: dict[str, Any] = attributes([*_options(section)], volumes, address)
    settings["environment"] = Environment((*_environment(section), *settings["environment"]))
    settings["aliases"] += (Text(name, span),)
    image, given = section.last("Image"), section.last("ContainerName")
    entrypoint, command = section.last("Entrypoint"), section.last("Exec")
    if section.cleared("Entrypoint"):
        settings["entrypoint"] = Words((), span)
    elif entrypoint is not None:
        settings["entrypoint"] = Words(split_words(entrypoint), entrypoint.span)
    return Container(
        name=str(given) if given is not None and given.known else name,
        address=address,
        kind=ContainerKind.MANAGED,
        span=given.span if given is not None else span,
        image=Image.parse(image) if image is not None else None,
        command=Words(split_words(command), command.span) if command is not None else None,
        user_namespace=_user_namespace(section, settings, rights, span),
        rootless_host=_rootless(span) if rights is Rights.USER else None,
        **settings,
    )


def _options(section: Section) -> Iterator[Option]:
    """Yield a section's options in the generator's order: ``PodmanArgs`` last."""
    for key, option in _ONCE.items():
        if (text := section.last(key)) is not None:
            yield Option(option, text, text.span)
    for key, option in _REPEATED.items():
        for text in section.values(key):
            yield Option(option, _joined_network(text) if key == "Network" else text, text.span)
    for key, option in _LISTED.items():
        for text in section.words(key):
            yield Option(option, text, text.span)
    for text in section.values("AddDevice"):
        device = text.part(1, len(text.pattern)) if text.pattern.startswith("-") else text
        yield Option("device", device, text.span)
    for text in _security(section):
        yield Option("security-opt", text, text.span)
    yield from options_of(section.words("PodmanArgs"), ACTIONS["create"])[0]


def _joined_network(text: Text) -> Text:
    """Return ``web.container`` as Podman takes it: the network of the container that this unit makes."""
    name, dot, kind = text.pattern.rpartition(".")
    return Text(f"container:{name}", text.span, text.how, raw=text.raw) if dot and kind == "container" else text


def _security(section: Section) -> Iterator[Text]:
    for key, form in _SECURITY.items():
        if (text := section.last(key)) is not None:
            yield Text(form.format(text.pattern), text.span, text.how) if text.known else text
    for key, option in _SWITCHES.items():
        if (text := section.on(key)) is not None:
            yield Text(option, text.span)
    for text in sorted(section.values("Unmask"), key=lambda each: each.pattern.lower() == "all"):
        yield Text(f"unmask={text.pattern}", text.span)


def _environment(section: Section) -> Iterator[EnvVar]:
    for word in section.words("Environment"):
        name, equals, _ = word.pattern.partition("=")
        if equals:
            yield EnvVar(name, word.part(len(name) + 1, len(word.pattern)), word.span)


def _user_namespace(section: Section, settings: dict[str, Any], rights: Rights, span: Span) -> Flag | None:
    """Root in a container of a user's own Podman is that user; ``UserNS=auto`` and mappings do the same for one container."""
    asked = settings["namespaces"].user
    if asked is not None and asked.pattern.partition(":")[0] in _NAMESPACED:
        return Flag(True, asked.span, name=f"UserNS={asked}")
    mapped = next((text for key in _MAPPINGS if (text := section.last(key)) is not None), None)
    if mapped is not None:
        return Flag(True, mapped.span, name="UIDMap")
    return _rootless(span) if rights is Rights.USER else None


def _rootless(span: Span) -> Flag:
    return Flag(True, span, How.INHERITED, "rootless Podman")

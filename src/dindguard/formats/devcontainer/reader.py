"""Reads dev containers: one container each, what its features add, and the scripts that it runs on both sides.

Sources: the dev container specification (``devcontainerjson-reference``), devcontainers/cli. A tool opens the folder and starts
the container with ``--entrypoint /bin/sh`` unless ``overrideCommand`` is false: the image's own entry point does not run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.devcontainer.features import Added, Features, capabilities_of, either, mount_of, texts_of
from dindguard.formats.devcontainer.variables import Variables
from dindguard.model.container import Build, Confinement, Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.values import Text, inherited, unset
from dindguard.model.workload import Platform, WorkloadKind, alone
from dindguard.records import replace
from dindguard.scripts.engine_cli.mounts import Volumes, port
from dindguard.scripts.engine_cli.options import confinement, run_attributes
from dindguard.source import Embedded, Notice

_INSIDE = ("onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand")
_ON_THE_HOST = "initializeCommand"


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every dev container of a scan."""
    reading = Reading()
    for document in documents:
        if document.content.is_mapping:
            _read(document.content.scoped(Variables()), context, reading)
    return reading


def _read(root: Node, context: Context, reading: Reading) -> None:
    address = "devcontainer"
    volumes = Volumes(f"{root.source.path}:{address}")
    added = Features(root["features"], volumes, address, context).added()
    container = _container(root, added, volumes, address)
    reading.workloads.append(alone(container, WorkloadKind.DEV_CONTAINER, Platform.ENGINE, storages=volumes.storages))
    reading.notices += [_elsewhere(feature) for feature in added.unknown]
    for name in _INSIDE:
        reading.embedded += [Embedded(source, container) for source in _scripts(root[name])]
    reading.embedded += [Embedded(source) for source in _scripts(root[_ON_THE_HOST])]


def _elsewhere(feature: Node) -> Notice:
    message = f"what the feature '{feature.content}' adds is described elsewhere and was not read"
    return Notice("unresolved", message, feature.span)


def _container(root: Node, added: Added, volumes: Volumes, address: str) -> Container:
    compose = root["dockerComposeFile"].present
    given = {} if compose else run_attributes(tuple(texts_of(root["runArgs"])), volumes, address)
    own = given.pop("environment", ())
    written = root["privileged"]
    privileged = either(
        written.flag("privileged") if written.present else None, given.pop("privileged", None), added.privileged
    )
    security = (*texts_of(root["securityOpt"]), *added.security)
    settings: dict[str, Any] = {**given, **_image(root)}
    if security:
        settings["confinement"] = _confined(given, security)
    init = either(root["init"].flag("init") if root["init"].present else None, given.pop("init", None), added.init)
    if init is not None:
        settings["init"] = init
    place = root["name"] if root["name"].is_scalar else root
    span = place.span
    return Container(
        name=str(root["name"].value) if root["name"].is_scalar else _folder(root.source.path),
        address=address,
        kind=ContainerKind.DEV_CONTAINER,
        span=span,
        **{
            **settings,
            "privileged": privileged if privileged is not None else unset(span, "privileged"),
            "capabilities": _capabilities(root, added, given),
            "mounts": _last_of_each_target(
                (*given.get("mounts", ()), *_mounts(root, volumes, address), *added.mounts)
            ),
            "environment": Environment((*own, *_environment(root), *added.environment)),
            "entrypoint": added.entrypoint or given.get("entrypoint") or _replaced_entrypoint(root, span),
            "ports": (*given.get("ports", ()), *_ports(root["appPort"])),
            "made_as": _service(root),
        },
    )


def _confined(given: dict[str, Any], security: tuple[Text, ...]) -> Confinement:
    """Return the options of ``runArgs``, with those of the file's own key and of its features added."""
    before: Confinement | None = given.get("confinement")
    own = confinement(security)
    if before is None:
        return own
    return replace(
        before,
        seccomp=own.seccomp or before.seccomp,
        apparmor=own.apparmor or before.apparmor,
        system_paths=own.system_paths or before.system_paths,
        selinux=(*before.selinux, *own.selinux),
        undecided=(*before.undecided, *own.undecided),
    )


def _capabilities(root: Node, added: Added, given: dict[str, Any]) -> Any:
    own = capabilities_of(root["capAdd"], added)
    before = given.get("capabilities")
    return own if before is None else replace(before, added=(*before.added, *own.added))


def _image(root: Node) -> dict[str, Any]:
    build = root["build"]
    file = build["dockerfile"] if build["dockerfile"].is_scalar else root["dockerFile"]
    if not file.is_scalar:
        image = root["image"]
        return {"image": Image.parse(image.value)} if image.is_scalar and image.content else {}
    folder = posixpath.dirname(root.source.path)
    context = build["context"] if build["context"].is_scalar else root["context"]
    target = build["target"]
    return {
        "build": Build(
            span=file.span,
            context=_below(folder, context.text or "."),
            dockerfile=_below(folder, file.text),
            target=target.value if target.is_scalar else None,
        )
    }


def _service(root: Node) -> tuple[tuple[str, ...], str] | None:
    """Return the Compose files and the service that the file adds to, if it does."""
    files, service = root["dockerComposeFile"], root["service"]
    if not files.present or not service.is_scalar:
        return None
    folder = posixpath.dirname(root.source.path)
    return tuple(_below(folder, item.text) for item in files.listed() if item.is_scalar), service.text


def _folder(path: str) -> str:
    """Return the folder that a dev container without a name is told by; the root's has none."""
    folder = posixpath.dirname(path)
    return posixpath.basename(posixpath.dirname(folder) if posixpath.basename(folder) == ".devcontainer" else folder)


def _below(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path)) if not path.startswith("/") else path


def _mounts(root: Node, volumes: Volumes, address: str) -> Iterator[Mount]:
    for item in (*root["mounts"].items(), root["workspaceMount"]):
        mount = mount_of(item, volumes, address) if item.present and not item.is_null else None
        if mount is not None:
            yield mount


def _last_of_each_target(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    return tuple({mount.target.pattern: mount for mount in mounts}.values())


def _environment(root: Node) -> Iterator[EnvVar]:
    for name in ("containerEnv", "remoteEnv"):
        for key, value in root[name].pairs():
            if (
                value.is_scalar
                and not value.is_null
                and (name == "containerEnv" or key.content.startswith("DOCKER_"))
            ):
                yield EnvVar(key.content, value.value, key.span)


def _replaced_entrypoint(root: Node, span: Any) -> Words | None:
    """The tool keeps the container alive with a shell of its own, unless it is told not to, or Compose starts it."""
    default_off = root["dockerComposeFile"].present
    override = root["overrideCommand"]
    replaced = not default_off if not override.present else not override.flag().off
    return (
        Words((inherited("/bin/sh", span), inherited("-c", span), inherited("sleep infinity", span)), span)
        if replaced
        else None
    )


def _ports(node: Node) -> Iterator[Any]:
    for item in node.listed():
        if item.is_scalar:
            text = item.value
            plain = text.pattern.isdigit()
            yield port(Text(f"127.0.0.1:{text.pattern}:{text.pattern}", text.span, raw=text.raw) if plain else text)


def _scripts(command: Node) -> Iterator[Any]:
    """Yield what a lifecycle command runs: a line for a shell, a list of words, or several of both that have names."""
    if command.is_mapping:
        for value in command.values():
            yield from _scripts(value)
    elif command.is_sequence:
        joined = Joined(command.source)
        for item in command.items():
            if item.is_scalar:
                document = item.document()
                joined.add_glue("'" if joined.empty else " '")
                joined.add_slice(document, 0, len(document.text))
                joined.add_glue("'")
        if not joined.empty:
            yield joined.source("shell")
    elif command.is_scalar and command.content:
        yield command.document("shell")

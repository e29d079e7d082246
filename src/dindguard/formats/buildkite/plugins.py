"""The plugins of a step that start containers.

Sources: buildkite-plugins/docker-buildkite-plugin (``plugin.yml``, ``commands/run.sh``) and
buildkite-plugins/docker-compose-buildkite-plugin; agent-stack-k8s for ``kubernetes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dindguard.documents import built
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats.buildkite.values import Values
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import inherited
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option
from dindguard.scripts.located import add_script
from dindguard.source import Embedded, Span

_NAME = regex(
    r"(?:^|(?:^|/|:)buildkite-plugins/)([\w-]+?)(?:-buildkite-plugin)?(?:\.git)?(?:#(?:(?!buildkite-plugins/).)*+)?$"
)
_OPTIONS = {
    "volumes": "volume", "devices": "device", "network": "network", "pid": "pid", "ipc": "ipc", "userns": "userns",
    "runtime": "runtime", "user": "user", "additional-groups": "group-add", "add-caps": "cap-add", "drop-caps": "cap-drop",
    "security-opts": "security-opt", "tmpfs": "tmpfs", "environment": "env", "publish": "publish", "init": "init",
    "entrypoint": "entrypoint", "privileged": "privileged", "memory": "memory", "cpus": "cpus",
}  # fmt: skip
"""Settings of the docker plugin, and the options of ``docker run`` that it makes of them."""


def plugins_of(step: Node) -> dict[str, Node]:
    """Return a step's plugins by their plain names: a list of mappings or names, or a mapping."""
    listed = step["plugins"]
    pairs = [pair for item in listed.items() for pair in item.pairs()] or listed.pairs()
    found = {}
    for key, settings in pairs:
        match = _NAME.search(key.content)
        if match is not None:
            found[match[1]] = settings
    return found


def container(
    settings: Node,
    values: Values,
    volumes: Volumes,
    *,
    name: str,
    address: str,
    span: Span,
    outer: tuple[EnvVar, ...],
) -> Container | None:
    """Return the container that the docker plugin runs a step's command in; ``None`` without an image."""
    image = values.setting(settings["image"])
    if not image.is_scalar or image.is_null:
        return None
    given: dict[str, Any] = attributes(list(_options(settings, values)), volumes, address)
    given["environment"] = Environment((*outer, *given["environment"]))
    if given.get("privileged") is not None and given["privileged"].on and given["namespaces"].user is not None:
        user = inherited("host", given["namespaces"].user.span)
        given["namespaces"] = replace(given["namespaces"], user=user)
    return Container(
        name=name, address=address, kind=ContainerKind.JOB, span=span, image=Image.parse(image.value),
        command=_command(settings, image.span), **given,
    )  # fmt: skip


def _command(settings: Node, span: Span) -> Words:
    """Return the command: the plugin's own, or the shell that runs the step's."""
    words = tuple(item.value for item in settings["command"].listed() if item.is_scalar)
    return Words(words, settings["command"].span) if words else Words((inherited("/bin/sh", span),), span)


def _options(settings: Node, values: Values) -> Iterator[Option]:
    for key, option in _OPTIONS.items():
        for item in settings[key].listed():
            if item.is_scalar and not item.is_null:
                located = values.setting(item)
                yield Option(option, located.value, item.span)


def compose_command(settings: Node, values: Values) -> Joined | None:
    """Return the command line that the docker-compose plugin runs; ``None`` if it runs none."""
    action = next((key for key in ("run", "build", "push") if settings[key].present), None)
    if action is None:
        return None
    joined = Joined(settings.source)
    joined.add_glue("docker compose")
    for file in settings["config"].listed():
        _add(joined, " -f ", file, values)
    joined.add_glue(f" {action}")
    for key, option in (("volumes", " -v "), ("env", " -e ")):
        for item in settings[key].listed() if action == "run" else ():
            _add(joined, option, item, values)
    for item in settings[action].listed():
        _add(joined, " ", item, values)
    return joined


def _add(joined: Joined, before: str, node: Node, values: Values) -> None:
    if node.is_scalar and node.source is joined.parent:
        joined.add_glue(before)
        add_script(joined, values.setting(node))


def pod(settings: Node, name: str) -> Embedded | None:
    """Return the pod that the kubernetes plugin makes of its ``podSpec``, to be read as one."""
    spec = settings["podSpec"]
    if not spec.is_mapping or not spec["containers"].is_sequence:
        return None
    labels = {"kind": built.word(spec, "Pod"), "apiVersion": built.word(spec, "v1")}
    metadata = built.mapping(spec, {"name": built.word(spec, name or "step")})
    made = built.mapping(spec, {**labels, "metadata": metadata, "spec": spec})
    return Embedded(built.held(made, "kubernetes"), content=made)

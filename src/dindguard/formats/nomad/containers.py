"""A task of Docker's or Podman's driver as a container of the model.

Source: Nomad's documentation of the docker driver and of the podman driver ("Task Configuration"), and of ``network``,
``volume_mount`` and ``resources``. A path that does not begin with ``/`` is a folder of the task's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.nomad.jobs import Group, Task, blocks, setting
from dindguard.model.container import Container, ContainerKind, Device, Environment, EnvVar, Limits, Port, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.values import UNKNOWN_PIECE, Text, unknown
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.specs import is_bind, volume_spec
from dindguard.scripts.engine_cli.words import Option

DRIVERS = ("docker", "podman")
"""Drivers whose tasks are containers of an engine."""

_OPTIONS = {
    "privileged": "privileged", "volumes": "volume", "network_mode": "network", "pid_mode": "pid", "ipc_mode": "ipc",
    "uts_mode": "uts", "userns_mode": "userns", "userns": "userns", "cgroupns": "cgroupns", "cap_add": "cap-add",
    "cap_drop": "cap-drop", "security_opt": "security-opt", "runtime": "runtime", "readonly_rootfs": "read-only",
    "group_add": "group-add", "init": "init", "hostname": "hostname", "pids_limit": "pids-limit", "tmpfs": "tmpfs",
    "oom_score_adj": "oom-score-adj",
}  # fmt: skip
_OF_OPTIONS = {"apparmor_profile": "apparmor=", "selinux_opts": "label="}
"""Podman's settings that are values of one option."""

_MEMORY = "300"
"""Megabytes that a task gets which asks for none."""


class Tasks:
    """Makes the containers of one group."""

    def __init__(
        self, group: Group, address: str, path: str, given: Mapping[str, Node], hosts: Mapping[str, Node]
    ) -> None:
        self.volumes = Volumes(f"{path}:{address}")
        self._group = group
        self._address = address
        self._given = given
        self._hosts = hosts
        networks = group.networks
        self._ports = dict(_named_ports(networks))
        modes = [written(setting(each, "mode")) for each in networks]
        self.shares_network = any(mode is not None and mode.pattern not in ("host", "none", "") for mode in modes)
        """Whether the group has a network of its own, which its tasks share."""

    def container(self, task: Task) -> Container:
        """Return a task's container."""
        address = f"{self._address}.{task.name}"
        config = self._config(task)
        settings: dict[str, Any] = attributes([*self._options(config)], self.volumes, address)
        image, user = written(config["image"]), written(setting(task.body, "user"))
        settings["devices"] = (*settings["devices"], *_devices(config["devices"]))
        return Container(
            name=task.name,
            address=address,
            kind=ContainerKind.POD_MEMBER,
            span=task.key.span,
            image=Image.parse(image) if image is not None and image.pattern else None,
            user=user,
            **{
                **settings,
                "mounts": (*settings["mounts"], *self._mounts(task, config, address)),
                "environment": Environment(_variables(task.body)),
                "entrypoint": _words(self._listed(config["entrypoint"]), config["entrypoint"]),
                "command": self._command(config),
                "ports": tuple(self._published(config)),
                "limits": _limits(task),
            },
        )

    def words(self, task: Task) -> list[Node]:
        """Return the words of a task's entry point and command as they are written."""
        config = self._config(task)
        found = [word for key in ("entrypoint", "command", "args") for word in self._followed(config[key]).listed()]
        return [word for word in found if word.is_scalar]

    def where(self, task: Task, source: str) -> str:
        """Return under which path a task sees a file of its own folder."""
        for mount in self._sources(self._config(task)):
            if mount[0].removeprefix("./").rstrip("/") == source:
                return mount[1]
        return f"/{source}"

    def _config(self, task: Task) -> Node:
        return next(iter(blocks(task.body, "config")), task.body.hole("config"))

    def _followed(self, node: Node) -> Node:
        """Return what a variable stands for when it is a whole value."""
        return self._given.get(node.content, node) if node.is_scalar and node.style == "expression" else node

    def _listed(self, node: Node) -> tuple[Text, ...]:
        found = self._followed(node)
        return tuple(_text(item) for item in found.listed() if item.is_scalar)

    def _options(self, config: Node) -> Iterator[Option]:
        for key, option in _OPTIONS.items():
            for text in self._listed(config[key]) if key in config else ():
                if option != "volume" or not _is_own(volume_spec(text).source):
                    yield Option(option, text, text.span)
        for key, prefix in _OF_OPTIONS.items():
            for text in self._listed(config[key]) if key in config else ():
                yield Option("security-opt", Text(f"{prefix}{text.pattern}", text.span), text.span)
        for item in config["devices"].items():
            if item.is_scalar:
                yield Option("device", item.value, item.span)

    def _mounts(self, task: Task, config: Node, owner: str) -> Iterator[Mount]:
        for text in self._listed(config["volumes"]):
            spec = volume_spec(text)
            if _is_own(spec.source):
                yield from self._mount("volume", {"target": spec.target}, text, owner)
        for block in (*blocks(config, "mount"), *blocks(config, "mounts")):
            yield from self._block(block, owner)
        for block in blocks(task.body, "volume_mount"):
            yield from self._volume(block, owner)

    def _block(self, block: Node, owner: str) -> Iterator[Mount]:
        kind, source = written(block["type"]), written(block["source"])
        name = "volume" if kind is None else kind.pattern
        propagation = written(next(iter(blocks(block, "bind_options")), block)["propagation"])
        fields = {
            "source": source,
            "target": written(block["target"]),
            "readonly": written(block["readonly"]),
            "bind-propagation": propagation,
        }
        if name == "bind" and _is_own(source):
            name, fields["source"] = "volume", None
        yield from self._mount(name, fields, source or block.value, owner)

    def _volume(self, block: Node, owner: str) -> Iterator[Mount]:
        """Yield a volume of the group; the configuration of an agent says where a host's volume lies."""
        name = setting(block, "volume")
        volume = self._group.volumes.get(name.text)
        fields = {"target": written(setting(block, "destination")), "readonly": written(setting(block, "read_only"))}
        kind = "volume"
        if volume is not None:
            fields["readonly"] = fields["readonly"] or written(setting(volume, "read_only"))
            source = setting(volume, "source")
            path = self._hosts.get(source.text)
            fields["source"] = written(source)
            if path is not None and setting(volume, "type").text == "host":
                kind, fields["source"] = "bind", path.value
        propagation = setting(block, "propagation_mode")
        if propagation.present:
            modes = {"host-to-task": "rslave", "bidirectional": "rshared"}
            fields["bind-propagation"] = Text(modes.get(propagation.text, "rprivate"), propagation.span)
        yield from self._mount(kind, fields, name.value, owner)

    def _mount(self, kind: str, fields: Mapping[str, Text | None], place: Text, owner: str) -> Iterator[Mount]:
        given = {name: value for name, value in fields.items() if value is not None}
        mount = self.volumes.fields(kind, given, place.span, owner)
        if mount is not None:
            yield mount

    def _sources(self, config: Node) -> Iterator[tuple[str, str]]:
        """Yield what a task mounts of its own folder, and where."""
        for text in self._listed(config["volumes"]):
            spec = volume_spec(text)
            if spec.source is not None:
                yield spec.source.pattern, spec.target.pattern
        for block in (*blocks(config, "mount"), *blocks(config, "mounts")):
            yield block["source"].text, block["target"].text

    def _command(self, config: Node) -> Words | None:
        command = config["command"]
        return _words(
            (*self._listed(command), *self._listed(config["args"])), command if command.present else config["args"]
        )

    def _published(self, config: Node) -> Iterator[Port]:
        """Yield the group's ports that a task has: all of them where they share a network, else those that it names."""
        names = self._ports if self.shares_network else [text.pattern for text in self._listed(config["ports"])]
        for name in names:
            port = self._ports.get(name)
            if port is not None:
                inner, outer = setting(port, "to"), setting(port, "static")
                yield Port(
                    container_port=inner.integer or outer.integer,
                    host_port=outer.integer,
                    host_address="",
                    span=outer.span if outer.present else port.key_span,
                )
        for label, port in ((label, each) for each in blocks(config, "port_map") for label, each in each.pairs()):
            named = self._ports.get(label.content)
            if named is not None and not self.shares_network:
                yield Port(port.integer, setting(named, "static").integer, "", port.span)


def _named_ports(networks: Iterable[Node]) -> Iterator[tuple[str, Node]]:
    for network in networks:
        for key, value in network.pairs():
            if key.content == "port" and value.is_mapping:
                yield from ((label.content, block) for label, block in value.pairs() if block.is_mapping)
        for name in ("ReservedPorts", "DynamicPorts"):
            yield from ((item["Label"].text, item) for item in network[name].items() if item.is_mapping)


def _is_own(source: Text | None) -> bool:
    """Whether a path is one of the task's own folder."""
    if source is None or source.pattern.startswith(("/", "~", "\\")):
        return False
    return source.pattern.startswith(".") or is_bind(source) is False


def _text(node: Node) -> Text:
    """Return a scalar; what a template puts into it between ``[[`` and ``]]`` is not known."""
    if "[[" in node.content and "]]" in node.content:
        return unknown(node.span, node.content, node.content)
    return node.value


def _words(texts: tuple[Text, ...], at: Node) -> Words | None:
    return Words(texts, at.span) if texts else None


def _devices(node: Node) -> Iterator[Device]:
    for item in node.items():
        path = written(item["host_path"]) if item.is_mapping else None
        if path is not None:
            permissions = written(item["cgroup_permissions"])
            yield Device(path, path.span, "rwm" if permissions is None else permissions.pattern)


def _variables(body: Node) -> Iterator[EnvVar]:
    for block in blocks(body, "env"):
        for key, value in block.pairs():
            if value.is_scalar:
                yield EnvVar(key.content, _text(value), key.span)


def _limits(task: Task) -> Limits:
    asked = [written(setting(each, "memory")) for each in blocks(task.body, "resources")]
    found = next((text for text in asked if text is not None and UNKNOWN_PIECE not in text.pattern), None)
    return Limits(memory=found or Text(_MEMORY, task.key.span))

"""Reads task definitions: one task each, whose containers share what it mounts of the container instance.

Source: the Amazon ECS API Reference (``RegisterTaskDefinition``, ``ContainerDefinition``) and the Developer Guide,
"Task definition differences for Fargate": there ``privileged``, ``dockerSecurityOptions``, devices, host volumes, host
namespaces and capabilities other than ``SYS_PTRACE`` are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from dindguard.documents.placeholders import Unfilled
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.ecs_task import definition_of
from dindguard.formats.ecs_task.volumes import TaskVolumes
from dindguard.model.container import (
    Capabilities,
    Container,
    ContainerKind,
    Dependency,
    Device,
    Environment,
    EnvVar,
    HealthCheck,
    Limits,
    Namespaces,
    Port,
    Words,
)
from dindguard.model.image import Image
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.engine_cli.options import confinement
from dindguard.scripts.shell_argument import script_index
from dindguard.source import Embedded

_TEXTS = {"user": "user", "hostname": "hostname"}
_CONDITIONS = {"START": "started", "HEALTHY": "healthy", "COMPLETE": "completed", "SUCCESS": "completed"}
_ON_FARGATE = ("privileged", "dockerSecurityOptions", "devices", "host", "pidMode", "ipcMode")
"""Settings that Fargate refuses."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every task definition of a scan."""
    del context  # a definition stands by itself
    reading = Reading()
    for document in documents:
        root = document.content
        _Task(root.scoped(Unfilled()) if document.source.text else root, reading).read()
    return reading


class _Task:
    """Reads one task definition into ``reading``."""

    def __init__(self, root: Node, reading: Reading) -> None:
        definition = definition_of(root)
        self._reading = reading
        self._task = definition
        self._containers = [*(root if root.is_sequence else definition["containerDefinitions"]).items()]
        family = definition["family"]
        self._name = str(family.value) if family.is_scalar and family.content else ""
        self._address = f"tasks.{self._name}" if self._name else "task"
        self._fargate = any(str(item.value) == "FARGATE" for item in definition["requiresCompatibilities"].listed())
        scope = f"{root.source.path}:{root.start}:{self._address}"
        self._volumes = TaskVolumes(definition["volumes"], scope, fargate=self._fargate, listed=root.is_sequence)

    def read(self) -> None:
        """Read the task, and hand on the scripts in it."""
        written = [item for item in self._containers if item.is_mapping and item["image"].is_scalar]
        if not written:
            return
        containers = [self._container(item) for item in written]
        for item, container in zip(written, containers, strict=True):
            self._reading.embedded += [Embedded(script, container) for script in _scripts(item)]
        network = self._task["networkMode"]
        self._reading.workloads.append(
            Workload(
                name=self._name,
                address=self._address,
                kind=WorkloadKind.TASK,
                platform=Platform.ENGINE,
                span=written[0].span,
                containers=tuple(containers),
                storages=self._volumes.storages,
                shared_network=self._fargate or network.content in ("awsvpc", "host"),
            )
        )

    def _container(self, item: Node) -> Container:
        name, image = item["name"], item["image"]
        address = f"{self._address}.containers.{name.value}"
        linux = item["linuxParameters"]
        given: dict[str, Any] = {
            attribute: item[key].value for key, attribute in _TEXTS.items() if _written(item[key])
        }
        if not self._fargate:
            given["privileged"] = item["privileged"].flag("privileged")
            given["confinement"] = confinement(_texts(item["dockerSecurityOptions"]))
            given["devices"] = tuple(_devices(linux["devices"]))
        return Container(
            name=str(name.value),
            address=address,
            kind=ContainerKind.POD_MEMBER,
            span=name.span,
            image=Image.parse(image.value) if image.content else None,
            capabilities=self._capabilities(linux["capabilities"]),
            namespaces=self._namespaces(),
            mounts=tuple(self._volumes.mounts(item, address)),
            volumes_from=tuple(each["sourceContainer"].value for each in item["volumesFrom"].items()),
            environment=Environment(_variables(item["environment"])),
            ports=tuple(self._ports(item["portMappings"])),
            entrypoint=_words(item["entryPoint"]),
            command=_words(item["command"]),
            limits=Limits(memory=item["memory"].value if _written(item["memory"]) else None),
            health=_health(item["healthCheck"]),
            depends_on=tuple(_dependencies(item["dependsOn"])),
            read_only_root=item["readonlyRootFilesystem"].flag("read_only"),
            init=linux["initProcessEnabled"].flag("init"),
            aliases=tuple(self._aliases.get(name.content, ())),
            ignored_settings=tuple(key for key in _ON_FARGATE if self._fargate and self._sets(item, key)),
            **given,
        )

    def _sets(self, item: Node, key: str) -> bool:
        if key == "host":
            return any("host" in volume for volume in self._task["volumes"].items())
        return key in item or key in item["linuxParameters"] or key in self._task

    def _capabilities(self, node: Node) -> Capabilities:
        added = _texts(node["add"])
        if self._fargate:
            added = tuple(text for text in added if text.value == "SYS_PTRACE")
        return Capabilities(added=added, dropped=_texts(node["drop"]))

    def _namespaces(self) -> Namespaces:
        modes = {} if self._fargate else {"pid": "pidMode", "ipc": "ipcMode", "network": "networkMode"}
        found = {name: self._task[key] for name, key in modes.items()}
        return Namespaces(**{name: node.value for name, node in found.items() if node.content == "host"})

    def _ports(self, node: Node) -> Iterator[Port]:
        """Yield the ports; a task with an interface of its own answers on it at the container's own ports."""
        own = self._fargate or self._task["networkMode"].content == "awsvpc"
        for item in node.items():
            inner = item["containerPort"]
            yield Port(
                container_port=inner.integer,
                host_port=inner.integer if own else (item["hostPort"].integer or None),
                host_address="",
                span=inner.span,
                protocol=item["protocol"].text or "tcp",
                through="portMappings",
            )

    @cached_property
    def _aliases(self) -> dict[str, list[Text]]:
        """The names by which the task's containers link to each other, by whom they mean."""
        found: dict[str, list[Text]] = {}
        for item in self._containers:
            for link in _texts(item["links"]):
                target, colon, _ = link.pattern.partition(":")
                if colon:
                    found.setdefault(target, []).append(link.part(len(target) + 1, len(link.pattern)))
        return found


def _written(node: Node) -> bool:
    return node.is_scalar and not node.is_null


def _texts(node: Node) -> tuple[Text, ...]:
    return tuple(item.value for item in node.listed() if _written(item))


def _words(node: Node) -> Words | None:
    words = _texts(node)
    return Words(words, node.span) if words else None


def _devices(node: Node) -> Iterator[Device]:
    letters = {"read": "r", "write": "w", "mknod": "m"}
    for item in node.items():
        if _written(item["hostPath"]):
            given = "".join(letters.get(text.pattern, "") for text in _texts(item["permissions"]))
            yield Device(item["hostPath"].value, item["hostPath"].span, given or "rwm")


def _variables(node: Node) -> Iterator[EnvVar]:
    for item in node.items():
        if _written(item["name"]) and item["value"].is_scalar:
            yield EnvVar(item["name"].text, item["value"].value, item["name"].span)


def _health(node: Node) -> HealthCheck | None:
    """``["CMD-SHELL", "curl …"]``, or ``CMD`` and words."""
    words = _texts(node["command"])
    if not words:
        return None
    disabled = words[0].pattern == "NONE"
    return HealthCheck(node.key_span, Words(words[1:], node.span, words[0].pattern == "CMD-SHELL"), disabled)


def _dependencies(node: Node) -> Iterator[Dependency]:
    for item in node.items():
        name = item["containerName"]
        if _written(name):
            yield Dependency(name.text, _CONDITIONS.get(item["condition"].text, "started"), name.span)


def _scripts(item: Node) -> Iterator[Any]:
    """Yield the script that a shell is handed: the words of the entry point and of the command are one line."""
    words = [each for key in ("entryPoint", "command") for each in item[key].items() if each.is_scalar]
    index = script_index([word.content for word in words])
    if index is not None:
        yield words[index].document("shell")

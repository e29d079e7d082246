"""Containers of modules: docker_container, docker_swarm_service, podman_container, and the test machines of Molecule.

Sources: the argument specifications of community.docker 5 and containers.podman 1.20; molecule-plugins (docker, podman).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dindguard.documents.tree import Node
from dindguard.formats.ansible.tasks import Around, Task
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Port, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.values import How, Text, inherited
from dindguard.model.workload import Replicas
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option
from dindguard.source import Notice, Span

_BOTH = {
    "privileged": "privileged", "user": "user", "runtime": "runtime", "init": "init", "read_only": "read-only",
    "uts": "uts", "hostname": "hostname", "restart_policy": "restart", "cgroup_parent": "cgroup-parent",
    "memory": "memory", "pids_limit": "pids-limit", "cpus": "cpus", "oom_score_adj": "oom-score-adj",
    "cap_drop": "cap-drop",
}  # fmt: skip
_DOCKER = {
    **_BOTH, "capabilities": "cap-add", "cap_add": "cap-add", "security_opts": "security-opt", "devices": "device",
    "device_cgroup_rules": "device-cgroup-rule", "volumes": "volume", "tmpfs": "tmpfs", "published_ports": "publish",
    "ports": "publish", "exposed_ports": "expose", "exposed": "expose", "expose": "expose", "network_mode": "network",
    "pid_mode": "pid", "ipc_mode": "ipc", "userns_mode": "userns", "cgroupns_mode": "cgroupns", "groups": "group-add",
    "stop_timeout": "stop-timeout",
}  # fmt: skip
_PODMAN = {
    **_BOTH, "cap_add": "cap-add", "capabilities": "cap-add", "security_opt": "security-opt", "device": "device",
    "devices": "device", "device_cgroup_rule": "device-cgroup-rule", "volume": "volume", "volumes": "volume",
    "tmpfs": "tmpfs", "publish": "publish", "ports": "publish", "published": "publish", "published_ports": "publish",
    "expose": "expose", "network": "network", "net": "network", "network_mode": "network", "pid": "pid",
    "pid_mode": "pid", "ipc": "ipc", "ipc_mode": "ipc", "userns": "userns", "userns_mode": "userns",
    "cgroupns": "cgroupns", "group_add": "group-add", "groups": "group-add",
}  # fmt: skip
_SWARM = {
    "cap_add": "cap-add", "cap_drop": "cap-drop", "user": "user", "groups": "group-add", "networks": "network",
    "hostname": "hostname", "read_only": "read-only", "init": "init",
}  # fmt: skip
_TABLES = {"docker_container": _DOCKER, "podman_container": _PODMAN, "docker_swarm_service": _SWARM}
MODULES = frozenset(_TABLES)
_GONE = frozenset({"absent"})
_SEVERAL = frozenset(
    {
        "cap-add", "cap-drop", "security-opt", "device", "device-cgroup-rule", "volume", "tmpfs", "publish", "expose",
        "group-add",
    }
)  # fmt: skip
_LISTS = ("volumes", "volume", "mounts", "mount", "devices", "capabilities", "security_opts", "env")
"""Settings that could decide a rule: where one is a variable as a whole that nobody knows, it is said."""


def removed(task: Task) -> bool:
    """Whether a task takes its container away."""
    state = task["state"]
    return state.is_scalar and state.content in _GONE


def container_of(task: Task, volumes: Volumes, address: str) -> Container:
    """Return the container that a task keeps running."""
    built = _Built(task.arguments, task.around, volumes, address, _TABLES[task.module])
    host = task.first("docker_host", "docker_url")
    bind = "bind" if task.module == "docker_swarm_service" else "volume"
    replicas = task["replicas"]
    return built.container(
        place=task.place.span,
        mounts=bind,
        started_by=host.value if host.is_scalar and not host.is_null else None,
        replicas=Replicas(replicas.integer, replicas.span) if replicas.is_scalar else None,
    )


_TLS = (
    "tls",
    "tls_verify",
    "validate_certs",
    "client_cert",
    "tls_client_cert",
    "cert_path",
    "ca_path",
    "cacert_path",
)


def client_variables(task: Task) -> list[EnvVar]:
    """Return the engine that a task's own settings name, as a client's variables would; none for the machine's own.

    Source: community.docker, ``plugins/doc_fragments/docker.py``.
    """
    host = task.first("docker_host", "docker_url")
    if not host.is_scalar or not (host.value.value or "").startswith("tcp://"):
        return []
    secured = next((task[name] for name in _TLS if task[name].present and not task[name].flag().off), None)
    variables = [EnvVar("DOCKER_HOST", host.value, host.span)]
    return variables if secured is None else [*variables, EnvVar("DOCKER_TLS_VERIFY", secured.value, secured.span)]


def test_machine(platform: Node, around: Around, volumes: Volumes, address: str, *, podman: bool) -> Container:
    """Return a platform of Molecule as the container that it is tested in; its own command keeps it running."""
    built = _Built(platform, around, volumes, address, _PODMAN | _DOCKER if podman else _DOCKER | {"tmpfs": "tmpfs"})
    return built.container(place=platform["name"].span if platform["name"].is_scalar else platform.span, waits=True)


def undecided(task: Task) -> Iterator[Notice]:
    """Yield a notice for each list that is a variable as a whole which the files do not decide."""
    for name in _LISTS:
        node = task.arguments[name]
        variable = task.around.variables.unknown_list(node)
        if variable:
            yield Notice("undecided", f"{name} could not be decided: {variable} is not known here", node.span)


def name_of(node: Node) -> str:
    """Return a name; of one that the files do not decide, its expression."""
    text = node.value if node.is_scalar else None
    if text is None:
        return ""
    return text.value if text.value is not None else " ".join(node.content.split())


class _Built:
    """Makes a container of the settings of one mapping."""

    def __init__(self, given: Node, around: Around, volumes: Volumes, address: str, table: Mapping[str, str]) -> None:
        self._given = given
        self._around = around
        self._variables = around.variables
        self._volumes = volumes
        self._address = address
        self._table = table

    def container(
        self, *, place: Span, mounts: str = "volume", waits: bool = False, **more: Any
    ) -> Container:  # fmt: skip
        given = self._given
        settings: dict[str, Any] = attributes([*self._options()], self._volumes, self._address)
        settings["environment"] = Environment(self._environment())
        settings["mounts"] += tuple(self._mounts(mounts))
        settings["networks"] += tuple(self._networks())
        settings["ports"] += tuple(self._ports())
        name, image = given["name"], _written(given["image"])
        entrypoint = self._words(given["entrypoint"])
        if entrypoint is not None:
            settings["entrypoint"] = entrypoint
        return Container(
            name=name_of(name) or (str(image) if image is not None else ""),
            address=self._address,
            kind=ContainerKind.MANAGED,
            span=name.span if name.is_scalar else place,
            image=Image.parse(image) if image is not None else None,
            command=self._command(place, waits=waits),
            volumes_from=tuple(self._variables.texts(given["volumes_from"])),
            conditions=self._around.conditions,
            **{**settings, **{key: value for key, value in more.items() if value is not None}},
        )

    def _options(self) -> Iterator[Option]:
        for key, option in self._table.items():
            node = self._given[key]
            alone = _written(node) if option not in _SEVERAL else None
            for text in self._variables.texts(node) if alone is None else (alone,):
                if option != "publish" or text.value not in ("all", "ALL"):
                    yield Option(option, text, text.span)
            for target, _ in node.pairs() if option == "tmpfs" else ():
                yield Option(option, target.typed, target.span)

    def _environment(self) -> Iterator[EnvVar]:
        for key, value in self._variables.mapping(self._given["env"]).pairs():
            text = _written(value)
            if text is not None:
                yield EnvVar(key.content, text, key.span)
        for item in self._given["env"].items():
            name, equals, _ = item.value.pattern.partition("=")
            if equals:
                yield EnvVar(name, item.value.part(len(name) + 1, len(item.value.pattern)), item.span)

    def _mounts(self, usual: str) -> Iterator[Mount]:
        for item in (*self._variables.items(self._given["mounts"]), *self._variables.items(self._given["mount"])):
            if item.is_scalar and not item.is_null:
                mount = self._volumes.mount(item.value, self._address)
            else:
                mount = self._mount(item, usual)
            if mount is not None:
                yield mount

    def _mount(self, item: Node, usual: str) -> Mount | None:
        names = {
            "source": ("source", "src"),
            "target": ("target", "dst", "destination"),
            "readonly": ("read_only", "readonly"),
        }
        fields = {
            name: text for name, keys in names.items() for key in keys if (text := _written(item[key])) is not None
        }
        place = fields.get("source") or fields.get("target")
        if place is None:
            return None
        if (propagation := _written(item["propagation"])) is not None:
            fields["bind-propagation"] = propagation
        kind = _written(item["type"])
        return self._volumes.fields(usual if kind is None else kind.pattern, fields, place.span, self._address)

    def _networks(self) -> Iterator[Text]:
        """Yield the networks that are named in a list of mappings; names alone are options."""
        for item in self._variables.items(self._given["networks"]):
            name = _written(item["name"]) if item.is_mapping else _written(item)
            if name is not None and self._table is not _SWARM:
                yield name

    def _ports(self) -> Iterator[Port]:
        """Yield the ports that a Swarm service publishes."""
        for item in self._variables.items(self._given["publish"]) if self._table is _SWARM else ():
            target = item["target_port"]
            yield Port(target.integer, item["published_port"].integer, "", target.span)

    def _command(self, place: Span, *, waits: bool) -> Words | None:
        if waits and not self._given["override_command"].flag().off:
            return self._words(self._given["command"]) or _keeps_running(place)
        return self._words(self._given["command"])

    def _words(self, node: Node) -> Words | None:
        whole = node.value if node.is_scalar and not node.is_null else None
        if whole is not None and whole.pattern and not self._variables.items(node):
            from dindguard.scripts.commands import split_words  # most commands are lists

            return Words(split_words(whole), whole.span)
        words = tuple(item.value for item in self._variables.items(node) if item.is_scalar)
        return Words(words, node.span) if words else None


def _keeps_running(place: Span) -> Words:
    """Return what Molecule's platforms run: a shell that sleeps."""
    return Words(tuple(inherited(word, place) for word in ("bash", "-c", "while true; do sleep 10000; done")), place)


def _written(node: Node) -> Text | None:
    """Return a scalar that somebody wrote; ``None`` for null, for ``omit`` and for what is not there."""
    if not node.is_scalar or node.is_null:
        return None
    text = node.value
    return text if text.pattern or text.how is How.WRITTEN else None

"""Settings of an inspected container that stand alone: security options, namespaces, ports, limits, variables."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.engine_snapshot.engine import Host
from dindguard.formats.engine_snapshot.places import Place
from dindguard.model.confinement import Confinement, Namespaces
from dindguard.model.container import Device, Environment, EnvVar, HealthCheck, Limits, Port, Words
from dindguard.model.container_parts import port_number
from dindguard.model.values import Flag, Text, flag, unset
from dindguard.records import replace
from dindguard.source import Step

_KINDS_OF_NETWORK = ("host", "none", "container")


def confinement(container: Node, place: Place) -> Confinement:
    """Read ``SecurityOpt`` and the masked paths.

    The engine writes ``label=disable`` by itself for privileged containers and for those in the host's process or
    IPC namespace; nobody chose it there. An empty list of masked paths is ``systempaths=unconfined``, which the
    client translates; in privileged mode it is null (moby ``daemon/create.go``, measured).
    """
    host = container["HostConfig"]
    automatic = host["Privileged"].content == "true" or "host" in (host["PidMode"].content, host["IpcMode"].content)
    found: dict[str, Text] = {}
    labels: list[Text] = []
    flags: dict[str, Flag] = {}
    for item in host["SecurityOpt"].items():
        name, value = _option(item.content)
        text = place.written(item, value)
        if name == "label":
            labels += [] if automatic and value == "disable" else [text]
        elif name in ("no-new-privileges", "writable-cgroups"):
            flags[name] = flag(text, name) if value else Flag(True, text.span, name=name)
        elif value:
            found[name] = place.written(item, "a profile") if value.startswith("{") else text
    masked = host["MaskedPaths"]
    unmasked = masked.is_sequence and not masked.items()
    return Confinement(
        seccomp=found.get("seccomp"),
        apparmor=found.get("apparmor"),
        selinux=tuple(labels),
        system_paths=place.written(masked, "unconfined") if unmasked else found.get("systempaths"),
        no_new_privileges=flags.get("no-new-privileges"),
        writable_cgroups=flags.get("writable-cgroups"),
    )


def _option(written: str) -> tuple[str, str]:
    sign = "=" if "=" in written else ":"
    name, _, value = written.partition(sign)
    return name.strip(), value


def namespaces(given: Node, place: Place, host: Host) -> Namespaces:
    """Return whose namespaces a container lives in, as far as that is not the engine's default.

    On cgroup v1 the default is the host's cgroup namespace, on v2 a private one. To leave a user namespace that the engine
    does not make changes nothing.
    """
    cgroup = place.text(given["CgroupnsMode"]) if host.cgroup_version == "2" else None
    network = place.text(given["NetworkMode"])
    chosen = network is not None and network.pattern.partition(":")[0] in _KINDS_OF_NETWORK
    return Namespaces(
        pid=place.text(given["PidMode"]),
        ipc=_shared(place.text(given["IpcMode"])),
        network=network if chosen else None,
        uts=place.text(given["UTSMode"]),
        user=place.text(given["UsernsMode"]) if host.may_remap else None,
        cgroup=cgroup,
    )


def _shared(mode: Text | None) -> Text | None:
    return None if mode is None or mode.pattern in ("private", "shareable") else mode


def environment(container: Node, place: Place) -> Environment:
    """Return the variables, the image's among them. A value keeps its place in the snapshot, so that it is masked."""
    return Environment(_variables(container["Config"]["Env"], place))


def _variables(node: Node, place: Place) -> Iterator[EnvVar]:
    for item in node.items():
        name, equals, _ = item.content.partition("=")
        if not name or not equals:
            continue
        value = item.typed.part(len(name) + 1, len(item.content))
        if place.service is not None:
            value = replace(value, span=value.span.with_trail(Step("of this service", place.service)))
        yield EnvVar(name, value, value.span)


def ports(container: Node, place: Place) -> tuple[Port, ...]:
    """Return the published ports: as the engine bound them, or as it was asked to while the container is stopped."""
    bound = container["NetworkSettings"]["Ports"]
    if not any(binding.is_sequence for binding in bound.values()):
        bound = container["HostConfig"]["PortBindings"]
    found: dict[tuple[object, ...], Port] = {}
    for key, bindings in bound.pairs():
        number, _, protocol = key.content.partition("/")
        for binding in bindings.items():
            address = binding["HostIp"].content
            port = Port(
                container_port=port_number(number),
                host_port=port_number(binding["HostPort"].content),
                host_address="" if address in ("0.0.0.0", "::") else address,  # noqa: S104 - what the engine reports
                span=place.at(key),
                protocol=protocol or "tcp",
            )
            found.setdefault((port.container_port, port.protocol, port.host_port, port.host_address), port)
    return tuple(found.values())


def devices(host: Node, place: Place) -> tuple[Device, ...]:
    """Return the host's devices that a container was given."""
    return tuple(
        Device(path, place.at(item), item["CgroupPermissions"].content or "rwm")
        for item in host["Devices"].items()
        if (path := place.text(item["PathOnHost"])) is not None
    )


def limits(host: Node, place: Place) -> Limits:
    """Return the resource limits; memory in bytes, processors in billionths or as a quota."""
    return Limits(
        memory=place.number(host["Memory"]),
        pids=place.number(host["PidsLimit"]),
        cpus=place.number(host["NanoCpus"]) or place.number(host["CpuQuota"]),
        oom_score_adj=None if host["OomScoreAdj"].content == "0" else place.text(host["OomScoreAdj"]),
        oom_kill_disable=place.flag(host["OomKillDisable"], "oom_kill_disable"),
    )


def health_check(container: Node, place: Place) -> HealthCheck | None:
    """Return the health check, the image's own included."""
    test = container["Config"]["Healthcheck"]["Test"]
    if not test.items():
        return None
    words = tuple(place.written(item, item.content) for item in test.items()[1:] if item.is_scalar)
    kind = test[0].content
    span = place.at(test)
    return HealthCheck(span, Words(words, span, shell=kind == "CMD-SHELL"), disabled=kind == "NONE")


def user_namespace(host: Node, place: Place, remapped: Node | None, rootless: Node | None) -> Flag | None:
    """Return whether the engine gives the container a user namespace: one that remaps, or a rootless one."""
    if rootless is not None:
        return Flag(True, rootless.span, name="rootless")
    if remapped is None:
        return None
    if host["UsernsMode"].content == "host":
        return unset(place.at(host["UsernsMode"]), "userns-remap")
    return Flag(True, remapped.span, name="userns-remap")

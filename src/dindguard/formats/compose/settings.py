"""Service settings that stand alone: flags, security options, ports, devices, limits, probes, commands."""

from __future__ import annotations

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.compose import entries
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.model.container import (
    Capabilities,
    Confinement,
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
from dindguard.model.values import UNKNOWN_PIECE, Flag, How, Text, flag, unknown
from dindguard.model.workload import Replicas
from dindguard.patterns import regex
from dindguard.vocabulary import COMPOSE_CONDITIONS

_RANGE = regex(r"(\d{1,5})(?:-(\d{1,5}))?$")
_FLOAT = regex(r"[-+]?(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE][-+]?\d+)$")
_INTEGER = regex(r"([-+]?)(?:0x([\da-fA-F_]+)|0o?([0-7_]+)|0b([01_]+)|(\d[\d_]*))$")
_BASES = (16, 8, 2, 10)

HOOKS = ("pre_start", "post_start", "pre_stop")
"""The keys of a service below which commands stand that run in it beside its own."""

OF_CAPABILITIES = frozenset({"cap_add", "cap_drop"})
OF_NAMESPACES = frozenset({"pid", "ipc", "network_mode", "uts", "userns_mode", "cgroup"})
OF_LIMITS = frozenset({
    "deploy", "mem_limit", "pids_limit", "cpus", "storage_opt", "oom_score_adj", "oom_kill_disable",
})  # fmt: skip
OF_REPLICAS = frozenset({"deploy", "scale"})
_WHOSE_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")
OF_DEPENDENCIES = frozenset({"depends_on", "links", "volumes_from", *_WHOSE_NAMESPACES})
"""The keys of a service of which each reader below asks: a service that has none says nothing of it."""


def texts(node: Node) -> tuple[Text, ...]:
    """Return the texts of a list, or of the one value that stands for it."""
    return tuple(item.value for item in node.listed() if item.is_scalar and not item.is_null)


def words(node: Node) -> Words | None:
    """Return a command or entry point: a list as it is, a string split without a shell. Empty is a value."""
    if node.is_sequence:
        return Words(tuple(item.value for item in node.items() if item.is_scalar), node.span)
    if not node.is_scalar or node.is_null:
        return None
    from dindguard.formats.compose.words import shell_words

    return Words(tuple(word for word, _, _ in shell_words(node.value)), node.span)


def capabilities(service: Node) -> Capabilities:
    """Return ``cap_add`` and ``cap_drop``."""
    return Capabilities(added=texts(service["cap_add"]), dropped=texts(service["cap_drop"]))


def namespaces(service: Node) -> Namespaces:
    """Return whose namespaces the service lives in."""
    return Namespaces(
        pid=written(service["pid"]),
        ipc=written(service["ipc"]),
        network=written(service["network_mode"]),
        uts=written(service["uts"]),
        user=written(service["userns_mode"]),
        cgroup=written(service["cgroup"]),
    )


def confinement(node: Node) -> Confinement:
    """Read ``security_opt``: ``key=value``, ``key:value``, a bare ``no-new-privileges`` (moby ``daemon_unix.go``)."""
    found: dict[str, Text] = {}
    labels: list[Text] = []
    flags: dict[str, Flag] = {}
    undecided: list[Text] = []
    for option in texts(node):
        from dindguard.scripts.engine_cli import specs

        pattern = option.pattern
        sign = "=" if "=" in pattern else ":"
        name, value = specs.key_value(option, sign)
        key = name.pattern.strip()
        if key == UNKNOWN_PIECE:
            undecided.append(option)
        elif key == "label" and value is not None:
            labels.append(value)
        elif key in ("no-new-privileges", "writable-cgroups"):
            flags[key] = Flag(True, option.span, option.how, key) if value is None else flag(value, key)
        elif value is not None:
            found[key] = value
    return Confinement(
        seccomp=found.get("seccomp"),
        apparmor=found.get("apparmor"),
        selinux=tuple(labels),
        system_paths=found.get("systempaths"),
        no_new_privileges=flags.get("no-new-privileges"),
        writable_cgroups=flags.get("writable-cgroups"),
        undecided=tuple(undecided),
    )


def environment(node: Node) -> Environment:
    """Return the variables of ``environment``; one without a value comes from the caller and is unknown."""
    return Environment(variable for item in entries.key_values(node) if (variable := _variable(item)))


def _variable(item: Node) -> EnvVar | None:
    if not item.is_scalar:
        return None
    if item.key is not None:
        name = item.key.content
        if item.is_null:
            return EnvVar(name, _from_caller(item, name), item.key_span)
        value = item.value
        return EnvVar(name, _as_number(value) if item.style == "" else value, item.span)
    written = item.value
    name, sign, _ = written.pattern.partition("=")
    if not name:
        return None
    given = written.part(len(name) + 1, len(written.pattern)) if sign else _from_caller(item, name)
    typed = item.filled is None and written.how is How.WRITTEN  # then its place is told already
    return EnvVar(name, given, written.span if typed else item.span)


def _from_caller(item: Node, name: str) -> Text:
    scope = item.scope
    known = scope.variables.get(name) if isinstance(scope, ComposeScope) else None
    return known if known is not None else unknown(item.span, name)


def _as_number(written: Text) -> Text:
    """YAML makes a number of an unquoted ``1.40`` or ``010``, and Compose writes it back as ``1.4`` and ``8``."""
    if written.how is not How.WRITTEN:
        return written
    word = written.pattern
    if _FLOAT.match(word):
        value = float(word)
        shortest = repr(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    elif (match := _INTEGER.match(word)) and (word[:1] in "+0" or "_" in word) and len(word) < 20:
        digits, base = next((found, base) for found, base in zip(match.groups()[1:], _BASES, strict=True) if found)
        shortest = match[1].strip("+") + str(int(digits.strip("_") or "0", base))
    else:
        return written
    return written if shortest == word else Text(shortest, written.span, written.how, raw=written.raw)


def ports(node: Node) -> tuple[Port, ...]:
    """Return the published ports."""
    return tuple(port for item in node.items() if (port := _port(item)) is not None)


def _port(item: Node) -> Port | None:
    if item.is_mapping:
        target, published = written(item["target"]), written(item["published"])
        address, protocol = written(item["host_ip"]), written(item["protocol"])
        span = item.span
    elif item.is_scalar and not item.is_null:
        from dindguard.scripts.engine_cli import specs

        spec = specs.port_spec(item.value)
        target, published, address, protocol, span = (
            spec.target, spec.published, spec.address, spec.protocol, item.span,
        )  # fmt: skip
    else:
        return None
    first, last = _range(target)
    host_first, host_last = _range(published)
    return Port(
        container_port=first,
        host_port=host_first,
        host_address=address.pattern.strip("[]") if address is not None else "",
        span=span,
        protocol=(protocol.pattern.lower() if protocol is not None else "") or "tcp",
        container_port_end=last,
        host_port_end=host_last,
    )


def _range(port: Text | None) -> tuple[int | None, int | None]:
    match = _RANGE.match(port.value.strip()) if port is not None and port.value is not None else None
    if match is None:
        return None, None
    return int(match[1]), int(match[2]) if match[2] else None


def devices(node: Node) -> tuple[Device, ...]:
    """Return the host's devices that are handed in."""
    found = []
    for item in node.items():
        if item.is_mapping and item["source"].is_scalar:
            permissions = item["permissions"].text or "rwm"
            found.append(Device(item["source"].value, item.span, permissions))
        elif item.is_scalar and not item.is_null:
            from dindguard.scripts.engine_cli import specs

            spec = specs.device_spec(item.value)
            permissions = spec.permissions.pattern if spec.permissions is not None else "rwm"
            found.append(Device(spec.source, item.span, permissions))
    return tuple(found)


def limits(service: Node) -> Limits:
    """Return the limits; ``deploy.resources`` before the older keys, as Compose has it."""
    resources = service["deploy"]["resources"]["limits"]
    kill = service["oom_kill_disable"]
    return Limits(
        memory=written(resources["memory"]) or written(service["mem_limit"]),
        pids=written(resources["pids"]) or written(service["pids_limit"]),
        cpus=written(resources["cpus"]) or written(service["cpus"]),
        ephemeral_storage=written(service["storage_opt"]["size"]),
        oom_score_adj=written(service["oom_score_adj"]),
        oom_kill_disable=kill.flag("oom_kill_disable") if kill.present else None,
    )


def replicas(service: Node) -> Replicas | None:
    """Return how many copies run: ``deploy``, or ``scale``."""
    deploy = service["deploy"]
    if deploy["mode"].text in ("global", "global-job"):
        return Replicas(None, deploy["mode"].span, per_node=True)
    counted = deploy["replicas"] if deploy["replicas"].is_scalar else service["scale"]
    order = deploy["update_config"]["order"]
    overlap = order.text == "start-first"
    if not counted.is_scalar or counted.is_null:
        return Replicas(1, order.span, overlap=True) if overlap else None
    return Replicas(counted.integer, counted.span, overlap=overlap)


def dependencies(service: Node) -> tuple[Dependency, ...]:
    """Return what the service starts after: as written, then what links, namespaces and volumes of others imply."""
    node = service["depends_on"]
    if node.is_mapping:
        stated = [
            Dependency(key.content, COMPOSE_CONDITIONS.get(value["condition"].text, "started"), value.key_span)
            for key, value in node.pairs()
        ]
    else:
        stated = [Dependency(item.text, "started", item.span) for item in node.listed() if item.is_scalar]
    found = {dependency.name: dependency for dependency in reversed(stated)}
    implied = [(link.pattern.partition(":")[0], link) for link in texts(service["links"])]
    for key in _WHOSE_NAMESPACES:
        reference = written(service[key])
        if reference is not None and reference.pattern.startswith("service:"):
            implied.append((reference.pattern.removeprefix("service:"), reference))
    shared = [text for text in texts(service["volumes_from"]) if not text.pattern.startswith("container:")]
    implied += [(reference.pattern.partition(":")[0], reference) for reference in shared]
    for name, reference in implied:
        found.setdefault(name, Dependency(name, "started", reference.span))
    return tuple(found.values())


def health_check(node: Node, gates_start: bool) -> HealthCheck | None:
    """Return the service's health check."""
    if not node.is_mapping:
        return None
    test = node["test"]
    disabled = node["disable"].flag().on or (test[0].text if test.is_sequence else test.text) == "NONE"
    return HealthCheck(node.key_span, _test(test), disabled=disabled, gates_start=gates_start and not disabled)


def _test(node: Node) -> Words | None:
    if node.is_sequence:
        kind, rest = node[0].text, node.items()[1:]
        return Words(tuple(item.value for item in rest if item.is_scalar), node.span, shell=kind == "CMD-SHELL")
    return Words((node.value,), node.span, True) if node.is_scalar and not node.is_null else None

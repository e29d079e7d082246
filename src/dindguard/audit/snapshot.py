"""The snapshot of an engine: the facts that rules need, of each inspected object, secrets left out."""

from __future__ import annotations

import json
from typing import Any

from dindguard.audit.redaction import Redaction

Facts = dict[str, Any]

_INFO = (
    "ID", "Name", "ServerVersion", "OperatingSystem", "OSType", "KernelVersion", "Architecture", "Driver", "DriverStatus",
    "BuildahVersion", "DockerRootDir", "CgroupDriver", "CgroupVersion", "DefaultRuntime", "SecurityOptions", "Warnings",
    "Rootless",
)  # fmt: skip
_CONFIG = ("Image", "User", "Hostname", "StopTimeout", "Volumes")
_HOST_CONFIG = (
    "NetworkMode", "PortBindings", "PublishAllPorts", "RestartPolicy", "CapAdd", "CapDrop", "CgroupnsMode", "GroupAdd",
    "IpcMode", "OomScoreAdj", "PidMode", "Privileged", "ReadonlyRootfs", "UTSMode", "UsernsMode", "Runtime", "Init",
    "Memory", "NanoCpus", "CpuQuota", "CgroupParent", "Sysctls", "Devices", "DeviceRequests",
    "DeviceCgroupRules", "OomKillDisable", "PidsLimit", "MaskedPaths", "ReadonlyPaths", "Tmpfs",
)  # fmt: skip
_MOUNT = ("Type", "Name", "Source", "Destination", "Driver", "Mode", "RW", "Propagation")
_VOLUME_OPTIONS = (
    "bind",
    "rbind",
    "ro",
    "rw",
    "size",
    "mode",
    "uid",
    "gid",
    "addr",
    "nolock",
    "soft",
    "hard",
    "vers",
    "nfsvers",
)
"""Options of a volume's mount that are no credentials, whatever the file system; others may be."""
_LABELS = "com.docker.compose."


def snapshot(
    info: Facts,
    version: Facts,
    containers: list[Facts],
    networks: list[Facts],
    volumes: list[Facts],
    keep: Redaction,
    socket: str = "",
) -> Facts:
    """Return the snapshot of what the engine's API answered at ``socket`` (empty: over a
    network); see ``formats.engine_snapshot`` for its form."""
    return {
        "info": keep.whole({**_only(info, _INFO), "RegistryConfig": _registries(info)}),
        "version": {
            **_only(version, ("Version", "ApiVersion", "Platform")),
            "Components": [_only(part, ("Name", "Version")) for part in version.get("Components") or ()],
        },
        "containers": [_container(container, keep) for container in containers],
        "networks": [keep.whole(_network(network)) for network in networks],
        "volumes": [_volume(volume, keep) for volume in volumes],
        **({"socket": socket} if socket else {}),
    }


def written(document: Any) -> bytes:
    """Return a document as JSON with a line for each fact, so that every fact has a place."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _only(facts: Facts, names: tuple[str, ...]) -> Facts:
    return {name: facts[name] for name in names if name in facts}


def _registries(info: Facts) -> Facts:
    found = info.get("RegistryConfig") or {}
    indexes = found.get("IndexConfigs") or {}
    return {
        "InsecureRegistryCIDRs": found.get("InsecureRegistryCIDRs") or [],
        "IndexConfigs": {name: _only(index, ("Name", "Secure")) for name, index in indexes.items()},
    }


def _container(facts: Facts, keep: Redaction) -> Facts:
    config, host = facts["Config"], facts["HostConfig"]
    settings = facts.get("NetworkSettings") or {}
    networks = settings.get("Networks") or {}
    entrypoint, command = keep.commands(config.get("Entrypoint"), config.get("Cmd"))
    return {
        **_only(facts, ("Id", "Name")),
        "State": _only(facts.get("State") or {}, ("Status", "Running")),
        "Config": {
            **keep.whole(_only(config, _CONFIG)),
            "Entrypoint": entrypoint,
            "Cmd": command,
            "Env": [keep.variable(entry) for entry in config.get("Env") or ()],
            "Healthcheck": {"Test": keep.words((config.get("Healthcheck") or {}).get("Test"))},
            "Labels": keep.whole({
                name: value for name, value in (config.get("Labels") or {}).items() if name.startswith(_LABELS)
            }),
        },
        "HostConfig": {
            **keep.whole(_only(host, _HOST_CONFIG)),
            "SecurityOpt": keep.whole([_security_option(option) for option in host.get("SecurityOpt") or ()]),
        },
        "Mounts": keep.whole([_only(mount, _MOUNT) for mount in facts.get("Mounts") or ()]),
        "NetworkSettings": {
            "Ports": settings.get("Ports") or {},
            "Networks": {
                name: _only(network or {}, ("Aliases", "DNSNames")) for name, network in networks.items()
            },
        },
    }  # fmt: skip


def _security_option(option: str) -> str:
    """Return an option, the text of a seccomp profile left out: that there is one is all that counts."""
    name, sign, value = option.partition("=")
    return f"{name}{sign}{{}}" if value.lstrip().startswith("{") else option


def _network(facts: Facts) -> Facts:
    """Return a network; of its options the one that lets its containers talk to each other."""
    kept = _only(facts, ("Name", "Driver", "Internal"))
    if "IPAM" in facts:  # its options are those of a driver, which may be anybody's
        kept["IPAM"] = {"Config": [_only(each, ("Subnet",)) for each in (facts["IPAM"] or {}).get("Config") or ()]}
    talk = _only(facts.get("Options") or {}, ("com.docker.network.bridge.enable_icc",))
    return {**kept, "Options": talk} if talk else kept


def _volume(facts: Facts, keep: Redaction) -> Facts:
    """Return a volume; of its options what it is made of, without the passwords of network file systems."""
    options = facts.get("Options") or {}
    kept = keep.whole(_only(options, ("type", "device")))
    if "o" in options:
        words = (word.partition("=") for word in str(options["o"]).split(","))
        kept["o"] = ",".join("".join(word) for word in words if word[0].lower() in _VOLUME_OPTIONS)
    return {**_only(facts, ("Name", "Driver", "Mountpoint")), "Options": kept}

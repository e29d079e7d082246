"""What was approved: a hash over the security-relevant attributes of the thing that a finding is about."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dindguard.model.container import Container, EnvVar, Words
from dindguard.model.engine import Daemon
from dindguard.model.mount import Mount
from dindguard.model.values import Flag, Text
from dindguard.rules import blamed

PROFILE_VERSION = "v1"
"""New attributes make a new version; a fingerprint of an older one stays valid until its renewal."""

_RELEVANT_VARIABLES = ("DOCKER_", "BUILDKIT_", "CONTAINER_HOST", "POST", "CONTAINERS", "EXEC", "BUILD", "SERVICES")


def fingerprint(identity: str, about: Any) -> str:
    """Return ``v1:`` and 32 hexadecimal digits for what a subject's identity and attributes are now."""
    text = json.dumps([PROFILE_VERSION, identity, profile(blamed(about))], sort_keys=True, ensure_ascii=True)
    return f"{PROFILE_VERSION}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def profile(about: Any) -> dict[str, Any]:
    """Return the attributes of a container that decide how dangerous it is; the image without its tag."""
    if not isinstance(about, Container):
        return {"address": str(getattr(about, "address", ""))}
    return {
        "image": about.image.repository if about.image is not None else None,
        "privileged": _flag(about.privileged),
        "capabilities": [_sorted(about.capabilities.added), _sorted(about.capabilities.dropped)],
        "confinement": [
            _text(about.confinement.seccomp),
            _text(about.confinement.apparmor),
            _sorted(about.confinement.selinux),
            _text(about.confinement.system_paths),
            _flag(about.confinement.no_new_privileges),
        ],
        "namespaces": [
            _text(getattr(about.namespaces, name)) for name in ("pid", "ipc", "network", "uts", "user", "cgroup")
        ],
        "mounts": sorted(_mount(mount) for mount in about.mounts),
        "devices": sorted(device.host_path.pattern for device in about.devices),
        "ports": sorted(f"{port.host_address}:{port.host_port}:{port.container_port}" for port in about.ports),
        "environment": sorted(
            _variable(each) for each in about.environment if each.name.startswith(_RELEVANT_VARIABLES)
        ),
        "command": [_words(about.entrypoint), _words(about.command) if about.daemon is not None else None],
        "user": _text(about.user),
        "runtime": _text(about.runtime),
        "engine": _daemon(about.daemon),
    }


def _text(text: Text | None) -> str | None:
    return None if text is None else text.pattern


def _flag(flag: Flag | None) -> str | None:
    return None if flag is None else "unknown" if flag.unknown else "on" if flag.on else "off"


def _sorted(texts: tuple[Text, ...]) -> list[str]:
    return sorted(text.pattern for text in texts)


def _words(words: Words | None) -> list[str] | None:
    return None if words is None else [word.pattern for word in words]


def _mount(mount: Mount) -> str:
    return f"{mount.kind}|{_text(mount.source)}|{mount.target.pattern}|{_flag(mount.read_only)}|{mount.host_path}"


def _variable(variable: EnvVar) -> str:
    return f"{variable.name}={variable.value.pattern}"


def _daemon(daemon: Daemon | None) -> list[str] | None:
    if daemon is None:
        return None
    return sorted(f"{endpoint}|{_flag(endpoint.authenticated)}" for endpoint in daemon.listens)

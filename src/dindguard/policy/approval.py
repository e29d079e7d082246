"""What was approved: a hash over the security-relevant attributes of the thing that a finding is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dindguard.digests import sha256
from dindguard.model.container import Container, EnvVar, Words
from dindguard.model.engine import Engine
from dindguard.model.invocation import Invocation
from dindguard.model.launch import Setting
from dindguard.model.mount import Mount
from dindguard.model.values import Flag, Text
from dindguard.rules import blamed

_RELEVANT_VARIABLES = (
    "DOCKER_",
    "BUILDKIT",
    "BUILDAH",
    "CONTAINER_",
    "CONTAINERD_",
    "ROOTLESSKIT",
    "XDG_RUNTIME_DIR",
)
_LOADED = (
    "PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GCONV_PATH", "BASH_ENV", "ENV", "PROMPT_COMMAND", "SHELLOPTS", "PS4",
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "NODE_OPTIONS", "NODE_PATH", "PERL5LIB", "PERL5OPT",
    "RUBYLIB", "RUBYOPT", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "DOTNET_STARTUP_HOOKS",
    "CORECLR_PROFILER_PATH", "LUA_INIT", "PHPRC", "PHP_INI_SCAN_DIR", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXEC_PATH",
    "GIT_CONFIG_GLOBAL", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables by which loaders, shells and interpreters take in code, or trust, from elsewhere."""
_SECRET_NAMES = ("AUTH", "PASSWORD", "TOKEN", "SECRET")
_SWITCHES = ("", "0", "1", "true", "false", "yes", "no", "on", "off")


def fingerprint(identity: str, about: Any, blames: Iterable[str]) -> str:
    """Return what is approved for a subject as it is now: the version of the profile and 32 hexadecimal digits.

    ``identity`` is that of rule, file and address. ``blames`` are the values that the rule's findings there blame, so
    that another value, or one more, is another approval.
    """
    return _fingerprint(VERSION, identity, about, blames)


def holds(approved: str, identity: str, about: Any, blames: Iterable[str]) -> bool:
    """Whether a fingerprint was made for what is there now, by the profile of its own version."""
    version = approved.partition(":")[0]
    return version in PROFILES and approved == _fingerprint(version, identity, about, blames)


def is_fingerprint(text: str) -> bool:
    """Whether a text is a fingerprint of a known version, whatever it was made for."""
    version, colon, digits = text.partition(":")
    return version in PROFILES and bool(colon) and len(digits) == 32 and set(digits) <= set("0123456789abcdef")


def _fingerprint(version: str, identity: str, about: Any, blames: Iterable[str]) -> str:
    content = [version, identity, PROFILES[version](blamed(about)), sorted(blames)]
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return f"{version}:{sha256(text.encode()).hexdigest()[:32]}"


def first_profile(about: Any) -> dict[str, Any]:
    """Return the attributes of a thing that decide how dangerous it is; an image without its tag."""
    return _container(about) if isinstance(about, Container) else _other(about)


def second_profile(about: Any) -> dict[str, Any]:
    """Return what :func:`first_profile` does, and what else widens a container without a word about privileges."""
    return _wider(about) if isinstance(about, Container) else _other(about)


def _other(about: Any) -> dict[str, Any]:
    if isinstance(about, Engine):
        return {"engine": _engine(about)}
    if isinstance(about, Invocation):
        return {"words": [str(word) for word in about.words]}
    return {"address": str(getattr(about, "address", ""))}


def content(about: Any) -> dict[str, Any]:
    """Return what a subject's thing is, wherever it is written, by the newest profile."""
    return PROFILES[VERSION](blamed(about))


def _container(container: Container) -> dict[str, Any]:
    confinement, namespaces = container.confinement, container.namespaces
    return {
        "image": None if container.image is None else f"{container.image.registry}/{container.image.repository}",
        "privileged": [_flag(container.privileged), *map(_flag, container.privileged_commands)],
        "capabilities": [_sorted(container.capabilities.added), _sorted(container.capabilities.dropped)],
        "confinement": [
            _text(confinement.seccomp),
            _text(confinement.apparmor),
            _sorted(confinement.selinux),
            _text(confinement.system_paths),
            _flag(confinement.no_new_privileges),
        ],
        "namespaces": [
            _text(getattr(namespaces, name)) for name in ("pid", "ipc", "network", "uts", "user", "cgroup")
        ],
        "user namespace": _flag(container.user_namespace),
        "sandbox": str(container.sandbox),
        "mounts": sorted(map(_mount, container.mounts)),
        "devices": sorted(f"{device.host_path}:{device.permissions}" for device in container.devices),
        "device rules": _sorted(container.device_rules),
        "ports": sorted(f"{port.host_address}:{port.host_port}:{port.container_port}" for port in container.ports),
        "environment": sorted(map(_variable, filter(_is_relevant(container), container.environment))),
        "command": [_words(container.entrypoint), _words(container.command) if container.runs_containers else None],
        "user": [_text(container.user), _flag(container.run_as_non_root), _sorted(container.groups)],
        "runtime": _text(container.runtime),
        "engine socket": _flag(container.engine_api),
        "engine": None if container.engine is None else _engine(container.engine),
    }


def _wider(container: Container) -> dict[str, Any]:
    build = container.build
    return _container(container) | {
        "build": None if build is None else [
            build.context, build.dockerfile, build.inline, _text(build.target), _flag(build.privileged),
            _sorted(build.entitlements), _text(build.network),
        ],
        "networks": _sorted(container.networks),
        "volumes from": _sorted(container.volumes_from),
        "mounts": sorted(
            f"{_mount(mount)}|{_text(mount.propagation)}|{_text(mount.sub_path)}" for mount in container.mounts
        ),
        "ports": sorted(
            f"{port.host_address}:{port.host_port}-{port.host_port_end}:{port.container_port}-{port.container_port_end}"
            f"/{port.protocol}" for port in container.ports
        ),
        "environment": sorted(_all_but_secrets(container)),
        "command": [_words(container.entrypoint), _words(container.command)],
        **_conditions(container),
    }  # fmt: skip


def third_profile(about: Any) -> dict[str, Any]:
    """Return what :func:`second_profile` does, and what gives a container more by another way than a rule speaks of."""
    return _widest(about) if isinstance(about, Container) else _other(about)


def _widest(container: Container) -> dict[str, Any]:
    found, confinement = _wider(container), container.confinement
    loaded = (variable for variable in container.environment if variable.name in _LOADED)
    return found | {
        "confinement": [
            *found["confinement"], _flag(confinement.writable_cgroups), _text(confinement.apparmor_again),
            _sorted(confinement.undecided),
        ],
        "environment": sorted([*found["environment"], *map(_variable, loaded)]),
        "read-only root": _flag(container.read_only_root),
        "control group": _text(container.cgroup_parent),
        "rootless host": _flag(container.rootless_host),
        "started by": _text(container.started_by),
        "further": _sorted(container.further),
    }  # fmt: skip


def _conditions(container: Container) -> dict[str, Any]:
    """Return under which conditions of a template it exists, and what the files make of each; nothing without any."""
    held = [f"{condition.text}={condition.holds}" for condition in container.conditions if not condition.by_default]
    return {"conditions": held} if held else {}


VERSION = "v3"
"""The version of new fingerprints."""

PROFILES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "v1": first_profile,
    "v2": second_profile,
    "v3": third_profile,
}
"""Profiles by version: new attributes make a new one; an approval by an older one is compared by that one."""


def _text(text: Text | None) -> str | None:
    return None if text is None else str(text)


def _flag(flag: Flag | None) -> str | None:
    return None if flag is None else "unknown" if flag.unknown else "on" if flag.on else "off"


def _sorted(texts: tuple[Text, ...]) -> list[str]:
    return sorted(map(str, texts))


def _words(words: Words | None) -> list[str] | None:
    return None if words is None else [str(word) for word in words]


def _mount(mount: Mount) -> str:
    return f"{mount.kind}|{_text(mount.source)}|{mount.target}|{_flag(mount.read_only)}|{mount.host_path}"


def _is_relevant(container: Container) -> Callable[[EnvVar], bool]:
    """Return which variables count: of a socket proxy all do, because they say what it lets through."""
    return lambda variable: container.proxy is not None or variable.name.startswith(_RELEVANT_VARIABLES)


def _variable(variable: EnvVar) -> str:
    if any(word in variable.name for word in _SECRET_NAMES):
        return variable.name
    return f"{variable.name}={variable.value}"


def _all_but_secrets(container: Container) -> Iterator[str]:
    """Yield the variables that count; of one with a secret's name the value only where it is a switch.

    A socket proxy lets through what ``SECRETS=1`` and ``AUTH=1`` name.
    """
    for variable in container.environment:
        if container.proxy is None and not variable.name.startswith((*_RELEVANT_VARIABLES, "DOCKERD")):
            continue
        secret = any(word in variable.name for word in _SECRET_NAMES)
        shown = not secret or variable.value.pattern.casefold() in _SWITCHES
        yield f"{variable.name}={variable.value}" if shown else variable.name


def _engine(engine: Engine) -> list[str]:
    listens = (f"{endpoint}|{_flag(endpoint.authenticated)}" for endpoint in engine.listens)
    rootless = (f"rootless={_flag(engine.rootless)}",) if engine.launch.shown else ()
    return sorted((*listens, *map(_setting, engine.written_settings), *rootless))


def _setting(setting: Setting) -> str:
    return f"{setting.name}={setting.value}"

"""The options of ``docker run`` and ``docker create`` as attributes of a container of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dindguard.model.container import (
    Capabilities,
    Confinement,
    EnvVar,
    HealthCheck,
    Limits,
    Namespaces,
    Words,
)
from dindguard.model.mount import Mount
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text, flag, unknown
from dindguard.records import replace
from dindguard.scripts.engine_cli.flags import ACTIONS, names
from dindguard.scripts.engine_cli.mounts import Volumes, device, port
from dindguard.scripts.engine_cli.specs import key_value
from dindguard.scripts.engine_cli.words import Option, options_of

_FLAGS = {
    "privileged": "privileged",
    "read-only": "read_only_root",
    "init": "init",
    "use-api-socket": "engine_api",
}
_TEXTS = {
    "user": "user",
    "runtime": "runtime",
    "restart": "restart",
    "stop-timeout": "stop_grace_period",
    "cgroup-parent": "cgroup_parent",
    "hostname": "hostname",
}
_FURTHER = ("gpus", "sysctl", "annotation", "isolation", "add-host", "volumes-from")


def run_attributes(words: Sequence[Text], volumes: Volumes, owner: str) -> dict[str, Any]:
    """Return keyword arguments for :class:`~dindguard.model.container.Container` from an option string's words.

    ``owner`` is the container's address. ``environment`` is a tuple of variables, for the caller to put beneath its
    own.
    """
    options, _, _ = options_of(words, ACTIONS["create"])
    return attributes(options, volumes, owner)


def attributes(options: Sequence[Option], volumes: Volumes, owner: str) -> dict[str, Any]:
    """Return keyword arguments for a container from the options of ``run`` or ``create``; see above."""
    given = _Given(options)
    found: dict[str, Any] = {
        "namespaces": Namespaces(),
        "mounts": _mounts(options, volumes, owner),
        "devices": tuple(device(text) for text in given.texts("device")),
        "device_rules": given.texts("device-cgroup-rule"),
        "environment": tuple(_variable(option) for option in given.all("env")),
        "ports": tuple(port(text) for text in given.texts("publish")),
        "exposed_ports": given.texts("expose"),
        "groups": given.texts("group-add"),
        "networks": given.networks(),
        "aliases": given.texts("network-alias"),
        "health": _health(given),
        "further": tuple(Text(f"{name}={text}", text.span) for name in _FURTHER for text in given.texts(name)),
    }
    for name, (options_of_it, read) in _GROUPS.items():
        if given.any(options_of_it):
            found[name] = read(given)
    for name, attribute in _FLAGS.items():
        if (switch := given.flag(name)) is not None:
            found[attribute] = switch
    for name, attribute in _TEXTS.items():
        if (text := given.text(name)) is not None:
            found[attribute] = text
    if (entrypoint := given.last("entrypoint")) is not None:
        empty = entrypoint.value.value == ""
        found["entrypoint"] = Words(() if empty else (entrypoint.value,), entrypoint.span)
    return found


class _Given:
    """The options by name."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._options: dict[str, list[Option]] = {}
        for option in options:
            self._options.setdefault(option.name, []).append(option)

    def all(self, name: str) -> Sequence[Option]:
        return self._options.get(name, ())

    def last(self, name: str) -> Option | None:
        return self._options[name][-1] if name in self._options else None

    def any(self, names: frozenset[str]) -> bool:
        """Whether one of the options is there."""
        return not names.isdisjoint(self._options)

    def texts(self, name: str) -> tuple[Text, ...]:
        return tuple([option.value for option in self._options[name]]) if name in self._options else ()

    def text(self, name: str) -> Text | None:
        option = self.last(name)
        return None if option is None else option.value

    def lists(self, name: str) -> tuple[Text, ...]:
        """Return the values of an option that takes a comma-separated list as well (Podman's ``--cap-add``)."""
        found: list[Text] = []
        for text in self.texts(name):
            at = 0
            for piece in text.pattern.split(","):
                found.append(text.part(at, at + len(piece)))
                at += len(piece) + 1
        return tuple(found)

    def flag(self, name: str) -> Flag | None:
        option = self.last(name)
        return None if option is None else replace(flag(option.value, name.replace("-", "_")), span=option.span)

    def networks(self) -> tuple[Text, ...]:
        """Return the networks by name; ``host``, ``none`` and ``container:…`` are modes, told by the namespace."""
        modes = ("host", "none", "default", "bridge", "private")
        return tuple(
            text
            for text in self.texts("network")
            if text.pattern not in modes and not text.pattern.startswith(("container:", "ns:", "slirp4netns"))
        )


def _mounts(options: Sequence[Option], volumes: Volumes, owner: str) -> tuple[Mount, ...]:
    found: list[Mount] = []
    for option in options:
        if option.name == "volume":
            found.append(volumes.volume(option.value, owner))
        elif option.name == "tmpfs":
            found.append(volumes.tmpfs(option.value, owner))
        elif option.name == "mount" and (mount := volumes.mount(option.value, owner)) is not None:
            found.append(mount)
    return tuple(found)


def _variable(option: Option) -> EnvVar:
    """Return ``-e NAME=value``; a bare name takes the caller's value, which nobody wrote."""
    name, value = key_value(option.value)
    text = unknown(option.value.span, name.pattern, name.pattern) if value is None else value
    return EnvVar(name.pattern, text, option.span)


def _namespaces(given: _Given) -> Namespaces:
    return Namespaces(
        pid=given.text("pid"),
        ipc=given.text("ipc"),
        network=given.text("network"),
        uts=given.text("uts"),
        user=given.text("userns"),
        cgroup=given.text("cgroupns"),
    )


def confinement(options: Sequence[Text]) -> Confinement:
    """Return what ``--security-opt`` values ask for: ``name=value``, or ``name:value`` in the old spelling."""
    found: dict[str, Any] = {}
    selinux: list[Text] = []
    undecided: list[Text] = []
    for option in options:
        pattern = option.pattern
        at = min((index for index in (pattern.find("="), pattern.find(":")) if index >= 0), default=len(pattern))
        name, value = pattern[:at], option.part(min(at + 1, len(pattern)), len(pattern))
        if name == UNKNOWN_PIECE:
            undecided.append(option)
        elif name in ("seccomp", "apparmor"):
            found[name] = value
        elif name in ("systempaths", "unmask"):  # the second one is Podman's
            found["system_paths"] = value
        elif name == "label":
            selinux.append(value)
        elif name in ("no-new-privileges", "writable-cgroups"):
            key = name.replace("-", "_")
            found[key] = flag(value if value.pattern else Text("true", option.span), key)
    return Confinement(selinux=tuple(selinux), undecided=tuple(undecided), **found)


def _capabilities(given: _Given) -> Capabilities:
    return Capabilities(added=given.lists("cap-add"), dropped=given.lists("cap-drop"))


def _limits(given: _Given) -> Limits:
    return Limits(
        memory=given.text("memory"),
        pids=given.text("pids-limit"),
        cpus=given.text("cpus"),
        oom_score_adj=given.text("oom-score-adj"),
        oom_kill_disable=given.flag("oom-kill-disable"),
    )


def _health(given: _Given) -> HealthCheck | None:
    disabled, command = given.last("no-healthcheck"), given.last("health-cmd")
    if disabled is not None:
        return HealthCheck(disabled.span, disabled=True)
    if command is None:
        return None
    return HealthCheck(command.span, Words((command.value,), command.span, True))


_GROUPS: dict[str, tuple[frozenset[str], Callable[[_Given], Any]]] = {
    "capabilities": (names("cap-add cap-drop"), _capabilities),
    "confinement": (names("security-opt"), lambda given: confinement(given.texts("security-opt"))),
    "namespaces": (names("pid ipc network uts userns cgroupns"), _namespaces),
    "limits": (names("memory pids-limit cpus oom-score-adj oom-kill-disable"), _limits),
}
"""Attributes that few containers have: by which options, and what reads them."""

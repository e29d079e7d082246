"""The options of ``docker run`` and ``docker create`` as attributes of a container of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

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
from dindguard.scripts.engine_cli.flags import ACTIONS, names
from dindguard.scripts.engine_cli.mounts import Volumes, device, port
from dindguard.scripts.engine_cli.specs import key_value
from dindguard.scripts.engine_cli.words import Option, options_of

_FURTHER = ("gpus", "sysctl", "annotation", "isolation", "add-host", "volumes-from")
_MOUNTS = names("volume tmpfs mount")


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
    found = dict(_NOTHING)
    if given.any(_MOUNTS):
        found["mounts"] = _mounts(options, volumes, owner)
    if given.last("network") is not None:
        found["networks"] = given.networks()  # beside the namespace, which it tells too
    for name in given:
        if (told := _TOLD_BY.get(name)) is not None:
            attribute, read = told
            found[attribute] = read(given)
    return found


class _Given:
    """The options by name."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._options: dict[str, list[Option]] = {}
        for option in options:
            self._options.setdefault(option.name, []).append(option)

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

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
        if option is None:
            return None
        told = flag(option.value, name.replace("-", "_"))
        return Flag(told.state, option.span, told.how, told.name, told.variable, told.non_portable)

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


def _entrypoint(given: _Given) -> Words | None:
    option = given.last("entrypoint")
    return None if option is None else Words(() if option.value.value == "" else (option.value,), option.span)


def _confinement(given: _Given) -> Confinement:
    return confinement(given.texts("security-opt"))


def _further(given: _Given) -> tuple[Text, ...]:
    return tuple(Text(f"{name}={text}", text.span) for name in _FURTHER for text in given.texts(name))


def _flag(name: str) -> _Reader:
    return lambda given: given.flag(name)


def _text(name: str) -> _Reader:
    return lambda given: given.text(name)


def _texts(name: str) -> _Reader:
    return lambda given: given.texts(name)


_NOTHING: dict[str, Any] = {
    "namespaces": Namespaces(), "health": None,
    **dict.fromkeys(
        (
            "mounts", "devices", "device_rules", "environment", "ports", "exposed_ports", "groups", "networks", "aliases",
            "further",
        ),
        (),
    ),
}  # fmt: skip
"""What no options say."""

_Reader: TypeAlias = Callable[[_Given], Any]

_TOLD_BY: dict[str, tuple[str, _Reader]] = {
    "device": ("devices", lambda given: tuple(device(text) for text in given.texts("device"))),
    "device-cgroup-rule": ("device_rules", _texts("device-cgroup-rule")),
    "env": ("environment", lambda given: tuple(_variable(option) for option in given.all("env"))),
    "publish": ("ports", lambda given: tuple(port(text) for text in given.texts("publish"))),
    "expose": ("exposed_ports", _texts("expose")),
    "group-add": ("groups", _texts("group-add")),
    "network-alias": ("aliases", _texts("network-alias")),
    "privileged": ("privileged", _flag("privileged")),
    "read-only": ("read_only_root", _flag("read-only")),
    "init": ("init", _flag("init")),
    "use-api-socket": ("engine_api", _flag("use-api-socket")),
    "user": ("user", _text("user")),
    "runtime": ("runtime", _text("runtime")),
    "restart": ("restart", _text("restart")),
    "stop-timeout": ("stop_grace_period", _text("stop-timeout")),
    "cgroup-parent": ("cgroup_parent", _text("cgroup-parent")),
    "hostname": ("hostname", _text("hostname")),
    "entrypoint": ("entrypoint", _entrypoint),
    "security-opt": ("confinement", _confinement),
    **dict.fromkeys(names("cap-add cap-drop"), ("capabilities", _capabilities)),
    **dict.fromkeys(names("pid ipc network uts userns cgroupns"), ("namespaces", _namespaces)),
    **dict.fromkeys(names("memory pids-limit cpus oom-score-adj oom-kill-disable"), ("limits", _limits)),
    **dict.fromkeys(names("no-healthcheck health-cmd"), ("health", _health)),
    **dict.fromkeys(_FURTHER, ("further", _further)),
}
"""Which attribute of a container each option tells, alone or with others, and what reads it."""

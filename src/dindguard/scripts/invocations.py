"""Commands of a script as invocations of the model: engine calls, engine starts, installations, grants."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from dindguard.model import endpoints, paths
from dindguard.model.engine import Endpoint
from dindguard.model.invocation import InvocationKind
from dindguard.model.values import Flag, How, Text, flag
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.scripts.command import Command
from dindguard.scripts.engine_cli.calls import DockerCall, daemon_call, docker_call
from dindguard.scripts.engine_cli.flags import Flags, names
from dindguard.scripts.engine_cli.specs import items, key_value
from dindguard.scripts.engine_cli.started import engine_address
from dindguard.scripts.engine_cli.words import Option, options_of
from dindguard.scripts.grants import ADMINISTRATORS, ENGINE_GROUPS
from dindguard.scripts.machine_engines import PACKAGES, SERVICES
from dindguard.vocabulary import FORWARDERS, SHELLS, STANDARD_INPUT

"""Packages that bring an engine; clients alone (``docker-ce-cli``, ``docker-cli``) are none."""

_INSTALL = {
    "apt-get": "install", "apt": "install", "apk": "add", "dnf": "install", "yum": "install", "tdnf": "install",
    "microdnf": "install", "zypper": "install", "pacman": "-S",
}  # fmt: skip
_INSTALLER = regex(
    r"(?:get|test|experimental)\.docker\.(?:com|io)\b|install-docker|docker-install|get-docker", re.IGNORECASE
)
_DOWNLOADERS = frozenset({"curl", "wget"})
_RESTARTS = frozenset({"condrestart", "reload-or-restart", "restart", "try-restart"})
_OPEN_MODE = regex(r"[ugo]*[ao][ugo]*[+=][rx]*w[rwx]*|[0-7]?[0-7]{2}[2367]")
_GRANTS = {
    "usermod": Flags(names("append move-home lock unlock"), {"a": "append", "G": "groups", "m": "move-home"}, True),
    "useradd": Flags(names("create-home system m M N r U l o D"), {"G": "groups", "g": "gid"}, True),
    "gpasswd": Flags(names("r R"), {"a": "add", "d": "delete"}, True),
    "adduser": Flags(
        names("system disabled-password disabled-login no-create-home quiet D H S"), {"G": "groups"}, True
    ),
    "addgroup": Flags(names("system S"), {"g": "number"}, True),
}
_KIND = Flags(names("help quiet retain"), {"h": "help", "n": "name", "q": "quiet", "v": "verbosity"}, True)
_ONESELF = regex(r"\$\{?(?:USER|LOGNAME|USERNAME|SUDO_USER)\b|\b(?:whoami|id -un)\b")
_STORE_OPTIONS = frozenset({"storage-driver", "root", "storage-opt"})
"""Options of Podman's client, which is its own engine, that choose its store."""
_ASKS_ONLY = frozenset({"help", "version", "validate"})


class Meaning(NamedTuple):
    """What a command does; the fields are those of :class:`~dindguard.model.invocation.Invocation`."""

    kind: InvocationKind
    action: str = ""
    options: Mapping[str, tuple[Text, ...]] = {}
    arguments: tuple[Text, ...] = ()
    endpoint: Endpoint | None = None
    certain: bool = True
    subject: Text | None = None
    administrator: Flag | None = None


def meanings(commands: Sequence[Command]) -> Iterator[tuple[Command, Meaning]]:
    """Yield the commands that concern engines, with what each of them does."""
    downloads: dict[str, Text] = {}
    for command in commands:
        meaning = _meaning(command, downloads)
        if meaning is not None:
            yield command, meaning


def _meaning(command: Command, downloads: dict[str, Text]) -> Meaning | None:
    call = docker_call(command)
    if call is not None:
        return engine_call(call) if call.action else None
    program = command.program
    if program in _DOWNLOADERS:
        _note_download(command, downloads)
        return None
    if program in SHELLS:
        return _installer(command, downloads)
    if program in _INSTALL:
        return _installation(command, _INSTALL[program])
    if program in _GRANTS:
        return _grant(command)
    if program in ("chmod", "setfacl"):
        return _permission(command)
    if program in ("service", "rc-service", "systemctl"):
        return _service_start(command)
    if program in FORWARDERS:
        return _forward(command)
    if program == "kind":
        return _cluster_start(command)
    return _engine_start(command)


# -- engines ------------------------------------------------------------------------------------------


def engine_call(call: DockerCall) -> Meaning:
    """Return what a client's command line does."""
    everywhere = call.action.startswith("compose")
    kept = call.globals if everywhere else tuple(each for each in call.globals if each.name in _STORE_OPTIONS)
    options = _by_name((*kept, *call.options))
    endpoint = _endpoint(call)
    if call.action == "context create":
        endpoint = _context_endpoint(options) or endpoint
    return Meaning(InvocationKind.ENGINE_CALL, call.action, options, call.arguments, endpoint, call.certain)


def _endpoint(call: DockerCall) -> Endpoint | None:
    """Return the engine that a call names, with what the call says of TLS."""
    address = engine_address(call)
    if address is None:
        return None
    verify = call.last_global("tlsverify")
    tls = call.last_global("tls")
    variable = call.command.environment.get("DOCKER_TLS_VERIFY")
    if verify is not None:
        verified = flag(verify.value, "tlsverify")
    elif variable is not None:
        verified = Flag(None if variable.unknown else bool(variable.value), variable.span, variable.how, "tlsverify")
    else:
        verified = Flag(False, address.span, How.INHERITED, "tlsverify")
    encrypted = verified
    if tls is not None and not verified.on:
        encrypted = flag(tls.value, "tls")
    return endpoints.parse(address, encrypted=encrypted, verified=verified)


def _context_endpoint(options: Mapping[str, tuple[Text, ...]]) -> Endpoint | None:
    """Read ``--docker host=tcp://…,ca=…`` of ``docker context create``."""
    for text in options.get("docker", ()):
        fields = {key.pattern: value for key, value in (key_value(item) for item in items(text)) if value is not None}
        host = fields.get("host")
        if host is not None:
            skip = fields.get("skip-tls-verify")
            encrypted = Flag("ca" in fields or "cert" in fields, host.span, How.WRITTEN, "tls")
            verified = Flag(
                encrypted.on and (skip is None or skip.value != "true"), host.span, How.WRITTEN, "tlsverify"
            )
            return endpoints.parse(host, encrypted=encrypted, verified=verified)
    return None


def _engine_start(command: Command) -> Meaning | None:
    call = daemon_call(command)
    if call is None or any(option.name in _ASKS_ONLY for option in call.options):
        return None
    options = _by_name(call.options)
    return Meaning(InvocationKind.ENGINE_START, "", options, command.arguments, certain=call.certain)


def _service_start(command: Command) -> Meaning | None:
    """``service docker start``, ``systemctl start docker``, ``systemctl enable --now docker``, ``systemctl restart docker``."""
    words = [word for word in command.arguments if not word.pattern.startswith("-")]
    if len(words) < 2:
        return None
    action, service = (words[0], words[1]) if command.program == "systemctl" else (words[1], words[0])
    now = action.value == "enable" and any(word.value == "--now" for word in command.arguments)
    if service.value not in SERVICES:
        return None
    if action.value in _RESTARTS:
        return Meaning(InvocationKind.ENGINE_RESTART, "service restart", subject=service)
    if not (now or action.value == "start"):
        return None
    return Meaning(InvocationKind.ENGINE_START, "service start", subject=service)


def _cluster_start(command: Command) -> Meaning | None:
    """``kind create cluster --config kind.yaml``; a configuration that stands in the script itself is no file's."""
    options, arguments, doubts = options_of(command.arguments, _KIND)
    if [each.pattern for each in arguments[:2]] != ["create", "cluster"]:
        return None
    kept = [
        each for each in options if not (command.fed and each.name == "config" and each.value.value in STANDARD_INPUT)
    ]
    return Meaning(InvocationKind.CLUSTER_START, "create cluster", _by_name(kept), arguments[2:], certain=not doubts)


# -- installations ------------------------------------------------------------------------------------


def _installation(command: Command, verb: str) -> Meaning | None:
    words = command.arguments
    found = next((index for index, word in enumerate(words) if word.pattern.startswith(verb)), None)
    if found is None:
        return None
    for word in words[found + 1 :]:
        name = re.split(r"[=~<>@]", word.pattern, maxsplit=1)[0]
        if name in PACKAGES and not word.pattern.startswith("-"):
            return Meaning(InvocationKind.ENGINE_INSTALL, verb, arguments=words[found + 1 :], subject=word)
    return None


def _url(command: Command) -> Text | None:
    return next((word for word in command.arguments if _INSTALLER.search(word.pattern) and "." in word.pattern), None)


def _note_download(command: Command, downloads: dict[str, Text]) -> None:
    """Remember the file that an installation script is downloaded to."""
    url = next((word for word in command.arguments if _INSTALLER.search(word.pattern) and "/" in word.pattern), None)
    url = url or _url(command)
    if url is None:
        return
    words = command.arguments
    files = [redirect.target.pattern for redirect in command.redirects if redirect.operator in (">", ">|")]
    for word, following in pairwise(words):
        if re.fullmatch(r"-[a-zA-Z]*[oO]|--output|--output-document", word.pattern):
            files.append(following.pattern)
    files.append(url.pattern.rstrip("/"))
    for name in files:
        downloads[posixpath.basename(name)] = url


def _installer(command: Command, downloads: Mapping[str, Text]) -> Meaning | None:
    """A shell that reads an installation script from a download, by pipe or by file."""
    source = command.piped_from
    url = _url(source) if source is not None and source.program in _DOWNLOADERS else None
    if url is None:
        script = next((word for word in command.arguments if not word.pattern.startswith("-")), None)
        url = downloads.get(posixpath.basename(script.pattern)) if script is not None and script.pattern else None
    return None if url is None else Meaning(InvocationKind.PIPED_INSTALL, subject=url)


# -- grants -------------------------------------------------------------------------------------------


def _grant(command: Command) -> Meaning | None:
    """A user is put into an engine's group: ``usermod -aG docker me``, ``adduser me docker``."""
    options, arguments, _ = options_of(command.arguments, _GRANTS[command.program])
    groups = [option.value for option in options if option.name in ("groups", "gid", "ingroup")]
    users = list(arguments)
    if command.program == "gpasswd":
        groups, users = users, [option.value for option in options if option.name == "add"]
    elif command.program in ("adduser", "addgroup") and len(users) > 1:
        groups.append(users.pop())
    granted = {name.value: name for group in groups for name in items(group)}
    if ENGINE_GROUPS.isdisjoint(granted) or not users:
        return None
    user = users[-1]
    if command.program in ("adduser", "useradd") and user.value in granted:
        return None  # whom a program is given of its own, with a group of that name: no engine's
    above = next((name for value, name in granted.items() if value in ADMINISTRATORS), None)
    oneself = "sudo" in command.wrappers and _ONESELF.search(user.raw or str(user)) is not None
    may = Flag(True, user.span if above is None else above.span, name="sudo") if above or oneself else None
    return Meaning(InvocationKind.GROUP_GRANT, arguments=command.arguments, subject=user, administrator=may)


def _permission(command: Command) -> Meaning | None:
    """``chmod 666 /var/run/docker.sock``: others may write."""
    words = [word for word in command.arguments if not word.pattern.startswith("-") or word.pattern == "-R"]
    socket = next((word for word in words if word.pattern.startswith("/") and paths.socket_at(_path(word))), None)
    if socket is None:
        return None
    opens = any(_OPEN_MODE.fullmatch(mode) for word in words for mode in word.pattern.split(","))
    if command.program == "setfacl":
        opens = any(re.search(r"(?:^|,)o(?:ther)?::?[r-]*w", word.pattern) for word in words)
    return Meaning(InvocationKind.SOCKET_PERMISSION, arguments=command.arguments, subject=socket) if opens else None


def _forward(command: Command) -> Meaning | None:
    """``socat TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock``: a port leads to the socket."""
    from dindguard.model.forwarding import forwarding  # few scripts do

    found = forwarding(command.program, command.arguments)
    if found is None:
        return None
    return Meaning(InvocationKind.SOCKET_FORWARD, arguments=command.arguments, subject=found.socket)


def _path(word: Text) -> str:
    return paths.normalise(word.pattern)


def _by_name(options: Sequence[Option]) -> dict[str, tuple[Text, ...]]:
    found: dict[str, list[Text]] = {}
    for option in options:
        found.setdefault(option.name, []).append(option.value)
    return {name: tuple(values) for name, values in found.items()}

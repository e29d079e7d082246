"""How settings are written in a Compose file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dindguard.documents.changes import Append, Change, Content, Overwrite, Put
from dindguard.documents.tree import Node
from dindguard.edits import Argument, Await, Edit, EngineOptions, Give, RemovePart, SocketProxy, Variable, Volume
from dindguard.patterns import regex
from dindguard.scripts.engine_cli.spec_edits import published_on, with_access, without_option

Chain = tuple[Node, ...]

_KEYS = {"init": "init", "limits.pids": "pids_limit", "runtime": "runtime", "hostname": "hostname"}
_CONFINING = ("seccomp", "apparmor", "systempaths")
_PLAIN_WORDS = regex(r"[\w./:=,@%+{}-]+(?: [\w./:=,@%+{}-]+)*")
"""A command in which nothing is quoted, and nothing a variable."""
_ITEMS = ("volumes", "ports", "devices", "tmpfs")
_OF_THE_ITEM = ("source", "src", "target", "dst", "destination", "type", "published")
"""Keys of a long form without which the item means nothing."""


def entries(chain: Chain) -> Sequence[Node]:
    """Return what goes with the last of a chain: the whole item of a mount's or a port's long form."""
    item = _item(chain)
    return (item,) if item is not None and chain[-1].name in _OF_THE_ITEM else chain[-1:]


def changes(edit: Edit, chain: Chain) -> Iterator[Change]:
    """Yield the changes that make an edit; none for what Compose has no setting for."""
    if len(chain) < 3 or chain[1].name != "services":
        return
    root, service = chain[0], chain[2]
    if isinstance(edit, Give):
        yield from _given(edit, service, chain)
    elif isinstance(edit, RemovePart):
        item = _item(chain)
        if item is not None and item.is_scalar:
            yield from _rewritten(item, without_option(item.content, edit.word))
    elif isinstance(edit, Variable):
        yield _variable(service, edit)
    elif isinstance(edit, Argument):
        if service["command"].is_sequence:
            yield Append(service, ("command",), edit.text)
    elif isinstance(edit, EngineOptions):
        yield from _with_words(service, edit.words)
    elif isinstance(edit, SocketProxy):
        from dindguard.formats.compose.socket_proxies import proxied

        yield from proxied(edit, root, service)
    elif isinstance(edit, Volume):
        yield from _mounted(edit, root, service, chain)
    elif isinstance(edit, Await):
        yield from _awaiting(edit, root, service)


def _with_words(service: Node, words: Sequence[str]) -> Iterator[Change]:
    """Add words to a service's command; one that it takes from elsewhere is not this service's to change."""
    command = service["command"]
    if command.is_sequence or not (command.present or service["extends"].present):
        yield from (Append(service, ("command",), word) for word in words)
    elif command.is_scalar and _PLAIN_WORDS.fullmatch(command.content):
        yield Overwrite(command, " ".join((command.content, *words)))


def _mounted(edit: Volume, root: Node, service: Node, chain: Chain) -> Iterator[Change]:
    spec = f"{edit.name}:{edit.target}{':ro' if edit.read_only else ''}"
    item = _item(chain)
    if item is not None and item.is_mapping:
        return
    yield Overwrite(item, spec) if item is not None else Append(service, ("volumes",), spec)
    if edit.name not in root["volumes"]:
        yield Put(root, ("volumes", edit.name), {})


def _given(edit: Give, service: Node, chain: Chain) -> Iterator[Change]:
    if edit.attribute in _KEYS:
        yield Put(service, (_KEYS[edit.attribute],), edit.value)
    elif edit.attribute == "limits.memory":
        deployed = service["deploy"]["resources"].is_mapping
        yield Put(service, ("deploy", "resources", "limits", "memory") if deployed else ("mem_limit",), edit.value)
    elif edit.attribute == "stop_grace_period":
        yield Put(service, ("stop_grace_period",), f"{edit.value}s")
    elif edit.attribute == "device":
        yield Append(service, ("devices",), edit.value)
    elif edit.attribute == "unconfined":
        yield from (Append(service, ("security_opt",), f"{name}=unconfined") for name in _CONFINING)
    elif (item := _item(chain)) is not None:
        yield from _in_item(edit, item)


def _in_item(edit: Give, item: Node) -> Iterator[Change]:
    if edit.attribute == "read_only":
        if item.is_mapping:
            yield Put(item, ("read_only",), bool(edit.value))
        else:
            yield from _rewritten(item, with_access(item.content, read_only=bool(edit.value)))
    elif edit.attribute == "host_address":
        if item.is_mapping:
            yield Put(item, ("host_ip",), edit.value)
        else:
            yield from _rewritten(item, published_on(item.content, str(edit.value)))


def _rewritten(item: Node, text: str | None) -> Iterator[Change]:
    if text is not None and "$" not in item.content:
        yield Overwrite(item, text)


def _variable(service: Node, edit: Variable) -> Change:
    listed = service["environment"]
    if not listed.is_sequence:
        return Put(service, ("environment", edit.name), edit.value)
    present = [each for each in listed.items() if each.content.partition("=")[0] == edit.name]
    if present:
        return Overwrite(present[-1], f"{edit.name}={edit.value}")
    return Append(service, ("environment",), f"{edit.name}={edit.value}")


def _awaiting(edit: Await, root: Node, service: Node) -> Iterator[Change]:
    """Let a service wait until the other one's health check succeeds, and give that one a check."""
    other, waits = root["services"][edit.name], service["depends_on"]
    if not other.is_mapping:
        return
    healthy: Content = {"condition": "service_healthy"}
    if waits.is_sequence:
        names = [each.content for each in waits.items()]
        started: dict[str, Content] = {name: {"condition": "service_started"} for name in names}
        yield Put(service, ("depends_on",), {**started, edit.name: healthy}, replaces=True)
    elif edit.name in waits:
        yield Put(service, ("depends_on", edit.name, "condition"), "service_healthy")
    else:
        yield Put(service, ("depends_on", edit.name), healthy)
    if not other["healthcheck"].present:
        test: list[Content] = ["CMD", *edit.command]
        yield Put(other, ("healthcheck",), {"test": test, "interval": "2s", "retries": 30})


def _item(chain: Chain) -> Node | None:
    """Return the item of a service's mounts or ports that a chain leads through."""
    for above, below in pairwise(chain):
        if above.is_sequence and above.name in _ITEMS:
            return below
    return None

"""``daemon.json``: the configuration file of dockerd, on a host, in an image or in a ConfigMap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.launch import Configuration, Setting
from dindguard.model.paths import machine_of
from dindguard.model.values import How, Text, written
from dindguard.source import Gravity, Notice
from dindguard.vocabulary import EngineProduct

_FLAGS = {
    "authorization-plugins": "authorization-plugin",
    "cdi-spec-dirs": "cdi-spec-dir",
    "default-address-pools": "default-address-pool",
    "default-ulimits": "default-ulimit",
    "dns-opts": "dns-opt",
    "exec-opts": "exec-opt",
    "host-gateway-ips": "host-gateway-ip",
    "hosts": "host",
    "insecure-registries": "insecure-registry",
    "labels": "label",
    "log-opts": "log-opt",
    "node-generic-resources": "node-generic-resource",
    "registry-mirrors": "registry-mirror",
    "runtimes": "add-runtime",
    "storage-opts": "storage-opt",
}
"""Keys of the file whose flag is named otherwise (moby daemon/command/config.go)."""

_OPTIONS_ONLY = frozenset(_FLAGS.values()) - _FLAGS.keys()
"""Names of options that are no keys: dockerd takes them for known ones and reads nothing from them."""

KEYS = {option: key for key, option in _FLAGS.items()}
"""The file's key of each option whose name is another one."""

_KEY_VALUE = frozenset({"default-ulimits", "log-opts", "runtimes"})
"""Objects that the command line takes as ``NAME=VALUE``."""


def read(documents: Sequence[Document], context: Context) -> Reading:  # noqa: ARG001 - the contract of formats
    """Read every configuration; each key becomes a setting under the name of its flag."""
    reading = Reading()
    for document in documents:
        root: Node = document.content
        if not root.is_mapping:
            reading.notices.append(
                Notice(
                    "unreadable", "a daemon.json holds one object, and this is none", root.span, Gravity.ERROR,
                    "write the settings as {\"name\": value}",
                )
            )  # fmt: skip
            continue
        reading.configurations.append(
            Configuration(
                product=EngineProduct.DOCKER,
                settings=tuple(setting for key, value in root.pairs() for setting in _settings(key.content, value)),
                ignored=tuple(_ignored(root)),
                span=document.source.whole(),
                container=document.owner,
                machine=machine_of(
                    document.source.path, embedded=document.source.embedded, part=document.source.machine
                ),
            )
        )
    return reading


def _ignored(root: Node) -> Iterator[Setting]:
    for key, _ in root.pairs():
        if key.content in _OPTIONS_ONLY:
            yield Setting(key.content, written(key.content, key.span), key.span, "file")


def _settings(name: str, node: Node) -> Iterator[Setting]:
    if name in _OPTIONS_ONLY:
        return
    flag = _FLAGS.get(name, name)
    if node.is_sequence:
        for item in node:
            yield _setting(flag, _joined(item) if item.is_mapping else item.typed, item)
    elif node.is_mapping and name in _KEY_VALUE:
        for key, value in node.pairs():
            yield _setting(flag, _named(key.content, value), value)
    elif node.is_mapping:
        yield from _nested(flag, node)
    elif node.is_scalar:
        yield _setting(flag, node.typed, node)


def _nested(prefix: str, node: Node, depth: int = 0) -> Iterator[Setting]:
    """Yield the settings of an object under dotted names: ``features.containerd-snapshotter``."""
    for key, value in node.pairs():
        name = f"{prefix}.{key.content}"
        if value.is_mapping and budget.within(budget.CONFIGURATION_NESTING, depth + 1, value):
            yield from _nested(name, value, depth + 1)
        elif value.is_scalar:
            yield _setting(name, value.typed, value)


def _setting(name: str, value: Text, node: Node) -> Setting:
    return Setting(name, value, node.span, "file")


def _named(name: str, value: Node) -> Text:
    """Return ``NAME=VALUE`` for an entry; of an object, its path or its hard limit is the value."""
    inner = (
        value if value.is_scalar else next((value[k] for k in ("path", "Hard", "runtimeType") if k in value), value)
    )
    return Text(f"{name}={inner.content}", inner.span, How.WRITTEN, raw=inner.content)


def _joined(item: Node) -> Text:
    """Return an object of a list as the flag takes it: ``base=172.30.0.0/16,size=24``."""
    parts = [(key.content, value) for key, value in item.pairs() if value.is_scalar]
    text = ",".join(f"{key}={value.content}" for key, value in parts)
    return Text(text, item.span, How.WRITTEN, raw=text)

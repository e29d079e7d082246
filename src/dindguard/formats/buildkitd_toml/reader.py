"""``buildkitd.toml``: the configuration file of BuildKit's daemon, on a host, in an image or handed to a builder.

Source of the keys: moby/buildkit docs/buildkitd.toml.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.launch import Configuration, Setting
from dindguard.model.paths import machine_of
from dindguard.model.values import written
from dindguard.vocabulary import EngineProduct

_FLAGS = {"insecure-entitlements": "allow-insecure-entitlement", "root": "root"}
_WORKER = {"snapshotter": "oci-worker-snapshotter", "noProcessSandbox": "oci-worker-no-process-sandbox"}


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every configuration; keys that have an option become settings under its name."""
    del context
    reading = Reading()
    for document in documents:
        reading.configurations.append(
            Configuration(
                product=EngineProduct.BUILDKIT,
                settings=tuple(_settings(document.content)),
                span=document.source.whole(),
                container=document.owner,
                machine=machine_of(
                    document.source.path, embedded=document.source.embedded, part=document.source.machine
                ),
            )
        )
    return reading


def _settings(root: Node) -> Iterator[Setting]:
    for name, option in _FLAGS.items():
        yield from _listed(option, root[name])
    yield from _listed("addr", root["grpc"]["address"])
    for name, option in _WORKER.items():
        yield from _listed(option, root["worker"]["oci"][name])
    for key, registry in root["registry"].pairs():
        if any(registry[name].flag().on for name in ("http", "insecure")):
            yield Setting("insecure-registry", written(key.content, key.span), key.span, "file")


def _listed(option: str, node: Node) -> Iterator[Setting]:
    for item in node.listed():
        if item.is_scalar:
            yield Setting(option, item.value, item.span, "file")

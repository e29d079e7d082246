"""The settings of Podman's files that concern an engine.

Sources: containers.conf(5), containers-storage.conf(5), containers-registries.conf(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.launch import Configuration, Setting
from dindguard.model.paths import machine_of
from dindguard.model.values import written
from dindguard.vocabulary import EngineProduct

_KEYS = (
    (("storage", "driver"), "storage-driver"),
    (("storage", "graphroot"), "data-root"),
    (("containers", "seccomp_profile"), "seccomp-profile"),
    (("containers", "privileged"), "privileged"),
)
"""Where a setting stands, and the name it has in the model."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every file that sets anything of these."""
    del context
    reading = Reading()
    for document in documents:
        settings = tuple(_settings(document.content))
        if settings:
            source = document.source
            reading.configurations.append(
                Configuration(
                    product=EngineProduct.PODMAN,
                    settings=settings,
                    span=source.whole(),
                    container=document.owner,
                    machine=machine_of(source.path, embedded=source.parent is not None),
                )
            )
    return reading


def _settings(root: Node) -> Iterator[Setting]:
    for way, name in _KEYS:
        node = root.at(*way)
        if node.is_scalar and not node.is_null and node.content:
            yield Setting(name, node.typed, node.span, "file")
    for registry in root["registry"].items():
        location = registry["location"] if registry["location"].is_scalar else registry["prefix"]
        if registry["insecure"].flag().on and location.is_scalar:
            yield Setting(
                "insecure-registry", written(location.content, location.span), registry["insecure"].span, "file"
            )

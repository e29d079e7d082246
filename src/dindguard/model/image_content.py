"""What an image build puts into an image: secrets of engines, and images for an engine inside."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.enumerations import StrEnum
from dindguard.model import paths
from dindguard.model.container import Container
from dindguard.model.container_parts import Copied
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Text

_KEYS = frozenset({"key.pem", "server-key.pem", "ca-key.pem"})
_CLIENT_FILES = frozenset({".docker", ".dockercfg"})
_FILLING = frozenset({"pull", "load", "image pull", "image load", "import"})
_DEFAULT_ROOTS = ("/var/lib/docker", "/var/lib/containers/storage")


class EngineSecret(StrEnum):
    """What a copied file gives to whoever has the image; the value completes "holds …"."""

    KEY = "a private key of an engine's certificates"
    CREDENTIALS = "a client's configuration with registry credentials"


def engine_secret(copied: Copied) -> EngineSecret | None:
    """Return what a copied file is, by the names that engines and clients give such files."""
    source, target = copied.source.pattern.rstrip("/"), copied.target.pattern
    name = source.rpartition("/")[2]
    both = f"{source} {target}".lower()
    if name in _KEYS:
        return EngineSecret.KEY if "docker" in both or paths.inside(target, "/certs") else None
    if name in _CLIENT_FILES or (name == "config.json" and ".docker" in both):
        return EngineSecret.CREDENTIALS
    return None


def preloads(container: Container) -> Iterator[tuple[Text, Invocation]]:
    """Yield the commands of a build that fill an engine's data root, each with what makes that a volume before.

    That is a VOLUME of the stage itself, written earlier, or its base image, which declares one.
    """
    root = container.engine.data_root.value if container.engine is not None else None
    roots = (root,) if root else _DEFAULT_ROOTS
    for call in container.invocations:
        if call.kind is InvocationKind.ENGINE_CALL and call.during_build and call.action in _FILLING:
            yield from ((volume, call) for volume in _volumes_before(container, call, roots))


def _volumes_before(container: Container, call: Invocation, roots: tuple[str, ...]) -> Iterator[Text]:
    engine = container.image.engine if container.image is not None else None
    defaults = engine.defaults if engine is not None else None
    if container.image is not None and defaults is not None and _cover(defaults.volumes or (), roots):
        yield container.image.reference
        return
    for volume in container.declared_volumes:
        earlier = (volume.span.line, volume.span.column) < (call.span.line, call.span.column)
        if earlier and volume.value and _cover((volume.value,), roots):
            yield volume


def _cover(volumes: tuple[str, ...], roots: tuple[str, ...]) -> bool:
    return any(paths.inside(root, volume) for root in roots for volume in volumes)

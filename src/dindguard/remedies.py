"""Edits that several rules' fixes have in common: newer images, and TLS on both ends."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.edits import Edit, Set, Variable, Volume
from dindguard.model import engine_versions
from dindguard.model.access import Access
from dindguard.model.container import Container
from dindguard.model.engine import Engine
from dindguard.model.engine_image import Variant
from dindguard.model.image import Image
from dindguard.model.mount import MountKind
from dindguard.vocabulary import EngineProduct

_SUFFIXES = {Variant.DAEMON: "-dind", Variant.ROOTLESS: "-dind-rootless", Variant.CLIENT: "-cli"}
_CERTIFICATES = "/certs"
_ENDINGS = ("", "-dind", "-dind-rootless", "-cli", "-git")


def newer_engine(engine: Engine, _: object) -> Iterator[Edit]:
    """Yield the edit that names the newest known release for the image that an engine comes from: a fix's whole plan."""
    yield from newest_image(engine.container.image if engine.container is not None else None)


def newest_image(image: Image | None, variant: Variant | None = None) -> Iterator[Edit]:
    """Yield the edit that names the newest known release of Docker's official image, in ``variant`` or in its own.

    Nothing for another image, one with a digest, and a tag whose other parts may not exist for that release.
    """
    engine = image.engine if image is not None else None
    if image is None or engine is None or image.digest or not image.reference.known:
        return
    if engine.product is not EngineProduct.DOCKER or not engine.official:
        return
    ending = _ending(image.tag)
    if ending not in _ENDINGS:
        return
    version = ".".join(map(str, engine_versions.newest()))
    written = (image.reference.value or "").removesuffix(f":{image.tag}")
    new = _SUFFIXES[variant] if variant is not None else ending
    yield Set(image.reference, f"{written}:{version}{new}")


def _ending(tag: str) -> str:
    """Return what follows a tag's version or channel: ``-dind`` of ``29.7-dind``, of ``stable-dind`` and of ``dind``."""
    head, dash, rest = tag.partition("-")
    if not head or head[0].isdigit() or head in ("latest", "stable", "test", "edge"):
        return f"{dash}{rest}"
    return f"-{tag}"


def with_tls(engine: Engine) -> Iterator[Edit]:
    """Yield the edits that switch the official image's TLS on, at the engine and at every client that is known."""
    container = engine.container
    if container is None or not engine.launch.wrapper or engine.settings("host") or engine.settings("tls"):
        return
    yield Variable(container, "DOCKER_TLS_CERTDIR", _CERTIFICATES)
    for access in engine.clients:
        endpoint = access.endpoint
        if access.uses and endpoint is not None and endpoint.scheme == "tcp" and access.who is not container:
            yield from client_with_tls(access)
            yield from shared_certificates(engine, access)
            yield from named_in_certificate(engine, endpoint.host)


def client_with_tls(access: Access) -> Iterator[Edit]:
    """Yield the edits that let a client speak TLS to the official image's engine, and check whom it speaks to."""
    who, endpoint = access.who, access.endpoint
    if endpoint is None or (written := who.environment["DOCKER_HOST"]) is None or not written.value.known:
        return
    yield Variable(who, "DOCKER_HOST", f"tcp://{endpoint.host}:2376")
    yield Variable(who, "DOCKER_TLS_VERIFY", "1")
    if "DOCKER_CERT_PATH" not in who.environment:
        yield Variable(who, "DOCKER_CERT_PATH", f"{_CERTIFICATES}/client")


def shared_certificates(engine: Engine, access: Access) -> Iterator[Edit]:
    """Yield the edits that bring the client certificates, and nothing else of them, to a client.

    Nothing where the platform mounts what a job shares with its services.
    """
    container, client = engine.container, access.who
    if container is None or client.workload.platform.adds_mounts or container.workload is not client.workload:
        return
    directory = f"{engine.certificates.directory if engine.certificates is not None else _CERTIFICATES}/client"
    name = _client_volume(container, directory)
    if name is None:
        name = f"{container.name}-client-certificates"
        yield Volume(container, name, directory)
    target = access.certificate_path or directory
    present = client.mount_at(target)
    if present is None or present.target.value != target:
        yield Volume(client, name, target, read_only=True)


def _client_volume(container: Container, directory: str) -> str | None:
    """Return the volume that an engine has for the client certificates alone."""
    for mount in container.mounts:
        if mount.target.value == directory and mount.kind in (MountKind.VOLUME, MountKind.EMPTY_DIR):
            return mount.source.value if mount.source is not None else None
    return None


def named_in_certificate(engine: Engine, host: str) -> Iterator[Edit]:
    """Yield the edit that has the engine's certificate made for the name that a client uses too."""
    known = engine.certificates is not None and engine.certificates.covers(host)
    always = host in ("docker", "localhost") or host.replace(".", "").isdigit() or ":" in host
    if engine.container is not None and not known and not always:
        yield Variable(engine.container, "DOCKER_TLS_SAN", f"DNS:{host}")

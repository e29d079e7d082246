"""Edits that are more than a line: newer images, TLS on both ends, a proxy before a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dindguard.edits import Argument, Edit, Give, Remove, Set, SocketProxy, Variable, Volume
from dindguard.model import engine_versions
from dindguard.model.access import Access
from dindguard.model.container import Container
from dindguard.model.engine import Engine
from dindguard.model.engine_image import Variant
from dindguard.model.image import Image
from dindguard.model.mount import Mount, MountKind
from dindguard.model.workload import Platform
from dindguard.records import values
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.model.socket_needs import SocketNeeds
    from dindguard.rules import Problem

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


def without_mount(container: Container, problem: Problem, told: Callable[[str], bool]) -> Iterator[Edit]:
    """Yield the edits that take a mount of the host away, with those that are told by it alone (``told``: by their paths).

    Each of these would be left as the same finding.
    """
    yield Remove(problem.at)
    blamed = problem.at.span
    wide = [each for each in container.host_mounts if each.host_text is not None and each.host_text.span == blamed]
    for mount in container.host_mounts:
        if any(each.is_above(mount) for each in wide) and container.has_through_wider(mount, told):
            yield Remove(mount.host_text or mount)


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


_ROOTLESS_DATA = "/home/rootless/.local/share/docker"
_RUN = ("/run", "/var/run", "/var/lib/docker")


def without_root(container: Container) -> Iterator[Edit]:
    """Yield the edits that run the official image's engine without root and without privileged mode.

    Nothing where something would be lost that this image does not do, or that is written for the other one: options of the
    engine, a user, host namespaces, clients that share its socket's directory, data that lies on the host.
    """
    engine, image = container.engine, container.image
    if engine is None or image is None or image.engine is None or image.digest or not image.reference.known:
        return
    if image.engine.variant is not Variant.DAEMON or not image.engine.official or not image.tag.endswith("dind"):
        return
    if container.command or container.entrypoint or container.user or engine.written_settings or _tied(container):
        return
    data = container.mount_at("/var/lib/docker")
    named = data is None or (data.kind is MountKind.VOLUME and data.source is not None and bool(data.source.value))
    others = (each for each in container.mounts if each is not data)
    if not named or any(each.target.pattern.startswith(_RUN) for each in others):
        return
    yield Remove(container.privileged)
    yield Set(image.reference, f"{image.reference.value}-rootless")
    yield Give(container, "unconfined", True)
    yield Give(container, "device", "/dev/net/tun")
    if not container.init.on:
        yield Give(container, "init", True)
    if data is not None and data.source is not None:
        yield Volume(data, f"{data.source.value}-rootless", _ROOTLESS_DATA)


_ROOTLESS_BUILDER = "/home/user/.local/share/buildkit"
_OF_ANY_USER = frozenset({"addr", "debug", "trace", "tlscacert", "tlscert", "tlskey"})
"""Options of buildkitd that mean the same without root; others name files and workers that only root has."""
_ROOTS_OWN = ("/run", "/var/run", "/var/lib/buildkit", "/etc/buildkit", "/root")


def builder_without_root(container: Container) -> Iterator[Edit]:
    """Yield the edits that run BuildKit's own image without root and without privileged mode (moby/buildkit docs/rootless.md).

    Nothing where something is set up that only root has: a socket for others, a file of settings, workers, kept state.
    Kubernetes cannot unmask paths as a container engine can: there builds see the builder's processes instead.
    """
    engine, image = container.engine, container.image
    if engine is None or image is None or image.engine is None or image.digest or not image.reference.known:
        return
    known = image.engine.product is EngineProduct.BUILDKIT and image.engine.official
    if not known or image.engine.variant is not Variant.DAEMON or image.engine.version is None:
        return
    in_pod = container.workload.platform is Platform.KUBERNETES
    data = container.mount_at("/var/lib/buildkit")
    if _needs_root(container, engine, data) or not _movable(data, in_pod=in_pod):
        return
    yield Set(container.privileged, False) if in_pod else Remove(container.privileged)
    yield Set(image.reference, f"{image.reference.value}-rootless")
    yield Give(container, "unconfined", True)
    if in_pod:
        yield Give(container, "user", 1000)
        yield Argument(container, "--oci-worker-no-process-sandbox")
    if data is not None and data.kind is MountKind.EMPTY_DIR:
        yield Set(data.target, _ROOTLESS_BUILDER)
    elif data is not None and data.source is not None:
        yield Volume(data, f"{data.source.value}-rootless", _ROOTLESS_BUILDER)
    elif (
        in_pod
    ):  # the volume that the image declares may not hold the programs that change users (moby/buildkit, 879)
        yield Volume(container, f"{container.name}-state", _ROOTLESS_BUILDER)


def _needs_root(container: Container, engine: Engine, data: Mount | None) -> bool:
    """Whether something is set up that a builder without root does not have."""
    settings = engine.written_settings
    addresses = (each.value.pattern for each in settings if each.name == "addr")
    others = (each for each in container.mounts if each is not data)
    check = container.health.command if container.health is not None else None
    return (
        bool(container.entrypoint or container.user or engine.configuration is not None)
        or not engine.launch.certain
        or any(each.name not in _OF_ANY_USER for each in settings)
        or not all(address.startswith("tcp://") for address in addresses)
        or any(each.target.pattern.startswith(_ROOTS_OWN) for each in others)
        or any("/run/buildkit" in word.pattern for word in check or ())
        or _tied(container)
    )


def _movable(data: Mount | None, *, in_pod: bool) -> bool:
    """Whether what a builder keeps may begin anew elsewhere: root's files are none that it could read."""
    if data is None:
        return True
    if in_pod:
        return data.kind is MountKind.EMPTY_DIR
    return data.kind is MountKind.VOLUME and data.source is not None and bool(data.source.value)


def _tied(container: Container) -> bool:
    """Whether a container has settings that its engine needs root for."""
    shared = any(each is not None and each.written for each in values(container.namespaces))
    return shared or container.runtime is not None or bool(container.devices)


PROXY = "tecnativa/docker-socket-proxy:v0.4.2"
"""Its settings close every section of the API but events, the version and the ping, and everything that is no reading."""


def through_proxy(access: Access) -> Iterator[Edit]:
    """Yield the edits that leave a tool a filtering proxy with the rights that it needs, in place of a mounted socket.

    Nothing for a tool that does more than read, whose needs nobody has written down, that is set up elsewhere, or that has
    no network of its own.
    """
    from dindguard.model.socket_needs import socket_needs  # rules import this module, and few files need that one

    tool, mount = access.who, access.via
    needs = socket_needs(tool.known_socket_user or "")
    if needs is None or not isinstance(mount, Mount) or mount.span.path != tool.span.path or access.rootless:
        return
    if (
        tool.namespaces.network is not None
        or not _only_reads(tool, needs)
        or not mount.host_path
        or mount.host_path != access.through
    ):
        return
    name, written = f"{tool.name}-socket-proxy", mount.host_text
    socket = written.value if written is not None and written.value else mount.host_path
    yield Remove(mount)
    yield SocketProxy(tool, name, PROXY, socket, needs.sections)
    address = f"tcp://{name}:2375"
    yield Argument(tool, f"{needs.option}={address}") if needs.option else Variable(tool, needs.variable, address)


def _only_reads(tool: Container, needs: SocketNeeds) -> bool:
    """Whether a tool is set up where it can be seen, and for nothing that is more than reading."""
    told = [variable.name for variable in tool.environment]
    told += [word.pattern for word in (*(tool.entrypoint or ()), *(tool.command or ()))]
    whole = all(word.known for word in tool.command or ()) and needs.variable not in tool.environment
    return (
        whole
        and any(each.startswith(needs.set_up_by) for each in (*told, ""))
        and not any(each.startswith(needs.more) for each in told if needs.more)
    )

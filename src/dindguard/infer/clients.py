"""Which engine a container's client commands: DOCKER_HOST, the official image's own search, or the default socket."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dindguard.infer import images
from dindguard.model import endpoints
from dindguard.model.container import Container, EnvVar
from dindguard.model.engine import Endpoint, Engine
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import UNKNOWN_PIECE, Flag, How, Text
from dindguard.records import record
from dindguard.vocabulary import EngineProduct

VARIABLES = {
    EngineProduct.DOCKER: "DOCKER_HOST",
    EngineProduct.PODMAN: "CONTAINER_HOST",
    EngineProduct.BUILDKIT: "BUILDKIT_HOST",
}


@record
class Client:
    """A client's engine address and where it is written; ``verified`` as in :class:`Endpoint`."""

    product: EngineProduct
    endpoint: Endpoint
    via: EnvVar | Text


_AGENT_PORT = 9001
"""Portainer's own agent, which speaks TLS and answers nobody but its server: no engine's API (docs.portainer.io, Agent)."""


def clients(container: Container) -> tuple[Client, ...]:
    """Return the engine addresses that a container's environment and scripts name."""
    found: list[Client] = []
    for engine, name in VARIABLES.items() if images.has_variables(container) else ():
        variable = images.variable(container, name)
        endpoint = client_endpoint(container, variable.value) if variable is not None else None
        if variable is not None and endpoint is not None:
            found.append(Client(engine, endpoint, variable))
    found.extend(_by_own_option(container))
    found.extend(
        Client(EngineProduct.DOCKER, _of_invocation(container, invocation), invocation.endpoint.text)
        for invocation in container.invocations
        if invocation.endpoint is not None and invocation.endpoint.text is not None
    )
    return tuple(found) or by_search(container)


def unknown_addresses(container: Container) -> tuple[Text, ...]:
    """Return the addresses of engines in a container's environment of which the files do not even tell the host."""
    if not images.has_variables(container):
        return ()
    variables = (images.variable(container, name) for name in VARIABLES.values())
    found = (variable.value for variable in variables if variable is not None and variable.value.unknown)
    return tuple(each for each in found if _names_nobody(container, each))


def _names_nobody(container: Container, address: Text) -> bool:
    endpoint = client_endpoint(container, address)
    return endpoint is None or (endpoint.scheme in ("tcp", "ssh") and endpoint.host.strip(".") == UNKNOWN_PIECE)


def _of_invocation(container: Container, invocation: Invocation) -> Endpoint:
    """Return the address that a command names; what it does not say of TLS, the container's variables say."""
    endpoint = invocation.endpoint
    assert endpoint is not None
    assert endpoint.text is not None
    told = endpoint.verified is not None and endpoint.verified.set
    return endpoint if told else client_endpoint(container, endpoint.text) or endpoint


def by_search(container: Container) -> tuple[Client, ...]:
    """Return where the official image's entry point looks for an engine when nothing names one.

    Without a socket it is ``docker`` on port 2376 if the client's certificates are there, else on 2375
    (docker-library/docker ``docker-entrypoint.sh``). Where a CI runner may bring them unseen, nobody knows.
    """
    image = images.base_image(container)
    calls = any(each.kind is InvocationKind.ENGINE_CALL and not each.remote for each in container.invocations)
    if image is None or not calls or container.engine is not None or not _has_official_client(container):
        return ()
    if any(
        mount.provides("/var/run/docker.sock") or mount.provides("/run/docker.sock") for mount in container.mounts
    ):
        return ()
    tls = _entry_point_sets_tls(container)
    unseen = not tls and _may_get_certificates_unseen(container)
    span = image.reference.span
    state = Flag(None if unseen else tls, span, How.UNKNOWN if unseen else How.INHERITED, "DOCKER_TLS_VERIFY")
    port = None if unseen else 2376 if tls else 2375
    address = Text(f"tcp://docker:{port}" if port else "tcp://docker", span, How.INHERITED)
    endpoint = Endpoint(
        scheme="tcp", host="docker", port=port, span=span, encrypted=state, verified=state, text=address
    )
    return (Client(EngineProduct.DOCKER, endpoint, address),)


def _by_own_option(container: Container) -> Iterator[Client]:
    """Yield the addresses that a product made to command engines gets by its own options or variables.

    Portainer's ``-H``, Traefik's ``--providers.docker.endpoint`` (also ``TRAEFIK_PROVIDERS_DOCKER_ENDPOINT``), Dozzle's hosts.
    """
    image = images.base_image(container)
    if image is None or image.known_socket_user is None:
        return
    words = tuple(container.command or ())
    for word, following in pairwise((*words, *words[-1:])):
        name, separator, value = word.pattern.partition("=")
        if name in ("-H", "--host") or "docker" in name.lower():
            address = word.part(len(name) + 1, len(word.pattern)) if separator and value else following
            yield from _own(container, address, address)
    for variable in container.environment:
        if variable.name not in VARIABLES.values() and variable.value.pattern.startswith("tcp://"):
            yield from _own(container, variable.value, variable)


def _own(container: Container, address: Text, via: EnvVar | Text) -> Iterator[Client]:
    """Yield the first of the addresses in a setting, without a name that follows it; what a variable is for, its port tells."""
    end = next((index for index, sign in enumerate(address.pattern) if sign in "|,;"), len(address.pattern))
    endpoint = client_endpoint(container, address.part(0, end)) if "://" in address.pattern else None
    of_engines = isinstance(via, Text) or (
        endpoint is not None and endpoint.port in (endpoints.PLAIN_PORT, endpoints.TLS_PORT)
    )
    if endpoint is not None and endpoint.port != _AGENT_PORT and of_engines:
        yield Client(EngineProduct.DOCKER, endpoint, via)


def client_endpoint(container: Container, address: Text) -> Endpoint | None:
    """Read a client's address together with the TLS variables of its container.

    Any non-empty ``DOCKER_TLS_VERIFY`` turns verification on; a certificate path without it gives TLS that
    does not check the server (moby ``client/client_options.go``).
    """
    verify = images.variable(container, "DOCKER_TLS_VERIFY")
    path = images.variable(container, "DOCKER_CERT_PATH")
    if verify is not None and verify.value.unknown:
        state = Flag(None, verify.span, How.UNKNOWN, "DOCKER_TLS_VERIFY", verify.value.variable)
        return endpoints.parse(address, encrypted=state, verified=state)
    if verify is not None and verify.value.value:
        on = Flag(True, verify.span, verify.value.how, "DOCKER_TLS_VERIFY")
        return endpoints.parse(address, encrypted=on, verified=on)
    if _entry_point_sets_tls(container):
        certificates = images.variable(container, "DOCKER_TLS_CERTDIR")
        span = certificates.span if certificates is not None else container.span
        on = Flag(True, span, How.INHERITED, "DOCKER_TLS_VERIFY")
        return endpoints.parse(address, encrypted=on, verified=on)
    span = verify.span if verify is not None else address.span
    found = endpoints.parse(address)
    if (
        verify is None and path is None and found is not None and found.port == endpoints.TLS_PORT
        and _has_official_client(container) and _may_get_certificates_unseen(container)
    ):  # fmt: skip
        unseen = Flag(None, span, How.UNKNOWN, "DOCKER_TLS_VERIFY", "what the runner mounts")
        return endpoints.parse(address, encrypted=unseen, verified=unseen)
    off = Flag(False, span, How.WRITTEN if verify is not None else How.INHERITED, "DOCKER_TLS_VERIFY")
    if path is not None and path.value.pattern:
        on = Flag(True, path.span, path.value.how, "DOCKER_CERT_PATH")
        return endpoints.parse(address, encrypted=on, verified=off)
    return endpoints.parse(address, encrypted=off, verified=off)


def certificate_path(container: Container) -> str:
    """Return where the client looks for its certificates, inside its container; ``""`` when a variable decides."""
    path = images.variable(container, "DOCKER_CERT_PATH")
    if path is not None and path.value.pattern:
        return path.value.value or ""
    directory = images.variable(container, "DOCKER_TLS_CERTDIR")
    if directory is not None and directory.value.pattern:
        return f"{directory.value.value}/client" if directory.value.known else ""
    return "/certs/client"


def shares_certificates(container: Container, engine: Engine) -> bool:
    """Whether the client certificates that a daemon makes reach the client through a storage that both mount."""
    if engine.certificates is None or engine.container is None:
        return False
    written = engine.container.mount_at(f"{engine.certificates.directory}/client")
    read = container.mount_at(certificate_path(container))
    if written is None or read is None or written.storage is None or read.storage is None:
        return False
    return written.storage.identity == read.storage.identity


def _has_official_client(container: Container) -> bool:
    """Whether the official image's entry point runs, which prepares its client."""
    image = images.base_image(container)
    engine = image.engine if image is not None else None
    entrypoint, _ = images.entrypoint_and_command(container)
    return engine is not None and engine.product is EngineProduct.DOCKER and engine.official and entrypoint is None


def _may_get_certificates_unseen(container: Container) -> bool:
    """Whether a CI runner that is not in the scan may mount the certificates: nothing says that there are none."""
    directory = images.variable(container, "DOCKER_TLS_CERTDIR")
    unseen = container.workload.platform.adds_mounts and container.workload.runner is None
    return unseen and (directory is None or bool(directory.value.pattern))


def _entry_point_sets_tls(container: Container) -> bool:
    """Whether the official image's entry point runs and finds client certificates: it then exports the variables."""
    image = images.base_image(container)
    if image is None or image.engine is None or not _has_official_client(container):
        return False
    directory = images.variable(container, "DOCKER_TLS_CERTDIR")
    if directory is not None:
        path = directory.value.value
    else:
        defaults = image.engine.defaults
        path = defaults.tls_certdir if defaults is not None else "/certs"
    return bool(path) and container.mount_at(f"{path}/client") is not None

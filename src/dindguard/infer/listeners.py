"""Where an engine listens, and whether it asks who is there (moby ``daemon/command/options.go``, measured).

The facts: docs/engine-facts.md, "Entry point" and "TLS options".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dindguard.infer import images
from dindguard.infer.launches import Started
from dindguard.model import endpoints
from dindguard.model.condition import goes_with, left_out
from dindguard.model.container import Container
from dindguard.model.engine import Endpoint
from dindguard.model.engine_image import EngineImage, Variant
from dindguard.model.launch import Configuration, Launch, Setting
from dindguard.model.values import Flag, How, Text, flag, inherited, unknown, unset
from dindguard.records import record, replace
from dindguard.source import HasSpan, Span
from dindguard.vocabulary import EngineProduct

_DEFAULT_SOCKET = "unix:///var/run/docker.sock"
_SOCKETS = {
    EngineProduct.DOCKER: _DEFAULT_SOCKET,
    EngineProduct.BUILDKIT: "unix:///run/buildkit/buildkitd.sock",
    EngineProduct.PODMAN: "unix:///run/podman/podman.sock",
    EngineProduct.CONTAINERD: "unix:///run/containerd/containerd.sock",
}


@record
class Security:
    """Whether an engine's TCP listeners encrypt, and whether a client must prove who it is."""

    encrypted: Flag
    authenticated: Flag


def listeners(
    container: Container,
    started: Started,
    image: EngineImage | None,
    configuration: Configuration | None,
    rootless: Flag,
) -> tuple[Endpoint, ...]:
    """Return every address that the engine listens on, each with the place that makes it so."""
    found = _listeners(container, started, image, configuration)
    by_image = started.launch.wrapper and image is not None and image.official
    if not rootless.on or not (started.rootless or by_image):
        return found
    from dindguard.infer.rootless_network import from_outside  # few engines are rootless

    def variable(name: str) -> Text | None:
        own = images.variable(container, name)
        return started.environment.get(name) or (own.value if own is not None else None)

    return from_outside(found, started, variable, _wrapper_ports(container, started, image) if by_image else None)


def _listeners(
    container: Container, started: Started, image: EngineImage | None, configuration: Configuration | None
) -> tuple[Endpoint, ...]:
    launch = started.launch
    rootless = image is not None and image.variant is Variant.ROOTLESS
    if started.defaults:
        return _wrapper_listeners(container, started, image, rootless)
    hosts = _addresses(launch, configuration, "addr" if started.product is EngineProduct.BUILDKIT else "host")

    def make(address: HasSpan, launch: Launch, configuration: Configuration | None) -> Security:
        return _written_security(container, replace(started, launch=launch), image, configuration, address)

    security = by_address(make, launch, configuration)
    found = [listener(setting.value, security(setting)) for setting in hosts]
    known = tuple(endpoint for endpoint in found if endpoint is not None)
    if hosts:
        return once(known)
    return (_unix(_SOCKETS.get(started.product, _DEFAULT_SOCKET), launch.span, rootless),)


def _addresses(launch: Launch, configuration: Configuration | None, name: str) -> tuple[Setting, ...]:
    given = launch.all(name)
    if given or configuration is None:
        return given
    return tuple(setting for setting in configuration.settings if setting.name == name)


def listener(address: Text, security: Security) -> Endpoint | None:
    """Return the listener at an address; sockets have no TLS. ``None`` for what is no address."""
    endpoint = endpoints.parse(address)
    if endpoint is None or endpoint.scheme != "tcp":
        return endpoint
    return endpoints.parse(address, authenticated=security.authenticated, encrypted=security.encrypted)


def once(listeners: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Return each address once, however often somebody gave it."""
    return tuple({str(each): each for each in reversed(tuple(listeners))}.values())[::-1]


def _unix(address: str, span: Span, rootless: bool) -> Endpoint:
    if rootless and address == _DEFAULT_SOCKET:
        address = "unix:///run/user/1000/docker.sock"
    endpoint = endpoints.parse(inherited(address, span))
    assert endpoint is not None
    return endpoint


def _wrapper_listeners(
    container: Container, started: Started, image: EngineImage | None, rootless: bool
) -> tuple[Endpoint, ...]:
    launch = started.launch
    directory = certificate_directory(container, started, image)
    socket = images.variable(container, "DOCKER_HOST")
    own = socket.value.value if socket is not None and (socket.value.value or "").startswith("unix://") else None
    unix = _unix(own or _DEFAULT_SOCKET, launch.span, rootless)
    security = _wrapper_security(launch, directory)
    port = endpoints.PLAIN_PORT if security.encrypted.off else endpoints.TLS_PORT
    tcp = Endpoint(
        scheme="tcp",
        host="0.0.0.0",  # noqa: S104 - what the image listens on
        port=None if directory.unknown else port,
        span=security.authenticated.span if security.authenticated.set else launch.span,
        authenticated=security.authenticated,
        encrypted=security.encrypted,
        text=inherited(f"tcp://0.0.0.0:{port}", launch.span),
    )
    extra = [listener(setting.value, security) for setting in launch.all("host")]
    return once((unix, tcp, *(endpoint for endpoint in extra if endpoint is not None)))


def certificate_directory(container: Container, started: Started, image: EngineImage | None) -> Text:
    """Return ``DOCKER_TLS_CERTDIR`` as the entry point sees it: of its script, the container, the Dockerfile or the image."""
    if "DOCKER_TLS_CERTDIR" in started.environment:
        return started.environment["DOCKER_TLS_CERTDIR"]
    variable = images.variable(container, "DOCKER_TLS_CERTDIR")
    if variable is not None:
        return variable.value
    span = container.image.span if container.image is not None else container.span
    defaults = image.defaults if image is not None else None
    if image is not None and (defaults is None or defaults.tls_certdir is None):
        return unknown(span, "the image's DOCKER_TLS_CERTDIR")
    return inherited((defaults.tls_certdir if defaults is not None else "") or "", span)


def _wrapper_ports(container: Container, started: Started, image: EngineImage | None) -> tuple[int, ...]:
    """Return the ports that the official entry point has its engine listen on; both where the files do not decide."""
    if not started.defaults:
        return ()
    directory = certificate_directory(container, started, image)
    ports = (endpoints.PLAIN_PORT, endpoints.TLS_PORT)
    return ports if directory.unknown else ports[1:] if directory.value else ports[:1]


def _wrapper_security(launch: Launch, directory: Text) -> Security:
    if directory.unknown:
        unknown = Flag(None, directory.span, How.UNKNOWN, "DOCKER_TLS_CERTDIR", directory.variable)
        return Security(unknown, unknown)
    if not directory.value:
        return security_of(launch, None, directory.span, directory.how)
    verify = launch["tlsverify"]
    if verify is not None and flag(verify.value).off:
        return Security(
            Flag(True, directory.span, directory.how, "tls"), Flag(False, verify.span, How.WRITTEN, "tlsverify")
        )
    return Security(
        Flag(True, directory.span, directory.how, "tls"), Flag(True, directory.span, directory.how, "tlsverify")
    )


def _written_security(
    container: Container,
    started: Started,
    image: EngineImage | None,
    configuration: Configuration | None,
    address: HasSpan,
) -> Security:
    launch = started.launch
    if started.product is EngineProduct.PODMAN:
        off = unset(launch.span, "authentication")
        return Security(off, off)
    if started.product is EngineProduct.BUILDKIT:
        authority = launch["tlscacert"] or (configuration["tlscacert"] if configuration is not None else None)
        state = authority is not None
        span = authority.span if authority is not None else launch.span
        result = Flag(state, span, How.WRITTEN if state else How.INHERITED, "tlscacert")
        return Security(result, result)
    variable = images.variable(container, "DOCKER_TLS_VERIFY")
    heard = launch["tls"] is not None or _hears_variable(image)
    if heard and variable is not None and variable.value.value and launch["tlsverify"] is None:
        on = Flag(True, variable.span, How.WRITTEN, "DOCKER_TLS_VERIFY")
        return Security(on, on)
    return security_of(launch, configuration, launch.span, How.INHERITED, address)


def _hears_variable(image: EngineImage | None) -> bool:
    """Whether an engine obeys ``DOCKER_TLS_VERIFY`` without an option ``--tls``: none does since 20.10."""
    return image is not None and image.version is not None and (*image.version, 99)[:2] < (20, 10)


_GUARDS = frozenset({"tls", "tlsverify", "tlscacert"})


def by_address(
    make: Callable[[HasSpan, Launch, Configuration | None], Security],
    launch: Launch,
    configuration: Configuration | None,
) -> Callable[[HasSpan], Security]:
    """Return what asks once for all addresses that templates write under the same conditions: an engine may have many.

    It is asked with the settings alone that may guard an address.
    """
    guards = replace(launch, settings=tuple(each for each in launch.settings if each.name in _GUARDS))
    written = configuration.settings if configuration is not None else ()
    file = tuple(each for each in written if each.name in _GUARDS)
    narrowed = replace(configuration, settings=file) if configuration is not None else None
    hangs = any(step.condition for each in (*guards.settings, *file) for step in each.span.trail)
    known: dict[object, Security] = {}

    def security(address: HasSpan) -> Security:
        key = tuple((step.decision, step.condition) for step in address.span.trail if hangs and step.condition)
        if key not in known:
            known[key] = make(address, guards, narrowed)
        return known[key]

    return security


def security_of(
    launch: Launch, configuration: Configuration | None, span: Span, how: How, address: HasSpan | None = None
) -> Security:
    """Apply dockerd's own rule: any ``tlsverify``, even a false one, turns TLS on; ``tls`` implies verification.

    A ``tls`` that is false changes nothing: the listener is as plain as without it, and is the one to blame. Of settings in
    branches of a template those count that an ``address`` may have beside it.
    """

    def setting(name: str) -> Setting | None:
        found = launch[name] or (configuration[name] if configuration is not None else None)
        if found is None or address is None or not left_out(found, address):
            return found
        written = (*(configuration.settings if configuration is not None else ()), *launch.settings)
        others = [each for each in written if each.name == name and not left_out(each, address)]
        return others[-1] if others else None

    verify, tls = setting("tlsverify"), setting("tls")
    if verify is not None:
        state = flag(verify.value, "tlsverify")
        encrypted = _beside(Flag(True, verify.span, How.WRITTEN, "tls"), verify, address)
        return Security(encrypted, _beside(_at(state, verify.span), verify, address))
    if tls is not None and not (state := flag(tls.value, "tls")).off:
        on = _beside(_at(state, tls.span), tls, address)
        return Security(on, on)
    plain = Flag(False, span, how, "tlsverify")
    return Security(plain, plain)


def _beside(state: Flag, setting: Setting, address: HasSpan | None) -> Flag:
    """Return what a setting says of an address; unknown where a template may write the address without it."""
    if address is None or goes_with(setting, address):
        return state
    deciding = next(step.condition for step in setting.span.trail if step.condition)
    return Flag(None, setting.span, How.UNKNOWN, state.name, deciding)


def _at(state: Flag, span: Span) -> Flag:
    return Flag(
        state.state, span, How.WRITTEN if state.state is not None else How.UNKNOWN, state.name, state.variable
    )

"""Engines of which the files show the configuration and not how they start.

What their command lines say is unknown, not absent: TLS may be asked for there (moby ``daemon/config/config.go`` takes
each setting from the one or the other).
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.infer.listeners import Security, listener, once, security_of
from dindguard.model.endpoints import PLAIN_PORT
from dindguard.model.engine import Endpoint, Engine, Machine
from dindguard.model.launch import Configuration, Launch
from dindguard.model.values import Flag, How, unknown
from dindguard.records import replace
from dindguard.vocabulary import EngineProduct

_CERTIFICATES = ("tlscacert", "tlscert", "tlskey")
_ADDRESSES = {EngineProduct.DOCKER: "host", EngineProduct.BUILDKIT: "addr"}
_DRIVERS = {EngineProduct.DOCKER: "storage-driver", EngineProduct.BUILDKIT: "oci-worker-snapshotter"}


def configured_engine(configuration: Configuration) -> Engine:
    """Return the engine of whoever has a configuration file that no engine here reads."""
    span = configuration.span
    launch = Launch(wrapper=False, arguments=(), settings=(), span=span, certain=False, shown=False)
    driver = configuration[_DRIVERS.get(configuration.product, "storage-driver")]
    return Engine(
        product=configuration.product,
        span=span,
        address=configuration.product,
        owner=configuration.container or Machine(name="", span=span),
        launch=launch,
        listens=once(_listeners(configuration, launch)),
        rootless=Flag(None, span, How.INHERITED, "rootless"),
        storage_driver=driver.value if driver is not None else None,
        data_root=unknown(span, "data-root"),
        configuration=configuration,
    )


def _listeners(configuration: Configuration, launch: Launch) -> Iterator[Endpoint]:
    security = _security(configuration, launch)
    name = _ADDRESSES.get(configuration.product, "host")
    for setting in configuration.settings:
        found = listener(setting.value, security) if setting.name == name else None
        if found is not None:
            yield _open_unless(found, configuration)


def _security(configuration: Configuration, launch: Launch) -> Security | None:
    """Return what the file says about TLS; ``None`` if it names certificates, for something that options decide."""
    if configuration.product is not EngineProduct.DOCKER:
        named = configuration["tlscacert"]
        on = Flag(
            named is not None, named.span if named is not None else configuration.span, How.INHERITED, "tlscacert"
        )
        return Security(on, on)
    named = next((setting for name in _CERTIFICATES if (setting := configuration[name]) is not None), None)
    if named is not None and configuration["tls"] is None and configuration["tlsverify"] is None:
        return None
    return security_of(launch, configuration, configuration.span, How.INHERITED)


def _open_unless(endpoint: Endpoint, configuration: Configuration) -> Endpoint:
    """Mark a listener that options may secure: only 2375 is known for asking nobody."""
    asked = endpoint.authenticated
    plain = configuration.product is EngineProduct.DOCKER and endpoint.port == PLAIN_PORT
    if asked is None or not asked.off or asked.set or plain:
        return endpoint
    return replace(endpoint, open_unless="its command line asks for certificates")

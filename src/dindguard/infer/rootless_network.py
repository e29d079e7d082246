"""What others can reach of an engine to which RootlessKit gives a network of its own.

RootlessKit opens no port of what it starts unless ``-p`` asks for it (rootlesskit ``docs/port.md``). The entry point of the
official image asks for the one port that it has its engine listen on (docker-library/docker ``dockerd-entrypoint.sh``).
``dockerd-rootless.sh`` asks for none; since Docker 29.5 its daemon stays in the network of the host all the same, unless
``DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS`` is false (moby ``contrib/dockerd-rootless.sh``).

The facts: docs/engine-facts.md, "Rootless engines".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dindguard.infer.launches import Started
from dindguard.model.engine import Endpoint
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.records import record, replace
from dindguard.vocabulary import ROOTLESSKIT_OPTIONS

Variable = Callable[[str], Text | None]
"""Gives a variable that the start of an engine sees; ``None`` for one that nothing sets."""

_VARIABLES = "DOCKERD_ROOTLESS_ROOTLESSKIT_"
_OLDER = "its Docker is older than 29.5"
_SPECIFICATION = regex(
    r"(?:(?P<ip>\[[^\]]*\]|[^:\[\]]*):)?(?P<outside>[0-9]{1,5}):(?:(?:\[[^\]]*\]|[0-9.]+):)?(?P<inside>[0-9]{1,5})(?:/tcp[46]?)?\Z"
)


@record
class _Network:
    """The network that RootlessKit makes: the options that decide what of it others see."""

    options: tuple[str, ...]
    doubt: str = ""
    """Where it may be the host's: what it hangs on."""

    def given(self, *names: str) -> Iterator[str]:
        """Yield the values of an option."""
        for index, word in enumerate(self.options):
            name, equals, value = word.partition("=")
            if name in names:
                yield value if equals else "".join(self.options[index + 1 : index + 2])

    def published(self, port: int) -> Iterator[tuple[str, int]]:
        """Yield the addresses at which others find a port."""
        for value in self.given("-p", "--publish"):
            found = _SPECIFICATION.match(value)
            if found is not None and int(found["inside"]) == port:
                yield (found["ip"] or "0.0.0.0").strip("[]"), int(found["outside"])  # noqa: S104 - RootlessKit's default


def from_outside(
    listeners: tuple[Endpoint, ...], started: Started, variable: Variable, own_ports: Iterable[int] | None = None
) -> tuple[Endpoint, ...]:
    """Return the listeners of a rootless engine as others see them.

    ``own_ports`` are those that the official image's entry point publishes; ``None`` where another program starts it.
    """
    if all(each.scheme != "tcp" for each in listeners):
        return listeners
    network = _network(started, variable, own_ports)
    return listeners if network is None else tuple(seen for each in listeners for seen in _seen(each, network))


def _seen(endpoint: Endpoint, network: _Network) -> Iterator[Endpoint]:
    if endpoint.scheme != "tcp" or endpoint.port is None:
        yield endpoint
        return
    found = list(network.published(endpoint.port))
    for host, port in found:
        yield replace(endpoint, host=host, port=port)
    if not found:
        yield replace(endpoint, open_unless=network.doubt) if network.doubt else replace(endpoint, inner=True)


def _network(started: Started, variable: Variable, own_ports: Iterable[int] | None) -> _Network | None:
    """Return the network of an engine; ``None`` for its caller's, and one of which each port is opened by itself."""
    direct = started.environment.get(ROOTLESSKIT_OPTIONS)
    own = direct if direct is not None else variable(f"{_VARIABLES}FLAGS")
    network = _Network(tuple(own.pattern.split()) if own is not None else ())
    if direct is not None:
        driver, port_driver = _last(network.given("--net")), _last(network.given("--port-driver"))
        isolated = driver not in ("", "host")
    else:
        driver, port_driver = _value(variable, "NET"), _value(variable, "PORT_DRIVER")
        isolated = driver != "host"
    if own_ports is not None:
        published = (word for port in own_ports for word in ("-p", f"0.0.0.0:{port}:{port}/tcp"))
        network = replace(network, options=(*network.options, *published))
    elif direct is None:
        detached = variable(f"{_VARIABLES}DETACH_NETNS")
        isolated = isolated and (detached is None or detached.value in ("0", "false"))
        network = network if detached is not None else replace(network, doubt=_OLDER)
        port_driver = port_driver or ("implicit" if driver == "pasta" else "")
    detaches = any(word in ("--detach-netns", "--detach-netns=true") for word in network.options)
    return None if detaches or not isolated or port_driver == "implicit" else network


def _last(values: Iterable[str]) -> str:
    return next(reversed(list(values)), "")


def _value(variable: Variable, name: str) -> str:
    found = variable(f"{_VARIABLES}{name}")
    return found.pattern if found is not None else ""

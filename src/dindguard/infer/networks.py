"""Which containers can talk to each other."""

from __future__ import annotations

from dindguard.model.container import Container
from dindguard.model.neighbourhood import network_of


def same_namespace(one: Container, other: Container) -> bool:
    """Whether two containers share one network namespace, so that ``localhost`` is the same for both."""
    return one.workload is other.workload and one.workload.neighbourhood.same_namespace(one, other)


def on_host_network(container: Container) -> bool:
    """Whether the container lives in its host's network namespace."""
    mode = network_of(container).namespaces.network
    return mode is not None and mode.value == "host"


def share_network(one: Container, other: Container) -> bool:
    """Whether two containers of one workload can connect to each other's ports."""
    return one.workload is other.workload and one.workload.neighbourhood.connected(one, other)


def share_outer_network(one: Container, other: Container) -> bool:
    """Whether two containers of different workloads are on one network that both name (not a whole cluster's)."""
    if one.workload.shared_network or other.workload.shared_network:
        return False
    return bool(set(one.scopes) & set(other.scopes))


def apart(one: Container, other: Container) -> bool:
    """Whether two containers of one workload are on networks that the files name, and on none together."""
    places = [network_of(each).networks for each in (one, other)]
    named = all(names and all(name.known for name in names) for names in places)
    return named and not share_network(one, other) and not set(one.scopes) & set(other.scopes)

"""Which containers can talk to each other."""

from __future__ import annotations

from dindguard.model.container import Container


def network_of(container: Container) -> Container:
    """Return the container whose network namespace it lives in: itself, or the one it joins."""
    seen: set[Container] = set()
    current = container
    while current not in seen:
        seen.add(current)
        mode = current.namespaces.network
        if mode is None or mode.unknown:
            break
        kind, _, name = mode.pattern.partition(":")
        joined = current.workload.find(name) if kind in ("service", "container") and name else None
        if joined is None:
            break
        current = joined
    return current


def same_namespace(one: Container, other: Container) -> bool:
    """Whether two containers share one network namespace, so that ``localhost`` is the same for both."""
    if one.workload is not other.workload:
        return False
    if one.workload.shared_network:
        return True
    return network_of(one) is network_of(other) or (on_host_network(one) and on_host_network(other))


def on_host_network(container: Container) -> bool:
    """Whether the container lives in its host's network namespace."""
    mode = network_of(container).namespaces.network
    return mode is not None and mode.value == "host"


def share_network(one: Container, other: Container) -> bool:
    """Whether two containers of one workload can connect to each other's ports."""
    if one.workload is not other.workload:
        return False
    if same_namespace(one, other):
        return True
    first, second = network_of(one), network_of(other)
    for each in (first, second):
        mode = each.namespaces.network
        if mode is not None and mode.value in ("host", "none"):
            return False
    names = {name.pattern for name in first.networks} or {"default"}
    return bool(names & ({name.pattern for name in second.networks} or {"default"}))


def share_outer_network(one: Container, other: Container) -> bool:
    """Whether two containers of different workloads are on one network that both name (not a whole cluster's)."""
    if one.workload.shared_network or other.workload.shared_network:
        return False
    return bool(set(one.scopes) & set(other.scopes))

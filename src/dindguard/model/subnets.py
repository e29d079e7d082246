"""IP networks in CIDR notation: whether two overlap, and whether one holds every address."""

from __future__ import annotations


def overlap(first: str, second: str) -> bool:
    """Whether two networks share addresses; ``False`` for texts that are no networks, or of different families."""
    from ipaddress import ip_network

    try:
        one, two = ip_network(first.strip(), strict=False), ip_network(second.strip(), strict=False)
    except ValueError:
        return False
    return one.overlaps(two)  # never, if one is IPv4 and the other IPv6


def everything(network: str) -> bool:
    """Whether it holds every address, or half of them: ``0.0.0.0/0``, ``::/0``, ``0.0.0.0/1``, ``*``."""
    address, _, prefix = network.strip().partition("/")
    numeric = address != "" and all(char in "0123456789abcdefABCDEF.:" for char in address)
    return network.strip() == "*" or (prefix in ("0", "1") and numeric)


def loopback(name: str) -> bool:
    """Whether a host, with or without a port, or a network is this machine itself."""
    name = name.strip()
    if name.startswith("["):
        host = name[1:].partition("]")[0]
    else:
        host = name.partition(":")[0] if name.count(":") == 1 else name.partition("/")[0]
    return host in ("localhost", "::1") or host.startswith("127.")

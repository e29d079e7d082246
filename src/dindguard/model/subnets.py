"""IP networks in CIDR notation: whether two overlap, and whether one holds every address."""

from __future__ import annotations


def overlap(first: str, second: str) -> bool:
    """Whether two networks share addresses; ``False`` for texts that are no networks, or of different families."""
    from ipaddress import ip_network

    try:
        one, two = ip_network(first.strip(), strict=False), ip_network(second.strip(), strict=False)
    except ValueError:
        return False
    return one.version == two.version and one.overlaps(two)


def everything(network: str) -> bool:
    """Whether it holds every address, or half of them: ``0.0.0.0/0``, ``::/0``, ``0.0.0.0/1``, ``*``."""
    address, _, prefix = network.strip().partition("/")
    if network.strip() == "*":
        return True
    return prefix in ("0", "1") and all(char in "0123456789abcdefABCDEF.:" for char in address) and address != ""


def loopback(name: str) -> bool:
    """Whether a host, with or without a port, or a network is this machine itself."""
    host = name.strip().rpartition(":")[0] if name.count(":") == 1 else name.strip()
    return host == "localhost" or host.startswith("127.") or host in ("::1", "[::1]", "::1/128")

"""Well-known images that set up a machine's own network.

The keys are ends of repositories, so that mirrors match.
"""

from __future__ import annotations

from dindguard.model.image_names import last_two, of_any_machine

_HOST_NETWORKERS = {
    "kube-vip/kube-vip": "kube-vip",
    "metallb/speaker": "MetalLB",
    "flannel-io/flannel": "Flannel",
    "flannel/flannel": "Flannel",
    "flannelcni/flannel": "Flannel",
    "coreos/flannel": "Flannel",
    "k8s-dns-node-cache": "NodeLocal DNSCache",
    "dns/k8s-dns-node-cache": "NodeLocal DNSCache",
    "tailscale/tailscale": "Tailscale",
    "zerotier/zerotier": "ZeroTier",
    "netbirdio/netbird": "NetBird",
    "osixia/keepalived": "keepalived",
    "pihole/pihole": "Pi-hole",
}
"""What sets up a machine's own network, and is given NET_ADMIN in it by its makers' instructions or manifests."""


def host_networker(repository: str) -> str | None:
    """Return the product, if its own instructions let it set up the host's network."""
    end = last_two(repository)
    return _HOST_NETWORKERS.get(end) or _HOST_NETWORKERS.get(of_any_machine(end.rpartition("/")[2]))

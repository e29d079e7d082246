"""How a filtering proxy before an engine's socket is written in a Compose file."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.changes import Append, Change, Content, Put
from dindguard.documents.tree import Node
from dindguard.edits import SocketProxy

_ELSEWHERE = ("network_mode", "extends", "profiles", "net", "links")
"""With one of these nobody knows which networks a service is on, or when it runs."""

_OF_A_SWARM = ("mode", "placement", "replicas", "endpoint_mode", "labels")


def proxied(edit: SocketProxy, root: Node, service: Node) -> Iterator[Change]:
    """Yield the changes that put a proxy beside a service, on an internal network that nobody else is on.

    None where the service has its networks from elsewhere, or is one of a swarm: its proxy would have to run on a manager.
    """
    if any(key in service for key in _ELSEWHERE) or any(key in service["deploy"] for key in _OF_A_SWARM):
        return
    if edit.name in root["services"] or edit.name in root["networks"]:
        return
    yield Put(root, ("services", edit.name), _service(edit))
    yield Put(root, ("networks", edit.name), {"internal": True})
    networks, waits = service["networks"], service["depends_on"]
    if networks.is_sequence:
        yield Append(service, ("networks",), edit.name)
    elif networks.is_mapping:
        yield Put(service, ("networks", edit.name), {})
    else:
        yield Put(service, ("networks",), ["default", edit.name])
    if waits.is_mapping:
        yield Put(service, ("depends_on", edit.name), {"condition": "service_started"})
    else:
        yield Append(service, ("depends_on",), edit.name)


def _service(edit: SocketProxy) -> Content:
    opened: dict[str, Content] = dict.fromkeys(edit.sections, "1")
    return {
        "image": edit.image,
        "restart": "unless-stopped",
        "environment": {**opened, "POST": "0"},
        "volumes": [f"{edit.socket}:/var/run/docker.sock:ro"],
        "networks": [edit.name],
    }

"""What well-known tools need of an engine's API, and how each is told another address: enough for a proxy with no more rights.

Only tools that read, and of which their makers' documents or sources say what they ask for:

* Dozzle: ``docs/guide/remote-hosts.md``, ``internal/docker/client.go`` (it takes DOCKER_HOST); its actions and its shell
  need more.
* Netdata: ``packaging/docker/README.md``, "With Docker socket proxy".
* Traefik: ``pkg/provider/docker/pdocker.go`` lists and inspects containers, beside events and the version; Swarm needs more.
* Diun: ``pkg/docker/container.go`` and ``image.go``; ``pkg/docker/client.go`` asks for its own setting, not for DOCKER_HOST.
"""

from __future__ import annotations

from dindguard.records import record


@record
class SocketNeeds:
    """The sections of the API, as proxies name them, that a tool reads.

    The address is told by ``variable``, or by the option ``option`` of its command. ``set_up_by`` is the beginning of an
    option or a variable without which nobody knows where the tool is configured; with any that begins with one of ``more``
    it needs more than reading.
    """

    sections: tuple[str, ...]
    variable: str = ""
    option: str = ""
    set_up_by: str = ""
    more: tuple[str, ...] = ()


_NEEDS = {
    "Dozzle": SocketNeeds(("CONTAINERS", "INFO"), "DOCKER_HOST", more=("DOZZLE_ENABLE_", "--enable-")),
    "Netdata": SocketNeeds(("CONTAINERS",), "DOCKER_HOST"),
    "Traefik": SocketNeeds(
        ("CONTAINERS",),
        option="--providers.docker.endpoint",
        set_up_by="--providers.docker",
        more=("--providers.swarm", "--providers.docker.swarm", "--providers.docker.endpoint", "--configfile"),
    ),
    "Diun": SocketNeeds(
        ("CONTAINERS", "IMAGES"),
        "DIUN_PROVIDERS_DOCKER_ENDPOINT",
        set_up_by="DIUN_PROVIDERS_DOCKER",
        more=("DIUN_PROVIDERS_SWARM", "DIUN_PROVIDERS_DOCKER_ENDPOINT"),
    ),
}


def socket_needs(product: str) -> SocketNeeds | None:
    """Return what a tool needs of an engine's API; ``None`` where that is more than reading, or nobody wrote it down."""
    return _NEEDS.get(product)
